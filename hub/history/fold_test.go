package history_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// canonical fails the test unless neighbouring runs differ and none is empty.
func canonical(t rapid.TB, tl history.Timeline) {
	t.Helper()
	for i, r := range tl {
		if r.Seconds < 1 {
			t.Fatalf("run %d of %v is empty", i, tl)
		}
		if i > 0 {
			before := tl[i-1]
			before.Seconds = r.Seconds
			if before == r {
				t.Fatalf("runs %d and %d of %v are alike", i-1, i, tl)
			}
		}
	}
}

func TestFoldPaintsEverySecondAsTheReferenceDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := genZone().Draw(t, "zone")
		d := genDay(loc).Draw(t, "day")
		first, n := d.Start(loc).Unix(), d.Seconds(loc)
		obs := genObservations(first, first+int64(n), 12).Draw(t, "observations")
		before := slices.Clone(obs)
		got := history.Fold(obs, d, loc)
		if !slices.Equal(seconds(got), paint(obs, first, n)) {
			t.Fatalf("%s: not as painted: %v", d, got)
		}
		canonical(t, got)
		if diff := cmp.Diff(before, obs); diff != "" {
			t.Fatalf("Fold changed its argument: %s", diff)
		}
		shuffled := rapid.Permutation(obs).Draw(t, "other order")
		if again := history.Fold(shuffled, d, loc); !slices.Equal(again, got) {
			t.Fatalf("arrived in another order they give %v, not %v", again, got)
		}
		twice := history.Fold(slices.Concat(obs, obs), d, loc)
		if !slices.Equal(twice, got) {
			t.Fatalf("arrived twice they give %v, not %v", twice, got)
		}
	})
}

// Many short observations at one place: the stack is deep.
func TestFoldOfManyOverlapsPaintsEverySecondAsTheReferenceDoes(t *testing.T) {
	loc := zone("Asia/Ho_Chi_Minh")
	rapid.Check(t, func(t *rapid.T) {
		d := history.DayNumber(20_000)
		first := d.Start(loc).Unix()
		obs := genObservations(first, first+20, 80).Draw(t, "observations")
		if got, want := history.Fold(obs, d, loc), paint(obs, first, d.Seconds(loc)); !slices.Equal(seconds(got), want) {
			t.Fatalf("not as painted: %v", got)
		}
	})
}

