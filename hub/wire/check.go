package wire

import (
	"fmt"
)

// Bounds of single values.
const (
	MaxLength   = 48 * 3600 * 1000   // milliseconds of one observation: an agent folds for minutes, never for days
	maxTime     = 32_503_680_000_000 // last moment taken from the wire: the end of the year 2999
	maxProbes   = 1 << 20            // probes folded into one observation
	maxValue    = 1e12               // greatest measured value
	maxSide     = 1 << 16            // pixels of a picture's side
	maxCameras  = 1 << 20            // cameras in an agent's configuration
	maxInterval = 24 * 3600 * 1000   // milliseconds between two live messages
)

// Check says whether the other side would take the observation: whether every
// value is within its bounds and they do not contradict each other. The error
// names the field as it is called on the wire.
func (o *Observation) Check() error {
	if err := checkTime("from_ms", o.From); err != nil {
		return err
	}
	if l := o.To - o.From; l < 1 || l > MaxLength {
		return fmt.Errorf("length_ms %d, 1 to %d are allowed", l, MaxLength)
	}
	if err := o.verdict().check(); err != nil {
		return err
	}
	if !o.Clock.Valid() {
		return fmt.Errorf("clock %d is not known", o.Clock)
	}
	if o.Probes < 1 || o.Probes > maxProbes {
		return fmt.Errorf("probes %d, 1 to %d are allowed", o.Probes, maxProbes)
	}
	for i, s := range [...]Stat{o.FrameRate, o.BitRate, o.KeyframeGap, o.Loss, o.Jitter} {
		if err := s.check(); err != nil {
			return fmt.Errorf("%s: %w", [...]string{"frame_rate", "bit_rate", "keyframe_gap", "loss", "jitter"}[i], err)
		}
	}
	if n := len(o.Stages); n > int(RungFresh) {
		return fmt.Errorf("%d stages, at most %d are allowed", n, RungFresh)
	}
	for i, s := range o.Stages {
		if s.Rung == RungNone || !s.Rung.Valid() {
			return fmt.Errorf("stage %d: rung %d is not known", i, s.Rung)
		}
		if i > 0 && o.Stages[i-1].Rung >= s.Rung {
			return fmt.Errorf("stage %s after %s: stages stand in the order of their rungs, each once", s.Rung, o.Stages[i-1].Rung)
		}
		if err := s.Time.check(); err != nil {
			return fmt.Errorf("stage %s: %w", s.Rung, err)
		}
	}
	return nil
}

func (s Stat) check() error {
	if s == (Stat{}) {
		return nil
	}
	// Written so that NaN fails too.
	if s.N < 1 || s.N > maxProbes || !(s.Min <= s.Mean && s.Mean <= s.Max) || !(s.Min >= 0 && s.Max <= maxValue) {
		return fmt.Errorf("n %d, min %g, mean %g, max %g is not a statistic of values from 0 to %g", s.N, s.Min, s.Mean, s.Max, float64(maxValue))
	}
	return nil
}

// verdict is what an observation and a live state share.
type verdict struct {
	camera        string
	status        Status
	rung          Rung
	fault         Fault
	fellOn        Rung
	rtspStatus    int
	reasons       []Reason
	codec         Codec
	width, height int
}

func (o *Observation) verdict() *verdict {
	return &verdict{o.Camera, o.Status, o.Rung, o.Fault, o.FellOn, o.RTSPStatus, o.Reasons, o.Codec, o.Width, o.Height}
}

func (v *verdict) check() error {
	if err := CheckCode(v.camera); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	if err := v.contradiction(); err != nil {
		return fmt.Errorf("camera %s: %w", v.camera, err)
	}
	return nil
}

