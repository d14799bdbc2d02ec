package uptime_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
)

func samplePlan(t *testing.T) *plan.Plan {
	t.Helper()
	p, err := plan.ReadDir("../../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The code of an area is used again: the site says since when it means its own.
func TestASiteLiesInTheAreaOfItsCodeAndDay(t *testing.T) {
	p := samplePlan(t)
	site := p.Site(p.Cameras[0].Site)
	now := *p.Area(site.Area)
	old := now
	old.Name, old.ValidFrom, old.ValidTo = "before", now.ValidFrom.AddDays(-400), now.ValidFrom.AddDays(-1)
	p.Areas = append(p.Areas, old)
	for from, want := range map[plan.Date]string{0: now.Name, now.ValidFrom: now.Name, old.ValidFrom: "before", old.ValidFrom + 1: now.Name} {
		site.AreaFrom = from
		if got := uptime.AreaOf(p, site); got.Name != want {
			t.Errorf("since %s it lies in %q, want %q", from, got.Name, want)
		}
		want := uptime.AreaOf(p, site).ValidFrom
		if key := uptime.KeyOf(p, &p.Cameras[0], uptime.ByArea); key != (uptime.Key{Code: now.Code, From: want}) {
			t.Errorf("since %s its key is %+v", from, key)
		}
	}
}

func TestTheNearestTargetCounts(t *testing.T) {
	p := &plan.Plan{Root: "445", Targets: []plan.Target{
		{Measure: plan.MeasureRepair, Value: 96},
		{Measure: plan.MeasureAvailability, Value: 90},
		{Measure: plan.MeasureAvailability, Value: 95, Year: 2026},
		{Measure: plan.MeasureAvailability, Value: 97, Area: "445"},
		{Measure: plan.MeasureAvailability, Value: 98, Area: "18562"},
		{Measure: plan.MeasureAvailability, Value: 99, Area: "18562", Year: 2027},
		{Measure: plan.MeasureAvailability, Value: 50, Phase: "GD1"},
	}}
	for _, c := range []struct {
		area string
		year int
		want float64
	}{{"", 2026, 97}, {"445", 2026, 97}, {"18562", 2026, 98}, {"18562", 2027, 99}, {"18563", 2026, 97}} {
		if got, ok := uptime.TargetOf(p, plan.MeasureAvailability, c.area, c.year); !ok || got.Value != c.want {
			t.Errorf("area %q in %d: %v, want %v", c.area, c.year, got.Value, c.want)
		}
	}
	if _, ok := uptime.TargetOf(p, plan.MeasureCameras, "", 2026); ok {
		t.Error("a target of a measure without one")
	}
}

// Maintenance that was declared beforehand is cut out; of one that was declared
// late only what lies in days that were not closed, and it is marked.
func TestServiceFollowsAcceptanceAndDeclaredMaintenance(t *testing.T) {
	p := samplePlan(t)
	c := p.Cameras[0]
	c.Accepted, c.Retired = plan.NewDate(2026, 3, 1), plan.NewDate(2026, 4, 1)
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, p.Location) }
	span := func(from, to time.Time) uptime.Window { return uptime.Window{From: from.Unix(), To: to.Unix()} }
	p.Windows = []plan.Window{
		{Code: "overlaps", Camera: c.Code, From: at(10, 8), To: at(10, 12)},
		{Code: "another", Site: c.Site, From: at(10, 11), To: at(10, 17)},
		{Code: "midnight", Camera: c.Code, From: at(12, 22), To: at(13, 2), Declared: at(1, 0)},
		{Code: "late", Camera: c.Code, From: at(20, 8), To: at(22, 8), Declared: at(21, 15)},
		{Code: "too late", Camera: c.Code, From: at(25, 8), To: at(25, 9), Declared: at(26, 9)},
		{Code: "not this one", Camera: "another", From: at(2, 0), To: at(3, 0)},
		{Code: "before its service", Camera: c.Code, From: at(-5, 0), To: at(1, 1)},
	}
	s := uptime.ServiceOf(p, &c)
	want := uptime.Service{
		In:     uptime.Union(span(at(1, 0), at(32, 0))),
		Pauses: uptime.Spans{span(at(-5, 0), at(1, 1)), span(at(10, 8), at(10, 17)), span(at(12, 22), at(13, 2)), span(at(21, 0), at(22, 8))},
		Late: []uptime.Late{
			{Code: "late", Window: span(at(20, 8), at(22, 8)), Counts: uptime.Spans{span(at(21, 0), at(22, 8))}},
			{Code: "too late", Window: span(at(25, 8), at(25, 9))},
		},
	}
	if d := cmp.Diff(want, s); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got, want := s.Counted().Seconds(), int64((31*24-1-9-4-32)*3600); got != want {
		t.Errorf("%d seconds count, want %d", got, want)
	}
}
