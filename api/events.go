package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/events"
)

const eventsPath = "/api/v1/events"

const (
	// heartbeat is how long a stream is silent at most, so that proxies and
	// clients see that it lives.
	heartbeat = 15 * time.Second
	// eventWrite is how long one write may take. Who takes nothing for so long is
	// gone, or as good as that.
	eventWrite = 10 * time.Second
	// askAgain is how often it is looked up whether who follows still may.
	askAgain = 5 * time.Second
	// endWrite is how long what is being written may take yet when the hub ends.
	endWrite = 250 * time.Millisecond
	// eventBatch is the size in bytes from which a write takes no more events.
	eventBatch = 16 << 10
	// Clients come back after leastRetry and no later than mostRetry, each after
	// another time, so that a start of the hub does not meet all of them at once.
	leastRetry = 2 * time.Second
	mostRetry  = 6 * time.Second
	// fullRetry is when a client may try again that found no room, in seconds.
	fullRetry = 15
)

type eventsInput struct {
	Kinds  []string `query:"kinds" enum:"status,outage,agent,coverage,plan" doc:"Kinds of events that are wanted, separated by commas; all when absent. reset and dropped come always"`
	Area   string   `query:"area" maxLength:"100" doc:"Only what concerns the area that has this code today, or areas in it"`
	Route  string   `query:"route" maxLength:"100" doc:"Only what concerns this route: its cameras, their agents, its coverage"`
	LastID string   `header:"Last-Event-ID" doc:"Id of the last event the client had: the stream goes on after it, or begins with reset when it cannot"`
}

// eventBodies are what the events of each kind hold.
var eventBodies = []struct {
	kind string
	body reflect.Type
}{
	{kindStatus, reflect.TypeFor[StatusEvent]()},
	{kindOutage, reflect.TypeFor[OutageEvent]()},
	{kindAgent, reflect.TypeFor[AgentEvent]()},
	{kindCoverage, reflect.TypeFor[CoverageEvent]()},
	{kindPlan, reflect.TypeFor[PlanEvent]()},
	{kindReset, reflect.TypeFor[ResetEvent]()},
	{kindDropped, reflect.TypeFor[DroppedEvent]()},
	{kindEnded, reflect.TypeFor[EndedEvent]()},
}

func (s *Server) registerEvents() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "followEvents", Method: http.MethodGet, Path: eventsPath, Tags: []string{"events"},
		Summary:     "What changes, as it changes: server-sent events",
		Description: "Each event holds all that is known of its thing now, so that an event that is told twice does no harm. Open the stream first, then fetch the state, then apply events to it.",
		Responses: map[string]*huma.Response{
			"200": {Description: "A stream that does not end by itself", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: s.eventSchema()}}},
		},
	}, func(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
		m, err := f.now(ctx)
		if err != nil {
			return nil, err
		}
		if in.Area != "" && f.Plan.AreaOn(in.Area, m.today) == nil {
			return nil, noArea(in.Area, m.today)
		}
		if err := f.knownRoute(in.Route); err != nil {
			return nil, err
		}
		client, err := f.Events.Follow(events.Filter{Kinds: in.Kinds, Area: in.Area, Route: in.Route}, in.LastID)
		if err != nil {
			return nil, huma.ErrorWithHeaders(
				newProblem(http.StatusServiceUnavailable, "chưa theo dõi được: đã đủ số người theo dõi, hãy thử lại sau", "as many clients listen as may: try again later"),
				http.Header{"Retry-After": {strconv.Itoa(fullRetry)}})
		}
		context.AfterFunc(ctx, client.Close) // whatever becomes of the answer
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			defer client.Close()
			h := humaecho.Unwrap(hc).Response()
			h.Header().Set("Content-Type", "text/event-stream")
			h.Header().Set("Cache-Control", "no-store")
			h.Header().Set("X-Accel-Buffering", "no") // nginx would hold them back
			stream := eventStream{hub: f.Events, client: client, w: h, line: http.NewResponseController(h), over: s.over(accessOf(ctx), humaecho.Unwrap(hc).Request())}
			if err := stream.run(ctx); err != nil {
				f.Log.Debug("a stream of events ended", "client", humaecho.Unwrap(hc).RealIP(), "error", err)
			}
		}}, nil
	})
}

