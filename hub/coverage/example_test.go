package coverage_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"pgregory.net/rapid"
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
	total := coverage.Total{Length: 2000, InView: 56.89, Controlled: 800, Sections: 2, SectionsControlled: 1, Gateways: 2}
	want := coverage.Result{
		Level: detection, Classes: []coverage.Group{{Total: total}}, Areas: []coverage.Group{{Total: total}},
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
		Total:      total,
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
// is blind within 45° of north: for 6 cm of the road, where a gateway is. The
// two pieces are one.
func TestABlindSpotSmallerThanTheToleranceIsNoGap(t *testing.T) {
	c := camera("A", "verge", 180)
	c.FOV = 270
	p := straight(t, c)
	p.Gateways = []plan.Gateway{{Code: "G", Route: "DH1", At: 500}}
	r := cover(t, p).Routes[0]
	if len(r.View) != 1 {
		t.Fatalf("view %v", r.View)
	}
	if len(r.GapsInView) != 2 { // west and east of the view
		t.Errorf("gaps %v", r.GapsInView)
	}
	if diff := cmp.Diff([]string{"A"}, r.Sections[0].Cameras); diff != "" {
		t.Error("section:", diff)
	}
	if diff := cmp.Diff([]string{"A"}, r.Gateways[0].Cameras); diff != "" {
		t.Error("gateway:", diff)
	}
}

func TestNoFootprintGoesPastSight(t *testing.T) {
	c := camera("A", "on500", 270)
	c.FOV = 0.1 // 1920/(2·25·tan 0.05°) would be 44 km
	p := straight(t, c, camera("B", "on500", 90))
	eye, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := eye.Footprints()[0].Sector.Radius; got != 1000 {
		t.Errorf("radius %v m", got)
	}
	if diff := cmp.Diff([]string{"A"}, cover(t, p).CutShort); diff != "" {
		t.Error(diff)
	}
}

// Camera A is 2000 − 500 m from the end of the road, and its pixels are so many
// that it reaches just as far as the case says: what is seen of the section
// from 800 m on, which begins 300 m away, makes the rule.
func TestASectionIsControlledFromFiveMetresInOnePiece(t *testing.T) {
	reaching := func(metres float64) plan.Camera {
		c := camera("A", "on500", 90)
		c.FOV = 90 // so that it reaches half a metre for every 25 pixels
		c.Width = int(metres*2*25 + 0.5)
		return c
	}
	for _, v := range []struct {
		name    string
		reach   float64
		control bool
	}{{"4.98 m of it", 304.98, false}, {"5.02 m of it", 305.02, true}} {
		t.Run(v.name, func(t *testing.T) {
			got := cover(t, straight(t, reaching(v.reach))).Routes[0]
			if got.Sections[1].Controlled != v.control || !got.Sections[0].Controlled {
				t.Errorf("controlled: %v, %v", got.Sections[0].Controlled, got.Sections[1].Controlled)
			}
		})
	}
	t.Run("two pieces that make six metres are not enough", func(t *testing.T) {
		// 6 m off, 90° blind square across: 12 m between the pieces. At 12.22·… the
		// road is in reach from 500 − 9 to 500 + 9: 3 m to either hand.
		p := straight(t)
		p.Sites = append(p.Sites, plan.Site{Code: "off", Position: geo.Move(east(1400), 180, 6)})
		c := camera("A", "off", 180)
		c.FOV, c.Width = 270, 0
		c.Width = int(math.Sqrt(117) * 25 * 270 * math.Pi / 180)
		p.Cameras = []plan.Camera{c}
		got := cover(t, p).Routes[0]
		if len(got.View) != 2 || math.Abs(got.InView-6) > 0.1 || got.Sections[1].Controlled {
			t.Errorf("view %v, controlled %v", got.View, got.Sections[1].Controlled)
		}
	})
	t.Run("all of a section that is shorter is", func(t *testing.T) {
		p := straight(t, reaching(100))
		p.Junctions = []plan.Junction{{Code: "J1", Route: "DH1", At: 550}, {Code: "J2", Route: "DH1", At: 553}}
		got := cover(t, p).Routes[0]
		if len(got.Sections) != 3 || !got.Sections[1].Controlled {
			t.Errorf("sections %+v", got.Sections)
		}
	})
}

func TestAGatewayIsInViewFromWithinFiveMetresAndNoJunctionBetween(t *testing.T) {
	for _, v := range []struct {
		name     string
		at       float64
		junction float64
		inView   bool
	}{
		{"at the camera", 500, 0, true},
		{"4.9 m behind the camera", 495.1, 0, true},
		{"5.1 m behind the camera", 494.9, 0, false},
		{"4.9 m past its reach", 561.7, 0, true},
		{"5.1 m past its reach", 562.1, 0, false},
		{"in the middle of its view", 530, 0, true},
		{"4 m behind, and a junction between", 496, 498, false},
		{"4 m behind, and a junction at the gateway", 496, 496, true},
	} {
		t.Run(v.name, func(t *testing.T) {
			p := straight(t, camera("A", "on500", 90))
			p.Gateways = []plan.Gateway{{Code: "G", Route: "DH1", At: v.at}}
			p.Junctions = nil
			if v.junction > 0 {
				p.Junctions = []plan.Junction{{Code: "J", Route: "DH1", At: v.junction}}
			}
			if got := cover(t, p).Routes[0].Gateways[0]; got.InView != v.inView {
				t.Errorf("in view: %v by %v", got.InView, got.Cameras)
			}
		})
	}
}

// Positions are kept to 7 decimals, so a camera "at" an end of the road or at a
// gateway hangs up to a centimetre beside it. It sees the road all the same.
func TestACameraAtTheVeryEndOfARouteSeesTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		course := rapid.Float64Range(0, 360).Draw(t, "course")
		start := geo.Point{Lon: 105.9 + rapid.Float64Range(0, 1e-6).Draw(t, "lon"), Lat: 18.37}
		line, err := geo.NewLine([]geo.Point{start, geo.Move(start, course, 700)})
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.SampledFrom([]float64{0, 300, line.Length()}).Draw(t, "at")
		look := course
		if at == line.Length() {
			look += 180
		}
		off := rapid.Float64Range(-33, 33).Draw(t, "off the course")
		p := &plan.Plan{
			Routes:   []plan.Route{{Code: "R", Line: line}},
			Gateways: []plan.Gateway{{Code: "G", Route: "R", At: at}},
			Sites:    []plan.Site{{Code: "S", Position: decimals7(line.At(at))}},
			Cameras:  []plan.Camera{{Code: "C", Site: "S", Azimuth: math.Mod(look+off+360, 360), FOV: 68, Width: 1920, MountingAt: 5}},
		}
		eye, err := coverage.NewEye(p, detection, nil)
		if err != nil {
			t.Fatal(err)
		}
		res := eye.Cover(func(*plan.Camera) bool { return true })
		if r := res.Routes[0]; !r.Gateways[0].InView || len(r.View) != 1 || math.Abs(r.InView-math.Sqrt(56.889*56.889-25)) > 0.4 {
			t.Fatalf("gateway %v, view %v", r.Gateways[0].InView, r.View)
		} else if math.Abs(off) < 25 && (at == 0 && r.View[0].From != 0 || at == line.Length() && r.View[0].To != r.Length) {
			t.Fatalf("view %v leaves a hair at the end of %v m", r.View, r.Length)
		}
	})
}

