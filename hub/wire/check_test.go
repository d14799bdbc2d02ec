package wire_test

import (
	"math"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/wire"
)

// good gives an observation as plain as can be, for tests to spoil.
func good() wire.Observation {
	return wire.Observation{Camera: "cam-1", From: 1_800_000_000_000, To: 1_800_000_300_000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 5}
}

func TestAnObservationThatBreaksABoundIsRefusedByName(t *testing.T) {
	nan := float32(math.NaN())
	down := func(o *wire.Observation) { o.Status, o.Fault = wire.StatusDown, wire.FaultTimeout }
	for name, c := range map[string]struct {
		spoil func(o *wire.Observation)
		want  string // part of the error; empty: taken
	}{
		"as it is":                        {func(o *wire.Observation) {}, ""},
		"no camera":                       {func(o *wire.Observation) { o.Camera = "" }, "camera: code"},
		"camera's code of 64 bytes":       {func(o *wire.Observation) { o.Camera = strings.Repeat("c", 64) }, ""},
		"camera's code too long":          {func(o *wire.Observation) { o.Camera = strings.Repeat("c", 65) }, "65 bytes"},
		"slash in the camera's code":      {func(o *wire.Observation) { o.Camera = "a/b" }, "the byte '/'"},
		"wildcard in the camera's code":   {func(o *wire.Observation) { o.Camera = "a+" }, "the byte '+'"},
		"letter beyond ASCII in the code": {func(o *wire.Observation) { o.Camera = "xã" }, "only letters"},
		"code that is not UTF-8":          {func(o *wire.Observation) { o.Camera = "x\xff" }, "only letters"},
		"code that means a folder":        {func(o *wire.Observation) { o.Camera = ".." }, "means a folder"},
		"no status":                       {func(o *wire.Observation) { o.Status = 0 }, "status 0"},
		"unknown status":                  {func(o *wire.Observation) { o.Status = 4 }, "status 4"},
		"unknown rung":                    {func(o *wire.Observation) { o.Rung = 12 }, "rung 12"},
		"unknown fault":                   {func(o *wire.Observation) { down(o); o.Fault = 24 }, "fault 24"},
		"fault without down":              {func(o *wire.Observation) { o.Fault = wire.FaultBusy }, "only down has a fault"},
		"down without fault":              {func(o *wire.Observation) { o.Status = wire.StatusDown }, "only down has a fault"},
		"down with fault":                 {down, ""},
		"fell on a rung without down":     {func(o *wire.Observation) { o.FellOn = 3 }, "only down names the rung"},
		"fell on an unknown rung":         {func(o *wire.Observation) { down(o); o.FellOn = 12 }, "fell_on 12"},
		"RTSP status of three digits":     {func(o *wire.Observation) { down(o); o.RTSPStatus = 999 }, ""},
		"RTSP status of four digits":      {func(o *wire.Observation) { down(o); o.RTSPStatus = 1000 }, "rtsp_status 1000"},
		"RTSP status below 0":             {func(o *wire.Observation) { down(o); o.RTSPStatus = -1 }, "rtsp_status"},
		"RTSP status beyond int32":        {func(o *wire.Observation) { down(o); o.RTSPStatus = math.MaxInt }, "rtsp_status"},
		"unknown codec":                   {func(o *wire.Observation) { o.Codec = 4 }, "codec 4"},
		"greatest picture":                {func(o *wire.Observation) { o.Width, o.Height = 1<<16, 1<<16 }, ""},
		"picture too wide":                {func(o *wire.Observation) { o.Width = 1<<16 + 1 }, "picture of 65537"},
		"picture far too wide":            {func(o *wire.Observation) { o.Width = math.MaxInt }, "picture"},
		"picture too high":                {func(o *wire.Observation) { o.Width, o.Height = 1, 1<<16+1 }, "picture of 1 × 65537"},
		"picture less than nothing":       {func(o *wire.Observation) { o.Height = -1 }, "picture of 0 × -1"},
		"unknown reason":                  {func(o *wire.Observation) { o.Status, o.Reasons = 2, []wire.Reason{7} }, "reason 7"},
		"unknown reason beside a known":   {func(o *wire.Observation) { o.Status, o.Reasons = 2, []wire.Reason{1, 32} }, "reason 32"},
		"reasons without degraded":        {func(o *wire.Observation) { o.Reasons = []wire.Reason{1} }, "only degraded has reasons"},
		"no probe":                        {func(o *wire.Observation) { o.Probes = 0 }, "probes 0"},
		"too many probes":                 {func(o *wire.Observation) { o.Probes = 1<<20 + 1 }, "probes 1048577"},
		"unknown clock":                   {func(o *wire.Observation) { o.Clock = 3 }, "clock 3"},
		"begins before 1970":              {func(o *wire.Observation) { o.From, o.To = -1, 1 }, "from_ms -1"},
		"begins after the year 2999":      {func(o *wire.Observation) { o.From = endOfTime + 1; o.To = o.From + 1 }, "from_ms 32503680000001"},
		"begins at the end of time":       {func(o *wire.Observation) { o.From = math.MaxInt64 - 1; o.To = math.MaxInt64 }, "from_ms"},
		"lasts no time":                   {func(o *wire.Observation) { o.To = o.From }, "length_ms 0"},
		"lasts less than no time":         {func(o *wire.Observation) { o.To = o.From - 1 }, "length_ms -1"},
		"lasts two days":                  {func(o *wire.Observation) { o.To = o.From + wire.MaxLength }, ""},
		"lasts longer than two days":      {func(o *wire.Observation) { o.To = o.From + wire.MaxLength + 1 }, "length_ms 172800001"},
		"statistic of too many":           {func(o *wire.Observation) { o.FrameRate = wire.Stat{N: 1<<20 + 1} }, "frame_rate"},
		"statistic of less than none":     {func(o *wire.Observation) { o.BitRate = wire.Stat{N: -1} }, "bit_rate"},
		"mean below least":                {func(o *wire.Observation) { o.KeyframeGap = wire.Stat{N: 2, Min: 2, Mean: 1, Max: 3} }, "keyframe_gap"},
		"mean above greatest":             {func(o *wire.Observation) { o.Loss = wire.Stat{N: 2, Min: 2, Mean: 4, Max: 3} }, "loss"},
		"statistic of jitter":             {func(o *wire.Observation) { o.Jitter = wire.Stat{N: 1 << 30} }, "jitter"},
		"stage of too many": {func(o *wire.Observation) {
			o.Stages = []wire.Stage{{Rung: 2, Time: wire.Stat{N: 1<<20 + 1}}}
		}, "stage connect"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good()
			c.spoil(&o)
			refused(t, o.Check(), c.want)
			_, err := wire.UnmarshalObservation(wire.MarshalObservation(&o))
			refused(t, err, c.want)

			// Of a batch only the bad one is taken out.
			first, last := good(), good()
			first.Camera, last.Camera = "first", "last"
			p := wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{FirstSeq: 7, Observations: []wire.Observation{first, o, last}}})
			agree(t, new(wire.Decoder), p)
			m, err := wire.UnmarshalUp(p)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				same(t, []wire.Observation{first, o, last}, m.Batch.Observations, nil)
				return
			}
			if len(m.Batch.Bad) != 1 || m.Batch.Bad[0].Seq != 8 || m.Batch.Count() != 3 || m.Batch.Next() != 10 {
				t.Fatalf("bad ones: %v", m.Batch.Bad)
			}
			refused(t, m.Batch.Bad[0].Err, "observation 1 (seq 8): ")
			refused(t, m.Batch.Bad[0].Err, c.want)
			same(t, []wire.Observation{first, last}, m.Batch.Observations, nil)
			if m.Batch.Seq(0) != 7 || m.Batch.Seq(1) != 9 {
				t.Errorf("the good ones are %d and %d", m.Batch.Seq(0), m.Batch.Seq(1))
			}
		})
	}
	// The grid has no such values, so that none can be on the wire.
	for name, c := range map[string]struct {
		spoil func(o *wire.Observation)
		want  string
	}{
		"statistic of nothing":          {func(o *wire.Observation) { o.FrameRate = wire.Stat{Max: 1} }, "frame_rate"},
		"least is not a number":         {func(o *wire.Observation) { o.BitRate = wire.Stat{N: 1, Min: nan} }, "bit_rate"},
		"mean is not a number":          {func(o *wire.Observation) { o.KeyframeGap = wire.Stat{N: 1, Mean: nan} }, "keyframe_gap"},
		"greatest is not a number":      {func(o *wire.Observation) { o.Loss = wire.Stat{N: 1, Max: nan} }, "loss"},
		"greatest is infinite":          {func(o *wire.Observation) { o.Jitter = wire.Stat{N: 1, Max: float32(math.Inf(1))} }, "jitter"},
		"least is negative":             {func(o *wire.Observation) { o.Jitter = wire.Stat{N: 1, Min: -1} }, "jitter"},
		"reasons out of order":          {func(o *wire.Observation) { o.Status, o.Reasons = 2, []wire.Reason{4, 1} }, "ascending"},
		"reason twice":                  {func(o *wire.Observation) { o.Status, o.Reasons = 2, []wire.Reason{4, 4} }, "ascending"},
		"stage of no rung":              {func(o *wire.Observation) { o.Stages = []wire.Stage{{}} }, "stage 0: rung 0"},
		"stage of an unknown rung":      {func(o *wire.Observation) { o.Stages = []wire.Stage{{Rung: 12}} }, "stage 0: rung 12"},
		"stages out of order":           {func(o *wire.Observation) { o.Stages = []wire.Stage{{Rung: 2}, {Rung: 1}} }, "stage resolve after connect"},
		"stage twice":                   {func(o *wire.Observation) { o.Stages = []wire.Stage{{Rung: 2}, {Rung: 2}} }, "stage connect after connect"},
		"stage with a bad statistic":    {func(o *wire.Observation) { o.Stages = []wire.Stage{{Rung: 2, Time: wire.Stat{N: 1, Min: nan}}} }, "stage connect"},
		"more stages than there can be": {func(o *wire.Observation) { o.Stages = make([]wire.Stage, 12) }, "12 stages"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good()
			c.spoil(&o)
			refused(t, o.Check(), c.want)
			if _, err := wire.UnmarshalObservation(wire.MarshalObservation(&o)); err != nil {
				t.Errorf("what came of it is refused: %v", err)
			}
		})
	}
}