func (s *Server) eventSchema() *huma.Schema {
	all := &huma.Schema{Description: "One event. Fields are those of text/event-stream; data is JSON on one line."}
	for _, e := range eventBodies {
		all.OneOf = append(all.OneOf, &huma.Schema{
			Title: "Event " + e.kind, Type: huma.TypeObject, Required: []string{"id", "event", "data"},
			Properties: map[string]*huma.Schema{
				"id":    {Type: huma.TypeString, Pattern: "^[0-9a-f]+-[0-9]+$", Description: "Which start of the hub, and the number since"},
				"event": {Type: huma.TypeString, Enum: []any{e.kind}},
				"data":  s.openapi.OpenAPI().Components.Schemas.Schema(e.body, true, e.body.Name()),
			},
		})
	}
	return all
}

// eventStream tells one client what it follows.
type eventStream struct {
	hub    *events.Hub
	client *events.Client
	w      io.Writer
	line   *http.ResponseController
	over   func(context.Context) string // says what of the client's is over; nil for anybody
}

// over makes the question whether who follows still may: the answer is what of
// theirs is over, or nothing.
func (s *Server) over(a *access, r *http.Request) func(context.Context) string {
	desk := s.figures.desk
	if a == nil || !a.who.Known() || desk == nil {
		return nil
	}
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return func(ctx context.Context) string {
		what, ask, secret := "session", desk.SessionOver, a.who.Secret
		if a.who.Via == account.ViaToken {
			what, ask, secret = "token", desk.TokenOver, account.Secret(strings.TrimSpace(token))
		}
		over, err := ask(ctx, secret)
		if err != nil && ctx.Err() == nil {
			s.figures.Log.Error("whether a stream may go on cannot be found out", "error", err)
		}
		if over {
			return what
		}
		return ""
	}
}

// batches are what streams put together what they write in.
var batches = sync.Pool{New: func() any { b := make([]byte, 0, 2*eventBatch); return &b }}

// run writes until the client goes, is too slow, or the hub ends.
func (s *eventStream) run(ctx context.Context) error {
	// The server's own times are those of one answer.
	if err := s.line.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	cut := make(chan struct{})
	stop := s.hub.AfterEnd(func() { // a write that hangs must not hold up the end
		defer close(cut)
		_ = s.line.SetWriteDeadline(time.Now().Add(endWrite))
	})
	defer func() {
		if !stop() {
			<-cut
		}
	}()
	if err := s.write(s.greeting()); err != nil {
		return err
	}
	beat := time.NewTimer(heartbeat)
	defer beat.Stop()
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		wait, err := s.next()
		switch {
		case errors.Is(err, events.ErrDropped):
			return errors.Join(err, s.write(s.told(kindDropped, DroppedEvent{"too_slow"})))
		case err != nil:
			return err
		case wait == nil:
			continue
		}
		beat.Reset(heartbeat)
		for waits := true; waits; {
			waits = false
			select {
			case <-wait:
			case <-ctx.Done():
				return nil
			case <-again.C:
				waits = true
				if s.over == nil {
					continue
				}
				if what := s.over(ctx); what != "" {
					return s.write(s.told(kindEnded, EndedEvent{what}))
				}
			case <-beat.C:
				// The id comes with it: one that is told nothing stays able to come back.
				if err := s.write(append([]byte(":\n"), events.Frame(s.client.ID(), "", nil)...)); err != nil {
					return err
				}
			}
		}
	}
}

// greeting is what a stream begins with: when to come back, and with which id;
// and the reset if it could not go on where the client was.
func (s *eventStream) greeting() []byte {
	id := s.client.ID()
	b := fmt.Appendf(nil, "retry: %d\n", (leastRetry + rand.N(mostRetry-leastRetry)).Milliseconds())
	switch s.client.Start() {
	case events.StartOther:
		return append(b, s.told(kindReset, ResetEvent{"other_history"})...)
	case events.StartTooOld:
		return append(b, s.told(kindReset, ResetEvent{"too_old"})...)
	}
	return append(b, events.Frame(id, "", nil)...)
}

func (s *eventStream) told(kind string, body any) []byte {
	data, _ := json.Marshal(body) // of two words
	return events.Frame(s.client.ID(), kind, data)
}

// next writes the events that come next, as many as fit one batch.
func (s *eventStream) next() (wait <-chan struct{}, err error) {
	b := batches.Get().(*[]byte)
	defer batches.Put(b)
	var all []byte
	all, wait, err = s.client.Read((*b)[:0], eventBatch)
	if cap(all) <= 4*eventBatch { // a large one is not kept
		*b = all
	}
	if err == nil && len(all) > 0 {
		err = s.write(all)
	}
	return wait, err
}

func (s *eventStream) write(b []byte) error {
	if err := s.line.SetWriteDeadline(time.Now().Add(eventWrite)); err != nil {
		return err
	}
	select {
	case <-s.hub.Ended(): // after the deadline was set: whoever ends sets it again
		return events.ErrEnded
	default:
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.line.Flush()
}
