package broker_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/wire"
)

// foreign is a broker outside of the hub, which lets in everybody whose
// password is not "wrong" and grants everything but what is denied.
type foreign struct {
	mochi.HookBase
	denied string       // filter nobody may read
	refuse atomic.Bool  // nobody may read anything
	asked  atomic.Int64 // how often somebody was refused
}

func (f *foreign) ID() string { return "foreign" }

func (f *foreign) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}

func (f *foreign) OnConnectAuthenticate(_ *mochi.Client, pk packets.Packet) bool {
	return string(pk.Connect.Password) != "wrong"
}

func (f *foreign) OnACLCheck(_ *mochi.Client, topic string, write bool) bool {
	if write || topic != f.denied && !f.refuse.Load() {
		return true
	}
	f.asked.Add(1)
	return false
}

// startForeign starts it on addr and gives where it listens, and what ends it.
func startForeign(t *testing.T, f *foreign, addr string) (where string, stop func()) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	door := broker.NewDoor(ln)
	s := mochi.New(&mochi.Options{Logger: quiet})
	if err := errors.Join(s.AddHook(f, nil), s.AddListener(listeners.NewNet("x", door)), s.Serve()); err != nil {
		t.Fatal(err)
	}
	return ln.Addr().String(), func() {
		door.Shut() // see Embedded.Close
		_ = door.Close()
		s.Listeners.ClientsWg.Wait()
		_ = s.Close()
	}
}

