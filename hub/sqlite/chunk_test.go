package sqlite_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// january2026 is a first of January; 2024 was a leap year.
const (
	january2026 history.DayNumber = 20_454
	january2024 history.DayNumber = 19_723
)

// genChunkDays gives some days of a span, in order: most of them, few, or none.
func genChunkDays(first history.DayNumber, n int) *rapid.Generator[[]history.DayNumber] {
	return rapid.Custom(func(t *rapid.T) []history.DayNumber {
		var days []history.DayNumber
		for d := 0; d < n; {
			d += rapid.SampledFrom([]int{0, 0, 0, 1, 5, 40}).Draw(t, "left out")
			for range rapid.IntRange(1, 60).Draw(t, "there") {
				if d < n {
					days = append(days, first+history.DayNumber(d))
				}
				d++
			}
		}
		return days[:min(len(days), rapid.IntRange(0, n).Draw(t, "at most"))]
	})
}

func genCount(day history.DayNumber) *rapid.Generator[history.DayCount] {
	return rapid.Custom(func(t *rapid.T) history.DayCount {
		left := rapid.SampledFrom([]int32{86_400, 86_400, 82_800, 90_000, 1, 48 * 3600}).Draw(t, "seconds")
		part := func(what string) int32 {
			v := int32(rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 300), rapid.IntRange(0, 48*3600)).Draw(t, what))
			v = min(v, left)
			left -= v
			return v
		}
		d := history.DayCount{Number: day, Degraded: part("degraded"), Down: part("down"), Unknown: part("unknown")}
		d.Up = left
		d.Outages = min(d.Down, int32(rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 90_000)).Draw(t, "outages")))
		d.Begins, d.Ends = wire.Status(rapid.IntRange(0, 3).Draw(t, "begins")), wire.Status(rapid.IntRange(0, 3).Draw(t, "ends"))
		return d
	})
}

func TestAYearOfCountsComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, n := january2026, 365
		if rapid.Bool().Draw(t, "leap year") {
			first, n = january2024, 366
		}
		var days []history.DayCount
		for _, d := range genChunkDays(first, n).Draw(t, "days") {
			days = append(days, genCount(d).Draw(t, "count"))
		}
		got, err := sqlite.UnpackYear(sqlite.PackYear(sqlite.YearPlace(first), days), sqlite.YearPlace(first))
		if err != nil || !slices.Equal(got, days) {
			t.Fatalf("%v came back as %v, %v", days, got, err)
		}
	})
}

func TestAMonthOfTimelinesComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var days []sqlite.Line
		for _, d := range genChunkDays(january2026, 31).Draw(t, "days") {
			days = append(days, sqlite.Line{
				Day: d, Revision: rapid.OneOf(rapid.Just(1), rapid.IntRange(1, 1<<31-1)).Draw(t, "revision"),
				Timeline: rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "timeline"),
			})
		}
		got, err := sqlite.UnpackMonth(sqlite.PackMonth(sqlite.MonthPlace(january2026), days), sqlite.MonthPlace(january2026))
		if diff := cmp.Diff(days, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	})
}

// The stored form stands in every ledger there is.
func TestTheStoredFormOfChunksStaysWhatItIs(t *testing.T) {
	year := []history.DayCount{
		{Number: january2026 + 1, Up: 86_000, Down: 400, Outages: 2, Begins: wire.StatusUp, Ends: wire.StatusUp},
		{Number: january2026 + 2, Up: 80_000, Degraded: 1, Unknown: 9_999, Begins: wire.StatusUp}, // 25 hours
		{Number: january2026 + 300, Down: 86_400, Outages: 1, Begins: wire.StatusDown, Ends: wire.StatusDown},
	}
	month := []sqlite.Line{{january2026, 1, []byte{1, 2}}, {january2026 + 30, 700, []byte{3}}}
	for name, c := range map[string]struct{ got, want []byte }{
		"year": {sqlite.PackYear(sqlite.YearPlace(january2026), year), []byte{
			1, 2, 1, 2, 0xa9, 2, 1, // two runs of days
			0, 1, 2, 0xa0, 0x38, // the second has an hour more
			1, 0, 1, 0, 0, // degraded
			0, 2, 1, 0x90, 3, 2, 0x80, 0xa3, 5, // down
			0, 1, 2, 0x8f, 0x4e, // unknown
			1, 2, 0, 1, 0, // outages
			1, 5, 1, 15, 0, // ends
			0xec, 0xe3, 0x9d, 0x30,
		}},
		"month": {sqlite.PackMonth(sqlite.MonthPlace(january2026), month), []byte{1, 2, 0, 1, 29, 1, 2, 1, 0, 0xbc, 2, 0, 1, 2, 1, 0, 1, 2, 3, 0x35, 0xf9, 0xa0, 0xad}},
	} {
		t.Run(name, func(t *testing.T) {
			if !bytes.Equal(c.got, c.want) {
				t.Errorf("stored as %#v", c.got)
			}
		})
	}
}

