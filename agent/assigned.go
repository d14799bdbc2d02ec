package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/assignment"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

// AssignedStatus is what an agent knows of the list of cameras that the hub
// has given it.
type AssignedStatus struct {
	Known    bool      // a list has come; the rest is zero otherwise
	Revision uint32    // of the plan, since which the list is this one; 0 if the plan is a folder of files
	Digest   uint64    // wire.ListDigest
	Received time.Time // by the device's clock
	Cameras  int       // that are watched
	Refused  []RefusedCamera
}

// RefusedCamera is a camera of the list that cannot be watched.
type RefusedCamera struct {
	Camera string // empty if what came is no code
	Reason string
}

// cameraList is what becomes of a list.
type cameraList struct {
	status  AssignedStatus
	configs []CameraConfig // of those that can be watched
}

// readList reads a list as it came. Each camera that cannot be watched is
// refused with the reason; an error says that the whole cannot be read.
func (c *Config) readList(store *assignment.Store, payload []byte, at time.Time) (*cameraList, error) {
	l, err := wire.UnmarshalList(payload)
	if err != nil {
		return nil, err
	}
	own := make(map[string]*CredentialsConfig, len(c.Credentials))
	for i := range c.Credentials {
		own[c.Credentials[i].Code] = &c.Credentials[i]
	}
	list := &cameraList{status: AssignedStatus{Known: true, Revision: l.Revision, Digest: wire.ListDigest(payload), Received: at}}
	refuse := func(camera string, err error) {
		list.status.Refused = append(list.status.Refused, RefusedCamera{camera, err.Error()})
	}
	for _, b := range l.Bad {
		refuse(b.Camera, b.Err)
	}
	for i := range l.Cameras {
		a := &l.Cameras[i]
		k := CameraConfig{
			Code: a.Camera, URL: a.Address, Width: a.Width, Height: a.Height, FrameRate: a.FrameRate,
			Thresholds:    ThresholdsConfig{KeyframeGap: milliseconds(a.KeyframeGap)},
			LightInterval: milliseconds(a.LightInterval), FullInterval: milliseconds(a.FullInterval),
			Depth: depths[a.Depth], Transport: transports[a.Transport],
		}
		// One interval is enough: it is the full one too where there are only full
		// probes, or where the agent's own is shorter.
		if a.LightInterval > 0 && a.FullInterval == 0 && (cmp.Or(k.Depth, c.Depth) == DepthFull || k.LightInterval > c.FullInterval) {
			k.FullInterval = k.LightInterval
		}
		if err := k.login(own[a.Camera], store, a.Sealed); err != nil {
			refuse(a.Camera, err)
			continue
		}
		var ps problems
		ps.camera(c, &k, "", true)
		if len(ps) > 0 {
			refuse(a.Camera, fmt.Errorf("%s: %s", ps[0].path, ps[0].message))
			continue
		}
		list.configs = append(list.configs, k)
	}
	list.status.Cameras = len(list.configs)
	return list, nil
}

// login takes the credentials from the agent's own file, or opens those that
// the hub has sealed.
func (k *CameraConfig) login(own *CredentialsConfig, store *assignment.Store, sealed []byte) error {
	if own != nil {
		k.Username, k.Password, k.Insecure, k.CAFile = own.Username, own.Password, own.Insecure, own.CAFile
		return nil
	}
	if len(sealed) == 0 {
		return nil
	}
	c, err := store.Open(k.Code, sealed)
	if errors.Is(err, wire.ErrSealed) {
		return fmt.Errorf("%w, which is %s: enter them at the hub again (phukin-hub camera credentials set), or into credentials of the agent's own file", err, store.Key())
	}
	k.Username, k.Password = c.Username, probe.Secret(c.Password)
	return err
}

func milliseconds(ms int64) Duration { return Duration(time.Duration(ms) * time.Millisecond) }

var (
	depths     = [...]Depth{wire.DepthOwn: "", wire.DepthBoth: DepthBoth, wire.DepthFull: DepthFull}
	transports = [...]Transport{wire.TransportOwn: "", wire.TransportAuto: TransportAuto, wire.TransportTCP: TransportTCP, wire.TransportUDP: TransportUDP}
)

// watchedAll makes what the watch is told of cameras.
func (c *Config) watchedAll(configs []CameraConfig) ([]watch.Camera, error) {
	cameras := make([]watch.Camera, len(configs))
	for i := range configs {
		var err error
		if cameras[i], err = c.watched(&configs[i]); err != nil {
			return nil, err
		}
	}
	return cameras, nil
}

