package probe

import (
	"bytes"
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
func (d Description) Sets() [][]byte         { return d.sets }

func (c Challenge) Scheme() string           { return c.scheme }
func (c Challenge) Param(name string) string { return c.params[name] }

var (
	ParseSDP        = parseSDP
	ParseChallenges = parseChallenges
	ParseTransport  = func(s string) (rtp, rtcp byte, err error) {
		c, err := parseTransport(s)
		return c.rtp, c.rtcp, err
	}
	SessionID    = sessionID
	ControlURL   = controlURL
	ErrMalformed = errMalformed
)

// Digest gives the credentials for the first use of a challenge.
func Digest(user, pass, method, uri string, c Challenge, cnonce string) string {
	return digest(user, pass, method, uri, &c, 1, cnonce)
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
	return &Receiver{newReceiver(description{codec: codec, payloadType: 96, sets: sets}, window)}
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
