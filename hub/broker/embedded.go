package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
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
	Addr string      // address to listen on; port 0 takes a free one
	TLS  *tls.Config // nil for a plain connection: loopback and trusted lines only; nothing below TLS 1.2
	// ClientCAs, if set, issue the certificates that agents must show besides
	// their tokens: the certificate names the agent, by its common name or a
	// DNS name. It needs TLS.
	ClientCAs *x509.CertPool
	Gate      Gate
	Handler   Handler
	Log       *slog.Logger // defaults to slog.Default
}

// Embedded is a broker inside the hub's process.
type Embedded struct {
	server *mqtt.Server
	addr   net.Addr
	door   *door
	hook   *gateHook

	mu     sync.RWMutex // held for reading while a handler runs
	closed bool
}

const (
	// admitTimeout bounds the look-up of a token.
	admitTimeout = 5 * time.Second
	// leaveTimeout bounds the wait for an agent's older connection to end.
	leaveTimeout = 5 * time.Second
	// mostKeepalive is the longest keep-alive, in seconds. Half as much again
	// may pass between two packets of a client.
	mostKeepalive = 600
	// pending is how many messages wait for one agent: acknowledgements, of
	// which the newest says all.
	pending = 256
)

// Embed starts a broker. A client must give its agent's code as client id and
// as user name, and the agent's token as password. It may publish only to its
// own "up" and "live", of any major version of the contract, read only its own
// "down" and "plan", and retain nothing: only what the hub keeps (Link.Keep)
// outlives a connection. An agent that comes again ends the one it had. Who sends more than an agent needs
// (messageRate, byteRate) is read more slowly; who sends what is too long, or
// with QoS 2, is shown out.
func Embed(c EmbedConfig) (*Embedded, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	secure, err := c.secure()
	if err != nil {
		return nil, err
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("MQTT broker cannot listen on %s: %w", c.Addr, plain(err))
	}
	e := &Embedded{addr: ln.Addr(), hook: &gateHook{gate: c.Gate, log: c.Log, certificates: c.ClientCAs != nil, closing: make(chan struct{})}, server: mqtt.New(&mqtt.Options{
		Capabilities: capabilities(),
		InlineClient: true,
		// The library logs every client that goes; the hub logs what matters.
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		// Nobody may read $SYS, and making it stops the world.
		SysTopicResendInterval: int64((24 * time.Hour).Seconds()),
	})}
	e.door = newDoor(ln)
	ln = e.door
	if secure != nil {
		ln = tls.NewListener(ln, secure)
	}
	e.hook.server = e.server
	err = errors.Join(
		e.server.AddHook(e.hook, nil),
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

// secure gives the configuration of TLS, nil for none.
func (c *EmbedConfig) secure() (*tls.Config, error) {
	if c.TLS == nil {
		if c.ClientCAs != nil {
			return nil, errors.New("MQTT broker: clients' certificates need TLS")
		}
		return nil, nil
	}
	t := c.TLS.Clone()
	t.MinVersion = max(t.MinVersion, tls.VersionTLS12)
	if c.ClientCAs != nil {
		t.ClientAuth, t.ClientCAs = tls.RequireAndVerifyClientCert, c.ClientCAs
	}
	return t, nil
}

// capabilities are what the broker offers: as little as agents need.
func capabilities() *mqtt.Capabilities {
	c := mqtt.NewDefaultServerCapabilities()
	c.MaximumPacketSize = wire.MaxMessage + 1024
	c.MinimumProtocolVersion = 4
	c.MaximumQos = 1
	c.MaximumSessionExpiryInterval = 0
	c.MaximumClientWritesPending = pending
	c.MaximumInflight = pending
	c.TopicAliasMaximum = 0 // the library checks rights before it looks an alias up
	c.RetainAvailable = 1   // for the hub alone: see OnPacketRead and OnConnectAuthenticate
	c.SharedSubAvailable = 0
	c.WildcardSubAvailable = 0
	c.SubIDAvailable = 0
	return c
}

// Addr gives the address that the broker listens on.
func (e *Embedded) Addr() net.Addr { return e.addr }

// Send implements Link. A message for an agent that is not connected, or has
// not read the last ones, is dropped. QoS 1 would promise nothing more, for no
// session outlives its connection, and with it the library waits for an agent
// that does not read.
func (e *Embedded) Send(topic string, payload []byte) error {
	return e.server.Publish(topic, payload, false, 0)
}

// Keep implements Link. What is kept lives in memory, as long as the broker.
func (e *Embedded) Keep(topic string, payload []byte) (bool, error) {
	return true, e.server.Publish(topic, payload, true, 0)
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
	close(e.hook.closing)
	e.door.shut()
	_ = e.door.Close()
	e.server.Listeners.ClientsWg.Wait()
	return e.server.Close()
}

// gateHook lets in who has a token and holds each client to its own topics.
type gateHook struct {
	mqtt.HookBase
	server       *mqtt.Server
	gate         Gate
	log          *slog.Logger
	certificates bool // every client has shown one
	rates        rates
	closing      chan struct{} // closed when the broker closes
}

func (h *gateHook) ID() string { return "phukin-gate" }

func (h *gateHook) Provides(b byte) bool {
	return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck || b == mqtt.OnPacketRead
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
	case h.certificates && !certified(cl.Net.Conn, user):
		why = "its certificate names another"
	case pk.Connect.WillFlag && !isOwnLive(user, pk.Connect.WillTopic):
		why = "its last will is for another topic"
	case pk.Connect.WillFlag && pk.Connect.WillRetain:
		why = "its last will is to be retained, which is for the hub alone"
	case len(pk.Connect.WillPayload) > wire.MaxMessage:
		why = "its last will is too long"
	case !h.admit(user, string(pk.Connect.Password)):
		why = "unknown agent or wrong token"
	default:
		cl.State.Keepalive = keepalive(cl.State.Keepalive)
		cl.Properties.Clean = true // no session outlives its connection, whatever the client asks for
		h.showOut(user)
		return true
	}
	h.log.Warn("agent not let in", "agent", user, "reason", why, "remote", cl.Net.Remote)
	return false
}

// keepalive gives the keep-alive in seconds that a client is held to, whatever
// it asks for: a connection whose other end is gone is not kept for ever.
func keepalive(asked uint16) uint16 {
	if asked == 0 || asked > mostKeepalive {
		return mostKeepalive
	}
	return asked
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
		return mayWrite(agent, topic)
	}
	return mayRead(agent, topic)
}

// OnPacketRead holds a client to the sizes and the rate of the contract. It
// runs in the client's own reading, so who has to wait makes nobody else wait.
func (h *gateHook) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Type == packets.Connect {
		return pk, nil // who sends it is not known yet
	}
	if pk.FixedHeader.Qos > 1 || pk.FixedHeader.Retain || len(pk.Payload) > wire.MaxMessage {
		return pk, packets.ErrRejectPacket // the only error that ends the connection
	}
	if wait := h.rates.spend(string(cl.Properties.Username), pk.FixedHeader.Remaining, time.Now()); wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-h.closing:
		}
	}
	return pk, nil
}

// plain takes the address out of an error that names it already.
func plain(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return op.Err
	}
	return err
}
