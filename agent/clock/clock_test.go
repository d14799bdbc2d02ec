package clock_test

import (
	"testing"
	"time"

	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/wire"
)

const hour = int64(3600_000)

// noon is a moment of the hub's clock.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).UnixMilli()

type placed struct {
	from, to int64
	by       wire.Clock
}

func place(k *clock.Knowledge, s spool.Span, now int64) placed {
	from, to, by := k.Place(s, now)
	return placed{from, to, by}
}

func TestSpansArePlacedByTheHubsClockOrMarked(t *testing.T) {
	known := &clock.Knowledge{}
	known.Learn(1, 1000, 1100, noon) // boot 1 began at noon − 1050 ms
	for _, c := range []struct {
		name string
		span spool.Span
		now  int64
		want placed
	}{
		{"of a boot that is known", spool.Span{Boot: 1, From: 5000, To: 6000, Wall: 77}, 0, placed{noon + 3950, noon + 4950, wire.ClockHub}},
		{"of a boot that is known, before anything was learnt", spool.Span{Boot: 1, From: 0, To: 10, Wall: 0}, 0, placed{noon - 1050, noon - 1040, wire.ClockHub}},
		{"of no length", spool.Span{Boot: 1, From: 1050, To: 1050}, 0, placed{noon, noon + 1, wire.ClockHub}},
		{"of another boot", spool.Span{Boot: 2, From: 5000, To: 6000, Wall: noon}, 0, placed{noon, noon + 1000, wire.ClockOwn}},
		{"of another boot in 1970", spool.Span{Boot: 2, From: 5000, To: 6000, Wall: 5000}, 0, placed{5000, 6000, wire.ClockWrong}},
		{"of another boot before 1970", spool.Span{Boot: 2, From: 5000, To: 6000, Wall: -5000}, 0, placed{0, 1000, wire.ClockWrong}},
		{"of another boot, in the hub's past", spool.Span{Boot: 2, From: 5000, To: 6000, Wall: noon - 1000}, noon, placed{noon - 1000, noon, wire.ClockOwn}},
		{"of another boot, in the hub's future", spool.Span{Boot: 2, From: 5000, To: 6000, Wall: noon - 999}, noon, placed{noon - 999, noon + 1, wire.ClockWrong}},
	} {
		if got := place(known, c.span, c.now); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestOneStrangeSampleChangesNothingAndThreeDo(t *testing.T) {
	for _, c := range []struct {
		name        string
		trip, error int64 // of the samples after the first
		samples     int
		changed     bool
	}{
		{"two that are off", 20, 400, 2, false},
		{"three that are off", 20, 400, 3, true},
		{"three that are off the other way", 20, -400, 3, true},
		{"three that are a little off", 20, 250, 3, false},
		{"three that may be right, for their way was long", 4000, 2000, 3, false},
		{"three that are off however long their way was", 4000, 2300, 3, true},
	} {
		var k clock.Knowledge
		if !k.Learn(1, 0, 20, noon) {
			t.Fatal("the first sample is no news")
		}
		changed := false
		for i := range int64(c.samples) {
			sent := (i + 1) * 10_000
			changed = k.Learn(1, sent, sent+c.trip, noon-10+sent+c.trip/2+c.error)
		}
		before, _ := k.Hub(1, 5000)
		after, _ := k.Hub(1, hour)
		if changed != c.changed || before != noon-10+5000 || (after != noon-10+hour) != c.changed || c.changed && after != noon-10+hour+c.error {
			t.Errorf("%s: changed %t, off by %d then and %d later", c.name, changed, before-(noon-10+5000), after-(noon-10+hour))
		}
	}
}

func TestTheShortestRoundTripCounts(t *testing.T) {
	var k clock.Knowledge
	k.Learn(1, 0, 20, noon)
	for i, s := range []struct{ trip, error int64 }{{900, 300 + 450}, {40, 3000}, {500, 3200}} {
		sent := int64(i+1) * 10_000
		k.Learn(1, sent, sent+s.trip, noon-10+sent+s.trip/2+s.error)
	}
	if ms, _ := k.Hub(1, hour); ms != noon-10+hour+3000 {
		t.Errorf("off by %d", ms-(noon-10+hour))
	}
	if trip := k.Trip(); trip != 40*time.Millisecond {
		t.Error(trip)
	}
}

func TestAnObservationAcrossAClockThatWasSetKeepsItsLength(t *testing.T) {
	for _, by := range []int64{5 * hour, -5 * hour} {
		var k clock.Knowledge
		k.Learn(1, 0, 0, noon)
		for i := range int64(3) {
			k.Learn(1, hour+i, hour+i, noon+hour+i+by)
		}
		across := spool.Span{Boot: 1, From: hour - 1000, To: hour + 1000}
		if got, want := place(&k, across, 0), (placed{noon + hour - 1000 + by, noon + hour + 1000 + by, wire.ClockHub}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestALittleCorrectionBackNeverTurnsTimeRound(t *testing.T) {
	var k clock.Knowledge
	k.Learn(1, 0, 0, noon)
	for i := range int64(3) {
		k.Learn(1, 10_000+i, 10_000+i, noon+10_000+i-2000)
	}
	last := int64(0)
	for mono := int64(9000); mono < 20_000; mono++ {
		ms, _ := k.Hub(1, mono)
		if ms < last || mono > 9000 && ms > last+1 {
			t.Fatalf("at %d the hub's time goes from %d to %d", mono, last-noon, ms-noon)
		}
		last = ms
	}
	if last != noon+19_999-2000 {
		t.Errorf("it ends %d ms off", last-(noon+19_999-2000))
	}
}

func TestTheDevicesClocksAreItsOwn(t *testing.T) {
	for name, d := range map[string]clock.Device{"system": clock.System(), "process": clock.Process()} {
		a := d.Mono()
		if b := d.Mono(); b < a || a < 0 {
			t.Errorf("%s: %d, then %d", name, a, b)
		}
		if d.Boot == 0 || time.Since(d.Wall()).Abs() > time.Minute {
			t.Errorf("%s: boot %d, %v", name, d.Boot, d.Wall())
		}
	}
	if a, b := clock.Process(), clock.Process(); a.Boot == b.Boot {
		t.Error("two processes are one boot")
	}
	if a, b := clock.System(), clock.System(); linux && (a.Boot != b.Boot || b.Mono()-a.Mono() > 1000) {
		t.Error("two processes of one boot are not known as such")
	}
}
