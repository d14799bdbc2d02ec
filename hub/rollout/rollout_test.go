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

// skeleton is a plan with three sites in two communes, one of them on a route,
// and two phases, and no cameras. Commune X1 is followed by X3 on day 12.
func skeleton(t fataler) plan.Plan {
	t.Helper()
	here := geo.Point{Lon: 105.86, Lat: 18.37}
	line, err := geo.NewLine([]geo.Point{here, geo.Move(here, 90, 1000)})
	if err != nil {
		t.Fatal(err)
	}
	site := func(code, area string) plan.Site {
		return plan.Site{Code: code, Name: code, Area: area, Kind: plan.SiteMarket, Position: here}
	}
	s1 := site("S1", "X1")
	s1.Kind, s1.Route, s1.At = plan.SiteRoute, "R1", 100
	return plan.Plan{
		Name: plan.Text{VI: "Kế hoạch", EN: "Plan"}, Root: "R",
		Phases: []plan.Phase{
			{Code: "Z1", Name: plan.Text{VI: "Một", EN: "One"}, From: first, To: first.AddDays(9)},
			{Code: "P2", Name: plan.Text{VI: "Hai", EN: "Two"}, From: first.AddDays(10), To: first.AddDays(19)},
		},
		Areas: []plan.Area{
			{Code: "R", Kind: "huyện", Name: "Huyện"},
			{Code: "X1", Kind: "xã", Name: "Xã một", Parent: "R", ValidTo: first.AddDays(11), Successors: []string{"X3"}},
			{Code: "X2", Kind: "xã", Name: "Xã hai", Parent: "R"},
			{Code: "X3", Kind: "xã", Name: "Xã ba", Parent: "R", ValidFrom: first.AddDays(12)},
		},
		Routes: []plan.Route{{Code: "R1", Name: "Đường", Class: "đường xã", Line: line}},
		Sites:  []plan.Site{s1, site("S2", "X2"), site("S3", "X2")},
	}
}

