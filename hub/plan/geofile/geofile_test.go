package geofile_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/geofile"
	"github.com/phukin/phukin/hub/plan/plantest"
)

func shape(d *plan.Document) string {
	var b strings.Builder
	for _, t := range plan.Tables() {
		for _, r := range d.Rows(t.Name) {
			fmt.Fprintf(&b, "%s %q\n", t.Name, r.Cells)
		}
	}
	return b.String()
}

// formats are those that lines are written in and read from.
var formats = map[string]func(*plan.Document) ([]byte, error){
	"geojson": func(d *plan.Document) ([]byte, error) { return d.EncodeRoutes(), nil },
	"kml":     geofile.KML, "gpx": geofile.GPX,
}

func put(format string, data []byte, base *plan.Document) (*plan.Document, error) {
	if format == "geojson" {
		return geofile.Merge(base, plan.ReadRoutes("r.geojson", data)), nil
	}
	m, err := geofile.Lines(format, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return geofile.Apply("r."+format, m, base, "")
}

func TestRoutesGoThroughEveryFormatUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := plantest.Document(t)
		for format, write := range formats {
			data, err := write(doc)
			if err != nil {
				t.Fatal(err)
			}
			// Onto a plan whose lines were lost.
			without := doc.Clone()
			for _, table := range []string{plan.Routes, plan.Points, plan.Posts} {
				without.Keep(table, func(plan.Row) bool { return false })
			}
			for _, base := range []*plan.Document{doc, without} {
				back, err := put(format, data, base)
				if err != nil {
					t.Fatalf("%s: %v\n%s", format, err, data)
				}
				if d := cmp.Diff(shape(doc), shape(plantest.Compile(t, back))); d != "" {
					t.Fatalf("%s: %s", format, d)
				}
			}
		}
	})
}

// base is a plan with two routes.
func base(t testing.TB) *plan.Document {
	t.Helper()
	d := &plan.Document{}
	d.Add(plan.Settings, map[string]string{"name": "Kế hoạch", "root": "445"})
	d.Add(plan.Phases, map[string]string{"code": "P1", "name": "Một", "from": "2024-01-01", "to": "2024-12-31"})
	d.Add(plan.Areas, map[string]string{"code": "445", "kind": "huyện", "name": "Thạch Hà", "lon": "105.83", "lat": "18.3"})
	for _, r := range [][2]string{{"QL1A", "Quốc lộ 1A"}, {"DX01", "Đường xã 01"}} {
		d.Add(plan.Routes, map[string]string{"code": r[0], "name": r[1], "class": "đường"})
		d.Add(plan.Points, map[string]string{"route": r[0], "n": "1", "lon": "105.8", "lat": "18.3"})
		d.Add(plan.Points, map[string]string{"route": r[0], "n": "2", "lon": "105.9", "lat": "18.3"})
	}
	return d
}

// pointsOf gives the points of a route as text.
func pointsOf(d *plan.Document, route string) string {
	var all []string
	for _, r := range d.Rows(plan.Points) {
		if r.Cells[0] == route {
			all = append(all, r.Cells[2]+" "+r.Cells[3])
		}
	}
	return strings.Join(all, ", ")
}

const kmlHead, kmlTail = `<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>`, `</Folder></Document></kml>`

func placemark(name, geometry string) string {
	return "<Placemark><name>" + name + "</name>" + geometry + "</Placemark>"
}

func lineString(coordinates string) string {
	return "<LineString><coordinates>" + coordinates + "</coordinates></LineString>"
}

