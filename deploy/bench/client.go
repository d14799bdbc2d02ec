package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// clientOrder is the order of the child client: what to do, how often.
type clientOrder struct {
	Kind     string // "full", "keyframe" and "light" probes; "bare" and "replay" clients
	Addr     string
	Times    int
	Window   time.Duration // of a full probe; how long a client reads on after the key frame
	Script   []step        // of a client
	KeyFrame int           // bytes to the end of the key frame
}

// clientAnswer is what one exchange cost, as a mean.
type clientAnswer struct {
	CPU    time.Duration
	Failed string
}

// sessions is how many conversations are had at a time: as many as the agent
// has by default.
const sessions = 8

// clientChild has conversations as ordered, again and again.
func clientChild(ctx context.Context, in io.Reader, out io.Writer) error {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	stop := func() {}
	defer func() { stop() }()
	for first := true; ; first = false {
		var o clientOrder
		if err := orders.Decode(&o); err != nil {
			return nil // the end
		}
		if first {
			var err error
			if stop, err = profile(o.Kind); err != nil {
				return err
			}
		}
		before, answer := cpu(), clientAnswer{}
		if err := o.exchanges(ctx, o.Times); err != nil {
			answer.Failed = err.Error()
		}
		answer.CPU = (cpu() - before) / time.Duration(o.Times)
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}

// exchanges has n conversations, a few at a time.
func (o *clientOrder) exchanges(ctx context.Context, n int) error {
	exchange, err := o.exchange()
	if err != nil {
		return err
	}
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
			one := exchange()
			for left.Add(-1) >= 0 {
				if err := one(ctx); err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// exchange gives what makes conversations of the kind that is asked for: each
// call something that has one after the other.
func (o *clientOrder) exchange() (func() func(context.Context) error, error) {
	switch o.Kind {
	case "bare":
		script, err := requests(o.Script)
		one := func(ctx context.Context) error { return bare(ctx, o.Addr, script, o.KeyFrame, o.Window) }
		return func() func(context.Context) error { return one }, err
	case "replay":
		return func() func(context.Context) error {
			buf := make([]byte, 1<<16)
			return func(ctx context.Context) error {
				return replay(ctx, o.Addr, o.Script, o.KeyFrame, o.Window, buf)
			}
		}, nil
	}
	return func() func(context.Context) error { return o.probe }, nil
}

// probe probes once. What it must find is what ffprobe must.
func (o *clientOrder) probe(ctx context.Context) error {
	res := probe.Probe(ctx, o.target())
	if res.Err == nil && o.Kind != "light" && (res.Codec != wire.CodecH264 || res.Width != 1920 || res.Height != 1080 || res.NominalRate != 15) {
		return fmt.Errorf("%v %d×%d at %v frames per second", res.Codec, res.Width, res.Height, res.NominalRate)
	}
	return res.Err
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
	switch o.Kind {
	case "light":
		t.Depth = probe.Light
	case "keyframe":
		t.Depth = probe.Keyframe
	}
	return t
}
