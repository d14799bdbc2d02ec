package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// dialTimeout bounds how long a relay waits for the broker beside it.
const dialTimeout = 5 * time.Second

// relay carries TCP connections from a loopback port of its own to target,
// and can be cut: the line between a commune and the district.
type relay struct {
	ln     net.Listener
	target string

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

func startRelay(target string) (*relay, error) {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{ln: ln, target: target, conns: map[net.Conn]bool{}}
	r.wg.Go(r.accept)
	return r, nil
}

func (r *relay) addr() string { return r.ln.Addr().String() }

// setCut cuts the line, or mends it. Connections that stand are closed.
func (r *relay) setCut(cut bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = cut
	if cut {
		for c := range r.conns {
			_ = c.Close()
		}
	}
}

func (r *relay) close() error {
	err := r.ln.Close()
	r.setCut(true)
	r.wg.Wait()
	return err
}

func (r *relay) accept() {
	for {
		c, err := r.ln.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		r.wg.Go(func() { r.carry(c) })
	}
}

func (r *relay) carry(near net.Conn) {
	defer r.forget(near)
	if !r.keep(near) {
		return
	}
	far, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(context.Background(), "tcp", r.target)
	if err != nil {
		return
	}
	defer r.forget(far)
	if !r.keep(far) {
		return
	}
	var both sync.WaitGroup
	for _, p := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			_, _ = io.Copy(p[0], p[1])
			_, _ = p[0].Close(), p[1].Close()
		})
	}
	both.Wait()
}

func (r *relay) keep(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cut {
		return false
	}
	r.conns[c] = true
	return true
}

func (r *relay) forget(c net.Conn) {
	_ = c.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
}
