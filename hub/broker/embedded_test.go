package broker_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/phukin/phukin/hub/wire"
)

func TestWhoIsLetIn(t *testing.T) {
	e := embed(t, (&inbox{}).handle)
	for _, x := range []struct {
		name string
		edit func(*mqtt.ClientOptions)
		in   bool
	}{
		{"an agent with its token", func(*mqtt.ClientOptions) {}, true},
		{"with a last will on its own live topic", func(o *mqtt.ClientOptions) { o.SetBinaryWill(live("a"), []byte("x"), 1, false) }, true},
		{"a wrong token", func(o *mqtt.ClientOptions) { o.SetPassword("secret-b") }, false},
		{"no token", func(o *mqtt.ClientOptions) { o.SetPassword("") }, false},
		{"nobody's name", func(o *mqtt.ClientOptions) { o.SetClientID("x").SetUsername("x") }, false},
		{"no name", func(o *mqtt.ClientOptions) { o.SetUsername("").SetPassword("") }, false},
		{"a name that is no code", func(o *mqtt.ClientOptions) { o.SetClientID("a/b").SetUsername("a/b") }, false},
		{"a client id that is not the user name", func(o *mqtt.ClientOptions) { o.SetClientID("b") }, false},
		{"no client id", func(o *mqtt.ClientOptions) { o.SetClientID("") }, false},
		{"the broker's own name", func(o *mqtt.ClientOptions) { o.SetClientID("inline").SetUsername("inline").SetPassword("secret-i") }, false},
		{"a last will on another agent's topic", func(o *mqtt.ClientOptions) { o.SetBinaryWill(live("b"), []byte("x"), 1, false) }, false},
		{"a last will on its up topic", func(o *mqtt.ClientOptions) { o.SetBinaryWill(up("a"), []byte("x"), 1, false) }, false},
		{"a last will that would be retained", func(o *mqtt.ClientOptions) { o.SetBinaryWill(live("a"), []byte("x"), 1, true) }, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			o := options(e.Addr().String(), "a", "secret-a")
			x.edit(o)
			c, err := login(t, o)
			in := err == nil
			if in { // paho takes an answer that it does not know for a yes
				_, in = subscribe(t, c, down("a"))
			}
			if in != x.in {
				t.Errorf("let in: %v, want %v (%v)", in, x.in, err)
			}
		})
	}
}

func TestMessagesFlowBothWays(t *testing.T) {
	in := &inbox{}
	e := embed(t, in.handle)
	c := mustLogin(t, options(e.Addr().String(), "a", "secret-a"))
	mine, ok := subscribe(t, c, down("a"))
	if !ok {
		t.Fatal("an agent may not read its own down topic")
	}
	publish(t, c, up("a"), 1, false, "batch")
	in.waitFor(t, up("a")+" batch")
	publish(t, c, live("a"), 0, false, "state")
	in.waitFor(t, live("a")+" state")
	if err := e.Send(down("a"), []byte("ack")); err != nil {
		t.Fatal(err)
	}
	mine.waitFor(t, down("a")+" ack")
	if err := e.Send(down("nobody"), []byte("ack")); err != nil {
		t.Errorf("sending to an agent that is not there: %v", err)
	}
	big := make([]byte, wire.MaxMessage)
	publish(t, c, up("a"), 1, false, big)
	in.waitFor(t, up("a")+fmt.Sprintf(" %d bytes", wire.MaxMessage))
}

func TestAnAgentWritesOnlyItsOwnUpAndLive(t *testing.T) {
	for _, qos := range []byte{0, 1, 2} {
		for _, topic := range []string{up("b"), live("b"), down("a"), down("b"), "phukin/1/0/a/up", up("a") + "/x", "$SYS/x", "other"} {
			t.Run(fmt.Sprintf("QoS %d on %s", qos, topic), func(t *testing.T) {
				in := &inbox{}
				e := embed(t, in.handle)
				other := mustLogin(t, options(e.Addr().String(), "b", "secret-b"))
				its, _ := subscribe(t, other, down("b"))
				evil := mustLogin(t, options(e.Addr().String(), "a", "secret-a"))
				evil.Publish(topic, qos, false, "forged") // there may be no answer: the broker may hang up
				// Messages of one connection keep their order, so this one or a
				// new login comes after the forged one was dealt with.
				if token := evil.Publish(up("a"), 1, false, "mark"); !token.WaitTimeout(time.Second) || token.Error() != nil {
					publish(t, mustLogin(t, options(e.Addr().String(), "a", "secret-a")), up("a"), 1, false, "mark")
				}
				in.waitFor(t, up("a")+" mark")
				if err := e.Send(down("b"), []byte("mark")); err != nil {
					t.Fatal(err)
				}
				its.waitFor(t, down("b")+" mark")
				for _, m := range append(in.all(), its.all()...) {
					if strings.Contains(m, "forged") {
						t.Errorf("%q arrived", m)
					}
				}
			})
		}
	}
}

