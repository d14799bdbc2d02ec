package rollout_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
)

func drawCamera(t *rapid.T, i int) plan.Camera {
	c := camera(fmt.Sprintf("C%02d", i), rapid.SampledFrom([]string{"S1", "S2", "S3"}).Draw(t, "site"), rapid.SampledFrom([]string{"Z1", "P2"}).Draw(t, "phase"))
	c.Funding = rapid.SampledFrom([]string{"", "huyện", "xã"}).Draw(t, "funding")
	c.Owner = rapid.SampledFrom([]plan.Owner{plan.OwnerPublic, plan.OwnerHousehold}).Draw(t, "owner")
	day := 0 // milestones come in order
	next := func(name string) plan.Date {
		if rapid.IntRange(0, 2).Draw(t, name+" is missing") == 0 {
			return 0
		}
		day += rapid.IntRange(0, 6).Draw(t, name)
		return first.AddDays(day)
	}
	c.Planned, c.Surveyed, c.Installed = next("planned"), next("surveyed"), next("installed")
	if !c.Installed.IsZero() {
		c.Accepted = next("accepted")
	}
	c.Retired = next("retired")
	if rapid.Bool().Draw(t, "has a due day") {
		c.Due = first.AddDays(rapid.IntRange(0, 22).Draw(t, "due"))
	}
	return c
}

func drawPlan(t *rapid.T) *plan.Plan {
	p := skeleton(t)
	for i := range rapid.IntRange(0, 8).Draw(t, "cameras") {
		p.Cameras = append(p.Cameras, drawCamera(t, i))
	}
	for _, phase := range []string{"", "Z1"} {
		for _, area := range []string{"", "R", "X1", "X2", "X3"} {
			m := rapid.SampledFrom([]plan.Measure{plan.MeasureCameras, plan.MeasureSites, plan.MeasureAreas}).Draw(t, "measure")
			p.Targets = append(p.Targets, plan.Target{Phase: phase, Area: area, Measure: m, Value: 3})
		}
	}
	return finish(t, p)
}

func drawEvidence(t *rapid.T, p *plan.Plan) map[string]history.Seen {
	seen := map[string]history.Seen{}
	codes := []string{"STRANGER-1", "STRANGER-2"}
	for _, c := range p.Cameras {
		codes = append(codes, c.Code)
	}
	for _, code := range codes {
		if enrolled := rapid.IntRange(-10, 20).Draw(t, "enrolled"); enrolled >= 0 {
			verified := rapid.IntRange(-10, 20).Draw(t, "verified")
			seen[code] = seenOn(code, enrolled, max(verified, min(verified, enrolled)))
		}
	}
	return seen
}

// asked answers every question about one camera by itself, with nothing but the
// rules as they are written down.
type asked struct {
	seen map[string]history.Seen
	on   plan.Date
}

func (a asked) reached(d plan.Date) bool { return d != 0 && d <= a.on }
func (a asked) happened(d history.DayNumber) bool {
	return d != history.NoDay && d <= rollout.DayNumber(a.on)
}
func (a asked) retired(c *plan.Camera) bool   { return a.reached(c.Retired) }
func (a asked) planned(c *plan.Camera) bool   { return !a.retired(c) && c.Planned <= a.on }
func (a asked) surveyed(c *plan.Camera) bool  { return a.planned(c) && a.reached(c.Surveyed) }
func (a asked) installed(c *plan.Camera) bool { return a.planned(c) && a.reached(c.Installed) }
func (a asked) accepted(c *plan.Camera) bool  { return a.planned(c) && a.reached(c.Accepted) }
func (a asked) overdue(c *plan.Camera) bool   { return a.planned(c) && c.Due < a.on && !a.installed(c) }
func (a asked) scheduled(c *plan.Camera) bool { return a.planned(c) && a.reached(c.Due) }
func (a asked) both(c *plan.Camera) bool      { return a.installed(c) && a.verified(c) }
func (a asked) enrolled(c *plan.Camera) bool  { return a.planned(c) && a.reported(c.Code) }
func (a asked) verified(c *plan.Camera) bool  { return a.planned(c) && a.saw(c.Code) }
func (a asked) reported(code string) bool     { s, ok := a.seen[code]; return ok && a.happened(s.Enrolled) }
func (a asked) saw(code string) bool          { s, ok := a.seen[code]; return ok && a.happened(s.Verified) }
func (a asked) area(c *plan.Camera) string {
	switch {
	case c.Site != "S1":
		return "X2"
	case a.on >= first.AddDays(12):
		return "X3"
	}
	return "X1"
}

