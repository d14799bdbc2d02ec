// Package api serves what the hub knows: JSON under /api/v1 for pages and for
// anybody's program, the OpenAPI document that describes it, and the web page
// itself.
//
// Every answer says as of when it holds and whether it is simulated. Answers
// carry an entity tag of their content, so that asking again costs a line
// that is slow next to nothing while nothing has changed. Errors are
// problem+json (RFC 9457).
//
// Who asks is settled first, by hub/account: its table says who may do which
// operation, and an operation without a line is nobody's. Who holds a role in a
// part of the plan is answered by a server whose plan is that part. What
// changes something, and what goes out as a file, is in the audit log.
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
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/events"
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
	// Plans, if set, keeps the revisions of the plan, and Evidence gives the codes of
	// all cameras that an agent ever reported. Without them there are no revisions to
	// be seen or made.
	Plans    plan.Store
	Evidence func(ctx context.Context) (map[string]bool, error)
	// Lists, if set, gives what is known of agents' lists of cameras, by code.
	Lists func() map[string]assign.State
	Store history.Store
	Live  *live.View
	// Accounts says who may do what. It must be given, unless Open.
	Accounts account.Store
	// Open lets anybody read, as a viewer of everything.
	Open bool
	// Public is where browsers reach the server, such as https://phukin.example.vn.
	// With https in it, cookies are sent over TLS alone. It defaults to what each
	// request says.
	Public string
	// Passwords are the costs of hashing them. They default to
	// account.DefaultParams.
	Passwords account.Params
	// OIDC, if set, lets people log in by a provider as well. It needs Accounts and
	// Public.
	OIDC *OIDC
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
	// Events is what clients of /api/v1/events are told, and bounds it. It
	// defaults to events.New(events.Config{}); Serve ends it.
	Events *events.Hub
	// Now tells the time. It defaults to time.Now.
	Now func() time.Time
	// Log defaults to slog.Default.
	Log *slog.Logger

	desk     *account.Desk // nil without accounts
	provider *provider     // nil without OIDC
	shared   *figures      // of the whole plan, when this server is for a part of its callers
	reach    account.Reach // that part of the plan
}

// Version of the API, in its path and in the OpenAPI document.
const Version = "1"

// Server answers requests. Make it with New.
type Server struct {
	echo    *echo.Echo
	openapi huma.API
	figures *figures
	common  *common
	id      uint64
	routes  map[string]string           // operations by method and route
	offers  map[string][]representation // that operations have, in order
	hotPath map[string]*hotPath         // by path
	origins *http.CrossOriginProtection // who may send what a browser was made to send
	views   views

	following sync.Mutex             // held while newest is replaced
	newest    atomic.Pointer[Server] // of a later plan; nil if there was none
}

// common is what the servers of all plans share.
type common struct {
	gate     *gate
	metrics  *metrics
	uploads  chan struct{} // has one for each file that is being read
	hot      *hotAnswers   // nil keeps none
	servers  atomic.Uint64 // that were made
	stopping atomic.Bool
}

// New makes a server.
func New(c Config) (*Server, error) {
	return newWith(c, newHotAnswers())
}

func newWith(c Config, hot *hotAnswers) (*Server, error) {
	k := &common{gate: newGate(maxWork, maxWaiting, maxWait), metrics: newMetrics(c.Version), hot: hot, uploads: make(chan struct{}, maxReading)}
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
	if c.Accounts == nil && !c.Open {
		return nil, errors.New("api: accounts must be given, or reading must be open")
	}
	origins, err := trusted(c.Public)
	if err != nil {
		return nil, err
	}
	if c.Passwords == (account.Params{}) {
		c.Passwords = account.DefaultParams
	}
	if c.Accounts != nil && c.desk == nil {
		c.desk = account.NewDesk(c.Accounts, c.Passwords, c.Now)
	}
	if c.OIDC != nil && c.provider == nil {
		if c.Accounts == nil {
			return nil, errors.New("api: OIDC needs accounts: a provider says who somebody is, not what they may")
		}
		if c.provider, err = newProvider(*c.OIDC, c.Public, c.Now, c.Log); err != nil {
			return nil, err
		}
	}
	if c.Events == nil {
		c.Events = events.New(events.Config{})
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	s := &Server{echo: e, figures: newFigures(c), common: k, origins: origins, id: k.servers.Add(1), offers: map[string][]representation{}}
	e.IPExtractor = clientAddress(c.TrustedProxies)
	e.HTTPErrorHandler = problems(c.Log)
	e.Use(k.metrics.observed, s.hardened, recovered(c.Log), wellFormed, k.gate.bounded, middleware.BodyLimitWithConfig(middleware.BodyLimitConfig{Limit: maxBody, Skipper: func(c echo.Context) bool { return c.Request().Method == http.MethodPost && takesFiles[c.Path()] }}), compressed(), s.guard, s.heated)

	hc := huma.DefaultConfig("Phủ Kín", Version)
	hc.Info.Description = "Camera roll-out, uptime and road coverage from evidence."
	hc.OpenAPIPath, hc.DocsPath, hc.SchemasPath = "/api/openapi", "", ""
	hc.CreateHooks = nil // no $schema in answers
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "A token, as phukin-hub token create prints it"},
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "A session, as /login begins it"},
	}
	hc.RejectUnknownQueryParameters = true
	hc.Transformers = []huma.Transformer{translate}

	s.openapi = humaecho.New(e, hc)
	s.registerPlan()
	s.registerPlanRevisions()
	s.registerPlanExport()
	s.registerPlanPreview()
	s.registerPlanImport()
	s.registerAreas()
	s.registerSites()
	s.registerCameras()
	s.registerCamera()
	s.registerTimeline()
	s.registerObservations()
	s.registerRoutes()
	s.registerRoute()
	s.registerSections()
	s.registerGateways()
	s.registerCoverage()
	s.registerMap()
	s.registerRollout()
	s.registerNext()
	s.registerReports()
	s.registerUptime()
	s.registerOutages()
	s.registerChanges()
	s.registerAgents()
	s.registerAgent()
	s.registerVitals()
	s.registerAlerts()
	s.registerQuarantine()
	s.registerHealth()
	s.registerReady()
	s.registerMetrics(k.metrics)
	s.registerDocs()
	s.registerSession()
	s.registerUsers()
	s.registerTokens()
	s.registerAudit()
	s.registerEvents()
	s.describeStatuses()
	s.registerPages(e)
	if c.Page != nil {
		e.GET("/*", func(ec echo.Context) error {
			if isAPI(ec.Request().URL.Path) {
				if allow := s.otherMethods(ec.Request()); len(allow) > 0 {
					ec.Response().Header().Set("Allow", strings.Join(allow, ", "))
					return echo.ErrMethodNotAllowed
				}
				return echo.ErrNotFound
			}
			if s.asksFirst(ec.Request()) {
				return ec.Redirect(http.StatusSeeOther, "login")
			}
			c.Page.ServeHTTP(ec.Response(), ec.Request())
			return nil
		})
	}
	s.routes = s.operations()
	s.hotPath = s.hotPaths(k.metrics)
	return s, nil
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
	defer s.watch(ctx)()
	defer s.askProvider(ctx)()
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