func TestAnAgentReadsOnlyItsOwnDown(t *testing.T) {
	e := embed(t, (&inbox{}).handle)
	c := mustLogin(t, options(e.Addr().String(), "a", "secret-a"))
	victim := mustLogin(t, options(e.Addr().String(), "b", "secret-b"))
	its, ok := subscribe(t, victim, down("b"))
	if !ok {
		t.Fatal("subscription refused")
	}
	boxes := map[string]*inbox{}
	for _, filter := range []string{
		down("b"), up("b"), up("a"), "#", "+/+/+/+/+", "phukin/#", wire.TopicFilter(wire.Down), wire.TopicFilter(wire.Up),
		"$SYS/#", "$share/g/" + down("b"), "$share/g/" + down("a"), "$share/g/#",
	} {
		box, ok := subscribe(t, c, filter)
		if ok {
			t.Errorf("subscription to %s granted", filter)
		}
		boxes[filter] = box
	}
	publish(t, victim, up("b"), 1, false, "theirs")
	if err := e.Send(down("b"), []byte("theirs")); err != nil {
		t.Fatal(err)
	}
	its.waitFor(t, down("b")+" theirs")
	mine, _ := subscribe(t, c, down("a"))
	if err := e.Send(down("a"), []byte("mark")); err != nil {
		t.Fatal(err)
	}
	mine.waitFor(t, down("a")+" mark")
	for filter, box := range boxes {
		for _, m := range box.all() {
			if strings.Contains(m, "theirs") {
				t.Errorf("%q arrived by %s", m, filter)
			}
		}
	}
}

func TestNothingIsRetained(t *testing.T) {
	in := &inbox{}
	e := embed(t, in.handle)
	c := mustLogin(t, options(e.Addr().String(), "a", "secret-a"))
	c.Publish(live("a"), 1, true, "stays").WaitTimeout(time.Second)
	if err := e.Send(down("a"), []byte("gone")); err != nil {
		t.Fatal(err)
	}
	c = mustLogin(t, options(e.Addr().String(), "a", "secret-a"))
	mine, _ := subscribe(t, c, down("a"))
	if err := e.Send(down("a"), []byte("mark")); err != nil {
		t.Fatal(err)
	}
	mine.waitFor(t, down("a")+" mark")
	if got := mine.all(); len(got) != 1 {
		t.Errorf("a newcomer is given %v, want what was sent after it came", got)
	}
}

func TestAMessageTooLongDoesNotArrive(t *testing.T) {
	in := &inbox{}
	e := embed(t, in.handle)
	lost := make(chan error, 1)
	o := options(e.Addr().String(), "a", "secret-a").SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err })
	mustLogin(t, o).Publish(up("a"), 1, false, make([]byte, wire.MaxMessage+1024))
	select {
	case err := <-lost:
		t.Logf("the broker hung up: %v", err)
	case <-time.After(patience):
		t.Fatal("the broker does not hang up")
	}
	publish(t, mustLogin(t, options(e.Addr().String(), "a", "secret-a")), up("a"), 1, false, "mark")
	in.waitFor(t, up("a")+" mark")
	if got := in.all(); len(got) != 1 {
		t.Errorf("arrived: %v", got)
	}
}

func TestALastWillArrivesWhenTheLineBreaks(t *testing.T) {
	in := &inbox{}
	e := embed(t, in.handle)
	var line net.Conn
	o := options(e.Addr().String(), "a", "secret-a").SetBinaryWill(live("a"), []byte("farewell"), 1, false).
		SetDialer(&net.Dialer{}).SetCustomOpenConnectionFn(dialInto(&line, e.Addr().String()))
	mustLogin(t, o)
	_ = line.Close()
	in.waitFor(t, live("a")+" farewell")
}

