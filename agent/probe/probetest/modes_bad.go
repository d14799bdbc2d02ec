package probetest

import (
	"strings"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

func status(code int, reason string) handler {
	return func(c *conn, r *Request) bool { return c.reply(r, code, reason, nil, "") }
}

func raw(s string) handler { return func(c *conn, _ *Request) bool { return c.send(s) && c.hang() } }

func silent(c *conn, _ *Request) bool { return c.hang() }

func closed(*conn, *Request) bool { return false }

func reset(c *conn, _ *Request) bool { return c.reset() }

// methods are the requests of a probe and the rungs on which they stand.
var methods = []struct {
	name string
	rung wire.Rung
}{{"OPTIONS", wire.RungOptions}, {"DESCRIBE", wire.RungDescribe}, {"SETUP", wire.RungSetup}, {"PLAY", wire.RungPlay}}

func answer(method string, h handler) func(*script) {
	return func(s *script) { s.on[method] = h }
}

// flood writes s again and again until the other side has enough.
func flood(head, s string) handler {
	return func(c *conn, _ *Request) bool {
		if !c.send(head) {
			return false
		}
		for c.send(s) {
			continue
		}
		return false
	}
}

func connectionModes() []Mode {
	ms := []Mode{
		bad("a name that does not resolve", wire.FaultNameNotFound, wire.RungResolve, func(s *script) {
			s.host = strings.Repeat("x", 64) + ".invalid"
		}),
		bad("closed port", wire.FaultRefused, wire.RungConnect, func(s *script) { s.deaf = true }),
		bad("closes at once", wire.FaultClosed, wire.RungOptions, func(s *script) { s.greet = func(*conn) bool { return false } }),
		bad("speaks HTTP", wire.FaultMalformed, wire.RungOptions, answer("OPTIONS", raw("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))),
		bad("answers byte by byte", wire.FaultTimeout, wire.RungOptions, answer("OPTIONS", func(c *conn, r *Request) bool {
			tick := time.NewTicker(40 * time.Millisecond)
			defer tick.Stop()
			for _, b := range []byte(response(r, 200, "OK", []string{"Public: " + strings.Repeat("DESCRIBE, ", 100)}, "")) {
				<-tick.C
				if c.write([]byte{b}) != nil {
					return false
				}
			}
			return true
		})),
		bad("sends packets and no answer", wire.FaultTimeout, wire.RungDescribe, answer("DESCRIBE", flood("", "$\x00\x00\x04abcd"))),
	}
	for _, m := range methods {
		ms = append(ms,
			bad("silent after "+m.name, wire.FaultTimeout, m.rung, answer(m.name, silent)),
			bad("closes after "+m.name, wire.FaultClosed, m.rung, answer(m.name, closed)),
			bad("resets after "+m.name, wire.FaultClosed, m.rung, answer(m.name, reset)),
			bad("cuts the answer to "+m.name, wire.FaultClosed, m.rung, answer(m.name, func(c *conn, _ *Request) bool { return c.send("RTSP/1.0 200 OK\r\nCSe") && false })),
			bad("garbage after "+m.name, wire.FaultMalformed, m.rung, answer(m.name, raw("\x00\x01\xfe\xffthis is not RTSP\r\n\r\n$\x07\xff\xffhello"))),
			bad("busy at "+m.name, wire.FaultBusy, m.rung, answer(m.name, status(453, "Not Enough Bandwidth"))),
		)
		ms[len(ms)-1].Status = 453
	}
	return ms
}

func protocolModes() []Mode {
	withStatus := func(m Mode, code int) Mode { m.Status = code; return m }
	d := func(name string, h handler) Mode {
		return bad(name, wire.FaultMalformed, wire.RungDescribe, answer("DESCRIBE", h))
	}
	return []Mode{
		d("a header line without end", flood("RTSP/1.0 200 OK\r\nX: ", strings.Repeat("x", 4096))),
		d("a header without end", flood("RTSP/1.0 200 OK\r\n", strings.Repeat("X: y\r\n", 100))),
		d("noise without end", flood("", strings.Repeat("\x00RTSRTSP", 500))),
		d("empty lines without end", flood("", strings.Repeat("\r\n", 2000))),
		d("requests without end", flood("", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")),
		d("a negative length", raw("RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: -1\r\n\r\n")),
		d("a huge length", raw("RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 2147483647\r\n\r\n")),
		d("a length that is not a number", raw("RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 1e3\r\n\r\n")),
		d("a status that is not a number", raw("RTSP/1.0 OK 200\r\nCSeq: 2\r\n\r\n")),
		d("a status out of range", raw("RTSP/1.0 999 OK\r\nCSeq: 2\r\n\r\n")),
		d("another CSeq", func(c *conn, _ *Request) bool {
			other := &Request{Header: map[string]string{"cseq": "77"}}
			return c.reply(other, 200, "OK", nil, c.cam.mode.script.description()) && c.hang()
		}),
		d("answers of another CSeq without end", flood("", "RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\n")),
		bad("a body cut short", wire.FaultTimeout, wire.RungDescribe, answer("DESCRIBE", raw("RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 100\r\n\r\nv=0\r\n"))),
		bad("only 100 Continue", wire.FaultTimeout, wire.RungDescribe, answer("DESCRIBE", raw("RTSP/1.0 100 Continue\r\nCSeq: 2\r\n\r\n"))),
		withStatus(bad("no such path", wire.FaultNotFound, wire.RungDescribe, answer("DESCRIBE", status(404, "Not Found"))), 404),
		withStatus(bad("forbidden", wire.FaultBadStatus, wire.RungDescribe, answer("DESCRIBE", status(403, "Forbidden"))), 403),
		withStatus(bad("server error", wire.FaultBadStatus, wire.RungDescribe, answer("DESCRIBE", status(500, "\xff\"Internal\""))), 500),
		withStatus(bad("moved and does not say where to", wire.FaultBadStatus, wire.RungDescribe, answer("DESCRIBE", status(302, "Moved Temporarily"))), 302),
		bad("channels beyond a byte", wire.FaultMalformed, wire.RungSetup, answer("SETUP", func(c *conn, r *Request) bool {
			return c.reply(r, 200, "OK", []string{"Transport: RTP/AVP/TCP;interleaved=256-257"}, "")
		})),
		withStatus(bad("no such session", wire.FaultBadStatus, wire.RungPlay, answer("PLAY", status(454, "Session Not Found"))), 454),
	}
}

func authModes() []Mode {
	m := func(name string, f wire.Fault, a *auth, user, pass string) Mode {
		m := withAuth(bad(name, f, wire.RungAuth, func(*script) {}), a, user, pass)
		m.Status = 401
		return m
	}
	late := bad("asks for a password only at SETUP", wire.FaultAuthRequired, wire.RungAuth, answer("SETUP", func(c *conn, r *Request) bool {
		return c.reply(r, 401, "Unauthorized", []string{`WWW-Authenticate: Basic realm="x"`}, "")
	}))
	late.Status, late.AuthAsked = 401, true
	hidden := withAuth(bad("no such path behind the password", wire.FaultNotFound, wire.RungDescribe, func(s *script) {
		a := &auth{}
		s.on["DESCRIBE"] = func(c *conn, r *Request) bool {
			if !a.granted(r) {
				return c.reply(r, 401, "Unauthorized", a.challenge(r), "")
			}
			return c.reply(r, 404, "Not Found", nil, "")
		}
	}), nil, user, password)
	hidden.Status = 404
	return []Mode{
		late, hidden,
		m("asks for a password and none is given", wire.FaultAuthRequired, &auth{basic: true}, "", ""),
		m("wrong password, basic", wire.FaultAuthRejected, &auth{basic: true, digest: "-"}, user, "wrong"),
		m("wrong password, digest", wire.FaultAuthRejected, &auth{}, user, "wrong"),
		m("wrong user, digest with qop", wire.FaultAuthRejected, &auth{digest: `, qop="auth"`}, "root", password),
		m("asks for ever", wire.FaultAuthRejected, &auth{never: true, basic: true}, user, password),
		m("every nonce has run out", wire.FaultAuthRejected, &auth{always: true}, user, password),
		m("unknown scheme", wire.FaultAuthUnsupported, &auth{digest: "-", other: `Bearer realm="x"`}, user, password),
		m("digest auth-int only", wire.FaultAuthUnsupported, &auth{digest: `, qop="auth-int"`}, user, password),
		m("no challenge", wire.FaultAuthUnsupported, &auth{digest: "-"}, user, password),
		m("a challenge without end of its quotes", wire.FaultAuthUnsupported, &auth{digest: "-", other: `"Digest realm=`}, user, password),
	}
}

func descriptionModes() []Mode {
	const head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\n"
	m := func(name string, f wire.Fault, on wire.Rung, sdp string) Mode {
		return bad(name, f, on, func(s *script) { s.sdp = sdp })
	}
	sets := func(sps string) string {
		return head + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=" + sps + ",aO48gA==\r\na=control:0\r\n"
	}
	return []Mode{
		m("a description that is none", wire.FaultMalformed, wire.RungDescribe, "<html>\x00\xff"),
		bad("an empty description", wire.FaultMalformed, wire.RungDescribe, answer("DESCRIBE", status(200, "OK"))),
		m("too many lines", wire.FaultMalformed, wire.RungDescribe, strings.Repeat("a=x\n", 10000)),
		m("a naked m=video", wire.FaultMalformed, wire.RungDescribe, head+"m=video\r\n"),
		m("a track address with spaces", wire.FaultMalformed, wire.RungDescribe, head+"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:a b RTSP/1.0\r\n"),
		m("no media", wire.FaultNoVideo, wire.RungDescribe, head),
		m("audio only", wire.FaultNoVideo, wire.RungDescribe, head+"m=audio 0 RTP/AVP 0\r\na=control:0\r\n"),
		m("mpeg 4", wire.FaultUnsupportedCodec, wire.RungKeyframe, head+"m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\na=control:0\r\n"),
		m("a codec that is noise", wire.FaultUnsupportedCodec, wire.RungKeyframe, head+"m=video 0 RTP/AVP 96\r\na=rtpmap:96 \x80;H264/90000\r\na=control:0\r\n"),
		m("no codec", wire.FaultUnsupportedCodec, wire.RungKeyframe, head+"m=video 0 RTP/AVP 96\r\na=control:0\r\n"),
		m("an SPS cut short", wire.FaultMalformed, wire.RungKeyframe, sets("Z00AKA==")),
		m("an SPS of noise", wire.FaultMalformed, wire.RungKeyframe, sets("Z2QAKAAAAAAAAAAAAAAAAAAAAAAA")),
		m("parameter sets that are not base64", wire.FaultNoKeyframe, wire.RungKeyframe, sets("!!!!")),
	}
}

func mediaModes() []Mode {
	video := func(name string, f wire.Fault, on wire.Rung, change func(s *stream)) Mode {
		return bad(name, f, on, func(s *script) { change(&s.stream) })
	}
	edit := func(name string, f wire.Fault, on wire.Rung, e func(frame int, ps []packet) []packet) Mode {
		return video(name, f, on, func(s *stream) { s.edit = e })
	}
	each := func(change func(p *packet)) func(int, []packet) []packet {
		return func(_ int, ps []packet) []packet {
			for i := range ps {
				change(&ps[i])
			}
			return ps
		}
	}
	drop := func(i int) func(int, []packet) []packet { // the i-th packet of key frames
		return func(frame int, ps []packet) []packet {
			if frame%10 == 0 {
				ps = append(ps[:i:i], ps[i+1:]...)
			}
			return ps
		}
	}
	return []Mode{
		bad("no packets", wire.FaultNoMedia, wire.RungMedia, answer("PLAY", status(200, "OK"))),
		edit("RTCP only", wire.FaultNoMedia, wire.RungMedia, each(func(p *packet) { p.channel = 1 })),
		edit("another channel", wire.FaultNoMedia, wire.RungMedia, each(func(p *packet) { p.channel = 8 })),
		edit("RTCP on the channel of RTP", wire.FaultMalformed, wire.RungMedia, each(func(p *packet) { p.pt, p.marker = 72, true })),
		edit("another payload type", wire.FaultMalformed, wire.RungMedia, each(func(p *packet) { p.pt = 97 })),
		edit("RTP version 1", wire.FaultMalformed, wire.RungMedia, each(func(p *packet) { p.flags = 0x40 })),
		edit("more padding than packet", wire.FaultMalformed, wire.RungMedia, each(func(p *packet) { p.flags, p.payload = 0xa0, []byte{0x65, 0xff} })),
		edit("an extension beyond the packet", wire.FaultMalformed, wire.RungMedia, each(func(p *packet) {
			p.flags, p.extra = 0x90, []byte{0xbe, 0xde, 0xff, 0xff}
		})),
		edit("sources beyond the packet", wire.FaultMalformed, wire.RungMedia, each(func(p *packet) { p.flags, p.payload = 0x8f, []byte{0x65, 0x80} })),
		edit("one frame of 64 KiB that never ends", wire.FaultNoMedia, wire.RungMedia, func(frame int, ps []packet) []packet {
			if frame > 0 {
				return nil
			}
			ps[0].channel, ps[0].payload = 5, make([]byte, 65000)
			return ps[:1]
		}),
		bad("noise in place of video", wire.FaultMalformed, wire.RungMedia, answer("PLAY", func(c *conn, r *Request) bool {
			return c.reply(r, 200, "OK", nil, "") && flood("", strings.Repeat("\x00\x01\x02", 1000))(c, r)
		})),
		bad("closes after the answer to PLAY", wire.FaultClosed, wire.RungMedia, answer("PLAY", func(c *conn, r *Request) bool {
			c.reply(r, 200, "OK", nil, "")
			return false
		})),
		video("no key frame", wire.FaultNoKeyframe, wire.RungKeyframe, func(s *stream) { s.first, s.gop = 1, 1<<30 }),
		video("no parameter sets", wire.FaultNoKeyframe, wire.RungKeyframe, func(s *stream) { s.inSDP = false }),
		video("no parameter sets in h265", wire.FaultNoKeyframe, wire.RungKeyframe, func(s *stream) { *s = h265(); s.inSDP = false }),
		edit("a fragment without start", wire.FaultNoKeyframe, wire.RungKeyframe, drop(0)),
		edit("a fragment without middle", wire.FaultNoKeyframe, wire.RungKeyframe, drop(1)),
		edit("a fragment without end", wire.FaultNoKeyframe, wire.RungKeyframe, drop(2)),
		edit("fragments that all start", wire.FaultNoKeyframe, wire.RungKeyframe, each(func(p *packet) {
			if p.payload[0]&0x1f == 28 {
				p.payload[1] |= 0x80
			}
		})),
		edit("empty payloads", wire.FaultNoKeyframe, wire.RungKeyframe, each(func(p *packet) { p.payload = nil })),
		edit("aggregates that lie about sizes", wire.FaultNoKeyframe, wire.RungKeyframe, each(func(p *packet) { p.payload = []byte{0x78, 0xff, 0xff, 0x65, 0x80} })),
		video("a fragment without middle in h265", wire.FaultNoKeyframe, wire.RungKeyframe, func(s *stream) { *s = h265(); s.edit = drop(1) }),
		video("h265 under the name of h264", wire.FaultNoKeyframe, wire.RungKeyframe, func(s *stream) {
			e := h265()
			s.units = func(frame int, _ [][]byte) [][]byte { return e.nals(frame) }
		}),
		video("closes before the key frame", wire.FaultClosed, wire.RungKeyframe, func(s *stream) {
			s.first, s.limit, s.then = 1, 3, func(c *conn) { _ = c.Close() }
		}),
		video("stops within the window", wire.FaultStalled, wire.RungFresh, func(s *stream) { s.limit = 4 }),
		video("one key frame and no more", wire.FaultStalled, wire.RungFresh, func(s *stream) { s.limit = 1 }),
		video("timestamps that stand still after a while", wire.FaultStalled, wire.RungFresh, func(s *stream) {
			s.ts = func(f int) uint32 { return uint32(min(f, 3)) * 3600 }
		}),
		video("timestamps that stand still", wire.FaultStalled, wire.RungFresh, func(s *stream) {
			s.noMarker, s.ts = false, func(int) uint32 { return 4711 }
		}),
		video("timestamps that run backwards", wire.FaultStalled, wire.RungFresh, func(s *stream) {
			s.ts = func(f int) uint32 { return uint32(-f * 3600) }
		}),
		video("timestamps ten times too slow", wire.FaultStalled, wire.RungFresh, func(s *stream) {
			s.ts = func(f int) uint32 { return uint32(f * 360) }
		}),
		video("timestamps ten times too fast", wire.FaultStalled, wire.RungFresh, func(s *stream) {
			s.ts = func(f int) uint32 { return uint32(f * 36000) }
		}),
		video("closes within the window", wire.FaultClosed, wire.RungFresh, func(s *stream) {
			s.limit, s.then = 4, func(c *conn) { _ = c.Close() }
		}),
		video("resets within the window", wire.FaultClosed, wire.RungFresh, func(s *stream) {
			s.limit, s.then = 4, func(c *conn) { c.reset() }
		}),
		video("noise within the window", wire.FaultMalformed, wire.RungFresh, func(s *stream) {
			s.limit, s.then = 4, func(c *conn) {
				flood("", strings.Repeat("\x00\x01\x02", 1000))(c, nil)
			}
		}),
	}
}
