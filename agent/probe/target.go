package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// Defaults and bounds of a Target.
const (
	DefaultWindow  = 2 * time.Second
	DefaultTimeout = 10 * time.Second
	MinWindow      = 100 * time.Millisecond // below it the pace cannot be judged
	MaxTimeout     = 5 * time.Minute
)

const (
	defaultPort    = "554" // RFC 2326 §3.2
	defaultTLSPort = "322" // of rtsps, RFC 7826 §4.2
	maxURL         = 2048
	maxUserBytes   = 256
)

// Target is the camera to look at and how long that may take. Printing it in
// any way shows neither credentials nor path, because cameras have both.
type Target struct {
	// URL is rtsp://[user[:password]@]host[:port][/path][?query], or the same
	// with rtsps for RTSP over TLS. The port defaults to 554, with TLS to 322.
	URL string
	// Username and Password are what the camera gets when it asks. If both are
	// empty those in the URL are used.
	Username string
	Password Secret
	// Depth is how far up the ladder to climb. It defaults to Full.
	Depth Depth
	// Window is the time for which the video is measured; only Full has one. It
	// defaults to 2 s.
	Window time.Duration
	// Timeout is the deadline of the whole probe, Window included. It defaults
	// to 10 s.
	Timeout time.Duration

	// Transport is how the video is to come. It defaults to TransportAuto.
	Transport Transport
	// UDPPorts are the local ports on which video over UDP may come, for a
	// firewall that lets only some in. By default any free pair is taken.
	UDPPorts PortRange

	// Insecure believes any certificate of an rtsps camera, and allows what old
	// cameras still speak: TLS 1.0 and 1.1, and cipher suites without forward
	// secrecy. Whoever need not prove who he is can listen anyway, so these cost
	// nothing more. Without Insecure TLS 1.2 is the least.
	Insecure bool
	// RootCAs vouch for the certificate of an rtsps camera. It defaults to the
	// roots of the system.
	RootCAs *x509.CertPool
	// Now is the clock by which certificates are valid or not. It defaults to
	// time.Now; an agent that knows its clock to be wrong corrects it here.
	Now func() time.Time

	// Resolver looks host names up. It defaults to the resolver of the system.
	Resolver Resolver
}

// Resolver gives the addresses of a host name, for network "ip". *net.Resolver
// is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Depth is how far up the ladder a probe climbs.
type Depth uint8

// The depths.
const (
	Full  Depth = 0 // to RungFresh: there is video, and it moves
	Light Depth = 1 // to RungAuth: the camera describes its stream to who we are; no session is opened
	// Keyframe is to RungKeyframe: there is a picture that a decoder could start
	// with, its codec and its size are known, and the session ends at once. It
	// is the answer for somebody who stands at the camera and waits; whether the
	// picture moves, how fast and with what losses, only Full tells.
	Keyframe Depth = 2
)

func (d Depth) String() string {
	switch d {
	case Light:
		return "light"
	case Keyframe:
		return "keyframe"
	}
	return "full"
}

// top is the rung whose reaching is success.
func (d Depth) top() wire.Rung {
	switch d {
	case Light:
		return wire.RungAuth
	case Keyframe:
		return wire.RungKeyframe
	}
	return wire.RungFresh
}

// Transport is how RTP comes from the camera.
type Transport uint8

// The transports.
const (
	// TransportAuto is TCP, and UDP for a camera that refuses TCP (461, or a
	// UDP transport in its answer).
	TransportAuto Transport = 0
	TransportTCP  Transport = 1 // interleaved on the RTSP connection, RFC 2326 §10.12
	TransportUDP  Transport = 2 // unicast, RFC 2326 §12.39
)

func (t Transport) String() string {
	switch t {
	case TransportTCP:
		return "tcp"
	case TransportUDP:
		return "udp"
	}
	return "auto"
}

// PortRange is a range of local UDP ports, both ends included. RTP takes an
// even port and RTCP the odd one after it (RFC 3550 §11), so a range needs at
// least one such pair. The zero range is any port.
type PortRange struct{ First, Last uint16 }

// pairs gives the first even port and how many pairs there are.
func (r PortRange) pairs() (first, n int) {
	first = int(r.First) + int(r.First)%2
	return first, max(0, (int(r.Last)+1-first)/2)
}

func (r PortRange) validate() error {
	_, n := r.pairs()
	if r == (PortRange{}) || r.First > 0 && n > 0 {
		return nil
	}
	return fmt.Errorf("udp ports: %d to %d hold no even port with the odd one after it", r.First, r.Last)
}

func (t Target) withDefaults() Target {
	if t.Window == 0 {
		t.Window = DefaultWindow
	}
	if t.Timeout == 0 {
		t.Timeout = DefaultTimeout
	}
	if t.Now == nil {
		t.Now = time.Now
	}
	if t.Resolver == nil {
		t.Resolver = net.DefaultResolver
	}
	return t
}

