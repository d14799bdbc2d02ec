package ingest

import (
	"context"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// speaker is what this process knows of who speaks as an agent.
//
// A batch names its epoch and not its connection. That is enough: a broker
// has one connection of each agent, the newest, and every connection begins
// with a hello. So the last hello says whose batches come: after one that was
// refused none of its epoch is taken, even if the epoch is the right one, as
// that of a copied spool is.
//
// After a start of the hub an agent at an outside broker goes on without a
// hello. Its batches are taken if they are of the epoch that spoke last before
// the start, or none did: they can be told from an older spool's then, and
// from a copy's with its next connection.
type speaker struct {
	greeted bool       // hello was taken
	hello   wire.Hello // the last one that was
	refused map[uint64]string

	looked bool // the store was asked for newest
	newest uint64
	known  bool
}

func (in *Ingest) speaker(agent string) *speaker {
	s := in.speakers[agent]
	if s == nil {
		s = &speaker{refused: map[uint64]string{}}
		in.speakers[agent] = s
	}
	return s
}

// greet asks the store about all hellos of a round. It gives a verdict for
// each message, nil for what is no hello or one that is taken. A hello that
// came before is one message that was delivered twice.
func (in *Ingest) greet(ctx context.Context, ms []message) ([]error, error) {
	verdicts := make([]error, len(ms))
	var greetings []history.Greeting
	var at []int
	for i, m := range ms {
		if m.hello == nil {
			continue
		}
		if s := in.speaker(m.agent); s.greeted && s.hello == *m.hello {
			continue
		}
		greetings = append(greetings, history.Greeting{Agent: m.agent, Hello: *m.hello, At: in.Now()})
		at = append(at, i)
	}
	if len(greetings) == 0 {
		return verdicts, nil
	}
	said, err := in.Store.Hello(ctx, greetings)
	for k, v := range said {
		verdicts[at[k]] = v
	}
	return verdicts, err
}

// heard notes a hello and what the store said to it.
func (s *speaker) heard(h *wire.Hello, refused string) {
	if refused == "" {
		s.greeted, s.hello = true, *h
		clear(s.refused)
		return
	}
	if len(s.refused) > 100 { // whoever sends that many epochs is refused anyway
		clear(s.refused)
	}
	s.refused[h.Epoch] = refused
}

// unheard is what a batch is refused with whose epoch is not the one that
// speaks.
const unheard = "another spool speaks as this agent: two devices use one code, or an old device came back"

// mayWrite says why an agent's records of an epoch are refused; empty if they
// are not.
func (in *Ingest) mayWrite(ctx context.Context, agent string, epoch uint64) (string, error) {
	s := in.speaker(agent)
	if what := s.refused[epoch]; what != "" {
		return what, nil
	}
	if s.greeted {
		if s.hello.Epoch != epoch {
			return unheard, nil
		}
		return "", nil
	}
	if !s.looked {
		var err error
		if s.newest, s.known, err = in.Store.Newest(ctx, agent); err != nil {
			return "", err
		}
		s.looked = true
	}
	if s.known && s.newest != epoch {
		return unheard, nil
	}
	return "", nil
}
