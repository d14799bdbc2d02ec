package alert

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// outages looks at cameras that are down: those that fell together as one alert
// of their agent or site, the others each by itself.
func (f *finder) outages() {
	var left []*eye
	for i := range f.eyes {
		if e := &f.eyes[i]; e.counts() && e.down() {
			left = append(left, e)
		}
	}
	slices.SortFunc(left, func(a, b *eye) int {
		return cmp.Or(cmp.Compare(a.status.State.Since, b.status.State.Since), cmp.Compare(a.Code, b.Code))
	})
	left = f.together(left, AgentCamerasDown, Agent, func(e *eye) string { return e.Agent })
	left = f.together(left, SiteDown, Site, func(e *eye) string { return e.Site })
	for _, e := range left {
		s := &e.status.State
		a := f.add(CameraDown, Subject{Thing: Camera, Code: e.Code}, e.since(), downText(e.Code, s.Fault), e.Code)
		f.blame(a, s.Fault, s.FellOn)
	}
}

// together takes out of the cameras that are down, in the order in which they
// fell, those of a place that fell within Together, if they are at least two and
// at least ShareOfAll of its cameras of which something is known. Of several such
// groups of one place it takes the largest, of equals the first.
func (f *finder) together(down []*eye, k Kind, t Thing, placeOf func(*eye) string) (left []*eye) {
	known, fell := map[string]int{}, map[string][]*eye{}
	for i := range f.eyes {
		if e := &f.eyes[i]; e.counts() && e.status.Known {
			known[placeOf(e)]++
		}
	}
	for _, e := range down {
		fell[placeOf(e)] = append(fell[placeOf(e)], e)
	}
	taken := map[*eye]bool{}
	for _, place := range slices.Sorted(maps.Keys(fell)) {
		group := largest(fell[place])
		if place == "" || len(group) < 2 || len(group)*100 < known[place]*ShareOfAll {
			continue
		}
		for _, e := range group {
			taken[e] = true
		}
		fault, rung := commonFault(group)
		a := f.add(k, Subject{Thing: t, Code: place}, group[0].since(), togetherText(t, place, len(group), known[place]), codes(group)...)
		f.blame(a, fault, rung)
	}
	return slices.DeleteFunc(slices.Clone(down), func(e *eye) bool { return taken[e] })
}

// largest gives the most that begin within Together of the first of them.
func largest(fell []*eye) (group []*eye) {
	end := 0
	for i := range fell {
		for end < len(fell) && fell[end].status.State.Since-fell[i].status.State.Since <= Together.Milliseconds() {
			end++
		}
		if end-i > len(group) {
			group = fell[i:end]
		}
	}
	return group
}

// commonFault gives the fault that most have, the lowest of equals, and the
// lowest rung on which one fell with it.
func commonFault(group []*eye) (wire.Fault, wire.Rung) {
	counts, rungs := map[wire.Fault]int{}, map[wire.Fault]wire.Rung{}
	for _, e := range group {
		s := &e.status.State
		if r, ok := rungs[s.Fault]; !ok || s.FellOn < r {
			rungs[s.Fault] = s.FellOn
		}
		counts[s.Fault]++
	}
	var most wire.Fault
	for _, fault := range slices.Sorted(maps.Keys(counts)) {
		if counts[fault] > counts[most] {
			most = fault
		}
	}
	return most, rungs[most]
}

// blame gives an alert the fault, and what to do about it.
func (f *finder) blame(a *Alert, fault wire.Fault, rung wire.Rung) {
	a.Fault, a.FellOn = fault, rung
	if a.Kind == CameraDown && fault != wire.FaultNone {
		a.Do = both(wire.Texts(wire.VI).Hint(fault), wire.Texts(wire.EN).Hint(fault))
	}
}

