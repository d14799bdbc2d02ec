// Package period reads periods of whole local days as people and as programs
// write them:
//
//	2026                                    a year
//	2026-H1  2026-Q3  2026-07  2026-W40     a half year, quarter, month, week (ISO 8601: from Monday)
//	2026-07-14                              a day
//	2016..2020  2026-07..2026-Q3            from the first day of one to the last day of the other
//	2026-07-01/2026-09-30                   the same, as an interval of ISO 8601
//	2026-07-01/P3M  P90D/2026-09-30         from the first day on, or up to the last: years, months, weeks, days
//	2026-07-01T00:00+07:00/2026-10-01T00:00+07:00  moments at which days begin; the second one is after the period
//
// A day is one of the calendar of an area; where it begins says the area's time
// zone. Months that are added end where the shorter month does: 2026-01-31/P1M
// is up to 27 February. Years are from 1971 to 2199.
package period

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
)

// Days is a period of whole days from First to Last, both of them in it.
type Days struct{ First, Last history.DayNumber }

// Len gives the number of days.
func (d Days) Len() int { return int(d.Last-d.First) + 1 }

// String gives the period as Parse reads it: 2026-07-01..2026-09-30, or one day.
func (d Days) String() string {
	if d.First == d.Last {
		return d.First.String()
	}
	return d.First.String() + ".." + d.Last.String()
}

// Error says what is wrong with a period, and what would be right.
type Error struct {
	Text   string // that cannot be read
	VI, EN string
}

func (e *Error) Error() string { return fmt.Sprintf("period %q: %s", e.Text, e.EN) }

const (
	minYear, maxYear = 1971, 2199
	maxText          = 80  // bytes
	maxYears         = 300 // of a duration
)

// Parse reads a period. Moments are compared with the days of loc. The error is
// an *Error.
func Parse(text string, loc *time.Location) (Days, error) {
	d, err := parse(text, loc)
	if err != nil {
		return Days{}, err
	}
	if d.First > d.Last {
		return Days{}, &Error{text, fmt.Sprintf("bắt đầu (%s) sau khi kết thúc (%s)", d.First, d.Last), fmt.Sprintf("begins (%s) after its end (%s)", d.First, d.Last)}
	}
	if y := year(d.First); y < minYear {
		return Days{}, outside(text)
	}
	if y := year(d.Last); y > maxYear {
		return Days{}, outside(text)
	}
	return d, nil
}

func parse(text string, loc *time.Location) (Days, error) {
	if text == "" || len(text) > maxText {
		return Days{}, unread(text)
	}
	if first, last, ok := strings.Cut(text, ".."); ok {
		return span(first, last)
	}
	first, last, ok := strings.Cut(text, "/")
	switch {
	case !ok:
		return unit(text)
	case strings.HasPrefix(first, "P"):
		d, err := unit(last)
		if err != nil {
			return Days{}, err
		}
		length, err := duration(first)
		if err != nil {
			return Days{}, err
		}
		return Days{length.back(d.Last + 1), d.Last}, nil
	case strings.HasPrefix(last, "P"):
		d, err := unit(first)
		if err != nil {
			return Days{}, err
		}
		length, err := duration(last)
		if err != nil {
			return Days{}, err
		}
		return Days{d.First, length.on(d.First) - 1}, nil
	case strings.Contains(text, "T"):
		from, err := midnight(first, loc)
		if err != nil {
			return Days{}, err
		}
		to, err := midnight(last, loc)
		if err != nil {
			return Days{}, err
		}
		return Days{from, to - 1}, nil
	}
	return span(first, last)
}

func span(first, last string) (Days, error) {
	a, err := unit(first)
	if err != nil {
		return Days{}, err
	}
	b, err := unit(last)
	if err != nil {
		return Days{}, err
	}
	return Days{a.First, b.Last}, nil
}

