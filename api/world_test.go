package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// world is a server over the sample plan with a clock that the test sets.
type world struct {
	t      *testing.T
	plan   *plan.Plan
	store  *sqlite.DB
	live   *live.View
	server *api.Server
	admin  string // token of an administrator, whom get asks as

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(*plan.Plan) {})
}

// newWorldWith is newWorld over the sample plan with changes.
func newWorldWith(t *testing.T, change func(*plan.Plan)) *world {
	t.Helper()
	p, err := plan.ReadDir("../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, plan: p, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	if w.store, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "hub.db"), sqlite.Options{Location: p.Location, Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.keep(p, plan.Revision{At: w.now.AddDate(0, -1, 0), Author: "An", Reason: "QĐ 12/2026"})
	change(p)
	w.live = live.New(w.clock)
	w.admin = w.token(account.ScopeWrite, account.Grant{Role: account.Admin})
	if w.server, err = api.New(api.Config{Plan: p, PlanNow: w.inForce, Plans: w.store.Plan(), Evidence: w.store.PlanEvidence, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Passwords: quick, Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	return w
}

// keep makes a plan the next revision in the store, and gives p its number.
func (w *world) keep(p *plan.Plan, r plan.Revision) {
	w.t.Helper()
	doc, err := p.Document()
	if err != nil {
		w.t.Fatal(err)
	}
	if p.Revision, err = w.store.Plan().Commit(w.t.Context(), p.Revision.Number, doc, r); err != nil {
		w.t.Fatal(err)
	}
}

// inForce gives the plan in force.
func (w *world) inForce() *plan.Plan {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.plan
}

// follow puts the newest revision into force, as the hub does.
func (w *world) follow() {
	w.t.Helper()
	c, err := plan.LoadNewest(w.t.Context(), w.store.Plan())
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.plan = c.Plan
}

// quick are costs of passwords for tests alone.
var quick = account.Params{Memory: 64, Time: 1, Threads: 1}

// desk lets users and programs in beside the server.
func (w *world) desk() *account.Desk { return account.NewDesk(w.store.Accounts(), quick, w.clock) }

// token makes a token.
func (w *world) token(scope account.Scope, g account.Grant) string {
	w.t.Helper()
	if g.Since.IsZero() {
		g.Since = w.clock()
	}
	s, _, err := w.desk().NewToken(w.t.Context(), account.Token{Name: "test", Scope: scope, Grant: g})
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Reveal()
}

// get asks for a path, as an administrator and in English if no header says
// otherwise, and gives the answer.
func (w *world) get(path string, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+w.admin)
	r.Header.Set("Accept-Language", "en")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	return rec
}

// answer asks for a path, wants 200, and decodes the answer.
func answer[T any](w *world, path string) T {
	w.t.Helper()
	rec := w.get(path)
	if rec.Code != http.StatusOK {
		w.t.Fatalf("GET %s: %d %s", path, rec.Code, rec.Body)
	}
	var v T
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		w.t.Fatalf("GET %s: %v", path, err)
	}
	return v
}

// inService gives the i-th camera of the plan that is in service now.
func (w *world) inService(i int) *plan.Camera {
	w.t.Helper()
	for k := range w.plan.Cameras {
		c := &w.plan.Cameras[k]
		from, to, ok := c.Service(w.plan.Location)
		if ok && !w.clock().Before(from) && w.clock().Before(to) {
			if i == 0 {
				return c
			}
			i--
		}
	}
	w.t.Fatal("the sample plan has too few cameras in service")
	return nil
}

// says makes a camera's agent tell its state.
func (w *world) says(states ...wire.State) {
	w.t.Helper()
	byAgent := map[string][]wire.State{}
	for _, s := range states {
		s.Since, s.Probed = w.clock().Add(-time.Minute).UnixMilli(), w.clock().UnixMilli()
		agent := w.plan.Camera(s.Camera).Agent
		byAgent[agent] = append(byAgent[agent], s)
	}
	for agent, list := range byAgent {
		w.live.Take(agent, &wire.LiveMessage{Online: true, Whole: true, Sent: w.clock().UnixMilli(), Cameras: len(list), Interval: 10_000, States: list})
	}
	w.pass(time.Second) // older answers may be kept for half a second
}

// saw puts an observation of a camera into the history.
func (w *world) saw(seq uint64, o wire.Observation) {
	w.t.Helper()
	w.put(seq, o)
	w.fold()
}

// put is saw of one of many, which fold takes into the ledger together.
func (w *world) put(seq uint64, o wire.Observation) {
	w.t.Helper()
	o.Probes = 1
	b := history.Batch{Agent: w.plan.Camera(o.Camera).Agent, Epoch: 1, FirstSeq: seq, Observations: []wire.Observation{o}, Received: w.clock()}
	if err := w.store.Append(w.t.Context(), []history.Batch{b}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fold() {
	w.t.Helper()
	if _, err := w.store.Fold(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.pass(3 * time.Second) // older ledger days may be kept for two
}
