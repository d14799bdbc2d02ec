package influx

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func day(t testing.TB, text string) history.DayNumber {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return numberOf(d)
}

func TestYearsAndMonths(t *testing.T) {
	for _, c := range []struct{ day, year, nextYear, nextMonth string }{
		{"2026-11-24", "2026-01-01", "2027-01-01", "2026-12-01"},
		{"2026-12-31", "2026-01-01", "2027-01-01", "2027-01-01"},
		{"2028-02-29", "2028-01-01", "2029-01-01", "2028-03-01"},
		{"1970-01-01", "1970-01-01", "1971-01-01", "1970-02-01"},
		{"1969-12-31", "1969-01-01", "1970-01-01", "1970-01-01"},
	} {
		n := day(t, c.day)
		if n.String() != c.day || yearOf(n).String() != c.year || yearAfter(n).String() != c.nextYear || monthAfter(n).String() != c.nextMonth {
			t.Errorf("%s: year from %s to %s, next month %s", n, yearOf(n), yearAfter(n), monthAfter(n))
		}
	}
}

// drawTimeline draws a timeline as a ledger may hold it.
func drawTimeline(t *rapid.T) (line history.Timeline) {
	last := history.Run{Status: 99}
	for left := rapid.SampledFrom([]int{86_400, 86_400, 82_800, 90_000, 1, maxDay}).Draw(t, "seconds"); left > 0; {
		r := history.Run{Seconds: min(left, rapid.SampledFrom([]int{1, 255, 256, 65_535, 65_536, 100_000, rapid.IntRange(1, 90_000).Draw(t, "length")}).Draw(t, "run")), Status: wire.Status(rapid.IntRange(0, 3).Draw(t, "status"))}
		if r.Status == wire.StatusDown {
			r.Fault, r.FellOn = wire.Fault(rapid.IntRange(1, 12).Draw(t, "fault")), wire.Rung(rapid.IntRange(1, 11).Draw(t, "rung"))
		}
		if r.Status == last.Status && r.Fault == last.Fault && r.FellOn == last.FellOn {
			continue
		}
		line, last = append(line, r), r
		left -= r.Seconds
	}
	return line
}

func TestAYearComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		year := yearOf(history.DayNumber(rapid.IntRange(-50_000, 90_000).Draw(t, "day")))
		var days []history.Day
		for d := year; d < yearAfter(year); d += history.DayNumber(rapid.IntRange(1, 200).Draw(t, "step")) {
			days = append(days, history.Day{Camera: "c", Number: d, Revision: rapid.IntRange(1, 1000).Draw(t, "revision"), Timeline: drawTimeline(t)})
		}
		got, err := unpackYear("c", year, packYear(year, days))
		same := slices.EqualFunc(got, days, func(x, y history.Day) bool {
			return x.Number == y.Number && x.Revision == y.Revision && x.Camera == y.Camera && slices.Equal(x.Timeline, y.Timeline)
		})
		if err != nil || !same {
			t.Fatalf("%v, %v\nwant %v", got, err, days)
		}
	})
}

func FuzzYear(f *testing.F) {
	const year = 20_454
	f.Add(packYear(year, nil))
	f.Add(packYear(year, []history.Day{{Number: year, Revision: 1, Timeline: history.Timeline{{Seconds: 60, Status: 1}, {Seconds: 86_340}}}}))
	f.Add(packYear(year, []history.Day{{Number: year + 364, Revision: 7, Timeline: history.Timeline{{Seconds: 70_000, Status: 3, Fault: 2, FellOn: 3}, {Seconds: 16_400, Status: 2}}}}))
	f.Add([]byte{yearVersion, 0, 0, 0})
	f.Fuzz(func(t *testing.T, p []byte) {
		days, err := unpackYear("c", year, p)
		if err != nil {
			return
		}
		for i := range days {
			if d := &days[i]; d.Number < year || d.Number > year+365 || i > 0 && days[i-1].Number >= d.Number || d.Timeline.Seconds() > maxDay {
				t.Fatalf("day %v", d)
			}
		}
		again, err := unpackYear("c", year, packYear(year, days))
		if err != nil || len(again) != len(days) {
			t.Fatalf("%v came back as %v, %v", days, again, err)
		}
	})
}

func FuzzDay(f *testing.F) {
	p, err := encodeDay(nil, &history.Day{Revision: 3, Timeline: history.Timeline{{Seconds: 60, Status: 1}, {Seconds: 86_340}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p)
	f.Fuzz(func(t *testing.T, p []byte) {
		var d history.Day
		if decodeDay(p, &d) != nil {
			return
		}
		again, err := encodeDay(nil, &d)
		if err != nil || len(again) > len(p) { // a length may be written longer than it needs
			t.Fatalf("%x came back as %x, %v", p, again, err)
		}
	})
}
