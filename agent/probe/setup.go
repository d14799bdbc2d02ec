package probe

import (
	"context"
	"fmt"
	"net"

	"github.com/phukin/phukin/hub/wire"
)

// setup lets the video come: interleaved, or over UDP if the camera or the
// target wants that.
func (c *climber) setup(ctx context.Context) *fall {
	c.video = newReceiver(c.desc, c.target.Window)
	c.session.video, c.session.reports = c.video.packet, c.video.rtcp
	if c.target.Transport == TransportUDP {
		return c.setupUDP(ctx, c.track)
	}
	f := c.setupTCP(c.track)
	if f == nil || f.fault != wire.FaultUnsupportedTransport || c.target.Transport == TransportTCP {
		return f
	}
	return c.setupUDP(ctx, c.track)
}

// setupTCP asks for interleaved packets.
func (c *climber) setupTCP(track string) *fall {
	t, f := c.offer(track, transportTCP)
	switch {
	case f != nil:
		return f
	case t.lower == lowerUDP:
		return fell(wire.FaultUnsupportedTransport, "SETUP: the camera answers with UDP where TCP was asked for")
	case t.lower == lowerMulticast:
		return fell(wire.FaultUnsupportedTransport, "SETUP: the camera answers with multicast where TCP was asked for")
	}
	c.interleaved(t)
	return nil
}

func (c *climber) interleaved(t transport) {
	c.session.channels = &t.channels
	c.res.Transport = TransportTCP
}

// setupUDP asks for datagrams to a pair of ports of ours. Without such a pair
// nothing can be said of the camera: the probe is aborted.
func (c *climber) setupUDP(ctx context.Context, track string) *fall {
	s := c.session
	local, ok := s.raw.LocalAddr().(*net.TCPAddr)
	if !ok {
		local = &net.TCPAddr{}
	}
	d, err := listenPair(local, c.target.UDPPorts)
	if err != nil {
		return fell(wire.FaultNone, "SETUP: %w", err)
	}
	s.udp = d // close closes it
	t, f := c.offer(track, transportUDP(d.local.rtp, d.local.rtcp))
	switch {
	case f != nil && f.fault == wire.FaultUnsupportedTransport && c.target.Transport == TransportAuto:
		f.err = fmt.Errorf("neither TCP nor UDP: %w", f.err)
		return f
	case f != nil:
		return f
	case t.lower == lowerMulticast:
		return fell(wire.FaultUnsupportedTransport, "SETUP: the camera answers with multicast where UDP unicast was asked for")
	case t.lower == lowerTCP: // it insists
		s.udp = nil
		d.close()
		c.interleaved(t)
		return nil
	}
	c.clientPorts = t.client
	// From here on the goroutine of d reads, until close lets go of it; our own
	// deadline is that of event.
	s.readBy(ctx, c.endBy.Add(10*goodbyeTime))
	s.by = c.climbBy
	d.start(s.peer(), t.server, s.in)
	c.res.Transport, c.video.lossBy = TransportUDP, LossByLine
	return nil
}

// offer sends SETUP with one transport and gives that of the answer.
func (c *climber) offer(track, asked string) (transport, *fall) {
	s := c.session
	s.mayPlay = true
	m, f := c.call("SETUP", track, header{{"Transport", asked}})
	if f != nil {
		s.mayPlay = f.status == 0 || s.id != "" // what was refused needs no goodbye
		return transport{}, f
	}
	if id, timeout := sessionID(m.header.get("Session")); id != "" || s.id == "" {
		s.id, c.sessionTimeout = id, timeout
	}
	t, err := parseTransport(m.header.get("Transport"))
	if err != nil {
		return transport{}, fell(wire.FaultMalformed, "SETUP: %w", err)
	}
	return t, nil
}

// noMedia tells why there is no media. Over UDP a firewall is the usual reason.
func (c *climber) noMedia() *fall {
	f := c.video.noMedia()
	d := c.session.udp
	if d == nil || f.fault != wire.FaultNoMedia || c.video.control.packets > 0 {
		return f // with RTCP it is no firewall
	}
	switch n := d.foreign.Load(); {
	case n > 0:
		f.err = fmt.Errorf("%w over UDP; %d datagrams came from another address or port than the camera's", f.err, n)
	case c.clientPorts != (ports{}) && c.clientPorts != d.local:
		f.err = fmt.Errorf("%w over UDP; the camera sends it to port %d, asked for was %d", f.err, c.clientPorts.rtp, d.local.rtp)
	default:
		f.err = fmt.Errorf("%w over UDP; a firewall must let UDP from the camera to ports %d and %d in", f.err, d.local.rtp, d.local.rtcp)
	}
	return f
}
