package watch

import (
	"math"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// Defaults of Thresholds.
const (
	DefaultFrameRateShare = 0.6
	DefaultKeyframeGap    = 10 * time.Second
	DefaultLoss           = 0.02
)

// Thresholds are what a stream may fall short by before it is degraded. A
// field that is 0 takes its default.
type Thresholds struct {
	FrameRate   float64       // least share of the planned frame rate: 0.6
	KeyframeGap time.Duration // longest time between key frames: 10 s
	Loss        float64       // greatest fraction of RTP packets lost: 0.02; 1 allows any
}

func (t Thresholds) withDefaults() Thresholds {
	if t.FrameRate == 0 {
		t.FrameRate = DefaultFrameRateShare
	}
	if t.KeyframeGap == 0 {
		t.KeyframeGap = DefaultKeyframeGap
	}
	if t.Loss == 0 {
		t.Loss = DefaultLoss
	}
	return t
}

// Expectation is what the plan says of a camera's stream. What is 0 is not
// compared.
type Expectation struct {
	Width, Height int     // pixels as displayed
	FrameRate     float64 // frames per second
	Thresholds    Thresholds
}

// Reasons says in what a stream that flows falls short of e, in ascending
// order; nil when it is what was planned. A stream whose timestamps the probe
// found at fault, or whose frames' sizes make it suspect a frozen or dark
// picture, is degraded whatever was planned: it is a reason, not an outage.
func (e Expectation) Reasons(r *probe.Result) []wire.Reason {
	t := e.Thresholds.withDefaults()
	var rs []wire.Reason
	add := func(past bool, reason wire.Reason) {
		if past {
			rs = append(rs, reason)
		}
	}
	add(short(r.Width, e.Width) || short(r.Height, e.Height), wire.ReasonLowResolution)
	add(r.Reached == wire.RungFresh && e.FrameRate > 0 && r.FrameRate < t.FrameRate*e.FrameRate, wire.ReasonLowFrameRate)
	add(r.KeyframeGap > t.KeyframeGap.Seconds(), wire.ReasonLongKeyframeGap)
	add(r.Loss > t.Loss, wire.ReasonLoss)
	add(r.TimestampFaults > 0, wire.ReasonTimestamps)
	add(r.SuspectStatic, wire.ReasonSuspectStatic)
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

// lightSuccess says whether r is a light probe that found nothing wrong: the
// camera answers, and its login is good. It says nothing of the picture.
func lightSuccess(r *probe.Result) bool {
	return r.Depth == probe.Light && r.Fault == wire.FaultNone && r.Reached >= wire.RungAuth && r.Reached < wire.RungFresh
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
	if o.Status == wire.StatusDown || lightSuccess(r) {
		return // no picture was looked at
	}
	add(&o.FrameRate, r.FrameRate)
	add(&o.BitRate, r.BitRate)
	add(&o.Loss, r.Loss)
	add(&o.Jitter, r.Jitter)
	if r.KeyframeGap > 0 {
		add(&o.KeyframeGap, r.KeyframeGap)
	}
}
