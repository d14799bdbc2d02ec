// Package brokertest tries everything that an agent must and must not be able
// to do at a broker (DESIGN §6.5), at the embedded broker and at Debian's
// Mosquitto with the configuration that the project ships, plain, over TLS and
// with certificates. The tests of hub/broker run it, and `make broker-matrix`,
// which prints its table.
//
// Every case is a client that does what it is told, however wrong, and speaks
// MQTT 3.1, 3.1.1 or 5. What counts is what arrives, not what the broker says:
// Mosquitto answers a message of MQTT 3.1.1 that it drops as if it had taken
// it. Messages of one connection keep their order, so when a later message has
// arrived, one that has not arrived by then never will. After every case
// another agent that was connected before still hears the hub and is heard.
//
// Brokers listen on loopback, on free ports; certificates are made at the
// start. Every wait is bounded by Patience.
package brokertest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/wire"
)

// Patience bounds every wait for something that is to come.
const Patience = 20 * time.Second

// Kind is a broker and the way in.
type Kind struct {
	Name      string
	Mosquitto bool // and not the embedded one
	TLS       bool
	Certified bool // agents show certificates; TLS too
}

// Kinds lists the brokers and the ways in.
func Kinds() []Kind {
	return []Kind{
		{Name: "embedded"},
		{Name: "embedded, TLS", TLS: true},
		{Name: "embedded, certificates", TLS: true, Certified: true},
		{Name: "Mosquitto", Mosquitto: true},
		{Name: "Mosquitto, TLS", Mosquitto: true, TLS: true},
		{Name: "Mosquitto, certificates", Mosquitto: true, TLS: true, Certified: true},
	}
}

// MissingError says that a broker is not installed, and what mends it.
type MissingError struct{ What, Mend string }

func (e *MissingError) Error() string {
	return e.What + " is not there; mend it with: " + e.Mend
}

// The agents of every site: mallory does what it must not, alice is the one
// who must not suffer from it. Both are in the same shard.
const (
	mallory = "mallory-1"
	alice   = "alice"
	spy     = "spy" // at Mosquitto: reads everything, to see what arrived
)

// Site is a broker with the hub and alice at it.
type Site struct {
	Kind  Kind
	hub   broker.Link
	heard *Inbox // what the hub was given
	alice *client
	eyes  *client // the spy; nil at the embedded broker, which has none

	addr    string
	pki     *pki
	secrets map[string]string
	mosq    *Mosquitto
	marks   atomic.Int64
}

// tokens is a gate with everybody's token.
type tokens map[string]string

func (g tokens) Admit(_ context.Context, agent, token string) bool {
	want, ok := g[agent]
	return ok && token == want
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// Start starts a broker of a kind, with its files in a folder of its own. The
// error is a *MissingError if it is not installed.
func Start(ctx context.Context, k Kind, dir string) (s *Site, err error) {
	s = &Site{Kind: k, heard: &Inbox{}}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", k.Name, err)
			s.Close()
		}
	}()
	if s.pki, err = newPKI(dir); err != nil {
		return s, err
	}
	if k.Mosquitto {
		err = s.startMosquitto(ctx, dir)
	} else {
		err = s.startEmbedded()
	}
	if err != nil {
		return s, err
	}
	if s.alice, err = s.enter(s.login(alice)); err != nil {
		return s, fmt.Errorf("login of an honest agent: %w", err)
	}
	if answer := s.alice.subscribe(down(alice)); answer != Granted {
		return s, fmt.Errorf("subscription of an honest agent to its own topic: %s", answer)
	}
	if k.Mosquitto {
		login := Login{ID: spy, User: spy, Password: s.secrets[spy]}
		if s.eyes, err = enter(s.mosq.Plain, nil, login); err != nil {
			return s, fmt.Errorf("login of the spy: %w", err)
		}
		if answer := s.eyes.subscribe("#"); answer != Granted {
			return s, fmt.Errorf("subscription of the spy: %s", answer)
		}
	}
	return s, s.undisturbed()
}

func (s *Site) startEmbedded() error {
	s.secrets = map[string]string{mallory: "secret-m", alice: "secret-a", inline: "secret-i"}
	c := broker.EmbedConfig{Addr: "127.0.0.1:0", Gate: tokens(s.secrets), Handler: s.heard.handle, Log: quiet}
	if s.Kind.TLS {
		c.TLS = s.pki.server()
	}
	if s.Kind.Certified {
		c.ClientCAs = s.pki.pool
	}
	e, err := broker.Embed(c)
	if err != nil {
		return err
	}
	s.hub, s.addr = e, e.Addr().String()
	return nil
}

