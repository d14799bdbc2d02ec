package simcam_test

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"

	"github.com/phukin/phukin/deploy/demo/simcam"
)

func TestBehaviourNamesRoundTrip(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range simcam.Behaviours() {
		if b.String() == "" || seen[b.String()] {
			t.Errorf("behaviour %d is called %q", b, b)
		}
		seen[b.String()] = true
		got, err := simcam.ParseBehaviour(b.String())
		if err != nil || got != b {
			t.Errorf("%v is parsed as %v, %v", b, got, err)
		}
		text, err := b.MarshalText()
		var back simcam.Behaviour
		if err != nil || back.UnmarshalText(text) != nil || back != b {
			t.Errorf("%v as text is %q, %v, and back %v", b, text, err, back)
		}
	}
	for _, name := range []string{"", "Normal", "black_hole", "behaviour(3)"} {
		if b, err := simcam.ParseBehaviour(name); !errors.Is(err, simcam.ErrUnknownBehaviour) {
			t.Errorf("%q is parsed as %v, %v", name, b, err)
		}
	}
	if err := start(t, simcam.Config{}).Set(99); !errors.Is(err, simcam.ErrUnknownBehaviour) {
		t.Errorf("Set(99): %v", err)
	}
}

// TestRequestsAreRefused: each behaviour that a request's answer shows, then back.
func TestRequestsAreRefused(t *testing.T) {
	for _, tc := range []struct {
		b      simcam.Behaviour
		rung   string
		status base.StatusCode
		hangUp bool // running sessions are closed
	}{
		{simcam.WrongPassword, "describe", base.StatusUnauthorized, true},
		{simcam.NotFound, "describe", base.StatusNotFound, false},
		{simcam.Busy, "setup", base.StatusNotEnoughBandwidth, false},
		{simcam.UnsupportedTransport, "setup", base.StatusUnsupportedTransport, false},
		{simcam.NoVideo, "describe", 0, false},
	} {
		t.Run(tc.b.String(), func(t *testing.T) {
			t.Parallel()
			cam := start(t, simcam.Config{Username: user, Password: password})
			running := watch(t, cam)
			running.next(t)
			set(t, cam, tc.b)
			if tc.hangUp {
				running.hungUp(t)
			} else {
				running.key(t)
			}
			r, err := dial(t, cam, user, password)
			if err == nil {
				err = r.play()
			}
			var at rung
			if !errors.As(err, &at) || at.name != tc.rung || status(err) != tc.status {
				t.Errorf("%v, want status %d at %s", err, tc.status, tc.rung)
			}
			set(t, cam, simcam.Normal)
			watch(t, cam).key(t)
		})
	}
}

func TestACameraWithoutUserCanAlsoHaveAPasswordSet(t *testing.T) {
	cam := start(t, simcam.Config{})
	set(t, cam, simcam.WrongPassword)
	if _, err := dial(t, cam, "", ""); status(err) != base.StatusUnauthorized {
		t.Errorf("%v, want 401", err)
	}
}

func TestUnpluggedRefusesConnectionsAndComesBackOnItsPort(t *testing.T) {
	cam := start(t, simcam.Config{Username: user, Password: password})
	addr := cam.Addr()
	running := watch(t, cam)
	running.next(t)
	set(t, cam, simcam.Unplugged)
	running.hungUp(t)
	for range 3 {
		if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("connecting: %v, want refused", err)
		}
	}
	set(t, cam, simcam.Normal)
	if cam.Addr() != addr {
		t.Errorf("came back on %s, was on %s", cam.Addr(), addr)
	}
	watch(t, cam).key(t)
}

func TestAPortThatSomebodyElseTookIsSaidAndTriedAgain(t *testing.T) {
	cam := start(t, simcam.Config{PortPatience: 200 * time.Millisecond})
	set(t, cam, simcam.Unplugged)
	thief, err := net.Listen("tcp", cam.Addr())
	if err != nil {
		t.Skipf("somebody else was faster than this test: %v", err)
	}
	defer thief.Close()
	if err := cam.Set(simcam.BlackHole); !errors.Is(err, simcam.ErrPortTaken) {
		t.Fatalf("%v, want ErrPortTaken", err)
	}
	if b := cam.Behaviour(); b != simcam.Unplugged {
		t.Errorf("%v after the failure, want unplugged", b)
	}
	thief.Close()
	set(t, cam, simcam.Normal)
	watch(t, cam).key(t)
}

func TestCloseInterruptsTheWaitForThePort(t *testing.T) {
	cam := start(t, simcam.Config{PortPatience: time.Hour})
	set(t, cam, simcam.Unplugged)
	thief, err := net.Listen("tcp", cam.Addr())
	if err != nil {
		t.Skipf("somebody else was faster than this test: %v", err)
	}
	defer thief.Close()
	failed := make(chan error)
	go func() { failed <- cam.Set(simcam.Normal) }()
	for cam.Behaviour() == simcam.Unplugged {
		runtime.Gosched() // until Set is at it
	}
	if err := cam.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, simcam.ErrPortTaken) {
		t.Errorf("%v, want ErrPortTaken", err)
	}
}

func TestABlackHoleAcceptsAndNeverAnswers(t *testing.T) {
	t.Parallel()
	cam := start(t, simcam.Config{Username: user, Password: password})
	running := watch(t, cam)
	running.next(t)
	set(t, cam, simcam.BlackHole)
	running.fallsSilent(t)

	conn, err := net.Dial("tcp", cam.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("OPTIONS " + cam.URL() + " RTSP/1.0\r\nCSeq: 1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(quiet)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v, want a timeout", n, err)
	}

	set(t, cam, simcam.Normal)
	if err := conn.SetReadDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || (!errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET)) {
		t.Errorf("read %d bytes, %v after it came back, want a closed connection", n, err)
	}
	running.hungUp(t)
	watch(t, cam).key(t)
}

