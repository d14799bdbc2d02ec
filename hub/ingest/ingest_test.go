package ingest_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func expect(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestNothingIsAcknowledgedBeforeItsCommit(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		block := make(chan struct{})
		r.store.set(func(s *store) { s.block = block })
		r.Take(up("a"), batch(0, 3, 0))
		settle()
		expect(t, "acknowledged while the store commits", r.acks(), nil)
		close(block)
		settle()
		expect(t, "acknowledged", r.acks(), []string{"a:3"})
		if n := r.Committed.Load(); n != 3 {
			t.Errorf("%d observations counted, want 3", n)
		}
	})
}

func TestAStoreThatFailsGetsNoAcknowledgementUntilTheAgentSendsAgain(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		r.store.set(func(s *store) { s.fail = func([]history.Batch) error { return errAway } })
		r.Take(up("a"), batch(0, 3, 0))
		time.Sleep(time.Minute)
		expect(t, "acknowledged", r.acks(), nil)
		if r.Committed.Load() != 0 || r.Batches.Load() != 0 {
			t.Error("what was not committed is counted")
		}
		r.store.set(func(s *store) { s.fail = nil })
		time.Sleep(time.Minute)
		expect(t, "acknowledged though nothing came again", r.acks(), nil)
		r.Take(up("a"), batch(0, 3, 0))
		settle()
		expect(t, "acknowledged after it came again", r.acks(), []string{"a:3"})
	})
}

func TestAStoreThatFailsIsNotHammered(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		r.store.set(func(s *store) { s.fail = func([]history.Batch) error { return errAway } })
		r.Take(up("a"), batch(0, 1, 0))
		settle() // the first is tried alone; the others wait for their second
		for range 9 {
			r.Take(up("a"), batch(0, 1, 0))
		}
		time.Sleep(5*time.Second + 500*time.Millisecond)
		r.store.set(func(s *store) {
			if s.appends != 6 {
				t.Errorf("%d attempts in five seconds, want one at once and one a second", s.appends)
			}
		})
	})
}

func TestABatchThatTheStoreNeverTakesHoldsBackNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.store.fail = func(batches []history.Batch) error {
			for _, b := range batches {
				if b.Agent == "poison" {
					return errAway
				}
			}
			return nil
		}
		stop := r.start(t)
		got := map[string]bool{}
		for range 20 { // everybody sends again what is not acknowledged
			r.Take(up("poison"), batch(0, 1, 0))
			for _, a := range []string{"a", "b", "c"} {
				if !got[a+":1"] {
					r.Take(up(a), batch(0, 1, 0))
				}
			}
			time.Sleep(10 * time.Second)
			for _, ack := range r.acks() {
				got[ack] = true
			}
		}
		stop()
		if !got["a:1"] || !got["b:1"] || !got["c:1"] || len(got) != 3 {
			t.Errorf("acknowledged %v, want everybody's but the one", got)
		}
	})
}

func TestAnAcknowledgementReachesToTheFirstHole(t *testing.T) {
	for _, x := range []struct {
		name    string
		batches [][3]int // first, count, oldest
		want    string
	}{
		{"from the beginning", [][3]int{{0, 5, 0}}, "a:5"},
		{"a batch is missing before it", [][3]int{{5, 5, 0}}, "a:0"},
		{"a batch is missing in between", [][3]int{{0, 5, 0}, {7, 3, 0}}, "a:5"},
		{"the hole is filled late", [][3]int{{0, 5, 0}, {7, 3, 0}, {5, 2, 0}}, "a:10"},
		{"what is missing will never come", [][3]int{{0, 5, 0}, {7, 3, 7}}, "a:10"},
		{"the spool lost its beginning", [][3]int{{100, 4, 100}}, "a:104"},
		{"a hub that forgot what it had acknowledged", [][3]int{{103, 1, 101}}, "a:101"},
		{"all of it came before", [][3]int{{0, 5, 0}, {0, 5, 0}}, "a:5"},
		{"overlapping", [][3]int{{0, 5, 0}, {3, 5, 0}}, "a:8"},
	} {
		t.Run(x.name, func(t *testing.T) {
			run(t, func(t *testing.T, r *room) {
				var last string
				for _, b := range x.batches {
					r.Take(up("a"), batch(uint64(b[0]), b[1], uint64(b[2])))
					settle()
					acks := r.acks()
					if len(acks) != 1 {
						t.Fatalf("acknowledgements of one batch: %v", acks)
					}
					last = acks[0]
				}
				if last != x.want {
					t.Errorf("acknowledged %s, want %s", last, x.want)
				}
			})
		})
	}
}

func TestBatchesOfOneRoundAreCommittedTogetherAndAcknowledgedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.Take(up("a"), hello(10, 30))
		r.Take(up("b"), batch(0, 1, 0))
		r.Take(up("a"), batch(10, 10, 10))
		r.Take(up("a"), batch(20, 10, 15))
		stop := r.start(t)
		settle()
		expect(t, "acknowledged", r.acks(), []string{"a:30", "b:1"})
		if r.store.appends != 1 {
			t.Errorf("%d transactions, want 1", r.store.appends)
		}
		stop()
	})
}

