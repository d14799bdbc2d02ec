package historytest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func seen(t *testing.T, open Open) {
	b := vietnam(t, open)
	want := func(enrolled, verified history.DayNumber) {
		t.Helper()
		if s := b.seen("c1"); s.Camera != "c1" || s.Enrolled != enrolled || s.Verified != verified {
			t.Errorf("enrolled %s, verified %s, want %s and %s", s.Enrolled, s.Verified, enrolled, verified)
		}
	}
	if all, err := b.s.Seen(b.ctx); err != nil || len(all) != 0 {
		t.Errorf("an empty store has seen %v, %v", all, err)
	}
	b.append(b.batch("xa-a", 1, 5, b.hour("c1", today, 5, wire.StatusDown)))
	want(today, history.NoDay)
	b.append(b.batch("xa-a", 1, 7, b.hour("c1", today+1, 5, wire.StatusDegraded)))
	want(today, today+1)
	b.append(b.batch("xa-a", 1, 8, b.hour("c1", today+3, 5, wire.StatusUp)))
	want(today, today+1)
	b.append(b.batch("xa-b", 1, 0, b.hour("c1", today-9, 5, wire.StatusDown))) // late
	want(today-9, today+1)
	b.append(b.batch("xa-b", 1, 1, b.hour("c1", today-4, 5, wire.StatusUp)))
	want(today-9, today-4)
	b.s = b.o.Reopen(t)
	want(today-9, today-4)
	// Of two neighbours in one batch midnight is between.
	b.append(b.batch("xa-b", 1, 2, b.hour("c2", today, 23, wire.StatusUp), b.hour("c3", today+1, 0, wire.StatusUp)))
	all, err := b.s.Seen(b.ctx)
	if err != nil || len(all) != 3 {
		t.Errorf("three cameras were seen as %v, %v", all, err)
	}
	if c2, c3 := all["c2"], all["c3"]; c2.Enrolled != today || c3.Enrolled != today+1 || c3.Verified != today+1 {
		t.Errorf("around midnight they were enrolled on %s and %s", c2.Enrolled, c3.Enrolled)
	}
}

func measured(t *testing.T, open Open) {
	b := vietnam(t, open)
	picture := func(h, m int, codec wire.Codec, w, height int, rate float32) wire.Observation {
		o := see("c1", b.at(today, h, m), b.at(today, h, m)+60_000, wire.StatusUp)
		o.Codec, o.Width, o.Height = codec, w, height
		if rate > 0 {
			o.FrameRate = wire.Stat{N: 1, Min: rate, Mean: rate, Max: rate}
		}
		return o
	}
	seq := uint64(0)
	add := func(o wire.Observation) {
		b.append(b.batch("xa-a", 1, seq, o))
		seq++
	}
	want := func(h, m int, codec wire.Codec, w, height int, rate float32) {
		t.Helper()
		got := b.seen("c1")
		want := history.Seen{Camera: "c1", Enrolled: got.Enrolled, Verified: got.Verified, MeasuredAt: b.at(today, h, m), Codec: codec, Width: w, Height: height, FrameRate: rate}
		if h == 0 && m == 0 {
			want.MeasuredAt = 0
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("measured (-want +got):\n%s", diff)
		}
	}
	add(see("c1", b.at(today, 1, 0), b.at(today, 2, 0), wire.StatusDown))
	want(0, 0, 0, 0, 0, 0)
	add(picture(2, 0, wire.CodecH264, 1920, 1080, 25))
	want(2, 0, wire.CodecH264, 1920, 1080, 25)
	add(picture(3, 0, wire.CodecH264, 640, 360, 12)) // a change counts at once
	want(3, 0, wire.CodecH264, 640, 360, 12)
	add(picture(2, 30, wire.CodecH265, 1920, 1080, 25)) // late: older than what is known
	want(3, 0, wire.CodecH264, 640, 360, 12)
	add(see("c1", b.at(today, 4, 0), b.at(today, 5, 0), wire.StatusDown)) // no picture says nothing of it
	want(3, 0, wire.CodecH264, 640, 360, 12)
	add(picture(5, 0, wire.CodecH264, 640, 360, 13)) // the same picture is renewed once a day
	want(3, 0, wire.CodecH264, 640, 360, 12)
	add(picture(4, 30, wire.CodecH265, 1920, 1080, 25)) // later than what is noted, older than what was seen
	want(3, 0, wire.CodecH264, 640, 360, 12)
	add(picture(27, 0, wire.CodecH264, 640, 360, 14))
	want(27, 0, wire.CodecH264, 640, 360, 14)
	b.s = b.o.Reopen(t)
	want(27, 0, wire.CodecH264, 640, 360, 14)
	add(picture(28, 0, wire.CodecH265, 640, 360, 0)) // the codec alone, and no rate
	want(28, 0, wire.CodecH265, 640, 360, 0)
}

