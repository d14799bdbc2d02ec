package plan

import (
	"fmt"
	"strings"
	"time"
)

// moment is a day and a time of day to the minute, in the plan's time zone.
type moment struct {
	day    Date
	minute int
}

var momentLayouts = []string{
	"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05",
	"2/1/2006 15:04", "2/1/2006 15:04:05", "15:04 2/1/2006",
}

// parseMoment reads a day with a time, or a day alone: its start, or, where
// end says so, its end, which is the start of the next.
func parseMoment(s string, end bool) (moment, error) {
	if d, err := ParseDate(s); err == nil && !d.IsZero() && !strings.Contains(s, ":") {
		if end {
			d++
		}
		return moment{day: d}, nil
	}
	s = strings.Join(strings.Fields(s), " ")
	for _, layout := range momentLayouts {
		t, err := time.Parse(layout, s)
		if err != nil || t.Second() != 0 {
			continue
		}
		if y := t.Year(); y < firstYear || y > lastYear {
			break
		}
		return moment{NewDate(t.Date()), t.Hour()*60 + t.Minute()}, nil
	}
	return moment{}, fmt.Errorf("%q is not a day and time: write 2026-09-30 08:00 or 30/09/2026 08:00", s)
}

func (m moment) isZero() bool { return m.day.IsZero() }

// String writes yyyy-mm-dd hh:mm, and nothing for no moment.
func (m moment) String() string {
	if m.isZero() {
		return ""
	}
	return fmt.Sprintf("%s %02d:%02d", m.day, m.minute/60, m.minute%60)
}

// in gives the moment on the clocks of a place. It is the zero Time for no
// moment.
func (m moment) in(loc *time.Location) time.Time {
	if m.isZero() {
		return time.Time{}
	}
	y, month, d := m.day.utc().Date()
	return time.Date(y, month, d, 0, m.minute, 0, 0, loc)
}

// momentOf gives the moment at which a clock in loc shows t, to the minute.
func momentOf(t time.Time, loc *time.Location) moment {
	if t.IsZero() {
		return moment{}
	}
	t = t.In(loc)
	return moment{DateOf(t, loc), t.Hour()*60 + t.Minute()}
}
