package coverage

import (
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// Window is the time [From, To), Unix seconds.
type Window struct{ From, To int64 }

func (w Window) and(o Window) Window { return Window{max(w.From, o.From), min(w.To, o.To)} }

// Evidence is what is known of cameras over time.
type Evidence struct {
	// Location is the time zone of the ledger's days.
	Location *time.Location
	// Days gives a camera's ledger days in ascending order. A day that is
	// missing, or that its timeline does not fill, is unknown.
	Days func(code string) []history.Day
	// Service gives the times in which a camera is in service, in ascending
	// order and apart from each other. Outside of them it is known to see
	// nothing: it is not there, not accepted, retired or in maintenance, and the
	// road is not watched, whatever the reason.
	Service func(*plan.Camera) []Window
}

// Service gives a function for Evidence: a camera is in service from its
// acceptance to its retirement (plan.Camera.Service), but not in declared
// maintenance (plan.Window.Counts).
func Service(p *plan.Plan) func(*plan.Camera) []Window {
	return func(c *plan.Camera) []Window {
		from, to, ok := c.Service(p.Location)
		if !ok {
			return nil
		}
		out := []Window{{from.Unix(), to.Unix()}}
		for i := range p.Windows {
			w := &p.Windows[i]
			if !p.Covers(w, c) {
				continue
			}
			if a, b, ok := w.Counts(p.Location); ok {
				out = without(out, Window{a.Unix(), b.Unix()})
			}
		}
		return out
	}
}

// without takes a window out of others.
func without(all []Window, w Window) []Window {
	out := make([]Window, 0, len(all)+1)
	for _, v := range all {
		for _, rest := range []Window{{v.From, min(v.To, w.From)}, {max(v.From, w.To), v.To}} {
			if rest.From < rest.To {
				out = append(out, rest)
			}
		}
	}
	return out
}

// sight is what is known of a camera at a moment.
type sight uint8

const (
	dark    sight = iota // out of service, or down
	failed               // down while in service
	unclear              // in service, and nobody looked
	bright               // up or degraded
)

// story walks through what is known of one camera, day by day.
type story struct {
	days    []history.Day
	service []Window
	now     sight // at the last change that was told
}

// tell calls at, in ascending order, for every moment of a day at which what
// is known of the camera changes, with what is known from then on. The day is
// [start, end), cut to the period; days must be told in order.
func (s *story) tell(n history.DayNumber, start int64, cut Window, at func(second int64, now sight)) {
	say := func(second int64, now sight) {
		if now != s.now {
			s.now = now
			at(second, now)
		}
	}
	for len(s.days) > 0 && s.days[0].Number < n {
		s.days = s.days[1:]
	}
	for len(s.service) > 0 && s.service[0].To <= cut.From {
		s.service = s.service[1:]
	}
	var runs history.Timeline
	if len(s.days) > 0 && s.days[0].Number == n {
		runs = s.days[0].Timeline
	}
	done := cut.From // up to where all is told
	for _, w := range s.service {
		in := w.and(cut)
		if in.From >= in.To {
			break
		}
		if in.From > done {
			say(done, dark)
		}
		second, k := start, 0
		for ; k < len(runs) && second+int64(runs[k].Seconds) <= in.From; k++ {
			second += int64(runs[k].Seconds)
		}
		done = in.From
		for ; k < len(runs) && done < in.To; k++ {
			second += int64(runs[k].Seconds)
			say(done, sightOf(runs[k].Status))
			done = min(second, in.To)
		}
		if done < in.To { // what the timeline does not reach
			say(done, unclear)
			done = in.To
		}
	}
	if done < cut.To {
		say(done, dark)
	}
}

func sightOf(s wire.Status) sight {
	switch s {
	case wire.StatusUp, wire.StatusDegraded:
		return bright
	case wire.StatusDown:
		return failed
	}
	return unclear
}
