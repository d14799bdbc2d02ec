// Package live is the view of this moment: what agents say they see now. It
// is fed by the topic "live", kept in memory, never stored and never
// evidence; figures over time come from the ledger.
//
// An agent's clock may be wrong, so it only ever counts against itself: a
// message says when it was sent and when a camera was probed by the same
// clock, and the time between the two is what the view takes from it. All
// times that the view gives are on the hub's clock.
package live

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

const (
	// silence is how many of its own intervals an agent may be silent before
	// it counts as offline.
	silence = 3
	// leastSilence bounds that from below, so that one lost message on a bad
	// line does not make an agent blink.
	leastSilence = 15 * time.Second
	// mostSilence bounds it from above, whatever interval an agent claims.
	mostSilence = 10 * time.Minute
	// slowLine is how long a message may be under way.
	slowLine = 15 * time.Second
	// stale is the age at which the last probe says nothing of now.
	stale = 15 * time.Minute
	// maxAgents bounds the view's memory.
	maxAgents = 100_000
)

// View is what all agents say they see. It is safe for use by several
// goroutines.
type View struct {
	now      func() time.Time
	revision atomic.Uint64

	mu     sync.RWMutex
	agents map[string]*agent
	where  map[string]map[string]*agent // camera → the agents that report it, by code
}

type agent struct {
	Agent    // Online is filled in when asked for
	goodbye  bool
	received time.Time // when its last live message or last will came in
	states   map[string]state
}

// state is a camera's state with its times on the hub's clock, and beside it
// the same times as the agent's clock has them.
type state struct {
	wire.State
	since, probed int64
}

// Agent is what is known of an agent at this moment.
type Agent struct {
	Code     string
	Online   bool
	LastSeen time.Time // when it last said anything itself; zero if only its last will was heard
	Version  string    // as its hello said; empty if none was heard
	Spooled  uint64    // observations waiting in its spool
	Cameras  int       // cameras in its configuration
	Interval time.Duration
}

// New gives an empty view. now defaults to time.Now.
func New(now func() time.Time) *View {
	if now == nil {
		now = time.Now
	}
	return &View{now: now, agents: map[string]*agent{}, where: map[string]map[string]*agent{}}
}

// Revision changes with every message that changes what the view shows, but
// for Agent.LastSeen and State.Probed, which every message moves. What
// changes because time passes without any message, it does not announce.
func (v *View) Revision() uint64 { return v.revision.Load() }

// Take enters a live message of an agent.
func (v *View) Take(code string, m *wire.LiveMessage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.agent(code)
	if a == nil {
		return
	}
	now := v.now()
	was, before := a.shown(now), map[string]glimpse{}
	for camera := range a.states {
		before[camera] = v.glimpse(camera, now)
	}
	if m.Online {
		for i := range m.States {
			before[m.States[i].Camera] = v.glimpse(m.States[i].Camera, now)
		}
	}
	v.enter(a, m, now)
	changed := a.shown(now) != was
	for camera, old := range before {
		changed = changed || !old.same(v.glimpse(camera, now))
	}
	if changed {
		v.revision.Add(1)
	}
}

func (v *View) enter(a *agent, m *wire.LiveMessage, now time.Time) {
	a.received, a.goodbye = now, !m.Online
	if !m.Online { // a last will knows nothing else
		return
	}
	a.LastSeen = now
	a.Spooled, a.Cameras, a.Interval = m.Spooled, m.Cameras, time.Duration(m.Interval)*time.Millisecond
	had := a.states
	a.states = make(map[string]state, len(m.States))
	for _, s := range m.States {
		a.states[s.Camera] = onHubClock(s, had[s.Camera], m.Sent, now.UnixMilli())
		if v.where[s.Camera] == nil {
			v.where[s.Camera] = map[string]*agent{}
		}
		v.where[s.Camera][a.Code] = a
	}
	for camera := range had {
		if _, ok := a.states[camera]; ok {
			continue
		}
		if delete(v.where[camera], a.Code); len(v.where[camera]) == 0 {
			delete(v.where, camera)
		}
	}
}

