package ingest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// records makes a batch of the observations that the edits make of a good one.
func records(first uint64, edits ...func(*wire.Observation)) []byte {
	obs := observations(len(edits), now())
	for i, edit := range edits {
		if edit != nil {
			edit(&obs[i])
		}
	}
	return wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: first, OldestSeq: first, Observations: obs, Stamp: 5}})
}

func shift(d time.Duration) func(*wire.Observation) {
	return func(o *wire.Observation) { o.From, o.To = o.From+d.Milliseconds(), o.To+d.Milliseconds() }
}

func of(camera string) func(*wire.Observation) {
	return func(o *wire.Observation) { o.Camera = camera }
}

func by(c wire.Clock, d time.Duration) func(*wire.Observation) {
	return func(o *wire.Observation) { o.Clock = c; shift(d)(o) }
}

const years = 365 * 24 * time.Hour

func TestWhatIsWrongWithSomeRecordsIsNoReasonToRefuseTheOthers(t *testing.T) {
	for _, x := range []struct {
		name  string
		edits []func(*wire.Observation)
		parts string // as they are committed: good ones by count, those set aside in brackets
		says  string
	}{
		{"all are good", []func(*wire.Observation){nil, nil, nil}, "3*", ""},
		{"one ends in the future", []func(*wire.Observation){nil, shift(5*time.Minute + 2*time.Second), nil}, "1 [1] 1", "camera c ends 5m1s from now: set the clock"},
		{"a little ahead", []func(*wire.Observation){shift(5 * time.Minute)}, "1*", ""},
		{"one before all clocks in order", []func(*wire.Observation){nil, shift(-26 * years)}, "1 [1]", "by a clock that is said to be right"},
		{"by its own clock, in the future", []func(*wire.Observation){by(wire.ClockOwn, time.Hour)}, "[1]", "ends 1h0m0s from now"},
		{"by a clock that is known to be wrong", []func(*wire.Observation){by(wire.ClockWrong, time.Hour), by(wire.ClockWrong, -26*years)}, "2*", ""},
		{"a camera of another agent", []func(*wire.Observation){of("b-1"), of("b-1"), nil}, "[2] 1", "camera b-1 belongs to agent b by the plan"},
		{"a camera that no plan names", []func(*wire.Observation){of("new")}, "1*", ""},
		{"another agent's camera by a wrong clock", []func(*wire.Observation){of("b-1"), func(o *wire.Observation) { o.Camera, o.Clock = "b-1", wire.ClockWrong }}, "[2]", "belongs to agent b"},
		{"several reasons", []func(*wire.Observation){shift(time.Hour), of("b-1"), nil, nil, shift(time.Hour)}, "[1] [1] 2 [1]", "ends"},
	} {
		t.Run(x.name, func(t *testing.T) {
			run(t, func(t *testing.T, r *room) {
				r.Take(up("a"), records(10, x.edits...))
				settle()
				var parts []string
				next := uint64(10)
				for _, b := range r.store.batches {
					if b.FirstSeq != next {
						t.Errorf("a part begins at %d, want %d", b.FirstSeq, next)
					}
					next = b.Next()
					switch {
					case b.Aside != nil:
						parts = append(parts, fmt.Sprintf("[%d]", b.Aside.Count))
						if m, err := wire.UnmarshalUp(b.Payload); err != nil || m.Batch.FirstSeq != 10 || m.Batch.Count() != len(x.edits) {
							t.Errorf("what is set aside is not kept as it came: %v", err)
						}
					case b.Payload != nil:
						parts = append(parts, fmt.Sprintf("%d*", b.Count()))
					default:
						parts = append(parts, fmt.Sprint(b.Count()))
					}
				}
				if got := strings.Join(parts, " "); got != x.parts || next != 10+uint64(len(x.edits)) {
					t.Errorf("committed as %q up to %d, want %q", got, next, x.parts)
				}
				answers := r.answers()
				if len(answers) == 0 || answers[0].Ack == nil || answers[0].Ack.Upto != next || answers[0].Ack.Stamp != 5 {
					t.Fatalf("answers are %+v, want all acknowledged", answers)
				}
				if x.says == "" {
					if len(answers) != 1 || r.SetAside.Load() != 0 {
						t.Errorf("answers are %+v, want nothing set aside", answers)
					}
					return
				}
				if len(answers) != 2 || answers[1].Refusal == nil || answers[1].Refusal.Code != wire.RefusalSetAside || !strings.Contains(answers[1].Refusal.Reason, x.says) || answers[1].Refusal.Stamp != 5 {
					t.Errorf("answers are %+v, want one that says %q", answers, x.says)
				}
			})
		})
	}
}

