package coverage_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

var detection = plan.Level{Code: "detection", Density: 25}

// east gives the point so many metres east, along the parallel, of where the
// sample road begins (DOMAIN §3 has the length of the degree).
func east(metres float64) geo.Point { return geo.Point{Lon: 105.9 + metres/105681.92, Lat: 18.37} }

// straight is a plan that can be worked out by hand.
//
//	G-W                                                        G-E
//	0 m        500 m                 800 m                    2000 m
//	|----------A>>>>>>---------------J------------------------|
//	Km10+000   looks east, 56.9 m    Km10+800                 Km12+000
//
// The road runs east along a parallel. Camera A hangs on it at 500 m, 1920
// pixels wide, 68° (5.4 mm behind 4 mm), at the height of the road, and looks
// along it.
func straight(t *testing.T, cameras ...plan.Camera) *plan.Plan {
	t.Helper()
	line, err := geo.NewLine([]geo.Point{east(0), east(2000)})
	if err != nil {
		t.Fatal(err)
	}
	posts, err := geo.NewCalibration(line.Length(), []geo.Post{{At: 0, Chainage: 10000}})
	if err != nil {
		t.Fatal(err)
	}
	return &plan.Plan{
		Routes:    []plan.Route{{Code: "DH1", Line: line, Chainage: posts}},
		Junctions: []plan.Junction{{Code: "J", Route: "DH1", At: 800}},
		Gateways:  []plan.Gateway{{Code: "G-E", Route: "DH1", At: 2000}, {Code: "G-W", Route: "DH1", At: 0}},
		Sites: []plan.Site{
			{Code: "on500", Route: "DH1", At: 500, Position: east(500)},
			{Code: "on800", Route: "DH1", At: 800}, // its position follows from the route
			{Code: "start", Route: "DH1", Position: east(0)},
			{Code: "south500", Position: geo.Move(east(500), 180, 30)},
			{Code: "verge", Position: geo.Move(east(500), 180, 0.03)},
			{Code: "market", Position: geo.Move(east(500), 180, 900)},
		},
		Cameras: cameras,
	}
}

func camera(code, site string, azimuth float64) plan.Camera {
	return plan.Camera{Code: code, Site: site, Azimuth: azimuth, FOV: hfov(5.4, 4), Width: 1920, Planned: 1, Installed: 1, Accepted: 1}
}

func cover(t *testing.T, p *plan.Plan) coverage.Result {
	t.Helper()
	eye, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	return eye.Cover(func(*plan.Camera) bool { return true })
}

func stretch(from, to float64) []geo.Interval { return []geo.Interval{{From: from, To: to}} }

var near = cmp.Options{cmpopts.EquateApprox(0, 0.01), cmpopts.EquateEmpty()}

func TestOneCameraOnAStraightRoad(t *testing.T) {
	got := cover(t, straight(t, camera("A", "on500", 90)))
	noView := []coverage.Gap{ // longest first
		{Route: "DH1", From: 556.89, To: 2000, FromChainage: 10556.89, ToChainage: 12000},
		{Route: "DH1", From: 0, To: 500, FromChainage: 10000, ToChainage: 10500},
	}
	noControl := []coverage.Gap{{Route: "DH1", From: 800, To: 2000, FromChainage: 10800, ToChainage: 12000, Sections: 1}}
	want := coverage.Result{
		Level: detection,
		Routes: []coverage.Route{{
			Code: "DH1", Length: 2000,
			InView: 56.89, View: []geo.Interval{{From: 500, To: 556.89}},
			Controlled: 800,
			Sections: []coverage.Section{
				{From: 0, To: 800, ToJunction: "J", InView: 56.89, Controlled: true, Cameras: []string{"A"}, FromChainage: 10000, ToChainage: 10800},
				{From: 800, To: 2000, FromJunction: "J", FromChainage: 10800, ToChainage: 12000},
			},
			Gateways:      []coverage.Gateway{{Code: "G-W", At: 0, Chainage: 10000}, {Code: "G-E", At: 2000, Chainage: 12000}},
			GapsInView:    noView,
			GapsOfControl: noControl,
		}},
		Total:      coverage.Total{Length: 2000, InView: 56.89, Controlled: 800, Sections: 2, SectionsControlled: 1, Gateways: 2},
		GapsInView: noView, GapsOfControl: noControl,
		Counted: 1,
	}
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Error(diff)
	}
}

