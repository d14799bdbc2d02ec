package uptime_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"math/bits"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

func TestFiguresAgreeWithCountingSecondBySecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		s := q.index.Snapshot()
		if d := cmp.Diff(q.slowly(q.period), s.Figure(camera, q.counted, q.period)); d != "" {
			t.Fatalf("figure (-want +got):\n%s", d)
		}
		at := q.cutsOf(t)
		got := s.Series(camera, q.counted, at, nil)
		if len(got) != len(at)-1 {
			t.Fatalf("%d figures between %d moments", len(got), len(at))
		}
		for i := range got {
			if d := cmp.Diff(q.slowly(uptime.Window{From: at[i], To: at[i+1]}), got[i]); d != "" {
				t.Fatalf("piece %d (-want +got):\n%s", i, d)
			}
		}
		checkGrid(t, s.AppendGrid(nil, []uptime.Row{{Camera: "none"}, {Camera: camera, Counted: q.counted}}, at), got)
	})
}

// checkGrid reads a grid back and compares it with the figures.
func checkGrid(t *rapid.T, p []byte, want []uptime.Figure) {
	var rows []struct {
		Code    string
		Figures []*[9]*json.Number
	}
	if err := json.Unmarshal(p, &rows); err != nil {
		t.Fatalf("%v in %s", err, p)
	}
	if len(rows) != 2 || rows[0].Code != "none" || rows[1].Code != camera || len(rows[1].Figures) != len(want) {
		t.Fatalf("grid: %s", p)
	}
	for i, f := range want {
		row := rows[1].Figures[i]
		if (row == nil) != (f.InService() == 0) || rows[0].Figures[i] != nil {
			t.Fatalf("figure %d of %s", i, p)
		}
		if row == nil {
			continue
		}
		for k, v := range []int64{f.Up, f.Degraded, f.Down, f.Unknown, int64(f.Outages)} {
			if n, err := row[k].Int64(); err != nil || n != v {
				t.Fatalf("value %d of figure %d is %v, want %d", k, i, row[k], v)
			}
		}
		works, seen := f.Up+f.Degraded, f.Up+f.Degraded+f.Down
		if (row[5] == nil) != (seen == 0) {
			t.Fatalf("availability of figure %d in %s", i, p)
		}
		if seen > 0 {
			checkRatio(t, row[5], works, seen, 0)
		}
		checkRatio(t, row[6], works, f.InService(), -1)
		checkRatio(t, row[7], works+f.Unknown, f.InService(), 1)
		checkRatio(t, row[8], seen, f.InService(), 0)
	}
}

// checkRatio says whether n is a/b with six decimals, rounded down, up, or to
// the nearest.
func checkRatio(t *rapid.T, n *json.Number, a, b int64, direction int) {
	got, ok := new(big.Rat).SetString(n.String())
	if !ok {
		t.Fatalf("%s is no number", n)
	}
	want := big.NewRat(a, b)
	off := new(big.Rat).Sub(got, want)
	ulp := big.NewRat(1, 1_000_000)
	bad := new(big.Rat).Abs(off).Cmp(ulp) >= 0 || direction != 0 && off.Sign() == -direction
	if direction == 0 {
		bad = bad || (got.Sign() == 0) != (a == 0) || (got.Cmp(big.NewRat(1, 1)) == 0) != (a == b)
		if a*2_000_000 > b && (b-a)*2_000_000 > b { // not by the ends
			bad = bad || new(big.Rat).Abs(off).Cmp(new(big.Rat).Quo(ulp, big.NewRat(2, 1))) > 0
		}
	}
	if bad {
		t.Fatalf("%d/%d is written %s (direction %d)", a, b, n, direction)
	}
}

func TestRatiosAreWrittenAsTheyAreHoweverLarge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.Int64Range(0, 10), rapid.Int64Range(0, 1<<28), rapid.Int64Range(0, 1<<50))
		f := uptime.Figure{Up: n.Draw(t, "up"), Degraded: n.Draw(t, "degraded"), Down: n.Draw(t, "down"), Unknown: n.Draw(t, "unknown"), Outages: rapid.IntRange(0, 1000).Draw(t, "outages")}
		if rapid.Bool().Draw(t, "just below or above a millionth") {
			in := 1_000_000*rapid.OneOf(rapid.Int64Range(1, 1<<23), rapid.Int64Range(1<<23-1000, 1<<23)).Draw(t, "in service") + rapid.Int64Range(-1, 1).Draw(t, "more")
			hi, lo := bits.Mul64(uint64(in), rapid.OneOf(rapid.Uint64Range(0, 999_999), rapid.Uint64Range(999_990, 999_999)).Draw(t, "millionths"))
			q, _ := bits.Div64(hi, lo, 1_000_000)
			f.Up = min(int64(q)+rapid.Int64Range(0, 1).Draw(t, "above"), in)
			f.Degraded, f.Down, f.Unknown = 0, in-f.Up, 0
		}
		row := uptime.AppendFigure([]byte(`[{"code":"none","figures":[null]},{"code":"cam-1","figures":[`), &f)
		checkGrid(t, append(row, "]}]"...), []uptime.Figure{f})
	})
}

