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

	"github.com/phukin/phukin/agent/clock"
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
type door struct {
	mochi.HookBase
	denies string // a topic
}

func (*door) ID() string { return "door" }
func (*door) Provides(b byte) bool {
	return bytes.Contains([]byte{mochi.OnConnectAuthenticate, mochi.OnACLCheck}, []byte{b})
}
func (*door) OnConnectAuthenticate(c *mochi.Client, pk packets.Packet) bool {
	return c.ID == string(c.Properties.Username) && string(pk.Connect.Password) == "secret"
}
func (d *door) OnACLCheck(_ *mochi.Client, topic string, _ bool) bool {
	return topic != d.denies
}

// hub is a broker with a hub in it, both scripted. It keeps what it commits, as
// the contract says: by number, and once.
type hub struct {
	t        *testing.T
	addr     string
	tls      *tls.Config
	mqtt     *mochi.Server
	listener *listener
	mu       sync.Mutex
	times    map[uint64]int // how often each number came

	hellos  []wire.Hello
	batches []wire.Batch
	lives   []wire.LiveMessage
	order   []string

	have   map[uint64]wire.Observation
	lost   map[uint64]bool // by gaps
	gaps   []wire.Gap
	upto   uint64
	denies string        // a topic that nobody may read
	ahead  time.Duration // how far its clock is ahead of this machine's

	// answer says what to do with a batch; nil commits and acknowledges it.
	answer func(n int, b wire.Batch) *wire.DownMessage
	// welcome says what to do with a hello; nil acknowledges it.
	welcome func(n int, h wire.Hello) *wire.DownMessage
}

func startHub(t *testing.T, config *tls.Config) *hub {
	t.Helper()
	h := &hub{t: t, addr: "127.0.0.1:0", tls: config, times: map[uint64]int{}, have: map[uint64]wire.Observation{}, lost: map[uint64]bool{}}
	h.start()
	t.Cleanup(h.stop)
	return h
}

func (h *hub) start() {
	h.t.Helper()
	h.mqtt = mochi.New(&mochi.Options{InlineClient: true, Logger: quiet})
	if err := h.mqtt.AddHook(&door{denies: h.denies}, nil); err != nil {
		h.t.Fatal(err)
	}
	var err error
	for range 100 { // the port of a broker that was stopped may need a moment
		var l *listener
		if l, err = listen(h.addr, h.tls); err == nil {
			h.addr, h.listener = l.Address(), l
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
		h.upto = max(h.upto, m.Hello.FirstSeq)
		h.advance()
		answer := h.ack(m.Hello.Epoch, m.Hello.Stamp)
		if h.welcome != nil {
			answer = h.welcome(len(h.hellos)-1, *m.Hello)
		}
		h.say(answer)
	default:
		b := *m.Batch
		h.batches = append(h.batches, b)
		h.order = append(h.order, "batch")
		if b.Count() > uplink.MaxBatch {
			h.t.Errorf("a batch of %d", b.Count())
		}
		for i := range b.Count() {
			h.times[b.FirstSeq+uint64(i)]++
		}
		if h.answer == nil {
			h.commit(b)
			h.say(h.ack(b.Epoch, b.Stamp))
			return
		}
		h.say(h.answer(len(h.batches)-1, b))
	}
}

// commit takes a batch in, what is there already left out.
func (h *hub) commit(b wire.Batch) {
	h.upto = max(h.upto, b.OldestSeq) // what lies below will never come
	for i := range b.Observations {
		seq := b.FirstSeq + uint64(i)
		if _, ok := h.have[seq]; !ok {
			h.have[seq] = b.Observations[i]
		}
	}
	for i, g := range b.Gaps {
		h.gaps = append(h.gaps, g)
		h.lost[b.FirstSeq+uint64(i)] = true
		for n := g.From; n < g.Next; n++ {
			h.lost[n] = true
		}
	}
	h.advance()
}

func (h *hub) advance() {
	for {
		if _, ok := h.have[h.upto]; !ok && !h.lost[h.upto] {
			return
		}
		h.upto++
	}
}

func (h *hub) ack(epoch uint64, stamp int64) *wire.DownMessage {
	return &wire.DownMessage{Ack: &wire.Ack{Epoch: epoch, Upto: h.upto, HubTime: time.Now().Add(h.ahead).UnixMilli(), Stamp: stamp}}
}

func (h *hub) refuse(code wire.RefusalCode, reason string, stamp int64) *wire.DownMessage {
	return &wire.DownMessage{Refusal: &wire.Refusal{Code: code, Reason: reason, HubTime: time.Now().Add(h.ahead).UnixMilli(), Stamp: stamp}}
}

func (h *hub) say(m *wire.DownMessage) {
	if m == nil {
		return
	}
	payload := wire.MarshalDown(*m)
	go func(s *mochi.Server) { _ = s.Publish(wire.Topic(agent, wire.Down), payload, false, 1) }(h.mqtt)
}

// ackOf acknowledges everything up to the end of a batch.
func ackOf(b wire.Batch) *wire.DownMessage {
	return &wire.DownMessage{Ack: &wire.Ack{Epoch: b.Epoch, Upto: b.Next(), HubTime: time.Now().UnixMilli(), Stamp: b.Stamp}}
}

func (h *hub) look(f func() bool) func() bool {
	return func() bool { h.mu.Lock(); defer h.mu.Unlock(); return f() }
}

func openSpool(t *testing.T) *spool.Spool {
	t.Helper()
	return openSpoolIn(t, t.TempDir())
}

func openSpoolIn(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	s, _, err := spool.Open(dir, spool.Options{MaxBytes: 8 << 20, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func observation(i int) []byte {
	return wire.MarshalObservation(&wire.Observation{Camera: fmt.Sprintf("CAM-%d", i), To: 1000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1})
}

// entries gives n observations, each a second after the one before, that the
// device saw in the boot of its clock.
func entries(n int) []spool.Entry {
	es := make([]spool.Entry, n)
	for i := range es {
		at := int64(i) * 1000
		es[i] = spool.Entry{Span: spool.Span{Boot: 7, From: at, To: at + 1000, Wall: at}, Payload: observation(i)}
	}
	return es
}

// fill puts n observations into the spool and gives the numbers that they have.
func fill(t *testing.T, s *spool.Spool, n int) (first, next uint64) {
	t.Helper()
	for es := entries(n); len(es) > 0; {
		m := min(len(es), 200)
		seq, err := s.AppendBatch(es[:m])
		if err != nil {
			t.Fatal(err)
		}
		if first == 0 {
			first = seq
		}
		es, next = es[m:], seq+uint64(m)
	}
	return first, next
}

func (h *hub) options(q uplink.Queue) uplink.Options {
	return uplink.Options{
		Broker: uplink.Broker{URL: "mqtt://" + h.addr, Agent: agent, Password: "secret"}, Queue: q,
		Live:       func() uplink.Live { return uplink.Live{Cameras: 1} },
		AckTimeout: 100 * time.Millisecond, MinBackoff: 10 * time.Millisecond, MaxBackoff: 50 * time.Millisecond,
		RefusedPause: 50 * time.Millisecond, Linger: time.Hour, MaxRate: 1 << 30, Clock: device(),
		Version: "test", Logger: quiet,
	}
}

// device gives clocks in whose boot the observations of entries were made.
func device() *clock.Device {
	d := clock.Process()
	d.Boot = 7
	return &d
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
