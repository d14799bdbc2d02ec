package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/deploy/demo/clips"
	"github.com/phukin/phukin/deploy/demo/simcam"
	"github.com/phukin/phukin/hub"
	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/plan"
)

// The demonstration's agents look more often than real ones, so that a
// newcomer sees things change within a minute; and every look is a full one.
const (
	lightInterval = 5 * time.Second
	fullInterval  = 20 * time.Second
	probeWindow   = time.Second
	probeTimeout  = 4 * time.Second
	confirmAfter  = time.Second
	reportEvery   = 30 * time.Second
	liveEvery     = 5 * time.Second
)

// spoolMB bounds the spool of an agent with so many cameras: two years of each
// take less than 4 MiB, and all of it is written when the spool is made.
func spoolMB(cameras int) int { return 8 + 4*cameras }

// neverSeen is the share of installed cameras that have no address in the plan,
// so that no agent watches them: claimed, and never seen. One in so many.
const neverSeen = 40

// fleet is everything outside the hub: simulated cameras, the communes' lines
// and their agents.
type fleet struct {
	log     *slog.Logger
	cameras []*station
	lines   []*line
	agents  []*agent.Agent
	opened  []func() error // what to close, in reverse order

	codes       []string // of the agents, in order
	watched     map[string][]*fleetCamera
	credentials map[string][]agent.CredentialsConfig
}