// onHubClock sets the times of a state that was sent and received at the same
// moment, by the agent's clock and by the hub's. Clocks that differ by no more
// than a slow line explains agree: times then stand as the agent has them, as
// they do in the history. A time that was heard before keeps the place it got
// then, even if the agent's clock has been set since.
func onHubClock(s wire.State, old state, sent, received int64) state {
	n := state{State: s, since: s.Since, probed: s.Probed}
	offset := received - sent
	if max(offset, -offset) <= slowLine.Milliseconds() {
		offset = 0
	}
	n.Probed = min(s.Probed+offset, received)
	if s.Probed == old.probed && old.Camera != "" {
		n.Probed = old.Probed
	}
	n.Since = min(s.Since+offset, received)
	if s.Since == old.since && old.Camera != "" {
		n.Since = old.Since
	}
	return n
}

// Hello notes that an agent has connected, and its version.
func (v *View) Hello(code, version string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.agent(code)
	if a == nil {
		return
	}
	if a.LastSeen.IsZero() || a.Version != version {
		v.revision.Add(1)
	}
	a.Version, a.LastSeen = version, v.now()
}

// Agents lists every agent heard of since the start, by code.
func (v *View) Agents() []Agent {
	v.mu.RLock()
	defer v.mu.RUnlock()
	now := v.now()
	list := make([]Agent, 0, len(v.agents))
	for _, code := range slices.Sorted(maps.Keys(v.agents)) {
		list = append(list, v.agents[code].at(now))
	}
	return list
}

// Agent gives what is known of an agent, and whether it was heard of since
// the start.
func (v *View) Agent(code string) (Agent, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	a, ok := v.agents[code]
	if !ok {
		return Agent{Code: code}, false
	}
	return a.at(v.now()), true
}

// Camera gives the newest state of a camera that an agent who is online now
// vouches for. It is false when there is none, or its last probe is too old
// to say anything of now.
func (v *View) Camera(code string) (wire.State, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.camera(code, v.now())
}

func (v *View) camera(code string, now time.Time) (best wire.State, found bool) {
	by := ""
	for name, a := range v.where[code] {
		s := a.states[code].State
		if !a.online(now) || now.UnixMilli()-s.Probed > stale.Milliseconds() {
			continue
		}
		if !found || s.Probed > best.Probed || s.Probed == best.Probed && name < by {
			best, by, found = s, name, true
		}
	}
	return best, found
}

// Cameras lists the cameras that agents report, by code.
func (v *View) Cameras() []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.Sorted(maps.Keys(v.where))
}

func (v *View) agent(code string) *agent {
	a := v.agents[code]
	if a == nil && len(v.agents) < maxAgents {
		a = &agent{Agent: Agent{Code: code}}
		v.agents[code] = a
	}
	return a
}

func (a *agent) at(now time.Time) Agent {
	copied := a.Agent
	copied.Online = a.online(now)
	return copied
}

// shown is what the revision stands for.
func (a *agent) shown(now time.Time) Agent {
	s := a.at(now)
	s.LastSeen = time.Time{}
	if a.received.IsZero() && a.LastSeen.IsZero() {
		s.Code = "" // not listed before
	}
	return s
}

func (a *agent) online(now time.Time) bool {
	if a.received.IsZero() || a.goodbye {
		return false
	}
	patience := min(max(silence*a.Interval, leastSilence), mostSilence)
	return now.Sub(a.received) <= patience
}

// glimpse is what the view shows of a camera, for the revision.
type glimpse struct {
	state           wire.State
	known, reported bool
	attended        bool // an agent who reports it is online
}

func (v *View) glimpse(camera string, now time.Time) glimpse {
	s, known := v.camera(camera, now)
	attended, _ := v.company(camera, "", now)
	return glimpse{s, known, len(v.where[camera]) > 0, attended}
}

func (g glimpse) same(o glimpse) bool {
	a, b := g.state, o.state
	return g.known == o.known && g.reported == o.reported && g.attended == o.attended &&
		a.Status == b.Status && a.Fault == b.Fault && a.FellOn == b.FellOn && a.Rung == b.Rung && a.RTSPStatus == b.RTSPStatus &&
		a.Since == b.Since && a.Codec == b.Codec && a.Width == b.Width && a.Height == b.Height && slices.Equal(a.Reasons, b.Reasons)
}
