package influx_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/historytest"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/wire"
)

func TestCutOffFromInfluxDB(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s := server(t, version)
		historytest.RunCuts(t, func(t testing.TB, loc *time.Location, now func() time.Time, fail func(string) error) historytest.Opened {
			w := newWorld(t, s, loc, now)
			join := func() history.Store {
				t.Helper()
				r, err := w.db.Register(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				st, err := history.Join(r, &historytest.Cutting{Evidence: w.influx, Fail: fail}, history.JoinOptions{Location: loc, Now: now, Keep: days90})
				if err != nil {
					t.Fatal(err)
				}
				return st
			}
			return historytest.Opened{
				Store:  join(),
				Reopen: func(t testing.TB) history.Store { w.shut(t); w.open(t); return join() },
				Close:  func() { w.end(t) },
			}
		})
	})
}

// look is an observation of the camera c1 that lasts an hour.
func look(from time.Time, s wire.Status) wire.Observation {
	o := wire.Observation{Camera: "c1", From: from.UnixMilli(), To: from.Add(time.Hour).UnixMilli(), Status: s, Rung: wire.RungFresh, Probes: 1, Width: 1920, Height: 1080, Codec: wire.CodecH264, FrameRate: wire.Stat{N: 1, Min: 25, Mean: 25, Max: 25}}
	if s == wire.StatusDown {
		o.Rung, o.Fault, o.FellOn = wire.RungResolve, wire.FaultTimeout, wire.RungConnect
	}
	return o
}

func batch(seq uint64, now time.Time, obs ...wire.Observation) []history.Batch {
	return []history.Batch{{Agent: "xa-a", Epoch: 1, FirstSeq: seq, Observations: obs, Received: now}}
}

// days reads the ledger, or the error with which that ends.
func days(s history.Store) (timelines []string, err error) {
	for d, derr := range s.Days(context.Background(), history.Query{First: 0, Last: 100_000}) {
		if derr != nil {
			return timelines, derr
		}
		timelines = append(timelines, d.Number.String()+" "+d.Timeline.String())
	}
	return timelines, nil
}

func TestAServerThatIsAwayForAWhile(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		ctx, s := t.Context(), own(t, version)
		w := newWorld(t, s, time.UTC, time.Now)
		defer w.end(t)
		noon := time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour)
		if err := w.store.Append(ctx, batch(0, noon, look(noon, wire.StatusUp))); err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.Fold(ctx); err != nil {
			t.Fatal(err)
		}
		before, err := days(w.store)
		if err != nil || len(before) != 1 {
			t.Fatalf("ledger %v, %v", before, err)
		}
		s.Kill()
		second := batch(1, noon, look(noon.Add(time.Hour), wire.StatusDown))
		for range 2 {
			if err := w.store.Append(ctx, second); !errors.Is(err, history.ErrAway) {
				t.Errorf("append to a server that is away: %v", err)
			}
		}
		if upto, err := w.store.Committed(ctx, "xa-a", 1, 0); err != nil || upto != 1 {
			t.Errorf("committed up to %d, %v", upto, err)
		}
		if _, err := days(w.store); !errors.Is(err, history.ErrAway) {
			t.Errorf("days of a server that is away: %v", err)
		}
		for _, err := range w.store.Observations(ctx, history.Period{Cameras: []string{"c1"}, From: 0, To: 1 << 62}) {
			if !errors.Is(err, history.ErrAway) {
				t.Errorf("observations of a server that is away: %v", err)
			}
		}
		if seen, err := w.store.Seen(ctx); err != nil || len(seen) != 1 {
			t.Errorf("what the register knows is known still: %v, %v", seen, err)
		}
		since, what := w.influx.Trouble()
		if what == nil || since.IsZero() || !strings.Contains(what.VI, "không kết nối được") || !strings.Contains(what.EN, "cannot be reached") {
			t.Errorf("trouble %v since %v", what, since)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		if err := w.store.Append(ctx, second); err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.Fold(ctx); err != nil {
			t.Fatal(err)
		}
		after, err := days(w.store)
		if want := noon.Format(time.DateOnly) + " 43200×unknown 3600×up 3600×down(timeout@connect) 36000×unknown"; err != nil || len(after) != 1 || after[0] != want {
			t.Errorf("ledger %v, %v\nwant %s", after, err, want)
		}
		n := 0
		for _, err := range w.store.Observations(ctx, history.Period{Cameras: []string{"c1"}, From: 0, To: 1 << 62}) {
			if err != nil {
				t.Error(err)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d observations", n)
		}
		if _, what := w.influx.Trouble(); what != nil {
			t.Errorf("trouble %v", what)
		}
	})
}

