package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/events"
	"github.com/phukin/phukin/hub/history"
)

// An operation as its document has it.
type documented struct {
	OperationID string
	Parameters  []parameter
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema schema }
	}
	Responses map[string]json.RawMessage

	method, path string
}

type parameter struct {
	Name, In string
	Schema   schema
	Required bool
}

// document is the OpenAPI document.
type document struct {
	Paths      map[string]map[string]documented
	Components struct{ Schemas map[string]schema }
}

func (w *world) document() (*document, []documented) {
	w.t.Helper()
	raw, err := w.server.OpenAPI()
	if err != nil {
		w.t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		w.t.Fatal(err)
	}
	var all []documented
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for method, op := range d.Paths[path] {
			op.method, op.path = strings.ToUpper(method), path
			all = append(all, op)
		}
	}
	return &d, all
}

// attempt is a request that must be refused, and how.
type attempt struct {
	name         string
	method, path string
	token        string
	body         any // encoded as JSON, a []byte as it is
	header       []string
	status       int
	at           string // what the refusal names; empty for nothing in particular
}

// conflicts are requests that are refused because of what is there already, one
// for each such status that an operation has. They follow from no description.
var conflicts = map[string]func(w *world, e example) []attempt{
	"endSession": func(*world, example) []attempt {
		return []attempt{{name: "a token has no session", status: http.StatusConflict}}
	},
	"exportPlan": func(*world, example) []attempt {
		return []attempt{{name: "a revision that is not there", path: "/api/v1/plan/export?revision=999999", status: http.StatusNotFound}}
	},
	"importPlan":  func(*world, example) []attempt { return unread },
	"restorePlan": func(*world, example) []attempt { return unread },
	"createUser": func(w *world, e example) []attempt {
		w.ask("POST", e.path, w.admin, e.body)
		return []attempt{{name: "a name that is taken", status: http.StatusConflict}}
	},
	"changeUser": func(w *world, _ example) []attempt {
		w.user("chief", account.Grant{Role: account.Admin})
		return []attempt{{name: "the last administrator", path: "/api/v1/users/chief", body: map[string]any{"disabled": true}, status: http.StatusConflict}}
	},
}

// unread are changes by who does not say what was read, or read something else.
var unread = []attempt{
	{name: "without If-Match", header: []string{"If-Match", ""}, status: http.StatusPreconditionRequired},
	{name: "somebody was faster", header: []string{"If-Match", `W/"plan-0"`}, status: http.StatusPreconditionFailed},
}

// unseen are statuses that no request alone brings about: a body that comes too
// slowly, what goes wrong inside. Tests of their own see to them.
var unseen = []int{http.StatusRequestTimeout, http.StatusInternalServerError}

// Every operation × every way to refuse. What an operation takes and answers is
// read from the OpenAPI document, so a new operation is tried without a word
// here; it needs an example in access_test.go if its path has a parameter or it
// has a body, and one in conflicts for each 409, 412, 428 or 429 that it names.
func TestEveryOperationRefusesWhatItShould(t *testing.T) {
	if raceDetector {
		t.Skip("one request after another, ten times as slow: it runs without the race detector as well")
	}
	w := newWorld(t)
	b := history.Batch{Agent: w.agentOf(own), Epoch: 1, FirstSeq: 1, Received: w.clock(), Aside: &history.Aside{Count: 1, Reason: "x"}, Payload: []byte("x")}
	if err := w.store.Append(t.Context(), []history.Batch{b}); err != nil {
		t.Fatal(err)
	}
	busy, flooded, foldered := w.busy(), w.flooded(), w.foldered()
	d, all := w.document()
	if len(all) < 40 {
		t.Errorf("%d operations: the test does not look at anything", len(all))
	}
	requests := 0
	for i, op := range all {
		t.Run(op.OperationID, func(t *testing.T) {
			m := &matrix{world: w, t: t, op: op, doc: d, try: 1_000_000 + 100*i, seen: map[int]bool{}}
			m.succeeds()
			for _, a := range m.attempts() {
				m.refuses(w.server, a)
			}
			m.refuses(busy, attempt{name: "a hub that is busy", status: http.StatusServiceUnavailable})
			if strings.HasPrefix(op.path, "/api/v1/plan/") {
				m.refuses(foldered, attempt{name: "a hub that is served from a folder", status: http.StatusConflict})
			}
			if m.has(http.StatusTooManyRequests) {
				m.refuses(flooded, attempt{name: "one strange token after another", token: strange(), status: http.StatusTooManyRequests})
			}
			m.all(t)
			requests += m.requests
		})
	}
	t.Logf("%d requests to %d operations", requests, len(all))
}

