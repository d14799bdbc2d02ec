package coverage

import "github.com/phukin/phukin/hub/geo"

// Part is a stretch of a route that lies in one section and in one area.
type Part struct {
	geo.Interval        // distances from the route's start, metres
	Area         string // code that the plan has for its sites; empty where none is known
}

// Parts gives the parts of a route by its place in the plan, from end to end.
func (r *Roads) Parts(route int) []Part {
	w := &r.roads[route]
	out := make([]Part, 0, w.lastPart-w.firstPart)
	for _, p := range r.parts[w.firstPart:w.lastPart] {
		out = append(out, Part{geo.Interval{From: metres(p.from), To: metres(p.to)}, r.areas[p.area]})
	}
	return out
}
