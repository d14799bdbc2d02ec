package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/ingest"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errAway = errors.New("the disk is away")

// store is a history.Store in memory that can be told to fail and to block.
type store struct {
	history.Store // what is not implemented here is not to be called

	mu       sync.Mutex
	fail     func([]history.Batch) error // nil: takes everything
	block    chan struct{}               // Append waits until it is closed; nil: does not wait
	foldFail error
	seqs     map[string]bool // committed, by agent/epoch/seq
	appends  int
	folds    int
	aside    []history.Refused
}

func (s *store) set(f func(*store)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func seqKey(agent string, epoch, seq uint64) string {
	return fmt.Sprintf("%s/%d/%d", agent, epoch, seq)
}

func (s *store) Append(ctx context.Context, batches []history.Batch) error {
	s.mu.Lock()
	block, fail := s.block, s.fail
	s.appends++
	s.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if fail != nil {
		if err := fail(batches); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range batches {
		for i := range b.Observations {
			s.seqs[seqKey(b.Agent, b.Epoch, b.FirstSeq+uint64(i))] = true
		}
	}
	return nil
}

func (s *store) Committed(_ context.Context, agent string, epoch, from uint64) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.seqs[seqKey(agent, epoch, from)] {
		from++
	}
	return from, nil
}

func (s *store) Fold(context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folds++
	return 0, s.foldFail
}

func (s *store) SetAside(_ context.Context, r history.Refused) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aside = append(s.aside, r)
	return nil
}

// room is an Ingest with everything around it.
type room struct {
	*ingest.Ingest
	store *store
	view  *live.View

	mu   sync.Mutex
	sent []answer
}

// answer is what the hub sent to an agent.
type answer struct {
	agent string
	wire.DownMessage
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{store: &store{seqs: map[string]bool{}}, view: live.New(nil)}
	r.Ingest = ingest.New(ingest.Config{Store: r.store, Live: r.view, Send: r.send(t), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	return r
}

func (r *room) send(t *testing.T) func(string, []byte) error {
	return func(topic string, payload []byte) error {
		agent, channel, err := wire.ParseTopic(topic)
		if err != nil || channel != wire.Down {
			t.Errorf("sent on topic %q: %v", topic, err)
		}
		m, err := wire.UnmarshalDown(payload)
		if err != nil {
			t.Errorf("sent what no agent takes: %v", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sent = append(r.sent, answer{agent, m})
		return nil
	}
}

// answers gives what was sent since it was last asked.
func (r *room) answers() []answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := r.sent
	r.sent = nil
	return sent
}

// acks gives the acknowledgements since it was last asked, as agent:upto.
func (r *room) acks() []string {
	var list []string
	for _, a := range r.answers() {
		if a.Ack != nil {
			list = append(list, fmt.Sprintf("%s:%d", a.agent, a.Ack.Upto))
		}
	}
	return list
}

// run runs the Ingest in a bubble where time passes by itself, and f in it.
func run(t *testing.T, f func(t *testing.T, r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		stop := r.start(t)
		synctest.Wait()
		f(t, r)
		stop()
	})
}

// start runs the Ingest until the function it gives is called.
func (r *room) start(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ends with %v", err)
		}
	}
}

const epoch = 7

// observations makes n observations of the last minutes.
func observations(n int, now time.Time) []wire.Observation {
	obs := make([]wire.Observation, n)
	for i := range obs {
		to := now.UnixMilli() - int64(n-1-i)*1000
		obs[i] = wire.Observation{Camera: "c", From: to - 1000, To: to, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1}
	}
	return obs
}

func batch(first uint64, n int, oldest uint64) []byte {
	return wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: first, OldestSeq: oldest, Observations: observations(n, time.Now())}})
}

func hello(first, next uint64) []byte {
	return wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{Epoch: epoch, FirstSeq: first, NextSeq: next, AgentVersion: "1.0"}})
}

func up(agent string) string { return wire.Topic(agent, wire.Up) }
