// Package rollout says how far the plan has come: what the plan claims beside
// what the evidence shows. Pure functions of a plan, the summary of the
// evidence, and a day.
//
// Claimed milestones (surveyed, installed, accepted, retired) are dates that
// people entered. Enrolled and verified come from evidence alone: an agent
// reported the camera; its stream was seen. Nobody can enter them by hand.
package rollout

import (
	"cmp"
	"slices"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

// Count counts cameras by how far they have come on a day. Retired cameras
// are counted in Retired alone.
type Count struct {
	Planned           int // in the plan
	Surveyed          int // claimed
	Installed         int // claimed
	Accepted          int // claimed
	Retired           int // claimed
	Enrolled          int // evidence: an agent reported it
	Verified          int // evidence: its stream was seen
	InstalledVerified int // claimed installed, and its stream was seen
	Overdue           int // due before the day, and not claimed installed
	Sites             int // sites with one of these cameras in the plan
}

// Group is the count of the cameras that share a phase or an area. A site
// whose cameras belong to several phases counts in each of them.
type Group struct {
	Code string
	Count
}

// Progress is the state of the roll-out on a day.
type Progress struct {
	Total  Count
	Phases []Group // phases with a camera, in the plan's order
	Areas  []Group // areas of that day with a camera, by code

	// What somebody should look into, each by code.
	Unverified []string // claimed installed, stream never seen
	Unclaimed  []string // stream seen, not claimed installed
	Unplanned  []string // reported by an agent, not in the plan or not yet
	Overdue    []string // due, and not claimed installed
}

// Assess counts the cameras of p on a day, with what has been seen of them up
// to it.
func Assess(p *plan.Plan, seen map[string]history.Seen, on plan.Date) Progress {
	var g Progress
	total, phases, areas := newTally(), map[string]*tally{}, map[string]*tally{}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		enrolled, verified := evidence(seen, c.Code, on)
		one := countOf(c, enrolled, verified, on)
		area := ""
		if site := p.Site(c.Site); site != nil {
			area = site.Area
			if a := p.SiteArea(site, on); a != nil {
				area = a.Code
			}
		}
		if one != (Count{}) {
			for _, t := range []*tally{total, in(phases, c.Phase), in(areas, area)} {
				t.add(one, c.Site)
			}
		} else if enrolled {
			g.Unplanned = append(g.Unplanned, c.Code)
		}
		if one.Installed > one.InstalledVerified {
			g.Unverified = append(g.Unverified, c.Code)
		}
		if one.Verified > one.Installed {
			g.Unclaimed = append(g.Unclaimed, c.Code)
		}
		if one.Overdue > 0 {
			g.Overdue = append(g.Overdue, c.Code)
		}
	}
	g.Total = total.Count
	for code := range seen {
		if enrolled, _ := evidence(seen, code, on); enrolled && p.Camera(code) == nil {
			g.Unplanned = append(g.Unplanned, code)
		}
	}
	for _, list := range [][]string{g.Unverified, g.Unclaimed, g.Unplanned, g.Overdue} {
		slices.Sort(list)
	}
	for _, ph := range p.Phases {
		if c := phases[ph.Code]; c != nil {
			g.Phases = append(g.Phases, Group{ph.Code, c.Count})
		}
	}
	for code, c := range areas {
		g.Areas = append(g.Areas, Group{code, c.Count})
	}
	slices.SortFunc(g.Areas, func(a, b Group) int { return cmp.Compare(a.Code, b.Code) })
	return g
}

// evidence says what had been seen of a camera by the end of a day.
func evidence(seen map[string]history.Seen, code string, on plan.Date) (enrolled, verified bool) {
	s, ok := seen[code]
	if !ok {
		return false, false
	}
	day := DayNumber(on)
	return s.Enrolled <= day, s.Verified != history.NoDay && s.Verified <= day
}

// DayNumber gives the history's number of a plan's day.
func DayNumber(d plan.Date) history.DayNumber { return history.DayNumber(d - plan.NewDate(1970, 1, 1)) }

func countOf(c *plan.Camera, enrolled, verified bool, on plan.Date) Count {
	if !c.Retired.IsZero() && c.Retired <= on {
		return Count{Retired: 1}
	}
	if !c.InPlan(on) {
		return Count{}
	}
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

// tally sums counts and knows the sites behind them.
type tally struct {
	Count
	sites map[string]bool
}

func newTally() *tally { return &tally{sites: map[string]bool{}} }

// in gives the tally of a code, an empty one if there is none yet.
func in(m map[string]*tally, code string) *tally {
	if m[code] == nil {
		m[code] = newTally()
	}
	return m[code]
}

// add takes the count of one camera at a site.
func (t *tally) add(o Count, site string) {
	t.Planned += o.Planned
	t.Surveyed += o.Surveyed
	t.Installed += o.Installed
	t.Accepted += o.Accepted
	t.Retired += o.Retired
	t.Enrolled += o.Enrolled
	t.Verified += o.Verified
	t.InstalledVerified += o.InstalledVerified
	t.Overdue += o.Overdue
	if o.Planned > 0 {
		t.sites[site] = true
	}
	t.Sites = len(t.sites)
}
