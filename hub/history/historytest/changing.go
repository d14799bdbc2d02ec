package historytest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func (b *bench) changes(q history.Query, since time.Time) []history.Change {
	b.t.Helper()
	var all []history.Change
	for c, err := range b.s.Changes(b.ctx, q, since) {
		if err != nil {
			b.t.Fatalf("Changes: %v", err)
		}
		all = append(all, c)
	}
	return all
}

func changes(t *testing.T, open Open) {
	b := vietnam(t, open)
	seq := uint64(0)
	var moments []time.Time
	say := func(obs ...wire.Observation) {
		b.clock.set(b.clock.now().Add(time.Hour + 7*time.Millisecond))
		b.append(b.batch("xa-a", 1, seq, obs...))
		seq += uint64(len(obs))
		b.fold()
		moments = append(moments, b.clock.now())
	}
	// A day that goes on changes, and that is no change of a closed one.
	say(b.hour("c1", today, 1, wire.StatusUp))
	say(b.hour("c1", today, 2, wire.StatusUp))
	if got := b.changes(history.EveryDay(), time.Time{}); len(got) != 0 {
		t.Fatalf("changes of an open day: %v", got)
	}
	b.clock.set((today + 3).Start(b.loc))
	say(b.hour("c1", today, 3, wire.StatusDown), b.hour("c1", today, 5, wire.StatusDown)) // 2
	say(b.hour("c2", today-1, 0, wire.StatusDegraded))                                    // 3: nothing stood there
	say(b.hour("c1", today, 2, wire.StatusUp))                                            // nothing new
	b.s = b.o.Reopen(t)
	say(b.hour("c1", today, 4, wire.StatusDown), b.hour("c1", today+1, 0, wire.StatusUp)) // 5: two outages become one
	all := []history.Change{
		{Camera: "c1", Day: today, Revision: 2, At: moments[2], Before: history.Count{Up: 7200, Unknown: 79_200}, After: history.Count{Up: 7200, Down: 7200, Unknown: 72_000, Outages: 2}},
		{Camera: "c2", Day: today - 1, Revision: 1, At: moments[3], Before: history.Count{Unknown: 86_400}, After: history.Count{Degraded: 3600, Unknown: 82_800}},
		{Camera: "c1", Day: today, Revision: 3, At: moments[5], Before: history.Count{Up: 7200, Down: 7200, Unknown: 72_000, Outages: 2}, After: history.Count{Up: 7200, Down: 10_800, Unknown: 68_400, Outages: 1}},
		{Camera: "c1", Day: today + 1, Revision: 1, At: moments[5], Before: history.Count{Unknown: 86_400}, After: history.Count{Up: 3600, Unknown: 82_800}},
	}
	for _, since := range []time.Time{{}, moments[2], moments[2].Add(time.Millisecond), moments[3], moments[5], moments[5].Add(time.Millisecond)} {
		for _, q := range []history.Query{history.EveryDay(), {First: today, Last: today}, {First: today + 1, Last: today + 9}, {Cameras: []string{"c2", "c3"}, First: today - 1, Last: today}, {Cameras: []string{}, First: today, Last: today}} {
			var want []history.Change
			for _, c := range all {
				if !c.At.Before(since) && c.Day >= q.First && c.Day <= q.Last && (q.Cameras == nil || slices.Contains(q.Cameras, c.Camera)) {
					want = append(want, c)
				}
			}
			if diff := cmp.Diff(want, b.changes(q, since), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("changes of %+v since %v (-want +got):\n%s", q, since, diff)
			}
		}
	}
	b.prune(b.at(today+3, 0, 0))
	if got := b.changes(history.EveryDay(), time.Time{}); len(got) != len(all) {
		t.Errorf("%d changes after the observations are forgotten, want %d", len(got), len(all))
	}
	cancelled, cancel := context.WithCancel(b.ctx)
	cancel()
	for _, err := range b.s.Changes(cancelled, history.EveryDay(), time.Time{}) {
		wantError(t, "Changes with a cancelled context", err, context.Canceled)
	}
}
