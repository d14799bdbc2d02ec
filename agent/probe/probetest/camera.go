// Package probetest has a scripted RTSP camera for tests, good and bad. Every
// Mode is one camera and tells what a probe must find. A camera listens on a
// port of 127.0.0.1 that the system chooses, speaks RTSP by its own code, and
// sends a stream whose parameter sets are valid and whose pictures are filler.
package probetest

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Request is what a camera was asked, as it came.
type Request struct {
	Method, URI string
	// Header has the fields by lower-case name.
	Header map[string]string
}

// Camera is a running camera.
type Camera struct {
	mode Mode
	ln   net.Listener
	addr string
	tls  *identity // nil without TLS
	wg   sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	conns    map[net.Conn]struct{}
	total    int
	requests []Request
}

// Start lets a camera of mode m listen.
func Start(m Mode) (*Camera, error) {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("camera %s: %w", m.Name, err)
	}
	c := &Camera{mode: m, ln: ln, addr: ln.Addr().String(), conns: map[net.Conn]struct{}{}}
	if m.script.tls != nil {
		if c.tls, err = newIdentity(m.script.tls); err != nil {
			_ = ln.Close()
			return nil, fmt.Errorf("camera %s: %w", m.Name, err)
		}
	}
	if m.script.deaf {
		return c, ln.Close()
	}
	c.wg.Go(c.accept)
	return c, nil
}

// URL is the address to probe, with the credentials that the mode wants used.
func (c *Camera) URL() string {
	host := c.addr
	if c.mode.script.host != "" {
		host = c.mode.script.host
	}
	scheme := "rtsp"
	if c.mode.TLS {
		scheme = "rtsps"
	}
	u := url.URL{Scheme: scheme, Host: host, Path: "/live/main"}
	if c.mode.Username != "" {
		u.User = url.UserPassword(c.mode.Username, c.mode.Password)
	}
	return u.String()
}

// RootCAs has who vouches for the camera's certificate, nil without TLS or if
// nobody does.
func (c *Camera) RootCAs() *x509.CertPool {
	if c.tls == nil {
		return nil
	}
	return c.tls.roots
}

// CA is RootCAs as PEM, for a probe in another process.
func (c *Camera) CA() []byte {
	if c.tls == nil {
		return nil
	}
	return c.tls.pem
}

// Close ends all connections and waits until everything is still.
func (c *Camera) Close() {
	_ = c.ln.Close()
	c.mu.Lock()
	c.closed = true
	for conn := range c.conns {
		_ = conn.Close()
	}
	c.mu.Unlock()
	c.wg.Wait()
}

// Wait waits until every connection was closed by the other side. It needs the
// probe to have returned.
func (c *Camera) Wait() {
	_ = c.ln.Close()
	c.wg.Wait()
}

// Requests gives what the camera was asked so far, in order.
func (c *Camera) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}

// Connections is how many connections were accepted so far.
func (c *Camera) Connections() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

func (c *Camera) accept() {
	for {
		nc, err := c.ln.Accept()
		if err != nil {
			return
		}
		c.mu.Lock()
		if c.closed {
			_ = nc.Close()
		} else {
			c.conns[nc] = struct{}{}
			c.total++
		}
		c.mu.Unlock()
		c.wg.Go(func() {
			k := &conn{Conn: nc, raw: nc, cam: c, r: bufio.NewReader(nc), done: make(chan struct{})}
			k.serve()
			c.mu.Lock()
			delete(c.conns, nc)
			c.mu.Unlock()
		})
	}
}

// conn is one connection to a camera.
type conn struct {
	net.Conn
	raw  net.Conn
	cam  *Camera
	udp  *udpSide // nil unless SETUP was for UDP
	r    *bufio.Reader
	wmu  sync.Mutex // the stream and the answers share the connection
	wg   sync.WaitGroup
	done chan struct{} // closed when the conversation ended

	challenges int
}