func TestWhatCannotBeReadIsSetAside(t *testing.T) {
	body := wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: 3, OldestSeq: 3, Stamp: 9, Gaps: []wire.Gap{{From: 0, Next: 1, Why: 99}, {From: 1, Next: 2, Why: 99}}}})
	for _, x := range []struct {
		name    string
		payload []byte
		count   int
		reason  string
	}{
		{"no protocol buffer", []byte("\xff\xff\xff"), 0, "decode message"},
		{"nothing at all", nil, 0, "version 0"},
		{"too long", make([]byte, wire.MaxMessage+1), 0, "at most 262144"},
		{"a body that breaks the contract", body, 2, "why 99 is not known"},
	} {
		t.Run(x.name, func(t *testing.T) {
			run(t, func(t *testing.T, r *room) {
				kept := string(x.payload)
				payload := []byte(kept)
				r.Take(up("a"), payload)
				for i := range payload {
					payload[i] = 'x' // the payload is the broker's again
				}
				settle()
				aside := r.store.asides()
				if len(aside) != 1 || aside[0].Agent != "a" || string(aside[0].Payload) != kept || aside[0].Aside.Count != x.count || !strings.Contains(aside[0].Aside.Reason, x.reason) {
					t.Errorf("set aside: %.200v", aside)
				}
				if n := r.SetAside.Load(); n != uint64(max(1, x.count)) {
					t.Errorf("%d counted", n)
				}
				answers := r.answers()
				told := answers[len(answers)-1]
				if told.Refusal == nil || told.Refusal.Code != wire.RefusalSetAside || !strings.Contains(told.Refusal.Reason, x.reason) || !justNow(told.Refusal.HubTime) {
					t.Errorf("told %+v", told)
				}
				if x.count == 0 {
					if len(answers) != 1 {
						t.Errorf("answers are %+v: acknowledged what nobody can read", answers)
					}
				} else if a := answers[0].Ack; len(answers) != 2 || a == nil || a.Upto != 5 || a.Epoch != epoch || a.Stamp != 9 {
					t.Errorf("answers are %+v, want it acknowledged", answers)
				}
			})
		})
	}
}

func TestAGapAccountsForWhatIsLostAndForNothingElse(t *testing.T) {
	run(t, func(t *testing.T, r *room) {
		gaps := func(first uint64, gs ...wire.Gap) []byte {
			return wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: first, OldestSeq: 0, Gaps: gs}})
		}
		r.Take(up("a"), batch(0, 3, 0))
		r.Take(up("a"), gaps(10, wire.Gap{From: 3, Next: 10, Why: wire.GapOverflow}))
		settle()
		if acks := r.acks(); acks[len(acks)-1] != "a:11" {
			t.Errorf("acknowledged %v, want a:11", acks)
		}
		r.Take(up("a"), gaps(11, wire.Gap{From: 5, Next: 6, Why: wire.GapDamaged}, wire.Gap{From: 12, Next: 13, Why: wire.GapDamaged}))
		settle()
		answers := r.answers()
		if len(answers) != 2 || answers[0].Ack.Upto != 13 || answers[1].Refusal == nil || !strings.Contains(answers[1].Refusal.Reason, "not before its own") {
			t.Errorf("answers are %+v", answers)
		}
		if aside := r.store.asides(); len(aside) != 1 || aside[0].FirstSeq != 12 || aside[0].Aside.Count != 1 {
			t.Errorf("set aside: %+v", aside)
		}
	})
}
