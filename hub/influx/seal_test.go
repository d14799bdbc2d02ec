package influx_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/historytest"
	"github.com/phukin/phukin/hub/wire"
)

// randomDay draws a ledger day.
func randomDay(r *rand.Rand, camera string, n history.DayNumber) history.Day {
	d := history.Day{Camera: camera, Number: n, Revision: 1 + r.IntN(3)}
	left, last := 86_400, wire.Status(99)
	for left > 0 {
		run := history.Run{Seconds: min(left, 1+r.IntN(30_000)), Status: wire.Status(r.IntN(4))}
		if run.Status == last {
			continue
		}
		if run.Status == wire.StatusDown {
			run.Fault, run.FellOn = wire.FaultTimeout, wire.RungConnect
		}
		d.Timeline, left, last = append(d.Timeline, run), left-run.Seconds, run.Status
	}
	return d
}

// A ledger reads the same whatever of it is sealed, and when its days came.
func TestSealedYearsReadLikeTheirDays(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		ctx, r := t.Context(), rand.New(rand.NewPCG(3, 4))
		w := newWorld(t, server(t, version), time.UTC, time.Now)
		defer w.end(t)
		memory := &historytest.Memory{}
		put := func(days ...history.Day) {
			t.Helper()
			for _, e := range []history.Evidence{memory, w.influx} {
				if err := e.PutDays(ctx, days); err != nil {
					t.Fatal(err)
				}
			}
		}
		read := func(e history.Evidence, cameras []string, first, last history.DayNumber) []history.Day {
			t.Helper()
			var days []history.Day
			for d, err := range e.Days(ctx, history.Query{Cameras: cameras, First: first, Last: last}) {
				if err != nil {
					t.Fatal(err)
				}
				d.Timeline = slices.Clone(d.Timeline)
				days = append(days, d)
			}
			return days
		}
		first := history.DayOf(time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC).UnixMilli(), time.UTC)
		last := first + 120
		check := func() {
			t.Helper()
			for range 6 {
				a, b := first-5+history.DayNumber(r.IntN(130)), first-5+history.DayNumber(r.IntN(130))
				cameras := [][]string{nil, {"c2"}, {"c1", "c4", "nobody"}}[r.IntN(3)]
				if diff := cmp.Diff(read(memory, cameras, a, b), read(w.influx, cameras, a, b)); diff != "" {
					t.Fatalf("%v from %s to %s (-want +got):\n%s", cameras, a, b, diff)
				}
			}
			if diff := cmp.Diff(read(memory, nil, -1<<31, 1<<31-1), read(w.influx, nil, -1<<31, 1<<31-1)); diff != "" {
				t.Fatalf("all (-want +got):\n%s", diff)
			}
		}
		if n, err := w.influx.Seal(ctx, last); n != 0 || err != nil {
			t.Errorf("of nothing %d months were sealed, %v", n, err)
		}
		var days []history.Day
		for n := first; n < last; n++ {
			for _, camera := range []string{"c1", "c2", "c3"} {
				if r.IntN(10) > 0 {
					days = append(days, randomDay(r, camera, n))
				}
			}
		}
		put(days...)
		check()
		for _, before := range []string{"2025-12-01", "2026-03-15", "2026-03-15", "2026-03-16", "2026-04-30", "2026-05-01"} {
			date, err := time.Parse(time.DateOnly, before)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.influx.Seal(ctx, history.DayOf(date.UnixMilli(), time.UTC)); err != nil {
				t.Errorf("seal what is before %s: %v", before, err)
			}
			check()
			// Late days, of new cameras and old ones, sealed months and others.
			var late []history.Day
			for range 40 {
				late = append(late, randomDay(r, []string{"c1", "c2", "c4"}[r.IntN(3)], first-30+history.DayNumber(r.IntN(150))))
			}
			put(late...)
			check()
			w.shut(t)
			w.open(t)
			check()
		}
	})
}
