package geofile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/geofile"
	"github.com/phukin/phukin/hub/plan/plantest"
)

func osm(features ...string) []byte {
	return []byte("{\"type\":\"FeatureCollection\",\"features\":[\n" + strings.Join(features, ",\n") + "]}")
}

func node(lon, lat, tags string) string {
	return fmt.Sprintf(`{"type":"Feature","id":"node/77","properties":{"man_made":"surveillance"%s},"geometry":{"type":"Point","coordinates":[%s,%s]}}`, tags, lon, lat)
}

var set = map[string]string{"agent": "tb-1", "phase": "P1", "width": "1920", "height": "1080", "fov": "70", "owner": "public", "area": "445"}

func cellsOf(d *plan.Document, table, key string, columns ...string) (cells []string) {
	row := d.Keyed(table)[key]
	for _, c := range columns {
		if row != nil {
			cells = append(cells, row[plan.TableByName(table).Column(c)])
		}
	}
	return cells
}

func TestCamerasOfOpenStreetMapBecomeRows(t *testing.T) {
	doc, err := geofile.Cameras("f", osm(
		node("105.83", "18.3001", `,"ref":"C 1","camera:direction":"NNE","surveillance:zone":"traffic","camera:mount":"pole","height":"5 m","name":"Ngã tư"`),
		node("105.85", "18.33", `,"camera:direction":"45-135","camera:angle":"15"`),
		`{"type":"Feature","id":9,"properties":{"man_made":"surveillance","camera:type":"dome"},"geometry":{"type":"Point","coordinates":[105.86,18.3]}}`,
		`{"type":"Feature","properties":{"amenity":"school"},"geometry":{"type":"Point","coordinates":[105.86,18.3]}}`,
		`{"type":"Feature","properties":{"man_made":"surveillance","surveillance:type":"guard"},"geometry":{"type":"Point","coordinates":[105.86,18.3]}}`,
	), base(t), set)
	if err != nil {
		t.Fatal(err)
	}
	c, err := plan.Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string][]string{
		"C-1":    {"D-C-1", "tb-1", "22.5", "70", "5"},
		"OSM-77": {"D-OSM-77", "tb-1", "90", "90", ""},
		"OSM-9":  {"D-OSM-9", "tb-1", "0", "70", ""},
	} {
		if d := cmp.Diff(want, cellsOf(c.Document, plan.Cameras, key, "site", "agent", "azimuth", "fov", "mounting_height")); d != "" {
			t.Errorf("%s: %s", key, d)
		}
	}
	if d := cmp.Diff([]string{"Ngã tư", "445", "route", "QL1A", "Km3+172"}, cellsOf(c.Document, plan.Sites, "D-C-1", "name", "area", "kind", "route", "chainage")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"other", "", ""}, cellsOf(c.Document, plan.Sites, "D-OSM-77", "kind", "route", "chainage")); d != "" {
		t.Error(d)
	}
	// Once more: what people entered meanwhile stays.
	for i, r := range c.Document.Rows(plan.Cameras) {
		if r.Cells[0] == "C-1" {
			c.Document.Set(plan.Cameras, i, "funding", "xã hội hóa")
			c.Document.Set(plan.Cameras, i, "agent", "tb-9")
		}
	}
	again, err := geofile.Cameras("f", osm(node("105.83", "18.3001", `,"ref":"C 1","direction":"90"`)), c.Document, set)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"90", "tb-9", "xã hội hóa", "70"}, cellsOf(again, plan.Cameras, "C-1", "azimuth", "agent", "funding", "fov")); d != "" {
		t.Error(d)
	}
	if n := len(again.Rows(plan.Cameras)); n != 3 {
		t.Errorf("%d cameras, want the same 3", n)
	}
}

func TestWhatTheTagsDoNotSayIsAskedFor(t *testing.T) {
	doc, err := geofile.Cameras("f.geojson", osm(node("105.83", "18.3", `,"camera:direction":"forward"`)), base(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Compile(doc)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"f.geojson:2: agent: empty: ", "f.geojson:2: phase: empty: ", "f.geojson:2: width: empty: ",
		`f.geojson:2: azimuth: "forward" is not a number: `, "f.geojson:2: area: empty: ",
	} {
		if !strings.Contains(plantest.English(err), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	for data, want := range map[string]string{
		string(osm(node("1", "2", ""), node("3", "4", ""))):                        `line 3: "OSM-77" already stands in line 2`,
		string(osm(strings.Replace(node("1", "2", ""), `"id":"node/77",`, "", 1))): "without ref and without id",
	} {
		if _, err := geofile.Cameras("f", []byte(data), base(t), nil); err == nil || !strings.Contains(plantest.English(err), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
	if _, err := geofile.Cameras("f", osm(), base(t), map[string]string{"colour": "red"}); err == nil || !strings.Contains(plantest.English(err), "--set colour") {
		t.Errorf("error is %v", err)
	}
}

func TestDirections(t *testing.T) {
	for in, want := range map[string][2]string{
		"": {"", ""}, "0": {"0", ""}, "360": {"360", ""}, "45.5": {"45.5", ""}, "90°": {"90", ""}, "n": {"0", ""}, "NNW": {"337.5", ""},
		"350-10": {"0", "20"}, "N-E": {"45", "90"}, "10-350": {"180", "340"}, "0-360": {"180", "360"},
		"361": {"361", ""}, "up": {"up", ""}, "10-up": {"10-up", ""},
	} {
		a, f := geofile.Direction(in)
		if !slices.Equal([]string{a, f}, want[:]) {
			t.Errorf("%q is %q, %q, want %q", in, a, f, want)
		}
	}
}

func FuzzCameras(f *testing.F) {
	f.Add(osm(node("105.83", "18.3", `,"ref":"C1","camera:direction":"10-20"`)))
	f.Add(osm(node("105.83", "18.3", `,"surveillance:zone":"traffic","height":{}`)))
	f.Add([]byte(`{"features":[{}]}`))
	b := base(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		geofile.IsPlan(data)
		geofile.HasPoints(data)
		if doc, err := geofile.Cameras("f", data, b, set); err == nil {
			if c, err := plan.Compile(doc); err == nil && len(c.Plan.Cameras) > len(data) {
				t.Fatal("more cameras than bytes")
			}
		}
	})
}
