package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// logged is an account store that writes the audit log into memory.
type logged struct {
	account.Store
	mu      sync.Mutex
	entries []account.Entry
}

func (l *logged) Record(_ context.Context, e account.Entry) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	return int64(len(l.entries)), nil
}

func (l *logged) Outcome(_ context.Context, id int64, status int, about string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[id-1].Status = status
	return nil
}

// twins are a server that keeps answers and one that makes each anew, over the
// same plan, store, live view and clock.
type twins struct {
	*world
	plans           []*plan.Plan
	inForce         atomic.Pointer[plan.Plan]
	hot, cold       *api.Server
	hotLog, coldLog logged
	callers         []string // tokens; an empty one shows nothing
	seq             uint64
}

func newTwins(t *testing.T, open bool) *twins {
	t.Helper()
	w := &twins{world: newWorld(t)}
	fewer := *w.plan
	fewer.Cameras = fewer.Cameras[:40]
	p, err := plan.Build(fewer)
	if err != nil {
		t.Fatal(err)
	}
	w.plans = []*plan.Plan{w.plan, p}
	w.inForce.Store(w.plan)
	w.hotLog.Store, w.coldLog.Store = w.store.Accounts(), w.store.Accounts()
	c := api.Config{Plan: w.plan, PlanNow: w.inForce.Load, Store: w.store, Live: w.live, Accounts: &w.hotLog, Passwords: quick, Open: open, Now: w.clock}
	if w.hot, err = api.New(c); err != nil {
		t.Fatal(err)
	}
	c.Accounts = &w.coldLog
	if w.cold, err = api.NewKeepingNothing(c); err != nil {
		t.Fatal(err)
	}
	w.callers = []string{"", "wrong"}
	for _, role := range account.Roles() {
		for _, area := range []string{"", own, other} {
			w.callers = append(w.callers, w.token(account.ScopeExport, account.Grant{Role: role, Area: area}))
		}
	}
	w.callers = append(w.callers, w.token(account.ScopeRead, account.Grant{Role: account.Viewer}))
	w.meet()
	return w
}

