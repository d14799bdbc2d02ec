package plan

import (
	"fmt"
	"strings"
	"time"
)

// Date is a calendar day, counted from 1970-01-01, which is day 1; the zero
// Date means "no day". A Date has no time zone of its own: it begins and ends
// where the plan's location says.
type Date int32

const epochOffset = 1

// Years a plan may speak of. What lies later is a slip of the pen, and would
// not fit into the nanoseconds of a time.Time or a time.Duration.
const (
	firstYear = 1971
	lastYear  = 2199
)

// NewDate gives the Date of a year, month and day. Values out of range are
// normalised as time.Date does.
func NewDate(y int, m time.Month, d int) Date {
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400) + epochOffset
}

// DateOf gives the calendar day that t falls on in loc.
func DateOf(t time.Time, loc *time.Location) Date {
	y, m, d := t.In(loc).Date()
	return NewDate(y, m, d)
}

// ParseDate reads yyyy-mm-dd or dd/mm/yyyy, also with dashes or points between
// day, month and year. Empty text is the zero Date.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return 0, nil
	}
	s = strings.TrimSuffix(s, " 00:00") // a spreadsheet's day with a time
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2-1-2006", "2.1.2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			if y := t.Year(); y < firstYear || y > lastYear {
				return 0, fmt.Errorf("the year of %q is not between %d and %d", s, firstYear, lastYear)
			}
			return NewDate(t.Date()), nil
		}
	}
	return 0, fmt.Errorf("%q is not a date: write 2026-09-30 or 30/09/2026", s)
}

// Start gives the first moment of the day in loc.
func (d Date) Start(loc *time.Location) time.Time {
	y, m, day := d.utc().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, loc)
}

// AddDays gives the day n days later.
func (d Date) AddDays(n int) Date { return d + Date(n) }

// IsZero says whether d is no day.
func (d Date) IsZero() bool { return d == 0 }

// String writes yyyy-mm-dd, and nothing for no day.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText writes the date as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads.
func (d *Date) UnmarshalText(p []byte) (err error) {
	*d, err = ParseDate(string(p))
	return err
}

func (d Date) utc() time.Time { return time.Unix(int64(d-epochOffset)*86400, 0).UTC() }
