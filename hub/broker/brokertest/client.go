package brokertest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// Answer is what a broker says to something.
type Answer string

// The answers.
const (
	Granted Answer = "granted"
	Denied  Answer = "denied" // a code of refusal, or the end of the connection
	Silence Answer = "silence"
)

// Login is how a client logs in.
type Login struct {
	Version            byte // of MQTT: 3 (3.1), 4 (3.1.1), 5; 0 is 4
	ID, User, Password string
	Anonymous          bool // neither user name nor password is sent
	Persistent         bool // the session is to be kept
	WillTopic, Will    string
	WillRetained       bool

	Certificate *tls.Certificate // to show
	MostTLS     uint16           // greatest version of TLS; 0 is the newest

	Stalls <-chan struct{} // if set, it reads nothing more after its first subscription until this is closed
}

// client is a connection that does what it is told.
type client struct {
	conn    net.Conn
	version byte
	present bool // the broker kept a session
	stalls  <-chan struct{}
	in      *Inbox
	gone    chan struct{} // closed when the connection has ended

	mu      sync.Mutex
	next    uint16
	answers map[uint16]chan Answer
}

var errRefused = errors.New("login refused")

// enter connects and logs in. The error is errRefused if the broker says no,
// in TLS or in MQTT.
func enter(addr string, secure *tls.Config, l Login) (*client, error) {
	conn, err := (&net.Dialer{Timeout: Patience}).Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(Patience))
	if secure != nil {
		c := secure.Clone()
		if l.Certificate != nil {
			c.Certificates = []tls.Certificate{*l.Certificate}
		}
		if l.MostTLS != 0 {
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, l.MostTLS
		}
		t := tls.Client(conn, c)
		if err := t.HandshakeContext(context.Background()); err != nil { // bounded by the deadline
			_ = conn.Close()
			return nil, fmt.Errorf("%w: TLS: %w", errRefused, err)
		}
		conn = t
	}
	if l.Version == 0 {
		l.Version = 4
	}
	c := &client{conn: conn, version: l.Version, stalls: l.Stalls, in: &Inbox{}, gone: make(chan struct{}), answers: map[uint16]chan Answer{}}
	if err := c.login(l); err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return c, nil
}

func (c *client) login(l Login) error {
	p := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, Connect: packets.ConnectParams{
		ProtocolName: []byte("MQTT"), Keepalive: 60, Clean: !l.Persistent, ClientIdentifier: l.ID,
		UsernameFlag: !l.Anonymous, PasswordFlag: !l.Anonymous, Username: []byte(l.User), Password: []byte(l.Password),
		WillFlag: l.WillTopic != "", WillTopic: l.WillTopic, WillPayload: []byte(l.Will), WillRetain: l.WillRetained,
	}}
	if l.WillTopic != "" {
		p.Connect.WillQos = 1
	}
	if c.version == 3 {
		p.Connect.ProtocolName = []byte("MQIsdp")
	}
	if c.version == 5 && l.Persistent {
		p.Properties.SessionExpiryInterval, p.Properties.SessionExpiryIntervalFlag = 3600, true
	}
	var buf bytes.Buffer
	p.ProtocolVersion = c.version
	if err := p.ConnectEncode(&buf); err != nil {
		return err
	}
	in := bufio.NewReader(c.conn)
	_, _ = c.conn.Write(buf.Bytes()) // the broker may have hung up
	kind, body, err := read(in)
	if err != nil {
		if e := net.Error(nil); errors.As(err, &e) && e.Timeout() {
			return errors.New("no answer to the login")
		}
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	if kind.Type != packets.Connack || len(body) < 2 {
		return fmt.Errorf("%w: the answer is no CONNACK", errRefused)
	}
	if body[1] != 0 {
		return fmt.Errorf("%w: code %#x", errRefused, body[1])
	}
	c.present = body[0]&1 == 1
	go c.listen(in)
	return nil
}

// read gives the next packet.
func read(in *bufio.Reader) (fh packets.FixedHeader, body []byte, err error) {
	first, err := in.ReadByte()
	if err != nil {
		return fh, nil, err
	}
	if err := fh.Decode(first); err != nil {
		return fh, nil, err
	}
	n, _, err := packets.DecodeLength(in)
	if err != nil {
		return fh, nil, err
	}
	fh.Remaining = n
	body = make([]byte, n)
	_, err = io.ReadFull(in, body)
	return fh, body, err
}

