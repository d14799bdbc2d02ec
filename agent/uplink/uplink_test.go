package uplink_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

func TestWhatIsSpooledArrivesInOrderAndIsTrimmed(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	fill(t, q, 950)
	u := start(t, h.options(q))
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	first, next := fill(t, q, 3)
	u.Fresh(first, next, true)
	within(t, "later records arrive", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		next := uint64(1)
		for _, b := range h.batches {
			if b.FirstSeq != next || b.Epoch != q.Epoch() {
				t.Errorf("batch starts at %d, want %d", b.FirstSeq, next)
			}
			next += uint64(len(b.Observations))
		}
		if next != 954 || len(h.batches) > 11 {
			t.Errorf("%d batches end at %d", len(h.batches), next)
		}
		if h.hellos[0].FirstSeq != 1 || h.hellos[0].NextSeq != 951 || h.hellos[0].AgentVersion != "test" {
			t.Errorf("%v, %+v", h.order, h.hellos)
		}
		return true
	})()
	within(t, "it is counted", func() bool { return u.Status().Acked == 953 })
	st := u.Status()
	if !st.Connected || !st.Greeted || st.Resends != 0 || !st.OffsetKnown || st.ClockOffset.Abs() > 5*time.Second {
		t.Errorf("%+v", st)
	}
}

func TestWithoutAcknowledgementNothingIsTrimmedAndEverythingIsSentAgain(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	h.answer = func(n int, b wire.Batch) *wire.DownMessage {
		switch {
		case n < 2:
			return nil // lost
		case n < 4:
			m := ackOf(b)
			m.Ack.Epoch++ // another spool's
			return m
		}
		if q.First() == 1 && n < 5 && q.Len() != 500 {
			t.Errorf("trimmed to %d without acknowledgement", q.Len())
		}
		return ackOf(b)
	}
	fill(t, q, 500)
	u := start(t, h.options(q))
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		for i := range 5 {
			// Before the first acknowledgement one batch at a time is under way.
			if h.batches[i].FirstSeq != 1 {
				t.Errorf("batch %d starts at %d", i, h.batches[i].FirstSeq)
			}
		}
		return true
	})()
	if st := u.Status(); st.Resends < 4 || st.Ignored != 2 {
		t.Errorf("%+v", st)
	}
}

func TestTheWindowBoundsWhatIsUnderWay(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	h.answer = func(n int, b wire.Batch) *wire.DownMessage {
		if n == 0 {
			return ackOf(b)
		}
		return nil
	}
	fill(t, q, 2000)
	o := h.options(q)
	o.Window, o.AckTimeout = 3, time.Hour
	start(t, o)
	within(t, "four batches arrive", h.look(func() bool { return len(h.batches) == 4 }))
	h.mu.Lock()
	h.answer = func(_ int, b wire.Batch) *wire.DownMessage { return ackOf(b) }
	last := h.batches[3]
	if q.Len() != 2000-uint64(h.batches[0].Count()) {
		t.Errorf("%d records are left", q.Len())
	}
	h.mu.Unlock()
	h.say(ackOf(last)) // acknowledgements are cumulative
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		for seq, n := range h.times {
			if n != 1 {
				t.Errorf("record %d came %d times", seq, n)
			}
		}
		return true
	})()
}

func TestABrokerThatRestartsLosesNothing(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	var n atomic.Int64
	h.answer = func(i int, b wire.Batch) *wire.DownMessage {
		if n.Add(1)%3 == 0 {
			return nil
		}
		return ackOf(b)
	}
	u := start(t, h.options(q))
	for range 4 {
		first, next := fill(t, q, 300)
		u.Fresh(first, next, false)
		connects := u.Status().Connects
		h.stop()
		within(t, "the loss is noticed", func() bool { return !u.Status().Connected })
		h.start()
		within(t, "it connects again", func() bool { return u.Status().Connects > connects })
	}
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		for seq := uint64(1); seq <= 1200; seq++ {
			if h.times[seq] == 0 {
				t.Fatalf("record %d never arrived", seq)
			}
		}
		return true
	})()
}

func TestForeignRecordsAreDeclaredAndDoNotHoldUpTheRest(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	foreign := spool.Entry{Payload: []byte("\xff\xff"), Span: spool.Span{Boot: 7, From: 5000, To: 6000}}
	_, _ = q.Append(foreign)
	fill(t, q, 2)
	_, _ = q.AppendBatch([]spool.Entry{foreign, foreign})
	fill(t, q, 2)
	start(t, h.options(q))
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		var got [][2]uint64
		for _, g := range h.gaps {
			got = append(got, [2]uint64{g.From, g.Next})
			if g.Why != wire.GapUnreadable || g.Clock != wire.ClockHub || g.End-g.Begin != 1000 {
				t.Errorf("%+v", g)
			}
		}
		if d := cmp.Diff([][2]uint64{{1, 2}, {4, 5}, {5, 6}}, got); d != "" || len(h.have) != 4 {
			t.Errorf("%s, %d observations", d, len(h.have))
		}
		return true
	})()
}

func TestWhatTheSpoolLostIsDeclared(t *testing.T) {
	h := startHub(t, nil)
	q, _, err := spool.Open(t.TempDir(), spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Close() }()
	_, next := fill(t, q, 10_000)
	if q.Stats().Dropped == 0 {
		t.Fatal("the spool is not full")
	}
	u := start(t, h.options(q))
	defer u.Close()
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		for seq := uint64(1); seq < next; seq++ {
			if _, ok := h.have[seq]; !ok && !h.lost[seq] {
				t.Fatalf("record %d is neither there nor declared", seq)
			}
		}
		for _, g := range h.gaps {
			if g.Why != wire.GapOverflow || g.Clock != wire.ClockHub || g.Begin >= g.End {
				t.Errorf("%+v", g)
			}
		}
		return true
	})()
	if st := u.Status(); st.Gaps == 0 {
		t.Errorf("%+v", st)
	}
}

func TestCloseIsBoundedWhateverTheBrokerDoes(t *testing.T) {
	for name, addr := range map[string]string{
		"a broker that never answers": silentServer(t),
		"nobody there":                "127.0.0.1:1",
	} {
		t.Run(name, func(t *testing.T) {
			q := openSpool(t)
			u, err := uplink.New(uplink.Options{
				Broker: uplink.Broker{URL: "mqtt://" + addr, Agent: agent}, Queue: q, Logger: quiet,
				Live: func() uplink.Live { return uplink.Live{} },
			})
			if err != nil {
				t.Fatal(err)
			}
			u.Start()
			begin := time.Now()
			u.Close()
			if d := time.Since(begin); d > 3*time.Second {
				t.Errorf("Close took %v", d)
			}
			u.Close()
		})
	}
}