// meet lets both servers take the present moment, which otherwise each takes
// when it needs one.
func (w *twins) meet() {
	w.t.Helper()
	for _, s := range []*api.Server{w.hot, w.cold} {
		if rec := reply(s, request(w.t.Context(), "GET", "/api/v1/plan", w.admin)); rec.Code != http.StatusOK {
			w.t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
}

func request(ctx context.Context, method, path, token string, header ...string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func reply(s *api.Server, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

// unpacked gives the body of an answer and its header, without what says how the
// body is packed, which is checked.
func unpacked(t rapid.TB, rec *httptest.ResponseRecorder, r *http.Request) (http.Header, []byte) {
	t.Helper()
	h, body := rec.Header().Clone(), rec.Body.Bytes()
	if n := h.Get("Content-Length"); n != "" && n != strconv.Itoa(len(body)) {
		t.Fatalf("%s: Content-Length is %s, the body has %d bytes", r.URL, n, len(body))
	}
	switch h.Get("Content-Encoding") {
	case "":
	case "gzip":
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Fatalf("%s is compressed: %v %v", r.URL, r.Header, h)
		}
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false) // some clients read the first member alone
		if body, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("%s: Content-Encoding is %s", r.URL, h.Get("Content-Encoding"))
	}
	for _, name := range []string{"Date", "Content-Length", "Content-Encoding"} {
		h.Del(name)
	}
	if rec.Code == http.StatusNotModified {
		h.Del("Content-Type") // of nothing
	}
	h["Vary"] = strings.Split(strings.Join(h["Vary"], ", "), ", ")
	slices.Sort(h["Vary"])
	return h, body
}

// same asks both servers, and wants the same answer.
func (w *twins) same(t rapid.TB, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	hot, cold := reply(w.hot, r.Clone(r.Context())), reply(w.cold, r.Clone(r.Context()))
	hh, hb := unpacked(t, hot, r)
	ch, cb := unpacked(t, cold, r)
	if packed := hot.Header().Get("Content-Encoding"); packed != "" && hot.Header().Get("Content-Type") == "image/png" {
		t.Fatalf("%s: a picture is compressed again", r.URL)
	}
	if hot.Code != cold.Code || !bytes.Equal(hb, cb) {
		t.Fatalf("%s %s %v\nkept: %d %.3000s\nmade: %d %.3000s", r.Method, r.URL, r.Header, hot.Code, hb, cold.Code, cb)
	}
	if !maps.EqualFunc(hh, ch, slices.Equal) {
		t.Fatalf("%s %s %v: %d\nkept: %v\nmade: %v", r.Method, r.URL, r.Header, hot.Code, hh, ch)
	}
	if !slices.Equal(w.hotLog.entries, w.coldLog.entries) {
		t.Fatalf("%s %s: the audit logs are\n%+v\n%+v", r.Method, r.URL, w.hotLog.entries, w.coldLog.entries)
	}
	return hot
}

// hotRequests are what is asked for: spelt in several ways, in every
// representation, some of it wrong.
func hotRequests(p *plan.Plan) []string {
	camera := p.Cameras[0].Code
	route := p.Routes[0].Code
	return []string{
		"/plan", "/cameras", "/cameras?days=7", "/cameras?bars=true&days=3", "/cameras?days=3&bars=true", "/cameras?fields=code,status", "/cameras?fields=code%2Cstatus", "/cameras?fields=nothing",
		"/routes", "/coverage", "/coverage?level=nothing", "/coverage/groups", "/coverage/groups?by=area", "/coverage/sections", "/coverage/sections?route=" + route, "/coverage/gateways", "/coverage/places",
		"/coverage/cameras", "/coverage/cameras?state=planned", "/coverage/gaps", "/coverage/loss?camera=" + camera, "/coverage/period?from=2026-11-01", "/coverage/blind-ways",
		"/coverage/map", "/coverage/map?format=svg", "/coverage/map?format=png&width=320",
		"/rollout", "/rollout?by=area", "/rollout/curve", "/rollout/overdue", "/rollout/forecast", "/rollout/next?sites=1",
		"/reports/security-infrastructure", "/reports/security-infrastructure?area=" + own, "/uptime", "/uptime?by=site", "/uptime?by=site&area=1", "/uptime/grid", "/outages", "/outages?area=" + other, "/outages?area=" + own,
		"/changes", "/agents", "/rollout/discrepancies", "/session", "/audit", "/users", "/nothing",
		"/cameras?format=csv", "/cameras?days=7&format=xlsx", "/cameras?format=json&days=7", "/rollout?format=csv", "/outages?format=xlsx", "/outages?format=", "/uptime/grid?format=csv", "/cameras?days=7&days=7", "/cameras?days=7;",
	}
}

func TestAnswersThatAreKeptAreThoseThatWouldBeMade(t *testing.T) {
	w := newTwins(t, false)
	open := newTwins(t, true)
	rapid.Check(t, func(t *rapid.T) {
		w := w
		if rapid.IntRange(0, 3).Draw(t, "open") == 0 {
			w = open
		}
		etags := []string{"", "*", `"other"`}
		paths := hotRequests(w.plan)
		// A few requests by a few callers, so that they meet what is kept.
		few := rapid.SliceOfN(rapid.SampledFrom(paths), 1, 4).Draw(t, "few")
		who := rapid.SliceOfN(rapid.SampledFrom(append(w.callers, w.admin)), 1, 4).Draw(t, "who")
		ask := func(t *rapid.T) {
			var header []string
			for _, x := range []struct {
				name   string
				values []string
			}{
				{"Accept", []string{"", "", "*/*", "application/json", "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;q=0.9, text/csv;q=0.5", "image/png", "image/svg+xml", "text/html"}},
				{"Accept-Language", []string{"", "en", "vi"}},
				{"Accept-Encoding", []string{"", "gzip", "br, gzip;q=0.5", "deflate"}},
				{"If-None-Match", etags},
			} {
				if v := rapid.SampledFrom(x.values).Draw(t, x.name); v != "" {
					header = append(header, x.name, v)
				}
			}
			method := rapid.SampledFrom([]string{"GET", "GET", "GET", "HEAD"}).Draw(t, "method")
			r := request(w.t.Context(), method, "/api/v1"+rapid.SampledFrom(few).Draw(t, "path"), rapid.SampledFrom(who).Draw(t, "caller"), header...)
			if tag := w.same(t, r).Header().Get("ETag"); tag != "" && len(etags) < 30 {
				etags = append(etags, tag)
			}
		}
		steps := []func(*rapid.T){
			ask, ask, ask, ask,
			func(t *rapid.T) { // a status
				i := rapid.IntRange(0, 5).Draw(t, "camera")
				s := wire.State{Camera: w.inService(i).Code, Status: wire.StatusUp, Rung: wire.RungFresh}
				if rapid.Bool().Draw(t, "down") {
					s = wire.State{Camera: s.Camera, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultRefused, FellOn: wire.RungConnect}
				}
				w.says(s)
				w.meet()
			},
			func(t *rapid.T) { // the history
				w.seq++
				at := w.clock().Add(-time.Minute)
				w.put(w.seq, wire.Observation{Camera: w.inService(rapid.IntRange(0, 5).Draw(t, "camera")).Code, From: at.UnixMilli(), To: w.clock().UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh})
				if _, err := w.store.Fold(w.t.Context()); err != nil {
					t.Fatal(err)
				}
				w.meet()
			},
			func(t *rapid.T) { // the plan
				if rapid.IntRange(0, 2).Draw(t, "seldom") > 0 {
					return // each makes all servers anew
				}
				w.inForce.Store(w.plans[rapid.IntRange(0, len(w.plans)-1).Draw(t, "plan")])
				w.meet()
			},
			func(t *rapid.T) {
				w.pass(rapid.SampledFrom([]time.Duration{time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond, 3 * time.Second, 6 * time.Second, time.Hour}).Draw(t, "passes"))
				w.meet()
			},
		}
		for range rapid.IntRange(3, 9).Draw(t, "steps") {
			steps[rapid.IntRange(0, len(steps)-1).Draw(t, "step")](t)
		}
	})
}

// Whoever asks at the same time for the same gets the same, and what others may
// see nobody gets.
func TestManyAskAtOnceForWhatIsKept(t *testing.T) {
	w := newTwins(t, true)
	paths := []string{"/api/v1/cameras", "/api/v1/coverage", "/api/v1/rollout", "/api/v1/cameras?format=csv", "/api/v1/outages", "/api/v1/coverage/places"}
	want := map[string][]byte{}
	for _, caller := range w.callers {
		for _, path := range paths {
			_, want[caller+path] = unpacked(t, reply(w.cold, request(t.Context(), "GET", path, caller)), request(t.Context(), "GET", path, caller))
		}
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 3 * len(w.callers) * len(paths) {
				n := k*7 + i/2 // two at a time ask for the same
				caller, path := w.callers[n%len(w.callers)], paths[n/len(w.callers)%len(paths)]
				r := request(t.Context(), "GET", path, caller, "Accept-Encoding", []string{"gzip", "identity"}[(i+k)%2])
				rec := reply(w.hot, r)
				h, body := rec.Header(), rec.Body.Bytes()
				if h.Get("Content-Encoding") == "gzip" {
					body = gunzip(t, body)
				}
				if !bytes.Equal(body, want[caller+path]) {
					t.Errorf("%s by %q: %d %.300s\nwant %.300s", path, caller, rec.Code, body, want[caller+path])
					return
				}
			}
		})
	}
	wg.Wait()
}

