package agent_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/goleak"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// hub takes and acknowledges everything.
type hub struct {
	addr string
	mqtt *mochi.Server

	mu    sync.Mutex
	taken map[uint64]wire.Observation
	lives []wire.LiveMessage
}

// openDoor lets everybody in.
type openDoor struct{ mochi.HookBase }

func (*openDoor) ID() string { return "open" }
func (*openDoor) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}
func (*openDoor) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (*openDoor) OnACLCheck(*mochi.Client, string, bool) bool              { return true }

func startHub(t *testing.T) *hub {
	t.Helper()
	l, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{addr: l.Address(), mqtt: mochi.New(&mochi.Options{InlineClient: true, Logger: quiet}), taken: map[uint64]wire.Observation{}}
	err = errors.Join(
		h.mqtt.AddHook(&openDoor{}, nil),
		h.mqtt.AddListener(l),
		h.mqtt.Subscribe(wire.TopicFilter(wire.Up), 1, func(_ *mochi.Client, _ packets.Subscription, pk packets.Packet) {
			m, err := wire.UnmarshalUp(pk.Payload)
			if err != nil {
				t.Error(err)
			}
			a := wire.Ack{HubTime: time.Now().UnixMilli()}
			if m.Hello != nil {
				a.Epoch, a.Upto, a.Stamp = m.Hello.Epoch, m.Hello.FirstSeq, m.Hello.Stamp
			} else {
				h.mu.Lock()
				defer h.mu.Unlock()
				for i, o := range m.Batch.Observations {
					h.taken[m.Batch.FirstSeq+uint64(i)] = o
				}
				a.Epoch, a.Upto, a.Stamp = m.Batch.Epoch, m.Batch.Next(), m.Batch.Stamp
			}
			ack := wire.MarshalDown(wire.DownMessage{Ack: &a})
			who, _, _ := wire.ParseTopic(pk.TopicName)
			go func() { _ = h.mqtt.Publish(wire.Topic(who, wire.Down), ack, false, 1) }()
		}),
		h.mqtt.Subscribe(wire.TopicFilter(wire.Live), 2, func(_ *mochi.Client, _ packets.Subscription, pk packets.Packet) {
			m, err := wire.UnmarshalLive(pk.Payload)
			if err != nil {
				t.Error(err)
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			h.lives = append(h.lives, m)
		}),
		h.mqtt.Serve(),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.mqtt.Close() })
	return h
}

func (h *hub) look(f func() bool) func() bool {
	return func() bool { h.mu.Lock(); defer h.mu.Unlock(); return f() }
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 15 s: %s", what)
		}
	}
}

func config(t *testing.T, broker string) agent.Config {
	t.Helper()
	ms := func(n int) agent.Duration { return agent.Duration(time.Duration(n) * time.Millisecond) }
	c := agent.DefaultConfig()
	c.Agent = "AGENT-1"
	c.Broker = agent.BrokerConfig{URL: "mqtt://" + broker, Password: "hunter2"}
	c.Spool.Dir, c.Spool.MaxMB = filepath.Join(t.TempDir(), "spool"), 1
	c.LightInterval, c.FullInterval, c.Window, c.Timeout = ms(250), ms(250), ms(100), ms(250)
	c.ConfirmAfter, c.ReportEvery, c.LiveEvery, c.Linger, c.Confirm = ms(20), ms(300), ms(200), ms(50), 1
	c.Cameras = []agent.CameraConfig{
		{Code: "GOOD", URL: "rtsp://good/", Width: 1920, Height: 1080},
		{Code: "WEAK", URL: "rtsp://weak/", Password: "hunter2", Height: 1080},
		{Code: "GONE", URL: "rtsp://gone/"},
	}
	return c
}

func scripted(_ context.Context, t probe.Target) probe.Result {
	r := probe.Result{Reached: wire.RungFresh, Codec: wire.CodecH264, Width: 1920, Height: 1080, FrameRate: 25}
	switch t.URL {
	case "rtsp://weak/":
		r.Width, r.Height = 640, 360
	case "rtsp://gone/":
		r = probe.Result{Reached: wire.RungResolve, FellOn: wire.RungConnect, Fault: wire.FaultRefused}
	}
	return r
}

