package rollout

import (
	"cmp"
	"slices"

	"github.com/phukin/phukin/hub/plan"
)

// Late is a milestone that a camera should have reached before a day, and has
// not by the plan's own claims.
type Late struct {
	Camera    string
	Milestone Milestone // Installed or Accepted
	Due       plan.Date // last day for it
	Days      int       // since Due
	Reached   Milestone // the last one that is claimed: Planned, Surveyed or Installed
}

// Overdue gives what is late on a day, longest first. A camera is to be
// installed by its own last day; it is to be accepted by the end of its phase,
// or by the last day for installing it if that comes later. A camera that is
// late with both is there twice.
func Overdue(p *plan.Plan, on plan.Date) []Late {
	var all []Late
	for i := range p.Cameras {
		c := &p.Cameras[i]
		if !c.InPlan(on) {
			continue
		}
		reached := Planned
		switch {
		case c.ClaimedInstalled(on):
			reached = Installed
		case c.ClaimedSurveyed(on):
			reached = Surveyed
		}
		if c.Overdue(on) {
			all = append(all, Late{c.Code, Installed, c.Due, int(on - c.Due), reached})
		}
		if due := acceptBy(p, c); !due.IsZero() && due < on && !c.ClaimedAccepted(on) {
			all = append(all, Late{c.Code, Accepted, due, int(on - due), reached})
		}
	}
	slices.SortFunc(all, func(a, b Late) int {
		return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(a.Camera, b.Camera), cmp.Compare(b.Milestone, a.Milestone))
	})
	return all
}

// acceptBy gives the last day for accepting a camera, zero for none.
func acceptBy(p *plan.Plan, c *plan.Camera) plan.Date {
	if ph := phaseOf(p, c.Phase); ph != nil {
		return max(ph.To, c.Due)
	}
	return c.Due
}

// LateGroup is what is late in one group.
type LateGroup struct {
	Key
	Cameras   int // with anything late
	Installed int
	Accepted  int
	Longest   int // days
}

// LateBy puts what is late on a day together. Groups with nothing late are left
// out; the order is that of Groups.
func LateBy(p *plan.Plan, late []Late, on plan.Date, by By) []LateGroup {
	groups, cameras := map[Key]*LateGroup{}, map[string]bool{}
	for _, l := range late {
		c := p.Camera(l.Camera)
		if c == nil {
			continue
		}
		key := KeyOf(p, c, by, on)
		if groups[key] == nil {
			groups[key] = &LateGroup{Key: key}
		}
		g := groups[key]
		g.Cameras += one(!cameras[l.Camera])
		g.Installed += one(l.Milestone == Installed)
		g.Accepted += one(l.Milestone == Accepted)
		g.Longest = max(g.Longest, l.Days)
		cameras[l.Camera] = true
	}
	all := make([]LateGroup, 0, len(groups))
	for _, g := range groups {
		all = append(all, *g)
	}
	sortByKey(p, by, all, func(g LateGroup) Key { return g.Key })
	return all
}
