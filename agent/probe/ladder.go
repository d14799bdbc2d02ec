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
	addr    address
	res     *Result
	at      wire.Rung // the rung that is being climbed
	last    time.Time // when the rung below was reached
	climbBy time.Time // deadline of all rungs below fresh
	endBy   time.Time

	ips       []netip.Addr
	session   *session
	described *message // the answer to DESCRIBE, or the 401 on the way to it
	base      string   // URL of the description
	desc      description
	video     *receiver
}

// climb goes up rung by rung until the top or a fall.
func (c *climber) climb(ctx context.Context) *fall {
	for _, step := range []struct {
		rung wire.Rung
		do   func(context.Context) *fall
	}{
		{wire.RungResolve, c.resolve},
		{wire.RungConnect, c.connect},
		{wire.RungOptions, c.options},
		{wire.RungDescribe, c.describe},
		{wire.RungAuth, c.authenticate},
		{wire.RungSetup, c.setup},
		{wire.RungPlay, c.play},
		{wire.RungMedia, c.media},
		{wire.RungKeyframe, c.keyframe},
		{wire.RungFresh, c.fresh},
	} {
		c.at = step.rung
		if f := step.do(ctx); f != nil {
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
	return nil
}

var acceptSDP = header{{"Accept", "application/sdp"}}

// describe asks without credentials: they are sent only when asked for.
func (c *climber) describe(context.Context) *fall {
	m, f := c.session.exchange("DESCRIBE", c.addr.url, acceptSDP)
	if f != nil {
		return f
	}
	c.described = m
	if m.status == 401 {
		return nil
	}
	return c.read()
}

func (c *climber) authenticate(context.Context) *fall {
	if c.described.status != 401 {
		return nil
	}
	c.session.auth.begin()
	m, f := c.session.authenticate("DESCRIBE", c.addr.url, acceptSDP, c.described)
	c.res.AuthAsked = c.session.auth.asked
	if f != nil {
		return f
	}
	c.described = m
	if f := c.read(); f != nil {
		f.rung = wire.RungDescribe
		return f
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
	c.base = baseURL(c.described.header, c.addr.url)
	if c.session.aggregate, err = controlURL(c.base, d.sessionControl); err != nil {
		return fell(wire.FaultMalformed, "DESCRIBE: %w", err)
	}
	c.video = newReceiver(d, c.target.Window)
	c.session.video = c.video.packet
	return nil
}

// call sends a request that must be answered with success.
func (c *climber) call(method, uri string, extra header) (*message, *fall) {
	m, f := c.session.request(method, uri, extra)
	c.res.AuthAsked = c.session.auth.asked
	if f == nil {
		f = refused(method, m)
	}
	return m, f
}

func (c *climber) setup(context.Context) *fall {
	base := c.base
	if isRTSP(c.desc.sessionControl) {
		base = c.session.aggregate // RFC 2326 §C.1.1: it is the base of the tracks
	}
	track, err := controlURL(base, c.desc.control)
	if err != nil {
		f := fell(wire.FaultMalformed, "DESCRIBE: %w", err)
		f.rung = wire.RungDescribe
		return f
	}
	c.session.mayPlay = true
	m, f := c.call("SETUP", track, header{{"Transport", transportAsked}})
	if f != nil {
		c.session.mayPlay = f.status == 0 // what was refused needs no goodbye
		return f
	}
	c.session.id = sessionID(m.header.get("Session"))
	ch, err := parseTransport(m.header.get("Transport"))
	switch {
	case errors.Is(err, errNotInterleaved):
		return fell(wire.FaultUnsupportedTransport, "SETUP: %w", err)
	case err != nil:
		return fell(wire.FaultMalformed, "SETUP: %w", err)
	}
	c.session.channels = &ch
	return nil
}

func (c *climber) play(context.Context) *fall {
	_, f := c.call("PLAY", c.session.aggregate, header{{"Range", "npt=0.000-"}})
	return f
}

// media waits for the first packet. A codec that cannot be judged falls here:
// everything below it works.
func (c *climber) media(ctx context.Context) *fall {
	if c.desc.codec == wire.CodecNone {
		return fell(wire.FaultUnsupportedCodec, "the video is %q; H264 and H265 are known", c.desc.encoding)
	}
	return c.await(ctx, c.climbBy, func() bool { return c.video.packets > 0 }, c.video.noMedia)
}

func (c *climber) keyframe(ctx context.Context) *fall {
	f := c.await(ctx, c.climbBy, func() bool { return c.video.win != nil }, c.video.noKeyframe)
	if f == nil {
		c.res.Width, c.res.Height = c.video.sets.size.width, c.video.sets.size.height
	}
	return f
}

// fresh measures for the whole window.
func (c *climber) fresh(ctx context.Context) *fall {
	w := c.video.win
	defer w.report(c.res)
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
		_, err := s.event()
		if err == nil {
			continue
		}
		f := s.lost("RTP", err)
		switch {
		case f.fault != wire.FaultTimeout:
			return f
		case grace:
			s.broken = false // it is only quiet: there is somebody to say goodbye to
			return late()
		}
		// On a busy device we may come to read only after by. What then lies in
		// the socket came in time.
		grace = true
		s.readBy(ctx, time.Now().Add(graceTime))
	}
	return nil
}
