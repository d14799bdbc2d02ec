package history

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
)

// Ref says where an Evidence keeps a run of observations of one agent.
type Ref struct {
	Agent    string
	Epoch    uint64
	FirstSeq uint64 // the i-th observation has FirstSeq + i
	Count    int
	// At is the moment under which they are kept, Unix nanoseconds. No two refs
	// of an agent have the same.
	At int64
	// Sum is the SumOf their payload: it tells them from what else may have been
	// kept there.
	Sum uint64
}

// Records are what a Ref refers to.
type Records struct {
	Ref
	Payload []byte // the "up" message that holds exactly these observations
}

// SumOf gives the first 64 bits of a payload's SHA-256.
func SumOf(payload []byte) uint64 {
	h := sha256.Sum256(payload)
	return binary.BigEndian.Uint64(h[:])
}

// Evidence keeps observations and ledger days for a Register, which says
// what counts: what is here and in no Register was never committed. It has no
// transactions and needs none, for whatever is put may be put again: it
// replaces itself. Implementations are safe for use by several goroutines.
type Evidence interface {
	// Put keeps records: when it returns nil they survive whatever the store
	// survives. After an error any part of them may be there. Records that the
	// store will never take are reported by a *RefusedError; then the others
	// are kept.
	Put(ctx context.Context, records []Records) error

	// Records streams what refs refer to, in any order. A payload is good until
	// the next one. When all was given and some were not there it ends with a
	// *MissingError.
	Records(ctx context.Context, refs []Ref) iter.Seq2[Records, error]

	// PutDays keeps ledger days as Put keeps records, those that Keeps names.
	PutDays(ctx context.Context, days []Day) error

	// Keeps gives the first and the last day that it keeps.
	Keeps() (first, last DayNumber)

	DayReader
}

// RefusedError reports records that an Evidence will never take.
type RefusedError struct {
	Refused []Refused
}

// Refused is one run of records and why it is not taken.
type Refused struct {
	Ref
	Reason string // a sentence for people
}

func (e *RefusedError) Error() string {
	if len(e.Refused) == 0 {
		return "no records are refused"
	}
	r := &e.Refused[0]
	return fmt.Sprintf("%d runs of records are refused for good, the first of agent %s at %d: %s", len(e.Refused), r.Agent, r.FirstSeq, r.Reason)
}

// MissingError reports records that a Register knows and an Evidence no longer
// has: somebody deleted them there, or they were lost.
type MissingError struct {
	Refs []Ref
}

func (e *MissingError) Error() string {
	if len(e.Refs) == 0 {
		return "no records are missing"
	}
	r := &e.Refs[0]
	return fmt.Sprintf("%d runs of records are no longer in the store that kept them, the first of agent %s at %d", len(e.Refs), r.Agent, r.FirstSeq)
}

// ErrAway is what every error is that says that the store cannot be reached,
// or does not let us in: asking again later may help.
var ErrAway = errors.New("the history cannot be reached")

// AwayError says why the store cannot be asked, in words for people. It is an
// ErrAway.
type AwayError struct {
	VI, EN string
	Err    error // what happened
}

func (e *AwayError) Error() string {
	if e.Err == nil {
		return e.EN
	}
	return e.EN + ": " + e.Err.Error()
}

// Is makes it an ErrAway.
func (e *AwayError) Is(target error) bool { return target == ErrAway }

func (e *AwayError) Unwrap() error { return e.Err }
