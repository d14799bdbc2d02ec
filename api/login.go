package api

import (
	"context"
	"errors"
	"html/template"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/phukin/phukin/hub/account"
)

// registerPages adds the pages where people log in and out and set a password.
// They need no script, and work where the page itself does not.
func (s *Server) registerPages(e *echo.Echo) {
	if s.figures.desk == nil {
		return
	}
	e.GET("/login", s.loginPage)
	e.POST("/login", s.login)
	e.POST("/logout", s.logout)
	e.GET("/setup/:secret", s.setUpPage)
	e.POST("/setup/:secret", s.setUp)
	s.registerOIDC(e)
}

// asksFirst says whether who asks for the page must log in before it is of any
// use to them.
func (s *Server) asksFirst(r *http.Request) bool {
	if s.figures.desk == nil || s.figures.Open || r.URL.Path != "/" {
		return false
	}
	who, refuse := s.identify(r, "")
	return refuse == nil && !who.Known()
}

// form is what the pages show.
type form struct {
	Title   Text
	Problem *Text
	Form    string // token of the form
	Name    string // user name, as it was typed or is fixed
	Fixed   bool   // the name cannot be chosen
	Known   bool   // somebody is logged in
	Least   int    // characters of a password
	Most    int
	Base    string // where the page is, relative
	Style   template.CSS

	Provider string // name of the provider by which one may log in, too; empty if there is none
	Address  string // where the browser goes to log in there
	Secret   string // of a set-up link that can be spent there
}

// show writes one of the pages.
func (s *Server) show(c echo.Context, status int, name string, f form) error {
	f.Least, f.Most, f.Style, f.Provider = account.LeastPassword, account.MostPassword, pageStyle, s.providerName()
	h := c.Response().Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Without a referrer old browsers would not say where a form comes from.
	h.Set("Referrer-Policy", "same-origin")
	c.Response().WriteHeader(status)
	return pages.ExecuteTemplate(c.Response(), name, f)
}

// formToken gives the token of a form for a browser that has not logged in, and
// makes it remember by a cookie what the token must fit.
func (s *Server) formToken(c echo.Context) string {
	k := s.cookiesFor(c.Request())
	id := k.read(c.Request(), formCookie)
	if id == "" {
		id = account.NewSecret()
		cookie := k.make(formCookie, id.Reveal())
		cookie.SameSite = http.SameSiteStrictMode
		c.SetCookie(&cookie)
	}
	return id.Form()
}

// foreign says whether a form was sent by somebody else's page.
func (s *Server) foreign(c echo.Context, id account.Secret) bool {
	return s.origins.Check(c.Request()) != nil || id == "" || !id.SameForm(c.FormValue("form"))
}

var (
	titleLogin = Text{"Đăng nhập", "Log in"}
	titleSetUp = Text{"Đặt mật khẩu", "Set a password"}

	sayForeign = Text{"Biểu mẫu đã cũ hoặc không gửi từ trang này. Hãy thử lại; trình duyệt phải cho phép cookie.", "The form is too old, or was not sent from this page. Please try again; the browser must allow cookies."}
	sayWrong   = Text{"Tên đăng nhập hoặc mật khẩu không đúng.", "User name or password is wrong."}
	sayBusy    = Text{"Máy chủ đang bận. Hãy thử lại sau ít giây.", "The hub is busy. Please try again in a few seconds."}
	sayBroken  = Text{"Máy chủ chưa làm được việc này; nhật ký của nó nói vì sao.", "The hub could not do this; its log says why."}
	sayLink    = Text{"Liên kết không đúng, đã dùng hoặc đã hết hạn. Hãy xin liên kết mới: phukin-hub user setup-link.", "This link is wrong, was used, or has expired. Ask for another: phukin-hub user setup-link."}
	sayTwice   = Text{"Hai lần nhập mật khẩu không giống nhau.", "The two passwords differ."}
	sayTaken   = Text{"Tên đăng nhập này đã có.", "This user name is taken."}
	sayName    = Text{"Tên đăng nhập gồm 2 đến 64 ký tự a–z, 0–9, '.', '-', '_', '@', bắt đầu bằng chữ hoặc số.", "A user name has 2 to 64 of a–z, 0–9, '.', '-', '_', '@', and begins with a letter or digit."}
)

