package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
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
	c       mqtt.Client
	handler Handler
	life    context.Context // until Close
	end     context.CancelFunc
	work    sync.WaitGroup // subscriptions being made
	first   sync.Once      // the first of them is Dial's

	mu     sync.RWMutex // held for reading while a handler runs
	closed bool
}

const (
	dialTimeout      = 10 * time.Second
	subscribeTimeout = 10 * time.Second
	subscribeAgain   = 30 * time.Second // after a broker that did not grant it
	writeTimeout     = 5 * time.Second
	disconnectQuiet  = 250 // milliseconds
	maxReconnect     = 30 * time.Second
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
	l := &Client{handler: c.Handler}
	l.life, l.end = context.WithCancel(context.Background())
	granted := make(chan error, 1)
	o := mqtt.NewClientOptions().AddBroker(server.String()).SetClientID(c.ClientID).SetUsername(c.Username).SetPassword(c.Password).
		SetProtocolVersion(4).SetCleanSession(true).SetStore(mqtt.NewMemoryStore()).SetOrderMatters(true).
		SetConnectTimeout(dialTimeout).SetWriteTimeout(writeTimeout).SetKeepAlive(30 * time.Second).
		SetAutoReconnect(true).SetMaxReconnectInterval(maxReconnect).SetCustomOpenConnectionFn(l.opener(server, c.TLS))
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) {
		c.Log.Warn("connection to the MQTT broker lost; connecting again", "broker", server.Host, "error", err)
	})
	o.SetOnConnectHandler(func(mqtt.Client) { l.connected(granted, c.Log.With("broker", server.Host)) })
	l.c = mqtt.NewClient(o)
	// The library cannot be told to stop connecting, but its connection can
	// be taken away.
	stop := context.AfterFunc(ctx, l.end)
	defer stop()
	t := l.c.Connect()
	<-t.Done() // bounded by dialTimeout and ctx
	if err = t.Error(); err == nil {
		err = <-granted // bounded by subscribeTimeout and ctx
	}
	switch {
	case err == nil && stop():
		return l, nil
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		err = fmt.Errorf("login as %q refused: user name or password is wrong (%w)", c.Username, err)
	}
	return nil, errors.Join(fmt.Errorf("MQTT broker %s: %w", server.Host, err), l.Close())
}

// opener gives what makes the network connections, which end with l.
func (l *Client) opener(server *url.URL, config *tls.Config) mqtt.OpenConnectionFunc {
	release := func() bool { return true }
	return func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(l.life, dialTimeout)
		defer cancel()
		var d interface {
			DialContext(ctx context.Context, network, addr string) (net.Conn, error)
		} = &net.Dialer{}
		if server.Scheme == "ssl" {
			d = &tls.Dialer{Config: config}
		}
		conn, err := d.DialContext(ctx, "tcp", server.Host)
		if err != nil {
			return nil, plain(err)
		}
		release() // the connection before, which is gone
		release = context.AfterFunc(l.life, func() { _ = conn.Close() })
		return conn, nil
	}
}

// connected subscribes on a new connection. Dial decides by the first
// attempt; a broker that does not grant it later is asked again, for a hub
// that is connected and deaf helps nobody.
func (l *Client) connected(granted chan<- error, log *slog.Logger) {
	l.mu.RLock()
	if l.closed {
		l.mu.RUnlock()
		return
	}
	l.work.Add(1)
	l.mu.RUnlock()
	defer l.work.Done()
	err := l.subscribe()
	first := false
	l.first.Do(func() { first = true; granted <- err })
	if first {
		return
	}
	for err != nil && l.c.IsConnectionOpen() {
		log.Error("MQTT broker does not give the hub its topics; asking again", "error", err)
		select {
		case <-time.After(subscribeAgain):
		case <-l.life.Done():
			return
		}
		err = l.subscribe()
	}
	if err == nil {
		log.Info("connected to the MQTT broker again")
	}
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

func (l *Client) subscribe() error {
	filters := map[string]byte{wire.TopicFilter(wire.Up): 1, wire.TopicFilter(wire.Live): 0}
	t := l.c.SubscribeMultiple(filters, func(_ mqtt.Client, msg mqtt.Message) {
		l.mu.RLock()
		defer l.mu.RUnlock()
		if !l.closed {
			l.handler(msg.Topic(), msg.Payload())
		}
	})
	select {
	case <-t.Done():
	case <-time.After(subscribeTimeout):
		return errors.New("no answer to the subscription")
	case <-l.life.Done():
		return l.life.Err()
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

// Send implements Link.
func (l *Client) Send(topic string, payload []byte) error {
	if !l.c.IsConnectionOpen() {
		return errors.New("not connected to the MQTT broker")
	}
	t := l.c.Publish(topic, 1, false, payload)
	select {
	case <-t.Done():
		return t.Error()
	default:
		return nil
	}
}

// Close implements Link.
func (l *Client) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.c.Disconnect(disconnectQuiet)
	l.end()
	l.work.Wait()
	return nil
}
