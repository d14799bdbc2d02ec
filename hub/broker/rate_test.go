package broker_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/wire"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Whatever an agent does, no span of time has more of it than a burst and the
// rate allow.
func TestNoSpanHasMoreThanItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r broker.Rates
		type message struct {
			at    time.Time
			bytes int
		}
		var passed []message
		now := noon
		slowed := rapid.Bool().Draw(t, "slowed and not dropped")
		for range rapid.IntRange(1, 3000).Draw(t, "messages") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 7, 900}).Draw(t, "ms")) * time.Millisecond)
			bytes := rapid.SampledFrom([]int{0, 100, wire.MaxMessage}).Draw(t, "bytes")
			if slowed {
				passed = append(passed, message{now, bytes})
				now = now.Add(r.Spend("a", bytes, now))
			} else if r.Allows("a", bytes, now) {
				passed = append(passed, message{now, bytes})
			}
		}
		for i := 0; i < len(passed); i += 97 {
			count, bytes := 0, 0
			for _, m := range passed[i:] {
				count, bytes = count+1, bytes+m.bytes
				s := m.at.Sub(passed[i].at).Seconds()
				// The last one may go below zero where it is slowed.
				if float64(count) > broker.MessageBurst+s*broker.MessageRate+1.01 || float64(bytes) > broker.ByteBurst+s*broker.ByteRate+wire.MaxMessage+1 {
					t.Fatalf("%d messages of %d bytes in %v s", count, bytes, s)
				}
			}
		}
	})
}

func TestAnAgentThatKeepsItsBoundsNeverWaits(t *testing.T) {
	var slowed, dropped broker.Rates
	now := noon
	for range 10_000 {
		if wait := slowed.Spend("a", 10_000, now); wait > 0 {
			t.Fatalf("it waits %v after %v", wait, now.Sub(noon))
		}
		if !dropped.Allows("a", 10_000, now) {
			t.Fatalf("it is dropped after %v", now.Sub(noon))
		}
		now = now.Add(time.Second / broker.MessageRate)
	}
}

func TestOneAgentsBoundsAreNotAnothers(t *testing.T) {
	var r broker.Rates
	for range 2 * broker.MessageBurst {
		r.Allows("a", 1, noon)
	}
	if r.Allows("a", 1, noon) || !r.Allows("b", 1, noon) {
		t.Error("a is allowed more, or b is not allowed any")
	}
	if !r.Allows("a", 1, noon.Add(time.Second)) {
		t.Error("a second later a is not allowed anything")
	}
}

func TestAClockThatStepsBackStopsNobody(t *testing.T) {
	var r broker.Rates
	for range 2 * broker.MessageBurst {
		r.Allows("a", 1, noon)
	}
	back := noon.Add(-time.Hour)
	if r.Allows("a", 1, back) {
		t.Error("a step back of the clock gives an agent more")
	}
	if !r.Allows("a", 1, back.Add(time.Second)) {
		t.Error("an agent waits for the clock to come to where it was")
	}
}

func TestTheMemoryOfAgentsIsBounded(t *testing.T) {
	var r broker.Rates
	for i := range 3 * broker.MostAgents {
		r.Allows(fmt.Sprint(i), 1, noon)
	}
	if n := r.Known(); n > broker.MostAgents {
		t.Errorf("%d agents are remembered", n)
	}
}
