package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/phukin/phukin/hub/account"
)

// access is who asks for what, and what of it they get.
type access struct {
	who    account.Principal
	op     account.Operation
	export bool
	from   string        // address
	reach  account.Reach // of the operation
	refuse *refusal      // nil if it is allowed

	cookies cookies
	about   string // whom a change is about, for the audit log

	hot    hotKey // of the answer, if it is kept; nobody's otherwise
	pinned pinned
	body   []byte // of the answer, once it is made; it does not change
}

// refusal is why a request is not answered, in both languages.
type refusal struct {
	status int
	text   Text
	wait   int // seconds; 0: nothing is said
}

type accessKey struct{}

// accessOf gives who asks, nil outside of a request that was let in.
func accessOf(ctx context.Context) *access {
	a, _ := ctx.Value(accessKey{}).(*access)
	return a
}

// ServeHTTP answers one request. Who asks, and what they may have, is settled
// before anything else; the server that answers knows no more than they may.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead && isAPI(r.URL.Path) && r.URL.Path != eventsPath {
		// The answer to HEAD is that to GET without its body, which the connection
		// leaves out. A stream has no end, and so no HEAD.
		get := *r
		get.Method = http.MethodGet
		r = &get
	}
	e := s.edition()
	if id, ok := e.operation(r); ok {
		a := e.admit(r, id)
		if a.refuse == nil {
			e = e.cut(r, a)
		}
		if a.refuse == nil && e.hotAnswered(w, r, a) {
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), accessKey{}, a))
	}
	e.echo.ServeHTTP(w, r)
}

// operations gives the operations that a server has by method and route.
func (s *Server) operations() map[string]string {
	ids := map[string]string{}
	for path, item := range s.openapi.OpenAPI().Paths {
		route := strings.NewReplacer("{", ":", "}", "").Replace(path)
		for method, op := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPut: item.Put, http.MethodPost: item.Post, http.MethodDelete: item.Delete,
			http.MethodOptions: item.Options, http.MethodHead: item.Head, http.MethodPatch: item.Patch, http.MethodTrace: item.Trace,
		} {
			if op != nil {
				ids[method+" "+route] = op.OperationID
			}
		}
	}
	all := map[string]string{}
	for _, r := range s.echo.Routes() {
		key := r.Method + " " + r.Path
		switch {
		case !isAPI(r.Path) || isDocument(r.Path):
		case ids[key] != "":
			all[key] = ids[key]
		default:
			all[key] = key // it has no line, so nobody may
		}
	}
	return all
}

// isDocument says whether a path only tells what there is.
func isDocument(path string) bool {
	return strings.HasPrefix(path, "/api/openapi") || path == "/api/docs" || strings.HasPrefix(path, "/api/docs/")
}

// operation gives the operation that a request asks for. What is not found is
// none: the router says so itself.
func (s *Server) operation(r *http.Request) (string, bool) {
	if p := s.hotPath[r.URL.Path]; p != nil && r.Method == http.MethodGet && r.URL.RawPath == "" {
		return p.id, true
	}
	if !isAPI(r.URL.Path) {
		return "", false
	}
	c := s.echo.AcquireContext()
	defer s.echo.ReleaseContext(c)
	c.Reset(r, nil)
	s.echo.Router().Find(r.Method, echo.GetPath(r), c)
	id, ok := s.routes[r.Method+" "+c.Path()]
	return id, ok
}

// otherMethods gives the methods that what a request asks for has.
func (s *Server) otherMethods(r *http.Request) (methods []string) {
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut} {
		other := *r
		other.Method = method
		if _, ok := s.operation(&other); ok {
			methods = append(methods, method)
		}
	}
	return methods
}

// admit settles who asks for an operation and whether they may.
func (s *Server) admit(r *http.Request, id string) *access {
	a := &access{export: wantsFile(r), from: s.echo.IPExtractor(r), cookies: s.cookiesFor(r)}
	var known bool
	if a.op, known = account.OperationOf(id); !known {
		a.refuse = &refusal{status: http.StatusForbidden, text: Text{VI: "không ai được phép làm việc này", EN: "nobody may do this"}}
		return a
	}
	a.export = a.export || a.op.Kind == account.Export
	if a.who, a.refuse = s.identify(r, a.from); a.refuse != nil {
		if a.op.Extent == account.Free {
			a.refuse = nil
		}
		return a
	}
	var why account.Refusal
	a.reach, why = a.who.May(a.op, a.export)
	a.refuse = a.told(why)
	if a.refuse == nil && a.who.Via == account.ViaSession && a.op.Kind == account.Write {
		a.refuse = s.forged(r, a.who.Secret)
	}
	return a
}

