package uptime_test

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
)

func TestUntilIsTheIndexOfWhatHadBeenSeenByThen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		at := q.window(t, "until").From
		index := uptime.NewIndex(q.loc)
		for d, line := range q.ledger {
			var kept history.Timeline // second by second
			second := d.Start(q.loc).Unix()
			for _, r := range line {
				for range r.Seconds {
					one := history.Run{Seconds: 1, Status: r.Status, Fault: r.Fault, FellOn: r.FellOn}
					if second >= at {
						one = history.Run{Seconds: 1}
					}
					second++
					if n := len(kept); n > 0 && kept[n-1].Status == one.Status && kept[n-1].Fault == one.Fault && kept[n-1].FellOn == one.FellOn {
						kept[n-1].Seconds++
						continue
					}
					kept = append(kept, one)
				}
			}
			index.Put(history.Day{Camera: camera, Number: d, Timeline: kept})
		}
		whole := q.index.Snapshot()
		had := whole.Timeline(camera, q.first)
		got, want := whole.Until(at), index.Snapshot()
		for d := q.first - 3; d <= q.last+3; d++ {
			if a, b := spread(got.Timeline(camera, d)), spread(want.Timeline(camera, d)); !slices.Equal(a, b) {
				t.Fatalf("%s until %d: %v, want %v", d, at, got.Timeline(camera, d), want.Timeline(camera, d))
			}
		}
		if a, b := got.Figure(camera, q.counted, q.period), want.Figure(camera, q.counted, q.period); a != b {
			t.Fatalf("figure until %d: %+v, want %+v", at, a, b)
		}
		if a, b := got.Outages(camera, q.counted, q.period, at), want.Outages(camera, q.counted, q.period, at); !reflect.DeepEqual(a, b) {
			t.Fatalf("outages until %d: %+v, want %+v", at, a, b)
		}
		if again := whole.Timeline(camera, q.first); !reflect.DeepEqual(had, again) {
			t.Fatalf("the whole snapshot changed: %v, was %v", again, had)
		}
	})
}

// spread gives a timeline with neighbouring runs that are alike made one.
func spread(line history.Timeline) (all []history.Run) {
	for _, r := range line {
		if n := len(all); n > 0 && all[n-1].Status == r.Status && all[n-1].Fault == r.Fault && all[n-1].FellOn == r.FellOn {
			all[n-1].Seconds += r.Seconds
			continue
		}
		all = append(all, r)
	}
	return all
}
