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

// good gives an observation as plain as can be, for tests to spoil.
func good() *wirepb.Observation {
	return &wirepb.Observation{Camera: "cam-1", FromMs: 1_800_000_000_000, LengthMs: 300_000, Status: uint32(wire.StatusUp), Rung: uint32(wire.RungFresh), Probes: 5}
}

func many(n int) []*wirepb.Observation {
	os := make([]*wirepb.Observation, n)
	for i := range os {
		os[i] = good()
	}
	return os
}

func encode(t testing.TB, m proto.Message) []byte {
	t.Helper()
	p, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnObservationThatBreaksABoundIsRefusedByName(t *testing.T) {
	nan := float32(math.NaN())
	down := func(o *wirepb.Observation) { o.Status, o.Fault = uint32(wire.StatusDown), uint32(wire.FaultTimeout) }
	for name, c := range map[string]struct {
		spoil func(o *wirepb.Observation)
		want  string // part of the error; empty: taken
	}{
		"as it is":                        {func(o *wirepb.Observation) {}, ""},
		"no camera":                       {func(o *wirepb.Observation) { o.Camera = "" }, "camera: code"},
		"camera's code of 64 bytes":       {func(o *wirepb.Observation) { o.Camera = strings.Repeat("c", 64) }, ""},
		"camera's code too long":          {func(o *wirepb.Observation) { o.Camera = strings.Repeat("c", 65) }, "65 bytes"},
		"slash in the camera's code":      {func(o *wirepb.Observation) { o.Camera = "a/b" }, "the byte '/'"},
		"wildcard in the camera's code":   {func(o *wirepb.Observation) { o.Camera = "a+" }, "the byte '+'"},
		"letter beyond ASCII in the code": {func(o *wirepb.Observation) { o.Camera = "xã" }, "only letters"},
		"code that means a folder":        {func(o *wirepb.Observation) { o.Camera = ".." }, "means a folder"},
		"no status":                       {func(o *wirepb.Observation) { o.Status = 0 }, "status 0"},
		"unknown status":                  {func(o *wirepb.Observation) { o.Status = 4 }, "status 4"},
		"status that wraps to a good one": {func(o *wirepb.Observation) { o.Status = 257 }, "status"},
		"unknown rung":                    {func(o *wirepb.Observation) { o.Rung = 12 }, "rung 12"},
		"rung that wraps to a good one":   {func(o *wirepb.Observation) { o.Rung = 256 + 3 }, "rung"},
		"unknown fault":                   {func(o *wirepb.Observation) { down(o); o.Fault = 24 }, "fault 24"},
		"fault that wraps to a good one":  {func(o *wirepb.Observation) { down(o); o.Fault = 256 + 3 }, "fault"},
		"fault without down":              {func(o *wirepb.Observation) { o.Fault = uint32(wire.FaultBusy) }, "only down has a fault"},
		"down without fault":              {func(o *wirepb.Observation) { o.Status = uint32(wire.StatusDown) }, "only down has a fault"},
		"down with fault":                 {down, ""},
		"fell on a rung without down":     {func(o *wirepb.Observation) { o.FellOn = 3 }, "only down names the rung"},
		"fell on an unknown rung":         {func(o *wirepb.Observation) { down(o); o.FellOn = 12 }, "fell_on 12"},
		"RTSP status of four digits":      {func(o *wirepb.Observation) { down(o); o.RtspStatus = 1000 }, "rtsp_status 1000"},
		"RTSP status beyond int32":        {func(o *wirepb.Observation) { down(o); o.RtspStatus = math.MaxUint32 }, "rtsp_status"},
		"unknown codec":                   {func(o *wirepb.Observation) { o.Codec = 4 }, "codec 4"},
		"codec that wraps to a good one":  {func(o *wirepb.Observation) { o.Codec = 257 }, "codec"},
		"picture too wide":                {func(o *wirepb.Observation) { o.Width = 1<<16 + 1 }, "picture"},
		"picture too high":                {func(o *wirepb.Observation) { o.Height = 1<<16 + 1 }, "picture"},
		"unknown reason":                  {func(o *wirepb.Observation) { o.Status, o.Reasons = 2, []uint32{7} }, "reason 7"},
		"no reason at all":                {func(o *wirepb.Observation) { o.Status, o.Reasons = 2, []uint32{0} }, "reason 0"},
		"reasons out of order and twice":  {func(o *wirepb.Observation) { o.Status, o.Reasons = 2, []uint32{4, 1, 4} }, ""},
		"reasons without degraded":        {func(o *wirepb.Observation) { o.Reasons = []uint32{1} }, "only degraded has reasons"},
		"no probe":                        {func(o *wirepb.Observation) { o.Probes = 0 }, "probes 0"},
		"too many probes":                 {func(o *wirepb.Observation) { o.Probes = 1<<20 + 1 }, "probes"},
		"begins before 1970":              {func(o *wirepb.Observation) { o.FromMs = -1 }, "from_ms -1"},
		"begins after the year 2999":      {func(o *wirepb.Observation) { o.FromMs = 32_503_680_000_001 }, "from_ms"},
		"begins at the end of time":       {func(o *wirepb.Observation) { o.FromMs = math.MaxInt64 }, "from_ms"},
		"lasts no time":                   {func(o *wirepb.Observation) { o.LengthMs = 0 }, "length_ms 0"},
		"lasts two days":                  {func(o *wirepb.Observation) { o.LengthMs = 48 * 3600 * 1000 }, ""},
		"lasts longer than two days":      {func(o *wirepb.Observation) { o.LengthMs = 48*3600*1000 + 1 }, "length_ms"},
		"lasts for ever":                  {func(o *wirepb.Observation) { o.LengthMs = math.MaxUint64 }, "length_ms"},
		"statistic of nothing":            {func(o *wirepb.Observation) { o.FrameRate = &wirepb.Stat{} }, "frame_rate"},
		"statistic of too many":           {func(o *wirepb.Observation) { o.FrameRate = &wirepb.Stat{N: math.MaxUint32} }, "frame_rate"},
		"least is not a number":           {func(o *wirepb.Observation) { o.BitRate = &wirepb.Stat{N: 1, Min: nan} }, "bit_rate"},
		"mean is not a number":            {func(o *wirepb.Observation) { o.KeyframeGap = &wirepb.Stat{N: 1, Mean: nan} }, "keyframe_gap"},
		"greatest is not a number":        {func(o *wirepb.Observation) { o.Loss = &wirepb.Stat{N: 1, Max: nan} }, "loss"},
		"greatest is infinite":            {func(o *wirepb.Observation) { o.Jitter = &wirepb.Stat{N: 1, Max: float32(math.Inf(1))} }, "jitter"},
		"least is negative":               {func(o *wirepb.Observation) { o.Jitter = &wirepb.Stat{N: 1, Min: -1} }, "jitter"},
		"mean below least":                {func(o *wirepb.Observation) { o.Jitter = &wirepb.Stat{N: 2, Min: 2, Mean: 1, Max: 3} }, "jitter"},
		"mean above greatest":             {func(o *wirepb.Observation) { o.Jitter = &wirepb.Stat{N: 2, Min: 2, Mean: 4, Max: 3} }, "jitter"},
		"stage of no rung":                {func(o *wirepb.Observation) { o.Stages = []*wirepb.Stage{{}} }, "stage 0: rung 0"},
		"stage of an unknown rung":        {func(o *wirepb.Observation) { o.Stages = []*wirepb.Stage{{Rung: 12}} }, "stage 0: rung 12"},
		"stage with a bad statistic": {func(o *wirepb.Observation) {
			o.Stages = []*wirepb.Stage{{Rung: 2, Time: &wirepb.Stat{N: 1, Min: nan}}}
		}, "stage connect"},
		"too many stages": {func(o *wirepb.Observation) {
			for range 12 {
				o.Stages = append(o.Stages, &wirepb.Stage{Rung: 1})
			}
		}, "12 stages"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good()
			c.spoil(o)
			_, err := wire.UnmarshalObservation(encode(t, o))
			refused(t, err, c.want)
			_, err = wire.UnmarshalUp(encode(t, &wirepb.Up{Version: 1, Body: &wirepb.Up_Batch{Batch: &wirepb.Batch{FirstSeq: 7, Observations: []*wirepb.Observation{good(), o}}}}))
			refused(t, err, c.want)
			if c.want != "" && !strings.Contains(err.Error(), "batch: observation 1 (seq 8): ") {
				t.Errorf("the error does not say which observation: %v", err)
			}
		})
	}
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
		"batch of nothing":                    {up(&wirepb.Batch{}), "0 observations"},
		"batch of the greatest number":        {up(&wirepb.Batch{Observations: many(wire.MaxObservations)}), ""},
		"batch of too many":                   {up(&wirepb.Batch{Observations: many(wire.MaxObservations + 1)}), "2001 observations"},
		"batch whose sequence runs out":       {up(&wirepb.Batch{FirstSeq: wire.MaxSeq - 1, Observations: many(2)}), "first_seq"},
		"batch at the end of the sequence":    {up(&wirepb.Batch{FirstSeq: wire.MaxSeq - 2, Observations: many(2)}), ""},
		"batch with a sequence of all ones":   {up(&wirepb.Batch{FirstSeq: math.MaxUint64, Observations: many(2)}), "first_seq"},
		"batch older than the oldest":         {up(&wirepb.Batch{FirstSeq: 1, OldestSeq: 2, Observations: many(1)}), "oldest_seq 2"},
		"batch with a clock out of bounds":    {up(&wirepb.Batch{SentMs: math.MaxInt64, Observations: many(1)}), "sent_ms"},
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

func TestGarbageAndOversizeAreRefused(t *testing.T) {
	// A message of more than MaxMessage bytes that is otherwise in order: its
	// last field is unknown, long and harmless.
	big := encode(t, &wirepb.Up{Version: 1, Body: &wirepb.Up_Batch{Batch: &wirepb.Batch{Observations: many(1)}}})
	pad := wire.MaxMessage - len(big) - 5 // tag of two bytes, length of three
	big = append(big, 0xc2, 0x3e, byte(pad)|0x80, byte(pad>>7)|0x80, byte(pad>>14))
	big = append(big, make([]byte, pad)...)
	if _, err := wire.UnmarshalUp(big); err != nil {
		t.Fatalf("a message of %d bytes is refused: %v", len(big), err)
	}
	_, err := wire.UnmarshalUp(append(big, 0))
	refused(t, err, "message has 262145 bytes")
	for name, p := range map[string][]byte{"text": []byte("hello"), "cut": encode(t, good())[:9], "ones": {0xff, 0xff, 0xff}, "oversize": make([]byte, wire.MaxMessage+1)} {
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
