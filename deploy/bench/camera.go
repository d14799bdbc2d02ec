package main

import (
	"bufio"
	"context"
	"crypto/md5" // the algorithm that RFC 2617 prescribes
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"

	"github.com/phukin/phukin/deploy/demo/clips"
)

// What the bench's cameras accept.
const (
	cameraUser     = "admin"
	cameraPassword = "secret"
	cameraRealm    = "bench"
	cameraNonce    = "5ca1ab1e5ca1ab1e" // always the same, so that a bare client can know its answer beforehand
)

// camerasOrder is the order of the child camera.
type camerasOrder struct{ Cameras int }

// camerasAnswer is its first answer, and what it says whenever it is asked
// again.
type camerasAnswer struct {
	Addrs     []string
	KeyFrame  int // bytes of the first key frame, as they are sent
	Describes int64
	Plays     int64
	Script    []step // the newest whole conversation
}

// step is one request and how long its answer was.
type step struct {
	Request string
	Answer  int
}

// benchCamera speaks RTSP as a camera behind Digest authentication: to
// whoever plays it sends a key frame at once and goes on at its pace.
type benchCamera struct {
	sdp    string
	frames [][]byte // interleaved, with sequence numbers and timestamps of the first round
	rate   int

	describes, plays atomic.Int64
	mu               sync.Mutex
	script           []step
}

func cameraChild(ctx context.Context, in io.Reader, out io.Writer) error {
	orders := json.NewDecoder(in)
	var o camerasOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	cam, err := newBenchCamera("h264-1080p")
	if err != nil {
		return err
	}
	answer := camerasAnswer{KeyFrame: len(cam.frames[0])}
	for range o.Cameras {
		ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		answer.Addrs = append(answer.Addrs, ln.Addr().String())
		go cam.listen(ln)
	}
	for {
		cam.mu.Lock()
		answer.Script = cam.script
		cam.mu.Unlock()
		answer.Describes, answer.Plays = cam.describes.Load(), cam.plays.Load()
		if err := json.NewEncoder(out).Encode(answer); err != nil {
			return err
		}
		if orders.Decode(&o) != nil {
			return nil // the end of this process ends the rest
		}
	}
}

func newBenchCamera(name string) (*benchCamera, error) {
	clip, ok := clips.ByName(name)
	if !ok {
		return nil, fmt.Errorf("no clip %s", name)
	}
	_, sps, pps, err := clip.ParameterSets()
	if err != nil {
		return nil, err
	}
	aus, err := clip.AccessUnits()
	if err != nil {
		return nil, err
	}
	e, err := (&format.H264{PayloadTyp: 96, SPS: sps, PPS: pps, PacketizationMode: 1}).CreateEncoder()
	if err != nil {
		return nil, err
	}
	b64 := base64.StdEncoding.EncodeToString
	c := &benchCamera{rate: clip.FrameRate, sdp: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Media Presentation\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\na=range:npt=0-\r\n" +
		"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id=640028;sprop-parameter-sets=" + b64(sps) + "," + b64(pps) + "\r\na=control:trackID=0\r\n"}
	for i, au := range aus {
		pkts, err := e.Encode(au.NALUs)
		if err != nil {
			return nil, err
		}
		var frame []byte
		for _, p := range pkts {
			p.Timestamp, p.SSRC = uint32(i*90000/c.rate), 0xfeedcafe
			b, err := p.Marshal()
			if err != nil {
				return nil, err
			}
			frame = append(binary.BigEndian.AppendUint16(append(frame, '$', 0), uint16(len(b))), b...)
		}
		c.frames = append(c.frames, frame)
	}
	return c, nil
}

func (c *benchCamera) listen(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go c.serve(conn)
	}
}

func (c *benchCamera) serve(conn net.Conn) {
	var (
		r    = bufio.NewReader(conn)
		mu   sync.Mutex
		done = make(chan struct{})
		said []step
	)
	defer conn.Close()
	defer close(done)
	for {
		request, method, fields, err := readRequest(r)
		if err != nil {
			break
		}
		status, header, body := "200 OK", "", ""
		switch {
		case method != "OPTIONS" && !granted(method, fields["authorization"]):
			status, header = "401 Unauthorized", fmt.Sprintf("WWW-Authenticate: Digest realm=%q, nonce=%q\r\n", cameraRealm, cameraNonce)
		case method == "OPTIONS":
			header = "Public: OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, GET_PARAMETER\r\n"
		case method == "DESCRIBE":
			c.describes.Add(1)
			body = c.sdp
			header = "Content-Type: application/sdp\r\nContent-Base: rtsp://" + conn.LocalAddr().String() + "/live/main/\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
		case method == "SETUP":
			header = "Session: 4711;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=FEEDCAFE\r\n"
		default:
			header = "Session: 4711\r\n"
		}
		answer := "RTSP/1.0 " + status + "\r\nCSeq: " + fields["cseq"] + "\r\n" + header + "\r\n" + body
		said = append(said, step{request, len(answer)})
		mu.Lock()
		_, err = io.WriteString(conn, answer)
		mu.Unlock()
		if err != nil || method == "TEARDOWN" {
			break
		}
		if method == "PLAY" {
			c.plays.Add(1)
			go c.play(conn, &mu, done)
		}
	}
	c.mu.Lock()
	c.script = said
	c.mu.Unlock()
}

// play sends a key frame at once, and the rest at its pace, for ever.
func (c *benchCamera) play(conn net.Conn, mu *sync.Mutex, done <-chan struct{}) {
	tick := time.NewTicker(time.Second / time.Duration(c.rate))
	defer tick.Stop()
	var seq uint16
	buf := []byte(nil)
	for n := 0; ; n++ {
		buf = append(buf[:0], c.frames[n%len(c.frames)]...)
		ts := uint32(n * 90000 / c.rate)
		for p := buf; len(p) > 0; p = p[4+int(binary.BigEndian.Uint16(p[2:])):] {
			binary.BigEndian.PutUint16(p[6:], seq)
			binary.BigEndian.PutUint32(p[8:], ts)
			seq++
		}
		mu.Lock()
		_, err := conn.Write(buf)
		mu.Unlock()
		if err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-done:
			return
		}
	}
}

func readRequest(r *bufio.Reader) (whole, method string, fields map[string]string, err error) {
	var b strings.Builder
	fields = map[string]string{}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", "", nil, err
		}
		b.WriteString(line)
		line = strings.TrimSpace(line)
		if line == "" {
			return b.String(), method, fields, nil
		}
		if method == "" {
			method, _, _ = strings.Cut(line, " ")
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		fields[strings.ToLower(name)] = strings.TrimSpace(value)
	}
}

// granted checks the answer to the challenge (RFC 2617 §3.2.2.1).
func granted(method, authorization string) bool {
	field := func(name string) string {
		_, rest, _ := strings.Cut(authorization, name+`="`)
		v, _, _ := strings.Cut(rest, `"`)
		return v
	}
	h := func(s string) string {
		sum := md5.Sum([]byte(s)) // see the import
		return hex.EncodeToString(sum[:])
	}
	want := h(h(cameraUser+":"+cameraRealm+":"+cameraPassword) + ":" + cameraNonce + ":" + h(method+":"+field("uri")))
	return field("response") == want
}
