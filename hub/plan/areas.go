package plan

import "slices"

// InForce says whether the area is in force on a day.
func (a *Area) InForce(on Date) bool {
	return a.ValidFrom <= on && (a.ValidTo.IsZero() || on <= a.ValidTo)
}

// AreaOn gives the area that a code means on a day: the one that is in force,
// or, on a day on which none is, the last that was before it. It is nil before
// the first, and for a code that the plan does not have.
func (p *Plan) AreaOn(code string, on Date) *Area {
	var last *Area
	for i := range p.meanings[code] {
		if a := &p.meanings[code][i]; a.ValidFrom <= on {
			last = a // they are sorted by their first day, and none overlap
		}
	}
	return last
}

// SiteArea gives the area that a site lies in on a day. It is the one that the
// plan names for the site as long as that is in force; afterwards the one that
// followed it, and before that the one that it followed. Where an area was
// split, or several became one, the plan does not say which of them it is:
// then it is the last, or the first, that is known. It is nil only for a code
// that the plan does not have.
func (p *Plan) SiteArea(s *Site, on Date) *Area {
	a := p.named(s)
	if a == nil || a.InForce(on) {
		return a
	}
	if on < a.ValidFrom {
		for before := p.predecessors(a); len(before) == 1 && on < a.ValidFrom; before = p.predecessors(a) {
			a = before[0]
		}
		return a
	}
	for after := p.successors(a); len(after) == 1 && !a.InForce(on) && after[0].ValidFrom <= on; after = p.successors(a) {
		a = after[0]
	}
	return a
}

// SiteAreas gives the area that a site lies in on a day and those above it as
// they were on that day, from below.
func (p *Plan) SiteAreas(s *Site, on Date) []*Area {
	var chain []*Area
	for a := p.SiteArea(s, on); a != nil && !slices.Contains(chain, a); {
		chain = append(chain, a)
		if !a.ValidTo.IsZero() && on > a.ValidTo {
			on = a.ValidTo // what was above it at its end
		}
		a = p.AreaOn(a.Parent, on)
	}
	return chain
}

// named gives the area that the plan names for a site: the one that began on
// the day it gives, and without a day the latest of the code.
func (p *Plan) named(s *Site) *Area {
	all := p.meanings[s.Area]
	for i := range all {
		if !s.AreaFrom.IsZero() && all[i].ValidFrom == s.AreaFrom {
			return &all[i]
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &all[len(all)-1]
}

// successors gives the areas that follow one when it ends.
func (p *Plan) successors(a *Area) (all []*Area) {
	for _, code := range a.Successors {
		for i := range p.meanings[code] {
			if b := &p.meanings[code][i]; p.follows(a, b) {
				all = append(all, b)
				break
			}
		}
	}
	return all
}

// follows says whether b, whose code is among the successors of a, is the one
// that is meant: it is in force after a, and the first of its code that is.
func (p *Plan) follows(a, b *Area) bool {
	return b.ValidTo.IsZero() || b.ValidTo > a.ValidTo
}

// predecessors gives the areas that one follows.
func (p *Plan) predecessors(b *Area) (all []*Area) {
	for i := range p.Areas {
		if a := &p.Areas[i]; slices.Contains(a.Successors, b.Code) && slices.Contains(p.successors(a), b) {
			all = append(all, a)
		}
	}
	return all
}
