package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/pprof"
	"time"

	"github.com/phukin/phukin/agent/probe"
)

// clientOrder is the order of the child client: what to do, how often.
type clientOrder struct {
	Kind     string // "full", "light", "bare"
	Addr     string
	Times    int
	Window   time.Duration // of a full probe; how long the bare client reads on after the key frame
	Script   []step        // of the bare client
	KeyFrame int           // bytes to the end of the key frame
}

// clientAnswer is what one exchange cost, as a mean.
type clientAnswer struct {
	CPU    time.Duration
	Bytes  int // that the bare client read
	Failed string
}

// warmUp is how many exchanges are not counted.
const warmUp = 5

func clientChild(ctx context.Context, in io.Reader, out io.Writer) error {
	var o clientOrder
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	var answer clientAnswer
	buf := make([]byte, 1<<16)
	exchange := func() error {
		n, err := bare(ctx, &o, buf)
		answer.Bytes = n
		return err
	}
	if o.Kind != "bare" {
		t := o.target()
		exchange = func() error {
			res := probe.Probe(ctx, t)
			if res.Err != nil {
				return res.Err
			}
			if o.Kind == "full" && (res.Width != 1920 || res.Height != 1080) {
				return fmt.Errorf("%d×%d", res.Width, res.Height)
			}
			return nil
		}
	}
	var before time.Duration
	stop, err := profile(o.Kind)
	if err != nil {
		return err
	}
	defer stop()
	for i := range warmUp + o.Times {
		if i == warmUp {
			before = cpu()
		}
		if err := exchange(); err != nil {
			answer.Failed = err.Error()
			break
		}
	}
	answer.CPU = (cpu() - before) / time.Duration(o.Times)
	return json.NewEncoder(out).Encode(answer)
}

// profile writes a CPU profile into the folder that PHUKIN_BENCH_PROFILE
// names, for whoever asks where the time goes.
func profile(kind string) (stop func(), err error) {
	dir := os.Getenv("PHUKIN_BENCH_PROFILE")
	if dir == "" {
		return func() {}, nil
	}
	f, err := os.CreateTemp(dir, kind+"-*.pprof")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}

func (o *clientOrder) target() probe.Target {
	t := probe.Target{URL: "rtsp://" + o.Addr + "/live/main", Username: cameraUser, Password: cameraPassword, Window: o.Window, Timeout: 10 * time.Second}
	if o.Kind == "light" {
		t.Depth = probe.Light
	}
	return t
}

// bare has the conversation of a probe that was recorded, without
// understanding any of it: it sends the same bytes and reads as many, with one
// deadline for connecting and one for the rest. After
// PLAY it reads the stream to the end of the first key frame, and on for the
// window.
func bare(ctx context.Context, o *clientOrder, buf []byte) (n int, err error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", o.Addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return 0, err
	}
	read := func(want int) error {
		for got := 0; got < want; {
			k, err := conn.Read(buf)
			if err != nil {
				return err
			}
			got += k
			n += k
		}
		return nil
	}
	for _, s := range o.Script {
		if _, err := io.WriteString(conn, s.Request); err != nil {
			return n, err
		}
		want := s.Answer
		playing := len(s.Request) > 5 && s.Request[:5] == "PLAY "
		if playing {
			want += o.KeyFrame
		}
		if err := read(want); err != nil {
			return n, fmt.Errorf("%.8s…: %w", s.Request, err)
		}
		if !playing {
			continue
		}
		_ = conn.SetReadDeadline(time.Now().Add(o.Window))
		for {
			k, err := conn.Read(buf)
			n += k
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() {
				break
			}
			if err != nil {
				return n, err
			}
		}
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	}
	return n, nil
}
