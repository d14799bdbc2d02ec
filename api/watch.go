package api

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/events"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// The kinds of events.
const (
	kindStatus   = "status"
	kindOutage   = "outage"
	kindAgent    = "agent"
	kindCoverage = "coverage"
	kindPlan     = "plan"
	kindReset    = "reset"
	kindDropped  = "dropped"
	kindEnded    = "ended"
)

const (
	// watchEvery is how often the watcher looks: as often as there can be another
	// moment.
	watchEvery = momentRest
	// watchShare is the part of its time that it may work: one in so many.
	watchShare = 20
)

// watcher makes events of what differs between one moment and the next. It looks
// at the moments that all answers are made of, so whoever asks after an event is
// answered with what the event tells, or newer; and whatever the reason for a
// change is, a message, another plan, maintenance or time that passed, there is
// one way to see it.
type watcher struct {
	server *Server
	events *events.Hub

	moment   *moment
	plan     *plan.Plan
	cameras  map[string]*watched
	agents   map[string]agentSeen
	coverage *coverageSeen // nil until it was looked at once
	told     []events.Event
}

// watched is a camera as it was told last.
type watched struct {
	place  place
	status Status
	outage *outageSeen // nil if none is open
}

type outageSeen struct {
	from          time.Time
	fault, fellOn string
}

// place is where a camera is.
type place struct {
	site, area    Ref
	route         *Ref
	areas, routes []string // codes, for filters
}

type agentSeen struct {
	online  bool
	refusal wire.Refusal
}

type coverageSeen struct {
	level         string
	length        float64
	unknown       int
	total         map[string]Covers
	routes, areas map[string]map[string]Covers // by code and state
}

// watch begins to look for events, and gives what ends it, and all streams with
// it. They end with ctx, too.
func (s *Server) watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{server: s, events: s.figures.Events}
	var done sync.WaitGroup
	done.Go(func() {
		defer w.events.End()
		w.run(ctx)
	})
	return func() { cancel(); done.Wait() }
}

func (w *watcher) run(ctx context.Context) {
	t := time.NewTimer(0)
	defer t.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		begin := time.Now()
		err := w.look(ctx)
		if err != nil && ctx.Err() == nil && !failed {
			w.server.figures.Log.Warn("clients are not told of changes: the state is not known; trying on", "error", err)
		}
		failed = err != nil
		t.Reset(max(watchEvery, watchShare*time.Since(begin)))
	}
}

// look publishes what changed since it looked last.
func (w *watcher) look(ctx context.Context) error {
	f := w.server.edition().figures
	m, err := f.now(ctx)
	if err != nil {
		return err
	}
	if m == w.moment {
		return nil
	}
	covered, err := f.covered(m)
	if err != nil {
		return err
	}
	first := w.moment == nil
	w.told = nil
	if !first && f.Plan != w.plan {
		w.tell(events.Event{Kind: kindPlan, Everywhere: true}, PlanEvent{f.headAt(m), f.Plan.Revision.Number})
	}
	w.lookAtCameras(f, m)
	w.lookAtAgents(f, m)
	w.lookAtCoverage(f, m, covered)
	w.moment, w.plan = m, f.Plan
	if !first { // nobody was told anything before, and nothing changed
		w.events.Publish(w.told...)
	}
	w.told = nil
	return nil
}

func (f *figures) headAt(m *moment) Head { return Head{AsOf: m.at, Simulated: f.Plan.Simulated} }

func (w *watcher) tell(e events.Event, body any) {
	var err error
	if e.Data, err = json.Marshal(body); err != nil {
		w.server.figures.Log.Error("an event cannot be told", "kind", e.Kind, "error", err)
		return
	}
	w.told = append(w.told, e)
}

