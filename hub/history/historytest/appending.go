package historytest

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func comesBack(t *testing.T, open Open) {
	b := vietnam(t, open)
	from := b.at(today, 8, 0)
	o := wire.Observation{
		Camera: "cam.1_A-b", From: from + 123, To: from + 300_456, Status: wire.StatusDegraded, Rung: wire.RungFresh,
		Reasons: []wire.Reason{wire.ReasonLowResolution, wire.ReasonLoss}, Probes: 10, Codec: wire.CodecH265, Width: 640, Height: 360,
		FrameRate: wire.Stat{N: 10, Min: 11.5, Mean: 12.25, Max: 12.5}, BitRate: wire.Stat{N: 10, Min: 400e3, Mean: 512e3, Max: 640e3},
		KeyframeGap: wire.Stat{N: 10, Min: 2, Mean: 2, Max: 2}, Loss: wire.Stat{N: 10, Max: 0.25, Mean: 0.0625}, Jitter: wire.Stat{N: 10, Min: 1.5, Mean: 3, Max: 9},
		Stages: []wire.Stage{{Rung: wire.RungConnect, Time: wire.Stat{N: 10, Min: 3, Mean: 4, Max: 8}}, {Rung: wire.RungDescribe}},
	}
	down := see("cam.1_A-b", from+400_000, from+500_001, wire.StatusDown)
	down.RTSPStatus = 453
	batch := b.batch("xa-a", math.MaxUint64, wire.MaxSeq-2, o, down)
	b.append(batch)
	batch.Observations = sent(t, batch.Observations)
	b.has("cam.1_A-b", identified(batch)...)
	b.committed("xa-a", math.MaxUint64, wire.MaxSeq-2, wire.MaxSeq)
}

// sent gives observations as they are once they went over the wire: measured
// values are less precise there.
func sent(t testing.TB, obs []wire.Observation) []wire.Observation {
	t.Helper()
	m, err := wire.UnmarshalUp(wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Observations: obs}}))
	if err != nil || len(m.Batch.Observations) != len(obs) {
		t.Fatalf("observations that the wire does not take: %v", err)
	}
	return m.Batch.Observations
}

func appendTwice(t *testing.T, open Open) {
	b := vietnam(t, open)
	batch := b.batch("xa-a", 1, 0, b.hour("c1", today, 0, wire.StatusUp), b.hour("c2", today, 0, wire.StatusUp), b.hour("c1", today, 1, wire.StatusDown))
	b.append(batch)
	b.append(batch)
	b.append(batch, batch) // within one call as well
	b.append()
	b.has("c1", identified(b.batch("xa-a", 1, 0, batch.Observations[0]), b.batch("xa-a", 1, 2, batch.Observations[2]))...)
	b.has("c2", identified(b.batch("xa-a", 1, 1, batch.Observations[1]))...)
	b.committed("xa-a", 1, 0, 3)
}

func overlappingCuts(t *testing.T, open Open) {
	b := vietnam(t, open)
	var all []wire.Observation
	for h := range 20 {
		all = append(all, b.hour("c1", today, h, wire.StatusUp))
	}
	for _, cut := range [][2]uint64{{15, 18}, {4, 7}, {6, 9}, {0, 5}, {8, 16}, {3, 12}, {2, 20}, {0, 1}, {19, 20}} {
		b.append(b.batch("xa-a", 1, cut[0], all[cut[0]:cut[1]]...))
	}
	b.has("c1", identified(b.batch("xa-a", 1, 0, all...))...)
	b.committed("xa-a", 1, 0, 20)
	// One call may hold batches that overlap one another, the later first.
	b.append(b.batch("xa-a", 2, 10, all[10:20]...), b.batch("xa-a", 2, 0, all[0:12]...))
	b.committed("xa-a", 2, 0, 20)
	if n := len(b.observations("c1", 0, always)); n != 40 {
		t.Errorf("%d observations, want 40", n)
	}
}

func committed(t *testing.T, open Open) {
	b := vietnam(t, open)
	o := b.hour("c1", today, 3, wire.StatusUp)
	b.committed("xa-a", 1, 0, 0)
	b.committed("nobody", 1, 7, 7)
	b.committed("xa-a", 1, math.MaxUint64, math.MaxUint64)
	b.append(b.batch("xa-a", 1, 5, o, o, o)) // 5 6 7
	b.committed("xa-a", 1, 0, 0)
	b.committed("xa-a", 1, 4, 4)
	b.committed("xa-a", 1, 5, 8)
	b.committed("xa-a", 1, 7, 8)
	b.committed("xa-a", 1, 8, 8)
	b.append(b.batch("xa-a", 1, 10, o, o)) // 10 11
	b.committed("xa-a", 1, 5, 8)
	b.committed("xa-a", 1, 10, 12)
	b.append(b.batch("xa-a", 1, 8, o)) // touches the first
	b.committed("xa-a", 1, 5, 9)
	b.append(b.batch("xa-a", 1, 9, o)) // joins both
	b.committed("xa-a", 1, 5, 12)
	b.committed("xa-a", 1, 11, 12)
	b.append(b.batch("xa-a", 1, 3, o)) // a hole at 4 stays
	b.committed("xa-a", 1, 3, 4)
	b.committed("xa-a", 1, 5, 12)
	b.append(b.batch("xa-a", 1, 0, o, o, o, o, o, o, o, o, o, o, o, o, o, o)) // over everything
	b.committed("xa-a", 1, 0, 14)
	b.committed("xa-a", 1, 13, 14)
	if n := len(b.observations("c1", 0, always)); n != 14 {
		t.Errorf("%d observations, want 14", n)
	}
}

