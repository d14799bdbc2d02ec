package api

import (
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
)

// maxProgress is how many answers are kept before all are made anew.
const maxProgress = 64

// progress gives the answer about a day. Pages ask for it again and again: of
// one moment it is made once.
func (r *rolledOut) progress(in *rolloutInput) *RolloutAnswer {
	c := &r.figures.rollouts
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.evidence != r.evidence || len(c.progress) >= maxProgress {
		c.evidence, c.progress = r.evidence, map[progressKey]*RolloutAnswer{}
	}
	key := progressKey{r.plan, r.day, in.By}
	if c.progress[key] == nil {
		c.progress[key] = r.makeProgress(in)
	}
	body := *c.progress[key] // whose head is each answer's own
	return &body
}

func (r *rolledOut) makeProgress(in *rolloutInput) *RolloutAnswer {
	goals := rollout.Goals(r.plan, r.seen, r.day)
	groups := func(by rollout.By) []RolloutGroup {
		rows := []RolloutGroup{}
		for _, g := range rollout.Groups(r.plan, r.seen, r.day, by) {
			row := RolloutGroup{
				Code: g.Code, ValidFrom: g.From.String(), Name: r.name(by, g.Key), RolloutCount: RolloutCount(g.Cameras),
				Sites: g.Sites.Planned, BySite: RolloutCount(g.Sites), OfPlan: ofPlan(g.Cameras), Targets: []RolloutGoal{},
			}
			for i := range goals {
				if g := &goals[i]; ofGroup(r.plan, g, by, row.Code) {
					row.Targets = append(row.Targets, r.goal(g))
				}
			}
			rows = append(rows, row)
		}
		return rows
	}
	body := &RolloutAnswer{
		Day: r.day.String(), By: in.By, Revision: in.Revision, Total: groups(rollout.ByTotal)[0], Items: groups(rollout.By(in.By)),
		Phases: groups(rollout.ByPhase), Areas: groups(rollout.ByArea),
		Unverified: []string{}, Unclaimed: []string{}, Unplanned: []string{}, Overdue: []string{},
	}
	lists := map[rollout.Kind]*[]string{rollout.NeverSeen: &body.Unverified, rollout.Unclaimed: &body.Unclaimed, rollout.Unplanned: &body.Unplanned}
	for _, d := range rollout.Claims(r.plan, r.seen, r.day) {
		if list := lists[d.Kind]; list != nil {
			*list = append(*list, d.Camera)
		}
	}
	for _, l := range rollout.Overdue(r.plan, r.day) {
		if l.Milestone == rollout.Installed {
			body.Overdue = append(body.Overdue, l.Camera)
		}
	}
	return body
}

// ofGroup says whether a target is told of a group.
func ofGroup(p *plan.Plan, g *rollout.Goal, by rollout.By, code string) bool {
	whole := g.Area == "" || g.Area == p.Root
	switch by {
	case rollout.ByTotal:
		return g.Phase == "" && whole
	case rollout.ByPhase:
		return g.Phase == code
	case rollout.ByArea:
		return g.Area == code && !whole
	}
	return false
}

func (r *rolledOut) goal(g *rollout.Goal) RolloutGoal {
	row := RolloutGoal{Measure: string(g.Measure), Phase: g.Phase, By: g.Last.String(), Value: g.Value, Reached: g.Reached, Verified: g.Verified}
	if g.Area != "" {
		area := Ref{Code: g.Area}
		if a := r.plan.AreaOn(g.Area, r.day); a != nil {
			area.Name = a.Name
		}
		row.Area = &area
	}
	row.Share, row.ShareVerified = shareOf(float64(g.Reached), g.Value), shareOf(float64(g.Verified), g.Value)
	return row
}

func ofPlan(n rollout.Count) RolloutShares {
	of := func(part int) *float64 { return shareOf(float64(part), float64(n.Planned)) }
	return RolloutShares{of(n.Surveyed), of(n.Installed), of(n.Accepted), of(n.Enrolled), of(n.Verified), of(n.InstalledVerified)}
}

// shareOf gives a part of a whole, nil of nothing.
func shareOf(part, whole float64) *float64 {
	if whole == 0 {
		return nil
	}
	v := part / whole
	return &v
}
