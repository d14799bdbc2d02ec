package watch

import (
	"context"
	"fmt"
	"hash/fnv"
	"reflect"
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

	stop  context.CancelFunc // nil before it has begun
	ended chan struct{}

	mu     sync.Mutex // guards folder
	folder *Folder
}

// start begins to probe.
func (k *worker) start(ctx context.Context) {
	ctx, k.stop = context.WithCancel(ctx)
	go func() {
		defer close(k.ended)
		k.run(ctx)
	}()
}

// cancel has the worker end, and wait waits until it has.
func (k *worker) cancel() {
	if k.stop != nil {
		k.stop()
	}
}

func (k *worker) wait() {
	if k.stop != nil {
		<-k.ended
		k.stop()
	}
}

// same says whether two cameras are to be watched in the same way.
func (c *Camera) same(o *Camera) bool {
	a, b := *c, *o
	if (a.Target.RootCAs == nil) != (b.Target.RootCAs == nil) || a.Target.RootCAs != nil && !a.Target.RootCAs.Equal(b.Target.RootCAs) {
		return false
	}
	a.Target.RootCAs, b.Target.RootCAs = nil, nil
	// Clocks and resolvers are not the camera's; functions cannot be compared.
	a.Target.Now, b.Target.Now, a.Target.Resolver, b.Target.Resolver = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
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
	// The grids are laid in the time of the timers, not of the records.
	begin, c := time.Now(), &k.camera
	next := begin.Add(Offset(c.Code, c.LightInterval))
	full := begin.Add(Offset(c.Code, c.FullInterval))
	for {
		if !sleepUntil(ctx, next) {
			return
		}
		depth := probe.Light
		if c.FullOnly || !next.Before(full) || k.needsFull() {
			depth = probe.Full
		}
		for !next.Before(full) {
			full = full.Add(c.FullInterval)
		}
		again, ok := k.turn(ctx, next, depth)
		if !ok {
			return
		}
		// A question that a light probe opened is answered at once, and a doubt
		// has its own rhythm; the grid waits, and nothing overruns.
		asked := again
		if again {
			if _, ok := k.turn(ctx, time.Now(), probe.Full); !ok {
				return
			}
		}
		for k.inDoubt() {
			asked = true
			due := time.Now().Add(k.w.o.ConfirmAfter)
			if !sleepUntil(ctx, due) {
				return
			}
			if _, ok := k.turn(ctx, due, probe.Full); !ok {
				return
			}
		}
		step := c.LightInterval
		next = next.Add(step)
		if c.FullOnly {
			step, next = c.FullInterval, full
		}
		if late := time.Since(next); late > 0 {
			n := (late + step - 1) / step
			next = next.Add(n * step)
			if !asked {
				k.w.overran(c.Code, uint64(n))
			}
		}
	}
}

// turn waits for a free session and probes once. again says that the probe was
// a light success that leaves a question which only a full probe can answer; ok is
// false when ctx ended.
func (k *worker) turn(ctx context.Context, due time.Time, depth probe.Depth) (again, ok bool) {
	select {
	case k.w.sessions <- struct{}{}:
	case <-ctx.Done():
		return false, false
	}
	at := k.w.moment()
	waited := time.Since(due)
	r, panicked := k.probe(ctx, depth)
	<-k.w.sessions
	if ctx.Err() != nil || r.Aborted() {
		return false, ctx.Err() == nil
	}
	k.w.o.Logger.Debug("probed", "camera", k.camera.Code, "light", depth == probe.Light, "rung", r.Reached.String(),
		"fault", r.Fault.String(), "waited", waited, "error", r.Err)
	k.take(at, r, panicked)
	return lightSuccess(&r) && k.needsFull(), true
}

// probe calls the probe and turns a panic into a failed one.
func (k *worker) probe(ctx context.Context, depth probe.Depth) (r probe.Result, panicked bool) {
	t := k.camera.Target
	t.Depth = depth
	defer func() {
		defer func() { r.Depth = depth }()
		if p := recover(); p != nil {
			k.w.o.Logger.Error("probe panicked", "camera", k.camera.Code, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			r = probe.Result{Fault: wire.FaultMalformed, FellOn: wire.RungResolve, Err: fmt.Errorf("probe panicked: %v", p)}
			panicked = true
		}
	}()
	return k.w.o.Probe(ctx, t), false
}

// take folds a result and hands on what it closed.
func (k *worker) take(at Moment, r probe.Result, panicked bool) {
	k.mu.Lock()
	before, had := k.folder.State()
	passing := k.folder.Passing()
	closed := k.folder.Add(at, r)
	after, has := k.folder.State()
	passing = k.folder.Passing() - passing
	k.mu.Unlock()

	k.w.count(func(s *Stats) {
		s.Probes++
		if r.Depth == probe.Light {
			s.Light++
		}
		s.Passing += uint64(passing)
		if r.Fault != wire.FaultNone || r.Reached != wire.RungFresh && !lightSuccess(&r) {
			s.Failed++
		}
		if panicked {
			s.Panics++
		}
	})
	if len(closed) > 0 {
		k.w.o.Record(closed)
	}
	if !has {
		return
	}
	if !had || before.Status != after.Status || before.Since != after.Since && before.Fault != after.Fault {
		k.w.o.Logger.Info("camera state", "camera", k.camera.Code, "status", after.Status.String(),
			"fault", after.Fault.String(), "rtsp_status", after.RTSPStatus, "for", time.Duration(at.Mono-after.Since)*time.Millisecond)
	}
	before.Probed = after.Probed
	if k.w.o.Changed != nil && (!had || !reflect.DeepEqual(before, after)) {
		k.w.o.Changed()
	}
}

func (k *worker) inDoubt() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.folder.InDoubt()
}

// needsFull asks the folder whether a light probe could say anything now.
func (k *worker) needsFull() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.folder.NeedsFull(k.w.o.Clock.Mono())
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
