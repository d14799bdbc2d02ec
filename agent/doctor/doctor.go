// Package doctor looks at every camera once, and at the broker, and tells a
// technician in plain text what it found: the ladder of each probe with the
// time of every rung in milliseconds, the fault and what to do about it, or
// what was measured; in Vietnamese or English.
//
// It prints camera by camera in the order given, as soon as those before are
// done; at most Options.Sessions are probed at once. Columns are aligned
// with spaces, and there is no colour. No credential, path or query of a
// camera's address is printed.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// DefaultSessions is how many cameras are probed at once.
const DefaultSessions = 8

// Camera is one camera to look at.
type Camera struct {
	Code   string // what to call it; empty: its address
	Target probe.Target
	// Reasons says in what a stream that flows falls short of the plan; nil
	// when nothing is planned.
	Reasons func(*probe.Result) []wire.Reason
}

// Broker is the broker to look at.
type Broker struct {
	Addr string // host:port
	// Check connects and logs in: uplink.Check or uplink.CheckReach.
	Check func(context.Context) error
	// ReachOnly says that Check does not log in, because the agent is running
	// and would lose its connection.
	ReachOnly bool
}

// Options of Run.
type Options struct {
	Cameras  []Camera
	Broker   *Broker   // nil: none is configured
	Lang     wire.Lang // English unless it is wire.VI
	Sessions int       // cameras probed at once; it defaults to DefaultSessions
	// Probe looks at a camera once; it defaults to probe.Probe.
	Probe func(context.Context, probe.Target) probe.Result
	Out   io.Writer
}

// Summary counts what was found.
type Summary struct {
	Working, Degraded, Failed int
	Open                      int   // cameras that gave their picture without asking for a password
	Broker                    error // why the broker cannot be used; nil: it can, or none is configured
}

// OK says whether all is well: every camera works as planned, and so does the
// broker. Cameras without a password are a finding, not a failure.
func (s Summary) OK() bool { return s.Degraded == 0 && s.Failed == 0 && s.Broker == nil }

// Run looks at everything and prints what it finds. Its error is that of Out,
// or that ctx ended first.
func Run(ctx context.Context, o Options) (Summary, error) {
	if o.Probe == nil {
		o.Probe = probe.Probe
	}
	if o.Sessions <= 0 {
		o.Sessions = DefaultSessions
	}
	p := newPrinter(o.Lang)
	var sum Summary
	if o.Broker != nil {
		sum.Broker = o.Broker.Check(ctx)
		if _, err := io.WriteString(o.Out, p.broker(o.Broker, sum.Broker)); err != nil {
			return sum, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	results := make([]chan probe.Result, len(o.Cameras))
	sessions := make(chan struct{}, o.Sessions)
	for i := range results {
		results[i] = make(chan probe.Result, 1)
	}
	wg.Go(func() {
		for i := range o.Cameras {
			select {
			case sessions <- struct{}{}:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				results[i] <- look(ctx, o.Probe, o.Cameras[i].Target)
				<-sessions
			})
		}
	})
	for i, c := range o.Cameras {
		var r probe.Result
		select {
		case r = <-results[i]:
		case <-ctx.Done():
			return sum, ctx.Err()
		}
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
		if _, err := io.WriteString(o.Out, p.camera(i+1, len(o.Cameras), c, r, &sum)); err != nil {
			return sum, err
		}
	}
	_, err := io.WriteString(o.Out, p.summary(sum))
	return sum, err
}

// look probes, and turns a panic into a fault: the doctor goes on.
func look(ctx context.Context, f func(context.Context, probe.Target) probe.Result, t probe.Target) (r probe.Result) {
	defer func() {
		if p := recover(); p != nil {
			r = probe.Result{Fault: wire.FaultMalformed, FellOn: wire.RungResolve, Err: fmt.Errorf("probe panicked: %v", p)}
		}
	}()
	return f(ctx, t)
}

// oneLine keeps what an error says on one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// isErr is errors.As for a caller that wants the value.
func isErr[E error](err error) (e E, ok bool) {
	ok = errors.As(err, &e)
	return e, ok
}
