package broker

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/phukin/phukin/hub/wire"
)

// DialConfig is what the client of an outside broker needs. URL and Handler
// must be given.
type DialConfig struct {
	URL      string // mqtt://host:1883 or mqtts://host:8883, without credentials
	Username string
	Password string
	ClientID string      // defaults to "phukin-hub"; a broker has one client of each id
	TLS      *tls.Config // for mqtts; nil takes the system's authorities
	Handler  Handler
	Log      *slog.Logger // defaults to slog.Default
}

// Client is the hub as a client of an outside broker.
type Client struct {
	config DialConfig
	server *url.URL
	life   context.Context // until Close
	end    context.CancelFunc
	kept   chan struct{} // closed when keep has returned

	rates rates

	mu      sync.RWMutex // held for reading while a handler runs
	session *session     // the newest connection, which may be lost
	closed  bool
}

const (
	dialTimeout      = 10 * time.Second
	subscribeTimeout = 10 * time.Second
	writeTimeout     = 5 * time.Second
	disconnectQuiet  = 250 // milliseconds
	leastPause       = 500 * time.Millisecond
	mostPause        = 30 * time.Second
)

// Dial connects to the broker and subscribes to all agents. It fails when the
// broker cannot be reached, refuses the login, or does not grant the
// subscriptions. Later losses of the connection are mended in the background.
func Dial(ctx context.Context, c DialConfig) (*Client, error) {
	server, err := serverURL(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.ClientID == "" {
		c.ClientID = "phukin-hub"
	}
	l := &Client{config: c, server: server, kept: make(chan struct{})}
	s, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	l.life, l.end = context.WithCancel(context.WithoutCancel(ctx))
	go l.keep(s)
	return l, nil
}

// keep mends the connection whenever it is lost.
func (l *Client) keep(s *session) {
	defer close(l.kept)
	log := l.config.Log.With("broker", l.server.Host)
	for {
		select {
		case err := <-s.lost:
			log.Warn("connection to the MQTT broker lost; connecting again", "error", err)
			s.close()
		case <-l.life.Done():
			s.close()
			return
		}
		for pause := leastPause; ; pause = min(2*pause, mostPause) {
			select {
			case <-time.After(pause):
			case <-l.life.Done():
				return
			}
			next, err := l.open(l.life)
			if err == nil {
				log.Info("connected to the MQTT broker again")
				s = next
				break
			}
			log.Warn("no connection to the MQTT broker; trying again", "error", err)
		}
	}
}

// session is one connection with its subscriptions. The library's own
// reconnecting is not used: nothing can end it in time.
type session struct {
	mqtt.Client
	conn net.Conn
	lost chan error
}

// open makes a session. Everything in it is bounded, and by ctx.
func (l *Client) open(ctx context.Context) (*session, error) {
	s := &session{lost: make(chan error, 1)}
	stop := func() bool { return true }
	s.Client = mqtt.NewClient(mqtt.NewClientOptions().AddBroker(l.server.String()).
		SetClientID(l.config.ClientID).SetUsername(l.config.Username).SetPassword(l.config.Password).
		SetProtocolVersion(4).SetCleanSession(true).SetStore(mqtt.NewMemoryStore()).SetOrderMatters(true).
		SetConnectTimeout(dialTimeout).SetWriteTimeout(writeTimeout).SetKeepAlive(30 * time.Second).SetAutoReconnect(false).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { s.lost <- err }). // once
		SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
			conn, err := l.reach(ctx)
			if err != nil {
				return nil, plain(err)
			}
			// The library cannot be told to stop waiting for an answer, but
			// its connection can be taken away.
			s.conn, stop = conn, context.AfterFunc(ctx, func() { _ = conn.Close() })
			return buffered{conn, bufio.NewReaderSize(conn, readBuffer)}, nil
		}))
	t := s.Connect()
	<-t.Done()
	err := t.Error()
	if err == nil {
		l.mu.Lock()
		l.session = s // before anything comes in that is to be answered
		l.mu.Unlock()
		err = s.subscribe(l.handle)
	}
	stop()
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case err == nil:
		return s, nil
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		err = fmt.Errorf("login as %q refused: user name or password is wrong (%w)", l.config.Username, err)
	}
	s.close()
	return nil, fmt.Errorf("MQTT broker %s: %w", l.server.Host, err)
}

