package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/events"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// pipes listens on lines that hold nothing: what is written waits until it is
// read. So a slow client is slow from the first byte on.
type pipes struct {
	lines chan net.Conn
	end   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.lines:
		return c, nil
	case <-p.end:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.end); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// broadcast is a world whose server serves, with a clock for all.
type broadcast struct {
	*world
	lines *pipes
	hub   *events.Hub
	stop  context.CancelFunc
	done  chan error
}

// serve starts a server. It is for use in a bubble of synctest.
func serve(w *world, c events.Config, planNow func() *plan.Plan) *broadcast {
	w.t.Helper()
	b := &broadcast{world: w, lines: &pipes{make(chan net.Conn), make(chan struct{})}, hub: events.New(c), done: make(chan error, 1)}
	s, err := api.New(api.Config{Plan: w.plan, PlanNow: planNow, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Open: true, Events: b.hub, Now: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	w.server = s
	ctx, stop := context.WithCancel(w.t.Context())
	b.stop = stop
	go func() { b.done <- s.Serve(ctx, b.lines) }()
	synctest.Wait() // it has looked once
	return b
}

// close ends the server.
func (b *broadcast) close() {
	b.t.Helper()
	b.stop()
	if err := <-b.done; err != nil {
		b.t.Errorf("serve: %v", err)
	}
}

// after lets time pass, for everybody.
func (b *broadcast) after(d time.Duration) {
	for step := 250 * time.Millisecond; d > 0; d -= step {
		b.pass(min(step, d))
		time.Sleep(min(step, d)) // of the bubble
		synctest.Wait()
	}
}

// message is one message of a stream.
type message struct {
	id, event, data, retry string
	comment                bool
}

// stream is a client that listens.
type stream struct {
	t    *testing.T
	line net.Conn
	res  *http.Response
	in   *bufio.Reader
	got  chan heard // if it listens eagerly
}

type heard struct {
	message
	err error
}

// listen asks for events.
func (b *broadcast) listen(query string, header ...string) *stream {
	b.t.Helper()
	client, server := net.Pipe()
	b.lines.lines <- server
	return ask(b.t, client, query, header...)
}

func ask(t *testing.T, line net.Conn, query string, header ...string) *stream {
	t.Helper()
	request := "GET /api/v1/events" + query + " HTTP/1.1\r\nHost: hub\r\n"
	for i := 0; i < len(header); i += 2 {
		request += header[i] + ": " + header[i+1] + "\r\n"
	}
	if _, err := io.WriteString(line, request+"\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(line), nil) //nolint:bodyclose // by close
	if err != nil {
		t.Fatal(err)
	}
	return &stream{t: t, line: line, res: res, in: bufio.NewReader(res.Body)}
}

// eager takes what is told as soon as it is told, as a client does that is quick
// enough.
func (s *stream) eager() *stream {
	s.got = make(chan heard, 1000)
	go func() {
		for {
			m, err := s.read()
			if s.got <- (heard{m, err}); err != nil {
				return
			}
		}
	}()
	return s
}

func (s *stream) close() {
	_ = s.line.Close() // first: what is to be read has no end otherwise
	_ = s.res.Body.Close()
}

// next gives the next message. Its error is io.EOF at the end of the stream.
func (s *stream) next() (message, error) {
	if s.got == nil {
		return s.read()
	}
	h := <-s.got
	return h.message, h.err
}

func (s *stream) read() (message, error) {
	var m message
	for {
		text, err := s.in.ReadString('\n')
		if err != nil {
			return m, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(text, "\n"), ": ")
		switch name {
		case "":
			return m, nil
		case "id":
			m.id = value
		case "event":
			m.event = value
		case "data":
			m.data = value
		case "retry":
			m.retry = value
		case ":":
			m.comment = true
		default:
			s.t.Fatalf("a line of a stream: %q", text)
		}
	}
}

// want reads the next message, which must be of this kind. Heartbeats before an
// event are passed over.
func (s *stream) want(kind string) message {
	s.t.Helper()
	m, err := s.next()
	for kind != "" && err == nil && m.comment {
		m, err = s.next()
	}
	if err != nil || m.event != kind {
		s.t.Fatalf("%+v, %v; want %q", m, err, kind)
	}
	return m
}

// event reads the next message and its content.
func event[T any](s *stream, kind string) (v T) {
	s.t.Helper()
	m := s.want(kind)
	if err := json.Unmarshal([]byte(m.data), &v); err != nil {
		s.t.Fatalf("%s: %v", m.data, err)
	}
	return v
}

func works(camera string) wire.State {
	return wire.State{Camera: camera, Status: wire.StatusUp, Rung: wire.RungFresh}
}

func fell(camera string) wire.State {
	return wire.State{Camera: camera, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect}
}

func TestAStreamTellsWhatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := serve(w, events.Config{}, nil)
		defer b.close()
		c := w.inService(0)
		s := b.listen("?kinds=status,outage,agent").eager()
		defer s.close()
		if kind := s.res.Header.Get("Content-Type"); s.res.StatusCode != 200 || kind != "text/event-stream" {
			t.Fatalf("%d, %s", s.res.StatusCode, kind)
		}
		if m := s.want(""); m.retry == "" || !strings.HasSuffix(m.id, "-0") {
			t.Errorf("it begins with %+v", m)
		}

		w.says(works(c.Code))
		b.after(time.Second)
		if e := event[api.StatusEvent](s, "status"); e.Camera != c.Code || e.Was == nil || e.Was.Status != "unknown" || e.Status.Status != "up" || !e.Simulated || e.AsOf.IsZero() {
			t.Errorf("%+v", e)
		}
		if e := event[api.AgentEvent](s, "agent"); e.Agent != c.Agent || e.Change != "online" || !e.Online || e.LastSeen == nil {
			t.Errorf("%+v", e)
		}

		w.says(fell(c.Code))
		down := w.clock().Add(-time.Minute - time.Second).UTC() // as says has it
		b.after(time.Second)
		if e := event[api.StatusEvent](s, "status"); e.Was.Status != "up" || e.Status.Status != "down" || e.Status.Fault != "timeout" {
			t.Errorf("%+v", e)
		}
		if e := event[api.OutageEvent](s, "outage"); e.Change != "opened" || !e.From.Equal(down) || e.To != nil || e.Fault != "timeout" || e.FellOn != "connect" {
			t.Errorf("%+v, want from %v", e, down)
		}

		// Nobody says anything: time alone makes the agent silent and the camera
		// unknown. The outage may go on.
		b.after(40 * time.Second)
		if e := event[api.StatusEvent](s, "status"); e.Status.Status != "unknown" || e.Status.Cause != "agent_offline" {
			t.Errorf("%+v", e)
		}
		if e := event[api.AgentEvent](s, "agent"); e.Change != "offline" || e.Online {
			t.Errorf("%+v", e)
		}

		w.says(works(c.Code))
		up := w.clock().Add(-time.Minute - time.Second).UTC()
		b.after(time.Second)
		if e := event[api.StatusEvent](s, "status"); e.Status.Status != "up" {
			t.Errorf("%+v", e)
		}
		if e := event[api.OutageEvent](s, "outage"); e.Change != "closed" || e.Why != "works" || !e.From.Equal(down) || e.To == nil || !e.To.Equal(up) {
			t.Errorf("%+v, want from %v to %v", e, down, up)
		}
		s.want("agent")

		w.live.Refuse(c.Agent, 0, wire.Refusal{Code: wire.RefusalIdentity, Reason: "two devices"})
		b.after(time.Second)
		if e := event[api.AgentEvent](s, "agent"); e.Change != "refused" || !e.Online || e.Refusal == nil || e.Refusal.Code != "identity" {
			t.Errorf("%+v", e)
		}
		w.live.Hello(c.Agent, "1.2", 0)
		b.after(time.Second)
		if e := event[api.AgentEvent](s, "agent"); e.Change != "accepted" || e.Refusal != nil || e.Version != "1.2" {
			t.Errorf("%+v", e)
		}
	})
}

