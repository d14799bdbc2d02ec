package wire_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wirepb"
)

// same fails the test when a message did not come back as it went.
func same[T any](t rapid.TB, want, got T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("decode what was encoded: %v", err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("not the same after a round trip (-sent +received):\n%s", diff)
	}
}

// rounded gives m as the other side gets it.
func rounded(m wire.UpMessage) wire.UpMessage {
	if m.Batch == nil {
		return m
	}
	b := *m.Batch
	b.Observations = slices.Clone(b.Observations)
	for i := range b.Observations {
		b.Observations[i].Round()
	}
	return wire.UpMessage{Batch: &b}
}

func TestMessagesComeBackAsTheyWent(t *testing.T) {
	t.Run("up", rapid.MakeCheck(func(t *rapid.T) {
		m := genUp().Draw(t, "message")
		got, err := wire.UnmarshalUp(wire.MarshalUp(m))
		same(t, rounded(m), got, err)
	}))
	t.Run("down", rapid.MakeCheck(func(t *rapid.T) {
		m := genDown().Draw(t, "message")
		got, err := wire.UnmarshalDown(wire.MarshalDown(m))
		same(t, m, got, err)
	}))
	t.Run("live", rapid.MakeCheck(func(t *rapid.T) {
		m := genLive().Draw(t, "message")
		got, err := wire.UnmarshalLive(wire.MarshalLive(&m))
		same(t, m, got, err)
	}))
	t.Run("observation", rapid.MakeCheck(func(t *rapid.T) {
		o := genObservation().Draw(t, "observation")
		if err := o.Check(); err != nil {
			t.Fatalf("Check refuses what the contract allows: %v", err)
		}
		got, err := wire.UnmarshalObservation(wire.MarshalObservation(&o))
		o.Round()
		same(t, o, got, err)
	}))
}

// A newer program of the same major version may add fields anywhere; an older
// one must read the rest as before.
func TestFieldsOfANewerProgramAreHarmless(t *testing.T) {
	more := protowire.AppendTag(nil, 1000, protowire.BytesType)
	more = protowire.AppendString(more, "what nobody knew")
	more = protowire.AppendTag(more, 1001, protowire.VarintType)
	more = protowire.AppendVarint(more, math.MaxUint64)
	rapid.Check(t, func(t *rapid.T) {
		up, down, live, o := genUp().Draw(t, "up"), genDown().Draw(t, "down"), genLive().Draw(t, "live"), genObservation().Draw(t, "observation")
		o.Round()
		gotUp, err := wire.UnmarshalUp(append(wire.MarshalUp(up), more...))
		same(t, rounded(up), gotUp, err)
		gotDown, err := wire.UnmarshalDown(append(wire.MarshalDown(down), more...))
		same(t, down, gotDown, err)
		gotLive, err := wire.UnmarshalLive(append(wire.MarshalLive(&live), more...))
		same(t, live, gotLive, err)
		gotO, err := wire.UnmarshalObservation(append(wire.MarshalObservation(&o), more...))
		same(t, o, gotO, err)

		// Inside a batch, in its columns.
		p := protowire.AppendTag(nil, 1, protowire.VarintType)
		p = protowire.AppendVarint(p, wire.Version)
		p = protowire.AppendTag(p, 3, protowire.BytesType)
		p = protowire.AppendBytes(p, encode(t, &wirepb.Batch{Count: 1, Body: &wirepb.Batch_Columns{Columns: append(wire.MarshalObservation(&o), more...)}}))
		got, err := wire.UnmarshalUp(p)
		same(t, wire.UpMessage{Batch: &wire.Batch{Observations: []wire.Observation{o}}}, got, err)
	})
}

func TestFreeTextsAreCutToWhatTheOtherSideTakes(t *testing.T) {
	for name, text := range map[string]string{
		"long": strings.Repeat("ký tự ", 200), "not UTF-8": "camera \xff\xfe said no", "cut inside a letter": strings.Repeat("a", wire.MaxText-1) + "ữữ",
	} {
		t.Run(name, func(t *testing.T) {
			down, err := wire.UnmarshalDown(wire.MarshalDown(wire.DownMessage{Refusal: &wire.Refusal{Reason: text}}))
			if err != nil {
				t.Fatal(err)
			}
			up, err := wire.UnmarshalUp(wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{AgentVersion: text}}))
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range []string{down.Refusal.Reason, up.Hello.AgentVersion} {
				if !utf8.ValidString(got) || len(got) > wire.MaxText || !strings.HasPrefix(got, text[:5]) {
					t.Errorf("text became %q", got)
				}
			}
		})
	}
}

func TestAMessageWithoutABodyIsADefectOfTheCaller(t *testing.T) {
	for name, f := range map[string]func(){
		"up":   func() { wire.MarshalUp(wire.UpMessage{}) },
		"down": func() { wire.MarshalDown(wire.DownMessage{}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestStatCountsLeastMeanAndGreatest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float32Range(0, 1e9), 1, 50).Draw(t, "values")
		var s wire.Stat
		least, greatest, sum := math.Inf(1), 0.0, 0.0
		for _, v := range values {
			s.Add(v)
			least, greatest, sum = min(least, float64(v)), max(greatest, float64(v)), sum+float64(v)
		}
		mean := sum / float64(len(values))
		if s.N != len(values) || float64(s.Min) != least || float64(s.Max) != greatest || math.Abs(float64(s.Mean)-mean) > 1e-4*greatest {
			t.Fatalf("Add gave %+v, want least %g, mean %g, greatest %g of %d", s, least, mean, greatest, len(values))
		}
	})
	var s wire.Stat
	for _, v := range []float32{float32(math.NaN()), 2, float32(math.Inf(1)), 4} {
		s.Add(v)
	}
	if want := (wire.Stat{N: 2, Min: 2, Mean: 3, Max: 4}); s != want {
		t.Errorf("what is not finite was not passed over: %+v, want %+v", s, want)
	}
}
