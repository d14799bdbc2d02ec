package main

import (
	"slices"

	"github.com/phukin/phukin/hub/wire"
)

// span is a stretch of true time, Unix milliseconds: [From, To).
type span struct{ From, To int64 }

// watched is what is known of one camera's watching.
type watched struct {
	camera  string
	truth   []change
	seen    []record // what the history has of it by the hub's clock
	alive   []life   // of its agent
	excused []span   // times of which nothing need be known: declared, set aside, on their way, or the machine stood
	counted []record // what the ledger was made of: all but what a clock says that is known to be wrong
	ledger  map[int64]wire.Status
}

// life is one run of an agent.
type life struct {
	span
	forced bool // it ended by force: what was open then is lost
}

// grid is how far apart the moments that are compared lie, in milliseconds.
const grid = 100

// comparison counts moments of timelines.
type comparison struct {
	Compared int // they had a status, or had to have one
	Wrong    int // the status was not the truth
	Missing  int // there was none, and nothing to excuse that
	Ledger   int // seconds in which the ledger says something else than the observations
	Problems []string
}

func (c *comparison) add(o comparison) {
	c.Compared += o.Compared
	c.Wrong += o.Wrong
	c.Missing += o.Missing
	c.Ledger += o.Ledger
	c.Problems = append(c.Problems, o.Problems...)
}

// compare holds a camera's timeline against the truth. At every moment
//
//   - a status that the history has must have been true at some time between
//     late before and early after it: within the probe interval;
//   - unknown is allowed only where nobody looked: outside the lives of its agent,
//     before it settled, in what was open when it was killed, and in what is excused.
func compare(w *watched, r *rhythm) comparison {
	f := finding{}
	var c comparison
	if len(w.truth) == 0 {
		return c
	}
	begin, end := w.truth[0].End, int64(0)
	for _, l := range w.alive {
		end = max(end, l.To)
	}
	seen := slices.Clone(w.seen)
	slices.SortFunc(seen, func(a, b record) int { return int(a.From - b.From) })
	late, early := r.late().Milliseconds(), r.early().Milliseconds()
	bad, badFrom := "", int64(0)
	flush := func(t int64) {
		if bad != "" {
			f.problem("timeline of %s: %s from %d to %d, %.1f s", w.camera, bad, badFrom, t, float64(t-badFrom)/1000)
		}
		bad = ""
	}
	open := []record{}
	for t := begin; t < end; t += grid {
		for len(seen) > 0 && seen[0].From <= t {
			open, seen = append(open, seen[0]), seen[1:]
		}
		open = slices.DeleteFunc(open, func(o record) bool { return o.To <= t })
		what := ""
		switch {
		case len(open) > 0:
			c.Compared++
			for _, o := range open {
				if !w.wasTrue(o.Status, t-late, t+early) {
					what = "it says " + o.Status.String() + ", which was not true,"
				}
			}
			if what != "" {
				c.Wrong++
			}
		case w.mustKnow(t, r):
			c.Compared++
			c.Missing++
			what = "it is unknown and nothing excuses that"
		}
		if what != bad {
			flush(t)
			bad, badFrom = what, t
		}
	}
	flush(end)
	c.Problems = f.Problems
	return c
}

// wasTrue says whether the camera had a status at some time in [from, to].
func (w *watched) wasTrue(status wire.Status, from, to int64) bool {
	for i, c := range w.truth {
		until := to
		if i+1 < len(w.truth) {
			until = w.truth[i+1].End
		}
		if s, ok := stateByName(c.State); ok && s.status == status && c.Begin <= to && until >= from {
			return true
		}
	}
	return false
}

func (w *watched) mustKnow(t int64, r *rhythm) bool {
	for _, s := range w.excused {
		if s.From <= t && t < s.To {
			return false
		}
	}
	for _, l := range w.alive {
		end := l.To - (r.Light + r.Look + slack).Milliseconds()
		if l.forced {
			end = l.To - r.open().Milliseconds()
		}
		if l.From+r.settle().Milliseconds() <= t && t < end {
			return true
		}
	}
	return false
}

// compareLedger counts the seconds in which the ledger does not say what the
// observations say. Where one observation ends and another begins within a
// second, either may be right.
func compareLedger(w *watched) (different int) {
	may := map[int64][]wire.Status{}
	for _, o := range w.counted {
		for s := o.From / 1000; s <= o.To/1000; s++ {
			may[s] = append(may[s], o.Status)
		}
	}
	for s, status := range w.ledger {
		if !slices.Contains(may[s], status) {
			different++
		}
	}
	for _, o := range w.counted {
		for s := o.From/1000 + 1; s < o.To/1000; s++ {
			if w.ledger[s] == 0 {
				different++
			}
		}
	}
	return different
}