// busy gives a server where no request finds room, and no stream.
func (w *world) busy() *api.Server {
	w.t.Helper()
	full := events.New(events.Config{Clients: 1})
	follower, err := full.Follow(events.Filter{}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(follower.Close)
	s, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Passwords: quick, Now: w.clock, Events: full})
	if err != nil {
		w.t.Fatal(err)
	}
	s.SetGate(api.NewGate(0, 0, 0))
	return s
}

// foldered gives a server whose plan is not in the database.
func (w *world) foldered() *api.Server {
	w.t.Helper()
	s, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Passwords: quick, Now: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// strange gives a token of nobody.
func strange() string { return "phukin_00000000_" + account.NewSecret().Reveal() }

// flooded gives a server to which one token of nobody after another was sent.
func (w *world) flooded() *api.Server {
	w.t.Helper()
	s, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Passwords: quick, Now: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	for range 1000 {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/plan", nil)
		r.Header.Set("Authorization", "Bearer "+strange())
		rec := httptest.NewRecorder()
		if s.ServeHTTP(rec, r); rec.Code == http.StatusTooManyRequests {
			if rec.Header().Get("Retry-After") == "" {
				w.t.Error("429 does not say when to come back")
			}
			return s
		}
	}
	w.t.Fatal("1000 tokens of nobody were looked up")
	return nil
}

// matrix tries one operation.
type matrix struct {
	*world
	t        *testing.T // of the operation
	op       documented
	doc      *document
	try      int
	seen     map[int]bool
	requests int
}

// example gives a request that is right, another one each time.
func (m *matrix) example() example {
	m.try++
	e := m.examples(m.op.OperationID, [2]string{m.op.method, m.op.path}, m.try)
	e.path = m.named(e.path, own)
	for _, p := range m.op.Parameters {
		if p.In != "query" || !p.Required || strings.Contains(e.path, p.Name+"=") {
			continue
		}
		value, ok := map[string]string{"camera": m.plan.Cameras[0].Code}[p.Name]
		if !ok {
			m.t.Fatalf("%s needs an example with ?%s=", m.op.OperationID, p.Name)
		}
		e.path += "?" + p.Name + "=" + value
	}
	return e
}

// line is who may do the operation.
func (m *matrix) line() account.Operation {
	o, _ := account.OperationOf(m.op.OperationID)
	return o
}

// has says whether the document has a status.
func (m *matrix) has(status int) bool { return m.op.Responses[strconv.Itoa(status)] != nil }

// succeeds wants what the document promises of a request that is right, and 304
// for whoever has the answer.
func (m *matrix) succeeds() {
	m.t.Helper()
	e := m.example()
	if m.op.OperationID == "followEvents" {
		m.streams(e.path)
		return
	}
	rec := m.ask(m.op.method, e.path, m.admin, e.body, e.header...)
	m.requests++
	if m.op.OperationID == "endSession" {
		m.leaves()
		return
	}
	m.saw2xx(rec)
	if !m.has(http.StatusNotModified) {
		return
	}
	again := m.ask(m.op.method, e.path, m.admin, e.body, "If-None-Match", rec.Header().Get("ETag"))
	m.requests++
	if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		m.t.Errorf("asked again with %s: %d", rec.Header().Get("ETag"), again.Code)
	}
	m.seen[again.Code] = true
}

