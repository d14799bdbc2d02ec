// Package watch decides when to probe a camera and what its probes together
// say: it confirms failures, folds probes into observations (DESIGN §3), and
// knows what is seen at this moment.
//
// # Folding
//
// A probe stands for the moment at which it began, its time. An observation
// [From, To) holds the probes whose times lie in it.
//
//   - Two probes that agree bridge the time between them if it is at most
//     3 × light interval + timeout (3 × full interval + timeout for a camera that
//     gets only full probes). Otherwise the observation closes at the time of its last
//     probe, and a new one opens: the time between is unknown.
//   - The border between two states is the time of the first probe that saw the
//     new one. If it lies too far from the last probe of the old one, that
//     one closes at its last probe.
//   - Probes agree when status, fault, rung and RTSP status of a fault, reasons,
//     codec and picture size are the same; an observation has one value for
//     each. A codec or a size that was not measured agrees with any.
//   - The first failed probe after anything else opens a doubt. Confirm more
//     failures make it a fact: down from the time of the first failed probe. A
//     success before that ends the doubt: no outage, one passing failure
//     counted, and the failed probes are part of no observation. While the
//     doubt lasts nobody vouches for the time since the first failed probe; if
//     it is never resolved, for none since the last probe before it.
//   - An observation closes also at the first probe that is ReportEvery after its
//     From; the next one begins with that probe.
//   - At the end the open observation closes at its last probe. An observation of
//     no length is dropped: a single probe vouches for no time.
//
// # Depths
//
// A full probe climbs to fresh and is the only one that can say up or
// degraded. A light probe stops when the stream was described, after
// login; it costs the camera no stream.
//
//   - A light failure is a failure like any other: it opens a doubt, or goes on
//     with a known outage. Confirmations are full probes.
//   - A light success says that the camera answers and the login is good, not
//     that video flows. After up or degraded it agrees with whatever the last full
//     success saw, and so bridges, if that was at most 2 × full interval ago
//     and neither a doubt nor an outage came since. It measures no stream.
//   - Any other light success is part of no observation: it never ends a doubt
//     or an outage. It asks for a full probe, which follows at once.
//   - busy (453) is a fault like any other, found by either depth: the camera
//     lives, but nobody saw its picture. Its status is down with the fault busy, so
//     that whoever reads the figures can tell it from a dead one.
//
// # Times
//
// All times are milliseconds of the device's monotonic clock (see package
// clock), which nobody can set; what they are by the hub's clock is found out when
// they are sent. The wall clock decides nothing: what it had at an observation's
// begin is noted beside it. So From < To always holds, and observations of
// one camera never overlap. A device that slept was away for as long: the rule
// above bridges or closes what was open.
//
// # Scheduling
//
// Every camera has one worker, hence at most one session. Its probes start on
// a grid of its light interval, shifted by a hash of its code. A probe is full
// when a point of a second grid, that of its full interval, was passed since the
// last probe, and whenever a light one could say nothing: at the start, and while the
// camera is not known to be up or degraded. A camera that gets only full probes begins
// like the others and then keeps to the second grid alone. Confirmations follow
// ConfirmAfter apart, on no grid.
//
// At most MaxSessions probes run at once; a grid point that passes while a probe
// runs or waits for its turn is counted as an overrun and skipped, never made up
// for; overruns are logged as warnings, the first at once, then with their number
// every ten minutes in which there are any, and at the end of the run. A panic in a probe is
// a failed probe with the fault malformed. A probe that was cut off by the end of
// the run counts as nothing.
//
// # Another list
//
// Set gives the cameras to watch from now on, also while the watch runs. One
// that is not among them closes its open observation at its last probe, at once; one
// that is another (its address, its login, what is expected …) does the same
// and begins anew, with a full probe within its light interval. Those that are the
// same go on as if nothing had happened.
package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// Defaults.
const (
	DefaultLightInterval = 30 * time.Second
	DefaultFullInterval  = 5 * time.Minute
	DefaultConfirm       = 2
	DefaultConfirmAfter  = 5 * time.Second
	DefaultReportEvery   = 5 * time.Minute
	DefaultMaxSessions   = 8
)

