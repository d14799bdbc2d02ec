// Package rollout says how far the plan has come: what the plan claims beside
// what the evidence shows. Pure functions of a plan, the summary of the
// evidence, and a day.
//
// Claimed milestones (surveyed, installed, accepted, retired) are dates that
// people entered. Enrolled and verified come from evidence alone: an agent
// reported the camera; its stream was seen. Nobody can enter them by hand.
//
// Every figure can be made for any day: a milestone counts from its day on,
// and up to the day on which the camera is retired. docs/rollout.md explains
// each figure with an example.
package rollout

import (
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

// Milestone is a step on the way of a camera.
type Milestone string

// The milestones, in the order in which they come.
const (
	Planned   Milestone = "planned"
	Surveyed  Milestone = "surveyed"
	Installed Milestone = "installed"
	Enrolled  Milestone = "enrolled" // evidence
	Verified  Milestone = "verified" // evidence
	Accepted  Milestone = "accepted"
	Retired   Milestone = "retired"
)

// Count counts cameras, or sites, by how far they have come on a day.
type Count struct {
	Planned           int // in the plan, not retired
	Surveyed          int // claimed
	Installed         int // claimed
	Accepted          int // claimed
	Retired           int // claimed
	Enrolled          int // evidence: an agent reported it
	Verified          int // evidence: its stream was seen
	InstalledVerified int // claimed installed, and its stream was seen
	Overdue           int // due before the day, and not claimed installed
}

// fields gives the numbers of a count, always in the same order.
func (c *Count) fields() [9]*int {
	return [...]*int{&c.Planned, &c.Surveyed, &c.Installed, &c.Accepted, &c.Retired, &c.Enrolled, &c.Verified, &c.InstalledVerified, &c.Overdue}
}

// add takes another count into c.
func (c *Count) add(o Count) {
	from := o.fields()
	for i, n := range c.fields() {
		*n += *from[i]
	}
}

// Counts are the cameras and the sites of one group. A retired camera counts as
// Retired alone. A site has come as far as any of its cameras; it is retired
// when all of them are.
type Counts struct {
	Cameras Count
	Sites   Count
}

// DayNumber gives the history's number of a plan's day.
func DayNumber(d plan.Date) history.DayNumber { return history.DayNumber(d - plan.NewDate(1970, 1, 1)) }

// dateOf gives the plan's day of a history's number.
func dateOf(n history.DayNumber) plan.Date { return plan.NewDate(1970, 1, 1) + plan.Date(n) }

// evidence says what had been seen of a camera by the end of a day.
func evidence(seen map[string]history.Seen, code string, on plan.Date) (enrolled, verified bool) {
	s, ok := seen[code]
	if !ok {
		return false, false
	}
	day := DayNumber(on)
	return s.Enrolled != history.NoDay && s.Enrolled <= day, s.Verified != history.NoDay && s.Verified <= day
}

// isRetired says whether a camera is retired on a day.
func isRetired(c *plan.Camera, on plan.Date) bool { return !c.Retired.IsZero() && c.Retired <= on }

// countOf counts one camera.
func countOf(c *plan.Camera, seen map[string]history.Seen, on plan.Date) Count {
	if isRetired(c, on) {
		return Count{Retired: 1}
	}
	if !c.InPlan(on) {
		return Count{}
	}
	enrolled, verified := evidence(seen, c.Code, on)
	n := Count{Planned: 1}
	n.Surveyed = one(c.ClaimedSurveyed(on))
	n.Installed = one(c.ClaimedInstalled(on))
	n.Accepted = one(c.ClaimedAccepted(on))
	n.Enrolled = one(enrolled)
	n.Verified = one(verified)
	n.InstalledVerified = one(n.Installed > 0 && verified)
	n.Overdue = one(c.Overdue(on))
	return n
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
