package historytest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func foldComplete(t *testing.T, open Open) {
	b := vietnam(t, open)
	if n := b.fold(); n != 0 {
		t.Errorf("an empty store folded %d days", n)
	}
	b.clock.set(today.Start(b.loc).AddDate(0, 0, 90))
	// Many days of several agents, more than a store would fold at a time, and
	// an observation over two midnights.
	var batches []history.Batch
	for d := range 40 {
		for i, agent := range []string{"xa-a", "xa-b", "xa-c"} {
			camera := []string{"c1", "c2", "c3"}[i]
			batches = append(batches, b.batch(agent, 1, uint64(2*d), b.hour(camera, today+history.DayNumber(d), 6, wire.StatusUp), b.hour(camera, today+history.DayNumber(d), 7, wire.StatusDown)))
		}
	}
	batches = append(batches, b.batch("xa-a", 1, 80, see("c4", b.at(today, 18, 0), b.at(today+2, 6, 0), wire.StatusDegraded)))
	b.append(batches...)
	if d := b.days(today-1, today+100); len(d) != 0 {
		t.Errorf("%d ledger days before any fold", len(d))
	}
	if n := b.fold(); n != 3*40+3 {
		t.Errorf("folded %d days, want %d", n, 3*40+3)
	}
	days := b.days(today-1, today+100)
	if len(days) != 3*40+3 {
		t.Errorf("%d ledger days, want %d", len(days), 3*40+3)
	}
	for _, d := range days {
		if d.Camera != "c4" && d.Timeline.String() != "21600×unknown 3600×up 3600×down(timeout@connect) 57600×unknown" || d.Revision != 1 {
			t.Errorf("ledger day %v", d)
		}
	}
	b.timeline("c4", today, 1, "64800×unknown 21600×degraded")
	b.timeline("c4", today+1, 1, "86400×degraded")
	b.timeline("c4", today+2, 1, "21600×degraded 64800×unknown")

	if n := b.fold(); n != 0 {
		t.Errorf("a second fold wrote %d days", n)
	}
	b.append(batches...) // nothing new, nothing to fold
	if n := b.fold(); n != 0 {
		t.Errorf("a fold after the same batches wrote %d days", n)
	}
	if diff := cmp.Diff(days, b.days(today-1, today+100)); diff != "" {
		t.Errorf("the ledger changed:\n%s", diff)
	}
}

func oddDays(t *testing.T, open Open) {
	for _, c := range []struct {
		date  time.Time
		hours int
	}{{time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), 23}, {time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC), 25}} {
		day := history.DayNumber(c.date.Unix() / 86400)
		b := setUp(t, open, zone(t, "Europe/Berlin"), day)
		start, end := day.Start(b.loc).UnixMilli(), (day + 1).Start(b.loc).UnixMilli()
		b.append(b.batch("xa-a", 1, 0, see("c1", start-500, start+1500, wire.StatusUp), see("c1", start+1500, end-1, wire.StatusDegraded), see("c1", end-1, end+999, wire.StatusDown)))
		b.fold()
		// The last second is floor(end-1 ms): the third observation's.
		d := b.ledger("c1", day)
		if got, want := d.Count(), (history.Count{Up: 1, Degraded: int64(c.hours)*3600 - 2, Down: 1, Outages: 1}); got != want {
			t.Errorf("%s counts %+v, want %+v", day, got, want)
		}
	}
}

