package api

import (
	"context"
	"crypto/hmac"
	"errors"
	"math"
	"net/http"
	"regexp"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/phukin/phukin/hub/account"
)

const (
	oidcPath     = "/login/oidc"
	oidcBackPath = "/login/oidc/callback"
	oidcBase     = "../../" // from oidcBackPath, and from /setup/SECRET/oidc
)

// registerOIDC adds the ways to the provider and back. Nobody gets a right by
// them: a user must be there, and must have been given the identity by a set-up
// link or by an administrator.
func (s *Server) registerOIDC(e *echo.Echo) {
	if s.figures.provider == nil {
		return
	}
	e.GET(oidcPath, s.oidcGo)
	e.GET(oidcBackPath, s.oidcBack)
	e.POST("/setup/:secret/oidc", s.oidcSetUp)
}

// askProvider looks for the provider once, in the background, so that the log
// says early if it is not there. stop waits for the end of it.
func (s *Server) askProvider(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if p := s.figures.provider; p != nil {
			_, _ = p.where(ctx) // it logs what is wrong
		}
	}()
	return func() { <-done }
}

var (
	titleOIDC = Text{"Đăng nhập bằng nhà cung cấp", "Log in by the provider"}

	sayState       = Text{"Lần đăng nhập này không bắt đầu từ trình duyệt này, đã dùng rồi, hoặc một lần khác đã bắt đầu sau nó. Hãy đăng nhập lại; trình duyệt phải cho phép cookie.", "This login did not begin in this browser, was used, or another began after it. Please log in again; the browser must allow cookies."}
	sayLate        = Text{"Đã quá 10 phút từ lúc bắt đầu đăng nhập. Hãy đăng nhập lại.", "The login began more than 10 minutes ago. Please log in again."}
	sayDenied      = Text{"Nhà cung cấp không cho đăng nhập, hoặc bạn đã hủy.", "The provider did not let you in, or you cancelled."}
	sayCode        = Text{"Nhà cung cấp không nhận mã đăng nhập: mã đã dùng hoặc đã hết hạn. Hãy đăng nhập lại.", "The provider does not take the code of this login: it was used, or has expired. Please log in again."}
	sayAway        = Text{"Chưa liên lạc được với nhà cung cấp. Hãy thử lại sau, hoặc đăng nhập bằng mật khẩu.", "The provider cannot be reached. Please try again later, or log in by password."}
	sayUntrusted   = Text{"Câu trả lời của nhà cung cấp không hợp lệ nên không được chấp nhận; nhật ký của máy chủ nói vì sao.", "What the provider answered is not valid, and was not accepted; the hub's log says why."}
	sayClocks      = Text{"Đồng hồ của máy chủ và của nhà cung cấp lệch nhau quá 2 phút. Quản trị viên cần chỉnh lại giờ.", "The clocks of the hub and of the provider are more than 2 minutes apart. The administrator must set the time."}
	sayDisabled    = Text{"Tài khoản này đã bị khóa. Hãy hỏi quản trị viên.", "This user is disabled. Please ask the administrator."}
	sayLinked      = Text{"Danh tính này ở nhà cung cấp đã thuộc về một tài khoản khác.", "This identity at the provider is another user's."}
	errNotBegun    = errors.New("no login of this browser")
	errBegunBefore = errors.New("the login began too long ago")
)

// refusedBy is an error that the provider sent back (RFC 6749, 4.1.2.1).
type refusedBy struct{ code string }

// Error names it.
func (e *refusedBy) Error() string { return "the provider refuses: " + e.code }

var errorCode = regexp.MustCompile(`^[a-z_]{1,64}$`)

// begin makes a browser remember a flow, and gives where it goes.
func (s *Server) begin(c echo.Context, link account.Secret) (string, error) {
	p := s.figures.provider
	f := flow{secret: account.NewSecret(), began: s.figures.Now(), link: link}
	address, err := p.address(c.Request().Context(), f)
	if err != nil {
		return "", err
	}
	kept := s.cookiesFor(c.Request()).make(flowCookie, p.pack(f))
	kept.MaxAge = int(flowLife.Seconds())
	c.SetCookie(&kept)
	return address, nil
}

