package ingest_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/phukin/phukin/hub/history"
)

func TestAFullQueueLeavesMessagesToTheirAgents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		for i := range 32 { // Take must not block
			for range 40 {
				r.Take(up(fmt.Sprintf("flood%d", i)), batch(0, 1, 0))
			}
		}
		if n := r.Deferred.Load(); n != 32*8 {
			t.Errorf("%d deferred, want %d", n, 32*8)
		}
		for i := range 2000 { // an agent that waits for nothing yet has a place all the same
			r.Take(up(fmt.Sprintf("a%d", i)), batch(0, 1, 0))
		}
		const over = 2000 - 1024
		if n := r.Deferred.Load(); n != 32*8+over {
			t.Errorf("%d deferred, want %d", n, 32*8+over)
		}
		stop := r.start(t)
		settle()
		acked := map[string]bool{}
		for _, ack := range r.acks() {
			acked[ack] = true
		}
		if n := len(acked); n != 32+1024 {
			t.Errorf("%d agents acknowledged, want those that were queued", n)
		}
		r.Take(up("a1999"), batch(0, 1, 0))
		settle()
		expect(t, "acknowledged when it came again", r.acks(), []string{"a1999:1"})
		stop()
	})
}

func TestAnAgentThatFloodsFillsItsOwnShareAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		for i := range 5000 {
			r.Take(up("flood"), batch(uint64(i), 1, 0))
			r.Take(up("flood"), []byte("nonsense"))
		}
		r.Take(up("quiet"), batch(0, 1, 0))
		if n := r.Deferred.Load(); n != 10_000-32 {
			t.Errorf("%d deferred, want %d", n, 10_000-32)
		}
		stop := r.start(t)
		settle()
		acked := r.acks()
		slices.Sort(acked)
		if !slices.Contains(acked, "flood:16") || !slices.Contains(acked, "quiet:1") {
			t.Errorf("acknowledged: %v, want what was queued of both", acked)
		}
		r.Take(up("flood"), batch(16, 1, 0))
		settle()
		expect(t, "acknowledged when there was room again", r.acks(), []string{"flood:17"})
		stop()
	})
}

func TestAgentsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		for a := range 20 {
			for i := range 30 {
				r.Take(up(fmt.Sprintf("flood%02d", a)), batch(uint64(i), 1, 0))
			}
		}
		r.Take(up("quiet"), batch(0, 1, 0)) // the 601st
		var committed []history.Batch
		r.store.fail = func(batches []history.Batch) error { committed = append(committed, batches...); return nil }
		stop := r.start(t)
		settle()
		stop()
		// Four of each agent, and then it is its turn.
		if at := slices.IndexFunc(committed, func(b history.Batch) bool { return b.Agent == "quiet" }); len(committed) != 601 || at != 80 {
			t.Errorf("%d batches, the quiet agent's is number %d", len(committed), at)
		}
		next := map[string]uint64{}
		for _, b := range committed {
			if b.FirstSeq != next[b.Agent] {
				t.Fatalf("agent %s: %d comes, want %d", b.Agent, b.FirstSeq, next[b.Agent])
			}
			next[b.Agent] = b.Next()
		}
	})
}