func (m *matrix) saw2xx(rec *httptest.ResponseRecorder) {
	m.t.Helper()
	if rec.Code/100 != 2 || !m.has(rec.Code) {
		m.t.Fatalf("a request that is right: %d %s", rec.Code, rec.Body)
	}
	m.seen[rec.Code] = true
}

// leaves logs somebody out who logged in.
func (m *matrix) leaves() {
	m.t.Helper()
	id := m.login()
	r := httptest.NewRequestWithContext(m.t.Context(), m.op.method, m.op.path, nil)
	r.AddCookie(&http.Cookie{Name: "phukin_session", Value: id.Reveal()})
	r.Header.Set("X-CSRF-Token", id.Form())
	rec := httptest.NewRecorder()
	m.server.ServeHTTP(rec, r)
	m.requests++
	m.saw2xx(rec)
}

// login gives the session of a viewer.
func (m *matrix) login() account.Secret {
	m.t.Helper()
	m.try++
	name := fmt.Sprintf("user%d", m.try)
	link, _, err := m.desk().AddUser(m.t.Context(), account.User{Name: name, Grants: []account.Grant{{Role: account.Viewer, Since: m.clock()}}})
	if err != nil {
		m.t.Fatal(err)
	}
	_, id, err := m.desk().SetUp(m.t.Context(), link, name, "a password for the test", "192.0.2.1", "")
	if err != nil {
		m.t.Fatal(err)
	}
	return id
}

// streams opens a stream and goes again.
func (m *matrix) streams(path string) {
	m.t.Helper()
	s := httptest.NewServer(m.server)
	defer s.Close()
	ctx, leave := context.WithCancel(m.t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, m.op.method, s.URL+path, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+m.admin)
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	m.requests++
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		m.t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	m.seen[res.StatusCode] = true
}

// attempts gives what the operation must refuse.
func (m *matrix) attempts() []attempt {
	long := strings.Repeat("x", 9000)
	all := []attempt{
		{name: "a query that cannot be read", path: m.path("a=%zz"), status: http.StatusBadRequest},
		{name: "an address too long", path: m.path("a=" + long), status: http.StatusRequestURITooLong},
		{name: "a header too long", header: []string{"X-Long", long + long}, status: http.StatusRequestHeaderFieldsTooLarge},
		{name: "a body too large", body: []byte(`{"x":"` + strings.Repeat("x", 9<<20) + `"}`), status: http.StatusRequestEntityTooLarge},
		{name: "a parameter that is not there", path: m.path("colour=red"), status: http.StatusUnprocessableEntity, at: "query.colour"},
		{name: "a method that is not there", method: m.otherMethod(), status: http.StatusMethodNotAllowed},
	}
	if m.has(http.StatusNotAcceptable) {
		all = append(all, attempt{name: "a representation that is not there", header: []string{"Accept", "audio/ogg"}, status: http.StatusNotAcceptable})
	}
	all = append(all, m.strangers()...)
	all = append(all, m.badParameters()...)
	all = append(all, m.badBodies()...)
	if more := conflicts[m.op.OperationID]; more != nil {
		e := m.example()
		for _, a := range more(m.world, e) {
			if a.path == "" {
				a.path = e.path
			}
			if a.body == nil {
				a.body = e.body
			}
			a.header = append(slices.Clone(e.header), a.header...)
			all = append(all, a)
		}
	}
	return all
}

// path gives the path of an example with a query.
func (m *matrix) path(query string) string {
	e := m.example()
	if strings.Contains(e.path, "?") {
		return e.path + "&" + query
	}
	return e.path + "?" + query
}

