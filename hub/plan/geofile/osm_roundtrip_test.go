package geofile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/geofile"
	"github.com/phukin/phukin/hub/plan/plantest"
)

// tagged writes the cameras of a plan as OpenStreetMap would hold them: what
// its tags can say, and nothing else. The view is a range where it is one that
// tags can say exactly, and a direction otherwise.
func tagged(t *rapid.T, p *plan.Plan) []byte {
	var features []string
	for _, c := range p.Cameras {
		s := p.Site(c.Site)
		tags := map[string]string{"man_made": "surveillance", "ref": c.Code, "camera:direction": number(c.Azimuth)}
		if c.MountingAt > 0 {
			tags["height"] = number(c.MountingAt) + rapid.SampledFrom([]string{"", " m"}).Draw(t, "unit")
		}
		f := map[string]any{
			"type": "Feature", "id": rapid.IntRange(1, 1e9).Draw(t, "node"), "properties": tags,
			"geometry": map[string]any{"type": "Point", "coordinates": []float64{s.Position.Lon, s.Position.Lat}},
		}
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		features = append(features, string(text))
	}
	return osm(features...)
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// What the tags say is in the plan afterwards, and all else is as it was:
// cameras that come back to the plan they were taken from change nothing, and
// those that had been turned and moved meanwhile are put back.
func TestCamerasOfOpenStreetMapComeBackUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := plantest.Document(t)
		c, err := plan.Compile(doc)
		if err != nil {
			t.Fatal(err)
		}
		// Sites whose place is not on the line alone: tags have positions.
		sites := plan.TableByName(plan.Sites)
		for i, r := range doc.Rows(plan.Sites) {
			s := c.Plan.Site(sites.Cell(r, "code"))
			if !slices.ContainsFunc(c.Plan.Cameras, func(x plan.Camera) bool { return x.Site == s.Code }) {
				continue
			}
			doc.Set(plan.Sites, i, "lon", number(s.Position.Lon))
			doc.Set(plan.Sites, i, "lat", number(s.Position.Lat))
		}
		doc = plantest.Compile(t, doc)
		data := tagged(t, c.Plan)

		turned := doc.Clone()
		for i, r := range doc.Rows(plan.Cameras) {
			turned.Set(plan.Cameras, i, "azimuth", fmt.Sprint(rapid.IntRange(0, 359).Draw(t, "turned")))
			if plan.TableByName(plan.Cameras).Cell(r, "mounting_height") != "" {
				turned.Set(plan.Cameras, i, "mounting_height", "3")
			}
		}
		for i, r := range doc.Rows(plan.Sites) {
			if sites.Cell(r, "route") == "" && sites.Cell(r, "lon") != "" && slices.ContainsFunc(c.Plan.Cameras, func(x plan.Camera) bool { return x.Site == sites.Cell(r, "code") }) {
				turned.Set(plan.Sites, i, "lon", "105.9")
			}
		}
		for name, base := range map[string]*plan.Document{"as it was": doc, "turned and moved": plantest.Compile(t, turned)} {
			back, err := geofile.Cameras("f.geojson", data, base, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := cmp.Diff(shape(doc), shape(plantest.Compile(t, back))); d != "" {
				t.Fatalf("%s: %s", name, d)
			}
		}
	})
}

// Cameras that the plan does not have get their rows from the tags and from
// what is set.
func TestNewCamerasOfOpenStreetMapHaveWhatTheTagsSay(t *testing.T) {
	empty := base(t)
	rapid.Check(t, func(t *rapid.T) {
		var features []string
		type said struct{ azimuth, fov, lon, lat string }
		want := map[string]said{}
		for i := range rapid.IntRange(1, 8).Draw(t, "cameras") {
			lon, lat := rapid.IntRange(1057000, 1059000).Draw(t, "lon"), rapid.IntRange(182500, 183500).Draw(t, "lat")
			x := said{lon: number(float64(lon) / 1e4), lat: number(float64(lat) / 1e4), fov: "70"}
			from, width := rapid.IntRange(0, 359).Draw(t, "from"), 2*rapid.IntRange(0, 179).Draw(t, "half")
			direction := fmt.Sprint(from)
			x.azimuth = direction
			if width > 0 {
				direction = fmt.Sprintf("%d-%d", from, (from+width)%360)
				x.azimuth, x.fov = fmt.Sprint((from+width/2)%360), fmt.Sprint(width)
			}
			code := fmt.Sprintf("OSM-%d", i+1)
			want[code] = x
			features = append(features, fmt.Sprintf(`{"type":"Feature","id":"node/%d","properties":{"man_made":"surveillance","camera:direction":%q},"geometry":{"type":"Point","coordinates":[%s,%s]}}`,
				i+1, direction, x.lon, x.lat))
		}
		back, err := geofile.Cameras("f", osm(features...), empty, set)
		if err != nil {
			t.Fatal(err)
		}
		doc := plantest.Compile(t, back)
		for code, x := range want {
			got := cellsOf(doc, plan.Cameras, code, "azimuth", "fov")
			got = append(got, cellsOf(doc, plan.Sites, "D-"+code, "lon", "lat")...)
			if d := cmp.Diff([]string{x.azimuth, x.fov, x.lon, x.lat}, got); d != "" {
				t.Fatalf("%s: %s", code, d)
			}
		}
		if n := len(doc.Rows(plan.Cameras)); n != len(want) {
			t.Fatalf("%d cameras, want %d", n, len(want))
		}
	})
}
