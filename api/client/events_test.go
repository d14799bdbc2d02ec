package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phukin/phukin/api/apitest"
	"github.com/phukin/phukin/api/client"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/wire"
)

// A real hub tells what changes; who comes back goes on where the stream was.
func TestEventsOfAHub(t *testing.T) {
	hub := apitest.New(t)
	c := of(t, hub.URL, client.Options{Token: client.Secret(hub.Token(account.ScopeRead, account.Technician))})
	says := func(s wire.Status) {
		at := hub.Now().UnixMilli()
		state := wire.State{Camera: "C-001", Status: s, Rung: wire.RungFresh, Since: at, Probed: at}
		if s == wire.StatusDown {
			state.Rung, state.FellOn, state.Fault = wire.RungResolve, wire.RungConnect, wire.FaultTimeout
		}
		hub.Says(state)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ticks := make(chan struct{})
	go func() { // agents speak again and again, as they do
		defer close(ticks)
		for status := wire.StatusUp; ctx.Err() == nil; {
			says(status)
			if status == wire.StatusUp {
				status = wire.StatusDown
			} else {
				status = wire.StatusUp
			}
			select {
			case <-ctx.Done():
			case <-time.After(600 * time.Millisecond):
			}
		}
	}()
	last := ""
	for e, err := range c.Follow(ctx, client.FollowEventsParams{Kinds: []string{"status"}}) {
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Value()
		s, ok := v.(*client.StatusEvent)
		if err != nil || !ok {
			t.Fatalf("%s: %v %v", e.Kind, v, err)
		}
		if s.Camera == "C-001" && s.Status.Status == "down" {
			last = e.ID
			break
		}
	}
	for e, err := range c.Follow(ctx, client.FollowEventsParams{LastEventID: last}) {
		if err != nil || e.Kind == "reset" || e.ID == last {
			t.Fatalf("after %s comes %+v, %v", last, e, err)
		}
		break
	}
	for e, err := range c.Follow(ctx, client.FollowEventsParams{LastEventID: "0000000000000000-7"}) {
		if v, _ := e.Value(); err != nil || e.Kind != "reset" || v.(*client.ResetEvent).Reason == "" {
			t.Fatalf("%+v, %v", e, err)
		}
		break
	}
	for e, err := range of(t, hub.URL, client.Options{}).Follow(ctx, client.FollowEventsParams{}) {
		if client.StatusOf(err) != 401 {
			t.Errorf("nobody: %+v %v", e, err)
		}
	}
	for e, err := range c.Follow(ctx, client.FollowEventsParams{Route: "R66"}) {
		if client.StatusOf(err) != 422 {
			t.Errorf("no such route: %+v %v", e, err)
		}
	}
	cancel()
	<-ticks
}

// scripted is an answer that a script gives.
type scripted struct {
	status     int // 0 when nobody is there
	mediaType  string
	body       io.Reader
	retryAfter string
	silent     bool // nothing comes after the body until the request is given up
}

// script answers one request after the other, in a bubble of synctest.
type script struct {
	t       *testing.T
	answers []scripted
	asked   []string // Last-Event-ID of each, and when
	start   time.Time
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, fmt.Sprintf("%s at %v", r.Header.Get("Last-Event-Id"), time.Since(s.start)))
	if len(s.answers) == 0 {
		s.t.Error("asked more often than foreseen")
		return nil, errors.New("no more answers")
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	if a.status == 0 {
		return nil, errors.New("refused")
	}
	body := io.NopCloser(a.body)
	if a.silent {
		from, to := io.Pipe()
		context.AfterFunc(r.Context(), func() { _ = to.CloseWithError(r.Context().Err()) })
		go func() { _, _ = io.Copy(to, a.body) }()
		body = from
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {a.mediaType}, "Retry-After": {a.retryAfter}}, Body: body, Request: r}, nil
}

func stream(text string) scripted {
	return scripted{status: 200, mediaType: "text/event-stream", body: strings.NewReader(text)}
}