func (s *Site) startMosquitto(ctx context.Context, dir string) (err error) {
	if s.mosq, err = NewMosquitto(dir, s.pki.files, mallory, alice); err != nil {
		return err
	}
	s.secrets = s.mosq.Tokens
	if err := s.mosq.Start(); err != nil {
		return err
	}
	switch {
	case s.Kind.Certified:
		s.addr = s.mosq.Certificates
	case s.Kind.TLS:
		s.addr = s.mosq.TLS
	default:
		s.addr = s.mosq.Plain
	}
	return s.dial(ctx)
}

// dial connects the hub to Mosquitto, the way that agents go.
func (s *Site) dial(ctx context.Context) error {
	c := broker.DialConfig{
		URL: "mqtt://" + s.addr, Username: enrol.HubUser, Password: s.secrets[enrol.HubUser], Handler: s.heard.handle, Log: quiet,
	}
	if s.Kind.TLS {
		c.URL, c.TLS = "mqtts://"+s.addr, s.pki.client()
	}
	if s.Kind.Certified {
		own, err := s.pki.certificate(enrol.HubUser)
		if err != nil {
			return err
		}
		c.TLS.Certificates, c.Password = []tls.Certificate{own}, ""
	}
	l, err := broker.Dial(ctx, c)
	if err == nil {
		s.hub = l
	}
	return err
}

// Close ends everything.
func (s *Site) Close() {
	s.alice.close()
	s.eyes.close()
	if s.hub != nil {
		_ = s.hub.Close()
	}
	if s.mosq != nil {
		s.mosq.Stop()
	}
}

// Log gives what the broker logged.
func (s *Site) Log() string {
	if s.mosq == nil {
		return ""
	}
	return s.mosq.Log()
}

// mark makes a payload that nobody else has.
func (s *Site) mark() string { return fmt.Sprintf("mark %d.", s.marks.Add(1)) }

// undisturbed says whether alice, on the connection she has had from the
// start, is heard by the hub and hears it.
func (s *Site) undisturbed() error {
	m := s.mark()
	if answer := s.alice.publish(packet{topic: up(alice), qos: 1, payload: m}); answer != Granted {
		return fmt.Errorf("another agent's message is answered: %s", answer)
	}
	if !s.heard.wait(up(alice), m) {
		return fmt.Errorf("another agent is not heard any more")
	}
	if err := s.hub.Send(down(alice), []byte(m)); err != nil {
		return fmt.Errorf("the hub cannot answer another agent: %w", err)
	}
	if !s.alice.in.wait(down(alice), m) {
		return fmt.Errorf("another agent does not hear the hub any more")
	}
	return nil
}

// Inbox keeps what came in.
type Inbox struct {
	mu    sync.Mutex
	list  []message
	more  chan struct{} // closed and replaced when something comes
	count map[string]int
}

type message struct {
	topic, payload string
	retained       bool
}

func (i *Inbox) handle(topic string, payload []byte) { i.add(topic, payload, false) }

func (i *Inbox) add(topic string, payload []byte, retained bool) {
	if len(payload) > 100 { // its beginning names it, its length is told
		payload = fmt.Appendf(bytes.Clone(payload[:50]), " and %d bytes more", len(payload)-50)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.count == nil {
		i.count = map[string]int{}
	}
	i.count[topic]++
	// A flood is counted and not kept.
	if i.count[topic] <= 5000 || !bytes.Equal(payload, []byte(floodPayload)) {
		i.list = append(i.list, message{topic, string(payload), retained})
	}
	if i.more != nil {
		close(i.more)
		i.more = nil
	}
}

// has says whether a payload that begins so has come, on any topic if none is
// given.
func (i *Inbox) has(topic, payload string) (found bool, again <-chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for k := len(i.list) - 1; k >= 0; k-- {
		if m := i.list[k]; (topic == "" || m.topic == topic) && len(m.payload) >= len(payload) && m.payload[:len(payload)] == payload {
			return true, nil
		}
	}
	if i.more == nil {
		i.more = make(chan struct{})
	}
	return false, i.more
}

// wait waits for a payload.
func (i *Inbox) wait(topic, payload string) bool { return i.waitFor(topic, payload, Patience) }

func (i *Inbox) waitFor(topic, payload string, patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		found, again := i.has(topic, payload)
		if found {
			return true
		}
		select {
		case <-again:
		case <-timer.C:
			return false
		}
	}
}

// counted gives how many messages came on a topic.
func (i *Inbox) counted(topic string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.count[topic]
}

func up(agent string) string   { return wire.Topic(agent, wire.Up) }
func live(agent string) string { return wire.Topic(agent, wire.Live) }
func down(agent string) string { return wire.Topic(agent, wire.Down) }
func plan(agent string) string { return wire.Topic(agent, wire.Plan) }
