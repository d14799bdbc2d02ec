// Package apitest serves the API over the sample plan, with a history and tokens,
// for tests of whatever asks a hub: the client, the commands, the examples of the
// documents. It listens on loopback, on a port that was free.
package apitest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
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

// Start is what a hub's clock says at first. It stands still until Pass.
var Start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// quick are costs of passwords for tests alone.
var quick = account.Params{Memory: 64, Time: 1, Threads: 1}

// Hub is a hub that serves until the test ends.
type Hub struct {
	URL  string
	Plan *plan.Plan

	t     testing.TB
	store *sqlite.DB
	live  *live.View
	seen  uint64 // observations that went into the history

	mu  sync.Mutex
	now time.Time
}

// New serves the sample plan, changed by whoever wants to, with an empty history.
func New(t testing.TB, change ...func(*plan.Plan)) *Hub {
	t.Helper()
	p, err := plan.ReadDir(filepath.Join(Root(t), "deploy", "demo", "plan"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(p)
	}
	h := &Hub{Plan: p, t: t, now: Start}
	if h.store, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "hub.db"), sqlite.Options{Location: p.Location, Now: h.Now}); err != nil {
		t.Fatal(err)
	}
	h.live = live.New(h.Now)
	s, err := api.New(api.Config{Plan: p, Store: h.store, Live: h.live, Accounts: h.store.Accounts(), Passwords: quick, Now: h.Now})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.URL = "http://" + ln.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, h.store.Close()); err != nil && !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return h
}

// Root gives the folder of the module.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

// Now is the hub's clock.
func (h *Hub) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Pass lets time pass.
func (h *Hub) Pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// Token gives the token of a program that has a role everywhere.
func (h *Hub) Token(scope account.Scope, role account.Role) string {
	h.t.Helper()
	desk := account.NewDesk(h.store.Accounts(), quick, h.Now)
	s, _, err := desk.NewToken(h.t.Context(), account.Token{Name: "test", Scope: scope, Grant: account.Grant{Role: role, Since: h.Now()}})
	if err != nil {
		h.t.Fatal(err)
	}
	return s.Reveal()
}

// Says makes cameras' agents tell their states.
func (h *Hub) Says(states ...wire.State) {
	h.t.Helper()
	byAgent := map[string][]wire.State{}
	for _, s := range states {
		agent := h.Plan.Camera(s.Camera).Agent
		byAgent[agent] = append(byAgent[agent], s)
	}
	for agent, list := range byAgent {
		h.live.Take(agent, &wire.LiveMessage{Online: true, Whole: true, Sent: h.Now().UnixMilli(), Cameras: len(list), Interval: 10_000, States: list})
	}
	h.Pass(time.Second) // older answers may be kept for half a second
}

// Watch makes every ninth camera that is accepted work now and have worked for an
// hour of 22 November 2026, of which C-001 was down for two others.
func (h *Hub) Watch() {
	h.t.Helper()
	at := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC).UnixMilli()
	const hour = 3_600_000
	var states []wire.State
	for i := range h.Plan.Cameras {
		c := &h.Plan.Cameras[i]
		if i%9 != 0 || !c.ClaimedAccepted(plan.DateOf(h.Now(), h.Plan.Location)) {
			continue
		}
		states = append(states, wire.State{Camera: c.Code, Status: wire.StatusUp, Rung: wire.RungFresh, Width: c.Width, Height: c.Height, Since: at, Probed: h.Now().UnixMilli()})
		h.append(wire.Observation{Camera: c.Code, From: at, To: at + hour, Status: wire.StatusUp, Rung: wire.RungFresh})
	}
	h.Saw(wire.Observation{Camera: "C-001", From: at + 2*hour, To: at + 4*hour, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultTimeout, FellOn: wire.RungConnect})
	h.Says(states...)
}

// Saw puts what the agent of a camera saw into the history.
func (h *Hub) Saw(o wire.Observation) {
	h.t.Helper()
	h.append(o)
	if _, err := h.store.Fold(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.Pass(3 * time.Second) // older ledger days may be kept for two
}

func (h *Hub) append(o wire.Observation) {
	h.t.Helper()
	h.seen++
	o.Probes = 1
	b := history.Batch{Agent: h.Plan.Camera(o.Camera).Agent, Epoch: h.seen, Observations: []wire.Observation{o}, Received: h.Now()}
	if err := h.store.Append(h.t.Context(), []history.Batch{b}); err != nil {
		h.t.Fatal(err)
	}
}
