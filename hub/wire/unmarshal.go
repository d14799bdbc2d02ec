package wire

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/phukin/phukin/hub/wire/wirepb"
)

// UnmarshalUp decodes and checks a payload of the topic "up". A payload of
// another major version gives a *VersionError.
func UnmarshalUp(p []byte) (UpMessage, error) {
	var pb wirepb.Up
	if err := unmarshal(p, &pb); err != nil {
		return UpMessage{}, err
	}
	switch body := pb.GetBody().(type) {
	case *wirepb.Up_Hello:
		pb := body.Hello
		h := &Hello{
			Epoch: pb.GetEpoch(), FirstSeq: pb.GetFirstSeq(), NextSeq: pb.GetNextSeq(), AgentVersion: pb.GetAgentVersion(),
			Sent: pb.GetSentMs(), Boot: pb.GetBoot(), Session: pb.GetSession(), Stamp: pb.GetStamp(),
		}
		if err := h.check(); err != nil {
			return UpMessage{}, fmt.Errorf("hello: %w", err)
		}
		return UpMessage{Hello: h}, nil
	case *wirepb.Up_Batch:
		b, err := batchFromPB(body.Batch)
		if err != nil {
			return UpMessage{}, fmt.Errorf("batch: %w", err)
		}
		return UpMessage{Batch: b}, nil
	}
	return UpMessage{}, errors.New("up message has no body")
}

// BatchError reports a batch whose records cannot be taken although it is
// clear which they are: they can be set aside and acknowledged.
type BatchError struct {
	Epoch     uint64
	FirstSeq  uint64
	Count     int
	OldestSeq uint64
	Stamp     int64
	Err       error
}

func (e *BatchError) Error() string { return e.Err.Error() }

func (e *BatchError) Unwrap() error { return e.Err }

// batchFromPB reads a batch. What is wrong with its frame is an error like any
// other; what is wrong with its body is a *BatchError.
func batchFromPB(pb *wirepb.Batch) (*Batch, error) {
	n := int(min(pb.GetCount(), MaxObservations+1))
	if n == 0 || n > MaxObservations {
		return nil, fmt.Errorf("%d records, 1 to %d are allowed", pb.GetCount(), MaxObservations)
	}
	b := &Batch{Epoch: pb.GetEpoch(), FirstSeq: pb.GetFirstSeq(), OldestSeq: pb.GetOldestSeq(), Stamp: pb.GetStamp()}
	if b.FirstSeq > MaxSeq-uint64(n) {
		return nil, fmt.Errorf("first_seq %d and %d records: sequence numbers up to %d are allowed", b.FirstSeq, n, uint64(MaxSeq))
	}
	if b.OldestSeq > b.FirstSeq {
		return nil, fmt.Errorf("oldest_seq %d is after first_seq %d", b.OldestSeq, b.FirstSeq)
	}
	if err := checkClock("stamp", b.Stamp); err != nil {
		return nil, err
	}
	err := b.body(pb)
	if err == nil && b.Count() != n {
		err = fmt.Errorf("count is %d, and %d records are there", n, b.Count())
	}
	if err != nil {
		return nil, &BatchError{b.Epoch, b.FirstSeq, n, b.OldestSeq, b.Stamp, err}
	}
	return b, nil
}

func (b *Batch) body(pb *wirepb.Batch) error {
	switch body := pb.GetBody().(type) {
	case *wirepb.Batch_Observations:
		return b.observations(body.Observations)
	case *wirepb.Batch_Gaps:
		for i, g := range body.Gaps.GetGaps() {
			gap := Gap{From: g.GetFromSeq(), Next: g.GetNextSeq(), Begin: g.GetFromMs(), End: g.GetToMs(), Clock: Clock(code(g.GetClock())), Why: GapWhy(code(g.GetWhy()))}
			if err := gap.check(); err != nil {
				return fmt.Errorf("gap %d (seq %d): %w", i, b.FirstSeq+uint64(i), err)
			}
			b.Gaps = append(b.Gaps, gap)
		}
		return nil
	}
	return errors.New("batch has no body that this program knows")
}

