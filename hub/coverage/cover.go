package coverage

import (
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// Cover gives the coverage by the cameras for which counts is true. It is
// called once for each camera, in the order of their codes.
func (e *Eye) Cover(counts func(*plan.Camera) bool) Result {
	counted := make([]bool, len(e.cameras))
	res := Result{Level: e.level}
	for i, c := range e.cameras {
		if !counts(c) {
			continue
		}
		counted[i] = true
		res.Counted++
		if _, blind := e.blind[i]; !blind && !e.sees[i] {
			res.OffRoutes = append(res.OffRoutes, c.Code)
		}
	}
	res.Incomplete = e.incomplete(func(i int) bool { return counted[i] })

	for i := range e.roads {
		r := e.cover(&e.roads[i], counted)
		res.GapsInView = append(res.GapsInView, r.GapsInView...)
		res.GapsOfControl = append(res.GapsOfControl, r.GapsOfControl...)
		longestFirst(r.GapsInView)
		longestFirst(r.GapsOfControl)
		res.Total.Add(r)
		res.Routes = append(res.Routes, r)
	}
	longestFirst(res.GapsInView)
	longestFirst(res.GapsOfControl)
	return res
}

// Add takes the figures of one route into t.
func (t *Total) Add(r Route) {
	t.Length += r.Length
	t.InView += r.InView
	t.Controlled += r.Controlled
	t.Sections += len(r.Sections)
	for _, s := range r.Sections {
		if s.Controlled {
			t.SectionsControlled++
		}
	}
	t.Gateways += len(r.Gateways)
	for _, g := range r.Gateways {
		if g.InView {
			t.GatewaysInView++
		}
	}
}

// cover gives the coverage of one road, with its gaps ascending.
func (e *Eye) cover(r *road, counted []bool) Route {
	length := r.route.Line.Length()
	var view []geo.Interval
	for _, v := range r.views {
		if counted[v.camera] {
			view = append(view, v.Interval)
		}
	}
	out := Route{Code: r.route.Code, Length: length, View: geo.Union(view)}
	out.InView = geo.Total(out.View)

	next := 0 // first stretch of the view that may reach into the section
	var open *Gap
	for _, s := range r.sections {
		sec := Section{
			From: s.From, To: s.To, FromJunction: s.from, ToJunction: s.to,
			FromChainage: r.chainage(s.From), ToChainage: r.chainage(s.To),
			Cameras: e.codes(s.seenBy, counted),
		}
		sec.Controlled = len(sec.Cameras) > 0
		for next < len(out.View) && out.View[next].To <= s.From {
			next++
		}
		for i := next; i < len(out.View) && out.View[i].From < s.To; i++ {
			sec.InView += overlap(out.View[i], s.Interval)
		}
		switch {
		case sec.Controlled:
			out.Controlled += s.To - s.From
			open = nil
		case open == nil:
			out.GapsOfControl = append(out.GapsOfControl, r.gap(s.From, s.To))
			open = &out.GapsOfControl[len(out.GapsOfControl)-1]
			open.Sections = 1
		default:
			open.To, open.ToChainage = sec.To, sec.ToChainage
			open.Sections++
		}
		out.Sections = append(out.Sections, sec)
	}
	for _, v := range geo.Complement(out.View, length) {
		if v.To-v.From > Tolerance {
			out.GapsInView = append(out.GapsInView, r.gap(v.From, v.To))
		}
	}
	for _, g := range r.gateways {
		by := e.codes(g.seenBy, counted)
		out.Gateways = append(out.Gateways, Gateway{
			Code: g.Code, At: g.At, Chainage: r.chainage(g.At), InView: len(by) > 0, Cameras: by,
		})
	}
	return out
}

func (r *road) gap(from, to float64) Gap {
	return Gap{Route: r.route.Code, From: from, To: to, FromChainage: r.chainage(from), ToChainage: r.chainage(to)}
}

// codes gives the codes of those cameras that count.
func (e *Eye) codes(cameras []int, counted []bool) []string {
	var out []string
	for _, i := range cameras {
		if counted[i] {
			out = append(out, e.cameras[i].Code)
		}
	}
	return out
}
