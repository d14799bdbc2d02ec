package probe

import (
	"context"
	"net/url"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// maxRedirects bounds the redirects that one probe follows.
const maxRedirects = 3

// redirects says whether m sends us elsewhere (RFC 2326 §11.3, RFC 7826
// §17.4). 305 does not: nobody but the technician decides on a proxy.
func redirects(m *message) bool {
	switch m.status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// follow ends the connection and opens one to where m leads, even on the same
// host, for many servers close after a redirect. The credentials are for the
// host that was configured: every port of it gets them, another host never.
func (c *climber) follow(ctx context.Context, m *message) *fall {
	at := func(f *fall) *fall {
		f.err = fell(f.fault, "redirected to %q: %w", clip(c.addr.hostport()), f.err).err
		return f
	}
	a, f := c.leadsTo(m)
	if f != nil {
		f.status = m.status
		return f
	}
	c.res.Redirects++
	c.close(ctx)
	c.session, c.addr = nil, a
	if f := c.resolve(ctx); f != nil {
		return at(f)
	}
	if f := c.connect(ctx); f != nil {
		return at(f)
	}
	if c.addr.tls {
		if f := c.secure(ctx); f != nil {
			return at(f)
		}
	}
	return nil
}

// leadsTo judges a redirect. Its falls name no more of the new address than
// host and port.
func (c *climber) leadsTo(m *message) (address, *fall) {
	location := m.header.get("Location")
	if location == "" {
		return address{}, fell(wire.FaultBadStatus, "DESCRIBE: the camera answers %d without saying where to", m.status)
	}
	a, err := parseURL(c.absolute(location))
	switch {
	case err != nil:
		return address{}, fell(wire.FaultBadStatus, "DESCRIBE: the camera redirects to an address that %w", err)
	case c.addr.tls && !a.tls:
		return address{}, fell(wire.FaultBadStatus, "DESCRIBE: the camera redirects from rtsps to rtsp, where everybody can listen")
	}
	c.visited = append(c.visited, c.addr.url)
	for _, u := range c.visited {
		if sameURL(u, a.url) {
			return address{}, fell(wire.FaultRedirectLoop, "DESCRIBE: the camera redirects back to %q", clip(a.hostport()))
		}
	}
	if len(c.visited) > maxRedirects {
		return address{}, fell(wire.FaultRedirectLoop, "DESCRIBE: the camera redirects more than %d times", maxRedirects)
	}
	a.user, a.pass = "", "" // whatever the redirect says of them
	if strings.EqualFold(a.host, c.origin.host) {
		a.user, a.pass = c.origin.user, c.origin.pass
	}
	return a, nil
}

// absolute resolves a Location against the URL that was asked for. It must be
// absolute, but then so must that of HTTP, and servers differ.
func (c *climber) absolute(location string) string {
	base, err := url.Parse(c.addr.url)
	if err != nil || len(location) > maxURL {
		return location
	}
	u, err := base.Parse(location)
	if err != nil {
		return location
	}
	return u.String()
}

// sameURL says whether two request URLs are one, but for what no server tells
// apart: the default port, and how scheme and host are written.
func sameURL(a, b string) bool {
	x, errX := parseURL(a)
	y, errY := parseURL(b)
	if errX != nil || errY != nil {
		return a == b
	}
	return x.tls == y.tls && x.port == y.port && strings.EqualFold(x.host, y.host) && path(x.url) == path(y.url)
}

// path gives what follows the host in a URL, path and query.
func path(s string) string {
	_, rest, _ := strings.Cut(s, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		return rest[i:]
	}
	return ""
}
