// Package doctor looks once at everything an agent needs, and tells a
// technician in plain text what it found: first this device (configuration,
// clock, disk, name lookup, broker), then camera by camera the ladder of a full
// probe (or of one that ends with the first key frame, when the Depth of its target
// says so) with the time of every rung in milliseconds, the fault and what to do about
// it, or what was measured; in Vietnamese or English. As JSON it says the same
// to a program (see WriteJSON).
//
// It prints in the order given, each finding as soon as those before are
// done; at most Options.Sessions cameras are probed at once. Columns are aligned
// with spaces, and there is no colour. No credential, path or query of a
// camera's address is printed.
package doctor

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

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

func (c Camera) name() string {
	if c.Code == "" {
		return c.Target.String()
	}
	return c.Code
}

// Options of Run.
type Options struct {
	Checks   []Check // of this device, in this order, before the cameras
	Cameras  []Camera
	Lang     wire.Lang // English unless it is wire.VI
	JSON     bool      // write JSON, all at once, in place of text
	Sessions int       // cameras probed at once; it defaults to DefaultSessions
	// Probe looks at a camera once; it defaults to probe.Probe.
	Probe func(context.Context, probe.Target) probe.Result
	Out   io.Writer
	// Progress, if set, is told what is being looked at, and "" before anything
	// is written to Out. It is called by one goroutine.
	Progress func(text string)
	// Now is the clock by which checks are timed; it defaults to time.Now.
	Now func() time.Time
}

// Summary counts what was found.
type Summary struct {
	Working, Degraded, Failed int // cameras
	Open                      int // cameras that gave their picture without asking for a password
	Trouble                   int // checks of this device that failed
}

// OK says whether all is well: this device is in order, and every camera works
// as planned. Cameras without a password are a finding, not a failure.
func (s Summary) OK() bool { return s.Degraded == 0 && s.Failed == 0 && s.Trouble == 0 }

// Run looks at everything and prints what it finds. Its error is that of Out,
// or that ctx ended first.
func Run(ctx context.Context, o Options) (sum Summary, err error) {
	if o.Probe == nil {
		o.Probe = probe.Probe
	}
	if o.Sessions <= 0 {
		o.Sessions = DefaultSessions
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := newPrinter(o.Lang)
	var report []jsonCheck
	write := func(text string, j ...jsonCheck) error {
		report = append(report, j...)
		if o.JSON {
			return nil
		}
		o.Progress("")
		_, err := io.WriteString(o.Out, text)
		return err
	}
	if len(o.Checks) > 0 {
		if err := write(p.l.device + "\n"); err != nil {
			return sum, err
		}
	}
	for _, c := range o.Checks {
		o.Progress(p.l.names[c.Name] + " " + c.Subject)
		began := o.Now()
		f := c.run(ctx)
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
		if f.Fault != "" {
			sum.Trouble++
		}
		if err := write(p.finding(c, f), p.jsonFinding(c, f, o.Now().Sub(began))); err != nil {
			return sum, err
		}
	}
	if len(o.Checks) > 0 {
		if err := write("\n"); err != nil {
			return sum, err
		}
	}
	err = o.cameras(ctx, p, func(i int, r probe.Result) error {
		c := o.Cameras[i]
		v := judge(c, &r)
		sum.add(v)
		return write(p.camera(i+1, len(o.Cameras), c, v), p.jsonCamera(c, v))
	})
	if err != nil {
		return sum, err
	}
	o.Progress("")
	if o.JSON {
		return sum, writeJSON(o.Out, report)
	}
	_, err = io.WriteString(o.Out, p.summary(sum, len(o.Cameras)))
	return sum, err
}

// cameras probes all of them and hands on the results in order.
func (o *Options) cameras(ctx context.Context, p printer, take func(int, probe.Result) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	results := make([]chan probe.Result, len(o.Cameras))
	for i := range results {
		results[i] = make(chan probe.Result, 1)
	}
	sessions, done := make(chan struct{}, o.Sessions), make(chan struct{}, len(o.Cameras))
	wg.Go(func() {
		for i := range o.Cameras {
			select {
			case sessions <- struct{}{}:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				results[i] <- look(ctx, o.Probe, o.Cameras[i].Target)
				done <- struct{}{}
				<-sessions
			})
		}
	})
	n := 0
	for i, c := range o.Cameras {
		for waiting := true; waiting; {
			o.Progress(fmt.Sprintf("%s %d/%d: %s", p.l.names[NameCamera], n, len(o.Cameras), c.name()))
			select {
			case r := <-results[i]:
				waiting = false
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err := take(i, r); err != nil {
					return err
				}
			case <-done:
				n++
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
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

// verdict is what a probe says of a camera.
type verdict struct {
	r       *probe.Result
	status  wire.Status // 0: the camera could not be looked at
	reasons []wire.Reason
	open    bool // it did not ask for a password
}

func judge(c Camera, r *probe.Result) verdict {
	v := verdict{r: r, open: r.Reached >= wire.RungAuth && !r.AuthAsked}
	if r.OK() && c.Reasons != nil {
		v.reasons = c.Reasons(r)
	}
	switch {
	case r.Aborted():
	case !r.OK():
		v.status = wire.StatusDown
	case len(v.reasons) > 0:
		v.status = wire.StatusDegraded
	default:
		v.status = wire.StatusUp
	}
	return v
}

func (s *Summary) add(v verdict) {
	switch v.status {
	case wire.StatusUp:
		s.Working++
	case wire.StatusDegraded:
		s.Degraded++
	default:
		s.Failed++
	}
	if v.open {
		s.Open++
	}
}

// oneLine keeps what an error says on one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