// After an event whoever asks is answered with what it told.
func TestAnswersAreNotOlderThanEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := serve(w, events.Config{}, nil)
		defer b.close()
		s := b.listen("?kinds=coverage")
		defer s.close()
		s.want("")
		at := time.Time{}
		for i := range 5 {
			w.says(works(w.inService(i).Code))
			b.after(500 * time.Millisecond)
			told, now := event[api.CoverageEvent](s, "coverage"), answer[api.CoverageAnswer](w, "/api/v1/coverage")
			if told.States["working"] != now.States["working"] || told.Unknown != now.Unknown || told.Length != now.Length || told.Level != now.Level.Code {
				t.Errorf("told %+v, answered %+v", told, now)
			}
			if told.AsOf.Sub(at) < 500*time.Millisecond {
				t.Errorf("%v and %v: less than half a second apart", at, told.AsOf)
			}
			if at = told.AsOf; len(told.Routes) == 0 || len(told.Areas) == 0 {
				t.Errorf("nothing is named that changed: %+v", told)
			}
		}
	})
}

func TestAFilterKeepsWhatIsElsewhereAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := serve(w, events.Config{}, nil)
		defer b.close()
		near := w.inService(0)
		rows := map[string]api.CameraRow{}
		for _, row := range answer[api.CameraList](w, "/api/v1/cameras?fields=code,area,route,status").Items {
			rows[row.Code] = row
		}
		far := near
		for i := 0; far == near; i++ {
			if c := w.inService(i); rows[c.Code].Area != rows[near.Code].Area && (rows[c.Code].Route == nil || rows[near.Code].Route == nil || *rows[c.Code].Route != *rows[near.Code].Route) {
				far = c
			}
		}
		byArea := b.listen("?kinds=status&area=" + rows[near.Code].Area.Code)
		defer byArea.close()
		above := b.listen("?kinds=status&area=" + answer[api.PlanAnswer](w, "/api/v1/plan").Area.Code)
		defer above.close()
		byArea.want("")
		above.want("")
		w.says(works(far.Code))
		b.after(time.Second)
		w.says(works(near.Code))
		b.after(time.Second)
		if e := event[api.StatusEvent](byArea, "status"); e.Camera != near.Code {
			t.Errorf("area %s was told of %s in %s", rows[near.Code].Area.Code, e.Camera, e.Area.Code)
		}
		for _, want := range []string{far.Code, near.Code} {
			if e := event[api.StatusEvent](above, "status"); e.Camera != want {
				t.Errorf("the area above was told of %s, want %s", e.Camera, want)
			}
		}
	})
}

func TestAnotherPlanIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		part := *w.plan
		gone := w.inService(0).Code
		part.Cameras = nil
		for _, c := range w.plan.Cameras {
			if c.Code != gone {
				part.Cameras = append(part.Cameras, c)
			}
		}
		smaller, err := plan.Build(part)
		if err != nil {
			t.Fatal(err)
		}
		var inForce atomic.Pointer[plan.Plan]
		inForce.Store(w.plan)
		b := serve(w, events.Config{}, inForce.Load)
		defer b.close()
		s := b.listen("?kinds=plan,outage,status")
		defer s.close()
		s.want("")
		w.says(fell(gone))
		b.after(time.Second)
		s.want("status")
		s.want("outage")
		inForce.Store(smaller)
		b.after(time.Second)
		s.want("plan")
		if e := event[api.OutageEvent](s, "outage"); e.Camera != gone || e.Why != "out_of_service" {
			t.Errorf("%+v", e)
		}
		inForce.Store(w.plan)
		b.after(time.Second)
		s.want("plan")
		if e := event[api.StatusEvent](s, "status"); e.Camera != gone || e.Was != nil || e.Status.Status != "down" {
			t.Errorf("%+v", e)
		}
		s.want("outage")
	})
}

func TestWhoComesBackMissesNothingOrIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := serve(w, events.Config{History: "abc", Events: 4}, nil)
		defer b.close()
		publish := func(n int) {
			for range n {
				b.hub.Publish(events.Event{Kind: "status", Data: []byte("1")})
			}
		}
		publish(3)
		for _, c := range []struct {
			name, last, kind, id, data string
		}{
			{"goes on", "abc-2", "status", "abc-3", "1"},
			{"another start of the hub", "0ff-2", "reset", "abc-3", `{"reason":"other_history"}`},
			{"nonsense", "2", "reset", "abc-3", `{"reason":"other_history"}`},
			{"a number that is yet to come", "abc-4", "reset", "abc-3", `{"reason":"other_history"}`},
		} {
			s := b.listen("", "Last-Event-ID", c.last)
			m, err := s.next()
			if err == nil && m.event == "" {
				m, err = s.next()
			}
			if err != nil || m.event != c.kind || m.id != c.id || m.data != c.data {
				t.Errorf("%s: %+v, %v", c.name, m, err)
			}
			s.close()
		}
		publish(4)
		s := b.listen("", "Last-Event-ID", "abc-2")
		defer s.close()
		if m := s.want("reset"); m.id != "abc-7" || m.data != `{"reason":"too_old"}` {
			t.Errorf("%+v", m)
		}
		publish(1)
		if m := s.want("status"); m.id != "abc-8" {
			t.Errorf("%+v", m)
		}
	})
}

func TestASlowClientIsToldAndDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := serve(w, events.Config{History: "abc", Events: 4}, nil)
		defer b.close()
		s := b.listen("")
		defer s.close()
		s.want("")
		for i := range 20 {
			b.hub.Publish(events.Event{Kind: "status", Data: fmt.Append(nil, i)})
			synctest.Wait() // the first one is being written, and waits
		}
		s.want("status")
		if m := s.want("dropped"); m.id != "abc-20" || m.data != `{"reason":"too_slow"}` {
			t.Errorf("%+v", m)
		}
		if m, err := s.next(); !errors.Is(err, io.EOF) {
			t.Errorf("after it was dropped: %+v, %v", m, err)
		}
		synctest.Wait()
		if n := b.hub.Clients(); n != 0 {
			t.Errorf("%d follow still", n)
		}
	})
}

func TestWhoTakesNothingIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := serve(w, events.Config{}, nil)
		defer b.close()
		s := b.listen("")
		defer s.close()
		s.want("")
		b.hub.Publish(events.Event{Kind: "status", Data: []byte("1")})
		synctest.Wait()
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if n := b.hub.Clients(); n != 1 {
			t.Errorf("after 9 s %d follow", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := b.hub.Clients(); n != 0 {
			t.Errorf("after 11 s %d follow", n)
		}
	})
}

// A stream outlives the times that the server gives one answer, and is never
// silent for long.
func TestASilentStreamLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := serve(w, events.Config{}, nil)
		defer b.close()
		s := b.listen("?kinds=plan", "Accept-Encoding", "gzip")
		defer s.close()
		if e := s.res.Header.Get("Content-Encoding"); e != "" {
			t.Errorf("it is encoded as %s, which holds it back", e)
		}
		s.want("")
		begin := time.Now()
		for range 20 {
			b.hub.Publish(events.Event{Kind: "status", Data: []byte("1")}) // not for this one
			last := time.Now()
			m := s.want("")
			if silent := time.Since(last); !m.comment || silent > 15*time.Second {
				t.Errorf("after %v: %+v", silent, m)
			}
			if m.id != b.id() {
				t.Errorf("its id is %s, want %s", m.id, b.id())
			}
		}
		if lived := time.Since(begin); lived < 4*time.Minute {
			t.Errorf("it was looked at for %v", lived)
		}
	})
}

