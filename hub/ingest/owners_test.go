package ingest_test

import (
	"io"
	"log/slog"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phukin/phukin/hub/ingest"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/wire"
)

// owners is a plan that can change.
type owners struct {
	mu      sync.Mutex
	agent   string // who has the camera "c"
	edition uint64
	until   map[string]int64
}

func (o *owners) give(agent string, until map[string]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.agent, o.until = agent, until
	o.edition++
}

func TestThePlanInForceSaysWhoMaySpeakAndFormerAgentsOfTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &owners{}
		o.give("a", nil)
		r := &room{store: &store{seqs: map[string]bool{}}, view: live.New(now)}
		greeted := map[string]wire.Key{}
		r.Ingest = ingest.New(ingest.Config{
			Store: r.store, Live: r.view, Send: r.send(t), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: now,
			Assigned: func(string) string { o.mu.Lock(); defer o.mu.Unlock(); return o.agent },
			Held:     func(_, agent string) int64 { o.mu.Lock(); defer o.mu.Unlock(); return o.until[agent] },
			Edition:  func() uint64 { o.mu.Lock(); defer o.mu.Unlock(); return o.edition },
			Greeted:  func(agent string, h *wire.Hello) { o.mu.Lock(); defer o.mu.Unlock(); greeted[agent] = h.Key },
		})
		stop := r.start(t)
		defer stop()
		seq := map[string]uint64{}
		// says sends an observation that began so long ago, and says whether it was
		// committed.
		says := func(agent string, ago time.Duration) bool {
			before := r.SetAside.Load()
			to := now().UnixMilli()
			obs := []wire.Observation{{Camera: "c", From: to - ago.Milliseconds(), To: to, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1}}
			r.Take(up(agent), wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: seq[agent], Observations: obs}}))
			seq[agent]++
			settle()
			return r.SetAside.Load() == before
		}
		if !says("a", time.Second) || says("b", time.Second) {
			t.Error("before the change: a has the camera")
		}
		moved := now()
		o.give("b", map[string]int64{"a": math.MaxInt64})
		if !says("b", time.Second) {
			t.Error("after the change b has the camera")
		}
		if !says("a", time.Second) {
			t.Error("a has not taken its new list yet, and its evidence is lost")
		}
		time.Sleep(time.Hour)
		o.give("b", map[string]int64{"a": moved.Add(10 * time.Minute).UnixMilli()})
		if !says("a", time.Hour) {
			t.Error("what a saw while it had the camera is lost")
		}
		if says("a", time.Minute) {
			t.Error("a speaks of the time after it let go")
		}
		if says("x", time.Hour) {
			t.Error("who never had the camera speaks of it")
		}
		hello := wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{Epoch: epoch, Session: 1, NextSeq: 9, Key: wire.Key{7}}})
		r.Take(up("a"), hello)
		settle()
		o.mu.Lock()
		defer o.mu.Unlock()
		if greeted["a"] != (wire.Key{7}) {
			t.Errorf("greeted: %v", greeted)
		}
	})
}
