package mapfile_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/report/mapfile"
)

// collection is what a reader of GeoJSON makes of the file.
type collection struct {
	Type      string
	Simulated bool
	State     string
	Level     string
	AsOf      *string `json:"as_of"`
	Revision  *int    `json:"plan_revision"`
	Features  []feature
}

type feature struct {
	Type       string
	Geometry   *geometry
	Properties map[string]any
}

type geometry struct {
	Type        string
	Coordinates json.RawMessage
}

func (f *feature) layer() string { return f.Properties["layer"].(string) }

func readGeoJSON(t testing.TB, file []byte) collection {
	t.Helper()
	var c collection
	if err := json.Unmarshal(file, &c); err != nil {
		t.Fatal(err)
	}
	if c.Type != "FeatureCollection" {
		t.Fatalf("type %q", c.Type)
	}
	return c
}

// positions gives the positions of a geometry as they are written, and checks
// what RFC 7946 asks of it.
func (f *feature) positions(t testing.TB) [][2]json.Number {
	t.Helper()
	if f.Geometry == nil {
		return nil
	}
	decode := func(into any) {
		d := json.NewDecoder(bytes.NewReader(f.Geometry.Coordinates))
		d.UseNumber()
		if err := d.Decode(into); err != nil {
			t.Fatalf("%v: %v", f.Properties, err)
		}
	}
	switch f.Geometry.Type {
	case "Point":
		var p [2]json.Number
		decode(&p)
		return [][2]json.Number{p}
	case "LineString":
		var l [][2]json.Number
		decode(&l)
		if len(l) < 2 {
			t.Errorf("%v: a line of %d positions (RFC 7946 §3.1.4)", f.Properties, len(l))
		}
		return l
	case "Polygon":
		var p [][][2]json.Number
		decode(&p)
		if len(p) != 1 || len(p[0]) < 4 || p[0][0] != p[0][len(p[0])-1] {
			t.Fatalf("%v: not one closed ring (RFC 7946 §3.1.6)", f.Properties)
		}
		sum := 0.0
		for i := range len(p[0]) - 1 {
			a, b := point(p[0][i]), point(p[0][i+1])
			sum += (b.Lon - a.Lon) * (b.Lat + a.Lat)
		}
		if !(sum < 0) {
			t.Errorf("%v: the ring runs clockwise (RFC 7946 §3.1.6)", f.Properties["camera"])
		}
		return p[0]
	}
	t.Errorf("%v: a %s", f.Properties, f.Geometry.Type)
	return nil
}

func point(p [2]json.Number) geo.Point {
	lon, _ := p[0].Float64()
	lat, _ := p[1].Float64()
	return geo.Point{Lon: lon, Lat: lat}
}

func TestTheFileIsWhatRFC7946AsksFor(t *testing.T) {
	m := drawn(t, coverage.Working, "observation", mapfile.Options{})
	c := readGeoJSON(t, written(t, m.WriteGeoJSON))
	if !c.Simulated || c.State != "working" || c.Level != "observation" || c.AsOf == nil || *c.AsOf != "2026-11-24T01:00:00Z" || c.Revision != nil {
		t.Errorf("head: %+v", c)
	}
	layers := map[string]int{}
	for i := range c.Features {
		f := &c.Features[i]
		layers[f.layer()]++
		if f.Type != "Feature" || f.Properties["simulated"] != true {
			t.Errorf("feature %d: %s, simulated %v", i, f.Type, f.Properties["simulated"])
		}
		for _, p := range f.positions(t) {
			for k, v := range p {
				if _, decimals, _ := strings.Cut(v.String(), "."); len(decimals) > 7 {
					t.Errorf("%v: %s has more than 7 decimals", f.Properties, v)
				}
				if at, _ := v.Float64(); k == 0 && (at < 105 || at > 107) || k == 1 && (at < 18 || at > 19) {
					t.Errorf("%v: %v is not in the district: longitude comes first", f.Properties, p)
				}
			}
		}
		if l, ok := f.Properties["length_m"].(float64); ok {
			checkLength(t, f, l)
		}
		if r, ok := f.Properties["range_m"].(float64); ok && (f.Geometry == nil) != (r == 0) {
			t.Errorf("%v reaches %v m; its polygon: %v", f.Properties["camera"], r, f.Geometry)
		}
	}
	p := m.Plan
	for layer, want := range map[string]int{"gateway": len(p.Gateways), "site": len(p.Sites), "camera": len(p.Cameras), "footprint": len(m.Eye.Footprints())} {
		if layers[layer] != want {
			t.Errorf("%d features of layer %s, want %d", layers[layer], layer, want)
		}
	}
	sections := 0
	for i := range m.Covers[m.State].Routes {
		sections += len(m.Covers[m.State].Routes[i].Sections)
	}
	r := m.Covers[m.State]
	if layers["section"] != sections || layers["gap"] != len(r.GapsInView)+len(r.GapsOfControl) || layers["route_stretch"] != len(m.Stretches()) {
		t.Errorf("%v; want %d sections, %d gaps, %d stretches", layers, sections, len(r.GapsInView)+len(r.GapsOfControl), len(m.Stretches()))
	}
}

