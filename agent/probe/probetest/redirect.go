package probetest

import (
	"fmt"
	"net"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// elsewhere is the camera under another name of its host.
func (c *conn) elsewhere() string {
	_, port, _ := net.SplitHostPort(c.cam.addr)
	return net.JoinHostPort("localhost", port)
}

// moved sends a DESCRIBE for /live/main elsewhere; HOST and ELSEWHERE in the
// new address stand for the camera's host and port and the same by another name.
func moved(status int, location string) handler {
	return func(c *conn, r *Request) bool {
		if !strings.HasSuffix(r.URI, "/live/main") {
			return c.standard(r)
		}
		return c.redirect(r, status, location)
	}
}

func (c *conn) redirect(r *Request, status int, location string) bool {
	location = strings.NewReplacer("HOST", c.cam.addr, "ELSEWHERE", c.elsewhere()).Replace(location)
	return c.reply(r, status, "Moved", []string{"Location: " + location}, "")
}

// guarded asks for the password before h.
func guarded(a *auth, h handler) handler {
	return func(c *conn, r *Request) bool {
		if !a.granted(r) {
			return c.reply(r, 401, "Unauthorized", a.challenge(r), "")
		}
		return h(c, r)
	}
}

func redirectModes() []Mode {
	g := func(name string, n int, h handler) Mode {
		m := good(name, func(m *Mode) { m.script.on["DESCRIBE"] = h })
		m.Redirects = n
		return m
	}
	b := func(name string, f wire.Fault, status, n int, h handler) Mode {
		m := bad(name, f, wire.RungDescribe, answer("DESCRIBE", h))
		m.Status, m.Redirects = status, n
		return m
	}
	step := func(status, last int) handler { // leads on from /live/main by /1 to /last
		return func(c *conn, r *Request) bool {
			n := 0
			if i := strings.LastIndex(r.URI, "/step"); i >= 0 {
				_, _ = fmt.Sscanf(r.URI[i:], "/step%d", &n)
			}
			if n == last {
				return c.standard(r)
			}
			return c.redirect(r, status, fmt.Sprintf("rtsp://HOST/step%d", n+1))
		}
	}
	tlsToo := func(m Mode, start bool) Mode {
		m.script.tls, m.TLS = &tlsScript{plain: true}, start
		return m
	}
	after := withAuth(g("moved, told behind the password", 1, guarded(&auth{}, moved(301, "rtsp://HOST/x"))), nil, user, password)
	stranger := withAuth(b("moved to another host that asks for the password", wire.FaultAuthRequired, 401, 1, func(c *conn, r *Request) bool {
		if strings.Contains(r.URI, "localhost") {
			return c.reply(r, 401, "Unauthorized", []string{`WWW-Authenticate: Basic realm="x"`}, "")
		}
		return c.redirect(r, 302, "rtsp://ELSEWHERE/live/main")
	}), nil, user, password)
	stranger.FellOn = wire.RungAuth
	behind := withAuth(b("moved to another host that asks for the password, told behind it", wire.FaultAuthRequired, 401, 1,
		func(c *conn, r *Request) bool {
			if strings.Contains(r.URI, "localhost") || r.Header["authorization"] == "" {
				return c.reply(r, 401, "Unauthorized", []string{`WWW-Authenticate: Basic realm="x"`}, "")
			}
			return c.redirect(r, 302, "rtsp://admin:x@ELSEWHERE/live/main")
		}), nil, user, password)
	behind.FellOn = wire.RungAuth
	none := b("moved to rtsps that is none", wire.FaultTLS, 0, 1, moved(302, "rtsps://HOST/other"))
	none.script.greet = func(c *conn) bool {
		if b, err := c.r.Peek(1); err == nil && b[0] == 0x16 {
			return c.send("RTSP/1.0 400 Bad Request\r\n\r\n") && c.hang()
		}
		return true
	}
	return []Mode{
		none,
		g("moved to another path", 1, moved(301, "rtsp://HOST/live/other?x=1")),
		g("moved to a relative address", 1, moved(302, "/other")),
		g("moved to another host", 1, moved(307, "rtsp://ELSEWHERE/other")),
		g("moved three times", 3, step(303, 3)),
		tlsToo(g("moved to rtsps", 1, moved(302, "rtsps://HOST/other")), false),
		after, stranger, behind,
		b("moved to itself", wire.FaultRedirectLoop, 302, 0, moved(302, "rtsp://HOST/live/main")),
		b("moved in a circle", wire.FaultRedirectLoop, 301, 1, func(c *conn, r *Request) bool {
			if strings.HasSuffix(r.URI, "/a") {
				return c.redirect(r, 301, "rtsp://HOST/live/main")
			}
			return c.redirect(r, 301, "rtsp://HOST/a")
		}),
		b("moved without end", wire.FaultRedirectLoop, 302, 3, step(302, -1)),
		b("moved to http", wire.FaultBadStatus, 302, 0, moved(302, "http://HOST/live/main")),
		b("moved to nonsense", wire.FaultBadStatus, 302, 0, moved(302, "rtsp://[::1/%zz")),
		b("moved to a proxy", wire.FaultBadStatus, 305, 0, moved(305, "rtsp://HOST/x")),
		b("moved to a closed port", wire.FaultRefused, 0, 1, moved(302, "rtsp://127.0.0.1:1/x")),
		b("moved to a name that does not resolve", wire.FaultNameNotFound, 0, 1, moved(302, "rtsp://"+strings.Repeat("x", 64)+".invalid/")),
		tlsToo(b("moved from rtsps to rtsp", wire.FaultBadStatus, 302, 0, moved(302, "rtsp://HOST/other")), true),
		b("moved to where nobody answers", wire.FaultTimeout, 0, 1, func(c *conn, r *Request) bool {
			if strings.HasSuffix(r.URI, "/x") {
				return c.hang()
			}
			return c.redirect(r, 302, "rtsp://HOST/x")
		}),
	}
}
