package client

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"
)

// Bounds of a stream of events.
const (
	// quiet is how long a stream may say nothing: the hub speaks every 15 s. A
	// stream that is quiet for longer is given up and opened again.
	quiet = 45 * time.Second
	// A client comes back after the time that the hub said, leastBack at the
	// least, and twice as late each time it does not get in, up to mostBack.
	leastBack = 2 * time.Second
	mostBack  = time.Minute
)

// errQuiet ends a stream that says nothing any more.
var errQuiet = errors.New("nothing came for too long")

// Follow gives what changes, as it changes, until the loop ends, ctx is done or
// the hub refuses. When the stream breaks off it is opened again after the last
// event that came, as often as it takes; an event of kind reset or dropped then
// says that something was missed, and what one shows is to be fetched again.
//
// An error is the last that comes: one of reaching the hub at first, a
// [*Problem] that a later try cannot mend, or that of ctx.
//
// Open the stream first, then fetch the state, then apply events to it: each
// holds all that is known of its thing.
func (c *Client) Follow(ctx context.Context, p FollowEventsParams) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := &following{c: c, ask: p, back: leastBack}
		for {
			more, err := s.once(ctx, yield)
			switch {
			case !more:
				return
			case ctx.Err() != nil:
				yield(Event{}, ctx.Err())
				return
			case s.lasting(err):
				yield(Event{}, err)
				return
			}
			if err := wait(ctx, s.pause(err)); err != nil {
				yield(Event{}, err)
				return
			}
		}
	}
}

// following is a stream over all its openings.
type following struct {
	c      *Client
	ask    FollowEventsParams
	opened bool          // once at least
	back   time.Duration // as the hub said
	failed int           // openings in a row that did not get in
}

// once opens the stream and gives its events until it breaks off; false when the
// loop ended.
func (s *following) once(ctx context.Context, yield func(Event, error) bool) (more bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(quiet, func() { cancel(errQuiet) })
	defer silence.Stop()
	r := s.ask.request()
	res, err := s.c.do(ctx, r, "text/event-stream")
	if err != nil {
		return true, err
	}
	defer func() { _ = res.Body.Close() }()
	if err := checked(res, r, "text/event-stream"); err != nil {
		return true, err
	}
	s.opened, s.failed = true, 0
	in := newEventReader(heard{res.Body, func() { silence.Reset(quiet) }}, s.ask.LastEventID)
	for {
		e, err := in.next()
		s.ask.LastEventID = in.id
		if in.retry > 0 {
			s.back = max(leastBack, in.retry)
		}
		if err != nil {
			return true, err
		}
		if !yield(e, nil) {
			return false, nil
		}
	}
}

// lasting says whether trying again is of no use.
func (s *following) lasting(err error) bool {
	var p *Problem
	if errors.As(err, &p) && p.Status < 500 && p.Status != http.StatusTooManyRequests && p.Status != http.StatusRequestTimeout {
		return true
	}
	return !s.opened
}

// pause is how long to wait before the stream is opened again.
func (s *following) pause(err error) time.Duration {
	d := s.back << min(s.failed, 5)
	s.failed++
	var p *Problem
	if errors.As(err, &p) {
		d = max(d, p.RetryAfter)
	}
	return min(d, mostBack)
}

// wait waits, or gives the error of a context that is done.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
