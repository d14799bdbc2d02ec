package wire_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wirepb"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// full is an observation with every field set.
func full() wire.Observation {
	return wire.Observation{
		Camera: "tan-lap.cho-01", From: 1_794_960_000_123, To: 1_794_960_300_456,
		Status: wire.StatusDegraded, Rung: wire.RungFresh, Reasons: []wire.Reason{wire.ReasonLowResolution, wire.ReasonLoss},
		Probes: 10, Codec: wire.CodecH265, Width: 640, Height: 360,
		FrameRate: wire.Stat{N: 10, Min: 11.5, Mean: 12.25, Max: 12.5}, BitRate: wire.Stat{N: 10, Min: 400e3, Mean: 512e3, Max: 640e3},
		KeyframeGap: wire.Stat{N: 10, Min: 2, Mean: 2, Max: 2}, Loss: wire.Stat{N: 10, Max: 0.25, Mean: 0.0625}, Jitter: wire.Stat{N: 10, Min: 1.5, Mean: 3, Max: 9},
		Stages: []wire.Stage{{Rung: wire.RungConnect, Time: wire.Stat{N: 10, Min: 3, Mean: 4, Max: 8}}, {Rung: wire.RungDescribe, Time: wire.Stat{N: 10, Min: 20, Mean: 25, Max: 40}}},
	}
}

func fallen() wire.Observation {
	return wire.Observation{
		Camera: "tan-lap.cau-02", From: 1_794_960_000_000, To: 1_794_960_300_000, Status: wire.StatusDown,
		Rung: wire.RungDescribe, Fault: wire.FaultBusy, FellOn: wire.RungSetup, RTSPStatus: 453, Probes: 3,
	}
}

// golden is a message with what encodes it, what decodes and encodes it
// again, and its form in the schema.
type golden struct {
	name   string
	encode func() []byte
	again  func(p []byte) ([]byte, error)
	schema proto.Message
}

