package history

import (
	"context"
	"iter"
	"time"
)

// Span is a run of sequence numbers [First, Next).
type Span struct{ First, Next uint64 }

// Placed is a batch as a Register takes it.
type Placed struct {
	Batch
	// Refs say where its observations are kept that are not accounted for yet,
	// all of them. Other batches have none.
	Refs []Ref
}

// AgentDay is an agent's day whose ledger is behind its observations.
type AgentDay struct {
	Agent string
	Day   DayNumber
	Mark  int64 // of the Register: what it knew when it gave this
}

// Register is the part of a history that must be right to the record: which
// sequence numbers are accounted for, where the observations are, who speaks,
// what was set aside or lost, what was ever seen, and which days are behind.
// It is small beside the observations and ledger days, which an Evidence
// keeps. Join makes a Store of both. Implementations are safe for use by
// several goroutines.
type Register interface {
	// Fresh checks batches as Store.Append does, and gives for each of them
	// which of its sequence numbers neither the register nor a batch before it
	// accounts for, ascending.
	Fresh(ctx context.Context, batches []Batch) ([][]Span, error)

	// Place moves refs to later nanoseconds until no other of the agent, known
	// here or before it in refs, has the same moment.
	Place(ctx context.Context, refs []*Ref) error

	// Enter commits entries durably, all or none, in this order. When what is
	// fresh of an entry is not what its refs cover it fails and may be tried
	// again from Fresh on.
	Enter(ctx context.Context, entries []Placed) error

	// Refs gives where the observations of an agent are kept, of all batches
	// that touch the days from first to last inclusive.
	Refs(ctx context.Context, agent string, first, last DayNumber) ([]Ref, error)

	// Reporters gives the agents who ever reported a camera.
	Reporters(ctx context.Context, camera string) ([]string, error)

	// Reported gives the codes of all cameras that anybody ever reported,
	// ascending.
	Reported(ctx context.Context) ([]string, error)

	// List enters revisions of closed days. Those that are there already, by
	// camera, day and revision, are replaced.
	List(ctx context.Context, changes []Change) error

	// Senders gives the agents that observations are kept of, by code, ascending.
	Senders(ctx context.Context) ([]string, error)

	// Accept enters of a parcel what Moving.Take takes, all but its days, of which
	// it notes the cameras, and its observations, for which entries stand that
	// have their refs as with Enter. It counts neither of these. With dry entries
	// are left out, and nothing is entered.
	Accept(ctx context.Context, p *Parcel, entries []Placed, dry bool) (Taken, error)

	// Shared gives the cameras that the agent and others reported, and which
	// others.
	Shared(ctx context.Context, agent string) (map[string][]string, error)

	// Unfolded gives up to limit days whose ledger is behind, ordered by agent
	// and day, of those that come after one in this order.
	Unfolded(ctx context.Context, after AgentDay, limit int) ([]AgentDay, error)

	// Folded notes that the ledger of days is no longer behind, but for those
	// that something was entered for after Unfolded gave them.
	Folded(ctx context.Context, days []AgentDay) error

	// Pruned gives the moment, Unix milliseconds, before which observations are
	// forgotten.
	Pruned(ctx context.Context) (before int64, err error)

	// These are as in Moving.
	Marks(ctx context.Context) (Marks, error)
	Accounted(ctx context.Context) iter.Seq2[Accounted, error]

	// These are as in Store.
	Changes(ctx context.Context, q Query, since time.Time) iter.Seq2[Change, error]
	Seen(ctx context.Context) (map[string]Seen, error)
	Committed(ctx context.Context, agent string, epoch, from uint64) (upto uint64, err error)
	Prune(ctx context.Context, before int64) error
	Identities
	Quarantine
	Losses
}