// identify says who asks: by a token, by the cookie of a session, or nobody in
// particular.
func (s *Server) identify(r *http.Request, from string) (account.Principal, *refusal) {
	nobody := account.Anybody(s.figures.Open)
	if s.figures.desk == nil {
		return nobody, nil
	}
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, token, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nobody, &refusal{status: http.StatusUnauthorized, text: Text{VI: "Authorization phải có dạng: Bearer MÃ", EN: "write Authorization: Bearer TOKEN"}}
		}
		who, ok, err := s.figures.desk.ByToken(r.Context(), account.Secret(strings.TrimSpace(token)), from)
		if err != nil {
			return nobody, s.failed(r, err)
		}
		if !ok {
			return nobody, &refusal{status: http.StatusUnauthorized, text: Text{VI: "mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi", EN: "the token is wrong, has expired or was revoked"}}
		}
		return who, nil
	}
	id := s.sessionOf(r)
	if id == "" {
		return nobody, nil
	}
	who, ok, err := s.figures.desk.BySession(r.Context(), id, from)
	if err != nil {
		return nobody, s.failed(r, err)
	}
	if !ok {
		return nobody, nil
	}
	if s.figures.Open {
		who.Grants = append(who.Grants[:len(who.Grants):len(who.Grants)], account.Grant{Role: account.Viewer})
	}
	return who, nil
}

func (s *Server) failed(r *http.Request, err error) *refusal {
	var often *account.TooOften
	if errors.As(err, &often) {
		return &refusal{status: http.StatusTooManyRequests, wait: int(math.Ceil(often.Wait.Seconds())), text: Text{
			VI: "quá nhiều mã truy cập hoặc phiên đăng nhập sai từ địa chỉ này: hãy đợi như Retry-After ghi", EN: "too many tokens or sessions from this address that let nobody in: wait as long as Retry-After says",
		}}
	}
	if r.Context().Err() == nil {
		s.figures.Log.Error("who asks cannot be found out", "error", err)
	}
	return &refusal{status: http.StatusInternalServerError, text: Text{VI: "máy chủ chưa kiểm tra được bạn là ai; nhật ký của nó nói vì sao", EN: "the hub cannot find out who you are; its log says why"}}
}

// told puts a refusal into words.
func (a *access) told(why account.Refusal) *refusal {
	if why == account.Allowed {
		return nil
	}
	roles := make([]string, len(a.op.Roles))
	for i, r := range a.op.Roles {
		roles[i] = string(r)
	}
	need := strings.Join(roles, ", ")
	switch why {
	case account.WhoAreYou:
		return &refusal{status: http.StatusUnauthorized, text: Text{VI: "cần đăng nhập tại /login, hoặc gửi mã truy cập: Authorization: Bearer MÃ", EN: "log in at /login, or send a token: Authorization: Bearer TOKEN"}}
	case account.WrongScope:
		want := account.ScopeWrite
		if a.op.Kind != account.Write {
			want = account.ScopeExport
		}
		return &refusal{status: http.StatusForbidden, text: Text{VI: fmt.Sprintf("mã truy cập này chỉ có phạm vi %s; việc này cần phạm vi %s", a.who.Scope, want), EN: fmt.Sprintf("the scope of this token is %s; this needs %s", a.who.Scope, want)}}
	case account.WrongArea:
		return &refusal{status: http.StatusForbidden, text: Text{VI: "vai trò của bạn chỉ có ở một phần địa bàn; việc này cần vai trò trên toàn kế hoạch: " + need, EN: "your role is held in a part of the plan; this needs one for the whole plan: " + need}}
	}
	return &refusal{status: http.StatusForbidden, text: Text{VI: "việc này cần vai trò: " + need, EN: "this needs one of the roles: " + need}}
}

