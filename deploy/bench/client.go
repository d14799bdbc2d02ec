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
	"sync"
	"sync/atomic"
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

// sessions is how many conversations are had at a time: as many as the agent
// has by default.
const sessions = 8

func clientChild(ctx context.Context, in io.Reader, out io.Writer) error {
	var o clientOrder
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	stop, err := profile(o.Kind)
	if err != nil {
		return err
	}
	defer stop()
	answer := clientAnswer{}
	if err := o.exchanges(ctx, sessions, &answer); err == nil { // warms up
		before := cpu()
		if err := o.exchanges(ctx, o.Times, &answer); err != nil {
			answer.Failed = err.Error()
		}
		answer.CPU = (cpu() - before) / time.Duration(o.Times)
	} else {
		answer.Failed = err.Error()
	}
	return json.NewEncoder(out).Encode(answer)
}

// exchanges has n conversations, a few at a time.
func (o *clientOrder) exchanges(ctx context.Context, n int, answer *clientAnswer) error {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed error
		left   atomic.Int64
	)
	left.Store(int64(n))
	for i := range sessions {
		wg.Go(func() {
			// Cameras are not looked at in step, or whoever keeps better step
			// would have its work done in fewer wakings.
			time.Sleep(time.Duration(i) * o.Window / sessions)
			buf := make([]byte, 1<<16)
			for left.Add(-1) >= 0 {
				read, err := o.exchange(ctx, buf)
				if err != nil || left.Load() <= 0 {
					mu.Lock()
					failed, answer.Bytes = errors.Join(failed, err), read
					mu.Unlock()
				}
				if err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// exchange has one conversation.
func (o *clientOrder) exchange(ctx context.Context, buf []byte) (int, error) {
	if o.Kind == "bare" {
		return bare(ctx, o, buf)
	}
	res := probe.Probe(ctx, o.target())
	if res.Err == nil && o.Kind == "full" && (res.Width != 1920 || res.Height != 1080) {
		return 0, fmt.Errorf("%d×%d", res.Width, res.Height)
	}
	return 0, res.Err
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
