package uplink_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

func TestWhatIsSpooledArrivesInOrderAndIsTrimmed(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	fill(t, q, 950)
	u := start(t, h.options(q))
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	fill(t, q, 3)
	u.Wake()
	within(t, "later records arrive", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		next := uint64(1)
		for _, b := range h.batches {
			if b.FirstSeq != next || b.Epoch != q.Epoch() {
				t.Errorf("batch starts at %d, want %d", b.FirstSeq, next)
			}
			next += uint64(len(b.Observations))
		}
		if next != 954 || len(h.batches) != 6 {
			t.Errorf("%d batches end at %d", len(h.batches), next)
		}
		if h.order[0] != "hello" || h.hellos[0].FirstSeq != 1 || h.hellos[0].NextSeq != 951 || h.hellos[0].AgentVersion != "test" {
			t.Errorf("%v, %+v", h.order, h.hellos)
		}
		return true
	})()
	st := u.Status()
	if !st.Connected || st.Acked != 953 || st.Batches != 6 || st.Resends != 0 || !st.OffsetKnown || st.ClockOffset.Abs() > 5*time.Second {
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
	h.answer = nil
	last := h.batches[3]
	h.mu.Unlock()
	if q.Len() != 1800 {
		t.Errorf("%d records are left", q.Len())
	}
	h.say(*ackOf(last)) // acknowledgements are cumulative
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		if len(h.batches) != 10 {
			t.Errorf("%d batches", len(h.batches))
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
		fill(t, q, 300)
		u.Wake()
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

func TestHolesAndForeignRecordsDoNotHoldUpTheRest(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	_, _ = q.Append(spool.Entry{Payload: []byte("\xff\xff")})
	fill(t, q, 2)
	_, _ = q.Append(spool.Entry{Payload: []byte("\xff\xff")})
	fill(t, q, 2)
	if err := q.Trim(1); err != nil {
		t.Fatal(err)
	}
	start(t, h.options(q))
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		if len(h.batches) != 2 || h.batches[0].FirstSeq != 2 || h.batches[1].FirstSeq != 5 || len(h.batches[1].Observations) != 2 {
			t.Errorf("%+v", h.batches)
		}
		// The hub must not wait for the numbers that were left out.
		for i, oldest := range []uint64{2, 5} {
			if h.batches[i].OldestSeq != oldest {
				t.Errorf("batch %d says the oldest is %d, want %d", i, h.batches[i].OldestSeq, oldest)
			}
		}
		return true
	})()
}

func TestAForeignRecordAloneIsRemoved(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	_, _ = q.Append(spool.Entry{Payload: []byte("\xff\xff")})
	start(t, h.options(q))
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
}

func TestARefusalIsShownAndTriedAgain(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	release := make(chan struct{})
	h.answer = func(_ int, b wire.Batch) *wire.DownMessage {
		select {
		case <-release:
			return ackOf(b)
		default:
			return &wire.DownMessage{Refusal: &wire.Refusal{Reason: "clock is wrong", HubTime: time.Now().Add(time.Hour).UnixMilli()}}
		}
	}
	fill(t, q, 1)
	u := start(t, h.options(q))
	within(t, "the refusal is shown", func() bool { return u.Status().Refusal == "clock is wrong" })
	if off := u.Status().ClockOffset; off < 59*time.Minute || off > 61*time.Minute {
		t.Errorf("clock offset %v", off)
	}
	if q.Len() != 1 {
		t.Error("a refused record was trimmed")
	}
	close(release)
	within(t, "the record is taken in the end", func() bool { return q.Len() == 0 && u.Status().Refusal == "" })
}

func TestLiveMessagesComeAtOnceRegularlyAndAtTheEnd(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	var status atomic.Int32
	status.Store(int32(wire.StatusUp))
	o := h.options(q)
	o.LiveEvery = time.Hour
	o.Live = func() (int, []wire.State) {
		return 7, []wire.State{{Camera: "CAM-1", Status: wire.Status(status.Load()), Rung: wire.RungFresh, Since: 1, Probed: 2}}
	}
	u := start(t, o)
	within(t, "the first comes with the connection", h.look(func() bool { return len(h.lives) == 1 }))
	status.Store(int32(wire.StatusDegraded))
	for range 100 {
		u.Changed()
	}
	within(t, "a change comes at once", h.look(func() bool {
		l := h.lives[len(h.lives)-1]
		return len(l.States) == 1 && l.States[0].Status == wire.StatusDegraded
	}))
	h.look(func() bool {
		if m := h.lives[0]; !m.Online || m.Cameras != 7 || m.Interval != time.Hour.Milliseconds() || m.Sent == 0 {
			t.Errorf("%+v", m)
		}
		if len(h.lives) > 3 {
			t.Errorf("%d live messages for one change", len(h.lives))
		}
		return true
	})()
	u.Close()
	within(t, "the goodbye arrives", h.look(func() bool { return !h.lives[len(h.lives)-1].Online }))
	h.look(func() bool {
		offline := 0
		for _, l := range h.lives {
			if !l.Online {
				offline++
			}
		}
		if offline != 1 {
			t.Errorf("%d goodbyes: the last will came too", offline)
		}
		return true
	})()
}

func TestLiveMessagesComeEvenWhenNothingChanges(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	o := h.options(q)
	o.LiveEvery = 300 * time.Millisecond
	start(t, o)
	within(t, "three live messages", h.look(func() bool { return len(h.lives) >= 3 }))
}

func TestTheLastWillSpeaksForAnAgentThatIsCutOff(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	o := h.options(q)
	o.MinBackoff, o.MaxBackoff = time.Hour, time.Hour
	u := start(t, o)
	within(t, "it is connected", h.look(func() bool { return len(h.lives) == 1 }))
	c, ok := h.mqtt.Clients.Get(agent)
	if !ok {
		t.Fatal("the client id is not the agent's code")
	}
	c.Stop(errCut)
	within(t, "the will is published", h.look(func() bool { return !h.lives[len(h.lives)-1].Online }))
	within(t, "the loss is shown", func() bool {
		st := u.Status()
		return !st.Connected && strings.Contains(st.LastError, "connection lost")
	})
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
				Live: func() (int, []wire.State) { return 0, nil },
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
