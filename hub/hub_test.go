package hub_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"github.com/phukin/phukin/hub"
	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in %v", what, patience)
		}
	}
}

// config is that of a hub which can be opened.
func config(t *testing.T) hub.Config {
	t.Helper()
	p, err := plan.Build(plan.Plan{
		Name: plan.Text{VI: "Kế hoạch", EN: "Plan"}, Root: "R",
		Phases: []plan.Phase{{Code: "P", Name: plan.Text{VI: "Một", EN: "One"}, From: plan.NewDate(2026, 1, 1), To: plan.NewDate(2026, 12, 31)}},
		Areas:  []plan.Area{{Code: "R", Kind: "huyện", Name: "Huyện"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return hub.Config{Plan: p, Database: filepath.Join(t.TempDir(), "hub.db"), MQTTListen: "127.0.0.1:0", Log: quiet}
}

func TestAHubThatCannotWorkDoesNotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("this is not a database, however long one looks at it"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		edit func(*hub.Config)
		want string
	}{
		{"no plan", func(c *hub.Config) { c.Plan = nil }, "no plan given"},
		{"no broker", func(c *hub.Config) { c.MQTTListen = "" }, "give either an address for the embedded MQTT broker or the URL of another one"},
		{"two brokers", func(c *hub.Config) { c.MQTTURL = "mqtt://127.0.0.1:1883" }, "give either"},
		{"a bad address", func(c *hub.Config) { c.MQTTListen = "127.0.0.1" }, "MQTT broker cannot listen on 127.0.0.1: "},
		{"a port in use", func(c *hub.Config) { c.MQTTListen = taken.Addr().String() }, "MQTT broker cannot listen on " + taken.Addr().String() + ": bind: address already in use"},
		{"a URL that is none", func(c *hub.Config) { c.MQTTListen, c.MQTTURL = "", "127.0.0.1:1883" }, "MQTT address"},
		{"nobody at the URL", func(c *hub.Config) { c.MQTTListen, c.MQTTURL = "", "mqtt://127.0.0.1:1" }, "MQTT broker 127.0.0.1:1: "},
		{"a database below a file", func(c *hub.Config) { c.Database = filepath.Join(file, "hub.db") }, filepath.Join(file, "hub.db")},
		{"a database that is a folder", func(c *hub.Config) { c.Database = filepath.Dir(file) }, filepath.Dir(file)},
		{"a database that is something else", func(c *hub.Config) { c.Database = file }, file},
	} {
		t.Run(x.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			c := config(t)
			x.edit(&c)
			h, err := hub.New(t.Context(), c)
			if err == nil {
				_ = h.Close()
				t.Fatal("it starts")
			}
			if !strings.Contains(err.Error(), x.want) {
				t.Errorf("error is %q, want one that says %q", err, x.want)
			}
			goleak.VerifyNone(t, before)
			expectClosed(t, c.Database)
		})
	}
}

// expectClosed looks whether this process still holds the file of a database.
func expectClosed(t *testing.T, database string) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return // not Linux
	}
	for _, fd := range open {
		if name, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil && strings.HasPrefix(name, database) && strings.HasSuffix(database, ".db") {
			t.Errorf("%s is still open", name)
		}
	}
}

// start opens a hub and runs it until the function it gives is called.
func start(t *testing.T, c hub.Config) (h *hub.Hub, stop func()) {
	t.Helper()
	h, err := hub.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	return h, func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ends with %v", err)
		}
		if err := h.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		expectClosed(t, c.Database)
	}
}

// agent is a bare MQTT client with an agent's login.
func agent(t *testing.T, h *hub.Hub, code string) (mqtt.Client, <-chan wire.DownMessage) {
	t.Helper()
	token, err := enrol.Issue(t.Context(), h.Agents(), code, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + h.MQTTAddr().String()).SetClientID(code).SetUsername(code).SetPassword(token).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience))
	done := func(token mqtt.Token) {
		t.Helper()
		if !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatal("broker: ", token.Error())
		}
	}
	done(c.Connect())
	heard := make(chan wire.DownMessage, 100)
	done(c.Subscribe(wire.Topic(code, wire.Down), 1, func(_ mqtt.Client, m mqtt.Message) {
		d, err := wire.UnmarshalDown(m.Payload())
		if err != nil {
			t.Errorf("the hub sends what no agent takes: %v", err)
		}
		heard <- d
	}))
	return c, heard
}