func sayPassword() Text {
	least, most := strconv.Itoa(account.LeastPassword), strconv.Itoa(account.MostPassword)
	return Text{
		"Mật khẩu cần " + least + " đến " + most + " ký tự, không được là tên đăng nhập hay một ký tự lặp lại.",
		"The password needs " + least + " to " + most + " characters, and must not be the user name or one character again and again.",
	}
}

func (s *Server) loginPage(c echo.Context) error {
	id := s.sessionOf(c.Request())
	who, ok, err := s.figures.desk.BySession(c.Request().Context(), id, c.RealIP())
	if err != nil {
		status, text := s.problem(c, err)
		return s.show(c, status, "login", form{Title: titleLogin, Problem: text, Form: s.formToken(c)})
	}
	if ok {
		return s.show(c, http.StatusOK, "login", form{Title: Text{"Tài khoản", "Account"}, Known: true, Name: who.Name, Form: id.Form()})
	}
	return s.show(c, http.StatusOK, "login", form{Title: titleLogin, Form: s.formToken(c)})
}

func (s *Server) login(c echo.Context) error {
	r := c.Request()
	k := s.cookiesFor(r)
	f := form{Title: titleLogin, Name: c.FormValue("name")}
	if s.foreign(c, k.read(r, formCookie)) {
		f.Problem, f.Form = &sayForeign, s.formToken(c)
		return s.show(c, http.StatusForbidden, "login", f)
	}
	from := c.RealIP()
	id, err := s.figures.desk.Login(r.Context(), f.Name, c.FormValue("password"), from, k.read(r, sessionCookie))
	status := http.StatusSeeOther
	if err != nil {
		status, f.Problem = s.problem(c, err)
	}
	s.recordLogin(r.Context(), f.Name, from, status)
	if err != nil {
		f.Form = s.formToken(c)
		return s.show(c, status, "login", f)
	}
	s.enter(c, id)
	return c.Redirect(http.StatusSeeOther, "./")
}

// enter gives the browser a session, and forgets what the form needed.
func (s *Server) enter(c echo.Context, id account.Secret) {
	k := s.cookiesFor(c.Request())
	session, form := k.make(sessionCookie, id.Reveal()), k.expire(formCookie)
	c.SetCookie(&session)
	c.SetCookie(&form)
}

// recordLogin puts a login into the audit log; those that failed are counted
// together.
func (s *Server) recordLogin(ctx context.Context, name, from string, status int) {
	ctx = context.WithoutCancel(ctx)
	e := account.Entry{At: s.figures.Now(), Via: account.ViaNone, Operation: account.ActLogin, What: "/login", From: from, Status: status}
	// Names that are nobody's may be passwords in the wrong place.
	if u, err := s.figures.Accounts.User(ctx, name); err == nil {
		e.Who = u.Name
	}
	if status == http.StatusSeeOther {
		e.Via = account.ViaSession
	} else {
		e.Fold, e.From = true, account.Network(from)
	}
	if _, err := s.figures.Accounts.Record(ctx, e); err != nil {
		s.figures.Log.Error("not in the audit log", "operation", e.Operation, "error", err)
	}
}

// problem says what to show for an error of the desk.
func (s *Server) problem(c echo.Context, err error) (int, *Text) {
	var often *account.TooOften
	switch {
	case errors.Is(err, account.ErrLogin):
		return http.StatusUnauthorized, &sayWrong
	case errors.As(err, &often):
		seconds := strconv.Itoa(int(math.Ceil(often.Wait.Seconds())))
		c.Response().Header().Set("Retry-After", seconds)
		return http.StatusTooManyRequests, &Text{"Thử quá nhiều lần. Hãy đợi " + seconds + " giây.", "Too many tries. Please wait " + seconds + " seconds."}
	case errors.Is(err, account.ErrBusy):
		c.Response().Header().Set("Retry-After", "5")
		return http.StatusTooManyRequests, &sayBusy
	case errors.Is(err, account.ErrUnknown):
		return http.StatusNotFound, &sayLink
	case errors.Is(err, account.ErrTaken):
		return http.StatusConflict, &sayTaken
	case errors.Is(err, account.ErrPassword):
		t := sayPassword()
		return http.StatusUnprocessableEntity, &t
	}
	if c.Request().Context().Err() == nil {
		s.figures.Log.Error("a login or set-up failed", "error", err)
	}
	return http.StatusInternalServerError, &sayBroken
}

