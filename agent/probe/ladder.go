package probe

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// climber is one probe on its way up.
type climber struct {
	target  Target
	origin  address  // of the target
	addr    address  // where we are: origin, or where redirects led
	visited []string // request URLs that led elsewhere
	res     *Result
	at      wire.Rung // the rung that is being climbed
	last    time.Time // when the rung below was reached
	climbBy time.Time // deadline of all rungs below fresh
	endBy   time.Time

	ips       []netip.Addr
	session   *session
	described *message // the answer to DESCRIBE, or the 401 on the way to it
	track     string   // URL of the video
	desc      description
	video     *receiver

	sessionTimeout time.Duration
	clientPorts    ports // to which the camera says it sends over UDP
}

// ladder has the rungs, and how each is climbed.
var ladder = []struct {
	rung wire.Rung
	do   func(*climber, context.Context) *fall
}{
	{wire.RungResolve, (*climber).resolve},
	{wire.RungConnect, (*climber).connect},
	{wire.RungTLS, (*climber).secure},
	{wire.RungOptions, (*climber).options},
	{wire.RungDescribe, (*climber).describe},
	{wire.RungAuth, (*climber).authenticate},
	{wire.RungSetup, (*climber).setup},
	{wire.RungPlay, (*climber).play},
	{wire.RungMedia, (*climber).media},
	{wire.RungKeyframe, (*climber).keyframe},
	{wire.RungFresh, (*climber).fresh},
}

// climb goes up rung by rung until the top or a fall.
func (c *climber) climb(ctx context.Context) *fall {
	c.res.Stages = make([]Stage, 0, len(ladder))
	for _, step := range ladder {
		if step.rung == wire.RungTLS && !c.addr.tls || step.rung > c.target.Depth.top() {
			continue
		}
		c.at = step.rung
		if f := step.do(c, ctx); f != nil {
			if f.rung == wire.RungNone {
				f.rung = step.rung
			}
			return f
		}
		now := time.Now()
		c.res.Stages = append(c.res.Stages, Stage{step.rung, now.Sub(c.last)})
		c.res.Reached, c.last = step.rung, now
	}
	return nil
}

// takeBack forgets the rungs from one on: the fall was from below them.
func (c *climber) takeBack(from wire.Rung) {
	st := c.res.Stages
	for len(st) > 0 && st[len(st)-1].Rung >= from {
		st = st[:len(st)-1]
	}
	c.res.Stages, c.res.Reached = st, wire.RungNone
	if len(st) > 0 {
		c.res.Reached = st[len(st)-1].Rung
	}
}

// options only wants to hear the camera speak RTSP: what it answers differs
// too much from what it then does.
func (c *climber) options(context.Context) *fall {
	m, f := c.session.exchange("OPTIONS", c.addr.url, nil)
	switch {
	case f != nil:
		return f
	case m.status == 401:
		c.session.auth.asked, c.res.AuthAsked = true, true
	case m.status == 453:
		return refused("OPTIONS", m)
	}
	c.session.public = m.header.get("Public")
	return nil
}

var acceptSDP = header{{"Accept", "application/sdp"}}

// describe asks without credentials: they are sent only when asked for. It
// follows redirects.
func (c *climber) describe(ctx context.Context) *fall {
	for {
		m, f := c.session.exchange("DESCRIBE", c.addr.url, acceptSDP)
		if f != nil {
			return f
		}
		c.described = m
		switch {
		case m.status == 401:
			return nil
		case !redirects(m):
			return c.read()
		}
		if f := c.follow(ctx, m); f != nil {
			return f
		}
	}
}

func (c *climber) authenticate(ctx context.Context) *fall {
	for c.described.status == 401 {
		s := c.session
		s.auth.begin()
		m, f := s.authenticate("DESCRIBE", c.addr.url, acceptSDP, c.described)
		c.res.AuthAsked = c.res.AuthAsked || s.auth.asked
		if f != nil {
			return f
		}
		c.described = m
		if redirects(m) {
			if f = c.follow(ctx, m); f == nil {
				f = c.describe(ctx)
			}
		} else {
			f = c.read()
		}
		if f != nil {
			f.rung = wire.RungDescribe
			return f
		}
	}
	return nil
}

