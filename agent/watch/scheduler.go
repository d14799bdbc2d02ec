package watch

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// worker probes one camera.
type worker struct {
	w      *Watch
	camera Camera

	mu     sync.Mutex // guards folder
	folder *Folder
}

// Offset is the delay of a camera's first probe: a hash of its code, spread
// over the interval, so that cameras that were switched on together are not
// probed together.
func Offset(code string, interval time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(code))
	x := h.Sum64()
	// FNV leaves the high bits of short, similar codes alike: mix them.
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return time.Duration(float64(x>>11) / (1 << 53) * float64(interval))
}

func (k *worker) run(ctx context.Context) {
	defer k.close()
	interval := k.camera.Interval
	// The grid is laid in the time of the timers, not of the records.
	next := time.Now().Add(Offset(k.camera.Code, interval))
	for {
		if !sleepUntil(ctx, next) {
			return
		}
		if !k.turn(ctx, next) {
			return
		}
		// A doubt has its own rhythm; the grid waits, and nothing overruns.
		confirming := false
		for k.inDoubt() {
			confirming = true
			again := time.Now().Add(k.w.o.ConfirmAfter)
			if !sleepUntil(ctx, again) || !k.turn(ctx, again) {
				return
			}
		}
		next = next.Add(interval)
		if late := time.Since(next); late > 0 {
			n := (late + interval - 1) / interval
			next = next.Add(n * interval)
			if !confirming {
				k.w.count(func(s *Stats) { s.Overruns += uint64(n) })
			}
		}
	}
}

// turn waits for a free session and probes once. It is false when ctx ended.
func (k *worker) turn(ctx context.Context, due time.Time) bool {
	select {
	case k.w.sessions <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	at := k.w.clock.stamp()
	waited := time.Since(due)
	r, panicked := k.probe(ctx)
	<-k.w.sessions
	if ctx.Err() != nil || r.Aborted() {
		return ctx.Err() == nil
	}
	k.w.o.Logger.Debug("probed", "camera", k.camera.Code, "rung", r.Reached.String(), "fault", r.Fault.String(), "waited", waited, "error", r.Err)
	k.take(at, r, panicked)
	return true
}

// probe calls the probe and turns a panic into a failed one.
func (k *worker) probe(ctx context.Context) (r probe.Result, panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			k.w.o.Logger.Error("probe panicked", "camera", k.camera.Code, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			r = probe.Result{Fault: wire.FaultMalformed, FellOn: wire.RungResolve, Err: fmt.Errorf("probe panicked: %v", p)}
			panicked = true
		}
	}()
	return k.w.o.Probe(ctx, k.camera.Target), false
}

// take folds a result and hands on what it closed.
func (k *worker) take(at int64, r probe.Result, panicked bool) {
	k.mu.Lock()
	before, had := k.folder.State()
	passing := k.folder.Passing()
	closed := k.folder.Add(at, r)
	after, has := k.folder.State()
	passing = k.folder.Passing() - passing
	k.mu.Unlock()

	k.w.count(func(s *Stats) {
		s.Probes++
		s.Passing += uint64(passing)
		if !r.OK() {
			s.Failed++
		}
		if panicked {
			s.Panics++
		}
	})
	if len(closed) > 0 {
		k.w.o.Record(closed)
	}
	if has && (!had || before.Since != after.Since) {
		if !had || before.Status != after.Status || before.Fault != after.Fault {
			k.w.o.Logger.Info("camera state", "camera", k.camera.Code, "status", after.Status.String(),
				"fault", after.Fault.String(), "rtsp_status", after.RTSPStatus, "since", time.UnixMilli(after.Since).UTC())
		}
		if k.w.o.Changed != nil {
			k.w.o.Changed()
		}
	}
}

func (k *worker) inDoubt() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.folder.InDoubt()
}

// close records the open observation at the end of the run. The state is then
// gone: nobody looks any more.
func (k *worker) close() {
	k.mu.Lock()
	closed := k.folder.Close()
	k.mu.Unlock()
	if len(closed) > 0 {
		k.w.o.Record(closed)
	}
}

// sleepUntil is false when ctx ended first.
func sleepUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
