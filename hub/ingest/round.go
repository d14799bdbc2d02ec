package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// round commits what messages bring, and answers them. It says whether the
// store did its part.
func (in *Ingest) round(ctx context.Context, ms []message) bool {
	verdicts, greetErr := in.greet(ctx, ms)
	if greetErr != nil && ctx.Err() == nil {
		in.Log.Error("history does not take hellos; the agents will say them again", "error", greetErr)
	}
	var batches []history.Batch
	a := answers{}
	taken := make([]bool, len(ms))
	for i := range ms {
		m := &ms[i]
		switch {
		case m.hello != nil && greetErr == nil:
			taken[i] = in.heard(&a, m, verdicts[i])
		case m.records != nil && in.mayCommit(ctx, &a, m):
			batches, taken[i] = append(batches, m.records.parts...), true
		case m.version != nil:
			in.refuseVersion(m)
		case m.ask:
			in.deliver(m.agent, wire.DownMessage{Ask: &wire.Ask{Live: true}})
		}
	}
	err := in.commit(ctx, batches)
	for i := range ms {
		m := &ms[i]
		switch {
		case !taken[i]:
		case m.hello != nil:
			a.ack(m.agent, m.hello.Epoch, m.hello.FirstSeq, m.hello.Stamp)
		case err == nil:
			in.took(&a, m)
		}
	}
	in.send(ctx, &a)
	return err == nil && greetErr == nil
}

// heard takes a hello, or refuses it.
func (in *Ingest) heard(a *answers, m *message, verdict error) bool {
	s, h := in.speaker(m.agent), m.hello
	var doubt *history.IdentityError
	if !errors.As(verdict, &doubt) {
		s.heard(h, "")
		in.Live.Hello(m.agent, h.AgentVersion, h.Session)
		if h.Sent != 0 { // it says
			in.Live.Clock(m.agent, time.UnixMilli(h.Sent).Sub(m.at))
		}
		in.Greeted(m.agent, h)
		return true
	}
	s.heard(h, doubt.What)
	in.Refused.Add(1)
	if in.lines.may(m.agent, in.Now()) {
		in.Log.Error("two devices speak as one agent; the one is refused until the agent is released", "agent", m.agent, "what", doubt.What)
	}
	a.refuse(m.agent, wire.RefusalIdentity, doubt.What, h.Stamp)
	in.Live.Refuse(m.agent, h.Session, wire.Refusal{Code: wire.RefusalIdentity, Reason: doubt.What})
	return false
}

// mayCommit says whether a message's records may go into the history, and
// refuses them if not.
func (in *Ingest) mayCommit(ctx context.Context, a *answers, m *message) bool {
	if !m.records.readable { // it says nothing that counts
		return true
	}
	why, err := in.mayWrite(ctx, m.agent, m.records.epoch)
	if err != nil {
		if ctx.Err() == nil {
			in.Log.Error("history does not say who speaks; records wait with their agent", "agent", m.agent, "error", err)
		}
		return false
	}
	if why != "" {
		in.Refused.Add(1)
		a.refuse(m.agent, wire.RefusalIdentity, why, m.records.stamp)
	}
	return why == ""
}

func (in *Ingest) commit(ctx context.Context, batches []history.Batch) error {
	if len(batches) == 0 {
		return nil
	}
	if err := in.Store.Append(ctx, batches); err != nil {
		if ctx.Err() == nil {
			in.Log.Log(ctx, severity(err), "history does not take records; they wait with the agents", "batches", len(batches), "error", err)
		}
		return err
	}
	signal(in.dirty)
	return nil
}

// severity is that of an error of the store. One that is away says so itself,
// once.
func severity(err error) slog.Level {
	if errors.Is(err, history.ErrAway) {
		return slog.LevelDebug
	}
	return slog.LevelError
}