// reach connects TCP, and TLS if the address asks for it.
func (l *Client) reach(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if l.server.Scheme == "ssl" {
		return (&tls.Dialer{Config: l.config.TLS}).DialContext(ctx, "tcp", l.server.Host)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", l.server.Host)
}

// buffered is a connection that is read in large pieces: the library reads a
// byte or two at a time.
type buffered struct {
	net.Conn
	r *bufio.Reader
}

const readBuffer = 64 << 10

func (b buffered) Read(p []byte) (int, error) { return b.r.Read(p) }

// subscribe asks for QoS 0 on all channels. A PUBACK of the hub's would promise
// nothing, for what counts is its acknowledgement after the commit; and with
// QoS 1 a broker sends a few dozen messages, waits for their PUBACKs, and
// meanwhile drops what one agent that floods it has left no room for.
func (s *session) subscribe(h mqtt.MessageHandler) error {
	t := s.SubscribeMultiple(map[string]byte{wire.TopicFilter(wire.Up): 0, wire.TopicFilter(wire.Live): 0}, h)
	if !t.WaitTimeout(subscribeTimeout) {
		return errors.New("no answer to the subscription")
	}
	if st, ok := t.(*mqtt.SubscribeToken); ok {
		for filter, code := range st.Result() {
			if code > 2 { // MQTT 3.1.1 §3.9.3: 0x80 is a failure
				return fmt.Errorf("subscription to %s refused: give the hub's user the right to read it", filter)
			}
		}
	}
	if err := t.Error(); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

func (s *session) close() {
	s.Disconnect(disconnectQuiet)
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

func (l *Client) handle(_ mqtt.Client, m mqtt.Message) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if !l.closed && l.bounded(m) {
		l.config.Handler(m.Topic(), m.Payload())
	}
}

// bounded says whether a message keeps the size and the rate of the contract.
// One that does not is dropped: its agent sends it again. An outside broker
// may have let it pass.
func (l *Client) bounded(m mqtt.Message) bool {
	if len(m.Payload()) > wire.MaxMessage {
		return false
	}
	p := strings.Split(m.Topic(), "/") // phukin/version/shard/agent/channel
	return len(p) == 5 && l.rates.allows(p[3], len(m.Payload()), time.Now())
}

// serverURL checks the address and gives paho's form of it.
func serverURL(s string) (*url.URL, error) {
	// The address itself is not repeated: there may be a password in it.
	const form = "must be of the form mqtt://host:1883 or mqtts://host:8883"
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("MQTT address " + form)
	}
	if u.User != nil {
		return nil, errors.New("MQTT address holds a user name: give user name and password apart from it")
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("MQTT address goes on after the port: it " + form)
	}
	port := u.Port()
	switch u.Scheme {
	case "mqtt", "tcp":
		u.Scheme = "tcp"
		if port == "" {
			port = "1883"
		}
	case "mqtts", "ssl":
		u.Scheme = "ssl"
		if port == "" {
			port = "8883"
		}
	default:
		return nil, fmt.Errorf("MQTT address begins with %q: it %s", u.Scheme, form)
	}
	return &url.URL{Scheme: u.Scheme, Host: net.JoinHostPort(u.Hostname(), port)}, nil
}

// Send implements Link. Agents read the hub's answers with QoS 0, so the broker
// would take more trouble with QoS 1 and they would get no more.
func (l *Client) Send(topic string, payload []byte) error { return l.publish(topic, 0, payload) }

func (l *Client) publish(topic string, qos byte, payload []byte) error {
	l.mu.RLock()
	s := l.session
	l.mu.RUnlock()
	if !s.IsConnectionOpen() {
		return errors.New("not connected to the MQTT broker")
	}
	t := s.Publish(topic, qos, false, payload)
	select {
	case <-t.Done():
		return t.Error()
	default:
		return nil
	}
}

// Keep implements Link. Nothing is retained at an outside broker: one that lets
// the hub retain lets agents do it too, without bound (Mosquitto's rights make
// no difference).
func (l *Client) Keep(topic string, payload []byte) (bool, error) {
	return false, l.publish(topic, 1, payload)
}

// Close implements Link.
func (l *Client) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.end()
	<-l.kept
	return nil
}
