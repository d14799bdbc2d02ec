package agent

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/phukin/phukin/agent/doctor"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

// CheckOptions say what Check looks at.
type CheckOptions struct {
	Config *Config  // cameras and broker; nil: none
	URLs   []string // more cameras, rtsp://[user[:password]@]host[:port]/path
	Lang   wire.Lang
	Out    io.Writer
	// Probe looks at a camera once; it defaults to probe.Probe.
	Probe func(context.Context, probe.Target) probe.Result
}

// brokerTimeout bounds what Check spends on the broker.
const brokerTimeout = 15 * time.Second

// Check looks once at every camera and at the broker, and prints what it finds
// (see package doctor). It does not log in to the broker while an agent uses
// the spool of the configuration, for that would end its connection. It fails
// when there is nothing to look at, or when a URL is wrong.
func Check(ctx context.Context, o CheckOptions) (doctor.Summary, error) {
	d := doctor.Options{Lang: o.Lang, Out: o.Out, Probe: o.Probe}
	if c := o.Config; c != nil {
		d.Sessions = c.MaxSessions
		b := c.broker()
		check := uplink.Check
		running := spool.InUse(c.Spool.Dir)
		if running {
			check = uplink.CheckReach
		}
		d.Broker = &doctor.Broker{Addr: b.Addr(), ReachOnly: running, Check: func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, brokerTimeout)
			defer cancel()
			return check(ctx, b)
		}}
		for i := range c.Cameras {
			k := &c.Cameras[i]
			d.Cameras = append(d.Cameras, doctor.Camera{Code: k.Code, Target: c.target(k), Reasons: k.expectation().Reasons})
		}
	}
	for _, u := range o.URLs {
		t := probe.Target{URL: u}
		if err := t.Validate(); err != nil {
			return doctor.Summary{}, err
		}
		d.Cameras = append(d.Cameras, doctor.Camera{Target: t})
	}
	if len(d.Cameras) == 0 && d.Broker == nil {
		return doctor.Summary{}, errors.New("nothing to check: give a configuration or rtsp:// addresses")
	}
	return doctor.Run(ctx, d)
}
