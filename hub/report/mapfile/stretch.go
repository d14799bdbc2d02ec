package mapfile

import (
	"math"
	"slices"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// states is the number of states of coverage. What differs by state is kept
// in the order of coverage.States.
const states = 4

// stretch is a piece of a route on which nothing changes: it lies in one
// section and one area, and is in view or not in each state from end to end.
type stretch struct {
	route      int   // in Plan.Routes
	from, to   int64 // millimetres from the route's start
	section    int   // in the results' Sections
	area       string
	inView     [states]bool
	controlled [states]bool
}

func (x *stretch) length() int64 { return x.to - x.from }

// split cuts a route by its place in the plan into stretches, from end to end.
func (m *Map) split(route int) []stretch {
	var of [states]*coverage.Route
	for s, state := range coverage.States() {
		of[s] = &m.Covers[state].Routes[route]
	}
	parts := m.Eye.Parts(route)
	var borders []int64
	for _, p := range parts {
		borders = append(borders, millimetres(p.From), millimetres(p.To))
	}
	for _, r := range of {
		for _, v := range r.View {
			borders = append(borders, millimetres(v.From), millimetres(v.To))
		}
		for i := range r.Sections {
			borders = append(borders, millimetres(r.Sections[i].To))
		}
	}
	slices.Sort(borders)
	borders = slices.Compact(borders)

	out := make([]stretch, 0, len(borders))
	var view [states]int
	part, section := 0, 0
	for i := range len(borders) - 1 {
		x := stretch{route: route, from: borders[i], to: borders[i+1]}
		for part < len(parts)-1 && millimetres(parts[part].To) <= x.from {
			part++
		}
		x.area = parts[part].Area
		for section < len(of[0].Sections)-1 && millimetres(of[0].Sections[section].To) <= x.from {
			section++
		}
		x.section = section
		for s, r := range of {
			for view[s] < len(r.View) && millimetres(r.View[view[s]].To) <= x.from {
				view[s]++
			}
			x.inView[s] = view[s] < len(r.View) && millimetres(r.View[view[s]].From) <= x.from
			x.controlled[s] = r.Sections[section].Controlled
		}
		out = append(out, x)
	}
	return out
}

// gap is a stretch of a route that is not in view, or not controlled, in the
// map's state.
type gap struct {
	route    int
	from, to int64 // millimetres
	sections int   // in a gap of control, how many sections it has a share in
}

// gaps joins the neighbouring stretches that are lacking, along each route.
func (m *Map) gaps(lacks func(*stretch) bool) []gap {
	var out []gap
	var before *stretch // the last of the gap that is open
	for i := range m.stretches {
		x := &m.stretches[i]
		if !lacks(x) {
			before = nil
			continue
		}
		if before != nil && before.route == x.route && before.to == x.from {
			g := &out[len(out)-1]
			g.to = x.to
			if before.section != x.section {
				g.sections++
			}
		} else {
			out = append(out, gap{x.route, x.from, x.to, 1})
		}
		before = x
	}
	return out
}

// own is the place of the map's state in what is kept by state.
func (m *Map) own() int { return slices.Index(coverage.States(), m.State) }

// sums are the lengths of what is shown, in millimetres: all, what is in view in
// the map's state, and what is controlled.
func (m *Map) sums(of func(*stretch) bool) (length, inView, controlled int64) {
	own := m.own()
	for i := range m.stretches {
		x := &m.stretches[i]
		if !of(x) {
			continue
		}
		length += x.length()
		if x.inView[own] {
			inView += x.length()
		}
		if x.controlled[own] {
			controlled += x.length()
		}
	}
	return length, inView, controlled
}

// shown says whether a place of a route is on a stretch that is shown.
func (m *Map) shown(route int, at float64) bool {
	mm := millimetres(at)
	return slices.ContainsFunc(m.stretches, func(x stretch) bool { return x.route == route && x.from <= mm && mm <= x.to })
}

// chainage gives the chainage in metres at a distance in millimetres from a
// route's start.
func chainage(r *plan.Route, at int64) float64 {
	if r.Chainage == nil {
		return metres(at)
	}
	return r.Chainage.Chainage(metres(at))
}

// line gives the points of a route between two distances in millimetres.
func line(r *plan.Route, from, to int64) []geo.Point { return r.Line.Slice(metres(from), metres(to)) }

// millimetres gives what hub/coverage counts in.
func millimetres(m float64) int64 { return int64(math.Floor(m*1000 + 0.5)) }

func metres(mm int64) float64 { return float64(mm) / 1000 }
