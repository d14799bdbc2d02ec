package probe

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Bounds of what a camera may say.
const (
	maxLine    = 8 << 10  // bytes of a line of a header
	maxHeaders = 64       // lines of a header
	maxBody    = 64 << 10 // bytes of a body
	maxNoise   = 16 << 10 // bytes that belong to no message, in one connection
)

// message is a response or a request of RTSP (RFC 2326 §4).
type message struct {
	status int    // 100 to 599, 0 for a request
	reason string // of a response, foreign text
	method string // of a request, foreign text
	header header
	body   string

	fields [8]field // room for header, which seldom needs more
}

type field struct{ name, value string }

// header has the fields in the order in which they came.
type header []field

// get gives the first value of a field, or "". Case does not matter.
func (h header) get(name string) string {
	v, _ := h.lookup(name)
	return v
}

// lookup says also whether there is such a field.
func (h header) lookup(name string) (value string, ok bool) {
	for i := range h {
		if f := &h[i]; len(f.name) == len(name) && strings.EqualFold(f.name, name) {
			return f.value, true
		}
	}
	return "", false
}

// values gives every value of a field.
func (h header) values(name string) []string {
	var vs []string
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			vs = append(vs, f.value)
		}
	}
	return vs
}

// packet is an interleaved frame (RFC 2326 §10.12). Its payload is valid until
// the next event is read.
type packet struct {
	channel byte
	payload []byte
}

// starts are the beginnings by which a message is found among noise. HTTP is
// here to be told apart: it is what a camera's web port answers.
var starts = [][]byte{
	[]byte("RTSP/"), []byte("HTTP/"), []byte("ANNOUNCE "), []byte("GET_PARAMETER "), []byte("OPTIONS "), []byte("PAUSE "),
	[]byte("PLAY_NOTIFY "), []byte("REDIRECT "), []byte("SET_PARAMETER "), []byte("TEARDOWN "),
}

// framer splits the byte stream of a camera into packets and messages. Bytes
// that are neither are skipped, up to maxNoise: cameras whose Content-Length
// is wrong exist.
type framer struct {
	*buffers
	noise int
	// lost says that noise was skipped and no message or packet found since. Over
	// UDP another goroutine reads and this one asks.
	lost atomic.Bool
	// known says whether packets may come on a channel. After noise a '$' counts
	// as the start of a packet only on a known channel.
	known func(channel byte) bool

	// part is the interleaved frame that is being read. It is kept over a
	// deadline: who waits a moment longer must not find its rest to be noise.
	part struct {
		channel byte
		n, have int
		open    bool
	}
}

// buffers are what a conversation is read into and written from.
type buffers struct {
	r     *bufio.Reader
	text  []byte // holds lines of a header until they become one string
	frame []byte // holds an interleaved frame; as large as frames were so far
	out   []byte // holds a request
}

// pool has buffers to be used again: a probe every few milliseconds would else
// make more garbage of them than of all the rest.
var pool = sync.Pool{New: func() any {
	return &buffers{r: bufio.NewReaderSize(nil, maxLine), text: make([]byte, 0, maxText), out: make([]byte, 0, maxText)}
}}

// maxText is how many bytes of a header are gathered, and how large a buffer
// is kept that grew.
const maxText = 1 << 10

func newFramer(r io.Reader, known func(byte) bool) *framer {
	f := &framer{buffers: pool.Get().(*buffers), known: known}
	f.r.Reset(r)
	return f
}

// release gives back what can be used again. Nothing may be read or written
// any more.
func (f *framer) release() {
	b := f.buffers
	if b == nil {
		return
	}
	b.r.Reset(nil)
	if cap(b.text) > maxText {
		b.text = make([]byte, 0, maxText)
	}
	if cap(b.out) > maxText {
		b.out = make([]byte, 0, maxText)
	}
	if cap(b.frame) > maxLine {
		b.frame = nil
	}
	pool.Put(b)
	f.buffers = nil
}

// next reads one packet or one message; the other is zero.
func (f *framer) next() (packet, *message, error) {
	if f.part.open {
		p, err := f.rest()
		return p, nil, err
	}
	for {
		b, err := f.r.Peek(1)
		if err != nil {
			return packet{}, nil, err
		}
		if b[0] == '$' {
			if p, ok, err := f.packet(); ok || err != nil {
				return p, nil, err
			}
		} else if found, err := f.atMessage(); err != nil {
			return packet{}, nil, err
		} else if found {
			m, err := f.message()
			f.found()
			return packet{}, m, err
		}
		c, err := f.r.ReadByte()
		if err != nil {
			return packet{}, nil, err
		}
		if c != '\r' && c != '\n' { // empty lines between messages are allowed
			f.lost.Store(true)
		}
		if f.noise++; f.noise > maxNoise {
			return packet{}, nil, malformed("more than %d bytes that are no message", maxNoise)
		}
	}
}