func goldens() []golden {
	f, d := full(), fallen()
	up := func(m wire.UpMessage) func() []byte { return func() []byte { return wire.MarshalUp(m) } }
	down := func(m wire.DownMessage) func() []byte { return func() []byte { return wire.MarshalDown(m) } }
	upAgain := func(p []byte) ([]byte, error) {
		m, err := wire.UnmarshalUp(p)
		if err != nil {
			return nil, err
		}
		return wire.MarshalUp(m), nil
	}
	downAgain := func(p []byte) ([]byte, error) {
		m, err := wire.UnmarshalDown(p)
		if err != nil {
			return nil, err
		}
		return wire.MarshalDown(m), nil
	}
	observationAgain := func(p []byte) ([]byte, error) {
		o, err := wire.UnmarshalObservation(p)
		return wire.MarshalObservation(&o), err
	}
	liveAgain := func(p []byte) ([]byte, error) {
		m, err := wire.UnmarshalLive(p)
		return wire.MarshalLive(&m), err
	}
	listAgain := func(p []byte) ([]byte, error) {
		l, err := wire.UnmarshalList(p)
		if err != nil {
			return nil, err
		}
		return wire.MarshalList(&l)
	}
	list := func(l wire.List) func() []byte { return func() []byte { return mustList(&l) } }
	live := func(m wire.LiveMessage) func() []byte { return func() []byte { return wire.MarshalLive(&m) } }
	fifty, named := first(wiretest.Batches(1, 50, 50)), first(wiretest.Batches(2, 50, 50))
	for i := range named.Observations { // codes with much in common, yet not counted up
		o := &named.Observations[i]
		o.Camera = "xa-tan-lap.duong-lien-thon." + string(rune('a'+i%25)) + "-cong-lang-phia-bac-" + o.Camera[len(o.Camera)-1:]
	}
	states := []wire.State{
		{Camera: f.Camera, Status: f.Status, Rung: f.Rung, Reasons: f.Reasons, Since: f.From, Probed: f.To, Codec: f.Codec, Width: f.Width, Height: f.Height},
		{Camera: d.Camera, Status: d.Status, Rung: d.Rung, Fault: d.Fault, FellOn: d.FellOn, RTSPStatus: d.RTSPStatus, Since: d.From, Probed: d.To},
	}
	// A single-board computer in a warm cabinet, on a weak supply.
	device := wire.Vitals{
		Uptime: wire.Read(1_209_600), Load: wire.Read(135), Cores: wire.Read(4), Memory: wire.Read(922), Available: wire.Read(611),
		Temperature: wire.Read(78), Disk: wire.Read(29_512), Free: wire.Read(21_004), Power: wire.Read(int64(wire.UnderVoltageSeen | wire.SlowedSeen)),
	}
	const epoch, now = 0xfeed_face_cafe_beef, 1_794_960_301_000
	return []golden{
		{"up-hello", up(wire.UpMessage{Hello: &wire.Hello{Epoch: epoch, FirstSeq: 100, NextSeq: 161, AgentVersion: "1.4.0 linux/arm", Sent: now, Boot: 0xb007_b007_b007_b007, Session: 17<<32 | 3, Stamp: 86_400_000}}), upAgain, &wirepb.Up{}},
		{"up-hello-key", up(wire.UpMessage{Hello: &wire.Hello{Epoch: epoch, FirstSeq: 100, NextSeq: 161, AgentVersion: "1.5.0 linux/arm", Sent: now, Boot: 0xb007_b007_b007_b007, Session: 17<<32 | 3, Stamp: 86_400_000, Key: wire.Key{0: 1, 31: 0x7f}}}), upAgain, &wirepb.Up{}},
		{"up-batch-one", up(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: 100, OldestSeq: 98, Stamp: 86_400_000, Observations: []wire.Observation{d}}}), upAgain, &wirepb.Up{}},
		{"up-batch-two", up(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: 100, OldestSeq: 98, Stamp: 86_400_000, Observations: []wire.Observation{f, d}}}), upAgain, &wirepb.Up{}},
		{"up-batch-fifty", up(wire.UpMessage{Batch: &fifty}), upAgain, &wirepb.Up{}},
		{"up-batch-zstd", up(wire.UpMessage{Batch: &named}), upAgain, &wirepb.Up{}},
		{"up-gaps", up(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: 100, OldestSeq: 100, Stamp: 86_400_000, Gaps: []wire.Gap{
			{From: 90, Next: 98, Begin: now - 600_000, End: now - 300_000, Why: wire.GapOverflow},
			{From: 98, Next: 100, Clock: wire.ClockOwn, Why: wire.GapDamaged},
		}}}), upAgain, &wirepb.Up{}},
		{"down-ack", down(wire.DownMessage{Ack: &wire.Ack{Epoch: epoch, Upto: 102, HubTime: now + 500, Stamp: 86_400_000}}), downAgain, &wirepb.Down{}},
		{"down-refusal", down(wire.DownMessage{Refusal: &wire.Refusal{Code: wire.RefusalIdentity, Reason: "another device uses the code xa-tan-lap", HubTime: now + 500, Stamp: 86_400_000}}), downAgain, &wirepb.Down{}},
		{"down-ask", down(wire.DownMessage{Ask: &wire.Ask{Live: true}}), downAgain, &wirepb.Down{}},
		{"live-whole", live(wire.LiveMessage{Online: true, Session: 17<<32 | 3, Sent: now, Spooled: 61, Cameras: 3, Interval: 60_000, States: states, Whole: true, Digest: wire.Digest(states), Overruns: 5}), liveAgain, &wirepb.Live{}},
		{"live-delta", live(wire.LiveMessage{Online: true, Session: 17<<32 | 3, Sent: now, Spooled: 61, Cameras: 3, Interval: 60_000, States: states[1:], Digest: wire.Digest(states), Looked: 31_000}), liveAgain, &wirepb.Live{}},
		{"live-list", live(wire.LiveMessage{Online: true, Session: 17<<32 | 3, Sent: now, Cameras: 3, Interval: 60_000, Digest: wire.Digest(nil), List: 0xcafe_cafe_cafe_cafe, ListRevision: 7, ListRefused: 1}), liveAgain, &wirepb.Live{}},
		{"live-vitals", live(wire.LiveMessage{Online: true, Session: 17<<32 | 3, Sent: now, Cameras: 3, Interval: 60_000, Digest: wire.Digest(nil), Vitals: &device}), liveAgain, &wirepb.Live{}},
		{"plan-none", list(wire.List{Revision: 8}), listAgain, &wirepb.List{}},
		{"plan-three", list(wire.List{Revision: 7, Cameras: []wire.Assigned{
			{Camera: "tan-lap.cho-01", Address: "rtsp://192.0.2.10/stream"},
			{Camera: "tan-lap.cau-02", Address: "rtsps://cau-02.example:322/main?ch=1", Width: 1920, Height: 1080, FrameRate: 12.5, KeyframeGap: 4000,
				LightInterval: 60_000, FullInterval: 600_000, Depth: wire.DepthFull, Transport: wire.TransportUDP, Sealed: []byte{1, 2, 3}},
			{Camera: "tan-lap.nga-ba-03", Address: "rtsp://[2001:db8::3]:8554/", Width: 640, Height: 360, Depth: wire.DepthBoth, Transport: wire.TransportAuto},
		}}), listAgain, &wirepb.List{}},
		{"observation-degraded", func() []byte { return wire.MarshalObservation(&f) }, observationAgain, &wirepb.Columns{}},
		{"observation-down", func() []byte { return wire.MarshalObservation(&d) }, observationAgain, &wirepb.Columns{}},
	}
}

