// Package agent is the edge agent of Phủ Kín: it watches the cameras of one
// place, keeps what it saw in a spool, and sends it to the hub.
//
// The rooms below do the work: probe looks at a camera once, watch decides when
// and folds results into observations, spool keeps them, uplink sends
// them. This package reads the configuration, puts the rooms together, and stops
// them in the order that loses nothing: first the watch, whose open
// observations go into the spool, then the uplink with its goodbye, then the spool. What
// the hub has not acknowledged by then waits in the spool for the next start.
//
// Which cameras to watch is said by the configuration, or, if that names none, by
// the hub, whose newest list is kept on disk (package assignment) and
// exchanged while the agent runs.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/agent/vitals"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

// Options are what New needs besides the configuration.
type Options struct {
	Version string       // what the hub is told
	Logger  *slog.Logger // it defaults to slog.Default()
	// Probe looks at a camera once; it defaults to probe.Probe.
	Probe func(context.Context, probe.Target) probe.Result
	// Clock is the device's clocks; it defaults to clock.System().
	Clock *clock.Device
	// Spooled, if set, is told what the spool took, once it is on the device: the
	// spool's epoch, the number of the first record, and the records. It holds up
	// the cameras that they speak of.
	Spooled func(epoch, first uint64, entries []spool.Entry)
}

// Agent is one running agent. Use New, then Run once, then Close.
type Agent struct {
	log      *slog.Logger
	spool    *spool.Spool
	found    spool.Recovery
	recorder *recorder
	watch    *watch.Watch
	uplink   *uplink.Uplink
	assigned *assigned // nil if the cameras are those of the configuration
}

// Status is what an agent knows of itself.
type Status struct {
	Uplink   uplink.Status
	Watch    watch.Stats
	Spool    spool.Stats
	Spooled  uint64         // records in the spool
	Waiting  int            // observations that the spool did not take yet
	Lost     uint64         // observations that it never took
	Recovery spool.Recovery // what was found when the spool was opened
	States   []wire.State
	Assigned AssignedStatus // zero if the cameras are those of the configuration
}

// New checks the configuration and opens the spool. It fails with
// spool.ErrLocked when another agent uses the spool.
func New(c Config, o Options) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Probe == nil {
		o.Probe = probe.Probe
	}
	if o.Clock == nil {
		d := clock.System()
		o.Clock = &d
	}
	sp, found, err := spool.Open(c.Spool.Dir, spool.Options{MaxBytes: int64(c.Spool.MaxMB) << 20, Logger: o.Logger.With("component", "spool")})
	if err != nil {
		return nil, err
	}
	if !found.Clean() {
		o.Logger.Warn("spool was damaged, what could be read is kept", "found", found.String())
	}
	if w := c.broker().Warning(o.Clock.Wall()); w != "" {
		o.Logger.Warn("the broker may refuse the agent", "reason", w)
	}
	a := &Agent{log: o.Logger, spool: sp, found: found, recorder: &recorder{spool: sp, boot: o.Clock.Boot, log: o.Logger.With("component", "spool")}}
	a.recorder.spooled = func(first uint64, entries []spool.Entry, news bool) {
		if o.Spooled != nil {
			o.Spooled(sp.Epoch(), first, entries)
		}
		a.uplink.Fresh(first, first+uint64(len(entries)), news)
	}
	if err := a.furnish(c, o); err != nil {
		return nil, errors.Join(err, sp.Close())
	}
	return a, nil
}

func (a *Agent) furnish(c Config, o Options) (err error) {
	var cameras []watch.Camera
	var key wire.Key
	var plan func([]byte)
	if c.Assigned() {
		if a.assigned, cameras, err = openAssigned(c, o.Clock.Wall, o.Logger.With("component", "plan")); err != nil {
			return err
		}
		key, plan = a.assigned.store.Key(), a.assigned.take
	} else if cameras, err = c.watchedAll(c.Cameras); err != nil {
		return err
	}
	a.uplink, err = uplink.New(uplink.Options{
		Broker: c.broker(), Queue: a.spool, LiveEvery: time.Duration(c.LiveEvery),
		Linger: time.Duration(c.linger()), MaxRate: c.MaxRate << 10,
		Live: func() uplink.Live {
			st := a.assigned.current()
			n := len(c.Cameras)
			if c.Assigned() {
				n = st.Cameras
			}
			return uplink.Live{Cameras: n, States: a.watch.States(), Overruns: a.watch.Stats().Overruns, List: st.list()}
		},
		Plan: plan, Key: key,
		Vitals:  func() wire.Vitals { return vitals.Read(c.Spool.Dir) },
		Version: o.Version, Clock: o.Clock, Logger: o.Logger,
	})
	if err != nil {
		return err
	}
	w := watch.Options{
		LightInterval: time.Duration(c.LightInterval), FullInterval: time.Duration(c.FullInterval), Confirm: c.Confirm, ConfirmAfter: time.Duration(c.ConfirmAfter),
		ReportEvery: time.Duration(c.ReportEvery), MaxSessions: c.MaxSessions,
		Probe: o.Probe, Clock: o.Clock, Logger: o.Logger.With("component", "watch"),
		Record:  a.recorder.record,
		Changed: a.uplink.Changed,
		Cameras: cameras,
	}
	if a.watch, err = watch.New(w); err == nil && a.assigned != nil {
		a.assigned.watch, a.assigned.changed = a.watch.Set, a.uplink.Changed
	}
	return err
}

// Run watches and sends until ctx ends. When it returns, no goroutine of the
// agent runs any more.
func (a *Agent) Run(ctx context.Context) error {
	a.log.Info("agent started", "spooled", a.spool.Len(), "epoch", fmt.Sprintf("%016x", a.spool.Epoch()))
	a.uplink.Start()
	var lists sync.WaitGroup
	if a.assigned != nil {
		lists.Go(func() { a.assigned.run(ctx) })
	}
	a.watch.Run(ctx)
	lists.Wait()
	err := a.recorder.flush()
	a.uplink.Close()
	a.log.Info("agent stopped", "spooled", a.spool.Len())
	return err
}

// Status tells how things are.
func (a *Agent) Status() Status {
	waiting, lost := a.recorder.counts()
	states := a.watch.States()
	for i := range states {
		states[i].Since, states[i].Probed = a.uplink.Unix(states[i].Since), a.uplink.Unix(states[i].Probed)
	}
	return Status{
		Uplink: a.uplink.Status(), Watch: a.watch.Stats(), Spool: a.spool.Stats(), Spooled: a.spool.Len(),
		Waiting: waiting, Lost: lost, Recovery: a.found, States: states,
		Assigned: a.assigned.current(),
	}
}

// Close closes the spool. Run must have returned.
func (a *Agent) Close() error { return a.spool.Close() }