func revisions(t *testing.T, open Open) {
	b := vietnam(t, open)
	obs := func(seq uint64, h int, s wire.Status) history.Batch {
		return b.batch("xa-a", 1, seq, b.hour("c1", today, h, s))
	}
	b.append(obs(1, 1, wire.StatusUp), b.batch("xa-a", 9, 0, b.hour("c2", today, 1, wire.StatusUp)))
	b.fold()
	b.timeline("c1", today, 1, "3600×unknown 3600×up 79200×unknown")
	b.append(obs(3, 3, wire.StatusUp)) // the day goes on: no revision
	b.fold()
	b.timeline("c1", today, 1, "3600×unknown 3600×up 3600×unknown 3600×up 72000×unknown")
	b.clock.set((today + 1).Start(b.loc).Add(10 * time.Minute)) // what was seen last is on its way
	b.append(obs(23, 23, wire.StatusUp))
	b.fold()
	b.timeline("c1", today, 1, "3600×unknown 3600×up 3600×unknown 3600×up 68400×unknown 3600×up")

	b.clock.set((today + 1).Start(b.loc).Add(24 * time.Hour)) // closed
	b.append(obs(2, 2, wire.StatusDown))                      // late and out of order
	if n := b.fold(); n != 1 {
		t.Errorf("%d days changed, want 1", n)
	}
	const filled = "3600×unknown 3600×up 3600×down(timeout@connect) 3600×up 68400×unknown 3600×up"
	b.timeline("c1", today, 2, filled)
	b.timeline("c2", today, 1, "3600×unknown 3600×up 79200×unknown") // another camera of the same agent
	// Late, but says nothing new: no revision.
	b.append(b.batch("xa-a", 1, 4, see("c1", b.at(today, 1, 0), b.at(today, 1, 30), wire.StatusUp)))
	if n := b.fold(); n != 0 {
		t.Errorf("%d days written with nothing new to say", n)
	}
	b.timeline("c1", today, 2, filled)
	b.append(obs(0, 0, wire.StatusUp))
	b.fold()
	b.timeline("c1", today, 3, "7200×up 3600×down(timeout@connect) 3600×up 68400×unknown 3600×up")
	// A day that is first written when it is over is at its first revision.
	b.append(b.batch("xa-a", 1, 30, b.hour("c3", today-7, 0, wire.StatusUp)))
	b.fold()
	b.timeline("c3", today-7, 1, "3600×up 82800×unknown")
}

func twoAgents(t *testing.T, open Open) {
	b := vietnam(t, open)
	b.append(b.batch("xa-a", 1, 0, b.hour("c1", today, 0, wire.StatusUp), b.hour("c1", today, 1, wire.StatusUp), b.hour("own", today, 0, wire.StatusUp)))
	b.fold()
	// The second agent's look begins later and wins; the first one's hours stay.
	b.append(b.batch("xa-b", 1, 0, see("c1", b.at(today, 0, 30), b.at(today, 0, 40), wire.StatusDown), b.hour("c1", today, 5, wire.StatusDegraded)))
	b.fold()
	b.timeline("c1", today, 1, "1800×up 600×down(timeout@connect) 4800×up 10800×unknown 3600×degraded 64800×unknown")
	b.timeline("own", today, 1, "3600×up 82800×unknown")
	// The first again: the second one's hours stay.
	b.append(b.batch("xa-a", 1, 3, b.hour("c1", today, 6, wire.StatusUp)))
	b.fold()
	b.timeline("c1", today, 1, "1800×up 600×down(timeout@connect) 4800×up 10800×unknown 3600×degraded 3600×up 61200×unknown")
	if n := len(b.days(today, today)); n != 2 {
		t.Errorf("%d ledger days, want 2", n)
	}
}

