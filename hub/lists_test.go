package hub_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/phukin/phukin/hub"
	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/broker/brokertest"
	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// desk is a hub's database as other processes use it, each for a moment.
type desk struct {
	t    *testing.T
	path string
}

func (d *desk) use(f func(db *sqlite.DB)) {
	d.t.Helper()
	db, err := sqlite.Open(d.t.Context(), d.path, sqlite.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			d.t.Error(err)
		}
	}()
	f(db)
}

// plan makes a revision in which each camera, "code agent address", stands.
func (d *desk) plan(cameras ...string) {
	d.t.Helper()
	doc := &plan.Document{}
	doc.Add(plan.Settings, map[string]string{"name": "Kế hoạch", "root": "R"})
	doc.Add(plan.Phases, map[string]string{"code": "P", "name": "Một", "from": "2026-01-01", "to": "2026-12-31"})
	doc.Add(plan.Areas, map[string]string{"code": "R", "kind": "huyện", "name": "Huyện"})
	doc.Add(plan.Sites, map[string]string{"code": "S", "name": "Chợ", "area": "R", "kind": "market", "lon": "105.8", "lat": "18.3"})
	for _, c := range cameras {
		f := strings.Fields(c)
		doc.Add(plan.Cameras, map[string]string{"code": f[0], "site": "S", "agent": f[1], "phase": "P", "azimuth": "0", "fov": "90", "width": "1920", "height": "1080", "owner": "public", "address": f[2]})
	}
	c, err := plan.Compile(doc)
	if err != nil {
		d.t.Fatal(err)
	}
	d.commit(c.Document)
}

func (d *desk) commit(doc *plan.Document) {
	d.t.Helper()
	d.use(func(db *sqlite.DB) {
		base := 0
		if r, err := plan.Newest(d.t.Context(), db.Plan()); err == nil {
			base = r.Number
		}
		if _, err := db.Plan().Commit(d.t.Context(), base, doc, plan.Revision{At: time.Now(), Author: "an", Reason: "x"}); err != nil {
			d.t.Fatal(err)
		}
	})
}

func (d *desk) newest() (p *plan.Plan) {
	d.t.Helper()
	d.use(func(db *sqlite.DB) {
		c, err := plan.LoadNewest(d.t.Context(), db.Plan())
		if err != nil {
			d.t.Fatal(err)
		}
		p = c.Plan
	})
	return p
}

// listener is an agent that hears its lists.
type listener struct {
	t     *testing.T
	code  string
	c     mqtt.Client
	mu    sync.Mutex
	lists []wire.List
	raw   [][]byte
	kept  []bool
}

func listen(t *testing.T, broker, code, token string) *listener {
	t.Helper()
	l := &listener{t: t, code: code}
	l.c = mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + broker).SetClientID(code).SetUsername(code).SetPassword(token).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience))
	l.done(l.c.Connect())
	l.done(l.c.Subscribe(wire.Topic(code, wire.Plan), 1, func(_ mqtt.Client, m mqtt.Message) {
		list, err := wire.UnmarshalList(m.Payload())
		if err != nil || len(list.Bad) > 0 {
			t.Errorf("the hub sends what no agent takes: %v, %v", err, list.Bad)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lists, l.raw, l.kept = append(l.lists, list), append(l.raw, bytes.Clone(m.Payload())), append(l.kept, m.Retained())
	}))
	return l
}

func (l *listener) done(token mqtt.Token) {
	l.t.Helper()
	if !token.WaitTimeout(patience) || token.Error() != nil {
		l.t.Fatal("broker: ", token.Error())
	}
}

func (l *listener) hello(session uint64, key wire.Key) {
	l.done(l.c.Publish(wire.Topic(l.code, wire.Up), 1, false, wire.MarshalUp(wire.UpMessage{Hello: &wire.Hello{Epoch: 1, Session: session, AgentVersion: "1", Key: key}})))
}

// confirms says that it works from a list.
func (l *listener) confirms(session, digest uint64, revision uint32) {
	l.done(l.c.Publish(wire.Topic(l.code, wire.Live), 1, false, wire.MarshalLive(&wire.LiveMessage{
		Online: true, Session: session, Whole: true, Sent: time.Now().UnixMilli(), Interval: 60_000, List: digest, ListRevision: revision, ListRefused: 1,
	})))
}

