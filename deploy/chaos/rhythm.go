package main

import "time"

// rhythm is how often the agents of a world look, and with that how close their
// timelines must be to the truth.
type rhythm struct {
	Light, Full, Window, Timeout time.Duration
	Confirm                      int
	ConfirmAfter                 time.Duration
	Report                       time.Duration
	Look                         time.Duration    // what a probe takes at most
	Stay                         [2]time.Duration // least and most that a camera stays as it is
}

// quick is for cameras that are asked by name, real for those that speak RTSP.
var (
	quick = rhythm{
		Light: 400 * time.Millisecond, Full: 800 * time.Millisecond, Window: 100 * time.Millisecond, Timeout: 400 * time.Millisecond,
		Confirm: 1, ConfirmAfter: 50 * time.Millisecond, Report: 500 * time.Millisecond, Look: 200 * time.Millisecond,
		Stay: [2]time.Duration{4 * time.Second, 12 * time.Second},
	}
	real = rhythm{
		Light: 2500 * time.Millisecond, Full: 5 * time.Second, Window: 400 * time.Millisecond, Timeout: 2500 * time.Millisecond,
		Confirm: 1, ConfirmAfter: 200 * time.Millisecond, Report: 3 * time.Second, Look: 2500 * time.Millisecond,
		Stay: [2]time.Duration{12 * time.Second, 25 * time.Second},
	}
)

// slack is what a busy machine may add to every wait, and a slow line to the
// correction of a clock.
const slack = 1500 * time.Millisecond

// bridge is the longest time between two probes that agree (agent/watch).
func (r *rhythm) bridge() time.Duration { return 3*r.Light + r.Timeout }

// late is how long after a camera changed its timeline may show it, early how
// long before: a probe stands for the moment at which it began.
func (r *rhythm) late() time.Duration  { return r.Full + r.Light + slack }
func (r *rhythm) early() time.Duration { return r.Look + slack }

// settle is how long after an agent's start its timelines may be unknown, open
// how long before its end by force: the observations that were still open.
func (r *rhythm) settle() time.Duration { return r.Full + r.Light + r.Look + slack }
func (r *rhythm) open() time.Duration {
	return r.Report + r.Light + time.Duration(r.Confirm+1)*(r.Look+r.ConfirmAfter) + slack
}