// cameras looks at what else is the matter with cameras.
func (f *finder) cameras() {
	f.notProbed()
	for i := range f.eyes {
		e := &f.eyes[i]
		s := Subject{Thing: Camera, Code: e.Code}
		switch st := &e.status.State; {
		case e.counts() && e.status.Known && st.Status == wire.StatusDegraded:
			if f.At.Sub(e.since()) >= DegradedAfter {
				f.add(CameraDegraded, s, e.since(), degradedText(e.Code, st.Reasons), e.Code)
			}
		case f.neverSeen(e) && !f.explained[e.Code] && len(e.windows) == 0 && (!e.serves || !e.down()):
			claim, since := "installed", e.Installed
			if !e.ClaimedInstalled(f.today) {
				claim, since = "accepted", e.Accepted
			}
			f.add(NeverSeen, s, since.Start(f.Plan.Location), neverSeenText(e.Code, e.Agent, claim), e.Code)
		}
	}
}

// sections looks for sections of routes of which every camera that counts is
// down. One of which nothing is known may work: then nothing is said.
func (f *finder) sections() {
	for i := range f.Sections {
		s := &f.Sections[i]
		var down []*eye
		lost := !s.Working
		var since time.Time
		for _, code := range s.Cameras {
			e := f.byCode[code]
			if e == nil || !e.counts() {
				continue
			}
			lost = lost && e.down()
			down = append(down, e)
			if e.since().After(since) {
				since = e.since()
			}
		}
		if lost && len(down) > 0 {
			f.add(SectionLost, Subject{Section, sectionCode(s), s.Route}, since, sectionText(s, len(down)), codes(down)...)
		}
	}
}

// late looks at milestones: one alert for each commune and milestone.
func (f *finder) late() {
	type key struct {
		area string
		m    Milestone
	}
	groups := map[key][]Late{}
	for _, l := range f.Late {
		e := f.byCode[l.Camera]
		if e == nil {
			continue
		}
		k := key{m: l.Milestone}
		if site := f.Plan.Site(e.Site); site != nil {
			if a := f.Plan.SiteArea(site, f.today); a != nil {
				k.area = a.Code
			}
		}
		groups[k] = append(groups[k], l)
	}
	for k, all := range groups {
		cameras, due := make([]string, len(all)), all[0].Due
		for i, l := range all {
			cameras[i], due = l.Camera, min(due, l.Due)
		}
		kind := InstallationLate
		if k.m == Accepted {
			kind = AcceptanceLate
		}
		f.add(kind, Subject{Thing: Area, Code: k.area}, due.AddDays(1).Start(f.Plan.Location), lateText(k.m, len(all), due), cameras...)
	}
}

// windows looks at maintenance that was declared late, or that hides what was
// broken before.
func (f *finder) windows() {
	hidden := map[*plan.Window][]*eye{}
	for i := range f.eyes {
		e := &f.eyes[i]
		if !e.serves || !e.down() {
			continue
		}
		for _, w := range e.windows {
			if from, _, ok := w.Counts(f.Plan.Location); ok && e.since().Before(from) {
				hidden[w] = append(hidden[w], e)
			}
		}
	}
	for i := range f.Plan.Windows {
		w := &f.Plan.Windows[i]
		s := Subject{Thing: Window, Code: w.Code}
		if down := hidden[w]; len(down) > 0 {
			since := slices.MinFunc(down, func(a, b *eye) int { return a.since().Compare(b.since()) }).since()
			f.add(WindowHides, s, since, hidesText(w.Code, len(down)), codes(down)...)
		}
		if w.Late() && w.Until.IsZero() && !w.From.After(f.At) && f.At.Sub(w.To) < LateWithin {
			var about []string
			for k := range f.eyes {
				if e := &f.eyes[k]; e.serves && f.Plan.Covers(w, e.Camera) {
					about = append(about, e.Code)
				}
			}
			if len(about) > 0 {
				f.add(WindowLate, s, w.Declared, windowLateText(w.Code), about...)
			}
		}
	}
}
