package watch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

// light is what a light probe says of a camera that answers.
func light() probe.Result {
	return probe.Result{Depth: probe.Light, Reached: wire.RungAuth, Codec: wire.CodecH264,
		Stages: []probe.Stage{{Rung: wire.RungConnect, Duration: 6 * time.Millisecond}}}
}

func lightFallen(f wire.Fault) probe.Result { r := fallen(f); r.Depth = probe.Light; return r }

func noMedia() probe.Result {
	return probe.Result{Reached: wire.RungPlay, FellOn: wire.RungMedia, Fault: wire.FaultNoMedia}
}

func TestALightSuccessVouchesOnlyForWhatAFullOneSaw(t *testing.T) {
	r := watch.Rules{Bridge: 100 * time.Second, Proof: 600 * time.Second, Confirm: 2, ReportEvery: time.Hour}
	long := []step{{0, good()}}
	for at := int64(30); at <= 900; at += 30 {
		long = append(long, step{at, light()})
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  []span
	}{
		{"alone it says nothing", []step{{0, light()}, {30, light()}}, nil},
		{"after up it bridges", []step{{0, good()}, {30, light()}, {60, light()}}, []span{{0, 60, "up", 3}}},
		{"after degraded it bridges what is degraded", []step{{0, lossy()}, {30, light()}, {60, good()}, {90, light()}}, []span{{0, 60, "degraded", 2}, {60, 90, "up", 2}}},
		{"it does not bridge a gap", []step{{0, good()}, {30, light()}, {131, light()}, {140, light()}}, []span{{0, 30, "up", 2}}},
		{"it bridges no longer than the proof", long, []span{{0, 600, "up", 21}}},
		{"it turns no outage up", []step{{0, noMedia()}, {5, noMedia()}, {10, noMedia()}, {30, light()}, {60, light()}, {90, noMedia()}}, []span{{0, 90, "down:no_media", 4}}},
		{"it ends no doubt", []step{{0, good()}, {30, noMedia()}, {35, light()}, {40, noMedia()}, {45, noMedia()}}, []span{{0, 30, "up", 1}, {30, 45, "down:no_media", 3}}},
		{"a light failure begins an outage", []step{{0, good()}, {30, light()}, {60, lightFallen(wire.FaultRefused)}, {65, fallen(wire.FaultRefused)}, {70, fallen(wire.FaultRefused)}},
			[]span{{0, 60, "up", 2}, {60, 70, "down:refused", 3}}},
		{"a light failure that a full success denies is no outage", []step{{0, good()}, {30, lightFallen(wire.FaultRefused)}, {35, good()}, {65, light()}}, []span{{0, 65, "up", 3}}},
		{"a busy camera is down and says why", []step{{0, lightFallen(wire.FaultBusy)}, {5, fallen(wire.FaultBusy)}, {10, fallen(wire.FaultBusy)}, {30, light()}, {31, good()}},
			[]span{{0, 31, "down:busy", 3}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, spans(fold(watch.NewFolder("CAM-1", plan, r), c.steps))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestALightProbeMeasuresTheWayAndNotThePicture(t *testing.T) {
	r := rules
	r.Proof = time.Hour
	os := fold(watch.NewFolder("CAM-1", plan, r), []step{{0, good()}, {30, light()}, {60, light()}})
	if len(os) != 1 {
		t.Fatalf("%+v", os)
	}
	o := os[0]
	if o.FrameRate.N != 1 || o.BitRate.N != 1 || o.Loss.N != 1 || o.Jitter.N != 1 || o.Stages[0].Time != (wire.Stat{N: 3, Min: 4, Mean: 16.0 / 3, Max: 6}) {
		t.Errorf("%+v", o)
	}
	if o.Width != 1920 || o.Rung != wire.RungFresh {
		t.Errorf("%+v", o)
	}
}

// world answers each depth as its script says.
func world(full, lite func(at time.Duration) probe.Result) func(context.Context, string, int) probe.Result {
	begin := time.Now()
	return func(ctx context.Context, _ string, _ int) probe.Result {
		if depthOf(ctx) == probe.Light {
			return lite(time.Since(begin))
		}
		wait(ctx, 2*time.Second)
		return full(time.Since(begin) - 2*time.Second)
	}
}

func TestFullProbesKeepTheirOwnGridAndLightOnesFillIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, watch.Options{Cameras: []watch.Camera{camera("A")}}, 20*time.Minute, world(
			func(time.Duration) probe.Result { return good() }, func(time.Duration) probe.Result { return light() }))
		first, grid := watch.Offset("A", 30*time.Second), watch.Offset("A", 5*time.Minute)
		var want strings.Builder
		for i, at := range s.starts["rtsp://A.example/s"] {
			if at != first+time.Duration(i)*30*time.Second {
				t.Errorf("probe %d starts at %v", i, at)
			}
			// Full: the first one, and the first one at or after a point of the grid.
			points := func(at time.Duration) int { return int((at - grid + 5*time.Minute) / (5 * time.Minute)) }
			if i == 0 || points(at) > points(at-30*time.Second) {
				want.WriteByte('F')
			} else {
				want.WriteByte('L')
			}
		}
		if got := s.depths["rtsp://A.example/s"]; got != want.String() || strings.Count(got, "F") != 5 {
			t.Errorf("depths are %s, want %s", got, want.String())
		}
		if st := s.w.Stats(); st.Probes != 40 || st.Light != 35 || st.Failed != 0 || st.Overruns != 0 {
			t.Errorf("%+v", st)
		}
		for _, o := range s.records {
			if o.Status != wire.StatusUp || o.Width != 1920 {
				t.Errorf("%+v", o)
			}
		}
		if n := len(s.records); s.records[n-1].To-s.records[0].From != (39 * 30 * time.Second).Milliseconds() {
			t.Errorf("%d observations, from %d to %d", n, s.records[0].From, s.records[n-1].To)
		}
	})
}

func TestALightFailureIsConfirmedByFullProbesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := func(at time.Duration) bool { return at > 80*time.Second }
		s := play(t, watch.Options{Cameras: []watch.Camera{camera("A")}, Confirm: 2}, 3*time.Minute, world(
			func(at time.Duration) probe.Result {
				if gone(at) {
					return fallen(wire.FaultRefused)
				}
				return good()
			},
			func(at time.Duration) probe.Result {
				if gone(at) {
					return lightFallen(wire.FaultRefused)
				}
				return light()
			}))
		first := watch.Offset("A", 30*time.Second)
		want := []time.Duration{first, first + 30*time.Second, first + 60*time.Second, first + 90*time.Second,
			first + 95*time.Second, first + 102*time.Second, first + 120*time.Second, first + 150*time.Second}
		if d := cmp.Diff(want, s.starts["rtsp://A.example/s"]); d != "" {
			t.Error(d)
		}
		// While it is down every probe is full: a light one could say nothing.
		if got := s.depths["rtsp://A.example/s"]; got != "FLFLFFFF" {
			t.Errorf("depths are %s", got)
		}
		if n := len(s.records); n != 2 || s.records[1].From-s.records[0].From != 90_000 || s.records[1].Fault != wire.FaultRefused {
			t.Errorf("%+v", s.records)
		}
	})
}

func TestAPictureThatIsMissingIsNotTurnedUpByAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(t, watch.Options{Cameras: []watch.Camera{camera("A")}, Confirm: 1}, 10*time.Minute, world(
			func(at time.Duration) probe.Result {
				if at > 3*time.Minute && at < 7*time.Minute {
					return noMedia()
				}
				return good()
			}, func(time.Duration) probe.Result { return light() }))
		var got []string
		for _, o := range s.records {
			if l := label(o.Status, o.Fault); len(got) == 0 || got[len(got)-1] != l {
				got = append(got, l)
			}
		}
		if d := cmp.Diff([]string{"up", "down:no_media", "up"}, got); d != "" {
			t.Error(d, s.depths)
		}
	})
}

func TestACameraMayHaveFullProbesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := camera("A")
		c.FullOnly, c.FullInterval = true, 2*time.Minute
		s := play(t, watch.Options{Cameras: []watch.Camera{c}}, 10*time.Minute, world(
			func(time.Duration) probe.Result { return good() }, func(time.Duration) probe.Result { return light() }))
		want := []time.Duration{watch.Offset("A", 30*time.Second)}
		for at := watch.Offset("A", 2*time.Minute); at < 10*time.Minute; at += 2 * time.Minute {
			want = append(want, at)
		}
		if d := cmp.Diff(want, s.starts["rtsp://A.example/s"]); d != "" || strings.Contains(s.depths["rtsp://A.example/s"], "L") {
			t.Error(d, s.depths)
		}
		if st := s.w.Stats(); st.Overruns != 0 || st.Light != 0 {
			t.Errorf("%+v", st)
		}
		if len(s.records) == 0 || s.records[len(s.records)-1].To-s.records[0].From != (want[len(want)-1]-want[0]).Milliseconds() {
			t.Errorf("%+v", s.records)
		}
	})
}

func TestACameraThatIsTooSlowForItsGridIsCountedAndNeverPiledUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := camera("A")
		s := play(t, watch.Options{Cameras: []watch.Camera{c}, LightInterval: 10 * time.Second, FullInterval: 10 * time.Second}, 10*time.Minute,
			func(ctx context.Context, _ string, _ int) probe.Result { wait(ctx, 25*time.Second); return good() })
		starts := s.starts["rtsp://A.example/s"]
		for i := 1; i < len(starts); i++ {
			if d := starts[i] - starts[i-1]; d != 30*time.Second {
				t.Errorf("probe %d starts %v after the one before", i, d)
			}
		}
		if st := s.w.Stats(); st.Overruns != 2*st.Probes || st.Probes < 18 {
			t.Errorf("%+v", st)
		}
	})
}

func TestTwoHundredCamerasAtTheDefaultsNeverOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cameras []watch.Camera
		for i := range 200 {
			cameras = append(cameras, camera(fmt.Sprintf("CAM-%03d", i)))
		}
		s := play(t, watch.Options{Cameras: cameras}, 30*time.Minute, world(
			func(time.Duration) probe.Result { return good() },
			func(time.Duration) probe.Result { return light() }))
		st := s.w.Stats()
		if st.Overruns != 0 || s.most > watch.DefaultMaxSessions {
			t.Errorf("%+v, %d sessions at once", st, s.most)
		}
		// 30 minutes are 60 probes, of them 6 full ones and the first.
		if full := st.Probes - st.Light; st.Probes < 200*56 || full < 200*6 || full > 200*7 {
			t.Errorf("%+v, %d full", st, full)
		}
	})
}
