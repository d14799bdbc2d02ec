package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/account"
)

// SessionAnswer is who asks, and what they may do.
type SessionAnswer struct {
	Head
	Name   string     `json:"name,omitempty" doc:"Of the user, or of the token; absent where anybody may read and nobody logged in"`
	Via    string     `json:"via" enum:"session,token,open" doc:"How they showed who they are"`
	Roles  []GrantRow `json:"roles"`
	Scope  string     `json:"scope" enum:"read,export,write" doc:"What the session or token may be used for at most"`
	May    []string   `json:"may" doc:"The operations that they may do, here or there, by operationId, and the rights export, exact_positions and stream_addresses"`
	Form   string     `json:"form,omitempty" doc:"For the header X-CSRF-Token of what a session changes"`
	Logout *time.Time `json:"logout,omitempty" doc:"When the session ends at the latest"`
}

// GrantRow is a role in an area.
type GrantRow struct {
	Role string `json:"role" enum:"viewer,author,technician,staff,admin"`
	Area string `json:"area,omitempty" maxLength:"64" doc:"Code of the area, with all below it; absent for the whole plan"`
}

func grantRows(all []account.Grant) []GrantRow {
	rows := make([]GrantRow, len(all))
	for i, g := range all {
		rows[i] = GrantRow{string(g.Role), g.Area}
	}
	return rows
}

func (s *Server) registerSession() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getSession", Method: http.MethodGet, Path: "/api/v1/session", Tags: []string{"accounts"},
		Summary: "Who one is, and what one may do",
	}, func(ctx context.Context, in *Conditional) (*answer[SessionAnswer], error) {
		a := accessOf(ctx)
		body := &SessionAnswer{Name: a.who.Name, Via: string(a.who.Via), Roles: grantRows(a.who.Grants), Scope: string(a.who.Scope), May: []string{}}
		for _, o := range account.Operations {
			if _, why := a.who.May(o, false); why == account.Allowed {
				body.May = append(body.May, o.ID)
			}
		}
		if a.who.Via == account.ViaSession {
			body.Form, body.Logout = a.who.Secret.Form(), moments(a.who.Since.Add(account.SessionMost))
		}
		return respond(*in, body, f.Now(), f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "endSession", Method: http.MethodDelete, Path: "/api/v1/session", Tags: []string{"accounts"},
		Summary: "Log out", DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, _ *struct{}) (*cookieAnswer, error) {
		a := accessOf(ctx)
		if a.who.Via != account.ViaSession {
			return nil, newProblem(http.StatusConflict, "không có phiên đăng nhập nào để kết thúc: mã truy cập thì thu hồi, không đăng xuất", "there is no session to end: a token is revoked, not logged out")
		}
		if err := f.desk.Logout(ctx, a.who.Secret); err != nil {
			return nil, err
		}
		return &cookieAnswer{Cookie: a.cookies.expire(sessionCookie)}, nil
	})
}

// cookieAnswer is an answer without a body that sets a cookie.
type cookieAnswer struct {
	Cookie http.Cookie `header:"Set-Cookie"`
}

// Names of cookies. Over TLS browsers are made to see to it that nobody else
// sets them (RFC 6265bis, 4.1.3.2).
const (
	sessionCookie = "phukin_session"
	formCookie    = "phukin_form"
	hostPrefix    = "__Host-"
)

// cookies says how cookies are set for a request.
type cookies struct{ secure bool }

// cookiesFor says how cookies are set for a request: over TLS alone, if that is
// how it came, or how browsers reach the server.
func (s *Server) cookiesFor(r *http.Request) cookies {
	return cookies{s.encrypted(r) || strings.HasPrefix(strings.ToLower(s.figures.Public), "https:")}
}

func (c cookies) name(name string) string {
	if c.secure {
		return hostPrefix + name
	}
	return name
}

// make gives a cookie that lasts until the browser is closed.
func (c cookies) make(name, value string) http.Cookie {
	return http.Cookie{Name: c.name(name), Value: value, Path: "/", HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode}
}

func (c cookies) expire(name string) http.Cookie {
	k := c.make(name, "")
	k.MaxAge = -1
	return k
}

// read gives what a request has, empty if it is none of ours.
func (c cookies) read(r *http.Request, name string) account.Secret {
	k, err := r.Cookie(c.name(name))
	if err != nil || len(k.Value) > 256 {
		return ""
	}
	return account.Secret(k.Value)
}

// sessionOf gives the id of a session that a request has, or nothing.
func (s *Server) sessionOf(r *http.Request) account.Secret {
	return s.cookiesFor(r).read(r, sessionCookie)
}

// trusted makes the check of who sends what browsers are made to send: pages of
// the server itself, as it is reached and as it is known to the public.
func trusted(public string) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	if public == "" {
		return p, nil
	}
	u, err := url.Parse(public)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("api: public address %q: write https://name, where browsers reach the hub", public)
	}
	if err := p.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
		return nil, fmt.Errorf("api: public address %q: %w", public, err)
	}
	return p, nil
}

// forged refuses a change by a session that a page of somebody else may have
// made a browser send.
func (s *Server) forged(r *http.Request, id account.Secret) *refusal {
	if err := s.origins.Check(r); err != nil {
		return &refusal{status: http.StatusForbidden, text: Text{VI: "yêu cầu này đến từ một trang khác", EN: "this request comes from another site's page"}}
	}
	if !id.SameForm(r.Header.Get("X-CSRF-Token")) {
		return &refusal{status: http.StatusForbidden, text: Text{VI: "thiếu X-CSRF-Token: lấy ở mục form của GET /api/v1/session", EN: "X-CSRF-Token is missing or wrong: it is in form of GET /api/v1/session"}}
	}
	return nil
}

// accountError puts what a store says instead of an answer into an error for the
// client; another error stays what it is.
func accountError(err error, what Text) error {
	switch {
	case errors.Is(err, account.ErrUnknown):
		return newProblem(http.StatusNotFound, "không có "+what.VI, "there is no "+what.EN)
	case errors.Is(err, account.ErrTaken):
		return newProblem(http.StatusConflict, "đã có "+what.VI, what.EN+" is there already")
	case errors.Is(err, account.ErrLast):
		return newProblem(http.StatusConflict, "đây là quản trị viên cuối cùng của toàn kế hoạch", account.ErrLast.Error())
	}
	return err
}
