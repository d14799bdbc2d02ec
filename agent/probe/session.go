package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// Bounds of a conversation.
const (
	maxStray    = 32 // messages that answer nothing we asked, in one probe
	graceTime   = 5 * time.Millisecond
	goodbyeTime = 80 * time.Millisecond
	userAgent   = "phukin-agent"
)

// session is the conversation on one connection.
type session struct {
	raw   net.Conn // TCP
	conn  net.Conn // the same, or TLS over it
	in    *framer
	auth  authenticator
	cseq  int
	id    string // of the RTSP session, "" before SETUP
	stray int

	strange bool // an answer to something else came last

	channels *channels  // nil before SETUP was answered, and over UDP
	udp      *datagrams // nil if the video does not come over UDP
	by       time.Time  // deadline of event over UDP
	video    func(now time.Time, packet []byte)
	reports  func(now time.Time, packet []byte) // takes RTCP, may be nil

	at     time.Time // when the last event was, while the session is kept alive
	public string    // the methods that OPTIONS named
	alive  keepAlive

	mayPlay   bool   // SETUP was sent: the camera may hold resources for us
	aggregate string // URL of the whole presentation, for PLAY and TEARDOWN
	broken    bool   // the connection cannot be read any more

	stopWatch func() bool
	watched   sync.WaitGroup // what stopWatch could not stop any more
}

// attach takes over a connection. It is cut off when ctx ends.
func (c *climber) attach(ctx context.Context, conn net.Conn) {
	s := &session{raw: conn}
	s.auth = authenticator{user: c.addr.user, pass: c.addr.pass}
	s.auth.withheld = s.auth.user == "" && s.auth.pass == "" && (c.origin.user != "" || c.origin.pass != "")
	s.speak(conn)
	_ = conn.SetDeadline(c.climbBy)
	s.watched.Add(1)
	s.stopWatch = context.AfterFunc(ctx, func() {
		defer s.watched.Done()
		_ = conn.SetDeadline(time.Unix(1, 0))
	})
	c.session = s
}

// speak makes conn what is read and written.
func (s *session) speak(conn net.Conn) {
	s.conn = conn
	if s.in != nil {
		s.in.release()
	}
	s.in = newFramer(conn, func(ch byte) bool { return s.channels != nil && s.channels.has(ch) })
}

// secure goes on over TLS.
func (s *session) secure(conn *tls.Conn) { s.speak(conn) }

// close says goodbye if there is anything to end, and closes the connection.
func (c *climber) close(ctx context.Context) {
	s := c.session
	if s == nil {
		return
	}
	if !s.stopWatch() {
		s.watched.Wait()
	}
	if s.mayPlay {
		s.teardown(ctx.Err() == nil, c.endBy)
	}
	// Over TLS too: to close that would first write, for up to 5 s.
	_ = s.raw.Close()
	if s.udp != nil {
		s.udp.close()
	}
	s.in.release()
}

// teardown frees the camera's session. Closing with unread video in our socket
// resets the connection, which may outrun the request; so it waits a moment
// for the answer.
func (s *session) teardown(wait bool, endBy time.Time) {
	by := time.Now().Add(goodbyeTime)
	if wait && endBy.After(by) {
		by = endBy
		if most := time.Now().Add(5 * goodbyeTime); by.After(most) {
			by = most
		}
	}
	_ = s.conn.SetDeadline(by)
	s.by, s.alive.every = by, 0
	s.video, s.reports = nil, nil // what still comes is not measured
	s.auth.begin()
	for {
		if err := s.send("TEARDOWN", s.aggregate, nil); err != nil || !wait || s.broken {
			return
		}
		m := s.farewell()
		// A nonce that ran out must not cost the camera a session.
		if m == nil || m.status != 401 || s.auth.take(m.header) != nil {
			return
		}
	}
}

// farewell waits for the answer to TEARDOWN.
func (s *session) farewell() *message {
	for {
		m, err := s.event()
		if err != nil {
			return nil
		}
		if m == nil || m.status < 200 {
			continue
		}
		if v := m.header.get("CSeq"); v == "" || v == strconv.Itoa(s.cseq) {
			return m
		}
	}
}

