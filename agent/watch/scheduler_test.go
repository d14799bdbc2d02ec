package watch_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// scene runs a Watch over scripted cameras for a while of synthetic time.
type scene struct {
	w       *watch.Watch
	mu      sync.Mutex
	running map[string]int
	most    int
	starts  map[string][]time.Duration // since the begin of the run
	depths  map[string]string          // F and L, one for each probe
	records []watch.Closed
	changes int
}

func camera(code string) watch.Camera {
	return watch.Camera{Code: code, Target: probe.Target{URL: "rtsp://" + code + ".example/s"}}
}

type depthKey struct{}

// depthOf gives a script the depth of its probe.
func depthOf(ctx context.Context) probe.Depth {
	d, _ := ctx.Value(depthKey{}).(probe.Depth)
	return d
}

// oneDepth makes every probe a full one, a minute apart.
func oneDepth(o watch.Options) watch.Options {
	o.LightInterval, o.FullInterval = time.Minute, time.Minute
	return o
}

// bubble gives clocks that began just now and go with the bubble's time.
func bubble() *clock.Device { d := clock.Process(); return &d }

// play must be called in a synctest bubble.
func play(t *testing.T, o watch.Options, length time.Duration, script func(ctx context.Context, host string, n int) probe.Result) *scene {
	t.Helper()
	s := &scene{running: map[string]int{}, starts: map[string][]time.Duration{}, depths: map[string]string{}}
	begin := time.Now()
	if o.Logger == nil {
		o.Logger = quiet
	}
	if o.Clock == nil {
		o.Clock = bubble()
	}
	o.Probe = func(ctx context.Context, target probe.Target) probe.Result {
		s.mu.Lock()
		s.running[target.URL]++
		if s.running[target.URL] > 1 {
			t.Errorf("two sessions with %s", target.URL)
		}
		total := 0
		for _, n := range s.running {
			total += n
		}
		s.most = max(s.most, total)
		n := len(s.starts[target.URL])
		s.starts[target.URL] = append(s.starts[target.URL], time.Since(begin))
		s.depths[target.URL] += map[probe.Depth]string{probe.Full: "F", probe.Light: "L"}[target.Depth]
		s.mu.Unlock()
		defer func() { s.mu.Lock(); s.running[target.URL]--; s.mu.Unlock() }()
		return script(context.WithValue(ctx, depthKey{}, target.Depth), target.URL, n)
	}
	o.Record = func(os []watch.Closed) { s.mu.Lock(); s.records = append(s.records, os...); s.mu.Unlock() }
	o.Changed = func() { s.mu.Lock(); s.changes++; s.mu.Unlock() }
	w, err := watch.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.w = w
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	w.Run(ctx)
	return s
}

// wait lets a probe take some time.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func TestProbesStartOnTheGridOfTheirCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, oneDepth(watch.Options{Cameras: []watch.Camera{camera("A"), camera("B")}}), 5*time.Minute, func(ctx context.Context, _ string, _ int) probe.Result {
			wait(ctx, 3*time.Second)
			return good()
		})
		for _, code := range []string{"A", "B"} {
			var want []time.Duration
			for at := watch.Offset(code, time.Minute); at < 5*time.Minute; at += time.Minute {
				want = append(want, at)
			}
			if d := cmp.Diff(want, s.starts["rtsp://"+code+".example/s"]); d != "" {
				t.Errorf("camera %s: %s", code, d)
			}
		}
		if st := s.w.Stats(); st.Probes != 10 || st.Overruns != 0 || st.Failed != 0 {
			t.Errorf("%+v", st)
		}
		if s.changes != 2 || len(s.records) != 2 {
			t.Errorf("%d changes, %d observations", s.changes, len(s.records))
		}
	})
}

func TestOffsetsSpreadOverTheInterval(t *testing.T) {
	var buckets [10]int
	for i := range 1000 {
		d := watch.Offset(fmt.Sprintf("CAM-%03d", i), time.Minute)
		if d < 0 || d >= time.Minute {
			t.Fatal(d)
		}
		buckets[d/(6*time.Second)]++
	}
	for i, n := range buckets {
		if n < 60 || n > 140 {
			t.Errorf("%d of 1000 cameras start in tenth %d of the interval", n, i)
		}
	}
}

func TestSessionsAreBoundedAndSlowProbesAreNotPiledUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cameras []watch.Camera
		for i := range 20 {
			cameras = append(cameras, camera(fmt.Sprintf("CAM-%d", i)))
		}
		// 20 cameras × 30 s in 3 sessions take 200 s a round: at least two of
		// three grid points pass.
		s := play(t, oneDepth(watch.Options{Cameras: cameras, MaxSessions: 3}), 20*time.Minute, func(ctx context.Context, _ string, _ int) probe.Result {
			wait(ctx, 30*time.Second)
			return good()
		})
		st := s.w.Stats()
		if s.most != 3 {
			t.Errorf("%d sessions at once", s.most)
		}
		if st.Probes < 110 || st.Probes > 120 || st.Overruns < 200 {
			t.Errorf("%+v", st)
		}
		for code, starts := range s.starts {
			if len(starts) < 4 {
				t.Errorf("%s was probed %d times: it starves", code, len(starts))
			}
		}
	})
}

