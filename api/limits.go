package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// Bounds of one request.
const (
	headerTimeout   = 10 * time.Second
	readTimeout     = 30 * time.Second
	workTimeout     = 50 * time.Second // from then on nobody works on the answer
	writeTimeout    = 60 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeader       = 16 << 10 // bytes of all header fields; what is far beyond it the connection does not read
	maxTarget       = 8 << 10  // bytes of the path and the query
	maxBody         = "64K"    // where an operation takes one that has no bound of its own
	shutdownTimeout = 10 * time.Second
	leastGzip       = 1024 // bytes; a shorter answer fits one packet anyway
)

// Bounds of all requests together.
const (
	maxWork    = 32              // that are worked on at a time
	maxWaiting = 256             // that wait for their turn
	maxWait    = 3 * time.Second // for that
	retryAfter = 5               // seconds, as a client is told
)

// gate lets a bounded number of requests be worked on, a bounded number wait,
// and sends away the others.
type gate struct {
	work, all chan struct{}
	wait      time.Duration
}

func newGate(work, waiting int, wait time.Duration) *gate {
	return &gate{make(chan struct{}, work), make(chan struct{}, work+waiting), wait}
}

// enter waits for a turn; leave must be called after it.
func (g *gate) enter(ctx context.Context) (leave func(), ok bool) {
	select {
	case g.all <- struct{}{}:
	default:
		return nil, false
	}
	t := time.NewTimer(g.wait)
	defer t.Stop()
	select {
	case g.work <- struct{}{}:
		return func() { <-g.work; <-g.all }, true
	case <-ctx.Done():
	case <-t.C:
	}
	<-g.all
	return nil, false
}

// unbounded are the operations that need no turn: those that cost next to nothing
// and must be answered when nothing else is, and the stream, which has a bound of
// its own.
var unbounded = map[string]bool{"/api/v1/health": true, "/api/openapi.json": true, eventsPath: true}

// bounded lets a request of the API be worked on when its turn comes, and no
// longer than workTimeout.
func (g *gate) bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isAPI(c.Request().URL.Path) || unbounded[c.Path()] {
			return next(c)
		}
		leave, ok := g.enter(c.Request().Context())
		if !ok {
			c.Response().Header().Set("Retry-After", strconv.Itoa(retryAfter))
			return newProblem(http.StatusServiceUnavailable, "máy chủ đang bận: hãy thử lại sau ít giây", "the hub is busy: try again in a few seconds")
		}
		defer leave()
		ctx, cancel := context.WithTimeout(c.Request().Context(), workTimeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// wellFormed refuses requests to the API that are too long, or whose query
// cannot mean one thing only.
func wellFormed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !isAPI(r.URL.Path) {
			return next(c)
		}
		if n := len(r.RequestURI); n > maxTarget {
			return newProblem(http.StatusRequestURITooLong, fmt.Sprintf("địa chỉ dài %d byte, được phép nhiều nhất %d", n, maxTarget), fmt.Sprintf("the address has %d bytes, at most %d are allowed", n, maxTarget))
		}
		if n := headerSize(r); n > maxHeader {
			return newProblem(http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("phần đầu của yêu cầu dài %d byte, được phép nhiều nhất %d", n, maxHeader), fmt.Sprintf("the header has %d bytes, at most %d are allowed", n, maxHeader))
		}
		if c.Get(echo.ContextKeyHeaderAllow) != nil { // another method is meant: 405 says which
			return next(c)
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return newProblem(http.StatusBadRequest, "không đọc được phần sau dấu ? của địa chỉ: viết tên=giá trị, nối bằng &, ký tự đặc biệt mã hóa bằng %", "what stands after the ? of the address cannot be read: write name=value, joined by &, with special characters percent-encoded")
		}
		for name, values := range query {
			if len(values) > 1 {
				return invalid(name, nil, "chỉ được có một lần", "must be given once")
			}
			if values[0] == "" {
				return invalid(name, nil, "không có giá trị: hãy ghi giá trị, hoặc bỏ hẳn tham số", "has no value: write one, or leave the parameter out")
			}
		}
		return next(c)
	}
}

func headerSize(r *http.Request) int {
	n := 0
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v) + 4 // colon, blank, CR LF
		}
	}
	return n
}

// recovered makes an error of a panic, whose stack goes to the log. If a part of
// the answer is out already the connection is cut, so that nobody takes the part
// for the whole.
func recovered(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				v := recover()
				if v == nil {
					return
				}
				if e, ok := v.(error); ok && errors.Is(e, http.ErrAbortHandler) {
					panic(v)
				}
				p := inside()
				log.Error("panic in a request", "id", p.id, "method", c.Request().Method, "path", c.Request().URL.Path, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
				if c.Response().Committed {
					panic(http.ErrAbortHandler)
				}
				err = p
			}()
			return next(c)
		}
	}
}

// hardening is a header that keeps browsers from doing more with an answer than
// it is for.
type hardening struct {
	name  string
	value []string
}

var (
	nosniff    = hardening{"X-Content-Type-Options", []string{"nosniff"}}
	sameOrigin = hardening{"Cross-Origin-Resource-Policy", []string{"same-origin"}}
)

// hardPages are those of what a browser shows as a document. The page sets its own
// Content-Security-Policy.
var hardPages = []hardening{
	nosniff,
	{"Referrer-Policy", []string{"no-referrer"}},
	{"X-Frame-Options", []string{"DENY"}},
	{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
	sameOrigin,
	{"Permissions-Policy", []string{"camera=(), geolocation=(), microphone=()"}},
	{"Content-Security-Policy", []string{"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}},
}

// hardData are those of data: no scripts, links, forms or frames are in it that
// the others could keep from anything.
var hardData = []hardening{
	nosniff,
	sameOrigin,
	{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
}

// hardeningOf gives those of the answers of a path. The map may come as SVG, which
// browsers show as a document.
func hardeningOf(path string) []hardening {
	if strings.HasPrefix(path, "/api/v1/") && path != mapPath {
		return hardData
	}
	return hardPages
}

// yearOfTLS keeps browsers from coming back without TLS, for a year.
var yearOfTLS = []string{"max-age=31536000"}

func (s *Server) overTLS(h http.Header, r *http.Request) {
	if s.encrypted(r) {
		h["Strict-Transport-Security"] = yearOfTLS
	}
}

// harden sets them.
func (s *Server) harden(h http.Header, r *http.Request) {
	for _, x := range hardeningOf(r.URL.Path) {
		h[x.name] = x.value // shared: what adds to it makes its own
	}
	s.overTLS(h, r)
}

// hardened sets what keeps browsers from doing more with an answer than it is
// for.
func (s *Server) hardened(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		s.harden(c.Response().Header(), c.Request())
		return next(c)
	}
}

// encrypted says whether the client's line is encrypted: to here, or to a proxy
// that is trusted.
func (s *Server) encrypted(r *http.Request) bool {
	return r.TLS != nil || s.fromProxy(r) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// fromProxy says whether a request comes from a proxy that is trusted.
func (s *Server) fromProxy(r *http.Request) bool {
	if len(s.figures.TrustedProxies) == 0 {
		return false
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range s.figures.TrustedProxies {
		if p.Contains(at.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// clientAddress finds the address of the client: that of the connection, or if
// it is a trusted proxy's the last one in X-Forwarded-For that is none.
func clientAddress(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		p = p.Masked()
		options = append(options, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
