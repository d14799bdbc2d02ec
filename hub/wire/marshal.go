package wire

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/phukin/phukin/hub/wire/wirepb"
)

// MarshalUp encodes m; what it carries of an observation is what Round makes
// of it. It panics if m has no body, or a batch with bad observations: that is
// a defect of the caller, not of the data.
func MarshalUp(m UpMessage) []byte {
	pb := &wirepb.Up{Version: Version}
	switch {
	case m.Hello != nil:
		h := m.Hello
		hello := &wirepb.Hello{
			Epoch: h.Epoch, FirstSeq: h.FirstSeq, NextSeq: h.NextSeq,
			AgentVersion: text(h.AgentVersion), SentMs: h.Sent, Boot: h.Boot, Session: h.Session, Stamp: h.Stamp,
		}
		if h.Key != (Key{}) {
			hello.Key = h.Key[:]
		}
		pb.Body = &wirepb.Up_Hello{Hello: hello}
	case m.Batch != nil && m.Batch.Count() > 0 && len(m.Batch.Bad) == 0:
		pb.Body = &wirepb.Up_Batch{Batch: batchToPB(m.Batch)}
	default:
		panic("wire: up message without a body, or with bad observations")
	}
	return mustMarshal(pb)
}

func batchToPB(m *Batch) *wirepb.Batch {
	b := &wirepb.Batch{Epoch: m.Epoch, FirstSeq: m.FirstSeq, Count: uint32(m.Count()), OldestSeq: m.OldestSeq, Stamp: m.Stamp}
	if len(m.Gaps) > 0 {
		gaps := make([]*wirepb.Gap, len(m.Gaps))
		for i, g := range m.Gaps {
			gaps[i] = &wirepb.Gap{FromSeq: g.From, NextSeq: g.Next, FromMs: g.Begin, ToMs: g.End, Clock: uint32(g.Clock), Why: uint32(g.Why)}
		}
		b.Body = &wirepb.Batch_Gaps{Gaps: &wirepb.Gaps{Gaps: gaps}}
		return b
	}
	columns := appendColumns(nil, m.Observations)
	if z := compress(columns); z != nil {
		b.Body = &wirepb.Batch_ColumnsZstd{ColumnsZstd: z}
	} else {
		b.Body = &wirepb.Batch_Columns{Columns: columns}
	}
	return b
}

// MarshalObservation encodes a single observation, as the spool keeps it: the
// columns of a batch of one.
func MarshalObservation(o *Observation) []byte {
	return appendColumns(nil, []Observation{*o})
}

// MarshalDown encodes m; a reason longer than MaxText is cut. It panics if m
// has no body.
func MarshalDown(m DownMessage) []byte {
	pb := &wirepb.Down{Version: Version}
	switch {
	case m.Ack != nil:
		pb.Body = &wirepb.Down_Ack{Ack: &wirepb.Ack{Epoch: m.Ack.Epoch, Upto: m.Ack.Upto, HubMs: m.Ack.HubTime, Stamp: m.Ack.Stamp}}
	case m.Refusal != nil:
		pb.Body = &wirepb.Down_Refusal{Refusal: &wirepb.Refusal{Reason: text(m.Refusal.Reason), HubMs: m.Refusal.HubTime, Code: uint32(m.Refusal.Code), Stamp: m.Refusal.Stamp}}
	case m.Ask != nil:
		pb.Body = &wirepb.Down_Ask{Ask: &wirepb.Ask{Live: m.Ask.Live}}
	default:
		panic("wire: down message without a body")
	}
	return mustMarshal(pb)
}

// MarshalLive encodes m.
func MarshalLive(m *LiveMessage) []byte {
	pb := &wirepb.Live{
		Version: Version, Online: m.Online, SentMs: m.Sent, Spooled: m.Spooled,
		Cameras: uint32(m.Cameras), IntervalMs: uint32(m.Interval),
		Session: m.Session, Whole: m.Whole, Digest: m.Digest, LookedMs: uint32(m.Looked), Overruns: m.Overruns,
		List: m.List, ListRevision: m.ListRevision, ListRefused: uint32(m.ListRefused), States: make([]*wirepb.State, len(m.States)),
	}
	if m.Vitals != nil {
		pb.Vitals = vitalsToPB(m.Vitals)
	}
	for i := range m.States {
		s := &m.States[i]
		pb.States[i] = &wirepb.State{
			Camera: s.Camera, Status: uint32(s.Status), Rung: uint32(s.Rung), Fault: uint32(s.Fault), FellOn: uint32(s.FellOn), RtspStatus: uint32(s.RTSPStatus),
			Reasons: reasonsToPB(s.Reasons), SinceMs: s.Since, ProbedMs: s.Probed,
			Codec: uint32(s.Codec), Width: uint32(s.Width), Height: uint32(s.Height),
		}
	}
	return mustMarshal(pb)
}

func reasonsToPB(rs []Reason) []uint32 {
	if len(rs) == 0 {
		return nil
	}
	pb := make([]uint32, len(rs))
	for i, r := range rs {
		pb[i] = uint32(r)
	}
	return pb
}

// text makes a free text one that the other side takes: valid UTF-8 of at
// most MaxText bytes. A program's own words must never cost it the message.
func text(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= MaxText {
		return s
	}
	n := MaxText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func mustMarshal(m proto.Message) []byte {
	p, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic("wire: " + err.Error()) // only a code that is not UTF-8, which CheckCode refuses, could do it
	}
	return p
}
