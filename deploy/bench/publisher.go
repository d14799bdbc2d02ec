package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

// publisherOrder is the first order of the publisher, or a round.
type publisherOrder struct {
	Addr   string
	Agents int

	Warm         bool // the first batches alone, so that every camera is known
	Acknowledged bool // a batch is under way until the hub has acknowledged it, else until the broker has
}

type publisherAnswer struct {
	Messages, Observations, Bytes int
	Begin, End                    time.Time
}

// warmBatches are an agent's first, in which every camera of its is.
const warmBatches = 4

// source is one agent of the publisher: its batches, encoded.
type source struct {
	code     string
	epoch    uint64
	first    uint64
	payloads [][]byte
	ends     []uint64 // number after each batch
	session  uint64
}

// shifted moves the made-up day to the hours before now, where no hub takes it
// for the future.
func shifted(now time.Time) int64 { return now.Add(-25*time.Hour).UnixMilli() - wiretest.Begin }

// newSource makes an agent. Its cameras are its own.
func newSource(i int, shift int64) *source {
	s := &source{code: agentCode(i)}
	for b := range wiretest.Batches(uint64(i), ingestCameras, ingestBatch) {
		for k := range b.Observations {
			o := &b.Observations[k]
			o.Camera, o.From, o.To = ownCamera(s.code, o.Camera), o.From+shift, o.To+shift
		}
		if s.payloads == nil {
			s.epoch, s.first = b.Epoch, b.FirstSeq
		}
		b.OldestSeq = s.first
		s.payloads, s.ends = append(s.payloads, wire.MarshalUp(wire.UpMessage{Batch: &b})), append(s.ends, b.Next())
		if n := len(s.payloads) - warmBatches; n == ingestBatches {
			break
		}
	}
	return s
}

func agentCode(i int) string                { return fmt.Sprintf("tb-%05d", 90_000+i) }
func ownCamera(agent, camera string) string { return agent[3:] + camera[len(camera)-4:] }

func publisherChild(ctx context.Context, in io.Reader, out io.Writer) error {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var o publisherOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	var a publisherAnswer
	shift := shifted(time.Now())
	sources := make([]*source, o.Agents)
	for i := range sources {
		s := newSource(i, shift)
		sources[i] = s
		a.Messages += len(s.payloads) - warmBatches
		a.Observations += (len(s.payloads) - warmBatches) * ingestBatch
		for _, p := range s.payloads[warmBatches:] {
			a.Bytes += len(p)
		}
	}
	if err := answers.Encode(a); err != nil {
		return err
	}
	addr := o.Addr
	for orders.Decode(&o) == nil {
		r, err := publish(ctx, addr, sources, o)
		if err != nil {
			return err
		}
		if err := answers.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// publish sends everything once, all agents at the same time.
func publish(ctx context.Context, addr string, sources []*source, o publisherOrder) (r publisherAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	clients := make([]mqtt.Client, len(sources))
	acks := make([]chan uint64, len(sources))
	for i, s := range sources {
		acks[i] = make(chan uint64, 1024)
		if clients[i], err = s.connect(addr, acks[i]); err != nil {
			return r, err
		}
		defer clients[i].Disconnect(100)
		if o.Acknowledged {
			if err := s.hello(ctx, clients[i], acks[i]); err != nil {
				return r, err
			}
		}
	}
	var wg sync.WaitGroup
	errs := make([]error, len(sources))
	r.Begin = time.Now()
	for i, s := range sources {
		from, to := warmBatches, len(s.payloads)
		if o.Warm {
			from, to = 0, warmBatches
		}
		wg.Go(func() {
			if o.Acknowledged {
				errs[i] = s.untilCommitted(ctx, clients[i], acks[i], from, to)
			} else {
				errs[i] = s.untilPublished(ctx, clients[i], from, to)
			}
		})
	}
	wg.Wait()
	r.End = time.Now()
	return r, errors.Join(errs...)
}

func (s *source) connect(addr string, acks chan uint64) (mqtt.Client, error) {
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(s.code).SetProtocolVersion(4).SetCleanSession(true).SetStore(mqtt.NewMemoryStore()))
	if t := c.Connect(); t.Wait() && t.Error() != nil {
		return nil, t.Error()
	}
	t := c.Subscribe(wire.Topic(s.code, wire.Down), 0, func(_ mqtt.Client, m mqtt.Message) {
		if d, err := wire.UnmarshalDown(m.Payload()); err == nil && d.Ack != nil {
			select {
			case acks <- d.Ack.Upto:
			default: // they are cumulative
			}
		}
	})
	t.Wait()
	return c, t.Error()
}

func (s *source) hello(ctx context.Context, c mqtt.Client, acks chan uint64) error {
	s.session++
	h := wire.Hello{Epoch: s.epoch, Session: s.session, FirstSeq: s.first, NextSeq: s.ends[len(s.ends)-1], AgentVersion: "bench"}
	c.Publish(wire.Topic(s.code, wire.Up), 1, false, wire.MarshalUp(wire.UpMessage{Hello: &h}))
	select {
	case <-acks:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("agent %s: the hub does not answer", s.code)
	}
}

// untilCommitted keeps the window full by the hub's acknowledgements.
func (s *source) untilCommitted(ctx context.Context, c mqtt.Client, acks chan uint64, from, to int) error {
	topic := wire.Topic(s.code, wire.Up)
	done := from
	for next := from; done < to; {
		for next < to && next-done < ingestWindow {
			c.Publish(topic, 1, false, s.payloads[next])
			next++
		}
		select {
		case upto := <-acks:
			for done < next && s.ends[done] <= upto {
				done++
			}
		case <-ctx.Done():
			return fmt.Errorf("agent %s: %d of %d batches are acknowledged", s.code, done, to)
		}
	}
	return nil
}

// untilPublished keeps it full by the broker's.
func (s *source) untilPublished(ctx context.Context, c mqtt.Client, from, to int) error {
	topic := wire.Topic(s.code, wire.Up)
	window := make(chan mqtt.Token, ingestWindow)
	wait := func() error {
		t := <-window
		select {
		case <-t.Done():
			return t.Error()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for _, p := range s.payloads[from:to] {
		if len(window) == ingestWindow {
			if err := wait(); err != nil {
				return err
			}
		}
		window <- c.Publish(topic, 1, false, p)
	}
	for len(window) > 0 {
		if err := wait(); err != nil {
			return err
		}
	}
	return nil
}
