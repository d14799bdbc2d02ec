package wire

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/phukin/phukin/hub/wire/wirepb"
)

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
		Session: pb.GetSession(), Whole: pb.GetWhole(), Digest: pb.GetDigest(), Looked: int64(pb.GetLookedMs()), Overruns: pb.GetOverruns(),
		List: pb.GetList(), ListRevision: pb.GetListRevision(), ListRefused: number(pb.GetListRefused())}
	for _, s := range pb.GetStates() {
		m.States = append(m.States, State{
			Camera: s.GetCamera(), Status: Status(code(s.GetStatus())), Rung: Rung(code(s.GetRung())),
			Fault: Fault(code(s.GetFault())), FellOn: Rung(code(s.GetFellOn())), RTSPStatus: number(s.GetRtspStatus()),
			Reasons: reasonsFromPB(s.GetReasons()), Since: s.GetSinceMs(), Probed: s.GetProbedMs(),
			Codec: Codec(code(s.GetCodec())), Width: number(s.GetWidth()), Height: number(s.GetHeight()),
		})
	}
	if v := pb.GetVitals(); v != nil {
		m.Vitals, m.Implausible = vitalsFromPB(v)
	}
	if err := m.check(); err != nil {
		return LiveMessage{}, fmt.Errorf("live: %w", err)
	}
	return m, nil
}

// code and number narrow what the wire carries in 32 bits. What does not fit
// becomes a value that no check lets pass.
func code(v uint32) uint8 { return uint8(min(v, 255)) }
func number(v uint32) int { return int(min(v, 1<<31-1)) }

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