func decimals7(p geo.Point) geo.Point {
	return geo.Point{Lon: math.Round(p.Lon*1e7) / 1e7, Lat: math.Round(p.Lat*1e7) / 1e7}
}

func TestAnImportantPlaceIsCoveredByACameraThatLooksAnywhere(t *testing.T) {
	p := straight(t, camera("A", "market", 0), camera("B", "school", math.NaN()), camera("C", "on500", 90))
	p.Sites[5].Kind, p.Sites[5].Area = plan.SiteMarket, "18562"
	p.Sites = append(p.Sites, plan.Site{Code: "school", Kind: plan.SiteSchool, Area: "18571", Position: east(3000)},
		plan.Site{Code: "office", Kind: plan.SiteOffice, Area: "18571", Position: east(3000)})
	got := cover(t, p)
	want := []coverage.Place{{Site: "market", Area: "18562", Covered: true}, {Site: "school", Area: "18571", Covered: true}, {Site: "office", Area: "18571"}}
	if diff := cmp.Diff(want, got.Places); diff != "" {
		t.Error(diff)
	}
	if got.Total.Places != 3 || got.Total.PlacesCovered != 2 || math.Abs(got.Total.InView-56.89) > 0.01 {
		t.Errorf("total %+v", got.Total)
	}
	if diff := cmp.Diff([]coverage.Incomplete{{Camera: "B", Reason: coverage.NoAzimuth}}, got.Incomplete); diff != "" {
		t.Error(diff)
	}
}

