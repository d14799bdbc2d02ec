package watch_test

import (
	"context"
	"crypto/x509"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

// stream is a probe that finds a picture.
func stream() probe.Result {
	return probe.Result{Reached: wire.RungFresh, Codec: wire.CodecH264, Width: 1280, Height: 720, FrameRate: 25}
}

// setting runs a Watch over cameras that work, and gives it to steps, which
// sleep in the bubble's time.
func setting(t *testing.T, first []watch.Camera, steps func(s *scene)) *scene {
	t.Helper()
	s := &scene{running: map[string]int{}, starts: map[string][]time.Duration{}, depths: map[string]string{}}
	begin := time.Now()
	w, err := watch.New(oneDepth(watch.Options{
		Cameras: first, Clock: bubble(), Logger: quiet, ReportEvery: time.Hour,
		Probe: func(ctx context.Context, target probe.Target) probe.Result {
			s.mu.Lock()
			if s.running[target.URL]++; s.running[target.URL] > 1 {
				t.Errorf("two sessions with %s", target.URL)
			}
			s.starts[target.URL] = append(s.starts[target.URL], time.Since(begin))
			s.mu.Unlock()
			wait(ctx, 2*time.Second)
			s.mu.Lock()
			s.running[target.URL]--
			s.mu.Unlock()
			return stream()
		},
		Record:  func(os []watch.Closed) { s.mu.Lock(); s.records = append(s.records, os...); s.mu.Unlock() },
		Changed: func() { s.mu.Lock(); s.changes++; s.mu.Unlock() },
	}))
	if err != nil {
		t.Fatal(err)
	}
	s.w = w
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	steps(s)
	cancel()
	<-done
	return s
}

func (s *scene) recorded(code string) (os []watch.Closed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.records {
		if o.Camera == code {
			os = append(os, o)
		}
	}
	return os
}

func (s *scene) changed() int { s.mu.Lock(); defer s.mu.Unlock(); return s.changes }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestACameraThatLeavesTheListClosesItsObservationAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setting(t, []watch.Camera{camera("a"), camera("b")}, func(s *scene) {
			time.Sleep(10*time.Minute + 30*time.Second)
			must(t, s.w.Set([]watch.Camera{camera("b")}))
			if os := s.recorded("a"); len(os) != 1 || os[0].Status != wire.StatusUp || !os[0].News {
				t.Errorf("of a: %+v", os)
			}
			if os := s.recorded("b"); len(os) != 0 {
				t.Errorf("b was disturbed: %+v", os)
			}
			if states := s.w.States(); len(states) != 1 || states[0].Camera != "b" {
				t.Errorf("states: %+v", states)
			}
			time.Sleep(10 * time.Minute)
		})
		a, b := s.starts["rtsp://a.example/s"], s.starts["rtsp://b.example/s"]
		if last := a[len(a)-1]; last > 11*time.Minute {
			t.Errorf("a is probed at %v", last)
		}
		for i := 1; i < len(b); i++ {
			if b[i]-b[i-1] != time.Minute {
				t.Errorf("b's rhythm: %v", b)
			}
		}
		if os := s.recorded("b"); len(os) != 1 || os[0].Probes != len(b) {
			t.Errorf("of b: %+v, %d probes", os, len(b))
		}
	})
}

func TestACameraThatIsAnotherIsProbedAnew(t *testing.T) {
	pool := x509.NewCertPool()
	for name, edit := range map[string]func(*watch.Camera){
		"another address":     func(c *watch.Camera) { c.Target.URL = "rtsp://a.example/other" },
		"another password":    func(c *watch.Camera) { c.Target.Password = "x" },
		"another expectation": func(c *watch.Camera) { c.Expect.Width = 1920 },
		"another interval":    func(c *watch.Camera) { c.FullInterval = 2 * time.Minute },
		"another depth":       func(c *watch.Camera) { c.FullOnly = true },
		"another authority":   func(c *watch.Camera) { c.Target.RootCAs = pool },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				changed := camera("a")
				edit(&changed)
				s := setting(t, []watch.Camera{camera("a"), camera("b")}, func(s *scene) {
					time.Sleep(10*time.Minute + 30*time.Second)
					must(t, s.w.Set([]watch.Camera{changed, camera("b")}))
					if os := s.recorded("a"); len(os) != 1 {
						t.Errorf("of a: %+v", os)
					}
					time.Sleep(2*time.Minute + 3*time.Second)
					if states := s.w.States(); len(states) != 2 {
						t.Errorf("states: %+v", states)
					}
				})
				os := s.recorded("a")
				if len(os) < 1 || len(os) > 1 && os[1].From <= os[0].To {
					t.Errorf("observations overlap: %+v", os)
				}
			})
		})
	}
}

func TestTheSameListDisturbsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setting(t, []watch.Camera{camera("a"), camera("b")}, func(s *scene) {
			for range 20 {
				time.Sleep(31 * time.Second)
				before := s.changed()
				must(t, s.w.Set([]watch.Camera{camera("b"), camera("a")}))
				if s.changed() != before {
					t.Error("somebody was told of a change")
				}
			}
		})
		for _, code := range []string{"a", "b"} {
			starts := s.starts["rtsp://"+code+".example/s"]
			for i := 1; i < len(starts); i++ {
				if starts[i]-starts[i-1] != time.Minute {
					t.Errorf("%s: %v", code, starts)
				}
			}
			if os := s.recorded(code); len(os) != 1 {
				t.Errorf("%s: %+v", code, os)
			}
		}
	})
}

func TestAListWithACameraThatCannotBeWatchedChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setting(t, []watch.Camera{camera("a")}, func(s *scene) {
			time.Sleep(5 * time.Minute)
			for _, list := range [][]watch.Camera{
				{camera("b"), {Code: "c", Target: probe.Target{URL: "http://c/"}}}, {camera("b"), camera("b")}, {{Code: "a/b"}},
				{{Code: "d", Target: probe.Target{URL: "rtsp://d/"}, LightInterval: time.Hour, FullInterval: time.Minute}},
			} {
				if err := s.w.Set(list); err == nil {
					t.Errorf("taken: %v", list)
				}
			}
			if err := s.w.Check(watch.Camera{Code: "c", Target: probe.Target{URL: "http://c/"}}); err == nil {
				t.Error("Check takes what Set does not")
			}
			if os := s.recorded("a"); len(os) != 0 {
				t.Errorf("a was disturbed: %+v", os)
			}
			time.Sleep(time.Minute)
		})
		if n := len(s.starts["rtsp://a.example/s"]); n < 5 {
			t.Errorf("%d probes", n)
		}
	})
}

// Whatever lists come in whatever order, each camera has one session at a time,
// observations of one camera do not overlap, and only those of the newest list
// are probed.
func TestListsMayChangeInAnyWay(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var lists [][]watch.Camera
		for range rapid.IntRange(1, 6).Draw(r, "lists") {
			var list []watch.Camera
			for _, code := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.ID).Draw(r, "codes") {
				c := camera(code)
				c.Expect.Width = rapid.IntRange(0, 1).Draw(r, "variant")
				list = append(list, c)
			}
			lists = append(lists, list)
		}
		pauses := rapid.SliceOfN(rapid.Int64Range(0, 200), len(lists), len(lists)).Draw(r, "pauses")
		synctest.Test(t, func(t *testing.T) {
			var at time.Duration
			s := setting(t, nil, func(s *scene) {
				begin := time.Now()
				for i, list := range lists {
					must(t, s.w.Set(list))
					at = time.Since(begin)
					time.Sleep(time.Duration(pauses[i]) * time.Second)
				}
			})
			last := map[string]int64{}
			for _, o := range s.records {
				if o.From < last[o.Camera] {
					t.Errorf("%s: observations overlap: %+v", o.Camera, s.records)
				}
				last[o.Camera] = o.To
			}
			for url, starts := range s.starts {
				listed := slices.ContainsFunc(lists[len(lists)-1], func(c watch.Camera) bool { return c.Target.URL == url })
				if n := starts[len(starts)-1]; !listed && n > at {
					t.Errorf("%s is probed at %v, after the list of %v", url, n, at)
				}
			}
		})
	})
}
