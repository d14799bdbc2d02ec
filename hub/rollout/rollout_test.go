package rollout_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
)

// first is the first day of the stories told here.
var first = plan.NewDate(2026, 3, 1)

// skeleton is a plan with three sites in two communes and two phases, and no
// cameras.
func skeleton() plan.Plan {
	here := geo.Point{Lon: 105.86, Lat: 18.37}
	site := func(code, area string) plan.Site {
		return plan.Site{Code: code, Name: code, Area: area, Kind: plan.SiteMarket, Position: here}
	}
	return plan.Plan{
		Name: plan.Text{VI: "Kế hoạch", EN: "Plan"}, Root: "R",
		Phases: []plan.Phase{
			{Code: "Z1", Name: plan.Text{VI: "Một", EN: "One"}, From: first, To: first.AddDays(9)},
			{Code: "P2", Name: plan.Text{VI: "Hai", EN: "Two"}, From: first.AddDays(10), To: first.AddDays(19)},
		},
		Areas: []plan.Area{
			{Code: "R", Kind: "huyện", Name: "Huyện"},
			{Code: "X1", Kind: "xã", Name: "Xã một", Parent: "R"},
			{Code: "X2", Kind: "xã", Name: "Xã hai", Parent: "R"},
		},
		Sites: []plan.Site{site("S1", "X1"), site("S2", "X2"), site("S3", "X2")},
	}
}

func camera(code, site, phase string) plan.Camera {
	return plan.Camera{Code: code, Site: site, Phase: phase, Agent: "a", FOV: 90, Width: 1920, Height: 1080, Owner: plan.OwnerPublic}
}

