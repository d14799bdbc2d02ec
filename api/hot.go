package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/phukin/phukin/hub/account"
)

// hotOperations are those whose answers are kept while the moment that they hold
// for is the present one: they follow from the moment, from the plan with its
// stored revisions, from the ledger as the moment has it, and from what the
// caller may see. What reads accounts, or the store at the time it is asked, has
// no place here.
var hotOperations = map[string]bool{
	"getPlan": true, "listCameras": true, "listRoutes": true,
	"getCoverage": true, "getCoverageGroups": true, "listCoverageSections": true, "listCoverageGateways": true, "listCoveragePlaces": true,
	"listCoverageCameras": true, "listCoverageGaps": true, "getCoverageLoss": true, "getCoverageMap": true, "getCoveragePeriod": true, "listBlindWays": true,
	"getRollout": true, "getRolloutCurve": true, "listRolloutOverdue": true, "getRolloutForecast": true, "rankNextSites": true,
	"getSecurityReport": true, "getUptime": true, "getUptimeGrid": true, "listOutages": true,
}

// hotKey is what an answer that is kept depends on, besides the moment.
type hotKey struct {
	server  uint64 // that answers: what the caller may see of which plan
	private bool   // it is marked as somebody's own
	form    string // a representation; of the map the Accept header, which chooses its format
	lang    language
	path    string
	query   string // canonical, without format
}

// hotPath is an operation without parameters in its path whose answers are kept.
type hotPath struct {
	id       string
	requests map[int]prometheus.Counter // by status
	duration prometheus.Observer
}

// hotPaths lists them by path.
func (s *Server) hotPaths(m *metrics) map[string]*hotPath {
	paths := map[string]*hotPath{}
	for route, id := range s.routes {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet || !hotOperations[id] || strings.Contains(path, ":") {
			continue
		}
		p := &hotPath{id: id, requests: map[int]prometheus.Counter{}, duration: m.duration.WithLabelValues(path)}
		for status, text := range map[int]string{http.StatusOK: "200", http.StatusNotModified: "304"} {
			p.requests[status] = m.requests.WithLabelValues(path, method, text)
		}
		paths[path] = p
	}
	return paths
}

// hotKeyOf gives the key of the answer to a request that was let in, false if
// none is kept. A request that is refused for its form has none either.
func (s *Server) hotKeyOf(r *http.Request, a *access) (hotKey, bool) {
	if s.common.hot == nil || !hotOperations[a.op.ID] || r.URL.RawPath != "" || r.ContentLength != 0 || len(r.RequestURI) > maxTarget || headerSize(r) > maxHeader {
		return hotKey{}, false
	}
	k := hotKey{server: s.id, private: a.who.Via != account.ViaOpen, path: r.URL.Path}
	offers := s.offers[a.op.ID]
	query, format, ok := canonical(r.URL.RawQuery, offers != nil)
	if !ok {
		return hotKey{}, false
	}
	k.query = query
	accept := r.Header.Get("Accept")
	switch {
	case offers == nil:
		k.form = accept
	case format != "":
		k.form = format
		ok = offered(representation(format), offers)
	case accept == "" || accept == "*/*" || accept == mediaTypes[asJSON]:
		k.form = string(asJSON)
	default:
		var form representation
		form, ok = acceptable(accept, offers)
		k.form = string(form)
	}
	if k.form == string(asXLSX) {
		k.lang = languageOf(r.Header.Get("Accept-Language"))
	}
	return k, ok
}

func offered(form representation, offers []representation) bool {
	for _, o := range offers {
		if o == form {
			return true
		}
	}
	return false
}

// canonical gives a query in the one way that all of its spellings share, and
// apart its parameter format, if that is what chooses the representation; false
// if it cannot mean one thing only.
func canonical(raw string, choosing bool) (query, format string, ok bool) {
	if raw == "" || !strings.ContainsAny(raw, "&;%+") && strings.Contains(raw, "=") && !strings.HasPrefix(raw, "format=") {
		return raw, "", true
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return "", "", false
	}
	for _, values := range q {
		if len(values) > 1 {
			return "", "", false
		}
	}
	if choosing && q.Has("format") {
		if format = q.Get("format"); format == "" {
			return "", "", false
		}
		q.Del("format")
	}
	return q.Encode(), format, true
}

