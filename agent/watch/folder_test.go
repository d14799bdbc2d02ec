package watch_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

var rules = watch.Rules{Bridge: 190 * time.Second, Confirm: 2, ReportEvery: 5 * time.Minute}

var plan = watch.Expectation{Width: 1920, Height: 1080, FrameRate: 25}

func good() probe.Result {
	return probe.Result{Reached: wire.RungFresh, Codec: wire.CodecH264, Width: 1920, Height: 1080, FrameRate: 25, BitRate: 2e6, KeyframeGap: 2, Jitter: 3,
		Stages: []probe.Stage{{Rung: wire.RungConnect, Duration: 4 * time.Millisecond}, {Rung: wire.RungFresh, Duration: 2 * time.Second}}}
}

func lossy() probe.Result { r := good(); r.Loss = 0.05; return r }

func fallen(f wire.Fault) probe.Result {
	return probe.Result{Reached: wire.RungResolve, FellOn: wire.RungConnect, Fault: f, Err: errors.New("fell")}
}

type step struct {
	at int64 // seconds
	r  probe.Result
}

type span struct {
	From, To int64
	What     string
	Probes   int
}

func label(s wire.Status, f wire.Fault) string {
	if f != wire.FaultNone {
		return s.String() + ":" + f.String()
	}
	return s.String()
}

// moment is a moment by a wall clock that is nine seconds ahead of the other.
func moment(ms int64) watch.Moment { return watch.Moment{Mono: ms, Wall: ms + 9000} }

func fold(f *watch.Folder, steps []step) []watch.Closed {
	var all []watch.Closed
	for _, s := range steps {
		all = append(all, f.Add(moment(s.at*1000), s.r)...)
	}
	return append(all, f.Close()...)
}

func spans(os []watch.Closed) []span {
	var got []span
	for _, o := range os {
		got = append(got, span{o.From / 1000, o.To / 1000, label(o.Status, o.Fault), o.Probes})
	}
	return got
}

func TestProbesFoldIntoObservations(t *testing.T) {
	refused, silent := fallen(wire.FaultRefused), fallen(wire.FaultTimeout)
	other := good()
	other.Width, other.Height = 3840, 2160
	unmeasured := good()
	unmeasured.Width, unmeasured.Height, unmeasured.Codec = 0, 0, 0
	for _, c := range []struct {
		name    string
		steps   []step
		want    []span
		passing int
	}{
		{"one probe vouches for no time", []step{{0, good()}}, nil, 0},
		{"probes that agree bridge the time between them", []step{{0, good()}, {60, good()}, {120, good()}}, []span{{0, 120, "up", 3}}, 0},
		{"probes at most the bridge apart still agree", []step{{0, good()}, {190, good()}}, []span{{0, 190, "up", 2}}, 0},
		{"probes too far apart leave unknown time", []step{{0, good()}, {60, good()}, {251, good()}, {300, good()}}, []span{{0, 60, "up", 2}, {251, 300, "up", 2}}, 0},
		{"the border is the first probe that saw the new state", []step{{0, good()}, {60, lossy()}, {120, lossy()}, {180, good()}, {240, good()}},
			[]span{{0, 60, "up", 1}, {60, 180, "degraded", 2}, {180, 240, "up", 2}}, 0},
		{"a border too far away is unknown", []step{{0, good()}, {60, good()}, {300, lossy()}, {360, lossy()}}, []span{{0, 60, "up", 2}, {300, 360, "degraded", 2}}, 0},
		{"an outage begins at the first failed probe", []step{{0, good()}, {60, refused}, {65, refused}, {70, refused}, {120, refused}},
			[]span{{0, 60, "up", 1}, {60, 120, "down:refused", 4}}, 0},
		{"a failure that is not confirmed is no outage", []step{{0, good()}, {60, refused}, {65, refused}, {70, good()}, {120, good()}},
			[]span{{0, 120, "up", 3}}, 1},
		{"confirmations with another fault are told apart", []step{{60, refused}, {65, silent}, {70, silent}, {120, silent}},
			[]span{{60, 65, "down:refused", 1}, {65, 120, "down:timeout", 3}}, 0},
		{"nobody vouches for the time of a doubt that is never resolved", []step{{0, good()}, {60, good()}, {120, refused}, {125, refused}}, []span{{0, 60, "up", 2}}, 0},
		{"a doubt too old to be confirmed begins anew", []step{{0, good()}, {60, good()}, {120, refused}, {400, refused}, {405, refused}, {410, refused}},
			[]span{{0, 60, "up", 2}, {400, 410, "down:refused", 3}}, 0},
		{"an outage after unknown time needs confirmation again", []step{{0, refused}, {5, refused}, {10, refused}, {600, refused}, {605, good()}, {660, good()}},
			[]span{{0, 10, "down:refused", 3}, {605, 660, "up", 2}}, 1},
		{"recovery needs no confirmation", []step{{0, refused}, {5, refused}, {10, refused}, {60, good()}, {120, good()}},
			[]span{{0, 60, "down:refused", 3}, {60, 120, "up", 2}}, 0},
		{"a known outage may change its fault at once", []step{{0, refused}, {5, refused}, {10, refused}, {60, silent}, {120, silent}},
			[]span{{0, 60, "down:refused", 3}, {60, 120, "down:timeout", 2}}, 0},
		{"a long observation is reported in parts", []step{{0, good()}, {100, good()}, {200, good()}, {300, good()}, {400, good()}},
			[]span{{0, 300, "up", 3}, {300, 400, "up", 2}}, 0},
		{"another picture size is another observation", []step{{0, good()}, {60, other}, {120, other}}, []span{{0, 60, "up", 1}, {60, 120, "up", 2}}, 0},
		{"what was not measured agrees with anything", []step{{0, unmeasured}, {60, good()}, {120, unmeasured}}, []span{{0, 120, "up", 3}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := watch.NewFolder("CAM-1", plan, rules)
			if d := cmp.Diff(c.want, spans(fold(f, c.steps))); d != "" {
				t.Error(d)
			}
			if f.Passing() != c.passing {
				t.Errorf("%d passing failures, want %d", f.Passing(), c.passing)
			}
		})
	}
}

