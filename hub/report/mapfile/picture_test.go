package mapfile_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/report/mapfile"
)

// element is one of an SVG file, with the group it is in.
type element struct {
	name, group string
	attr        map[string]string
	text        string
}

// readSVG gives the elements of a well-formed file.
func readSVG(t testing.TB, file []byte) []element {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(file))
	var out []element
	var open []int // indices of those that are open
	group := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			e := element{name: x.Name.Local, attr: map[string]string{}}
			for _, a := range x.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			if e.name == "g" {
				group = e.attr["id"]
			}
			e.group = group
			open = append(open, len(out))
			out = append(out, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				out[open[len(open)-1]].text += string(x)
			}
		}
	}
}

// pathOf gives the points of a path.
func pathOf(t testing.TB, e *element) [][2]float64 {
	t.Helper()
	var out [][2]float64
	for _, part := range strings.FieldsFunc(e.attr["d"], func(r rune) bool { return r == 'M' || r == 'L' || r == 'Z' }) {
		var x, y float64
		if _, err := fmt.Sscan(part, &x, &y); err != nil {
			t.Fatalf("%q: %v", part, err)
		}
		out = append(out, [2]float64{x, y})
	}
	return out
}

func whole(t testing.TB, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func svgOf(t testing.TB, m *mapfile.Map, size mapfile.Size) []byte {
	t.Helper()
	return written(t, func(w io.Writer) error { return m.WriteSVG(w, size) })
}

// What is drawn of each route in each way is as long as hub/coverage says, and
// lies where the route does.
func TestTheDrawnStretchesAgreeWithTheFigures(t *testing.T) {
	for _, state := range coverage.States() {
		m := drawn(t, state, "observation", mapfile.Options{})
		place := placer(t, m, mapfile.Size{})
		got := map[string]map[string]int64{"in_view": {}, "controlled": {}, "not_controlled": {}}
		for _, e := range readSVG(t, svgOf(t, m, mapfile.Size{})) {
			sums, ok := got[e.group]
			if !ok || e.name != "path" {
				continue
			}
			from, to := whole(t, e.attr["data-from-mm"]), whole(t, e.attr["data-to-mm"])
			sums[e.attr["data-route"]] += to - from
			route := m.Plan.Route(e.attr["data-route"])
			points := pathOf(t, &e)
			for _, end := range []struct {
				at  float64
				got [2]float64
			}{{float64(from) / 1000, points[0]}, {float64(to) / 1000, points[len(points)-1]}} {
				x, y := place(route.Line.At(end.at))
				if d := math.Hypot(x-end.got[0], y-end.got[1]); d > 1.3 { // half of the least length, and hundredths
					t.Errorf("%s, %s %s: drawn %.2f units off", state, e.group, route.Code, d)
				}
			}
		}
		for i := range m.Covers[state].Routes {
			r := &m.Covers[state].Routes[i]
			var both int64 // in view, of sections that are controlled
			for _, x := range m.Stretches() {
				s := stateIndex(state)
				if x.Route == i && x.InView[s] && x.Controlled[s] {
					both += x.To - x.From
				}
			}
			if got["in_view"][r.Code] != mm(r.InView) || got["controlled"][r.Code] != mm(r.Controlled)-both ||
				got["in_view"][r.Code]+got["controlled"][r.Code]+got["not_controlled"][r.Code] != mm(r.Length) {
				t.Errorf("%s, %s: drawn %d, %d, %d mm; want %.3f m in view, %.3f controlled, of %.3f", state, r.Code,
					got["in_view"][r.Code], got["controlled"][r.Code], got["not_controlled"][r.Code], r.InView, r.Controlled, r.Length)
			}
		}
	}
}

// placer gives what tells where a position is drawn.
func placer(t testing.TB, m *mapfile.Map, size mapfile.Size) func(geo.Point) (x, y float64) {
	t.Helper()
	place, err := m.Place(size)
	if err != nil {
		t.Fatal(err)
	}
	return place
}

func stateIndex(s coverage.State) int {
	for i, x := range coverage.States() {
		if x == s {
			return i
		}
	}
	return -1
}

func TestTheDrawingSaysWhatItShows(t *testing.T) {
	for _, size := range []mapfile.Size{{}, {Width: 360}, {Width: 2246}} {
		m := drawn(t, coverage.Working, "observation", mapfile.Options{})
		var all strings.Builder
		for _, e := range readSVG(t, svgOf(t, m, size)) {
			if e.name == "text" {
				all.WriteString(e.text + " ")
			}
			if e.attr["style"] != "" || e.name == "style" || e.attr["href"] != "" {
				t.Errorf("%s is styled by what a strict policy forbids, or fetches something", e.name)
			}
		}
		for _, want := range []string{"Hệ thống camera giám sát", "Độ phủ đang hoạt động", "mức quan sát", "62,5 điểm ảnh/m", "08:00 24/11/2026", "kế hoạch đọc từ tệp",
			"MÔ PHỎNG", "SIMULATED", "Trong tầm quan sát", "Được kiểm soát", "Không được kiểm soát", "Cửa ngõ", "Không hoạt động", " km ", " B ", "QL1A", "Phép chiếu"} {
			if !strings.Contains(all.String(), want) {
				t.Errorf("width %d: %q is not in the drawing", size.Width, want)
			}
		}
	}
	p := sample(t)
	p.Simulated, p.Revision.Number = false, 7
	m, err := mapfile.New(source(t, p, coverage.Accepted, "detection", day), mapfile.Options{Route: "DT550"})
	if err != nil {
		t.Fatal(err)
	}
	file := string(svgOf(t, m, mapfile.Size{}))
	for want, there := range map[string]bool{"SIMULATED": false, "Kế hoạch lần sửa 7": true, "Lúc ": false, "đã nghiệm thu": true, "tuyến DT550": true, "mức phát hiện (25 điểm": true} {
		if strings.Contains(file, want) != there {
			t.Errorf("%q in the drawing: want %t", want, there)
		}
	}
}

// Labels do not stand on each other.
func TestLabelsDoNotCoverEachOther(t *testing.T) {
	for _, c := range []struct {
		options mapfile.Options
		size    mapfile.Size
		least   int // labels
	}{{mapfile.Options{}, mapfile.Size{}, 30}, {mapfile.Options{}, mapfile.Size{Width: 360}, 12}, {mapfile.Options{Area: "18562"}, mapfile.Size{}, 20}, {mapfile.Options{Route: "QL1A"}, mapfile.Size{}, 15}} {
		m := drawn(t, coverage.Working, "observation", c.options)
		boxes, before, err := m.Labels(c.size)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(boxes) - before; n < c.least {
			t.Errorf("%+v: %d labels, want %d at least", c, n, c.least)
		}
		for i, a := range boxes {
			for _, b := range boxes[:i] {
				if a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3] {
					t.Errorf("%+v: labels at %v and %v", c, a, b)
				}
			}
		}
	}
}

