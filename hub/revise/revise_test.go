package revise_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
	"github.com/phukin/phukin/hub/revise"
)

func compiled(t interface {
	Helper()
	Fatal(...any)
}, doc *plan.Document) *plan.Compiled {
	t.Helper()
	c, err := plan.Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever is left out of a plan: the cameras that are missing are those of the old
// plan with evidence that the new one lacks, and retiring them is in order.
func TestCamerasWithEvidenceAreMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := compiled(t, plantest.Document(t)).Document
		evidence, gone := map[string]bool{"C-NOBODY": true}, map[string]bool{}
		for code := range old.Keyed(plan.Cameras) {
			evidence[code] = rapid.Bool().Draw(t, "seen "+code)
			gone[code] = rapid.Bool().Draw(t, "gone "+code)
		}
		table := plan.TableByName(plan.Cameras)
		doc := old.Clone()
		doc.Keep(plan.Cameras, func(r plan.Row) bool { return !gone[table.Cell(r, "code")] })
		now, err := plan.Compile(doc)
		if err != nil {
			t.Skip("such a plan is not in order")
		}
		p := revise.Propose(plan.Revision{Number: 3}, old, now, evidence)
		var want []string
		for _, code := range slices.Sorted(maps.Keys(gone)) {
			if gone[code] && evidence[code] {
				want = append(want, code)
			}
		}
		if !slices.Equal(p.Missing, want) {
			t.Fatalf("missing %v, want %v", p.Missing, want)
		}
		if len(want) == 0 {
			return
		}
		if _, err := p.Commit(t.Context(), nil, plan.Revision{}); !errors.Is(err, revise.ErrEvidence) {
			t.Fatalf("a plan that lacks them is kept: %v", err)
		}
		day, _ := plan.ParseDate("2026-11-24")
		again := revise.Propose(p.Base, old, compiled(t, p.Retired(day)), evidence)
		if len(again.Missing) > 0 {
			t.Fatalf("after retiring them %v are missing", again.Missing)
		}
		for _, code := range want {
			if cells := again.Compiled.Document.Keyed(plan.Cameras)[code]; cells[table.Column("retired")] == "" {
				t.Fatalf("%s is not retired", code)
			}
		}
	})
}

func TestAFolderGoesThroughAZIPFileUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := compiled(t, plantest.Document(t)).Document
		var b bytes.Buffer
		if err := revise.WriteFolder(&b, doc.Folder(), time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		back, err := revise.ReadFolder(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got := compiled(t, back).Document.Digest(); got != doc.Digest() {
			t.Fatalf("digest %s, want %s", got, doc.Digest())
		}
	})
}

func packed(t *testing.T, files int, size int64) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range files {
		name := fmt.Sprintf("%d.csv", i)
		if i < 2 {
			name = []string{"areas.csv", "sites.csv"}[i]
		}
		f, err := z.Create(name)
		if err == nil {
			_, err = io.CopyN(f, strings.NewReader(strings.Repeat("a,b\n", int(size/4))), size)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAFolderIsReadWithinItsBounds(t *testing.T) {
	if _, err := revise.ReadFolder([]byte("PK")); !errors.Is(err, revise.ErrNoFolder) {
		t.Errorf("no ZIP file: %v", err)
	}
	if _, err := revise.ReadFolder(packed(t, 300, 4)); !errors.Is(err, revise.ErrNoFolder) {
		t.Errorf("300 files: %v", err)
	}
	// Two files of 40 MiB are more than 64 MiB together.
	bomb := packed(t, 2, 40<<20)
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	doc, err := revise.ReadFolder(bomb)
	if err != nil {
		t.Fatal(err)
	}
	var faults *plan.Faults
	begin := time.Now()
	if _, err := plan.Compile(doc); !errors.As(err, &faults) || !strings.Contains(faults.EN(), "64 MiB when unpacked") {
		t.Errorf("a bomb: %.300v", err)
	}
	if took := time.Since(begin); took > 30*time.Second { // all areas have one code
		t.Errorf("a bomb keeps the hub busy for %v", took)
	}
}

func FuzzReadFolder(f *testing.F) {
	f.Add([]byte("PK"))
	doc := &plan.Document{}
	doc.Append(plan.Areas, make([]string, len(plan.TableByName(plan.Areas).Columns)))
	var b bytes.Buffer
	if err := revise.WriteFolder(&b, doc.Folder(), time.Unix(0, 0)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := revise.ReadFolder(data)
		if err != nil {
			if !errors.Is(err, revise.ErrNoFolder) {
				t.Fatal(err)
			}
			return
		}
		if _, err := plan.Compile(doc); err == nil {
			t.Skip()
		}
	})
}
