package world

import (
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Mistake is one that a hub or an agent could make. It is made on purpose, to see
// whether it would be noticed.
type Mistake struct {
	Name        string
	kind        kind
	day         func(*history.Day)
	observation func(w *World, all []closed, k int, o *closed)
}

type kind int

const (
	_ kind = iota
	utcDays
	pausesInclusive
	byArrival
	lateLeft
)

func (m *Mistake) is(k kind) bool { return m != nil && m.kind == k }

// Mistakes gives all of them.
func Mistakes() []Mistake {
	return []Mistake{
		{Name: "unknown time is counted as down", day: func(d *history.Day) {
			each(d, func(r *history.Run, _, _ history.Run) {
				if r.Unknown() {
					r.Status = wire.StatusDown
				}
			})
		}},
		{Name: "unknown time between two downs is counted as down", day: func(d *history.Day) {
			each(d, func(r *history.Run, before, after history.Run) {
				if r.Unknown() && before.Status == wire.StatusDown && after.Status == wire.StatusDown {
					r.Status = wire.StatusDown
				}
			})
		}},
		{Name: "gaps of less than 5 minutes are bridged as up", day: func(d *history.Day) {
			each(d, func(r *history.Run, before, after history.Run) {
				if r.Unknown() && r.Seconds < 300 && before.Status == wire.StatusUp && after.Status == wire.StatusUp {
					r.Status = wire.StatusUp
				}
			})
		}},
		{Name: "an outage begins when it is confirmed", observation: func(w *World, all []closed, k int, o *closed) {
			if o.Status == wire.StatusDown && (k == 0 || all[k-1].Status != wire.StatusDown) {
				o.From = min(o.From+int64(w.Confirm)*confirmAfter.Milliseconds(), o.To)
			}
			if k+1 < len(all) && all[k+1].Status == wire.StatusDown && o.Status != wire.StatusDown && all[k+1].From == all[k].To {
				o.To += int64(w.Confirm) * confirmAfter.Milliseconds()
			}
		}},
		{Name: "an agent vouches for the time until its next observation", observation: func(w *World, all []closed, k int, o *closed) {
			if k+1 < len(all) {
				o.To = max(o.To, all[k+1].From+w.begin)
			}
		}},
		{Name: "a clock that is known to be wrong is believed", observation: func(_ *World, _ []closed, _ int, o *closed) { o.Clock = wire.ClockHub }},
		{Name: "what arrived last wins, not what was seen last", kind: byArrival},
		{Name: "late evidence does not change a day that is over", kind: lateLeft},
		{Name: "days begin at midnight UTC", kind: utcDays},
		{Name: "maintenance takes its last second with it", kind: pausesInclusive},
	}
}

// each changes the runs of a day, given those beside each.
func each(d *history.Day, change func(r *history.Run, before, after history.Run)) {
	old := append(history.Timeline{{}}, append(d.Timeline, history.Run{})...)
	changed := make(history.Timeline, len(d.Timeline))
	for i := range changed {
		changed[i] = old[i+1]
		change(&changed[i], old[i], old[i+2])
	}
	d.Timeline = changed
}