func (c *conn) serve() {
	defer func() {
		close(c.done)
		_ = c.raw.Close()
		c.udp.close()
		c.wg.Wait()
	}()
	s := &c.cam.mode.script
	if s.greet != nil && !s.greet(c) {
		return
	}
	if s.tls != nil && !c.handshake() {
		return
	}
	for {
		r, err := c.read()
		if err != nil {
			return
		}
		c.cam.mu.Lock()
		c.cam.requests = append(c.cam.requests, *r)
		c.cam.mu.Unlock()
		if h := s.on[r.Method]; h != nil {
			if !h(c, r) {
				return
			}
			continue
		}
		if !c.standard(r) {
			return
		}
	}
}

// read reads a request. Answers to requests of ours are passed over.
func (c *conn) read() (*Request, error) {
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		f := strings.Fields(line)
		if len(f) < 2 {
			return nil, errors.New("not a request")
		}
		r := &Request{Method: f[0], URI: f[1], Header: map[string]string{}}
		for {
			line, err := c.r.ReadString('\n')
			if err != nil {
				return nil, err
			}
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			name, v, _ := strings.Cut(line, ":")
			r.Header[strings.ToLower(name)] = strings.TrimSpace(v)
		}
		if !strings.HasPrefix(r.Method, "RTSP/") {
			return r, nil
		}
		c.cam.mu.Lock()
		c.cam.requests = append(c.cam.requests, *r)
		c.cam.mu.Unlock()
	}
}

// write writes at once what it is given.
func (c *conn) write(b []byte) error {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	if c.udp != nil && len(b) > 4 && b[0] == '$' { // what would be interleaved
		return c.udp.send(b[1], b[4:])
	}
	_, err := c.Write(b)
	return err
}

// send writes s. It is a handler's end: it says whether to go on.
func (c *conn) send(s string) bool { return c.write([]byte(s)) == nil }

// reply answers r. Header lines are given whole.
func (c *conn) reply(r *Request, status int, reason string, header []string, body string) bool {
	return c.send(response(r, status, reason, header, body))
}

func response(r *Request, status int, reason string, header []string, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "RTSP/1.0 %d %s\r\nCSeq: %s\r\n", status, reason, r.Header["cseq"])
	for _, h := range header {
		b.WriteString(h + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	return b.String() + "\r\n" + body
}

// hang says nothing until the other side closes.
func (c *conn) hang() bool {
	_, _ = io.Copy(io.Discard, c.r)
	return false
}

// reset closes with RST.
func (c *conn) reset() bool {
	if t, ok := c.raw.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.raw.Close()
	return false
}

// standard answers as a camera should.
func (c *conn) standard(r *Request) bool {
	s := &c.cam.mode.script
	if s.auth != nil && r.Method != "OPTIONS" && !s.auth.granted(r) {
		c.challenges++
		return c.reply(r, 401, "Unauthorized", s.auth.challenge(r), "")
	}
	switch r.Method {
	case "OPTIONS":
		return c.reply(r, 200, "OK", []string{"Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"}, "")
	case "DESCRIBE":
		base := "Content-Base: rtsp://" + c.cam.addr + "/live/main/"
		return c.reply(r, 200, "OK", []string{base, "Content-Type: application/sdp"}, s.description())
	case "SETUP":
		ch := s.stream.channel
		if strings.Contains(r.Header["transport"], "client_port") {
			return c.setupUDP(r)
		}
		if s.udp.only {
			return c.reply(r, 461, "Unsupported Transport", nil, "")
		}
		return c.reply(r, 200, "OK", []string{s.session(),
			fmt.Sprintf("Transport: RTP/AVP/TCP;unicast;interleaved=%d-%d;ssrc=FEEDCAFE", ch, ch+1)}, "")
	case "PLAY":
		if !c.reply(r, 200, "OK", []string{"Session: 4711", "RTP-Info: url=trackID=0;seq=1"}, "") {
			return false
		}
		c.stream()
		return true
	case "GET_PARAMETER":
		return c.reply(r, 200, "OK", nil, "")
	case "TEARDOWN":
		c.reply(r, 200, "OK", nil, "")
		return false
	}
	return c.reply(r, 501, "Not Implemented", nil, "")
}

// stream starts to send the video.
func (c *conn) stream() {
	s := c.cam.mode.script.stream
	c.wg.Go(func() { s.play(c) })
}