// read takes the description out of the answer to DESCRIBE.
func (c *climber) read() *fall {
	if f := refused("DESCRIBE", c.described); f != nil {
		return f
	}
	d, err := parseSDP(c.described.body)
	switch {
	case errors.Is(err, errNoVideo):
		return fell(wire.FaultNoVideo, "DESCRIBE: %w", err)
	case err != nil:
		return fell(wire.FaultMalformed, "DESCRIBE: %w", err)
	}
	c.desc, c.res.Codec = d, d.codec
	base := baseURL(c.described.header, c.addr.url)
	if c.session.aggregate, err = controlURL(base, d.sessionControl); err != nil {
		return fell(wire.FaultMalformed, "DESCRIBE: %w", err)
	}
	if isRTSP(d.sessionControl) {
		base = c.session.aggregate // RFC 2326 §C.1.1: it is the base of the tracks
	}
	if c.track, err = controlURL(base, d.control); err != nil {
		return fell(wire.FaultMalformed, "DESCRIBE: %w", err)
	}
	return nil
}

// call sends a request that must be answered with success.
func (c *climber) call(method, uri string, extra header) (*message, *fall) {
	m, f := c.session.request(method, uri, extra)
	c.res.AuthAsked = c.res.AuthAsked || c.session.auth.asked
	if f == nil {
		f = refused(method, m)
	}
	return m, f
}

func (c *climber) play(context.Context) *fall {
	_, f := c.call("PLAY", c.session.aggregate, header{{"Range", "npt=0.000-"}})
	if f == nil {
		c.session.keep(c.sessionTimeout)
	}
	return f
}

// media waits for the first packet.
func (c *climber) media(ctx context.Context) *fall {
	return c.await(ctx, c.climbBy, func() bool { return c.video.packets > 0 }, c.noMedia)
}

// keyframe waits for the first whole key frame. A codec that cannot be judged
// falls here: everything below it works, and more cannot be said of it.
func (c *climber) keyframe(ctx context.Context) *fall {
	if c.desc.codec == wire.CodecNone {
		return fell(wire.FaultUnsupportedCodec, "the video is %q; H264, H265 and JPEG are known", c.desc.encoding)
	}
	f := c.await(ctx, c.climbBy, func() bool { return c.video.win != nil }, c.video.noKeyframe)
	if f == nil {
		c.res.Width, c.res.Height = c.video.sets.size.width, c.video.sets.size.height
		c.res.NominalRate = c.video.sets.rate()
	}
	return f
}

// fresh measures for the whole window.
func (c *climber) fresh(ctx context.Context) *fall {
	w := c.video.win
	defer w.report(c.res)
	_ = c.session.conn.SetWriteDeadline(c.endBy) // for keepAlive
	for {
		by := w.quietUntil()
		over := !by.Before(w.end())
		if over {
			by = w.end()
		}
		before := w.latest
		f := c.await(ctx, by, func() bool { return w.latest != before }, func() *fall {
			return fell(wire.FaultStalled, "timestamps stopped %v before the end of the window", w.end().Sub(w.latest.at).Round(time.Millisecond))
		})
		switch {
		case f == nil:
			continue
		case f.fault == wire.FaultStalled && over:
			c.res.Width, c.res.Height = c.video.sets.size.width, c.video.sets.size.height
			if err := w.verdict(); err != nil {
				return fell(wire.FaultStalled, "%w", err)
			}
			return nil
		}
		return f
	}
}

// await reads what the camera sends until done, at most until by; then it
// gives late's fall.
func (c *climber) await(ctx context.Context, by time.Time, done func() bool, late func() *fall) *fall {
	s := c.session
	s.readBy(ctx, by)
	grace := false
	for !done() {
		m, err := s.event()
		if err == nil {
			s.stayAlive(m)
			continue
		}
		f := s.lost("RTP", err)
		if f.fault != wire.FaultTimeout {
			return f
		}
		s.broken = false // it is only quiet: there is somebody to say goodbye to
		// On a busy device we may come to read only after by. What then lies in
		// the socket came in time. Who wakes on time need not wake once more.
		if grace || time.Since(by) < graceTime/5 {
			return late()
		}
		grace = true
		s.readBy(ctx, time.Now().Add(graceTime))
	}
	return nil
}