func TestAHelloIsAnsweredWithHowFarTheHubHasCome(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		r.Take(up("a"), hello(0, 0))
		settle()
		expect(t, "answer to an empty spool", r.acks(), []string{"a:0"})
		r.Take(up("a"), batch(0, 4, 0))
		r.Take(up("a"), hello(2, 9))
		settle()
		r.acks()
		r.Take(up("a"), hello(2, 9))
		settle()
		answers := r.answers()
		if len(answers) != 1 || answers[0].Ack == nil || answers[0].Ack.Upto != 4 || answers[0].Ack.Epoch != epoch {
			t.Fatalf("answers are %+v, want up to 4", answers)
		}
		if at := answers[0].Ack.HubTime; !justNow(at) {
			t.Errorf("the hub's clock is told as %d, want %d", at, now().UnixMilli())
		}
		if a, _ := r.view.Agent("a"); a.Version != "1.0" {
			t.Errorf("the view has the agent as %+v, want version 1.0", a)
		}
	})
}

func TestAHelloIsAnsweredWhileTheStoreTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.store.fail = func([]history.Batch) error { return errAway }
		r.Take(up("a"), batch(5, 2, 5))
		r.Take(up("a"), hello(5, 7))
		r.Take(up("b"), batch(0, 2, 0))
		stop := r.start(t)
		settle()
		expect(t, "acknowledged", r.acks(), []string{"a:5"})
		stop()
	})
}

func TestMessagesOnOtherTopicsAreCountedAndLeft(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		topics := []string{"", "phukin", "phukin/x/0/a/up", "phukin/1/99/a/up", wire.Topic("a", wire.Down), wire.TopicOf(2, "a", wire.Down), wire.Topic("a", "sideways"), "phukin/1/0/a b/up"}
		for _, topic := range topics {
			r.Take(topic, batch(0, 1, 0))
		}
		settle()
		if n := r.Refused.Load(); n != uint64(len(topics)) {
			t.Errorf("%d counted, want %d", n, len(topics))
		}
		if got := r.answers(); len(got) != 0 || r.store.appends != 0 {
			t.Errorf("answers %v, %d appends, want nothing", got, r.store.appends)
		}
	})
}

func TestLiveMessagesGoToTheViewAtOnce(t *testing.T) {
	r := newRoom(t) // which does not run
	now := now().UnixMilli()
	r.Take(wire.Topic("a", wire.Live), wire.MarshalLive(&wire.LiveMessage{Online: true, Sent: now, Interval: 10_000, States: []wire.State{
		{Camera: "c", Status: wire.StatusUp, Rung: wire.RungFresh, Since: now, Probed: now},
	}}))
	if s, ok := r.view.Camera("c"); !ok || s.Status != wire.StatusUp {
		t.Errorf("camera is %+v, known %v", s, ok)
	}
}

func TestTheLedgerIsFoldedAtTheStartAndOnceTheStreamIsQuiet(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		folds := func() (n int) {
			settle()
			r.store.set(func(s *store) { n = s.folds })
			return n
		}
		expectFolds := func(want int) {
			t.Helper()
			if n := folds(); n != want {
				t.Errorf("folded %d times, want %d", n, want)
			}
		}
		expectFolds(1)
		r.Take(up("a"), batch(0, 1, 0))
		expectFolds(1)
		time.Sleep(301 * time.Millisecond)
		expectFolds(2)
		r.Take(up("a"), hello(0, 1))
		time.Sleep(time.Minute)
		expectFolds(2)
		for i := range 90 { // never quiet
			r.Take(up("a"), batch(uint64(i), 1, 0))
			time.Sleep(200 * time.Millisecond)
		}
		expectFolds(3)
		time.Sleep(time.Second)
		expectFolds(4)
		r.store.set(func(s *store) { s.foldFail = errAway })
		r.Take(up("a"), batch(1, 1, 0))
		time.Sleep(time.Second)
		expectFolds(5)
		r.store.set(func(s *store) { s.foldFail = nil })
		time.Sleep(time.Second)
		expectFolds(6) // tried again by itself, and then no more
		time.Sleep(time.Minute)
		expectFolds(6)
	})
}

func TestItStopsWhileTheStoreBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.store.block = make(chan struct{})
		stop := r.start(t)
		r.Take(up("a"), batch(0, 1, 0))
		settle()
		stop()
		expect(t, "acknowledged", r.acks(), nil)
	})
}

func TestAHelloTellsWhetherTheDevicesClockIsRight(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		for i, x := range []struct{ ahead, want time.Duration }{{5 * time.Second, 0}, {-40 * 365 * 24 * time.Hour, -40 * 365 * 24 * time.Hour}} {
			r.Take(up("a"), wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{Epoch: epoch, Session: uint64(i + 1), AgentVersion: "1.0", Sent: now().Add(x.ahead).UnixMilli()}}))
			settle()
			if a, _ := r.view.Agent("a"); (a.ClockOff - x.want).Abs() > time.Second {
				t.Errorf("%v ahead is told as %v", x.ahead, a.ClockOff)
			}
		}
		r.Take(up("b"), hello(0, 0)) // which does not say
		settle()
		if a, _ := r.view.Agent("b"); a.ClockOff != 0 {
			t.Errorf("a clock that was not told is %v off", a.ClockOff)
		}
	})
}