// assigned takes lists of the hub, keeps the newest, and has its cameras
// watched.
type assigned struct {
	config  Config
	log     *slog.Logger
	store   *assignment.Store
	now     func() time.Time
	watch   func([]watch.Camera) error
	changed func()

	come chan struct{}

	mu     sync.Mutex
	latest []byte // that came and was not looked at, nil if there is none
	status AssignedStatus
}

// openAssigned opens what was kept and gives the cameras of the last list.
func openAssigned(c Config, now func() time.Time, log *slog.Logger) (*assigned, []watch.Camera, error) {
	store, err := assignment.Open(c.planDir())
	if err != nil {
		return nil, nil, err
	}
	if err := store.Mended(); err != nil {
		log.Warn("the key to cameras' credentials", "found", err)
	}
	a := &assigned{config: c, log: log, store: store, now: now, come: make(chan struct{}, 1)}
	payload, at, err := store.Last()
	switch {
	case errors.Is(err, assignment.ErrNone):
		log.Info("no list of cameras has come from the hub yet")
		return a, nil, nil
	case err != nil:
		log.Error("the list of cameras that was kept cannot be used; the hub's next one replaces it", "error", err)
		return a, nil, nil
	}
	list, cameras, err := a.read(payload, at)
	if err != nil {
		log.Error("the list of cameras that was kept cannot be used; the hub's next one replaces it", "error", err)
		return a, nil, nil
	}
	a.tell("works from the list of cameras that was kept", list)
	return a, cameras, nil
}

func (a *assigned) read(payload []byte, at time.Time) (*cameraList, []watch.Camera, error) {
	list, err := a.config.readList(a.store, payload, at)
	if err != nil {
		return nil, nil, err
	}
	cameras, err := a.config.watchedAll(list.configs)
	if err != nil {
		return nil, nil, err
	}
	return list, cameras, nil
}

// take enters a list as it came. It does not block.
func (a *assigned) take(payload []byte) {
	a.mu.Lock()
	a.latest = payload
	a.mu.Unlock()
	select {
	case a.come <- struct{}{}:
	default:
	}
}

// run works until ctx ends.
func (a *assigned) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.come:
		}
		a.mu.Lock()
		payload, now := a.latest, a.status
		a.latest = nil
		a.mu.Unlock()
		if payload == nil || now.Known && now.Digest == wire.ListDigest(payload) {
			continue
		}
		a.apply(payload)
	}
}

func (a *assigned) apply(payload []byte) {
	list, cameras, err := a.read(payload, a.now())
	if err != nil {
		a.log.Error("the hub's list of cameras cannot be used; the one before stays", "error", err)
		return
	}
	if err := a.store.Keep(payload, list.status.Received); err != nil {
		a.log.Error("the hub's list of cameras cannot be kept: a restart goes back to the one before", "error", err)
	}
	if err := a.watch(cameras); err != nil { // each was checked
		a.log.Error("the hub's list of cameras cannot be used; the one before stays", "error", err)
		return
	}
	a.tell("works from a new list of cameras", list)
	a.changed()
}

// tell notes a list and logs it.
func (a *assigned) tell(what string, list *cameraList) {
	a.mu.Lock()
	a.status = list.status
	a.mu.Unlock()
	st := &list.status
	a.log.Info(what, "plan_revision", st.Revision, "cameras", st.Cameras, "refused", len(st.Refused))
	for _, r := range st.Refused {
		a.log.Warn("a camera of the list cannot be watched", "camera", r.Camera, "reason", r.Reason)
	}
}

// current gives what is worked from now.
func (a *assigned) current() AssignedStatus {
	if a == nil {
		return AssignedStatus{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.status
}

// list is what live messages say.
func (s *AssignedStatus) list() uplink.List {
	return uplink.List{Digest: s.Digest, Revision: s.Revision, Refused: len(s.Refused)}
}

// KeptList tells what an agent with this configuration works from, by what is
// on the disk: also while it runs. The key is that of this device, zero if it
// has none yet.
func (c *Config) KeptList() (st AssignedStatus, key wire.Key, err error) {
	if !c.Assigned() || !assignment.Exists(c.planDir()) {
		return st, key, nil
	}
	list, key, err := c.keptList()
	if list != nil {
		st = list.status
	}
	return st, key, err
}

// keptList gives nil where there is none.
func (c *Config) keptList() (*cameraList, wire.Key, error) {
	store, err := assignment.Open(c.planDir())
	if err != nil {
		return nil, wire.Key{}, err
	}
	payload, at, err := store.Last()
	if errors.Is(err, assignment.ErrNone) {
		return nil, store.Key(), nil
	}
	if err != nil {
		return nil, store.Key(), err
	}
	list, err := c.readList(store, payload, at)
	return list, store.Key(), err
}
