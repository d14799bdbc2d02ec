package uptime

import (
	"github.com/phukin/phukin/hub/history"
)

// mark gives what was seen of a camera before a moment. Its starts have the
// bit through if an outage goes on through the moment.
func (c *column) mark(cal *calendar, p place) sum {
	if len(c.sums) == 0 { // also before there is a calendar
		return sum{}
	}
	if p.month >= 0 {
		return c.before(cal.month + p.month - c.month)
	}
	m := cal.of[p.day]
	i := cal.month + int(m) - c.month
	s := c.before(i)
	if uint(i) >= uint(len(c.blocks)) || c.blocks[i] == nil {
		return s
	}
	b, day := c.blocks[i], p.day-int(cal.months[m])
	s = b.after(s, day)
	if p.second > 0 {
		return b.into(s, day, p.second)
	}
	s.starts |= b.joints >> day & 1 << 31
	return s
}

// before gives what was seen before a month, by its index in the column. Its
// months may lie before and after those of the column.
func (c *column) before(month int) sum {
	if uint(month) < uint(len(c.sums)) {
		return c.sums[month]
	}
	if month < 0 {
		return sum{}
	}
	return c.sums[len(c.sums)-1]
}

// figure makes that of the time between two moments, of which a lasts so many
// seconds.
func (s sum) figure(before sum, seconds int64) Figure {
	f := Figure{
		Up: int64(s.up - before.up), Degraded: int64(s.degraded - before.degraded), Down: int64(s.down - before.down),
		Outages: int(s.starts&^through - before.starts&^through + before.starts>>31),
	}
	f.Unknown = seconds - f.Up - f.Degraded - f.Down
	return f
}

// cuts are moments between which figures are made, in ascending order. They
// belong to the snapshot they were made by.
type cuts struct {
	at     []int64
	places []place
}

func (s *Snapshot) cuts(at []int64) cuts {
	c := cuts{at: at, places: make([]place, len(at))}
	if s.cal != nil {
		for i, t := range at {
			c.places[i] = s.cal.place(t)
		}
	}
	return c
}

// Evidence gives what was seen of a camera in a window, whether or not it was
// in service.
func (s *Snapshot) Evidence(camera string, w Window) Figure {
	return s.Figure(camera, Spans{w}, w)
}

// Figure gives the figure of a camera over the part of a period that counts for
// it. An outage that goes on over midnight is one outage; so is one that goes on
// through time that does not count. One that lies in such time alone is none.
func (s *Snapshot) Figure(camera string, counted Spans, period Window) Figure {
	return s.column(camera).pieces(s, counted, period)
}

// Series gives the figures of a camera between each two neighbouring moments,
// Unix seconds ascending, appended to into. An outage counts in each piece that
// it touches.
func (s *Snapshot) Series(camera string, counted Spans, at []int64, into []Figure) []Figure {
	n := len(into)
	for range len(at) - 1 {
		into = append(into, Figure{})
	}
	s.column(camera).figures(s, counted, s.cuts(at), into[n:])
	return into
}

// figures fills in the figures between cuts.
func (c *column) figures(s *Snapshot, counted Spans, at cuts, into []Figure) {
	last, known := sum{}, -1 // the mark of the cut with this index
	k := 0                   // counted[k] is the first that may still matter
	for i := range into {
		from, to := at.at[i], at.at[i+1]
		if to <= from {
			into[i] = Figure{}
			continue
		}
		for k < len(counted) && counted[k].To <= from {
			k++
		}
		if k == len(counted) {
			for ; i < len(into); i++ {
				into[i] = Figure{}
			}
			return
		}
		if counted[k].From > from || counted[k].To < to {
			into[i] = c.pieces(s, counted[k:], Window{from, to})
			continue
		}
		if known != i {
			last = c.mark(s.cal, at.places[i])
		}
		next := c.mark(s.cal, at.places[i+1])
		into[i] = next.figure(last, to-from)
		last, known = next, i+1
	}
}

// pieces makes the figure of what counts of a window.
func (c *column) pieces(s *Snapshot, counted Spans, w Window) Figure {
	var f Figure
	var before sum // the mark of the end of the piece before
	end := int64(-1 << 63)
	for _, p := range counted {
		if p.From >= w.To {
			break
		}
		if p = p.And(w); p.From == p.To {
			continue
		}
		var from, to sum
		if s.cal != nil {
			from, to = c.mark(s.cal, s.cal.place(p.From)), c.mark(s.cal, s.cal.place(p.To))
		}
		f.Add(to.figure(from, p.To-p.From))
		if between := p.From - end; before.starts&through != 0 && from.starts&through != 0 &&
			int64(from.down-before.down) == between && from.starts == before.starts {
			f.Outages-- // it was down from the one piece to the other
		}
		before, end = to, p.To
	}
	return f
}

// Timeline gives the timeline of a camera's day, as it was put, and whether it
// was; of a day that was not it is one unknown run.
func (s *Snapshot) Timeline(camera string, d history.DayNumber) history.Timeline {
	if !s.cal.holds(d) {
		return history.Timeline{{Seconds: d.Seconds(s.loc)}}
	}
	day := int(d - s.cal.first)
	m := s.cal.of[day]
	seconds := int(s.cal.starts[day+1] - s.cal.starts[day])
	c := s.column(camera)
	if i := s.cal.month + int(m) - c.month; i >= 0 && i < len(c.blocks) && c.blocks[i] != nil {
		return c.blocks[i].timeline(day-int(s.cal.months[m]), seconds)
	}
	return history.Timeline{{Seconds: seconds}}
}
