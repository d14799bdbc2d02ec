package history_test

import (
	"slices"
	"time"
	_ "time/tzdata" // the zones of these tests, whatever the machine has

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// The slow and obviously right way: a day is an array of seconds.

func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// zones have every oddity a calendar day can have: none, an hour put forward
// and back, a midnight that is skipped (São Paulo, Beirut) or comes twice
// (Havana), a day entered twice (St. John's put 00:01 back to 23:01), a day
// that never was (Apia), half an hour (Lord Howe).
var zones = []*time.Location{
	zone("Asia/Ho_Chi_Minh"), zone("Europe/Berlin"), zone("America/Sao_Paulo"), zone("America/Havana"),
	zone("America/St_Johns"), zone("Pacific/Apia"), zone("Australia/Lord_Howe"), zone("Asia/Beirut"), time.UTC,
}

func genZone() *rapid.Generator[*time.Location] {
	return rapid.Custom(func(t *rapid.T) *time.Location { return zones[rapid.IntRange(0, len(zones)-1).Draw(t, "zone")] })
}

// genDay gives days from 1970 to 2037, every second time one of those on which
// a clock is changed.
func genDay(loc *time.Location) *rapid.Generator[history.DayNumber] {
	return rapid.Custom(func(t *rapid.T) history.DayNumber {
		d := history.DayNumber(rapid.IntRange(0, 67*365).Draw(t, "day"))
		if rapid.Bool().Draw(t, "at a change") {
			if _, end := time.Unix(int64(d)*86400, 0).In(loc).ZoneBounds(); !end.IsZero() {
				y, m, day := end.Date()
				d = history.DayNumber(time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Unix()/86400) + history.DayNumber(rapid.IntRange(-1, 1).Draw(t, "beside"))
			}
		}
		return d
	})
}

// seconds spreads a timeline out.
func seconds(t history.Timeline) []history.Run {
	var s []history.Run
	for _, r := range t {
		n := r.Seconds
		r.Seconds = 1
		s = append(s, slices.Repeat([]history.Run{r}, n)...)
	}
	return s
}

// floor gives the second that a millisecond belongs to.
func floor(ms int64) int64 { return time.UnixMilli(ms).Unix() }

// paint is Fold: from the oldest look to the newest, each paints its seconds.
func paint(obs []history.Identified, first int64, n int) []history.Run {
	s := slices.Repeat([]history.Run{{Seconds: 1}}, n)
	obs = slices.Clone(obs)
	slices.SortFunc(obs, history.CompareIdentified)
	for _, o := range obs {
		for at := max(floor(o.From), first); at < floor(o.To) && at < first+int64(n); at++ {
			s[at-first] = history.Run{Seconds: 1, Status: o.Status, Fault: o.Fault, FellOn: o.FellOn}
		}
	}
	return s
}

// genObservations gives up to n observations around [from, to), Unix seconds,
// of several agents; some overlap, some abut, some lie outside.
func genObservations(from, to int64, n int) *rapid.Generator[[]history.Identified] {
	return rapid.Custom(func(t *rapid.T) []history.Identified {
		obs := make([]history.Identified, rapid.IntRange(0, n).Draw(t, "observations"))
		last := from * 1000
		for i := range obs {
			begin := rapid.Int64Range(from*1000-7_200_000, to*1000+100_000).Draw(t, "from")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0: // right after the last
				begin = last
			case 1: // on a whole second
				begin -= begin % 1000
			}
			length := rapid.OneOf(rapid.Int64Range(1, 3000), rapid.Int64Range(1, 7_200_000), rapid.Int64Range(1, 2*86_400_000)).Draw(t, "length")
			last = begin + length
			obs[i] = history.Identified{
				Agent: rapid.SampledFrom([]string{"xa-a", "xa-b"}).Draw(t, "agent"), Epoch: rapid.Uint64Range(1, 2).Draw(t, "epoch"), Seq: uint64(i),
				Observation: wire.Observation{Camera: "c", From: begin, To: last, Probes: 1, Status: rapid.SampledFrom([]wire.Status{wire.StatusUp, wire.StatusDegraded, wire.StatusDown}).Draw(t, "status")},
			}
			if o := &obs[i]; o.Status == wire.StatusDown {
				o.Fault = rapid.SampledFrom(wire.Faults()[:3]).Draw(t, "fault")
				o.FellOn = rapid.SampledFrom(wire.Rungs()[:2]).Draw(t, "rung")
			}
		}
		return obs
	})
}

// genTimeline gives a timeline of n seconds.
func genTimeline(n int) *rapid.Generator[history.Timeline] {
	if n == 0 {
		return rapid.Just(history.Timeline(nil))
	}
	return rapid.Custom(func(t *rapid.T) history.Timeline {
		var tl history.Timeline
		for left := n; left > 0; {
			r := history.Run{Seconds: min(left, rapid.OneOf(rapid.IntRange(1, 5), rapid.IntRange(1, 20_000)).Draw(t, "seconds"))}
			r.Status = wire.Status(rapid.IntRange(0, 3).Draw(t, "status"))
			if r.Status == wire.StatusDown {
				r.Fault, r.FellOn = rapid.SampledFrom(wire.Faults()).Draw(t, "fault"), wire.Rung(rapid.IntRange(0, 11).Draw(t, "rung"))
			}
			left -= r.Seconds
			if k := len(tl); k > 0 && tl[k-1].Status == r.Status && tl[k-1].Fault == r.Fault && tl[k-1].FellOn == r.FellOn {
				tl[k-1].Seconds += r.Seconds
				continue
			}
			tl = append(tl, r)
		}
		return tl
	})
}
