package influx_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/historytest"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/influx/influxtest"
	"github.com/phukin/phukin/hub/sqlite"
)

// Tests that leave the server alone share one of each version.
var shared struct {
	sync.Mutex
	servers map[string]*influxtest.Server
}

func TestMain(m *testing.M) {
	if order := os.Getenv(crashOrder); order != "" {
		appendForEver(order)
	}
	code := m.Run()
	for _, s := range shared.servers {
		if err := s.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// server gives a server of a version that other tests use as well.
func server(t testing.TB, version string) *influxtest.Server {
	t.Helper()
	program := influxtest.Need(t, version)
	shared.Lock()
	defer shared.Unlock()
	if s := shared.servers[version]; s != nil {
		return s
	}
	s, err := influxtest.New(program, version, true)
	if err != nil {
		t.Fatal(err)
	}
	if shared.servers == nil {
		shared.servers = map[string]*influxtest.Server{}
	}
	shared.servers[version] = s
	return s
}

// own gives a server that the test may stop.
func own(t testing.TB, version string) *influxtest.Server {
	t.Helper()
	s, err := influxtest.New(influxtest.Need(t, version), version, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// each runs a test against every version.
func each(t *testing.T, test func(t *testing.T, version string)) {
	for _, version := range influxtest.Versions {
		t.Run(version, func(t *testing.T) { test(t, version) })
	}
}

var buckets atomic.Int64

// bucket gives a name that no other test has.
func bucket(s *influxtest.Server) string {
	return s.Bucket(fmt.Sprintf("b%d", buckets.Add(1)))
}

const (
	days90 = 90 * 24 * time.Hour
	always = 40 * 365 * 24 * time.Hour
)

func options(s *influxtest.Server, bucket, register string) influx.Options {
	return influx.Options{URL: s.URL, Org: s.Org, Token: s.Token, Bucket: bucket, Register: register, Retention: days90, Log: slog.New(slog.DiscardHandler)}
}

// world is a database and the buckets that belong to it.
type world struct {
	server *influxtest.Server
	path   string
	bucket string
	loc    *time.Location
	now    func() time.Time
	keep   time.Duration // by the server; the suite's clock is not the server's

	db     *sqlite.DB
	influx *influx.Store
	store  history.Store
}

func (w *world) open(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	var err error
	if w.db, err = sqlite.Open(ctx, w.path, sqlite.Options{Location: w.loc, Now: w.now}); err != nil {
		t.Fatal(err)
	}
	r, err := w.db.Register(ctx)
	if err != nil {
		t.Fatal(err)
	}
	o := options(w.server, w.bucket, r.ID)
	o.Now, o.Retention = w.now, w.keep
	if w.influx, err = influx.Open(ctx, o); err != nil {
		t.Fatal(err)
	}
	if w.store, err = history.Join(r, w.influx, history.JoinOptions{Location: w.loc, Now: w.now, Keep: days90}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) shut(t testing.TB) {
	t.Helper()
	w.influx.Close()
	if err := w.db.Close(); err != nil {
		t.Error(err)
	}
}

// newWorld opens an empty history of which a test ends what it opened last.
func newWorld(t testing.TB, s *influxtest.Server, loc *time.Location, now func() time.Time) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "phukin-influx-")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{server: s, path: filepath.Join(dir, "hub.db"), bucket: bucket(s), loc: loc, now: now, keep: always}
	w.open(t)
	return w
}

func (w *world) end(t testing.TB) {
	w.shut(t)
	_ = os.RemoveAll(filepath.Dir(w.path))
}

func TestInfluxDBIsAStore(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s := server(t, version)
		historytest.Run(t, func(t testing.TB, loc *time.Location, now func() time.Time) historytest.Opened {
			w := newWorld(t, s, loc, now)
			return historytest.Opened{
				Store:  w.store,
				Reopen: func(t testing.TB) history.Store { w.shut(t); w.open(t); return w.store },
				Close:  func() { w.end(t) },
				Slow:   true,
			}
		})
	})
}
