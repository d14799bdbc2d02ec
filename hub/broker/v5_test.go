package broker_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// v5 is a client that speaks MQTT 5 and does what it is told, however wrong.
type v5 struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dialV5(t *testing.T, addr string, connect packets.ConnectParams, expiry uint32) *v5 {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	connect.ProtocolName, connect.Keepalive = []byte("MQTT"), 60
	connect.UsernameFlag, connect.PasswordFlag = true, true
	c := &v5{t, conn, bufio.NewReader(conn)}
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, Connect: connect,
		Properties: packets.Properties{SessionExpiryInterval: expiry, SessionExpiryIntervalFlag: expiry > 0}})
	return c
}

func (c *v5) send(p packets.Packet) {
	c.t.Helper()
	p.ProtocolVersion = 5
	var buf bytes.Buffer
	var err error
	switch p.FixedHeader.Type {
	case packets.Connect:
		err = p.ConnectEncode(&buf)
	case packets.Subscribe:
		err = p.SubscribeEncode(&buf)
	default:
		err = p.PublishEncode(&buf)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = c.conn.Write(buf.Bytes()) // the broker may have hung up
}

// read gives the type and the body of the next packet, or that there is none.
func (c *v5) read() (kind byte, body []byte, ok bool) {
	first, err := c.in.ReadByte()
	if err != nil {
		return 0, nil, false
	}
	n, _, err := packets.DecodeLength(c.in)
	if err != nil {
		return 0, nil, false
	}
	body = make([]byte, n)
	_, err = io.ReadFull(c.in, body)
	return first >> 4, body, err == nil
}

// welcome reads the answer to the login: reason code and session present.
func (c *v5) welcome() (code byte, present bool) {
	c.t.Helper()
	kind, body, ok := c.read()
	if !ok || kind != packets.Connack {
		return 0xff, false
	}
	return body[1], body[0]&1 == 1
}

var (
	agentA = packets.ConnectParams{ClientIdentifier: "a", Username: []byte("a"), Password: []byte("secret-a"), Clean: true}
	agentB = packets.ConnectParams{ClientIdentifier: "b", Username: []byte("b"), Password: []byte("secret-b"), Clean: true}
)

func TestAnAliasHidesNoTopic(t *testing.T) {
	in := &inbox{}
	e := embed(t, in.handle)
	c := dialV5(t, e.Addr().String(), agentA, 0)
	if code, _ := c.welcome(); code != 0 {
		t.Fatalf("login refused: %#x", code)
	}
	for _, topic := range []string{up("b"), up("a"), ""} {
		c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish}, TopicName: topic, Payload: []byte("by alias"),
			Properties: packets.Properties{TopicAlias: 1, TopicAliasFlag: true}})
	}
	for {
		if _, _, ok := c.read(); !ok {
			break // it was thrown out
		}
	}
	publish(t, mustLogin(t, options(e.Addr().String(), "a", "secret-a")), up("a"), 1, false, "mark")
	in.waitFor(t, up("a")+" mark")
	if got := in.all(); len(got) != 1 {
		t.Errorf("arrived: %v", got)
	}
}

func TestAVersion5AgentIsHeldToItsTopicsToo(t *testing.T) {
	in := &inbox{}
	e := embed(t, in.handle)
	c := dialV5(t, e.Addr().String(), agentA, 0)
	if code, _ := c.welcome(); code != 0 {
		t.Fatalf("login refused: %#x", code)
	}
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 9, Filters: packets.Subscriptions{{Filter: down("b"), Qos: 1}, {Filter: "#", Qos: 1}, {Filter: "$share/g/#", Qos: 1}, {Filter: down("a"), Qos: 1}}})
	kind, body, _ := c.read()
	if kind != packets.Suback || len(body) < 4 {
		t.Fatalf("answer to the subscription is of kind %d: %v", kind, body)
	}
	for i, code := range body[len(body)-4:] {
		if granted := code < 0x80; granted != (i == 3) {
			t.Errorf("subscription %d is answered with %#x", i, code)
		}
	}
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, PacketID: 10, TopicName: up("b"), Payload: []byte("forged")})
	if kind, body, _ := c.read(); kind != packets.Puback || len(body) < 3 || body[2] < 0x80 {
		t.Errorf("answer to a forged message is of kind %d: %v", kind, body)
	}
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, PacketID: 11, TopicName: up("a"), Payload: []byte("own")})
	in.waitFor(t, up("a")+" own")
	if got := in.all(); len(got) != 1 {
		t.Errorf("arrived: %v", got)
	}
}

func TestNoSessionOutlivesItsConnection(t *testing.T) {
	e := embed(t, (&inbox{}).handle)
	lasting := agentA
	lasting.Clean = false
	c := dialV5(t, e.Addr().String(), lasting, 3600)
	if code, _ := c.welcome(); code != 0 {
		t.Fatalf("login refused: %#x", code)
	}
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 9, Filters: packets.Subscriptions{{Filter: down("a"), Qos: 1}}})
	if kind, _, _ := c.read(); kind != packets.Suback {
		t.Fatal("no answer to the subscription")
	}
	_ = c.conn.Close()
	c = dialV5(t, e.Addr().String(), lasting, 3600)
	if code, present := c.welcome(); code != 0 || present {
		t.Errorf("login is answered with %#x, session present %v", code, present)
	}
	if err := e.Send(down("a"), []byte("old")); err != nil {
		t.Fatal(err)
	}
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 9, Filters: packets.Subscriptions{{Filter: down("a"), Qos: 1}}})
	if kind, body, _ := c.read(); kind != packets.Suback {
		t.Errorf("before its subscription it is given %q", body)
	}
}

func TestAVersion5WillIsHeldToItsTopicToo(t *testing.T) {
	e := embed(t, (&inbox{}).handle)
	for topic, in := range map[string]bool{live("a"): true, live("b"): false, down("b"): false} {
		with := agentA
		with.WillFlag, with.WillTopic, with.WillPayload = true, topic, []byte("will")
		if code, _ := dialV5(t, e.Addr().String(), with, 0).welcome(); (code == 0) != in {
			t.Errorf("a will on %s is answered with %#x", topic, code)
		}
	}
	long := agentA
	long.Username = []byte(strings.Repeat("a", 60_000))
	if code, _ := dialV5(t, e.Addr().String(), long, 0).welcome(); code == 0 {
		t.Error("a user name of 60,000 bytes is let in")
	}
}
