// Package live is the view of this moment: what agents say they see now. It
// is fed by the topic "live", kept in memory, never stored and never
// evidence; figures over time come from the ledger.
//
// An agent's clock may be wrong, so it only ever counts against itself: a
// message says when it was sent and when a camera was probed by the same
// clock, and the time between the two is what the view takes from it. All
// times that the view gives are on the hub's clock.
//
// A live message has all states of its agent or those that became another,
// and always the digest of all. Where that differs from the view's, the view
// has missed something, as after a start of the hub, and the agent is asked
// for all. What an older connection of the agent says, its last will above
// all, does not count.
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
	// askAgainAfter is how long an agent has to answer before it is asked again.
	askAgainAfter = time.Second
)

// View is what all agents say they see. It is safe for use by several
// goroutines.
type View struct {
	now      func() time.Time
	started  time.Time
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
	asked    time.Time
	// Sessions number an agent's connections: that of the newest one heard of,
	// the last that a hello was taken of, and one that was refused.
	session, greeted, refused uint64
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
	Overruns uint64 // probes left out since its start because others took too long

	List         uint64 // wire.ListDigest of the list that it works from; 0: its own configuration, or none came yet
	ListRevision int    // of that list
	ListRefused  int    // cameras of it that it cannot watch

	// Refusal is the last thing for which it was refused since a hello of it was
	// taken; no Reason if nothing was.
	Refusal   wire.Refusal
	RefusedAt time.Time
	// RefusedSince is when it was first refused for that, without a hello that
	// was taken since.
	RefusedSince time.Time

	// OnlineSince is when it spoke first since it was last offline; zero before.
	OnlineSince time.Time
	// Vitals is how its device is, as it said last, at VitalsAt; zero if it never
	// said. Implausible counts the values that it told and that cannot be.
	Vitals      wire.Vitals
	VitalsAt    time.Time
	Implausible uint64

	// ClockOff is how far ahead of the hub's its own clock was at its last hello
	// that was taken, as far as a slow line leaves that open.
	ClockOff time.Duration
}

// New gives an empty view. now defaults to time.Now.
func New(now func() time.Time) *View {
	if now == nil {
		now = time.Now
	}
	return &View{now: now, started: now(), agents: map[string]*agent{}, where: map[string]map[string]*agent{}}
}

// Started is since when agents are listened to.
func (v *View) Started() time.Time { return v.started }

// Revision changes with every message that changes what the view shows, but
// for Agent.LastSeen, State.Probed and Agent.Vitals, which messages move all the time. What
// changes because time passes without any message, it does not announce.
func (v *View) Revision() uint64 { return v.revision.Load() }

