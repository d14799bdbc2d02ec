package period_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/period"
)

var vietnam = time.FixedZone("+07", 7*3600)

// matching gives the first and the last day of a calendar for which something
// holds, and how many there are.
func matching(from, to int, holds func(time.Time) bool) (d period.Days, n int) {
	for t := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC); t.Year() <= to; t = t.AddDate(0, 0, 1) {
		if holds(t) {
			if n == 0 {
				d.First = dayOf(t)
			}
			d.Last = dayOf(t)
			n++
		}
	}
	return d, n
}

func dayOf(t time.Time) history.DayNumber { return history.DayNumber(t.Unix() / 86400) }

// unit draws a unit as it is written and gives what days are in it, found by
// walking through the calendar.
func unit(t *rapid.T) (string, period.Days) {
	y := rapid.IntRange(1972, 2198).Draw(t, "year")
	var text string
	var holds func(time.Time) bool
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		text, holds = fmt.Sprintf("%04d", y), func(d time.Time) bool { return d.Year() == y }
	case 1:
		n := rapid.IntRange(1, 2).Draw(t, "half")
		text, holds = fmt.Sprintf("%04d-H%d", y, n), func(d time.Time) bool { return d.Year() == y && (int(d.Month())+5)/6 == n }
	case 2:
		n := rapid.IntRange(1, 4).Draw(t, "quarter")
		text, holds = fmt.Sprintf("%04d-Q%d", y, n), func(d time.Time) bool { return d.Year() == y && (int(d.Month())+2)/3 == n }
	case 3:
		n := rapid.IntRange(1, 12).Draw(t, "month")
		text, holds = fmt.Sprintf("%04d-%02d", y, n), func(d time.Time) bool { return d.Year() == y && int(d.Month()) == n }
	case 4:
		n := rapid.IntRange(1, 53).Draw(t, "week")
		text, holds = fmt.Sprintf("%04d-W%02d", y, n), func(d time.Time) bool { yy, w := d.ISOWeek(); return yy == y && w == n }
	default:
		m, dd := rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 31).Draw(t, "day")
		text, holds = fmt.Sprintf("%04d-%02d-%02d", y, m, dd), func(d time.Time) bool { return d.Year() == y && int(d.Month()) == m && d.Day() == dd }
	}
	d, n := matching(y-1, y+1, holds)
	got, err := period.Parse(text, vietnam)
	if n == 0 { // such as week 53 of most years
		if err == nil {
			t.Fatalf("%s has no day, and yet it is %s", text, got)
		}
		t.Skip("there is no such day")
	}
	if n != d.Len() {
		t.Fatalf("%s: the days are not one after the other", text)
	}
	return text, d
}

func TestAUnitIsTheDaysThatTheCalendarHasForIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, want := unit(t)
		if got, err := period.Parse(text, vietnam); err != nil || got != want {
			t.Fatalf("%s: %s %v, want %s", text, got, err, want)
		}
		if again, err := period.Parse(want.String(), vietnam); err != nil || again != want {
			t.Fatalf("%s does not come back: %s %v", want, again, err)
		}
	})
}

func TestARangeIsFromTheFirstDayOfOneToTheLastOfTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, from := unit(t)
		b, to := unit(t)
		for _, glue := range []string{"..", "/"} {
			got, err := period.Parse(a+glue+b, vietnam)
			if from.First > to.Last {
				if err == nil {
					t.Fatalf("%s%s%s begins after its end, and yet it is %s", a, glue, b, got)
				}
				continue
			}
			if want := (period.Days{First: from.First, Last: to.Last}); err != nil || got != want {
				t.Fatalf("%s%s%s: %s %v, want %s", a, glue, b, got, err, want)
			}
		}
	})
}

// later counts on in the calendar: whole months to the same day, or the last of a
// shorter month, then days.
func later(d history.DayNumber, months, days int) history.DayNumber {
	t := time.Unix(int64(d)*86400, 0).UTC()
	step := 1
	if months < 0 {
		step = -1
	}
	y, m, dd := t.Date()
	for ; months != 0; months -= step {
		if m += time.Month(step); m > 12 {
			y, m = y+1, 1
		} else if m < 1 {
			y, m = y-1, 12
		}
	}
	for dd > 28 && time.Date(y, m, dd, 0, 0, 0, 0, time.UTC).Month() != m {
		dd--
	}
	return dayOf(time.Date(y, m, dd, 0, 0, 0, 0, time.UTC)) + history.DayNumber(days)
}

func TestADurationCountsOnInTheCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, from := unit(t)
		if from.First < dayOf(time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)) || from.Last > dayOf(time.Date(2180, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Skip("beyond the years there are")
		}
		n := [4]int{rapid.IntRange(0, 9).Draw(t, "years"), rapid.IntRange(0, 30).Draw(t, "months"), rapid.IntRange(0, 9).Draw(t, "weeks"), rapid.IntRange(0, 400).Draw(t, "days")}
		length := "P"
		for i, v := range n {
			if v > 0 {
				length += fmt.Sprintf("%d%c", v, "YMWD"[i])
			}
		}
		if length == "P" {
			length = "P1D"
			n[3] = 1
		}
		months, days := 12*n[0]+n[1], 7*n[2]+n[3]
		if got, err := period.Parse(text+"/"+length, vietnam); err != nil || got.First != from.First || got.Last != later(from.First, months, days)-1 {
			t.Fatalf("%s/%s: %s %v", text, length, got, err)
		}
		if got, err := period.Parse(length+"/"+text, vietnam); err != nil || got.Last != from.Last || got.First != later(from.Last+1-history.DayNumber(days), -months, 0) {
			t.Fatalf("%s/%s: %s %v", length, text, got, err)
		}
	})
}

func TestPeriodsAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"2016..2020": "2016-01-01..2020-12-31", "2026": "2026-01-01..2026-12-31", "2026-Q3": "2026-07-01..2026-09-30", "2026-07": "2026-07-01..2026-07-31", "2026-H2": "2026-07-01..2026-12-31",
		"2026-W40": "2026-09-28..2026-10-04", "2026-W53": "2026-12-28..2027-01-03", "2026-W01": "2025-12-29..2026-01-04", "2024-02": "2024-02-01..2024-02-29", "2026-07-14": "2026-07-14",
		"2026-07..2026-Q4": "2026-07-01..2026-12-31", "2026-07-01/2026-09-30": "2026-07-01..2026-09-30", "2026-07-01/P3M": "2026-07-01..2026-09-30", "P3M/2026-09-30": "2026-07-01..2026-09-30", "P90D/2026-09-30": "2026-07-03..2026-09-30",
		"2026-01-31/P1M": "2026-01-31..2026-02-27", "2026/P2Y": "2026-01-01..2027-12-31",
		"2026-07-01T00:00+07:00/2026-10-01T00:00+07:00": "2026-07-01..2026-09-30", "2026-06-30T17:00:00Z/2026-09-30T17:00Z": "2026-07-01..2026-09-30", "2026-07-01T00:00/2026-07-02T00:00": "2026-07-01",
	} {
		if got, err := period.Parse(text, vietnam); err != nil || got.String() != want {
			t.Errorf("%s: %s %v, want %s", text, got, err, want)
		}
	}
}

// A day of which the first hour does not exist begins with the first one that does.
func TestADayBeginsWhereItsZoneSays(t *testing.T) {
	cairo, err := time.LoadLocation("Africa/Cairo")
	if err != nil {
		t.Fatal(err)
	}
	first := history.DayOf(time.Date(2026, 4, 24, 12, 0, 0, 0, cairo).UnixMilli(), cairo)
	start := first.Start(cairo)
	if start.Hour() != 1 {
		t.Fatalf("the day begins at %s", start)
	}
	text := start.Format(time.RFC3339) + "/2026-04-26T00:00"
	if got, err := period.Parse(text, cairo); err != nil || got.String() != "2026-04-24..2026-04-25" {
		t.Errorf("%s: %s %v", text, got, err)
	}
}

func TestPeriodsThatAreNotAreRefusedWithWhatWouldBeRight(t *testing.T) {
	for text, says := range map[string]string{
		"": "2026-Q3", "last year": "2026-Q3", "2026-Q5": "Q1 to Q4", "2026-H0": "H1 to H2", "2025-W53": "W01 to W52", "2026-W00": "W01", "2026-13": "01 to 12", "2026-02-29": "28 days", "2026-04-31": "30 days", "2026-1-1": "2026-Q3",
		"2020..2016": "after its end", "..": "2026-Q3", "2026..": "2026-Q3", "2026/": "2026-Q3", "/": "2026-Q3", "1970": "1971 to 2199", "2200": "1971 to 2199", "2199/P2Y": "1971 to 2199", "P2Y/1971": "1971 to 2199", "2026/P0D": "2026-Q3", "2026/P": "2026-Q3", "2026/P1D1Y": "2026-Q3", "2026/PT1H": "2026-Q3",
		"P1M": "2026-Q3", "P1M/P1M": "2026-Q3", "2026-07-01T10:00/2026-07-02T00:00": "whole days", "2026-07-01T00:00/2026-07-01T00:00": "after its end", "2026-07-01/2026-07-02T00:00": "2026-Q3", "2026-07-014": "2026-Q3", "2026-Q3 ": "2026-Q3",
		"２０２６": "2026-Q3", "2026-W4": "2026-Q3", "2026-Q": "2026-Q3", "2026..2027..2028": "2026-Q3", strings.Repeat("2", 10_000): "2026-Q3", "2026/P999999D": "2026-Q3", "2026/P99999Y": "1971 to 2199",
	} {
		d, err := period.Parse(text, vietnam)
		var e *period.Error
		if !errors.As(err, &e) || !strings.Contains(e.EN, says) || e.VI == "" || e.VI == e.EN || len(err.Error()) > 400 {
			t.Errorf("%.40q: %s %v, want an error that says %q", text, d, err, says)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2016..2020", "2026-Q3", "2026-W40", "2026-07-01/P3M", "P1Y2M3W4D/2026", "2026-07-01T00:00+07:00/2026-10-01T00:00Z", "2026-02-30", "P99999Y/2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := period.Parse(text, vietnam)
		if err != nil {
			var e *period.Error
			if !errors.As(err, &e) || len(err.Error()) > 500 {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if d.Len() < 1 {
			t.Errorf("%q: %s has no day", text, d)
		}
		if again, err := period.Parse(d.String(), vietnam); err != nil || again != d {
			t.Errorf("%q: %s does not come back: %s %v", text, d, again, err)
		}
	})
}