// build makes a plan of cameras.
func build(t interface {
	Helper()
	Fatal(args ...any)
}, cameras ...plan.Camera) *plan.Plan {
	t.Helper()
	p := skeleton()
	p.Cameras = cameras
	built, err := plan.Build(p)
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// seenOn is the evidence of a camera that was first reported on one day and
// first seen on another, counted from first; never for the latter if below 0.
func seenOn(code string, enrolled, verified int) history.Seen {
	s := history.Seen{Camera: code, Enrolled: rollout.DayNumber(first.AddDays(enrolled)), Verified: history.NoDay}
	if verified >= 0 {
		s.Verified = rollout.DayNumber(first.AddDays(verified))
	}
	return s
}

func evidence(all ...history.Seen) map[string]history.Seen {
	m := map[string]history.Seen{}
	for _, s := range all {
		m[s.Camera] = s
	}
	return m
}

// A camera's story: planned from day 2, due on day 9, surveyed on 3, reported
// on 4, seen on 5, installed by claim on 7, accepted on 8, retired on 12.
func TestACameraIsCountedByHowFarItHasCome(t *testing.T) {
	c := camera("C", "S1", "Z1")
	c.Planned, c.Surveyed, c.Installed, c.Accepted, c.Retired = first.AddDays(2), first.AddDays(3), first.AddDays(7), first.AddDays(8), first.AddDays(12)
	late := camera("L", "S1", "Z1") // nothing ever happens to it
	p := build(t, c, late)
	seen := evidence(seenOn("C", 4, 5))
	l := rollout.Count{Planned: 1, Sites: 1} // what the other one adds
	for _, x := range []struct {
		day  int
		want rollout.Count
	}{
		{1, rollout.Count{}},
		{2, rollout.Count{Planned: 1}},
		{3, rollout.Count{Planned: 1, Surveyed: 1}},
		{4, rollout.Count{Planned: 1, Surveyed: 1, Enrolled: 1}},
		{5, rollout.Count{Planned: 1, Surveyed: 1, Enrolled: 1, Verified: 1}},
		{7, rollout.Count{Planned: 1, Surveyed: 1, Enrolled: 1, Verified: 1, Installed: 1, InstalledVerified: 1}},
		{8, rollout.Count{Planned: 1, Surveyed: 1, Enrolled: 1, Verified: 1, Installed: 1, InstalledVerified: 1, Accepted: 1}},
		{9, rollout.Count{Planned: 1, Surveyed: 1, Enrolled: 1, Verified: 1, Installed: 1, InstalledVerified: 1, Accepted: 1}},
		{10, rollout.Count{Planned: 1, Surveyed: 1, Enrolled: 1, Verified: 1, Installed: 1, InstalledVerified: 1, Accepted: 1, Overdue: 1}}, // the other one
		{12, rollout.Count{Retired: 1, Overdue: 1}},
	} {
		want := x.want
		want.Planned += l.Planned
		want.Sites += l.Sites
		got := rollout.Assess(p, seen, first.AddDays(x.day))
		if d := cmp.Diff(want, got.Total); d != "" {
			t.Errorf("day %d (-want +got):\n%s", x.day, d)
		}
	}
}

func TestListsForPeopleToWorkThrough(t *testing.T) {
	on := first.AddDays(15)
	with := func(code string, edit func(*plan.Camera)) plan.Camera {
		c := camera(code, "S1", "Z1")
		c.Due = first.AddDays(100)
		edit(&c)
		return c
	}
	p := build(t,
		with("claimed-and-seen", func(c *plan.Camera) { c.Installed = first }),
		with("claimed-never-seen", func(c *plan.Camera) { c.Installed = first }),
		with("claimed-seen-tomorrow", func(c *plan.Camera) { c.Installed = first }),
		with("claimed-reported", func(c *plan.Camera) { c.Installed = first }),
		with("claimed-tomorrow-seen", func(c *plan.Camera) { c.Installed = on.AddDays(1) }),
		with("seen", func(*plan.Camera) {}),
		with("reported", func(*plan.Camera) {}),
		with("due-today", func(c *plan.Camera) { c.Due = on }),
		with("due-yesterday", func(c *plan.Camera) { c.Due = on.AddDays(-1) }),
		with("due-yesterday-installed", func(c *plan.Camera) { c.Due, c.Installed = on.AddDays(-1), on }),
		with("retired", func(c *plan.Camera) { c.Installed, c.Retired = first, on }),
		with("retired-never-claimed", func(c *plan.Camera) { c.Due, c.Retired = first, on }),
		with("planned-tomorrow-reported", func(c *plan.Camera) { c.Planned = on.AddDays(1) }),
		with("planned-tomorrow", func(c *plan.Camera) { c.Planned = on.AddDays(1) }),
	)
	got := rollout.Assess(p, evidence(
		seenOn("claimed-and-seen", 15, 15), seenOn("claimed-seen-tomorrow", 15, 16), seenOn("claimed-reported", 1, -1),
		seenOn("claimed-tomorrow-seen", 1, 1), seenOn("seen", 1, 1), seenOn("reported", 1, -1), seenOn("planned-tomorrow-reported", 1, 1),
		seenOn("retired-never-claimed", 1, 1), seenOn("stranger", 15, -1), seenOn("stranger-tomorrow", 16, 16),
	), on)
	for _, x := range []struct {
		name      string
		got, want []string
	}{
		{"unverified", got.Unverified, []string{"claimed-never-seen", "claimed-reported", "claimed-seen-tomorrow", "due-yesterday-installed"}},
		{"unclaimed", got.Unclaimed, []string{"claimed-tomorrow-seen", "seen"}},
		{"unplanned", got.Unplanned, []string{"planned-tomorrow-reported", "stranger"}},
		{"overdue", got.Overdue, []string{"due-yesterday"}},
	} {
		if d := cmp.Diff(x.want, x.got); d != "" {
			t.Errorf("%s (-want +got):\n%s", x.name, d)
		}
	}
}

func TestASiteCountsInEveryPhaseThatItHasACameraIn(t *testing.T) {
	p := build(t, camera("A", "S1", "Z1"), camera("B", "S1", "P2"), camera("C", "S2", "P2"), camera("D", "S2", "P2"))
	got := rollout.Assess(p, nil, first)
	sites := map[string]int{"total": got.Total.Sites}
	for _, g := range append(got.Phases, got.Areas...) {
		sites[g.Code] = g.Sites
	}
	if d := cmp.Diff(map[string]int{"total": 2, "Z1": 1, "P2": 2, "X1": 1, "X2": 1}, sites); d != "" {
		t.Errorf("sites (-want +got):\n%s", d)
	}
}

func TestPhasesStandInThePlansOrderAndAreasByCode(t *testing.T) {
	p := build(t, camera("A", "S2", "P2"), camera("B", "S1", "Z1"))
	got := rollout.Assess(p, nil, first)
	var order []string
	for _, g := range append(got.Phases, got.Areas...) {
		order = append(order, g.Code)
	}
	if d := cmp.Diff([]string{"Z1", "P2", "X1", "X2"}, order); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
	if d := cmp.Diff(rollout.Progress{}, rollout.Assess(build(t), nil, first)); d != "" {
		t.Errorf("without any cameras (-want +got):\n%s", d)
	}
}

func TestDaysOfThePlanAndOfTheHistoryAreTheSameDays(t *testing.T) {
	for _, loc := range []string{"Asia/Ho_Chi_Minh", "UTC", "America/Sao_Paulo"} {
		zone, err := time.LoadLocation(loc)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []time.Time{time.Unix(0, 0), time.Date(2026, 11, 23, 23, 59, 59, 0, zone), time.Date(2018, 11, 4, 1, 0, 0, 0, zone)} {
			want, got := history.DayOf(at.UnixMilli(), zone), rollout.DayNumber(plan.DateOf(at, zone))
			if want != got {
				t.Errorf("%v in %s is day %d of the history and %d of the plan", at, loc, want, got)
			}
		}
	}
}

// The sample's 22 communes became nine units in 2025: figures of a day are by
// the areas of that day.
func TestGroupsAreTheAreasOfTheDay(t *testing.T) {
	p, err := plan.ReadDir("../../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		on   plan.Date
		want int
	}{
		{plan.NewDate(2024, 12, 31), 22}, {plan.NewDate(2025, 6, 30), 22}, {plan.NewDate(2025, 7, 1), 9}, {plan.NewDate(2026, 11, 24), 9},
	} {
		got := rollout.Assess(p, nil, c.on)
		sum := 0
		for _, a := range got.Areas {
			sum += a.Planned
			if p.AreaOn(a.Code, c.on) == nil || !p.AreaOn(a.Code, c.on).InForce(c.on) {
				t.Errorf("%s is not in force on %s", a.Code, c.on)
			}
		}
		if len(got.Areas) != c.want || sum != got.Total.Planned {
			t.Errorf("on %s there are %d areas with %d cameras of %d, want %d areas", c.on, len(got.Areas), sum, got.Total.Planned, c.want)
		}
	}
}
