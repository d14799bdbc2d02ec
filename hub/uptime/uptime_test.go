package uptime_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

func TestTheTruthLiesBetweenTheBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		f := q.index.Snapshot().Figure(camera, q.counted, q.period)
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
	day := uptime.Days{First: 20_000, Last: 20_000}.Window(time.UTC)
	for _, x := range []*uptime.Index{uptime.NewIndex(time.UTC), with(history.Day{Camera: camera, Number: 20_001, Timeline: history.Timeline{{Seconds: 5, Status: wire.StatusUp}}})} {
		f := x.Snapshot().Figure(camera, uptime.Union(day), day)
		if series := x.Snapshot().Series(camera, uptime.Union(day), []int64{day.From, day.To}, nil); len(series) != 1 || series[0] != f {
			t.Errorf("the series is %+v, the figure %+v", series, f)
		}
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
}

// with makes an index that holds days.
func with(days ...history.Day) *uptime.Index {
	x := uptime.NewIndex(time.UTC)
	x.Put(days...)
	return x
}

func TestOutOfServiceThereIsNoFigureAtAll(t *testing.T) {
	period := uptime.Days{First: 20_000, Last: 20_000}.Window(time.UTC)
	x := with(history.Day{Camera: camera, Number: 20_000, Timeline: history.Timeline{{Seconds: 86400, Status: wire.StatusDown}}})
	for name, service := range map[string]uptime.Spans{
		"never accepted":                         nil,
		"accepted afterwards":                    uptime.Union(uptime.Window{From: period.To, To: period.To + 10}),
		"retired before":                         uptime.Union(uptime.Window{From: 0, To: period.From}),
		"a window upside down, and an empty one": uptime.Union(uptime.Window{From: period.To, To: period.From}, uptime.Window{From: period.From + 5, To: period.From + 5}),
		"all of it maintenance":                  uptime.Union(period).Without(uptime.Union(period)),
	} {
		f := x.Snapshot().Figure(camera, service, period)
		if f != (uptime.Figure{}) {
			t.Errorf("%s: figure is %+v", name, f)
		}
		if _, ok := f.Observed(); ok {
			t.Errorf("%s: an observed share of no time", name)
		}
		if _, _, ok := f.Bounds(); ok {
			t.Errorf("%s: bounds of no time", name)
		}
		if all := x.Snapshot().Outages(camera, service, period, period.To); len(all) != 0 {
			t.Errorf("%s: outages %+v", name, all)
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
