package wire_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/wire"
)

// precision is what docs/wire.md promises of a measured value: it is at most
// share of itself away, or at most least.
var precision = map[string]struct {
	share, least float64
	of           func(o *wire.Observation) *wire.Stat
}{
	"frame rate":   {0.002, 0.002, func(o *wire.Observation) *wire.Stat { return &o.FrameRate }},
	"bit rate":     {0.008, 8, func(o *wire.Observation) *wire.Stat { return &o.BitRate }},
	"keyframe gap": {0.004, 0.004, func(o *wire.Observation) *wire.Stat { return &o.KeyframeGap }},
	"loss":         {0.004, 0.00007, func(o *wire.Observation) *wire.Stat { return &o.Loss }},
	"jitter":       {0.05, 0.025, func(o *wire.Observation) *wire.Stat { return &o.Jitter }},
	"time":         {0.05, 0.025, func(o *wire.Observation) *wire.Stat { return &o.Stages[0].Time }},
}

func TestRoundingKeepsWhatTheDocumentPromises(t *testing.T) {
	value := rapid.OneOf(
		rapid.Float32Range(0, 1e12), rapid.Float32Range(0, 1), rapid.Float32Range(0, 100), rapid.Float32Range(0, 1e7),
		rapid.SampledFrom([]float32{0, math.SmallestNonzeroFloat32, 1, 25, 1e12, math.Nextafter32(1e12, 0), math.Nextafter32(1, 0)}),
	)
	for name, c := range precision {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			round := func(v float32) float32 {
				o := good()
				o.Stages = []wire.Stage{{Rung: wire.RungConnect, Time: wire.Stat{N: 1}}}
				*c.of(&o) = wire.Stat{N: 1, Min: v, Mean: v, Max: v}
				o.Round()
				if err := o.Check(); err != nil {
					t.Fatalf("%g is refused after rounding: %v", v, err)
				}
				return c.of(&o).Mean
			}
			a, b := value.Draw(t, "a"), value.Draw(t, "b")
			a, b = min(a, b), max(a, b)
			ra, rb := round(a), round(b)
			if away := math.Abs(float64(ra) - float64(a)); away > max(c.share*float64(a), c.least) {
				t.Errorf("%g becomes %g", a, ra)
			}
			if ra > rb {
				t.Errorf("%g becomes %g, but %g becomes %g", a, ra, b, rb)
			}
			if again := round(ra); again != ra {
				t.Errorf("%g becomes %g, and that %g", a, ra, again)
			}
			if zero := round(0); zero != 0 {
				t.Errorf("0 becomes %g", zero)
			}
		}))
	}
}

func TestRoundingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := genObservation().Draw(t, "observation")
		o.Round()
		if err := o.Check(); err != nil {
			t.Fatal(err)
		}
		again := o
		again.Round()
		same(t, o, again, nil)
	})
}

func TestRoundingLeavesTheStagesOfOthersAlone(t *testing.T) {
	a := full()
	b := a
	b.Round()
	same(t, full(), a, nil)
	if b.Stages[1].Time.Max == a.Stages[1].Time.Max {
		t.Errorf("a maximum of %g ms is not rounded", b.Stages[1].Time.Max)
	}
}

// What people set and read comes through as it is.
func TestUsualValuesStayAsTheyAre(t *testing.T) {
	for _, rate := range []float32{1, 5, 6, 7.5, 8, 10, 12, 12.5, 15, 20, 25, 30, 50, 60} {
		o := wire.Observation{FrameRate: wire.Stat{N: 1, Min: rate, Mean: rate, Max: rate}}
		if o.Round(); o.FrameRate.Mean != rate {
			t.Errorf("%g frames a second become %g", rate, o.FrameRate.Mean)
		}
	}
	for _, gap := range []float32{0.5, 1, 2, 4, 5, 8, 10} {
		o := wire.Observation{KeyframeGap: wire.Stat{N: 1, Min: gap, Mean: gap, Max: gap}}
		if o.Round(); o.KeyframeGap.Mean != gap {
			t.Errorf("a gap of %g s becomes %g", gap, o.KeyframeGap.Mean)
		}
	}
	for _, ms := range []float32{0.1, 1, 10, 100, 1000, 1.1, 46.4, 2150} {
		o := wire.Observation{Jitter: wire.Stat{N: 1, Min: ms, Mean: ms, Max: ms}}
		if o.Round(); o.Jitter.Mean != ms {
			t.Errorf("%g ms become %g", ms, o.Jitter.Mean)
		}
	}
}
