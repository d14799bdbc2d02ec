package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api/client"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/influx/influxtest"
	"github.com/phukin/phukin/hub/sqlite"
)

// The hub keeps its history in InfluxDB. Server and hub are killed while an
// agent reports; nothing is lost, and what the API says is what it says of the
// same evidence in SQLite.
func TestTheHistoryIsInInfluxDB(t *testing.T) {
	for _, version := range influxtest.Versions {
		t.Run(version, func(t *testing.T) { historyInInfluxDB(t, version) })
	}
}

func historyInInfluxDB(t *testing.T, version string) {
	needGStreamer(t)
	server, err := influxtest.New(influxtest.Need(t, version), version, version == "1.8") // a new 2.7 is set up by the hub
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	_, camera := startCamera(t, "0")
	s := newSite(t)
	flags := []string{"--mqtt-listen", "127.0.0.1:" + s.mqttPort, "--influx-url", server.URL, "--influx-bucket", server.Bucket("phukin"), "--influx-token-file", write(t, s.dir, "token", server.Token+"\n")}
	if server.Org != "" {
		flags = append(flags, "--influx-org", server.Org)
	}
	s.startHub(flags...)
	s.startAgent(camera, s.enrol())
	s.waitFor(90*time.Second, "up")
	s.observed(1)

	server.Kill()
	eventually(t, 60*time.Second, "the API says that the history is away", func() error {
		answer, err := s.ask("").GetHealth(t.Context(), client.GetHealthParams{})
		if err != nil {
			return err
		}
		h := answer.Body
		if h.OK || h.History == nil || h.History.What.VI == "" || len(h.Cannot) == 0 {
			return fmt.Errorf("%+v", h)
		}
		return nil
	})
	eventually(t, 30*time.Second, "figures without a history are refused", func() error {
		if _, err := s.ask("").ListCameras(t.Context(), client.ListCamerasParams{Days: new(int64(2))}); client.StatusOf(err) != http.StatusServiceUnavailable {
			return fmt.Errorf("they give %w", err)
		}
		return nil
	})
	eventually(t, 30*time.Second, "what is seen at this moment is there", func() error {
		_, err := s.ask("").ListCameras(t.Context(), client.ListCamerasParams{Fields: []string{"code", "status"}})
		return err
	})
	s.hub.kill()
	_, stderr, code := run(t, hubProgram(), append([]string{"serve", "--plan", s.plan, "--db", s.db, "--addr", "127.0.0.1:0"}, flags...)...)
	if code == 0 || !strings.Contains(stderr, "không kết nối được") || !strings.Contains(stderr, "cannot be reached") {
		t.Errorf("a hub that starts without its server: exit %d\n%s", code, stderr)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	s.startHub(flags...)
	before := s.observed(1)
	s.observed(before + 6) // and it goes on
	s.agent.stop(testPatience)
	s.hub.stop(testPatience)

	_, stderr, code = run(t, hubProgram(), "serve", "--plan", s.plan, "--db", s.db, "--addr", "127.0.0.1:0", "--mqtt-listen", "127.0.0.1:0")
	if code == 0 || !strings.Contains(stderr, "--influx-url") {
		t.Errorf("a register without its InfluxDB: exit %d\n%s", code, stderr)
	}
	copied := filepath.Join(s.dir, "copy.db")
	copyHistory(t, server, s.db, copied)
	s.startHub(flags...)
	other := *s
	other.db, other.httpPort, other.mqttPort = copied, freePort(t), freePort(t)
	other.startHub("--mqtt-listen", "127.0.0.1:"+other.mqttPort)
	for _, q := range []client.Question{client.ListCamerasParams{}, client.ListCamerasParams{Days: new(int64(2))}, client.GetCoverageParams{}, client.ListRoutesParams{}, client.GetRolloutParams{}} {
		eventually(t, 30*time.Second, fmt.Sprintf("the same answer to %T", q), func() error {
			if a, x := said(t, s.ask(""), q), said(t, other.ask(""), q); a != x {
				return fmt.Errorf("from InfluxDB\n%s\nfrom SQLite\n%s", a, x)
			}
			return nil
		})
	}
}

// observed waits until the register of the site has so many observations, and
// gives how many there are.
func (s *site) observed(least int) (n int) {
	s.t.Helper()
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, 60*time.Second, fmt.Sprintf("%d observations", least), func() error {
		db, err := sqlite.Open(s.t.Context(), s.db, sqlite.Options{Location: loc})
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		r, err := db.Register(s.t.Context())
		if err != nil {
			return err
		}
		refs, err := r.Refs(s.t.Context(), agentCode, -1<<20, 1<<20)
		n = 0
		for _, ref := range refs {
			n += ref.Count
		}
		if err == nil && n < least {
			err = fmt.Errorf("%d observations", n)
		}
		return err
	})
	return n
}