func (s *Server) logout(c echo.Context) error {
	r := c.Request()
	k := s.cookiesFor(r)
	id := k.read(r, sessionCookie)
	who, ok, err := s.figures.desk.BySession(r.Context(), id, c.RealIP())
	if err == nil && ok {
		if s.foreign(c, id) {
			return s.show(c, http.StatusForbidden, "login", form{Title: titleLogin, Problem: &sayForeign, Known: true, Name: who.Name, Form: id.Form()})
		}
		err = s.figures.desk.Logout(r.Context(), id)
	}
	if err != nil {
		status, say := s.problem(c, err)
		return s.show(c, status, "login", form{Title: titleLogin, Problem: say, Known: ok, Name: who.Name, Form: id.Form()})
	}
	if ok {
		e := account.Entry{At: s.figures.Now(), Who: who.Name, Via: account.ViaSession, Operation: account.ActLogout, What: "/logout", From: c.RealIP(), Status: http.StatusSeeOther}
		if _, err := s.figures.Accounts.Record(context.WithoutCancel(r.Context()), e); err != nil {
			s.figures.Log.Error("not in the audit log", "operation", e.Operation, "error", err)
		}
	}
	gone := k.expire(sessionCookie)
	c.SetCookie(&gone)
	return c.Redirect(http.StatusSeeOther, "login")
}

func (s *Server) setUpPage(c echo.Context) error {
	l, err := s.figures.desk.Link(c.Request().Context(), account.Secret(c.Param("secret")), c.RealIP())
	if err != nil {
		status, say := s.problem(c, err)
		return s.show(c, status, "sorry", form{Title: titleSetUp, Problem: say, Base: "../"})
	}
	return s.show(c, http.StatusOK, "setup", form{Title: titleSetUp, Name: l.User, Fixed: l.User != "", Base: "../", Secret: c.Param("secret"), Form: s.formToken(c)})
}

func (s *Server) setUp(c echo.Context) error {
	r := c.Request()
	k := s.cookiesFor(r)
	secret, from := account.Secret(c.Param("secret")), c.RealIP()
	l, err := s.figures.desk.Link(r.Context(), secret, from)
	if err != nil {
		status, say := s.problem(c, err)
		return s.show(c, status, "sorry", form{Title: titleSetUp, Problem: say, Base: "../"})
	}
	f := form{Title: titleSetUp, Name: l.User, Fixed: l.User != "", Base: "../", Secret: c.Param("secret")}
	if !f.Fixed {
		f.Name = c.FormValue("name")
	}
	again := func(status int, say *Text) error {
		f.Problem, f.Form = say, s.formToken(c)
		return s.show(c, status, "setup", f)
	}
	switch {
	case s.foreign(c, k.read(r, formCookie)):
		return again(http.StatusForbidden, &sayForeign)
	case account.CheckName(f.Name) != nil:
		return again(http.StatusUnprocessableEntity, &sayName)
	case c.FormValue("password") != c.FormValue("again"):
		return again(http.StatusUnprocessableEntity, &sayTwice)
	}
	u, id, err := s.figures.desk.SetUp(r.Context(), secret, f.Name, c.FormValue("password"), from, k.read(r, sessionCookie))
	if err != nil {
		status, say := s.problem(c, err)
		return again(status, say)
	}
	e := account.Entry{At: s.figures.Now(), Who: u.Name, Via: account.ViaSession, Operation: account.ActSetUp, What: "/setup", From: from, Status: http.StatusSeeOther}
	if _, err := s.figures.Accounts.Record(context.WithoutCancel(r.Context()), e); err != nil {
		s.figures.Log.Error("not in the audit log", "operation", e.Operation, "error", err)
	}
	s.enter(c, id)
	return c.Redirect(http.StatusSeeOther, "../")
}

// FirstLink gives the address where the first administrator sets a password, or
// nothing if there is one. Without Config.Public it begins at base. It is meant
// to be shown to whoever started the server, once: each call makes a new link,
// and the one before is of no use any more.
func (s *Server) FirstLink(ctx context.Context, base string) (link string, expires time.Time, err error) {
	if s.figures.desk == nil {
		return "", time.Time{}, nil
	}
	secret, needed, err := s.figures.desk.FirstLink(ctx)
	if err != nil || !needed {
		return "", time.Time{}, err
	}
	if s.figures.Public != "" {
		base = s.figures.Public
	}
	now := s.figures.Now()
	_, err = s.figures.Accounts.Record(ctx, account.Entry{At: now, Via: account.ViaCommand, Operation: account.ActStart, What: "first administrator"})
	return SetUpLink(base, secret), now.Add(account.LinkLife), err
}