func prune(t *testing.T, open Open) {
	b := vietnam(t, open)
	over := see("c1", b.at(today-2, 23, 0), b.at(today-1, 1, 0), wire.StatusUp) // over the border
	b.append(
		b.batch("xa-a", 1, 0, b.hour("c1", today-3, 0, wire.StatusUp)),
		b.batch("xa-a", 1, 1, over),
		b.batch("xa-a", 1, 2, b.hour("c1", today-1, 2, wire.StatusUp), b.hour("c1", today, 2, wire.StatusUp)),
	)
	b.fold()
	days, summary := b.days(today-9, today+9), b.seen("c1")
	b.prune(b.at(today-1, 15, 0)) // in the afternoon: the day itself stays whole
	after := b.observations("c1", b.at(today-1, 0, 0), always)
	if len(after) != 3 || after[0].Seq != 1 {
		t.Errorf("of the days that stay there is %v", after)
	}
	for _, o := range b.observations("c1", 0, b.at(today-2, 0, 0)) {
		t.Errorf("not forgotten: %v", o)
	}
	check := func() {
		t.Helper()
		if diff := cmp.Diff(days, b.days(today-9, today+9)); diff != "" {
			t.Errorf("the ledger changed:\n%s", diff)
		}
		if diff := cmp.Diff(summary, b.seen("c1")); diff != "" {
			t.Errorf("what was seen changed:\n%s", diff)
		}
		b.committed("xa-a", 1, 0, 4) // what is forgotten stays committed
	}
	check()
	// What was forgotten and comes again is still the same: nothing.
	b.append(b.batch("xa-a", 1, 0, b.hour("c1", today-3, 0, wire.StatusUp)))
	if n := b.fold(); n != 0 {
		t.Errorf("%d days written", n)
	}
	check()
	b.prune(b.at(today-5, 0, 0)) // backwards does nothing
	b.prune(b.at(today-1, 23, 0))
	check()
	b.s = b.o.Reopen(t)
	b.fold()
	check()
	// A day that stays is computed from all of its observations.
	b.append(b.batch("xa-a", 1, 4, see("c1", b.at(today-1, 0, 30), b.at(today-1, 0, 45), wire.StatusDown)))
	b.fold()
	b.timeline("c1", today-1, 2, "1800×up 900×down(timeout@connect) 900×up 3600×unknown 3600×up 75600×unknown")
}

func lateAfterPrune(t *testing.T, open Open) {
	b := vietnam(t, open)
	day := today - 20
	b.append(b.batch("xa-a", 1, 0, b.hour("c1", day, 1, wire.StatusUp), b.hour("c1", day, 3, wire.StatusUp)))
	b.fold()
	b.timeline("c1", day, 1, "3600×unknown 3600×up 3600×unknown 3600×up 72000×unknown")
	b.prune(b.at(today, 0, 0))
	b.s = b.o.Reopen(t)
	// Late, and contradicts what stands there: only the unknown is filled.
	b.append(b.batch("xa-a", 1, 2, see("c1", b.at(day, 1, 30), b.at(day, 3, 30), wire.StatusDown)))
	if n := b.fold(); n != 1 {
		t.Errorf("%d days written, want 1", n)
	}
	b.timeline("c1", day, 2, "3600×unknown 3600×up 3600×down(timeout@connect) 3600×up 72000×unknown")
	b.append(b.batch("xa-b", 1, 0, b.hour("c1", day, 0, wire.StatusDegraded)), b.batch("xa-b", 1, 1, b.hour("c2", day, 0, wire.StatusUp)))
	b.fold()
	const filled = "3600×degraded 3600×up 3600×down(timeout@connect) 3600×up 72000×unknown"
	b.timeline("c1", day, 3, filled)
	b.timeline("c2", day, 1, "3600×up 82800×unknown") // nothing stood there
	b.prune(b.at(today+1, 0, 0))
	b.fold()
	b.timeline("c1", day, 3, filled)
}

func pruneUnfolded(t *testing.T, open Open) {
	b := vietnam(t, open)
	b.append(b.batch("xa-a", 1, 0, b.hour("c1", today-20, 1, wire.StatusUp)), b.batch("xa-a", 1, 1, b.hour("c1", today-10, 1, wire.StatusUp)))
	b.prune(b.at(today, 0, 0)) // nothing is folded: nothing may go
	if n := b.fold(); n != 2 {
		t.Errorf("folded %d days, want 2", n)
	}
	b.append(b.batch("xa-a", 1, 2, b.hour("c1", today-10, 2, wire.StatusUp)))
	b.prune(b.at(today, 0, 0))
	b.fold()
	// The day that waited was computed whole, not filled.
	b.append(b.batch("xa-a", 1, 3, see("c1", b.at(today-10, 1, 30), b.at(today-10, 2, 30), wire.StatusDown)))
	b.fold()
	b.timeline("c1", today-10, 3, "3600×unknown 1800×up 1800×down(timeout@connect) 3600×up 75600×unknown")
	b.prune(b.at(today, 0, 0))
	if obs := b.observations("c1", 0, always); len(obs) != 0 {
		t.Errorf("not forgotten once folded: %v", obs)
	}
}

func reopening(t *testing.T, open Open) {
	b := vietnam(t, open)
	folded := b.batch("xa-a", 1, 0, b.hour("c1", today, 1, wire.StatusUp), b.hour("c2", today, 2, wire.StatusDown))
	waiting := b.batch("xa-a", 1, 5, b.hour("c1", today, 5, wire.StatusUp))
	b.append(folded)
	b.fold()
	b.append(waiting)
	days := b.days(today, today)
	b.s = b.o.Reopen(t)
	if diff := cmp.Diff(days, b.days(today, today)); diff != "" {
		t.Errorf("ledger days (-before +after):\n%s", diff)
	}
	b.committed("xa-a", 1, 0, 2)
	b.committed("xa-a", 1, 5, 6)
	b.has("c1", slices.Concat(identified(folded)[:1], identified(waiting))...)
	// What was not folded before is folded now, and batches go on.
	if n := b.fold(); n != 1 {
		t.Errorf("folded %d days, want 1", n)
	}
	b.append(b.batch("xa-a", 1, 1, folded.Observations[1], b.hour("c1", today, 2, wire.StatusUp), b.hour("c1", today, 3, wire.StatusUp), b.hour("c1", today, 4, wire.StatusUp)))
	b.committed("xa-a", 1, 0, 6)
	b.fold()
	b.timeline("c1", today, 1, "3600×unknown 18000×up 64800×unknown")
}
