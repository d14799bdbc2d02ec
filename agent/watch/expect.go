package watch

import (
	"math"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// Thresholds past which a stream is degraded.
const (
	LeastFrameRate  = 0.6  // share of the planned frame rate
	LongestKeyframe = 10.0 // seconds between key frames
	GreatestLoss    = 0.02 // fraction of RTP packets
)

// Expectation is what the plan says of a camera's stream. What is 0 is not
// compared.
type Expectation struct {
	Width, Height int     // pixels as displayed
	FrameRate     float64 // frames per second
}

// Reasons says in what a stream that flows falls short of e, in ascending
// order; nil when it is what was planned.
func (e Expectation) Reasons(r *probe.Result) []wire.Reason {
	var rs []wire.Reason
	if short(r.Width, e.Width) || short(r.Height, e.Height) {
		rs = append(rs, wire.ReasonLowResolution)
	}
	if e.FrameRate > 0 && r.FrameRate < LeastFrameRate*e.FrameRate {
		rs = append(rs, wire.ReasonLowFrameRate)
	}
	if r.KeyframeGap > LongestKeyframe {
		rs = append(rs, wire.ReasonLongKeyframeGap)
	}
	if r.Loss > GreatestLoss {
		rs = append(rs, wire.ReasonLoss)
	}
	return rs
}

func short(measured, planned int) bool { return planned > 0 && measured > 0 && measured < planned }

// verdict is what one probe says of a camera: what an observation has one
// value of.
type verdict struct {
	status        wire.Status
	rung          wire.Rung
	fault         wire.Fault
	fellOn        wire.Rung
	rtsp          int
	reasons       [6]bool // by reason − 1: comparable
	codec         wire.Codec
	width, height int
}

// judge reads a result. Whatever the probe gives, the verdict is one that the
// wire takes.
func judge(r *probe.Result, e Expectation) verdict {
	v := verdict{rung: r.Reached, codec: r.Codec, width: r.Width, height: r.Height}
	if !v.rung.Valid() {
		v.rung = wire.RungNone
	}
	if !v.codec.Valid() {
		v.codec = wire.CodecNone
	}
	if v.width < 0 || v.height < 0 || v.width > 1<<16 || v.height > 1<<16 {
		v.width, v.height = 0, 0
	}
	if r.Fault == wire.FaultNone && r.Reached == wire.RungFresh {
		v.status = wire.StatusUp
		for _, reason := range e.Reasons(r) {
			v.status = wire.StatusDegraded
			v.reasons[reason-1] = true
		}
		return v
	}
	v.status, v.fault = wire.StatusDown, r.Fault
	if !r.Fault.Valid() || r.Fault == wire.FaultNone {
		v.fault = wire.FaultMalformed
	}
	v.fellOn = r.FellOn
	if !v.fellOn.Valid() || v.fellOn == wire.RungNone {
		v.fellOn = min(v.rung+1, wire.RungFresh)
	}
	if r.RTSPStatus > 0 && r.RTSPStatus <= 999 {
		v.rtsp = r.RTSPStatus
	}
	return v
}

// agrees says whether two verdicts can stand in one observation.
func (v verdict) agrees(u verdict) bool {
	if v.codec == wire.CodecNone || u.codec == wire.CodecNone {
		v.codec, u.codec = 0, 0
	}
	if v.width == 0 || u.width == 0 {
		v.width, v.height, u.width, u.height = 0, 0, 0, 0
	}
	return v == u
}

// adopt takes what u has measured and v has not.
func (v *verdict) adopt(u verdict) {
	if v.codec == wire.CodecNone {
		v.codec = u.codec
	}
	if v.width == 0 {
		v.width, v.height = u.width, u.height
	}
}

func (v verdict) reasonList() []wire.Reason {
	var rs []wire.Reason
	for i, set := range v.reasons {
		if set {
			rs = append(rs, wire.Reason(i+1))
		}
	}
	return rs
}

// measure adds a probe's measurements to o. Values that are no measurement
// (not a number, negative, beyond what the wire takes) are left out.
func measure(o *wire.Observation, r *probe.Result) {
	add := func(s *wire.Stat, v float64) {
		if !math.IsNaN(v) && v >= 0 && v <= 1e12 {
			s.Add(float32(v))
		}
	}
	for _, st := range r.Stages {
		if st.Rung == wire.RungNone || !st.Rung.Valid() {
			continue
		}
		i := 0
		for i < len(o.Stages) && o.Stages[i].Rung < st.Rung {
			i++
		}
		if i == len(o.Stages) || o.Stages[i].Rung != st.Rung {
			o.Stages = append(o.Stages, wire.Stage{})
			copy(o.Stages[i+1:], o.Stages[i:])
			o.Stages[i] = wire.Stage{Rung: st.Rung}
		}
		add(&o.Stages[i].Time, float64(st.Duration.Microseconds())/1000)
	}
	if o.Status == wire.StatusDown {
		return
	}
	add(&o.FrameRate, r.FrameRate)
	add(&o.BitRate, r.BitRate)
	add(&o.Loss, r.Loss)
	add(&o.Jitter, r.Jitter)
	if r.KeyframeGap > 0 {
		add(&o.KeyframeGap, r.KeyframeGap)
	}
}
