package simcam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// plugRetry is the pause between two attempts to take the port back.
const plugRetry = 50 * time.Millisecond

// acceptRetry is the pause after an accept that failed for want of resources.
const acceptRetry = 100 * time.Millisecond

// front owns the camera's TCP port. It hands the connections it accepts to the
// RTSP server and can do what a server cannot: give the port up and take it back,
// and let connections fall silent. To the server it is one net.Listener that lives
// as long as the camera.
type front struct {
	log   *slog.Logger
	addr  *net.TCPAddr  // resolved; the same for the camera's whole life
	ready chan net.Conn // accepted, on their way to the server
	done  chan struct{} // closed by Close
	once  sync.Once

	// Used by one goroutine at a time (Camera.setMu).
	ln      net.Listener  // nil while unplugged
	stop    chan struct{} // tells the accept loop of ln to end
	stopped chan struct{} // closed by it

	mu    sync.Mutex
	open  map[*wire]struct{}
	muted bool
}

// newFront takes addr, whose port may be 0.
func newFront(addr string, log *slog.Logger) (*front, error) {
	f := &front{
		log:   log,
		ready: make(chan net.Conn),
		done:  make(chan struct{}),
		open:  make(map[*wire]struct{}),
	}
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	f.addr = ln.Addr().(*net.TCPAddr)
	f.serve(ln)
	return f, nil
}

// Accept implements net.Listener for the RTSP server.
func (f *front) Accept() (net.Conn, error) {
	select {
	case c := <-f.ready:
		return c, nil
	case <-f.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener for the RTSP server, which calls it at its end.
func (f *front) Close() error {
	f.once.Do(func() { close(f.done) })
	return nil
}

// Addr implements net.Listener.
func (f *front) Addr() net.Addr { return f.addr }

// plug takes the port back. Somebody else may have it for a moment, such as an
// outgoing connection that was given the same number: plug tries until patience is
// over or ctx ends, then returns ErrPortTaken.
func (f *front) plug(ctx context.Context, patience time.Duration) error {
	if f.ln != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	pause := time.NewTicker(plugRetry)
	defer pause.Stop()
	for {
		ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.addr.String())
		if err == nil {
			f.serve(ln)
			return nil
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: %s after %v: %w", ErrPortTaken, f.addr, patience, err)
		}
	}
}

// unplug gives the port up and closes all connections. When it returns, connecting
// is refused and no accepted connection is left open.
func (f *front) unplug() {
	if f.ln != nil {
		close(f.stop)
		f.ln.Close()
		<-f.stopped
		f.ln = nil
	}
	f.drop()
}

// drop closes all connections.
func (f *front) drop() {
	f.mu.Lock()
	open := make([]*wire, 0, len(f.open))
	for w := range f.open {
		open = append(open, w)
	}
	f.mu.Unlock()
	for _, w := range open {
		w.Close()
	}
}

// mute makes all connections, also those to come, silent: what the server writes
// is swallowed.
func (f *front) mute() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.muted = true
	for w := range f.open {
		w.muted.Store(true)
	}
}

// unmute ends mute and closes the silent connections: their peers have missed too
// much to go on.
func (f *front) unmute() {
	f.mu.Lock()
	f.muted = false
	var silent []*wire
	for w := range f.open {
		if w.muted.Load() {
			silent = append(silent, w)
		}
	}
	f.mu.Unlock()
	for _, w := range silent {
		w.Close()
	}
}

func (f *front) serve(ln net.Listener) {
	f.ln = ln
	f.stop = make(chan struct{})
	f.stopped = make(chan struct{})
	go f.accept(ln, f.stop, f.stopped)
}

func (f *front) accept(ln net.Listener, stop <-chan struct{}, stopped chan<- struct{}) {
	defer close(stopped)
	for {
		c, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of descriptors, most likely: others may give some back.
			f.log.Warn("accept failed", "error", err)
			select {
			case <-time.After(acceptRetry):
				continue
			case <-stop:
				return
			}
		}
		w := f.add(c)
		select {
		case f.ready <- w:
		case <-stop:
			w.Close()
			return
		}
	}
}

func (f *front) add(c net.Conn) *wire {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := &wire{Conn: c, front: f}
	w.muted.Store(f.muted)
	f.open[w] = struct{}{}
	return w
}

// wire is one accepted connection.
type wire struct {
	net.Conn
	front *front
	muted atomic.Bool
}

// Write pretends to have written when the connection is muted.
func (w *wire) Write(p []byte) (int, error) {
	if w.muted.Load() {
		return len(p), nil
	}
	return w.Conn.Write(p)
}

// Close implements net.Conn; closing again is harmless.
func (w *wire) Close() error {
	w.front.mu.Lock()
	delete(w.front.open, w)
	w.front.mu.Unlock()
	return w.Conn.Close()
}
