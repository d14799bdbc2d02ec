// Package peers lets a probe look at RTSP servers that nobody here wrote:
// GStreamer, gortsplib, VLC, and ffmpeg's encoders behind gortsplib.
//
// Cases is the table servers × codec × authentication × transport, each line
// with what a probe must find. deploy/e2e runs it as a test and `make
// probe-matrix` prints it, so that both say the same.
//
// Start runs one server on free ports of 127.0.0.1, or gives a *MissingError
// that names the package to install. Close ends what was started and waits for
// it. Pictures are synthetic, drawn by the servers' own test sources.
package peers

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net/url"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// What the servers that ask for a password accept. There is no colon in it:
// gortsplib v4.12.3 refuses Basic with one (probetest has such a password).
const (
	User     = "viewer"
	Password = "p@ss w/rd"
)

// Window and Timeout are those of the cases' probes. Encoders need a moment
// before their first picture.
const (
	Window  = 1500 * time.Millisecond
	Timeout = 12 * time.Second
)

// MissingError says that a server is not installed.
type MissingError struct{ What, Install string }

func (e *MissingError) Error() string {
	return e.What + " is missing; mend it with: " + e.Install
}

// Server names a server of the table.
type Server string

// The servers.
const (
	GStreamer Server = "GStreamer"
	Gortsplib Server = "gortsplib"
	FFmpeg    Server = "ffmpeg→gortsplib"
	VLC       Server = "VLC"
)

// Servers lists them in the order of the table.
func Servers() []Server { return []Server{GStreamer, Gortsplib, FFmpeg, VLC} }

// Running is a server that runs.
type Running struct {
	ports map[string]string // by the name of its way to be asked
	certs *certificates     // nil without TLS
	stop  []func()
}

// Close ends the server and waits for it.
func (r *Running) Close() {
	for i := len(r.stop) - 1; i >= 0; i-- {
		r.stop[i]()
	}
	r.stop = nil
}

// CAFile is a PEM file with the certificate of the name "good", "expired" or
// "other", for a configuration file.
func (r *Running) CAFile(name string) string { return r.certs.file(name) }

// Start runs a server. It is ready when Start returns.
func Start(ctx context.Context, s Server) (*Running, error) {
	r := &Running{ports: map[string]string{}}
	var err error
	switch s {
	case GStreamer:
		err = r.startGStreamer(ctx)
	case Gortsplib:
		err = r.startGortsplib()
	case FFmpeg:
		err = r.startFFmpeg(ctx)
	case VLC:
		err = r.startVLC(ctx)
	default:
		err = errors.New("no such server")
	}
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("start %s: %w", s, err)
	}
	return r, nil
}

// Case is a line of the table: how a server is asked, and what a probe must
// find.
type Case struct {
	Server    Server
	Codec     string // as the table calls it
	Auth      string
	Transport string // of the video, with "tls" for rtsps

	// Fault and FellOn are what the probe must report; zero for success.
	Fault  wire.Fault
	FellOn wire.Rung
	// Video is what it must measure, for success.
	Video Video

	port     string // of Running
	path     string
	login    login
	udp      probe.Transport
	ca       string // name of the certificate to trust
	insecure bool
	tls      bool
}

// Video is what a stream shows.
type Video struct {
	Codec         wire.Codec
	Width, Height int
	FrameRate     float64
}

type login uint8

const (
	noLogin login = iota
	rightLogin
	wrongLogin
)

// Name tells the cases apart.
func (c *Case) Name() string {
	return fmt.Sprintf("%s, %s, auth %s, %s", c.Server, c.Codec, c.Auth, c.Transport)
}

// Credentials gives the user name and password of the case.
func (c *Case) Credentials() (user, password string) {
	switch c.login {
	case rightLogin:
		return User, Password
	case wrongLogin:
		return User, "wrong"
	}
	return "", ""
}

// URL is the stream's address, with the credentials if withLogin.
func (c *Case) URL(r *Running, withLogin bool) string {
	u := url.URL{Scheme: "rtsp", Host: "127.0.0.1:" + r.ports[c.port], Path: c.path}
	if c.tls {
		u.Scheme = "rtsps"
	}
	if user, password := c.Credentials(); withLogin && user != "" {
		u.User = url.UserPassword(user, password)
	}
	return u.String()
}

// Settings are the keys that the case needs in an agent's configuration.
func (c *Case) Settings(r *Running) map[string]string {
	m := map[string]string{"url": c.URL(r, false)}
	if user, password := c.Credentials(); user != "" {
		m["username"], m["password"] = user, password
	}
	if c.ca != "" {
		m["ca_file"] = r.CAFile(c.ca)
	}
	if c.insecure {
		m["insecure"] = "true"
	}
	if c.udp == probe.TransportUDP {
		m["transport"] = "udp"
	}
	return m
}

// Target is what a probe is told.
func (c *Case) Target(r *Running) probe.Target {
	t := probe.Target{URL: c.URL(r, false), Window: Window, Timeout: Timeout, Transport: c.udp, Insecure: c.insecure}
	user, password := c.Credentials()
	t.Username, t.Password = user, probe.Secret(password)
	if c.ca != "" {
		t.RootCAs = x509.NewCertPool()
		t.RootCAs.AppendCertsFromPEM(r.certs.pem(c.ca))
	}
	return t
}

// Differs says in what a result is not what the case expects; nil when it is.
func (c *Case) Differs(res *probe.Result) error {
	switch {
	case res.Fault != c.Fault || res.FellOn != c.FellOn:
		return fmt.Errorf("%s on %s, want %s on %s: %w", orOK(res.Fault), res.FellOn, orOK(c.Fault), c.FellOn, orNone(res.Err))
	case c.Fault != wire.FaultNone:
		return nil
	case !res.OK():
		return fmt.Errorf("reached %s only: %w", res.Reached, orNone(res.Err))
	case res.Codec != c.Video.Codec || res.Width != c.Video.Width || res.Height != c.Video.Height:
		return fmt.Errorf("%s %d×%d, want %s %d×%d", res.Codec, res.Width, res.Height, c.Video.Codec, c.Video.Width, c.Video.Height)
	case math.Abs(res.FrameRate-c.Video.FrameRate) > 0.15*c.Video.FrameRate:
		return fmt.Errorf("%.1f frames per second, want %.0f", res.FrameRate, c.Video.FrameRate)
	case res.AuthAsked != (c.Auth != "none"):
		return fmt.Errorf("authentication was asked for: %t", res.AuthAsked)
	case res.TimestampFaults != 0 || res.SuspectStatic || res.SequenceRestarts != 0:
		return fmt.Errorf("%d timestamp faults, %d sequence restarts, static %t in a picture that moves", res.TimestampFaults, res.SequenceRestarts, res.SuspectStatic)
	case res.Loss != 0:
		return fmt.Errorf("%.2f %% lost on loopback", 100*res.Loss)
	}
	return nil
}

func orOK(f wire.Fault) string {
	if f == wire.FaultNone {
		return "ok"
	}
	return f.String()
}

func orNone(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}
