// Package ingest takes what agents send, commits it to the history, and only
// then acknowledges it.
//
// The acknowledgement is what lets an agent forget, so its order is fixed:
// decode and check, commit durably, acknowledge. What the store has not
// committed is not acknowledged and waits in the agents' spools; the queue
// here is a few messages long, with a bound for each agent, and a message
// that finds it full is left to its agent to send again.
package ingest

import (
	"context"
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
	// aheadLimit is how far in the future an observation may end: more is a
	// clock that is wrong, and evidence of what has not happened.
	aheadLimit = 5 * time.Minute
	// tellAgainAfter is how long an agent that is refused again and again
	// goes without another line in the log.
	tellAgainAfter = time.Minute
)

// Config is what an Ingest works with. All fields but Now and Log must be set.
type Config struct {
	Store history.Store
	Live  *live.View
	// Send publishes a payload on a topic. It must not block for long.
	Send func(topic string, payload []byte) error
	// Now tells the time. It defaults to time.Now.
	Now func() time.Time
	// Log takes what an operator should know. It defaults to slog.Default.
	Log *slog.Logger
}

// Counters are what an Ingest has done since its start.
type Counters struct {
	Committed atomic.Uint64 // observations
	Batches   atomic.Uint64
	Refused   atomic.Uint64 // messages set aside, or on a topic that no agent may use
	Deferred  atomic.Uint64 // messages left to their agents because the queue was full
}

// Ingest is a running way in. Feed it with Take and run it with Run.
type Ingest struct {
	Config
	Counters
	queue *queue
	fold  chan struct{}
	told  tellOnce
}

// New makes an Ingest from c.
func New(c Config) *Ingest {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Ingest{Config: c, queue: newQueue(), fold: make(chan struct{}, 1)}
}

// Take enters a message that came in on a topic; it keeps nothing of the
// payload. It does not block: it is called from the broker's own goroutines.
func (in *Ingest) Take(topic string, payload []byte) {
	agent, channel, err := wire.ParseTopic(topic)
	if err == nil && channel == wire.Down {
		err = fmt.Errorf("topic %q belongs to the hub", topic)
	}
	if err != nil {
		in.Refused.Add(1)
		if in.told.may("", in.Now()) {
			in.Log.Warn("message on a foreign topic", "error", err)
		}
		return
	}
	m := message{agent: agent}
	if channel == wire.Live {
		var l wire.LiveMessage
		if l, err = wire.UnmarshalLive(payload); err == nil {
			in.Live.Take(agent, &l)
			return
		}
	} else {
		var up wire.UpMessage
		if up, err = wire.UnmarshalUp(payload); err == nil && up.Batch != nil {
			err = checkClock(up.Batch, in.Now())
		}
		m.hello, m.batch = up.Hello, up.Batch
	}
	if err != nil {
		m = message{agent: agent, bad: &history.Refused{Agent: agent, Payload: append([]byte(nil), payload...), Reason: err.Error(), Received: in.Now()}}
	}
	if !in.queue.put(m) {
		in.Deferred.Add(1)
	}
}

// checkClock refuses evidence of what has not happened yet.
func checkClock(b *wire.Batch, now time.Time) error {
	limit := now.Add(aheadLimit).UnixMilli()
	for i := range b.Observations {
		if to := b.Observations[i].To; to > limit {
			return fmt.Errorf("observation of camera %s ends %s from now: set the clock of the commune device",
				b.Observations[i].Camera, time.UnixMilli(to).Sub(now).Round(time.Second))
		}
	}
	return nil
}

// Run commits and acknowledges until ctx ends. It returns nil then; what was
// queued and not committed stays with the agents.
func (in *Ingest) Run(ctx context.Context) error {
	folded := make(chan struct{})
	go func() { defer close(folded); in.runFold(ctx) }()
	defer func() { <-folded }()
	in.signalFold() // what an earlier run left behind
	limit := commitLimit
	for {
		select {
		case <-ctx.Done():
			return nil
		case first := <-in.queue.messages:
			if in.handle(ctx, in.queue.gather(first, limit)) {
				limit = min(2*limit, commitLimit)
				continue
			}
			// A batch that the store does not take must not hold back the
			// others for ever: for a while they go one by one.
			limit = 1
			pause(ctx, retryAfter)
		}
	}
}