// mustList encodes a list that keeps the contract.
func mustList(l *wire.List) []byte {
	p, err := wire.MarshalList(l)
	if err != nil {
		panic(err)
	}
	return p
}

// first gives the first of several batches.
func first(batches iter.Seq[wire.Batch]) wire.Batch {
	for b := range batches {
		return b
	}
	panic("no batch")
}

// The bytes of version 1 never change: agents in the field speak them. When
// this test fails, the contract is broken, not the test.
func TestBytesOnTheWireAreTheGoldenOnes(t *testing.T) {
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			hexFile, textFile := filepath.Join("testdata", "golden", g.name+".hex"), filepath.Join("testdata", "golden", g.name+".textproto")
			if *update {
				writeGolden(t, g, hexFile, textFile)
			}
			want := readHex(t, hexFile)
			if got := g.encode(); string(got) != string(want) && !isZstd(want) { // the compressor's bytes may change, what they mean not
				t.Errorf("encodes as\n%x\nwant\n%x", got, want)
			}
			again, err := g.again(want)
			if err != nil {
				t.Fatalf("decode golden bytes: %v", err)
			}
			if string(again) != string(want) && !isZstd(want) {
				t.Errorf("decoded and encoded again it is\n%x\nwant\n%x", again, want)
			}
			sameObservations(t, want, strings.TrimSuffix(hexFile, ".hex")+".observations.jsonl")
			// The readable form says the same as the bytes.
			text, err := os.ReadFile(textFile)
			if err != nil {
				t.Fatal(err)
			}
			fromText, fromBytes := g.schema, proto.Clone(g.schema)
			if err := prototext.Unmarshal(text, fromText); err != nil {
				t.Fatalf("%s: %v", textFile, err)
			}
			if err := proto.Unmarshal(want, fromBytes); err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(fromText, fromBytes) {
				t.Errorf("%s says\n%v\nthe bytes say\n%v", textFile, fromText, fromBytes)
			}
		})
	}
}

func isZstd(p []byte) bool { return strings.Contains(string(p), "\x28\xb5\x2f\xfd") }

// sameObservations compares the observations of a batch or a spooled one with
// a file that has one a line.
func sameObservations(t *testing.T, p []byte, path string) {
	t.Helper()
	var observations []wire.Observation
	if m, err := wire.UnmarshalUp(p); err == nil && m.Batch != nil {
		observations = m.Batch.Observations
	} else if o, err := wire.UnmarshalObservation(p); err == nil {
		observations = []wire.Observation{o}
	}
	if observations == nil {
		return
	}
	var lines strings.Builder
	for i := range observations {
		line, err := json.Marshal(&observations[i])
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	if *update {
		if err := os.WriteFile(path, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if lines.String() != string(want) {
		t.Errorf("the observations are\n%swant\n%s", lines.String(), want)
	}
}

func readHex(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return p
}

func writeGolden(t *testing.T, g golden, hexFile, textFile string) {
	t.Helper()
	p := g.encode()
	m := proto.Clone(g.schema)
	if err := proto.Unmarshal(p, m); err != nil {
		t.Fatal(err)
	}
	// prototext varies its blanks from build to build on purpose.
	text := regexp.MustCompile(`(?m)^( *[a-z_]+:?) +`).ReplaceAll([]byte(prototext.MarshalOptions{Multiline: true}.Format(m)), []byte("$1 "))
	lines := regexp.MustCompile(`.{1,64}`).FindAllString(hex.EncodeToString(p), -1)
	if err := os.MkdirAll(filepath.Dir(hexFile), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, p := range map[string][]byte{hexFile: []byte(strings.Join(lines, "\n") + "\n"), textFile: text} {
		if err := os.WriteFile(path, p, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