// checkLength holds the length of a line against the one it says: the grid of
// positions moves either end by 0.8 cm at most.
func checkLength(t *testing.T, f *feature, want float64) {
	t.Helper()
	sum := 0.0
	at := f.positions(t)
	for i := range len(at) - 1 {
		sum += geo.Distance(point(at[i]), point(at[i+1]))
	}
	if math.Abs(sum-want) > 0.02+1e-5*want {
		t.Errorf("%v: the line is %.3f m long", f.Properties, sum)
	}
}

// What cameras are to be watched by must not get out.
func TestNoMapHasTheAddressOfAStream(t *testing.T) {
	p := sample(t)
	const secret = "198.51.100.77"
	for i := range p.Cameras {
		p.Cameras[i].Address = plan.Address("rtsp://" + secret + "/live")
	}
	m, err := mapfile.New(source(t, p, coverage.Working, "observation", day), mapfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"GeoJSON": written(t, m.WriteGeoJSON), "SVG": written(t, func(w io.Writer) error { return m.WriteSVG(w, mapfile.Size{}) })} {
		if bytes.Contains(file, []byte(secret)) || bytes.Contains(file, []byte("rtsp")) {
			t.Errorf("the %s has an address", name)
		}
	}
}

func TestCamerasCanBeLeftOut(t *testing.T) {
	m := drawn(t, coverage.Working, "observation", mapfile.Options{NoCameras: true})
	c := readGeoJSON(t, written(t, m.WriteGeoJSON))
	for i := range c.Features {
		switch l := c.Features[i].layer(); l {
		case "route_stretch", "gap", "section", "gateway":
		default:
			t.Fatalf("a feature of layer %s", l)
		}
	}
	svg := string(written(t, func(w io.Writer) error { return m.WriteSVG(w, mapfile.Size{}) }))
	if strings.Contains(svg, `id="cameras"`) || strings.Contains(svg, `id="footprints"`) || strings.Contains(svg, "C-001") {
		t.Error("the drawing has cameras")
	}
}

func TestARestrictedMapHasOnlyWhatIsThere(t *testing.T) {
	m := drawn(t, coverage.Accepted, "observation", mapfile.Options{Route: "DT550"})
	seen := map[string]int{}
	c := readGeoJSON(t, written(t, m.WriteGeoJSON))
	for i := range c.Features {
		f := &c.Features[i]
		seen[f.layer()]++
		if f.Properties["route"] != "DT550" {
			t.Errorf("a %s of %v", f.layer(), f.Properties["route"])
		}
	}
	if len(seen) != 7 {
		t.Errorf("layers: %v", seen)
	}
	m = drawn(t, coverage.Accepted, "observation", mapfile.Options{Area: "18562"})
	c = readGeoJSON(t, written(t, m.WriteGeoJSON))
	for i := range c.Features {
		f := &c.Features[i]
		if l := f.layer(); l == "site" || l == "camera" || l == "footprint" {
			if f.Properties["area"] != "18562" {
				t.Errorf("a %s in %v", l, f.Properties["area"])
			}
		}
	}
}

