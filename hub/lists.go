package hub

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

const (
	// lookEvery is how often the hub looks for a new revision of the plan, and
	// whether agents work from the lists that they were given.
	lookEvery = time.Second
	// lookRest is how long it rests between two looks, however many agents say
	// hello.
	lookRest = 100 * time.Millisecond
	// warnAgain is how long an agent that changes its key again and again goes
	// without another line in the log.
	warnAgain = time.Minute
	// againAfter is how long an agent that is online has to say that it works
	// from its list before it is given it again; twice as long each time, up to
	// againMost.
	againAfter = 10 * time.Second
	againMost  = 10 * time.Minute
)

// edition is the plan in force with what follows from it. It does not change,
// so whoever works with one has nothing of another.
type edition struct {
	number uint64
	plan   *plan.Plan
	owners *assign.Owners
}

// lists gives each agent its list of cameras, and takes up new revisions of
// the plan. All but what is marked belongs to the goroutine of run.
type lists struct {
	db    *sqlite.DB
	store assign.Store
	view  *live.View
	now   func() time.Time
	log   *slog.Logger
	link  func() broker.Link
	keeps bool // the broker gives a list to whoever comes later

	current atomic.Pointer[edition]                // read by everybody
	sent    atomic.Pointer[map[string]assign.Sent] // replaced whole; read by everybody
	states  atomic.Pointer[map[string]assign.State]
	woken   chan struct{}

	mu    sync.Mutex
	hello map[string]wire.Key // of hellos that run has not seen yet

	revision    int   // the newest one that was looked at
	credentials int64 // changes that were looked at
	made        bool
	day         plan.Date // for which lists were made
	keys        map[string]assign.Key
	sealed      map[string]assign.Credential
	payloads    map[string][]byte
	counts      map[string]int
	troubles    map[string]string
	again       map[string]patience
	own         map[string]bool // agents that take no lists
	warned      map[string]time.Time
}

// patience is when an agent is given its list again.
type patience struct {
	at    time.Time
	after time.Duration
}

func newLists(ctx context.Context, db *sqlite.DB, p *plan.Plan, c *Config, view *live.View, link func() broker.Link) (*lists, error) {
	l := &lists{
		db: db, store: db.Assign(), view: view, now: c.Now, log: c.Log.With("component", "lists"), link: link, keeps: c.MQTTURL == "",
		woken: make(chan struct{}, 1), hello: map[string]wire.Key{}, revision: p.Revision.Number,
		payloads: map[string][]byte{}, counts: map[string]int{}, troubles: map[string]string{}, again: map[string]patience{}, own: map[string]bool{}, warned: map[string]time.Time{},
	}
	sent, err := l.store.Sent(ctx)
	if err != nil {
		return nil, err
	}
	l.sent.Store(&sent)
	if l.keys, err = l.store.Keys(ctx); err != nil {
		return nil, err
	}
	l.states.Store(&map[string]assign.State{})
	return l, l.enforce(ctx, p)
}

// enforce puts a plan into force.
func (l *lists) enforce(ctx context.Context, p *plan.Plan) error {
	former, err := l.store.Former(ctx, p.Revision.Number)
	if err != nil {
		return err
	}
	number := uint64(1)
	if old := l.current.Load(); old != nil {
		number = old.number + 1
	}
	l.current.Store(&edition{number, p, assign.NewOwners(p, former)})
	return nil
}

// held implements ingest.Config.Held.
func (l *lists) held(camera, agent string) int64 {
	return l.current.Load().owners.Held(camera, agent, (*l.sent.Load())[agent])
}

// greeted implements ingest.Config.Greeted.
func (l *lists) greeted(agent string, h *wire.Hello) {
	l.mu.Lock()
	l.hello[agent] = h.Key
	l.mu.Unlock()
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

// run works until ctx ends.
func (l *lists) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	failing := false
	for {
		err := l.look(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			l.log.Error("lists of cameras are not brought up to date; trying again", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookRest):
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.woken:
		}
	}
}