func TestWhatACameraOnAStraightRoadHasInView(t *testing.T) {
	wide := func(c plan.Camera, fov float64) plan.Camera { c.FOV = fov; return c }
	high := func(c plan.Camera, metres float64) plan.Camera { c.MountingAt = metres; return c }
	for _, c := range []struct {
		name       string
		camera     plan.Camera
		view       []geo.Interval
		controlled float64
		gateways   int
	}{
		{"looking back", camera("A", "on500", 270), stretch(443.11, 500), 800, 0},
		{"looking off the road", camera("A", "on500", 0), nil, 0, 0},
		{"at a height of 6 m", high(camera("A", "on500", 90), 6), stretch(500, 500+math.Sqrt(56.889*56.889-36)), 800, 0},
		{"higher than it reaches", high(camera("A", "on500", 90), 60), nil, 0, 0},
		// 30 m off, square across: 30·tan 34° = 20.25 m to either hand.
		{"from beside the road", camera("A", "south500", 0), stretch(479.75, 520.25), 800, 0},
		// A fisheye of 1920 pixels reaches 1920/(25·2π) = 12.22 m.
		{"all around", wide(camera("A", "on500", 0), 360), stretch(487.78, 512.22), 800, 0},
		{"at a junction, controls only the section it looks into", camera("A", "on800", 90), stretch(800, 856.89), 1200, 0},
		{"at a junction and all around, controls both", wide(camera("A", "on800", 90), 360), stretch(787.78, 812.22), 2000, 0},
		{"at a gateway, looking in", camera("A", "start", 90), stretch(0, 56.89), 800, 1},
		{"at a gateway, looking off the road", camera("A", "start", 0), nil, 0, 0},
		// 2·3 cm·tan 34° is 4 cm: rounding, not a view.
		{"looking across the road it stands on", camera("A", "verge", 0), nil, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := cover(t, straight(t, c.camera))
			r := got.Routes[0]
			if diff := cmp.Diff(c.view, r.View, near); diff != "" {
				t.Error("view:", diff)
			}
			if math.Abs(r.Controlled-c.controlled) > 0.01 || got.Total.GatewaysInView != c.gateways {
				t.Errorf("controlled %.2f m, gateways %d; want %v, %d", r.Controlled, got.Total.GatewaysInView, c.controlled, c.gateways)
			}
		})
	}
}

// Camera A stands 3 cm south of the road and looks south with 270°, so that it
// is blind within 45° of north: for 6 cm of the road, where a gateway is.
func TestABlindSpotSmallerThanTheToleranceIsNoGap(t *testing.T) {
	c := camera("A", "verge", 180)
	c.FOV = 270
	p := straight(t, c)
	p.Gateways = []plan.Gateway{{Code: "G", Route: "DH1", At: 500}}
	r := cover(t, p).Routes[0]
	if len(r.View) != 2 {
		t.Fatalf("view %v has no blind spot", r.View)
	}
	if len(r.GapsInView) != 2 { // west and east of the view
		t.Errorf("gaps %v", r.GapsInView)
	}
	if diff := cmp.Diff([]string{"A"}, r.Sections[0].Cameras); diff != "" {
		t.Error("section is seen in two stretches:", diff)
	}
	if diff := cmp.Diff([]string{"A"}, r.Gateways[0].Cameras); diff != "" {
		t.Error("gateway is seen from both sides:", diff)
	}
}

func TestNoFootprintGoesPastTwoKilometres(t *testing.T) {
	c := camera("A", "on500", 270)
	c.FOV = 0.1 // 1920/(2·25·tan 0.05°) would be 44 km
	eye, err := coverage.NewEye(straight(t, c), detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := eye.Footprints()[0].Sector.Radius; got != 2000 {
		t.Errorf("radius %v m", got)
	}
}

func TestCamerasShareAViewAndAreNamedInOrder(t *testing.T) {
	got := cover(t, straight(t, camera("C", "south500", 0), camera("A", "on500", 90), camera("B", "on500", 90), camera("S", "start", 90)))
	r := got.Routes[0]
	if diff := cmp.Diff([]geo.Interval{{From: 0, To: 56.89}, {From: 479.75, To: 556.89}}, r.View, near); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"A", "B", "C", "S"}, r.Sections[0].Cameras); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"S"}, r.Gateways[0].Cameras); diff != "" {
		t.Error(diff)
	}
}

