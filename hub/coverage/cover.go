package coverage

import (
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// Cover gives the coverage by the cameras for which counts is true. It is
// called once for each camera, in the order of their codes.
func (e *Eye) Cover(counts func(*plan.Camera) bool) Result {
	c := newCount(e, counts)
	res := Result{
		Level: e.level, Counted: c.cameras,
		Incomplete: e.incomplete(c.counted),
		Routes:     make([]Route, len(e.roads)),
		Places:     make([]Place, len(e.places)),
	}
	for i, counted := range c.counted {
		if !counted {
			continue
		}
		if e.reasons[i] == "" && !e.sees[i] {
			res.OffRoutes = append(res.OffRoutes, e.codes[i])
		}
		if e.cut[i] {
			res.CutShort = append(res.CutShort, e.codes[i])
		}
	}
	for i := range e.places {
		p := &e.places[i]
		res.Places[i] = Place{p.site.Code, p.site.Area, c.covered[i]}
		a := &c.areas[p.area]
		a.places++
		c.total.places++
		if c.covered[i] {
			a.coveredPlaces++
			c.total.coveredPlaces++
		}
	}
	inView, ofControl := make([]int32, len(e.roads)+1), make([]int32, len(e.roads)+1)
	for k := range e.roads {
		c.road(k, &res.Routes[k])
		inView[k+1], ofControl[k+1] = int32(len(c.gaps)), int32(len(c.gapsOfControl))
	}
	var each [][]Gap
	if len(c.gaps) > 0 {
		res.GapsInView, each = e.longestFirst(c.gaps, inView)
		for k := range each {
			res.Routes[k].GapsInView = each[k]
		}
	}
	if len(c.gapsOfControl) > 0 {
		res.GapsOfControl, each = e.longestFirst(c.gapsOfControl, ofControl)
		for k := range each {
			res.Routes[k].GapsOfControl = each[k]
		}
	}
	res.Classes, res.Areas, res.Total = e.classGroups(c.classes), e.areaGroups(c.areas), c.total.total()
	return res
}

// count is what Cover works with.
type count struct {
	*Eye
	counted []bool
	cameras int
	covered []bool  // by place
	change  []int32 // by stretch: how many more cameras see it than the one before
	classes []sum
	areas   []sum
	total   sum
	seeing  int32 // how many cameras see the stretch that Cover has come to
	watch   int   // next of Eye.watches
	guard   int   // next of Eye.guards

	// Slices of these are handed out.
	views         []geo.Interval
	sections      []Section
	gateways      []Gateway
	names         []string
	gaps          []gap // in view
	gapsOfControl []gap
}

func newCount(e *Eye, counts func(*plan.Camera) bool) *count {
	c := &count{
		Eye: e, counted: make([]bool, len(e.cameras)), covered: make([]bool, len(e.places)),
		change:  make([]int32, len(e.stretches)+1),
		classes: make([]sum, len(e.classes)), areas: make([]sum, len(e.areas)),
		views:    make([]geo.Interval, 0, len(e.views)),
		sections: make([]Section, 0, len(e.sections)),
		gateways: make([]Gateway, 0, len(e.gateways)),
		names:    make([]string, 0, len(e.watches)+len(e.guards)),
		// A gap in view ends at a view or at the end of a road.
		gaps:          make([]gap, 0, len(e.views)+len(e.roads)),
		gapsOfControl: make([]gap, 0, len(e.sections)),
	}
	for i := range e.cameras {
		eye := &e.cameras[i]
		if !counts(eye.Camera) {
			continue
		}
		c.counted[i] = true
		c.cameras++
		if eye.place >= 0 {
			c.covered[eye.place] = true
		}
	}
	for i := range e.views {
		if v := &e.views[i]; c.counted[v.camera] {
			c.change[v.first]++
			c.change[v.last+1]--
		}
	}
	return c
}

// road gives the coverage of one road; its gaps, ascending, are added to those of
// all.
func (c *count) road(k int, out *Route) {
	w := &c.roads[k]
	s := sum{length: w.length}
	out.Code, out.Length = w.route.Code, metres(w.length)
	sections := len(c.sections)
	for i := w.firstSection; i < w.lastSection; i++ {
		c.section(w, i, &s)
	}
	out.Sections = c.sections[sections:len(c.sections):len(c.sections)]
	c.see(w, k, out, &s)
	open := false
	for i := range out.Sections {
		x := &c.Roads.sections[int(w.firstSection)+i]
		switch n := len(c.gapsOfControl); {
		case out.Sections[i].Controlled:
			open = false
		case open:
			c.gapsOfControl[n-1].to = x.to
			c.gapsOfControl[n-1].sections++
		default:
			c.gapsOfControl = append(c.gapsOfControl, gap{x.from, x.to, int32(k), 1})
			open = true
		}
	}
	gateways := len(c.gateways)
	for g := w.firstGateway; g < w.lastGateway; g++ {
		c.gateway(w, g, &s)
	}
	out.Gateways = since(c.gateways, gateways)
	out.InView, out.Controlled = metres(s.inView), metres(s.controlled)
	c.classes[w.class].add(&s)
	c.total.add(&s)
}

// since gives what was appended after base, nil if nothing was.
func since[T any](all []T, base int) []T {
	if len(all) == base {
		return nil
	}
	return all[base:len(all):len(all)]
}

// section gives section i, all but what is in view of it.
func (c *count) section(w *road, i int32, s *sum) {
	x := &c.Roads.sections[i]
	names := len(c.names)
	for ; c.watch < len(c.watches) && c.watches[c.watch].section == i; c.watch++ {
		if k := c.watches[c.watch].camera; c.counted[k] {
			c.names = append(c.names, c.codes[k])
		}
	}
	by := since(c.names, names)
	middle := &c.areas[c.parts[x.middle(c.parts)].area]
	middle.sections++
	s.sections++
	if by != nil {
		s.controlledSections++
		s.controlled += x.to - x.from
		middle.controlledSections++
	}
	for p := x.firstPart; p < x.lastPart; p++ {
		a, length := &c.areas[c.parts[p].area], c.parts[p].to-c.parts[p].from
		a.length += length
		if by != nil {
			a.controlled += length
		}
	}
	c.sections = append(c.sections, Section{
		From: metres(x.from), To: metres(x.to), FromJunction: x.fromJunction, ToJunction: x.toJunction,
		FromChainage: x.fromChainage, ToChainage: x.toChainage, Controlled: by != nil, Cameras: by,
	})
}

// middle gives the part that the middle of the section is in.
func (s *section) middle(parts []part) int32 {
	p := s.firstPart
	for p < s.lastPart-1 && 2*parts[p].to <= s.from+s.to {
		p++
	}
	return p
}

// see gives what is in view of a road.
func (c *count) see(w *road, k int, out *Route, s *sum) {
	views := len(c.views)
	from, inView := int64(0), false
	section, inSection := w.firstSection, int64(0)
	end := func(to int64) {
		switch {
		case to == from:
		case inView:
			c.views = append(c.views, geo.Interval{From: metres(from), To: metres(to)})
		default:
			c.gaps = append(c.gaps, gap{from, to, int32(k), 0})
		}
		from = to
	}
	for i := c.first[k]; i < c.first[k+1]; i++ {
		x := &c.stretches[i]
		c.seeing += c.change[i]
		p := &c.parts[x.part]
		if p.section != section {
			out.Sections[section-w.firstSection].InView = metres(inSection)
			section, inSection = p.section, 0
		}
		if seen := c.seeing > 0; seen != inView {
			end(x.from)
			inView = seen
		}
		if inView {
			length := x.to - x.from
			inSection += length
			s.inView += length
			c.areas[p.area].inView += length
		}
	}
	end(w.length)
	out.Sections[section-w.firstSection].InView = metres(inSection)
	out.View = since(c.views, views)
}

func (c *count) gateway(w *road, g int32, s *sum) {
	x := &c.Roads.gateways[g]
	names := len(c.names)
	for ; c.guard < len(c.guards) && c.guards[c.guard].gateway == g; c.guard++ {
		if k := c.guards[c.guard].camera; c.counted[k] {
			c.names = append(c.names, c.codes[k])
		}
	}
	by := since(c.names, names)
	a := &c.areas[c.parts[x.part].area]
	a.gateways++
	s.gateways++
	if by != nil {
		a.inViewGws++
		s.inViewGws++
	}
	c.gateways = append(c.gateways, Gateway{Code: x.Code, At: x.At, Chainage: w.chainage(x.at), InView: by != nil, Cameras: by})
}
