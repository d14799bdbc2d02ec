package plan_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

func warnings(c *plan.Compiled) (all []string) {
	for _, f := range c.Warnings {
		all = append(all, f.EN())
	}
	return all
}

// What looks wrong on the map is told, and stops nothing.
func TestCompileWarnsOf(t *testing.T) {
	const r2 = `[[105.82, 18.28], [105.82, 18.32, 4.5]]`
	tests := []struct{ name, file, old, new, want string }{
		{"a route that crosses itself", "routes.geojson", r2, "[[105.82, 18.28], [105.82, 18.32], [105.821, 18.32], [105.819, 18.31]]",
			`routes.geojson:6: coordinates: point 4: "R2" crosses itself here and after point 1: check the order`},
		{"a point that comes twice", "routes.geojson", r2, "[[105.82, 18.28], [105.82, 18.32], [105.83, 18.33], [105.82, 18.32], [105.80, 18.33]]",
			`routes.geojson:6: coordinates: point 4: the same place as point 2 of "R2": check the order`},
		{"a route to another country", "routes.geojson", r2, "[[105.82, 18.28], [105.82, 18.32], [108.82, 18.32]]",
			`routes.geojson:6: code: point 3: longitude 108.82, latitude 18.32 lies 3`},
		{"a camera that looks away from its road", "sites.csv", "Ngã tư,18562,junction", "Ngã tư,18562,route",
			""},
		{"two cameras that look the same way", "cameras.csv", "C-2,S2,tb-18562,P1,270,90", "C-2,S1,tb-18562,P1,90,68",
			`cameras.csv:3: azimuth: looks the same way as "C-1" at the same site: check`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := warnings(compiled(t, edit(t, test.file, test.old, test.new)))
			if test.want == "" {
				if len(got) > 0 {
					t.Errorf("warnings %q: the camera looks along the road", got)
				}
				away := edit(t, "sites.csv", test.old, test.new)
				away["cameras.csv"] = strings.Replace(small["cameras.csv"], "P1,90,68", "P1,180,68", 1)
				got, test.want = warnings(compiled(t, away)), `cameras.csv:2: azimuth: 180° looks away from "R1", which runs 90° and 270° here: check`
			}
			if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, test.want) }) {
				t.Errorf("warnings are %q, want %s", got, test.want)
			}
		})
	}
	if got := warnings(compiled(t, nil)); len(got) > 0 {
		t.Errorf("the small plan has warnings: %q", got)
	}
}

func TestASiteFarFromTheAreasIsAFault(t *testing.T) {
	for replaced, want := range map[string]string{
		"105.83,28.31": `sites.csv:3: lon: longitude 105.83, latitude 28.31 lies 1101 km from the middle of the plan's areas: check every digit of lon and lat`,
		"115.83,18.31": `sites.csv:3: lon: longitude 115.83, latitude 18.31 lies 1053 km from the middle of the plan's areas: check every digit of lon and lat`,
	} {
		_, err := plan.Read(files(edit(t, "sites.csv", "105.83,18.31", replaced)))
		if got := lines(faultsOf(t, err)); len(got) != 1 || got[0] != want {
			t.Errorf("faults are %q, want %q", got, want)
		}
	}
}

// Where both numbers could be latitudes only the areas tell what is swapped.
func TestSwappedCoordinatesAreFoundByTheAreas(t *testing.T) {
	moved := map[string]string{
		"areas.csv":      strings.ReplaceAll(small["areas.csv"], "105.863,18.368", "25.863,48.368"),
		"routes.geojson": strings.NewReplacer("105.", "25.", "18.3", "48.3", "18.28", "48.28").Replace(small["routes.geojson"]),
		"sites.csv":      strings.Replace(small["sites.csv"], "105.83,18.31", "48.31,25.83", 1),
		"junctions.csv":  "code,name,route,chainage\n",
	}
	moved["routes.geojson"] = moved["routes.geojson"][:strings.Index(moved["routes.geojson"], "\n    \"posts\"")] + "\n    \"posts\": []" + moved["routes.geojson"][strings.Index(moved["routes.geojson"], "},\n  \"geometry\""):]
	moved["sites.csv"] = strings.Replace(moved["sites.csv"], "Km12+000", "Km0+100", 1)
	moved["gateways.csv"] = "code,name,route,chainage\n"
	_, err := plan.Read(files(moved))
	want := `sites.csv:3: lon: longitude 48.31, latitude 25.83 are swapped: write the longitude first, then the latitude`
	if got := lines(faultsOf(t, err)); len(got) != 1 || got[0] != want {
		t.Errorf("faults are %q, want %q", got, want)
	}
}

// Against the slow and obvious way: every pair of segments.
func TestSelfCrossingIsFoundWhereverItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) geo.Point {
			return geo.Point{Lon: float64(rapid.IntRange(0, 6).Draw(t, "x")), Lat: float64(rapid.IntRange(0, 6).Draw(t, "y"))}
		}), 2, 8).Draw(t, "points")
		want := false
		for i := range len(points) - 1 {
			for k := range i {
				x := crossingsInside(points[i], points[i+1], points[k], points[k+1])
				want = want || x
			}
		}
		i, k, got := plan.SelfCrossing(points)
		if got != want || got && !crossingsInside(points[i], points[i+1], points[k], points[k+1]) {
			t.Fatalf("found %v (%d, %d), want %v", got, i, k, want)
		}
	})
}

// crossingsInside solves for the two shares of the segments at which they
// meet.
func crossingsInside(p, p2, q, q2 geo.Point) bool {
	rx, ry, sx, sy := p2.Lon-p.Lon, p2.Lat-p.Lat, q2.Lon-q.Lon, q2.Lat-q.Lat
	det := rx*sy - ry*sx
	if det == 0 {
		return false
	}
	t := ((q.Lon-p.Lon)*sy - (q.Lat-p.Lat)*sx) / det
	u := ((q.Lon-p.Lon)*ry - (q.Lat-p.Lat)*rx) / det
	const eps = 1e-9
	return t > eps && t < 1-eps && u > eps && u < 1-eps
}
