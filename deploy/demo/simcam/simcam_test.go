package simcam_test

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"go.uber.org/goleak"

	"github.com/phukin/phukin/deploy/demo/clips"
	"github.com/phukin/phukin/deploy/demo/simcam"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAReaderGetsTheClipRoundAndRound(t *testing.T) {
	for _, c := range clips.All() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			r := watch(t, start(t, simcam.Config{Clip: c, Username: user, Password: password}))
			vps, sps, pps, err := c.ParameterSets()
			if err != nil {
				t.Fatal(err)
			}
			v, s, p := r.sets()
			if !same([][]byte{v, s, p}, [][]byte{vps, sps, pps}) {
				t.Error("the SDP's parameter sets are not the clip's")
			}
			first := r.key(t)
			inBand := first.nalus[0]
			if c.Codec == clips.H265 {
				inBand = first.nalus[1]
			}
			if w, h := r.size(t, inBand); w != c.Width || h != c.Height {
				t.Errorf("pictures are %dx%d, want %dx%d", w, h, c.Width, c.Height)
			}
			aus, err := c.AccessUnits()
			if err != nil {
				t.Fatal(err)
			}
			at := 0 // where in the clip the key frame stands
			for at < len(aus) && !same(first.nalus, aus[at].NALUs) {
				at++
			}
			for i := 1; i <= len(aus)+2; i++ {
				p := r.next(t)
				if !same(p.nalus, aus[(at+i)%len(aus)].NALUs) {
					t.Fatalf("picture %d after the key frame is not the clip's", i)
				}
				if want := first.ts + uint32(i*90000/c.FrameRate); p.ts != want {
					t.Fatalf("picture %d has timestamp %d, want %d", i, p.ts, want)
				}
			}
		})
	}
}

func TestTheCameraRunsWhetherSomebodyLooksOrNot(t *testing.T) {
	t.Parallel()
	c := clip(t, "h264-360p")
	cam := start(t, simcam.Config{Clip: c})
	gop := uint32(c.GOP * 90000 / c.FrameRate)
	waited := false
	var phase uint32
	began := time.Now()
	var firstTS uint32
	for i := 0; i < 40 && (i < 2 || !waited); i++ {
		r := watch(t, cam)
		p := r.next(t)
		if i == 0 {
			firstTS = p.ts
		} else if got, want := time.Duration(p.ts-firstTS)*time.Second/90000, time.Since(began); got > want+time.Second || got < want-2*time.Second {
			t.Errorf("timestamps advanced by %v in %v: not the clock of one camera", got, want)
		}
		waited = waited || !p.key
		if !p.key {
			p = r.key(t)
		}
		if i == 0 {
			phase = p.ts % gop
		} else if (p.ts-phase)%gop != 0 && p.ts > firstTS {
			t.Errorf("reader %d got a key frame out of turn", i)
		}
		r.client.Close()
	}
	if !waited {
		t.Error("every reader was served a key frame at once: the camera waits for readers")
	}
}

func TestOnlyTheConfiguredUserIsLetIn(t *testing.T) {
	t.Parallel()
	cam := start(t, simcam.Config{Username: user, Password: password})
	if strings.Contains(cam.URL(), user) || strings.Contains(cam.URL(), password) {
		t.Errorf("URL %s has credentials", cam.URL())
	}
	for _, tc := range []struct{ name, user, password string }{
		{"wrong password", user, "guess"},
		{"wrong user", "guest", password},
	} {
		if _, err := dial(t, cam, tc.user, tc.password); status(err) != base.StatusUnauthorized {
			t.Errorf("%s: %v, want 401", tc.name, err)
		}
	}
	if _, err := dial(t, cam, "", ""); status(err) != base.StatusUnauthorized {
		t.Errorf("nobody: %v, want 401", err)
	}
	watch(t, cam).key(t)
}

func TestThePathMustBeTheConfiguredOne(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "Streaming/Channels/101", "/cam/realmonitor?channel=1&subtype=0"} {
		cam := start(t, simcam.Config{Path: path, Username: user, Password: password})
		if !strings.HasSuffix(cam.URL(), "/"+strings.TrimPrefix(path, "/")) && path != "" {
			t.Errorf("URL %s does not end in %s", cam.URL(), path)
		}
		watch(t, cam).key(t)
	}
	a := start(t, simcam.Config{Path: "/a"})
	u, err := base.ParseURL("rtsp://" + a.Addr() + "/b")
	if err != nil {
		t.Fatal(err)
	}
	r, err := dial(t, a, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.client.Describe(u); status(err) != base.StatusNotFound {
		t.Errorf("another path: %v, want 404", err)
	}
}

func TestOneHundredAndEightyCamerasStartPlayAndClose(t *testing.T) {
	const (
		cameras = 180
		players = 12
		bound   = 30 * time.Second // 1 s on two idle cores, most of it waiting for key frames
		each    = 3                // goroutines of an idle camera
	)
	before := runtime.NumGoroutine()
	began := time.Now()
	cams := make([]*simcam.Camera, cameras)
	for i := range cams {
		cams[i] = start(t, simcam.Config{Clip: clips.All()[i%len(clips.All())], Username: user, Password: password})
	}
	if n := runtime.NumGoroutine() - before; n > each*cameras {
		t.Errorf("%d goroutines for %d idle cameras, want at most %d", n, cameras, each*cameras)
	}
	idle := runtime.NumGoroutine()
	readers := make([]*reader, players)
	for i := range readers {
		readers[i] = watch(t, cams[i*cameras/players])
	}
	for i, r := range readers {
		r.key(t)
		if n := cams[i*cameras/players].Viewers(); n != 1 {
			t.Errorf("%d viewers, want 1", n)
		}
		if i%2 == 0 {
			r.client.Close() // the others are cut off
		}
	}
	// A session ends a moment after its reader hung up.
	for deadline := time.Now().Add(soon); cams[0].Viewers() != 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the viewer that left is still counted")
		}
	}
	if runtime.NumGoroutine() <= idle {
		t.Error("nobody plays")
	}
	var wg sync.WaitGroup
	for _, cam := range cams {
		wg.Go(func() {
			if err := cam.Close(); err != nil {
				t.Error(err)
			}
			if cam.Viewers() != 0 {
				t.Error("viewers after Close")
			}
		})
	}
	wg.Wait()
	if d := time.Since(began); d > bound {
		t.Errorf("took %v, want at most %v", d, bound)
	}
}

func TestAClosedCameraStaysClosed(t *testing.T) {
	cam := start(t, simcam.Config{})
	r := watch(t, cam)
	r.next(t)
	if err := cam.Close(); err != nil {
		t.Fatal(err)
	}
	r.hungUp(t)
	if _, err := dial(t, cam, "", ""); err == nil {
		t.Error("a closed camera answers")
	}
	if err := cam.Set(simcam.Busy); !errors.Is(err, simcam.ErrClosed) {
		t.Errorf("Set: %v, want ErrClosed", err)
	}
}

func TestStartRefuses(t *testing.T) {
	if _, err := simcam.Start(simcam.Config{}); err == nil {
		t.Error("a camera without a clip started")
	}
	cam := start(t, simcam.Config{})
	if _, err := simcam.Start(simcam.Config{Clip: clip(t, "h264-360p"), Addr: cam.Addr()}); err == nil {
		t.Error("two cameras on one port")
	}
}