func epochsApart(t *testing.T, open Open) {
	b := vietnam(t, open)
	o := b.hour("c1", today, 3, wire.StatusUp)
	batches := []history.Batch{b.batch("xa-a", 1, 0, o), b.batch("xa-a", 1<<63, 0, o, o), b.batch("xa-b", 1, 0, o, o, o)}
	b.append(batches...)
	b.committed("xa-a", 1, 0, 1)
	b.committed("xa-a", 1<<63, 0, 2)
	b.committed("xa-b", 1, 0, 3)
	b.committed("xa-b", 1<<63, 0, 0)
	b.has("c1", identified(batches...)...)
}

// A batch may be greater than one message of the wire: importers make such.
func largeBatch(t *testing.T, open Open) {
	b := vietnam(t, open)
	var obs []wire.Observation
	start := b.at(today-6, 0, 0)
	for i := range int64(2*wire.MaxObservations + 7) {
		o := see("c1", start+i*100_000, start+(i+1)*100_000, wire.StatusUp)
		for _, r := range wire.Rungs() {
			o.Stages = append(o.Stages, wire.Stage{Rung: r, Time: wire.Stat{N: 1 << 20, Min: 1.1, Mean: 2.2, Max: 3.3}})
		}
		obs = append(obs, o)
	}
	b.append(b.batch("xa-a", 1, 0, obs...))
	b.committed("xa-a", 1, 0, uint64(len(obs)))
	if n := len(b.observations("c1", 0, always)); n != len(obs) {
		t.Errorf("%d observations, want %d", n, len(obs))
	}
	b.fold()
	if got := b.ledger("c1", today-5).Timeline.String(); got != "86400×up" {
		t.Errorf("the second day is %s", got)
	}
}

func failingAppend(t *testing.T, open Open) {
	b := vietnam(t, open)
	first := b.batch("xa-a", 1, 0, b.hour("c1", today, 0, wire.StatusUp))
	b.append(first)
	b.fold()
	good := b.batch("xa-new", 1, 0, b.hour("c1", today, 1, wire.StatusUp), b.hour("c-new", today-3, 1, wire.StatusUp))
	spoilt := func(spoil func(*history.Batch)) history.Batch {
		bad := b.batch("xa-a", 1, 1, b.hour("c1", today, 2, wire.StatusUp))
		spoil(&bad)
		return bad
	}
	for name, bad := range map[string]history.Batch{
		"agent without a code":    spoilt(func(b *history.Batch) { b.Agent = "" }),
		"sequence out of bounds":  spoilt(func(b *history.Batch) { b.FirstSeq = wire.MaxSeq }),
		"camera with a bad code":  spoilt(func(b *history.Batch) { b.Observations[0].Camera = "a/b" }),
		"ends before it begins":   spoilt(func(b *history.Batch) { b.Observations[0].To = b.Observations[0].From - 1 }),
		"without a status":        spoilt(func(b *history.Batch) { b.Observations[0].Status = 0 }),
		"measured a non-number":   spoilt(func(b *history.Batch) { b.Observations[0].Loss = wire.Stat{N: 1, Max: float32(math.NaN())} }),
		"begins before all times": spoilt(func(b *history.Batch) { b.Observations[0].From = -1 }),
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, "Append", b.s.Append(b.ctx, []history.Batch{good, bad}), nil)
		})
	}
	cancelled, cancel := context.WithCancel(b.ctx)
	cancel()
	wantError(t, "Append with a cancelled context", b.s.Append(cancelled, []history.Batch{good}), context.Canceled)
	_, err := b.s.Fold(cancelled)
	wantError(t, "Fold with a cancelled context", err, context.Canceled)

	check := func() {
		t.Helper()
		b.committed("xa-new", 1, 0, 0)
		b.committed("xa-a", 1, 0, 1)
		b.has("c1", identified(first)...)
		b.has("c-new")
		if n := b.fold(); n != 0 {
			t.Errorf("%d days were left to fold", n)
		}
		if s := b.seen("c-new"); s != (history.Seen{}) {
			t.Errorf("a camera that was never committed was seen: %+v", s)
		}
	}
	check()
	b.s = b.o.Reopen(t)
	check()
	b.append(good) // and the store goes on
	b.committed("xa-new", 1, 0, 2)
	b.has("c1", identified(first, b.batch("xa-new", 1, 0, good.Observations[0]))...)
	if s := b.seen("c-new"); s.Enrolled != today-3 {
		t.Errorf("after all it was seen as %+v", s)
	}
}

