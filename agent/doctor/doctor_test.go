package doctor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/phukin/phukin/agent/doctor"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func stages(to wire.Rung) (st []probe.Stage) {
	for r := wire.RungResolve; r <= to; r++ {
		if r != wire.RungTLS {
			st = append(st, probe.Stage{Rung: r, Duration: time.Duration(r) * time.Duration(r) * 1500 * time.Microsecond})
		}
	}
	return st
}

var scripts = map[string]probe.Result{
	"rtsp://u:hunter2@good.example/hunter2?p=hunter2": {Reached: wire.RungFresh, Stages: stages(wire.RungFresh), AuthAsked: true, Codec: wire.CodecH264,
		Width: 1920, Height: 1080, FrameRate: 24.98, BitRate: 2_134_000, KeyframeGap: 2, Jitter: 3.4},
	"rtsp://weak.example/s": {Reached: wire.RungFresh, Stages: stages(wire.RungFresh), Codec: wire.CodecH265, Width: 640, Height: 360, FrameRate: 5, BitRate: 90_000, Loss: 0.034},
	"rtsp://locked.example:8554/s": {Reached: wire.RungDescribe, FellOn: wire.RungAuth, Fault: wire.FaultAuthRejected, RTSPStatus: 401, Stages: stages(wire.RungDescribe), AuthAsked: true,
		Err: errors.New("DESCRIBE was\nanswered with 401")},
	"rtsp://gone.example/s": {Reached: wire.RungResolve, FellOn: wire.RungConnect, Fault: wire.FaultRefused, Stages: stages(wire.RungResolve), Err: errors.New("connection refused")},
}

func options(out io.Writer, lang wire.Lang) doctor.Options {
	return doctor.Options{
		Lang: lang, Out: out, Sessions: 2,
		Cameras: []doctor.Camera{
			{Code: "CAM-01", Target: probe.Target{URL: "rtsp://u:hunter2@good.example/hunter2?p=hunter2"}},
			{Code: "CAM-02", Target: probe.Target{URL: "rtsp://weak.example/s"}, Reasons: func(*probe.Result) []wire.Reason {
				return []wire.Reason{wire.ReasonLowResolution, wire.ReasonLoss}
			}},
			{Code: "CAM-03", Target: probe.Target{URL: "rtsp://locked.example:8554/s", Username: "admin", Password: "hunter2"}},
			{Target: probe.Target{URL: "rtsp://gone.example/s"}},
		},
		Probe:  func(_ context.Context, t probe.Target) probe.Result { return scripts[t.URL] },
		Checks: checks(),
		Now:    func() time.Time { return noon },
	}
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("", 7*3600))

func says(f doctor.Finding) func(context.Context) doctor.Finding {
	return func(context.Context) doctor.Finding { return f }
}

func checks() []doctor.Check {
	return []doctor.Check{
		{Name: doctor.NameConfiguration, Subject: "/etc/phukin/agent.yaml", Look: says(doctor.Finding{Facts: doctor.Facts{Agent: "TB-1", Cameras: 4}})},
		doctor.Clock(func() time.Time { return noon }),
		{Name: doctor.NameDisk, Subject: "/var/spool", Look: says(doctor.Finding{Facts: doctor.Facts{Free: 13 << 29, Bound: 64 << 20}})},
		doctor.DNS("hub.example", func(context.Context, string) ([]string, error) { return []string{"192.0.2.1"}, nil }),
		doctor.DNS("gone.example", func(context.Context, string) ([]string, error) { return nil, errors.New("no such host") }),
		doctor.Broker("hub.example:8883", false, func(context.Context) ([]uplink.StageTime, error) {
			return []uplink.StageTime{{Stage: uplink.StageTCP, Took: 3 * time.Millisecond}, {Stage: uplink.StageTLS, Took: 12 * time.Millisecond}, {Stage: uplink.StageLogin, Took: 5 * time.Millisecond},
				{Stage: uplink.StageSubscribe, Took: 2 * time.Millisecond}, {Stage: uplink.StagePublish, Took: 2 * time.Millisecond}}, nil
		}),
	}
}

func TestTheReportReadsAsTheGoldenFile(t *testing.T) {
	for _, c := range []struct {
		file string
		lang wire.Lang
		json bool
	}{{"report_vi.txt", wire.VI, false}, {"report_en.txt", wire.EN, false}, {"report.json", wire.EN, true}} {
		var out bytes.Buffer
		o := options(&out, c.lang)
		o.JSON = c.json
		sum, err := doctor.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(doctor.Summary{Working: 1, Degraded: 1, Failed: 2, Open: 1, Trouble: 1}, sum); d != "" || sum.OK() {
			t.Error(d)
		}
		if strings.Contains(out.String(), "hunter2") {
			t.Error("the report shows a credential")
		}
		if c.json && !json.Valid(out.Bytes()) {
			t.Error("the report is no JSON")
		}
		path := filepath.Join("testdata", c.file)
		if *update {
			if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), out.String()); d != "" {
			t.Errorf("%s (write it anew with -update):\n%s", path, d)
		}
	}
}

