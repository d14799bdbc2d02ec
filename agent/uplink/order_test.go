package uplink_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

var monday = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// numbers are those of a batch, as text.
func numbers(b wire.Batch) string { return fmt.Sprintf("%d-%d", b.FirstSeq, b.Next()-1) }

// flush sends all that is due in order.
func flush(t *testing.T, o *uplink.Outbox, now time.Time) (sent []string) {
	t.Helper()
	for o.Look(now); ; o.Look(now) {
		b, ok, err := o.InOrder(uplink.MaxBatch)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return sent
		}
		sent = append(sent, numbers(b))
	}
}

func TestWhatIsNoNewsWaitsForOthers(t *testing.T) {
	q := openSpool(t)
	fill(t, q, 3) // 1 to 3
	o := uplink.NewOutbox(q, 5*time.Minute)
	check := func(what string, at time.Duration, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, flush(t, o, monday.Add(at))); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	check("what was there at the start goes at once", 0, "1-3")
	fill(t, q, 10) // 4 to 13
	check("ten wait", time.Minute)
	if again := o.Look(monday.Add(2 * time.Minute)); !again.Equal(monday.Add(6 * time.Minute)) {
		t.Errorf("it wants to look again at %v", again)
	}
	fill(t, q, 38) // to 51
	check("two less than fifty wait", 2*time.Minute)
	fill(t, q, 2) // to 53
	check("fifty go", 3*time.Minute, "4-53")
	fill(t, q, 1)
	check("one waits", 4*time.Minute)
	fill(t, q, 1)
	check("they wait until the oldest has waited long enough", 9*time.Minute-time.Second)
	check("then they go", 9*time.Minute, "54-55")
	if again := o.Look(monday.Add(10 * time.Minute)); !again.IsZero() {
		t.Errorf("there is nothing, and it wants to look again at %v", again)
	}
	fill(t, q, 1)
	first, next := fill(t, q, 1)
	o.Fresh(first, next)
	check("news goes at once, and takes along what waits", 10*time.Minute, "56-57")
	fill(t, q, 1)
	check("what comes after it waits", 10*time.Minute)
	o.Rewind()
	check("what is sent again goes at once", 10*time.Minute, "1-58")
}

func TestNewsGoesAheadOfWhatHoldsItUp(t *testing.T) {
	q := openSpool(t)
	fill(t, q, 1000) // 1 to 1000
	o := uplink.NewOutbox(q, time.Hour)
	step := func(f func() (wire.Batch, bool, error), want string, oldest uint64) {
		t.Helper()
		o.Look(monday)
		b, ok, err := f()
		if err != nil || !ok || numbers(b) != want || b.OldestSeq != oldest {
			t.Fatalf("batch %s, oldest %d, %t, %v; want %s, oldest %d", numbers(b), b.OldestSeq, ok, err, want, oldest)
		}
	}
	inOrder := func() (wire.Batch, bool, error) { return o.InOrder(200) }
	step(inOrder, "1-200", 1)
	if o.Urgent(true, 200) {
		t.Error("urgent, and there is no news")
	}
	first, next := fill(t, q, 1) // 1001
	o.Fresh(first, next)
	fill(t, q, 9) // to 1010
	if !o.Urgent(false, 200) || o.Urgent(false, 900) || !o.Urgent(true, 900) {
		t.Error("it does not see when news has to wait")
	}
	step(o.Before, "1001-1010", 1)
	if o.Urgent(true, 200) {
		t.Error("urgent still")
	}
	if ordered, ahead := o.Load(); ordered != 1 || ahead != 1 {
		t.Errorf("%d in order, %d ahead", ordered, ahead)
	}
	fill(t, q, 90)              // to 1100
	first, next = fill(t, q, 1) // 1101
	o.Fresh(first, next)
	step(o.Before, "1101-1101", 1)
	o.Ack(201, 3) // up to there, and both are answered
	if ordered, ahead := o.Load(); ordered != 0 || ahead != 0 {
		t.Errorf("%d in order, %d ahead", ordered, ahead)
	}
	for _, want := range []string{"201-400", "401-600", "601-800", "801-1000", "1011-1100"} {
		step(inOrder, want, 201)
	}
	o.Look(monday)
	if b, ok, _ := inOrder(); ok {
		t.Errorf("%s is sent twice", numbers(b))
	}
	// Nothing of that was committed: all is sent again, what went ahead first.
	o.Rewind()
	step(o.Before, "1001-1050", 201) // with what is there by now
	step(o.Before, "1101-1101", 201)
	for _, want := range []string{"201-400", "401-600", "601-800", "801-1000", "1051-1100"} {
		step(inOrder, want, 201)
	}
	o.Ack(1102, 100)
	if q.Len() != 0 {
		t.Errorf("%d records are left", q.Len())
	}
}

