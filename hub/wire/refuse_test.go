package wire_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wirepb"
)

func encode(t interface {
	Helper()
	Fatal(...any)
}, m proto.Message) []byte {
	t.Helper()
	p, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// refused wants an error that contains want, or none if want is empty.
func refused(t testing.TB, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && err == nil:
		t.Errorf("taken, want an error with %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("error is %q, want it to contain %q", err, want)
	}
}

// batch gives a batch of n plain observations, for tests to spoil.
func batch(n int, spoil func(*wirepb.Batch)) *wirepb.Batch {
	os := make([]wire.Observation, n)
	for i := range os {
		os[i] = good()
	}
	b := &wirepb.Batch{Count: uint32(n), Body: &wirepb.Batch_Columns{Columns: wire.AppendColumns(nil, os)}}
	if spoil != nil {
		spoil(b)
	}
	return b
}

func TestAMessageThatBreaksABoundIsRefused(t *testing.T) {
	up := func(b *wirepb.Batch) *wirepb.Up {
		return &wirepb.Up{Version: 1, Body: &wirepb.Up_Batch{Batch: b}}
	}
	hello := func(h *wirepb.Hello) *wirepb.Up {
		return &wirepb.Up{Version: 1, Body: &wirepb.Up_Hello{Hello: h}}
	}
	ack := func(a *wirepb.Ack) *wirepb.Down {
		return &wirepb.Down{Version: 1, Body: &wirepb.Down_Ack{Ack: a}}
	}
	gap := func(spoil func(*wirepb.Gap)) *wirepb.Up {
		g := &wirepb.Gap{FromSeq: 3, NextSeq: 5, FromMs: 1, ToMs: 1, Why: 1}
		spoil(g)
		return up(&wirepb.Batch{FirstSeq: 7, Count: 2, Body: &wirepb.Batch_Gaps{Gaps: &wirepb.Gaps{Gaps: []*wirepb.Gap{{NextSeq: 1, Why: 1}, g}}}})
	}
	state := func(spoil func(*wirepb.State)) *wirepb.Live {
		s := &wirepb.State{Camera: "c", Status: 1}
		spoil(s)
		return &wirepb.Live{Version: 1, States: []*wirepb.State{{Camera: "a", Status: 1}, s}}
	}
	long := strings.Repeat("x", wire.MaxText+1)
	for name, c := range map[string]struct {
		message proto.Message
		want    string // part of the error; empty: taken
	}{
		"up without a body":                   {&wirepb.Up{Version: 1}, "no body"},
		"hello":                               {hello(&wirepb.Hello{FirstSeq: wire.MaxSeq, NextSeq: wire.MaxSeq, SentMs: -1}), ""},
		"hello with sequence out of order":    {hello(&wirepb.Hello{FirstSeq: 2, NextSeq: 1}), "not in order"},
		"hello with a sequence out of bounds": {hello(&wirepb.Hello{NextSeq: wire.MaxSeq + 1}), "hello: first_seq"},
		"hello with a long version":           {hello(&wirepb.Hello{AgentVersion: long}), "agent_version has 501 bytes"},
		"hello with a clock out of bounds":    {hello(&wirepb.Hello{SentMs: math.MinInt64}), "sent_ms"},
		"batch of nothing":                    {up(&wirepb.Batch{}), "0 records"},
		"batch of the greatest number":        {up(batch(wire.MaxObservations, nil)), ""},
		"batch of too many":                   {up(batch(wire.MaxObservations+1, nil)), "2001 records"},
		"batch of far too many":               {up(batch(1, func(b *wirepb.Batch) { b.Count = math.MaxUint32 })), "4294967295 records"},
		"batch whose sequence runs out":       {up(batch(2, func(b *wirepb.Batch) { b.FirstSeq = wire.MaxSeq - 1 })), "first_seq"},
		"batch at the end of the sequence":    {up(batch(2, func(b *wirepb.Batch) { b.FirstSeq = wire.MaxSeq - 2 })), ""},
		"batch with a sequence of all ones":   {up(batch(2, func(b *wirepb.Batch) { b.FirstSeq = math.MaxUint64 })), "first_seq"},
		"batch older than the oldest":         {up(batch(1, func(b *wirepb.Batch) { b.FirstSeq, b.OldestSeq = 1, 2 })), "oldest_seq 2"},
		"batch with a stamp out of bounds":    {up(batch(1, func(b *wirepb.Batch) { b.Stamp = math.MaxInt64 })), "stamp"},
		"batch without a body":                {up(&wirepb.Batch{Count: 1}), "no body that this program knows"},
		"batch with a gap too few":            {up(&wirepb.Batch{Count: 2, Body: &wirepb.Batch_Gaps{Gaps: &wirepb.Gaps{Gaps: []*wirepb.Gap{{NextSeq: 1, Why: 1}}}}}), "count is 2, and 1 gaps are there"},
		"gap":                                 {gap(func(g *wirepb.Gap) {}), ""},
		"gap of nothing":                      {gap(func(g *wirepb.Gap) { g.NextSeq = g.FromSeq }), "gap 1 (seq 8): from_seq 3"},
		"gap past the end of the sequence":    {gap(func(g *wirepb.Gap) { g.NextSeq = wire.MaxSeq + 1 }), "from_seq"},
		"gap for no reason":                   {gap(func(g *wirepb.Gap) { g.Why = 0 }), "why 0"},
		"gap for an unknown reason":           {gap(func(g *wirepb.Gap) { g.Why = 6 }), "why 6"},
		"gap by an unknown clock":             {gap(func(g *wirepb.Gap) { g.Clock = 3 }), "clock 3"},
		"gap that ends before it begins":      {gap(func(g *wirepb.Gap) { g.FromMs = 2 }), "from_ms 2 is after"},
		"gap from before 1970":                {gap(func(g *wirepb.Gap) { g.FromMs = -1 }), "from_ms -1"},
		"gap to after the year 2999":          {gap(func(g *wirepb.Gap) { g.ToMs = math.MaxInt64 }), "to_ms"},
		"down without a body":                 {&wirepb.Down{Version: 1}, "no body"},
		"ack":                                 {ack(&wirepb.Ack{Upto: wire.MaxSeq}), ""},
		"ack out of bounds":                   {ack(&wirepb.Ack{Upto: wire.MaxSeq + 1}), "upto"},
		"ack from before 1970":                {ack(&wirepb.Ack{HubMs: -1}), "hub_ms"},
		"refusal with a long reason":          {&wirepb.Down{Version: 1, Body: &wirepb.Down_Refusal{Refusal: &wirepb.Refusal{Reason: long}}}, "reason has 501 bytes"},
		"refusal from a far future":           {&wirepb.Down{Version: 1, Body: &wirepb.Down_Refusal{Refusal: &wirepb.Refusal{HubMs: math.MaxInt64}}}, "hub_ms"},
		"live of nothing":                     {&wirepb.Live{Version: 1}, ""},
		"live with too many states":           {&wirepb.Live{Version: 1, States: make([]*wirepb.State, wire.MaxStates+1)}, "2001 states"},
		"live with too many cameras":          {&wirepb.Live{Version: 1, Cameras: math.MaxUint32}, "cameras"},
		"live with an interval of weeks":      {&wirepb.Live{Version: 1, IntervalMs: math.MaxUint32}, "interval_ms"},
		"live with a clock out of bounds":     {&wirepb.Live{Version: 1, SentMs: math.MinInt64}, "sent_ms"},
		"state":                               {state(func(s *wirepb.State) {}), ""},
		"state of a camera with a bad code":   {state(func(s *wirepb.State) { s.Camera = "a b" }), "state 1: camera"},
		"state with a fault without down":     {state(func(s *wirepb.State) { s.Fault = 1 }), "state 1: camera c: status up with fault"},
		"state with an unknown status":        {state(func(s *wirepb.State) { s.Status = 9 }), "status 9"},
		"state with an unknown reason":        {state(func(s *wirepb.State) { s.Status, s.Reasons = 2, []uint32{77} }), "reason 77"},
		"state since a time out of bounds":    {state(func(s *wirepb.State) { s.SinceMs = math.MaxInt64 }), "since_ms"},
		"state probed at a time out of range": {state(func(s *wirepb.State) { s.ProbedMs = math.MinInt64 }), "probed_ms"},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			switch m := c.message.(type) {
			case *wirepb.Up:
				agree(t, new(wire.Decoder), encode(t, m))
				_, err = wire.UnmarshalUp(encode(t, m))
			case *wirepb.Down:
				_, err = wire.UnmarshalDown(encode(t, m))
			case *wirepb.Live:
				for i, s := range m.States {
					if s == nil {
						m.States[i] = &wirepb.State{Camera: "c", Status: 1}
					}
				}
				_, err = wire.UnmarshalLive(encode(t, m))
			}
			refused(t, err, c.want)
		})
	}
}

