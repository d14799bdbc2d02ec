package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Conditional is the part of every request that says what the client has.
type Conditional struct {
	IfNoneMatch string `header:"If-None-Match" doc:"Entity tag of the answer the client has: if nothing changed, 304 comes instead"`
}

// register adds an operation. An answer is sent in the representation that the
// client wants. An error of its handler that is not meant for the client goes to
// the log; the client learns that there was one.
func register[I, O any](s *Server, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	handler = finite(handler)
	failed := func(ctx context.Context, err error) error {
		var known huma.StatusError
		if ctx.Err() != nil && !errors.As(err, &known) {
			return tooLong()
		}
		return guarded(s.figures.Log, err, "operation", op.OperationID)
	}
	var none O
	a, ok := any(&none).(presentable)
	if !ok {
		huma.Register(s.openapi, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := handler(ctx, in)
			if err != nil {
				return nil, failed(ctx, err)
			}
			return out, nil
		})
		return
	}
	tabled := a.describe(&op, s.openapi.OpenAPI().Components.Schemas)
	offers := []representation{asJSON}
	if tabled {
		offers = append(offers, asCSV, asXLSX)
	}
	s.offers[op.OperationID] = offers
	op.Middlewares = append(op.Middlewares, s.choose(offers))
	huma.Register(s.openapi, op, func(ctx context.Context, in *I) (*sent, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, failed(ctx, err)
		}
		p, err := any(out).(presentable).present(op.Path, wantedOf(ctx), s.figures.Plan.Location)
		if err != nil {
			return nil, failed(ctx, err)
		}
		if a := accessOf(ctx); a != nil {
			a.body = p.Body
		}
		return p, nil
	})
}

func tooLong() error {
	return newProblem(http.StatusServiceUnavailable, "câu trả lời mất quá nhiều thời gian: hãy hỏi một kỳ ngắn hơn", "the answer took too long: ask for a shorter period")
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
