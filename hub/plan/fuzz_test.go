package plan_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/phukin/phukin/hub/plan"
)

// fuzzFile feeds foreign bytes to the reader of one file. Read may refuse
// them, in lines that a terminal can show; what it takes must be a plan that
// can be written and read again.
func fuzzFile(f *testing.F, file string, seeds ...string) {
	f.Add([]byte(small[file]))
	f.Add([]byte("\ufeff" + strings.ReplaceAll(small[file], "\n", "\r\n")))
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := plan.Read(files(map[string]string{file: string(data)}))
		if err != nil {
			var faults *plan.Faults
			if !errors.As(err, &faults) || len(faults.List) == 0 || p != nil {
				t.Fatalf("plan %v, error %v: want no plan and faults", p, err)
			}
			for _, x := range faults.List {
				if s := x.String(); strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) || strings.Count(s, "\n") > 1 || len(s) > 5000 || x.Got == "" || x.Want == "" {
					t.Fatalf("fault is %q", s)
				}
			}
			return
		}
		written, err := plan.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Read(mapFS(written)); err != nil {
			t.Fatalf("written %q, but: %v", written[file], err)
		}
	})
}

func FuzzReadConfig(f *testing.F) {
	fuzzFile(f, "plan.yaml", "name: &a [*a]", "0000: 0\n\t", "<<: {root: 1}", "? a\n: b", "name: !!binary x", "- a", "\"\\u0000\"", "a: |\n  b", "phases: [[],{},1]")
}

func FuzzReadCameras(f *testing.F) {
	fuzzFile(f, "cameras.csv", "code;site\n1;2", "code\tsite", "\"", "code,code,,\n,,,,,", "code\n\"a\nb\"")
}

func FuzzReadSites(f *testing.F) {
	fuzzFile(f, "sites.csv", "code,name,area,kind,route,chainage,lon,lat\nS1,a,045,other,R1,Km14+114,,\nS2,b,045,other,,,1e9,0x1")
}

func FuzzReadAreas(f *testing.F) {
	fuzzFile(f, "areas.csv", "code,kind,name,parent\n045,x,y,18562\n18562,x,y,045\n18562,x,z,045\n")
}

func FuzzReadRoutes(f *testing.F) {
	fuzzFile(f, "routes.geojson", `{}`, `{"type":"FeatureCollection","features":[]}`, `{"features":[{"type":"Feature","geometry":null,"properties":null}],"type":"FeatureCollection"}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":null,"posts":[{"at":[1e400]}]},"geometry":{"type":"LineString","coordinates":[[1],[1,2,3,4],"a"]}}]}`)
}
