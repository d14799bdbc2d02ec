package plan_test

import (
	"testing"
	"time"

	"github.com/phukin/phukin/hub/plan"
)

func TestParseDate(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no text is no day", "", ""},
		{"as computers write it", "2024-02-29", "2024-02-29"},
		{"as people here write it", "29/02/2024", "2024-02-29"},
		{"without leading zeros", "1/9/2024", "2024-09-01"},
		{"the first day", "1971-01-01", "1971-01-01"},
		{"the last day", "2199-12-31", "2199-12-31"},
		{"a day too early", "1970-12-31", "error"},
		{"a day too late", "2200-01-01", "error"},
		{"a day that is not", "2023-02-29", "error"},
		{"a month before the day", "02/29/2024", "error"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := plan.ParseDate(test.text)
			got := d.String()
			if err != nil {
				got = "error"
			}
			if got != test.want {
				t.Errorf("got %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

func TestADayBeginsWhereThePlanIs(t *testing.T) {
	loc := time.FixedZone("+07", 7*60*60)
	start := plan.NewDate(2024, 9, 1).Start(loc)
	if got := start.UTC().Format(time.RFC3339); got != "2024-08-31T17:00:00Z" {
		t.Errorf("the day begins at %s", got)
	}
	if plan.DateOf(start, loc) != plan.NewDate(2024, 9, 1) || plan.DateOf(start.Add(-time.Second), loc) != plan.NewDate(2024, 8, 31) {
		t.Error("the first moment of a day is not of that day, or the one before is")
	}
}
