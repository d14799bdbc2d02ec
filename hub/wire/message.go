package wire

import (
	"fmt"
	"math"
)

//go:generate sh -c "go build -o ../../build/protoc-gen-go google.golang.org/protobuf/cmd/protoc-gen-go && protoc --plugin=../../build/protoc-gen-go --go_out=. --go_opt=module=github.com/phukin/phukin/hub/wire wire.proto"

// Observation is what one agent saw of one camera over [From, To).
type Observation struct {
	Camera     string
	From, To   int64 // Unix milliseconds, From < To
	Status     Status
	Rung       Rung     // highest rung reached
	Fault      Fault    // FaultNone unless Status is StatusDown
	FellOn     Rung     // rung on which the probe fell, RungNone unless Status is StatusDown
	RTSPStatus int      // status number that was the fault, 0 if there was none
	Reasons    []Reason // why the stream is degraded, ascending, each once
	Probes     int      // probes folded into this observation, at least 1

	Codec         Codec
	Width, Height int // pixels as displayed, 0 when not measured

	FrameRate   Stat // frames per second
	BitRate     Stat // bits per second
	KeyframeGap Stat // seconds between key frames
	Loss        Stat // fraction of RTP packets lost, 0 to 1
	Jitter      Stat // RFC 3550 A.8, milliseconds
	Stages      []Stage
}

// Stat is the least, mean and greatest of N measured values. N is 0 when
// nothing was measured.
type Stat struct {
	N              int
	Min, Mean, Max float32
}

// Add takes one more measured value into s. What is not a finite number was
// not measured and is passed over.
func (s *Stat) Add(v float32) {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return
	}
	if s.N == 0 {
		*s = Stat{N: 1, Min: v, Mean: v, Max: v}
		return
	}
	s.N++
	s.Min, s.Max = min(s.Min, v), max(s.Max, v)
	s.Mean = min(max(s.Mean+(v-s.Mean)/float32(s.N), s.Min), s.Max)
}

// Stage is the time probes spent on a rung, in milliseconds.
type Stage struct {
	Rung Rung
	Time Stat
}

// Hello opens a connection: what the agent's spool holds.
type Hello struct {
	Epoch             uint64
	FirstSeq, NextSeq uint64
	AgentVersion      string
	Sent              int64 // the agent's clock, Unix milliseconds
}

// Batch carries observations with consecutive sequence numbers: the i-th has
// FirstSeq + i.
type Batch struct {
	Epoch        uint64
	FirstSeq     uint64
	Observations []Observation
	Sent         int64
	OldestSeq    uint64 // oldest sequence number still spooled, at most FirstSeq: what is below will never come
}

// UpMessage is the payload of the topic "up": exactly one field is set.
type UpMessage struct {
	Hello *Hello
	Batch *Batch
}

// Ack says that all observations of Epoch below Upto are committed.
type Ack struct {
	Epoch, Upto uint64
	HubTime     int64
}

// Refusal says why the hub does not take what the agent sends.
type Refusal struct {
	Reason  string
	HubTime int64
}

// DownMessage is the payload of the topic "down": exactly one field is set.
type DownMessage struct {
	Ack     *Ack
	Refusal *Refusal
}

// LiveMessage is the payload of the topic "live".
type LiveMessage struct {
	Online   bool
	Sent     int64
	Spooled  uint64
	Cameras  int   // cameras in the agent's configuration
	Interval int64 // milliseconds until the next live message at the latest
	States   []State
}

// State is a camera's open observation: what its agent sees at this moment.
type State struct {
	Camera        string
	Status        Status
	Rung          Rung
	Fault         Fault
	FellOn        Rung
	RTSPStatus    int
	Reasons       []Reason
	Since         int64 // first probe that saw this status; a change of fault is no new outage
	Probed        int64 // last probe
	Codec         Codec
	Width, Height int
}

// VersionError reports a message of another major version of the contract.
type VersionError struct{ Got uint32 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("message of contract version %d, this program speaks version %d: update the older side", e.Got, Version)
}
