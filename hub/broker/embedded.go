package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/phukin/phukin/hub/wire"
)

// EmbedConfig is what an embedded broker needs. Addr, Gate and Handler must
// be given.
type EmbedConfig struct {
	Addr    string      // address to listen on; port 0 takes a free one
	TLS     *tls.Config // nil for a plain connection: loopback and trusted lines only
	Gate    Gate
	Handler Handler
	Log     *slog.Logger // defaults to slog.Default
}

// Embedded is a broker inside the hub's process.
type Embedded struct {
	server *mqtt.Server
	addr   net.Addr
	door   *door

	mu     sync.RWMutex // held for reading while a handler runs
	closed bool
}

const (
	// admitTimeout bounds the look-up of a token.
	admitTimeout = 5 * time.Second
	// leaveTimeout bounds the wait for an agent's older connection to end.
	leaveTimeout = 5 * time.Second
	// pending is how many messages wait for one agent: acknowledgements, of
	// which the newest says all.
	pending = 256
)

// Embed starts a broker. A client must give its agent's code as client id and
// as user name, and the agent's token as password. It may publish only to its
// own "up" and "live", read only its own "down", and retain nothing. Nothing
// outlives a connection: an agent that comes again ends the one it had.
func Embed(c EmbedConfig) (*Embedded, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("MQTT broker cannot listen on %s: %w", c.Addr, plain(err))
	}
	e := &Embedded{addr: ln.Addr(), server: mqtt.New(&mqtt.Options{
		Capabilities: capabilities(),
		InlineClient: true,
		// The library logs every client that goes; the hub logs what matters.
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		// Nobody may read $SYS, and making it stops the world.
		SysTopicResendInterval: int64((24 * time.Hour).Seconds()),
	})}
	e.door = newDoor(ln)
	ln = e.door
	if c.TLS != nil {
		ln = tls.NewListener(ln, c.TLS)
	}
	err = errors.Join(
		e.server.AddHook(&gateHook{server: e.server, gate: c.Gate, log: c.Log}, nil),
		e.server.AddListener(listeners.NewNet("mqtt", ln)),
	)
	for i, channel := range []wire.Channel{wire.Up, wire.Live} {
		err = errors.Join(err, e.server.Subscribe(wire.TopicFilter(channel), i+1, func(_ *mqtt.Client, _ packets.Subscription, p packets.Packet) {
			e.mu.RLock()
			defer e.mu.RUnlock()
			if !e.closed {
				c.Handler(p.TopicName, p.Payload)
			}
		}))
	}
	if err == nil {
		err = e.server.Serve()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the MQTT broker on %s: %w", c.Addr, err), ln.Close())
	}
	return e, nil
}

// capabilities are what the broker offers: as little as agents need.
func capabilities() *mqtt.Capabilities {
	c := mqtt.NewDefaultServerCapabilities()
	c.MaximumPacketSize = wire.MaxMessage + 1024
	c.MaximumQos = 1
	c.MaximumSessionExpiryInterval = 0
	c.MaximumClientWritesPending = pending
	c.MaximumInflight = pending
	c.TopicAliasMaximum = 0 // the library checks rights before it looks an alias up
	c.RetainAvailable = 0
	c.SharedSubAvailable = 0
	c.WildcardSubAvailable = 0
	c.SubIDAvailable = 0
	return c
}

// Addr gives the address that the broker listens on.
func (e *Embedded) Addr() net.Addr { return e.addr }

// Send implements Link. A message for an agent that is not connected is
// dropped.
func (e *Embedded) Send(topic string, payload []byte) error {
	return e.server.Publish(topic, payload, false, 1)
}

// Close implements Link.
func (e *Embedded) Close() error {
	e.mu.Lock()
	closed := e.closed
	e.closed = true
	e.mu.Unlock()
	if closed {
		return nil
	}
	// The library's own way of ending connections locks itself out when one
	// ends by itself at that moment, so all of them are gone before it begins.
	e.door.shut()
	_ = e.door.Close()
	e.server.Listeners.ClientsWg.Wait()
	return e.server.Close()
}

// gateHook lets in who has a token and holds each client to its own topics.
type gateHook struct {
	mqtt.HookBase
	server *mqtt.Server
	gate   Gate
	log    *slog.Logger
}

func (h *gateHook) ID() string { return "phukin-gate" }

func (h *gateHook) Provides(b byte) bool {
	return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck
}

func (h *gateHook) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	user := string(pk.Connect.Username)
	why := ""
	switch err := wire.CheckCode(user); {
	case err != nil:
		user, why = "", "the user name is not an agent's code: "+err.Error()
	case user == mqtt.InlineClientId:
		why = "the code is the broker's own: give the agent another"
	case cl.ID != user:
		why = "client id and user name differ"
	case pk.Connect.WillFlag && pk.Connect.WillTopic != wire.Topic(user, wire.Live):
		why = "its last will is for another topic"
	case !h.admit(user, string(pk.Connect.Password)):
		why = "unknown agent or wrong token"
	default:
		cl.Properties.Clean = true // no session outlives its connection, whatever the client asks for
		h.showOut(user)
		return true
	}
	h.log.Warn("agent not let in", "agent", user, "reason", why, "remote", cl.Net.Remote)
	return false
}

func (h *gateHook) admit(user, token string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), admitTimeout)
	defer cancel()
	return h.gate.Admit(ctx, user, token)
}

// showOut ends an agent's older connection and waits until it is gone, last
// will and all. The library would take it over while it still runs: then its
// will can arrive after the new connection's first words, and its clean-up
// can take the new connection's place from it, which never hears an
// acknowledgement again.
func (h *gateHook) showOut(agent string) {
	old, ok := h.server.Clients.Get(agent)
	if !ok {
		return
	}
	old.Stop(packets.ErrSessionTakenOver)
	for deadline := time.Now().Add(leaveTimeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if now, ok := h.server.Clients.Get(agent); !ok || now != old {
			return
		}
	}
}

func (h *gateHook) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	if cl.Net.Inline {
		return true
	}
	agent := string(cl.Properties.Username)
	if write {
		return topic == wire.Topic(agent, wire.Up) || topic == wire.Topic(agent, wire.Live)
	}
	return topic == wire.Topic(agent, wire.Down)
}

// plain takes the address out of an error that names it already.
func plain(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return op.Err
	}
	return err
}