// Camera is one camera to watch.
type Camera struct {
	Code     string       // as in the plan, see wire.CheckCode
	Target   probe.Target // its Depth is set for each probe
	Expect   Expectation
	FullOnly bool // no light probes

	LightInterval time.Duration // time between probes; 0 takes that of Options
	FullInterval  time.Duration // time between full probes; 0 takes that of Options; at least LightInterval
}

// Options of a Watch. Probe and Record are needed.
type Options struct {
	Cameras       []Camera
	LightInterval time.Duration // time between probes of a camera; it defaults to 30 s
	FullInterval  time.Duration // time between full probes of a camera; it defaults to 5 min
	Confirm       int           // failures that confirm the first one; 0 believes it at once
	ConfirmAfter  time.Duration // from the end of a failed probe to the one that confirms it; it defaults to 5 s
	ReportEvery   time.Duration // an observation closes after this time; it defaults to 5 min
	MaxSessions   int           // probes at once; it defaults to 8

	// Probe looks at a camera once: probe.Probe.
	Probe func(context.Context, probe.Target) probe.Result
	// Record takes closed observations. It is called by several goroutines, for
	// one camera in order, and holds up that camera's next probe.
	Record func([]Closed)
	// Changed, if set, is told when a camera's state became another. It must
	// not block.
	Changed func()
	// Clock is the device's clocks; it defaults to clock.System().
	Clock *clock.Device
	// Logger defaults to slog.Default().
	Logger *slog.Logger
}

// Stats counts what happened since New.
type Stats struct {
	Probes   uint64 // finished probes
	Light    uint64 // of them, light ones
	Failed   uint64 // of them, those that fell
	Passing  uint64 // doubts that a success ended
	Overruns uint64 // grid points that were skipped
	Panics   uint64 // probes that panicked
}

// Watch watches a list of cameras. Use New.
type Watch struct {
	o        Options
	sessions chan struct{}

	setting sync.Mutex // held while workers are exchanged

	mu      sync.Mutex
	workers []*worker       // in the order of the list; replaced whole
	running context.Context //nolint:containedctx // that of Run, nil before and after: a worker may begin in its middle
	stats   Stats
	warned  time.Time // of the newest line about overruns
}