func TestAnotherMajorVersionIsRefusedAsSuch(t *testing.T) {
	for _, version := range []uint32{0, wire.Version + 1, math.MaxUint32} {
		_, up := wire.UnmarshalUp(encode(t, &wirepb.Up{Version: version, Body: &wirepb.Up_Hello{Hello: &wirepb.Hello{}}}))
		_, down := wire.UnmarshalDown(encode(t, &wirepb.Down{Version: version, Body: &wirepb.Down_Ack{Ack: &wirepb.Ack{}}}))
		_, live := wire.UnmarshalLive(encode(t, &wirepb.Live{Version: version}))
		for channel, err := range map[string]error{"up": up, "down": down, "live": live} {
			var v *wire.VersionError
			if !errors.As(err, &v) || v.Got != version {
				t.Errorf("%s of version %d: error %v, want a VersionError that names it", channel, version, err)
			}
		}
	}
}

// The form of a refusal is the same in every version, so that the older side
// can read that it is too old.
func TestARefusalOfAnotherVersionCanBeRead(t *testing.T) {
	want := wire.DownMessage{Refusal: &wire.Refusal{Code: wire.RefusalVersion, Reason: "update the agent", HubTime: 5, Stamp: 7}}
	var pb wirepb.Down
	if err := proto.Unmarshal(wire.MarshalDown(want), &pb); err != nil {
		t.Fatal(err)
	}
	pb.Version = 2
	got, err := wire.UnmarshalDown(encode(t, &pb))
	same(t, want, got, err)
	refused(t, &wire.VersionError{Got: 2}, "version 2, this program speaks version 1: update the older side")
}