// unit reads a year, half year, quarter, month, week or day.
func unit(text string) (Days, error) {
	y, ok := digits(text, 0, 4)
	if !ok {
		return Days{}, unread(text)
	}
	if y < minYear || y > maxYear {
		return Days{}, outside(text)
	}
	rest := text[4:]
	switch {
	case rest == "":
		return Days{day(y, 1, 1), day(y+1, 1, 1) - 1}, nil
	case len(rest) == 3 && (rest[1] == 'Q' || rest[1] == 'H') && rest[0] == '-':
		months, most := 3, 4
		if rest[1] == 'H' {
			months, most = 6, 2
		}
		n := int(rest[2] - '0')
		if n < 1 || n > most {
			return Days{}, &Error{text, fmt.Sprintf("chỉ có từ %c1 đến %c%d", rest[1], rest[1], most), fmt.Sprintf("there are %c1 to %c%d", rest[1], rest[1], most)}
		}
		return Days{day(y, (n-1)*months+1, 1), day(y, n*months+1, 1) - 1}, nil
	case len(rest) == 4 && rest[:2] == "-W":
		n, ok := digits(rest, 2, 2)
		if !ok {
			return Days{}, unread(text)
		}
		// 4 January is in the first week; 28 December in the last.
		_, last := time.Date(y, 12, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
		if n < 1 || n > last {
			return Days{}, &Error{text, fmt.Sprintf("năm %d có các tuần từ W01 đến W%02d", y, last), fmt.Sprintf("%d has the weeks W01 to W%02d", y, last)}
		}
		monday := day(y, 1, 4)
		monday -= (monday%7 + 10) % 7 // 1970-01-01 was a Thursday
		monday += history.DayNumber(7 * (n - 1))
		return Days{monday, monday + 6}, nil
	}
	m, ok := digits(rest, 1, 2)
	if !ok || rest[0] != '-' {
		return Days{}, unread(text)
	}
	if m < 1 || m > 12 {
		return Days{}, &Error{text, "không có tháng này: viết từ 01 đến 12", "is no month: write 01 to 12"}
	}
	whole := Days{day(y, m, 1), day(y, m+1, 1) - 1}
	if len(rest) == 3 {
		return whole, nil
	}
	d, ok := digits(rest, 4, 2)
	if !ok || rest[3] != '-' || len(rest) != 6 {
		return Days{}, unread(text)
	}
	if d < 1 || d > whole.Len() {
		return Days{}, &Error{text, fmt.Sprintf("không có ngày này: tháng %02d/%d có %d ngày", m, y, whole.Len()), fmt.Sprintf("is no day: the month has %d days", whole.Len())}
	}
	return Days{whole.First + history.DayNumber(d) - 1, whole.First + history.DayNumber(d) - 1}, nil
}

// midnight reads a moment at which a day of loc begins.
func midnight(text string, loc *time.Location) (history.DayNumber, error) {
	for _, layout := range []string{"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		t, err := time.ParseInLocation(layout, text, loc)
		if err != nil {
			continue
		}
		if y := t.Year(); y < minYear || y > maxYear {
			return 0, outside(text)
		}
		d := history.DayOf(t.UnixMilli(), loc)
		if !d.Start(loc).Equal(t) {
			return 0, &Error{text, "kỳ gồm những ngày trọn vẹn: viết thời điểm một ngày bắt đầu theo giờ " + loc.String(), "a period is of whole days: write a moment at which a day begins in " + loc.String()}
		}
		return d, nil
	}
	return 0, unread(text)
}

// length is a duration of the calendar.
type length struct{ months, days int }

// duration reads a duration of ISO 8601 without a part of time: P1Y, P3M, P2W, P90D,
// P1Y6M.
func duration(text string) (length, error) {
	var l length
	units := "YMWD"
	rest := text[1:]
	for rest != "" {
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		if n == 0 || n > 5 || n == len(rest) {
			return l, unread(text)
		}
		at := strings.IndexByte(units, rest[n])
		if at < 0 {
			return l, unread(text)
		}
		v, _ := strconv.Atoi(rest[:n]) // five digits
		switch rest[n] {
		case 'Y':
			l.months += 12 * v
		case 'M':
			l.months += v
		case 'W':
			l.days += 7 * v
		case 'D':
			l.days += v
		}
		units, rest = units[at+1:], rest[n+1:]
	}
	switch {
	case l == (length{}):
		return l, unread(text)
	case l.months/12+l.days/365 > maxYears:
		return l, outside(text)
	}
	return l, nil
}

// on gives the day that comes so much after another.
func (l length) on(d history.DayNumber) history.DayNumber {
	return addMonths(d, l.months) + history.DayNumber(l.days)
}

// back gives the day that comes so much before another.
func (l length) back(d history.DayNumber) history.DayNumber {
	return addMonths(d-history.DayNumber(l.days), -l.months)
}

// addMonths gives the day of a month that comes so many months later, or its
// last one if it has no such day.
func addMonths(d history.DayNumber, months int) history.DayNumber {
	y, m, dd := date(d)
	first := day(y, m+months, 1)
	return first + min(history.DayNumber(dd), day(y, m+months+1, 1)-first) - 1
}

// digits reads n digits of a text from a place on.
func digits(text string, at, n int) (int, bool) {
	if len(text) < at+n {
		return 0, false
	}
	v := 0
	for _, c := range []byte(text[at : at+n]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = 10*v + int(c-'0')
	}
	return v, true
}

// day gives the day with a date; months and days beyond the calendar count on.
func day(y, m, d int) history.DayNumber {
	return history.DayNumber(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func date(d history.DayNumber) (year, month, day int) {
	y, m, dd := time.Unix(int64(d)*86400, 0).UTC().Date()
	return y, int(m), dd
}

func year(d history.DayNumber) int {
	y, _, _ := date(d)
	return y
}

func unread(text string) *Error {
	const most = 40
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return &Error{text,
		"không đọc được: viết như 2026, 2026-Q3, 2026-07, 2026-W40, 2026-07-14, 2016..2020, 2026-07-01/2026-09-30 hoặc 2026-07-01/P3M",
		"cannot be read: write it like 2026, 2026-Q3, 2026-07, 2026-W40, 2026-07-14, 2016..2020, 2026-07-01/2026-09-30 or 2026-07-01/P3M"}
}

func outside(text string) *Error {
	return &Error{text, fmt.Sprintf("năm phải từ %d đến %d", minYear, maxYear), fmt.Sprintf("years are from %d to %d", minYear, maxYear)}
}
