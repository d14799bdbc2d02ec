package probe

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of video over UDP.
const (
	maxPairs      = 64       // pairs of ports that are tried
	maxQueue      = 64       // events that wait to be taken: datagrams, messages
	udpReadBuffer = 1 << 20  // asked of the system, for the key frames that come in one burst
	maxUDPErrors  = 1000     // of one socket; on Windows each refused punch is one
	maxDatagram   = 64 << 10 // bytes
)

var errNoPorts = errors.New("no free pair of local UDP ports")

// datagrams is the video side of a session over UDP, and its control
// connection read beside it: three goroutines feed one queue. close ends them.
type datagrams struct {
	rtp, rtcp *net.UDPConn
	local     ports

	peer   netip.Addr // datagrams from elsewhere do not count
	server ports      // and from another port than these, where they are known

	events  chan event
	done    chan struct{}
	wg      sync.WaitGroup
	started bool
	foreign atomic.Int64 // datagrams from elsewhere
}

type eventKind uint8

const (
	eventMessage eventKind = iota
	eventRTP
	eventRTCP
)

// event is a datagram, or a message or an error of the control connection.
type event struct {
	kind   eventKind
	at     time.Time
	packet []byte
	m      *message
	err    error
}

// listenPair opens an even port and the odd one after it (RFC 3550 §11) on the
// address at which the camera sees us. Where in the range it begins is chance,
// so that probes at the same time do not all try the same ones.
func listenPair(at *net.TCPAddr, r PortRange) (*datagrams, error) {
	first, n := r.pairs()
	start := 0
	if n > 0 {
		start = rand.IntN(n) // nothing to keep secret
	}
	for i := range maxPairs {
		port := 0 // any
		if n > 0 {
			if i >= n {
				break
			}
			port = first + 2*((start+i)%n)
		}
		if d := tryPair(at, port); d != nil {
			return d, nil
		}
	}
	if n > 0 {
		return nil, fmt.Errorf("%w from %d to %d", errNoPorts, r.First, r.Last)
	}
	return nil, errNoPorts
}

func tryPair(at *net.TCPAddr, port int) *datagrams {
	listen := func(port int) *net.UDPConn {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: at.IP, Zone: at.Zone, Port: port})
		if err != nil {
			return nil
		}
		return c
	}
	a := listen(port)
	if a == nil {
		return nil
	}
	got := a.LocalAddr().(*net.UDPAddr).Port // what ListenUDP gives
	other := got + 1
	if got%2 == 1 {
		other = got - 1
	}
	b := listen(other)
	if b == nil || other == 0 {
		_ = a.Close()
		return nil
	}
	if other < got {
		a, b, got = b, a, other
	}
	_ = a.SetReadBuffer(udpReadBuffer)
	return &datagrams{rtp: a, rtcp: b, local: ports{uint16(got), uint16(got + 1)},
		events: make(chan event, maxQueue), done: make(chan struct{})}
}

// start reads what comes from peer, and the control connection. Before it
// knocks at the camera's ports, so that firewalls between us that let answers
// in do so.
func (d *datagrams) start(peer netip.Addr, server ports, in *framer) {
	d.peer, d.server, d.started = peer, server, true
	d.knock(d.rtp, server.rtp, []byte{0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) // an RTP header
	d.knock(d.rtcp, server.rtcp, []byte{0x80, 201, 0, 1, 0, 0, 0, 0})         // an empty receiver report
	d.wg.Go(func() { d.receive(d.rtp, eventRTP, server.rtp) })
	d.wg.Go(func() { d.receive(d.rtcp, eventRTCP, server.rtcp) })
	d.wg.Go(func() { d.control(in) })
}

func (d *datagrams) knock(c *net.UDPConn, port uint16, b []byte) {
	if port != 0 {
		_, _ = c.WriteToUDPAddrPort(b, netip.AddrPortFrom(d.peer, port))
	}
}

// put gives an event to whoever calls next. It says whether to go on.
func (d *datagrams) put(e event) bool {
	select {
	case d.events <- e:
		return true
	case <-d.done:
		return false
	}
}

func (d *datagrams) receive(c *net.UDPConn, kind eventKind, port uint16) {
	buf := make([]byte, maxDatagram)
	for failed := 0; failed < maxUDPErrors; {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			failed++
		case from.Addr().Unmap().WithZone("") != d.peer.WithZone(""), port != 0 && from.Port() != port:
			d.foreign.Add(1)
		case !d.put(event{kind: kind, at: time.Now(), packet: append([]byte(nil), buf[:n]...)}):
			return
		}
	}
}

// control reads messages until the connection fails. Interleaved packets there
// are nothing that was asked for.
func (d *datagrams) control(in *framer) {
	defer func() { // a panic here would end the agent, see climber.run
		if p := recover(); p != nil {
			d.put(event{err: malformed("a parser failed: %v", panicError(p))})
		}
	}()
	for {
		_, m, err := in.next()
		if err == nil && m == nil {
			continue
		}
		if !d.put(event{m: m, err: err}) || err != nil {
			return
		}
	}
}

// next gives an event that comes until by, or os.ErrDeadlineExceeded.
func (d *datagrams) next(by time.Time) (event, error) {
	left := time.Until(by)
	if left <= 0 {
		return event{}, os.ErrDeadlineExceeded
	}
	select {
	case e := <-d.events:
		return e, e.err
	default:
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case e := <-d.events:
		return e, e.err
	case <-t.C:
		return event{}, os.ErrDeadlineExceeded
	}
}

// close ends all goroutines. The control connection must be closed before.
func (d *datagrams) close() {
	close(d.done)
	_ = d.rtp.Close()
	_ = d.rtcp.Close()
	d.wg.Wait()
}
