package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
)

// text gives a document as one text that shows all of it.
func text(d *plan.Document) string {
	var b strings.Builder
	for _, t := range plan.Tables() {
		for _, r := range d.Rows(t.Name) {
			fmt.Fprintf(&b, "%s %q\n", t.Name, r.Cells)
		}
	}
	return b.String()
}

func compiled(t *testing.T, replaced map[string]string) *plan.Compiled {
	t.Helper()
	c, err := plan.Compile(plan.ReadFolder(files(replaced)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// apply is the slow and obvious reference: it makes the changes one by one on
// rows held by their keys.
func apply(a *plan.Document, changes []plan.RowChange) map[string][]string {
	rows := map[string][]string{}
	for _, t := range plan.Tables() {
		for key, cells := range a.Keyed(t.Name) {
			rows[t.Name+" "+key] = cells
		}
	}
	for _, c := range changes {
		if !slices.Equal(rows[c.Table+" "+c.Key], c.Old) {
			panic("old is not what was there")
		}
		if c.New == nil {
			delete(rows, c.Table+" "+c.Key)
		} else {
			rows[c.Table+" "+c.Key] = c.New
		}
	}
	return rows
}

func TestTheDifferenceOfTwoPlansAppliedToOneGivesTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := plantest.Document(t)
		b := plantest.Edit(t, a)
		want := apply(b, nil)
		if d := cmp.Diff(want, apply(a, plan.DiffRows(a, b))); d != "" {
			t.Fatal(d)
		}
		if n := len(plan.DiffRows(b, b.Clone())); n != 0 {
			t.Fatalf("%d differences of a plan with itself", n)
		}
		if (a.Digest() == b.Digest()) != (text(a) == text(b)) {
			t.Fatal("digests do not tell what differs")
		}
	})
}

func TestAChangedCellIsOneLine(t *testing.T) {
	a := compiled(t, nil).Document
	tests := []struct {
		name, file, old, new string
		want                 []string
	}{
		{"a number", "cameras.csv", "P1,90,68", "P1,95.50,68", []string{"cameras C-1 azimuth: 90 → 95.5"}},
		{"a text that gets empty", "cameras.csv", "Ngân sách xã", "", []string{"cameras C-1 funding: Ngân sách xã → (trống)"}},
		{"the same day in another spelling", "cameras.csv", "2024-09-01", "1/9/2024", nil},
		{"a row more", "sites.csv", "S2,Chợ", "S3,Trường,18562,school,,,105.83,18.31\nS2,Chợ",
			[]string{"sites S3 thêm (added): name Trường, area 18562, kind school, lon 105.83, lat 18.31"}},
		{"a row less", "gateways.csv", "G1,Cửa ngõ,R1,Km10+000,huyện Can Lộc\n", "",
			[]string{"gateways G1 bỏ (removed): name Cửa ngõ, route R1, chainage Km10+000, to huyện Can Lộc"}},
		{"a setting", "plan.yaml", "root:", "level: detection\nroot:", []string{"settings level: (trống) → detection"}},
		{"an area with its first day", "areas.csv", "thị trấn,Thạch Hà", "thị trấn,Thạch Hạ", []string{"areas 18562/2020-01-01 name: Thạch Hà → Thạch Hạ"}},
		{"a point of a line", "routes.geojson", "[105.84, 18.30]", "[105.85, 18.30]", []string{"points R1/3 lon: 105.84 → 105.85"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := compiled(t, edit(t, test.file, test.old, test.new)).Document
			if d := cmp.Diff(test.want, plan.Lines(plan.DiffRows(a, b))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestManyPointsOfOneRouteAreOneLine(t *testing.T) {
	a := compiled(t, nil).Document
	b := compiled(t, edit(t, "routes.geojson", "[[105.80, 18.30],", "[[105.80, 18.30], [105.801, 18.30], [105.802, 18.30],")).Document
	if d := cmp.Diff([]string{"points R1: 2 thêm (added), 2 đổi (changed)"}, plan.Lines(plan.DiffRows(a, b))); d != "" {
		t.Error(d)
	}
}

func TestAddressesOfStreamsAreNotShown(t *testing.T) {
	a := compiled(t, nil).Document
	b := a.Clone()
	b.Set(plan.Cameras, 0, "address", "rtsp://10.0.0.7/secret")
	got := strings.Join(plan.Lines(plan.DiffRows(a, b)), "\n")
	if got != "cameras C-1 address: (trống) → ***" {
		t.Error(got)
	}
	c, err := plan.Compile(b)
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%v %+v %s", c.Plan.Cameras, c.Plan.Cameras[0], c.Plan.Cameras[0].Address); strings.Contains(s, "secret") {
		t.Error(s)
	}
}