// New checks the options. Nothing runs before Run.
func New(o Options) (*Watch, error) {
	if o.Probe == nil || o.Record == nil {
		return nil, errors.New("watch: Probe and Record are needed")
	}
	setDefault(&o.LightInterval, DefaultLightInterval)
	setDefault(&o.FullInterval, max(DefaultFullInterval, o.LightInterval))
	setDefault(&o.ConfirmAfter, DefaultConfirmAfter)
	setDefault(&o.ReportEvery, DefaultReportEvery)
	if o.MaxSessions == 0 {
		o.MaxSessions = DefaultMaxSessions
	}
	if o.Clock == nil {
		d := clock.System()
		o.Clock = &d
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.LightInterval < 0 || o.FullInterval < 0 || o.Confirm < 0 || o.ConfirmAfter < 0 || o.ReportEvery < 0 || o.MaxSessions < 0 {
		return nil, errors.New("watch: a negative option")
	}
	w := &Watch{o: o, sessions: make(chan struct{}, o.MaxSessions)}
	if err := w.Set(o.Cameras); err != nil {
		return nil, err
	}
	return w, nil
}

// Check says whether a Watch would take the camera.
func (w *Watch) Check(c Camera) error {
	_, err := w.worker(c)
	return err
}

// worker makes the worker of a camera.
func (w *Watch) worker(c Camera) (*worker, error) {
	if err := wire.CheckCode(c.Code); err != nil {
		return nil, fmt.Errorf("watch: camera: %w", err)
	}
	if err := c.Target.Validate(); err != nil {
		return nil, fmt.Errorf("watch: camera %s: %w", c.Code, err)
	}
	setDefault(&c.LightInterval, w.o.LightInterval)
	setDefault(&c.FullInterval, max(w.o.FullInterval, c.LightInterval))
	if c.LightInterval < 0 || c.FullInterval < c.LightInterval {
		return nil, fmt.Errorf("watch: camera %s: full interval %v is shorter than the light one of %v", c.Code, c.FullInterval, c.LightInterval)
	}
	setDefault(&c.Target.Window, probe.DefaultWindow)
	setDefault(&c.Target.Timeout, probe.DefaultTimeout)
	step := c.LightInterval
	if c.FullOnly {
		step = c.FullInterval
	}
	return &worker{w: w, camera: c, ended: make(chan struct{}), folder: NewFolder(c.Code, c.Expect, Rules{
		Bridge: 3*step + c.Target.Timeout, Proof: 2 * c.FullInterval, Confirm: w.o.Confirm, ReportEvery: w.o.ReportEvery,
	})}, nil
}

// Set gives the cameras to watch from now on. Before it returns, what is not
// watched any more has closed its observation. An error names the camera that
// cannot be watched; nothing has changed then.
func (w *Watch) Set(cameras []Camera) error {
	w.setting.Lock()
	defer w.setting.Unlock()
	old := map[string]*worker{}
	for _, k := range w.list() {
		old[k.camera.Code] = k
	}
	next, fresh := make([]*worker, 0, len(cameras)), make([]*worker, 0, len(cameras))
	seen := make(map[string]bool, len(cameras))
	for _, c := range cameras {
		k, err := w.worker(c)
		if err != nil {
			return err
		}
		if seen[c.Code] {
			return fmt.Errorf("watch: camera %s is there twice", c.Code)
		}
		seen[c.Code] = true
		if was := old[c.Code]; was != nil && was.camera.same(&k.camera) {
			k = was
			delete(old, c.Code)
		} else {
			fresh = append(fresh, k)
		}
		next = append(next, k)
	}
	// A camera that is another has one session at a time all the same: its old
	// worker ends before the new one begins.
	for _, k := range old {
		k.cancel()
	}
	for _, k := range old {
		k.wait()
	}
	w.mu.Lock()
	w.workers = next
	running := w.running != nil
	if running {
		for _, k := range fresh {
			k.start(w.running)
		}
	}
	w.mu.Unlock()
	if running && w.o.Changed != nil && len(old)+len(fresh) > 0 {
		w.o.Changed()
	}
	return nil
}

// list gives the workers of this moment.
func (w *Watch) list() []*worker {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.workers
}

// Run probes until ctx ends. When it returns, no probe runs any more and every
// observation was recorded. It must be called once.
func (w *Watch) Run(ctx context.Context) {
	w.setting.Lock()
	w.mu.Lock()
	w.running = ctx
	for _, k := range w.workers {
		k.start(ctx)
	}
	w.mu.Unlock()
	w.setting.Unlock()
	<-ctx.Done()     // also when there is no camera
	w.setting.Lock() // a change that has begun is finished first
	w.mu.Lock()
	w.running = nil
	w.mu.Unlock()
	w.setting.Unlock()
	for _, k := range w.list() {
		k.wait()
	}
	if n := w.Stats().Overruns; n > 0 {
		w.o.Logger.Warn("probes were left out", "left_out", n, "probes", w.Stats().Probes, "max_sessions", w.o.MaxSessions)
	}
}

// States gives what is seen of each camera at this moment, in the order of
// the list, without those of which nothing was seen yet. Its times are by
// the monotonic clock. During a doubt it is what was seen before.
func (w *Watch) States() []wire.State {
	workers := w.list()
	states := make([]wire.State, 0, len(workers))
	for _, k := range workers {
		k.mu.Lock()
		if s, ok := k.folder.State(); ok {
			states = append(states, s)
		}
		k.mu.Unlock()
	}
	return states
}

func (w *Watch) moment() Moment {
	return Moment{Mono: w.o.Clock.Mono(), Wall: w.o.Clock.Wall().UnixMilli()}
}

// Stats gives the counters.
func (w *Watch) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

func (w *Watch) count(f func(*Stats)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.stats)
}

// overran counts n grid points that passed unused, and says so now and then.
func (w *Watch) overran(camera string, n uint64) {
	w.mu.Lock()
	w.stats.Overruns += n
	total, warn := w.stats.Overruns, w.warned.IsZero() || time.Since(w.warned) >= 10*time.Minute
	if warn {
		w.warned = time.Now()
	}
	w.mu.Unlock()
	if warn {
		w.o.Logger.Warn("probes take longer than their interval, some are left out", "camera", camera, "left_out", total, "max_sessions", w.o.MaxSessions)
	}
}

func setDefault(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}