// otherMethod gives a method that the path does not have.
func (m *matrix) otherMethod() string {
	for _, method := range []string{"PUT", "DELETE", "PATCH", "POST", "GET", "OPTIONS"} {
		if _, ok := m.doc.Paths[m.op.path][strings.ToLower(method)]; !ok {
			return method
		}
	}
	return "TRACE"
}

// strangers are those who may not: nobody, a wrong token, another role, another
// area, a token of a lesser scope.
func (m *matrix) strangers() []attempt {
	line := m.line()
	if line.Extent == account.Free {
		return nil
	}
	all := []attempt{
		{name: "nobody", token: "none", status: http.StatusUnauthorized},
		{name: "a token that is wrong", token: "phukin_00000000_x", status: http.StatusUnauthorized},
	}
	refused := func(name string, scope account.Scope, g account.Grant) {
		all = append(all, attempt{name: name, token: m.token(scope, g), status: http.StatusForbidden})
	}
	whole := account.Grant{Role: account.Admin}
	if line.Kind == account.Write {
		refused("a token that may read", account.ScopeExport, whole)
	}
	if line.Kind == account.Export {
		refused("a token that may not take files", account.ScopeRead, whole)
	}
	for _, role := range account.Roles() {
		if len(line.Roles) > 0 && !slices.Contains(line.Roles, role) {
			refused("a role that is wrong: "+string(role), account.ScopeWrite, account.Grant{Role: role})
		}
	}
	if line.Extent == account.Whole {
		refused("the right role in a part of the plan", account.ScopeWrite, account.Grant{Role: line.Roles[0], Area: own})
	}
	if line.Extent == account.Area && m.takes("area") {
		a := attempt{name: "another area", path: m.path("area=" + other), token: m.token(account.ScopeWrite, account.Grant{Role: account.Admin, Area: own}), status: http.StatusForbidden}
		all = append(all, a)
	}
	if line.Extent == account.Own || line.Extent == account.Area && line.Kind == account.Read {
		// Everybody may; what is left is a file for a token that may not take one.
		if m.takes("format") {
			all = append(all, attempt{name: "a file for a token that may read", path: m.path("format=csv"), token: m.token(account.ScopeRead, whole), status: http.StatusForbidden})
		} else if line.Kind == account.Read {
			all = append(all, attempt{name: "a file for a token that may read", header: []string{"Accept", "text/csv"}, token: m.token(account.ScopeRead, whole), status: http.StatusForbidden})
		}
	}
	return all
}

// takes says whether the operation has a query parameter.
func (m *matrix) takes(name string) bool {
	return slices.ContainsFunc(m.op.Parameters, func(p parameter) bool { return p.In == "query" && p.Name == name })
}

// refuses makes an attempt in both languages and looks at the answers.
func (m *matrix) refuses(s *api.Server, a attempt) {
	m.t.Helper()
	if a.status == http.StatusServiceUnavailable && !m.has(a.status) {
		return // what costs nothing is answered by a busy hub too
	}
	if a.method == "" {
		a.method = m.op.method
	}
	if a.path == "" || a.body == nil {
		e := m.example()
		if a.path == "" {
			a.path = e.path
		}
		if a.body == nil && m.op.RequestBody != nil {
			a.body = e.body
		}
		a.header = append(slices.Clone(e.header), a.header...) // the later one counts
	}
	said := map[string]problemModel{}
	for _, lang := range []string{"vi", "en"} {
		rec := m.send(s, a, lang)
		if rec.Code != a.status {
			m.t.Errorf("%s (%s %.200s): %d, want %d: %.500s", a.name, a.method, a.path, rec.Code, a.status, rec.Body)
			return
		}
		said[lang] = m.looksRight(a, rec, lang)
	}
	vi, en := said["vi"], said["en"]
	if vi.Detail == en.Detail || vi.Title == en.Title {
		m.t.Errorf("%s: one text in both languages: %q, %q", a.name, vi.Title, vi.Detail)
	}
	for i := range min(len(vi.Errors), len(en.Errors)) {
		if vi.Errors[i].Message == en.Errors[i].Message {
			m.t.Errorf("%s: one text in both languages: %q", a.name, vi.Errors[i].Message)
		}
	}
	m.seen[a.status] = true
	if a.status != http.StatusMethodNotAllowed && !m.has(a.status) {
		m.t.Errorf("%s: the document does not have %d", a.name, a.status)
	}
}

