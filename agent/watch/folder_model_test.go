package watch_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

// reference says for every second what is vouched for, from all probes at once:
// slow, and read straight off DESIGN §3 and the package comment. It also says
// which probes are believed, and counts the failures that passed.
func reference(steps []step, bridge, proof int64, confirm int, end int64) (seconds []string, believed []step, passing int) {
	isDown := func(s step) bool { return s.r.Fault != wire.FaultNone }
	// What speaks for itself: everything but light successes.
	var strong []step
	for _, s := range steps {
		if !isLight(s) {
			strong = append(strong, s)
		}
	}
	for i := 0; i < len(strong); {
		if !isDown(strong[i]) {
			believed = append(believed, strong[i])
			i++
			continue
		}
		// A chain: failures in a row, none too far from the one before.
		j := i + 1
		for j < len(strong) && isDown(strong[j]) && strong[j].at-strong[j-1].at <= bridge {
			j++
		}
		if j-i > confirm {
			believed = append(believed, strong[i:j]...)
		} else if j < len(strong) && !isDown(strong[j]) {
			passing++
		}
		i = j
	}
	// A light success is believed as what the strong probe before it saw: if
	// that was a success, not too long ago, and no step between is too wide.
	for i, s := range steps {
		if !isLight(s) {
			continue
		}
		j, useful := i-1, true
		for ; j >= 0; j-- {
			useful = useful && steps[j+1].at-steps[j].at <= bridge
			if !isLight(steps[j]) {
				break
			}
		}
		if j >= 0 && useful && !isDown(steps[j]) && s.at-steps[j].at <= proof {
			believed = append(believed, step{s.at, steps[j].r})
		}
	}
	slices.SortFunc(believed, func(a, b step) int { return int(a.at - b.at) })
	seconds = make([]string, end)
	for sec := range end {
		for i := 0; i+1 < len(believed); i++ {
			a, b := believed[i], believed[i+1]
			if a.at <= sec && sec < b.at && b.at-a.at <= bridge {
				seconds[sec] = nameOf(a.r)
			}
		}
	}
	return seconds, believed, passing
}

func isLight(s step) bool { return s.r.Depth == probe.Light && s.r.Fault == wire.FaultNone }

func nameOf(r probe.Result) string {
	switch {
	case r.Fault != wire.FaultNone:
		return label(wire.StatusDown, r.Fault)
	case r.Loss > 0:
		return label(wire.StatusDegraded, 0)
	}
	return label(wire.StatusUp, 0)
}

func TestFolderEqualsTheReferenceSecondBySecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bridge := rapid.Int64Range(5, 60).Draw(t, "bridge")
		confirm := rapid.IntRange(0, 3).Draw(t, "confirm")
		report := rapid.Int64Range(10, 100).Draw(t, "report")
		proof := rapid.Int64Range(0, 150).Draw(t, "proof")
		results := []probe.Result{good(), good(), lossy(), light(), light(), light(), fallen(wire.FaultRefused), fallen(wire.FaultRefused), fallen(wire.FaultTimeout), lightFallen(wire.FaultRefused)}
		var steps []step
		at := int64(0)
		kind := 0
		for range rapid.IntRange(0, 40).Draw(t, "probes") {
			at += rapid.OneOf(rapid.Int64Range(1, 10), rapid.Int64Range(bridge-2, bridge+2)).Draw(t, "gap")
			if rapid.Bool().Draw(t, "another") {
				kind = rapid.IntRange(0, len(results)-1).Draw(t, "kind")
			}
			steps = append(steps, step{at, results[kind]})
		}
		end := at + 1
		want, believed, passing := reference(steps, bridge, proof, confirm, end)

		f := watch.NewFolder("CAM-1", plan, watch.Rules{
			Bridge: time.Duration(bridge) * time.Second, Proof: time.Duration(proof) * time.Second, Confirm: confirm, ReportEvery: time.Duration(report) * time.Second,
		})
		got := make([]string, end)
		all := fold(f, steps)
		for i, o := range all {
			if o.From >= o.To || o.From%1000 != 0 || o.To%1000 != 0 {
				t.Fatalf("observation from %d to %d", o.From, o.To)
			}
			for sec := o.From / 1000; sec < o.To/1000; sec++ {
				if got[sec] != "" {
					t.Fatalf("second %d is in two observations", sec)
				}
				got[sec] = label(o.Status, o.Fault)
			}
			inside := 0
			for _, b := range believed {
				if o.From <= b.at*1000 && b.at*1000 < o.To {
					inside++
				}
			}
			touches := i+1 < len(all) && all[i+1].From == o.To
			if o.Probes != inside && (touches || o.Probes != inside+1) {
				t.Fatalf("observation from %d to %d has %d probes, %d are inside", o.From, o.To, o.Probes, inside)
			}
			length := (o.To - o.From) / 1000
			if touches && label(o.Status, o.Fault) == label(all[i+1].Status, all[i+1].Fault) && length < report {
				t.Fatalf("observation from %d to %d was closed too early", o.From, o.To)
			}
			if length >= report+bridge {
				t.Fatalf("observation from %d to %d was closed too late", o.From, o.To)
			}
		}
		for sec := range want {
			if got[sec] != want[sec] {
				t.Fatalf("second %d is %q, want %q", sec, got[sec], want[sec])
			}
		}
		if f.Passing() != passing {
			t.Fatalf("%d passing failures, want %d", f.Passing(), passing)
		}
	})
}

func TestTimesThatStepBackNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := watch.NewFolder("CAM-1", plan, watch.Rules{Bridge: time.Minute, ReportEvery: time.Second})
		var all []watch.Closed
		for _, at := range rapid.SliceOfN(rapid.Int64Range(0, 100_000), 0, 30).Draw(t, "times") {
			all = append(all, f.Add(moment(at), []probe.Result{good(), lossy()}[at%2])...)
		}
		all = append(all, f.Close()...)
		for i, o := range all {
			if o.From >= o.To || i > 0 && o.From < all[i-1].To {
				t.Fatalf("%d: from %d to %d", i, o.From, o.To)
			}
		}
	})
}