func (f *framer) found() {
	if f.lost.Load() {
		f.lost.Store(false)
	}
}

// packet reads an interleaved frame, or nothing if there is none to be
// believed.
func (f *framer) packet() (packet, bool, error) {
	b, err := f.r.Peek(4)
	if err != nil {
		return packet{}, false, err
	}
	channel, n := b[1], int(b[2])<<8|int(b[3])
	if f.lost.Load() && !f.known(channel) {
		return packet{}, false, nil
	}
	if _, err := f.r.Discard(4); err != nil {
		return packet{}, false, err
	}
	if n > len(f.frame) {
		f.frame = make([]byte, min(max(2*n, 2<<10), 1<<16))
	}
	f.part.channel, f.part.n, f.part.have, f.part.open = channel, n, 0, true
	p, err := f.rest()
	return p, err == nil, err
}

// rest reads what is missing of the frame.
func (f *framer) rest() (packet, error) {
	p := &f.part
	for p.have < p.n {
		k, err := f.r.Read(f.frame[p.have:p.n])
		p.have += k
		if err != nil && p.have < p.n {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return packet{}, err
		}
	}
	p.open = false
	f.found()
	return packet{p.channel, f.frame[:p.n]}, nil
}

// atMessage says whether a message begins here. It peeks no farther than it
// must, for the camera may send nothing more.
func (f *framer) atMessage() (bool, error) {
	if b, _ := f.r.Peek(min(f.r.Buffered(), len("RTSP/"))); string(b) == "RTSP/" { // as a rule
		return true, nil
	}
	for n := 1; ; n++ {
		b, err := f.r.Peek(n)
		if err != nil {
			return false, err
		}
		candidate := false
		for _, s := range starts {
			if bytes.Equal(s, b) {
				return true, nil
			}
			candidate = candidate || bytes.HasPrefix(s, b)
		}
		if !candidate {
			return false, nil
		}
	}
}

func (f *framer) message() (*message, error) {
	line, err := f.line()
	if err != nil {
		return nil, err
	}
	m, err := parseStart(string(line))
	if err != nil {
		return nil, err
	}
	m.header = m.fields[:0]
	f.text = f.text[:0]
	for n := 0; ; n++ {
		line, err := f.line()
		if err != nil {
			return nil, err
		}
		if len(line) == 0 || len(f.text)+len(line) >= maxText {
			m.add(string(f.text))
			f.text = f.text[:0]
		}
		if len(line) == 0 {
			return m, f.body(m)
		}
		if n == maxHeaders {
			return nil, malformed("more than %d header lines", maxHeaders)
		}
		f.text = append(append(f.text, line...), '\n')
	}
}

// add takes lines of a header, each with LF. One without a colon is of no use to
// us and does no harm.
func (m *message) add(lines string) {
	for lines != "" {
		var line string
		line, lines, _ = strings.Cut(lines, "\n")
		name, value, _ := strings.Cut(line, ":")
		m.header = append(m.header, field{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
}

func (f *framer) body(m *message) error {
	s := m.header.get("Content-Length")
	if s == "" {
		return nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return malformed("content-length %q is not a number", clip(s))
	}
	if n > maxBody {
		return malformed("a body of %d bytes, at most %d are read", n, maxBody)
	}
	if n <= maxLine { // it fits into the buffer
		b, err := f.r.Peek(int(n))
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		m.body = string(b)
		_, err = f.r.Discard(len(b))
		return err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(f.r, b)
	m.body = string(b)
	return err
}

// line reads up to LF and cuts off the line's end, LF or CR LF. What it gives is
// valid until the next reading.
func (f *framer) line() ([]byte, error) {
	b, err := f.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, malformed("a line of more than %d bytes", maxLine)
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return bytes.TrimSuffix(b[:len(b)-1], []byte("\r")), nil
}

// parseStart reads a status line (RFC 2326 §7.1) or a request line (§6.1).
func parseStart(line string) (*message, error) {
	first, rest, _ := strings.Cut(line, " ")
	switch {
	case strings.HasPrefix(line, "HTTP/"):
		return nil, malformed("the answer is HTTP: this is a web port, not the RTSP port")
	case strings.HasPrefix(line, "RTSP/"):
		code, reason, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseUint(code, 10, 16)
		if err != nil || n < 100 || n > 599 || strings.Trim(first[len("RTSP/"):], "0123456789.") != "" {
			return nil, malformed("status line %q", clip(line))
		}
		return &message{status: int(n), reason: reason}, nil
	case strings.Contains(rest, " RTSP/"):
		return &message{method: first}, nil
	}
	return nil, malformed("request line %q", clip(line))
}

// appendField writes a field of a header.
func appendField(b []byte, name, value string) []byte {
	return append(append(append(append(b, name...), ": "...), value...), "\r\n"...)
}
