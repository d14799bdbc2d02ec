package agent_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// assignedConfig is that of an agent that names no camera.
func assignedConfig(t *testing.T, broker string) agent.Config {
	c := config(t, broker)
	c.Cameras = nil
	return c
}

// give publishes a list as the hub does.
func (h *hub) give(t *testing.T, l wire.List) []byte {
	t.Helper()
	p, err := wire.MarshalList(&l)
	if err != nil {
		t.Fatal(err)
	}
	h.publish(t, p)
	return p
}

func (h *hub) publish(t *testing.T, payload []byte) {
	t.Helper()
	if err := h.mqtt.Publish(wire.Topic("AGENT-1", wire.Plan), payload, true, 1); err != nil {
		t.Fatal(err)
	}
}

// probes counts what is probed, with which login.
type probes struct {
	mu    sync.Mutex
	seen  map[string]int // by user:password@URL
	login map[string]string
}

func (p *probes) probe(ctx context.Context, t probe.Target) probe.Result {
	p.mu.Lock()
	if p.seen == nil {
		p.seen, p.login = map[string]int{}, map[string]string{}
	}
	p.seen[t.URL]++
	p.login[t.URL] = t.Username + ":" + string(t.Password)
	p.mu.Unlock()
	return scripted(ctx, t)
}

func (p *probes) of(url string) (n int, login string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[url], p.login[url]
}

func runWith(t *testing.T, c agent.Config, log *slog.Logger, p *probes) (a *agent.Agent, stop func()) {
	t.Helper()
	a, err := agent.New(c, agent.Options{Version: "test", Logger: log, Probe: p.probe})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return a, stop
}

var three = wire.List{Revision: 7, Cameras: []wire.Assigned{
	{Camera: "GOOD", Address: "rtsp://good/", Width: 1920, Height: 1080}, {Camera: "WEAK", Address: "rtsp://weak/", Height: 1080}, {Camera: "GONE", Address: "rtsp://gone/"},
}}

func TestAnAgentWatchesWhatTheHubsListSays(t *testing.T) {
	h := startHub(t)
	c := assignedConfig(t, h.addr)
	c.Credentials = []agent.CredentialsConfig{{Code: "WEAK", Username: "viewer", Password: "hunter2"}}
	payload := h.give(t, three)
	var text syncBuffer
	p := &probes{}
	a, stop := runWith(t, c, slog.New(slog.NewTextHandler(&text, nil)), p)
	within(t, "all three are seen", func() bool { return len(a.Status().States) == 3 })
	st := a.Status().Assigned
	if !st.Known || st.Revision != 7 || st.Digest != wire.ListDigest(payload) || st.Cameras != 3 || len(st.Refused) != 0 {
		t.Errorf("%+v", st)
	}
	if _, login := p.of("rtsp://weak/"); login != "viewer:hunter2" {
		t.Errorf("login %q", login)
	}
	within(t, "the hub is told which list that is", h.look(func() bool {
		last := h.lives[len(h.lives)-1]
		return last.List == st.Digest && last.ListRevision == 7 && last.Cameras == 3
	}))

	// WEAK is expected to be what it is, GONE goes.
	next := wire.List{Revision: 8, Cameras: []wire.Assigned{three.Cameras[0], {Camera: "WEAK", Address: "rtsp://weak/"}}}
	h.give(t, next)
	within(t, "WEAK is up and GONE is gone", func() bool {
		states := a.Status().States
		return len(states) == 2 && states[1].Camera == "WEAK" && states[1].Status == wire.StatusUp
	})
	gone, _ := p.of("rtsp://gone/")
	good, _ := p.of("rtsp://good/")
	within(t, "GOOD goes on", func() bool { n, _ := p.of("rtsp://good/"); return n >= good+3 })
	if n, _ := p.of("rtsp://gone/"); n != gone {
		t.Errorf("GONE is still probed: %d times more", n-gone)
	}
	within(t, "the observation of GONE is there", h.look(func() bool {
		for _, o := range h.taken {
			if o.Camera == "GONE" {
				return true
			}
		}
		return false
	}))

	// The same again, and what is no list, disturb nobody.
	h.give(t, next)
	h.publish(t, []byte("noise"))
	h.publish(t, nil)
	within(t, "the noise is said", func() bool { return strings.Contains(text.String(), "cannot be used; the one before stays") })
	if st := a.Status().Assigned; st.Revision != 8 || st.Cameras != 2 {
		t.Errorf("%+v", st)
	}
	if n := strings.Count(text.String(), "works from a new list of cameras"); n != 2 {
		t.Errorf("%d new lists:\n%s", n, text.String())
	}

	// An empty list ends everything.
	h.give(t, wire.List{Revision: 9})
	within(t, "nothing is watched", func() bool { st := a.Status(); return len(st.States) == 0 && st.Assigned.Revision == 9 })
	stop()
	if strings.Contains(text.String(), "hunter2") {
		t.Error("a password is logged")
	}
}

