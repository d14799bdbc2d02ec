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
	return c
}

func drawEvidence(t *rapid.T, cameras []plan.Camera) map[string]history.Seen {
	seen := map[string]history.Seen{}
	codes := []string{"STRANGER-1", "STRANGER-2"}
	for _, c := range cameras {
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

// slowly answers every question by itself, one camera after the other, with
// nothing but the rules as they are written down.
func slowly(cameras []plan.Camera, seen map[string]history.Seen, on plan.Date) rollout.Progress {
	area := map[string]string{"S1": "X1", "S2": "X2", "S3": "X2"}
	due := map[string]plan.Date{"Z1": first.AddDays(9), "P2": first.AddDays(19)}
	reached := func(d plan.Date) bool { return d != 0 && d <= on }
	happened := func(d history.DayNumber) bool { return d != history.NoDay && d <= rollout.DayNumber(on) }
	retired := func(c plan.Camera) bool { return reached(c.Retired) }
	planned := func(c plan.Camera) bool { return !retired(c) && c.Planned <= on }
	installed := func(c plan.Camera) bool { return planned(c) && reached(c.Installed) }
	enrolled := func(c plan.Camera) bool { s, ok := seen[c.Code]; return ok && happened(s.Enrolled) }
	verified := func(c plan.Camera) bool { s, ok := seen[c.Code]; return ok && happened(s.Verified) }
	overdue := func(c plan.Camera) bool { return planned(c) && due[c.Phase] < on && !installed(c) }

	count := func(of func(plan.Camera) bool) (n rollout.Count, any bool) {
		how := func(is func(plan.Camera) bool) int {
			n := 0
			for _, c := range cameras {
				if of(c) && is(c) {
					n++
				}
			}
			return n
		}
		n = rollout.Count{
			Planned: how(planned), Installed: how(installed), Retired: how(retired), Overdue: how(overdue),
			Surveyed:          how(func(c plan.Camera) bool { return planned(c) && reached(c.Surveyed) }),
			Accepted:          how(func(c plan.Camera) bool { return planned(c) && reached(c.Accepted) }),
			Enrolled:          how(func(c plan.Camera) bool { return planned(c) && enrolled(c) }),
			Verified:          how(func(c plan.Camera) bool { return planned(c) && verified(c) }),
			InstalledVerified: how(func(c plan.Camera) bool { return installed(c) && verified(c) }),
		}
		for site := range area {
			if slices.ContainsFunc(cameras, func(c plan.Camera) bool { return of(c) && planned(c) && c.Site == site }) {
				n.Sites++
			}
		}
		return n, n.Planned+n.Retired > 0
	}
	list := func(is func(plan.Camera) bool) (codes []string) {
		for _, c := range cameras {
			if is(c) {
				codes = append(codes, c.Code)
			}
		}
		return codes
	}
	var g rollout.Progress
	g.Total, _ = count(func(plan.Camera) bool { return true })
	for _, phase := range []string{"Z1", "P2"} {
		if n, any := count(func(c plan.Camera) bool { return c.Phase == phase }); any {
			g.Phases = append(g.Phases, rollout.Group{Code: phase, Count: n})
		}
	}
	for _, code := range []string{"X1", "X2"} {
		if n, any := count(func(c plan.Camera) bool { return area[c.Site] == code }); any {
			g.Areas = append(g.Areas, rollout.Group{Code: code, Count: n})
		}
	}
	g.Unverified = list(func(c plan.Camera) bool { return installed(c) && !verified(c) })
	g.Unclaimed = list(func(c plan.Camera) bool { return planned(c) && verified(c) && !installed(c) })
	g.Overdue = list(overdue)
	g.Unplanned = list(func(c plan.Camera) bool { return !planned(c) && !retired(c) && enrolled(c) })
	for _, code := range []string{"STRANGER-1", "STRANGER-2"} {
		if enrolled(plan.Camera{Code: code}) {
			g.Unplanned = append(g.Unplanned, code)
		}
	}
	return g
}

func TestAssessAgreesWithAskingOfEachCamera(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var cameras []plan.Camera
		for i := range rapid.IntRange(0, 8).Draw(t, "cameras") {
			cameras = append(cameras, drawCamera(t, i))
		}
		seen := drawEvidence(t, cameras)
		on := first.AddDays(rapid.IntRange(-2, 25).Draw(t, "on"))
		want, got := slowly(cameras, seen, on), rollout.Assess(build(t, cameras...), seen, on)
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("on %s (-want +got):\n%s", on, d)
		}
	})
}