func daysInOrder(t *testing.T, open Open) {
	b := vietnam(t, open)
	var want []history.Day
	seq := uint64(0)
	for d := history.DayNumber(2); d >= 0; d-- {
		for _, camera := range []string{"c2", "C3", "c10", "c1", "b.9"} {
			b.append(b.batch("xa-a", 1, seq, b.hour(camera, today+d, 0, wire.StatusUp)))
			seq++
		}
	}
	b.fold()
	for _, camera := range []string{"C3", "b.9", "c1", "c10", "c2"} { // by bytes
		for d := range history.DayNumber(3) {
			want = append(want, history.Day{Camera: camera, Number: today + d, Revision: 1, Timeline: history.Timeline{{Seconds: 3600, Status: wire.StatusUp}, {Seconds: 82_800}}})
		}
	}
	queries := []history.Query{history.EveryDay(), {Cameras: []string{}, First: today, Last: today + 2}}
	for _, c := range [][2]history.DayNumber{{0, 2}, {1, 1}, {1, 9}, {-9, 0}, {3, 9}, {-9, -1}, {2, 1}} {
		for _, cameras := range [][]string{nil, {"c10"}, {"c2", "nobody", "C3", "c2"}} {
			queries = append(queries, history.Query{Cameras: cameras, First: today + c[0], Last: today + c[1]})
		}
	}
	for _, q := range queries {
		var filtered []history.Day
		for _, d := range want {
			if d.Number >= q.First && d.Number <= q.Last && (q.Cameras == nil || slices.Contains(q.Cameras, d.Camera)) {
				filtered = append(filtered, d)
			}
		}
		if diff := cmp.Diff(filtered, b.query(q)); diff != "" {
			t.Errorf("days of %+v (-want +got):\n%s", q, diff)
		}
		if diff := cmp.Diff(countsOf(filtered), b.counts(q)); diff != "" {
			t.Errorf("counts of %+v (-want +got):\n%s", q, diff)
		}
	}
	// Who streams days may stop, and may ask for more on the way.
	for d, err := range b.s.Days(b.ctx, history.EveryDay()) {
		if err != nil {
			t.Fatal(err)
		}
		if n := len(b.days(d.Number, d.Number)); n != 5 {
			t.Errorf("%d days within", n)
		}
		break
	}
	cancelled, cancel := context.WithCancel(b.ctx)
	cancel()
	n := 0
	for _, err := range b.s.Days(cancelled, history.EveryDay()) {
		n++
		wantError(t, "Days with a cancelled context", err, context.Canceled)
	}
	if n != 1 {
		t.Errorf("a cancelled context gave %d items, want one error", n)
	}
}

// countsOf gives what counts of days there should be.
func countsOf(days []history.Day) (all []history.CameraCounts) {
	for _, d := range days {
		if n := len(all); n == 0 || all[n-1].Camera != d.Camera {
			all = append(all, history.CameraCounts{Camera: d.Camera})
		}
		c, t := d.Count(), d.Timeline
		last := &all[len(all)-1]
		last.Days = append(last.Days, history.DayCount{
			Number: d.Number, Up: int32(c.Up), Degraded: int32(c.Degraded), Down: int32(c.Down), Unknown: int32(c.Unknown), Outages: int32(c.Outages), Begins: t.At(0).Status, Ends: t.At(t.Seconds() - 1).Status,
		})
	}
	return all
}

func (b *bench) counts(q history.Query) (all []history.CameraCounts) {
	b.t.Helper()
	for c, err := range history.Counts(b.ctx, b.s, q) {
		if err != nil {
			b.t.Fatalf("Counts: %v", err)
		}
		c.Days = slices.Clone(c.Days)
		all = append(all, c)
	}
	return all
}

