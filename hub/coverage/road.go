package coverage

import (
	"cmp"
	"slices"
	"sort"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// road is a route with its sections and gateways, and with all that any camera
// sees of it.
type road struct {
	route    *plan.Route
	sections []part
	gateways []post
	views    []view // by camera, ascending for each
}

// view is a stretch that a camera, an index into Eye.cameras, has in view.
type view struct {
	camera int
	geo.Interval
}

// part is a section before it is known which cameras count.
type part struct {
	geo.Interval
	from, to string // codes of the junctions, empty at the route's ends
	seenBy   []int  // cameras, ascending
}

// post is a gateway before it is known which cameras count.
type post struct {
	*plan.Gateway
	seenBy []int // cameras, ascending
}

func newRoad(p *plan.Plan, r *plan.Route) road {
	out := road{route: r, sections: cut(p.Junctions, r)}
	for i := range p.Gateways {
		if g := &p.Gateways[i]; g.Route == r.Code {
			out.gateways = append(out.gateways, post{Gateway: g})
		}
	}
	slices.SortStableFunc(out.gateways, func(a, b post) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Code, b.Code))
	})
	return out
}

// cut divides a route into its sections. A junction at an end of the route, or
// at the place of another, makes no section of its own, but gives the end its
// name.
func cut(junctions []plan.Junction, r *plan.Route) []part {
	length := r.Line.Length()
	var on []plan.Junction
	for _, j := range junctions {
		if j.Route == r.Code && j.At >= -Tolerance && j.At <= length+Tolerance {
			on = append(on, j)
		}
	}
	slices.SortStableFunc(on, func(a, b plan.Junction) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Code, b.Code))
	})
	var parts []part
	last := part{}
	for _, j := range on {
		switch {
		case j.At <= last.From+Tolerance:
			last.from = cmp.Or(last.from, j.Code)
		case j.At >= length-Tolerance:
			last.to = cmp.Or(last.to, j.Code)
		default:
			last.To, last.to = j.At, j.Code
			parts = append(parts, last)
			last = part{Interval: geo.Interval{From: j.At}, from: j.Code}
		}
	}
	last.To = length
	return append(parts, last)
}

// settle finds out which cameras see which sections and gateways, from the
// complete views.
func (r *road) settle() {
	metres := make(map[[2]int]float64) // by section and camera
	for _, v := range r.views {
		first := sort.Search(len(r.sections), func(i int) bool { return r.sections[i].To > v.From })
		for i := first; i < len(r.sections) && r.sections[i].From < v.To; i++ {
			s := &r.sections[i]
			key := [2]int{i, v.camera}
			before := metres[key]
			metres[key] = before + overlap(s.Interval, v.Interval)
			if before <= Tolerance && metres[key] > Tolerance {
				s.seenBy = append(s.seenBy, v.camera)
			}
		}
		for i := range r.gateways {
			g := &r.gateways[i]
			if v.From-Tolerance <= g.At && g.At <= v.To+Tolerance && !slices.Contains(g.seenBy, v.camera) {
				g.seenBy = append(g.seenBy, v.camera)
			}
		}
	}
}

// overlap gives the length that two intervals have in common.
func overlap(a, b geo.Interval) float64 {
	return max(0, min(a.To, b.To)-max(a.From, b.From))
}

// chainage gives the chainage at a distance from the start. A route without a
// calibration has its distances as chainage.
func (r *road) chainage(at float64) float64 {
	if r.route.Chainage == nil {
		return at
	}
	return r.route.Chainage.Chainage(at)
}
