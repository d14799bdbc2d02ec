-- Metres in view by route, from the ends of the footprints.
with seen as (
  select r.code route, st_linelocatepoint(r.geom, p.a) * r.length a, st_linelocatepoint(r.geom, p.b) * r.length b from piece p join route r on r.code = p.route),
island as (
  select route, a, b, max(b) over (partition by route order by a rows between unbounded preceding and 1 preceding) before from seen)
select r.code, coalesce(m, 0)
from route r left join (select route, sum(greatest(0, b - greatest(a, coalesce(before, a)))) m from island group by route) q on q.route = r.code
order by r.code;