func TestNoMediaPlaysAndSendsNothing(t *testing.T) {
	t.Parallel()
	cam := start(t, simcam.Config{})
	running := watch(t, cam)
	running.key(t)
	set(t, cam, simcam.NoMedia)
	r := watch(t, cam)
	r.silent(t)
	running.fallsSilent(t)
	set(t, cam, simcam.Normal)
	r.key(t)
	running.key(t)
}

func TestStalledStopsAfterOneKeyFrameAndKeepsTheConnection(t *testing.T) {
	t.Parallel()
	cam := start(t, simcam.Config{})
	running := watch(t, cam)
	running.key(t)
	set(t, cam, simcam.Stalled)
	r := watch(t, cam)
	r.key(t)
	r.silent(t)
	running.fallsSilent(t)
	set(t, cam, simcam.Normal)
	r.key(t)
	running.key(t)
}

func TestNoKeyframeSendsInterFramesOnly(t *testing.T) {
	for _, name := range []string{"h264-360p", "h265-360p"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clip(t, name)
			cam := start(t, simcam.Config{Clip: c})
			running := watch(t, cam)
			running.key(t)
			set(t, cam, simcam.NoKeyframe)
			joiner := watch(t, cam)
			running.skip(t)
			for _, r := range []*reader{joiner, running} {
				first := r.next(t)
				for range c.GOP + 2 {
					p := r.next(t)
					if p.key {
						t.Fatal("a key frame came")
					}
					if p.ts-first.ts > uint32(3*90000) {
						t.Fatal("pictures are missing")
					}
				}
			}
			set(t, cam, simcam.Normal)
			running.key(t)
		})
	}
}

func TestLowResolutionShowsInTheNextDescribe(t *testing.T) {
	t.Parallel()
	cam := start(t, simcam.Config{Clip: clip(t, "h264-1080p")})
	running := watch(t, cam)
	running.key(t)
	described, err := dial(t, cam, "", "")
	if err != nil {
		t.Fatal(err)
	}
	set(t, cam, simcam.LowResolution)
	low := watch(t, cam)
	if err := described.play(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		r      *reader
		height int
	}{
		{"running", running, 1080}, {"described before", described, 1080}, {"new", low, 360},
	} {
		_, sps, _ := tc.r.sets()
		if _, h := tc.r.size(t, sps); h != tc.height {
			t.Errorf("%s session: SDP says %d lines, want %d", tc.name, h, tc.height)
		}
		if _, h := tc.r.size(t, tc.r.key(t).nalus[0]); h != tc.height {
			t.Errorf("%s session: pictures have %d lines, want %d", tc.name, h, tc.height)
		}
	}
}

func TestSlowSendsFewerPicturesAtTheirTrueTimes(t *testing.T) {
	t.Parallel()
	c := clip(t, "h264-720p")
	cam := start(t, simcam.Config{Clip: c})
	set(t, cam, simcam.Slow)
	r := watch(t, cam)
	const n = 8
	first, began := r.next(t), time.Now()
	step := uint32(simcam.SlowFactor * 90000 / c.FrameRate)
	for i := range n {
		if p := r.next(t); p.ts != first.ts+uint32(i+1)*step {
			t.Fatalf("picture %d comes %d ticks after the first, want %d", i+1, p.ts-first.ts, uint32(i+1)*step)
		}
	}
	want := time.Duration(n*step) * time.Second / 90000
	if took := time.Since(began); took < want-want/4 {
		t.Errorf("%d pictures took %v, want %v", n, took, want)
	}
	set(t, cam, simcam.Normal)
	last := r.next(t)
	for range 3 * c.GOP { // both paces may stand side by side for a moment
		p := r.next(t)
		if p.ts-last.ts > step {
			t.Fatalf("timestamps jump by %d", p.ts-last.ts)
		}
		if p.ts-last.ts == uint32(90000/c.FrameRate) {
			return
		}
		last = p
	}
	t.Error("the nominal rate did not come back")
}

func TestLossyLosesPackets(t *testing.T) {
	t.Parallel()
	cam := start(t, simcam.Config{Clip: clip(t, "h264-1080p")})
	set(t, cam, simcam.Lossy)
	r := watch(t, cam)
	for range 30 {
		r.next(t)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	got := len(r.packets)
	sent := int(r.packets[got-1]-r.packets[0]) + 1
	if lost := sent - got; lost < sent/simcam.LossOneIn-1 || lost > sent/simcam.LossOneIn+1 || lost == 0 {
		t.Errorf("%d of %d packets lost, want one in %d", lost, sent, simcam.LossOneIn)
	}
}

// TestBehavioursFollowEachOtherUnderLoad: whatever the order, with readers at work,
// nothing breaks and the camera is well at the end. Meant for the race detector.
func TestBehavioursFollowEachOtherUnderLoad(t *testing.T) {
	cam := start(t, simcam.Config{Username: user, Password: password})
	for _, from := range simcam.Behaviours() {
		for _, to := range simcam.Behaviours() {
			set(t, cam, from)
			if from != simcam.Unplugged && from != simcam.BlackHole {
				if r, err := dial(t, cam, user, password); err == nil {
					_ = r.play() // some do, some do not
				}
			}
			set(t, cam, to)
		}
	}
	set(t, cam, simcam.Normal)
	watch(t, cam).key(t)
}
