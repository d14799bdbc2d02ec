package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/deploy/bench/proc"
	"github.com/phukin/phukin/hub/coverage/coveragetest"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// What listens, and what changes.
const (
	eventClients = 500
	eventChanges = 50 // statuses of cameras a second
	eventAgents  = 20 // that the cameras are spread over
	eventPace    = 500 * time.Millisecond
)

type eventsOrder struct {
	Dir     string
	Changes int      // make so many, at the pace
	Batches []string // of the peer: to be written to each client, one after the other at eventPace
}

type eventsAnswer struct {
	Addr string
	CPU  time.Duration // of this process, while changes were made
	Wall time.Duration
	Peak int // of its RSS so far, in KiB
}

// eventsHubChild is the API over the large plan, whose agents say that cameras
// change.
func eventsHubChild(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var o eventsOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	debug.SetGCPercent(300) // as phukin-hub does
	w, err := newEventWorld(ctx, o.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.store.Close()) }()
	s, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.view, Open: true})
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	err = eventOrders(orders, answers, ln.Addr().String(), func(o eventsOrder) {
		tick := time.NewTicker(time.Second / eventChanges)
		defer tick.Stop()
		for range o.Changes {
			<-tick.C
			w.change()
		}
		time.Sleep(2 * eventPace) // until the last is told
	})
	stop()
	return errors.Join(err, <-done)
}

