package plan_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

const sampleDir = "../../deploy/demo/plan"

var sampleDay = plan.NewDate(2026, 11, 23) // the day the sample was made for

func sample(t *testing.T) *plan.Plan {
	t.Helper()
	p, err := plan.ReadDir(sampleDir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSampleHasWhatTheDemoShows(t *testing.T) {
	p := sample(t)
	places := map[string]bool{}
	for _, j := range p.Junctions {
		places[j.Code] = true
	}
	counts := []struct {
		what      string
		got, want int
	}{
		{"areas", len(p.Areas), 45}, {"routes", len(p.Routes), 12},
		{"junctions", len(places), 27}, {"gateways", len(p.Gateways), 11}, {"sites", len(p.Sites), 110},
		{"cameras", len(p.Cameras), 180}, {"phases", len(p.Phases), 3}, {"levels", len(p.Levels), 4},
	}
	for _, c := range counts {
		if c.got != c.want {
			t.Errorf("%d %s, want %d", c.got, c.what, c.want)
		}
	}
	if !p.Simulated || !strings.Contains(p.Note.VI, "mô phỏng") || !strings.Contains(p.Note.EN, "made up") {
		t.Error("the sample does not say that it is simulated")
	}
	for i := range p.Routes {
		r := &p.Routes[i]
		if km := r.Line.Length() / 1000; !r.Synthetic || km < 6 || km > 25 {
			t.Errorf("route %s is %.1f km long, synthetic %v", r.Code, km, r.Synthetic)
		}
		if n := len(r.Line.Points()); n < 20 || n > 60 {
			t.Errorf("route %s has %d points", r.Code, n)
		}
	}
}

// The units are the real ones, which stand here once more so that no edit of
// the file goes unseen: the communes of 2020, and what they became in 2025,
// when first some of them went to the city and then the districts ended.
func TestSampleHasTheUnitsOfEachDay(t *testing.T) {
	const (
		of2020 = "18562 Thạch Hà, 18565 Ngọc Sơn, 18571 Thạch Hải, 18586 Thạch Kênh, 18589 Thạch Sơn, 18592 Thạch Liên, " +
			"18595 Đỉnh Bàn, 18601 Việt Tiến, 18604 Thạch Khê, 18607 Thạch Long, 18619 Thạch Trị, 18622 Thạch Lạc, 18625 Thạch Ngọc, " +
			"18628 Tượng Sơn, 18631 Thạch Văn, 18634 Lưu Vĩnh Sơn, 18637 Thạch Thắng, 18643 Thạch Đài, 18649 Thạch Hội, " +
			"18652 Tân Lâm Hương, 18658 Thạch Xuân, 18667 Nam Điền"
		ofThe445 = "18562 Thạch Hà, 18565 Ngọc Sơn, 18586 Thạch Kênh, 18589 Thạch Sơn, 18592 Thạch Liên, 18601 Việt Tiến, " +
			"18607 Thạch Long, 18625 Thạch Ngọc, 18634 Lưu Vĩnh Sơn, 18658 Thạch Xuân, 18667 Nam Điền"
		of2025 = "18562 Thạch Hà, 18586 Đông Kinh, 18601 Việt Xuyên, 18604 Thạch Khê, 18619 Đồng Tiến, 18628 Thạch Lạc, " +
			"18634 Toàn Lưu, 18652 Hà Huy Tập, 18667 Thạch Xuân, 445 Thạch Hà"
	)
	p := sample(t)
	units := func(day plan.Date, parent string) string {
		var all []string
		for i := range p.Areas {
			if a := &p.Areas[i]; a.InForce(day) && a.Parent == parent {
				all = append(all, a.Code+" "+a.Name)
			}
		}
		return strings.Join(all, ", ")
	}
	for _, c := range []struct {
		day          plan.Date
		parent, want string
	}{
		{plan.NewDate(2020, 1, 1), "445", of2020},
		{plan.NewDate(2024, 12, 31), "445", of2020},
		{plan.NewDate(2025, 1, 1), "445", ofThe445},
		{plan.NewDate(2025, 6, 30), "445", ofThe445},
		{plan.NewDate(2025, 7, 1), "445", ""},
		{plan.NewDate(2025, 7, 1), "42", strings.TrimSuffix(of2025, ", 445 Thạch Hà")},
		{plan.NewDate(2025, 6, 30), "42", "436 Hà Tĩnh, 445 Thạch Hà"},
	} {
		if got := units(c.day, c.parent); got != c.want {
			t.Errorf("on %s the units of %s are\n%s\nwant\n%s", c.day, c.parent, got, c.want)
		}
	}
	for i := range p.Areas {
		a := &p.Areas[i]
		kind := "xã"
		switch {
		case a.Code == "18562" && a.ValidFrom == plan.NewDate(2020, 1, 1):
			kind = "thị trấn"
		case a.Name == "Hà Huy Tập":
			kind = "phường"
		case len(a.Code) < 5:
			kind = map[string]string{"42": "tỉnh", "436": "thành phố", "445": "huyện"}[a.Code]
		}
		if a.Kind != kind {
			t.Errorf("%s %s is a %s, want %s", a.Code, a.Name, a.Kind, kind)
		}
		if placed := a.Centre != (geo.Point{}); a.Synthetic != (placed && a.Code != "18562") {
			t.Errorf("the point of %s %s: made up is %v", a.Code, a.Name, a.Synthetic)
		}
	}
	// A site stays where it is while the units change around it.
	for _, c := range []struct{ site, want string }{
		{"D-001", "2024 18592 Thạch Liên < 445 Thạch Hà < 42 Hà Tĩnh; 2025 18592 Thạch Liên < 445 Thạch Hà < 42 Hà Tĩnh; 2026 18586 Đông Kinh < 42 Hà Tĩnh"},
		{"D-019", "2024 18652 Tân Lâm Hương < 445 Thạch Hà < 42 Hà Tĩnh; 2025 18652 Tân Lâm Hương < 436 Hà Tĩnh < 42 Hà Tĩnh; 2026 18652 Hà Huy Tập < 42 Hà Tĩnh"},
	} {
		var all []string
		for year, day := range map[int]plan.Date{2024: plan.NewDate(2024, 3, 1), 2025: plan.NewDate(2025, 3, 1), 2026: plan.NewDate(2026, 3, 1)} {
			var chain []string
			for _, a := range p.SiteAreas(p.Site(c.site), day) {
				chain = append(chain, a.Code+" "+a.Name)
			}
			all = append(all, fmt.Sprintf("%d %s", year, strings.Join(chain, " < ")))
		}
		slices.Sort(all)
		if got := strings.Join(all, "; "); got != c.want {
			t.Errorf("%s lies in\n%s\nwant\n%s", c.site, got, c.want)
		}
	}
}

func TestSampleHasOneAgentForEachCommuneWithWorkToDo(t *testing.T) {
	p := sample(t)
	inService := map[string]int{}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		area := p.Site(c.Site).Area
		if c.Agent != "tb-"+area {
			t.Errorf("camera %s of commune %s hangs on agent %s", c.Code, area, c.Agent)
		}
		if c.ClaimedAccepted(sampleDay) {
			inService[c.Agent]++
		}
	}
	for i := range p.Areas {
		if a := &p.Areas[i]; a.Parent == p.Root && inService["tb-"+a.Code] == 0 {
			t.Errorf("commune %s (%s) has no camera in service", a.Name, a.Code)
		}
	}
	if len(inService) != 22 {
		t.Errorf("%d agents, want 22", len(inService))
	}
}

func TestSampleTellsAStory(t *testing.T) {
	p := sample(t)
	n := map[string]int{}
	count := func(what string, is bool) {
		if is {
			n[what]++
		}
	}
	twoYears := plan.NewDate(2024, 12, 31)
	for i := range p.Cameras {
		c := &p.Cameras[i]
		for _, d := range []plan.Date{c.Planned, c.Surveyed, c.Installed, c.Accepted, c.Retired} {
			count("milestones in the future", d > sampleDay)
		}
		count("accepted by the end of 2024", !c.Accepted.IsZero() && c.Accepted <= twoYears)
		count("accepted later", c.Accepted > twoYears)
		count("installed, not accepted", !c.Installed.IsZero() && c.Accepted.IsZero())
		count("surveyed only", !c.Surveyed.IsZero() && c.Installed.IsZero())
		count("planned only", c.Surveyed.IsZero())
		count("retired", !c.Retired.IsZero())
		count("overdue", c.Overdue(sampleDay))
		count("public", c.Owner == plan.OwnerPublic)
		count("household", c.Owner == plan.OwnerHousehold)
		count("phase "+c.Phase, true)
	}
	want := map[string]int{
		"accepted by the end of 2024": 84, "accepted later": 59, "installed, not accepted": 11, "surveyed only": 16, "planned only": 10,
		"retired": 2, "overdue": 7, "public": 143, "household": 37, "phase GD1": 84, "phase GD2": 56, "phase GD3": 40,
	}
	if got, want := fmt.Sprint(n), fmt.Sprint(want); got != want {
		t.Errorf("counts are\n%s\nwant\n%s", got, want)
	}
}

// Every crossing of two lines is a junction of both routes, and every
// junction is one point of all its routes.
func TestSampleRoutesMeetAtJunctions(t *testing.T) {
	p := sample(t)
	on := map[string]map[string]geo.Point{}
	for _, j := range p.Junctions {
		if on[j.Code] == nil {
			on[j.Code] = map[string]geo.Point{}
		}
		here := p.Route(j.Route).Line.At(j.At)
		for route, there := range on[j.Code] {
			if d := geo.Distance(here, there); d > 1 {
				t.Errorf("%s: %s and %s are %.2f m apart", j.Code, j.Route, route, d)
			}
		}
		on[j.Code][j.Route] = here
	}
	crossings := 0
	for i := range p.Routes {
		for k := range i {
			a, b := &p.Routes[i], &p.Routes[k]
			for _, x := range crossingsOf(a.Line.Points(), b.Line.Points()) {
				crossings++
				found := false
				for _, routes := range on {
					at, isA := routes[a.Code]
					_, isB := routes[b.Code]
					found = found || isA && isB && geo.Distance(at, x) <= 1
				}
				if !found {
					t.Errorf("%s and %s cross at %v, which is no junction", a.Code, b.Code, x)
				}
			}
		}
	}
	if crossings < len(on) {
		t.Errorf("%d crossings for %d junctions", crossings, len(on))
	}
}

// crossingsOf gives the points that segments of two lines share, ends
// included.
func crossingsOf(a, b []geo.Point) (all []geo.Point) {
	for i := range len(a) - 1 {
		for k := range len(b) - 1 {
			p, r := a[i], geo.Point{Lon: a[i+1].Lon - a[i].Lon, Lat: a[i+1].Lat - a[i].Lat}
			q, s := b[k], geo.Point{Lon: b[k+1].Lon - b[k].Lon, Lat: b[k+1].Lat - b[k].Lat}
			det := r.Lon*s.Lat - r.Lat*s.Lon
			if det == 0 {
				continue
			}
			t := ((q.Lon-p.Lon)*s.Lat - (q.Lat-p.Lat)*s.Lon) / det
			u := ((q.Lon-p.Lon)*r.Lat - (q.Lat-p.Lat)*r.Lon) / det
			if t >= 0 && t <= 1 && u >= 0 && u <= 1 {
				all = append(all, geo.Point{Lon: p.Lon + t*r.Lon, Lat: p.Lat + t*r.Lat})
			}
		}
	}
	return all
}

// Cameras on a route have it in view: one way or the other lies within half
// their field of view. Some at junctions watch the other road.
func TestSampleCamerasLookAlongTheirRoute(t *testing.T) {
	p := sample(t)
	along, all := 0, 0
	for _, c := range p.Cameras {
		s := p.Site(c.Site)
		if s.Route == "" {
			continue
		}
		all++
		bearing := p.Route(s.Route).Line.BearingAt(s.At)
		off := math.Abs(math.Remainder(c.Azimuth-bearing, 180))
		if off <= c.FOV/2 {
			along++
		}
		if c.FOV < 40 || c.FOV > 110 || c.Azimuth >= 360 {
			t.Errorf("camera %s has azimuth %v and field of view %v", c.Code, c.Azimuth, c.FOV)
		}
	}
	if all < 170 || along < all*95/100 {
		t.Errorf("%d of %d cameras look along their route", along, all)
	}
}

func TestSampleIsWrittenAsItStands(t *testing.T) {
	files, err := plan.Encode(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(sampleDir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s differs from what Write makes of it", name)
		}
		if !norm.NFC.IsNormal(got) {
			t.Errorf("%s is not in NFC", name)
		}
	}
}