func (m *matrix) send(s *api.Server, a attempt, lang string) *httptest.ResponseRecorder {
	m.t.Helper()
	m.requests++
	raw, ok := a.body.([]byte)
	if !ok && a.body != nil {
		var err error
		if raw, err = json.Marshal(a.body); err != nil {
			m.t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(m.t.Context(), a.method, a.path, bytes.NewReader(raw))
	if a.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	switch a.token {
	case "":
		r.Header.Set("Authorization", "Bearer "+m.admin)
	case "none":
	default:
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	r.Header.Set("Accept-Language", lang)
	for i := 0; i < len(a.header); i += 2 {
		r.Header.Set(a.header[i], a.header[i+1])
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

// internals are what no refusal may hold.
var internals = []string{"panic", "goroutine", ".go:", "SQL", "sqlite", "runtime error", "github.com", "json:", "struct {", "reflect", "%!", "phukin/hub", "func("}

// looksRight wants a problem that is one by its schema, names the place, and
// tells nothing of the inside.
func (m *matrix) looksRight(a attempt, rec *httptest.ResponseRecorder, lang string) problemModel {
	m.t.Helper()
	p := problemOf(m.t, rec)
	h := rec.Header()
	if h.Get("Content-Language") != lang || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Accept-Language") {
		m.t.Errorf("%s: language %q, Vary %v", a.name, h.Get("Content-Language"), h.Values("Vary"))
	}
	var v any
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		m.t.Fatal(err)
	}
	var found huma.ValidateResult
	huma.Validate(problemSchemas, problemSchema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &found)
	if len(found.Errors) > 0 {
		m.t.Errorf("%s: no problem by its schema: %v: %s", a.name, found.Errors, rec.Body)
	}
	for _, bad := range internals {
		if strings.Contains(rec.Body.String(), bad) {
			m.t.Errorf("%s: tells of %q: %s", a.name, bad, rec.Body)
		}
	}
	if a.at != "" && !slices.ContainsFunc(p.Errors, func(e struct {
		Message  string
		Location string
		Value    any
	}) bool {
		return (e.Location == a.at || strings.HasPrefix(e.Location, a.at+"[")) && strings.Contains(p.Detail, p.Errors[0].Location)
	}) {
		m.t.Errorf("%s: does not name %s: %s", a.name, a.at, rec.Body)
	}
	switch a.status {
	case http.StatusUnauthorized:
		if h.Get("WWW-Authenticate") == "" {
			m.t.Errorf("%s: no WWW-Authenticate", a.name)
		}
	case http.StatusMethodNotAllowed:
		if !strings.Contains(h.Get("Allow"), m.op.method) {
			m.t.Errorf("%s: Allow %q", a.name, h.Get("Allow"))
		}
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if h.Get("Retry-After") == "" {
			m.t.Errorf("%s: no Retry-After", a.name)
		}
	}
	return p
}

var (
	problemSchemas = huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	problemSchema  = problemSchemas.Schema(reflect.TypeFor[huma.ErrorModel](), false, "")
)

// all wants every status of the document to have been seen.
func (m *matrix) all(t *testing.T) {
	t.Helper()
	for _, text := range slices.Sorted(maps.Keys(m.op.Responses)) {
		status, err := strconv.Atoi(text)
		if err != nil {
			t.Errorf("the document answers with %q", text)
		}
		if !m.seen[status] && !slices.Contains(unseen, status) {
			t.Errorf("%d is in the document, and nothing here is answered so: give it an example in conflicts, or take it out", status)
		}
	}
}
