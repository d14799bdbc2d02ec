// Package uptime computes availability from ledger days: pure functions of
// timelines, service windows and a period, exact to the second.
//
//	A        = (up + degraded) / (up + degraded + down)
//	observed = (up + degraded + down) / in service
//	A_low    = (up + degraded) / in service
//	A_high   = (up + degraded + unknown) / in service
//
// A figure over many cameras is the sum of their seconds, so it is weighted
// by time in service and never a mean of means. A is never shown without
// observed and its bounds; without any evidence there is no A at all.
package uptime

import (
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Window is the time [From, To), Unix seconds.
type Window struct{ From, To int64 }

// And gives the part that both windows have; From = To when there is none.
func (w Window) And(o Window) Window {
	r := Window{max(w.From, o.From), min(w.To, o.To)}
	if r.To < r.From {
		r.To = r.From
	}
	return r
}

// Figure is the seconds in service by what was seen in them, and the number
// of outages that touch them.
type Figure history.Count

// Add takes the seconds and outages of another set into f.
func (f *Figure) Add(o Figure) { (*history.Count)(f).Add(history.Count(o)) }

// InService gives all seconds of the figure.
func (f Figure) InService() int64 { return f.Up + f.Degraded + f.Down + f.Unknown }

// Observed gives the share of the time in service that somebody looked. It is
// false when there was no time in service.
func (f Figure) Observed() (float64, bool) {
	return ratio(f.Up+f.Degraded+f.Down, f.InService())
}

// Availability gives A. It is false when nothing was observed: no evidence is
// neither 0 nor 1.
func (f Figure) Availability() (float64, bool) {
	return ratio(f.Up+f.Degraded, f.Up+f.Degraded+f.Down)
}

// Bounds gives A_low and A_high, between which the truth lies whatever
// happened while nobody looked. It is false when there was no time in
// service.
func (f Figure) Bounds() (low, high float64, ok bool) {
	low, ok = ratio(f.Up+f.Degraded, f.InService())
	high, _ = ratio(f.Up+f.Degraded+f.Unknown, f.InService())
	return low, high, ok
}

func ratio(a, b int64) (float64, bool) {
	if b == 0 {
		return 0, false
	}
	return float64(a) / float64(b), true
}

// Camera computes the figure of one camera over the period, cut to its time
// in service, and that of each local day from first to last inclusive; the
// period counts only as far as it lies within these days. The ledger holds
// the camera's days in ascending order, some of which may be missing: those
// are unknown. An outage that goes on over midnight is one outage, and counts
// for each day that it touches.
func Camera(ledger []history.Day, service, period Window, first, last history.DayNumber, loc *time.Location) (total Figure, days []Figure) {
	days = make([]Figure, 0, max(int(last-first)+1, 0))
	window := service.And(period)
	at, down := 0, false // down: the last second counted so far was down
	start := first.Start(loc).Unix()
	for n := first; n <= last; n++ {
		end := (n + 1).Start(loc).Unix()
		for at < len(ledger) && ledger[at].Number < n {
			at++
		}
		var f Figure
		if part := window.And(Window{start, end}); part.To > part.From {
			var t history.Timeline // of a missing day: none
			if at < len(ledger) && ledger[at].Number == n {
				t = ledger[at].Timeline
			}
			a, b := int(part.From-start), int(part.To-start)
			f = Figure(t.Within(a, b))
			f.Unknown += int64(b-a) - f.InService() // what the timeline does not reach
			if down && t.At(a).Status == wire.StatusDown {
				total.Outages-- // it was counted on the day before
			}
			down = t.At(b-1).Status == wire.StatusDown
		}
		total.Add(f)
		days = append(days, f)
		start = end
	}
	return total, days
}
