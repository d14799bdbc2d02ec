package ingest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func batchOf(epoch, first uint64) []byte {
	return wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: first, Observations: observations(1, now())}})
}

// say sends a message and gives the answers: ack, refused with its code, or
// nothing.
func (r *room) say(payload []byte) string {
	r.Take(up("a"), payload)
	settle()
	var said []string
	for _, a := range r.answers() {
		switch {
		case a.Ack != nil:
			said = append(said, "ack")
		case a.Refusal != nil:
			said = append(said, a.Refusal.Code.String())
		case a.Ask != nil:
			said = append(said, "ask")
		}
	}
	return strings.Join(said, " ")
}

func TestARefusedIdentityGetsNothingCommitted(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		doubt := func(what string) {
			r.store.set(func(s *store) { s.doubt = map[string]string{"a": what} })
		}
		for _, x := range []struct {
			name    string
			doubt   string
			payload []byte
			want    string
		}{
			{"hello", "", helloOf(1, 1, 0, 0), "ack"},
			{"its batch", "", batchOf(1, 0), "ack"},
			{"the same hello is delivered twice", "no matter", helloOf(1, 1, 0, 0), "ack"},
			{"a copy's hello", "copied", helloOf(1, 1, 0, 5), "identity"},
			{"the copy's batch, of the right epoch", "copied", batchOf(1, 1), "identity"},
			{"another spool's hello", "replaced", helloOf(2, 9, 0, 0), "identity"},
			{"its batch", "replaced", batchOf(2, 0), "identity"},
			{"the right one comes back", "", helloOf(1, 2, 0, 0), "ack"},
			{"and goes on", "", batchOf(1, 1), "ack"},
			{"a batch of an epoch that never said hello", "", batchOf(3, 0), "identity"},
			{"a new spool's hello", "", helloOf(2, 1, 0, 0), "ack"},
			{"the old spool's batch", "", batchOf(1, 2), "identity"},
			{"the new spool's batch", "", batchOf(2, 0), "ack"},
		} {
			doubt(x.doubt)
			if got := r.say(x.payload); got != x.want {
				t.Errorf("%s: %q, want %q", x.name, got, x.want)
			}
		}
		if n := len(r.store.batches); n != 3 {
			t.Errorf("%d batches committed, want 3", n)
		}
		if n := r.Refused.Load(); n != 6 {
			t.Errorf("%d refused, want 6", n)
		}
	})
}

func TestTheRefusalSaysWhatTheConflictIsAndTheViewShowsIt(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		r.store.set(func(s *store) { s.doubt = map[string]string{"a": "the spool was copied"} })
		r.Take(up("a"), helloOf(1, 3, 0, 0))
		settle()
		answers := r.answers()
		if len(answers) != 1 || answers[0].Refusal == nil {
			t.Fatalf("answers are %+v", answers)
		}
		if ref := answers[0].Refusal; ref.Reason != "the spool was copied" || ref.Stamp != 3000 || !justNow(ref.HubTime) {
			t.Errorf("refused with %+v", ref)
		}
		if a, _ := r.view.Agent("a"); a.Refusal.Code != wire.RefusalIdentity || a.Refusal.Reason != "the spool was copied" {
			t.Errorf("the view shows %+v", a.Refusal)
		}
	})
}

func TestAfterAStartBatchesWithoutAHelloAreTakenIfTheirEpochIsTheNewest(t *testing.T) {
	for _, x := range []struct {
		name   string
		newest map[string]uint64
		want   string
	}{
		{"it is", map[string]uint64{"a": 1}, "ack"},
		{"another is", map[string]uint64{"a": 2}, "identity"},
		{"none is known", nil, "ack"},
	} {
		t.Run(x.name, func(t *testing.T) {
			run(t, func(t *testing.T, r *room) {
				r.store.set(func(s *store) { s.newest = x.newest })
				if got := r.say(batchOf(1, 0)); got != x.want {
					t.Errorf("answered with %q, want %q", got, x.want)
				}
				r.store.set(func(s *store) { s.newest = map[string]uint64{"a": 1} })
				if got := r.say(helloOf(1, 5, 0, 1)); got != "ack" {
					t.Errorf("hello is answered with %q", got)
				}
				if got := r.say(batchOf(1, 0)); got != "ack" {
					t.Errorf("after the hello: %q", got)
				}
			})
		})
	}
}

