package uptime

import (
	"time"

	"github.com/phukin/phukin/hub/history"
)

// calendar knows the local days and months of a stretch of time. It does not
// change; a longer one is made when it is needed.
type calendar struct {
	loc   *time.Location
	first history.DayNumber // day of starts[0], the first of a month
	month int               // month of that day: 12 × year + month − 1
	// starts holds the first second of each day, Unix seconds, and last of all
	// the end of the last day.
	starts []int64
	months []int32 // index in starts of the first day of each month, and last of all the end
	of     []int32 // month of each day, as an index in months
}

// monthOf gives the month of a day.
func monthOf(d history.DayNumber) int {
	y, m, _ := civil(d)
	return y*12 + int(m) - 1
}

func civil(d history.DayNumber) (int, time.Month, int) {
	return time.Unix(int64(d)*86400, 0).UTC().Date()
}

// firstOf gives the first day of a month.
func firstOf(month int) history.DayNumber {
	y := month / 12
	return dayNumber(y, time.Month(month-12*y+1), 1)
}

func dayNumber(y int, m time.Month, d int) history.DayNumber {
	return history.DayNumber(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// newCalendar makes the calendar of whole months from the month of first to
// that of last.
func newCalendar(loc *time.Location, first, last history.DayNumber) *calendar {
	c := &calendar{loc: loc, month: monthOf(first)}
	c.first = firstOf(c.month)
	end := monthOf(last) + 1
	for m := c.month; m <= end; m++ {
		c.months = append(c.months, int32(firstOf(m)-c.first))
	}
	for i := range int32(len(c.months) - 1) {
		for c.months[i+1] > int32(len(c.of)) {
			c.of = append(c.of, i)
		}
	}
	for i := range history.DayNumber(len(c.of) + 1) {
		c.starts = append(c.starts, (c.first + i).Start(loc).Unix())
	}
	return c
}

// empty gives the days of a month that have no second, by bits: where a country
// moved to the other side of the date line it left one out.
func (c *calendar) empty(month int) (days uint32) {
	first := int(c.months[month])
	for day := first; day < int(c.months[month+1]); day++ {
		if c.starts[day] == c.starts[day+1] {
			days |= 1 << (day - first)
		}
	}
	return days
}

// holds says whether the calendar knows a day.
func (c *calendar) holds(d history.DayNumber) bool {
	return c != nil && d >= c.first && int(d-c.first) < len(c.of)
}

// including gives a calendar that knows a day as well, and the rest of its
// year.
func (c *calendar) including(loc *time.Location, d history.DayNumber) *calendar {
	if c.holds(d) {
		return c
	}
	y, _, _ := civil(d)
	first, last := dayNumber(y, time.January, 1), dayNumber(y, time.December, 31)
	if c != nil {
		first, last = min(first, c.first), max(last, c.first+history.DayNumber(len(c.of)-1))
	}
	return newCalendar(loc, first, last)
}

// place is where a moment lies: the index of its day and the second of it, and
// that of the month that begins with it, -1 if none does.
type place struct {
	day    int
	second int
	month  int
}

// place finds a moment. Before the calendar it is its first moment, and after
// it its end.
func (c *calendar) place(t int64) place {
	n := len(c.of)
	switch {
	case t <= c.starts[0]:
		return place{}
	case t >= c.starts[n]:
		return place{day: n, month: len(c.months) - 1}
	}
	i := min(int((t-c.starts[0])/86400), n-1)
	for t < c.starts[i] {
		i--
	}
	for t >= c.starts[i+1] {
		i++
	}
	p := place{i, int(t - c.starts[i]), -1}
	if m := c.of[i]; p.second == 0 && int(c.months[m]) == i {
		p.month = int(m)
	}
	return p
}

// Step is the length of the pieces of a series.
type Step string

// The steps of a series.
const (
	Daily     Step = "day"
	Weekly    Step = "week" // from Monday (ISO 8601)
	Monthly   Step = "month"
	Quarterly Step = "quarter"
	Yearly    Step = "year"
)

// Steps gives all steps, shortest first.
func Steps() []Step { return []Step{Daily, Weekly, Monthly, Quarterly, Yearly} }

// Cuts gives the first days of the pieces into which a step cuts the days from
// first to last inclusive, and after them the day after last. The first piece
// and the last are shorter where the period begins or ends within one. It is
// nil for a period without days.
func Cuts(first, last history.DayNumber, step Step) []history.DayNumber {
	if last < first {
		return nil
	}
	cuts := []history.DayNumber{first}
	for d := step.next(first); d <= last; d = step.next(d) {
		cuts = append(cuts, d)
	}
	return append(cuts, last+1)
}

// next gives the first day of the piece after the one that a day lies in.
func (s Step) next(d history.DayNumber) history.DayNumber {
	y, m, _ := civil(d)
	switch s {
	case Weekly:
		// 1970-01-01 was a Thursday, the fourth day of its week.
		return d + 7 - history.DayNumber(((int64(d)+3)%7+7)%7)
	case Monthly:
		return dayNumber(y, m+1, 1)
	case Quarterly:
		return dayNumber(y, m-(m-1)%3+3, 1)
	case Yearly:
		return dayNumber(y+1, 1, 1)
	}
	return d + 1
}

// Moments gives the first seconds of days in loc, Unix seconds.
func Moments(days []history.DayNumber, loc *time.Location) []int64 {
	ms := make([]int64, len(days))
	for i, d := range days {
		ms[i] = d.Start(loc).Unix()
	}
	return ms
}

// Days is a period of whole local days, both inclusive.
type Days struct{ First, Last history.DayNumber }

// Window gives the period's seconds in loc.
func (d Days) Window(loc *time.Location) Window {
	return Window{d.First.Start(loc).Unix(), (d.Last + 1).Start(loc).Unix()}
}

// Before gives the period of as many days that ends the day before it.
func (d Days) Before() Days {
	n := d.Last - d.First + 1
	return Days{d.First - n, d.First - 1}
}

// YearBefore gives the same days of the year before: 29 February becomes the
// 28th, and a period that ends with a month ends with it in both years.
func (d Days) YearBefore() Days {
	back := func(n history.DayNumber) history.DayNumber {
		y, m, day := civil(n)
		if m == time.February && day == 29 {
			day = 28
		}
		return dayNumber(y-1, m, day)
	}
	last := back(d.Last)
	if _, _, next := civil(d.Last + 1); next == 1 {
		last = back(d.Last+1) - 1
	}
	return Days{back(d.First), last}
}