func TestWithoutConfirmationTheFirstFailureIsBelieved(t *testing.T) {
	r := rules
	r.Confirm = 0
	f := watch.NewFolder("CAM-1", plan, r)
	got := spans(fold(f, []step{{0, good()}, {60, fallen(wire.FaultBusy)}, {120, good()}}))
	if d := cmp.Diff([]span{{0, 60, "up", 1}, {60, 120, "down:busy", 1}}, got); d != "" {
		t.Error(d)
	}
}

func TestStateIsWhatIsSeenNow(t *testing.T) {
	f := watch.NewFolder("CAM-1", plan, rules)
	if _, ok := f.State(); ok {
		t.Error("a state before any probe")
	}
	check := func(at int64, r probe.Result, want wire.State) {
		t.Helper()
		f.Add(moment(at*1000), r)
		want.Camera = "CAM-1"
		got, _ := f.State()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("after %d s: %s", at, d)
		}
	}
	up := wire.State{Status: wire.StatusUp, Rung: wire.RungFresh, Since: 10_000, Probed: 10_000, Codec: wire.CodecH264, Width: 1920, Height: 1080}
	check(10, good(), up)
	up.Probed = 150_000
	check(150, good(), up)
	up.Probed = 320_000 // past ReportEvery: since stays
	check(320, good(), up)
	check(330, fallen(wire.FaultRefused), up)
	check(335, fallen(wire.FaultRefused), up)
	down := wire.State{Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultRefused, FellOn: wire.RungConnect, Since: 330_000, Probed: 340_000}
	check(340, fallen(wire.FaultRefused), down)
	down.Fault, down.Probed = wire.FaultTimeout, 345_000 // another fault is no new outage
	check(345, fallen(wire.FaultTimeout), down)
	check(400, lossy(), wire.State{Status: wire.StatusDegraded, Rung: wire.RungFresh, Reasons: []wire.Reason{wire.ReasonLoss},
		Since: 400_000, Probed: 400_000, Codec: wire.CodecH264, Width: 1920, Height: 1080})
}