// Validate returns an error that names the field and what would be right, or
// nil. It never quotes the URL, for it may hold a password.
func (t Target) Validate() error {
	_, err := t.withDefaults().address()
	return err
}

// address is a validated Target, taken apart.
type address struct {
	tls        bool
	host, port string
	url        string // of the request lines: without userinfo and fragment
	user, pass string
}

func (a address) hostport() string { return net.JoinHostPort(a.host, a.port) }

// address validates t, whose defaults must be filled in.
func (t Target) address() (address, error) {
	a, err := parseURL(t.URL)
	if err != nil {
		return address{}, fmt.Errorf("url: %w", err)
	}
	if t.Username != "" || t.Password != "" {
		a.user, a.pass = t.Username, string(t.Password)
	}
	switch {
	case len(a.user) > maxUserBytes || strings.ContainsFunc(a.user, isControl):
		return address{}, fmt.Errorf("username: must have at most %d bytes and no control characters", maxUserBytes)
	case len(a.pass) > maxUserBytes || strings.ContainsFunc(a.pass, isControl):
		return address{}, fmt.Errorf("password: must have at most %d bytes and no control characters", maxUserBytes)
	case t.Window < MinWindow:
		return address{}, fmt.Errorf("window: %v is too short, at least %v is needed", t.Window, MinWindow)
	case t.Timeout > MaxTimeout:
		return address{}, fmt.Errorf("timeout: %v is too long, at most %v is allowed", t.Timeout, MaxTimeout)
	case t.Depth > Keyframe:
		return address{}, fmt.Errorf("depth: %d is none, want Full, Light or Keyframe", t.Depth)
	case t.Transport > TransportUDP:
		return address{}, fmt.Errorf("transport: %d is none, want TransportAuto, TransportTCP or TransportUDP", t.Transport)
	case t.Depth != Full && t.Timeout < MinWindow:
		return address{}, fmt.Errorf("timeout: %v is too short, at least %v is needed", t.Timeout, MinWindow)
	case t.Depth == Full && t.Timeout < 2*t.Window:
		return address{}, fmt.Errorf("timeout: %v is too short, at least twice the window (%v) is needed", t.Timeout, t.Window)
	}
	return a, t.UDPPorts.validate()
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// parseURL does not wrap what package url says: its errors quote the URL.
func parseURL(s string) (address, error) {
	const form = "must have the form rtsp://host[:port]/path"
	if s == "" {
		return address{}, errors.New("is missing, " + form)
	}
	if len(s) > maxURL {
		return address{}, fmt.Errorf("has %d bytes, at most %d are allowed", len(s), maxURL)
	}
	u, err := url.Parse(s)
	if err != nil {
		return address{}, errors.New("cannot be read, " + form + "; in user name and password @ is written %40, # is %23, / is %2F and : is %3A, and % itself is %25")
	}
	switch u.Scheme {
	case "rtsp", "rtsps":
	default:
		return address{}, errors.New("has another scheme than rtsp and rtsps, " + form)
	}
	if u.Hostname() == "" || u.Opaque != "" {
		return address{}, errors.New("has no host, " + form)
	}
	a := address{host: u.Hostname(), port: u.Port(), tls: u.Scheme == "rtsps"}
	switch {
	case a.port != "":
	case a.tls:
		a.port = defaultTLSPort
	default:
		a.port = defaultPort
	}
	if n, err := strconv.ParseUint(a.port, 10, 16); err != nil || n == 0 {
		return address{}, errors.New("has a port that is not 1 to 65535")
	}
	if u.User != nil {
		a.user = u.User.Username()
		a.pass, _ = u.User.Password()
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if ip, err := netip.ParseAddr(a.host); err == nil && ip.Zone() != "" {
		u.Host = a.hostport() // the zone is ours, not the camera's
		u.Host = strings.Replace(u.Host, "%"+ip.Zone(), "", 1)
	}
	a.url = u.String()
	if !printable(a.url) {
		return address{}, errors.New("has characters that must be written as %XX")
	}
	return a, nil
}

// printable says whether s can stand in a request line: visible ASCII only.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != ""
}

// String gives the camera's host and port and whether there are credentials.
func (t Target) String() string {
	a, err := parseURL(t.URL)
	if err != nil {
		return "camera with an invalid url"
	}
	scheme := "rtsp://"
	if a.tls {
		scheme = "rtsps://"
	}
	if t.Username != "" || t.Password != "" || a.user != "" || a.pass != "" {
		return scheme + "***@" + a.hostport()
	}
	return scheme + a.hostport()
}

// Format implements fmt.Formatter: every verb prints String.
func (t Target) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// MarshalText makes JSON and YAML show String.
func (t Target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue makes slog show String.
func (t Target) LogValue() slog.Value { return slog.StringValue(t.String()) }
