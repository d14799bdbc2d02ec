package coverage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// Roads is a plan made ready for coverage at any level: its routes cut into
// sections and parts, its cameras with their places. It never changes, and is
// safe for use by many goroutines.
type Roads struct {
	index    *geo.Index
	roads    []road    // as the plan lists its routes
	sections []section // of the first road, then of the next, each along its road
	parts    []part    // likewise
	gateways []gateway // likewise
	places   []place   // as the plan lists its sites
	classes  []string  // of roads, in the order of the first road of each
	areas    []string  // of sites, by code; the first is "", where it is not known
	areaAt   map[string]int32
	cameras  []eye    // by code
	codes    []string // of the cameras
}

// road is a route.
type road struct {
	route                     *plan.Route
	length                    int64 // millimetres
	class                     int32
	firstSection, lastSection int32 // in Roads.sections
	firstPart, lastPart       int32 // in Roads.parts
	firstGateway, lastGateway int32 // in Roads.gateways
}

// section is a stretch of a road between two neighbouring junctions, or a
// junction and the road's end.
type section struct {
	from, to                 int64  // millimetres from the road's start
	fromJunction, toJunction string // codes, empty at the road's ends
	fromChainage, toChainage float64
	firstPart, lastPart      int32 // in Roads.parts
}

// need is how much of the section a camera must have in view to control it.
func (s *section) need() int64 { return min(least, s.to-s.from) }

// part is a stretch of a section that lies in one area.
type part struct {
	from, to            int64 // millimetres from the road's start
	road, section, area int32
}

type gateway struct {
	*plan.Gateway
	at   int64 // millimetres from the road's start
	part int32 // that it is in, in Roads.parts
}

// place is an important place.
type place struct {
	site *plan.Site
	area int32
}

// eye is a camera with its place.
type eye struct {
	*plan.Camera
	apex  geo.Point
	known bool  // there is an apex
	place int32 // in Roads.places, -1 if its site is not an important place
}

// NewRoads makes a plan ready. The plan must not change as long as the roads
// are used. It fails if a route has no line.
//
// A commune's share of a route is what is nearer, along the route, to one of
// its sites on it than to a site of another commune: plans carry no
// boundaries. A route without sites is in no area.
func NewRoads(p *plan.Plan) (*Roads, error) {
	r := &Roads{areas: areas(p), areaAt: map[string]int32{}}
	for i, code := range r.areas {
		r.areaAt[code] = int32(i)
	}
	lines := make([]*geo.Line, len(p.Routes))
	routes := make(map[string]int32, len(p.Routes))
	for i := range p.Routes {
		if lines[i] = p.Routes[i].Line; lines[i] == nil {
			return nil, fmt.Errorf("coverage: route %q has no line", p.Routes[i].Code)
		}
		routes[p.Routes[i].Code] = int32(i)
	}
	r.index = geo.NewIndex(lines)

	junctions := byRoute(p.Junctions, routes, func(j *plan.Junction) string { return j.Route })
	gateways := byRoute(p.Gateways, routes, func(g *plan.Gateway) string { return g.Route })
	sites := byRoute(p.Sites, routes, func(s *plan.Site) string { return s.Route })
	n := len(p.Routes) + len(p.Junctions)
	r.roads, r.sections, r.gateways = make([]road, 0, len(p.Routes)), make([]section, 0, n), make([]gateway, 0, len(p.Gateways))
	r.parts = make([]part, 0, n+len(p.Sites))
	classes := map[string]int32{}
	for i := range p.Routes {
		class, ok := classes[p.Routes[i].Class]
		if !ok {
			class = int32(len(r.classes))
			classes[p.Routes[i].Class] = class
			r.classes = append(r.classes, p.Routes[i].Class)
		}
		r.add(&p.Routes[i], class, junctions[i], sites[i], gateways[i])
	}
	r.look(p, routes, lines)
	return r, nil
}

// areas gives the codes of the sites' areas, sorted, after the empty one.
func areas(p *plan.Plan) []string {
	set := map[string]bool{}
	for i := range p.Sites {
		set[p.Sites[i].Area] = true
	}
	out := make([]string, 1, len(set)+1)
	for code := range set {
		if code != "" {
			out = append(out, code)
		}
	}
	slices.Sort(out)
	return out
}

// area gives the index of a site's area.
func (r *Roads) area(s *plan.Site) int32 { return r.areaAt[s.Area] }

// byRoute groups things by the index of their route. Those of routes that are
// not in the plan are left out.
func byRoute[T any](all []T, routes map[string]int32, route func(*T) string) [][]*T {
	index, starts := make([]int32, len(all)), make([]int32, len(routes)+1)
	last, code := int32(-1), ""
	for i := range all {
		if now := route(&all[i]); now != code || i == 0 { // plans list many of one route in a row
			code, last = now, -1
			if k, ok := routes[now]; ok {
				last = k
			}
		}
		if index[i] = last; last >= 0 {
			starts[last+1]++
		}
	}
	for i := range len(routes) {
		starts[i+1] += starts[i]
	}
	slab, out := make([]*T, starts[len(routes)]), make([][]*T, len(routes))
	for k := range out {
		out[k] = slab[starts[k]:starts[k]:starts[k+1]]
	}
	for i := range all {
		if k := index[i]; k >= 0 {
			out[k] = append(out[k], &all[i])
		}
	}
	return out
}

