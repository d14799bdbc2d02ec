package historytest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// aside makes a batch of n records that could not be taken.
func (b *bench) aside(agent string, epoch, first uint64, n int, reason string, payload []byte) history.Batch {
	return history.Batch{Agent: agent, Epoch: epoch, FirstSeq: first, Aside: &history.Aside{Count: n, Reason: reason}, Payload: payload, Received: b.clock.now()}
}

func (b *bench) entries(s history.Selection) []history.Entry {
	b.t.Helper()
	list, err := b.s.Entries(b.ctx, s)
	if err != nil {
		b.t.Fatalf("Entries: %v", err)
	}
	return list
}

func (b *bench) asideCounts(want map[string]history.AsideCount) {
	b.t.Helper()
	got, err := b.s.AsideCounts(b.ctx)
	if err != nil {
		b.t.Fatalf("AsideCounts: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("set aside (-want +got):\n%s", diff)
	}
}

func setAside(t *testing.T, open Open) {
	b := vietnam(t, open)
	b.asideCounts(map[string]history.AsideCount{})
	o := b.hour("c1", today, 1, wire.StatusUp)
	poison := b.aside("xa-a", 1<<63, 2, 3, "không đọc được \xff", []byte("poison"))
	b.append(b.batch("xa-a", 1<<63, 0, o, o), poison, b.batch("xa-a", 1<<63, 5, o))
	b.committed("xa-a", 1<<63, 0, 6)
	b.append(poison, poison) // it comes again
	b.asideCounts(map[string]history.AsideCount{"xa-a": {Messages: 1, Records: 3, Entries: 1}})
	// Cut otherwise, something of it is new.
	b.append(b.aside("xa-a", 1<<63, 4, 4, "cut otherwise", []byte("poison 2")))
	b.committed("xa-a", 1<<63, 0, 8)
	// A message that does not say which records it has is kept each time.
	for range 2 {
		b.append(b.aside("xa-b", 0, 0, 0, "", nil))
	}
	b.committed("xa-b", 0, 0, 0)
	b.asideCounts(map[string]history.AsideCount{"xa-a": {Messages: 2, Records: 7, Entries: 2}, "xa-b": {Messages: 2, Records: 0, Entries: 2}})
	if n := b.fold(); n != 1 {
		t.Errorf("%d days folded, want 1", n)
	}
	b.s = b.o.Reopen(t)
	b.append(poison)
	all := b.entries(history.Selection{})
	want := []history.Entry{
		{Agent: "xa-b", Received: b.clock.now()},
		{Agent: "xa-b", Received: b.clock.now()},
		{Agent: "xa-a", Epoch: 1 << 63, FirstSeq: 4, Count: 4, Reason: "cut otherwise", Received: b.clock.now(), Bytes: 8},
		{Agent: "xa-a", Epoch: 1 << 63, FirstSeq: 2, Count: 3, Reason: "không đọc được \uFFFD", Received: b.clock.now(), Bytes: 6},
	}
	if diff := cmp.Diff(want, all, cmpopts.IgnoreFields(history.Entry{}, "ID")); diff != "" {
		t.Fatalf("entries (-want +got):\n%s", diff)
	}
	if e, err := b.s.Entry(b.ctx, all[3].ID); err != nil || string(e.Payload) != "poison" || e.FirstSeq != 2 {
		t.Errorf("the entry is %+v, %v", e, err)
	}
	_, err := b.s.Entry(b.ctx, all[0].ID+1000)
	wantError(t, "an entry that is not there", err, history.ErrNotFound)
}

func bounded(t *testing.T, open Open) {
	b := vietnam(t, open)
	batches := make([]history.Batch, history.MaxEntries+7)
	for i := range batches {
		batches[i] = b.aside("xa-a", 1, uint64(i), 1, fmt.Sprint(i), nil)
	}
	b.append(b.aside("xa-b", 1, 0, 1, "of another", nil))
	b.append(batches[:500]...)
	b.append(batches[500:]...)
	b.asideCounts(map[string]history.AsideCount{"xa-a": {Messages: history.MaxEntries + 7, Records: history.MaxEntries + 7, Entries: history.MaxEntries}, "xa-b": {Messages: 1, Records: 1, Entries: 1}})
	list := b.entries(history.Selection{Agent: "xa-a"})
	if n := len(list); n != history.MaxEntries || list[0].Reason != fmt.Sprint(history.MaxEntries+6) || list[n-1].Reason != "7" {
		t.Errorf("kept are %d, from %q to %q, want the newest", n, list[0].Reason, list[n-1].Reason)
	}
	b.committed("xa-a", 1, 0, uint64(len(batches)))

	// Large ones are bounded by their bytes.
	payload := make([]byte, wire.MaxMessage+1)
	for i := range 70 {
		b.append(b.aside("xa-b", 1, uint64(1+i), 1, fmt.Sprint(i), payload))
	}
	list = b.entries(history.Selection{Agent: "xa-b"})
	if n := len(list); n != history.MaxEntryBytes/wire.MaxMessage || list[0].Reason != "69" || list[0].Bytes != wire.MaxMessage {
		t.Errorf("kept are %d large ones, the newest is %+v", n, list[0])
	}
	b.asideCounts(map[string]history.AsideCount{"xa-a": {Messages: history.MaxEntries + 7, Records: history.MaxEntries + 7, Entries: history.MaxEntries}, "xa-b": {Messages: 71, Records: 71, Entries: int64(len(list))}})
}

func dropped(t *testing.T, open Open) {
	b := vietnam(t, open)
	for i := range uint64(4) {
		b.append(b.aside("xa-a", 1, i, 1, fmt.Sprint(i), nil), b.aside("xa-b", 1, i, 1, fmt.Sprint(i), nil))
	}
	ids := map[string]int64{}
	for _, e := range b.entries(history.Selection{}) {
		ids[e.Agent+e.Reason] = e.ID
	}
	drop := func(s history.Selection, want int64) {
		t.Helper()
		if n, err := b.s.Drop(b.ctx, s); err != nil || n != want {
			t.Errorf("dropped %d, %v, want %d", n, err, want)
		}
	}
	drop(history.Selection{IDs: []int64{}}, 0) // none is meant, not all
	drop(history.Selection{IDs: []int64{ids["xa-a0"], ids["xa-b1"], 1 << 40}}, 2)
	drop(history.Selection{IDs: []int64{ids["xa-a1"], ids["xa-b2"]}, Agent: "xa-a"}, 1)
	drop(history.Selection{Agent: "nobody"}, 0)
	drop(history.Selection{Agent: "xa-a"}, 2)
	b.asideCounts(map[string]history.AsideCount{"xa-a": {Messages: 4, Records: 4, Entries: 0}, "xa-b": {Messages: 4, Records: 4, Entries: 3}})
	drop(history.Selection{}, 3)
	if list := b.entries(history.Selection{}); len(list) != 0 {
		t.Errorf("left are %+v", list)
	}
	b.committed("xa-a", 1, 0, 4) // what was dropped stays accounted for
	b.append(b.aside("xa-a", 1, 3, 1, "again", nil), b.aside("xa-a", 1, 4, 1, "new", nil))
	list := b.entries(history.Selection{})
	if len(list) != 1 || list[0].Reason != "new" || list[0].ID <= ids["xa-b3"] {
		t.Errorf("entries are %+v, want the new one, with a number that nobody had", list)
	}
}

func gaps(t *testing.T, open Open) {
	b := vietnam(t, open)
	o := b.hour("c1", today, 1, wire.StatusUp)
	gap := func(first uint64, gs ...wire.Gap) history.Batch {
		return history.Batch{Agent: "xa-a", Epoch: 1 << 63, FirstSeq: first, Gaps: gs, Received: b.clock.now()}
	}
	one := wire.Gap{From: 3, Next: 10, Begin: b.at(today, 0, 0), End: b.at(today, 1, 0), Clock: wire.ClockOwn, Why: wire.GapOverflow}
	two := wire.Gap{From: 12, Next: 20, Why: wire.GapDamaged}
	b.append(b.batch("xa-a", 1<<63, 0, o, o, o), b.batch("xa-a", 1<<63, 10, o))
	b.committed("xa-a", 1<<63, 0, 3)
	b.append(gap(30, one, two))
	b.committed("xa-a", 1<<63, 0, 11)
	b.committed("xa-a", 1<<63, 12, 20)
	b.committed("xa-a", 1<<63, 30, 32)
	b.append(gap(30, one, two), gap(31, two, wire.Gap{From: 11, Next: 12, Why: wire.GapSkipped})) // again, and cut otherwise
	b.committed("xa-a", 1<<63, 0, 20)
	// What was declared lost and comes after all is passed over.
	b.append(b.batch("xa-a", 1<<63, 15, o))
	if n := len(b.observations("c1", 0, always)); n != 4 {
		t.Errorf("%d observations, want 4", n)
	}
	check := func() {
		t.Helper()
		got, err := b.s.Losses(b.ctx, "xa-a")
		want := []history.Loss{
			{Epoch: 1 << 63, Seq: 30, Gap: one, Received: b.clock.now()},
			{Epoch: 1 << 63, Seq: 31, Gap: two, Received: b.clock.now()},
			{Epoch: 1 << 63, Seq: 32, Gap: wire.Gap{From: 11, Next: 12, Why: wire.GapSkipped}, Received: b.clock.now()},
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("losses: %v (-want +got):\n%s", err, diff)
		}
		counts, err := b.s.LossCounts(b.ctx)
		if diff := cmp.Diff(map[string]history.LossCount{"xa-a": {Gaps: 3, Records: 16}}, counts); err != nil || diff != "" {
			t.Errorf("counted: %v (-want +got):\n%s", err, diff)
		}
	}
	check()
	b.fold()
	b.prune(b.at(today+100, 0, 0))
	b.s = b.o.Reopen(t)
	check()
	if got, err := b.s.Losses(b.ctx, "nobody"); err != nil || len(got) != 0 {
		t.Errorf("losses of nobody: %v, %v", got, err)
	}
	for name, bad := range map[string]history.Batch{
		"a gap of nothing":       gap(40, wire.Gap{From: 5, Next: 5, Why: wire.GapOverflow}),
		"a gap past all numbers": gap(40, wire.Gap{From: 5, Next: wire.MaxSeq + 1, Why: wire.GapOverflow}),
		"records of two kinds":   {Agent: "xa-a", Observations: []wire.Observation{o}, Gaps: []wire.Gap{one}},
	} {
		wantError(t, name, b.s.Append(b.ctx, []history.Batch{bad}), nil)
	}
}

func payloads(t *testing.T, open Open) {
	b := vietnam(t, open)
	obs := []wire.Observation{b.hour("c1", today, 0, wire.StatusUp), b.hour("c1", today, 1, wire.StatusDown), b.hour("c1", today, 2, wire.StatusUp), b.hour("c1", today, 3, wire.StatusUp)}
	came := func(first uint64, obs ...wire.Observation) history.Batch {
		batch := b.batch("xa-a", 1, first)
		for i := range obs {
			batch.Briefs = append(batch.Briefs, history.BriefOf(&obs[i]))
		}
		batch.Payload = wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: 1, FirstSeq: first, Observations: obs, Stamp: 77}})
		return batch
	}
	b.append(came(0, obs[:2]...))
	b.append(came(0, obs[:2]...))
	b.append(came(1, obs[1:]...)) // partly there: only the rest may be stored
	b.has("c1", identified(b.batch("xa-a", 1, 0, obs...))...)
	b.committed("xa-a", 1, 0, 4)
	b.fold()
	b.timeline("c1", today, 1, "3600×up 3600×down(timeout@connect) 7200×up 72000×unknown")
	if s := b.seen("c1"); s.Enrolled != today || s.Verified != today {
		t.Errorf("seen as %+v", s)
	}
	// What a store notes in a memo holds as long as it does, and no longer.
	memo := &history.Memo{}
	noted := func(first uint64, o wire.Observation) history.Batch {
		batch := came(first, o)
		batch.Briefs[0].Memo = memo
		return batch
	}
	late := b.hour("c-memo", today-2, 5, wire.StatusUp)
	bad := b.batch("xa-a", 1, 80, b.hour("a/b", today, 5, wire.StatusUp))
	wantError(t, "a bad batch", b.s.Append(b.ctx, []history.Batch{noted(20, late), bad}), nil)
	for i := range 4 {
		c := &endsLater{Context: b.ctx}
		c.left.Store(int64(i))
		_ = b.s.Append(c, []history.Batch{noted(20, late), came(30, obs[0])}) // stopped anywhere
	}
	b.append(noted(20, late))
	b.append(noted(21, b.hour("c-memo", today-3, 5, wire.StatusDown)))
	b.s = b.o.Reopen(t)
	b.append(noted(22, b.hour("c-memo", today-1, 5, wire.StatusUp)))
	if s := b.seen("c-memo"); s.Enrolled != today-3 || s.Verified != today-2 {
		t.Errorf("with a memo it is seen as %+v", s)
	}
	if n := len(b.observations("c-memo", 0, always)); n != 3 {
		t.Errorf("with a memo there are %d observations, want 3", n)
	}
	without := came(9, obs[0])
	without.Briefs = nil
	wantError(t, "a payload that is not told of", b.s.Append(b.ctx, []history.Batch{without}), nil)
}