func gunzip(t *testing.T, p []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(p))
	if err == nil {
		p, err = io.ReadAll(z)
	}
	if err != nil {
		t.Error(err)
	}
	return p
}

// Of those who ask for the same at the same time one makes it; and if that one
// goes away, or is refused, the others do not wait for ever.
func TestOneOfManyMakesTheAnswer(t *testing.T) {
	w := newTwins(t, true)
	for _, path := range []string{"/api/v1/uptime?by=camera", "/api/v1/uptime?by=nothing"} {
		gone, leave := context.WithCancel(t.Context())
		leave()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				ctx, want := t.Context(), []int{200, 422}
				if i == 0 {
					ctx, want = gone, []int{200, 422, 503}
				}
				if rec := reply(w.hot, request(ctx, "GET", path, w.admin)); !slices.Contains(want, rec.Code) {
					t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
				}
			})
		}
		wg.Wait()
	}
}

// An answer that is made for one request says how long it is, unless it is
// compressed on the way.
func TestWhatIsNotKeptSaysItsLength(t *testing.T) {
	w := newTwins(t, true)
	for _, path := range []string{"/api/v1/cameras", "/api/v1/rollout?by=area", "/api/v1/cameras?format=csv", "/api/v1/agents"} {
		for encoding, want := range map[string]bool{"": true, "gzip": false} {
			r := request(t.Context(), "GET", path, w.admin, "Accept-Encoding", encoding)
			rec := reply(w.cold, r)
			unpacked(t, rec, r)
			if n := rec.Header().Get("Content-Length"); rec.Code != 200 || (n == strconv.Itoa(rec.Body.Len())) != want || !want && n != "" {
				t.Errorf("%s, %q: %d, Content-Length is %q of %d", path, encoding, rec.Code, n, rec.Body.Len())
			}
		}
	}
}

