package plan_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
)

func TestReadTakesInTheWholePlan(t *testing.T) {
	p := mustRead(t, nil)
	if got := p.Location.String(); got != "Asia/Ho_Chi_Minh" {
		t.Errorf("time zone is %q", got)
	}
	if p.Root != "045" || p.Area("045") == nil || p.Area("045").ValidTo != plan.NewDate(2025, 6, 30) {
		t.Errorf("root %q is not an area of the plan", p.Root)
	}
	if l, ok := p.LevelByCode(p.Level); !ok || l.Density != 62.5 || len(p.Levels) != 4 {
		t.Errorf("level is %+v of %d, want observation of four", l, len(p.Levels))
	}
	r := p.Route("R1")
	if at := p.Junctions[0].At; geo.Distance(r.Line.At(at), geo.Point{Lon: 105.82, Lat: 18.30}) > 0.01 {
		t.Errorf("junction lies at %.1f m of the route", at)
	}
	if got := r.Chainage.Chainage(r.Line.Length()); got < 14100 || got > 14120 {
		t.Errorf("the end of the route has chainage %.1f: calibration is not by the posts", got)
	}
	c := p.Camera("C-1")
	want := plan.Camera{
		Code: "C-1", Site: "S1", Agent: "tb-18562", Phase: "P1", Azimuth: 90, FOV: 68, Width: 1920, Height: 1080,
		FrameRate: 15, MountingAt: 4.5, Owner: plan.OwnerPublic, Funding: "Ngân sách xã", Cost: 12.5,
		Due: plan.NewDate(2024, 10, 31), Planned: plan.NewDate(2024, 1, 15), Surveyed: plan.NewDate(2024, 2, 1),
		Installed: plan.NewDate(2024, 8, 1), Accepted: plan.NewDate(2024, 9, 1),
	}
	if d := cmp.Diff(want, *c); d != "" {
		t.Error(d)
	}
	if got := p.Camera("C-2").Due; got != plan.NewDate(2024, 12, 31) {
		t.Errorf("camera without a due day is due on %s, want the last day of its phase", got)
	}
	if s := p.Site("S1"); geo.Distance(s.Position, geo.Point{Lon: 105.82, Lat: 18.30}) > 0.01 {
		t.Errorf("site without a position lies at %v, want its place on the route", s.Position)
	}
	if p.Camera("C-9") != nil || p.Site("") != nil || p.Route("R9") != nil || p.Area("1") != nil {
		t.Error("something was found that is not there")
	}
}

