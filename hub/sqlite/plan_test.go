package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
	"github.com/phukin/phukin/hub/sqlite"
)

func planFile(t *testing.T) (sqlite.Plan, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hub.db")
	db := openFile(t, path, utc)
	t.Cleanup(func() { _ = db.Close() })
	return db.Plan(), path
}

// shape shows all of a document.
func shape(d *plan.Document) string {
	var b strings.Builder
	for _, t := range plan.Tables() {
		for _, r := range d.Rows(t.Name) {
			fmt.Fprintf(&b, "%s %q\n", t.Name, r.Cells)
		}
	}
	return b.String()
}

// smallPlan is a plan with one window of maintenance.
func smallPlan(t *testing.T) *plan.Document {
	t.Helper()
	d := &plan.Document{}
	d.Add(plan.Settings, map[string]string{"name": "Kế hoạch", "root": "445"})
	d.Add(plan.Phases, map[string]string{"code": "P1", "name": "Một", "from": "2024-01-01", "to": "2024-12-31"})
	d.Add(plan.Areas, map[string]string{"code": "445", "kind": "huyện", "name": "Thạch Hà"})
	d.Add(plan.Maintenance, map[string]string{"code": "W1", "area": "445", "from": "2026-03-02 08:00", "to": "2026-03-06 12:00", "reason": "đầu ghi"})
	return canonical(t, d)
}

func canonical(t *testing.T, d *plan.Document) *plan.Document {
	t.Helper()
	c, err := plan.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	return c.Document
}

