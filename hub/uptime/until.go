package uptime

import "github.com/phukin/phukin/hub/history"

// Until gives the snapshot without what was seen from a moment on, Unix seconds:
// what is later is unknown. Months that end before it are shared.
func (s *Snapshot) Until(at int64) *Snapshot {
	if s.cal == nil {
		return s
	}
	e := edit{from: s, cal: s.cal, columns: map[string]*draft{}}
	for _, c := range s.columns {
		for i, b := range c.blocks {
			m := c.month + i - s.cal.month
			if b == nil || s.cal.starts[s.cal.months[m+1]] <= at {
				continue
			}
			for day := int(s.cal.months[m]); day < int(s.cal.months[m+1]); day++ {
				if s.cal.starts[day+1] <= at {
					continue
				}
				d := history.Day{Camera: c.camera, Number: s.cal.first + history.DayNumber(day)}
				d.Timeline = before(s.Timeline(d.Camera, d.Number), at-s.cal.starts[day])
				e.put(&d)
			}
		}
	}
	if len(e.columns) == 0 {
		return s
	}
	return e.finish()
}

// before gives the runs of a day's first seconds. The rest of it is unknown.
func before(line history.Timeline, seconds int64) history.Timeline {
	var first history.Timeline
	rest := int64(0)
	for _, r := range line {
		n := min(int64(r.Seconds), max(seconds, 0))
		rest += int64(r.Seconds) - n
		seconds -= n
		if r.Seconds = int(n); n > 0 {
			first = append(first, r)
		}
	}
	if rest > 0 {
		first = append(first, history.Run{Seconds: int(rest)})
	}
	return first
}