// readBy sets the deadline of reading, unless ctx has ended: the one that was
// then set must not be overwritten.
func (s *session) readBy(ctx context.Context, t time.Time) {
	if s.overUDP() { // the connection's own deadline belongs to datagrams.control
		if s.by = t; ctx.Err() != nil {
			s.by = time.Unix(1, 0)
		}
		return
	}
	_ = s.conn.SetReadDeadline(t)
	if ctx.Err() != nil {
		_ = s.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

func (s *session) send(method, uri string, extra header) error {
	s.cseq++
	b := append(append(append(s.in.out[:0], method...), ' '), uri...)
	b = append(b, " RTSP/1.0\r\nCSeq: "...)
	b = strconv.AppendInt(b, int64(s.cseq), 10)
	b = append(b, "\r\nUser-Agent: "+userAgent+"\r\n"...)
	if s.id != "" {
		b = appendField(b, "Session", s.id)
	}
	if s.auth.current != nil {
		b = s.auth.credentials(append(b, "Authorization: "...), method, uri)
		b = append(b, "\r\n"...)
	}
	for _, f := range extra {
		b = appendField(b, f.name, f.value)
	}
	s.in.out = append(b, "\r\n"...)
	_, err := s.conn.Write(s.in.out)
	return err
}

// request sends a request and gives its answer, whatever status it has but
// 401: that is answered, or is the fall.
func (s *session) request(method, uri string, extra header) (*message, *fall) {
	s.auth.begin()
	m, f := s.exchange(method, uri, extra)
	if f != nil {
		return nil, f
	}
	return s.authenticate(method, uri, extra, m)
}

// authenticate repeats a request until it is answered with another status
// than 401 or there is no use in it.
func (s *session) authenticate(method, uri string, extra header, m *message) (*message, *fall) {
	for m.status == 401 {
		f := s.auth.take(m.header)
		if f == nil {
			m, f = s.exchange(method, uri, extra)
		}
		if f != nil {
			return nil, f
		}
	}
	return m, nil
}

// exchange sends a request and waits for its answer.
func (s *session) exchange(method, uri string, extra header) (*message, *fall) {
	if err := s.send(method, uri, extra); err != nil {
		return nil, s.lost(method, err)
	}
	for {
		m, err := s.event()
		if err != nil {
			return nil, s.lost(method, err)
		}
		if m == nil || m.status < 200 { // a packet, a request, or 1xx: the answer is still to come
			continue
		}
		// Cameras without CSeq exist; an answer with another one is late or wrong.
		if v := m.header.get("CSeq"); v == "" || v == strconv.Itoa(s.cseq) {
			s.strange = false
			return m, nil
		}
		s.strange = true
	}
}

// overUDP says whether events come from datagrams.
func (s *session) overUDP() bool { return s.udp != nil && s.udp.started }

// event reads one packet or message. It gives packets of the video to video,
// reports on them to reports, and answers requests of the camera; for all of
// them it returns nil.
func (s *session) event() (*message, error) {
	if s.overUDP() {
		e, err := s.udp.next(s.by)
		switch {
		case err != nil:
			return nil, err
		case e.kind == eventRTP:
			s.take(s.video, e.at, e.packet)
			return nil, nil
		case e.kind == eventRTCP:
			s.take(s.reports, e.at, e.packet)
			return nil, nil
		}
		return s.message(e.m)
	}
	p, m, err := s.in.next()
	if err != nil {
		return nil, err
	}
	if m != nil {
		return s.message(m)
	}
	switch {
	case s.channels == nil:
	case p.channel == s.channels.rtp:
		s.take(s.video, time.Now(), p.payload)
	case p.channel == s.channels.rtcp:
		s.take(s.reports, time.Now(), p.payload)
	}
	return nil, nil
}

func (s *session) take(to func(time.Time, []byte), at time.Time, packet []byte) {
	if s.at = at; to != nil {
		to(at, packet)
	}
}

// message answers a request of the camera and gives any other message.
func (s *session) message(m *message) (*message, error) {
	if s.alive.every != 0 {
		s.at = time.Now()
	}
	if s.stray++; s.stray > maxStray {
		return nil, malformed("more than %d messages", maxStray)
	}
	if m.status == 0 {
		b := appendField(append(s.in.out[:0], "RTSP/1.0 501 Not Implemented\r\n"...), "CSeq", clip(m.header.get("CSeq")))
		s.in.out = append(b, "\r\n"...)
		_, err := s.conn.Write(s.in.out)
		return nil, err
	}
	return m, nil
}

// lost gives up reading and gives the fall for an error of the connection. Silence, or a closed
// connection, after bytes that made no sense is the fault of those bytes.
func (s *session) lost(what string, err error) *fall {
	f := ioFall(what, err)
	s.broken = true
	if (s.in.lost.Load() || s.strange) && f.fault != wire.FaultMalformed {
		f.fault = wire.FaultMalformed
		f.err = fmt.Errorf("%w, after bytes that are no answer to it", f.err)
	}
	return f
}

// peer is the address of the camera at the other end.
func (s *session) peer() netip.Addr {
	a, _ := s.raw.RemoteAddr().(*net.TCPAddr)
	return a.AddrPort().Addr().Unmap()
}

// refused gives the fall for a status of 300 and above, or nil.
func refused(method string, m *message) *fall {
	fault := wire.FaultBadStatus
	switch {
	case m.status < 300:
		return nil
	case m.status == 404:
		fault = wire.FaultNotFound
	case m.status == 453:
		fault = wire.FaultBusy
	case m.status == 461:
		fault = wire.FaultUnsupportedTransport
	}
	f := fell(fault, "%s: the camera answers %d %q", method, m.status, clip(strings.TrimSpace(m.reason)))
	f.status = m.status
	return f
}