func TestMeasuredPixelsReplacePlannedOnes(t *testing.T) {
	p := straight(t, camera("A", "on500", 90), camera("B", "on500", 270))
	eye, err := coverage.NewEye(p, detection, func(c *plan.Camera) int {
		if c.Code == "A" {
			return 640 // streams a third of what was planned
		}
		return 0 // not measured yet
	})
	if err != nil {
		t.Fatal(err)
	}
	got := eye.Cover(func(*plan.Camera) bool { return true })
	if diff := cmp.Diff([]geo.Interval{{From: 443.11, To: 500 + 56.889/3}}, got.Routes[0].View, near); diff != "" {
		t.Error(diff)
	}
}

func TestCamerasThatSeeNothingAreListedWithTheReason(t *testing.T) {
	placeOnly := camera("place", "on500", 0)
	placeOnly.FOV = 0
	tooWide := camera("wide", "on500", 90)
	tooWide.FOV = 361
	noPixels := camera("pixels", "on500", 90)
	noPixels.Width = 0
	p := straight(t, placeOnly, tooWide, noPixels, camera("lost", "nowhere", 90), camera("market", "market", 0), camera("A", "on500", 90))
	eye, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := []coverage.Incomplete{{Camera: "lost", Reason: coverage.NoPosition}, {Camera: "pixels", Reason: coverage.NoWidth}, {Camera: "place", Reason: coverage.NoFieldOfView},
		{Camera: "wide", Reason: coverage.NoFieldOfView}}
	if diff := cmp.Diff(all, eye.Incomplete()); diff != "" {
		t.Error(diff)
	}
	got := eye.Cover(func(c *plan.Camera) bool { return c.Code != "pixels" })
	if diff := cmp.Diff([]coverage.Incomplete{all[0], all[2], all[3]}, got.Incomplete); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"market"}, got.OffRoutes); diff != "" {
		t.Error(diff)
	}
	if got.Counted != 5 {
		t.Errorf("%d cameras count, want 5", got.Counted)
	}
	var shown []string
	for _, f := range eye.Footprints() {
		shown = append(shown, f.Camera)
		if f.Camera == "A" {
			want := []coverage.Stretch{{Route: "DH1", Interval: geo.Interval{From: 500, To: 556.89}}}
			if diff := cmp.Diff(want, f.Stretch, near); diff != "" {
				t.Error(diff)
			}
		}
	}
	if !slices.Equal(shown, []string{"A", "market"}) {
		t.Errorf("footprints of %v", shown)
	}
}

func TestOneEyeServesManyStates(t *testing.T) {
	day := plan.NewDate(2026, 9, 30)
	a, b, c, d := camera("A", "on500", 90), camera("B", "on500", 270), camera("C", "on800", 90), camera("D", "start", 90)
	b.Accepted = 0
	c.Installed, c.Accepted = day+1, 0
	d.Retired = day
	p := straight(t, a, b, c, d)
	eye, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		state  coverage.State
		inView float64
	}{{coverage.Planned, 3 * 56.89}, {coverage.Installed, 2 * 56.89}, {coverage.Accepted, 56.89}} {
		t.Run(string(v.state), func(t *testing.T) {
			t.Parallel() // many goroutines may share an eye
			counts, ok := coverage.ByPlan(v.state, day)
			if !ok {
				t.Fatal("the plan does not decide")
			}
			if got := eye.Cover(counts).Total.InView; math.Abs(got-v.inView) > 0.05 {
				t.Errorf("%.2f m in view, want %.2f", got, v.inView)
			}
		})
	}
	if _, ok := coverage.ByPlan(coverage.Working, day); ok {
		t.Error("the plan decides what works")
	}
	if got := eye.Cover(func(*plan.Camera) bool { return false }); got.Total.InView != 0 || got.Counted != 0 {
		t.Errorf("no camera sees %v m", got.Total.InView)
	}
}

func TestNewEyeRefusesWhatCannotBeMeasured(t *testing.T) {
	if _, err := coverage.NewEye(straight(t), plan.Level{Code: "x"}, nil); err == nil {
		t.Error("a level without density was accepted")
	}
	if _, err := coverage.NewEye(&plan.Plan{Routes: []plan.Route{{Code: "R"}}}, detection, nil); err == nil {
		t.Error("a route without a line was accepted")
	}
}