// eventOrders answers with the address, and then each order with what it cost.
func eventOrders(orders *json.Decoder, answers *json.Encoder, addr string, do func(eventsOrder)) error {
	if err := answers.Encode(eventsAnswer{Addr: addr}); err != nil {
		return err
	}
	for {
		var o eventsOrder
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		began, begin := cpu(), time.Now()
		do(o)
		a := eventsAnswer{CPU: cpu() - began, Wall: time.Since(begin)}
		var err error
		if a.Peak, err = proc.Status(os.Getpid(), "VmHWM"); err != nil {
			return err
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// eventWorld is a plan whose agents say what changes.
type eventWorld struct {
	plan   *plan.Plan
	store  *sqlite.DB
	view   *live.View
	states []map[string]wire.State // by agent
	made   int
}

func newEventWorld(ctx context.Context, dir string) (*eventWorld, error) {
	p := coveragetest.Network(coverageRoutes, coverageVertices, coverageCameras, 1)
	for i := range p.Cameras {
		p.Cameras[i].Agent = fmt.Sprintf("agent-%02d", i%eventAgents)
	}
	p.Name = plan.Text{VI: "Thử", EN: "Trial"}
	p.Levels = []plan.Level{{Code: coverageLevel.Code, Name: plan.Text{VI: "phát hiện", EN: "detection"}, Density: coverageLevel.Density}}
	p.Level, p.Root = coverageLevel.Code, "A"
	p.Phases = []plan.Phase{{Code: "1", Name: p.Name, From: 1, To: 20000}}
	p.Areas = append(p.Areas, plan.Area{Code: "A", Kind: "huyện", Name: "A"})
	for i := range 22 {
		code := fmt.Sprintf("A%02d", i)
		p.Areas = append(p.Areas, plan.Area{Code: code, Kind: "xã", Name: code, Parent: "A"})
	}
	for i := range p.Junctions {
		p.Junctions[i].Name = p.Junctions[i].Code
	}
	for i := range p.Gateways {
		p.Gateways[i].Name = p.Gateways[i].Code
	}
	for i := range p.Routes {
		p.Routes[i].Name = p.Routes[i].Code
	}
	for i := range p.Sites {
		p.Sites[i].Name = p.Sites[i].Code
	}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		c.Phase, c.Owner, c.Height, c.FrameRate = "1", plan.OwnerPublic, c.Width*9/16, 15
		c.Due, c.Surveyed = 1, 1
	}
	p, err := plan.Build(*p)
	if err != nil {
		return nil, err
	}
	w := &eventWorld{plan: p, view: live.New(nil), states: make([]map[string]wire.State, eventAgents)}
	if w.store, err = sqlite.Open(ctx, filepath.Join(dir, "hub.db"), sqlite.Options{Location: p.Location}); err != nil {
		return nil, err
	}
	for i := range w.states {
		w.states[i] = map[string]wire.State{}
	}
	for i := range p.Cameras {
		w.set(i, wire.StatusUp)
	}
	for i := range w.states {
		w.says(i, "")
	}
	return w, nil
}

func (w *eventWorld) set(camera int, status wire.Status) {
	now := time.Now().UnixMilli()
	s := wire.State{Camera: w.plan.Cameras[camera].Code, Status: status, Since: now, Probed: now, Rung: wire.RungFresh}
	if status == wire.StatusDown {
		s.Fault, s.FellOn, s.Rung = wire.FaultTimeout, wire.RungConnect, wire.RungResolve
	}
	w.states[camera%eventAgents][s.Camera] = s
}

// says sends what an agent says of one camera, or of all.
func (w *eventWorld) says(agent int, camera string) {
	m := &wire.LiveMessage{Online: true, Session: 1, Sent: time.Now().UnixMilli(), Interval: 60_000, Whole: camera == ""}
	all := make([]wire.State, 0, len(w.states[agent]))
	for _, s := range w.states[agent] {
		if all = append(all, s); camera == "" || s.Camera == camera {
			m.States = append(m.States, s)
		}
	}
	m.Digest, m.Cameras = wire.Digest(all), len(all)
	w.view.Take(fmt.Sprintf("agent-%02d", agent), m)
}

// change lets the next camera go down, or come back.
func (w *eventWorld) change() {
	camera := w.made % len(w.plan.Cameras)
	status := wire.StatusDown
	if w.made/len(w.plan.Cameras)%2 == 1 {
		status = wire.StatusUp
	}
	w.made++
	w.set(camera, status)
	w.says(camera%eventAgents, w.plan.Cameras[camera].Code)
}

// eventsBareChild writes ready bytes to whoever listens, and knows nothing else.
func eventsBareChild(ctx context.Context, in io.Reader, out io.Writer) error {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var o eventsOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	debug.SetGCPercent(300)
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var written [][]byte
	changed := make(chan struct{})
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		line := http.NewResponseController(w)
		for n := 0; ; {
			if line.Flush() != nil {
				return
			}
			mu.Lock()
			next, wait := written[n:], changed
			mu.Unlock()
			for _, b := range next {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
			if n += len(next); len(next) > 0 {
				continue
			}
			select {
			case <-wait:
			case <-r.Context().Done():
				return
			}
		}
	}
	srv := &http.Server{Handler: http.HandlerFunc(handler), ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	err = eventOrders(orders, answers, ln.Addr().String(), func(o eventsOrder) {
		tick := time.NewTicker(eventPace)
		defer tick.Stop()
		for _, b := range o.Batches {
			<-tick.C
			mu.Lock()
			written = append(written, []byte(b))
			close(changed)
			changed = make(chan struct{})
			mu.Unlock()
		}
		time.Sleep(2 * eventPace)
	})
	err = errors.Join(err, srv.Close())
	if ended := <-done; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// eventsCost measures what it costs to tell 500 clients of 50 changes a second:
// the CPU time of the whole process, with the live view that takes the changes
// and the coverage that follows from them.
func eventsCost(ctx context.Context, o options, f *figures) error {
	seconds := 20
	if o.short {
		seconds = 8
	}
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	hub, quiet, batches, err := eventRound(ctx, "events-hub", eventsOrder{Dir: dir, Changes: seconds * eventChanges})
	if err != nil {
		return err
	}
	if n := strings.Count(strings.Join(batches, ""), "event: status\n"); n != seconds*eventChanges {
		return fmt.Errorf("%d changes were told, %d were made", n, seconds*eventChanges)
	}
	bare, _, _, err := eventRound(ctx, "events-bare", eventsOrder{Batches: batches})
	if err != nil {
		return err
	}
	size := 0
	for _, b := range batches {
		size += len(b)
	}
	cores := func(a eventsAnswer) float64 { return a.CPU.Seconds() / a.Wall.Seconds() }
	times := cores(hub) / cores(bare)
	f.add(fmt.Sprintf("%d clients are told of %d changes a second among %d cameras: cores, all of the hub's", eventClients, eventChanges, coverageCameras),
		fmt.Sprintf("%.2f", cores(hub)), "a bare net/http handler that writes the same ready bytes", fmt.Sprintf("%.2f", cores(bare)), ratioText(times), "≤ 1 core", cores(hub) <= 1)
	f.add("… of that, when nobody listens", fmt.Sprintf("%.2f", cores(quiet)), "", "", "", "", true)
	f.add("… peak RSS", mib(hub.Peak), "the hub with the same changes, nobody listening", mib(quiet.Peak), mib(hub.Peak-quiet.Peak)+" more", "≤ 128 MB more", hub.Peak-quiet.Peak <= 128<<10)
	f.add("… bytes a second to each client", fmt.Sprintf("%.1f kB", float64(size)/hub.Wall.Seconds()/1000), "peak RSS of the bare handler", mib(bare.Peak), "", "", true)
	return nil
}

// eventRound lets the clients listen to one server, and gives what it cost, what
// half as many changes cost before anybody listened, and what one of them was
// told, by the time at which it was. All must be told the same.
func eventRound(ctx context.Context, child string, o eventsOrder) (a, quiet eventsAnswer, batches []string, err error) {
	server, err := spawn(ctx, child, eventsOrder{Dir: o.Dir}, &a)
	if err != nil {
		return a, quiet, nil, err
	}
	defer server.close()
	addr := a.Addr
	if o.Changes > 0 {
		if err := server.ask(eventsOrder{Changes: o.Changes / 2}, &quiet); err != nil {
			return a, quiet, nil, err
		}
	}
	var ready, done sync.WaitGroup
	var failed atomic.Pointer[error]
	sizes := make([]int, eventClients)
	lines := make([]net.Conn, eventClients)
	defer func() {
		for _, l := range lines {
			if l != nil {
				_ = l.Close()
			}
		}
		done.Wait()
	}()
	for i := range lines {
		if lines[i], err = (&net.Dialer{}).DialContext(ctx, "tcp", addr); err != nil {
			return a, quiet, nil, err
		}
		ready.Add(1)
		done.Go(func() {
			if err := listen(lines[i], ready.Done, func(b []byte) {
				sizes[i] += len(b)
				if i > 0 {
					return
				}
				batches = append(batches, string(b))
			}); err != nil {
				failed.Store(&err)
			}
		})
	}
	ready.Wait()
	time.Sleep(2 * eventPace) // the hub looks once before anything changes
	if err := server.ask(o, &a); err != nil {
		return a, quiet, nil, err
	}
	for _, l := range lines {
		_ = l.SetReadDeadline(time.Now()) // it is told nothing more
	}
	done.Wait()
	if err := failed.Load(); err != nil {
		return a, quiet, nil, *err
	}
	for i, n := range sizes {
		if n != sizes[0] {
			return a, quiet, nil, fmt.Errorf("client %d was told %d bytes, the first one %d", i, n, sizes[0])
		}
	}
	return a, quiet, joined(batches), nil
}

// joined puts pieces of messages together.
func joined(pieces []string) (whole []string) {
	rest := ""
	for _, p := range pieces {
		rest += p
		if strings.HasSuffix(rest, "\n\n") {
			whole, rest = append(whole, rest), ""
		}
	}
	return whole
}

// listen asks for events, says when it is answered, and reads until the line's
// deadline. take is given what comes but for the greeting.
func listen(line net.Conn, answered func(), take func([]byte)) error {
	answered = sync.OnceFunc(answered)
	defer answered()
	if _, err := io.WriteString(line, "GET /api/v1/events HTTP/1.1\r\nHost: hub\r\n\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReaderSize(line, 32<<10), nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the stream is answered with %s", res.Status)
	}
	answered()
	buf := make([]byte, 64<<10)
	for {
		n, err := res.Body.Read(buf)
		if b := buf[:n]; n > 0 && !strings.HasPrefix(string(b), "retry: ") {
			take(b)
		}
		if err != nil {
			return ignoreDeadline(err)
		}
	}
}

func ignoreDeadline(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}