func TestFoldByExample(t *testing.T) {
	loc := zone("Asia/Ho_Chi_Minh")
	d := history.DayNumber(20_780)
	start := d.Start(loc).UnixMilli()
	seen := func(agent string, seq uint64, from, to int64, s wire.Status) history.Identified {
		o := history.Identified{Agent: agent, Epoch: 1, Seq: seq, Observation: wire.Observation{Camera: "c", From: start + from, To: start + to, Status: s}}
		if s == wire.StatusDown {
			o.Fault, o.FellOn = wire.FaultTimeout, wire.RungConnect
		}
		return o
	}
	wrong := func(o history.Identified) history.Identified { o.Clock = wire.ClockWrong; return o }
	own := func(o history.Identified) history.Identified { o.Clock = wire.ClockOwn; return o }
	const end = 86_400_000
	for name, c := range map[string]struct {
		obs  []history.Identified
		want string
	}{
		"nobody looked":                                    {nil, "86400×unknown"},
		"by a clock that is wrong":                         {[]history.Identified{seen("a", 0, 0, end, wire.StatusUp), wrong(seen("a", 1, 10_000, 20_000, wire.StatusDown))}, "86400×up"},
		"by the device's own clock":                        {[]history.Identified{own(seen("a", 0, 0, end, wire.StatusUp))}, "86400×up"},
		"the whole day":                                    {[]history.Identified{seen("a", 0, 0, end, wire.StatusUp)}, "86400×up"},
		"over both midnights":                              {[]history.Identified{seen("a", 0, -3_600_000, end+1, wire.StatusUp)}, "86400×up"},
		"only before and after":                            {[]history.Identified{seen("a", 0, -3000, 0, wire.StatusUp), seen("a", 1, end, end+2000, wire.StatusUp)}, "86400×unknown"},
		"neighbours abut within a second":                  {[]history.Identified{seen("a", 0, 0, 1500, wire.StatusUp), seen("a", 1, 1500, 3000, wire.StatusDown)}, "1×up 2×down(timeout@connect) 86397×unknown"},
		"shorter than a second, within one":                {[]history.Identified{seen("a", 0, 100, 900, wire.StatusUp)}, "86400×unknown"},
		"a gap between the last probe and the next":        {[]history.Identified{seen("a", 0, 0, 10_000, wire.StatusUp), seen("a", 1, 20_000, 30_000, wire.StatusUp)}, "10×up 10×unknown 10×up 86370×unknown"},
		"the later look wins, the earlier shows again":     {[]history.Identified{seen("a", 0, 0, 60_000, wire.StatusUp), seen("b", 0, 20_000, 30_000, wire.StatusDown)}, "20×up 10×down(timeout@connect) 30×up 86340×unknown"},
		"one millisecond later is later":                   {[]history.Identified{seen("b", 0, 0, 10_000, wire.StatusUp), seen("a", 0, 1, 10_000, wire.StatusDegraded)}, "10×degraded 86390×unknown"},
		"on equal beginnings the greater agent wins":       {[]history.Identified{seen("b", 0, 0, 10_000, wire.StatusUp), seen("a", 0, 0, 10_000, wire.StatusDegraded)}, "10×up 86390×unknown"},
		"on equal beginnings the greater number wins":      {[]history.Identified{seen("a", 9, 0, 10_000, wire.StatusUp), seen("a", 10, 0, 5000, wire.StatusDegraded)}, "5×degraded 5×up 86390×unknown"},
		"one that ended under another does not come again": {[]history.Identified{seen("a", 0, 0, 10_000, wire.StatusDegraded), seen("b", 0, 5000, 20_000, wire.StatusUp)}, "5×degraded 15×up 86380×unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := history.Fold(c.obs, d, loc).String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestFillTakesUnknownSecondsAndNoOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 90_000).Draw(t, "seconds")
		ledger, late := genTimeline(n).Draw(t, "ledger"), genTimeline(n).Draw(t, "late")
		if rapid.Bool().Draw(t, "of another length") { // rules of the zone may change
			late = genTimeline(rapid.IntRange(0, 90_000).Draw(t, "seconds of late")).Draw(t, "late")
		}
		before, beforeLate := slices.Clone(ledger), slices.Clone(late)
		got := history.Fill(ledger, late)
		want, from := seconds(ledger), seconds(late)
		for i := range want {
			if want[i].Unknown() && i < len(from) {
				want[i] = from[i]
			}
		}
		if !slices.Equal(seconds(got), want) {
			t.Fatalf("%v filled from %v gives %v", ledger, late, got)
		}
		canonical(t, got)
		if !slices.Equal(before, ledger) || !slices.Equal(beforeLate, late) {
			t.Fatal("Fill changed its arguments")
		}
		if again := history.Fill(got, late); !slices.Equal(again, got) {
			t.Fatalf("filled again it is %v, not %v", again, got)
		}
	})
}

func BenchmarkFold(b *testing.B) {
	loc := zone("Asia/Ho_Chi_Minh")
	d := history.DayNumber(20_780)
	start := d.Start(loc)
	var obs []history.Identified
	for i := range 288 {
		from := start.Add(time.Duration(i) * 5 * time.Minute).UnixMilli()
		obs = append(obs, history.Identified{Agent: "a", Seq: uint64(i), Observation: wire.Observation{From: from, To: from + 300_000, Status: wire.Status(1 + i/100)}})
	}
	for b.Loop() {
		history.Fold(obs, d, loc)
	}
}
