package historytest

import (
	"errors"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/archive"
	"github.com/phukin/phukin/hub/wire"
)

var errCut = errors.New("cut")

// OpenCut opens a joined store as Open does, with its Evidence in a Cutting
// that fails as it is told.
type OpenCut func(t testing.TB, loc *time.Location, now func() time.Time, fail func(call string) error) Opened

// RunCuts runs what a store must pass that is joined of a Register and an
// Evidence: cut off between the two it is as if nothing had happened.
func RunCuts(t *testing.T, open OpenCut) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, open OpenCut)
	}{
		{"killed before the acknowledgement nothing is there", cutPut},
		{"a replay whose clock was corrected is there once", cutReplay},
		{"a fold that is cut is done again", cutFold},
		{"an import that is cut is done again", cutImport},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

// cutter fails once, at one call.
type cutter struct{ at string }

func (c *cutter) fail(call string) error {
	if call != c.at {
		return nil
	}
	c.at = ""
	return errCut
}

func (c *cutter) open(open OpenCut) Open {
	return func(t testing.TB, loc *time.Location, now func() time.Time) Opened { return open(t, loc, now, c.fail) }
}

func cutPut(t *testing.T, open OpenCut) {
	for _, at := range []string{"Put", "after Put"} {
		c := &cutter{}
		b := vietnam(t, c.open(open))
		kept := b.batch("xa-a", 1, 0, b.hour("c1", today, 0, wire.StatusUp))
		b.append(kept)
		b.fold()
		lost := []history.Batch{b.batch("xa-a", 1, 1, b.hour("c1", today, 1, wire.StatusDown)), b.batch("xa-b", 1, 0, b.hour("c2", today, 1, wire.StatusUp))}
		c.at = at
		wantError(t, "Append", b.s.Append(b.ctx, lost), errCut)
		check := func() {
			t.Helper()
			b.committed("xa-a", 1, 0, 1)
			b.committed("xa-b", 1, 0, 0)
			b.has("c1", identified(kept)...)
			b.has("c2")
			if n := b.fold(); n != 0 {
				t.Errorf("cut %s: %d days were left to fold", at, n)
			}
		}
		check()
		b.s = b.o.Reopen(t)
		check()
		b.append(lost...)
		b.append(lost...)
		b.has("c1", identified(kept, lost[0])...)
		b.has("c2", identified(lost[1])...)
		b.fold()
		b.timeline("c1", today, 1, "3600×up 3600×down(timeout@connect) 79200×unknown")
	}
}

func cutReplay(t *testing.T, open OpenCut) {
	c := &cutter{}
	b := vietnam(t, c.open(open))
	first := b.batch("xa-a", 1, 0, b.hour("c1", today, 3, wire.StatusUp), b.hour("c1", today, 4, wire.StatusUp))
	c.at = "after Put"
	wantError(t, "Append", b.s.Append(b.ctx, []history.Batch{first}), errCut)
	// The agent has learnt meanwhile that its clock was an hour behind, and cuts
	// its batches otherwise.
	again := []history.Batch{b.batch("xa-a", 1, 0, b.hour("c1", today, 4, wire.StatusUp)), b.batch("xa-a", 1, 1, b.hour("c1", today, 5, wire.StatusUp))}
	b.append(again...)
	b.has("c1", identified(again...)...)
	b.append(first) // late on the way: what is committed stays
	b.has("c1", identified(again...)...)
	b.fold()
	b.timeline("c1", today, 1, "14400×unknown 7200×up 64800×unknown")
}

func cutFold(t *testing.T, open OpenCut) {
	for _, at := range []string{"PutDays", "after PutDays"} {
		c := &cutter{}
		b := vietnam(t, c.open(open))
		b.append(b.batch("xa-a", 1, 0, b.hour("c1", today-9, 0, wire.StatusUp), b.hour("c2", today, 0, wire.StatusUp)))
		b.fold()
		b.append(b.batch("xa-a", 1, 2, b.hour("c1", today-9, 1, wire.StatusUp)))
		c.at = at
		_, err := b.s.Fold(b.ctx)
		wantError(t, "Fold", err, errCut)
		b.s = b.o.Reopen(t)
		b.fold()
		b.timeline("c1", today-9, 2, "7200×up 79200×unknown") // one change, one revision
		b.timeline("c2", today, 1, "3600×up 82800×unknown")
	}
}

func cutImport(t *testing.T, open OpenCut) {
	a := vietnam(t, (&cutter{}).open(open))
	a.fill()
	want := export(t, a.moving(t))
	for _, at := range []string{"Put", "after Put", "PutDays", "after PutDays"} {
		c := &cutter{}
		b := vietnam(t, c.open(open))
		b.clock.set(a.clock.now())
		c.at = at
		_, err := archive.Import(t.Context(), file(want), b.moving(t), archive.Options{})
		wantError(t, "an import cut "+at, err, errCut)
		b.s = b.o.Reopen(t)
		if n := b.fold(); n != 0 {
			t.Errorf("cut %s: a fold wrote %d days", at, n)
		}
		if _, err := archive.Import(t.Context(), file(want), b.moving(t), archive.Options{}); err != nil {
			t.Fatal(err)
		}
		sameFile(t, "the history after an import that was cut "+at, want, export(t, b.moving(t)))
		for _, o := range a.query(history.EveryDay()) { // what was put twice is there once
			if got, want := b.observations(o.Camera, 0, always), a.observations(o.Camera, 0, always); len(got) != len(want) {
				t.Errorf("cut %s: %d observations of camera %s, want %d", at, len(got), o.Camera, len(want))
			}
		}
	}
}
