package probetest

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// udpScript is how a camera speaks over UDP.
type udpScript struct {
	only    bool   // RTP over TCP is refused with 461
	answer  string // Transport in the answer; RTP, RTCP and OURS stand for ports
	foreign bool   // sends from other ports than it says
	mute    bool   // sends nothing
}

// udpSide is the datagram side of a connection.
type udpSide struct {
	rtp, rtcp, other *net.UDPConn
	toRTP, toRTCP    *net.UDPAddr
	script           *udpScript
}

func (u *udpSide) close() {
	if u != nil {
		_, _, _ = u.rtp.Close(), u.rtcp.Close(), u.other.Close()
	}
}

// send sends what would be interleaved on a channel.
func (u *udpSide) send(channel byte, b []byte) error {
	var err error
	switch {
	case u.script.mute:
	case channel%2 == 1:
		_, err = u.rtcp.WriteToUDP(b, u.toRTCP)
	case u.script.foreign:
		_, err = u.other.WriteToUDP(b, u.toRTP)
	default:
		_, err = u.rtp.WriteToUDP(b, u.toRTP)
	}
	if err != nil && strings.Contains(err.Error(), "closed") {
		return err
	}
	return nil // a port that is closed is the other side's matter
}

// setupUDP answers SETUP for UDP unicast.
func (c *conn) setupUDP(r *Request) bool {
	_, s, _ := strings.Cut(r.Header["transport"], "client_port=")
	var rtp, rtcp int
	if n, _ := fmt.Sscanf(s, "%d-%d", &rtp, &rtcp); n != 2 || rtp%2 != 0 || rtcp != rtp+1 {
		return c.reply(r, 400, "Bad Request", nil, "")
	}
	u := &udpSide{script: &c.cam.mode.script.udp}
	ip := net.IPv4(127, 0, 0, 1)
	for _, p := range []**net.UDPConn{&u.rtp, &u.rtcp, &u.other} {
		l, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip})
		if err != nil {
			return false
		}
		*p = l
	}
	port := func(l *net.UDPConn) int { return l.LocalAddr().(*net.UDPAddr).Port }
	u.toRTP, u.toRTCP = &net.UDPAddr{IP: ip, Port: rtp}, &net.UDPAddr{IP: ip, Port: rtcp}
	c.wmu.Lock()
	c.udp.close()
	c.udp = u
	c.wmu.Unlock()
	t := u.script.answer
	if t == "" {
		t = "RTP/AVP;unicast;client_port=OURS;server_port=RTP-RTCP;ssrc=FEEDCAFE"
	}
	t = strings.NewReplacer("OURS", fmt.Sprintf("%d-%d", rtp, rtcp), "RTP-RTCP", fmt.Sprintf("%d-%d", port(u.rtp), port(u.rtcp))).Replace(t)
	return c.reply(r, 200, "OK", []string{c.cam.mode.script.session(), "Transport: " + t}, "")
}

