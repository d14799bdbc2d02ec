package wire_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"runtime"
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
				all := slices.Clone(b.Observations)
				for j := range all {
					all[j].Stages = slices.Clone(all[j].Stages)
					part.plain(j, &all[j])
				}
				parts[i] += len(c) - len(wire.AppendColumns(nil, all))
			}
		}
		of := func(bytes int) float64 { return float64(bytes) / float64(n) }
		var table strings.Builder
		table.WriteString("| what                        | bytes |\n| --------------------------- | ----- |\n")
		rest := columns
		for i, part := range parted {
			fmt.Fprintf(&table, "| %-27s | %5.2f |\n", part.name, of(parts[i]))
			rest -= parts[i]
		}
		fmt.Fprintf(&table, "| tables, numbers of columns  | %5.2f |\n| frame of the message        | %5.2f |\n| all                         | %5.2f |\n",
			of(rest), of(payload-columns), of(payload))
		t.Logf("seed %d, %d observations in batches of 50, of which %d are compressed\n%salone, as in the spool: %.0f bytes", seed, n, compressed, &table, 50*of(single))
		if seed == 1 {
			inDocument(t, table.String())
		}
		if of(payload) > maxSize {
			t.Errorf("an observation costs %.2f bytes, at most %d are allowed", of(payload), maxSize)
		}
	}
}

// inDocument compares the table of sizes with that of docs/wire.md.
func inDocument(t *testing.T, table string) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		return // other machines round the made-up values otherwise in the last place
	}
	const path = "../../docs/wire.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sizes := regexp.MustCompile(`(?s)(<!-- begin sizes[^\n]*\n)(.*?)(<!-- end sizes -->)`)
	m := sizes.FindSubmatch(page)
	switch {
	case m == nil:
		t.Fatalf("%s has no place for the sizes", path)
	case *update:
		if err := os.WriteFile(path, sizes.ReplaceAll(page, []byte("${1}\n"+table+"\n${3}")), 0o644); err != nil {
			t.Fatal(err)
		}
	case strings.TrimSpace(string(m[2])) != strings.TrimSpace(table):
		t.Errorf("%s says\n%sbut it is\n%s", path, m[2], table)
	}
}

// The example of docs/wire.md is a golden file.
func TestTheExampleOfTheDocumentIsTheGoldenOne(t *testing.T) {
	page, err := os.ReadFile("../../docs/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "### An example")
	_, example, _ = strings.Cut(example, "```\n")
	example, _, _ = strings.Cut(example, "```")
	var digits strings.Builder
	for line := range strings.Lines(example) {
		digits.WriteString(strings.Join(regexp.MustCompile(`^ *([0-9a-f]{2}( |$))+`).FindAllString(strings.TrimRight(line, "\n"), 1), ""))
	}
	got := strings.Join(strings.Fields(digits.String()), "")
	if want := hex.EncodeToString(readHex(t, "testdata/golden/up-batch-one.hex")); got != want {
		t.Errorf("the document has\n%s\nthe golden file\n%s", got, want)
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
			all := make([]wire.Observation, 50)
			for i := range all {
				all[i] = good()
			}
			same := len(wire.AppendColumns(nil, all))
			for i := range all {
				all[i].Camera = code(i * 17 % 50)
			}
			if cost := float64(len(wire.AppendColumns(nil, all))-same) / 50; cost > 1.5 {
				t.Errorf("a code costs %.2f bytes", cost)
			} else {
				t.Logf("a code costs %.2f bytes", cost)
			}
		})
	}
}