func TestAnAgentWorksWithoutTheHubAfterARestart(t *testing.T) {
	h := startHub(t)
	c := assignedConfig(t, h.addr)
	h.give(t, three)
	a, stop := runWith(t, c, quiet, &probes{})
	within(t, "the list has come", func() bool { return a.Status().Assigned.Known })
	stop()
	c.Broker.URL = "mqtt://127.0.0.1:1"
	p := &probes{}
	a, stop = runWith(t, c, quiet, p)
	if st := a.Status().Assigned; st.Revision != 7 || st.Cameras != 3 {
		t.Errorf("%+v", st)
	}
	within(t, "it probes", func() bool { n, _ := p.of("rtsp://good/"); return n > 1 })
	var out bytes.Buffer
	sum, err := agent.Check(t.Context(), agent.CheckOptions{Config: &c, File: "agent.yaml", Lang: wire.VI, Out: &out, Probe: scripted})
	if text := out.String(); err != nil || sum.Working+sum.Degraded != 2 || sum.Failed != 1 || !strings.Contains(text, "3 camera, bản kế hoạch 7, nhận lúc 2") || !strings.Contains(text, "[2/3] WEAK") {
		t.Errorf("%+v, %v\n%s", sum, err, text)
	}
	stop()

	// A list that is damaged is said and left; the key is not touched by it.
	path := filepath.Join(c.Spool.Dir, "plan", "list")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var log syncBuffer
	a, stop = runWith(t, c, slog.New(slog.NewTextHandler(&log, nil)), p)
	if st := a.Status().Assigned; st.Known || !strings.Contains(log.String(), "is damaged") {
		t.Errorf("%+v\n%s", st, log.String())
	}
	stop()
	out.Reset()
	if sum, err := agent.Check(t.Context(), agent.CheckOptions{Config: &c, Lang: wire.EN, Out: &out, Probe: scripted}); err != nil || sum.Trouble < 1 || !strings.Contains(out.String(), "list_refused") {
		t.Errorf("%+v, %v\n%s", sum, err, out.String())
	}
	c.Broker.URL = "mqtt://" + h.addr
	a, _ = runWith(t, c, quiet, p)
	within(t, "the hub's list mends it", func() bool { return a.Status().Assigned.Cameras == 3 })
}

