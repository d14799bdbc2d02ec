-- All measures of coverage at 25 px/m: metres in view, metres controlled,
-- gateways in view, gaps and the longest of them, by route. Sectors are polygons
-- with their arcs in 32 pieces.
with eye as (
  select code, geom, st_x(geom) x, st_y(geom) y, radians(azimuth) az, radians(fov / 2) half,
    sqrt(greatest(0, pow(width / (25 * greatest(2 * tan(radians(least(fov, 120)) / 2), radians(fov))), 2) - pow(height, 2))) r
  from camera),
sector as materialized (
  select code, st_makepolygon(st_makeline(array[geom] || array(
    select st_setsrid(st_makepoint(x + r * sin(az + half * t / 16.0), y + r * cos(az + half * t / 16.0)), 900900) from generate_series(-16, 16) t) || array[geom])) geom
  from eye where r > 0),
seen as materialized (
  select camera, route, length, least(a, b) * length a, greatest(a, b) * length b
  from (select s.code camera, r.code route, r.length, st_linelocatepoint(r.geom, st_startpoint(p.geom)) a, st_linelocatepoint(r.geom, st_endpoint(p.geom)) b
        from sector s join route r on r.geom && s.geom, st_dump(st_intersection(r.geom, s.geom)) p
        where st_dimension(p.geom) = 1) q
  where abs(b - a) * length > 0.1),
islands as (
  select route, min(a) a, max(b) b
  from (select *, sum(new) over (partition by route order by a) island
        from (select *, case when a <= max(b) over (partition by route order by a rows between unbounded preceding and 1 preceding) then 0 else 1 end new from seen) q) q
  group by route, island),
gaps as (
  select r.code route, coalesce(lag(i.b) over w, 0) a, i.a b from route r join islands i on i.route = r.code window w as (partition by r.code order by i.a)
  union all select r.code, coalesce((select max(b) from islands i where i.route = r.code), 0), r.length from route r),
control as materialized (
  select s.route, s.a sa, s.b sb, greatest(s.a, p.a) a, least(s.b, p.b) b
  from seen p join section s on s.route = p.route and s.a < p.b and s.b > p.a
  where least(s.b, p.b) - greatest(s.a, p.a) >= least(5, s.b - s.a))
select r.code, coalesce(v.m, 0), coalesce(c.m, 0), coalesce(g.n, 0), coalesce(x.n, 0), coalesce(x.m, 0)
from route r
left join (select route, sum(b - a) m from islands group by route) v on v.route = r.code
left join (select route, sum(b - a) m from (select distinct route, sa a, sb b from control) q group by route) c on c.route = r.code
left join (select g.route, count(distinct g.code) n from gateway g join control c on c.route = g.route and g.at between c.sa - 0.1 and c.sb + 0.1 and g.at between c.a - 5 and c.b + 5 group by g.route) g on g.route = r.code
left join (select route, count(*) n, max(b - a) m from gaps where b - a > 0.1 group by route) x on x.route = r.code
order by r.code;
