package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/deploy/demo/clips"
	"github.com/phukin/phukin/deploy/demo/simcam"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheSamplePlanCanBeTakenInPart(t *testing.T) {
	for _, n := range []int{1, 22, 179, 180} {
		p, err := samplePlan(n)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Cameras) != n || !p.Simulated {
			t.Errorf("%d cameras asked for, %d came; simulated %t", n, len(p.Cameras), p.Simulated)
		}
	}
	for _, n := range []int{-1, 0, 181} {
		if _, err := samplePlan(n); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("CAMERAS=%d", n)) {
			t.Errorf("%d cameras: %v", n, err)
		}
	}
}

func TestTheDemonstrationListensOnLoopbackAlone(t *testing.T) {
	for addr, ok := range map[string]bool{"127.0.0.1:8080": true, "localhost:1": true, "[::1]:8080": true, "0.0.0.0:8080": false, ":8080": false, "192.0.2.1:80": false, "8080": false} {
		if err := loopback(addr); (err == nil) != ok {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

// readPast gives the made-up past that an agent's spool holds.
func readPast(t *testing.T, seed uint64, cameras []*fleetCamera, now time.Time) (obs []wire.Observation) {
	t.Helper()
	s, _, err := spool.Open(t.TempDir(), spool.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := fillPast(s, "tb-1", cameras, seed, now, time.UTC); err != nil {
		t.Fatal(err)
	}
	for from := s.First(); from < s.Next(); {
		records, err := s.Read(from, 1<<20, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			o, err := wire.UnmarshalObservation(r.Payload)
			if err != nil {
				t.Fatal(err)
			}
			obs = append(obs, o)
		}
		from = records[len(records)-1].Seq + 1
	}
	return obs
}

func TestTheMadeUpPastIsWhatAgentsWouldHaveSent(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	installed := now.AddDate(-1, 0, 0)
	old := &fleetCamera{plan: &plan.Camera{Code: "OLD", Installed: plan.NewDate(2020, 1, 1)}, clip: clips.All()[0]}
	young := &fleetCamera{plan: &plan.Camera{Code: "YOUNG", Installed: plan.DateOf(installed, time.UTC)}, clip: clips.All()[0]}
	obs := readPast(t, 7, []*fleetCamera{old, young}, now)
	ends := map[string]int64{}
	seconds := map[wire.Status]int64{}
	for i := range obs {
		o := &obs[i]
		if err := o.Check(); err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		if o.To-o.From > time.Hour.Milliseconds() {
			t.Errorf("%+v covers more than an hour", o)
		}
		if o.From < ends[o.Camera]-1 { // a piece of less than a millisecond is given one
			t.Errorf("%s: %d begins before %d", o.Camera, o.From, ends[o.Camera])
		}
		ends[o.Camera] = o.To
		seconds[o.Status] += (o.To - o.From) / 1000
		if o.Camera == "YOUNG" && o.From < installed.Truncate(24*time.Hour).UnixMilli() {
			t.Fatalf("seen at %v, installed at %v", time.UnixMilli(o.From).UTC(), installed)
		}
	}
	if ends["OLD"] != now.UnixMilli() || ends["YOUNG"] != now.UnixMilli() {
		t.Errorf("the past ends at %v, want %d", ends, now.UnixMilli())
	}
	all := seconds[wire.StatusUp] + seconds[wire.StatusDegraded] + seconds[wire.StatusDown]
	if years := float64(all) / (365 * 86400); years < 2.5 || years > 3 || seconds[wire.StatusDown] == 0 || seconds[wire.StatusDegraded] == 0 {
		t.Errorf("%.2f camera-years of three, by status %v", years, seconds)
	}
	again := readPast(t, 7, []*fleetCamera{old, young}, now)
	other := readPast(t, 8, []*fleetCamera{old, young}, now)
	same := func(a, b wire.Observation) bool {
		return a.Camera == b.Camera && a.From == b.From && a.To == b.To && a.Status == b.Status && a.Fault == b.Fault
	}
	if !slices.EqualFunc(obs, again, same) {
		t.Error("the same seed made another past")
	}
	if slices.EqualFunc(obs, other, same) {
		t.Error("another seed made the same past")
	}
}

func TestARelayCarriesAndCanBeCut(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	r, err := startRelay(echo.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	say := func() error {
		c, err := net.Dial("tcp", r.addr())
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return err
		}
		if _, err := io.WriteString(c, "hello\n"); err != nil {
			return err
		}
		_, err = bufio.NewReader(c).ReadString('\n')
		return err
	}
	if err := say(); err != nil {
		t.Errorf("a whole line: %v", err)
	}
	r.setCut(true)
	if err := say(); err == nil {
		t.Error("a cut line carries")
	}
	r.setCut(false)
	if err := say(); err != nil {
		t.Errorf("a mended line: %v", err)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
	_ = echo.Close()
	<-done
}

func TestEveryCameraHasAClipThatIsAsPlanned(t *testing.T) {
	p, err := samplePlan(180)
	if err != nil {
		t.Fatal(err)
	}
	codecs := map[clips.Codec]int{}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		clip := clipFor(c, i)
		codecs[clip.Codec]++
		if clip.Width < c.Width || clip.Height < c.Height || float64(clip.FrameRate) < 0.9*c.FrameRate {
			t.Errorf("%s: %s for a planned %d × %d at %g", c.Code, clip.Name, c.Width, c.Height, c.FrameRate)
		}
	}
	if codecs[clips.H264] == 0 || codecs[clips.H265] == 0 {
		t.Errorf("codecs: %v", codecs)
	}
}

func TestTheOpeningShowsEveryCommonFailure(t *testing.T) {
	within := firstAct + time.Duration(len(opening))*actEvery
	if within > time.Minute {
		t.Errorf("the opening takes %v; a newcomer should see it within a minute", within)
	}
	has := func(b simcam.Behaviour) bool {
		return slices.ContainsFunc(opening, func(a act) bool { return !a.line && a.behaviour == b })
	}
	for _, b := range []simcam.Behaviour{simcam.Unplugged, simcam.WrongPassword, simcam.Stalled, simcam.BlackHole} {
		if !has(b) {
			t.Errorf("%v is missing", b)
		}
	}
	if !slices.ContainsFunc(opening, func(a act) bool { return a.line }) {
		t.Error("no line is cut")
	}
}