func (b *Batch) observations(p []byte) error {
	var pb wirepb.Observations
	if err := decode(p, &pb); err != nil {
		return err
	}
	if n := len(pb.GetObservations()); n > MaxObservations {
		return fmt.Errorf("%d observations, at most %d are allowed", n, MaxObservations)
	}
	b.Observations = make([]Observation, len(pb.GetObservations()))
	for i, o := range pb.GetObservations() {
		if err := observationFromPB(o, &b.Observations[i]); err != nil {
			return fmt.Errorf("observation %d (seq %d): %w", i, b.FirstSeq+uint64(i), err)
		}
	}
	return nil
}

// UnmarshalObservation decodes and checks what MarshalObservation wrote.
func UnmarshalObservation(p []byte) (Observation, error) {
	var pb wirepb.Observation
	if err := decode(p, &pb); err != nil {
		return Observation{}, err
	}
	var o Observation
	if err := observationFromPB(&pb, &o); err != nil {
		return Observation{}, err
	}
	return o, nil
}

// UnmarshalDown decodes and checks a payload of the topic "down". A payload
// of another major version gives a *VersionError, unless it is a refusal.
func UnmarshalDown(p []byte) (DownMessage, error) {
	var pb wirepb.Down
	if err := unmarshal(p, &pb); err != nil && (pb.GetRefusal() == nil || !errors.As(err, new(*VersionError))) {
		return DownMessage{}, err
	}
	switch body := pb.GetBody().(type) {
	case *wirepb.Down_Ack:
		a := &Ack{body.Ack.GetEpoch(), body.Ack.GetUpto(), body.Ack.GetHubMs(), body.Ack.GetStamp()}
		if a.Upto > MaxSeq {
			return DownMessage{}, fmt.Errorf("ack: upto %d, at most %d is allowed", a.Upto, uint64(MaxSeq))
		}
		if err := checkTime("hub_ms", a.HubTime); err != nil {
			return DownMessage{}, fmt.Errorf("ack: %w", err)
		}
		return DownMessage{Ack: a}, nil
	case *wirepb.Down_Refusal:
		r := &Refusal{RefusalCode(code(body.Refusal.GetCode())), body.Refusal.GetReason(), body.Refusal.GetHubMs(), body.Refusal.GetStamp()}
		if err := checkText("reason", r.Reason); err != nil {
			return DownMessage{}, fmt.Errorf("refusal: %w", err)
		}
		if err := checkTime("hub_ms", r.HubTime); err != nil {
			return DownMessage{}, fmt.Errorf("refusal: %w", err)
		}
		return DownMessage{Refusal: r}, nil
	case *wirepb.Down_Ask:
		return DownMessage{Ask: &Ask{Live: body.Ask.GetLive()}}, nil
	}
	return DownMessage{}, errors.New("down message has no body")
}

// UnmarshalLive decodes and checks a payload of the topic "live". A payload
// of another major version gives a *VersionError.
func UnmarshalLive(p []byte) (LiveMessage, error) {
	var pb wirepb.Live
	if err := unmarshal(p, &pb); err != nil {
		return LiveMessage{}, err
	}
	if n := len(pb.GetStates()); n > MaxStates {
		return LiveMessage{}, fmt.Errorf("live: %d states, at most %d are allowed", n, MaxStates)
	}
	m := LiveMessage{Online: pb.GetOnline(), Sent: pb.GetSentMs(), Spooled: pb.GetSpooled(), Cameras: number(pb.GetCameras()), Interval: int64(pb.GetIntervalMs()),
		Session: pb.GetSession(), Whole: pb.GetWhole(), Digest: pb.GetDigest(), Looked: int64(pb.GetLookedMs()), Overruns: pb.GetOverruns()}
	for _, s := range pb.GetStates() {
		m.States = append(m.States, State{
			Camera: s.GetCamera(), Status: Status(code(s.GetStatus())), Rung: Rung(code(s.GetRung())),
			Fault: Fault(code(s.GetFault())), FellOn: Rung(code(s.GetFellOn())), RTSPStatus: number(s.GetRtspStatus()),
			Reasons: reasonsFromPB(s.GetReasons()), Since: s.GetSinceMs(), Probed: s.GetProbedMs(),
			Codec: Codec(code(s.GetCodec())), Width: number(s.GetWidth()), Height: number(s.GetHeight()),
		})
	}
	if err := m.check(); err != nil {
		return LiveMessage{}, fmt.Errorf("live: %w", err)
	}
	return m, nil
}

