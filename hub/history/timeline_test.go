package history_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func TestATimelineComesBackFromItsStoredForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tl := genTimeline(rapid.IntRange(0, 90_000).Draw(t, "seconds")).Draw(t, "timeline")
		p, err := tl.AppendBinary([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		p, found := bytes.CutPrefix(p, []byte("before"))
		if !found {
			t.Fatal("AppendBinary does not append")
		}
		got := history.Timeline{{Seconds: 7}} // what was there goes
		if err := got.UnmarshalBinary(p); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, tl) {
			t.Fatalf("%v came back as %v", tl, got)
		}
	})
}

// The stored form stands in every ledger there is.
func TestTheStoredFormOfATimelineStaysWhatItIs(t *testing.T) {
	tl := history.Timeline{{Seconds: 300, Status: wire.StatusUp}, {Seconds: 1}, {Seconds: 86_099, Status: wire.StatusDown, Fault: wire.FaultBusy, FellOn: wire.RungSetup}}
	want := []byte{1, 0xac, 2, 1, 1, 0, 0xd3, 0xa0, 5, 3, 11, 7}
	got, err := tl.AppendBinary(nil)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("stored as %x, %v, want %x", got, err, want)
	}
}

func TestATimelineThatCouldNotBeReadIsNotWritten(t *testing.T) {
	up := history.Run{Seconds: 1, Status: wire.StatusUp}
	for name, tl := range map[string]history.Timeline{
		"empty run":                {{Status: wire.StatusUp}},
		"negative run":             {{Seconds: -1}},
		"longer than two days":     {{Seconds: 48*3600 + 1}},
		"together longer":          {{Seconds: 40 * 3600}, {Seconds: 40 * 3600, Status: wire.StatusUp}},
		"unknown status":           {{Seconds: 1, Status: 4}},
		"fault without down":       {{Seconds: 1, Status: wire.StatusUp, Fault: wire.FaultBusy}},
		"rung without down":        {{Seconds: 1, FellOn: wire.RungPlay}},
		"unknown fault":            {{Seconds: 1, Status: wire.StatusDown, Fault: 99}},
		"unknown rung":             {{Seconds: 1, Status: wire.StatusDown, FellOn: 99}},
		"neighbours that are same": {up, up},
	} {
		t.Run(name, func(t *testing.T) {
			if p, err := tl.AppendBinary(nil); err == nil {
				t.Errorf("written as %x", p)
			}
		})
	}
}

func TestDamagedTimelinesAreRefused(t *testing.T) {
	for name, p := range map[string][]byte{
		"nothing":                    {},
		"another version":            {2, 1, 1},
		"length of zero":             {1, 0, 1},
		"length without status":      {1, 5},
		"length that does not end":   {1, 0x80},
		"length written too long":    {1, 0x81, 0, 1},
		"length beyond all bounds":   {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1},
		"longer than two days":       {1, 0xff, 0xff, 0xff, 1, 1},
		"unknown status":             {1, 5, 9},
		"down without its fault":     {1, 5, 3},
		"down without its rung":      {1, 5, 3, 4},
		"unknown fault":              {1, 5, 3, 99, 1},
		"unknown rung":               {1, 5, 3, 1, 99},
		"neighbours that are alike":  {1, 5, 1, 6, 1},
		"too long altogether":        {1, 0x80, 0x80, 8, 1, 0x80, 0x80, 8, 2},
		"a byte too many at the end": {1, 5, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var tl history.Timeline
			if err := tl.UnmarshalBinary(p); err == nil {
				t.Errorf("read as %v", tl)
			}
		})
	}
}

func FuzzTimelineUnmarshalBinary(f *testing.F) {
	f.Add([]byte{1})
	f.Add([]byte{1, 0xac, 2, 1, 1, 0, 0xd3, 0xa0, 5, 3, 11, 7})
	f.Fuzz(func(t *testing.T, p []byte) {
		var tl history.Timeline
		if tl.UnmarshalBinary(p) != nil {
			return
		}
		if n := tl.Seconds(); n > 48*3600 {
			t.Errorf("%d seconds", n)
		}
		canonical(t, tl)
		again, err := tl.AppendBinary(nil)
		if err != nil || !bytes.Equal(again, p) {
			t.Errorf("%x was read as %v, which is written %x, %v", p, tl, again, err)
		}
	})
}

func TestWithinCountsAsTheReferenceDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 90_000).Draw(t, "seconds")
		tl := genTimeline(n).Draw(t, "timeline")
		a := rapid.IntRange(-10, n+10).Draw(t, "from")
		b := rapid.IntRange(-10, n+10).Draw(t, "to")
		var want history.Count
		down := false
		all := seconds(tl)
		for i := max(a, 0); i < min(b, n); i++ {
			switch all[i].Status {
			case wire.StatusUp:
				want.Up++
			case wire.StatusDegraded:
				want.Degraded++
			case wire.StatusDown:
				want.Down++
				if !down {
					want.Outages++
				}
			default:
				want.Unknown++
			}
			down = all[i].Status == wire.StatusDown
		}
		if got := tl.Within(a, b); got != want {
			t.Fatalf("%v within %d and %d counts %+v, want %+v", tl, a, b, got, want)
		}
		day := history.Day{Timeline: tl}
		if got, want := day.Count(), tl.Within(0, n); got != want || tl.Count() != want || got.Up+got.Degraded+got.Down+got.Unknown != int64(n) {
			t.Fatalf("the whole counts %+v, want %+v of %d seconds", got, want, n)
		}
		// Seconds add up wherever the timeline is cut.
		cut := rapid.IntRange(0, n).Draw(t, "cut")
		sum := tl.Within(0, cut)
		sum.Add(tl.Within(cut, n))
		whole := tl.Count()
		if stitched := sum.Outages - whole.Outages; stitched < 0 || stitched > 1 {
			t.Fatalf("%d outages in two parts, %d in the whole", sum.Outages, whole.Outages)
		}
		sum.Outages = whole.Outages
		if sum != whole {
			t.Fatalf("parts add up to %+v, the whole is %+v", sum, whole)
		}
	})
}
