package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// What follows opens decoders of foreign bytes to tests.

type (
	Description = description
	Challenge   = challenge
)

func (d Description) Codec() wire.Codec      { return d.codec }
func (d Description) PayloadType() uint8     { return d.payloadType }
func (d Description) Control() string        { return d.control }
func (d Description) SessionControl() string { return d.sessionControl }

// Sets gives the parameter sets, or an error as a set that tests will not want.
func (d Description) Sets() [][]byte {
	sets, err := d.parameterSets()
	if err != nil {
		panic(err)
	}
	return sets
}

func (c Challenge) Scheme() string           { return c.scheme }
func (c Challenge) Param(name string) string { return c.param(name) }

var (
	ParseChallenges = parseChallenges
	SessionID       = sessionID
	ControlURL      = controlURL
	ErrMalformed    = errMalformed
)

// ParseSDP reads a description.
func ParseSDP(body []byte) (Description, error) { return parseSDP(string(body)) }

// ParseTransport gives the parts of a Transport field as text.
func ParseTransport(s string) (string, error) {
	t, err := parseTransport(s)
	switch {
	case err != nil:
		return "", err
	case t.lower == lowerUDP:
		return fmt.Sprintf("udp client %d-%d server %d-%d", t.client.rtp, t.client.rtcp, t.server.rtp, t.server.rtcp), nil
	case t.lower == lowerMulticast:
		return "multicast", nil
	case t.lower == lowerTCP:
		return fmt.Sprintf("tcp %d-%d", t.channels.rtp, t.channels.rtcp), nil
	}
	return "as asked", nil
}

// Digest gives the credentials for the first use of a challenge.
func Digest(user, pass, method, uri string, c Challenge, cnonce string) string {
	return string(digest(nil, user, pass, method, uri, &c, 1, cnonce))
}

// SPSSize gives the displayed size.
func SPSSize(codec wire.Codec, sps []byte) (width, height int, err error) {
	s, err := spsSize(codec, sps)
	return s.width, s.height, err
}

// ReadAll reads events until an error and gives their number and the bytes in
// them.
func ReadAll(b []byte, known bool) (packets, messages, size int, err error) {
	f := newFramer(bytes.NewReader(b), func(byte) bool { return known })
	for {
		p, m, err := f.next()
		switch {
		case err != nil:
			return packets, messages, size, err
		case m == nil:
			packets++
			size += len(p.payload)
		default:
			messages++
			size += len(m.body)
		}
	}
}

// Receiver is a receiver of video.
type Receiver struct{ r *receiver }

// NewReceiver gives one for payload type 96.
func NewReceiver(codec wire.Codec, window time.Duration, sets ...[]byte) *Receiver {
	r := newReceiver(description{codec: codec, payloadType: 96}, window)
	for _, s := range sets {
		r.sets.add(s)
	}
	return &Receiver{r}
}

// Packet takes a packet that came at a time.
func (r *Receiver) Packet(at time.Time, b []byte) { r.r.packet(at, b) }

// Whole is the number of whole key frames.
func (r *Receiver) Whole() int { return r.r.whole }

// Measured closes the window, and says whether there is one.
func (r *Receiver) Measured() (res Result, quiet time.Time, verdict error, ok bool) {
	if r.r.win == nil {
		return res, quiet, nil, false
	}
	r.r.win.report(&res)
	return res, r.r.win.quietUntil(), r.r.win.verdict(), true
}

// Redirect gives the request URL to which a Location leads from the URL of a
// target, and whether credentials go there.
func Redirect(from, location string) (to string, trusted bool, fault wire.Fault, err error) {
	a, err := parseURL(from)
	if err != nil {
		return "", false, 0, err
	}
	a.user, a.pass = "u", "p"
	c := &climber{origin: a, addr: a}
	b, f := c.leadsTo(&message{status: 302, header: header{{"Location", location}}})
	if f != nil {
		return "", false, f.fault, f
	}
	return b.url, b.user != "", 0, nil
}

// Credentials answers challenges, each for one request, and gives the
// Authorization fields of that request and the one after it.
func Credentials(challenges ...string) (out []string, err error) {
	a := authenticator{user: "u", pass: "p"}
	for _, c := range challenges {
		a.begin()
		if f := a.take(header{{"WWW-Authenticate", c}}); f != nil {
			return nil, f
		}
		out = append(out, string(a.credentials(nil, "DESCRIBE", "rtsp://h/")), string(a.credentials(nil, "SETUP", "rtsp://h/")))
	}
	return out, nil
}

// FillQueue lets datagrams come that nobody takes, more than wait, and closes.
func FillQueue() error {
	d, err := listenPair(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, PortRange{})
	if err != nil {
		return err
	}
	camera, agent := net.Pipe()
	d.start(netip.MustParseAddr("127.0.0.1"), ports{}, newFramer(agent, func(byte) bool { return false }))
	from, err := net.Dial("udp", d.rtp.LocalAddr().String())
	if err != nil {
		return err
	}
	for len(d.events) < maxQueue {
		if _, err := from.Write([]byte("x")); err != nil {
			return err
		}
	}
	for range 3 { // one of them is held by the reader
		_, _ = from.Write([]byte("x"))
	}
	_, _, _ = from.Close(), camera.Close(), agent.Close()
	d.close()
	return nil
}

// ReadOn reads events past deadlines, until another error.
func ReadOn(r io.Reader) (packets, messages int, err error) {
	f := newFramer(r, func(byte) bool { return false })
	for {
		_, m, err := f.next()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err != nil:
			return packets, messages, err
		case m == nil:
			packets++
		default:
			messages++
		}
	}
}