// openFleet starts a simulated camera for every installed camera of the plan,
// and gives the plan with their addresses.
func openFleet(p *plan.Plan, log *slog.Logger) (f *fleet, addressed *plan.Plan, err error) {
	f = &fleet{log: log, watched: map[string][]*fleetCamera{}, credentials: map[string][]agent.CredentialsConfig{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	today := plan.DateOf(time.Now(), p.Location)
	part := *p
	part.Cameras = slices.Clone(p.Cameras)
	for i := range p.Cameras {
		c := &p.Cameras[i]
		if !slices.Contains(f.codes, c.Agent) {
			f.codes = append(f.codes, c.Agent)
		}
		if !c.ClaimedInstalled(today) || i%neverSeen == neverSeen-1 {
			continue
		}
		fc := &fleetCamera{plan: c, clip: clipFor(c, i)}
		address, err := f.startCamera(fc)
		if err != nil {
			return nil, nil, err
		}
		part.Cameras[i].Address = plan.Address(address)
		f.watched[c.Agent] = append(f.watched[c.Agent], fc)
	}
	slices.Sort(f.codes)
	addressed, err = plan.Build(part)
	return f, addressed, err
}

// openAgents makes an agent for every commune, with two years of simulated
// past in its spool. Which cameras it watches it learns from the hub.
func (f *fleet) openAgents(ctx context.Context, h *hub.Hub, dir string, seed uint64) error {
	// Each agent's past goes to its own spool; two at a time keep two cores
	// busy.
	var g errgroup.Group
	g.SetLimit(2)
	now := time.Now()
	for _, code := range f.codes {
		g.Go(func() error {
			return writePast(filepath.Join(dir, code), code, f.watched[code], seed, now, h.Plan().Location, f.log)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, code := range f.codes {
		if err := f.addAgent(ctx, h, code, filepath.Join(dir, code)); err != nil {
			return err
		}
	}
	return nil
}

// startCamera starts the simulated camera and gives its address. Its login goes
// into its agent's own file, so to speak.
func (f *fleet) startCamera(fc *fleetCamera) (address string, err error) {
	password, err := secret()
	if err != nil {
		return "", err
	}
	const user = "phukin"
	cam, err := simcam.Start(simcam.Config{Clip: fc.clip, Username: user, Password: password, Logger: f.log.With("component", "simcam")})
	if err != nil {
		return "", fmt.Errorf("simulated camera %s: %w", fc.plan.Code, err)
	}
	f.opened = append(f.opened, cam.Close)
	f.cameras = append(f.cameras, &station{code: fc.plan.Code, camera: cam})
	f.credentials[fc.plan.Agent] = append(f.credentials[fc.plan.Agent], agent.CredentialsConfig{Code: fc.plan.Code, Username: user, Password: probe.Secret(password)})
	return cam.URL(), nil
}

// writePast fills the spool of an agent that has not started yet.
func writePast(dir, code string, cameras []*fleetCamera, seed uint64, now time.Time, loc *time.Location, log *slog.Logger) error {
	s, _, err := spool.Open(dir, spool.Options{MaxBytes: int64(spoolMB(len(cameras))) << 20, Logger: log})
	if err != nil {
		return err
	}
	return errors.Join(fillPast(s, code, cameras, seed, now, loc), s.Close())
}

func (f *fleet) addAgent(ctx context.Context, h *hub.Hub, code, dir string) error {
	token, err := enrol.Issue(ctx, h.Agents(), code, time.Now())
	if err != nil {
		return err
	}
	r, err := startRelay(h.MQTTAddr().String())
	if err != nil {
		return err
	}
	f.opened = append(f.opened, r.close)
	f.lines = append(f.lines, &line{agent: code, relay: r})
	c := agent.DefaultConfig()
	c.Agent, c.Credentials = code, f.credentials[code]
	c.Broker = agent.BrokerConfig{URL: "mqtt://" + r.addr(), Password: probe.Secret(token)}
	c.Spool = agent.SpoolConfig{Dir: dir, MaxMB: spoolMB(len(f.watched[code]))}
	c.LightInterval, c.FullInterval = agent.Duration(lightInterval), agent.Duration(fullInterval)
	c.Window, c.Timeout = agent.Duration(probeWindow), agent.Duration(probeTimeout)
	c.ConfirmAfter, c.ReportEvery, c.LiveEvery = agent.Duration(confirmAfter), agent.Duration(reportEvery), agent.Duration(liveEvery)
	c.Linger = agent.Duration(liveEvery)
	a, err := agent.New(c, agent.Options{Version: "demo", Logger: f.log.With("agent", code)})
	if err != nil {
		return fmt.Errorf("agent %s: %w", code, err)
	}
	f.opened = append(f.opened, a.Close)
	f.agents = append(f.agents, a)
	return nil
}

// run runs the agents and the course of events until ctx ends.
func (f *fleet) run(ctx context.Context, seed uint64) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, a := range f.agents {
		g.Go(func() error { return a.Run(ctx) })
	}
	if len(f.cameras) > 0 {
		events := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: clockOnly}))
		s := &stage{cameras: f.cameras, lines: f.lines, log: events}
		g.Go(func() error { return s.play(ctx, dice(seed, "scenario")) })
	}
	return g.Wait()
}

func (f *fleet) close() error {
	var errs []error
	for _, c := range slices.Backward(f.opened) {
		errs = append(errs, c())
	}
	f.opened = nil
	return errors.Join(errs...)
}

// clipFor picks the clip that is what the plan expects of a camera; every
// third speaks H.265.
func clipFor(c *plan.Camera, i int) *clips.Clip {
	var best *clips.Clip
	want := clips.H264
	if i%3 == 0 {
		want = clips.H265
	}
	for _, k := range clips.All() {
		if k.Width < c.Width || k.Height < c.Height {
			continue
		}
		better := best == nil || k.Width < best.Width || k.Width == best.Width && k.Codec == want
		if better {
			best = k
		}
	}
	if best == nil { // the plan wants more than any clip has
		for _, k := range clips.All() {
			if best == nil || k.Width > best.Width {
				best = k
			}
		}
	}
	return best
}

// secret draws a password for one run.
func secret() (string, error) {
	p := make([]byte, 12)
	if _, err := rand.Read(p); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(p), nil
}

func clockOnly(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.String("", a.Value.Time().Format(time.TimeOnly))
	}
	if a.Key == slog.LevelKey {
		return slog.Attr{}
	}
	return a
}