func udpModes() []Mode {
	g := func(name string, s udpScript) Mode {
		return good(name, func(m *Mode) { m.script.udp = s })
	}
	b := func(name string, f wire.Fault, on wire.Rung, change func(s *script)) Mode {
		return bad(name, f, on, func(s *script) {
			s.udp.only = true
			change(s)
		})
	}
	setup := func(name string, f wire.Fault, transport string) Mode {
		return b(name, f, wire.RungSetup, func(s *script) { s.udp.answer = transport })
	}
	wanted := g("UDP by configuration", udpScript{})
	wanted.UDP = true
	refused := bad("UDP wanted and refused", wire.FaultUnsupportedTransport, wire.RungSetup, answer("SETUP", status(461, "Unsupported Transport")))
	refused.UDP, refused.Status = true, 461
	neither := refused
	neither.Name, neither.UDP = "neither TCP nor UDP", false
	swapped := good("TCP in the answer to SETUP for UDP", func(m *Mode) {
		m.script.on["SETUP"] = func(c *conn, r *Request) bool {
			return c.reply(r, 200, "OK", []string{"Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"}, "")
		}
	})
	swapped.UDP = true
	busy := bad("busy at the second SETUP", wire.FaultBusy, wire.RungSetup, answer("SETUP", func(c *conn, r *Request) bool {
		if strings.Contains(r.Header["transport"], "TCP") {
			return c.reply(r, 461, "Unsupported Transport", nil, "")
		}
		return c.reply(r, 453, "Not Enough Bandwidth", nil, "")
	}))
	busy.Status = 453
	torn := bad("UDP in the answer to SETUP for TCP, and then refused", wire.FaultUnsupportedTransport, wire.RungSetup,
		answer("SETUP", func(c *conn, r *Request) bool {
			if strings.Contains(r.Header["transport"], "TCP") {
				return c.reply(r, 200, "OK", []string{"Session: 4711", "Transport: RTP/AVP;unicast;client_port=5000-5001"}, "")
			}
			return c.reply(r, 461, "Unsupported Transport", nil, "")
		}))
	torn.Status = 461
	play := func(name string, f wire.Fault, on wire.Rung, h handler) Mode {
		return b(name, f, on, func(s *script) { s.on["PLAY"] = h })
	}
	return []Mode{
		g("UDP only", udpScript{only: true}), wanted, swapped,
		g("UDP without server ports", udpScript{only: true, answer: "RTP/AVP/UDP;unicast;client_port=OURS"}),
		g("UDP with server ports of 0", udpScript{only: true, answer: "RTP/AVP;unicast;client_port=OURS;server_port=0-1"}),
		g("UDP without a transport in the answer", udpScript{only: true, answer: " "}),
		withAuth(g("UDP with digest", udpScript{only: true}), &auth{digest: `, qop="auth"`}, user, password),
		good("UDP in the answer to SETUP for TCP", func(m *Mode) {
			m.script.on["SETUP"] = func(c *conn, r *Request) bool {
				if strings.Contains(r.Header["transport"], "TCP") {
					return c.reply(r, 200, "OK", []string{"Session: 4711", "Transport: RTP/AVP;unicast;client_port=5000-5001"}, "")
				}
				return c.standard(r)
			}
		}),
		refused, neither, busy, torn,
		setup("UDP ports beyond 16 bits", wire.FaultMalformed, "RTP/AVP;unicast;client_port=OURS;server_port=70000-70001"),
		setup("UDP ports below zero", wire.FaultMalformed, "RTP/AVP;unicast;client_port=OURS;server_port=-1--2"),
		setup("UDP ports that are no numbers", wire.FaultMalformed, "RTP/AVP;unicast;client_port=a-b"),
		setup("multicast", wire.FaultUnsupportedTransport, "RTP/AVP;multicast;destination=239.0.0.1;port=5000-5001;ttl=16"),
		bad("multicast for everything", wire.FaultUnsupportedTransport, wire.RungSetup, answer("SETUP", func(c *conn, r *Request) bool {
			return c.reply(r, 200, "OK", []string{"Session: 1", "Transport: RTP/AVP;multicast;port=5000-5001"}, "")
		})),
		b("silent at the second SETUP", wire.FaultTimeout, wire.RungSetup, func(s *script) {
			s.on["SETUP"] = func(c *conn, r *Request) bool {
				if strings.Contains(r.Header["transport"], "TCP") {
					return c.standard(r)
				}
				return c.hang()
			}
		}),
		b("slow SETUPs", wire.FaultTimeout, wire.RungSetup, func(s *script) {
			s.on["SETUP"] = func(c *conn, r *Request) bool {
				time.Sleep(500 * time.Millisecond)
				return c.standard(r)
			}
		}),
		b("UDP from another port", wire.FaultNoMedia, wire.RungMedia, func(s *script) { s.udp.foreign = true }),
		b("UDP to another port", wire.FaultNoMedia, wire.RungMedia, func(s *script) {
			s.udp.mute, s.udp.answer = true, "RTP/AVP;unicast;client_port=5000-5001;server_port=RTP-RTCP"
		}),
		b("UDP that a firewall drops", wire.FaultNoMedia, wire.RungMedia, func(s *script) { s.udp.mute = true }),
		b("RTCP only over UDP", wire.FaultNoMedia, wire.RungMedia, func(s *script) { s.stream.channel = 1 }),
		b("packets over TCP after SETUP for UDP", wire.FaultNoMedia, wire.RungMedia, func(s *script) {
			s.on["PLAY"] = func(c *conn, r *Request) bool {
				return c.reply(r, 200, "OK", nil, "") && c.floodUntilClosed("$\x00\x00\x04abcd")
			}
		}),
		b("garbage over UDP", wire.FaultMalformed, wire.RungMedia, func(s *script) {
			s.stream.edit = func(_ int, ps []packet) []packet {
				for i := range ps {
					ps[i].flags, ps[i].payload = 0x13, make([]byte, 30000)
				}
				return ps
			}
		}),
		play("garbage over UDP without end", wire.FaultMalformed, wire.RungMedia, func(c *conn, r *Request) bool {
			c.reply(r, 200, "OK", nil, "")
			c.wg.Go(func() {
				tick := time.NewTicker(time.Millisecond)
				defer tick.Stop()
				for b := make([]byte, 60000); ; {
					select {
					case <-c.done:
						return
					case <-tick.C: // faster would only starve the test
						for range 8 {
							_ = c.udp.send(0, b)
						}
					}
				}
			})
			return c.untilTeardown()
		}),
		play("silent at PLAY over UDP", wire.FaultTimeout, wire.RungPlay, silent),
		play("closes at PLAY over UDP", wire.FaultClosed, wire.RungPlay, closed),
		play("noise on the control connection", wire.FaultMalformed, wire.RungMedia, func(c *conn, r *Request) bool {
			return c.reply(r, 200, "OK", nil, "") && c.floodUntilClosed("\x00\x01\x02")
		}),
		b("closes the control connection within the window", wire.FaultClosed, wire.RungFresh, func(s *script) {
			s.stream.limit, s.stream.then = 4, func(c *conn) { _ = c.Close() }
		}),
		b("stops within the window over UDP", wire.FaultStalled, wire.RungFresh, func(s *script) { s.stream.limit = 4 }),
		b("no key frame over UDP", wire.FaultNoKeyframe, wire.RungKeyframe, func(s *script) { s.stream.first, s.stream.gop = 1, 1<<30 }),
	}
}

// floodUntilClosed writes s again and again until the other side has enough,
// and reads what it asks meanwhile.
func (c *conn) floodUntilClosed(s string) bool {
	s = strings.Repeat(s, 500)
	c.wg.Go(func() {
		for {
			if _, err := c.raw.Write([]byte(s)); err != nil {
				return
			}
		}
	})
	return c.untilTeardown()
}

// untilTeardown reads requests and answers none, until TEARDOWN.
func (c *conn) untilTeardown() bool {
	for {
		r, err := c.read()
		if err != nil {
			return false
		}
		c.cam.mu.Lock()
		c.cam.requests = append(c.cam.requests, *r)
		c.cam.mu.Unlock()
		if r.Method == "TEARDOWN" {
			return false
		}
	}
}
