package api

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the server's own measures, in the form that Prometheus reads.
// docs/operations.md lists them.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newMetrics(version string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "phukin_http_requests_total", Help: "Requests answered, by route, method and status."}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "phukin_http_request_duration_seconds", Help: "Time to answer a request, by route.", Buckets: []float64{.001, .005, .02, .1, .5, 2, 10, 60},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "phukin_http_requests_in_flight", Help: "Requests that are being answered."}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "phukin_build_info", Help: "1; the labels say what runs.", ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.duration, m.inFlight, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observed counts a request and takes its time. Errors become answers here, so
// that their status is known.
func (m *metrics) observed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		m.inFlight.Inc()
		begin := time.Now()
		status := http.StatusInternalServerError // unless it comes to an end
		defer func() {
			m.inFlight.Dec()
			m.requests.WithLabelValues(routeOf(c), methodOf(c), strconv.Itoa(status)).Inc()
			if c.Path() != eventsPath { // which lasts as long as somebody listens
				m.duration.WithLabelValues(routeOf(c)).Observe(time.Since(begin).Seconds())
			}
		}()
		if err := next(c); err != nil {
			c.Error(err)
		}
		status = c.Response().Status
		return nil
	}
}

// routeOf names a request's route, so that what clients make up is no label.
func routeOf(c echo.Context) string {
	if p := c.Path(); p != "" {
		return p
	}
	return "none"
}

func methodOf(c echo.Context) string {
	switch m := c.Request().Method; m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return m
	}
	return "other"
}

// registerMetrics serves /metrics to Prometheus: to this machine, or to whoever
// has the token.
func (s *Server) registerMetrics(m *metrics) {
	h := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 10 * time.Second, DisableCompression: true})
	s.echo.GET("/metrics", func(c echo.Context) error {
		if !s.mayScrape(c.Request()) {
			return newProblem(http.StatusForbidden, "số đo chỉ đọc được từ chính máy này, hoặc với mã riêng trong Authorization: Bearer", "metrics can be read from this machine alone, or with their own token in Authorization: Bearer")
		}
		h.ServeHTTP(c.Response(), c.Request())
		return nil
	})
}

// mayScrape says whether a request may read the metrics. What a proxy on this
// machine passes on does not come from this machine.
func (s *Server) mayScrape(r *http.Request) bool {
	if token := s.figures.MetricsToken; token != "" {
		got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		return ok && subtle.ConstantTimeCompare([]byte(got), []byte(token)) == 1
	}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// state collects what the hub knows at the moment it is asked.
type state struct{ s *Server }

var (
	agentsDesc      = prometheus.NewDesc("phukin_agents", "Agents that were heard of since the start, by whether they are online.", []string{"online"}, nil)
	camerasDesc     = prometheus.NewDesc("phukin_cameras", "Cameras of the plan by their status now.", []string{"status"}, nil)
	spooledDesc     = prometheus.NewDesc("phukin_agents_spooled_observations", "Observations that wait in agents' spools, as they said last.", nil, nil)
	troubleDesc     = prometheus.NewDesc("phukin_history_away", "1 while the store that keeps the history cannot be reached.", nil, nil)
	troubleTimeDesc = prometheus.NewDesc("phukin_history_away_seconds", "How long it cannot be reached already; 0 while it can.", nil, nil)
	revisionDesc    = prometheus.NewDesc("phukin_plan_revision", "Number of the plan's revision in force; 0 for a folder of files.", nil, nil)
	committedDesc   = prometheus.NewDesc("phukin_ingest_observations_total", "Observations committed since the start.", nil, nil)
	batchesDesc     = prometheus.NewDesc("phukin_ingest_batches_total", "Messages with records that were committed since the start.", nil, nil)
	setAsideDesc    = prometheus.NewDesc("phukin_ingest_set_aside_total", "Records set aside since the start, and messages that did not say which they had.", nil, nil)
	refusedDesc     = prometheus.NewDesc("phukin_ingest_refused_total", "Messages neither committed nor set aside since the start.", nil, nil)
	deferredDesc    = prometheus.NewDesc("phukin_ingest_deferred_total", "Messages left to their agents since the start because the queue was full.", nil, nil)
	scrapeDesc      = prometheus.NewDesc("phukin_scrape_failed", "1 if the status of the cameras could not be found this time.", nil, nil)
)

func (state) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{agentsDesc, camerasDesc, spooledDesc, troubleDesc, troubleTimeDesc, revisionDesc, committedDesc, batchesDesc, setAsideDesc, refusedDesc, deferredDesc, scrapeDesc} {
		ch <- d
	}
}

func (st state) Collect(ch chan<- prometheus.Metric) {
	f := st.s.edition().figures
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	online, offline, spooled := 0, 0, 0.0
	for _, a := range f.Live.Agents() {
		if a.Online {
			online++
		} else {
			offline++
		}
		spooled += float64(a.Spooled)
	}
	gauge(agentsDesc, float64(online), "true")
	gauge(agentsDesc, float64(offline), "false")
	gauge(spooledDesc, spooled)
	gauge(revisionDesc, float64(f.Plan.Revision.Number))
	since, trouble := f.Trouble()
	if trouble != nil {
		gauge(troubleDesc, 1)
		gauge(troubleTimeDesc, f.Now().Sub(since).Seconds())
	} else {
		gauge(troubleDesc, 0)
		gauge(troubleTimeDesc, 0)
	}
	if n := f.Ingest; n != nil {
		for d, v := range map[*prometheus.Desc]uint64{committedDesc: n.Committed.Load(), batchesDesc: n.Batches.Load(), setAsideDesc: n.SetAside.Load(), refusedDesc: n.Refused.Load(), deferredDesc: n.Deferred.Load()} {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	m, err := f.now(ctx)
	if err != nil {
		gauge(scrapeDesc, 1)
		return
	}
	gauge(scrapeDesc, 0)
	var n StatusCount
	for i := range f.Plan.Cameras {
		n.add(m.statusRow(f.Plan.Cameras[i].Code).Status)
	}
	for status, v := range map[string]int{"up": n.Up, "degraded": n.Degraded, "down": n.Down, "unknown": n.Unknown, "maintenance": n.Maintenance, "not_in_service": n.NotInService} {
		gauge(camerasDesc, float64(v), status)
	}
}