func (v *verdict) contradiction() error {
	down := v.status == StatusDown
	switch {
	case !v.status.Valid():
		return fmt.Errorf("status %d is not known", v.status)
	case !v.rung.Valid():
		return fmt.Errorf("rung %d is not known", v.rung)
	case !v.fault.Valid():
		return fmt.Errorf("fault %d is not known", v.fault)
	case (v.fault != FaultNone) != down:
		return fmt.Errorf("status %s with fault %q: down and only down has a fault", v.status, v.fault)
	case !v.fellOn.Valid():
		return fmt.Errorf("fell_on %d is not known", v.fellOn)
	case v.fellOn != RungNone && !down:
		return fmt.Errorf("status %s with fell_on %s: only down names the rung it fell on", v.status, v.fellOn)
	case v.rtspStatus < 0 || v.rtspStatus > 999:
		return fmt.Errorf("rtsp_status %d, 0 to 999 are allowed", v.rtspStatus)
	case !v.codec.Valid():
		return fmt.Errorf("codec %d is not known", v.codec)
	case v.width < 0 || v.height < 0 || v.width > maxSide || v.height > maxSide:
		return fmt.Errorf("picture of %d × %d, at most %d is allowed", v.width, v.height, maxSide)
	case len(v.reasons) > 0 && v.status != StatusDegraded:
		return fmt.Errorf("status %s with reasons: only degraded has reasons", v.status)
	}
	for i, r := range v.reasons {
		if !r.Valid() {
			return fmt.Errorf("reason %d is not known", r)
		}
		if i > 0 && v.reasons[i-1] >= r {
			return fmt.Errorf("reason %s after %s: reasons stand in ascending order, each once", r, v.reasons[i-1])
		}
	}
	return nil
}

func (h *Hello) check() error {
	if h.FirstSeq > h.NextSeq || h.NextSeq > MaxSeq {
		return fmt.Errorf("first_seq %d and next_seq %d are not in order or past %d", h.FirstSeq, h.NextSeq, uint64(MaxSeq))
	}
	if err := checkText("agent_version", h.AgentVersion); err != nil {
		return err
	}
	if err := checkClock("stamp", h.Stamp); err != nil {
		return err
	}
	return checkClock("sent_ms", h.Sent)
}

func (g *Gap) check() error {
	switch {
	case g.From >= g.Next || g.Next > MaxSeq:
		return fmt.Errorf("from_seq %d and next_seq %d are not in order or past %d", g.From, g.Next, uint64(MaxSeq))
	case !g.Clock.Valid():
		return fmt.Errorf("clock %d is not known", g.Clock)
	case !g.Why.Valid():
		return fmt.Errorf("why %d is not known", g.Why)
	case g.Begin > g.End:
		return fmt.Errorf("from_ms %d is after to_ms %d", g.Begin, g.End)
	}
	if err := checkTime("from_ms", g.Begin); err != nil {
		return err
	}
	return checkTime("to_ms", g.End)
}

func (m *LiveMessage) check() error {
	if err := checkClock("sent_ms", m.Sent); err != nil {
		return err
	}
	if m.Cameras > maxCameras {
		return fmt.Errorf("cameras %d, at most %d are allowed", m.Cameras, maxCameras)
	}
	if m.ListRefused > MaxList {
		return fmt.Errorf("list_refused %d, at most %d is allowed", m.ListRefused, MaxList)
	}
	if m.Interval > maxInterval {
		return fmt.Errorf("interval_ms %d, at most %d is allowed", m.Interval, maxInterval)
	}
	if m.Looked > maxInterval {
		return fmt.Errorf("looked_ms %d, at most %d is allowed", m.Looked, maxInterval)
	}
	for i := range m.States {
		s := &m.States[i]
		v := verdict{s.Camera, s.Status, s.Rung, s.Fault, s.FellOn, s.RTSPStatus, s.Reasons, s.Codec, s.Width, s.Height}
		err := v.check()
		if err == nil {
			err = checkClock("since_ms", s.Since)
		}
		if err == nil {
			err = checkClock("probed_ms", s.Probed)
		}
		if err != nil {
			return fmt.Errorf("state %d: %w", i, err)
		}
	}
	return nil
}

// checkTime holds for moments that count as evidence.
func checkTime(field string, ms int64) error {
	if ms < 0 || ms > maxTime {
		return fmt.Errorf("%s %d, 0 to %d are allowed", field, ms, int64(maxTime))
	}
	return nil
}

// checkClock holds for what an agent's own clock says. It may be wrong, even
// before 1970, and the agent is still to be answered: only what would
// overflow in a subtraction is refused.
func checkClock(field string, ms int64) error {
	if ms < -maxTime || ms > maxTime {
		return fmt.Errorf("%s %d, %d to %d are allowed", field, ms, -int64(maxTime), int64(maxTime))
	}
	return nil
}

func checkText(field, s string) error {
	if len(s) > MaxText {
		return fmt.Errorf("%s has %d bytes, at most %d are allowed", field, len(s), MaxText)
	}
	return nil
}