func hear(t *testing.T, heard <-chan wire.DownMessage) wire.DownMessage {
	t.Helper()
	select {
	case m := <-heard:
		return m
	case <-time.After(patience):
		t.Fatal("the hub does not answer")
		return wire.DownMessage{}
	}
}

func TestWhatAnAgentSendsIsAcknowledgedAndInTheLedgerAndSurvivesARestart(t *testing.T) {
	c := config(t)
	h, stop := start(t, c)
	client, heard := agent(t, h, "tb-1")
	defer client.Disconnect(100)
	send := func(channel wire.Channel, payload []byte) {
		client.Publish(wire.Topic("tb-1", channel), 1, false, payload)
	}

	send(wire.Up, wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{Epoch: 1, Session: 1, NextSeq: 2, AgentVersion: "1.0"}}))
	if m := hear(t, heard); m.Ack == nil || m.Ack.Upto != 0 {
		t.Fatalf("answer to hello: %+v", m)
	}
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, c.Plan.Location).UnixMilli()
	send(wire.Up, wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: 1, Observations: []wire.Observation{
		{Camera: "C-1", From: noon, To: noon + 60_000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 2},
		{Camera: "C-1", From: noon + 60_000, To: noon + 90_000, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect, Probes: 1},
	}}}))
	if m := hear(t, heard); m.Ack == nil || m.Ack.Upto != 2 || m.Ack.Epoch != 1 {
		t.Fatalf("answer to a batch: %+v", m)
	}
	now := time.Now().UnixMilli()
	send(wire.Live, wire.MarshalLive(&wire.LiveMessage{Online: true, Session: 1, Whole: true, Sent: now, Interval: 10_000, States: []wire.State{
		{Camera: "C-1", Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect, Since: now, Probed: now},
	}}))
	eventually(t, "the state now", func() bool { s, ok := h.Live().Camera("C-1"); return ok && s.Fault == wire.FaultTimeout })
	if a, _ := h.Live().Agent("tb-1"); a.Version != "1.0" || !a.Online {
		t.Errorf("agent is %+v", a)
	}
	send(wire.Up, []byte("nonsense"))
	if m := hear(t, heard); m.Refusal == nil {
		t.Fatalf("answer to nonsense: %+v", m)
	}
	expectLedger(t, h, noon)
	stop()

	h, stop = start(t, c)
	defer stop()
	expectLedger(t, h, noon)
	if aside, err := h.Store().AsideCounts(t.Context()); err != nil || aside["tb-1"].Messages != 1 {
		t.Errorf("set aside: %v, %v", aside, err)
	}
}

func expectLedger(t *testing.T, h *hub.Hub, noon int64) {
	t.Helper()
	day := history.DayOf(noon, h.Plan().Location)
	eventually(t, "the ledger day", func() bool {
		for d, err := range h.Store().Days(t.Context(), history.Query{First: day, Last: day}) {
			if err != nil {
				t.Fatal(err)
			}
			if n := d.Count(); d.Camera != "C-1" || n.Up != 60 || n.Down != 30 || n.Outages != 1 {
				t.Errorf("the day is %s", d.String())
			}
			return true
		}
		return false
	})
}

func TestWhatComesInBeforeRunIsNotAcknowledgedBeforeRun(t *testing.T) {
	h, err := hub.New(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	client, heard := agent(t, h, "tb-1")
	defer client.Disconnect(100)
	if token := client.Publish(wire.Topic("tb-1", wire.Up), 1, false, wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{Epoch: 1}})); !token.WaitTimeout(patience) {
		t.Fatal("the broker does not take it")
	}
	select {
	case m := <-heard:
		t.Errorf("answered by a hub that does not run: %+v", m)
	default:
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	hear(t, heard)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnAgentWithoutATokenIsNotLetIn(t *testing.T) {
	h, stop := start(t, config(t))
	defer stop()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + h.MQTTAddr().String()).SetClientID("tb-1").SetUsername("tb-1").SetPassword("guess").
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience))
	if token := c.Connect(); !token.WaitTimeout(patience) || token.Error() == nil {
		t.Errorf("let in: %v", token.Error())
	}
}
