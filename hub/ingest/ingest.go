// Package ingest takes what agents send, commits it to the history, and only
// then acknowledges it.
//
// The acknowledgement is what lets an agent forget, so its order is fixed:
// decode and check, commit durably, acknowledge. What the store has not
// committed is not acknowledged and waits in the agents' spools; the queue
// here is a few messages long, with a bound for each agent, and a message
// that finds it full is left to its agent to send again. Agents take turns.
//
// Messages go through in rounds: all that wait, up to 256, are one or two
// transactions, and each agent gets one answer. While much comes in, a round
// waits a few milliseconds for more: a transaction costs as much as many batches.
//
// What is wrong with single records is no reason to refuse the others: they
// are set aside with the reason, acknowledged, and the agent is told. Refused,
// and so kept by the agent, is what comes from two devices that speak as one
// and what another major version of the contract says.
package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/wire"
)

const (
	// commitLimit is how many messages one round takes at most, and so one
	// transaction.
	commitLimit = 256
	// retryAfter is the pause after a store that failed, so that a store that
	// is away is not hammered.
	retryAfter = time.Second
	// tellAgainAfter is how long an agent that is refused again and again
	// goes without another line in the log.
	tellAgainAfter = time.Minute
	// answerAgainAfter is how long an agent of another version goes without
	// another answer.
	answerAgainAfter = time.Second
)

// Config is what an Ingest works with. Store, Live and Send must be set.
type Config struct {
	Store history.Store
	Live  *live.View
	// Send publishes a payload on a topic. It must not block for long.
	Send func(topic string, payload []byte) error
	// Assigned gives the agent to which the plan gives a camera, empty if it
	// gives it to none. Without it every agent may speak of every camera.
	Assigned func(camera string) (agent string)
	// Held gives the moment, in Unix milliseconds, before which an agent's
	// observation of a camera begins that is taken although the plan gives the
	// camera to another agent by now; 0 if there is none. Without it none is.
	Held func(camera, agent string) (until int64)
	// Edition changes whenever the answers of Assigned may have. Without it
	// they never do.
	Edition func() uint64
	// Greeted, if set, is told of each hello that was taken. It must not block.
	Greeted func(agent string, h *wire.Hello)
	// Now tells the time. It defaults to time.Now.
	Now func() time.Time
	// Log takes what an operator should know. It defaults to slog.Default.
	Log *slog.Logger
}

// Counters are what an Ingest has done since its start.
type Counters struct {
	Committed atomic.Uint64 // observations
	Batches   atomic.Uint64 // messages with records that were committed
	SetAside  atomic.Uint64 // records, and messages that did not say which they had
	Refused   atomic.Uint64 // messages that were neither committed nor set aside
	Deferred  atomic.Uint64 // messages left to their agents because the queue was full
}

// Ingest is a running way in. Feed it with Take and run it with Run.
type Ingest struct {
	Config
	Counters
	queue    *queue
	dirty    chan struct{}       // something was committed that is not folded
	speakers map[string]*speaker // of Run
	owners   owners              // of the decoder
	briefs   []wire.Brief        // of its newest batch
	lines    thin                // of the log
	replies  thin                // to agents of another version
}

// New makes an Ingest from c.
func New(c Config) *Ingest {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Assigned == nil {
		c.Assigned = func(string) string { return "" }
	}
	if c.Held == nil {
		c.Held = func(string, string) int64 { return 0 }
	}
	if c.Edition == nil {
		c.Edition = func() uint64 { return 0 }
	}
	if c.Greeted == nil {
		c.Greeted = func(string, *wire.Hello) {}
	}
	return &Ingest{
		Config: c, queue: newQueue(), dirty: make(chan struct{}, 1), speakers: map[string]*speaker{}, owners: owners{assigned: c.Assigned},
		lines: thin{every: tellAgainAfter}, replies: thin{every: answerAgainAfter},
	}
}

// Take enters a message that came in on a topic; it keeps nothing of the
// payload. It does not block: it is called from the broker's own goroutines.
func (in *Ingest) Take(topic string, payload []byte) {
	agent, channel, err := wire.ParseTopic(topic)
	toAgents := channel == wire.Down || channel == wire.Plan
	if other := (*wire.VersionError)(nil); errors.As(err, &other) && !toAgents {
		in.refuse(agent, &version{topic: other.Got, got: other.Got})
		return
	}
	if err == nil && toAgents {
		err = fmt.Errorf("topic %q belongs to the hub", topic)
	}
	if err != nil {
		in.Refused.Add(1)
		if in.lines.may("", in.Now()) {
			in.Log.Warn("message on a foreign topic", "error", err)
		}
		return
	}
	if channel == wire.Live {
		in.takeLive(agent, payload)
	} else {
		in.takeUp(agent, payload)
	}
}

func (in *Ingest) takeLive(agent string, payload []byte) {
	l, err := wire.UnmarshalLive(payload)
	switch {
	case err == nil:
		if in.Live.Take(agent, &l) {
			in.queue.put(message{agent: agent, ask: true}) // or when it differs again
		}
	case in.otherVersion(err) != nil:
		in.refuse(agent, in.otherVersion(err))
	default:
		// It is no evidence: nothing is lost, and nothing to be kept.
		in.Refused.Add(1)
		if in.lines.may(agent, in.Now()) {
			in.Log.Warn("live message cannot be read", "agent", agent, "error", err)
		}
	}
}

// takeUp queues a message as it is: what is in it is looked at when its turn
// comes, and not at all if there is no room.
func (in *Ingest) takeUp(agent string, payload []byte) {
	if len(payload) > wire.MaxMessage {
		payload = payload[:wire.MaxMessage+1] // too long all the same
	}
	if !in.queue.room(agent, len(payload)) || !in.queue.put(message{agent: agent, payload: bytes.Clone(payload), at: in.Now()}) {
		in.Deferred.Add(1)
	}
}

// refuse has a message of another version answered.
func (in *Ingest) refuse(agent string, v *version) {
	if !in.queue.put(message{agent: agent, version: v}) {
		in.Refused.Add(1)
	}
}
