package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// maxAddrs bounds how many addresses of one name are tried.
const maxAddrs = 4

// resolve gives the addresses of the host, which is a name or an address.
func (c *climber) resolve(ctx context.Context) *fall {
	if ip, err := netip.ParseAddr(c.addr.host); err == nil {
		c.ips = []netip.Addr{ip}
		return nil
	}
	ctx, cancel := context.WithDeadline(ctx, c.climbBy)
	defer cancel()
	ips, err := c.target.Resolver.LookupNetIP(ctx, "ip", c.addr.host)
	if err == nil && len(ips) > 0 {
		c.ips = inTurn(ips)
		return nil
	}
	// The error of a look-up quotes the name servers; its class is enough.
	var de *net.DNSError
	if ctx.Err() != nil || errors.As(err, &de) && de.IsTimeout && !de.IsNotFound {
		return fell(wire.FaultTimeout, "resolve %q: no answer in time", clip(c.addr.host))
	}
	return fell(wire.FaultNameNotFound, "resolve %q: no such host", clip(c.addr.host))
}

// inTurn gives the addresses in the order in which they are tried: as the
// resolver prefers them (RFC 6724), but IPv6 and IPv4 in turn (RFC 8305 §4), so
// that a family without a route costs one try and not all.
func inTurn(ips []netip.Addr) []netip.Addr {
	var first, other, out []netip.Addr
	for _, ip := range ips {
		ip = ip.Unmap()
		switch {
		case slices.Contains(first, ip), slices.Contains(other, ip):
		case len(first) == 0 || first[0].Is4() == ip.Is4():
			first = append(first, ip)
		default:
			other = append(other, ip)
		}
	}
	for i := range max(len(first), len(other)) {
		if i < len(first) {
			out = append(out, first[i])
		}
		if i < len(other) {
			out = append(out, other[i])
		}
	}
	return out[:min(len(out), maxAddrs)]
}

// connect tries the addresses one after the other: a camera has few sessions,
// so never two at a time as RFC 8305 would. Each gets an equal share of the
// time that is left, so that a dead first one does not starve the others. If
// none answers, the fault is that which tells most.
func (c *climber) connect(ctx context.Context) *fall {
	var worst *fall
	for i, ip := range c.ips {
		left := time.Until(c.climbBy) / time.Duration(len(c.ips)-i)
		// Nothing lives long enough for TCP's keep-alive, and there is one address.
		d := net.Dialer{KeepAlive: -1, FallbackDelay: -1}
		conn, err := d.DialContext(bounded{ctx, time.Now().Add(max(left, time.Millisecond))}, "tcp", net.JoinHostPort(ip.String(), c.addr.port))
		if err == nil {
			if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
				c.res.Address = a.AddrPort()
			}
			c.attach(ctx, conn)
			return nil
		}
		if f := connectFall(err); worst == nil || telling(f) > telling(worst) {
			worst = f
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(c.ips) > 1 {
		worst.err = fell(worst.fault, "%d addresses, none answers: %w", len(c.ips), worst.err).err
	}
	return worst
}

// bounded is a context with a deadline that it leaves to others to keep:
// net.Dialer sets it on the socket. So it needs no timer.
type bounded struct {
	context.Context // it is one
	by              time.Time
}

// Deadline implements context.Context.
func (b bounded) Deadline() (time.Time, bool) {
	if by, ok := b.Context.Deadline(); ok && by.Before(b.by) {
		return by, true
	}
	return b.by, true
}

// telling ranks what a try to connect says of the camera: one that refuses is
// there, one that is silent may be, and without a route nothing is known.
func telling(f *fall) int {
	switch f.fault {
	case wire.FaultRefused:
		return 3
	case wire.FaultClosed:
		return 2
	case wire.FaultTimeout:
		return 1
	}
	return 0
}
