package probe_test

import (
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/phukin/phukin/agent/probe"
)

func TestFramesAndMessagesAreFoundAmongEachOther(t *testing.T) {
	const ok = "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"
	for _, tc := range []struct {
		name, in          string
		known             bool
		packets, messages int
		malformed         bool
	}{
		{"a packet between messages", ok + "$\x00\x00\x03abc" + ok, false, 1, 2, false},
		{"an empty packet", "$\x00\x00\x00" + ok, false, 1, 1, false},
		{"LF only", "RTSP/1.0 200 OK\nContent-Length: 2\n\n\n\n" + ok, false, 0, 2, false},
		{"a body that looks like a packet", "RTSP/1.0 200 OK\r\ncontent-LENGTH: 7\r\n\r\n$\x00\x00\x03abc" + ok, false, 0, 2, false},
		{"a request", "ANNOUNCE rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n\r\n" + ok, false, 0, 2, false},
		{"noise before a message", "RTRTSRTSP/\x00OPTIO" + ok, false, 0, 0, true},
		{"noise and a message", "RTRTS, OPTIO" + ok, false, 0, 1, false},
		{"noise and a packet of a channel that is known", "x$\x00\x00\x01a", true, 1, 0, false},
		{"noise and a packet of a channel that is not", "x$\x00\xff\xff" + ok, false, 0, 1, false},
		{"a header line without colon", "RTSP/1.0 200 OK\r\nwhat\r\n\r\n" + ok, false, 0, 2, false},
		{"a status line without reason", "RTSP/1.0 200\r\n\r\n", false, 0, 1, false},
		{"a status of four digits", "RTSP/1.0 2000 OK\r\n\r\n", false, 0, 0, true},
		{"no status", "RTSP/1.0\r\n\r\n", false, 0, 0, true},
		{"a request without version", "OPTIONS *\r\n\r\n", false, 0, 0, true},
		{"HTTP", "HTTP/1.1 200 OK\r\n\r\n", false, 0, 0, true},
		{"64 header lines", "RTSP/1.0 200 OK\r\n" + strings.Repeat("a:b\n", 64) + "\r\n", false, 0, 1, false},
		{"65 header lines", "RTSP/1.0 200 OK\r\n" + strings.Repeat("a:b\n", 65) + "\r\n", false, 0, 0, true},
		{"a length beyond 64 bits", "RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", false, 0, 0, true},
		{"a body of 64 KiB", "RTSP/1.0 200 OK\r\nContent-Length: 65536\r\n\r\n" + strings.Repeat("x", 65536), false, 0, 1, false},
		{"a body of 64 KiB and a byte", "RTSP/1.0 200 OK\r\nContent-Length: 65537\r\n\r\n", false, 0, 0, true},
		{"a line of 9000 bytes", "RTSP/1.0 200 " + strings.Repeat("x", 9000) + "\r\n\r\n", false, 0, 0, true},
		{"noise of 16 KiB", strings.Repeat("x", 16384) + ok, false, 0, 1, false},
		{"noise of 16 KiB and a byte", strings.Repeat("x", 16385) + ok, false, 0, 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, m, _, err := probe.ReadAll([]byte(tc.in), tc.known)
			if p != tc.packets || m != tc.messages || errors.Is(err, probe.ErrMalformed) != tc.malformed {
				t.Errorf("%d packets, %d messages, %v; want %d, %d, malformed %v", p, m, err, tc.packets, tc.messages, tc.malformed)
			}
			if !tc.malformed && !errors.Is(err, io.EOF) {
				t.Errorf("ended with %v, want the end of file", err)
			}
		})
	}
}

func TestNothingACameraSendsTakesMuchMemory(t *testing.T) {
	for name, in := range map[string]string{
		"a huge length":          "RTSP/1.0 200 OK\r\nContent-Length: 2147483647\r\n\r\n",
		"lines of the most size": "RTSP/1.0 200 OK\r\n" + strings.Repeat("a:"+strings.Repeat("b", 8000)+"\r\n", 200),
		"noise":                  strings.Repeat("RTS", 10<<20),
		"packets":                strings.Repeat("$\x00\xff\xff"+strings.Repeat("p", 65535), 300),
	} {
		b := []byte(in)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, _, _ = probe.ReadAll(b, true)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 2<<20 {
			t.Errorf("%s: %d bytes were allocated", name, n)
		}
	}
}

func FuzzFraming(f *testing.F) {
	f.Add([]byte("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nabc$\x00\x00\x02ab"), true)
	f.Add([]byte("OPTIONS * RTSP/1.0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), false)
	f.Add([]byte("x$\x00\xff\xff\r\n\nRTSPRTSP/1.0 999\n\n"), true)
	f.Fuzz(func(t *testing.T, b []byte, known bool) {
		p, m, size, err := probe.ReadAll(b, known)
		if size > len(b) || 4*p+8*m > len(b) {
			t.Errorf("%d packets and %d messages with %d bytes out of %d", p, m, size, len(b))
		}
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, probe.ErrMalformed) {
			t.Errorf("ended with %v", err)
		}
	})
}

// slow gives its parts one by one, and a deadline after each.
type slow struct {
	parts []string
	late  bool
}

func (s *slow) Read(b []byte) (int, error) {
	if s.late = !s.late; !s.late {
		return 0, os.ErrDeadlineExceeded
	}
	if len(s.parts) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.parts[0])
	s.parts = s.parts[1:]
	return n, nil
}

// Who waits a moment longer for a frame must not find its rest to be noise.
func TestADeadlineWithinAFrameLosesNothing(t *testing.T) {
	p, m, err := probe.ReadOn(&slow{parts: []string{"$\x00", "\x00\x05", "RT", "S$", "P", "$\x00\x00\x01x", "$\x00\x00\x04a", "bcd", "RTSP/1.0 200 OK\r\n\r\n"}})
	if p != 3 || m != 1 || !errors.Is(err, io.EOF) {
		t.Errorf("%d packets, %d messages, %v", p, m, err)
	}
}
