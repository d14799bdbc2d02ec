package uptime_test

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones of these tests, whatever the machine has

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The days around which the clocks of these zones were put forward and back, or
// a month or year ends; São Paulo skipped midnight itself, Lord Howe moves by half
// an hour, Apia had no 30 December 2011.
var zones = []struct {
	name string
	near []string
}{
	{"Asia/Ho_Chi_Minh", []string{"2026-01-01", "2024-02-29", "2025-07-01"}},
	{"Europe/Berlin", []string{"2026-03-29", "2026-10-25"}},
	{"America/Sao_Paulo", []string{"2018-11-04", "2018-02-18"}},
	{"Australia/Lord_Howe", []string{"2026-04-05", "2026-10-04"}},
	{"Pacific/Apia", []string{"2011-12-30"}},
}

// question is a few days of one camera as they were put, and what is asked.
type question struct {
	loc         *time.Location
	ledger      map[history.DayNumber]history.Timeline
	index       *uptime.Index
	counted     uptime.Spans
	period      uptime.Window
	first, last history.DayNumber

	from  int64 // see seconds
	known []second
}

const camera = "cam-1"

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
	q := question{
		loc: loc, first: first, last: first + history.DayNumber(rapid.IntRange(0, 3).Draw(t, "days")),
		ledger: map[history.DayNumber]history.Timeline{}, index: uptime.NewIndex(loc),
	}
	q.put(t, "first", rapid.IntRange(0, 8).Draw(t, "put"))
	q.put(t, "again", rapid.IntRange(0, 3).Draw(t, "put again"))
	q.counted = uptime.Union(q.windows(t, "service")...).Without(uptime.Union(q.windows(t, "maintenance")...))
	q.period = q.window(t, "period")
	return q
}

// put puts some days, in any order, as several changes of several days. Another
// camera is there as well.
func (q *question) put(t *rapid.T, name string, n int) {
	var days []history.Day
	for range n {
		d := q.first - 1 + history.DayNumber(rapid.IntRange(0, int(q.last-q.first)+2).Draw(t, name+" day"))
		line := drawTimeline(t, d.Seconds(q.loc))
		q.ledger[d] = line
		days = append(days, history.Day{Camera: camera, Number: d, Timeline: line}, history.Day{Camera: "another", Number: d, Timeline: history.Timeline{{Seconds: 9, Status: wire.StatusDown}}})
		if rapid.Bool().Draw(t, name+" at once") {
			q.index.Put(days...)
			days = nil
		}
	}
	q.index.Put(days...)
}

// drawTimeline makes a timeline that as a rule fills the day, and sometimes
// ends before.
func drawTimeline(t *rapid.T, seconds int) history.Timeline {
	var line history.Timeline
	for seconds > 0 && len(line) < 8 {
		r := history.Run{Status: wire.Status(rapid.IntRange(0, 3).Draw(t, "status")), Seconds: seconds}
		if rapid.IntRange(0, 3).Draw(t, "more") > 0 {
			r.Seconds = rapid.OneOf(rapid.IntRange(1, seconds), rapid.IntRange(1, min(seconds, 200))).Draw(t, "seconds")
		}
		if r.Status == wire.StatusDown {
			r.Fault, r.FellOn = wire.Fault(rapid.IntRange(1, 3).Draw(t, "fault")), wire.RungConnect
		}
		line = append(line, r)
		seconds -= r.Seconds
	}
	return line
}

// windows makes a few windows that overlap, touch, lie in each other or are
// empty, and often one that covers everything.
func (q *question) windows(t *rapid.T, name string) []uptime.Window {
	var ws []uptime.Window
	if name == "service" && rapid.Bool().Draw(t, "always in service") {
		return []uptime.Window{{From: 0, To: 1 << 40}}
	}
	for range rapid.IntRange(0, 4).Draw(t, name+" windows") {
		w := q.window(t, name)
		if n := len(ws); n > 0 && rapid.Bool().Draw(t, name+" touches") {
			w.From = ws[n-1].To
		}
		ws = append(ws, w)
	}
	return ws
}

// window makes a window that often begins and ends in the middle of a day, on
// the border of one, or beyond the days asked for; it can be empty.
func (q *question) window(t *rapid.T, name string) uptime.Window {
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

// second is what one second was: the evidence, whether it counts, and which run
// of down it belongs to.
type second struct {
	Status wire.Status
	Fault  wire.Fault
	FellOn wire.Rung
	counts bool
	outage int32
}

// seconds is the slow way: what each second was, beginning with the returned
// one.
func (q *question) seconds() (from int64, s []second) {
	if q.known != nil {
		return q.from, q.known
	}
	from, to := (q.first - 2).Start(q.loc).Unix(), (q.last + 3).Start(q.loc).Unix()
	s = make([]second, to-from)
	for d, line := range q.ledger {
		at, end := d.Start(q.loc).Unix(), (d + 1).Start(q.loc).Unix()
		for _, r := range line {
			for range r.Seconds {
				if at < end {
					s[at-from] = second{Status: r.Status, Fault: r.Fault, FellOn: r.FellOn}
					at++
				}
			}
		}
	}
	for _, w := range q.counted {
		for t := max(w.From, from); t < min(w.To, to); t++ {
			s[t-from].counts = true
		}
	}
	outage := int32(0)
	for i := range s {
		if s[i].Status == wire.StatusDown && (i == 0 || s[i-1].Status != wire.StatusDown) {
			outage++
		}
		s[i].outage = outage
	}
	q.from, q.known = from, s
	return from, s
}

// slowly makes the figure of a window by looking at one second after the other.
// An outage is a run of down in the evidence, however much of it counts.
func (q *question) slowly(w uptime.Window) (f uptime.Figure) {
	from, s := q.seconds()
	to := from + int64(len(s))
	last := int32(0) // the outage that was counted last
	for t := max(w.From, from); t < min(w.To, to); t++ {
		r := s[t-from]
		if !r.counts {
			continue
		}
		switch r.Status {
		case wire.StatusUp:
			f.Up++
		case wire.StatusDegraded:
			f.Degraded++
		case wire.StatusDown:
			f.Down++
			if r.outage != last {
				f.Outages++
				last = r.outage
			}
		default:
			f.Unknown++
		}
	}
	// What lies beyond the seconds was never seen.
	for _, p := range q.counted.Within(w) {
		f.Unknown += p.Seconds() - p.And(uptime.Window{From: from, To: to}).Seconds()
	}
	return f
}

// cutsOf gives moments between which figures are asked for.
func (q *question) cutsOf(t *rapid.T) []int64 {
	if rapid.Bool().Draw(t, "by days") {
		return uptime.Moments(uptime.Cuts(q.first, q.last, rapid.SampledFrom(uptime.Steps()).Draw(t, "step")), q.loc)
	}
	var at []int64
	for range rapid.IntRange(1, 5).Draw(t, "cuts") {
		at = append(at, q.window(t, "cut").From)
	}
	slices.Sort(at)
	return at
}
