// Package history is what was seen: observations as agents sent them, and
// the ledger days computed from them. It defines both, the pure rule that
// makes one of the other (Fold), and the Store that keeps them.
//
// Nothing here guesses. Seconds that no observation covers are unknown;
// everything derived can be computed again from the observations of its day.
// The suite in historytest is what every Store must pass.
package history

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// Batch is a run of records as one agent sent them: observations, gaps, or
// records that are set aside, never two of these. The identity of the i-th is
// (Agent, Epoch, FirstSeq+i).
type Batch struct {
	Agent        string
	Epoch        uint64
	FirstSeq     uint64
	Observations []wire.Observation
	Gaps         []wire.Gap
	Aside        *Aside
	// Payload is the "up" message that holds exactly the batch's observations, as
	// wire.UnmarshalUp took it: it is kept as it came, and not checked again.
	// Then Briefs stand for Observations. A batch of Observations is checked and
	// encoded by the store. With Aside the payload is what is kept for people to
	// look at, whatever it is.
	Payload  []byte
	Briefs   []Brief
	Received time.Time
}

// Brief is what a store must know of an observation that it keeps encoded.
type Brief struct {
	wire.Brief
	Memo *Memo // the same one for the same camera, or nil
}

// Memo is where a store notes what it knows of a camera, so that it need not
// look for it whenever the camera comes again. Whoever makes briefs keeps it
// and leaves it alone.
type Memo struct{ V any }

// BriefOf gives an observation's, without a memo.
func BriefOf(o *wire.Observation) Brief { return Brief{Brief: wire.BriefOf(o)} }

// Count is the number of records: sequence numbers that the batch accounts
// for, not counting those that its gaps declare lost.
func (b *Batch) Count() int {
	if b.Aside != nil {
		return b.Aside.Count
	}
	return len(b.Observations) + len(b.Briefs) + len(b.Gaps)
}

// Next gives the sequence number after the batch's last.
func (b *Batch) Next() uint64 { return b.FirstSeq + uint64(b.Count()) }

// Seen is what the evidence says of a camera over all time. Observations of a
// clock that is known to be wrong say nothing here.
type Seen struct {
	Camera   string
	Enrolled DayNumber // first day an agent reported it
	Verified DayNumber // first day its stream was up or degraded; NoDay if never
	// What was measured last, zero when nothing ever was. It follows a change
	// of codec or size at once, and is otherwise renewed once a day.
	MeasuredAt    int64 // Unix milliseconds
	Codec         wire.Codec
	Width, Height int
	FrameRate     float32
}

// Store keeps observations and ledger days. Implementations are safe for use
// by several goroutines.
type Store interface {
	// Append commits batches durably: when it returns nil they survive a
	// power cut. Records that are already there, by identity, are passed
	// over; the same call may be repeated at will. Either all batches are
	// committed or none. A batch that breaks the contract of hub/wire is an
	// error: what is stored can be read again. A gap accounts for its own number
	// and for those that it declares lost; what is set aside accounts for its
	// numbers too.
	Append(ctx context.Context, batches []Batch) error

	// Fold computes the ledger days that Append has left behind, and returns
	// how many it wrote. It is idempotent and may be interrupted anywhere.
	Fold(ctx context.Context) (days int, err error)

	// Days streams the ledger days of a query, ordered by the bytes of their
	// camera's code, and by day.
	Days(ctx context.Context, q Query) iter.Seq2[Day, error]

	// Changes streams the revisions of closed days that a query means and that
	// were written at the moment or later, in the order of CompareChanges. They
	// are kept for ever.
	Changes(ctx context.Context, q Query, since time.Time) iter.Seq2[Change, error]

	// Observations streams what was seen in a period, ordered by camera, as
	// Days, by From, and by identity.
	Observations(ctx context.Context, p Period) iter.Seq2[Identified, error]

	// Seen gives the summary of every camera ever reported, by code.
	Seen(ctx context.Context) (map[string]Seen, error)

	// Committed gives the end of the unbroken run of sequence numbers of the
	// agent's epoch that begins at from and is accounted for: everything in
	// [from, upto) is in the history, set aside, or declared lost. It gives
	// from itself when from is none of these.
	Committed(ctx context.Context, agent string, epoch, from uint64) (upto uint64, err error)

	// Prune forgets the batches that ended before the local day of the
	// moment, Unix milliseconds, but stops at the first day that Fold has not
	// been through. Ledger days stay for ever: what comes later for a day that
	// was pruned only fills its unknown seconds.
	Prune(ctx context.Context, before int64) error

	// Revision changes whenever this Store has written a ledger day. It is
	// not kept over a reopening.
	Revision() uint64

	Identities
	Quarantine
	Losses
}

// Identified is an observation with its identity.
type Identified struct {
	Agent string
	Epoch uint64
	Seq   uint64
	wire.Observation
}

// Day is the hub's unit of record: one camera, one local calendar day.
type Day struct {
	Camera   string
	Number   DayNumber
	Revision int // 1 when first written, one more each time it changed when it was Closed
	Timeline Timeline
}

// Count sums the seconds of the day's timeline by status.
func (d *Day) Count() Count { return d.Timeline.Count() }

func (d *Day) String() string {
	return fmt.Sprintf("%s %s r%d %v", d.Camera, d.Number, d.Revision, d.Timeline)
}
