package uplink_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

func TestNothingIsSentBeforeTheHubHasAnswered(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	var listen atomic.Bool
	h.welcome = func(_ int, m wire.Hello) *wire.DownMessage {
		if listen.Load() {
			return h.ack(m.Epoch, m.Stamp)
		}
		return nil
	}
	fill(t, q, 10)
	u := start(t, h.options(q))
	within(t, "hello is said again", h.look(func() bool { return len(h.hellos) == 3 }))
	h.say(h.ack(q.Epoch(), 1<<40)) // to something else
	within(t, "hello is said once more", h.look(func() bool { return len(h.hellos) == 4 }))
	if st := u.Status(); !st.Connected || st.Greeted {
		t.Errorf("%+v", st)
	}
	listen.Store(true)
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		last := h.hellos[0]
		for _, m := range h.hellos[1:] {
			if m.Session <= last.Session || m.Stamp <= last.Stamp || m.Boot != 7 || m.FirstSeq != 1 || m.NextSeq != 11 || m.AgentVersion != "test" {
				t.Errorf("%+v after %+v", m, last)
			}
			last = m
		}
		hellos := 0
		for _, what := range h.order {
			if what == "hello" {
				hellos++
			} else if what == "batch" && hellos != len(h.hellos) {
				t.Errorf("a batch after %d hellos: %v", hellos, h.order)
			}
		}
		return true
	})()
}

func TestWhatTheHubHasIsNotSentAgain(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	h.welcome = func(_ int, m wire.Hello) *wire.DownMessage {
		h.upto = 9
		return h.ack(m.Epoch, m.Stamp)
	}
	fill(t, q, 10)
	start(t, h.options(q))
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	h.look(func() bool {
		if len(h.batches) != 1 || h.batches[0].FirstSeq != 9 {
			t.Errorf("%+v", h.batches)
		}
		return true
	})()
}

func TestEveryConnectionHasANumberOfItsOwn(t *testing.T) {
	h := startHub(t, nil)
	dir := t.TempDir()
	for run := range 2 {
		q := openSpoolIn(t, dir)
		u := start(t, h.options(q))
		for n := range 2 {
			within(t, "it is connected", h.look(func() bool { return len(h.hellos) > 2*run+n }))
			connects := u.Status().Connects
			h.listener.cut()
			within(t, "it connects again", func() bool { return u.Status().Connects > connects })
		}
		u.Close()
		if err := q.Close(); err != nil {
			t.Fatal(err)
		}
	}
	h.look(func() bool {
		last := uint64(0)
		for _, m := range h.hellos {
			if m.Session <= last {
				t.Errorf("session %x after %x", m.Session, last)
			}
			last = m.Session
		}
		// A last will carries the number of its own connection.
		seen := map[uint64]bool{}
		for _, m := range h.lives {
			if seen[m.Session] = true; m.Session>>32 == 0 {
				t.Errorf("%+v", m)
			}
		}
		for _, m := range h.hellos {
			if !seen[m.Session] {
				t.Errorf("nothing live on connection %x", m.Session)
			}
		}
		return true
	})()
}

func TestARefusalIsShownAndTriedAgain(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	release := make(chan struct{})
	h.answer = func(_ int, b wire.Batch) *wire.DownMessage {
		select {
		case <-release:
			return ackOf(b)
		default:
			return h.refuse(wire.RefusalOther, "try again later", b.Stamp)
		}
	}
	fill(t, q, 1)
	u := start(t, h.options(q))
	within(t, "the refusal is shown", func() bool { return u.Status().Refusal == "try again later" })
	if q.Len() != 1 {
		t.Error("a refused record was trimmed")
	}
	close(release)
	within(t, "the record is taken in the end", func() bool { return q.Len() == 0 && u.Status().Refusal == "" })
}

func TestWhoIsTakenForAnotherSendsNothingUntilTheHubSaysSo(t *testing.T) {
	for _, code := range []wire.RefusalCode{wire.RefusalIdentity, wire.RefusalVersion} {
		t.Run(code.String(), func(t *testing.T) {
			h, q := startHub(t, nil), openSpool(t)
			var released atomic.Bool
			h.welcome = func(_ int, m wire.Hello) *wire.DownMessage {
				if released.Load() {
					return h.ack(m.Epoch, m.Stamp)
				}
				return h.refuse(code, "no", m.Stamp)
			}
			fill(t, q, 5)
			u := start(t, h.options(q))
			within(t, "it is refused several times", h.look(func() bool { return len(h.hellos) >= 3 }))
			first, next := fill(t, q, 5)
			u.Fresh(first, next, true)
			within(t, "it is refused again", h.look(func() bool { return len(h.hellos) >= 4 }))
			h.look(func() bool {
				if len(h.batches) > 0 {
					t.Error("records were sent")
				}
				for _, m := range h.hellos { // a copy must not outgrow the original
					if m.Session != h.hellos[0].Session {
						t.Errorf("session %x, at first %x", m.Session, h.hellos[0].Session)
					}
				}
				return true
			})()
			if st := u.Status(); st.RefusalCode != code || st.Refusal != "no" || st.Refusals[code] < 3 || st.Greeted || !st.Connected {
				t.Errorf("%+v", st)
			}
			released.Store(true)
			within(t, "everything is sent when it is released", func() bool { return q.Len() == 0 })
			if st := u.Status(); st.Refusal != "" {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestRecordsThatWereSetAsideAreOnlyCounted(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	h.answer = func(_ int, b wire.Batch) *wire.DownMessage {
		h.say(h.refuse(wire.RefusalSetAside, "ends in the future", b.Stamp))
		h.commit(b)
		return h.ack(b.Epoch, b.Stamp)
	}
	fill(t, q, 300)
	u := start(t, h.options(q))
	within(t, "the spool is empty", func() bool { return q.Len() == 0 })
	within(t, "it is counted", func() bool { return u.Status().Refusals[wire.RefusalSetAside] >= 2 })
	if st := u.Status(); st.Refusal != "" || !st.Greeted || st.Resends != 0 {
		t.Errorf("%+v", st)
	}
	h.look(func() bool {
		if len(h.hellos) != 1 {
			t.Errorf("%d hellos", len(h.hellos))
		}
		return true
	})()
}

func TestTheLastWillSpeaksForAConnectionThatIsCutOff(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	o := h.options(q)
	o.MinBackoff, o.MaxBackoff = time.Hour, time.Hour
	u := start(t, o)
	within(t, "it is connected", h.look(func() bool { return len(h.lives) == 1 && len(h.hellos) == 1 }))
	c, ok := h.mqtt.Clients.Get(agent)
	if !ok {
		t.Fatal("the client id is not the agent's code")
	}
	c.Stop(errCut)
	within(t, "the will is published", h.look(func() bool {
		m := h.lives[len(h.lives)-1]
		return !m.Online && m.Session == h.hellos[0].Session
	}))
	within(t, "the loss is shown", func() bool {
		st := u.Status()
		return !st.Connected && !st.Greeted && strings.Contains(st.LastError, "connection lost")
	})
}
