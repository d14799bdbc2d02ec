package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// Fold makes the timeline of one camera's local day from all observations
// that touch it, in any order.
//
// The rules, at second resolution:
//   - An observation [From, To) covers the seconds from floor(From) to
//     floor(To): neighbours that abut in milliseconds abut in seconds.
//   - A second that no observation covers is unknown.
//   - An observation by a clock that is known to be wrong covers nothing.
//   - Where observations overlap (two agents at one camera, or a clock that
//     stepped), the one that began later is the newer look and wins; on equal
//     beginnings the greater identity (agent, epoch, seq) wins, so that the
//     result does not depend on the order of arrival.
func Fold(obs []Identified, day DayNumber, loc *time.Location) Timeline {
	start, length := day.Start(loc).Unix(), day.Seconds(loc)
	type piece struct {
		a, b int // seconds of the day
		o    *Identified
	}
	pieces := make([]piece, 0, len(obs))
	for i := range obs {
		o := &obs[i]
		a := max(floorDiv(o.From, 1000)-start, 0)
		b := min(floorDiv(o.To, 1000)-start, int64(length))
		if a < b && o.Clock != wire.ClockWrong {
			pieces = append(pieces, piece{int(a), int(b), o})
		}
	}
	slices.SortFunc(pieces, func(x, y piece) int { return compareIdentified(x.o, y.o) })

	// In this order a piece never begins before the one it follows, and wins
	// over it. So those that have begun are a stack: the newest is seen, and
	// when it ends the one below shows again, if it still lasts.
	var t Timeline
	var begun []piece
	at := 0
	paint := func(until int) {
		for at < until {
			if len(begun) == 0 {
				t = t.extend(Run{Seconds: until - at})
				at = until
				return
			}
			newest := begun[len(begun)-1]
			if newest.b <= at {
				begun = begun[:len(begun)-1]
				continue
			}
			run := runOf(&newest.o.Observation)
			run.Seconds = min(newest.b, until) - at
			t = t.extend(run)
			at += run.Seconds
		}
	}
	for _, p := range pieces {
		paint(p.a)
		begun = append(begun, p)
	}
	paint(length)
	return t
}

func runOf(o *wire.Observation) Run {
	return Run{Status: o.Status, Fault: o.Fault, FellOn: o.FellOn}
}

// CompareIdentified orders observations by From, then by identity.
func CompareIdentified(x, y Identified) int { return compareIdentified(&x, &y) }

func compareIdentified(x, y *Identified) int {
	if c := cmp.Compare(x.From, y.From); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(x.Agent, y.Agent), cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.Seq, y.Seq))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Fill gives the ledger's timeline with its unknown seconds taken from late:
// how late observations enter a day whose own observations are no longer
// kept. Both cover the same day; the result is as long as the ledger's.
func Fill(ledger, late Timeline) Timeline {
	var t Timeline
	used := 0 // seconds of late[0] that lie before the cursor
	for _, run := range ledger {
		for run.Seconds > 0 {
			for len(late) > 0 && used == late[0].Seconds {
				late, used = late[1:], 0
			}
			next := run
			if len(late) > 0 {
				if run.Unknown() {
					next = late[0]
				}
				next.Seconds = min(run.Seconds, late[0].Seconds-used)
				used += next.Seconds
			}
			t = t.extend(next)
			run.Seconds -= next.Seconds
		}
	}
	return t
}

// extend appends a run, or lengthens the last one if it is of the same kind.
func (t Timeline) extend(r Run) Timeline {
	if n := len(t); n > 0 && t[n-1].same(r) {
		t[n-1].Seconds += r.Seconds
		return t
	}
	return append(t, r)
}
