package history_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
)

func TestEveryMomentBelongsToTheDayItLiesIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := genZone().Draw(t, "zone")
		d := genDay(loc).Draw(t, "day")
		start, end := d.Start(loc), (d + 1).Start(loc)
		if got := d.Seconds(loc); got != int(end.Sub(start)/time.Second) {
			t.Fatalf("%s has %d seconds, and lasts from %s to %s", d, got, start, end)
		}
		if !start.Before(end) {
			if start.After(end) {
				t.Fatalf("%s ends before it begins", d)
			}
			return // a day that never was
		}
		ms := rapid.Int64Range(start.UnixMilli(), end.UnixMilli()-1).Draw(t, "moment")
		for _, ms := range []int64{ms, start.UnixMilli(), end.UnixMilli() - 1} {
			if got := history.DayOf(ms, loc); got != d {
				t.Fatalf("%s belongs to %s, want %s", time.UnixMilli(ms).In(loc), got, d)
			}
		}
		if got := history.DayOf(end.UnixMilli(), loc); got <= d {
			t.Fatalf("the end of %s belongs to %s", d, got)
		}
	})
}

// The first moment of a day is the first whose clock shows that date or a
// later one: look at every minute from the evening before.
func TestADayBeginsWithTheFirstMomentThatShowsItsDate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := genZone().Draw(t, "zone")
		d := genDay(loc).Draw(t, "day")
		start := d.Start(loc)
		want := time.Unix(int64(d)*86400-20*3600, 0).In(loc)
		for date(want) < d {
			want = want.Add(time.Minute)
		}
		// Rules change at whole minutes since 1970, but for a few zones'
		// offsets of odd seconds.
		if diff := want.Sub(start); diff < 0 || diff >= time.Minute {
			t.Fatalf("%s in %s begins at %s, want %s", d, loc, start, want)
		}
		if before := start.Add(-time.Millisecond); date(before) >= d {
			t.Fatalf("%s in %s begins at %s, but %s shows its date already", d, loc, start, before)
		}
	})
}

// date gives the date that a clock shows.
func date(t time.Time) history.DayNumber {
	y, m, d := t.Date()
	return history.DayNumber(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func TestDaysOfOddLengths(t *testing.T) {
	for _, c := range []struct {
		zone, day string
		start     string
		hours     float64
	}{
		{"Asia/Ho_Chi_Minh", "2026-11-23", "2026-11-23T00:00:00+07:00", 24},
		{"Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00", 23},
		{"Europe/Berlin", "2026-10-25", "2026-10-25T00:00:00+02:00", 25},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00", 23}, // no midnight
		{"America/Sao_Paulo", "2018-02-17", "2018-02-17T00:00:00-02:00", 25},
		{"America/Havana", "2025-11-02", "2025-11-02T00:00:00-04:00", 25},   // midnight twice
		{"America/St_Johns", "2010-11-07", "2010-11-07T00:00:00-02:30", 25}, // 00:01 back to 23:01
		{"America/St_Johns", "2010-11-06", "2010-11-06T00:00:00-02:30", 24},
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00", 0}, // never was
		{"Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00", 24},
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-05T00:00:00+11:00", 24.5},
	} {
		t.Run(c.zone+" "+c.day, func(t *testing.T) {
			at, err := time.Parse(time.DateOnly, c.day)
			if err != nil {
				t.Fatal(err)
			}
			d, loc := history.DayNumber(at.Unix()/86400), zone(c.zone)
			if got := d.Start(loc).Format(time.RFC3339); got != c.start {
				t.Errorf("begins at %s, want %s", got, c.start)
			}
			if got := d.Seconds(loc); got != int(c.hours*3600) {
				t.Errorf("has %d seconds, want %v hours", got, c.hours)
			}
			if d.String() != c.day {
				t.Errorf("is written %s", d)
			}
		})
	}
	if got := history.NoDay.String(); got != "" {
		t.Errorf("no day is written %q", got)
	}
}

// The clock shows yesterday's date again: the time belongs to the day that had
// begun.
func TestADateThatIsShownAgainBelongsToTheDayThatHadBegun(t *testing.T) {
	loc := zone("America/St_Johns")
	begun := time.Date(2010, 11, 7, 0, 0, 0, 0, loc) // 00:01 is put back to 23:01
	for minutes, shows := range map[int]string{0: "07 00:00", 5: "06 23:05", 59: "06 23:59", 60: "07 00:00"} {
		at := begun.Add(time.Duration(minutes) * time.Minute)
		if got := at.Format("02 15:04"); got != shows {
			t.Fatalf("after %d minutes the clock shows %s, want %s", minutes, got, shows)
		}
		if got := history.DayOf(at.UnixMilli(), loc).String(); got != "2010-11-07" {
			t.Errorf("when the clock shows %s the day is %s", shows, got)
		}
	}
	if got := history.DayOf(begun.UnixMilli()-1, loc).String(); got != "2010-11-06" {
		t.Errorf("just before it is %s", got)
	}
}

func TestADayIsClosedAnHourAfterItsEnd(t *testing.T) {
	loc := zone("Europe/Berlin")
	d := history.DayOf(time.Date(2026, 10, 25, 12, 0, 0, 0, loc).UnixMilli(), loc)
	end := time.Date(2026, 10, 26, 0, 0, 0, 0, loc)
	for now, want := range map[time.Time]bool{
		end.Add(-time.Second): false, end: false, end.Add(time.Hour - 1): false, end.Add(time.Hour): true, end.AddDate(1, 0, 0): true,
	} {
		if got := d.Closed(now, loc); got != want {
			t.Errorf("closed at %s: %v", now, got)
		}
		if first := history.OpenFrom(now, loc); first.Closed(now, loc) || !(first-1).Closed(now, loc) {
			t.Errorf("at %s days are open from %s on", now, first)
		}
	}
}

// Past the table of a zone its rules go on for ever, and leap years have a last
// day, too.
func TestEveryDayOfTheFutureBegins(t *testing.T) {
	for _, name := range []string{"Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Auckland"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for year := 2036; year <= 2100; year++ {
			for _, month := range []time.Month{time.January, time.March, time.December} {
				for _, day := range []int{1, 30, 31} {
					date := time.Date(year, month, day, 12, 0, 0, 0, loc)
					d := history.DayOf(date.UnixMilli(), loc)
					start := time.Date(year, month, day, 0, 0, 0, 0, loc) // no rule of these zones skips a midnight then
					if got := d.Start(loc); !got.Equal(start) || d.String() != date.Format(time.DateOnly) {
						t.Fatalf("%s: %s begins at %s, want %s", name, d, got, start)
					}
				}
			}
		}
	}
}
