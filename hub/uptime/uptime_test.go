package uptime_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// The days around which the clocks of these zones were put forward and back;
// São Paulo skipped midnight itself, Lord Howe moves by half an hour.
var zones = []struct {
	name string
	near []string
}{
	{"Asia/Ho_Chi_Minh", []string{"2026-01-01"}},
	{"Europe/Berlin", []string{"2026-03-29", "2026-10-25"}},
	{"America/Sao_Paulo", []string{"2018-11-04", "2018-02-18"}},
	{"Australia/Lord_Howe", []string{"2026-04-05", "2026-10-04"}},
}

// question is the arguments of uptime.Camera.
type question struct {
	ledger          []history.Day
	service, period uptime.Window
	first, last     history.DayNumber
	loc             *time.Location
}

func (q question) answer() (uptime.Figure, []uptime.Figure) {
	return uptime.Camera(q.ledger, q.service, q.period, q.first, q.last, q.loc)
}

func drawQuestion(t *rapid.T) question {
	zone := rapid.SampledFrom(zones).Draw(t, "zone")
	loc, err := time.LoadLocation(zone.name)
	if err != nil {
		t.Fatal(err)
	}
	near, err := time.ParseInLocation(time.DateOnly, rapid.SampledFrom(zone.near).Draw(t, "near"), loc)
	if err != nil {
		t.Fatal(err)
	}
	first := history.DayOf(near.Add(12*time.Hour).UnixMilli(), loc) - history.DayNumber(rapid.IntRange(0, 2).Draw(t, "before"))
	q := question{first: first, last: first + history.DayNumber(rapid.IntRange(-1, 3).Draw(t, "days")), loc: loc}
	for n := first - 1; n <= q.last+1; n++ {
		if rapid.IntRange(0, 4).Draw(t, "missing") > 0 {
			q.ledger = append(q.ledger, history.Day{Number: n, Timeline: drawTimeline(t, n.Seconds(loc))})
		}
	}
	q.service, q.period = drawWindow(t, "service", q), drawWindow(t, "period", q)
	return q
}

// drawTimeline makes a timeline that as a rule fills the day, and sometimes
// ends before.
func drawTimeline(t *rapid.T, seconds int) history.Timeline {
	var line history.Timeline
	for seconds > 0 && len(line) < 8 {
		r := history.Run{Status: wire.Status(rapid.IntRange(0, 3).Draw(t, "status")), Seconds: seconds}
		if rapid.IntRange(0, 3).Draw(t, "more") > 0 {
			r.Seconds = rapid.IntRange(1, seconds).Draw(t, "seconds")
		}
		if r.Status == wire.StatusDown {
			r.Fault, r.FellOn = wire.Fault(rapid.IntRange(1, 3).Draw(t, "fault")), wire.RungConnect
		}
		line = append(line, r)
		seconds -= r.Seconds
	}
	return line
}

// drawWindow makes a window that often begins and ends in the middle of a
// day, on the border of one, or beyond the days asked for; it can be empty.
func drawWindow(t *rapid.T, name string, q question) uptime.Window {
	edge := func() int64 {
		from, to := (q.first - 2).Start(q.loc).Unix(), (q.last + 3).Start(q.loc).Unix()
		switch rapid.IntRange(0, 3).Draw(t, name+" edge") {
		case 0:
			return from
		case 1:
			return to
		case 2:
			return (q.first + history.DayNumber(rapid.IntRange(0, 4).Draw(t, name+" day"))).Start(q.loc).Unix()
		default:
			return rapid.Int64Range(from, to).Draw(t, name+" second")
		}
	}
	return uptime.Window{From: edge(), To: edge()}
}

// slowly is the reference: it looks at one second after the other.
func slowly(q question) (total uptime.Figure, days []uptime.Figure) {
	status := map[int64]wire.Status{}
	for _, d := range q.ledger {
		at := d.Number.Start(q.loc).Unix()
		for _, r := range d.Timeline {
			for range r.Seconds {
				status[at] = r.Status
				at++
			}
		}
	}
	before := wire.Status(0) // of the second before, in any day
	for n := q.first; n <= q.last; n++ {
		var f uptime.Figure
		today := wire.Status(0) // of the second before, in this day
		for s := n.Start(q.loc).Unix(); s < (n + 1).Start(q.loc).Unix(); s++ {
			if s < q.service.From || s >= q.service.To || s < q.period.From || s >= q.period.To {
				continue
			}
			switch status[s] {
			case wire.StatusUp:
				f.Up++
			case wire.StatusDegraded:
				f.Degraded++
			case wire.StatusDown:
				f.Down++
				if today != wire.StatusDown {
					f.Outages++
				}
				if before != wire.StatusDown {
					total.Outages++
				}
			default:
				f.Unknown++
			}
			today, before = status[s], status[s]
		}
		total.Up += f.Up
		total.Degraded += f.Degraded
		total.Down += f.Down
		total.Unknown += f.Unknown
		days = append(days, f)
	}
	return total, days
}

func TestCameraAgreesWithCountingSecondBySecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		total, days := q.answer()
		wantTotal, wantDays := slowly(q)
		if d := cmp.Diff(wantTotal, total); d != "" {
			t.Errorf("total (-want +got):\n%s", d)
		}
		if len(days) != len(wantDays) {
			t.Fatalf("%d days, want %d", len(days), len(wantDays))
		}
		for i := range days {
			if d := cmp.Diff(wantDays[i], days[i]); d != "" {
				t.Errorf("day %s (-want +got):\n%s", q.first+history.DayNumber(i), d)
			}
		}
	})
}

func TestTheTruthLiesBetweenTheBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, _ := drawQuestion(t).answer()
		low, high, ok := f.Bounds()
		if ok != (f.InService() > 0) {
			t.Fatalf("bounds are there: %v, with %d seconds in service", ok, f.InService())
		}
		if !ok {
			return
		}
		// Whatever happened while nobody looked: some of it was working.
		worked := rapid.Int64Range(0, f.Unknown).Draw(t, "worked")
		truth := uptime.Figure{Up: f.Up + worked, Degraded: f.Degraded, Down: f.Down + f.Unknown - worked}
		a, ok := truth.Availability()
		if !ok || a < low || a > high {
			t.Fatalf("the truth is %v, outside %v to %v", a, low, high)
		}
		if worked == 0 && a != low || worked == f.Unknown && a != high {
			t.Fatalf("at the ends the truth is the bound: %v in %v to %v", a, low, high)
		}
		if got, ok := f.Availability(); ok && (got < low || got > high) {
			t.Fatalf("availability %v lies outside %v to %v", got, low, high)
		}
	})
}

func TestWithoutEvidenceThereIsNoAvailability(t *testing.T) {
	loc, day := time.UTC, history.DayNumber(20_000)
	service := uptime.Window{From: day.Start(loc).Unix(), To: (day + 1).Start(loc).Unix()}
	f, _ := uptime.Camera(nil, service, service, day, day, loc)
	if _, ok := f.Availability(); ok {
		t.Error("an availability without any evidence")
	}
	if observed, ok := f.Observed(); !ok || observed != 0 {
		t.Errorf("observed is %v, %v, want 0", observed, ok)
	}
	if low, high, ok := f.Bounds(); !ok || low != 0 || high != 1 {
		t.Errorf("bounds are %v to %v, %v, want 0 to 1: anything may have happened", low, high, ok)
	}
}

func TestOutOfServiceThereIsNoFigureAtAll(t *testing.T) {
	loc, day := time.UTC, history.DayNumber(20_000)
	period := uptime.Window{From: day.Start(loc).Unix(), To: (day + 1).Start(loc).Unix()}
	ledger := []history.Day{{Number: day, Timeline: history.Timeline{{Seconds: 86400, Status: wire.StatusDown}}}}
	for name, service := range map[string]uptime.Window{
		"never accepted":        {},
		"accepted afterwards":   {From: period.To, To: period.To + 10},
		"retired before":        {From: 0, To: period.From},
		"a window upside down":  {From: period.To, To: period.From},
		"retired when accepted": {From: period.From + 5, To: period.From + 5},
	} {
		f, days := uptime.Camera(ledger, service, period, day, day, loc)
		if f != (uptime.Figure{}) || len(days) != 1 || days[0] != (uptime.Figure{}) {
			t.Errorf("%s: figure is %+v, days are %+v", name, f, days)
		}
		if _, ok := f.Observed(); ok {
			t.Errorf("%s: an observed share of no time", name)
		}
		if _, _, ok := f.Bounds(); ok {
			t.Errorf("%s: bounds of no time", name)
		}
	}
}

func TestAFigureOverManyIsWeightedByTime(t *testing.T) {
	a := uptime.Figure{Up: 10, Down: 0, Outages: 1}
	a.Add(uptime.Figure{Up: 0, Degraded: 30, Down: 60, Unknown: 7, Outages: 2})
	if want := (uptime.Figure{Up: 10, Degraded: 30, Down: 60, Unknown: 7, Outages: 3}); a != want {
		t.Fatalf("sum is %+v, want %+v", a, want)
	}
	if v, _ := a.Availability(); v != 0.4 {
		t.Errorf("availability is %v, want 0.4: the mean of means would be 2/3", v)
	}
}
