package uplink_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

// taken keeps what came on the topic "plan".
type taken struct {
	mu   sync.Mutex
	list []string
}

func (l *taken) take(p []byte) { l.mu.Lock(); defer l.mu.Unlock(); l.list = append(l.list, string(p)) }
func (l *taken) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == 0 {
		return ""
	}
	return l.list[len(l.list)-1]
}

func (h *hub) keep(payload string) {
	if err := h.mqtt.Publish(wire.Topic(agent, wire.Plan), []byte(payload), true, 1); err != nil {
		h.t.Error(err)
	}
}

func TestListsComeOnTheirOwnTopicAndWhatIsWorkedFromGoesUp(t *testing.T) {
	h := startHub(t, nil)
	h.keep("first")
	var l taken
	var mu sync.Mutex
	now := uplink.List{}
	o := h.options(openSpool(t))
	o.Plan, o.Key = l.take, wire.Key{1, 2, 3}
	o.Live = func() uplink.Live { mu.Lock(); defer mu.Unlock(); return uplink.Live{List: now} }
	u := start(t, o)
	within(t, "the list that was kept", func() bool { return l.last() == "first" })
	within(t, "a hello with the key", h.look(func() bool { return len(h.hellos) > 0 && h.hellos[0].Key == wire.Key{1, 2, 3} }))
	h.keep("second")
	within(t, "another one", func() bool { return l.last() == "second" })
	within(t, "a first live message", h.look(func() bool { return len(h.lives) > 0 }))
	mu.Lock()
	now = uplink.List{Digest: 77, Revision: 5, Refused: 2}
	mu.Unlock()
	u.Changed()
	within(t, "what is worked from", h.look(func() bool {
		m := h.lives[len(h.lives)-1]
		return m.List == 77 && m.ListRevision == 5 && m.ListRefused == 2
	}))
	if st := u.Status(); st.Ignored != 0 {
		t.Errorf("a list was taken for an answer: %+v", st)
	}
}

func TestABrokerThatDoesNotGrantTheListGetsObservationsAllTheSame(t *testing.T) {
	h := &hub{t: t, addr: "127.0.0.1:0", times: map[uint64]int{}, have: map[uint64]wire.Observation{}, lost: map[uint64]bool{}, denies: wire.Topic(agent, wire.Plan)}
	h.start()
	t.Cleanup(h.stop)
	var l taken
	var log safeBuffer
	q := openSpool(t)
	fill(t, q, 3)
	o := h.options(q)
	o.Plan, o.Logger = l.take, slog.New(slog.NewTextHandler(&log, nil))
	u := start(t, o)
	within(t, "the spool runs empty", func() bool { return q.Len() == 0 })
	u.Close()
	if text := log.b.String(); strings.Count(text, "does not let this agent read its list of cameras") != 1 {
		t.Error(text)
	}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
