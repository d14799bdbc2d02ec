package probe

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Defaults and bounds of a Target.
const (
	DefaultWindow  = 2 * time.Second
	DefaultTimeout = 10 * time.Second
	MinWindow      = 100 * time.Millisecond // below it the pace cannot be judged
	MaxTimeout     = 5 * time.Minute
)

const (
	defaultPort  = "554" // RFC 2326 §3.2
	maxURL       = 2048
	maxUserBytes = 256
)

// Target is the camera to look at and how long that may take. Printing it in
// any way shows neither credentials nor path, because cameras have both.
type Target struct {
	// URL is rtsp://[user[:password]@]host[:port][/path][?query]. The port
	// defaults to 554.
	URL string
	// Username and Password are what the camera gets when it asks. If both are
	// empty those in the URL are used.
	Username string
	Password Secret
	// Window is the time for which the video is measured. It defaults to 2 s.
	Window time.Duration
	// Timeout is the deadline of the whole probe, Window included. It defaults
	// to 10 s.
	Timeout time.Duration
}

func (t Target) withDefaults() Target {
	if t.Window == 0 {
		t.Window = DefaultWindow
	}
	if t.Timeout == 0 {
		t.Timeout = DefaultTimeout
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
	case t.Timeout < 2*t.Window:
		return address{}, fmt.Errorf("timeout: %v is too short, at least twice the window (%v) is needed", t.Timeout, t.Window)
	}
	return a, nil
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
	case "rtsp":
	case "rtsps":
		return address{}, errors.New("rtsps (RTSP over TLS) is not supported, use rtsp")
	default:
		return address{}, errors.New("has another scheme than rtsp, " + form)
	}
	if u.Hostname() == "" || u.Opaque != "" {
		return address{}, errors.New("has no host, " + form)
	}
	a := address{host: u.Hostname(), port: u.Port()}
	if a.port == "" {
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
	if t.Username != "" || t.Password != "" || a.user != "" || a.pass != "" {
		return "rtsp://***@" + a.hostport()
	}
	return "rtsp://" + a.hostport()
}

// Format implements fmt.Formatter: every verb prints String.
func (t Target) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// MarshalText makes JSON and YAML show String.
func (t Target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue makes slog show String.
func (t Target) LogValue() slog.Value { return slog.StringValue(t.String()) }