// byPlace compares two things along a route; where they are at one place, by
// their codes.
func byPlace(at, other float64, code, otherCode string) int {
	if at != other {
		return cmp.Compare(at, other)
	}
	return strings.Compare(code, otherCode)
}

// add adds a route.
func (r *Roads) add(route *plan.Route, class int32, junctions []*plan.Junction, sites []*plan.Site, gateways []*plan.Gateway) {
	w := road{route: route, length: millimetres(route.Line.Length()), class: class,
		firstSection: int32(len(r.sections)), firstPart: int32(len(r.parts)), firstGateway: int32(len(r.gateways))}
	r.cut(&w, junctions)
	w.lastSection = int32(len(r.sections))
	r.share(&w, sites)
	w.lastPart = int32(len(r.parts))
	slices.SortStableFunc(gateways, func(a, b *plan.Gateway) int {
		return byPlace(a.At, b.At, a.Code, b.Code)
	})
	for _, g := range gateways {
		x := gateway{Gateway: g, at: millimetres(g.At), part: w.firstPart}
		for x.part < w.lastPart-1 && r.parts[x.part].to <= x.at {
			x.part++
		}
		r.gateways = append(r.gateways, x)
	}
	w.lastGateway = int32(len(r.gateways))
	r.roads = append(r.roads, w)
}

// cut divides a road into its sections. A junction at an end of the road, or
// at the place of another, makes no section of its own, but gives the end its
// name.
func (r *Roads) cut(w *road, junctions []*plan.Junction) {
	slices.SortStableFunc(junctions, func(a, b *plan.Junction) int {
		return byPlace(a.At, b.At, a.Code, b.Code)
	})
	last := section{fromChainage: w.chainage(0)}
	for _, j := range junctions {
		switch at := millimetres(j.At); {
		case at < -hair || at > w.length+hair:
		case at <= last.from+hair:
			last.fromJunction = cmp.Or(last.fromJunction, j.Code)
		case at >= w.length-hair:
			last.toJunction = cmp.Or(last.toJunction, j.Code)
		default:
			last.to, last.toJunction, last.toChainage = at, j.Code, w.chainage(at)
			r.sections = append(r.sections, last)
			last = section{from: at, fromJunction: j.Code, fromChainage: last.toChainage}
		}
	}
	last.to, last.toChainage = w.length, w.chainage(w.length)
	r.sections = append(r.sections, last)
}

// share divides the sections of a road into parts by area.
func (r *Roads) share(w *road, sites []*plan.Site) {
	slices.SortStableFunc(sites, func(a, b *plan.Site) int {
		return byPlace(a.At, b.At, a.Code, b.Code)
	})
	index := int32(len(r.roads))
	at, next := int64(0), 0 // where the part begins, and the site that it is nearest to
	area := func() int32 {
		if len(sites) == 0 {
			return 0
		}
		return r.area(sites[next])
	}
	for k := w.firstSection; k < w.lastSection; k++ {
		s := &r.sections[k]
		s.firstPart = int32(len(r.parts))
		for next < len(sites)-1 {
			border := millimetres((sites[next].At + sites[next+1].At) / 2)
			if border >= s.to-hair {
				break
			}
			if sites[next].Area != sites[next+1].Area && border > at+hair {
				r.parts = append(r.parts, part{at, border, index, k, area()})
				at = border
			}
			next++
		}
		r.parts = append(r.parts, part{at, s.to, index, k, area()})
		at = s.to
		s.lastPart = int32(len(r.parts))
	}
}

// look takes in the cameras and the important places.
func (r *Roads) look(p *plan.Plan, routes map[string]int32, lines []*geo.Line) {
	type spot struct {
		apex  geo.Point
		known bool
		place int32
	}
	spots := make([]spot, len(p.Sites))
	r.places = make([]place, 0, len(p.Sites))
	sites := make(map[string]int32, len(p.Sites))
	for i := range p.Sites {
		s := &p.Sites[i]
		sites[s.Code] = int32(i)
		spots[i] = spot{s.Position, true, -1}
		if s.Position == (geo.Point{}) {
			if k, ok := routes[s.Route]; ok {
				spots[i].apex = lines[k].At(s.At)
			} else {
				spots[i].known = false
			}
		}
		if s.Kind != plan.SiteRoute && s.Kind != "" {
			spots[i].place = int32(len(r.places))
			r.places = append(r.places, place{s, r.area(s)})
		}
	}
	r.cameras = make([]eye, len(p.Cameras))
	for i := range p.Cameras {
		c := &p.Cameras[i]
		r.cameras[i] = eye{Camera: c, place: -1}
		if k, ok := sites[c.Site]; ok {
			r.cameras[i] = eye{c, spots[k].apex, spots[k].known, spots[k].place}
		}
	}
	byCode := func(a, b eye) int { return strings.Compare(a.Code, b.Code) }
	if !slices.IsSortedFunc(r.cameras, byCode) {
		slices.SortStableFunc(r.cameras, byCode)
	}
	r.codes = make([]string, len(r.cameras))
	for i := range r.cameras {
		r.codes[i] = r.cameras[i].Code
	}
}

// chainage gives the chainage in metres at a distance from the start in
// millimetres. A route without a calibration has its distances as chainage.
func (w *road) chainage(at int64) float64 {
	if w.route.Chainage == nil {
		return metres(at)
	}
	return w.route.Chainage.Chainage(metres(at))
}