func (l *lists) look(ctx context.Context) error {
	revision, credentials, err := l.store.Changes(ctx)
	if err != nil {
		return err
	}
	p := l.current.Load().plan
	fresh := false
	if p.Revision.Number > 0 && revision != l.revision {
		if p, err = l.follow(ctx, revision); err != nil {
			return err
		}
		fresh = true
	}
	if err := l.meet(ctx); err != nil {
		return err
	}
	if day := plan.DateOf(l.now(), p.Location); fresh || !l.made || day != l.day || credentials != l.credentials {
		if l.sealed, err = l.store.Credentials(ctx); err != nil {
			return err
		}
		if err := l.make(ctx, p, day); err != nil {
			return err
		}
		l.made, l.day, l.credentials = true, day, credentials
	}
	err = l.confirm(ctx)
	l.tell()
	return err
}

// follow puts the newest revision into force. One that cannot be loaded leaves
// the one before in force, and is not tried again.
func (l *lists) follow(ctx context.Context, revision int) (*plan.Plan, error) {
	old := l.current.Load().plan
	c, err := plan.LoadNewest(ctx, l.db.Plan())
	if err == nil {
		err = l.enforce(ctx, c.Plan)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	l.revision = revision
	if err != nil {
		return nil, fmt.Errorf("revision %d of the plan is not in force, %d stays: %w", revision, old.Revision.Number, err)
	}
	l.revision = c.Plan.Revision.Number
	l.log.Info("a new revision of the plan is in force", "revision", c.Plan.Revision.Number, "cameras", len(c.Plan.Cameras))
	if a, b := old.Location.String(), c.Plan.Location.String(); a != b {
		l.log.Warn("the plan has another time zone: ledger days keep the one from the start until the hub is started again", "was", a, "is", b)
	}
	return c.Plan, nil
}

// meet takes hellos: an agent's key, and at a broker that keeps nothing its
// list.
func (l *lists) meet(ctx context.Context) error {
	l.mu.Lock()
	hello := l.hello
	l.hello = map[string]wire.Key{}
	l.mu.Unlock()
	defer l.unmet(hello)
	for agent, key := range hello {
		if key == (wire.Key{}) {
			l.own[agent] = true
			delete(l.again, agent)
			delete(hello, agent)
			continue
		}
		delete(l.own, agent)
		if old, ok := l.keys[agent]; !ok || old.Key != key {
			k := assign.Key{Agent: agent, Key: key, Since: l.now()}
			if err := l.store.SetKey(ctx, k); err != nil {
				return err
			}
			l.keys[agent] = k
			if now := l.now(); ok && now.Sub(l.warned[agent]).Abs() >= warnAgain {
				l.warned[agent] = now
				l.log.Warn("an agent has another key: what was sealed for it must be entered again, see phukin-hub camera credentials list", "agent", agent, "was", old.Key.String(), "is", key.String())
			}
		}
		l.again[agent] = patience{l.now().Add(againAfter), againAfter}
		if l.payloads[agent] == nil {
			l.made = false // it is not in the plan: it is told so
			l.payloads[agent] = []byte{}
		} else if !l.keeps {
			l.give(agent)
		}
		delete(hello, agent)
	}
	return nil
}

// unmet puts hellos back that were not dealt with.
func (l *lists) unmet(hello map[string]wire.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for agent, key := range hello {
		if _, newer := l.hello[agent]; !newer {
			l.hello[agent] = key
		}
	}
}

// make makes all lists, and gives those that changed to their agents.
func (l *lists) make(ctx context.Context, p *plan.Plan, day plan.Date) error {
	cameras, bad := assign.Lists(p, day, l.sealed)
	for _, code := range slices.Sorted(maps.Keys(bad)) {
		l.log.Error("a camera is in no agent's list", "camera", code, "error", bad[code])
	}
	sent := maps.Clone(*l.sent.Load())
	// Who ever had a list and is in the plan no more is told so.
	for _, known := range []map[string]bool{keysOf(sent), keysOf(l.payloads)} {
		for agent := range known {
			if cameras[agent] == nil {
				cameras[agent] = []wire.Assigned{}
			}
		}
	}
	var news []assign.Sent
	var give []string
	l.troubles = map[string]string{}
	for _, agent := range slices.Sorted(maps.Keys(cameras)) {
		payload, next, same, err := assign.Payload(cameras[agent], sent[agent], p.Revision.Number)
		if err != nil {
			l.troubles[agent] = err.Error()
			l.log.Error("an agent keeps the list that it has: the plan gives it more than a list holds", "agent", agent, "error", err)
			continue
		}
		if !same {
			next.Agent, next.At = agent, l.now()
			news = append(news, next)
			sent[agent] = next
		}
		if !same || l.keeps && len(l.payloads[agent]) == 0 {
			give = append(give, agent)
		}
		l.payloads[agent], l.counts[agent] = payload, len(cameras[agent])
	}
	if err := l.store.NoteSent(ctx, news); err != nil {
		return err
	}
	l.sent.Store(&sent)
	for _, agent := range give {
		l.give(agent)
		delete(l.again, agent)
	}
	if len(news) > 0 {
		l.log.Info("agents get new lists of cameras", "agents", len(news), "revision", p.Revision.Number)
	}
	return nil
}

func keysOf[V any](m map[string]V) map[string]bool {
	set := make(map[string]bool, len(m))
	for k := range m {
		set[k] = true
	}
	return set
}

// give publishes an agent's list. What fails is made up for by confirm.
func (l *lists) give(agent string) {
	if _, err := l.link().Keep(wire.Topic(agent, wire.Plan), l.payloads[agent]); err != nil {
		l.log.Debug("list not sent", "agent", agent, "error", err)
	}
}

// confirm notes which agents work from the lists that they were given, and
// gives it again to those that are online and do not.
func (l *lists) confirm(ctx context.Context) error {
	now := l.now()
	var taken []assign.Sent
	for _, a := range l.view.Agents() {
		s, ok := (*l.sent.Load())[a.Code]
		if !ok || !a.Online {
			continue
		}
		if a.List == s.Digest {
			delete(l.again, a.Code)
			if s.TakenRevision == s.Revision && !s.TakenAt.IsZero() {
				continue
			}
			s.TakenRevision, s.TakenAt = s.Revision, now
			taken = append(taken, s)
			continue
		}
		if _, takes := l.keys[a.Code]; !takes || l.own[a.Code] || len(l.payloads[a.Code]) == 0 {
			continue
		}
		p, waiting := l.again[a.Code]
		switch {
		case !waiting:
			l.again[a.Code] = patience{now.Add(againAfter), againAfter}
		case !now.Before(p.at):
			l.give(a.Code)
			after := min(2*p.after, againMost)
			l.again[a.Code] = patience{now.Add(after), after}
		}
	}
	if len(taken) == 0 {
		return nil
	}
	if err := l.store.NoteTaken(ctx, taken); err != nil {
		return err
	}
	sent := maps.Clone(*l.sent.Load())
	for _, s := range taken {
		sent[s.Agent] = s
	}
	l.sent.Store(&sent)
	return nil
}

// tell makes what the API shows.
func (l *lists) tell() {
	lost := map[string][]string{}
	p := l.current.Load().plan
	for _, camera := range assign.Lost(p, l.keys, l.sealed) {
		agent := p.Camera(camera).Agent
		lost[agent] = append(lost[agent], camera)
	}
	states := make(map[string]assign.State, len(l.payloads))
	for agent, s := range *l.sent.Load() {
		states[agent] = assign.State{
			Revision: s.Revision, Cameras: l.counts[agent], At: s.At, Digest: s.Digest, TakenRevision: s.TakenRevision, TakenAt: s.TakenAt,
			Key: l.keys[agent].Key, Lost: lost[agent], Trouble: l.troubles[agent],
		}
	}
	l.states.Store(&states)
}
