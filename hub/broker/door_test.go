package broker_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phukin/phukin/hub/broker"
)

// porch is a listener whose next connections and errors the test decides.
type porch struct {
	net.Listener
	next chan any
}

func (p *porch) Accept() (net.Conn, error) {
	switch x := (<-p.next).(type) {
	case net.Conn:
		return x, nil
	case error:
		return nil, x
	}
	return nil, net.ErrClosed
}

func (p *porch) Close() error {
	close(p.next)
	return nil
}

func TestADoorGoesOnAfterAConnectionThatCouldNotBeTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &porch{next: make(chan any, 5)}
		door := broker.NewDoor(p)
		here, there := net.Pipe()
		defer func() { _, _ = here.Close(), there.Close() }()
		p.next <- &net.OpError{Op: "accept", Err: os.NewSyscallError("accept", syscall.EMFILE)}
		p.next <- errors.New("something else")
		p.next <- here
		if c, err := door.Accept(); err != nil || c == nil {
			t.Fatalf("accepted %v, %v", c, err)
		}
		if err := door.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := door.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a closed door gives %v", err)
		}
	})
}

func TestWhoDoesNotLogInIsShownOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &porch{next: make(chan any, 5)}
		door := broker.NewDoor(p)
		here, there := net.Pipe()
		defer func() { _, _ = here.Close(), there.Close() }()
		p.next <- here
		c, err := door.Accept()
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != broker.LoginTimeout {
			t.Errorf("read gives %v after %v, want the deadline after %v", err, time.Since(began), broker.LoginTimeout)
		}
		_ = door.Close()
	})
}

func TestClosingADoorClosesWhatCameThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &porch{next: make(chan any, 5)}
		door := broker.NewDoor(p)
		here, there := net.Pipe()
		p.next <- here
		c, err := door.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = door.Close()
		if _, err := there.Write([]byte("x")); err == nil {
			t.Error("the connection is still open")
		}
		_ = c.Close()
	})
}

func TestWhoDoesNotReadIsShownOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &porch{next: make(chan any, 5)}
		door := broker.NewDoor(p)
		here, there := net.Pipe() // without any buffer
		defer func() { _ = there.Close() }()
		p.next <- here
		c, err := door.Accept()
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := c.Write([]byte("ack")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != broker.GuestTimeout {
			t.Errorf("write gives %v after %v, want the deadline after %v", err, time.Since(began), broker.GuestTimeout)
		}
		if _, err := there.Write([]byte("x")); err == nil {
			t.Error("the connection is still open")
		}
		_ = door.Close()
	})
}

func TestNobodyStaysForEverWithoutAWord(t *testing.T) {
	for asked, want := range map[uint16]uint16{0: 600, 1: 1, 30: 30, 600: 600, 601: 600, 65535: 600} {
		if got := broker.Keepalive(asked); got != want {
			t.Errorf("a keep-alive of %d s becomes %d s, want %d s", asked, got, want)
		}
	}
}
