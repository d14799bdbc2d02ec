package plan_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
)

func TestADocumentGoesThroughAFolderAndCSVUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := plantest.Document(t)
		for name, files := range map[string]map[string][]byte{"folder": doc.Folder(), "csv": doc.CSV()} {
			back, err := plan.Compile(plan.ReadFolder(mapFS(files)))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := cmp.Diff(text(doc), text(back.Document)); d != "" {
				t.Fatalf("%s: %s", name, d)
			}
		}
	})
}

// Single tables go onto a plan and leave the rest as it is.
func TestATableGoesThroughCSVUnchanged(t *testing.T) {
	doc := compiled(t, nil).Document
	for _, table := range plan.Tables() {
		merged := doc.Clone()
		merged.Put(table.Name, plan.ReadTable(table.Name, table.Name+".csv", doc.EncodeTable(table.Name)))
		c, err := plan.Compile(merged)
		if err != nil {
			t.Errorf("%s: %v", table.Name, err)
		} else if d := cmp.Diff(text(doc), text(c.Document)); d != "" {
			t.Errorf("%s: %s", table.Name, d)
		}
	}
}

func TestReadFolderTakesCSVInPlaceOfYAMLAndGeoJSON(t *testing.T) {
	doc := compiled(t, nil).Document
	files := fstest.MapFS{}
	for name, data := range doc.CSV() {
		files[name] = &fstest.MapFile{Data: data}
	}
	delete(files, "levels.csv") // may be missing
	delete(files, "phases.csv") // must not
	_, err := plan.Compile(plan.ReadFolder(files))
	if err == nil || plantest.English(err) != "phases.csv: missing: put it beside the other files, if only with its header" {
		t.Errorf("error is %v", err)
	}
}

// The part of a window that counts, against every day judged on its own by
// what stood at its end.
func TestAWindowCountsDayByDay(t *testing.T) {
	loc, err := time.LoadLocation(plan.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		hour := func(name string) time.Time {
			return time.Date(2026, 3, 1, rapid.IntRange(0, 24*12).Draw(t, name), 0, 0, 0, loc)
		}
		w := plan.Window{From: hour("from"), Declared: hour("declared")}
		w.To = w.From.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "hours")) * time.Hour)
		if rapid.Bool().Draw(t, "ends") {
			w.Until = w.Declared.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "stands")) * time.Hour)
		}
		var want, got []string
		for day := plan.NewDate(2026, 2, 25); day < plan.NewDate(2026, 3, 25); day++ {
			end := day.AddDays(1).Start(loc)
			stood := w.Declared.Before(end) && (w.Until.IsZero() || !w.Until.Before(end))
			for h := day.Start(loc); h.Before(end); h = h.Add(time.Hour) {
				if stood && !h.Before(w.From) && h.Before(w.To) {
					want = append(want, fmt.Sprint(h))
				}
			}
		}
		if from, to, ok := w.Counts(loc); ok {
			for h := from; h.Before(to); h = h.Add(time.Hour) {
				got = append(got, fmt.Sprint(h))
			}
		}
		if !slices.Equal(want, got) {
			t.Fatalf("%d hours count, want %d: %v, %v", len(got), len(want), got, want)
		}
	})
}