func (a asked) questions() []func(*plan.Camera) bool {
	return []func(*plan.Camera) bool{a.planned, a.surveyed, a.installed, a.accepted, a.retired, a.enrolled, a.verified, a.both, a.overdue}
}

func countOf(n []int) rollout.Count {
	return rollout.Count{Planned: n[0], Surveyed: n[1], Installed: n[2], Accepted: n[3], Retired: n[4], Enrolled: n[5], Verified: n[6], InstalledVerified: n[7], Overdue: n[8]}
}

func (a asked) cameras(p *plan.Plan, of func(*plan.Camera) bool) rollout.Count {
	var n []int
	for _, is := range a.questions() {
		n = append(n, 0)
		for i := range p.Cameras {
			if c := &p.Cameras[i]; of(c) && is(c) {
				n[len(n)-1]++
			}
		}
	}
	return countOf(n)
}

func (a asked) sites(p *plan.Plan, of func(*plan.Camera) bool) rollout.Count {
	var n []int
	for _, is := range a.questions() {
		n = append(n, 0)
		for _, site := range []string{"S1", "S2", "S3"} {
			at := func(is func(*plan.Camera) bool) bool {
				return slices.ContainsFunc(p.Cameras, func(c plan.Camera) bool { return c.Site == site && of(&c) && is(&c) })
			}
			if at(is) && (len(n) != 5 || !at(a.planned)) {
				n[len(n)-1]++
			}
		}
	}
	return countOf(n)
}

func (a asked) groups(p *plan.Plan, by rollout.By) (all []rollout.Group) {
	codes := map[rollout.By][]string{
		rollout.ByTotal: {""}, rollout.ByPhase: {"Z1", "P2"}, rollout.ByArea: {"X1", "X2", "X3"}, rollout.ByRoute: {"R1", ""},
		rollout.ByFunding: {"huyện", "xã", ""}, rollout.ByOwner: {"household", "public"},
	}
	for _, code := range codes[by] {
		of := func(c *plan.Camera) bool {
			return map[rollout.By]string{
				rollout.ByPhase: c.Phase, rollout.ByArea: a.area(c), rollout.ByFunding: c.Funding, rollout.ByOwner: string(c.Owner),
				rollout.ByRoute: map[string]string{"S1": "R1"}[c.Site],
			}[by] == code
		}
		g := rollout.Group{Key: rollout.Key{Code: code}, Counts: rollout.Counts{Cameras: a.cameras(p, of), Sites: a.sites(p, of)}}
		if code == "X3" {
			g.From = first.AddDays(12)
		}
		if g.Counts != (rollout.Counts{}) || by == rollout.ByTotal {
			all = append(all, g)
		}
	}
	return all
}

var allBy = []rollout.By{rollout.ByTotal, rollout.ByPhase, rollout.ByArea, rollout.ByRoute, rollout.ByFunding, rollout.ByOwner}

// drawDay draws a day, often one by the end of a phase or of an area.
func drawDay(t *rapid.T) plan.Date {
	return first.AddDays(rapid.OneOf(rapid.IntRange(-2, 40), rapid.SampledFrom([]int{9, 10, 11, 12, 19, 20})).Draw(t, "on"))
}

func TestGroupsAgreeWithAskingOfEachCamera(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		seen, on := drawEvidence(t, p), drawDay(t)
		for _, by := range allBy {
			if d := cmp.Diff(asked{seen, on}.groups(p, by), rollout.Groups(p, seen, on, by), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("by %s on %s (-want +got):\n%s", by, on, d)
			}
		}
	})
}

func TestGoalsAgreeWithAskingOfEachCamera(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		seen, on := drawEvidence(t, p), drawDay(t)
		a := asked{seen, on}
		for _, g := range rollout.Goals(p, seen, on) {
			count := func(is func(*plan.Camera) bool) int {
				units := map[string]bool{}
				for i := range p.Cameras {
					c := &p.Cameras[i]
					in := g.Area == "" || g.Area == "R" || g.Area == "X2" && c.Site != "S1" ||
						(g.Area == "X1" || g.Area == "X3" && on >= first.AddDays(12)) && c.Site == "S1"
					if a.accepted(c) && is(c) && in && (g.Phase == "" || g.Phase == c.Phase) {
						units[map[plan.Measure]string{plan.MeasureCameras: c.Code, plan.MeasureSites: c.Site, plan.MeasureAreas: a.area(c)}[g.Measure]] = true
					}
				}
				return len(units)
			}
			if reached, verified := count(a.accepted), count(a.verified); g.Reached != reached || g.Verified != verified {
				t.Errorf("on %s %+v; want %d, %d", on, g, reached, verified)
			}
		}
	})
}