func dial(t *testing.T, c broker.DialConfig) (*broker.Client, error) {
	t.Helper()
	c.Log = quiet
	if c.Handler == nil {
		c.Handler = (&inbox{}).handle
	}
	l, err := broker.Dial(t.Context(), c)
	if err == nil {
		t.Cleanup(func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return l, err
}

func mustDial(t *testing.T, c broker.DialConfig) *broker.Client {
	t.Helper()
	l, err := dial(t, c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheHubAsAClientHearsAllAgentsAndAnswers(t *testing.T) {
	addr, stop := startForeign(t, &foreign{}, "127.0.0.1:0")
	defer stop()
	in := &inbox{}
	hub := mustDial(t, broker.DialConfig{URL: "mqtt://" + addr, Handler: in.handle})
	for _, agent := range []string{"a", "b"} {
		c := mustLogin(t, options(addr, agent, ""))
		mine, _ := subscribe(t, c, down(agent))
		publish(t, c, up(agent), 1, false, "batch")
		publish(t, c, live(agent), 0, false, "state")
		publish(t, c, down(agent)+"/x", 1, false, "not for the hub")
		in.waitFor(t, up(agent)+" batch")
		in.waitFor(t, live(agent)+" state")
		if err := hub.Send(down(agent), []byte("ack")); err != nil {
			t.Fatal(err)
		}
		mine.waitFor(t, down(agent)+" ack")
	}
	if got := in.all(); len(got) != 4 {
		t.Errorf("the hub heard %v", got)
	}
}

func TestDialSaysWhatIsWrong(t *testing.T) {
	addr, stop := startForeign(t, &foreign{}, "127.0.0.1:0")
	defer stop()
	deaf, stopDeaf := startForeign(t, &foreign{denied: wire.TopicFilter(wire.Live)}, "127.0.0.1:0")
	defer stopDeaf()
	closed := freeAddr(t)
	for _, x := range []struct {
		name   string
		config broker.DialConfig
		want   string
	}{
		{"wrong password", broker.DialConfig{URL: "mqtt://" + addr, Username: "hub", Password: "wrong"}, "MQTT broker " + addr + `: login as "hub" refused: user name or password is wrong`},
		{"subscription not granted", broker.DialConfig{URL: "mqtt://" + deaf}, "MQTT broker " + deaf + ": subscription to phukin/+/+/+/live refused: give the hub's user the right to read it"},
		{"nobody listens", broker.DialConfig{URL: "mqtt://" + closed}, "MQTT broker " + closed + ": "},
		{"no TLS there", broker.DialConfig{URL: "mqtts://" + addr}, "MQTT broker " + addr + ": "},
		{"no scheme", broker.DialConfig{URL: "hub:secret@" + addr}, "must be of the form mqtt://host:1883"},
		{"no host", broker.DialConfig{URL: "mqtt://:secret@"}, "must be of the form mqtt://host:1883"},
		{"another scheme", broker.DialConfig{URL: "http://" + addr}, `begins with "http"`},
		{"a login in the address", broker.DialConfig{URL: "mqtt://hub:secret@" + addr}, "give user name and password apart from it"},
		{"a path", broker.DialConfig{URL: "mqtt://" + addr + "/secret"}, "goes on after the port"},
		{"empty", broker.DialConfig{}, "must be of the form mqtt://host:1883"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := dial(t, x.config)
			if err == nil || !strings.Contains(err.Error(), x.want) {
				t.Fatalf("error is %v, want one that says %q", err, x.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error gives a password away: %v", err)
			}
		})
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = broker.Dial(ctx, broker.DialConfig{URL: "mqtt://" + mute.Addr().String(), Handler: (&inbox{}).handle, Log: quiet})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, want the deadline", err)
	}
	if d := time.Since(began); d > patience/4 {
		t.Errorf("it took %v", d)
	}
}

func TestTheHubComesBackAfterTheBrokerRestarted(t *testing.T) {
	addr, stop := startForeign(t, &foreign{}, "127.0.0.1:0")
	in := &inbox{}
	hub := mustDial(t, broker.DialConfig{URL: "mqtt://" + addr, Handler: in.handle})
	stop()
	eventually(t, "the loss", func() bool { return hub.Send(down("a"), nil) != nil })
	_, stop = startForeign(t, &foreign{}, addr)
	defer stop()
	c := mustLogin(t, options(addr, "a", ""))
	eventually(t, "a message after the restart", func() bool {
		publish(t, c, up("a"), 1, false, "again")
		return len(in.all()) > 0
	})
	mine, _ := subscribe(t, c, down("a"))
	if err := hub.Send(down("a"), []byte("ack")); err != nil {
		t.Fatal(err)
	}
	mine.waitFor(t, down("a")+" ack")
}

func TestABrokerThatMakesTheHubDeafIsAskedAgain(t *testing.T) {
	addr, stop := startForeign(t, &foreign{}, "127.0.0.1:0")
	in := &inbox{}
	mustDial(t, broker.DialConfig{URL: "mqtt://" + addr, Handler: in.handle})
	stop()
	f := &foreign{}
	f.refuse.Store(true)
	_, stop = startForeign(t, f, addr)
	defer stop()
	eventually(t, "a second attempt", func() bool { return f.asked.Load() > 2 }) // of two filters each
	f.refuse.Store(false)
	c := mustLogin(t, options(addr, "a", ""))
	eventually(t, "a message when it is granted", func() bool {
		publish(t, c, up("a"), 1, false, "again")
		return len(in.all()) > 0
	})
}

func TestAClosedLinkHandlesAndSendsNothing(t *testing.T) {
	addr, stop := startForeign(t, &foreign{}, "127.0.0.1:0")
	defer stop()
	in := &inbox{}
	hub := mustDial(t, broker.DialConfig{URL: "mqtt://" + addr, Handler: in.handle})
	c := mustLogin(t, options(addr, "a", ""))
	publish(t, c, up("a"), 1, false, "first")
	in.waitFor(t, up("a")+" first")
	if err := hub.Close(); err != nil {
		t.Fatal(err)
	}
	if err := hub.Send(down("a"), nil); err == nil {
		t.Error("a closed link sends")
	}
	publish(t, c, up("a"), 1, false, "second")
	if got := in.all(); len(got) != 1 {
		t.Errorf("handled: %v", got)
	}
}

func TestCloseDoesNotWaitForABrokerThatIsGone(t *testing.T) {
	addr, stop := startForeign(t, &foreign{}, "127.0.0.1:0")
	hub := mustDial(t, broker.DialConfig{URL: "mqtt://" + addr})
	stop()
	eventually(t, "the loss", func() bool { return hub.Send(down("a"), nil) != nil })
	began := time.Now()
	if err := hub.Close(); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d > patience/4 {
		t.Errorf("it took %v", d)
	}
}

// freeAddr gives an address of loopback on which nobody listens just now.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}
