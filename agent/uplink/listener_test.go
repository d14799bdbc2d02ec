package uplink_test

import (
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// listener is mochi's TCP listener with a Close that waits for every
// connection: mochi counts them in a way that races with its own Close.
type listener struct {
	net.Listener
	mu    sync.Mutex
	conns map[net.Conn]bool
	idle  *sync.Cond

	in, out atomic.Int64 // bytes, TLS included
}

// counted counts the bytes of its connections.
type counted struct {
	net.Listener
	x *listener
}

func (l counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countedConn{c, l.x}, err
}

type countedConn struct {
	net.Conn
	x *listener
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.x.in.Add(int64(n))
	return n, err
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.x.out.Add(int64(n))
	return n, err
}

func listen(addr string, config *tls.Config) (*listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	x := &listener{conns: map[net.Conn]bool{}}
	if l = (counted{l, x}); config != nil {
		l = tls.NewListener(l, config)
	}
	x.Listener = l
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
