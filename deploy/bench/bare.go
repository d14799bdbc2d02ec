package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5" // the algorithm that RFC 2617 prescribes
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// This file has the probe's two peers. Both send the requests of a probe that
// was recorded, so that all three have the same conversation with the camera:
//
//   - bare is the client that anybody would write for that exchange: it dials
//     with a time-out, has one deadline for all, reads status and header lines
//     and the body whose length they tell, answers the Digest challenge that
//     came, and after PLAY reads interleaved frames to the end of the first key
//     frame. It understands nothing that is in a body or a frame, judges nothing
//     and keeps nothing, neither of a conversation nor for the next one.
//   - replay reads no message at all: it writes the recorded bytes, Digest
//     answers included, and waits for as many bytes as are due. No program could
//     talk to a camera so; it shows what the kernel and the runtime take for the
//     exchange, and hence the rest.

// request is one request of a conversation, ready for bare.
type request struct {
	method, uri string
	authorized  bool   // it answers the challenge
	fields      string // all others but CSeq and Session, with line ends
}

// requests takes recorded requests apart.
func requests(script []step) ([]request, error) {
	var out []request
	for _, s := range script {
		lines := strings.SplitAfter(s.Request, "\r\n")
		parts := strings.Fields(lines[0])
		if len(parts) != 3 {
			return nil, fmt.Errorf("a request that begins %.20q", s.Request)
		}
		r := request{method: parts[0], uri: parts[1]}
		for _, l := range lines[1:] {
			switch name, _, _ := strings.Cut(l, ":"); name {
			case "Authorization":
				r.authorized = true
			case "CSeq", "Session", "\r\n", "":
			default:
				r.fields += l
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// bareClient is one conversation.
type bareClient struct {
	r   *bufio.Reader
	out []byte

	realm, nonce, session string
}

// bare has one conversation. After the first key frame, of so many bytes, it
// reads on for window.
func bare(ctx context.Context, addr string, script []request, keyFrame int, window time.Duration) error {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	c := &bareClient{r: bufio.NewReader(conn)}
	for i, r := range script {
		b := append(append(append(c.out[:0], r.method...), ' '), r.uri...)
		b = strconv.AppendInt(append(b, " RTSP/1.0\r\nCSeq: "...), int64(i+1), 10)
		b = append(append(b, "\r\n"...), r.fields...)
		if c.session != "" {
			b = append(append(append(b, "Session: "...), c.session...), "\r\n"...)
		}
		if r.authorized {
			b = c.authorize(b, r.method, r.uri)
		}
		c.out = append(b, "\r\n"...)
		if _, err := conn.Write(c.out); err != nil {
			return err
		}
		if err := c.answer(); err != nil {
			return fmt.Errorf("%s: %w", r.method, err)
		}
		if r.method != "PLAY" {
			continue
		}
		for got := 0; got < keyFrame; {
			n, err := c.frame()
			if err != nil {
				return fmt.Errorf("key frame: %w", err)
			}
			got += n
		}
		if window > 0 {
			if err := c.watch(conn, window); err != nil {
				return err
			}
		}
	}
	return nil
}

// watch reads frames for a time.
func (c *bareClient) watch(conn net.Conn, window time.Duration) error {
	_ = conn.SetReadDeadline(time.Now().Add(window))
	for {
		_, err := c.frame()
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() {
			return conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		}
		if err != nil {
			return err
		}
	}
}

// authorize answers the challenge (RFC 2617 §3.2.2.1).
func (c *bareClient) authorize(b []byte, method, uri string) []byte {
	h := func(s string) string {
		sum := md5.Sum([]byte(s)) // see the import
		return hex.EncodeToString(sum[:])
	}
	response := h(h(cameraUser+":"+c.realm+":"+cameraPassword) + ":" + c.nonce + ":" + h(method+":"+uri))
	for _, s := range []string{`Authorization: Digest username="`, cameraUser, `", realm="`, c.realm, `", nonce="`, c.nonce, `", uri="`, uri, `", response="`, response, "\"\r\n"} {
		b = append(b, s...)
	}
	return b
}

// frame reads an interleaved frame (RFC 2326 §10.12) and gives its length with
// its header.
func (c *bareClient) frame() (int, error) {
	b, err := c.r.Peek(4)
	if err != nil {
		return 0, err
	}
	if b[0] != '$' {
		return 0, errors.New("no interleaved frame")
	}
	n := 4 + (int(b[2])<<8 | int(b[3]))
	if _, err := c.r.Peek(n); err != nil { // a frame of the bench's camera fits
		return 0, err
	}
	return c.r.Discard(n)
}

// answer reads the answer to a request, past frames.
func (c *bareClient) answer() error {
	for {
		b, err := c.r.Peek(1)
		if err != nil {
			return err
		}
		if b[0] != '$' {
			break
		}
		if _, err := c.frame(); err != nil {
			return err
		}
	}
	line, err := c.line()
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("RTSP/1.0 ")) {
		return errors.New("no answer of RTSP")
	}
	ok := bytes.HasPrefix(line[9:], []byte("200 "))
	body := 0
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch string(name) {
		case "Content-Length":
			if body, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		case "Session":
			id, _, _ := bytes.Cut(value, []byte(";"))
			c.session = string(id)
		case "WWW-Authenticate":
			c.realm, c.nonce = parameter(value, `realm="`), parameter(value, `nonce="`)
			ok = true
		}
	}
	if !ok {
		return errors.New("not granted")
	}
	_, err = c.r.Discard(body)
	return err
}

func parameter(value []byte, name string) string {
	_, v, _ := bytes.Cut(value, []byte(name))
	v, _, _ = bytes.Cut(v, []byte(`"`))
	return string(v)
}

// line reads a line of a header and cuts its end off.
func (c *bareClient) line() ([]byte, error) {
	b, err := c.r.ReadSlice('\n')
	return bytes.TrimRight(b, "\r\n"), err
}

// replay writes a recorded conversation and reads as many bytes as are due,
// after PLAY also those of the first key frame, and then for the window.
func replay(ctx context.Context, addr string, script []step, keyFrame int, window time.Duration, buf []byte) error {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	for _, s := range script {
		if _, err := io.WriteString(conn, s.Request); err != nil {
			return err
		}
		want := s.Answer
		playing := strings.HasPrefix(s.Request, "PLAY ")
		if playing {
			want += keyFrame
		}
		for got := 0; got < want; {
			n, err := conn.Read(buf)
			if err != nil {
				return fmt.Errorf("%.8s…: %w", s.Request, err)
			}
			got += n
		}
		if !playing || window == 0 {
			continue
		}
		_ = conn.SetReadDeadline(time.Now().Add(window))
		for {
			_, err := conn.Read(buf)
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() {
				break
			}
			if err != nil {
				return err
			}
		}
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	}
	return nil
}