// An answer in gzip's form is read by whoever reads gzip, whatever its head and
// however often the head is another.
func TestGzipOfAHeadAndWhatStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rest := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "rest")
		for range rapid.IntRange(0, 5).Draw(t, "doublings") {
			rest = append(rest, rest...)
		}
		z := api.NewSqueezed(rest)
		for range 3 {
			head := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "head")
			r, err := gzip.NewReader(bytes.NewReader(z.Gzip(head)))
			if err != nil {
				t.Fatal(err)
			}
			r.Multistream(false)
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, append(head, rest...)) {
				t.Fatalf("%v: %d bytes, want %d and %d", err, len(got), len(head), len(rest))
			}
		}
	})
}

func TestWhoTakesGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, gzip": true, "deflate": false, "gzip;q=0": false, "gzip; q=0.0": false, "GZIP;q=0.1": true, "gzip;q=2": false, "gzip;level=3": true, "identity, x-gzip": false,
	} {
		if got := api.AcceptsGzip(header); got != want {
			t.Errorf("%q: %t", header, got)
		}
	}
}

// What is kept has bounds, in bytes with what is compressed and in number, and
// what was asked for last stays.
func TestWhatIsKeptHasBounds(t *testing.T) {
	h := api.NewHotAnswers()
	body := []byte(`{"as_of":"2026-11-24T00:00:00Z","items":"` + strings.Repeat("0123456789", 50_000) + `"}`)
	accepts := request(t.Context(), "GET", "/", "", "Accept-Encoding", "gzip")
	for i := range 300 {
		h.Put(strconv.Itoa(i), 1, body).Send(httptest.NewRecorder(), accepts)
		if h.Get("0", 1) == nil {
			t.Fatalf("what is asked for again and again is gone after %d", i)
		}
		if n, bytes := h.Kept(); bytes > api.MaxHot || n > api.MaxHotCount || bytes < n*len(body) {
			t.Fatalf("%d answers of %d bytes are kept", n, bytes)
		}
	}
	if h.Get("1", 1) != nil || h.Get("299", 1) == nil {
		t.Error("it is not the oldest that go")
	}
	for i := range 3000 {
		h.Put("small"+strconv.Itoa(i), 1, []byte("{}"))
	}
	if n, bytes := h.Kept(); n > api.MaxHotCount || bytes > api.MaxHot {
		t.Errorf("%d answers of %d bytes are kept", n, bytes)
	}
	h.Put("long", 1, make([]byte, api.MaxHotOne))
	if h.Get("long", 1) != nil {
		t.Error("an answer is kept that is too long")
	}
	h.Put("new", 2, body)
	h.Put("new", 1, []byte("{}"))
	if h.Get("new", 2) == nil {
		t.Error("a late answer of a former moment takes the place of a newer one")
	}
}

// What is kept exists, changes nothing, and is about the plan: the key says what
// of it the caller may see, and nothing else of the caller.
func TestWhatIsKeptIsReadOfThePlan(t *testing.T) {
	all := newWorld(t).operations()
	for id := range api.HotOperations {
		o, _ := account.OperationOf(id)
		if op, ok := all[id]; !ok || op[0] != http.MethodGet || o.Kind == account.Write || o.Extent != account.Area && o.Extent != account.Whole || slices.Contains(o.Roles, account.Admin) && len(o.Roles) == 1 {
			t.Errorf("%s is %v, %+v", id, op, o)
		}
	}
}