func camera(code, site, phase string) plan.Camera {
	return plan.Camera{Code: code, Site: site, Phase: phase, Agent: "a", FOV: 90, Width: 1920, Height: 1080, Owner: plan.OwnerPublic}
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

// build makes a plan of cameras.
func build(t fataler, cameras ...plan.Camera) *plan.Plan {
	t.Helper()
	p := skeleton(t)
	p.Cameras = cameras
	return finish(t, p)
}

func finish(t fataler, p plan.Plan) *plan.Plan {
	t.Helper()
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

func total(p *plan.Plan, seen map[string]history.Seen, on plan.Date) rollout.Counts {
	return rollout.Groups(p, seen, on, rollout.ByTotal)[0].Counts
}

// A camera's story: planned from day 2, due on day 9, surveyed on 3, reported
// on 4, seen on 5, installed by claim on 7, accepted on 8, retired on 12.
func TestACameraIsCountedByHowFarItHasCome(t *testing.T) {
	c := camera("C", "S1", "Z1")
	c.Planned, c.Surveyed, c.Installed, c.Accepted, c.Retired = first.AddDays(2), first.AddDays(3), first.AddDays(7), first.AddDays(8), first.AddDays(12)
	late := camera("L", "S1", "Z1") // nothing ever happens to it
	p := build(t, c, late)
	seen := evidence(seenOn("C", 4, 5))
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
		want.Planned++ // the other one
		got := total(p, seen, first.AddDays(x.day))
		if d := cmp.Diff(want, got.Cameras); d != "" {
			t.Errorf("day %d (-want +got):\n%s", x.day, d)
		}
		want.Planned, want.Retired = 1, 0 // both hang at one site
		if d := cmp.Diff(want, got.Sites); d != "" {
			t.Errorf("sites on day %d (-want +got):\n%s", x.day, d)
		}
	}
}

func TestASiteIsRetiredWhenAllItsCamerasAre(t *testing.T) {
	a, b, c := camera("A", "S1", "Z1"), camera("B", "S1", "P2"), camera("C", "S2", "P2")
	a.Retired, b.Retired = first.AddDays(1), first.AddDays(2)
	p := build(t, a, b, c)
	for day, want := range map[int]rollout.Count{0: {Planned: 2}, 1: {Planned: 2}, 2: {Planned: 1, Retired: 1}} {
		if d := cmp.Diff(want, total(p, nil, first.AddDays(day)).Sites); d != "" {
			t.Errorf("day %d (-want +got):\n%s", day, d)
		}
	}
	// In phase 1 it is retired a day earlier.
	got := rollout.Groups(p, nil, first.AddDays(1), rollout.ByPhase)
	if got[0].Code != "Z1" || got[0].Sites != (rollout.Count{Retired: 1}) {
		t.Errorf("%+v", got[0])
	}
}

func TestGroupsStandInOrder(t *testing.T) {
	a, b := camera("A", "S2", "P2"), camera("B", "S1", "Z1")
	a.Funding, b.Owner = "Ngân sách xã", plan.OwnerHousehold
	p := build(t, a, b)
	for by, want := range map[rollout.By][]string{
		rollout.ByTotal: {""}, rollout.ByPhase: {"Z1", "P2"}, rollout.ByArea: {"X1", "X2"}, rollout.ByRoute: {"R1", ""},
		rollout.ByFunding: {"Ngân sách xã", ""}, rollout.ByOwner: {"household", "public"},
	} {
		var order []string
		for _, g := range rollout.Groups(p, nil, first, by) {
			order = append(order, g.Code)
		}
		if d := cmp.Diff(want, order); d != "" {
			t.Errorf("%s (-want +got):\n%s", by, d)
		}
	}
	if got := rollout.Groups(build(t), nil, first, rollout.ByTotal); len(got) != 1 || got[0] != (rollout.Group{}) {
		t.Errorf("without any cameras: %+v", got)
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
		areas := rollout.Groups(p, nil, c.on, rollout.ByArea)
		sum := 0
		for _, a := range areas {
			sum += a.Cameras.Planned
			if p.AreaOn(a.Code, c.on) == nil || !p.AreaOn(a.Code, c.on).InForce(c.on) || p.AreaOn(a.Code, c.on).ValidFrom != a.From {
				t.Errorf("%s is not in force on %s", a.Code, c.on)
			}
		}
		if planned := total(p, nil, c.on).Cameras.Planned; len(areas) != c.want || sum != planned {
			t.Errorf("on %s there are %d areas with %d cameras of %d, want %d areas", c.on, len(areas), sum, planned, c.want)
		}
	}
}

func TestATargetOfAnAreaThatEndedCountsItsLastSites(t *testing.T) {
	a, b := camera("A", "S1", "Z1"), camera("B", "S2", "Z1")
	a.Installed, a.Accepted, b.Installed, b.Accepted = first, first, first, first
	p := skeleton(t)
	p.Cameras = []plan.Camera{a, b}
	p.Targets = []plan.Target{{Area: "X1", Measure: plan.MeasureCameras, Value: 2}, {Area: "X3", Measure: plan.MeasureCameras, Value: 2}, {Phase: "Z1", Measure: plan.MeasureSites, Value: 3},
		{Year: 2027, Measure: plan.MeasureAreas, Value: 2}, {Measure: plan.MeasureAvailability, Value: 99}}
	goals := map[string]rollout.Goal{}
	for _, g := range rollout.Goals(finish(t, p), evidence(seenOn("A", 1, 1)), first.AddDays(30)) {
		goals[g.Phase+g.Area+string(g.Measure)] = g
	}
	for code, want := range map[string][3]int{"X1cameras": {1, 1}, "X3cameras": {1, 1}, "Z1sites": {2, 1}, "areas": {2, 1}} {
		if g := goals[code]; g.Reached != want[0] || g.Verified != want[1] {
			t.Errorf("%s: %+v, want %v", code, g, want)
		}
	}
	if len(goals) != 4 || goals["areas"].Last != plan.NewDate(2027, 12, 31) || goals["Z1sites"].Last != first.AddDays(9) || goals["X1cameras"].Last != 0 {
		t.Errorf("%+v", goals)
	}
}

// The code X2 meant another commune before the first day.
func TestACodeThatIsUsedAgainMeansTheAreaOfTheDay(t *testing.T) {
	p := skeleton(t)
	p.Areas[2].ValidFrom = first
	p.Areas = append(p.Areas, plan.Area{Code: "X2", Kind: "xã", Name: "Xã cũ", Parent: "R", ValidTo: first.AddDays(-1)})
	p.Cameras = []plan.Camera{camera("B", "S2", "Z1")}
	built := finish(t, p)
	for day, want := range map[int]bool{-1: false, 0: true} {
		if of, ok := rollout.Within(built, "X2", first.AddDays(day)); !ok || of(built.Camera("B")) != want {
			t.Errorf("day %d: %t, want %t", day, !want, want)
		}
	}
	if of, ok := rollout.Within(built, "X9", first); ok || of(built.Camera("B")) {
		t.Error("there is an area X9")
	}
}