func TestALineFindsItsRouteAndItsPiecesAreJoined(t *testing.T) {
	gpx := func(s string) string { return `<gpx xmlns="http://www.topografix.com/GPX/1/1">` + s + `</gpx>` }
	const a, b, c = "105.81,18.3", "105.82,18.3", "105.83,18.3"
	tests := []struct{ name, format, route, data, want string }{
		{"by its code", "kml", "", kmlHead + placemark("QL1A", lineString(a+" "+b)) + kmlTail, "105.81 18.3, 105.82 18.3"},
		{"by its code as people write it", "kml", "", kmlHead + placemark("ql. 1A", lineString(a+" "+b)) + kmlTail, "105.81 18.3, 105.82 18.3"},
		{"by its name, with altitudes", "kml", "", kmlHead + placemark("Quốc lộ 1A", lineString("\n"+a+",4.5\n"+b+",0 ")) + kmlTail, "105.81 18.3, 105.82 18.3"},
		{"by the command line", "gpx", "QL1A", gpx(`<trk><trkseg><trkpt lat="18.3" lon="105.81"><ele>3</ele><time>x</time></trkpt><trkpt lat="18.3" lon="105.82"/></trkseg></trk>`), "105.81 18.3, 105.82 18.3"},
		{"as a GPX route", "gpx", "", gpx(`<rte><name>QL1A</name><rtept lat="18.3" lon="105.81"><name>x</name></rtept><rtept lat="18.3" lon="105.82"/></rte>`), "105.81 18.3, 105.82 18.3"},
		{"in pieces", "kml", "", kmlHead + placemark("QL1A", "<MultiGeometry>"+lineString(a+" "+b)+lineString(b+" "+c)+"</MultiGeometry>") + kmlTail, "105.81 18.3, 105.82 18.3, 105.83 18.3"},
		{"the second piece turned round", "kml", "", kmlHead + placemark("QL1A", lineString(a+" "+b)+lineString(c+" "+b)) + kmlTail, "105.81 18.3, 105.82 18.3, 105.83 18.3"},
		{"the first piece turned round", "kml", "", kmlHead + placemark("QL1A", lineString(b+" "+a)+lineString(b+" "+c)) + kmlTail, "105.81 18.3, 105.82 18.3, 105.83 18.3"},
		{"as a track of a phone", "kml", "QL1A", kmlHead + `<Placemark xmlns:gx="x"><gx:Track><when>y</when><gx:coord>105.81 18.3 5</gx:coord><gx:coord>105.82 18.3 5</gx:coord></gx:Track></Placemark>` + kmlTail, "105.81 18.3, 105.82 18.3"},
		{"as GeoJSON of OpenStreetMap", "geojson", "", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"ref":"QL.1A","name":"Đường tránh","lanes":2},"geometry":{"type":"MultiLineString","coordinates":[[[105.81,18.3],[105.82,18.3]],[[105.82,18.3],[105.83,18.3]]]}}]}`, "105.81 18.3, 105.82 18.3, 105.83 18.3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := geofile.Lines(test.format, strings.NewReader(test.data))
			if err != nil {
				t.Fatal(err)
			}
			doc, err := geofile.Apply("f", m, base(t), test.route)
			if err != nil {
				t.Fatal(err)
			}
			c, err := plan.Compile(doc)
			if err != nil {
				t.Fatal(err)
			}
			if got := pointsOf(c.Document, "QL1A"); got != test.want {
				t.Errorf("points are %s, want %s", got, test.want)
			}
			if r := c.Plan.Route("QL1A"); r.Name != "Quốc lộ 1A" || r.Class != "đường" {
				t.Errorf("the route is %s, %s now", r.Name, r.Class)
			}
			if got := pointsOf(c.Document, "DX01"); got != "105.8 18.3, 105.9 18.3" {
				t.Errorf("the other route is %s now", got)
			}
		})
	}
}

func TestPointsNamedForAChainageBecomePosts(t *testing.T) {
	data := `<gpx><wpt lat="18.3" lon="105.81"><name>Km12</name></wpt><wpt lat="18.3" lon="105.82"><name>Quán nước</name></wpt><wpt lat="18.3" lon="105.83"><name>Km14+100</name></wpt></gpx>`
	m, err := geofile.Lines("gpx", strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := geofile.Apply("f", m, base(t), "QL1A")
	if err != nil {
		t.Fatal(err)
	}
	c, err := plan.Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Plan.Route("QL1A").Posts; len(got) != 2 || got[1].Chainage != 14100 {
		t.Errorf("posts are %v", got)
	}
}

func TestAFileThatIsAtFaultIsNamedWithItsPlace(t *testing.T) {
	tests := []struct{ name, format, data, want string }{
		{"another format", "kml", "<gpx/>", "line 1: begins with <gpx>, not <kml>"},
		{"no XML", "kml", "coordinates", "there is no line in it"},
		{"half a file", "kml", kmlHead, "line 1: not XML"},
		{"another encoding", "gpx", `<?xml version="1.0" encoding="windows-1258"?><gpx/>`, `line 1: its encoding is "windows-1258": save the file as UTF-8`},
		{"a zipped KML", "kml", "PK\x03\x04", "unpack it"},
		{"no line", "kml", kmlHead + placemark("QL1A", "<Point><coordinates>1,2</coordinates></Point>") + kmlTail, "there is no line in it"},
		{"blanks in positions", "kml", kmlHead + "\n" + placemark("QL1A", lineString("105.8 18.3")) + kmlTail, `line 2: "105.8" is not a position`},
		{"words for numbers", "kml", kmlHead + placemark("QL1A", lineString("NaN,18.3 1,2")) + kmlTail, `"NaN" is not a coordinate`},
		{"a comma before the decimals", "gpx", `<gpx><trk><trkseg><trkpt lat="18,3" lon="105.8"/>`, `line 1: "18,3" is not a coordinate`},
		{"an unknown route", "kml", kmlHead + placemark("QL9", lineString("1,2 3,4")) + kmlTail, `"QL9" is the code or name of no route`},
		{"pieces that do not meet", "kml", kmlHead + placemark("QL1A", lineString("105.8,18.3 105.81,18.3")+lineString("105.85,18.3 105.86,18.3")) + kmlTail, `line 1: piece 2 of "QL1A" begins 4229 m from where the one before it ends`},
		{"a new route without a class", "gpx", `<gpx><trk><name>QL9</name><trkseg><trkpt lat="1" lon="2"/></trkseg></trk></gpx>`, `"QL9" is the code or name of no route`},
		{"nested without end", "kml", "<kml>" + strings.Repeat("<Folder>", 200), "nested too deep"},
		{"positions that are none", "geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[1]]}}]}`, "line 1: not a list of positions"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := geofile.Lines(test.format, strings.NewReader(test.data))
			if err == nil {
				_, err = geofile.Apply("f", m, base(t), "")
			}
			if err == nil || !strings.Contains(plantest.English(err), test.want) {
				t.Errorf("error is %v, want %s", err, test.want)
			}
		})
	}
}

