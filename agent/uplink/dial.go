package uplink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/phukin/phukin/hub/wire"
)

// Stage is a step of connecting to the broker.
type Stage string

// The stages in order.
const (
	StageTCP       Stage = "tcp"
	StageTLS       Stage = "tls"
	StageLogin     Stage = "login"
	StageSubscribe Stage = "subscribe" // to the agent's topic down
	StagePublish   Stage = "publish"   // on the agent's topic live
)

// ErrRejected is what a ConnectError wraps when the broker knows no such user
// or password, or does not let the agent in.
var ErrRejected = errors.New("user name or password is wrong, or the agent is not allowed in")

// ConnectError says at which stage connecting to the broker failed.
type ConnectError struct {
	Stage Stage
	Addr  string // host:port
	Err   error
}

func (e *ConnectError) Error() string {
	return fmt.Sprintf("broker %s: %s failed: %v", e.Addr, e.Stage, e.Err)
}

func (e *ConnectError) Unwrap() error { return e.Err }

// dialer knows how to reach a broker.
type dialer struct {
	b     Broker
	addr  string
	tls   *tls.Config // nil without TLS
	clock *floor      // of tls

	opened func(Stage)  // if set, told when TCP and TLS are connected
	plan   func([]byte) // if set, given what comes on the topic "plan"
}

// Validate returns an error that says what is wrong with b, or nil. It reads
// the files of certificates and keys.
func (b Broker) Validate() error {
	_, err := newDialer(b)
	return err
}

// Addr is the broker's host and port, as far as the URL gives them.
func (b Broker) Addr() string {
	if d, err := newDialer(Broker{URL: b.URL, Agent: "x"}); err == nil {
		return d.addr
	}
	return ""
}

func newDialer(b Broker) (*dialer, error) {
	if err := wire.CheckCode(b.Agent); err != nil {
		return nil, fmt.Errorf("broker: agent: %w", err)
	}
	if b.Username == "" {
		b.Username = b.Agent
	}
	u, err := url.Parse(b.URL)
	if err != nil {
		return nil, errors.New("broker: url cannot be parsed: it must be mqtt://host[:port] or mqtts://host[:port]")
	}
	d := &dialer{b: b}
	port, secure := "", false
	switch u.Scheme {
	case "mqtt", "tcp":
		port = "1883"
	case "mqtts", "ssl", "tls":
		port, secure = "8883", true
	default:
		return nil, errors.New("broker: url must begin with mqtt:// or mqtts://")
	}
	switch {
	case u.Hostname() == "":
		return nil, errors.New("broker: url has no host: it must be mqtt://host[:port] or mqtts://host[:port]")
	case u.User != nil:
		return nil, errors.New("broker: url must not hold a user name or password: they have keys of their own")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("broker: url must not go on after the port")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	d.addr = net.JoinHostPort(u.Hostname(), port)
	if secure {
		if err := d.secure(u.Hostname()); err != nil {
			return nil, err
		}
		return d, nil
	}
	switch {
	case b.CAFile != "":
		return nil, errors.New("broker: a CA file needs an mqtts:// url")
	case b.CertFile != "":
		return nil, errors.New("broker: certificate file: it needs an mqtts:// url")
	case b.KeyFile != "":
		return nil, errors.New("broker: key file: it needs an mqtts:// url")
	}
	return d, nil
}

// open connects TCP and TLS.
func (d *dialer) open(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.addr)
	if err != nil {
		return nil, &ConnectError{StageTCP, d.addr, plain(err)}
	}
	if d.opened != nil {
		d.opened(StageTCP)
	}
	if d.tls == nil {
		return conn, nil
	}
	c, notBefore, err := d.handshake(ctx, conn, time.Time{})
	if err != nil && !notBefore.IsZero() {
		// The clock is behind, if the certificate is good otherwise: see floor.
		if conn, redial := (&net.Dialer{}).DialContext(ctx, "tcp", d.addr); redial == nil {
			if c, _, err = d.handshake(ctx, conn, notBefore); err == nil {
				d.clock.raise(notBefore)
			}
		}
	}
	if err != nil {
		return nil, &ConnectError{StageTLS, d.addr, err}
	}
	if d.opened != nil {
		d.opened(StageTLS)
	}
	return c, nil
}

// plain takes the address out of a dial error: ConnectError names it.
func plain(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// link is a connection with a login.
type link struct {
	client mqtt.Client
	conn   net.Conn
	down   chan []byte // payloads on the "down" topic
	lost   chan error
}

// login connects and logs in. edit may add to the client's options.
func (d *dialer) login(ctx context.Context, edit func(*mqtt.ClientOptions)) (*link, error) {
	l := &link{down: make(chan []byte, 256), lost: make(chan error, 1)}
	var (
		openErr error
		stop    func() bool
	)
	o := mqtt.NewClientOptions().
		AddBroker("tcp://" + d.addr). // only named: CustomOpenConnectionFn connects
		SetClientID(d.b.Agent).
		SetUsername(d.b.Username).
		SetPassword(string(d.b.Password)).
		SetProtocolVersion(4).
		SetCleanSession(true).
		SetStore(mqtt.NewMemoryStore()).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetConnectTimeout(connectTimeout).
		SetKeepAlive(30 * time.Second).
		SetPingTimeout(20 * time.Second).
		SetWriteTimeout(30 * time.Second).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
			if m.Topic() == wire.Topic(d.b.Agent, wire.Plan) {
				if d.plan != nil {
					d.plan(m.Payload())
				}
				return
			}
			select {
			case l.down <- m.Payload():
			default:
			}
		}).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) {
			select {
			case l.lost <- err:
			default:
			}
		}).
		SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
			l.conn, openErr = d.open(ctx)
			if openErr != nil {
				return nil, openErr
			}
			// The client cannot be told to give up waiting for the broker's
			// answer, but its connection can be taken away.
			conn := l.conn
			stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
			return conn, nil
		})
	if edit != nil {
		edit(o)
	}
	l.client = mqtt.NewClient(o)
	token := l.client.Connect()
	<-token.Done() // bounded by connectTimeout and ctx
	if stop != nil {
		stop()
	}
	err := token.Error()
	switch {
	case err == nil:
		return l, nil
	case openErr != nil:
		return nil, openErr
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		err = ErrRejected
	case alerted(err):
		// With TLS 1.3 the agent's certificate is refused after the handshake.
		return nil, &ConnectError{StageTLS, d.addr, err}
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	return nil, &ConnectError{StageLogin, d.addr, err}
}

// alerted says whether the other side ended TLS with an alert.
func alerted(err error) bool {
	op := (*net.OpError)(nil)
	return errors.As(err, &op) && op.Op == "remote error"
}

// close ends the connection, politely if the broker takes it.
func (l *link) close() {
	l.client.Disconnect(250)
	_ = l.conn.Close()
}