func TestGarbageAndOversizeAreRefused(t *testing.T) {
	// A message of more than MaxMessage bytes that is otherwise in order: its
	// last field is unknown, long and harmless.
	big := encode(t, &wirepb.Up{Version: 1, Body: &wirepb.Up_Batch{Batch: batch(1, nil)}})
	pad := wire.MaxMessage - len(big) - 5 // tag of two bytes, length of three
	big = append(big, 0xc2, 0x3e, byte(pad)|0x80, byte(pad>>7)|0x80, byte(pad>>14))
	big = append(big, make([]byte, pad)...)
	if _, err := wire.UnmarshalUp(big); err != nil {
		t.Fatalf("a message of %d bytes is refused: %v", len(big), err)
	}
	_, err := wire.UnmarshalUp(append(big, 0))
	refused(t, err, "message has 262145 bytes")
	for name, p := range map[string][]byte{"text": []byte("hello"), "cut": big[:9], "ones": {0xff, 0xff, 0xff}, "oversize": make([]byte, wire.MaxMessage+1)} {
		_, up := wire.UnmarshalUp(p)
		_, down := wire.UnmarshalDown(p)
		_, live := wire.UnmarshalLive(p)
		_, obs := wire.UnmarshalObservation(p)
		for _, err := range []error{up, down, live, obs} {
			if err == nil {
				t.Errorf("%s was taken", name)
			}
		}
	}
}