func TestWhatIsNotKnownIsNull(t *testing.T) {
	p := sample(t)
	p.Cameras[3].Azimuth, p.Cameras[5].FOV = math.NaN(), math.NaN()
	m, err := mapfile.New(source(t, p, coverage.Working, "observation", day), mapfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := readGeoJSON(t, written(t, m.WriteGeoJSON))
	incomplete := 0
	for i := range c.Features {
		f := &c.Features[i]
		if f.layer() != "camera" {
			continue
		}
		camera := m.Plan.Camera(f.Properties["camera"].(string))
		if azimuth := f.Properties["azimuth_deg"]; math.IsNaN(camera.Azimuth) != (azimuth == nil) {
			t.Errorf("%s: azimuth %v, in the plan %v", camera.Code, azimuth, camera.Azimuth)
		}
		if f.Properties["incomplete"] != nil {
			incomplete++
		}
		if f.Properties["status"] != "down" && f.Properties["fault"] != nil {
			t.Errorf("%s is %v, with fault %v", camera.Code, f.Properties["status"], f.Properties["fault"])
		}
	}
	if want := len(m.Eye.Incomplete()); incomplete != want || want == 0 {
		t.Errorf("%d cameras are incomplete, want %d, and some", incomplete, want)
	}
}

// The page lists every property there is.
func TestThePageListsThePropertiesOfAllLayers(t *testing.T) {
	page, err := os.ReadFile("../../../docs/map.md")
	if err != nil {
		t.Fatal(err)
	}
	c := readGeoJSON(t, written(t, drawn(t, coverage.Working, "observation", mapfile.Options{}).WriteGeoJSON))
	seen := map[string]bool{}
	for i := range c.Features {
		for name := range c.Features[i].Properties {
			for _, s := range coverage.States() {
				if base, ok := strings.CutSuffix(name, "_"+string(s)); ok {
					name = base + "_…"
				}
			}
			if !seen[name] && !bytes.Contains(page, []byte("`"+name+"`")) {
				t.Errorf("docs/map.md does not list %s", name)
			}
			seen[name] = true
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d properties", len(seen))
	}
}

// A stretch that is shorter than the grid of positions is still there with its
// length.
func TestAStretchBelowTheGridHasNoGeometry(t *testing.T) {
	var b bytes.Buffer
	m := drawn(t, coverage.Working, "observation", mapfile.Options{})
	r := m.Covers[coverage.Planned]
	route := &r.Routes[0]
	route.View = append([]geo.Interval{{From: 0, To: 0.002}}, route.View...)
	m, err := mapfile.New(m.Source, mapfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.WriteGeoJSON(&b); err != nil {
		t.Fatal(err)
	}
	c := readGeoJSON(t, b.Bytes())
	for i := range c.Features {
		f := &c.Features[i]
		if f.Properties["length_m"] == 0.002 {
			if f.Geometry != nil {
				t.Errorf("it has a geometry: %s", f.Geometry.Coordinates)
			}
			return
		}
	}
	t.Error("it is not there")
}

func TestAFileThatIsTooLargeIsRefused(t *testing.T) {
	p := sample(t)
	p.Name.VI = strings.Repeat("đ", mapfile.MaxSize/2+1)
	m, err := mapfile.New(source(t, p, coverage.Working, "observation", day), mapfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.WriteGeoJSON(io.Discard); !errors.Is(err, mapfile.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}

// GDAL, with which QGIS reads GeoJSON, sees the layers, and measures on the
// ellipsoid what hub/coverage counts.
func TestGDALReadsTheFileAndMeasuresTheSame(t *testing.T) {
	tool, err := exec.LookPath("ogr2ogr")
	if err != nil {
		const remedy = "LOUD SKIP: GDAL is not there; mend it with: apt-get install --no-install-recommends gdal-bin"
		if os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
			t.Fatal(remedy)
		}
		t.Skip(remedy)
	}
	m := drawn(t, coverage.Working, "observation", mapfile.Options{})
	file := filepath.Join(t.TempDir(), "map.geojson")
	if err := os.WriteFile(file, written(t, m.WriteGeoJSON), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(sql string) [][]string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), tool, "-f", "CSV", "/vsistdout/", file, "-dialect", "sqlite", "-sql", sql)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil || stderr.Len() > 0 {
			t.Fatalf("%s: %v: %s", sql, err, stderr.Bytes())
		}
		rows, err := csv.NewReader(&stdout).ReadAll()
		if err != nil || len(rows) == 0 {
			t.Fatalf("%s: %v", sql, err)
		}
		return rows[1:]
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const from = ` FROM "phukin-coverage" WHERE layer = 'route_stretch'`
	for _, state := range coverage.States() {
		for i, measure := range []string{"in_view", "controlled"} {
			rows := ask(fmt.Sprintf(`SELECT route, sum(length_m), sum(ST_Length(geometry, 1)) `+from+` AND %s_%s = 1 GROUP BY route`, measure, state))
			got := map[string][2]float64{}
			for _, r := range rows {
				got[r[0]] = [2]float64{number(r[1]), number(r[2])}
			}
			for _, r := range m.Covers[state].Routes {
				want := []float64{r.InView, r.Controlled}[i]
				if g := got[r.Code]; math.Abs(g[0]-want) > 1e-6*want+1e-9 || math.Abs(g[1]-want) > 0.05+1e-5*want {
					t.Errorf("%s, %s, %s: length_m adds up to %.3f m, the lines to %.3f; want %.3f", r.Code, measure, state, g[0], g[1], want)
				}
			}
		}
	}
	if bad := ask(`SELECT layer, count(*) FROM "phukin-coverage" WHERE geometry IS NOT NULL AND NOT ST_IsValid(geometry) GROUP BY layer`); len(bad) > 0 {
		t.Errorf("not valid: %v", bad)
	}
	// A footprint is a sector of its range: its area is that of one, on the ellipsoid.
	rows := ask(`SELECT camera, fov_deg, range_m, ST_Area(geometry, 1) FROM "phukin-coverage" WHERE layer = 'footprint'`)
	if len(rows) != len(m.Eye.Footprints()) {
		t.Errorf("%d footprints, want %d", len(rows), len(m.Eye.Footprints()))
	}
	for _, r := range rows {
		if number(r[2]) == 0 { // the ground is out of reach
			if r[3] != "" {
				t.Errorf("%s reaches nothing, and has %s m²", r[0], r[3])
			}
			continue
		}
		if fov, radius, area := number(r[1]), number(r[2]), number(r[3]); math.Abs(area-fov/360*math.Pi*radius*radius) > 0.005*area+0.02*radius {
			t.Errorf("%s: %.1f m², %g° of %g m", r[0], area, fov, radius)
		}
	}
}