// took counts what was committed of a message, and answers it.
func (in *Ingest) took(a *answers, m *message) {
	r := m.records
	if r.readable {
		in.Batches.Add(1)
		a.ack(m.agent, r.epoch, r.oldest, r.stamp)
	}
	aside := 0
	for i := range r.parts {
		b := &r.parts[i]
		in.Committed.Add(uint64(len(b.Observations) + len(b.Briefs)))
		if b.Aside != nil {
			aside += max(b.Aside.Count, 1)
		}
	}
	if aside == 0 {
		return
	}
	in.SetAside.Add(uint64(aside))
	if in.lines.may(m.agent, in.Now()) {
		in.Log.Warn("records set aside", "agent", m.agent, "records", aside, "reason", r.reason)
	}
	a.refuse(m.agent, wire.RefusalSetAside, r.reason, r.stamp)
}

// refuseVersion says to an agent, in its own version, who is too old; once a
// second is enough.
func (in *Ingest) refuseVersion(m *message) {
	in.Refused.Add(1)
	if !in.replies.may(m.agent, in.Now()) {
		return
	}
	older := "update this device"
	if m.version.got > wire.Version {
		older = "update the hub"
	}
	r := wire.Refusal{
		Code: wire.RefusalVersion, HubTime: in.Now().UnixMilli(),
		Reason: fmt.Sprintf("this device speaks version %d of the contract, the hub speaks version %d: %s", m.version.got, wire.Version, older),
	}
	if in.lines.may(m.agent, in.Now()) {
		in.Log.Error("agent refused: it speaks another version of the contract", "agent", m.agent, "agent_version", m.version.got, "hub_version", wire.Version)
	}
	in.Live.Refuse(m.agent, 0, r)
	if err := in.Send(wire.TopicOf(m.version.topic, m.agent, wire.Down), wire.MarshalDown(wire.DownMessage{Refusal: &r})); err != nil {
		in.Log.Debug("refusal not sent", "agent", m.agent, "error", err)
	}
}

// answers are what the agents of one round are told, each once.
type answers struct {
	order    []streamOf
	acks     map[streamOf]*wire.Ack // Upto is the oldest number that may still come
	refused  []string
	refusals map[string]*wire.Refusal
}

type streamOf struct {
	agent string
	epoch uint64
}

func (a *answers) ack(agent string, epoch, oldest uint64, stamp int64) {
	s := streamOf{agent, epoch}
	k := a.acks[s]
	if k == nil {
		k = &wire.Ack{Epoch: epoch}
		if a.acks == nil {
			a.acks = map[streamOf]*wire.Ack{}
		}
		a.acks[s], a.order = k, append(a.order, s)
	}
	k.Upto, k.Stamp = max(k.Upto, oldest), stamp
}

// refuse tells the first refusal of each code but once; what is refused
// outright is told before what was only set aside.
func (a *answers) refuse(agent string, code wire.RefusalCode, reason string, stamp int64) {
	r := a.refusals[agent]
	if r == nil {
		if a.refusals == nil {
			a.refusals = map[string]*wire.Refusal{}
		}
		a.refusals[agent], a.refused = &wire.Refusal{Code: code, Reason: reason, Stamp: stamp}, append(a.refused, agent)
		return
	}
	if r.Code == wire.RefusalSetAside && code != wire.RefusalSetAside {
		r.Code, r.Reason = code, reason
	}
	r.Stamp = stamp
}

func (in *Ingest) send(ctx context.Context, a *answers) {
	for _, s := range a.order {
		k := a.acks[s]
		upto, err := in.Store.Committed(ctx, s.agent, s.epoch, k.Upto)
		if err != nil {
			if ctx.Err() == nil {
				in.Log.Warn("acknowledgement not sent; the agent will ask again", "agent", s.agent, "error", err)
			}
			continue
		}
		k.Upto, k.HubTime = upto, in.Now().UnixMilli()
		in.deliver(s.agent, wire.DownMessage{Ack: k})
	}
	for _, agent := range a.refused {
		r := a.refusals[agent]
		r.HubTime = in.Now().UnixMilli()
		in.deliver(agent, wire.DownMessage{Refusal: r})
	}
}

// deliver sends what may be lost: the agent asks again.
func (in *Ingest) deliver(agent string, m wire.DownMessage) {
	if err := in.Send(wire.Topic(agent, wire.Down), wire.MarshalDown(m)); err != nil && in.lines.may(agent, in.Now()) {
		in.Log.Warn("answer not sent; the agent will ask again", "agent", agent, "error", err)
	}
}
