package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Problem is what a hub refused, or could not do (RFC 9457).
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	// Detail says it in a sentence.
	Detail string `json:"detail"`
	// Errors are the places that are wrong.
	Errors []Place `json:"errors"`
	// Instance names what went wrong inside, as the hub's log has it.
	Instance string `json:"instance"`
	Type     string `json:"type"`
	// RetryAfter is when the same may be asked again; 0 when the hub did not say.
	RetryAfter time.Duration `json:"-"`
	// Method and Path are those of the question.
	Method string `json:"-"`
	Path   string `json:"-"`
}

// Place is one place of a question, and what is wrong there.
type Place struct {
	// Location is such as query.days or body.roles[0].
	Location string `json:"location"`
	// Message says what would be right.
	Message string `json:"message"`
	// Value is what stands there, as JSON; nil when the hub does not repeat it.
	Value json.RawMessage `json:"value"`
}

// Says gives what is wrong: every place, or else the detail.
func (p *Problem) Says() string {
	var parts []string
	for _, e := range p.Errors {
		at := strings.TrimPrefix(strings.TrimPrefix(e.Location, "query."), "body.")
		parts = append(parts, strings.TrimPrefix(at+": "+e.Message, ": "))
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, "; ")
	case p.Detail != "":
		return p.Detail
	case p.Title != "":
		return p.Title
	}
	return http.StatusText(p.Status)
}

func (p *Problem) Error() string {
	text := fmt.Sprintf("%s %s: %d: %s", p.Method, p.Path, p.Status, p.Says())
	if p.Instance != "" {
		text += " (" + p.Instance + ")"
	}
	return text
}

// StatusOf gives the status of HTTP that an error of this package came with; 0
// when no answer came.
func StatusOf(err error) int {
	var p *Problem
	var u *UnexpectedError
	switch {
	case errors.As(err, &p):
		return p.Status
	case errors.As(err, &u):
		return u.Status
	}
	return 0
}

// UnreachedError says that no answer came.
type UnreachedError struct {
	Hub string
	Err error
}

func (e *UnreachedError) Error() string { return fmt.Sprintf("ask %s: %v", e.Hub, e.Err) }
func (e *UnreachedError) Unwrap() error { return e.Err }

// Timeout says whether something was there that did not answer in time.
func (e *UnreachedError) Timeout() bool { return errors.Is(e.Err, errTimeout) }

// UnexpectedError says that what answered is no hub, or one that does not know
// the representation.
type UnexpectedError struct {
	Method, Path      string
	Status            int
	MediaType, Wanted string
}

func (e *UnexpectedError) Error() string {
	return fmt.Sprintf("%s %s: it answers %d as %q, not as %s", e.Method, e.Path, e.Status, e.MediaType, e.Wanted)
}

// BrokenError says that an answer broke off, was too long or cannot be read.
type BrokenError struct {
	Method, Path string
	Err          error
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("%s %s: the answer broke off or cannot be read: %v", e.Method, e.Path, e.Err)
}
func (e *BrokenError) Unwrap() error { return e.Err }

// broken says what happened to an answer that had begun.
func broken(ctx context.Context, r request, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &BrokenError{r.method, r.path, err}
}