// id is the newest id.
func (b *broadcast) id() string {
	b.t.Helper()
	c, err := b.hub.Follow(events.Filter{}, "")
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	return c.ID()
}

func TestOnlySoManyListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := serve(w, events.Config{Clients: 2}, nil)
		defer b.close()
		one, two := b.listen(""), b.listen("")
		defer two.close()
		full := b.listen("", "Accept-Language", "en")
		if full.res.StatusCode != http.StatusServiceUnavailable || full.res.Header.Get("Retry-After") == "" || full.res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d, %v", full.res.StatusCode, full.res.Header)
		}
		full.close()
		one.close()
		synctest.Wait()
		three := b.listen("")
		defer three.close()
		if three.res.StatusCode != 200 {
			t.Errorf("one went, and another gets %d", three.res.StatusCode)
		}
	})
}

func TestTheEndWaitsForNoStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := serve(w, events.Config{}, nil)
		idle, stuck := b.listen(""), b.listen("")
		defer idle.close()
		defer stuck.close()
		idle.want("")
		stuck.want("")
		b.hub.Publish(events.Event{Kind: "status", Data: []byte("1")})
		idle.want("status")
		synctest.Wait() // one waits for an event, the other is being written to
		begin := time.Now()
		b.close()
		if took := time.Since(begin); took > time.Second {
			t.Errorf("it took %v", took)
		}
		if m, err := idle.next(); err == nil {
			t.Errorf("after the end: %+v", m)
		}
	})
}

func TestEventsNameWhatWouldBeRight(t *testing.T) {
	w := newWorld(t)
	for query, says := range map[string]string{
		"?kinds=colour": "kinds",
		"?area=nowhere": "area",
		"?route=none":   "route",
		"?colour=red":   "colour",
	} {
		rec := w.get("/api/v1/events" + query)
		if rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
}

// Over a real line, with the hub's own pace.
func TestEventsOverALine(t *testing.T) {
	w := newWorld(t)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.server.Serve(ctx, ln) }()
	line, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	if err := line.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	s := ask(t, line, "?kinds=status", "Authorization", "Bearer "+w.admin)
	s.want("")
	// What was before it looked first is no change: so there is another change
	// until one is told.
	said := make(chan struct{})
	go func() {
		defer close(said)
		for i := 0; ; i++ {
			state := works(w.inService(0).Code)
			if i%2 == 1 {
				state = fell(state.Camera)
			}
			w.says(state)
			select {
			case <-ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	if e := event[api.StatusEvent](s, "status"); e.Camera != w.inService(0).Code {
		t.Errorf("%+v", e)
	}
	stop()
	<-said
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, s.in); err != nil {
		t.Errorf("the stream ends with %v", err)
	}
}

func TestAStreamEndsWithItsToken(t *testing.T) {
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		b := serve(w, events.Config{}, nil)
		defer b.close()
		token := w.token(account.ScopeRead, account.Grant{Role: account.Viewer})
		s := b.listen("", "Authorization", "Bearer "+token).eager()
		defer s.close()
		if m, err := s.next(); err != nil || m.event != "" {
			t.Fatalf("it begins with %+v, %v", m, err)
		}
		if _, err := w.store.Accounts().RevokeToken(t.Context(), strings.Split(token, "_")[1]); err != nil {
			t.Fatal(err)
		}
		at := time.Now()
		if e := event[api.EndedEvent](s, "ended"); e.Reason != "token" {
			t.Errorf("%+v", e)
		}
		if took := time.Since(at); took > 6*time.Second {
			t.Errorf("after %v", took)
		}
		if m, err := s.next(); err == nil {
			t.Errorf("it goes on: %+v", m)
		}
	})
}