// A write that gets no answer is none.
func TestAWriteWithoutAnAnswer(t *testing.T) {
	s := *server(t, "2.7")
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	var silent atomic.Bool
	forward := httputil.NewSingleHostReverseProxy(target)
	transport := &http.Transport{}
	forward.Transport = transport
	over := make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if silent.Load() {
			<-over
			return
		}
		forward.ServeHTTP(w, r)
	}))
	defer transport.CloseIdleConnections()
	defer front.Close()
	defer close(over)
	s.URL = front.URL
	w := newWorld(t, &s, time.UTC, time.Now)
	defer w.end(t)
	r, err := w.db.Register(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o := options(&s, w.bucket, r.ID)
	o.Timeout = time.Second
	e, err := influx.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	silent.Store(true)
	if err := e.PutDays(t.Context(), []history.Day{{Camera: "c1", Number: 20_000, Revision: 1, Timeline: history.Timeline{{Seconds: 86_400}}}}); !errors.Is(err, history.ErrAway) {
		t.Errorf("a write without an answer gives %v", err)
	}
}

// A server that asks to wait is left alone for as long as it says.
func TestAServerThatAsksToWait(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s := *server(t, version)
		target, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		var refuse, asked atomic.Int64
		forward := httputil.NewSingleHostReverseProxy(target)
		transport := &http.Transport{}
		forward.Transport = transport
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if code := int(refuse.Load()); code != 0 {
				w.Header().Set("Retry-After", strconv.Itoa(7))
				http.Error(w, "busy", code)
				return
			}
			forward.ServeHTTP(w, r)
		}))
		defer transport.CloseIdleConnections()
		defer front.Close()
		s.URL = front.URL
		now := time.Now()
		clock := &now
		w := newWorld(t, &s, time.UTC, func() time.Time { return *clock })
		defer w.end(t)
		for _, code := range []int64{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			refuse.Store(code)
			if err := w.store.Append(t.Context(), batch(0, now, look(now.Add(-time.Hour), wire.StatusUp))); !errors.Is(err, history.ErrAway) {
				t.Errorf("%d gives %v", code, err)
			}
			refuse.Store(0)
			before := asked.Load()
			if err := w.store.Append(t.Context(), batch(0, now, look(now.Add(-time.Hour), wire.StatusUp))); !errors.Is(err, history.ErrAway) || asked.Load() != before {
				t.Errorf("asked again before its time: %v", err)
			}
			now = now.Add(8 * time.Second)
		}
		if err := w.store.Append(t.Context(), batch(0, now, look(now.Add(-time.Hour), wire.StatusUp))); err != nil {
			t.Error(err)
		}
	})
}

// Whoever deletes or changes what is kept is found out.
func TestWhatIsChangedInInfluxDBIsMissed(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		ctx, s := t.Context(), server(t, version)
		w := newWorld(t, s, time.UTC, time.Now)
		defer w.end(t)
		now := time.Now().UTC()
		for i := range uint64(2) {
			if err := w.store.Append(ctx, batch(i, now, look(now.Add(time.Duration(i)*time.Hour-5*time.Hour), wire.StatusUp))); err != nil {
				t.Fatal(err)
			}
		}
		r, err := w.db.Register(ctx)
		if err != nil {
			t.Fatal(err)
		}
		refs, err := r.Refs(ctx, "xa-a", 0, 1<<20)
		if err != nil || len(refs) != 2 {
			t.Fatalf("refs %v, %v", refs, err)
		}
		spoil(t, s, w.bucket, fmt.Sprintf(`records,agent=xa-a p="AAAA" %d`, refs[0].At))
		n := 0
		var missing *history.MissingError
		for o, err := range w.store.Observations(ctx, history.Period{Cameras: []string{"c1"}, From: 0, To: 1 << 62}) {
			if err != nil && !errors.As(err, &missing) {
				t.Error(err)
			}
			if err == nil && o.Seq == refs[1].FirstSeq {
				n++
			}
		}
		if n != 1 || missing == nil || len(missing.Refs) != 1 || missing.Refs[0] != refs[0] {
			t.Errorf("%d observations, missing %v", n, missing)
		}
	})
}

func TestALateAnswerIsNoAnswer(t *testing.T) {
	stuck := make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	defer front.Close()
	defer close(stuck)
	_, err := influx.Open(t.Context(), influx.Options{URL: front.URL, Org: "xã", Bucket: "b", Token: "t", Retention: days90, Register: "r", Timeout: 50 * time.Millisecond})
	if err == nil || !errors.Is(err, history.ErrAway) {
		t.Errorf("a server that does not answer gives %v", err)
	}
}
