package plan_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// small is the smallest plan that has one of everything.
var small = map[string]string{
	"plan.yaml": `name: {vi: "Kế hoạch", en: "Plan"}
root: "045"
phases:
  - code: P1
    name: {vi: "Giai đoạn 1", en: "Phase 1"}
    from: 2024-01-01
    to: 31/12/2024
`,
	"areas.csv": `code,valid_from,valid_to,parent,kind,name,lon,lat,synthetic
045,,2025-06-30,,huyện,Thạch Hà,,,
18562,2020-01-01,2025-06-30,045,thị trấn,Thạch Hà,105.863,18.368,true
`,
	"routes.geojson": `{"type": "FeatureCollection", "features": [
{"type": "Feature",
  "properties": {"code": "R1", "name": "Quốc lộ", "class": "quốc lộ", "synthetic": true,
    "posts": [{"chainage": "Km10+000", "at": [105.80, 18.30]}, {"chainage": "Km12+000", "at": [105.82, 18.30]}]},
  "geometry": {"type": "LineString", "coordinates": [[105.80, 18.30], [105.82, 18.30], [105.84, 18.30]]}},
{"type": "Feature",
  "properties": {"code": "R2", "name": "Đường xã", "class": "đường xã"},
  "geometry": {"type": "LineString", "coordinates": [[105.82, 18.28], [105.82, 18.32, 4.5]]}}
]}
`,
	"junctions.csv": `code,name,route,chainage
J1,Ngã tư,R1,Km12+000
J1,Ngã tư,R2,Km2+214
`,
	"gateways.csv": `code,name,route,chainage,to
G1,Cửa ngõ,R1,Km10+000,huyện Can Lộc
`,
	"sites.csv": `code,name,area,kind,route,chainage,lon,lat
S1,Ngã tư,18562,junction,R1,Km12+000,,
S2,Chợ,18562,market,,,105.83,18.31
`,
	"cameras.csv": `code,site,agent,phase,azimuth,fov,width,height,frame_rate,mounting_height,owner,funding,cost,due,planned,surveyed,installed,accepted,retired
C-1,S1,tb-18562,P1,90,68,1920,1080,15,"4,5",public,Ngân sách xã,"12,5",2024-10-31,2024-01-15,2024-02-01,2024-08-01,2024-09-01,
C-2,S2,tb-18562,P1,270,90,1280,720,,,household,,,,,,,,
`,
}

// files makes a file system of the small plan with some files replaced.
func files(replaced map[string]string) fstest.MapFS {
	all := maps.Clone(small)
	maps.Copy(all, replaced)
	fsys := fstest.MapFS{}
	for name, text := range all {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// edit gives a file of the small plan with one text replaced by another.
func edit(t *testing.T, file, old, new string) map[string]string {
	t.Helper()
	if !strings.Contains(small[file], old) {
		t.Fatalf("%s has no %q to replace", file, old)
	}
	return map[string]string{file: strings.Replace(small[file], old, new, 1)}
}

func mustRead(t *testing.T, replaced map[string]string) *plan.Plan {
	t.Helper()
	p, err := plan.Read(files(replaced))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// faultsOf gives the faults of an error, which must be *plan.Faults.
func faultsOf(t *testing.T, err error) *plan.Faults {
	t.Helper()
	var f *plan.Faults
	if !errors.As(err, &f) {
		t.Fatalf("error is %v, want faults", err)
	}
	return f
}

func lines(f *plan.Faults) []string {
	var all []string
	for _, x := range f.List {
		all = append(all, x.EN())
	}
	return all
}

// near compares metres and degrees: the last bits are lost on paper.
var near = cmpopts.EquateApprox(0, 1e-6)

// same compares plans by what is in them.
var same = cmp.Options{
	cmpopts.IgnoreUnexported(plan.Plan{}),
	cmp.Transformer("line", func(l *geo.Line) []geo.Point { return l.Points() }),
	cmp.Comparer(func(a, b *geo.Calibration) bool {
		return cmp.Equal(a, b, cmp.AllowUnexported(geo.Calibration{}), near)
	}),
	cmpopts.EquateEmpty(),
	near,
	cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
}