// oidcGo sends a browser to the provider.
func (s *Server) oidcGo(c echo.Context) error {
	address, err := s.begin(c, "")
	if err != nil {
		return s.oidcSorry(c, err, "../", form{Title: titleOIDC})
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Redirect(http.StatusSeeOther, address)
}

// oidcSetUp shows who will be whom, and the way to the provider. What it needs is
// a form, not a link: nobody must be led to give away their identity unseen.
func (s *Server) oidcSetUp(c echo.Context) error {
	r := c.Request()
	secret := account.Secret(c.Param("secret"))
	l, err := s.figures.desk.Link(r.Context(), secret, c.RealIP())
	if err == nil && l.User == "" {
		err = account.ErrUnknown
	}
	f := form{Title: titleSetUp, Name: l.User}
	if err != nil {
		status, say := s.problem(c, err)
		f.Problem, f.Base = say, oidcBase
		return s.show(c, status, "sorry", f)
	}
	if s.foreign(c, s.cookiesFor(r).read(r, formCookie)) {
		f.Problem, f.Base = &sayForeign, oidcBase
		return s.show(c, http.StatusForbidden, "sorry", f)
	}
	if f.Address, err = s.begin(c, secret); err != nil {
		return s.oidcSorry(c, err, oidcBase, f)
	}
	return s.show(c, http.StatusOK, "provider", f)
}

// oidcBack lets in whom the provider sent back.
func (s *Server) oidcBack(c echo.Context) error {
	r := c.Request()
	k := s.cookiesFor(r)
	f, who, err := s.cameBack(c)
	gone := k.expire(flowCookie)
	c.SetCookie(&gone)
	var u account.User
	var id account.Secret
	what := oidcPath
	if err == nil {
		what += " " + who.String()
		u, id, err = s.letIn(r.Context(), f, who, c.RealIP(), k.read(r, sessionCookie))
	}
	status := http.StatusSeeOther
	var say *Text
	if err != nil {
		status, say = s.oidcProblem(c, err, who)
	}
	s.recordOIDC(r.Context(), account.Entry{Who: u.Name, What: what, From: c.RealIP(), Status: status}, f)
	if err != nil {
		return s.show(c, status, "sorry", form{Title: titleOIDC, Problem: say, Base: oidcBase})
	}
	s.enter(c, id)
	return c.Redirect(http.StatusSeeOther, oidcBase)
}

// cameBack says with which flow a browser came back from the provider, and who it
// is there.
func (s *Server) cameBack(c echo.Context) (flow, account.Identity, error) {
	p, r := s.figures.provider, c.Request()
	var nobody account.Identity
	f, ok := p.unpack(s.cookiesFor(r).read(r, flowCookie))
	query := r.URL.Query()
	if !ok || !hmac.Equal([]byte(query.Get("state")), []byte(p.derive(f, "state"))) {
		return flow{}, nobody, errNotBegun
	}
	if age := s.figures.Now().Sub(f.began); age < -clockSkew || age >= flowLife {
		return f, nobody, errBegunBefore
	}
	if code := query.Get("error"); code != "" {
		if !errorCode.MatchString(code) {
			code = "another error"
		}
		return f, nobody, &refusedBy{code}
	}
	undo, err := s.figures.desk.Attempt(c.RealIP())
	if err != nil {
		return f, nobody, err
	}
	who, err := p.identity(r.Context(), f, query.Get("code"), query.Get("iss"))
	if err == nil || errors.Is(err, errProviderAway) || errors.Is(err, account.ErrBusy) {
		undo()
	}
	return f, who, err
}

// letIn gives a session to who has an identity; if the flow spends a set-up link,
// to the user of that link.
func (s *Server) letIn(ctx context.Context, f flow, who account.Identity, from string, former account.Secret) (account.User, account.Secret, error) {
	if f.link != "" {
		return s.figures.desk.SetUpIdentity(ctx, f.link, who, from, former)
	}
	u, id, err := s.figures.desk.Enter(ctx, who, former)
	if errors.Is(err, account.ErrUnknown) {
		err = errStranger
	}
	return u, id, err
}

var errStranger = errors.New("the identity is no user's")

// recordOIDC puts a login by the provider into the audit log; those that failed
// are counted together.
func (s *Server) recordOIDC(ctx context.Context, e account.Entry, f flow) {
	e.At, e.Via, e.Operation = s.figures.Now(), account.ViaSession, account.ActLogin
	if f.link != "" {
		e.Operation = account.ActLink
	}
	if e.Status != http.StatusSeeOther {
		e.Via, e.Fold, e.From = account.ViaNone, true, account.Network(e.From)
	}
	if _, err := s.figures.Accounts.Record(context.WithoutCancel(ctx), e); err != nil {
		s.figures.Log.Error("not in the audit log", "operation", e.Operation, "error", err)
	}
}

func (s *Server) oidcSorry(c echo.Context, err error, base string, f form) error {
	status, say := s.oidcProblem(c, err, account.Identity{})
	f.Problem, f.Base = say, base
	return s.show(c, status, "sorry", f)
}

// oidcProblem says what to show for a login by the provider that failed.
func (s *Server) oidcProblem(c echo.Context, err error, who account.Identity) (int, *Text) {
	var refused *refusedBy
	switch {
	case errors.Is(err, errNotBegun):
		return http.StatusBadRequest, &sayState
	case errors.Is(err, errBegunBefore):
		return http.StatusBadRequest, &sayLate
	case errors.As(err, &refused) && refused.code == "access_denied":
		return http.StatusForbidden, &sayDenied
	case errors.As(err, &refused):
		return http.StatusBadGateway, &Text{"Nhà cung cấp báo lỗi: " + refused.code + ".", "The provider reports an error: " + refused.code + "."}
	case errors.Is(err, errCode):
		return http.StatusBadRequest, &sayCode
	case errors.Is(err, errStranger):
		return http.StatusForbidden, &Text{
			"Danh tính " + strconv.Quote(who.Subject) + " ở nhà cung cấp chưa thuộc về tài khoản nào. Hãy xin quản trị viên một liên kết đặt mật khẩu và nối danh tính tại đó.",
			"The identity " + strconv.Quote(who.Subject) + " at the provider is no user's yet. Ask the administrator for a set-up link, and link the identity there.",
		}
	case errors.Is(err, account.ErrDisabled):
		return http.StatusForbidden, &sayDisabled
	case errors.Is(err, account.ErrTaken):
		return http.StatusConflict, &sayLinked
	case errors.Is(err, errClocks):
		s.figures.Log.Error("a login by the OIDC provider failed", "error", err)
		return http.StatusBadGateway, &sayClocks
	case errors.Is(err, errProviderBad):
		s.figures.Log.Error("a login by the OIDC provider failed", "error", err)
		return http.StatusBadGateway, &sayUntrusted
	case errors.Is(err, errProviderAway):
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(awayFor.Seconds()))))
		return http.StatusServiceUnavailable, &sayAway
	}
	return s.problem(c, err)
}

// providerName is what people call the provider, empty if there is none.
func (s *Server) providerName() string {
	if s.figures.provider == nil {
		return ""
	}
	return s.figures.provider.Name
}