func TestTheCurveAgreesWithTheGroupsOfEachDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		seen := drawEvidence(t, p)
		days := rapid.SliceOfNDistinct(rapid.IntRange(-3, 45), 0, 12, rapid.ID[int]).Draw(t, "days")
		slices.Sort(days)
		var of func(*plan.Camera) bool
		counts := func(*plan.Camera) bool { return true }
		if rapid.Bool().Draw(t, "one phase") {
			of = func(c *plan.Camera) bool { return c.Phase == "P2" }
			counts = of
		}
		want, on := []rollout.Point{}, []plan.Date{}
		for _, d := range days {
			a := asked{seen, first.AddDays(d)}
			n := 0
			for i := range p.Cameras {
				if c := &p.Cameras[i]; counts(c) && a.scheduled(c) {
					n++
				}
			}
			want, on = append(want, rollout.Point{Day: a.on, Scheduled: n, Count: a.cameras(p, counts)}), append(on, a.on)
		}
		if d := cmp.Diff(want, rollout.Curve(p, seen, on, of)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

func TestEndsAgreeWithWalkingThroughTheDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := plan.NewDate(2024, 1, 1).AddDays(rapid.IntRange(0, 900).Draw(t, "from"))
		to := from.AddDays(rapid.IntRange(-2, 100).Draw(t, "days"))
		also := from.AddDays(rapid.IntRange(-5, 105).Draw(t, "also"))
		for _, step := range []rollout.Step{rollout.Daily, rollout.Weekly, rollout.Monthly} {
			var want []plan.Date
			for d := from; d <= to; d++ {
				next := d.AddDays(1).String()
				// 2024-01-01 was a Monday.
				monday := (d.AddDays(1)-plan.NewDate(2024, 1, 1))%7 == 0
				if d == to || d == also || step == rollout.Daily || step == rollout.Weekly && monday || step == rollout.Monthly && next[8:] == "01" {
					want = append(want, d)
				}
			}
			if d := cmp.Diff(want, rollout.Ends(from, to, step, also), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("%s from %s to %s and %s (-want +got):\n%s", step, from, to, also, d)
			}
		}
	})
}

func TestOverdueAgreesWithAskingOfEachCamera(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, on := drawPlan(t), drawDay(t)
		a := asked{nil, on}
		ends := map[string]plan.Date{"Z1": first.AddDays(9), "P2": first.AddDays(19)}
		late := map[string]int{} // days by camera and milestone
		reached := map[string]rollout.Milestone{}
		for i := range p.Cameras {
			c := &p.Cameras[i]
			for n := 1; n < 100; n++ {
				if was := on.AddDays(-n); a.planned(c) {
					if c.Due == was && !a.installed(c) {
						late[c.Code+" installed"] = n
					}
					if max(c.Due, ends[c.Phase]) == was && !a.accepted(c) {
						late[c.Code+" accepted"] = n
					}
				}
			}
			reached[c.Code] = rollout.Planned
			if a.surveyed(c) {
				reached[c.Code] = rollout.Surveyed
			}
			if a.installed(c) {
				reached[c.Code] = rollout.Installed
			}
		}
		got := rollout.Overdue(p, on)
		for _, l := range got {
			if key := l.Camera + " " + string(l.Milestone); late[key] != l.Days || l.Due != on.AddDays(-l.Days) || l.Reached != reached[l.Camera] {
				t.Errorf("%+v, want %d days, reached %s", l, late[key], reached[l.Camera])
			}
		}
		if len(got) != len(late) || !slices.IsSortedFunc(got, func(x, y rollout.Late) int { return y.Days - x.Days }) {
			t.Errorf("on %s %+v, want %v", on, got, late)
		}
		for _, by := range allBy {
			sum, cameras := 0, 0
			for _, g := range rollout.LateBy(p, got, on, by) {
				sum, cameras = sum+g.Installed+g.Accepted, cameras+g.Cameras
				longest, installed := 0, 0
				for _, l := range got {
					if rollout.KeyOf(p, p.Camera(l.Camera), by, on) == g.Key {
						longest = max(longest, l.Days)
						if l.Milestone == rollout.Installed {
							installed++
						}
					}
				}
				if g.Longest != longest || g.Installed != installed {
					t.Errorf("by %s: %+v, want %d, longest %d", by, g, installed, longest)
				}
			}
			different := map[string]bool{}
			for _, l := range got {
				different[l.Camera] = true
			}
			if sum != len(got) || cameras != len(different) {
				t.Errorf("by %s: %d of %d late, %d of %d cameras", by, sum, len(got), cameras, len(different))
			}
		}
	})
}