func TestAnObservationHoldsWhatWasMeasured(t *testing.T) {
	f := watch.NewFolder("CAM-1", plan, rules)
	b := good()
	b.FrameRate, b.KeyframeGap, b.BitRate, b.Jitter = 15, 0, math.NaN(), -1
	got := fold(f, []step{{0, good()}, {60, b}})
	want := []watch.Closed{{Wall: 9000, News: true, Observation: wire.Observation{
		Camera: "CAM-1", From: 0, To: 60_000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 2,
		Codec: wire.CodecH264, Width: 1920, Height: 1080,
		FrameRate: wire.Stat{N: 2, Min: 15, Mean: 20, Max: 25}, BitRate: wire.Stat{N: 1, Min: 2e6, Mean: 2e6, Max: 2e6},
		KeyframeGap: wire.Stat{N: 1, Min: 2, Mean: 2, Max: 2}, Loss: wire.Stat{N: 2}, Jitter: wire.Stat{N: 1, Min: 3, Mean: 3, Max: 3},
		Stages: []wire.Stage{{Rung: wire.RungConnect, Time: wire.Stat{N: 2, Min: 4, Mean: 4, Max: 4}}, {Rung: wire.RungFresh, Time: wire.Stat{N: 2, Min: 2000, Mean: 2000, Max: 2000}}},
	}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAStreamIsDegradedPastItsThresholds(t *testing.T) {
	loose := watch.Thresholds{FrameRate: 0.2, KeyframeGap: time.Minute, Loss: 0.5}
	with := func(f func(*probe.Result)) probe.Result { r := good(); f(&r); return r }
	for _, c := range []struct {
		name string
		e    watch.Expectation
		r    probe.Result
		want []wire.Reason
	}{
		{"as planned", plan, good(), nil},
		{"more than planned", plan, with(func(r *probe.Result) { r.Width, r.Height, r.FrameRate = 3840, 2160, 60 }), nil},
		{"fewer lines", plan, with(func(r *probe.Result) { r.Height = 1072 }), []wire.Reason{wire.ReasonLowResolution}},
		{"fewer columns", plan, with(func(r *probe.Result) { r.Width = 1280 }), []wire.Reason{wire.ReasonLowResolution}},
		{"size not measured", plan, with(func(r *probe.Result) { r.Width, r.Height = 0, 0 }), nil},
		{"just enough frames", plan, with(func(r *probe.Result) { r.FrameRate = 15 }), nil},
		{"too few frames", plan, with(func(r *probe.Result) { r.FrameRate = 14.9 }), []wire.Reason{wire.ReasonLowFrameRate}},
		{"key frames too far apart, and loss", plan, with(func(r *probe.Result) { r.KeyframeGap, r.Loss = 10.1, 0.021 }), []wire.Reason{wire.ReasonLongKeyframeGap, wire.ReasonLoss}},
		{"at the thresholds", plan, with(func(r *probe.Result) { r.KeyframeGap, r.Loss = 10, 0.02 }), nil},
		{"nothing planned", watch.Expectation{}, with(func(r *probe.Result) { r.Width, r.Height, r.FrameRate = 320, 240, 1 }), nil},
		{"timestamps that jump", watch.Expectation{}, with(func(r *probe.Result) { r.TimestampFaults = 1 }), []wire.Reason{wire.ReasonTimestamps}},
		{"a picture that may be frozen", watch.Expectation{}, with(func(r *probe.Result) { r.SuspectStatic = true }), []wire.Reason{wire.ReasonSuspectStatic}},
		{"everything at once, in order", plan, with(func(r *probe.Result) {
			r.Width, r.FrameRate, r.KeyframeGap, r.Loss, r.TimestampFaults, r.SuspectStatic = 1, 1, 11, 0.5, 2, true
		}), wire.Reasons()},
		{"within thresholds of its own", watch.Expectation{FrameRate: 25, Thresholds: loose}, with(func(r *probe.Result) { r.FrameRate, r.KeyframeGap, r.Loss = 5, 60, 0.5 }), nil},
		{"past thresholds of its own", watch.Expectation{FrameRate: 25, Thresholds: loose}, with(func(r *probe.Result) { r.FrameRate, r.KeyframeGap, r.Loss = 4.9, 60.1, 0.51 }),
			[]wire.Reason{wire.ReasonLowFrameRate, wire.ReasonLongKeyframeGap, wire.ReasonLoss}},
	} {
		if d := cmp.Diff(c.want, c.e.Reasons(&c.r)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestAnyResultGivesObservationsThatTheWireTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := watch.NewFolder("CAM-1", plan, watch.Rules{Bridge: time.Hour, ReportEvery: time.Minute})
		var all []watch.Closed
		number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), -1, 1e300}))
		for range rapid.IntRange(1, 8).Draw(t, "probes") {
			r := probe.Result{
				Reached: wire.Rung(rapid.Byte().Draw(t, "rung")), Fault: wire.Fault(rapid.IntRange(0, 25).Draw(t, "fault")),
				RTSPStatus: rapid.Int().Draw(t, "rtsp"), Codec: wire.Codec(rapid.IntRange(0, 4).Draw(t, "codec")),
				Width: rapid.Int().Draw(t, "width"), Height: rapid.Int().Draw(t, "height"),
				FrameRate: number.Draw(t, "fps"), BitRate: number.Draw(t, "bits"), KeyframeGap: number.Draw(t, "gap"), Loss: number.Draw(t, "loss"), Jitter: number.Draw(t, "jitter"),
				Stages: []probe.Stage{{Rung: wire.Rung(rapid.Byte().Draw(t, "stage")), Duration: time.Duration(rapid.Int64().Draw(t, "time"))}},
			}
			if rapid.Bool().Draw(t, "success") {
				r.Reached, r.Fault = wire.RungFresh, 0
			}
			all = append(all, f.Add(moment(rapid.Int64Range(0, 1e9).Draw(t, "at")), r)...)
		}
		all = append(all, f.Close()...)
		for _, o := range all {
			if _, err := wire.UnmarshalObservation(wire.MarshalObservation(&o.Observation)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestOnlyWhatReportEveryClosesIsNoNews(t *testing.T) {
	type closed struct {
		From, Wall int64
		News       bool
	}
	var got []closed
	for _, o := range fold(watch.NewFolder("CAM-1", plan, rules), []step{
		{0, good()}, {150, good()}, {300, good()}, // ReportEvery
		{400, lossy()},                 // another state
		{450, lossy()}, {700, lossy()}, // too far apart
		{710, lossy()}, // the end
	}) {
		got = append(got, closed{o.From / 1000, o.Wall/1000 - 9, o.News})
	}
	if d := cmp.Diff([]closed{{0, 0, false}, {300, 300, true}, {400, 400, true}, {700, 700, true}}, got); d != "" {
		t.Error(d)
	}
}