func (w *watcher) lookAtCameras(f *figures, m *moment) {
	was := w.cameras
	w.cameras = make(map[string]*watched, len(f.Plan.Cameras))
	moved := w.moment == nil || f.Plan != w.plan || m.today != w.moment.today
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		old := was[c.Code]
		now := &watched{status: m.statusRow(c.Code)}
		switch {
		case moved || old == nil:
			now.place = f.placeOf(c, m.today)
		default:
			now.place = old.place
		}
		w.cameras[c.Code] = now
		if old == nil || !reflect.DeepEqual(old.status, now.status) {
			e := StatusEvent{Head: f.headAt(m), Camera: c.Code, Site: now.place.site, Area: now.place.area, Route: now.place.route, Agent: c.Agent, Status: now.status}
			if old != nil {
				e.Was = &old.status
			}
			w.tell(now.place.event(kindStatus), e)
		}
		if old != nil {
			now.outage = old.outage
		}
		w.lookAtOutage(f, m, c.Code, now)
	}
	for _, code := range slices.Sorted(maps.Keys(was)) {
		if old := was[code]; w.cameras[code] == nil && old.outage != nil {
			w.tell(old.place.event(kindOutage), old.closed(f, m, code, m.at, "out_of_service"))
		}
	}
}

// lookAtOutage opens an outage when a camera that counts is seen to be down. It
// closes when the camera is seen to work; while nobody looks it may go on.
func (w *watcher) lookAtOutage(f *figures, m *moment, code string, now *watched) {
	s := m.status[code]
	_, paused := m.paused[code]
	since := time.UnixMilli(s.State.Since).UTC()
	switch {
	case now.outage == nil:
		if s.InService && s.Known && !paused && s.State.Status == wire.StatusDown {
			now.outage = &outageSeen{since, s.State.Fault.String(), s.State.FellOn.String()}
			e := now.outageEvent(f, m, code)
			e.Change = "opened"
			w.tell(now.place.event(kindOutage), e)
		}
	case !s.InService:
		w.tell(now.place.event(kindOutage), now.closed(f, m, code, m.at, "out_of_service"))
		now.outage = nil
	case s.Known && s.State.Status != wire.StatusDown:
		w.tell(now.place.event(kindOutage), now.closed(f, m, code, since, "works"))
		now.outage = nil
	}
}

func (o *watched) outageEvent(f *figures, m *moment, code string) OutageEvent {
	return OutageEvent{
		Head: f.headAt(m), Camera: code, Site: o.place.site, Area: o.place.area, Route: o.place.route,
		From: o.outage.from, Fault: o.outage.fault, FellOn: o.outage.fellOn,
	}
}

func (o *watched) closed(f *figures, m *moment, code string, to time.Time, why string) OutageEvent {
	e := o.outageEvent(f, m, code)
	e.Change, e.To, e.Why = "closed", moments(to), why
	return e
}

func (p *place) event(kind string) events.Event {
	return events.Event{Kind: kind, Areas: p.areas, Routes: p.routes}
}

func (f *figures) placeOf(c *plan.Camera, on plan.Date) place {
	p := place{site: Ref{Code: c.Site}}
	site := f.Plan.Site(c.Site)
	if site == nil {
		return p
	}
	p.site.Name, p.area = site.Name, f.siteArea(site, on)
	for _, a := range f.Plan.SiteAreas(site, on) {
		p.areas = append(p.areas, a.Code)
	}
	p.areas = append(p.areas, f.Plan.Root) // even if what is above its parts today is another
	if r := f.Plan.Route(site.Route); r != nil {
		p.route, p.routes = &Ref{r.Code, r.Name}, []string{r.Code}
	}
	return p
}

func (w *watcher) lookAtAgents(f *figures, m *moment) {
	was := w.agents
	w.agents = map[string]agentSeen{}
	for _, a := range f.Live.Agents() {
		old, now := was[a.Code], agentSeen{a.Online, a.Refusal}
		w.agents[a.Code] = now
		if old == now {
			continue
		}
		e := AgentEvent{Head: f.headAt(m), Agent: a.Code, Online: a.Online, LastSeen: moments(a.LastSeen), Version: a.Version}
		if a.Refusal.Reason != "" {
			e.Refusal = &RefusalRow{Code: a.Refusal.Code.String(), Reason: a.Refusal.Reason, At: a.RefusedAt.UTC()}
		}
		where := w.placeOfAgent(f, a.Code)
		for _, change := range changesOf(old, now) {
			e.Change = change
			w.tell(where.event(kindAgent), e)
		}
	}
}