// heard gives the newest list as "revision: camera address, …", and how many came.
func (l *listener) heard() (string, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lists) == 0 {
		return "", 0
	}
	n := l.lists[len(l.lists)-1]
	var cameras []string
	for _, c := range n.Cameras {
		cameras = append(cameras, c.Camera+" "+c.Address)
	}
	return fmt.Sprintf("%d: %s", n.Revision, strings.Join(cameras, ", ")), len(l.lists)
}

func (l *listener) expect(want string) {
	l.t.Helper()
	eventually(l.t, "the list "+want, func() bool { got, _ := l.heard(); return got == want })
}

func token(t *testing.T, h *hub.Hub, code string) string {
	t.Helper()
	s, err := enrol.Issue(t.Context(), h.Agents(), code, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestANewRevisionComesIntoForceWhileTheHubRunsAndOnlyWhoIsConcernedIsTold(t *testing.T) {
	c := config(t)
	d := &desk{t, c.Database}
	d.plan("a x rtsp://192.0.2.1/a", "b y rtsp://192.0.2.1/b")
	c.Plan = d.newest()
	h, stop := start(t, c)
	addr := h.MQTTAddr().String()
	x, y, z := listen(t, addr, "x", token(t, h, "x")), listen(t, addr, "y", token(t, h, "y")), listen(t, addr, "z", token(t, h, "z"))
	defer func() { x.c.Disconnect(0); y.c.Disconnect(0); z.c.Disconnect(0) }()
	x.expect("1: a rtsp://192.0.2.1/a")
	y.expect("1: b rtsp://192.0.2.1/b")
	z.hello(1, wire.Key{3}) // it is in no plan, and is told so
	z.expect("1: ")

	d.plan("a x rtsp://192.0.2.1/a2", "b y rtsp://192.0.2.1/b")
	x.expect("2: a rtsp://192.0.2.1/a2")
	eventually(t, "the plan in force", func() bool { return h.Plan().Revision.Number == 2 })
	if h.Plan().Camera("a").Address.Reveal() != "rtsp://192.0.2.1/a2" {
		t.Error("the plan in force is another")
	}
	// Camera b goes from y to x: y is told that it has none.
	d.plan("a x rtsp://192.0.2.1/a2", "b x rtsp://192.0.2.1/b")
	x.expect("3: a rtsp://192.0.2.1/a2, b rtsp://192.0.2.1/b")
	y.expect("3: ")
	if _, n := y.heard(); n != 2 {
		t.Errorf("y was given %d lists, want 2: the one of revision 2 is the same", n)
	}
	if _, n := z.heard(); n != 1 {
		t.Errorf("z was given %d lists", n)
	}

	// What y saw while it had b is taken, before and after it took the new list.
	if !heldBy(t, h, "b", "y") {
		t.Error("y may not speak of the time in which it had b")
	}

	// A hub that starts again gives the same lists, and knows the agents that are
	// in the plan no more.
	raw := x.raw[len(x.raw)-1]
	stop()
	c.Plan = d.newest()
	h, stop = start(t, c)
	defer stop()
	addr = h.MQTTAddr().String()
	x2, y2 := listen(t, addr, "x", token(t, h, "x")), listen(t, addr, "y", token(t, h, "y"))
	defer func() { x2.c.Disconnect(0); y2.c.Disconnect(0) }()
	x2.expect("3: a rtsp://192.0.2.1/a2, b rtsp://192.0.2.1/b")
	y2.expect("3: ")
	if !bytes.Equal(x2.raw[0], raw) {
		t.Error("the same list has other bytes after a restart")
	}
	x2.hello(1, wire.Key{1})
	x2.confirms(1, wire.ListDigest(raw), 3)
	eventually(t, "it is known what x works from", func() bool {
		s := h.Lists()["x"]
		return s.TakenRevision == 3 && s.Revision == 3 && s.Cameras == 2 && s.Key == wire.Key{1}
	})
	if a, _ := h.Live().Agent("x"); a.ListRevision != 3 || a.ListRefused != 1 {
		t.Errorf("%+v", a)
	}
}

// heldBy says whether the hub takes an observation of a former agent.
func heldBy(t *testing.T, h *hub.Hub, camera, agent string) bool {
	t.Helper()
	former, err := h.Assign().Former(t.Context(), h.Plan().Revision.Number)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := h.Assign().Sent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return assign.NewOwners(h.Plan(), former).Held(camera, agent, sent[agent]) > time.Now().UnixMilli()
}

func TestCredentialsThatAreEnteredGoToTheirAgentAndAChangedKeyIsShown(t *testing.T) {
	c := config(t)
	d := &desk{t, c.Database}
	d.plan("a x rtsp://192.0.2.1/a")
	c.Plan = d.newest()
	var log safeLog
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	h, stop := start(t, c)
	defer stop()
	private, key, err := wire.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	x := listen(t, h.MQTTAddr().String(), "x", token(t, h, "x"))
	defer x.c.Disconnect(0)
	x.hello(1, key)
	keys := func() map[string]assign.Key {
		keys, err := h.Assign().Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	eventually(t, "the key", func() bool { return keys()["x"].Key == key })
	sealed, err := assign.Seal(d.newest(), keys(), "a", wire.Credentials{Username: "viewer", Password: "hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	sealed.At = time.Now()
	d.use(func(db *sqlite.DB) {
		if err := db.Assign().SetCredential(t.Context(), sealed); err != nil {
			t.Fatal(err)
		}
	})
	last := func() []byte {
		x.mu.Lock()
		defer x.mu.Unlock()
		if len(x.lists) == 0 || len(x.lists[len(x.lists)-1].Cameras) == 0 {
			return nil
		}
		return x.lists[len(x.lists)-1].Cameras[0].Sealed
	}
	eventually(t, "credentials come", func() bool { return len(last()) > 0 })
	if got, err := wire.Open(private, "a", last()); err != nil || got.Password != "hunter2" {
		t.Errorf("%#v, %v", got, err)
	}
	if s := h.Lists()["x"]; len(s.Lost) != 0 {
		t.Errorf("%+v", s)
	}
	x.hello(2, wire.Key{9})
	eventually(t, "the loss is shown", func() bool { return slices.Equal(h.Lists()["x"].Lost, []string{"a"}) })
	if text := log.String(); !strings.Contains(text, "an agent has another key") || strings.Contains(text, "hunter2") {
		t.Error(text)
	}
	d.use(func(db *sqlite.DB) {
		if had, err := db.Assign().ForgetCredential(t.Context(), "a"); !had || err != nil {
			t.Fatal(had, err)
		}
	})
	eventually(t, "a list without them", func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		n := x.lists[len(x.lists)-1].Cameras
		return len(n) == 1 && n[0].Sealed == nil
	})
}

// At a broker where nobody may retain, a hello is answered with the list.
func TestAtABrokerThatKeepsNothingAHelloIsAnsweredWithTheList(t *testing.T) {
	dir := t.TempDir()
	files, err := brokertest.Certificates(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := brokertest.NewMosquitto(dir, files, "x")
	if err == nil {
		err = m.Start()
	}
	missing(t, err)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Stop()
	c := config(t)
	d := &desk{t, c.Database}
	d.plan("a x rtsp://192.0.2.1/a")
	c.Plan, c.MQTTListen, c.MQTTURL, c.MQTTUser, c.MQTTPass = d.newest(), "", "mqtt://"+m.Plain, enrol.HubUser, m.Tokens[enrol.HubUser]
	h, stop := start(t, c)
	defer stop()
	eventually(t, "the list is made", func() bool { return h.Lists()["x"].Revision == 1 })
	for session := range uint64(2) {
		x := listen(t, m.Plain, "x", m.Tokens["x"])
		if got, n := x.heard(); n != 0 {
			t.Errorf("before its hello it has %q", got)
		}
		x.hello(session+1, wire.Key{1})
		x.expect("1: a rtsp://192.0.2.1/a")
		if x.kept[0] {
			t.Error("the broker keeps lists")
		}
		if session == 1 {
			d.plan("a x rtsp://192.0.2.1/other")
			x.expect("2: a rtsp://192.0.2.1/other")
		}
		x.c.Disconnect(0)
	}
}

// A revision that cannot be loaded leaves the one before in force.
func TestARevisionThatCannotBeLoadedIsSaidAndNotInForce(t *testing.T) {
	c := config(t)
	d := &desk{t, c.Database}
	d.plan("a x rtsp://192.0.2.1/a")
	c.Plan = d.newest()
	var log safeLog
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	h, stop := start(t, c)
	defer stop()
	doc := &plan.Document{}
	doc.Add(plan.Settings, map[string]string{"name": "Kế hoạch", "root": "nowhere"})
	d.commit(doc.Canonical())
	eventually(t, "it is said", func() bool { return strings.Contains(log.String(), "revision 2 of the plan is not in force, 1 stays") })
	if n := h.Plan().Revision.Number; n != 1 {
		t.Errorf("revision %d is in force", n)
	}
	d.plan("a x rtsp://192.0.2.1/mended")
	eventually(t, "the next one is in force", func() bool { return h.Plan().Revision.Number == 3 })
	if n := strings.Count(log.String(), "is not in force"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*safeLog)(nil)

func (s *safeLog) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *safeLog) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

// missing skips a test loudly, or fails it where every peer must be there.
func missing(t *testing.T, err error) {
	t.Helper()
	m := (*brokertest.MissingError)(nil)
	if !errors.As(err, &m) {
		return
	}
	if os.Getenv("PHUKIN_REQUIRE_PEERS") == "1" {
		t.Fatal(m)
	}
	t.Skip("LOUD SKIP: ", m)
}

// A list that was lost on its way is given again.
func TestAnAgentThatDoesNotWorkFromItsListIsGivenItAgain(t *testing.T) {
	c := config(t)
	d := &desk{t, c.Database}
	d.plan("a x rtsp://192.0.2.1/a")
	c.Plan = d.newest()
	var mu sync.Mutex
	var ahead time.Duration
	c.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(ahead) }
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); ahead += d }
	h, stop := start(t, c)
	defer stop()
	x := listen(t, h.MQTTAddr().String(), "x", token(t, h, "x"))
	defer x.c.Disconnect(0)
	x.expect("1: a rtsp://192.0.2.1/a")
	x.hello(1, wire.Key{1})
	x.confirms(1, 4711, 0) // it works from another one
	eventually(t, "its hello and what it works from are heard", func() bool {
		a, _ := h.Live().Agent("x")
		return a.List == 4711 && h.Lists()["x"].Key == wire.Key{1}
	})
	for want := 2; want <= 3; want++ {
		pass(21 * time.Second)
		eventually(t, "the list comes again", func() bool { _, n := x.heard(); return n == want })
	}
	if h.Lists()["x"].TakenAt != (time.Time{}) {
		t.Error("it is said to work from the list")
	}
	x.confirms(1, h.Lists()["x"].Digest, 1)
	eventually(t, "it works from it", func() bool { return h.Lists()["x"].TakenRevision == 1 })
	pass(time.Minute)
	before := h.Lists()["x"]
	d.plan("a x rtsp://192.0.2.1/a", "b y rtsp://192.0.2.1/b") // so that the hub has looked since
	eventually(t, "the next revision is in force", func() bool { return h.Lists()["y"].Revision == 2 })
	if _, n := x.heard(); n != 3 || h.Lists()["x"].TakenAt != before.TakenAt {
		t.Errorf("it was given %d lists", n)
	}
}

func TestEarlierRevisionsOfThePlanAreGiven(t *testing.T) {
	c := config(t)
	d := &desk{t, c.Database}
	d.plan("a x rtsp://192.0.2.1/a")
	d.plan("a x rtsp://192.0.2.1/a", "b y rtsp://192.0.2.1/b")
	c.Plan = d.newest()
	h, stop := start(t, c)
	defer stop()
	for revision, cameras := range []int{0, 1, 2} {
		p, err := h.PlanAt(t.Context(), revision)
		if cameras == 0 {
			if !errors.Is(err, plan.ErrNoRevision) {
				t.Errorf("revision %d: %v", revision, err)
			}
			continue
		}
		if err != nil || len(p.Cameras) != cameras || p.Revision.Number != revision {
			t.Errorf("revision %d: %+v, %v", revision, p, err)
		}
	}
}