// A footprint that begins or ends within ten centimetres of a junction, or of
// another one, begins or ends there: what rounding leaves is neither a view nor
// a gap.
func TestBordersThatDifferByAHairAreOne(t *testing.T) {
	at := func(metres float64) plan.Site {
		return plan.Site{Code: fmt.Sprint("at", metres), Route: "DH1", At: metres}
	}
	p := straight(t, camera("A", "at800.06", 90), camera("B", "at799.95", 270), camera("C", "at1300", 90), camera("D", "at1300.08", 270))
	p.Sites = append(p.Sites, at(800.06), at(799.95), at(1300), at(1300.08))
	r := cover(t, p).Routes[0]
	if diff := cmp.Diff([]geo.Interval{{From: 743.06, To: 856.95}, {From: 1243.19, To: 1356.89}}, r.View, near); diff != "" {
		t.Error(diff)
	}
	if got := []float64{r.Sections[0].InView, r.Sections[1].InView}; math.Abs(got[0]-(800-743.06)) > 0.01 || math.Abs(got[1]-(56.95+113.7)) > 0.01 {
		t.Errorf("in view of the sections: %v", got)
	}
}

// The road has a site of one commune at 500 m and one of another at 800 m: up to
// 650 m it is the first one's.
func TestARouteIsSharedOutAmongItsSitesAreas(t *testing.T) {
	p := straight(t, camera("A", "on500", 90), camera("B", "on800", 270))
	p.Routes[0].Class = "đường huyện"
	p.Sites = p.Sites[:2]
	p.Sites[0].Area, p.Sites[1].Area = "18562", "18571"
	got := cover(t, p)
	want := []coverage.Group{
		{Code: "18562", Total: coverage.Total{Length: 650, InView: 56.89, Controlled: 650, Sections: 1, SectionsControlled: 1, Gateways: 1}},
		{Code: "18571", Total: coverage.Total{Length: 1350, InView: 56.89, Controlled: 150, Sections: 1, Gateways: 1}},
	}
	if diff := cmp.Diff(want, got.Areas, near); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]coverage.Group{{Code: "đường huyện", Total: got.Total}}, got.Classes); diff != "" {
		t.Error(diff)
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
	placeOnly.FOV = math.NaN()
	noAzimuth := camera("azimuth", "on500", math.NaN())
	allAround := camera("around", "on500", math.NaN()) // needs none
	allAround.FOV = 360
	tooWide := camera("wide", "on500", 90)
	tooWide.FOV = 361
	noPixels := camera("pixels", "on500", 90)
	noPixels.Width = 0
	p := straight(t, placeOnly, tooWide, noPixels, noAzimuth, allAround, camera("lost", "nowhere", 90), camera("market", "market", 0), camera("A", "on500", 90))
	eye, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := []coverage.Incomplete{{Camera: "azimuth", Reason: coverage.NoAzimuth}, {Camera: "lost", Reason: coverage.NoPosition}, {Camera: "pixels", Reason: coverage.NoWidth}, {Camera: "place", Reason: coverage.NoFieldOfView},
		{Camera: "wide", Reason: coverage.NoFieldOfView}}
	if diff := cmp.Diff(all, eye.Incomplete()); diff != "" {
		t.Error(diff)
	}
	got := eye.Cover(func(c *plan.Camera) bool { return c.Code != "pixels" })
	if diff := cmp.Diff([]coverage.Incomplete{all[0], all[1], all[3], all[4]}, got.Incomplete); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"market"}, got.OffRoutes); diff != "" {
		t.Error(diff)
	}
	if got.Counted != 7 {
		t.Errorf("%d cameras count, want 7", got.Counted)
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
	if !slices.Equal(shown, []string{"A", "around", "market"}) {
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
