package world

import (
	"fmt"
	"math"
	"slices"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// slack is how far a moment of the ledger may lie from the probe that it tells
// of, in seconds: clocks are corrected to 0.3 s, and ledgers have whole seconds.
const slack = 2

// The checks, in the order in which they are made.
const (
	CheckLedger  = "the ledger is what a second-by-second fold of what arrived gives"
	CheckFigures = "figures are what counting second by second gives"
	CheckTruth   = "no second up that was down, or the other way, beyond the probe interval"
	CheckBounds  = "the truth lies between A_low and A_high"
	CheckOutages = "outages begin and end within their bounds"
)

// Checks gives their names.
func Checks() []string {
	return []string{CheckLedger, CheckFigures, CheckTruth, CheckBounds, CheckOutages}
}

// Report is what was found in a world that is as it should be.
type Report struct {
	Cameras  int
	Seconds  int64 // that count
	Known    int64 // of them
	Down     int64 // of those
	Mistaken int64 // of Known: not what was true, within the probe interval
	Longest  int64 // stretch of those
	Outages  int
	Open     int
	Low      float64 // the truth's place between A_low and A_high, at its least and at its most
	High     float64
	Days     int // of odd lengths
}

// Failure is a check that found something.
type Failure struct {
	Check, What string
}

func (f *Failure) Error() string { return f.Check + ": " + f.What }

// Check holds what the hub says against the reference and the truth. Of each
// check that found something it gives the first thing.
func (w *World) Check() (r Report, failures []*Failure) {
	r.Low = 1
	for i, c := range w.cameras {
		k := w.known(c)
		for _, check := range []func(*camera, *known, *Report) *Failure{w.ledger, w.figures, w.truthful, w.bounds, w.outages} {
			f := check(c, k, &r)
			if f != nil && !slices.ContainsFunc(failures, func(o *Failure) bool { return o.Check == f.Check }) {
				f.What = fmt.Sprintf("camera %d: %s", i, f.What)
				failures = append(failures, f)
			}
		}
		r.Cameras++
	}
	for d := range history.DayNumber(2) {
		if (w.day + d).Seconds(w.loc) != 86400 {
			r.Days++
		}
	}
	return r, failures
}

// known is the reference: arrays of seconds since the first day's beginning.
type known struct {
	begin  int64 // Unix seconds
	first  history.DayNumber
	last   history.DayNumber
	ledger []history.Run // of one second each
	counts []bool
	works  []int8 // 1: throughout, 0: at no time, -1: it changed
	excuse []bool // between the probes around it the truth changed
}

// known paints what arrived: from the oldest look to the newest, each its seconds.
func (w *World) known(c *camera) *known {
	k := &known{begin: w.begin / second, first: w.day}
	k.last = history.DayOf(w.begin+w.Length, w.loc)
	n := (k.last + 1).Start(w.loc).Unix() - k.begin
	k.ledger = make([]history.Run, n)
	looks := slices.Clone(c.arrived)
	slices.SortFunc(looks, history.CompareIdentified)
	for _, o := range looks {
		if o.Clock == wire.ClockWrong {
			continue
		}
		from, to := clampTo(floorSecond(o.From)-k.begin, n), clampTo(floorSecond(o.To)-k.begin, n)
		for at := from; at < to; at++ {
			k.ledger[at] = history.Run{Seconds: 1, Status: o.Status, Fault: o.Fault, FellOn: o.FellOn}
		}
	}
	k.counts = make([]bool, n)
	mark := func(spans uptime.Spans, v bool) {
		for _, s := range spans {
			for at := clampTo(s.From-k.begin, n); at < clampTo(s.To-k.begin, n); at++ {
				k.counts[at] = v
			}
		}
	}
	mark(c.service, true)
	mark(c.pauses, false)
	k.works = make([]int8, n)
	for i, x := range c.truth {
		end := n * second
		if i+1 < len(c.truth) {
			end = min(c.truth[i+1].At, end)
		}
		v := int8(0)
		if x.State.Works() {
			v = 1
		}
		for at := x.At / second; at*second < end; at++ {
			if at*second < x.At && k.works[at] != v {
				k.works[at] = -1
				continue
			}
			k.works[at] = v
		}
	}
	k.excuse = make([]bool, n)
	for _, looks := range c.looks {
		before := look{at: math.MinInt64}
		for _, l := range looks {
			if !l.believed && !l.end {
				continue
			}
			k.excuseBetween(l.at-slack*second, l.at+slack*second, slack)
			if before.at != math.MinInt64 {
				k.excuseBetween(before.at, l.at, slack)
			}
			if before = l; l.end {
				before.at = math.MinInt64
			}
		}
	}
	return k
}

// excuseBetween excuses the seconds around a time, if the truth changed in it.
func (k *known) excuseBetween(from, to, around int64) {
	n := int64(len(k.works))
	a, b := clampTo(from/second, n), clampTo(to/second+1, n)
	same := true
	for at := a; at < b; at++ {
		same = same && k.works[at] == k.works[a] && k.works[at] >= 0
	}
	if same {
		return
	}
	for at := clampTo(a-around, n); at < clampTo(b+around, n); at++ {
		k.excuse[at] = true
	}
}

func clampTo(v, n int64) int64 { return min(max(v, 0), n) }

func floorSecond(ms int64) int64 {
	if ms < 0 {
		return -((-ms + second - 1) / second)
	}
	return ms / second
}

func (w *World) ledger(c *camera, k *known, _ *Report) *Failure {
	s := w.index.Snapshot()
	at := 0
	for d := k.first; d <= k.last; d++ {
		for _, r := range s.Timeline(c.code, d) {
			for range r.Seconds {
				if at >= len(k.ledger) {
					return &Failure{CheckLedger, fmt.Sprintf("%s is too long", d)}
				}
				if want := k.ledger[at]; want.Status != r.Status || want.Fault != r.Fault || want.FellOn != r.FellOn {
					return &Failure{CheckLedger, fmt.Sprintf("second %d is %s, want %s", at, nameOf(r.Status), nameOf(want.Status))}
				}
				at++
			}
		}
	}
	if at != len(k.ledger) {
		return &Failure{CheckLedger, fmt.Sprintf("%d seconds, want %d", at, len(k.ledger))}
	}
	return nil
}

func nameOf(s wire.Status) string {
	if s == 0 {
		return "unknown"
	}
	return s.String()
}

// count makes the figure of a window.
func (k *known) count(window uptime.Window) (f uptime.Figure) {
	last, run := -1, 0
	for at, r := range k.ledger {
		if r.Status == wire.StatusDown && (at == 0 || k.ledger[at-1].Status != wire.StatusDown) {
			run = at
		}
		if t := k.begin + int64(at); t < window.From || t >= window.To || !k.counts[at] {
			continue
		}
		switch r.Status {
		case wire.StatusUp:
			f.Up++
		case wire.StatusDegraded:
			f.Degraded++
		case wire.StatusDown:
			f.Down++
			if run != last {
				f.Outages, last = f.Outages+1, run
			}
		default:
			f.Unknown++
		}
	}
	return f
}

func (w *World) period(k *known) uptime.Window {
	return uptime.Window{From: k.begin, To: k.begin + int64(len(k.ledger))}
}

func (w *World) figures(c *camera, k *known, _ *Report) *Failure {
	s := w.index.Snapshot()
	windows := append(w.spansOf(w.Windows), w.period(k))
	for _, window := range windows {
		if got, want := s.Figure(c.code, c.counted, window), k.count(window); got != want {
			return &Failure{CheckFigures, fmt.Sprintf("in %v there is %+v, want %+v", window, got, want)}
		}
	}
	for _, step := range []uptime.Step{uptime.Daily, uptime.Monthly} {
		cuts := uptime.Moments(uptime.Cuts(k.first, k.last, step), w.loc)
		for i, got := range s.Series(c.code, c.counted, cuts, nil) {
			if want := k.count(uptime.Window{From: cuts[i], To: cuts[i+1]}); got != want {
				return &Failure{CheckFigures, fmt.Sprintf("%s %d of the series is %+v, want %+v", step, i, got, want)}
			}
		}
	}
	return nil
}

// truthful looks at every second that is known, whether or not it counts.
func (w *World) truthful(c *camera, k *known, r *Report) *Failure {
	s := w.index.Snapshot()
	stretch, at := int64(0), 0
	for d := k.first; d <= k.last; d++ {
		for _, run := range s.Timeline(c.code, d) {
			for range min(run.Seconds, len(k.works)-at) {
				wrong := run.Status != 0 && k.works[at] != oneIf(run.Status != wire.StatusDown)
				if wrong && !k.excuse[at] {
					return &Failure{CheckTruth, fmt.Sprintf("second %d is %s, and between the probes around it the truth was otherwise all the time", at, nameOf(run.Status))}
				}
				stretch++
				if !wrong {
					stretch = 0
				}
				r.Longest = max(r.Longest, stretch)
				at++
			}
		}
	}
	return nil
}

func oneIf(b bool) int8 {
	if b {
		return 1
	}
	return 0
}

// bounds integrates the truth over what counts. Only seconds between two probes
// of which the truth changed may be told wrongly; so much the truth may lie
// beyond the bounds.
func (w *World) bounds(c *camera, k *known, r *Report) *Failure {
	f := w.index.Snapshot().Figure(c.code, c.counted, w.period(k))
	r.Seconds += f.InService()
	r.Known += f.Up + f.Degraded + f.Down
	r.Down += f.Down
	if f.InService() == 0 {
		return nil
	}
	var worked float64 // seconds
	excused := int64(0)
	for at, v := range k.works {
		if !k.counts[at] {
			continue
		}
		if v >= 0 {
			worked += float64(v)
		} else {
			worked += w.part(c, int64(at))
		}
		if k.excuse[at] && k.ledger[at].Status != 0 {
			excused++
			if v != oneIf(k.ledger[at].Status != wire.StatusDown) {
				r.Mistaken++
			}
		}
	}
	truth := worked / float64(f.InService())
	more := float64(excused)/float64(f.InService()) + 1e-9
	low, high, _ := f.Bounds()
	if truth < low-more || truth > high+more {
		return &Failure{CheckBounds, fmt.Sprintf("A was %.6f, outside %.6f to %.6f, with %d seconds that probes could not see", truth, low, high, excused)}
	}
	if f.Unknown > 0 && excused == 0 {
		place := (truth - low) / (high - low)
		r.Low, r.High = min(r.Low, place), max(r.High, place)
	}
	return nil
}

// part gives how much of a second a camera worked.
func (w *World) part(c *camera, at int64) (seconds float64) {
	for ms := at * second; ms < (at+1)*second; ms++ {
		if stateAt(c.truth, ms).Works() {
			seconds += 1 / float64(second)
		}
	}
	return seconds
}

// outages looks for what an outage says in the truth: down at its beginning, and
// a camera that worked at some moment from the last probe before its earliest
// beginning on, and again by the first probe after its latest end.
func (w *World) outages(c *camera, k *known, r *Report) *Failure {
	period := w.period(k)
	interval := int64((2*w.Full + 3*w.Light + timeout).Seconds()) + slack // the longest in which agents bridge
	if w.Skip > 0 {
		interval += int64((3*w.Light + timeout).Seconds())
	}
	n := int64(len(k.works))
	any := func(from, to int64, works bool) bool {
		for at := clampTo(from-k.begin, n); at < clampTo(to-k.begin, n); at++ {
			if k.works[at] < 0 || k.works[at] == oneIf(works) {
				return true
			}
		}
		return false
	}
	// When what one agent saw ends, what the other saw before shows again, which
	// may be a probe interval behind.
	behind := int64(slack)
	if len(c.looks) > 1 {
		behind = interval
	}
	all := w.index.Snapshot().Outages(c.code, c.counted, period, period.To)
	r.Outages += len(all)
	for _, o := range all {
		if o.Open {
			r.Open++
		}
		began := o.Earliest > k.begin && k.ledger[o.Earliest-1-k.begin].Status != 0 && !o.Continues
		switch {
		case !any(o.From-behind, o.From+slack+1, false):
			return &Failure{CheckOutages, fmt.Sprintf("at %d an outage begins, and the camera worked", o.From-k.begin)}
		case began && !any(o.Earliest-interval, o.From+slack, true):
			return &Failure{CheckOutages, fmt.Sprintf("at %d an outage begins, at %d at the earliest, and it was down long before", o.From-k.begin, o.Earliest-k.begin)}
		case !o.Open && k.ledger[o.Latest-k.begin].Status != wire.StatusDown && !any(o.To-interval, o.Latest+slack, true):
			return &Failure{CheckOutages, fmt.Sprintf("at %d an outage ends, at %d at the latest, and it was still down", o.To-k.begin, o.Latest-k.begin)}
		}
	}
	return nil
}
