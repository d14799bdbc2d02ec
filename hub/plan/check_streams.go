package plan

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Bounds of the time between two probes, seconds: an agent waits 10 seconds for
// a camera, and looks once an hour at least.
const leastInterval, mostInterval = 10, 3600

// checkStream looks at what is expected of a camera's stream, and where it is.
func (s spot) checkStream(c *Camera) {
	s.checkWord("codec", c.Codec, "codec", false)
	s.checkRange("keyframe_gap", c.KeyframeGap, 0, maxGap, " seconds")
	if c.Interval != 0 {
		s.checkRange("interval", c.Interval, leastInterval, mostInterval, " seconds")
	}
	s.checkWord("depth", c.Depth, "depth", false)
	s.checkWord("transport", c.Transport, "transport", false)
	address := c.Address.Reveal()
	if address == "" {
		return
	}
	// The address may hold a password, so no fault quotes it.
	const want = "write rtsp://host:port/path or rtsps://host:port/path, without user name and password"
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > maxText || u.Host == "" || u.Scheme != "rtsp" && u.Scheme != "rtsps":
		s.fault("address", "not the address of a stream", want)
	case u.User != nil:
		s.fault("address", "holds a user name or password", "leave it out: enter it with phukin-hub camera credentials set, or in the agent's configuration")
	}
}

// checkAddresses finds cameras that would be watched by one stream.
func (d *draft) checkAddresses() {
	seen := map[string]*Camera{}
	for i := range d.plan.Cameras {
		c := &d.plan.Cameras[i]
		s := d.at(Cameras, i, c.Code)
		key := c.Stream()
		if key == "" || !s.sound("address", "accepted", "retired") {
			continue
		}
		other := seen[key]
		if other != nil && c.Together(other) {
			s.fault("address", "the same stream as "+quote(other.Code), "give each camera a stream of its own, or the day on which the other was retired")
			continue
		}
		seen[key] = c
	}
}

// Stream gives what the addresses of one stream have in common however they are
// spelt. An address of a private network means another stream behind each
// agent. It is as little for everybody's eyes as the address, and empty without
// one.
func (c *Camera) Stream() string {
	u, err := url.Parse(c.Address.Reveal())
	if err != nil || u.Host == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"rtsp": "554", "rtsps": "322"}[u.Scheme]
	}
	key := net.JoinHostPort(strings.ToLower(u.Hostname()), port) + strings.TrimSuffix(u.EscapedPath(), "/") + "?" + u.RawQuery
	if isPrivate(u.Hostname()) {
		key = c.Agent + " " + key
	}
	return key
}

// isPrivate says whether a host is another one in each network: by RFC 1918,
// RFC 4193, RFC 3927, RFC 6762, or by a name without a domain.
func isPrivate(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return !strings.Contains(host, ".") || strings.HasSuffix(strings.ToLower(host), ".local")
	}
	ip = ip.Unmap()
	return ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLoopback()
}

// Together says whether two cameras may be in their place on one day.
func (a *Camera) Together(b *Camera) bool {
	before := func(x, y *Camera) bool {
		return !x.Retired.IsZero() && !y.Installed.IsZero() && x.Retired <= y.Installed
	}
	return !before(a, b) && !before(b, a)
}