// run runs an agent until the returned stop, which gives what Run returned.
func run(t *testing.T, c agent.Config, log *slog.Logger) (a *agent.Agent, stop func() error) {
	t.Helper()
	a, err := agent.New(c, agent.Options{Version: "test", Logger: log, Probe: scripted})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-done, a.Close())
	})
	t.Cleanup(func() { _ = stop() })
	return a, stop
}

func TestWhatCamerasDoReachesTheHub(t *testing.T) {
	h := startHub(t)
	var text syncBuffer
	a, stop := run(t, config(t, h.addr), slog.New(slog.NewTextHandler(&text, nil)))
	seen := func(camera string, s wire.Status) func() bool {
		return h.look(func() bool {
			for _, o := range h.taken {
				if o.Camera == camera && o.Status == s {
					return true
				}
			}
			return false
		})
	}
	within(t, "the good camera is up", seen("GOOD", wire.StatusUp))
	within(t, "the weak one is degraded", seen("WEAK", wire.StatusDegraded))
	within(t, "the missing one is down", seen("GONE", wire.StatusDown))
	within(t, "live messages show all three", h.look(func() bool {
		shown := map[string]wire.State{}
		for _, m := range h.lives {
			for _, s := range m.States {
				shown[s.Camera] = s
			}
			if m.Cameras != 3 {
				return false
			}
		}
		return len(shown) == 3 && shown["GONE"].Fault == wire.FaultRefused
	}))
	within(t, "the spool runs empty", func() bool { return a.Status().Spooled == 0 })
	if st := a.Status(); !st.Uplink.Connected || st.Watch.Probes == 0 || st.Lost != 0 || len(st.States) != 3 {
		t.Errorf("%+v", st)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	within(t, "the goodbye arrives", h.look(func() bool { return !h.lives[len(h.lives)-1].Online }))
	if log := text.String(); strings.Contains(log, "hunter2") || strings.Count(log, "\n") > 12 {
		t.Errorf("log:\n%s", log)
	}
}

func TestWhatTheHubMissedIsSentByTheNextRun(t *testing.T) {
	c := config(t, "127.0.0.1:1")
	a, stop := run(t, c, quiet)
	within(t, "observations wait in the spool", func() bool { return a.Status().Spooled >= 3 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	h := startHub(t)
	c.Broker.URL = "mqtt://" + h.addr
	c.Cameras = nil
	a, stop = run(t, c, quiet)
	within(t, "the spool runs empty", func() bool { return a.Status().Spooled == 0 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	h.look(func() bool {
		if len(h.taken) < 3 || h.taken[1].Camera == "" {
			t.Errorf("%d observations", len(h.taken))
		}
		return true
	})()
}

func TestASecondAgentOnTheSameSpoolIsKeptOut(t *testing.T) {
	c := config(t, "127.0.0.1:1")
	run(t, c, quiet)
	if _, err := agent.New(c, agent.Options{Logger: quiet}); !errors.Is(err, spool.ErrLocked) {
		t.Errorf("%v", err)
	}
}

func TestNewChecksTheConfiguration(t *testing.T) {
	c := config(t, "127.0.0.1:1")
	c.MaxSessions, c.Cameras[1].Code = 0, "GOOD"
	_, err := agent.New(c, agent.Options{Logger: quiet})
	if err == nil || !strings.Contains(err.Error(), "max_sessions: 0 is out of range") || !strings.Contains(err.Error(), "cameras[1].code: camera GOOD is there twice") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(c.Spool.Dir); err == nil {
		t.Error("the spool was made all the same")
	}
}

func TestCheckLooksAtCamerasAndBroker(t *testing.T) {
	h := startHub(t)
	c := config(t, h.addr)
	var out bytes.Buffer
	sum, err := agent.Check(t.Context(), agent.CheckOptions{Config: &c, File: "agent.yaml", URLs: []string{"rtsp://good/"}, Lang: wire.EN, Out: &out, Probe: scripted})
	// The three made-up host names have no address.
	if err != nil || sum.Working != 1+1 || sum.Degraded != 1 || sum.Failed != 1 || sum.Trouble > 3 {
		t.Errorf("%+v, %v\n%s", sum, err, out.String())
	}
	if text := out.String(); !strings.Contains(text, "✓ MQTT broker    "+h.addr+": TCP ") || !strings.Contains(text, "publish ") || !strings.Contains(text, "agent.yaml: agent AGENT-1, 3 cameras") || !strings.Contains(text, "[2/4] WEAK") || !strings.Contains(text, "low_resolution") || strings.Contains(text, "hunter2") {
		t.Error(text)
	}
}

func TestCheckLeavesARunningAgentItsConnection(t *testing.T) {
	h := startHub(t)
	c := config(t, h.addr)
	a, _ := run(t, c, quiet)
	within(t, "it is connected", func() bool { return a.Status().Uplink.Connected })
	var out bytes.Buffer
	if _, err := agent.Check(t.Context(), agent.CheckOptions{Config: &c, Lang: wire.EN, Out: &out, Probe: scripted}); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "ms; login was not tried: phukin-agent is running") {
		t.Error(out.String())
	}
	if st := a.Status().Uplink; !st.Connected || st.Connects != 1 {
		t.Errorf("%+v", st)
	}
}

func TestCheckRefusesWhatItCannotLookAt(t *testing.T) {
	for _, urls := range [][]string{nil, {"http://u:hunter2@h/"}} {
		_, err := agent.Check(t.Context(), agent.CheckOptions{URLs: urls, Out: io.Discard})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v", urls, err)
		}
	}
}

func TestAFullDiskKeepsObservationsInMemoryUntilItCanTakeThem(t *testing.T) {
	var full atomic.Bool
	full.Store(true)
	var got int
	r := agent.NewRecorder(func(ps [][]byte) error {
		if full.Load() {
			return errors.New("no space left on device")
		}
		got += len(ps)
		return nil
	}, quiet)
	o := []watch.Closed{{Observation: wire.Observation{Camera: "A", From: 1, To: 2, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1}}}
	for range agent.MaxWaiting + 10 {
		r.Record(slices.Clone(o))
	}
	if waiting, lost := r.Counts(); waiting != agent.MaxWaiting || lost != 10 {
		t.Errorf("%d waiting, %d lost", waiting, lost)
	}
	if err := r.Flush(); err == nil {
		t.Error("a flush into a full disk succeeded")
	}
	full.Store(false)
	r.Record(o)
	if waiting, _ := r.Counts(); waiting != 0 || got != agent.MaxWaiting+1 {
		t.Errorf("%d waiting, %d taken", waiting, got)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *syncBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func TestAWallClockThatIsSetByHoursEverySecondLeavesNoTrace(t *testing.T) {
	h := startHub(t)
	c := config(t, h.addr)
	c.Cameras = c.Cameras[:1]
	d := clock.System()
	begin := time.Now()
	d.Wall = func() time.Time {
		n := time.Since(begin).Milliseconds() / 50 // hours ahead, then hours behind
		return time.Now().Add(time.Duration(1-2*(n%2)) * 5 * time.Hour)
	}
	a, err := agent.New(c, agent.Options{Version: "test", Logger: quiet, Probe: scripted, Clock: &d})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	within(t, "six observations arrive", h.look(func() bool { return len(h.taken) >= 6 }))
	cancel()
	if err := errors.Join(<-done, a.Close()); err != nil {
		t.Error(err)
	}
	h.look(func() bool {
		last := begin.UnixMilli()
		for seq := uint64(1); seq <= uint64(len(h.taken)); seq++ {
			o := h.taken[seq]
			if o.Clock != wire.ClockHub || o.From < last-300 || seq > 1 && o.From != last || o.To > time.Now().UnixMilli()+300 {
				t.Errorf("%d: [%d, %d) by the clock %s, the one before ended at %d", seq, o.From, o.To, o.Clock, last)
			}
			last = o.To
		}
		return true
	})()
}