func silent(text string) scripted {
	s := stream(text)
	s.silent = true
	return s
}

func TestAStreamGoesOnAfterItBroke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := &script{t: t, start: time.Now(), answers: []scripted{
			stream("retry: 3000\nid: a-1\n\nid: a-2\nevent: plan\ndata: {}\n\nid: a-3\nevent: plan\nda"), // cut off
			{},
			{status: 502, mediaType: "text/html", body: strings.NewReader("<html>")},
			{status: 503, mediaType: "application/problem+json", body: strings.NewReader(`{"detail":"full"}`), retryAfter: "40"},
			stream("id: a-9\nevent: plan\ndata: {\"x\":\ndata: 1}\n\n"),
			silent("id: a-10\n\n:\n\n"), // quiet
			stream("id: b-1\nevent: reset\ndata: {\"reason\":\"other_history\"}\n\n"),
			{status: 403, mediaType: "application/problem+json", body: strings.NewReader(`{"detail":"the token ran out"}`)},
		}}
		c, err := client.New("http://hub", client.Options{Transport: s})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		var last error
		for e, err := range c.Follow(ctx, client.FollowEventsParams{LastEventID: "a-0"}) {
			if last = err; err == nil {
				got = append(got, fmt.Sprintf("%s %s %s", e.ID, e.Kind, e.Data))
			}
		}
		want := []string{"a-2 plan {}", "a-9 plan {\"x\":\n1}", `b-1 reset {"reason":"other_history"}`}
		if fmt.Sprint(got) != fmt.Sprint(want) || client.StatusOf(last) != 403 {
			t.Errorf("%q, %v; want %q", got, last, want)
		}
		// 3 s as the hub said, then 6, 12 and as long as it said; a quiet one after 45.
		asked := []string{"a-0 at 0s", "a-2 at 3s", "a-2 at 9s", "a-2 at 21s", "a-2 at 1m1s", "a-9 at 1m4s", "a-10 at 1m52s", "b-1 at 1m55s"}
		if fmt.Sprint(s.asked) != fmt.Sprint(asked) {
			t.Errorf("asked\n%q, want\n%q", s.asked, asked)
		}
	})
}

func TestAStreamEndsWithItsLoopAndItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := &script{t: t, start: time.Now(), answers: []scripted{
			silent("id: 1\nevent: plan\ndata: {}\n\n"), silent(""), silent("id: 1\n\n" + strings.Repeat("data: x\n", 1<<20)), silent(""), {},
		}}
		c, err := client.New("http://hub", client.Options{Transport: s})
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range c.Follow(ctx, client.FollowEventsParams{}) {
			if err != nil || e.ID != "1" {
				t.Errorf("%+v %v", e, err)
			}
			break
		}
		time.AfterFunc(time.Second, cancel)
		n := 0
		for e, err := range c.Follow(ctx, client.FollowEventsParams{}) {
			if n++; !errors.Is(err, context.Canceled) {
				t.Errorf("%+v %v", e, err)
			}
		}
		// An event without an end is given up, and the stream with it.
		ctx, cancel = context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		for e, err := range c.Follow(ctx, client.FollowEventsParams{}) {
			if n++; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%+v %v", e, err)
			}
		}
		// Who is not reached at first is said at once.
		for e, err := range c.Follow(t.Context(), client.FollowEventsParams{}) {
			if n++; !errors.As(err, new(*client.UnreachedError)) {
				t.Errorf("%+v %v", e, err)
			}
		}
		if n != 3 {
			t.Errorf("%d ends of 3", n)
		}
	})
}

func TestAnEventOfAnotherKindIsSaid(t *testing.T) {
	for _, e := range []client.Event{{ID: "1", Kind: "colour", Data: []byte("{}")}, {ID: "1", Kind: "plan", Data: []byte("{")}} {
		if v, err := e.Value(); err == nil {
			t.Errorf("%+v", v)
		}
	}
}