// old has a store of which most days are years old, some were written late,
// and some are of today: whatever a store does with days that have become old,
// they read as before.
func old(t *testing.T, open Open) {
	b := vietnam(t, open)
	var want []history.Day
	for i, camera := range []string{"c1", "c2", "c3"} {
		agent := "xa-" + camera
		seq := uint64(0)
		// Steps of a day, of a month and more, and over ends of years.
		for day := today - 1500; day <= today; day += []history.DayNumber{1, 1, 29, 2, 366}[(i+int(seq))%5] {
			b.append(b.batch(agent, 1, seq, see(camera, b.at(day, 5, 0)+1000*int64(seq), b.at(day, 7, 0), wire.Status(1+seq%3))))
			seq++
			tl := history.Timeline{{Seconds: 18_000 + int(seq) - 1}, {Seconds: 7201 - int(seq), Status: wire.Status(1 + (seq-1)%3)}, {Seconds: 61_200}}
			if tl[1].Status == wire.StatusDown {
				tl[1].Fault, tl[1].FellOn = wire.FaultTimeout, wire.RungConnect
			}
			want = append(want, history.Day{Camera: camera, Number: day, Revision: 1, Timeline: tl})
		}
		b.clock.set(b.clock.now().Add(24 * time.Hour))
		b.fold()
	}
	check := func() {
		t.Helper()
		for _, q := range []history.Query{history.EveryDay(), {First: today - 1200, Last: today - 800}, {Cameras: []string{"c2"}, First: want[3].Number, Last: want[3].Number}, {Cameras: []string{"c3", "c1"}, First: today - 365, Last: today}} {
			var filtered []history.Day
			for _, d := range want {
				if d.Number >= q.First && d.Number <= q.Last && (q.Cameras == nil || slices.Contains(q.Cameras, d.Camera)) {
					filtered = append(filtered, d)
				}
			}
			if diff := cmp.Diff(filtered, b.query(q)); diff != "" {
				t.Fatalf("days of %+v (-want +got):\n%s", q, diff)
			}
			if diff := cmp.Diff(countsOf(filtered), b.counts(q)); diff != "" {
				t.Fatalf("counts of %+v (-want +got):\n%s", q, diff)
			}
		}
	}
	check()
	// Late for the second camera: its third day changes, and one between two
	// that are there is new.
	changed := slices.IndexFunc(want, func(d history.Day) bool { return d.Camera == "c2" }) + 2
	day := want[changed].Number
	b.append(b.batch("xa-c2", 1, 1000, see("c2", b.at(day, 9, 0), b.at(day, 10, 0), wire.StatusDegraded), see("c2", b.at(day+1, 9, 0), b.at(day+1, 10, 0), wire.StatusUp)))
	if n := b.fold(); n != 2 {
		t.Errorf("%d days written, want 2", n)
	}
	tl := want[changed].Timeline
	want[changed].Revision, want[changed].Timeline = 2, append(slices.Clone(tl[:2]), history.Run{Seconds: 7200}, history.Run{Seconds: 3600, Status: wire.StatusDegraded}, history.Run{Seconds: 50_400})
	fresh := history.Day{Camera: "c2", Number: day + 1, Revision: 1, Timeline: history.Timeline{{Seconds: 32_400}, {Seconds: 3600, Status: wire.StatusUp}, {Seconds: 50_400}}}
	if want[changed+1].Number == fresh.Number {
		t.Fatal("the day is there already")
	}
	want = slices.Insert(want, changed+1, fresh)
	check()
	b.prune(b.at(today-400, 0, 0))
	b.s = b.o.Reopen(t)
	b.fold()
	check()
	// An old day whose observations are forgotten is filled.
	b.append(b.batch("xa-c2", 1, 1002, see("c2", b.at(day, 0, 0), b.at(day+1, 0, 0), wire.StatusUp)))
	b.fold()
	d := &want[changed]
	d.Revision = 3
	for i := range d.Timeline {
		if d.Timeline[i].Unknown() {
			d.Timeline[i].Status = wire.StatusUp
		}
	}
	check()
}

func revisionCounter(t *testing.T, open Open) {
	b := vietnam(t, open)
	r0 := b.s.Revision()
	b.append(b.batch("xa-a", 1, 0, b.hour("c1", today, 0, wire.StatusUp)))
	b.fold()
	r1 := b.s.Revision()
	if r1 == r0 {
		t.Error("a written day left the counter as it was")
	}
	b.fold()
	b.append(b.batch("xa-a", 1, 1, b.hour("c1", today, 0, wire.StatusUp))) // says the same again
	b.fold()
	if b.s.Revision() != r1 {
		t.Error("the counter changed though no day was written")
	}
	b.append(b.batch("xa-a", 1, 2, b.hour("c1", today, 1, wire.StatusUp)))
	b.fold()
	if r2 := b.s.Revision(); r2 == r1 || r2 == r0 {
		t.Error("a changed day left the counter as it was")
	}
}