// copyHistory puts what InfluxDB keeps into a new SQLite file, and looks
// whether anything is missing.
func copyHistory(t *testing.T, server *influxtest.Server, register, into string) {
	t.Helper()
	ctx := context.Background()
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(ctx, register, sqlite.Options{Location: loc})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	r, err := db.Register(ctx)
	if err != nil {
		t.Fatal(err)
	}
	e, err := influx.Open(ctx, influx.Options{URL: server.URL, Org: server.Org, Bucket: server.Bucket("phukin"), Token: server.Token, Register: r.ID, Retention: 90 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	from, err := history.Join(r, e, history.JoinOptions{Location: loc, Keep: 90 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	to, err := sqlite.Open(ctx, into, sqlite.Options{Location: loc})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = to.Close() }()
	numbers := map[uint64][]uint64{} // by epoch
	for _, camera := range []string{"CAM-H264", "CAM-H265"} {
		for o, err := range from.Observations(ctx, history.Period{Cameras: []string{camera}, From: 0, To: 1 << 62}) {
			if err != nil {
				t.Fatal(err)
			}
			numbers[o.Epoch] = append(numbers[o.Epoch], o.Seq)
			b := history.Batch{Agent: o.Agent, Epoch: o.Epoch, FirstSeq: o.Seq, Received: time.Now()}
			b.Observations = append(b.Observations, o.Observation)
			if err := to.Append(ctx, []history.Batch{b}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for epoch, seqs := range numbers {
		slices.Sort(seqs)
		for i, seq := range seqs {
			if seq != seqs[0]+uint64(i) {
				t.Errorf("epoch %x: number %d follows %d: something was lost, or came twice", epoch, seq, seqs[i-1])
			}
		}
		if upto, err := from.Committed(ctx, agentCode, epoch, seqs[0]); err != nil || upto != seqs[len(seqs)-1]+1 {
			t.Errorf("committed up to %d, %v, and there is up to %d", upto, err, seqs[len(seqs)-1])
		}
		t.Logf("epoch %x: numbers %d to %d are there", epoch, seqs[0], seqs[len(seqs)-1])
	}
	for _, s := range []history.Store{from, to} {
		if _, err := s.Fold(ctx); err != nil {
			t.Fatal(err)
		}
	}
	ledger := func(s history.Store) (days []string) {
		for d, err := range s.Days(ctx, history.Query{First: 0, Last: 1 << 20}) {
			if err != nil {
				t.Fatal(err)
			}
			d.Revision = 0 // when they were computed is another matter
			days = append(days, d.String())
		}
		return days
	}
	if a, b := ledger(from), ledger(to); !slices.Equal(a, b) || len(a) == 0 {
		t.Errorf("ledger in InfluxDB %v\nin SQLite %v", a, b)
	}
}

// withClock are the fields that grow while nobody looks, of whose moments each
// hub has its own.
var withClock = regexp.MustCompile(`"(in_service_s|unknown_s|observed|low)":[0-9.e-]+,?`)

// said reads an answer without what only the clock changes.
func said(t *testing.T, hub *client.Client, q client.Question) string {
	t.Helper()
	answer, err := hub.Fetch(t.Context(), client.JSON, q)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	p, err := io.ReadAll(answer)
	if err != nil {
		t.Fatal(err)
	}
	body := string(p)
	if _, rest, ok := strings.Cut(body, `"simulated"`); ok {
		body = rest
	}
	return withClock.ReplaceAllString(body, "")
}