func TestDamagedChunksAreRefused(t *testing.T) {
	place := sqlite.YearPlace(january2026)
	whole := sqlite.PackYear(place, []history.DayCount{{Number: january2026 + 3, Up: 86_400, Begins: 1, Ends: 1}, {Number: january2026 + 4, Up: 80_000, Down: 6400, Outages: 3, Begins: 1, Ends: 1}})
	month := sqlite.PackMonth(sqlite.MonthPlace(january2026), []sqlite.Line{{january2026, 1, []byte{1, 2}}})
	for name, p := range map[string][]byte{
		"nothing": {}, "a byte": {1}, "cut": whole[:len(whole)-1], "longer": append(slices.Clone(whole), 0),
		"another version":      sqlite.CloseChunk([]byte{2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
		"more than its days":   sqlite.CloseChunk([]byte{1, 1, 0, 0xee, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
		"days that do not end": sqlite.CloseChunk([]byte{1, 0x80}),
		"a run of no days":     sqlite.CloseChunk([]byte{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
		"no columns":           sqlite.CloseChunk([]byte{1, 1, 0, 1}),
		"a column too wide":    sqlite.CloseChunk([]byte{1, 1, 0, 1, 3, 0, 0, 0, 0}),
		"an odd place beyond":  sqlite.CloseChunk([]byte{1, 1, 0, 1, 0, 1, 2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
		"less than no seconds": sqlite.CloseChunk([]byte{1, 1, 0, 1, 0, 0, 2, 0xff, 0xff, 0, 2, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0}),
		"a status of 4":        sqlite.CloseChunk([]byte{1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 16, 0}),
		"bytes too many":       sqlite.CloseChunk(append(slices.Clone(whole[:len(whole)-4]), 0)),
	} {
		if days, err := sqlite.UnpackYear(p, place); err == nil {
			t.Errorf("%s: read as %v", name, days)
		}
	}
	for i := range whole { // whatever bit has flipped
		p := slices.Clone(whole)
		p[i] ^= 4
		if days, err := sqlite.UnpackYear(p, place); err == nil {
			t.Errorf("byte %d is another one, and read as %v", i, days)
		}
	}
	for name, p := range map[string][]byte{
		"cut": month[:len(month)-1], "revision of zero": sqlite.CloseChunk([]byte{1, 1, 0, 1, 0, 0, 0, 0}),
		"timeline that is not there": sqlite.CloseChunk([]byte{1, 1, 0, 1, 1, 1, 0, 1, 9, 0, 7}),
		"bytes too many":             sqlite.CloseChunk([]byte{1, 1, 0, 1, 1, 1, 0, 0, 0, 7}),
		"32 days":                    sqlite.CloseChunk([]byte{1, 1, 0, 32, 0, 0, 0, 0}),
	} {
		if days, err := sqlite.UnpackMonth(p, sqlite.MonthPlace(january2026)); err == nil {
			t.Errorf("%s: read as %v", name, days)
		}
	}
}

// What can be read at all is read the same again, takes no more than its days,
// and has them in order.
func FuzzYear(f *testing.F) {
	f.Add([]byte{1, 1, 0, 3, 0, 0, 0, 0, 1, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0})
	whole := sqlite.PackYear(57, []history.DayCount{{Number: january2026, Up: 86_400}, {Number: january2026 + 9, Down: 86_400, Outages: 80_000}})
	f.Add(whole[:len(whole)-4])
	f.Fuzz(func(t *testing.T, body []byte) {
		days, err := sqlite.UnpackYear(sqlite.CloseChunk(body), 57)
		if err != nil {
			return
		}
		for i, d := range days {
			if d.Number < january2026 || d.Number >= january2026+365 || i > 0 && d.Number <= days[i-1].Number || d.Up < 0 || d.Seconds() > 5*48*3600 {
				t.Fatalf("days %v", days)
			}
		}
		again, err := sqlite.UnpackYear(sqlite.PackYear(57, days), 57)
		if err != nil || !slices.Equal(again, days) {
			t.Errorf("%v is read again as %v, %v", days, again, err)
		}
	})
}

func FuzzMonth(f *testing.F) {
	f.Add([]byte{1, 1, 0, 1, 1, 1, 0, 1, 2, 0, 7, 8})
	f.Fuzz(func(t *testing.T, body []byte) {
		days, err := sqlite.UnpackMonth(sqlite.CloseChunk(body), 57*12)
		if err != nil {
			return
		}
		size := 0
		for i, d := range days {
			size += len(d.Timeline)
			if d.Day < january2026 || d.Day > january2026+30 || i > 0 && d.Day <= days[i-1].Day || size > len(body) {
				t.Fatalf("days %v", days)
			}
		}
		again, err := sqlite.UnpackMonth(sqlite.PackMonth(57*12, days), 57*12)
		if diff := cmp.Diff(days, again, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("read again %v (-want +got):\n%s", err, diff)
		}
	})
}
