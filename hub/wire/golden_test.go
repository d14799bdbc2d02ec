package wire_test

import (
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wirepb"
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
	return []golden{
		{"up-hello", up(wire.UpMessage{Hello: &wire.Hello{Epoch: 0xfeed_face_cafe_beef, FirstSeq: 100, NextSeq: 161, AgentVersion: "1.4.0 linux/arm", Sent: 1_794_960_301_000, Boot: 0xb007_b007_b007_b007, Session: 17<<32 | 3, Stamp: 86_400_000}}), upAgain, &wirepb.Up{}},
		{"up-batch", up(wire.UpMessage{Batch: &wire.Batch{Epoch: 0xfeed_face_cafe_beef, FirstSeq: 100, OldestSeq: 98, Stamp: 86_400_000, Observations: []wire.Observation{f, d}}}), upAgain, &wirepb.Up{}},
		{"down-ack", down(wire.DownMessage{Ack: &wire.Ack{Epoch: 0xfeed_face_cafe_beef, Upto: 102, HubTime: 1_794_960_301_500}}), downAgain, &wirepb.Down{}},
		{"down-refusal", down(wire.DownMessage{Refusal: &wire.Refusal{Reason: "thiết bị chưa đăng ký", HubTime: 1_794_960_301_500}}), downAgain, &wirepb.Down{}},
		{"live", func() []byte {
			return wire.MarshalLive(&wire.LiveMessage{
				Online: true, Sent: 1_794_960_301_000, Spooled: 61, Cameras: 3, Interval: 30_000, States: []wire.State{
					{Camera: f.Camera, Status: f.Status, Rung: f.Rung, Reasons: f.Reasons, Since: f.From, Probed: f.To, Codec: f.Codec, Width: f.Width, Height: f.Height},
					{Camera: d.Camera, Status: d.Status, Rung: d.Rung, Fault: d.Fault, FellOn: d.FellOn, RTSPStatus: d.RTSPStatus, Since: d.From, Probed: d.To},
				},
			})
		}, func(p []byte) ([]byte, error) {
			m, err := wire.UnmarshalLive(p)
			return wire.MarshalLive(&m), err
		}, &wirepb.Live{}},
		{"observation-degraded", func() []byte { return wire.MarshalObservation(&f) }, observationAgain, &wirepb.Observation{}},
		{"observation-down", func() []byte { return wire.MarshalObservation(&d) }, observationAgain, &wirepb.Observation{}},
	}
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
			if got := g.encode(); string(got) != string(want) {
				t.Errorf("encodes as\n%x\nwant\n%x", got, want)
			}
			again, err := g.again(want)
			if err != nil {
				t.Fatalf("decode golden bytes: %v", err)
			}
			if string(again) != string(want) {
				t.Errorf("decoded and encoded again it is\n%x\nwant\n%x", again, want)
			}
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
