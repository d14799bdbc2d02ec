// Package network is the plan's routes as a network, and the ways through it
// that no camera sees: whether one can drive from one gateway to another
// without passing a working camera, and which fewest cameras would close all
// such ways.
//
// Places are junctions, gateways and the ends of routes; stretches lie between
// two neighbouring places of a route. Junctions of one code are one place, and
// so are places of a route that are no farther apart than Tolerance.
// Routes that cross where the plan has no junction do not meet.
//
// What closes is the rule of hub/coverage, by the least length of road in view on
// which whoever passes is seen. A stretch is closed when one view has that much of
// it in one piece, or all of a shorter one. A gateway is closed when such a piece
// of the section around it (between two junctions) comes within the least length of it;
// any other place when a route passes it that far inside of one view: under a camera
// that looks into one arm of a junction one can pass from another arm into a third.
// A way is blind when nothing on it is closed, its two gateways included. Ways may
// lead through gateways.
//
// Everything is a pure function of its arguments and comes out in the same
// order for the same plan. Lengths and distances are metres.
package network

import (
	"cmp"
	"slices"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// Tolerance is the distance in metres below which two places of a route are one.
const Tolerance = 0.1

// Stretch is what lies between two neighbouring places of a route.
type Stretch struct {
	Route                    string
	From, To                 float64 // distances from the route's start; From < To
	FromChainage, ToChainage float64
}

// Length gives the length of the stretch by the line.
func (s Stretch) Length() float64 { return s.To - s.From }

// View is a stretch of a route that a camera has in view.
type View struct {
	Route string
	geo.Interval
}

// Network is a plan's routes. It does not change.
type Network struct {
	stretches []edge
	places    []place
	gateways  []gateway        // by code
	routes    map[string][]int // stretches of a route, ascending
}

type edge struct {
	Stretch
	ends [2]int // places
}

type place struct {
	edges []int
	spots []spot
}

// spot is where a route passes a place.
type spot struct {
	route    string
	at       float64
	sections []geo.Interval // of a gateway: those that it lies in, or between
}

type gateway struct {
	code  string
	place int
}

// New makes the network of a plan's routes. Junctions and gateways that do not
// lie on their routes are left out: the plan's own checks tell of them.
func New(p *plan.Plan) *Network {
	n := &Network{routes: map[string][]int{}}
	junctions := map[string]int{} // places
	var same disjoint             // places that are one
	for i := range p.Routes {
		r := &p.Routes[i]
		last, all := -1, cuts(p, r)
		for _, c := range all {
			here := same.add()
			s := spot{route: r.Code, at: c.at}
			if c.gateway != "" {
				s.sections = sectionsAt(all, c.at)
			}
			n.places = append(n.places, place{spots: []spot{s}})
			if c.junction != "" {
				if first, ok := junctions[c.junction]; ok {
					same.join(first, here)
				} else {
					junctions[c.junction] = here
				}
			}
			if c.gateway != "" {
				n.gateways = append(n.gateways, gateway{c.gateway, here})
			}
			switch {
			case last < 0:
			case c.at-n.places[last].spots[0].at <= Tolerance:
				same.join(last, here)
				continue // the stretch before goes on to the next
			default:
				n.routes[r.Code] = append(n.routes[r.Code], len(n.stretches))
				from := n.places[last].spots[0].at
				n.stretches = append(n.stretches, edge{Stretch{r.Code, from, c.at, chainage(r, from), chainage(r, c.at)}, [2]int{last, here}})
			}
			last = here
		}
	}
	n.settle(&same)
	return n
}

// settle makes one place of those that are the same.
func (n *Network) settle(same *disjoint) {
	numbers := map[int]int{}
	var places []place
	number := func(old int) int {
		root := same.find(old)
		k, ok := numbers[root]
		if !ok {
			k = len(places)
			numbers[root] = k
			places = append(places, place{})
		}
		return k
	}
	for i := range n.places {
		k := number(i)
		places[k].spots = append(places[k].spots, n.places[i].spots...)
	}
	for i := range n.stretches {
		for k, end := range n.stretches[i].ends {
			p := number(end)
			n.stretches[i].ends[k] = p
			if k == 0 || p != n.stretches[i].ends[0] {
				places[p].edges = append(places[p].edges, i)
			}
		}
	}
	for i := range n.gateways {
		n.gateways[i].place = number(n.gateways[i].place)
	}
	slices.SortStableFunc(n.gateways, func(a, b gateway) int { return cmp.Compare(a.code, b.code) })
	n.places = places
}

// cut is a point of a route that ends stretches.
type cut struct {
	at                float64
	junction, gateway string // one of them, or none at the ends
}

func cuts(p *plan.Plan, r *plan.Route) []cut {
	length := r.Line.Length()
	out := []cut{{at: 0}, {at: length}}
	on := func(at float64) bool { return at >= -Tolerance && at <= length+Tolerance }
	for i := range p.Junctions {
		if j := &p.Junctions[i]; j.Route == r.Code && on(j.At) {
			out = append(out, cut{at: min(max(j.At, 0), length), junction: j.Code})
		}
	}
	for i := range p.Gateways {
		if g := &p.Gateways[i]; g.Route == r.Code && on(g.At) {
			out = append(out, cut{at: min(max(g.At, 0), length), gateway: g.Code})
		}
	}
	slices.SortStableFunc(out, func(a, b cut) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.junction, b.junction), cmp.Compare(a.gateway, b.gateway))
	})
	return out
}