func observationFromPB(pb *wirepb.Observation, o *Observation) error {
	*o = Observation{
		Camera: pb.GetCamera(), From: pb.GetFromMs(), To: pb.GetFromMs() + int64(min(pb.GetLengthMs(), MaxLength+1)),
		Status: Status(code(pb.GetStatus())), Rung: Rung(code(pb.GetRung())),
		Fault: Fault(code(pb.GetFault())), FellOn: Rung(code(pb.GetFellOn())), RTSPStatus: number(pb.GetRtspStatus()),
		Reasons: reasonsFromPB(pb.GetReasons()), Probes: number(pb.GetProbes()), Clock: Clock(code(pb.GetClock())),
		Codec: Codec(code(pb.GetCodec())), Width: number(pb.GetWidth()), Height: number(pb.GetHeight()),
		FrameRate: statFromPB(pb.GetFrameRate()), BitRate: statFromPB(pb.GetBitRate()), KeyframeGap: statFromPB(pb.GetKeyframeGap()),
		Loss: statFromPB(pb.GetLoss()), Jitter: statFromPB(pb.GetJitter()),
	}
	if n := len(pb.GetStages()); n > 0 {
		o.Stages = make([]Stage, n)
		for i, s := range pb.GetStages() {
			o.Stages[i] = Stage{Rung(code(s.GetRung())), statFromPB(s.GetTime())}
		}
	}
	return o.Check()
}

// code and number narrow what the wire carries in 32 bits. What does not fit
// becomes a value that no check lets pass.
func code(v uint32) uint8 { return uint8(min(v, 255)) }
func number(v uint32) int { return int(min(v, 1<<31-1)) }

// statFromPB gives a statistic that is present on the wire but counts nothing
// the count -1, which no check lets pass.
func statFromPB(pb *wirepb.Stat) Stat {
	if pb == nil {
		return Stat{}
	}
	s := Stat{N: number(pb.GetN()), Min: pb.GetMin(), Mean: pb.GetMean(), Max: pb.GetMax()}
	if s.N == 0 {
		s.N = -1
	}
	return s
}

func reasonsFromPB(pb []uint32) []Reason {
	if len(pb) == 0 {
		return nil
	}
	rs := make([]Reason, len(pb))
	for i, r := range pb {
		rs[i] = Reason(code(r))
	}
	slices.Sort(rs)
	return slices.Compact(rs)
}

// versioned is a message that carries the version of the contract.
type versioned interface {
	proto.Message
	GetVersion() uint32
}

func unmarshal(p []byte, m versioned) error {
	if err := decode(p, m); err != nil {
		return err
	}
	if m.GetVersion() != Version {
		return &VersionError{m.GetVersion()}
	}
	return nil
}

func decode(p []byte, m proto.Message) error {
	if len(p) > MaxMessage {
		return fmt.Errorf("message has %d bytes, at most %d are allowed", len(p), MaxMessage)
	}
	if err := proto.Unmarshal(p, m); err != nil {
		return fmt.Errorf("decode message: %w", err)
	}
	return nil
}
