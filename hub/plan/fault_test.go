package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/plan"
)

// Each row breaks one thing in one file, and gets the one line that says
// where and what would be right.
func TestReadNamesThePlaceOf(t *testing.T) {
	tests := []struct{ name, file, old, new, want string }{
		{"a tab in plan.yaml", "plan.yaml", "  - code", "\t- code", "plan.yaml:4: not YAML ("},
		{"a key given twice", "plan.yaml", "root:", "level: observation\nlevel: detection\nroot:", `plan.yaml:3: not YAML ("mapping key \"level\" already defined`},
		{"a plan that is a list", "plan.yaml", small["plan.yaml"], "- a\n", "plan.yaml:1: not a mapping: write the keys "},
		{"two documents", "plan.yaml", "root:", "---\nroot:", `plan.yaml: not one document but 2: `},
		{"an alias", "plan.yaml", `root: "045"`, "root: &a \"045\"", "plan.yaml:2: root: not a plain value: "},
		{"no name", "plan.yaml", `{vi: "Kế hoạch", en: "Plan"}`, `{vi: "Kế hoạch"}`, "plan.yaml:1: name: empty: "},
		{"a third language", "plan.yaml", `en: "Plan"`, `en: "Plan", fr: "Plan"`, `plan.yaml:1: name."fr": unknown key: the keys are vi, en`},
		{"a root that is no area", "plan.yaml", `"045"`, `"45"`, `plan.yaml:2: root: "45" is not in areas.csv: `},
		{"an unknown time zone", "plan.yaml", "root:", "time_zone: Hà Tĩnh\nroot:", "plan.yaml:2: time_zone: "},
		{"the machine's own time zone", "plan.yaml", "root:", "time_zone: Local\nroot:", "plan.yaml:2: time_zone: "},
		{"a flag that is no flag", "plan.yaml", "root:", "simulated: maybe\nroot:", `plan.yaml:2: simulated: "maybe" is not yes or no: `},
		{"an unknown level", "plan.yaml", "root:", "level: best\nroot:", `plan.yaml:2: level: "best" is none of the levels: `},
		{"a density that is none", "plan.yaml", "root:", "level: a\nlevels: [{code: a, name: A, density: dense}]\nroot:", `plan.yaml:3: levels[0].density: "dense" is not a number: `},
		{"a density of nothing", "plan.yaml", "root:", "level: a\nlevels: [{code: a, name: A, density: 0}]\nroot:", "plan.yaml:3: levels[0].density: 0 is out of range: "},
		{"a level given twice", "plan.yaml", "root:", "level: a\nlevels: [{code: a, name: A, density: 2}, {code: a, name: B, density: 3}]\nroot:", `plan.yaml:3: levels[1].code: "a" already stands in line 3: `},
		{"phases that are no list", "plan.yaml", "phases:", "phases: none\nother:", "plan.yaml:3: phases: not a list: "},
		{"a phase that ends before it begins", "plan.yaml", "31/12/2024", "31/12/2023", "plan.yaml:7: phases[0].to: 2023-12-31 lies before the first day, 2024-01-01: "},
		{"a phase without a first day", "plan.yaml", "    from: 2024-01-01\n", "", "plan.yaml:4: phases[0].from: missing: "},
		{"a phase with a wrong day", "plan.yaml", "2024-01-01", "2024-02-30", `plan.yaml:6: phases[0].from: "2024-02-30" is not a day`},

		{"an unknown column", "areas.csv", "valid_to", "validto", `areas.csv:1: "validto": unknown column: the columns are code, valid_from, `},
		{"a missing column", "gateways.csv", "code,name,route,chainage,to\nG1,Cửa ngõ,", "code,route,chainage,to\nG1,", "gateways.csv:1: name: missing column: "},
		{"a column given twice", "gateways.csv", ",to\n", ",to,name\n", "gateways.csv:1: name: stands twice: "},
		{"too many cells", "gateways.csv", "Can Lộc", "Can Lộc,Lộc Hà", `gateways.csv:2: 6 cells under 5 columns: put a cell with commas between "…"`},
		{"an empty cell", "areas.csv", "thị trấn,Thạch Hà", "thị trấn,", "areas.csv:3: name: empty: "},
		{"a quotation mark out of place", "areas.csv", "thị trấn,", `thị "trấn",`, "areas.csv:3: a quotation mark is out of place: "},
		{"a line break in a name", "sites.csv", "Chợ", "\"Chợ\nlớn\"", `sites.csv:3: name: "Chợ\nlớn" holds a line break`},
		{"a name that is too long", "sites.csv", "Chợ", strings.Repeat("ợ", 301), "sites.csv:3: name: "},

		{"an area given twice", "areas.csv", "045,,", "18562,2020-01-01,,,xã,X,,,\n045,,", `areas.csv:4: code: "18562" already stands in line 2: `},
		{"a code in force twice at once", "areas.csv", "045,,", "18562,2019-01-01,2020-01-01,045,xã,X,,,\n045,,", `areas.csv:4: valid_from: "18562" is in force twice at the same time: `},
		{"an area that ends before it begins", "areas.csv", "2020-01-01,2025-06-30", "2020-01-01,2019-06-30", "areas.csv:3: valid_to: 2019-06-30 lies before the first day, 2020-01-01: "},
		{"an area in circles", "areas.csv", "045,,2025-06-30,,", "045,,2025-06-30,045,", `areas.csv:2: parent: "045" stands above itself: `},
		{"an area outside the root", "areas.csv", "2025-06-30,045,", "2025-06-30,,", `sites.csv:2: area: "18562" is no part of "045", the area of the plan: `},
		{"swapped coordinates of an area", "areas.csv", "105.863,18.368", "18.368,105.863", "areas.csv:3: lon: longitude 18.368, latitude 105.863 are swapped: "},
		{"half a position", "areas.csv", "105.863,18.368", "105.863,", "areas.csv:3: lat: empty beside lon: "},
		{"a flag of an area", "areas.csv", "18.368,true", "18.368,perhaps", `areas.csv:3: synthetic: "perhaps" is not yes or no: `},

		{"broken JSON", "routes.geojson", `"properties": {"code": "R2"`, `"properties": {code: "R2"`, "routes.geojson:7: not JSON ("},
		{"half a JSON file", "routes.geojson", "\n]}\n", "", "routes.geojson: it ends in the middle: "},
		{"two JSON files in one", "routes.geojson", "\n]}\n", "\n]}\n{}", "routes.geojson: something follows after its end: "},
		{"another kind of GeoJSON", "routes.geojson", "FeatureCollection", "GeometryCollection", `routes.geojson: its type is "GeometryCollection": `},
		{"another system of coordinates", "routes.geojson", `"features"`, `"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3405"}}, "features"`, `routes.geojson: its "crs" is not WGS84: `},
		{"a feature that is none", "routes.geojson", `"features": [`, `"features": [7,`, "routes.geojson:1: type: not a feature: "},
		{"a route given twice", "routes.geojson", `"code": "R2"`, `"code": "R1"`, `routes.geojson:6: code: "R1" already stands in line 2: `},
		{"a route code with accents", "routes.geojson", `"code": "R2"`, `"code": "ĐT.549"`, `routes.geojson:6: code: "ĐT.549" cannot be a code: `},
		{"a code that is a number", "routes.geojson", `"code": "R2"`, `"code": 2`, "routes.geojson:6: code: \"2\" is not a text: "},
		{"an unknown property", "routes.geojson", `"synthetic"`, `"sythetic"`, `routes.geojson:2: "sythetic": unknown property: `},
		{"a wide road", "routes.geojson", `"LineString"`, `"Polygon"`, `routes.geojson:2: coordinates: the geometry is "Polygon": `},
		{"a route of one point", "routes.geojson", "[105.80, 18.30], [105.82, 18.30], [105.84, 18.30]", "[105.80, 18.30]", "routes.geojson:2: coordinates: a single point: a route has a line of at least two points"},
		{"a route that stays where it is", "routes.geojson", "[105.80, 18.30], [105.82, 18.30], [105.84, 18.30]", "[105.80, 18.30], [105.80, 18.30]", "routes.geojson:2: coordinates: a single point: "},
		{"swapped coordinates", "routes.geojson", "[105.84, 18.30]", "[18.30, 105.84]", "routes.geojson:2: coordinates: point 3: longitude 18.3, latitude 105.84 are swapped: "},
		{"coordinates of another system", "routes.geojson", "[105.84, 18.30]", "[535000, 2032000]", "routes.geojson:2: coordinates: point 3: longitude 535000, latitude 2032000 is no place on earth: "},
		{"a coordinate that is no number", "routes.geojson", "[105.84, 18.30]", `[105.84, null]`, "routes.geojson:2: coordinates: not a list of positions: "},
		{"a wrong chainage of a post", "routes.geojson", "Km12+000", "Km12+1000", `routes.geojson:2: posts: post 2: "Km12+1000" is not a chainage: `},
		{"posts the wrong way round", "routes.geojson", "Km12+000", "Km9+000", "routes.geojson:2: posts: "},
		{"a post far off", "routes.geojson", `"at": [105.82, 18.30]`, `"at": [105.82, 18.301]`, "routes.geojson:2: posts: post 2: Km12+000 stands 111 m off the route: "},

		{"a junction of nowhere", "junctions.csv", "R2,", "R3,", `junctions.csv:3: route: "R3" is not in routes.geojson: `},
		{"a chainage that is none", "junctions.csv", "Km2+214", "2214", `junctions.csv:3: chainage: "2214" is not a chainage: `},
		{"a junction in two places", "junctions.csv", "Km2+214", "Km2+314", `junctions.csv:3: chainage: "J1" lies 100 m from where another of its routes has it: `},
		{"a junction with two names", "junctions.csv", "J1,Ngã tư,R2", "J1,Ngã ba,R2", `junctions.csv:3: name: "J1" is called "Ngã tư" elsewhere: `},
		{"a junction given twice", "junctions.csv", "J1,Ngã tư,R2", "J1,Ngã tư,R1,Km12+000\nJ1,Ngã tư,R2", `junctions.csv:3: code: "J1" already stands in line 2: `},
		{"a gateway given twice", "gateways.csv", "G1,", "G1,x,R2,Km0+000,\nG1,", `gateways.csv:3: code: "G1" already stands in line 2: `},
		{"a gateway past the end", "gateways.csv", "Km10+000", "Km9+990", "gateways.csv:2: chainage: Km9+990 is not on \"R1\": the route goes from Km10+000 to Km14+114"},

		{"a site given twice", "sites.csv", "S2,", "S1,x,18562,other,R1,Km10+000,,\nS2,", `sites.csv:3: code: "S1" already stands in line 2: `},
		{"a site in no area", "sites.csv", "18562,market", "18563,market", `sites.csv:3: area: "18563" is not in areas.csv: `},
		{"a kind of site that is none", "sites.csv", "market", "shop", `sites.csv:3: kind: "shop" is no kind of site: write route, junction, `},
		{"a site without a place", "sites.csv", "105.83,18.31", ",", "sites.csv:3: lon: neither position nor route: "},
		{"a route without a chainage", "sites.csv", "market,,,", "market,R1,,", "sites.csv:3: chainage: empty beside a route: "},
		{"a chainage without a route", "sites.csv", "market,,,", "market,,Km1+000,", "sites.csv:3: route: empty beside a chainage: "},
		{"a site far from its chainage", "sites.csv", "market,,,", "market,R1,Km11+000,", "sites.csv:3: chainage: "},
		{"a position that is no number", "sites.csv", "105.83", "105°83", `sites.csv:3: lon: "105°83" is not a number: `},

		{"a camera at no site", "cameras.csv", "C-2,S2", "C-2,S3", `cameras.csv:3: site: "S3" is not in sites.csv: `},
		{"a camera of no phase", "cameras.csv", "tb-18562,P1,270", "tb-18562,P2,270", `cameras.csv:3: phase: "P2" is not in plan.yaml: `},
		{"an agent with a blank", "cameras.csv", "S2,tb-18562", "S2,tb 18562", `cameras.csv:3: agent: "tb 18562" cannot be a code: write 1 to 64 letters`},
		{"an azimuth past the circle", "cameras.csv", "P1,270", "P1,361", "cameras.csv:3: azimuth: 361 is out of range: write 0 to 360 degrees"},
		{"no field of view", "cameras.csv", "270,90", "270,0", "cameras.csv:3: fov: 0 is out of range: "},
		{"a wide field of view", "cameras.csv", "270,90", "270,361", "cameras.csv:3: fov: 361 is out of range: "},
		{"a number with thousands", "cameras.csv", `"12,5"`, `"1.212,5"`, `cameras.csv:2: cost: "1.212,5" is not a number: `},
		{"a number that is none", "cameras.csv", `"12,5"`, "NaN", `cameras.csv:2: cost: "NaN" is not a number: `},
		{"a negative cost", "cameras.csv", `"12,5"`, "-1", "cameras.csv:2: cost: -1 is out of range: "},
		{"half a pixel", "cameras.csv", "1280,720", "1280.5,720", `cameras.csv:3: width: "1280.5" is not a whole number: `},
		{"no pixels", "cameras.csv", "1280,720", "1280,0", "cameras.csv:3: height: 0 is out of range: "},
		{"an owner of another kind", "cameras.csv", "household", "police", `cameras.csv:3: owner: "police" is no kind of owner: write public or household`},
		{"a survey before the plan", "cameras.csv", "2024-02-01", "2024-01-14", "cameras.csv:2: surveyed: 2024-01-14 lies before the day in planned, 2024-01-15: "},
		{"an installation before the survey", "cameras.csv", "2024-08-01", "2024-01-31", "cameras.csv:2: installed: 2024-01-31 lies before the day in surveyed, 2024-02-01: "},
		{"an acceptance before the installation", "cameras.csv", "2024-09-01", "2024-07-31", "cameras.csv:2: accepted: 2024-07-31 lies before the day in installed, 2024-08-01: "},
		{"a retirement before the acceptance", "cameras.csv", "2024-09-01,", "2024-09-01,2024-08-31", "cameras.csv:2: retired: 2024-08-31 lies before the day in accepted, 2024-09-01: "},
		{"an acceptance of nothing", "cameras.csv", "2024-08-01,", ",", "cameras.csv:2: installed: empty beside the day of acceptance: "},
		{"a day of another age", "cameras.csv", "2024-09-01", "2924-09-01", `cameras.csv:2: accepted: "2924-09-01" is not a day from 1971 to 2199: `},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := plan.Read(files(edit(t, test.file, test.old, test.new)))
			if err == nil || p != nil {
				t.Fatalf("plan %v, error %v: want no plan and an error", p, err)
			}
			got := lines(faultsOf(t, err))
			found := slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, test.want) })
			if !found || len(got) > 2 {
				t.Errorf("faults are\n%s\nwant %s… and one consequence at most", strings.Join(got, "\n"), test.want)
			}
		})
	}
}

// The place of a junction is not known from a row that is wrong, so the next
// row is not held against it.
func TestAWrongRowIsNoMeasureForOthers(t *testing.T) {
	for _, wrong := range []string{"Km99+000", "12", ""} {
		_, err := plan.Read(files(edit(t, "junctions.csv", "Km12+000", wrong)))
		if got := lines(faultsOf(t, err)); len(got) != 1 || !strings.HasPrefix(got[0], "junctions.csv:2: chainage: ") {
			t.Errorf("faults are %q", got)
		}
	}
}
