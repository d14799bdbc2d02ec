package account

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/plan"
)

// Place is an area as a grant means it: the one that had the code at a moment.
type Place struct {
	Code  string
	Since time.Time
}

// Reach is what of the plan a decision is about: all of it, or some areas with
// what lies below them. The zero value is nothing.
type Reach struct {
	Whole  bool
	Places []Place // by code and time; none when Whole
}

// Everything is the reach over all of the plan.
var Everything = Reach{Whole: true}

// Empty says whether there is nothing in it.
func (r Reach) Empty() bool { return !r.Whole && len(r.Places) == 0 }

// Key gives a text that equal reaches share.
func (r Reach) Key() string {
	if r.Whole {
		return "*"
	}
	var b strings.Builder
	for _, p := range r.Places {
		fmt.Fprintf(&b, "%s@%d;", p.Code, p.Since.Unix())
	}
	return b.String()
}

// meant gives the area of p that a place means, nil if p has none.
func (pl Place) meant(p *plan.Plan) *plan.Area {
	return p.AreaOn(pl.Code, plan.DateOf(pl.Since, p.Location))
}

// HasSite says whether a site of p is in reach on a day. An area that has ended
// has the sites that lay in it on its last day; the area of the plan has all of
// them, also after its end.
func (r Reach) HasSite(p *plan.Plan, s *plan.Site, today plan.Date) bool {
	return r.has(p, today, func(on plan.Date) []*plan.Area { return p.SiteAreas(s, on) })
}

// HasArea says whether what an area's code means on a day is in reach.
func (r Reach) HasArea(p *plan.Plan, code string, today plan.Date) bool {
	return r.has(p, today, func(on plan.Date) []*plan.Area { return above(p, code, on) })
}

func (r Reach) has(p *plan.Plan, today plan.Date, areas func(on plan.Date) []*plan.Area) bool {
	if r.Whole {
		return true
	}
	for _, place := range r.Places {
		if place.Code == p.Root {
			return true
		}
		a := place.meant(p)
		if a == nil {
			continue
		}
		on := today
		if !a.ValidTo.IsZero() && on > a.ValidTo {
			on = a.ValidTo
		}
		if slices.Contains(areas(on), a) {
			return true
		}
	}
	return false
}

// above gives the area of a code on a day and those above it then.
func above(p *plan.Plan, code string, on plan.Date) []*plan.Area {
	var chain []*plan.Area
	for a := p.AreaOn(code, on); a != nil && !slices.Contains(chain, a); {
		chain = append(chain, a)
		if !a.ValidTo.IsZero() && on > a.ValidTo {
			on = a.ValidTo
		}
		a = p.AreaOn(a.Parent, on)
	}
	return chain
}

// Within gives the part of a plan that is in reach on a day: the sites, their
// cameras, the routes that these sites are on, whole, with their junctions and
// gateways, maintenance of what is left, targets and entered figures of areas in
// reach. Levels, phases and areas stay. It is nil if no site is in reach.
func (r Reach) Within(p *plan.Plan, today plan.Date) (*plan.Plan, error) {
	if r.Whole {
		return p, nil
	}
	part := *p
	sites, routes, cameras := map[string]bool{}, map[string]bool{}, map[string]bool{}
	part.Sites = keep(p.Sites, func(s *plan.Site) bool {
		in := r.HasSite(p, s, today)
		if in {
			sites[s.Code] = true
			if s.Route != "" {
				routes[s.Route] = true
			}
		}
		return in
	})
	if len(part.Sites) == 0 {
		return nil, nil
	}
	part.Cameras = keep(p.Cameras, func(c *plan.Camera) bool {
		if sites[c.Site] {
			cameras[c.Code] = true
		}
		return sites[c.Site]
	})
	part.Routes = keep(p.Routes, func(t *plan.Route) bool { return routes[t.Code] })
	part.Junctions = keep(p.Junctions, func(j *plan.Junction) bool { return routes[j.Route] })
	part.Gateways = keep(p.Gateways, func(g *plan.Gateway) bool { return routes[g.Route] })
	part.Windows = keep(p.Windows, func(w *plan.Window) bool {
		switch {
		case w.Camera != "":
			return cameras[w.Camera]
		case w.Site != "":
			return sites[w.Site]
		case w.Route != "":
			return routes[w.Route]
		}
		return true
	})
	part.Targets = keep(p.Targets, func(t *plan.Target) bool { return t.Area != "" && r.HasArea(p, t.Area, today) })
	part.Figures = keep(p.Figures, func(f *plan.Figure) bool { return f.Area != "" && r.HasArea(p, f.Area, today) })
	q, err := plan.Build(part)
	if err != nil {
		return nil, fmt.Errorf("take a part of the plan: %w", err)
	}
	return q, nil
}

func keep[T any](all []T, want func(*T) bool) []T {
	var kept []T
	for i := range all {
		if want(&all[i]) {
			kept = append(kept, all[i])
		}
	}
	return kept
}
