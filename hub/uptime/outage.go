package uptime

import (
	"math"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Outage is a stretch in which a camera was seen to be down, whatever its
// faults, without a break: over midnight it is one. Where unknown time lies
// between two stretches of down they are two outages, and the second may go on
// with the first: nobody knows.
//
// From and To are moments at which something was seen. Where the evidence says
// nothing just before From or just after To, Earliest and Latest say how far
// the outage may reach; otherwise they are From and To. All are Unix seconds.
type Outage struct {
	Camera string
	// From is the time of the first probe that fell.
	From int64
	// To is the end of what was seen of it: the first probe that saw the
	// camera work, or the last that fell when nothing followed at once.
	To int64
	// Earliest is the end of what was seen of the camera before.
	Earliest int64
	// Latest is when something else was seen of it. Of an open outage it is the
	// moment up to which figures are made.
	Latest int64
	// Open says that nothing was seen of the camera since: the outage may still
	// go on.
	Open bool
	// Beginless says that the camera was not seen to work before it, nor before
	// those that it may go on with. Of the first of them Earliest is the beginning
	// of the camera's service.
	Beginless bool
	// Continues says that between the outage before and this one nobody looked:
	// they may be the same.
	Continues bool
	Fault     wire.Fault // of its first second
	FellOn    wire.Rung
	// Counted is its seconds in the period that count: in service, and not in
	// maintenance.
	Counted int64
}

// Outages gives the outages of a camera of which at least a second counts in
// the period, ascending. They reach as far beyond the period as the evidence
// does. until is the moment up to which figures are made.
func (s *Snapshot) Outages(camera string, counted Spans, period Window, until int64) []Outage {
	chains := s.chains(camera, counted, period, until)
	var all []Outage
	for _, chain := range chains {
		for _, o := range chain {
			if o.Counted > 0 {
				all = append(all, o)
			}
		}
	}
	return all
}

// chains gives the outages around a period, those together between which
// nobody looked.
func (s *Snapshot) chains(camera string, counted Spans, period Window, until int64) (all [][]Outage) {
	c := s.column(camera)
	if s.cal == nil || len(c.blocks) == 0 || period.To <= period.From {
		return nil
	}
	inside := counted.Within(period)
	const never = -1 << 62
	worked := int64(never) // the end of what was last seen to work
	var chain []Outage
	end := func() {
		for i := range chain {
			o := &chain[i]
			o.Beginless = worked == never
			o.Counted = inside.secondsIn(Window{o.From, o.To})
		}
		if len(chain) > 0 {
			all = append(all, chain)
		}
		chain = nil
	}
	c.walk(s, c.workedBefore(s, period.From), func(from int64, r history.Run) bool {
		to := from + int64(r.Seconds)
		switch {
		case r.Unknown():
			return true
		case r.Status != wire.StatusDown:
			if n := len(chain); n > 0 {
				chain[n-1].Latest, chain[n-1].Open = from, false
				end()
			}
			worked = to
			return from < period.To
		}
		n := len(chain)
		if n > 0 && chain[n-1].To == from {
			chain[n-1].To, chain[n-1].Latest = to, max(to, until)
			return true
		}
		o := Outage{Camera: camera, From: from, To: to, Earliest: worked, Latest: max(to, until), Open: true, Fault: r.Fault, FellOn: r.FellOn}
		switch {
		case n > 0:
			chain[n-1].Latest, chain[n-1].Open = from, false
			o.Earliest, o.Continues = chain[n-1].To, true
		case from >= period.To:
			return false
		case worked == never:
			o.Earliest = began(counted, from)
		}
		chain = append(chain, o)
		return true
	})
	end()
	return all
}

// began gives the beginning of the service that a moment lies in, or the
// moment itself.
func began(counted Spans, t int64) int64 {
	for _, w := range counted {
		if w.From <= t && t < w.To {
			return w.From
		}
	}
	return t
}

// workedBefore gives the last day before a moment's own on which a camera was seen to
// work, or the first that is known of it.
func (c *column) workedBefore(s *Snapshot, t int64) int {
	first := int(s.cal.months[max(c.month-s.cal.month, 0)])
	for day := s.cal.place(t).day - 1; day >= first; day-- {
		m := s.cal.of[day]
		i := s.cal.month + int(m) - c.month
		if i >= len(c.blocks) || c.blocks[i] == nil {
			day = int(s.cal.months[m]) // go on before this month
			continue
		}
		const works = secondsMask | secondsMask<<degradedShift
		if c.blocks[i].words[day-int(s.cal.months[m])]&works != 0 {
			return day
		}
	}
	return first
}

// walk goes through the runs from a day on, as long as each says so. Time that
// was not put is passed over.
func (c *column) walk(s *Snapshot, day int, each func(from int64, r history.Run) bool) {
	for day < len(s.cal.of) {
		m := int(s.cal.of[day])
		i := s.cal.month + m - c.month
		end := int(s.cal.months[m+1])
		if i >= len(c.blocks) {
			return
		}
		if b := c.blocks[i]; b != nil {
			for ; day < end; day++ {
				line := b.line(day - int(s.cal.months[m]))
				at := s.cal.starts[day]
				if len(line) == 0 {
					r := history.Run{Seconds: int(s.cal.starts[day+1] - at), Status: whole(b.words[day-int(s.cal.months[m])])}
					if !each(at, r) {
						return
					}
				}
				for len(line) > 0 {
					var r history.Run
					r, line = cutRun(line)
					if !each(at, r) {
						return
					}
					at += int64(r.Seconds)
				}
			}
		}
		day = end
	}
}

// Repairs is what outages of a period tell of failing and mending. Like a
// Figure it is a sum: add up those of several cameras, then ask.
//
// An outage that nobody saw is in none of it. Where nobody looked between two
// outages, or just before or after one, figures have bounds: the low one takes
// outages as they were seen, the high one takes them as long and as few as
// they can have been. An outage belongs to the period in which it ended.
type Repairs struct {
	Outages int // that touch the period
	Fewest  int // as few may they be: those that may be the same are one
	Open    int // of Outages: nothing was seen of the camera since

	begun, begunFewest     int
	ended, endedFewest     int
	seconds, secondsMost   int64 // of those that ended, in service
	working, mayWork       int64
	Longest, LongestAtMost int64 // seconds in service of the longest, whenever it began and ended
}

// Add takes the repairs of another camera into r.
func (r *Repairs) Add(o Repairs) {
	r.Outages += o.Outages
	r.Fewest += o.Fewest
	r.Open += o.Open
	r.begun += o.begun
	r.begunFewest += o.begunFewest
	r.ended += o.ended
	r.endedFewest += o.endedFewest
	r.seconds += o.seconds
	r.secondsMost += o.secondsMost
	r.working += o.working
	r.mayWork += o.mayWork
	r.Longest = max(r.Longest, o.Longest)
	r.LongestAtMost = max(r.LongestAtMost, o.LongestAtMost)
}

// MTTR gives the mean time to restore of the outages that ended in the period,
// seconds, at least and at most. It is false when none did.
func (r Repairs) MTTR() (low, high float64, ok bool) {
	low, ok = ratio(r.seconds, int64(r.ended))
	high, _ = ratio(r.secondsMost, int64(r.endedFewest))
	return low, high, ok
}

// MTBF gives the mean time that cameras worked for each outage that began in the
// period, seconds, at least and at most. It is false when none did; high is
// infinite when those that did may all have begun before.
func (r Repairs) MTBF() (low, high float64, ok bool) {
	if low, ok = ratio(r.working, int64(r.begun)); !ok {
		return 0, 0, false
	}
	if high, ok = ratio(r.mayWork, int64(r.begunFewest)); !ok {
		high = math.Inf(1)
	}
	return low, high, true
}

// Repairs gives those of a camera.
func (s *Snapshot) Repairs(camera string, counted Spans, period Window, until int64) Repairs {
	f := s.Figure(camera, counted, period)
	r := Repairs{working: f.Up + f.Degraded, mayWork: f.Up + f.Degraded + f.Unknown}
	in := func(t int64) bool { return period.From <= t && t < period.To }
	for _, chain := range s.chains(camera, counted, period, until) {
		first, last := chain[0], chain[len(chain)-1]
		touches := 0
		for _, o := range chain {
			if o.Counted == 0 {
				continue
			}
			touches++
			r.Longest = max(r.Longest, counted.secondsIn(Window{o.From, o.To}))
			if o.Open {
				r.Open++
			}
			if in(o.From) {
				r.begun++
			}
		}
		r.Outages += touches
		if touches == 0 {
			continue
		}
		r.Fewest++
		most := counted.secondsIn(Window{first.Earliest, last.Latest})
		r.LongestAtMost = max(r.LongestAtMost, most)
		if in(first.From) {
			r.begunFewest++
		}
		if !last.Open && in(last.To-1) {
			r.ended += touches
			r.endedFewest++
			for _, o := range chain {
				if o.Counted > 0 {
					r.seconds += counted.secondsIn(Window{o.From, o.To})
				}
			}
			r.secondsMost += most
		}
	}
	return r
}
