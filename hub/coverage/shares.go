package coverage

import (
	"cmp"
	"slices"
)

// Share is a stretch of a route that is in one area, as NewRoads divides them.
type Share struct {
	Route, Area string  // codes; no area where it is not known
	From, To    float64 // distances from the route's start, metres
}

// Shares gives the areas' shares of all routes: as the plan lists them, along
// each from end to end. Neighbours are of different areas.
func (r *Roads) Shares() []Share {
	var out []Share
	last := int32(-1) // road of the last one
	for i := range r.parts {
		p := &r.parts[i]
		area := r.areas[p.area]
		if n := len(out); n > 0 && last == p.road && out[n-1].Area == area {
			out[n-1].To = metres(p.to)
			continue
		}
		out = append(out, Share{r.roads[p.road].route.Code, area, metres(p.from), metres(p.to)})
		last = p.road
	}
	return out
}

// GapsIn gives what an area has of gaps, longest first; those of one length stay
// in the order of the gaps. Sections are not counted: borders of areas cut them.
func (r *Roads) GapsIn(area string, gaps []Gap) []Gap {
	roads := map[string]*road{}
	for i := range r.roads {
		roads[r.roads[i].route.Code] = &r.roads[i]
	}
	shares := map[string][]Share{}
	for _, s := range r.Shares() {
		if s.Area == area {
			shares[s.Route] = append(shares[s.Route], s)
		}
	}
	var out []Gap
	for _, g := range gaps {
		for _, s := range shares[g.Route] {
			part := Gap{Route: g.Route, From: max(g.From, s.From), To: min(g.To, s.To)}
			if part.From >= part.To {
				continue
			}
			w := roads[g.Route]
			part.FromChainage, part.ToChainage = w.chainage(millimetres(part.From)), w.chainage(millimetres(part.To))
			out = append(out, part)
		}
	}
	slices.SortStableFunc(out, func(a, b Gap) int { return cmp.Compare(millimetres(b.Length()), millimetres(a.Length())) })
	return out
}