// What spreadsheets and map programs do to files changes nothing.
func TestReadForgivesTheFormOf(t *testing.T) {
	want := mustRead(t, nil)
	spread := func(file string, change func(string) string) map[string]string {
		return map[string]string{file: change(small[file])}
	}
	tests := map[string]map[string]string{
		"a byte order mark":      spread("sites.csv", func(s string) string { return "\ufeff" + s }),
		"windows line ends":      spread("cameras.csv", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }),
		"no last line end":       spread("gateways.csv", func(s string) string { return strings.TrimSuffix(s, "\n") }),
		"empty rows":             spread("sites.csv", func(s string) string { return s + "\n,,,,,,,\n\n" }),
		"trailing empty cells":   spread("junctions.csv", func(s string) string { return strings.ReplaceAll(s, "\n", ",,\n") }),
		"semicolons":             spread("sites.csv", func(s string) string { return strings.ReplaceAll(s, ",", ";") }),
		"tabs":                   spread("sites.csv", func(s string) string { return strings.ReplaceAll(s, ",", "\t") }),
		"capitals in the header": spread("gateways.csv", func(s string) string { return strings.Replace(s, "code,name", "Code, NAME ", 1) }),
		"decomposed Vietnamese":  edit(t, "sites.csv", "Chợ", "Cho\u031b\u0323"),
		"spaces around cells":    edit(t, "sites.csv", "Chợ", "  Chợ\u00a0"),
		"dates of the country":   edit(t, "cameras.csv", "2024-09-01", "1/9/2024"),
		"chainages without Km":   edit(t, "gateways.csv", "Km10+000", "10+000"),
		"a point given twice":    edit(t, "routes.geojson", "[[105.80, 18.30],", "[[105.80, 18.30], [105.80, 18.30],"),
		"a crs that is WGS84":    edit(t, "routes.geojson", `"features"`, `"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "features"`),
		"features before the type": spread("routes.geojson", func(s string) string {
			return `{"name": [1], ` + s[len(`{"type": "FeatureCollection", `):len(s)-2] + `, "type": "FeatureCollection"}`
		}),
		"codes without quotes": edit(t, "plan.yaml", `"045"`, `045`),
		"levels spelt out": edit(t, "plan.yaml", "phases:", `level: observation
levels:
  - {code: identification, name: {vi: Nhận dạng, en: Identification}, density: 250}
  - {code: detection, name: {vi: Phát hiện, en: Detection}, density: 25}
  - {code: observation, name: {vi: Quan sát, en: Observation}, density: "62,5"}
  - {code: recognition, name: {vi: Nhận biết, en: Recognition}, density: 125.0}
phases:`),
	}
	for name, replaced := range tests {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(want, mustRead(t, replaced), same); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadFindsAllFaultsAtOnce(t *testing.T) {
	_, err := plan.Read(files(map[string]string{
		"plan.yaml":    strings.Replace(small["plan.yaml"], "root:", "rooot:", 1),
		"areas.csv":    strings.Replace(small["areas.csv"], "2020-01-01", "2020-13-01", 1),
		"gateways.csv": strings.Replace(small["gateways.csv"], "Km10+000", "Km99+000", 1),
		"cameras.csv":  strings.Replace(small["cameras.csv"], "C-2,S2", "C-1,S9", 1),
	}))
	f := faultsOf(t, err)
	want := []string{
		`plan.yaml:1: root: missing: write the code of the area that the plan is for`,
		`plan.yaml:2: "rooot": unknown key: the keys are name, root, time_zone, simulated, note, level, levels, phases`,
		`areas.csv:3: valid_from: "2020-13-01" is not a day from 1971 to 2199: write 2026-09-30 or 30/09/2026`,
		`gateways.csv:2: chainage: Km99+000 is not on "R1": the route goes from Km10+000 to Km14+114`,
		`cameras.csv:3: code: "C-1" already stands in line 2: give each camera a code of its own`,
		`cameras.csv:3: site: "S9" is not in sites.csv: write the code of a site`,
	}
	if d := cmp.Diff(want, lines(f)); d != "" {
		t.Error(d)
	}
	if got := plantest.English(err); got != strings.Join(want, "\n") {
		t.Errorf("error prints\n%s", got)
	}
}

func TestErrorShowsTheFirstFiftyFaults(t *testing.T) {
	for _, rows := range []int{50, 51, 3000} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			var b strings.Builder
			b.WriteString("code,name,area,kind,route,chainage,lon,lat\n")
			for i := range rows {
				fmt.Fprintf(&b, "S%d,x,18562,shop,,,105.8,18.3\n", i+10)
			}
			_, err := plan.Read(files(map[string]string{
				"sites.csv": b.String(), "cameras.csv": strings.SplitAfter(small["cameras.csv"], "\n")[0]}))
			f := faultsOf(t, err)
			if f.Len() != rows {
				t.Errorf("%d faults, want %d", f.Len(), rows)
			}
			if len(f.List) > 1000 {
				t.Errorf("%d faults are kept", len(f.List))
			}
			got := strings.Split(plantest.English(err), "\n")
			want := 50
			if rows > 50 {
				want++
				if last := got[len(got)-1]; last != fmt.Sprintf("and %d more", rows-50) {
					t.Errorf("last line is %q", last)
				}
			}
			if len(got) != want {
				t.Errorf("%d lines, want %d", len(got), want)
			}
		})
	}
}