func TestTheIndexKeepsTimelinesAsTheyWerePut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		from, s := q.seconds()
		for d := q.first - 2; d < q.last+3; d++ {
			at := d.Start(q.loc).Unix()
			got := q.index.Snapshot().Timeline(camera, d)
			for _, r := range got {
				for range r.Seconds {
					want := s[at-from]
					if r.Seconds = 0; want.Status != r.Status || want.Fault != r.Fault || want.FellOn != r.FellOn {
						t.Fatalf("second %d is %v, want %v", at, r, want)
					}
					at++
				}
			}
			if at != (d + 1).Start(q.loc).Unix() {
				t.Fatalf("%s has %d seconds: %v", d, got.Seconds(), got)
			}
		}
	})
}

// Days of many years, in any order: what is found does not depend on it.
func TestYearsPutInAnyOrderAreTheSame(t *testing.T) {
	loc := time.UTC
	var days []history.Day
	first := history.DayNumber(18_000)
	for n := range history.DayNumber(2000) {
		if n%7 == 3 {
			continue
		}
		line := history.Timeline{{Seconds: 80_000, Status: wire.StatusUp}, {Seconds: 6400, Status: wire.Status(n % 4)}}
		if n%5 == 0 {
			line = history.Timeline{{Seconds: 100, Status: wire.StatusDown}, {Seconds: 86_200, Status: wire.StatusDegraded}, {Seconds: 100, Status: wire.StatusDown}}
		}
		days = append(days, history.Day{Camera: camera, Number: first + n, Timeline: line})
	}
	months := uptime.Moments(uptime.Cuts(first-100, first+2100, uptime.Monthly), loc)
	counted := uptime.Union(uptime.Window{From: 0, To: 1 << 40})
	whole := uptime.NewIndex(loc)
	whole.Put(days...)
	want := whole.Snapshot().Series(camera, counted, months, nil)
	rapid.Check(t, func(t *rapid.T) {
		x := uptime.NewIndex(loc)
		order := rapid.Permutation(days).Draw(t, "order")
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(t, "at once")
			x.Put(order[:n]...)
			order = order[n:]
		}
		if d := cmp.Diff(want, x.Snapshot().Series(camera, counted, months, nil)); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

// What is put again at the end or the beginning of a month tells whether an
// outage goes on from one to the other.
func TestAnOutageOverTheEndOfAMonthIsOneUntilADayIsPutAgain(t *testing.T) {
	down := history.Timeline{{Seconds: 86400, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect}}
	up := history.Timeline{{Seconds: 86400, Status: wire.StatusUp}}
	last, first := day("2026-01-31"), day("2026-02-01")
	put := func(d history.DayNumber, line history.Timeline) history.Day {
		return history.Day{Camera: camera, Number: d, Timeline: line}
	}
	counted := uptime.Union(uptime.Window{From: 0, To: 1 << 40})
	months := uptime.Moments([]history.DayNumber{day("2026-01-01"), first, day("2026-03-01"), day("2026-04-01")}, time.UTC)
	x := with(put(last, down), put(first, down), put(day("2026-03-05"), up))
	for _, c := range []struct {
		name  string
		again []history.Day
		whole int
		month [3]int
	}{
		{"down in both", nil, 1, [3]int{1, 1, 0}},
		{"the second month begins up", []history.Day{put(first, up)}, 1, [3]int{1, 0, 0}},
		{"it is down again", []history.Day{put(first, down)}, 1, [3]int{1, 1, 0}},
		{"the first month ends up", []history.Day{put(last, up)}, 1, [3]int{0, 1, 0}},
		{"and down", []history.Day{put(last, down)}, 1, [3]int{1, 1, 0}},
		{"and with another outage before", []history.Day{put(last, history.Timeline{{Seconds: 9, Status: wire.StatusDown}, {Seconds: 9, Status: wire.StatusUp}, {Seconds: 86382, Status: wire.StatusDown}})}, 2, [3]int{2, 1, 0}},
	} {
		x.Put(c.again...)
		s := x.Snapshot()
		var got [3]int
		for i, f := range s.Series(camera, counted, months, nil) {
			got[i] = f.Outages
		}
		if whole := s.Figure(camera, counted, uptime.Window{From: months[0], To: months[3]}).Outages; whole != c.whole || got != c.month {
			t.Errorf("%s: %d outages, by month %v; want %d, %v", c.name, whole, got, c.whole, c.month)
		}
	}
}

// An agent that says something else every second fills a day with runs.
func TestDaysOfVeryManyRunsAreKeptAsTheyWerePut(t *testing.T) {
	var restless history.Timeline
	for i := range 43_200 {
		restless = append(restless, history.Run{Seconds: 1, Status: wire.StatusUp}, history.Run{Seconds: 1, Status: wire.StatusDown, Fault: wire.Fault(1 + i%2)})
	}
	quiet := history.Timeline{{Seconds: 80_000, Status: wire.StatusUp}, {Seconds: 6400}}
	x := uptime.NewIndex(time.UTC)
	want := map[history.DayNumber]history.Timeline{}
	first := day("2026-05-01")
	for i, d := range []history.DayNumber{0, 5, 3, 30, 5, 4, 3, 6} {
		line := quiet
		if i%3 != 1 {
			line = restless
		}
		want[d] = line
		x.Put(history.Day{Camera: camera, Number: first + d, Timeline: line})
		for n, line := range want {
			if got := x.Snapshot().Timeline(camera, first+n); !slices.Equal(got, line) {
				t.Fatalf("after %d changes day %d has %d runs, not the %d that were put", i+1, n, len(got), len(line))
			}
		}
	}
	f := x.Snapshot().Evidence(camera, uptime.Days{First: first + 3, Last: first + 3}.Window(time.UTC))
	if c := want[3].Count(); f != uptime.Figure(c) {
		t.Errorf("%+v, want %+v", f, c)
	}
}

func TestAStreamThatFailsChangesNothing(t *testing.T) {
	x := uptime.NewIndex(time.UTC)
	up := history.Timeline{{Seconds: 86400, Status: wire.StatusUp}}
	x.Put(history.Day{Camera: camera, Number: 20_000, Timeline: up})
	before := x.Snapshot()
	broken := errors.New("the disk is gone")
	err := x.Update(func(yield func(history.Day, error) bool) {
		_ = yield(history.Day{Camera: camera, Number: 20_001, Timeline: up}, nil) && yield(history.Day{}, broken)
	})
	if !errors.Is(err, broken) || x.Snapshot() != before {
		t.Errorf("error %v, changed %t", err, x.Snapshot() != before)
	}
}

// Readers hold on to what they took while another day is put again and again:
// the seconds of each snapshot are those of one moment.
func TestReadersSeeOneMomentWhileDaysArePut(t *testing.T) {
	loc, day := time.UTC, history.DayNumber(20_000)
	x := uptime.NewIndex(loc)
	put := func(n int) {
		line := history.Timeline{{Seconds: n, Status: wire.StatusUp}, {Seconds: 86400 - n, Status: wire.StatusDown}}
		x.Put(history.Day{Camera: "a", Number: day, Timeline: line}, history.Day{Camera: "b", Number: day + 40, Timeline: line})
	}
	put(1)
	period := uptime.Days{First: day, Last: day + 50}.Window(loc)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				s := x.Snapshot()
				a, b := s.Evidence("a", period), s.Evidence("b", period)
				if a != b || a.Up+a.Down != 86400 {
					t.Errorf("a is %+v and b is %+v", a, b)
					return
				}
			}
		})
	}
	for n := range 2000 {
		put(n + 1)
	}
	close(stop)
	wg.Wait()
}

func TestWhatTheDaysTakeIsTold(t *testing.T) {
	x := uptime.NewIndex(time.UTC)
	for n := range history.DayNumber(365) {
		x.Put(history.Day{Camera: camera, Number: 19_723 + n, Timeline: history.Timeline{{Seconds: 86400, Status: wire.StatusUp}}})
	}
	bytes, days := x.Snapshot().Bytes()
	if days < 365 || days > 366 || bytes/days < 10 || bytes/days > 18 {
		t.Errorf("%d bytes for %d days", bytes, days)
	}
}