func TestAllIsWellOnlyWhenEverythingIs(t *testing.T) {
	for _, c := range []struct {
		sum  doctor.Summary
		want bool
	}{
		{doctor.Summary{}, true},
		{doctor.Summary{Working: 3, Open: 1}, true},
		{doctor.Summary{Working: 3, Degraded: 1}, false},
		{doctor.Summary{Working: 3, Failed: 1}, false},
		{doctor.Summary{Working: 3, Trouble: 1}, false},
	} {
		if c.sum.OK() != c.want {
			t.Errorf("%+v: OK is %t", c.sum, c.sum.OK())
		}
	}
}

func TestProgressIsToldAndTakenAwayBeforeAnythingIsWritten(t *testing.T) {
	var told []string
	o := options(nil, wire.EN)
	shown := false
	o.Progress = func(text string) { told = append(told, text); shown = text != "" }
	o.Out = writer(func(p []byte) {
		if shown {
			t.Errorf("%q is written over the progress", p)
		}
	})
	if _, err := doctor.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(told, "|")
	for _, want := range []string{"Configuration /etc/phukin/agent.yaml", "MQTT broker hub.example:8883", "Camera 0/4: CAM-01", "/4: rtsp://gone.example:554"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not told: %s", want, all)
		}
	}
	if strings.Contains(all, "hunter2") {
		t.Error("the progress shows a credential")
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestSessionsAreBoundedAndOrderIsKept(t *testing.T) {
	var out bytes.Buffer
	o := options(&out, wire.EN)
	var now, most atomic.Int32
	var once sync.Once
	first, second := make(chan struct{}), make(chan struct{})
	o.Probe = func(_ context.Context, target probe.Target) probe.Result {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if target.URL == o.Cameras[0].Target.URL {
			close(first)
			<-second // the first is not done before the last has begun
		} else if <-first; target.URL == o.Cameras[3].Target.URL {
			once.Do(func() { close(second) })
		}
		return scripts[target.URL]
	}
	if _, err := doctor.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if most.Load() != 2 {
		t.Errorf("%d sessions at once", most.Load())
	}
	at := -1
	for _, name := range []string{"[1/4] CAM-01", "[2/4] CAM-02", "[3/4] CAM-03", "[4/4] rtsp://gone"} {
		i := strings.Index(out.String(), name)
		if i <= at {
			t.Errorf("%s is out of order", name)
		}
		at = i
	}
}

func TestAPanicIsAFault(t *testing.T) {
	var out bytes.Buffer
	o := options(&out, wire.EN)
	o.Probe = func(context.Context, probe.Target) probe.Result { panic("bad bytes") }
	sum, err := doctor.Run(t.Context(), o)
	if err != nil || sum.Failed != 4 || !strings.Contains(out.String(), "malformed") {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestItEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	o := options(&out, wire.EN)
	o.Probe = func(ctx context.Context, _ probe.Target) probe.Result {
		cancel()
		<-ctx.Done()
		return probe.Result{Err: ctx.Err()}
	}
	if _, err := doctor.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A probe that ended with the key frame has measured nothing, and says so.
func TestAQuickLookSaysWhatItDidNotMeasure(t *testing.T) {
	for lang, want := range map[wire.Lang]string{
		wire.EN: "h265 1280×720; 12.5 frames/s declared; a whole key frame came; whether the picture moves was not measured\n",
		wire.VI: "h265 1280×720; 12,5 hình/s theo khai báo; có khung hình khóa; chưa đo hình có chạy đều hay không\n",
	} {
		var out bytes.Buffer
		sum, err := doctor.Run(t.Context(), doctor.Options{Lang: lang, Out: &out,
			Cameras: []doctor.Camera{{Code: "CAM-01", Target: probe.Target{URL: "rtsp://good.example/s", Depth: probe.Keyframe}}},
			Probe: func(_ context.Context, t probe.Target) probe.Result {
				return probe.Result{Depth: t.Depth, Reached: wire.RungKeyframe, Stages: stages(wire.RungKeyframe), AuthAsked: true,
					Codec: wire.CodecH265, Width: 1280, Height: 720, NominalRate: 12.5}
			}})
		if err != nil || !sum.OK() || sum.Working != 1 {
			t.Errorf("%+v, %v", sum, err)
		}
		if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "Mbit/s") {
			t.Errorf("%s\nlacks %s", out.String(), want)
		}
	}
}