// Whatever is edited and reverted, every revision reads back as the document
// it was made of, and the one that reverts is the former plan to the letter.
func TestEveryRevisionOfThePlanStaysWhatItWas(t *testing.T) {
	s, _ := planFile(t)
	newest := 0 // the plans of all checks follow each other in one file
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		docs := map[int]*plan.Document{}
		commit := func(doc *plan.Document, reverts int) {
			r, err := s.Commit(ctx, newest, doc, plan.Revision{At: time.UnixMilli(1e12), Reverts: reverts})
			if errors.Is(err, plan.ErrUnchanged) {
				if before, err := s.Document(ctx, newest); err != nil || shape(before) != shape(doc) {
					rt.Fatalf("a change was taken for none (%v)", err)
				}
				docs[newest] = doc
				return
			}
			if err != nil || r.Number != newest+1 || r.Digest != doc.Digest() {
				rt.Fatalf("revision %+v, error %v", r, err)
			}
			newest++
			docs[newest] = doc
		}
		commit(plantest.Document(rt), 0)
		for range rapid.IntRange(1, 5).Draw(rt, "revisions") {
			if to := newest - rapid.IntRange(0, 3).Draw(rt, "back"); to < newest && docs[to] != nil {
				former, err := s.Document(ctx, to)
				if err != nil {
					rt.Fatal(err)
				}
				commit(former, to)
				continue
			}
			commit(plantest.Edit(rt, docs[newest]), 0)
		}
		for i, want := range docs {
			got, err := s.Document(ctx, i)
			if err != nil {
				rt.Fatal(err)
			}
			if d := cmp.Diff(shape(want), shape(got)); d != "" {
				rt.Fatalf("revision %d is not what it was: %s", i, d)
			}
			if _, err := plan.Load(ctx, s, plan.Revision{Number: i}); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

func TestARevisionIsMadeOfTheNewestAlone(t *testing.T) {
	s, _ := planFile(t)
	one := smallPlan(t)
	two := one.Clone()
	two.Set(plan.Settings, 0, "name", "Khác")
	if _, err := plan.LoadNewest(t.Context(), s); !errors.Is(err, plan.ErrNoPlan) {
		t.Errorf("an empty database gives %v", err)
	}
	if _, err := s.Commit(t.Context(), 0, one, plan.Revision{At: time.UnixMilli(5), Author: "an", Reason: "đầu"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), 0, two, plan.Revision{}); !errors.Is(err, plan.ErrStale) {
		t.Errorf("a change based on nothing gives %v", err)
	}
	if _, err := s.Commit(t.Context(), 1, one, plan.Revision{}); !errors.Is(err, plan.ErrUnchanged) {
		t.Errorf("no change gives %v", err)
	}
	if _, err := s.Commit(t.Context(), 7, two, plan.Revision{}); !errors.Is(err, plan.ErrNoRevision) {
		t.Errorf("a change based on what is not there gives %v", err)
	}
	if _, err := s.Document(t.Context(), 2); !errors.Is(err, plan.ErrNoRevision) {
		t.Errorf("a revision that is not there gives %v", err)
	}
	all, err := s.Revisions(t.Context())
	want := []plan.Revision{{Number: 1, At: time.UnixMilli(5), Author: "an", Reason: "đầu", Added: 4, Digest: one.Digest()}}
	if d := cmp.Diff(want, all); err != nil || d != "" {
		t.Errorf("revisions: %v %s", err, d)
	}
}

func TestAsOfADayIsTheLastRevisionMadeByItsEnd(t *testing.T) {
	s, _ := planFile(t)
	loc := time.FixedZone("+07", 7*3600)
	doc := smallPlan(t)
	for i, at := range []string{"2026-03-01T10:00:00+07:00", "2026-03-03T23:59:59+07:00", "2026-03-04T00:00:00+07:00"} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		doc = doc.Clone()
		doc.Set(plan.Settings, 0, "name", fmt.Sprint("Tên ", i))
		if _, err := s.Commit(t.Context(), i, doc, plan.Revision{At: when}); err != nil {
			t.Fatal(err)
		}
	}
	for day, want := range map[int]int{1: 1, 2: 1, 3: 2, 4: 3, 9: 3} {
		r, err := plan.AsOf(t.Context(), s, plan.NewDate(2026, 3, day), loc)
		if err != nil || r.Number != want {
			t.Errorf("as of %d March it is revision %d (%v), want %d", day, r.Number, err, want)
		}
	}
	if _, err := plan.AsOf(t.Context(), s, plan.NewDate(2026, 2, 28), loc); !errors.Is(err, plan.ErrNoRevision) {
		t.Errorf("before the first revision: %v", err)
	}
}

// Every day is judged by the windows as they stood at its end.
func TestAWindowDoesNotChangeClosedDays(t *testing.T) {
	s, _ := planFile(t)
	loc, err := time.LoadLocation(plan.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, loc) }
	without := smallPlan(t)
	without.Remove(plan.Maintenance, 0)
	longer := smallPlan(t)
	longer.Set(plan.Maintenance, 0, "to", "2026-03-08 00:00")
	for i, step := range []struct {
		doc *plan.Document
		at  time.Time
	}{{smallPlan(t), at(3, 9)}, {longer, at(5, 10)}, {without, at(7, 15)}} {
		if _, err := s.Commit(t.Context(), i, step.doc, plan.Revision{At: step.at}); err != nil {
			t.Fatal(err)
		}
	}
	spans := func(revision int) (all []string) {
		c, err := plan.Load(t.Context(), s, plan.Revision{Number: revision})
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Plan.Windows {
			w := &c.Plan.Windows[i]
			if from, to, ok := w.Counts(loc); ok {
				all = append(all, fmt.Sprintf("%s to %s late %v", from.Format("02 15:04"), to.Format("02 15:04"), w.Late()))
			}
		}
		return all
	}
	for revision, want := range map[int][]string{
		1: {"03 00:00 to 06 12:00 late true"},                                   // the 2nd was closed
		2: {"03 00:00 to 05 00:00 late true", "05 00:00 to 08 00:00 late true"}, // changed on the 5th
		3: {"03 00:00 to 05 00:00 late true", "05 00:00 to 07 00:00 late true"}, // gone on the 7th
	} {
		if d := cmp.Diff(want, spans(revision)); d != "" {
			t.Errorf("revision %d: %s", revision, d)
		}
	}
	c, err := plan.Load(t.Context(), s, plan.Revision{Number: 3})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := c.Plan.Document()
	if err != nil || len(doc.Rows(plan.Maintenance)) != 0 {
		t.Errorf("a window that is gone is written again: %v", err)
	}
}

func TestAPlanChangedFromOutsideIsRefused(t *testing.T) {
	s, path := planFile(t)
	if _, err := s.Commit(t.Context(), 0, smallPlan(t), plan.Revision{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ query, want string }{
		{`UPDATE plan_row SET content = '{"code":"445","kind":"tỉnh","name":"Thạch Hà"}' WHERE table_name = 'areas'`, "not what was stored"},
		{`UPDATE plan_row SET content = '{"colour":"red"}' WHERE table_name = 'areas'`, "written by a newer phukin-hub"},
		{`UPDATE plan_row SET content = '{' WHERE table_name = 'areas'`, "a row of areas"},
		{`UPDATE plan_row SET table_name = 'roads' WHERE table_name = 'areas'`, "written by a newer phukin-hub"},
	} {
		mustExec(t, path, c.query)
		if _, err := s.Document(t.Context(), 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("after %s: %v", c.query, err)
		}
	}
}
