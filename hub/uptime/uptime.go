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

import "github.com/phukin/phukin/hub/history"

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
