package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/phukin/phukin/hub/history"
)

// Conditional is the part of every request that says what the client has.
type Conditional struct {
	IfNoneMatch string `header:"If-None-Match" doc:"Entity tag of the answer the client has: if nothing changed, 304 comes instead"`
}

// answer is an answer with its entity tag.
type answer[T any] struct {
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         *T
}

// register adds an operation. An error of its handler that is not meant for
// the client goes to the log; the client learns that there was one.
func register[I, O any](s *Server, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	huma.Register(s.openapi, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		var known huma.StatusError
		if err == nil || errors.As(err, &known) {
			return out, err
		}
		if ctx.Err() == nil {
			s.figures.Log.Error("request failed", "operation", op.OperationID, "error", err)
		}
		if errors.Is(err, history.ErrAway) {
			return nil, huma.Error503ServiceUnavailable("chưa trả lời được: kho lịch sử tạm thời không truy cập được; dữ liệu đang chờ ở các thiết bị / this cannot be answered now: the store that keeps the history is away; records wait with the devices. See /api/v1/health")
		}
		return nil, huma.Error500InternalServerError("the hub could not make this answer; its log says why")
	})
}

// headed is an answer's body with its Head.
type headed[T any] interface {
	*T
	head() *Head
}

func (h *Head) head() *Head { return h }

// respond gives body as of a moment, or 304 when the client has the same
// already. The tag covers all but the moment, which alone is no news.
func respond[T any, P headed[T]](in Conditional, body P, at time.Time, simulated bool) (*answer[T], error) {
	*body.head() = Head{Simulated: simulated}
	p, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	h := fnv.New64a()
	_, _ = h.Write(p)
	tag := fmt.Sprintf(`W/"%016x"`, h.Sum64())
	if matches(in.IfNoneMatch, tag) {
		return nil, huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"ETag": {tag}, "Cache-Control": {"no-cache"}})
	}
	body.head().AsOf = at
	return &answer[T]{ETag: tag, CacheControl: "no-cache", Body: body}, nil
}

// matches says whether an If-None-Match header names the tag, by weak
// comparison (RFC 9110 §13.1.2).
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == strings.TrimPrefix(tag, "W/") {
			return part != ""
		}
	}
	return false
}

func isAPI(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }

// apiHeaders sets what every answer of the API carries. The page sets its
// own.
func apiHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if isAPI(c.Request().URL.Path) {
			h := c.Response().Header()
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		}
		return next(c)
	}
}

// problems writes errors that did not come from a typed handler, echo's own
// among them, as problem+json.
func problems(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		p := huma.ErrorModel{Status: http.StatusInternalServerError}
		var he *echo.HTTPError
		switch {
		case errors.As(err, &he):
			p.Status = he.Code
			switch he.Code {
			case http.StatusNotFound:
				p.Detail = fmt.Sprintf("nothing is found at %s", c.Request().URL.Path)
			case http.StatusMethodNotAllowed:
				p.Detail = fmt.Sprintf("%s is not allowed at %s", c.Request().Method, c.Request().URL.Path)
			}
		default:
			// What went wrong inside is for the log, not for the client.
			log.Error("request failed", "method", c.Request().Method, "path", c.Request().URL.Path, "error", err)
		}
		p.Title = http.StatusText(p.Status)
		body, merr := json.Marshal(p)
		if merr == nil {
			merr = c.Blob(p.Status, "application/problem+json", body)
		}
		if merr != nil {
			log.Debug("error not delivered", "error", merr)
		}
	}
}