// endsLater is a context that is found ended after it was asked some times.
type endsLater struct {
	context.Context
	left atomic.Int64
}

func (c *endsLater) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func interrupted(t *testing.T, open Open) {
	b := vietnam(t, open)
	kept := b.batch("xa-a", 1, 0, b.hour("c1", today, 0, wire.StatusUp))
	b.append(kept)
	b.fold()
	days := b.days(today-30, today+1)
	ctx := func(k int64) context.Context {
		c := &endsLater{Context: b.ctx}
		c.left.Store(k)
		return c
	}
	fresh := []history.Batch{b.batch("xa-b", 1, 0, b.hour("c1", today, 1, wire.StatusUp)), b.batch("xa-c", 1, 0, b.hour("c2", today, 1, wire.StatusUp))}
	failed := 0
	for k := range int64(20) {
		if err := b.s.Append(ctx(k), fresh); err == nil {
			break
		}
		failed++
		b.committed("xa-b", 1, 0, 0)
		b.committed("xa-c", 1, 0, 0)
		b.has("c1", identified(kept)...)
		b.has("c2")
		if n := b.fold(); n != 0 {
			t.Errorf("interrupted at its look %d an append left %d days to fold", k, n)
		}
	}
	if failed == 0 || failed == 20 {
		t.Errorf("%d of 20 appends were interrupted", failed)
	}
	b.append(fresh...)
	b.committed("xa-b", 1, 0, 1)
	b.committed("xa-c", 1, 0, 1)
	b.fold()
	b.timeline("c1", today, 1, "7200×up 79200×unknown")
	b.timeline("c2", today, 1, "3600×unknown 3600×up 79200×unknown")

	// A fold that is interrupted again and again gets done in the end.
	var late []wire.Observation
	for d := range history.DayNumber(25) {
		late = append(late, b.hour("c1", today-1-d, 1, wire.StatusUp), b.hour("c2", today-1-d, 1, wire.StatusUp))
	}
	b.append(b.batch("xa-a", 1, 1, late[:20]...), b.batch("xa-b", 1, 1, late[20:]...))
	for k := range int64(20) {
		_, _ = b.s.Fold(ctx(k))
	}
	b.fold()
	if n := len(b.days(today-30, today+1)); n != len(days)+1+50 {
		t.Errorf("%d ledger days, want %d", n, len(days)+1+50)
	}
	for _, d := range b.days(today-30, today-1) {
		if d.Revision != 1 || d.Timeline.String() != "3600×unknown 3600×up 79200×unknown" {
			t.Errorf("ledger day %v", d)
		}
	}
}

func observations(t *testing.T, open Open) {
	b := vietnam(t, open)
	h := func(h int) int64 { return b.at(today, h, 0) }
	batches := []history.Batch{
		b.batch("xa-b", 7, 4, see("c1", h(3), h(4), wire.StatusUp), see("c1", h(1), h(2), wire.StatusUp), see("c2", h(1), h(2), wire.StatusUp)),
		b.batch("xa-a", 8, 0, see("c1", h(1), h(5), wire.StatusDown), see("c1", h(-2), h(0), wire.StatusUp)),
		b.batch("xa-a", 9, 0, see("c1", h(1), h(2), wire.StatusDegraded), see("c1", h(1), h(3), wire.StatusDegraded)),
	}
	b.append(batches...)
	var all []history.Identified
	for _, o := range identified(batches...) {
		if o.Camera == "c1" {
			all = append(all, o)
		}
	}
	b.has("c1", all...)
	b.has("nobody")
	for _, window := range [][2]int64{{h(1), h(2)}, {h(2), h(3)}, {h(2) - 1, h(2)}, {h(4), h(9)}, {h(5), h(9)}, {h(-9), h(-2)}, {h(-9), h(-2) + 1}, {h(0), h(1)}, {h(0) - 1, h(1) + 1}, {h(3), h(3)}, {h(9), h(1)}, {0, always}} {
		var want []history.Identified
		for _, o := range all {
			if o.From < window[1] && o.To > window[0] && window[0] < window[1] {
				want = append(want, o)
			}
		}
		got := b.observations("c1", window[0], window[1])
		same := len(got) == len(want)
		for i := range got {
			same = same && history.CompareIdentified(got[i], want[i]) == 0
		}
		if !same {
			t.Errorf("from %s to %s: %v\nwant %v", time.UnixMilli(window[0]).In(b.loc), time.UnixMilli(window[1]).In(b.loc), got, want)
		}
	}
	for o, err := range b.s.Observations(b.ctx, of("c1", 0, always)) { // one may stop
		if err != nil || o.Seq != all[0].Seq {
			t.Errorf("the first is %v, %v", o, err)
		}
		break
	}
	cancelled, cancel := context.WithCancel(b.ctx)
	cancel()
	n := 0
	for _, err := range b.s.Observations(cancelled, of("c1", 0, always)) {
		n++
		wantError(t, "Observations with a cancelled context", err, context.Canceled)
	}
	if n != 1 {
		t.Errorf("a cancelled context gave %d items, want one error", n)
	}
}
