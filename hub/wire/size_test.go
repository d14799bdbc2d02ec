package wire_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

// maxSize is what an observation may cost in batches of 50, in bytes of the
// payload, all included.
const maxSize = 20

// A day of a commune with 50 cameras at default settings.
func TestAnObservationCostsFewBytes(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		payload, columns, single, n, compressed := 0, 0, 0, 0, 0
		var parts [32]int
		for b := range wiretest.Batches(seed, 50, 50) {
			p := wire.MarshalUp(wire.UpMessage{Batch: &b})
			c := wire.AppendColumns(nil, b.Observations)
			if !strings.Contains(string(p), string(c)) {
				compressed++
			}
			payload, columns, n = payload+len(p), columns+len(c), n+len(b.Observations)
			single += len(wire.MarshalObservation(&b.Observations[0]))
			for i, part := range parted {
				os := slices.Clone(b.Observations)
				for j := range os {
					os[j].Stages = slices.Clone(os[j].Stages)
					part.plain(j, &os[j])
				}
				parts[i] += len(c) - len(wire.AppendColumns(nil, os))
			}
		}
		of := func(bytes int) float64 { return float64(bytes) / float64(n) }
		var table strings.Builder
		rest := columns
		for i, part := range parted {
			fmt.Fprintf(&table, "| %-27s | %5.2f |\n", part.name, of(parts[i]))
			rest -= parts[i]
		}
		t.Logf("seed %d, %d observations in batches of 50, of which %d are compressed\n"+
			"| what                        | bytes |\n|---|---|\n%s"+
			"| tables, numbers of columns  | %5.2f |\n| frame of the message        | %5.2f |\n| all                         | %5.2f |\nalone, as in the spool: %.0f bytes",
			seed, n, compressed, &table, of(rest), of(payload-columns), of(payload), 50*of(single))
		if of(payload) > maxSize {
			t.Errorf("an observation costs %.2f bytes, at most %d are allowed", of(payload), maxSize)
		}
	}
}

// parted is what observations consist of, each with what makes it cost
// nothing.
var parted = []struct {
	name  string
	plain func(i int, o *wire.Observation)
}{
	{"camera", func(i int, o *wire.Observation) { o.Camera = "TH-18562-001" }},
	{"times", func(i int, o *wire.Observation) {
		o.To = wiretest.Begin + int64(i)*6000
		o.From = o.To - int64(o.Probes)*30_000
	}},
	{"verdict", func(i int, o *wire.Observation) {
		o.Status, o.Rung, o.Fault, o.FellOn, o.RTSPStatus, o.Reasons = wire.StatusUp, wire.RungFresh, 0, 0, 0, nil
		o.Codec, o.Width, o.Height = wire.CodecH264, 1920, 1080
	}},
	{"frame rate", func(i int, o *wire.Observation) { o.FrameRate = wire.Stat{} }},
	{"bit rate", func(i int, o *wire.Observation) { o.BitRate = wire.Stat{} }},
	{"gap between key frames", func(i int, o *wire.Observation) { o.KeyframeGap = wire.Stat{} }},
	{"loss", func(i int, o *wire.Observation) { o.Loss = wire.Stat{} }},
	{"jitter", func(i int, o *wire.Observation) { o.Jitter = wire.Stat{} }},
	{"time to resolve", without(wire.RungResolve)},
	{"time to connect", without(wire.RungConnect)},
	{"time for options", without(wire.RungOptions)},
	{"time to describe", without(wire.RungDescribe)},
	{"time to authenticate", without(wire.RungAuth)},
	{"time to set up", without(wire.RungSetup)},
	{"time to play", without(wire.RungPlay)},
	{"time to the first packet", without(wire.RungMedia)},
	{"time to the first key frame", without(wire.RungKeyframe)},
	{"time of the window", without(wire.RungFresh)},
}

func without(r wire.Rung) func(int, *wire.Observation) {
	return func(_ int, o *wire.Observation) {
		o.Stages = slices.DeleteFunc(o.Stages, func(s wire.Stage) bool { return s.Rung == r })
	}
}

// Every code of a camera in a batch of 50 is another one.
func TestACodeCostsFewBytes(t *testing.T) {
	for name, code := range map[string]func(i int) string{
		"by site": func(i int) string { return fmt.Sprintf("TH-18562-%02d", i+1) },
		"three digits, some missing": func(i int) string {
			return fmt.Sprintf("xa-tan-lap.cam%03d", i+i/7)
		},
		"two cameras a site": func(i int) string { return fmt.Sprintf("TH-18562-%02d-%d", i/2, i%2+1) },
	} {
		t.Run(name, func(t *testing.T) {
			os := make([]wire.Observation, 50)
			for i := range os {
				os[i] = good()
			}
			same := len(wire.AppendColumns(nil, os))
			for i := range os {
				os[i].Camera = code(i * 17 % 50)
			}
			if cost := float64(len(wire.AppendColumns(nil, os))-same) / 50; cost > 1.5 {
				t.Errorf("a code costs %.2f bytes", cost)
			} else {
				t.Logf("a code costs %.2f bytes", cost)
			}
		})
	}
}
