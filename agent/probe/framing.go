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
	body   []byte
}

type field struct{ name, value string }

// header has the fields in the order in which they came.
type header []field

// get gives the first value of a field, or "". Case does not matter.
func (h header) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
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
	r     *bufio.Reader
	buf   []byte // holds an interleaved frame; as large as frames were so far
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

// readers are used again: a probe every few milliseconds would else make more
// garbage of them than of all the rest.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, maxLine) }}

func newFramer(r io.Reader, known func(byte) bool) *framer {
	f := &framer{r: readers.Get().(*bufio.Reader), known: known}
	f.r.Reset(r)
	return f
}

// release gives back what can be used again. Nothing may be read any more.
func (f *framer) release() {
	if f.r == nil {
		return
	}
	f.r.Reset(nil)
	readers.Put(f.r)
	f.r = nil
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
	if n > len(f.buf) {
		f.buf = make([]byte, min(max(2*n, 2<<10), 1<<16))
	}
	f.part.channel, f.part.n, f.part.have, f.part.open = channel, n, 0, true
	p, err := f.rest()
	return p, err == nil, err
}

// rest reads what is missing of the frame.
func (f *framer) rest() (packet, error) {
	p := &f.part
	for p.have < p.n {
		k, err := f.r.Read(f.buf[p.have:p.n])
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
	return packet{p.channel, f.buf[:p.n]}, nil
}

// atMessage says whether a message begins here. It peeks no farther than it
// must, for the camera may send nothing more.
func (f *framer) atMessage() (bool, error) {
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
	m, err := parseStart(line)
	if err != nil {
		return nil, err
	}
	for {
		line, err := f.line()
		if err != nil {
			return nil, err
		}
		if line == "" {
			break
		}
		if len(m.header) == maxHeaders {
			return nil, malformed("more than %d header lines", maxHeaders)
		}
		// A line without a colon is of no use to us and does no harm.
		name, value, _ := strings.Cut(line, ":")
		m.header = append(m.header, field{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return m, f.body(m)
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
	m.body = make([]byte, n)
	_, err = io.ReadFull(f.r, m.body)
	return err
}

// line reads up to LF and cuts off the line's end, LF or CR LF.
func (f *framer) line() (string, error) {
	b, err := f.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", malformed("a line of more than %d bytes", maxLine)
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return "", err
	}
	return strings.TrimSuffix(string(b[:len(b)-1]), "\r"), nil
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

// encode writes a request or an answer; lines end in CR LF.
func encode(start string, h header) []byte {
	n := len(start) + 4
	for _, f := range h {
		n += len(f.name) + len(f.value) + 4
	}
	b := append(append(make([]byte, 0, n), start...), "\r\n"...)
	for _, f := range h {
		b = append(append(append(append(b, f.name...), ": "...), f.value...), "\r\n"...)
	}
	return append(b, "\r\n"...)
}