// hotAnswered answers a request that was let in from what is kept, if it can be,
// and otherwise notes under which key its answer is to be kept. What is kept
// costs so little that it needs no turn. A file is recorded first, and so goes
// the longer way.
func (s *Server) hotAnswered(w http.ResponseWriter, r *http.Request, a *access) bool {
	k, ok := s.hotKeyOf(r, a)
	if !ok {
		return false
	}
	a.hot = k
	p := s.hotPath[k.path]
	if p == nil || a.export && s.figures.desk != nil {
		return false
	}
	m := s.figures.current()
	if m == nil {
		return false
	}
	kept := s.common.hot.get(k, m.number)
	if kept == nil {
		return false
	}
	begin := time.Now()
	s.common.metrics.inFlight.Inc()
	defer s.common.metrics.inFlight.Dec()
	s.harden(w.Header(), r)
	status, _ := kept.send(w, r)
	p.requests[status].Inc()
	p.duration.Observe(time.Since(begin).Seconds())
	return true
}

// pinned is the moment that a request is answered by.
type pinned struct {
	figures *figures
	moment  *moment
}

// momentOf gives the moment that a request is answered by, nil for the present
// one. Of the whole plan it is the one that a part's moment is of.
func momentOf(ctx context.Context, f *figures) *moment {
	a := accessOf(ctx)
	switch {
	case a == nil || a.pinned.figures == nil:
		return nil
	case a.pinned.figures == f:
		return a.pinned.moment
	case a.pinned.figures.shared == f:
		return a.pinned.moment.all
	}
	return nil
}

// heated keeps the answers of hot operations, and gives those that are kept. Of
// requests for the same at the same time one is worked on; the others wait for
// its answer.
func (s *Server) heated(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		a := accessOf(ctx)
		if a == nil || a.hot.server == 0 {
			return next(c)
		}
		m, err := s.figures.now(ctx)
		if err != nil {
			return next(c) // which says so
		}
		kept, work, wait := s.common.hot.begin(a.hot, m.number)
		if wait != nil {
			select {
			case <-wait.done:
				kept = wait.answer
			case <-ctx.Done():
				return tooLong()
			}
		}
		if kept == nil {
			a.pinned = pinned{s.figures, m}
			if work == nil { // what was waited for came to nothing
				work = &flight{}
			}
			return s.work(c, next, a.hot, m, work)
		}
		c.Response().Status, c.Response().Size = kept.send(c.Response().Writer, c.Request())
		c.Response().Committed = true
		return nil
	}
}

// work makes an answer and keeps it.
func (s *Server) work(c echo.Context, next echo.HandlerFunc, k hotKey, m *moment, work *flight) (err error) {
	res, asked := c.Response(), c.Request()
	line := res.Writer
	made := &recording{header: line.Header(), of: accessOf(asked.Context())}
	defer func() {
		res.Writer = line
		c.SetRequest(asked)
		s.common.hot.end(k, m.number, work)
	}()
	res.Writer = made
	c.SetRequest(unconditional(asked))
	if err = next(c); made.status == 0 {
		return err
	}
	res.Writer = line
	if made.status != http.StatusOK || err != nil {
		line.WriteHeader(made.status)
		_, _ = line.Write(made.body) // to who is gone
		return err
	}
	work.answer = s.common.hot.make(k, m.number, made)
	res.Status, res.Size = work.answer.send(line, asked)
	return nil
}

// unconditional gives a request for the answer whatever the client has.
func unconditional(r *http.Request) *http.Request {
	if r.Header.Get("If-None-Match") == "" {
		return r
	}
	all := *r
	all.Header = r.Header.Clone()
	all.Header.Del("If-None-Match")
	return &all
}

// recording is an answer that is not sent yet.
type recording struct {
	of     *access
	header http.Header
	status int
	body   []byte
}

func (r *recording) Header() http.Header { return r.header }

func (r *recording) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recording) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if whole := r.of.body; r.body == nil && len(p) > 0 && len(p) == len(whole) && &p[0] == &whole[0] {
		r.body = slices.Clip(whole) // without a copy: it is the answer's own
	} else {
		r.body = append(r.body, p...)
	}
	return len(p), nil
}