// handle commits, acknowledges, and sets aside what cannot be taken. It says
// whether the store took the batches.
func (in *Ingest) handle(ctx context.Context, ms []message) bool {
	var batches []history.Batch
	observations := 0
	for _, m := range ms {
		if m.batch != nil {
			batches = append(batches, history.Batch{Agent: m.agent, Epoch: m.batch.Epoch, FirstSeq: m.batch.FirstSeq, Observations: m.batch.Observations, Received: in.Now()})
			observations += len(m.batch.Observations)
		}
	}
	var err error
	if len(batches) > 0 {
		if err = in.Store.Append(ctx, batches); err == nil {
			in.Committed.Add(uint64(observations))
			in.Batches.Add(uint64(len(batches)))
			in.signalFold()
		} else if ctx.Err() == nil {
			in.Log.Error("history does not take observations; they wait with the agents", "batches", len(batches), "error", err)
		}
	}
	in.acknowledge(ctx, ms, err == nil)
	for _, m := range ms {
		if m.bad != nil {
			in.setAside(ctx, m.bad)
		}
	}
	return err == nil
}

// acknowledge tells each agent how far its epoch is committed, once. Hellos
// are answered in any case, batches only after their commit.
func (in *Ingest) acknowledge(ctx context.Context, ms []message, committed bool) {
	type stream struct {
		agent string
		epoch uint64
	}
	oldest := map[stream]uint64{}
	var order []stream
	for _, m := range ms {
		var s stream
		var from uint64
		switch {
		case m.hello != nil:
			s, from = stream{m.agent, m.hello.Epoch}, m.hello.FirstSeq
			in.Live.Hello(m.agent, m.hello.AgentVersion)
		case m.batch != nil && committed:
			s, from = stream{m.agent, m.batch.Epoch}, m.batch.OldestSeq
		default:
			continue
		}
		if _, ok := oldest[s]; !ok {
			order = append(order, s)
		}
		oldest[s] = max(oldest[s], from)
	}
	for _, s := range order {
		upto, err := in.Store.Committed(ctx, s.agent, s.epoch, oldest[s])
		if err == nil {
			err = in.send(s.agent, wire.DownMessage{Ack: &wire.Ack{Epoch: s.epoch, Upto: upto, HubTime: in.Now().UnixMilli()}})
		}
		if err != nil && ctx.Err() == nil {
			in.Log.Warn("acknowledgement not sent; the agent will ask again", "agent", s.agent, "error", err)
		}
	}
}

func (in *Ingest) setAside(ctx context.Context, r *history.Refused) {
	in.Refused.Add(1)
	if in.told.may(r.Agent, in.Now()) {
		in.Log.Warn("message refused and set aside", "agent", r.Agent, "reason", r.Reason)
	}
	err := errors.Join(in.Store.SetAside(ctx, *r),
		in.send(r.Agent, wire.DownMessage{Refusal: &wire.Refusal{Reason: r.Reason, HubTime: in.Now().UnixMilli()}}))
	if err != nil && ctx.Err() == nil {
		in.Log.Error("refused message not kept, or its agent not told", "agent", r.Agent, "error", err)
	}
}

func (in *Ingest) send(agent string, m wire.DownMessage) error {
	return in.Send(wire.Topic(agent, wire.Down), wire.MarshalDown(m))
}

func (in *Ingest) signalFold() {
	select {
	case in.fold <- struct{}{}:
	default:
	}
}

// runFold keeps the ledger behind the batches as little as it can.
func (in *Ingest) runFold(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-in.fold:
		}
		if _, err := in.Store.Fold(ctx); err != nil && ctx.Err() == nil {
			in.Log.Error("ledger days not brought up to date; trying again", "error", err)
			pause(ctx, retryAfter)
			in.signalFold()
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