func wrongClock(t *testing.T, open Open) {
	b := vietnam(t, open)
	wrong := func(o wire.Observation) wire.Observation {
		o.Clock, o.Width, o.Height, o.Codec = wire.ClockWrong, 640, 360, wire.CodecH264
		return o
	}
	future := wrong(see("c1", b.at(today+9000, 0, 0), b.at(today+9000, 1, 0), wire.StatusUp))
	past := wrong(see("c1", 0, 3_600_000, wire.StatusUp))
	only := wrong(see("c2", 0, 3_600_000, wire.StatusUp))
	inDay := wrong(b.hour("c1", today, 5, wire.StatusUp))
	own := b.hour("c1", today, 2, wire.StatusDown)
	own.Clock = wire.ClockOwn
	batch := b.batch("xa-a", 1, 0, past, own, only, future, inDay)
	alone := b.batch("xa-a", 1, 5, past)
	today3 := b.batch("xa-b", 1, 0, wrong(b.hour("c3", today, 5, wire.StatusUp)), b.hour("c4", today, 5, wire.StatusUp))
	b.append(batch, alone, today3)
	b.committed("xa-a", 1, 0, 6)
	c1 := func(keep int) []history.Identified {
		var obs []history.Identified
		for _, o := range identified(batch, alone) {
			if o.Camera == "c1" && (keep == 2 || o.Seq < 5) {
				obs = append(obs, o)
			}
		}
		return obs
	}
	b.has("c1", c1(2)...)
	if n := b.fold(); n != 2 {
		t.Errorf("%d ledger days, want those of today of c1 and c4", n)
	}
	b.timeline("c1", today, 1, "7200×unknown 3600×down(timeout@connect) 75600×unknown")
	all, err := b.s.Seen(b.ctx)
	if err != nil || len(all) != 2 || all["c1"] != (history.Seen{Camera: "c1", Enrolled: today, Verified: history.NoDay}) {
		t.Errorf("seen are %+v, %v", all, err)
	}
	// It is kept as long as what came on the same day.
	b.prune(b.at(today, 0, 0))
	b.has("c1", c1(2)...)
	b.s = b.o.Reopen(t)
	if s := b.seen("c1"); s.Enrolled != today {
		t.Errorf("after reopening c1 was enrolled on %s", s.Enrolled)
	}
	b.append(b.batch("xa-a", 1, 6, b.hour("c2", today, 0, wire.StatusUp)))
	if s := b.seen("c2"); s.Enrolled != today || s.Verified != today {
		t.Errorf("c2 was enrolled on %s, verified on %s, want today", s.Enrolled, s.Verified)
	}
	b.fold()
	b.prune(b.at(today+1, 0, 0))
	b.has("c1")
}