func changesOf(old, now agentSeen) (all []string) {
	if old.online != now.online {
		all = append(all, map[bool]string{true: "online", false: "offline"}[now.online])
	}
	if old.refusal != now.refusal {
		all = append(all, map[bool]string{true: "refused", false: "accepted"}[now.refusal.Reason != ""])
	}
	return all
}

// placeOfAgent is where the cameras are that the plan gives an agent.
func (w *watcher) placeOfAgent(f *figures, agent string) place {
	var p place
	for i := range f.Plan.Cameras {
		if c := &f.Plan.Cameras[i]; c.Agent == agent {
			at := w.cameras[c.Code].place
			p.areas, p.routes = append(p.areas, at.areas...), append(p.routes, at.routes...)
		}
	}
	p.areas, p.routes = distinct(p.areas), distinct(p.routes)
	return p
}

func distinct(codes []string) []string {
	slices.Sort(codes)
	return slices.Compact(codes)
}

// covered gives the figures of coverage at the plan's own level.
func (f *figures) covered(m *moment) (*coverageSeen, error) {
	level, err := f.level("")
	if err != nil {
		return nil, err
	}
	states, err := f.coverage(m, level)
	if err != nil {
		return nil, err
	}
	c := &coverageSeen{
		level: level.Code, length: metres(states[coverage.Working].Total.Length), unknown: m.unknown,
		total: map[string]Covers{}, routes: map[string]map[string]Covers{}, areas: map[string]map[string]Covers{},
	}
	put := func(in map[string]map[string]Covers, code string, state coverage.State, t Covers) {
		if in[code] == nil {
			in[code] = map[string]Covers{}
		}
		in[code][string(state)] = t
	}
	for state, r := range states {
		c.total[string(state)] = covers(r.Total)
		for i := range r.Routes {
			var t coverage.Total
			t.Add(r.Routes[i])
			put(c.routes, r.Routes[i].Code, state, covers(t))
		}
		for _, g := range r.Areas {
			put(c.areas, g.Code, state, covers(g.Total))
		}
	}
	return c, nil
}

func (w *watcher) lookAtCoverage(f *figures, m *moment, now *coverageSeen) {
	old := cmp.Or(w.coverage, &coverageSeen{})
	w.coverage = now
	if reflect.DeepEqual(old, now) {
		return
	}
	e := CoverageEvent{
		Head: f.headAt(m), Level: now.level, Length: now.length, States: now.total, Unknown: now.unknown,
		Routes: differing(old.routes, now.routes), Areas: differing(old.areas, now.areas),
	}
	w.tell(events.Event{Kind: kindCoverage, Areas: f.withAbove(e.Areas, m.today), Routes: e.Routes}, e)
}

// differing lists the codes whose figures are not the same in both.
func differing(a, b map[string]map[string]Covers) []string {
	codes := []string{}
	for code := range b {
		if code != "" && !maps.Equal(a[code], b[code]) {
			codes = append(codes, code)
		}
	}
	for code := range a {
		if _, ok := b[code]; !ok && code != "" {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// withAbove adds to areas those that they lie in.
func (f *figures) withAbove(codes []string, on plan.Date) []string {
	all := map[string]bool{}
	for _, code := range append([]string{f.Plan.Root}, codes...) {
		for code != "" && !all[code] {
			all[code] = true
			a := f.Plan.AreaOn(code, on)
			if a == nil {
				break
			}
			code = a.Parent
		}
	}
	return slices.Sorted(maps.Keys(all))
}