// files are the media types that a file is asked for by.
var files = []string{"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/geo+json", "image/svg+xml", "image/png", "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}

// wantsFile says whether a request asks for a file in place of JSON.
func wantsFile(r *http.Request) bool {
	if q := r.URL.RawQuery; strings.Contains(q, "format") || strings.Contains(q, "%") {
		if f := r.URL.Query().Get("format"); f != "" && f != "json" {
			return true
		}
	}
	for _, header := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(header, ",") {
			if isFile(part) {
				return true
			}
		}
	}
	return false
}

func isFile(contentType string) bool {
	if contentType == "*/*" || contentType == mediaTypes[asJSON] {
		return false
	}
	mediaType, _, _ := mime.ParseMediaType(contentType)
	for _, f := range files {
		if mediaType == f {
			return true
		}
	}
	return false
}

// guard lets nobody by who was not admitted, and records what changes something
// and what goes out as a file.
func (s *Server) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, ok := s.routes[c.Request().Method+" "+c.Path()]
		if !ok {
			return next(c)
		}
		a := accessOf(c.Request().Context())
		if a == nil || a.op.ID != id && a.refuse == nil {
			return errors.New("a request that nobody let in")
		}
		if a.refuse != nil {
			return refuse(c, a.refuse)
		}
		if a.who.Via != account.ViaOpen {
			c.Response().Before(func() { keepPrivate(c.Response().Header()) })
		}
		write := a.op.Kind == account.Write
		if s.figures.desk == nil || !write && !a.export {
			return next(c)
		}
		return s.recorded(c, a, next)
	}
}

// keepPrivate keeps an answer that is meant for one user from caches that many
// share.
func keepPrivate(h http.Header) {
	h.Add("Vary", "Authorization")
	h.Add("Vary", "Cookie")
	switch cc := h.Get("Cache-Control"); {
	case cc == "":
		h.Set("Cache-Control", "no-store")
	case !strings.Contains(cc, "private") && !strings.Contains(cc, "no-store"):
		h.Set("Cache-Control", "private, "+cc)
	}
}

// recorded runs an operation of the audit log. One by somebody is in the log
// before it begins; those that anybody can do are counted together afterwards.
func (s *Server) recorded(c echo.Context, a *access, next echo.HandlerFunc) error {
	log := s.figures.Accounts
	ctx := context.WithoutCancel(c.Request().Context())
	e := account.Entry{At: s.figures.Now(), Who: a.who.Name, Via: a.who.Via, Operation: a.op.ID, What: what(c.Request().URL), From: a.from}
	if a.who.Via == account.ViaOpen {
		err := next(c)
		e.Status, e.Fold, e.From = statusOf(c, err), true, account.Network(a.from)
		if _, rerr := log.Record(ctx, e); rerr != nil {
			s.figures.Log.Error("not in the audit log", "operation", a.op.ID, "error", rerr)
		}
		return err
	}
	id, err := log.Record(ctx, e)
	if err != nil {
		s.figures.Log.Error("the audit log cannot be written, so this is refused", "operation", a.op.ID, "error", err)
		return refuse(c, &refusal{status: http.StatusServiceUnavailable, text: Text{VI: "chưa ghi được nhật ký, nên chưa làm việc này", EN: "the audit log cannot be written, so this is not done"}})
	}
	err = next(c)
	if oerr := log.Outcome(ctx, id, statusOf(c, err), a.about); oerr != nil {
		s.figures.Log.Error("the audit log does not know how this ended", "operation", a.op.ID, "entry", id, "error", oerr)
	}
	return err
}

// statusOf gives the status that a request was answered with, or will be.
func statusOf(c echo.Context, err error) int {
	var he *echo.HTTPError
	var p *problem
	switch {
	case err == nil || c.Response().Committed:
		return c.Response().Status
	case errors.As(err, &p):
		return p.status
	case errors.As(err, &he):
		return he.Code
	}
	return http.StatusInternalServerError
}

// what gives what was asked for, bounded.
func what(u *url.URL) string {
	const most = 500
	s := u.Path
	if u.RawQuery != "" {
		s += "?" + u.RawQuery
	}
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}
