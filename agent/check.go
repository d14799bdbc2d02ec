package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/phukin/phukin/agent/assignment"
	"github.com/phukin/phukin/agent/doctor"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

// CheckOptions say what Check looks at.
type CheckOptions struct {
	Config *Config  // cameras, or the last list that the hub gave of them; broker and spool; nil: none
	File   string   // where Config comes from
	URLs   []string // more cameras, rtsp[s]://[user[:password]@]host[:port]/path
	// ConfigErr is why there is no Config although there should be one: it is then
	// the only thing that is reported.
	ConfigErr error

	Quick    bool // look for the first whole key frame of each camera and no longer, see probe.Keyframe
	Lang     wire.Lang
	JSON     bool
	Out      io.Writer
	Progress func(text string) // see doctor.Options
	// Probe looks at a camera once; it defaults to probe.Probe.
	Probe func(context.Context, probe.Target) probe.Result
	// Now is the wall clock; it defaults to time.Now.
	Now func() time.Time
}

// brokerTimeout bounds what Check spends on the broker.
const brokerTimeout = 15 * time.Second

// Check looks once at this device, the broker and every camera, and prints what
// it finds (see package doctor). It does not log in to the broker while an agent uses
// the spool of the configuration, for that would end its connection. It fails
// when there is nothing to look at, or when a URL is wrong.
func Check(ctx context.Context, o CheckOptions) (doctor.Summary, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	d := doctor.Options{Lang: o.Lang, JSON: o.JSON, Out: o.Out, Probe: o.Probe, Progress: o.Progress}
	if o.ConfigErr != nil {
		d.Checks = []doctor.Check{configCheck(o)}
		return doctor.Run(ctx, d)
	}
	if c := o.Config; c != nil {
		cameras, refused, err := c.cameras()
		d.Sessions = c.MaxSessions
		d.Checks = c.checks(o, cameras, refused, err)
		for i := range cameras {
			k := &cameras[i]
			t, err := c.target(k)
			if err != nil {
				return doctor.Summary{}, fmt.Errorf("camera %s: %w", k.Code, err)
			}
			d.Cameras = append(d.Cameras, doctor.Camera{Code: k.Code, Target: t, Reasons: c.expectation(k).Reasons})
		}
	}
	for _, u := range o.URLs {
		t := probe.Target{URL: u}
		if err := t.Validate(); err != nil {
			return doctor.Summary{}, err
		}
		d.Cameras = append(d.Cameras, doctor.Camera{Target: t})
	}
	if o.Quick {
		for i := range d.Cameras {
			d.Cameras[i].Target.Depth = probe.Keyframe
		}
	}
	if len(d.Cameras) == 0 && len(d.Checks) == 0 {
		return doctor.Summary{}, errors.New("nothing to check: give a configuration or rtsp:// addresses")
	}
	return doctor.Run(ctx, d)
}

func configCheck(o CheckOptions) doctor.Check {
	return doctor.Check{Name: doctor.NameConfiguration, Subject: o.File, Look: func(context.Context) (f doctor.Finding) {
		if f.Err = o.ConfigErr; f.Err != nil {
			f.Fault = doctor.FaultConfiguration
			return f
		}
		f.Facts.Agent, f.Facts.Cameras = o.Config.Agent, len(o.Config.Cameras)
		f.Facts.Assigned = o.Config.Assigned()
		return f
	}}
}

// cameras gives those of the configuration, or of the last list that the hub
// gave, which may not be there.
func (c *Config) cameras() ([]CameraConfig, *AssignedStatus, error) {
	if !c.Assigned() {
		return c.Cameras, nil, nil
	}
	if !assignment.Exists(c.planDir()) {
		return nil, &AssignedStatus{}, nil
	}
	list, _, err := c.keptList()
	if err != nil || list == nil {
		return nil, &AssignedStatus{}, err
	}
	return list.configs, &list.status, nil
}

// listCheck looks at the last list that the hub gave.
func listCheck(c *Config, st *AssignedStatus, err error) doctor.Check {
	return doctor.Check{Name: doctor.NameList, Subject: c.planDir(), Look: func(context.Context) (f doctor.Finding) {
		f.Facts.List = &doctor.List{Known: st.Known, Revision: st.Revision, Received: st.Received, Cameras: st.Cameras}
		for _, r := range st.Refused {
			err = errors.Join(err, fmt.Errorf("camera %s: %s", r.Camera, r.Reason))
		}
		if f.Err = err; err != nil {
			f.Fault = doctor.FaultList
		}
		return f
	}}
}

// checks lists what there is to look at besides the cameras. st is what is known
// of the hub's list, nil if the cameras are the configuration's.
func (c *Config) checks(o CheckOptions, cameras []CameraConfig, st *AssignedStatus, err error) []doctor.Check {
	b := c.broker()
	running := spool.InUse(c.Spool.Dir)
	cs := []doctor.Check{configCheck(o), doctor.Clock(o.Now), doctor.Disk(c.Spool.Dir, int64(c.Spool.MaxMB)<<20, nil)}
	if st != nil {
		cs = append(cs, listCheck(c, st, err))
	}
	for _, host := range c.hosts(cameras) {
		cs = append(cs, doctor.DNS(host, nil))
	}
	return append(cs, doctor.Broker(b.Addr(), running, func(ctx context.Context) ([]uplink.StageTime, error) {
		ctx, cancel := context.WithTimeout(ctx, brokerTimeout)
		defer cancel()
		return uplink.Examine(ctx, b, running)
	}))
}

// maxNames bounds the lookups of a check.
const maxNames = 20

// hosts lists the host names that are no addresses, each once: the broker's,
// then those of the cameras.
func (c *Config) hosts(cameras []CameraConfig) (names []string) {
	add := func(host string) {
		if _, err := netip.ParseAddr(host); err != nil && host != "" && len(names) < maxNames && !slices.Contains(names, host) {
			names = append(names, host)
		}
	}
	add(c.broker().Host())
	for _, k := range cameras {
		if u, err := url.Parse(k.URL); err == nil {
			add(u.Hostname())
		}
	}
	return names
}
