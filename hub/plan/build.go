package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/phukin/phukin/hub/geo"
)

// Build finishes a plan made in code: it fills in the defaults, checks
// everything that Read checks, sorts, and makes the plan fit for its methods.
// The plan given is not changed, and its slices are not kept. A route needs
// its Line; its Chainage follows from its Posts, and is kept as it is only if
// there are none.
//
// The error is a *Faults, in which File says in which file the thing would
// stand, and Record which it is.
func Build(p Plan) (*Plan, error) {
	d := &draft{doc: &Document{}, plan: p}
	q := &d.plan
	q.Levels = slices.Clone(p.Levels)
	q.Phases = slices.Clone(p.Phases)
	q.Areas = slices.Clone(p.Areas)
	q.Routes = slices.Clone(p.Routes)
	q.Junctions = slices.Clone(p.Junctions)
	q.Gateways = slices.Clone(p.Gateways)
	q.Sites = slices.Clone(p.Sites)
	q.Cameras = slices.Clone(p.Cameras)
	q.Targets = slices.Clone(p.Targets)
	q.Windows = slices.Clone(p.Windows)
	q.Figures = slices.Clone(p.Figures)
	q.clean()
	for i := range q.Routes {
		r := &q.Routes[i]
		r.Posts = slices.Clone(r.Posts)
		if r.Line != nil && (r.Chainage == nil || len(r.Posts) > 0) {
			s := d.at(Routes, i, r.Code)
			s.calibrate(r, nil)
		}
	}
	return d.finish()
}

// clean brings the texts of a plan into the form in which Read would have
// found them.
func (p *Plan) clean() {
	texts := func(all ...*string) {
		for _, s := range all {
			*s = clean(*s)
		}
	}
	texts(&p.Name.VI, &p.Name.EN, &p.Note.VI, &p.Note.EN)
	for i := range p.Levels {
		texts(&p.Levels[i].Name.VI, &p.Levels[i].Name.EN)
	}
	for i := range p.Phases {
		texts(&p.Phases[i].Name.VI, &p.Phases[i].Name.EN)
	}
	for i := range p.Areas {
		texts(&p.Areas[i].Name, &p.Areas[i].Kind)
	}
	for i := range p.Routes {
		texts(&p.Routes[i].Name, &p.Routes[i].Class)
	}
	for i := range p.Junctions {
		texts(&p.Junctions[i].Name)
	}
	for i := range p.Gateways {
		texts(&p.Gateways[i].Name, &p.Gateways[i].To)
	}
	for i := range p.Sites {
		texts(&p.Sites[i].Name)
	}
	for i := range p.Cameras {
		texts(&p.Cameras[i].Funding, &p.Cameras[i].Recorder)
	}
	for i := range p.Windows {
		texts(&p.Windows[i].Reason)
	}
	for i := range p.Figures {
		texts(&p.Figures[i].Source)
	}
}

// finish makes the draft a plan, or gives the faults it has.
func (d *draft) finish() (*Plan, error) {
	d.defaults()
	d.check()
	if len(d.faults.List) > 0 {
		d.doc.sortFaults(d.faults.List)
		d.doc.sortFaults(d.faults.Warnings)
		return nil, &d.faults
	}
	p := &d.plan
	p.sort()
	p.index()
	return p, nil
}

// defaults fills in what a plan may leave out.
func (d *draft) defaults() {
	p := &d.plan
	if p.Location == nil {
		p.Location, _ = loadZone(DefaultZone)
	}
	if len(p.Levels) == 0 {
		p.Levels = DefaultLevels()
		if p.Level == "" {
			p.Level = DefaultLevel
		}
	}
	routes := d.routesByCode()
	for i := range p.Sites {
		s := &p.Sites[i]
		if r := routes[s.Route]; s.Position == (geo.Point{}) && r != nil && r.Line != nil {
			s.Position = r.Line.At(s.At)
		}
	}
	due := make(map[string]Date, len(p.Phases))
	for _, ph := range p.Phases {
		due[ph.Code] = ph.To
	}
	for i := range p.Cameras {
		if c := &p.Cameras[i]; c.Due.IsZero() {
			c.Due = due[c.Phase]
		}
	}
}

// sort brings the plan into the one order in which it is written.
func (p *Plan) sort() {
	slices.SortStableFunc(p.Levels, func(a, b Level) int {
		return cmp.Or(cmp.Compare(a.Density, b.Density), strings.Compare(a.Code, b.Code))
	})
	slices.SortStableFunc(p.Phases, func(a, b Phase) int {
		return cmp.Or(cmp.Compare(a.From, b.From), strings.Compare(a.Code, b.Code))
	})
	slices.SortStableFunc(p.Areas, func(a, b Area) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), cmp.Compare(a.ValidFrom, b.ValidFrom))
	})
	slices.SortStableFunc(p.Routes, func(a, b Route) int { return strings.Compare(a.Code, b.Code) })
	slices.SortStableFunc(p.Junctions, func(a, b Junction) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.Route, b.Route), cmp.Compare(a.At, b.At))
	})
	slices.SortStableFunc(p.Gateways, func(a, b Gateway) int { return strings.Compare(a.Code, b.Code) })
	slices.SortStableFunc(p.Sites, func(a, b Site) int { return strings.Compare(a.Code, b.Code) })
	slices.SortStableFunc(p.Cameras, func(a, b Camera) int { return strings.Compare(a.Code, b.Code) })
	slices.SortStableFunc(p.Targets, func(a, b Target) int {
		return cmp.Or(strings.Compare(a.Phase, b.Phase), strings.Compare(a.Area, b.Area), cmp.Compare(a.Year, b.Year), strings.Compare(string(a.Measure), string(b.Measure)))
	})
	slices.SortStableFunc(p.Windows, func(a, b Window) int { return strings.Compare(a.Code, b.Code) })
	slices.SortStableFunc(p.Figures, func(a, b Figure) int { return strings.Compare(a.Code, b.Code) })
}

// index fills the maps behind the plan's methods. It needs the plan sorted.
func (p *Plan) index() {
	p.meanings = make(map[string][]Area, len(p.Areas))
	p.routes = make(map[string]*Route, len(p.Routes))
	p.sites = make(map[string]*Site, len(p.Sites))
	p.cameras = make(map[string]*Camera, len(p.Cameras))
	for i, n := 0, 0; i < len(p.Areas); i += n {
		code := p.Areas[i].Code
		for n = 1; i+n < len(p.Areas) && p.Areas[i+n].Code == code; n++ {
		}
		p.meanings[code] = p.Areas[i : i+n] // they are sorted
	}
	for i := range p.Routes {
		p.routes[p.Routes[i].Code] = &p.Routes[i]
	}
	for i := range p.Sites {
		p.sites[p.Sites[i].Code] = &p.Sites[i]
	}
	for i := range p.Cameras {
		p.cameras[p.Cameras[i].Code] = &p.Cameras[i]
	}
}
