-- The coverage of the sample plan, worked out by PostGIS from the plan's files.
-- Distances along a route are metres on the ellipsoid (geography).

create function metres(chainage text) returns float8 immutable language sql as
$$ select m[1]::float8 * 1000 + m[2]::float8 from regexp_match(chainage, 'Km(\d+)\+([\d.]+)') m $$;

create table route as
select f->'properties'->>'code' code, st_setsrid(st_geomfromgeojson(f->>'geometry'), 4326) geom, f->'properties'->'posts' posts
from raw, jsonb_array_elements(doc->'features') f;

-- Vertices with their distance from the start.
create table vertex as
select code, n, g, sum(step) over (partition by code order by n) at
from (select code, n, g, coalesce(st_distance(g::geography, lag(g) over (partition by code order by n)::geography), 0) step
      from (select code, (d).path[1] n, (d).geom g from (select code, st_dumppoints(geom) d from route) q) q) q;
alter table route add length float8;
update route r set length = (select max(at) from vertex v where v.code = r.code);

-- The distance at which a point projects to a route.
create function along(c text, line geometry, p geometry) returns float8 language sql as
$$ select st_length(st_linesubstring(line, 0, st_linelocatepoint(line, p))::geography) $$;

create function point_at(c text, m float8) returns geometry stable language sql as $$
  select st_setsrid(st_makepoint(st_x(a.g) + (st_x(b.g) - st_x(a.g)) * t, st_y(a.g) + (st_y(b.g) - st_y(a.g)) * t), 4326)
  from vertex a join vertex b on b.code = a.code and b.n = a.n + 1, lateral (select (m - a.at) / (b.at - a.at) t) q
  where a.code = c and (a.at <= m or a.n = 1) and (b.at >= m or not exists (select from vertex v where v.code = c and v.n > b.n))
  order by a.n limit 1 $$;

-- Kilometre posts, and the distance that belongs to a chainage: between two
-- posts in proportion, beyond the last metre for metre.
create table post as
select code, metres(p->>'chainage') chainage, along(code, geom, st_setsrid(st_makepoint((p->'at'->>0)::float8, (p->'at'->>1)::float8), 4326)) at
from route, jsonb_array_elements(posts) p;
create function place(c text, ch float8) returns float8 stable language sql as $$
  select case
    when a.chainage is null then b.at + ch - b.chainage
    when b.chainage is null then a.at + ch - a.chainage
    else a.at + (ch - a.chainage) / (b.chainage - a.chainage) * (b.at - a.at) end
  from (select 1) one
  left join lateral (select * from post where code = c and chainage <= ch order by chainage desc limit 1) a on true
  left join lateral (select * from post where code = c and chainage > ch order by chainage limit 1) b on true $$;

create table site as
select code, coalesce(st_setsrid(st_makepoint(lon::float8, lat::float8), 4326), point_at(route, place(route, metres(chainage)))) geom
from (select code, route, chainage, nullif(lon, '') lon, nullif(lat, '') lat from sites) s;

create table eye as
select c.code, substring(c.code from 3)::int number, s.geom, c.azimuth::float8 azimuth, c.fov::float8 fov, c.width::float8 width,
  coalesce(nullif(c.mounting_height, '')::float8, 0) height,
  coalesce(nullif(planned, '') <= :day, true) and not coalesce(nullif(retired, '') <= :day, false) planned,
  coalesce(nullif(installed, '') <= :day, false) and not coalesce(nullif(retired, '') <= :day, false) installed,
  coalesce(nullif(accepted, '') <= :day, false) and not coalesce(nullif(retired, '') <= :day, false) accepted
from cameras c join site s on s.code = c.site;

-- What counts in which state, with its pixels: of what works every third is
-- left out, and every fifth streams 640.
create table counted as
select 'planned' state, code, width from eye where planned
union all select 'installed', code, width from eye where installed
union all select 'accepted', code, width from eye where accepted
union all select 'working', code, case when number % 5 = 0 then 640 else width end from eye where accepted and number % 3 <> 0;

create table sector as
select level, state, code, st_makepolygon(st_makeline(array[geom] || array(
    select st_project(geom::geography, ground, radians(azimuth + fov / 2 * t / 32.0))::geometry from generate_series(-32, 32) t) || array[geom])) geom
from (select l.code level, k.state, e.code, e.geom, e.azimuth, e.fov,
        sqrt(greatest(0, pow(k.width / (l.density * greatest(2 * tan(radians(least(e.fov, 120)) / 2), radians(e.fov))), 2) - pow(e.height, 2))) ground
      from counted k join eye e using (code), level l) q
where ground > 0;

create table piece as
select level, state, camera, route, least(a, b) a, greatest(a, b) b
from (select s.level, s.state, s.code camera, r.code route, along(r.code, r.geom, st_startpoint(p.geom)) a, along(r.code, r.geom, st_endpoint(p.geom)) b
      from sector s join route r on st_intersects(r.geom, s.geom), st_dump(st_intersection(r.geom, s.geom)) p
      where st_dimension(p.geom) = 1) q
where abs(b - a) > 0.1;

create table section as
select route, a, lead(a) over (partition by route order by a) b
from (select code route, 0::float8 a from route union select code, length from route
      union select j.route, place(j.route, metres(j.chainage)) from junctions j) q;
delete from section where b is null or b - a < 0.1;
delete from section s using route r where r.code = s.route and s.a > r.length - 0.1;

-- Who has at least 5 m of a section in view in one piece.
create table control as
select p.level, p.state, p.camera, s.route, s.a sa, s.b sb, greatest(s.a, p.a) a, least(s.b, p.b) b
from piece p join section s on s.route = p.route and s.a < p.b and s.b > p.a
where least(s.b, p.b) - greatest(s.a, p.a) >= least(5, s.b - s.a - 0.001);

create table gate as select code, route, place(route, metres(chainage)) at from gateways;

with every as (
  select l.code level, s.state, r.code route, r.length
  from level l, (values ('planned'), ('installed'), ('accepted'), ('working')) s (state), route r),
seen as (
  select level, state, route, range_agg(numrange(a::numeric, b::numeric)) r from piece group by 1, 2, 3)
select e.level, e.state, e.route, e.length,
  coalesce((select sum(upper(x) - lower(x)) from unnest(s.r) x), 0),
  coalesce((select sum((upper(x) - lower(x)) * (upper(x) + lower(x)) / 2 / e.length::numeric) from unnest(s.r) x), 0),
  coalesce((select sum(sb - sa) from (select distinct sa, sb from control c where (c.level, c.state, c.route) = (e.level, e.state, e.route)) c), 0),
  (select count(*) from gate g
   where g.route = e.route and exists (select from control c where (c.level, c.state, c.route) = (e.level, e.state, e.route)
     and at between c.sa - 0.1 and c.sb + 0.1 and at between c.a - 5 and c.b + 5))
from every e left join seen s using (level, state, route);
