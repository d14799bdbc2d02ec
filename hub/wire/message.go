package wire

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
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

	Clock Clock // by which clock From and To are

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

// Hello opens a connection: who speaks, and what its spool holds.
type Hello struct {
	Epoch             uint64
	FirstSeq, NextSeq uint64
	AgentVersion      string
	Sent              int64  // the device's own wall clock, Unix milliseconds
	Boot              uint64 // names the run of the device's monotonic clock
	Session           uint64 // grows with every connection of this epoch and is never repeated
	Stamp             int64  // monotonic milliseconds at sending, echoed in the answer
	Key               Key    // credentials are sealed to it; zero if the agent takes no list
}

// Batch carries records with consecutive sequence numbers from FirstSeq on:
// observations or gaps, never both.
type Batch struct {
	Epoch        uint64
	FirstSeq     uint64
	Observations []Observation    // those that keep the contract; Seq gives their numbers
	Bad          []BadObservation // those that do not, by ascending Seq; only reading makes any
	Gaps         []Gap            // the i-th has FirstSeq + i
	OldestSeq    uint64           // oldest sequence number that may still come, at most FirstSeq
	Stamp        int64            // monotonic milliseconds at sending, echoed in the answer
}

// BadObservation is an observation that could be read and breaks a bound. It
// is to be set aside; the others of its batch are good.
type BadObservation struct {
	Seq         uint64
	Err         error       // what Check says
	Observation Observation // as far as it could be read
}

// Count is the number of records, bad ones included.
func (b *Batch) Count() int { return len(b.Observations) + len(b.Bad) + len(b.Gaps) }

// Seq is the sequence number of Observations[i]: FirstSeq + i, if none before
// it is bad.
func (b *Batch) Seq(i int) uint64 {
	seq := b.FirstSeq + uint64(i)
	for _, bad := range b.Bad {
		if bad.Seq > seq {
			break
		}
		seq++
	}
	return seq
}

// Next is the sequence number after the batch's last.
func (b *Batch) Next() uint64 { return b.FirstSeq + uint64(b.Count()) }

// Gap declares that the records [From, Next) will never come, and why. It has
// a sequence number of its own.
type Gap struct {
	From, Next uint64
	Begin, End int64 // time that the lost records spoke of, Unix milliseconds; both 0 when it is not known
	Clock      Clock // by which clock
	Why        GapWhy
}

// UpMessage is the payload of the topic "up": exactly one field is set.
type UpMessage struct {
	Hello *Hello
	Batch *Batch
}

// Ack says that all records of Epoch below Upto are committed.
type Ack struct {
	Epoch, Upto uint64
	HubTime     int64
	Stamp       int64 // of the newest message that this answers, 0 if it had none
}

// Refusal says why the hub does not take what the agent sends. Its form is
// the same in every major version of the contract.
type Refusal struct {
	Code    RefusalCode
	Reason  string
	HubTime int64
	Stamp   int64 // of the message that this answers, 0 if it had none
}

// Ask wants something that only the agent knows.
type Ask struct {
	Live bool // a whole live message
}

// DownMessage is the payload of the topic "down": exactly one field is set.
type DownMessage struct {
	Ack     *Ack
	Refusal *Refusal
	Ask     *Ask
}

// LiveMessage is the payload of the topic "live".
type LiveMessage struct {
	Online   bool
	Session  uint64 // that of the connection's Hello: what an older one says does not count
	Sent     int64
	Spooled  uint64
	Cameras  int   // cameras in the agent's configuration
	Interval int64 // milliseconds until the next live message at the latest
	States   []State
	Whole    bool   // States are all there are; else those that became another
	Digest   uint32 // of all states after this message, see Digest
	Looked   int64  // the last probe of a camera that is not in States is at most so many milliseconds old
	Overruns uint64 // probes left out since the start because others took too long

	List         uint64 // ListDigest of the list that it works from; 0: its own configuration, or none came yet
	ListRevision uint32 // of that list
	ListRefused  int    // cameras of it that cannot be watched

	// Vitals is how the device is, nil when this message does not say. Values that
	// cannot be are not Known; Implausible counts them, only reading makes any.
	Vitals      *Vitals
	Implausible int
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

// Digest is what two sides compare to know that they have the same picture of
// this moment: FNV-1a, 32 bits, over the states in the order of their cameras'
// codes, Probed left out. It does not depend on the order in which they are
// given.
func Digest(states []State) uint32 {
	byCode := slices.Clone(states)
	slices.SortFunc(byCode, func(a, b State) int { return strings.Compare(a.Camera, b.Camera) })
	h := fnv.New32a()
	var b []byte
	for i := range byCode {
		s := &byCode[i]
		b = append(append(b[:0], s.Camera...), 0)
		b = append(b, byte(s.Status), byte(s.Rung), byte(s.Fault), byte(s.FellOn), byte(s.Codec), byte(len(s.Reasons)))
		for _, r := range s.Reasons {
			b = append(b, byte(r))
		}
		for _, n := range [...]int64{int64(s.RTSPStatus), s.Since, int64(s.Width), int64(s.Height)} {
			b = binary.LittleEndian.AppendUint64(b, uint64(n))
		}
		_, _ = h.Write(b)
	}
	return h.Sum32()
}

// VersionError reports a message of another major version of the contract.
type VersionError struct{ Got uint32 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("message of contract version %d, this program speaks version %d: update the older side", e.Got, Version)
}
