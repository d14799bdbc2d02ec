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

// The sample's communes became other units in 2025: a camera is put with the
// others of the unit that its site lies in on the day.
func TestGroupsByAreaAreThoseOfTheDay(t *testing.T) {
	p := samplePlan(t)
	for on, want := range map[plan.Date]int{plan.NewDate(2024, 12, 31): 22, plan.NewDate(2026, 11, 24): 9} {
		keys := map[uptime.Key]bool{}
		for i := range p.Cameras {
			c := &p.Cameras[i]
			k := uptime.KeyOf(p, c, uptime.ByArea, on)
			if a := p.SiteArea(p.Site(c.Site), on); k != (uptime.Key{Code: a.Code, From: a.ValidFrom}) {
				t.Errorf("%s on %s: %+v", c.Code, on, k)
			}
			keys[k] = true
		}
		if len(keys) != want {
			t.Errorf("%d areas on %s, want %d", len(keys), on, want)
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
