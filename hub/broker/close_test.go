package broker_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/broker"
)

func TestNoHandlerRunsAfterClose(t *testing.T) {
	var closed, late atomic.Bool
	var handled atomic.Int64
	e := embed(t, func(string, []byte) {
		handled.Add(1)
		time.Sleep(100 * time.Microsecond) // some of them run while Close comes
		if closed.Load() {
			late.Store(true)
		}
	})
	c := mustLogin(t, options(e.Addr().String(), "a", "secret-a").SetWriteTimeout(100*time.Millisecond)) // lest Publish hang when the line is gone
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				c.Publish(live("a"), 0, false, "x")
			}
		}
	}()
	eventually(t, "traffic", func() bool { return handled.Load() > 50 })
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	closed.Store(true)
	close(stop)
	<-stopped
	if late.Load() {
		t.Error("a handler ran after Close had returned")
	}
	if err := e.Close(); err != nil {
		t.Errorf("closing it again: %v", err)
	}
}

func TestCloseDoesNotWaitForStrangers(t *testing.T) {
	e, err := broker.Embed(broker.EmbedConfig{Addr: "127.0.0.1:0", Gate: gate, Handler: (&inbox{}).handle, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := net.Dial("tcp", e.Addr().String()) // and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	mustLogin(t, options(e.Addr().String(), "a", "secret-a")) // so the stranger was taken before
	done := make(chan error, 1)
	go func() { done <- e.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Close waits for somebody who never logged in")
	}
}

func TestClosingTheBrokerIsNotTheEndOfItsAgents(t *testing.T) {
	in := &inbox{}
	e := embed(t, in.handle)
	c := mustLogin(t, options(e.Addr().String(), "a", "secret-a").SetBinaryWill(live("a"), []byte("will"), 1, false))
	publish(t, c, live("a"), 1, false, "online")
	in.waitFor(t, live("a")+" online")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if got := in.all(); len(got) != 1 {
		t.Errorf("handled: %v", got)
	}
}

// Mochi's own Close hangs now and then when a client leaves at that moment.
func TestCloseWhileEverybodyComesAndGoes(t *testing.T) {
	for range 30 {
		e, err := broker.Embed(broker.EmbedConfig{Addr: "127.0.0.1:0", Gate: gate, Handler: (&inbox{}).handle, Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		var leaving sync.WaitGroup
		for range 4 {
			c, err := net.Dial("tcp", e.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			leaving.Add(1)
			all.Go(func() {
				leaving.Done()
				_ = c.Close()
			})
		}
		a, b := dialV5(t, e.Addr().String(), agentA, 0), dialV5(t, e.Addr().String(), agentB, 0)
		a.welcome()
		b.welcome()
		all.Go(func() { _ = a.conn.Close() })
		all.Go(func() { _ = b.conn.Close() })
		leaving.Wait()
		done := make(chan error, 1)
		go func() { done <- e.Close() }()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Fatal("Close hangs")
		}
		all.Wait()
	}
}

func TestAPortInUseIsNamed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, err = broker.Embed(broker.EmbedConfig{Addr: ln.Addr().String(), Gate: gate, Handler: (&inbox{}).handle, Log: quiet})
	want := fmt.Sprintf("MQTT broker cannot listen on %s: bind: address already in use", ln.Addr())
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	if _, err := broker.Embed(broker.EmbedConfig{Addr: "nonsense", Gate: gate, Handler: (&inbox{}).handle, Log: quiet}); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("error of a bad address is %v", err)
	}
}