func TestAHelloThatCannotBeNotedIsNotAnswered(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		r.store.set(func(s *store) { s.helloErr = errAway })
		if got := r.say(helloOf(1, 1, 0, 0)); got != "" {
			t.Errorf("answered with %q", got)
		}
		r.store.set(func(s *store) { s.helloErr = nil })
		time.Sleep(time.Minute)
		if got := r.say(helloOf(1, 1, 0, 0)); got != "ack" {
			t.Errorf("said again it is answered with %q", got)
		}
	})
}

func TestAnotherMajorVersionIsRefusedInItsOwnTerms(t *testing.T) {
	for _, x := range []struct {
		name, topic string
		payload     []byte
		agent, says string
	}{
		{"a newer topic", wire.TopicOf(2, "a", wire.Up), []byte("whatever it says there"), "a in version 2", "version 2 of the contract, the hub speaks version 1: update the hub"},
		{"a newer live topic", wire.TopicOf(2, "a", wire.Live), nil, "a in version 2", "update the hub"},
		{"an older topic", wire.TopicOf(0, "a", wire.Up), nil, "a in version 0", "version 0 of the contract, the hub speaks version 1: update this device"},
		{"a newer message", up("a"), []byte{0x08, 7}, "a", "version 7 of the contract"},
		{"a newer live message", wire.Topic("a", wire.Live), []byte{0x08, 7}, "a", "version 7 of the contract"},
	} {
		t.Run(x.name, func(t *testing.T) {
			run(t, func(t *testing.T, r *room) {
				for range 10 { // one answer a second is enough
					r.Take(x.topic, x.payload)
				}
				settle()
				answers := r.answers()
				if len(answers) != 1 || answers[0].agent != x.agent || answers[0].Refusal == nil || answers[0].Refusal.Code != wire.RefusalVersion || !strings.Contains(answers[0].Refusal.Reason, x.says) {
					t.Errorf("answers are %+v, want one to %s that says %q", answers, x.agent, x.says)
				}
				if a, _ := r.view.Agent("a"); !strings.Contains(a.Refusal.Reason, x.says) {
					t.Errorf("the view shows %+v", a.Refusal)
				}
				if n := r.Refused.Load(); n != 10 || r.store.appends != 0 {
					t.Errorf("%d counted, %d appends", n, r.store.appends)
				}
				time.Sleep(time.Second)
				r.Take(x.topic, x.payload)
				settle()
				if n := len(r.answers()); n != 1 {
					t.Errorf("%d answers a second later, want 1", n)
				}
			})
		})
	}
}

func TestAnAcknowledgementEchoesTheStampOfTheNewestMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		stamped := func(first uint64, stamp int64) []byte {
			return wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: first, Stamp: stamp, Observations: observations(1, now())}})
		}
		r.Take(up("a"), hello(0, 0))
		r.Take(up("a"), stamped(0, 70))
		r.Take(up("b"), stamped(0, 60))
		r.Take(up("a"), stamped(1, 50)) // of another boot, perhaps: the order counts
		stop := r.start(t)
		settle()
		got := map[string]int64{}
		for _, a := range r.answers() {
			got[a.agent] = a.Ack.Stamp
		}
		if got["a"] != 50 || got["b"] != 60 {
			t.Errorf("stamps are %v", got)
		}
		stop()
	})
}

func TestAViewThatMissedSomethingAsksTheAgent(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		r.Take(wire.Topic("a", wire.Live), wire.MarshalLive(&wire.LiveMessage{Online: true, Session: 1, Sent: now().UnixMilli(), Digest: 4711}))
		settle()
		if answers := r.answers(); len(answers) != 1 || answers[0].Ask == nil || !answers[0].Ask.Live {
			t.Errorf("answers are %+v, want it asked", answers)
		}
		r.Take(wire.Topic("a", wire.Live), []byte("nonsense"))
		settle()
		if answers := r.answers(); len(answers) != 0 || r.Refused.Load() != 1 {
			t.Errorf("answers are %+v, %d refused", answers, r.Refused.Load())
		}
	})
}

var _ history.Store = (*store)(nil)