// Who reads the log learns that probes were left out, and how many, without a
// line for each.
func TestOverrunsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := play(t, oneDepth(watch.Options{Cameras: []watch.Camera{camera("A"), camera("B")}, MaxSessions: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))}), 25*time.Minute,
			func(ctx context.Context, _ string, _ int) probe.Result {
				wait(ctx, 50*time.Second)
				return good()
			})
		n := s.w.Stats().Overruns
		if n < 10 {
			t.Fatalf("%d overruns", n)
		}
		if got := strings.Count(log.String(), "some are left out"); got < 2 || got > 3 {
			t.Errorf("%d lines in 25 minutes:\n%s", got, log.String())
		}
		if want := fmt.Sprintf("msg=\"probes were left out\" left_out=%d ", n); !strings.Contains(log.String(), want) {
			t.Errorf("%s\nlacks %s", log.String(), want)
		}
	})
}

func TestADoubtIsConfirmedInItsOwnRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, oneDepth(watch.Options{Cameras: []watch.Camera{camera("A")}, Confirm: 2}), 4*time.Minute, func(ctx context.Context, _ string, n int) probe.Result {
			wait(ctx, time.Second)
			if n >= 1 {
				return fallen(wire.FaultRefused)
			}
			return good()
		})
		first := watch.Offset("A", time.Minute)
		want := []time.Duration{first, first + 60*time.Second, first + 66*time.Second, first + 72*time.Second, first + 120*time.Second, first + 180*time.Second}
		if d := cmp.Diff(want, s.starts["rtsp://A.example/s"]); d != "" {
			t.Error(d)
		}
		ms := func(d time.Duration) int64 { return d.Milliseconds() }
		var got [][2]int64
		for _, o := range s.records {
			got = append(got, [2]int64{o.From, o.To})
		}
		if d := cmp.Diff([][2]int64{{ms(want[0]), ms(want[1])}, {ms(want[1]), ms(want[5])}}, got); d != "" {
			t.Error(d)
		}
		if s.records[1].Fault != wire.FaultRefused || s.changes != 2 || s.w.Stats().Overruns != 0 {
			t.Errorf("%v, %d changes, %+v", s.records[1], s.changes, s.w.Stats())
		}
	})
}

func TestAPanicIsAFailedProbeAndTheOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, oneDepth(watch.Options{Cameras: []watch.Camera{camera("A"), camera("B")}, Confirm: 1}), 5*time.Minute, func(_ context.Context, url string, _ int) probe.Result {
			if url == "rtsp://A.example/s" {
				panic("bad bytes")
			}
			return good()
		})
		if st := s.w.Stats(); st.Panics < 5 || st.Failed != st.Panics {
			t.Errorf("%+v", st)
		}
		found := map[string]wire.Fault{}
		for _, o := range s.records {
			found[o.Camera] = o.Fault
		}
		if d := cmp.Diff(map[string]wire.Fault{"A": wire.FaultMalformed, "B": wire.FaultNone}, found); d != "" {
			t.Error(d)
		}
	})
}

func TestAProbeCutOffByTheEndCountsAsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, oneDepth(watch.Options{Cameras: []watch.Camera{camera("A")}}), 3*time.Minute-time.Second, func(ctx context.Context, _ string, n int) probe.Result {
			if n == 2 {
				<-ctx.Done()
				return probe.Result{Fault: wire.FaultTimeout, Err: ctx.Err()}
			}
			return good()
		})
		if st := s.w.Stats(); st.Probes != 2 || st.Failed != 0 {
			t.Errorf("%+v", st)
		}
		if len(s.records) != 1 || s.records[0].Probes != 2 {
			t.Errorf("%+v", s.records)
		}
		if n := len(s.w.States()); n != 0 {
			t.Errorf("%d states after the end", n)
		}
	})
}

func TestAWallClockThatIsSetEverySecondChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		d := bubble()
		d.Wall = func() time.Time { // hours ahead in one second, behind in the next
			n := time.Since(begin) / time.Second
			return begin.Add(time.Since(begin) + (1-2*(n%2))*5*time.Hour)
		}
		s := play(t, oneDepth(watch.Options{Cameras: []watch.Camera{camera("A")}, Clock: d}), 30*time.Minute, func(context.Context, string, int) probe.Result { return good() })
		at := watch.Offset("A", time.Minute).Milliseconds()
		for _, o := range s.records {
			if o.From != at || o.To-o.From != 5*60_000 && o.To != 29*60_000+watch.Offset("A", time.Minute).Milliseconds() {
				t.Errorf("from %d to %d", o.From, o.To)
			}
			if off := o.Wall - begin.UnixMilli() - o.From; max(off, -off) != 5*3600_000 {
				t.Errorf("the wall clock at %d is said to be %d off", o.From, off)
			}
			at = o.To
		}
		if len(s.records) != 6 {
			t.Errorf("%d observations", len(s.records))
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	ok := watch.Options{Probe: probe.Probe, Record: func([]watch.Closed) {}}
	for name, edit := range map[string]func(*watch.Options){
		"no probe":       func(o *watch.Options) { o.Probe = nil },
		"twice the same": func(o *watch.Options) { o.Cameras = []watch.Camera{camera("A"), camera("A")} },
		"bad code":       func(o *watch.Options) { o.Cameras = []watch.Camera{camera("A B")} },
		"bad address":    func(o *watch.Options) { o.Cameras = []watch.Camera{{Code: "A"}} },
		"full more often than light": func(o *watch.Options) {
			o.LightInterval, o.Cameras = time.Minute, []watch.Camera{{Code: "A", Target: camera("A").Target, FullInterval: time.Second}}
		},
		"negative values": func(o *watch.Options) { o.ReportEvery = -1 },
	} {
		o := ok
		edit(&o)
		if _, err := watch.New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
