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
	helloErr error
	doubt    map[string]string // why an agent's hellos are refused
	newest   map[string]uint64 // by agent
	seqs     map[string]bool   // committed, by agent/epoch/seq
	appends  int
	folds    int
	greeted  int
	batches  []history.Batch
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
		for i := range b.Count() {
			s.seqs[seqKey(b.Agent, b.Epoch, b.FirstSeq+uint64(i))] = true
		}
		for _, g := range b.Gaps {
			for seq := g.From; seq < g.Next; seq++ {
				s.seqs[seqKey(b.Agent, b.Epoch, seq)] = true
			}
		}
	}
	s.batches = append(s.batches, batches...)
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

func (s *store) Hello(_ context.Context, greetings []history.Greeting) ([]error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.helloErr != nil {
		return nil, s.helloErr
	}
	s.greeted += len(greetings)
	verdicts := make([]error, len(greetings))
	for i, g := range greetings {
		if what := s.doubt[g.Agent]; what != "" {
			verdicts[i] = &history.IdentityError{Agent: g.Agent, What: what}
		}
	}
	return verdicts, nil
}

func (s *store) Newest(_ context.Context, agent string) (uint64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	epoch, known := s.newest[agent]
	return epoch, known, nil
}

// asides gives what was set aside.
func (s *store) asides() []history.Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []history.Batch
	for _, b := range s.batches {
		if b.Aside != nil {
			list = append(list, b)
		}
	}
	return list
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
	r := &room{store: &store{seqs: map[string]bool{}}, view: live.New(now)}
	r.Ingest = ingest.New(ingest.Config{
		Store: r.store, Live: r.view, Send: r.send(t), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now:      now,
		Assigned: func(camera string) string { return map[string]string{"a's": "a", "b's": "b", "b-1": "b"}[camera] },
	})
	return r
}

func (r *room) send(t *testing.T) func(string, []byte) error {
	return func(topic string, payload []byte) error {
		agent, channel, err := wire.ParseTopic(topic)
		if other := (*wire.VersionError)(nil); errors.As(err, &other) {
			agent, err = fmt.Sprintf("%s in version %d", agent, other.Got), nil
		}
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

// now is the hub's clock. A bubble's begins in 2000, which no observation
// can.
func now() time.Time { return time.Now().AddDate(27, 0, 0) }

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
	return wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: epoch, FirstSeq: first, OldestSeq: oldest, Observations: observations(n, now())}})
}

func hello(first, next uint64) []byte { return helloOf(epoch, 1, first, next) }

func helloOf(epoch, session, first, next uint64) []byte {
	return wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{Epoch: epoch, Session: session, FirstSeq: first, NextSeq: next, AgentVersion: "1.0", Stamp: int64(1000 * session)}})
}

func up(agent string) string { return wire.Topic(agent, wire.Up) }

// settle waits until all is quiet, a round that waits for company included.
func settle() {
	time.Sleep(10 * time.Millisecond)
	synctest.Wait()
}

// justNow says whether the hub's clock showed ms since settle was called.
func justNow(ms int64) bool { return ms > now().UnixMilli()-20 && ms <= now().UnixMilli() }