// sectionsAt gives the stretches between two neighbouring junctions, or ends of
// the route, that hold a point.
func sectionsAt(all []cut, at float64) (sections []geo.Interval) {
	from := 0.0
	for i, c := range all {
		if c.junction == "" && i < len(all)-1 || c.at-from <= Tolerance {
			continue
		}
		if from-Tolerance <= at && at <= c.at+Tolerance {
			sections = append(sections, geo.Interval{From: from, To: c.at})
		}
		from = c.at
	}
	return sections
}

func chainage(r *plan.Route, at float64) float64 {
	if r.Chainage == nil {
		return at
	}
	return r.Chainage.Chainage(at)
}

// Gateways gives the codes of all gateways, ascending.
func (n *Network) Gateways() []string {
	codes := make([]string, len(n.gateways))
	for i, g := range n.gateways {
		codes[i] = g.code
	}
	return codes
}

// Stretches gives all stretches, route by route as the plan lists them,
// ascending.
func (n *Network) Stretches() []Stretch {
	out := make([]Stretch, len(n.stretches))
	for i := range n.stretches {
		out[i] = n.stretches[i].Stretch
	}
	return out
}

// Closed says what of a network is closed. It belongs to the network that made
// it.
type Closed struct {
	stretches, places []bool
}

// Closed gives what cameras close that have these views, each by itself: two
// cameras at a junction that look away from each other do not see it. Least is
// coverage.Least, or another length.
func (n *Network) Closed(views []View, least float64) Closed {
	c := Closed{make([]bool, len(n.stretches)), make([]bool, len(n.places))}
	byRoute := map[string][]geo.Interval{}
	for _, v := range views {
		byRoute[v.Route] = append(byRoute[v.Route], v.Interval)
	}
	for i := range n.stretches {
		s := &n.stretches[i]
		for _, v := range byRoute[s.Route] {
			if _, ok := piece(v, geo.Interval{From: s.From, To: s.To}, least); ok {
				c.stretches[i] = true
			}
		}
	}
	for i := range n.places {
		for _, s := range n.places[i].spots {
			for _, v := range byRoute[s.route] {
				c.places[i] = c.places[i] || s.closedBy(v, least)
			}
		}
	}
	return c
}

// millimetre is what lengths are rounded to before they are compared.
const millimetre = 0.001

// piece gives what a view has of a stretch; it is ok if that is the least
// length, or all of a shorter one.
func piece(v, of geo.Interval, least float64) (geo.Interval, bool) {
	p := geo.Interval{From: max(v.From, of.From), To: min(v.To, of.To)}
	return p, p.To-p.From >= min(least, of.To-of.From)-millimetre
}

func (s *spot) closedBy(v geo.Interval, least float64) bool {
	if v.From+least <= s.at+millimetre && s.at <= v.To-least+millimetre {
		return true
	}
	for _, section := range s.sections {
		if p, ok := piece(v, section, least); ok && p.From-least <= s.at+millimetre && s.at <= p.To+least+millimetre {
			return true
		}
	}
	return false
}

// And gives what is closed in c or in o.
func (c Closed) And(o Closed) Closed {
	r := Closed{slices.Clone(c.stretches), slices.Clone(c.places)}
	r.add(o)
	return r
}

func (c Closed) add(o Closed) {
	for i, closed := range o.stretches {
		c.stretches[i] = c.stretches[i] || closed
	}
	for i, closed := range o.places {
		c.places[i] = c.places[i] || closed
	}
}

// disjoint keeps sets of numbers.
type disjoint struct{ parent []int }

func (d *disjoint) add() int {
	d.parent = append(d.parent, len(d.parent))
	return len(d.parent) - 1
}

func (d *disjoint) find(i int) int {
	for d.parent[i] != i {
		d.parent[i] = d.parent[d.parent[i]]
		i = d.parent[i]
	}
	return i
}

func (d *disjoint) join(a, b int) {
	a, b = d.find(a), d.find(b)
	d.parent[max(a, b)] = min(a, b)
}
