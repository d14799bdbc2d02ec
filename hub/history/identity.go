package history

import (
	"context"
	"errors"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// Greeting is an agent's hello: who says that it speaks now.
type Greeting struct {
	Agent string
	wire.Hello
	At time.Time
}

// ErrIdentity is what every IdentityError is.
var ErrIdentity = errors.New("two devices speak as one agent")

// IdentityError reports a hello that does not come from the agent it says it
// comes from: from a copy of its spool, or from a device that was replaced.
type IdentityError struct {
	Agent string
	What  string // a sentence for people
}

func (e *IdentityError) Error() string { return "agent " + e.Agent + ": " + e.What }

// Is makes it an ErrIdentity.
func (e *IdentityError) Is(target error) bool { return target == ErrIdentity }

// Conflict is an identity that is in doubt, until somebody releases it.
type Conflict struct {
	What        string // the newest refusal, as a sentence
	First, Last time.Time
	Count       int64 // hellos that were refused
}

// Identities know which spool and which connection an agent's records come
// from.
type Identities interface {
	// Hello notes which epochs and sessions agents speak with, all of them in
	// one transaction and in this order. For each hello it gives nil, or the
	// *IdentityError for which it is refused: its epoch was replaced by a newer
	// one, its session is not greater than the last one accepted of the epoch,
	// or the number it would give next is committed already. Those are kept as
	// the agent's Conflict. An epoch that nobody knows replaces the one before.
	Hello(ctx context.Context, greetings []Greeting) ([]error, error)

	// Newest gives the epoch that the agent speaks with. It is false when there
	// is none: nothing was heard yet, or the agent was released and has not
	// spoken since.
	Newest(ctx context.Context, agent string) (epoch uint64, known bool, err error)

	// Conflicts gives the agents whose identity is in doubt.
	Conflicts(ctx context.Context) (map[string]Conflict, error)

	// Release settles an agent's conflict: its next hello is taken, whatever
	// epoch and session it has. It gives ErrNotFound for an agent that was
	// never heard of.
	Release(ctx context.Context, agent string) error
}
