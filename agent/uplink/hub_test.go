package uplink_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/goleak"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const agent = "AGENT-1"

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// within polls until ok holds.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 15 s: %s", what)
		}
	}
}

// door lets in the agent with the password "secret" under its own client id.
type door struct{ mochi.HookBase }

func (*door) ID() string { return "door" }
func (*door) Provides(b byte) bool {
	return bytes.Contains([]byte{mochi.OnConnectAuthenticate, mochi.OnACLCheck}, []byte{b})
}
func (*door) OnConnectAuthenticate(c *mochi.Client, pk packets.Packet) bool {
	return c.ID == string(c.Properties.Username) && string(pk.Connect.Password) == "secret"
}
func (*door) OnACLCheck(*mochi.Client, string, bool) bool { return true }

// hub is a broker with a hub in it, both scripted.
type hub struct {
	t     *testing.T
	addr  string
	tls   *tls.Config
	mqtt  *mochi.Server
	mu    sync.Mutex
	times map[uint64]int // how often each number came

	hellos  []wire.Hello
	batches []wire.Batch
	lives   []wire.LiveMessage
	order   []string

	// answer says what to do with a batch; nil acknowledges it.
	answer func(n int, b wire.Batch) *wire.DownMessage
}

func startHub(t *testing.T, config *tls.Config) *hub {
	t.Helper()
	h := &hub{t: t, addr: "127.0.0.1:0", tls: config, times: map[uint64]int{}}
	h.start()
	t.Cleanup(h.stop)
	return h
}

func (h *hub) start() {
	h.t.Helper()
	h.mqtt = mochi.New(&mochi.Options{InlineClient: true, Logger: quiet})
	if err := h.mqtt.AddHook(&door{}, nil); err != nil {
		h.t.Fatal(err)
	}
	var err error
	for range 100 { // the port of a broker that was stopped may need a moment
		var l *listener
		if l, err = listen(h.addr, h.tls); err == nil {
			h.addr = l.Address()
			err = h.mqtt.AddListener(l)
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	for i, c := range []wire.Channel{wire.Up, wire.Live} {
		if err := h.mqtt.Subscribe(wire.TopicFilter(c), i+1, func(_ *mochi.Client, _ packets.Subscription, pk packets.Packet) {
			h.take(pk.TopicName, pk.Payload)
		}); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := h.mqtt.Serve(); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hub) stop() {
	if h.mqtt != nil {
		_ = h.mqtt.Close()
		h.mqtt = nil
	}
}

func (h *hub) take(topic string, p []byte) {
	who, channel, err := wire.ParseTopic(topic)
	if err != nil || who != agent {
		h.t.Errorf("topic %s: %v", topic, err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if channel == wire.Live {
		m, err := wire.UnmarshalLive(p)
		if err != nil {
			h.t.Error(err)
		}
		h.lives = append(h.lives, m)
		h.order = append(h.order, fmt.Sprintf("live %t", m.Online))
		return
	}
	m, err := wire.UnmarshalUp(p)
	switch {
	case err != nil:
		h.t.Error(err)
	case m.Hello != nil:
		h.hellos = append(h.hellos, *m.Hello)
		h.order = append(h.order, "hello")
	default:
		b := *m.Batch
		h.batches = append(h.batches, b)
		h.order = append(h.order, "batch")
		if len(b.Observations) > uplink.MaxBatch {
			h.t.Errorf("a batch of %d", len(b.Observations))
		}
		for i := range b.Observations {
			h.times[b.FirstSeq+uint64(i)]++
		}
		answer := ackOf(b)
		if h.answer != nil {
			answer = h.answer(len(h.batches)-1, b)
		}
		if answer != nil {
			h.say(*answer)
		}
	}
}

func (h *hub) say(m wire.DownMessage) {
	go func(s *mochi.Server) { _ = s.Publish(wire.Topic(agent, wire.Down), wire.MarshalDown(m), false, 1) }(h.mqtt)
}

func ackOf(b wire.Batch) *wire.DownMessage {
	return &wire.DownMessage{Ack: &wire.Ack{Epoch: b.Epoch, Upto: b.FirstSeq + uint64(len(b.Observations)), HubTime: time.Now().UnixMilli()}}
}

func (h *hub) look(f func() bool) func() bool {
	return func() bool { h.mu.Lock(); defer h.mu.Unlock(); return f() }
}

func openSpool(t *testing.T) *spool.Spool {
	t.Helper()
	s, _, err := spool.Open(t.TempDir(), spool.Options{MaxBytes: 8 << 20, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func observation(i int) []byte {
	return wire.MarshalObservation(&wire.Observation{Camera: "CAM-1", From: int64(i) * 1000, To: int64(i)*1000 + 1000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1})
}

func fill(t *testing.T, s *spool.Spool, n int) {
	t.Helper()
	entries := make([]spool.Entry, n)
	for i := range entries {
		entries[i].Payload = observation(i)
	}
	if _, err := s.AppendBatch(entries); err != nil {
		t.Fatal(err)
	}
}

func (h *hub) options(q uplink.Queue) uplink.Options {
	return uplink.Options{
		Broker: uplink.Broker{URL: "mqtt://" + h.addr, Agent: agent, Password: "secret"}, Queue: q,
		Live:       func() (int, []wire.State) { return 1, nil },
		AckTimeout: 100 * time.Millisecond, MinBackoff: 10 * time.Millisecond, MaxBackoff: 50 * time.Millisecond,
		Version: "test", Logger: quiet,
	}
}

func start(t *testing.T, o uplink.Options) *uplink.Uplink {
	t.Helper()
	u, err := uplink.New(o)
	if err != nil {
		t.Fatal(err)
	}
	u.Start()
	t.Cleanup(u.Close)
	return u
}

// silentServer accepts and never answers.
func silentServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		var conns []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			conns = append(conns, c)
		}
		for _, c := range conns {
			_ = c.Close()
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l.Addr().String()
}
