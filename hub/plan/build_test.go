package plan_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

func line(t *testing.T, points ...geo.Point) *geo.Line {
	t.Helper()
	l, err := geo.NewLine(points)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// made is a plan as code would make it: unsorted and unfinished.
func made(t *testing.T) plan.Plan {
	name := plan.Text{VI: "Tên", EN: "Name"}
	l := line(t, geo.Point{Lon: 105.80, Lat: 18.30}, geo.Point{Lon: 105.84, Lat: 18.30})
	return plan.Plan{
		Name: name, Root: "445",
		Phases: []plan.Phase{
			{Code: "P2", Name: name, From: plan.NewDate(2025, 1, 1), To: plan.NewDate(2025, 12, 31)},
			{Code: "P1", Name: name, From: plan.NewDate(2024, 1, 1), To: plan.NewDate(2024, 12, 31)},
		},
		Areas: []plan.Area{
			{Code: "18601", ValidFrom: plan.NewDate(2020, 1, 1), Parent: "445", Kind: "xã", Name: "Việt Tiến"},
			{Code: "18601", ValidFrom: plan.NewDate(2010, 1, 1), ValidTo: plan.NewDate(2019, 12, 31), Parent: "445", Kind: "xã", Name: "Phù Việt"},
			{Code: "445", Kind: "huyện", Name: "Thạch Hà"},
		},
		Routes: []plan.Route{{Code: "R1", Name: "Đường", Class: "đường xã", Line: l}},
		Sites: []plan.Site{
			{Code: "S2", Name: "Chợ", Area: "18601", Kind: plan.SiteMarket, Position: geo.Point{Lon: 105.8, Lat: 18.4}},
			{Code: "S1", Name: "Km1", Area: "18601", Kind: plan.SiteRoute, Route: "R1", At: 1000},
		},
		Cameras: []plan.Camera{
			{Code: "C2", Site: "S1", Agent: "a", Phase: "P2", FOV: 90, Width: 1280, Height: 720, Owner: plan.OwnerPublic},
			{Code: "C1", Site: "S2", Agent: "a", Phase: "P1", FOV: 90, Width: 1280, Height: 720, Owner: plan.OwnerHousehold},
		},
	}
}

func TestBuildFinishesAPlan(t *testing.T) {
	given := made(t)
	before := made(t)
	p, err := plan.Build(given)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, given, same); d != "" {
		t.Errorf("the plan given was changed: %s", d)
	}
	if !slices.IsSortedFunc(p.Cameras, func(a, b plan.Camera) int { return cmpText(a.Code, b.Code) }) || p.Phases[0].Code != "P1" {
		t.Error("the plan is not sorted")
	}
	if got := p.Area("18601").Name; got != "Việt Tiến" {
		t.Errorf("area 18601 is %s, want the latest of that code", got)
	}
	if got := p.Site("S1").Position; geo.Distance(got, geo.Point{Lon: 105.80, Lat: 18.30}) < 999 {
		t.Errorf("site S1 lies at %v", got)
	}
	if r := p.Route("R1"); r.Chainage == nil || r.Chainage.Chainage(500) != 500 {
		t.Error("a route without posts does not start at Km0+000")
	}
	if p.Level != plan.DefaultLevel || p.Location.String() != plan.DefaultZone {
		t.Errorf("level %q, time zone %q", p.Level, p.Location)
	}
	again, err := plan.Build(*p)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, again, same); d != "" {
		t.Errorf("building a plan again changes it: %s", d)
	}
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestBuildKeepsAChainageMadeInCode(t *testing.T) {
	given := made(t)
	c, err := geo.NewCalibration(given.Routes[0].Line.Length(), []geo.Post{{At: 0, Chainage: 5000}})
	if err != nil {
		t.Fatal(err)
	}
	given.Routes[0].Chainage = c
	p, err := plan.Build(given)
	if err != nil {
		t.Fatal(err)
	}
	if p.Route("R1").Chainage != c {
		t.Error("another chainage")
	}
	if _, err := plan.Encode(p); err == nil {
		t.Error("a chainage without posts was written")
	}
}

func TestBuildRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*plan.Plan)
		want   string
	}{
		{"a camera given twice", func(p *plan.Plan) { p.Cameras[1].Code = "C2" },
			`cameras.csv: "C2": code: "C2" stands twice: give each camera a code of its own`},
		{"a route without a line", func(p *plan.Plan) { p.Routes[0].Line = nil },
			`routes.geojson: "R1": coordinates: missing: a route has a line of at least two points`},
		{"a place past the end of its route", func(p *plan.Plan) { p.Sites[1].At = 5000 },
			`sites.csv: "S1": chainage: 5000 m from the start is off the route: write 0 to 4229.0 m`},
		{"a place that is no number", func(p *plan.Plan) { p.Sites[1].At = math.NaN() },
			`sites.csv: "S1": chainage: NaN m from the start is off the route: write 0 to 4229.0 m`},
		{"a gateway on no route", func(p *plan.Plan) { p.Gateways = []plan.Gateway{{Code: "G", Name: "x"}} },
			`gateways.csv: "G": route: missing: write the code of a route`},
		{"an azimuth without end", func(p *plan.Plan) { p.Cameras[0].Azimuth = math.Inf(1) },
			`cameras.csv: "C2": azimuth: +Inf is out of range: write 0 to 360 degrees clockwise from north`},
		{"a position that is no number", func(p *plan.Plan) { p.Sites[0].Position.Lon = math.NaN() },
			`sites.csv: "S2": lon: longitude NaN, latitude 18.4 is no place on earth: write degrees in WGS84, longitude -180 to 180 and latitude -90 to 90`},
		{"a site without a place", func(p *plan.Plan) { p.Sites[0].Position = geo.Point{} },
			`sites.csv: "S2": lon: neither position nor route: write lon and lat, or route and chainage`},
		{"a day before all days", func(p *plan.Plan) { p.Cameras[0].Retired = -5 },
			`cameras.csv: "C2": retired: a day out of bounds: write a day of the years 1971 to 2199`},
		{"a day after all days", func(p *plan.Plan) { p.Phases[0].To = plan.Forever },
			`plan.yaml: "P2": phases[0].to: a day out of bounds: write a day of the years 1971 to 2199`},
		{"a text that is not UTF-8", func(p *plan.Plan) { p.Sites[0].Name = "Ch\xe1" },
			`sites.csv: "S2": name: "Ch\xe1" is not UTF-8: save the file as UTF-8`},
		{"a post off the line", func(p *plan.Plan) { p.Routes[0].Posts = []plan.Post{{Position: geo.Point{Lon: 105.8, Lat: 18.4}}} },
			`routes.geojson: "R1": posts: post 1: Km0+000 stands 11068 m off the route: list the posts in the direction of the line, with growing chainage, each beside the route`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			given := made(t)
			test.change(&given)
			_, err := plan.Build(given)
			if got := lines(faultsOf(t, err)); !slices.Contains(got, test.want) {
				t.Errorf("faults are %q, want %q", got, test.want)
			}
		})
	}
}

func TestService(t *testing.T) {
	loc := time.FixedZone("+07", 7*60*60)
	day := func(d int) plan.Date { return plan.NewDate(2024, 6, d) }
	tests := []struct {
		name     string
		camera   plan.Camera
		from, to string
	}{
		{"a camera in service has no end", plan.Camera{Accepted: day(1)}, "2024-06-01T00:00:00+07:00", "2200-01-01T00:00:00+07:00"},
		{"a retired camera ends with the start of that day", plan.Camera{Accepted: day(1), Retired: day(9)}, "2024-06-01T00:00:00+07:00", "2024-06-09T00:00:00+07:00"},
		{"a camera that is not accepted has no service", plan.Camera{Installed: day(1)}, "", ""},
		{"a camera retired on its first day has no service", plan.Camera{Accepted: day(9), Retired: day(9)}, "", ""},
		{"a camera retired before acceptance has no service", plan.Camera{Retired: day(9)}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			from, to, ok := test.camera.Service(loc)
			if ok != (test.from != "") {
				t.Fatalf("ok is %v", ok)
			}
			if ok && (from.Format(time.RFC3339) != test.from || to.Format(time.RFC3339) != test.to) {
				t.Errorf("service is [%v, %v)", from, to)
			}
			if to.UnixNano() < 0 && ok {
				t.Error("the end does not fit into nanoseconds")
			}
		})
	}
}

func TestMilestonesAreClaimedFromTheirDayToRetirement(t *testing.T) {
	day := func(d int) plan.Date { return plan.NewDate(2024, 6, d) }
	c := plan.Camera{Planned: day(2), Surveyed: day(4), Due: day(5), Installed: day(6), Accepted: day(8), Retired: day(10)}
	want := []string{1: "", 2: "p", 3: "p", 4: "ps", 5: "ps", 6: "psi", 7: "psi", 8: "psia", 9: "psia", 10: "", 11: ""}
	for d := 1; d <= 11; d++ {
		got := ""
		for _, x := range []struct {
			letter string
			is     bool
		}{{"p", c.InPlan(day(d))}, {"s", c.ClaimedSurveyed(day(d))}, {"i", c.ClaimedInstalled(day(d))}, {"a", c.ClaimedAccepted(day(d))}} {
			if x.is {
				got += x.letter
			}
		}
		if got != want[d] {
			t.Errorf("on day %d the plan claims %q, want %q", d, got, want[d])
		}
	}
	early := plan.Camera{}
	if !early.InPlan(day(1)) || early.ClaimedInstalled(day(1)) || early.ClaimedAccepted(day(1)) {
		t.Error("a camera without days is in the plan and nothing else")
	}
}

func TestOverdue(t *testing.T) {
	day := func(d int) plan.Date { return plan.NewDate(2024, 6, d) }
	tests := []struct {
		name   string
		camera plan.Camera
		want   bool
	}{
		{"on the last day nothing is overdue", plan.Camera{Due: day(10)}, false},
		{"the day after it is", plan.Camera{Due: day(9)}, true},
		{"what is installed in time is not", plan.Camera{Due: day(9), Installed: day(9)}, false},
		{"what is installed late is not any more", plan.Camera{Due: day(1), Installed: day(10)}, false},
		{"what will be installed is still", plan.Camera{Due: day(9), Installed: day(11)}, true},
		{"what left the plan is not", plan.Camera{Due: day(9), Retired: day(10)}, false},
		{"what has no day is not", plan.Camera{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.camera.Overdue(day(10)); got != test.want {
				t.Errorf("overdue is %v", got)
			}
		})
	}
}

func TestForeverIsTheFirstDayOf2200(t *testing.T) {
	if plan.Forever != plan.NewDate(2200, 1, 1) {
		t.Errorf("Forever is %s", plan.Forever)
	}
}
