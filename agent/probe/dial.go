package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
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
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", c.addr.host)
	if err == nil && len(ips) > 0 {
		c.ips = ips[:min(len(ips), maxAddrs)]
		return nil
	}
	// The error of a look-up quotes the name servers; its class is enough.
	var de *net.DNSError
	if ctx.Err() != nil || errors.As(err, &de) && de.IsTimeout && !de.IsNotFound {
		return fell(wire.FaultTimeout, "resolve %q: no answer in time", clip(c.addr.host))
	}
	return fell(wire.FaultNameNotFound, "resolve %q: no such host", clip(c.addr.host))
}

// connect tries the addresses in turn; each gets an equal share of the time
// that is left, so that a dead first one does not starve the others.
func (c *climber) connect(ctx context.Context) *fall {
	var err error
	for i, ip := range c.ips {
		left := time.Until(c.climbBy) / time.Duration(len(c.ips)-i)
		d := net.Dialer{Timeout: max(left, time.Millisecond)}
		var conn net.Conn
		conn, err = d.DialContext(ctx, "tcp", net.JoinHostPort(ip.String(), c.addr.port))
		if err == nil {
			c.attach(ctx, conn)
			return nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return connectFall(err)
}