// Take enters a live message of an agent. It says whether the agent is to be
// asked for a whole one.
func (v *View) Take(code string, m *wire.LiveMessage) (ask bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.agent(code)
	if a == nil || m.Session < a.session || m.Session == a.refused && m.Session != a.greeted {
		return false
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
	same := v.enter(a, m, now)
	changed := a.shown(now) != was
	for camera, old := range before {
		changed = changed || !old.same(v.glimpse(camera, now))
	}
	if changed {
		v.revision.Add(1)
	}
	if same || now.Sub(a.asked).Abs() < askAgainAfter {
		return false
	}
	a.asked = now
	return true
}

// enter says whether the view has the picture that the agent has.
func (v *View) enter(a *agent, m *wire.LiveMessage, now time.Time) (same bool) {
	a.session = m.Session
	if m.Online && !a.online(now) {
		a.OnlineSince = now
	}
	a.received, a.goodbye = now, !m.Online
	if !m.Online { // a last will knows nothing else
		return true
	}
	a.LastSeen = now
	a.Spooled, a.Cameras, a.Interval, a.Overruns = m.Spooled, m.Cameras, time.Duration(m.Interval)*time.Millisecond, m.Overruns
	a.List, a.ListRevision, a.ListRefused = m.List, int(m.ListRevision), m.ListRefused
	if m.Vitals != nil {
		a.Vitals, a.VitalsAt = *m.Vitals, now
		a.Implausible += uint64(max(m.Implausible, 0))
	}
	had := a.states
	a.states = make(map[string]state, max(len(had), len(m.States)))
	for _, s := range m.States {
		a.states[s.Camera] = onHubClock(s, had[s.Camera], m.Sent, now.UnixMilli())
		if v.where[s.Camera] == nil {
			v.where[s.Camera] = map[string]*agent{}
		}
		v.where[s.Camera][a.Code] = a
	}
	if m.Whole {
		for camera := range had {
			if _, ok := a.states[camera]; !ok {
				v.leave(a, camera)
			}
		}
		return true // there is no more to be had
	}
	listed := len(a.states)
	for camera, s := range had {
		if _, ok := a.states[camera]; ok {
			continue
		}
		if len(a.states) >= wire.MaxStates { // more than any agent has
			v.leave(a, camera)
			continue
		}
		a.states[camera] = s
	}
	if a.digest() != m.Digest {
		return false
	}
	if listed < len(a.states) {
		a.freshen(m, now)
	}
	return true
}

// freshen notes that the cameras that a message does not list were probed
// lately and are as they were.
func (a *agent) freshen(m *wire.LiveMessage, now time.Time) {
	looked := now.UnixMilli() - m.Looked
	listed := make(map[string]bool, len(m.States))
	for i := range m.States {
		listed[m.States[i].Camera] = true
	}
	for camera, s := range a.states {
		if !listed[camera] && s.Probed < looked {
			s.Probed = looked
			a.states[camera] = s
		}
	}
}

// digest is that of all states as the agent has them.
func (a *agent) digest() uint32 {
	states := make([]wire.State, 0, len(a.states))
	for _, s := range a.states {
		s.Since = s.since
		states = append(states, s.State)
	}
	return wire.Digest(states)
}

// leave forgets that an agent reports a camera.
func (v *View) leave(a *agent, camera string) {
	if delete(v.where[camera], a.Code); len(v.where[camera]) == 0 {
		delete(v.where, camera)
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

// Hello notes that an agent's hello was taken, its version, and the session
// of its connection. What the sessions before it say no longer counts; those
// of another epoch may have had greater numbers.
func (v *View) Hello(code, version string, session uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.agent(code)
	if a == nil {
		return
	}
	if a.LastSeen.IsZero() || a.Version != version || a.Refusal != (wire.Refusal{}) {
		v.revision.Add(1)
	}
	a.Version, a.LastSeen = version, v.now()
	a.Refusal, a.RefusedAt, a.RefusedSince = wire.Refusal{}, time.Time{}, time.Time{}
	a.session, a.greeted, a.refused = session, session, 0
}

// Clock notes how far ahead of the hub's an agent's own clock was when it said
// hello.
func (v *View) Clock(code string, ahead time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if a := v.agent(code); a != nil {
		if ahead.Abs() <= slowLine {
			ahead = 0
		}
		if a.ClockOff != ahead {
			v.revision.Add(1)
		}
		a.ClockOff = ahead
	}
}

// Refuse notes that the hub does not take what comes from an agent. What is
// said in the session of a hello that was refused counts for nothing; session
// is 0 if there is none.
func (v *View) Refuse(code string, session uint64, r wire.Refusal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.agent(code)
	if a == nil {
		return
	}
	r.HubTime, r.Stamp = 0, 0
	if a.Refusal != r {
		v.revision.Add(1)
	}
	now := v.now()
	if a.Refusal.Code != r.Code || a.Refusal.Reason == "" {
		a.RefusedSince = now
	}
	a.Refusal, a.RefusedAt = r, now
	if session == 0 || session == a.greeted {
		return
	}
	a.refused = session
	if a.session == session { // it was listened to for a moment
		a.session = a.greeted
	}
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
	s.Vitals, s.VitalsAt = wire.Vitals{}, time.Time{}
	s.LastSeen, s.RefusedAt, s.RefusedSince, s.OnlineSince = time.Time{}, time.Time{}, time.Time{}, time.Time{}
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
