package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// ports is a range of TCP ports, [from, to). All lie below those that the kernel
// gives to outgoing connections: whoever dials a port of that kind on loopback
// while nobody listens there may get it himself, and be connected to himself, and
// the one who should listen cannot come back.
type ports struct{ from, to int }

var (
	brokerPorts = ports{15_000, 20_000}
	linePorts   = ports{20_000, 25_000}
	cameraPorts = ports{25_000, 32_000}
)

var given struct {
	sync.Mutex
	ports map[int]bool
}

// freePort gives an address on loopback where nobody listens, and gives it once.
func freePort(r ports) (string, error) {
	given.Lock()
	defer given.Unlock()
	if given.ports == nil {
		given.ports = map[int]bool{}
	}
	for range 1000 {
		port := r.from + rand.IntN(r.to-r.from)
		if given.ports[port] {
			continue
		}
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
		if err != nil {
			continue
		}
		given.ports[port] = true
		return addr, ln.Close()
	}
	return "", errors.New("no port is free")
}
