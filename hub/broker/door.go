package broker

import (
	"errors"
	"net"
	"sync"
	"time"
)

const (
	// loginTimeout bounds the time from a connection to the login. The broker
	// sets its own deadlines, by the client's keep-alive, with the login.
	loginTimeout = 10 * time.Second
	// guestTimeout bounds one write to a guest: who does not read for so long
	// is shown out.
	guestTimeout = 30 * time.Second
	// acceptAgain is the pause after a connection that could not be taken,
	// for want of file descriptors as a rule.
	acceptAgain = 100 * time.Millisecond
)

// door is a listener that lets nobody stand in it: who does not log in is
// shown out, and closing it closes every connection that came through. The
// broker's own listener gives up at the first error, gives strangers all the
// time they want, and waits for them when it closes.
type door struct {
	net.Listener
	shutOnce sync.Once
	gone     chan struct{}  // closed when Accept has said that the door is shut
	coming   sync.WaitGroup // guests that the broker has not begun to serve

	mu     sync.Mutex
	inside map[*guest]bool // nil once the door is closed
}

func newDoor(ln net.Listener) *door {
	return &door{Listener: ln, gone: make(chan struct{}), inside: map[*guest]bool{}}
}

// guest is a connection that came through a door.
type guest struct {
	net.Conn
	door  *door
	began sync.Once
}

// Accept implements net.Listener.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		switch {
		case err == nil:
			if g := d.enter(c); g != nil {
				return g, nil
			}
		case errors.Is(err, net.ErrClosed):
			d.shutOnce.Do(func() { close(d.gone) })
			return nil, err
		default:
			time.Sleep(acceptAgain)
		}
	}
}

func (d *door) enter(c net.Conn) *guest {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside == nil || c.SetDeadline(time.Now().Add(loginTimeout)) != nil {
		_ = c.Close()
		return nil
	}
	g := &guest{Conn: c, door: d}
	d.inside[g] = true
	d.coming.Add(1)
	return g
}

// shut lets nobody in any more, and returns when the broker serves everybody
// who came before: it counts whom it serves, and must not be closed while
// it counts. Somebody must be accepting.
func (d *door) shut() {
	_ = d.Listener.Close()
	<-d.gone
	d.coming.Wait()
}

// Close implements net.Listener.
func (d *door) Close() error {
	d.mu.Lock()
	inside := d.inside
	d.inside = nil
	d.mu.Unlock()
	for g := range inside {
		_ = g.Conn.Close()
	}
	return d.Listener.Close()
}

// Read implements net.Conn.
func (g *guest) Read(p []byte) (int, error) {
	g.began.Do(g.door.coming.Done)
	return g.Conn.Read(p)
}

// Write implements net.Conn.
func (g *guest) Write(p []byte) (int, error) {
	_ = g.SetWriteDeadline(time.Now().Add(guestTimeout))
	n, err := g.Conn.Write(p)
	if err != nil {
		_ = g.Close() // the broker would go on reading
	}
	return n, err
}

// Close implements net.Conn.
func (g *guest) Close() error {
	g.began.Do(g.door.coming.Done)
	g.door.mu.Lock()
	delete(g.door.inside, g)
	g.door.mu.Unlock()
	return g.Conn.Close()
}