// slowly lets a hub take one batch at a time, and some time for each.
func (h *hub) slowly(t *testing.T, pause time.Duration) {
	batches, done := make(chan wire.Batch, 1000), make(chan struct{})
	go func() {
		defer close(done)
		for b := range batches {
			<-time.After(pause)
			h.mu.Lock()
			h.commit(b)
			h.say(h.ack(b.Epoch, b.Stamp))
			h.mu.Unlock()
		}
	}()
	h.answer = func(_ int, b wire.Batch) *wire.DownMessage { batches <- b; return nil }
	t.Cleanup(func() {
		h.mu.Lock()
		h.answer = func(int, wire.Batch) *wire.DownMessage { return nil }
		h.mu.Unlock()
		close(batches)
		<-done
	})
}

func TestAChangeGetsThroughInTwoSecondsBehindALongBacklog(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	h.slowly(t, 150*time.Millisecond)
	const days = 2 * 24 * 12 * 50
	fill(t, q, days)
	o := h.options(q)
	o.AckTimeout, o.MaxRate = 10*time.Second, 0
	u := start(t, o)
	within(t, "the backlog drains", h.look(func() bool { return len(h.batches) >= 4 }))
	var took []time.Duration
	for range 3 {
		first, next := fill(t, q, 1)
		u.Fresh(first, next, true)
		begin := time.Now()
		within(t, "the change is committed", h.look(func() bool { _, ok := h.have[first]; return ok }))
		took = append(took, time.Since(begin))
	}
	h.look(func() bool {
		if h.upto > days/2 {
			t.Errorf("the backlog was nearly sent: up to %d", h.upto)
		}
		return true
	})()
	if slices.Max(took) > 2*time.Second {
		t.Errorf("the changes took %v", took)
	}
	t.Logf("the changes took %v", took)
	h.mu.Lock()
	h.answer = func(_ int, b wire.Batch) *wire.DownMessage { h.commit(b); return h.ack(b.Epoch, b.Stamp) }
	h.mu.Unlock()
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	if st := u.Status(); st.Resends != 0 {
		t.Errorf("%+v", st)
	}
}

func TestTheRateOfABacklogIsBounded(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	fill(t, q, 2000)
	o := h.options(q)
	o.MaxRate = 20 << 10
	begin := time.Now()
	start(t, o)
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	took := time.Since(begin).Seconds()
	h.look(func() bool {
		size := 0
		for i := range h.batches[:len(h.batches)-1] {
			size += len(wire.MarshalUp(wire.UpMessage{Batch: &h.batches[i]}))
		}
		if rate := float64(size) / took; rate > 20<<10 {
			t.Errorf("%.0f bytes a second", rate)
		}
		return true
	})()
}

// What the spool calls records and gaps arrives as the wire has them.
func TestEveryReasonOfTheSpoolHasAWord(t *testing.T) {
	for why := spool.WhyOverflow; why.String() != "unknown"; why++ {
		if got := uplink.WhyOf(why); !got.Valid() || got.String() != why.String() {
			t.Errorf("%s is %s", why, got)
		}
	}
}