// What is wrong with the course of a line is found by the plan's own checks,
// and names file, line and point.
func TestALineIsJudgedByThePlan(t *testing.T) {
	m, err := geofile.Lines("kml", strings.NewReader(kmlHead+"\n\n"+placemark("QL1A", lineString("105.8,18.3 18.3,105.81"))+kmlTail))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := geofile.Apply("tuyen.kml", m, base(t), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Compile(doc)
	want := "tuyen.kml:3: coordinates: point 2: longitude 18.3, latitude 105.81 are swapped: write the longitude first, then the latitude"
	if err == nil || plantest.English(err) != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func FuzzLines(f *testing.F) {
	for format := range formats {
		for _, s := range []string{
			kmlHead + placemark("QL1A", lineString("105.81,18.3 105.82,18.3,5")) + placemark("Km1+000", "<Point><coordinates>105.81,18.3</coordinates></Point>") + kmlTail,
			`<gpx><wpt lat="1" lon="2"><name>Km1</name></wpt><trk><name>QL1A</name><trkseg><trkpt lat="18.3" lon="105.81"/></trkseg></trk></gpx>`,
			`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"ref":"QL1A"},"geometry":{"type":"LineString","coordinates":[[105.81,18.3],[105.82,18.3]]}}]}`,
			"</kml>", "<kml><Placemark></kml>", "<kml><coordinates>1,2", "<gpx><trkpt/></gpx>", `<gpx></trk></gpx>`,
		} {
			f.Add(format, []byte(s))
		}
	}
	b := base(f)
	f.Fuzz(func(t *testing.T, format string, data []byte) {
		m, err := geofile.Lines(format, bytes.NewReader(data))
		if err != nil {
			return
		}
		doc, err := geofile.Apply("f", m, b, "QL1A")
		if err != nil {
			return
		}
		if c, err := plan.Compile(doc); err == nil {
			if _, err := geofile.KML(c.Document); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Seeds of the fuzz targets that stand in files are those of failures that
// were mended; this one keeps the folder honest.
func TestTheCorporaCanBeRead(t *testing.T) {
	all, err := filepath.Glob("testdata/fuzz/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		data, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(data, []byte("go test fuzz v1\n")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
