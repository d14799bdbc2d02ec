package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// apiDays is how many days of history each camera has.
const apiDays = 130

// apiOrder is what a child of the part is to do.
type apiOrder struct {
	Dir   string
	Ready []apiReady // of the bare server: what it answers with
	Path  string     // of the hub: measure this
	Times int
	Anew  bool // each answer has a moment of its own
}

// apiReady is an answer with ready bytes.
type apiReady struct {
	Path, Type, Tag string
	Body            []byte // compressed
}

type apiAnswer struct {
	Addr, Token string
	Made, Plain time.Duration // CPU of an answer that is not kept, and of encoding/json alone
}

// apiHubChild is the API over the large plan: everybody must log in, and every
// camera has a history.
func apiHubChild(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var o apiOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	debug.SetGCPercent(300) // as phukin-hub does
	w, err := newEventWorld(ctx, o.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.store.Close()) }()
	if err := w.report(ctx); err != nil {
		return err
	}
	var clock apiClock
	accounts := w.store.Accounts()
	token, _, err := account.NewDesk(accounts, account.DefaultParams, nil).NewToken(ctx, account.Token{Name: "bench", Scope: account.ScopeRead, Grant: account.Grant{Role: account.Staff, Since: time.Now()}})
	if err != nil {
		return err
	}
	s, err := api.New(api.Config{Plan: w.plan, Store: pastDays{w.store, w.plan}, Live: w.view, Accounts: accounts, Now: clock.now})
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	a := apiAnswer{Addr: ln.Addr().String(), Token: token.Reveal()}
	for err == nil {
		if err = answers.Encode(a); err != nil {
			break
		}
		var o apiOrder
		if err = orders.Decode(&o); errors.Is(err, io.EOF) {
			err = nil
			break
		} else if err == nil {
			a.Made, a.Plain, err = unkept(ctx, s, &clock, a.Token, o)
		}
	}
	stop()
	return errors.Join(err, <-done)
}

// unkept measures an answer that is made for each request, from the request to
// the bytes that go to the connection, and beside it json.Marshal of what it
// holds. The request has a body, of one byte that nobody reads: so its answer is
// neither kept nor one that was.
func unkept(ctx context.Context, s *api.Server, clock *apiClock, token string, o apiOrder) (made, plain time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.Path, strings.NewReader(" "))
	if err != nil {
		return 0, 0, err
	}
	r.RequestURI, r.RemoteAddr = o.Path, "127.0.0.1:1"
	r.Header.Set("Authorization", "Bearer "+token)
	var body any
	switch r.URL.Path {
	case "/api/v1/cameras":
		body = new(api.CameraList)
	case "/api/v1/coverage":
		body = new(api.CoverageAnswer)
	case "/api/v1/rollout":
		body = new(api.RolloutAnswer)
	case "/api/v1/routes":
		body = new(api.RouteList)
	default:
		return 0, 0, fmt.Errorf("no body is known of %s", o.Path)
	}
	var w discarding
	begin := cpu()
	for range o.Times {
		if o.Anew {
			clock.skip(6 * time.Second)
		}
		w = discarding{header: http.Header{}, body: w.body[:0]}
		s.ServeHTTP(&w, r)
		if w.status != http.StatusOK {
			return 0, 0, fmt.Errorf("%s: %d %s", o.Path, w.status, w.body)
		}
	}
	made = (cpu() - begin) / time.Duration(o.Times)
	if err := json.Unmarshal(w.body, body); err != nil {
		return 0, 0, err
	}
	begin = cpu()
	for range o.Times {
		if _, err := json.Marshal(body); err != nil {
			return 0, 0, err
		}
	}
	return made, (cpu() - begin) / time.Duration(o.Times), nil
}

// discarding is a client that keeps the last answer.
type discarding struct {
	header http.Header
	status int
	body   []byte
}

func (d *discarding) Header() http.Header    { return d.header }
func (d *discarding) WriteHeader(status int) { d.status = status }
func (d *discarding) Write(p []byte) (int, error) {
	d.body = append(d.body, p...)
	return len(p), nil
}

// apiClock is a clock that can be set forward.
type apiClock struct {
	mu sync.Mutex
	by time.Duration
}

func (c *apiClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *apiClock) skip(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += d
}

// report puts an observation of every camera into the history, as its agent
// would.
func (w *eventWorld) report(ctx context.Context) error {
	var batches []history.Batch
	now := time.Now()
	for i := range w.plan.Cameras {
		c := &w.plan.Cameras[i]
		o := wire.Observation{
			Camera: c.Code, From: now.Add(-time.Minute).UnixMilli(), To: now.UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 6,
			Codec: wire.CodecH264, Width: c.Width, Height: c.Height, FrameRate: wire.Stat{N: 6, Min: 15, Mean: 15, Max: 15},
		}
		batches = append(batches, history.Batch{Agent: c.Agent, Epoch: 1, FirstSeq: uint64(i + 1), Observations: []wire.Observation{o}, Received: now})
	}
	if err := w.store.Append(ctx, batches); err != nil {
		return err
	}
	_, err := w.store.Fold(ctx)
	return err
}

// pastDays is a history with ledger days of the past that were made up: up, with
// an outage of ten minutes on about every fifth day.
type pastDays struct {
	history.Store
	plan *plan.Plan
}

// Days implements history.Store, in no order.
func (p pastDays) Days(ctx context.Context, q history.Query) iter.Seq2[history.Day, error] {
	today := history.DayOf(time.Now().UnixMilli(), p.plan.Location)
	return func(yield func(history.Day, error) bool) {
		for i := range p.plan.Cameras {
			random := rand.New(rand.NewPCG(uint64(i), 8))
			for d := today - apiDays; d < today; d++ {
				line := history.Timeline{{Seconds: 86400, Status: wire.StatusUp}}
				if at := 1 + random.IntN(80_000); random.IntN(5) == 0 {
					line = history.Timeline{
						{Seconds: at, Status: wire.StatusUp}, {Seconds: 600, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect},
						{Seconds: 86400 - 600 - at, Status: wire.StatusUp},
					}
				}
				if d >= q.First && d <= q.Last && !yield(history.Day{Camera: p.plan.Cameras[i].Code, Number: d, Revision: 1, Timeline: line}, nil) {
					return
				}
			}
		}
		for d, err := range p.Store.Days(ctx, q) {
			if !yield(d, err) {
				return
			}
		}
	}
}

// apiBareChild answers with ready bytes, and knows nothing else.
func apiBareChild(ctx context.Context, in io.Reader, out io.Writer) error {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var o apiOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	debug.SetGCPercent(300)
	e := echo.New()
	for _, ready := range o.Ready {
		e.GET(ready.Path, func(c echo.Context) error {
			h := c.Response().Header()
			h.Set("ETag", ready.Tag)
			if c.Request().Header.Get("If-None-Match") == ready.Tag {
				return c.NoContent(http.StatusNotModified)
			}
			h.Set("Content-Encoding", "gzip")
			h.Set("Content-Length", strconv.Itoa(len(ready.Body)))
			return c.Blob(http.StatusOK, ready.Type, ready.Body)
		})
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	if err := answers.Encode(apiAnswer{Addr: ln.Addr().String()}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in) // until it ends
	err = errors.Join(err, srv.Close())
	if ended := <-done; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
