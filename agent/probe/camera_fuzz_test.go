package probe_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// transcript is all that a good camera sends from OPTIONS to the first key
// frames.
func transcript(sdp string) []byte {
	var b bytes.Buffer
	reply := func(cseq int, header, body string) {
		fmt.Fprintf(&b, "RTSP/1.0 200 OK\r\nCSeq: %d\r\n%sContent-Length: %d\r\n\r\n%s", cseq, header, len(body), body)
	}
	reply(1, "Public: DESCRIBE\r\n", "")
	reply(2, "", sdp)
	reply(3, "Session: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n", "")
	reply(4, "", "")
	for i, data := range []string{"\x67" + string(small.H264()[1:]), "\x68\xce", "\x7c\x85\x80abc", "\x7c\x45abc", "\x41\x80abc", "\x78\x00\x03\x65\x80x"} {
		p := rtpPacket{uint16(i), uint32(i) / 4 * 3600, i >= 3, data}.bytes()
		b.Write([]byte{'$', 0, 0, byte(len(p))})
		b.Write(p)
	}
	return b.Bytes()
}

const goodSDP = sdpHead + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:0\r\n"

// sender listens, sends b to whoever comes, and closes.
type sender struct {
	ln net.Listener
	wg sync.WaitGroup

	mu sync.Mutex
	b  []byte
}

func newSender(f interface {
	Fatal(args ...any)
	Cleanup(func())
}) *sender {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	s := &sender{ln: ln}
	s.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			_, _ = c.Write(s.b)
			s.mu.Unlock()
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	})
	f.Cleanup(func() {
		_ = ln.Close()
		s.wg.Wait()
	})
	return s
}

// probe lets a camera that sends b be probed, whatever is asked.
func (s *sender) probe(t interface {
	Errorf(format string, args ...any)
	Helper()
}, b []byte,
) probe.Result {
	t.Helper()
	s.mu.Lock()
	s.b = b
	s.mu.Unlock()
	target := probe.Target{URL: "rtsp://admin:" + secretText + "@" + s.ln.Addr().String() + "/", Window: 200 * time.Millisecond, Timeout: 2 * time.Second}
	res := probe.Probe(context.Background(), target)
	switch {
	case res.Elapsed > target.Timeout+slack:
		t.Errorf("took %v", res.Elapsed)
	case res.OK(), res.Aborted(), res.Fault == wire.FaultNone, res.Err == nil:
		t.Errorf("a camera that closed is called good: %+v", res)
	case strings.Contains(res.Err.Error(), secretText), strings.Contains(res.Err.Error(), "a parser failed"):
		t.Errorf("error %q", res.Err)
	}
	return res
}

func TestAWholeConversationGoesToTheKeyFrame(t *testing.T) {
	res := newSender(t).probe(t, transcript(goodSDP))
	if res.Reached != wire.RungKeyframe || res.Fault != wire.FaultClosed || res.Width != 640 || res.Height != 360 {
		t.Errorf("%+v", res)
	}
}

// Every damage to a good conversation must give a fault and nothing worse.
func TestADamagedConversationGivesAFault(t *testing.T) {
	s := newSender(t)
	good := transcript(goodSDP)
	rapid.Check(t, func(t *rapid.T) {
		b := bytes.Clone(good)
		for range rapid.IntRange(1, 8).Draw(t, "damages") {
			i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				b[i] = rapid.Byte().Draw(t, "byte")
			case 1:
				b = append(b[:i:i], b[min(len(b), i+rapid.IntRange(1, 40).Draw(t, "cut")):]...)
			case 2:
				b = append(b[:i:i], append(rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "more"), b[i:]...)...)
			case 3:
				b = append(b, b[i:]...)
			}
			if len(b) == 0 {
				b = []byte{0}
			}
		}
		s.probe(t, b)
	})
}

func FuzzCamera(f *testing.F) {
	f.Add(transcript(goodSDP))
	f.Add(transcript(strings.Replace(goodSDP, "H264", "H265", 1)))
	f.Add([]byte("RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\nRTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Basic realm=\"a\"\r\n\r\n" +
		"RTSP/1.0 401 Unauthorized\r\nCSeq: 3\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\", stale=true\r\n\r\n"))
	f.Add([]byte("GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n\r\nRTSP/1.0 453 Busy\r\n\r\n"))
	s := newSender(f)
	f.Fuzz(func(t *testing.T, b []byte) { s.probe(t, b) })
}
