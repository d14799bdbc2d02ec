// Package api serves what the hub knows: JSON under /api/v1 for pages and for
// anybody's program, the OpenAPI document that describes it, and the web page
// itself.
//
// Every answer says as of when it holds and whether it is simulated. Answers
// carry an entity tag of their content, so that asking again costs a line
// that is slow next to nothing while nothing has changed. Errors are
// problem+json (RFC 9457).
//
// Reading needs no login; so whoever starts the server decides who reaches
// it. See Config.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/ingest"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
)

// Config is what a server answers from. Plan, Store and Live must be given.
type Config struct {
	Plan *plan.Plan
	// PlanNow, if set, gives the plan in force, in place of Plan. A request is
	// answered with one plan from its beginning to its end.
	PlanNow func() *plan.Plan
	// PlanAt, if set, gives a stored revision of the plan, or ErrNoRevision.
	PlanAt func(ctx context.Context, revision int) (*plan.Plan, error)
	// Lists, if set, gives what is known of agents' lists of cameras, by code.
	Lists func() map[string]assign.State
	Store history.Store
	Live  *live.View
	// Page serves everything outside /api. Without it there is only the API.
	Page http.Handler
	// Trouble says since when the store that keeps the history cannot be reached,
	// and why; nil while it can. Without it there is never any.
	Trouble func() (since time.Time, what *history.AwayError)
	// Ingest, if set, counts what came in from agents.
	Ingest *ingest.Counters
	// TrustedProxies are the addresses of proxies whose X-Forwarded-For and
	// X-Forwarded-Proto are believed; of nobody when empty.
	TrustedProxies []netip.Prefix
	// MetricsToken is what /metrics asks for. Without it only this machine may
	// read them.
	MetricsToken string
	// Version of the program, for the metrics.
	Version string
	// Now tells the time. It defaults to time.Now.
	Now func() time.Time
	// Log defaults to slog.Default.
	Log *slog.Logger
}

// Version of the API, in its path and in the OpenAPI document.
const Version = "1"

// Server answers requests. Make it with New.
type Server struct {
	echo    *echo.Echo
	openapi huma.API
	figures *figures
	common  *common

	following sync.Mutex             // held while newest is replaced
	newest    atomic.Pointer[Server] // of a later plan; nil if there was none
}

// common is what the servers of all plans share.
type common struct {
	gate     *gate
	metrics  *metrics
	stopping atomic.Bool
}

// New makes a server.
func New(c Config) (*Server, error) {
	k := &common{gate: newGate(maxWork, maxWaiting, maxWait), metrics: newMetrics(c.Version)}
	s, err := newServer(c, k)
	if err == nil {
		k.metrics.registry.MustRegister(state{s})
	}
	return s, err
}

func newServer(c Config, k *common) (*Server, error) {
	if c.Plan == nil || c.Store == nil || c.Live == nil {
		return nil, errors.New("api: plan, store and live view must be given")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Trouble == nil {
		c.Trouble = func() (time.Time, *history.AwayError) { return time.Time{}, nil }
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	s := &Server{echo: e, figures: newFigures(c), common: k}
	e.IPExtractor = clientAddress(c.TrustedProxies)
	e.HTTPErrorHandler = problems(c.Log)
	e.Use(k.metrics.observed, s.hardened, recovered(c.Log), wellFormed, k.gate.bounded, middleware.BodyLimit(maxBody),
		middleware.GzipWithConfig(middleware.GzipConfig{MinLength: leastGzip, Skipper: func(c echo.Context) bool { return !isAPI(c.Request().URL.Path) }}))

	hc := huma.DefaultConfig("Phủ Kín", Version)
	hc.Info.Description = "Camera roll-out, uptime and road coverage from evidence."
	hc.OpenAPIPath, hc.DocsPath, hc.SchemasPath = "/api/openapi", "", ""
	hc.CreateHooks = nil // no $schema in answers
	hc.RejectUnknownQueryParameters = true
	hc.Transformers = []huma.Transformer{translate}

	s.openapi = humaecho.New(e, hc)
	s.registerPlan()
	s.registerCameras()
	s.registerRoutes()
	s.registerCoverage()
	s.registerRollout()
	s.registerReports()
	s.registerUptime()
	s.registerOutages()
	s.registerAgents()
	s.registerQuarantine()
	s.registerHealth()
	s.registerReady()
	s.registerMetrics(k.metrics)
	s.registerDocs()
	if c.Page != nil {
		e.GET("/*", func(ec echo.Context) error {
			if isAPI(ec.Request().URL.Path) {
				return echo.ErrNotFound
			}
			c.Page.ServeHTTP(ec.Response(), ec.Request())
			return nil
		})
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead && isAPI(r.URL.Path) {
		// The answer to HEAD is that to GET without its body, which the connection
		// leaves out.
		get := *r
		get.Method = http.MethodGet
		r = &get
	}
	s.edition().echo.ServeHTTP(w, r)
}

// edition gives the server for the plan in force. What it keeps follows from
// that plan, so another plan has another server.
func (s *Server) edition() *Server {
	if s.figures.PlanNow == nil {
		return s
	}
	now := s
	if n := s.newest.Load(); n != nil {
		now = n
	}
	p := s.figures.PlanNow()
	if now.figures.Plan == p {
		return now
	}
	s.following.Lock()
	defer s.following.Unlock()
	if n := s.newest.Load(); n != nil && n.figures.Plan == p {
		return n
	}
	c := s.figures.Config
	c.Plan, c.PlanNow = p, nil
	next, err := newServer(c, s.common)
	if err != nil { // New fails for what is not there, and all is
		s.figures.Log.Error("the API stays with the former plan", "error", err)
		return now
	}
	s.newest.Store(next)
	return next
}

// OpenAPI gives the OpenAPI 3.1 document as indented JSON.
func (s *Server) OpenAPI() ([]byte, error) {
	p, err := json.MarshalIndent(s.openapi.OpenAPI(), "", "  ")
	return append(p, '\n'), err
}

// Serve answers requests on ln until ctx ends, and then finishes what runs,
// for ten seconds at most. It closes ln and returns nil after an orderly end.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler: s, MaxHeaderBytes: 4 * maxHeader, ReadHeaderTimeout: headerTimeout,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(s.figures.Log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve the API on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	s.common.stopping.Store(true)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := srv.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
