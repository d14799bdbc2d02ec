package broker_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for something that is to come.
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

// tokens is a gate with everybody's token.
type tokens map[string]string

func (g tokens) Admit(_ context.Context, agent, token string) bool {
	want, ok := g[agent]
	return ok && token == want
}

var gate = tokens{"a": "secret-a", "b": "secret-b", "inline": "secret-i"}

// inbox keeps what a handler or a client was given, as "topic payload".
type inbox struct {
	mu   sync.Mutex
	list []string
}

func (i *inbox) handle(topic string, payload []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(payload) > 100 {
		payload = fmt.Appendf(nil, "%d bytes", len(payload))
	}
	i.list = append(i.list, topic+" "+string(bytes.Clone(payload)))
}

func (i *inbox) all() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.list)
}

func (i *inbox) waitFor(t *testing.T, message string) {
	t.Helper()
	eventually(t, "message "+message, func() bool { return slices.Contains(i.all(), message) })
}

// embed starts a broker on a free port of loopback.
func embed(t *testing.T, h broker.Handler) *broker.Embedded {
	t.Helper()
	e, err := broker.Embed(broker.EmbedConfig{Addr: "127.0.0.1:0", Gate: gate, Handler: h, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// options are those of a well-behaved agent.
func options(addr, agent, token string) *mqtt.ClientOptions {
	return mqtt.NewClientOptions().AddBroker("tcp://" + addr).SetClientID(agent).SetUsername(agent).SetPassword(token).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience).SetKeepAlive(time.Minute)
}

// login connects, or gives the error; the connection ends with the test.
func login(t *testing.T, o *mqtt.ClientOptions) (mqtt.Client, error) {
	t.Helper()
	c := mqtt.NewClient(o)
	token := c.Connect()
	if !token.WaitTimeout(patience) {
		t.Fatal("no answer to the login")
	}
	if token.Error() == nil {
		t.Cleanup(func() { c.Disconnect(100) })
	}
	return c, token.Error()
}

func mustLogin(t *testing.T, o *mqtt.ClientOptions) mqtt.Client {
	t.Helper()
	c, err := login(t, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// publish sends and waits for the broker's word, if it gives one.
func publish(t *testing.T, c mqtt.Client, topic string, qos byte, retain bool, payload any) {
	t.Helper()
	if token := c.Publish(topic, qos, retain, payload); !token.WaitTimeout(patience) {
		t.Fatalf("publish on %s: no answer", topic)
	}
}

// subscribe subscribes and gives what comes in, and whether it was granted.
func subscribe(t *testing.T, c mqtt.Client, filter string) (*inbox, bool) {
	t.Helper()
	in := &inbox{}
	token := c.Subscribe(filter, 1, func(_ mqtt.Client, m mqtt.Message) { in.handle(m.Topic(), m.Payload()) })
	if !token.WaitTimeout(patience) {
		t.Fatalf("subscribe to %s: no answer", filter)
	}
	granted := token.Error() == nil
	for _, code := range token.(*mqtt.SubscribeToken).Result() { // named without its $share
		granted = granted && code < 0x80
	}
	return in, granted
}

func up(agent string) string   { return wire.Topic(agent, wire.Up) }
func live(agent string) string { return wire.Topic(agent, wire.Live) }
func down(agent string) string { return wire.Topic(agent, wire.Down) }

func plan(agent string) string { return wire.Topic(agent, wire.Plan) }