// A missing file is one fault, not one for each row that refers to it.
func TestReadDoesNotBlameOthersForAFileThat(t *testing.T) {
	for _, name := range []string{"plan.yaml", "areas.csv", "routes.geojson", "junctions.csv", "gateways.csv", "sites.csv", "cameras.csv"} {
		tests := map[string]struct {
			change func(fstest.MapFS)
			want   string
		}{
			"is missing":    {func(f fstest.MapFS) { delete(f, name) }, name + ": missing: "},
			"is a folder":   {func(f fstest.MapFS) { f[name] = &fstest.MapFile{Mode: fs.ModeDir} }, name + ": cannot be read ("},
			"is not UTF-8":  {func(f fstest.MapFS) { f[name].Data = []byte("a\nb\xe1") }, name + ":2: not UTF-8: "},
			"is UTF-16":     {func(f fstest.MapFS) { f[name].Data = []byte("\xff\xfec\x00") }, name + ":1: not UTF-8: "},
			"is empty":      {func(f fstest.MapFS) { f[name].Data = nil }, name + ":"},
			"has a bad row": {func(f fstest.MapFS) { f[name].Data = append(f[name].Data, "\"x\ny"...) }, name + ":"},
		}
		for what, test := range tests {
			t.Run(name+" "+what, func(t *testing.T) {
				fsys := files(nil)
				test.change(fsys)
				_, err := plan.Read(fsys)
				got := lines(faultsOf(t, err))
				if len(got) != 1 || !strings.HasPrefix(got[0], test.want) {
					t.Errorf("faults are\n%s\nwant one that begins with %q", strings.Join(got, "\n"), test.want)
				}
			})
		}
	}
}

func TestReadBoundsTheSizeOf(t *testing.T) {
	t.Run("plan.yaml", func(t *testing.T) {
		_, err := plan.Read(files(map[string]string{"plan.yaml": strings.Repeat("#", 16<<10+1)}))
		if got := plantest.English(err); !strings.HasPrefix(got, "plan.yaml: larger than 16 KiB: ") {
			t.Error(got)
		}
	})
	t.Run("other files", func(t *testing.T) {
		fsys := files(nil)
		fsys["areas.csv"].Data = bytes.Repeat([]byte("\n"), plan.MaxFile+1)
		_, err := plan.Read(fsys)
		if got := plantest.English(err); !strings.HasPrefix(got, "areas.csv: larger than 65536 KiB: ") {
			t.Error(got)
		}
	})
	t.Run("tables", func(t *testing.T) {
		_, err := plan.Read(files(map[string]string{
			"gateways.csv": "code,name,route,chainage,to\n" + strings.Repeat("a,,,,\n", plan.MaxRows+1)}))
		f := faultsOf(t, err)
		if got := f.List[0].EN(); got != "gateways.csv: more than 200000 rows: split the plan" {
			t.Error(got)
		}
	})
	t.Run("routes", func(t *testing.T) {
		_, err := plan.Read(files(edit(t, "routes.geojson", "[[105.80, 18.30],", "["+strings.Repeat("[1,1],", plan.MaxRows))))
		if got := plantest.English(err); !strings.HasPrefix(got, "routes.geojson:2: coordinates: more than 200000 points: ") {
			t.Error(got)
		}
	})
	t.Run("the depth of plan.yaml", func(t *testing.T) {
		for _, open := range []string{"[", "{a: ", "- "} {
			_, err := plan.Read(files(map[string]string{"plan.yaml": strings.Repeat(open, (16<<10)/len(open))}))
			if f := faultsOf(t, err); len(f.List) != 1 || f.List[0].File != "plan.yaml" {
				t.Errorf("faults are %q", lines(f))
			}
		}
	})
}

func TestReadDir(t *testing.T) {
	dir := t.TempDir()
	for name, text := range small {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := plan.ReadDir(dir); err != nil {
		t.Error(err)
	}
	for _, path := range []string{filepath.Join(dir, "none"), filepath.Join(dir, "plan.yaml")} {
		if _, err := plan.ReadDir(path); err == nil || !strings.Contains(plantest.English(err), path) {
			t.Errorf("error is %v, want one that names %s", err, path)
		}
	}
}
