package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// While the plan in force changes, each answer is made of one plan: its name,
// and as many cameras as that one has.
func TestEachAnswerIsOfOnePlan(t *testing.T) {
	sample, err := plan.ReadDir("../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	var plans []*plan.Plan
	for i := range 3 {
		part := *sample
		part.Cameras = sample.Cameras[:20*(i+1)]
		part.Name = plan.Text{VI: fmt.Sprint(20 * (i + 1)), EN: fmt.Sprint(20 * (i + 1))}
		p, err := plan.Build(part)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p)
	}
	var inForce atomic.Pointer[plan.Plan]
	inForce.Store(plans[0])
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "hub.db"), sqlite.Options{Location: sample.Location})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w := &world{t: t, plan: sample, store: store, live: live.New(nil)}
	w.server, err = api.New(api.Config{Plan: plans[0], PlanNow: inForce.Load, Store: store, Live: w.live, Open: true})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/cameras?days=1", nil)
				rec := httptest.NewRecorder()
				w.server.ServeHTTP(rec, r)
				if rec.Code != http.StatusOK {
					t.Errorf("%d %s", rec.Code, rec.Body)
				}
			}
		})
	}
	for i := range 12 {
		inForce.Store(plans[i%3])
		list := answer[api.CameraList](w, "/api/v1/cameras?days=1")
		if n := 20 * (i%3 + 1); len(list.Items) != n {
			t.Errorf("%d cameras, want %d", len(list.Items), n)
		}
		if p := answer[api.PlanAnswer](w, "/api/v1/plan"); p.Name.EN != plans[i%3].Name.EN {
			t.Errorf("the plan is %q", p.Name.EN)
		}
	}
	wg.Wait()
}

func TestAgentsListsAreShown(t *testing.T) {
	w := newWorld(t)
	made := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	states := map[string]assign.State{
		"tb-18562": {Revision: 7, Cameras: 5, At: made, Digest: 1, TakenRevision: 7, TakenAt: made.Add(time.Minute), Key: wire.Key{1}, Lost: []string{"a"}},
		"tb-other": {Revision: 9, At: made, Trouble: "too long"},
	}
	var err error
	if w.server, err = api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Now: w.clock, Lists: func() map[string]assign.State { return states }}); err != nil {
		t.Fatal(err)
	}
	w.live.Take("tb-18562", &wire.LiveMessage{Online: true, Whole: true, Sent: w.clock().UnixMilli(), Interval: 10_000, List: 1, ListRevision: 7, ListRefused: 2})
	rows := map[string]*api.ListRow{}
	for _, a := range answer[api.AgentList](w, "/api/v1/agents").Items {
		rows[a.Code] = a.List
	}
	l := rows["tb-18562"]
	if l == nil || l.Revision != 7 || !l.Current || *l.TakenRevision != 7 || l.Refused != 2 || l.Key != "0100000000000000" || !slices.Equal(l.Lost, []string{"a"}) || l.Cameras != 5 {
		t.Errorf("%+v", l)
	}
	if o := rows["tb-other"]; o == nil || o.Current || o.TakenRevision != nil || o.Trouble != "too long" || o.Key != "" {
		t.Errorf("%+v", o)
	}
}