// listen takes what the broker says until the connection ends.
func (c *client) listen(in *bufio.Reader) {
	defer close(c.gone)
	defer func() { _ = c.conn.Close() }()
	for {
		fh, body, err := read(in)
		if err != nil {
			return
		}
		p := packets.Packet{FixedHeader: fh, ProtocolVersion: c.version}
		switch fh.Type {
		case packets.Publish:
			if p.PublishDecode(body) != nil {
				return
			}
			c.in.add(p.TopicName, p.Payload, fh.Retain)
			if fh.Qos == 1 {
				c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: p.PacketID})
			}
		case packets.Puback, packets.Pubrec:
			if p.PubackDecode(body) != nil {
				return
			}
			c.answered(p.PacketID, p.ReasonCode < 0x80)
		case packets.Suback:
			if p.SubackDecode(body) != nil {
				return
			}
			c.answered(p.PacketID, len(p.ReasonCodes) == 1 && p.ReasonCodes[0] < 0x80)
			if c.stalls != nil {
				<-c.stalls
			}
		case packets.Disconnect:
			return
		}
	}
}

func (c *client) answered(id uint16, granted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := Denied
	if granted {
		answer = Granted
	}
	if ch := c.answers[id]; ch != nil {
		ch <- answer // has room for one
		delete(c.answers, id)
	}
}

// ask gives a number for a packet and the channel of its answer.
func (c *client) ask() (uint16, chan Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = c.next%60000 + 1
	ch := make(chan Answer, 1)
	c.answers[c.next] = ch
	return c.next, ch
}

// await waits for an answer, or for the end of the connection.
func (c *client) await(ch <-chan Answer) Answer {
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case a := <-ch:
		return a
	case <-c.gone:
		select {
		case a := <-ch: // it came before the end
			return a
		default:
			return Denied
		}
	case <-timer.C:
		return Silence
	}
}

func (c *client) send(p packets.Packet) {
	var buf bytes.Buffer
	p.ProtocolVersion = c.version
	var err error
	switch p.FixedHeader.Type {
	case packets.Subscribe:
		err = p.SubscribeEncode(&buf)
	case packets.Puback:
		err = p.PubackEncode(&buf)
	case packets.Pingreq:
		err = p.PingreqEncode(&buf)
	default:
		err = p.PublishEncode(&buf)
	}
	if err != nil {
		panic(fmt.Sprintf("a packet that cannot be written: %v", err)) // a mistake in a case
	}
	_, _ = c.conn.Write(buf.Bytes()) // the broker may have hung up
}

// packet is a message to publish.
type packet struct {
	topic    string
	payload  string
	qos      byte
	retained bool
	alias    uint16 // MQTT 5
}

// post publishes and gives the channel of the answer, if there is to be one.
func (c *client) post(m packet) <-chan Answer {
	p := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: m.qos, Retain: m.retained}, TopicName: m.topic, Payload: []byte(m.payload)}
	if m.alias > 0 {
		p.Properties = packets.Properties{TopicAlias: m.alias, TopicAliasFlag: true}
	}
	var ch chan Answer
	if m.qos > 0 {
		p.PacketID, ch = c.ask()
	}
	c.send(p)
	return ch
}

// pour publishes and does not care.
func (c *client) pour(m packet) {
	c.next = c.next%60000 + 1 // nobody else sends on this connection
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: m.qos}, PacketID: c.next, TopicName: m.topic, Payload: []byte(m.payload)})
}

// publish publishes and waits for the answer.
func (c *client) publish(m packet) Answer { return c.await(c.post(m)) }

// subscribe subscribes with QoS 1 and waits for the answer.
func (c *client) subscribe(filter string) Answer {
	id, ch := c.ask()
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: id, Filters: packets.Subscriptions{{Filter: filter, Qos: 1}}})
	return c.await(ch)
}

// open says whether the connection has not ended.
func (c *client) open() bool {
	select {
	case <-c.gone:
		return false
	default:
		return true
	}
}

// close breaks the connection: no goodbye is said, so a last will is due.
func (c *client) close() {
	if c == nil {
		return
	}
	if t, ok := c.conn.(*tls.Conn); ok {
		_ = t.NetConn().Close()
	}
	_ = c.conn.Close()
	<-c.gone
}
