package probetest

import (
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// sessionModes are about how long a session lasts, and the asking that keeps it
// alive: half a second after PLAY with a timeout of 1 s.
func sessionModes() []Mode {
	g := func(name, session string, h handler) Mode {
		return good(name, func(m *Mode) {
			m.script.alive = session
			if h != nil {
				m.script.on["GET_PARAMETER"] = h
			}
		})
	}
	renewed := &auth{digest: `, qop="auth"`}
	outdated := withAuth(g("keep-alive whose nonce ran out", "4711;timeout=1", func(c *conn, r *Request) bool {
		return c.reply(r, 401, "Unauthorized", renewed.challenge(r), "")
	}), renewed, user, password)
	goodbye := &auth{}
	farewell := withAuth(good("digest whose nonce runs out before TEARDOWN", func(m *Mode) {
		first := true
		m.script.on["TEARDOWN"] = func(c *conn, r *Request) bool {
			if first {
				first = false
				return c.reply(r, 401, "Unauthorized", goodbye.challenge(r), "")
			}
			return c.standard(r)
		}
	}), goodbye, user, password)
	late := bad("garbage in answer to the keep-alive", wire.FaultMalformed, wire.RungFresh, func(s *script) {
		s.alive = "4711;timeout=1"
		s.on["GET_PARAMETER"] = func(c *conn, _ *Request) bool { return c.floodUntilClosed("\x00\x01\x02") }
		// The window of bad modes is shorter than half the least timeout: the first
		// key frame comes late.
		s.stream.first = 1
	})
	return []Mode{
		g("a session timeout of 0", "4711;timeout=0", nil),
		g("a session timeout beyond all bounds", "4711;timeout=99999999999999999999", nil),
		g("a session timeout below zero", "4711; timeout=-5", nil),
		g("a session timeout that is no number", "4711;timeout", nil),
		g("no session", " ", nil),
		g("keep-alive", "4711;timeout=1", nil),
		g("keep-alive refused", "4711;timeout=1", status(501, "Not Implemented")),
		g("keep-alive for a session that is not found", "4711;timeout=1", status(454, "Session Not Found")),
		g("keep-alive never answered", "4711;timeout=1", func(*conn, *Request) bool { return true }),
		outdated, farewell, late,
	}
}

func moreAuthModes() []Mode {
	plain := func(*Mode) {}
	g := func(name string, a *auth) Mode { return withAuth(good(name, plain), a, user, password) }
	b := func(name string, f wire.Fault, a *auth, pass string) Mode {
		m := withAuth(bad(name, f, wire.RungAuth, func(*script) {}), a, user, pass)
		m.Status = 401
		return m
	}
	many := strings.Repeat(`Digest realm="x", nonce="y", algorithm=SHA-512-256, `, 20)
	oneLine := good("several challenges in one line", func(m *Mode) {
		a := &auth{digest: `, algorithm=SHA-256, qop="auth"`}
		m.script.on["DESCRIBE"] = func(c *conn, r *Request) bool {
			if a.granted(r) {
				m := c.cam.mode.script
				return c.reply(r, 200, "OK", nil, m.description())
			}
			own := strings.TrimPrefix(a.challenge(r)[0], "www-authenticate: ")
			return c.reply(r, 401, "Unauthorized", []string{`WWW-Authenticate: Basic realm="a, b", Digest realm="x", nonce="y", ` + own}, "")
		}
	})
	return []Mode{
		withAuth(oneLine, nil, user, password),
		g("digest SHA-256", &auth{digest: `, algorithm=SHA-256, qop="auth", userhash=true, opaque="a=b"`}),
		g("digest SHA-256 without qop", &auth{digest: `, algorithm=SHA-256`}),
		g("digest SHA-256-sess", &auth{digest: `, algorithm=SHA-256-sess, qop="auth-int,auth"`}),
		g("digest MD5-sess", &auth{digest: `, algorithm=MD5-sess, qop=auth, opaque=""`}),
		g("digest MD5-sess without qop", &auth{digest: `, algorithm=MD5-sess`}),
		g("digest SHA-256 before basic and MD5", &auth{basic: true, other: `Digest realm="x", nonce="y"`, digest: `, algorithm=sha-256, qop="auth"`}),
		g("digest whose nonces are good for one request", &auth{once: true}),
		b("asks for ever, with another nonce each time", wire.FaultAuthRejected, &auth{never: true, digest: `, qop="auth", algorithm=SHA-256`}, password),
		b("wrong password, digest SHA-256-sess", wire.FaultAuthRejected, &auth{digest: `, algorithm=SHA-256-sess, qop="auth"`}, "wrong"),
		b("digest SHA-512-256 only", wire.FaultAuthUnsupported, &auth{digest: `, algorithm=SHA-512-256`}, password),
		b("digest of an unknown algorithm", wire.FaultAuthUnsupported, &auth{digest: `, algorithm="` + strings.Repeat(`\x`, 50) + `"`}, password),
		b("more challenges than can be meant", wire.FaultAuthUnsupported, &auth{digest: "-", other: many}, password),
		b("digest without nonce", wire.FaultAuthUnsupported, &auth{digest: "-", other: `Digest realm="x"`}, password),
		b("control characters in the nonce", wire.FaultAuthUnsupported, &auth{digest: "-", other: "Digest realm=\"x\", nonce=\"a\rX: y\""}, password),
		b("a challenge of 8000 bytes", wire.FaultAuthUnsupported, &auth{digest: "-", other: `Digest realm="` + strings.Repeat("x", 7000) + `", algorithm=é`}, password),
	}
}