func TestSealedCredentialsAreOpenedOrTheirCameraIsRefused(t *testing.T) {
	h := startHub(t)
	c := assignedConfig(t, h.addr)
	_, stop := runWith(t, c, quiet, &probes{}) // draws the key
	within(t, "a hello", func() bool { _, key, _ := c.KeptList(); return key != (wire.Key{}) })
	stop()
	_, key, err := c.KeptList()
	if err != nil {
		t.Fatal(err)
	}
	seal := func(k wire.Key, camera string) []byte {
		s, err := wire.Seal(k, camera, wire.Credentials{Username: "viewer", Password: "hunter2"})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	_, stranger, err := wire.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	h.give(t, wire.List{Revision: 3, Cameras: []wire.Assigned{
		{Camera: "GOOD", Address: "rtsp://good/", Sealed: seal(key, "GOOD")},
		{Camera: "WEAK", Address: "rtsp://weak/", Sealed: seal(stranger, "WEAK")},
		{Camera: "GONE", Address: "rtsp://gone/", Sealed: seal(key, "GOOD")},
		{Camera: "FAST", Address: "rtsp://fast/", LightInterval: 100},
		{Camera: "OWN", Address: "rtsp://own/", Sealed: seal(stranger, "OWN")},
	}})
	c.Credentials = []agent.CredentialsConfig{{Code: "OWN", Username: "mine"}}
	var log syncBuffer
	p := &probes{}
	a, _ := runWith(t, c, slog.New(slog.NewTextHandler(&log, nil)), p)
	within(t, "two are watched", func() bool { return len(a.Status().States) == 2 })
	st := a.Status().Assigned
	reasons := map[string]string{}
	for _, r := range st.Refused {
		reasons[r.Camera] = r.Reason
	}
	if len(reasons) != 3 || !strings.Contains(reasons["WEAK"], "not sealed to this device's key, which is "+key.String()) ||
		!strings.Contains(reasons["GONE"], "those of camera GOOD") || !strings.Contains(reasons["FAST"], "light_interval: 100ms is out of range") {
		t.Errorf("%v", reasons)
	}
	if _, login := p.of("rtsp://good/"); login != "viewer:hunter2" {
		t.Errorf("login %q", login)
	}
	if _, login := p.of("rtsp://own/"); login != "mine:" {
		t.Errorf("login %q", login)
	}
	if text := log.String(); !strings.Contains(text, "a camera of the list cannot be watched") || strings.Contains(text, "hunter2") {
		t.Error(text)
	}
	within(t, "the hub is told that three are refused", h.look(func() bool { return h.lives[len(h.lives)-1].ListRefused == 3 }))
}

func TestWhatTheListSaysOfTimesWinsAndOneIntervalIsEnough(t *testing.T) {
	h := startHub(t)
	h.give(t, wire.List{Revision: 1, Cameras: []wire.Assigned{
		{Camera: "GOOD", Address: "rtsp://good/", Depth: wire.DepthFull, LightInterval: 300, Transport: wire.TransportTCP},
		{Camera: "WEAK", Address: "rtsp://weak/", LightInterval: 3_600_000},
	}})
	p := &probes{}
	a, _ := runWith(t, assignedConfig(t, h.addr), quiet, p)
	within(t, "the quick one is probed", func() bool { n, _ := p.of("rtsp://good/"); return n >= 3 })
	if st := a.Status().Assigned; st.Cameras != 2 || len(st.Refused) != 0 {
		t.Errorf("%+v", st)
	}
	if n, _ := p.of("rtsp://weak/"); n > 1 {
		t.Errorf("the slow one was probed %d times", n)
	}
}

func TestAnAgentWithCamerasOfItsOwnTakesNoList(t *testing.T) {
	h := startHub(t)
	h.give(t, wire.List{Revision: 1, Cameras: []wire.Assigned{{Camera: "X", Address: "rtsp://x/"}}})
	c := config(t, h.addr)
	p := &probes{}
	a, _ := runWith(t, c, quiet, p)
	within(t, "its own are seen", func() bool { return len(a.Status().States) == 3 })
	if n, _ := p.of("rtsp://x/"); n != 0 || a.Status().Assigned.Known {
		t.Error("the list was taken")
	}
	if _, err := os.Stat(filepath.Join(c.Spool.Dir, "plan")); err == nil {
		t.Error("a key was drawn")
	}
}

func TestCredentialsInAFileThatEverybodyCanReadAreRefused(t *testing.T) {
	path := write(t, least+"credentials:\n- {code: 007, username: viewer, password: 012345}\n")
	c, err := agent.LoadConfig(path)
	if err != nil || c.Credentials[0].Code != "007" || c.Credentials[0].Password != "012345" {
		t.Fatalf("%+v, %v", c.Credentials, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := agent.LoadConfig(path); err == nil || !strings.Contains(err.Error(), "credentials: everybody on this machine can read") || !strings.Contains(err.Error(), "chmod 640") {
		t.Error(err)
	}
	for want, text := range map[string]string{
		":5: credentials: they are for cameras that come from the hub": "credentials:\n- {code: a}\ncameras:\n- {code: b, url: rtsp://h/}\n",
		":6: credentials[1].code: camera a is there twice":             "credentials:\n- {code: a}\n- {code: a}\n",
		":5: credentials[0].code: is missing":                          "credentials:\n- {username: a}\n",
		":5: credentials[0].ca_file: cannot be read":                   "credentials:\n- {code: a, ca_file: none.pem}\n",
	} {
		if _, err := agent.LoadConfig(write(t, least+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}