// A district of 22 communes, 12 routes and 180 cameras fits on a sheet of A4:
// each of its names is there.
func TestADistrictFitsOnASheet(t *testing.T) {
	p := sample(t)
	on := plan.NewDate(2024, time.June, 1)
	m, err := mapfile.New(source(t, p, coverage.Planned, "observation", on), mapfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, e := range readSVG(t, svgOf(t, m, mapfile.Size{})) {
		if e.group == "labels" {
			there[e.text] = true
		}
	}
	communes := 0
	for i := range p.Areas {
		if a := &p.Areas[i]; a.InForce(on) && (a.Kind == "xã" || a.Kind == "thị trấn") {
			communes++
			if !there[a.Name] {
				t.Errorf("commune %s is not named", a.Name)
			}
		}
	}
	for i := range p.Routes {
		if !there[p.Routes[i].Code] {
			t.Errorf("route %s is not named", p.Routes[i].Code)
		}
	}
	for i := range p.Gateways {
		if !there["→ "+p.Gateways[i].To] {
			t.Errorf("gateway %s is not named", p.Gateways[i].Code)
		}
	}
	if communes != 22 || len(p.Routes) != 12 || len(p.Cameras) != 180 {
		t.Errorf("%d communes, %d routes, %d cameras", communes, len(p.Routes), len(p.Cameras))
	}
}

func TestThePictureHasTheSizeAndTheRoutes(t *testing.T) {
	for _, size := range []mapfile.Size{{}, {Width: 360}, {Width: 700, Height: 600}} {
		m := drawn(t, coverage.Working, "observation", mapfile.Options{})
		file := written(t, func(w io.Writer) error { return m.WritePNG(w, size) })
		picture, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		width, height := picture.Bounds().Dx(), picture.Bounds().Dy()
		if want := max(size.Width, 360); size.Width != 0 && width != want || size.Width == 0 && (width != 1123 || height != 794) || size.Height != 0 && height != size.Height {
			t.Errorf("%+v: %d × %d", size, width, height)
		}
		place := placer(t, m, size)
		var on, off int
		for i := range m.Plan.Routes {
			l := m.Plan.Routes[i].Line
			for _, x := range m.Stretches() {
				if x.Route != i || !x.Controlled[stateIndex(coverage.Working)] {
					continue // dashes have holes
				}
				px, py := place(l.At(float64(x.From+x.To) / 2000))
				if r, g, b, _ := picture.At(int(px), int(py)).RGBA(); r == 0xffff && g == 0xffff && b == 0xffff {
					off++
				} else {
					on++
				}
			}
		}
		if on < 50 || off*20 > on {
			t.Errorf("%+v: of the places of routes %d are painted and %d white", size, on, off)
		}
	}
}

func TestTheSameMapGivesTheSameBytes(t *testing.T) {
	for name, write := range map[string]func(*mapfile.Map, io.Writer) error{
		"GeoJSON": (*mapfile.Map).WriteGeoJSON,
		"SVG":     func(m *mapfile.Map, w io.Writer) error { return m.WriteSVG(w, mapfile.Size{}) },
		"PNG":     func(m *mapfile.Map, w io.Writer) error { return m.WritePNG(w, mapfile.Size{Width: 400}) },
	} {
		var files [2][]byte
		for i := range files {
			m := drawn(t, coverage.Working, "observation", mapfile.Options{})
			files[i] = written(t, func(w io.Writer) error { return write(m, w) })
		}
		if !bytes.Equal(files[0], files[1]) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestOptionsThatCannotBeSayWhatWouldBeRight(t *testing.T) {
	s := source(t, sample(t), coverage.Working, "observation", day)
	for _, c := range []struct {
		options mapfile.Options
		size    mapfile.Size
		says    []string
	}{
		{mapfile.Options{Route: "QL9"}, mapfile.Size{}, []string{`route: "QL9"`, "QL1A"}},
		{mapfile.Options{Area: "99999"}, mapfile.Size{}, []string{`area: `, `"99999"`, "18562"}},
		{mapfile.Options{Area: "18565"}, mapfile.Size{}, []string{`"18565"`, "2026-11-24"}}, // gone since 2025
		{mapfile.Options{}, mapfile.Size{Width: 100}, []string{"width: 100", "320", "3508"}},
		{mapfile.Options{}, mapfile.Size{Width: 4000}, []string{"width: 4000"}},
		{mapfile.Options{}, mapfile.Size{Height: 5000}, []string{"height: 5000"}},
		{mapfile.Options{}, mapfile.Size{Width: 1123, Height: 250}, []string{"height: 250", "at least"}},
		{mapfile.Options{}, mapfile.Size{Width: 360, Height: 250}, []string{"height: 250", "at least"}},
	} {
		m, err := mapfile.New(s, c.options)
		if err == nil {
			err = m.WriteSVG(io.Discard, c.size)
		}
		if err == nil {
			t.Errorf("%+v: no error", c)
			continue
		}
		for _, want := range c.says {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %q does not say %q", c, err, want)
			}
		}
	}
}

// The least height that an error names is enough.
func TestTheLeastHeightIsEnough(t *testing.T) {
	m := drawn(t, coverage.Working, "observation", mapfile.Options{})
	for _, width := range []int{320, 360, 699, 700, 1123, 2000} {
		err := m.WriteSVG(io.Discard, mapfile.Size{Width: width, Height: mapfile.LeastHeight})
		if err == nil {
			continue
		}
		_, tail, _ := strings.Cut(err.Error(), "at least ")
		var least int
		if _, err := fmt.Sscan(strings.TrimSuffix(strings.Fields(tail)[0], ","), &least); err != nil {
			t.Fatal(err)
		}
		if err := m.WriteSVG(io.Discard, mapfile.Size{Width: width, Height: least}); err != nil {
			t.Errorf("width %d: %v", width, err)
		}
		if err := m.WriteSVG(io.Discard, mapfile.Size{Width: width, Height: least - 1}); err == nil {
			t.Errorf("width %d: one less than %d is enough", width, least)
		}
	}
}

// The projection is as true as the drawing says: 0.1 % over a district.
func TestTheProjectionIsAsTrueAsItSays(t *testing.T) {
	m := drawn(t, coverage.Planned, "observation", mapfile.Options{})
	place := placer(t, m, mapfile.Size{})
	middle := geo.Point{Lon: 105.88, Lat: 18.34}
	for _, from := range []geo.Point{middle, geo.Move(middle, 0, 10_000), geo.Move(middle, 180, 10_000)} {
		x0, y0 := place(from)
		north, east := geo.Move(from, 0, 1000), geo.Move(from, 90, 1000)
		nx, ny := place(north)
		ex, ey := place(east)
		up, right := math.Hypot(nx-x0, ny-y0), math.Hypot(ex-x0, ey-y0)
		if math.Abs(right/up-1) > 0.001 || math.Abs(nx-x0) > 1e-6*up || ny >= y0 || ex <= x0 || math.Abs(ey-y0) > 1e-3*right {
			t.Errorf("from %v: 1 km to the north is %.4f units, to the east %.4f", from, up, right)
		}
	}
}

func TestTheFontHasAllLettersOfVietnamese(t *testing.T) {
	const letters = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệfghiìíỉĩịjklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvwxyỳýỷỹỵz0123456789+-–→·…≤%²()/,.:"
	for _, bold := range []bool{false, true} {
		for _, r := range letters + strings.ToUpper(letters) {
			if !mapfile.Has(bold, r) {
				t.Errorf("bold %t: no %q", bold, r)
			}
		}
	}
}

func TestDashesFollowEachOther(t *testing.T) {
	got := fmt.Sprint(mapfile.Dashes(20, []float64{4, 3}))
	if want := "[[0 4] [7 11] [14 18]]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := fmt.Sprint(mapfile.Dashes(8, []float64{4, 3})); got != "[[0 4] [7 8]]" {
		t.Error(got)
	}
}

// Whatever is asked for, it is refused in words or drawn well-formed.
func FuzzOptions(f *testing.F) {
	f.Add("", "", "working", 0, 0, false)
	f.Add("18562", "", "planned", 360, 600, true)
	f.Add("", "DT550", "accepted", 3508, 2480, false)
	f.Add("445", "\x00<&\"", "installed", -1, 1<<30, false)
	p := sample(f)
	sources := map[coverage.State]mapfile.Source{}
	for _, s := range coverage.States() {
		sources[s] = source(f, p, s, "observation", day)
	}
	f.Fuzz(func(t *testing.T, area, route, state string, width, height int, bare bool) {
		s, ok := sources[coverage.State(state)]
		if !ok {
			return
		}
		m, err := mapfile.New(s, mapfile.Options{Area: area, Route: route, NoCameras: bare})
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := m.WriteSVG(&b, mapfile.Size{Width: width, Height: height}); err != nil {
			return
		}
		readSVG(t, b.Bytes())
	})
}
