package uplink_test

import (
	"crypto/tls"
	"log/slog"
	"net"
	"sync"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// listener is mochi's TCP listener with a Close that waits for every
// connection: mochi counts them in a way that races with its own Close.
type listener struct {
	net.Listener
	mu    sync.Mutex
	conns map[net.Conn]bool
	idle  *sync.Cond
}

func listen(addr string, config *tls.Config) (*listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	x := &listener{Listener: l, conns: map[net.Conn]bool{}}
	x.idle = sync.NewCond(&x.mu)
	return x, nil
}

func (l *listener) Init(*slog.Logger) error { return nil }
func (l *listener) ID() string              { return "tcp" }
func (l *listener) Address() string         { return l.Addr().String() }
func (l *listener) Protocol() string        { return "tcp" }

func (l *listener) Serve(establish listeners.EstablishFn) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		l.conns[c] = true
		l.mu.Unlock()
		go func() {
			_ = establish(l.ID(), c)
			l.mu.Lock()
			delete(l.conns, c)
			l.mu.Unlock()
			l.idle.Broadcast()
		}()
	}
}

func (l *listener) Close(closeClients listeners.CloseFn) {
	_ = l.Listener.Close()
	closeClients(l.ID())
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Close()
	}
	for len(l.conns) > 0 {
		l.idle.Wait()
	}
}

// cut takes every connection away.
func (l *listener) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Close()
	}
}
