package history

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// ErrNotFound reports something that is not there.
var ErrNotFound = errors.New("not found")

// Aside says of a batch that its records could not be taken, and why.
type Aside struct {
	// Count is how many records these are. With 0 the message did not say which:
	// it is kept, and accounts for no number.
	Count  int
	Reason string
}

// Bounds of what is kept of one agent in the quarantine: it cannot fill the
// disk. What is beyond goes, oldest first; it stays counted.
const (
	MaxEntries    = 1000
	MaxEntryBytes = 16 << 20
)

// Entry is what was set aside of one message.
type Entry struct {
	ID       int64
	Agent    string
	Epoch    uint64
	FirstSeq uint64
	Count    int // records; 0 if the message did not say
	Reason   string
	Received time.Time
	Bytes    int    // of Payload
	Payload  []byte // nil in a list
}

// Look reads what an entry holds, as far as it can be read: the observations
// or gaps among its records alone, those that break the contract included.
func (e *Entry) Look() (obs []Identified, gaps []wire.Gap, err error) {
	m, err := wire.UnmarshalUp(e.Payload)
	if err != nil || m.Batch == nil {
		return nil, nil, err
	}
	b := m.Batch
	in := func(seq uint64) bool { return seq >= e.FirstSeq && seq-e.FirstSeq < uint64(e.Count) }
	for i := range b.Observations {
		if seq := b.Seq(i); in(seq) {
			obs = append(obs, Identified{Agent: e.Agent, Epoch: b.Epoch, Seq: seq, Observation: b.Observations[i]})
		}
	}
	for _, bad := range b.Bad {
		if in(bad.Seq) {
			obs = append(obs, Identified{Agent: e.Agent, Epoch: b.Epoch, Seq: bad.Seq, Observation: bad.Observation})
		}
	}
	for i := range b.Gaps {
		if in(b.FirstSeq + uint64(i)) {
			gaps = append(gaps, b.Gaps[i])
		}
	}
	slices.SortFunc(obs, func(x, y Identified) int { return cmp.Compare(x.Seq, y.Seq) })
	return obs, gaps, nil
}

// AsideCount counts what was set aside of an agent.
type AsideCount struct {
	Messages int64 // ever
	Records  int64 // ever
	Entries  int64 // kept now
}

// Selection says which entries are meant: those for which all that is given
// holds.
type Selection struct {
	IDs   []int64
	Agent string
}

// Quarantine keeps what could not be taken for people to look at. See Append
// for how it gets there.
type Quarantine interface {
	// Entries lists what is kept, without payloads, newest first.
	Entries(ctx context.Context, s Selection) ([]Entry, error)
	// Entry gives one with its payload, or ErrNotFound.
	Entry(ctx context.Context, id int64) (Entry, error)
	// Drop forgets entries and says how many. What they accounted for stays
	// accounted for.
	Drop(ctx context.Context, s Selection) (int64, error)
	// AsideCounts counts by agent.
	AsideCounts(ctx context.Context) (map[string]AsideCount, error)
}

// Loss is a gap that an agent declared, with its identity.
type Loss struct {
	Epoch uint64
	Seq   uint64
	wire.Gap
	Received time.Time
}

// LossCount counts an agent's gaps and the records that they declare lost.
type LossCount struct{ Gaps, Records int64 }

// Losses are the gaps that agents declared, for ever.
type Losses interface {
	// Losses lists an agent's, in the order they came.
	Losses(ctx context.Context, agent string) ([]Loss, error)
	// LossCounts counts them by agent.
	LossCounts(ctx context.Context) (map[string]LossCount, error)
}
