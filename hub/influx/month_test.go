package influx

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
)

func TestMonths(t *testing.T) {
	for _, c := range []struct{ day, month, next string }{
		{"2026-11-24", "2026-11-01", "2026-12-01"},
		{"2026-12-31", "2026-12-01", "2027-01-01"},
		{"2028-02-29", "2028-02-01", "2028-03-01"},
		{"1970-01-01", "1970-01-01", "1970-02-01"},
		{"1969-12-31", "1969-12-01", "1970-01-01"},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		n := numberOf(day)
		if n.String() != c.day || monthOf(n).String() != c.month || monthAfter(n).String() != c.next {
			t.Errorf("%s: month of %s, then %s", n, monthOf(n), monthAfter(n))
		}
	}
}

func TestAMonthComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		month := monthOf(history.DayNumber(rapid.IntRange(-50_000, 90_000).Draw(t, "day")))
		var days []storedDay
		for d := month; d < monthAfter(month); d++ {
			if rapid.Bool().Draw(t, "there") {
				days = append(days, storedDay{d, rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "encoded")})
			}
		}
		got, err := unpackMonth(month, packMonth(month, days), nil)
		if err != nil || !slices.EqualFunc(got, days, func(x, y storedDay) bool { return x.number == y.number && bytes.Equal(x.encoded, y.encoded) }) {
			t.Fatalf("%v, %v\nwant %v", got, err, days)
		}
	})
}

func FuzzMonth(f *testing.F) {
	f.Add(packMonth(0, []storedDay{{0, []byte{1, 1}}, {30, []byte{2, 1, 60, 1}}}))
	f.Add([]byte("no zstd"))
	f.Add(compressor.EncodeAll([]byte{3, 200, 1}, nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		days, err := unpackMonth(20_000, p, nil)
		if err != nil {
			return
		}
		for i, d := range days {
			if d.number < 20_000 || d.number > 20_030 || i > 0 && days[i-1].number >= d.number {
				t.Fatalf("days %v", days)
			}
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