func TestAnAgentCannotEvictAnother(t *testing.T) {
	in := &inbox{}
	e := embed(t, in.handle)
	lost := make(chan error, 1)
	victim := mustLogin(t, options(e.Addr().String(), "b", "secret-b").SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err }))
	for _, o := range []*mqtt.ClientOptions{
		options(e.Addr().String(), "a", "secret-a").SetClientID("b"),
		options(e.Addr().String(), "b", "secret-a"),
		options(e.Addr().String(), "inline", "secret-i"),
	} {
		if _, err := login(t, o); err == nil {
			t.Errorf("let in as %s with the id %s", o.Username, o.ClientID)
		}
	}
	publish(t, victim, up("b"), 1, false, "still here")
	in.waitFor(t, up("b")+" still here")
	its, _ := subscribe(t, victim, down("b"))
	if err := e.Send(down("b"), []byte("ack")); err != nil {
		t.Fatal(err)
	}
	its.waitFor(t, down("b")+" ack")
	select {
	case err := <-lost:
		t.Errorf("the victim's connection ended: %v", err)
	default:
	}
}

// An agent whose line broke comes again before the broker has noticed. Its
// old will must arrive before its first words, and it must be heard and
// answered as if nothing had been.
func TestAnAgentThatComesAgainTakesItsPlaceInOrder(t *testing.T) {
	in := &inbox{}
	e := embed(t, func(topic string, payload []byte) {
		if strings.HasPrefix(string(payload), "will") {
			time.Sleep(2 * time.Millisecond) // so that who does not wait for it comes first
		}
		in.handle(topic, payload)
	})
	for i := range 30 {
		o := options(e.Addr().String(), "a", "secret-a").SetBinaryWill(live("a"), fmt.Appendf(nil, "will %d", i), 1, false)
		c := mustLogin(t, o)
		mine, ok := subscribe(t, c, down("a"))
		if !ok {
			t.Fatal("subscription refused")
		}
		publish(t, c, live("a"), 1, false, fmt.Sprintf("online %d", i))
		in.waitFor(t, live("a")+fmt.Sprintf(" online %d", i))
		if err := e.Send(down("a"), []byte("ack")); err != nil {
			t.Fatal(err)
		}
		mine.waitFor(t, down("a")+" ack")
	}
	online := -1 // the newest that was heard
	for _, m := range in.all() {
		var i int
		if _, err := fmt.Sscanf(m, live("a")+" online %d", &i); err == nil && i == online+1 {
			online = i
		} else if _, err := fmt.Sscanf(m, live("a")+" will %d", &i); err != nil || i != online {
			// The library drops a will now and then, which does no harm here.
			t.Errorf("%q after online %d", m, online)
		}
	}
	if online != 29 {
		t.Errorf("the last that was heard is online %d", online)
	}
}

func TestTheHandlerGetsEachAgentsMessagesInOrder(t *testing.T) {
	in := &inbox{}
	e := embed(t, in.handle)
	const n = 500
	var all sync.WaitGroup
	for _, agent := range []string{"a", "b"} {
		c := mustLogin(t, options(e.Addr().String(), agent, "secret-"+agent))
		all.Go(func() {
			var last mqtt.Token
			for i := range n {
				last = c.Publish(up(agent), 1, false, fmt.Sprint(i))
			}
			last.WaitTimeout(patience)
		})
	}
	all.Wait()
	eventually(t, "all messages", func() bool { return len(in.all()) == 2*n })
	next := map[string]int{}
	for _, m := range in.all() {
		topic, payload, _ := strings.Cut(m, " ")
		if payload != fmt.Sprint(next[topic]) {
			t.Fatalf("message %s of %s, want %d", payload, topic, next[topic])
		}
		next[topic]++
	}
}

func TestAPersistentSessionIsNotKeptEither(t *testing.T) {
	e := embed(t, (&inbox{}).handle)
	began := time.Now()
	for range 10 {
		c := mqtt.NewClient(options(e.Addr().String(), "a", "secret-a").SetCleanSession(false))
		token := c.Connect()
		if !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatal("login: ", token.Error())
		}
		if token.(*mqtt.ConnectToken).SessionPresent() {
			t.Error("a session was kept")
		}
		if _, ok := subscribe(t, c, down("a")); !ok {
			t.Fatal("subscription refused")
		}
		c.Disconnect(20)
	}
	if d := time.Since(began); d > patience/4 {
		t.Errorf("logging in ten times took %v", d)
	}
}

// dialInto opens a connection that the test can break.
func dialInto(line *net.Conn, addr string) mqtt.OpenConnectionFunc {
	return func(_ *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", addr)
		*line = c
		return c, err
	}
}
