package uptime_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
)

func day(s string) history.DayNumber {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return history.DayNumber(t.Unix() / 86400)
}

// Going day by day, a piece ends where the name of the day's piece changes.
func TestCutsAgreeWithGoingDayByDay(t *testing.T) {
	name := map[uptime.Step]func(time.Time) [2]int{
		uptime.Daily:     func(t time.Time) [2]int { return [2]int{t.Year(), t.YearDay()} },
		uptime.Weekly:    func(t time.Time) [2]int { y, w := t.ISOWeek(); return [2]int{y, w} },
		uptime.Monthly:   func(t time.Time) [2]int { return [2]int{t.Year(), int(t.Month())} },
		uptime.Quarterly: func(t time.Time) [2]int { return [2]int{t.Year(), (int(t.Month()) - 1) / 3} },
		uptime.Yearly:    func(t time.Time) [2]int { return [2]int{t.Year()} },
	}
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.SampledFrom(uptime.Steps()).Draw(t, "step")
		first := history.DayNumber(rapid.IntRange(-500, 40_000).Draw(t, "first"))
		last := first + history.DayNumber(rapid.IntRange(-2, 800).Draw(t, "days"))
		var want []history.DayNumber
		var before [2]int
		for d := first; d <= last; d++ {
			if n := name[step](time.Unix(int64(d)*86400, 0).UTC()); d == first || n != before {
				want, before = append(want, d), n
			}
		}
		if want != nil {
			want = append(want, last+1)
		}
		got := uptime.Cuts(first, last, step)
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%v, want %v", got, want)
			}
		}
	})
}

func TestPeriodsToCompareWith(t *testing.T) {
	for _, c := range []struct{ name, first, last, before, beforeLast, year, yearLast string }{
		{"a month", "2026-10-01", "2026-10-31", "2026-08-31", "2026-09-30", "2025-10-01", "2025-10-31"},
		{"a day", "2026-03-01", "2026-03-01", "2026-02-28", "2026-02-28", "2025-03-01", "2025-03-01"},
		{"a leap day", "2024-02-29", "2024-02-29", "2024-02-28", "2024-02-28", "2023-02-28", "2023-02-28"},
		{"February after a leap year", "2025-02-01", "2025-02-28", "2025-01-04", "2025-01-31", "2024-02-01", "2024-02-29"},
		{"up to 28 February of a leap year", "2024-02-01", "2024-02-28", "2024-01-04", "2024-01-31", "2023-02-01", "2023-02-28"},
		{"a year", "2024-01-01", "2024-12-31", "2022-12-31", "2023-12-31", "2023-01-01", "2023-12-31"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := uptime.Days{First: day(c.first), Last: day(c.last)}
			if got := d.Before(); got != (uptime.Days{First: day(c.before), Last: day(c.beforeLast)}) {
				t.Errorf("before: %s to %s", got.First, got.Last)
			}
			if got := d.YearBefore(); got != (uptime.Days{First: day(c.year), Last: day(c.yearLast)}) {
				t.Errorf("a year before: %s to %s", got.First, got.Last)
			}
		})
	}
}
