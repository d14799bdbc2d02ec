package watch

import (
	"slices"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// Rules of folding.
type Rules struct {
	Bridge      time.Duration // longest time between two probes that agree
	Proof       time.Duration // longest time after a full success in which a light one bridges; 0: none does
	Confirm     int           // failures that confirm the first one
	ReportEvery time.Duration // an observation closes after this time
}

// Moment is when a probe began, by the device's two clocks.
type Moment struct {
	Mono int64 // milliseconds of the monotonic clock: what counts
	Wall int64 // Unix milliseconds of the wall clock, only noted
}

// Closed is an observation that has ended. Its From and To are milliseconds of
// the monotonic clock.
type Closed struct {
	wire.Observation
	Wall int64 // Unix milliseconds that the wall clock had at From
	// News says that it ended because something changed; otherwise ReportEvery
	// had passed, and the next one says the same.
	News bool
}

// Folder folds the probes of one camera into observations. It has no clock and
// no goroutine: what it gives depends only on what it was given.
type Folder struct {
	camera string
	expect Expectation
	rules  Rules

	last  int64 // time of the newest probe
	begun bool

	open    *wire.Observation // nil when nothing is vouched for
	wall    int64             // what the wall clock had at its From
	verdict verdict           // of open
	at      int64             // last probe of open
	since   int64             // first probe that saw verdict
	proved  int64             // newest full success, while verdict is one of video that flows

	doubt   []sample // failed probes that are not confirmed, oldest first
	passing int
}

type sample struct {
	at      int64
	wall    int64
	verdict verdict
	result  probe.Result
}

// NewFolder makes the folder of one camera.
func NewFolder(camera string, e Expectation, r Rules) *Folder {
	return &Folder{camera: camera, expect: e, rules: r}
}

// Add takes the next probe, which began at the given moment, and returns the
// observations that it closed, oldest first. A moment that is not after the one
// before is moved to a millisecond after it.
func (f *Folder) Add(m Moment, r probe.Result) []Closed {
	at := m.Mono
	if f.begun && at <= f.last {
		at = f.last + 1
	}
	f.begun, f.last = true, at
	if lightSuccess(&r) {
		if f.NeedsFull(at) {
			return nil
		}
		return f.fold(sample{at, m.Wall, f.verdict, r}, nil)
	}
	s := sample{at, m.Wall, judge(&r, f.expect), r}

	isDown := f.open != nil && f.verdict.status == wire.StatusDown && f.bridges(f.at, at)
	switch {
	case s.verdict.status != wire.StatusDown:
		if len(f.doubt) > 0 {
			f.passing++
			f.doubt = nil
		}
		f.proved = at
		return f.fold(s, nil)
	case isDown && len(f.doubt) == 0:
		return f.fold(s, nil) // known to be down: nothing to confirm
	}
	if n := len(f.doubt); n > 0 && !f.bridges(f.doubt[n-1].at, at) {
		f.doubt = nil // too old to be confirmed
	}
	f.doubt = append(f.doubt, s)
	if len(f.doubt) <= f.rules.Confirm {
		return nil
	}
	var closed []Closed
	for _, d := range f.doubt {
		closed = f.fold(d, closed)
	}
	f.doubt = nil
	return closed
}

// Close returns the open observation, closed at its last probe, if it has any
// length. The folder can go on, with unknown time in between.
func (f *Folder) Close() []Closed {
	f.doubt = nil
	closed := f.closeAt(f.at, true, nil)
	f.open = nil
	return closed
}

// InDoubt says whether the newest probe failed and waits for confirmation.
func (f *Folder) InDoubt() bool { return len(f.doubt) > 0 }

// NeedsFull says whether only a full probe could say anything at the given
// moment: video was not seen to flow, or too long ago, or a doubt is open. A light
// success is then no part of any observation.
func (f *Folder) NeedsFull(at int64) bool {
	return f.open == nil || f.verdict.status == wire.StatusDown || len(f.doubt) > 0 ||
		!f.bridges(f.at, at) || at-f.proved > f.rules.Proof.Milliseconds()
}

// Passing counts the doubts that a success ended.
func (f *Folder) Passing() int { return f.passing }

// State is what is seen at this moment, with its times by the monotonic clock;
// ok is false when nothing is.
func (f *Folder) State() (s wire.State, ok bool) {
	if f.open == nil {
		return wire.State{}, false
	}
	v := f.verdict
	return wire.State{
		Camera: f.camera, Status: v.status, Rung: v.rung, Fault: v.fault, FellOn: v.fellOn, RTSPStatus: v.rtsp,
		Reasons: v.reasonList(), Since: f.since, Probed: f.at,
		Codec: v.codec, Width: v.width, Height: v.height,
	}, true
}

func (f *Folder) bridges(from, to int64) bool { return to-from <= f.rules.Bridge.Milliseconds() }

// fold takes a probe that is believed.
func (f *Folder) fold(s sample, closed []Closed) []Closed {
	same := f.open != nil && f.verdict.agrees(s.verdict)
	switch {
	case f.open == nil:
		f.begin(s, true)
	case !f.bridges(f.at, s.at):
		closed = f.closeAt(f.at, true, closed)
		f.begin(s, true)
	case !same:
		// An outage that changes its fault is still the same outage.
		anew := f.verdict.status != s.verdict.status
		closed = f.closeAt(s.at, true, closed)
		f.begin(s, anew)
	case s.at-f.open.From >= f.rules.ReportEvery.Milliseconds():
		closed = f.closeAt(s.at, false, closed)
		f.begin(s, false)
	}
	f.verdict.adopt(s.verdict)
	f.at = s.at
	f.open.Probes++
	measure(f.open, &s.result)
	return closed
}

func (f *Folder) begin(s sample, anew bool) {
	v := s.verdict
	f.open = &wire.Observation{Camera: f.camera, From: s.at, Status: v.status, Rung: v.rung, Fault: v.fault, FellOn: v.fellOn, RTSPStatus: v.rtsp}
	f.open.Reasons = v.reasonList()
	f.wall, f.verdict = s.wall, v
	if anew {
		f.since = s.at
	}
}

// closeAt adds the open observation, ended at to, to closed if it has length.
func (f *Folder) closeAt(to int64, news bool, closed []Closed) []Closed {
	if f.open == nil || to <= f.open.From {
		return closed
	}
	o := *f.open
	o.To = to
	o.Codec, o.Width, o.Height = f.verdict.codec, f.verdict.width, f.verdict.height
	o.Stages = slices.Clone(o.Stages)
	return append(closed, Closed{o, f.wall, news})
}
