package e2e_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// The main job, from a real RTSP server to the API, through the failures that
// matter: the camera goes and comes back, and the hub is killed meanwhile.
func TestTheMainJobOnRealRTSP(t *testing.T) {
	needGStreamer(t)
	camera, cameraPort := startCamera(t, "0")
	s := newSite(t)
	s.startHub("--mqtt-listen", "127.0.0.1:"+s.mqttPort)
	started := time.Now()
	s.startAgent(cameraPort, s.enrol())

	rows := s.waitFor(30*time.Second, "up")
	for i, want := range []struct {
		codec         string
		width, height int64
		rate          float64
	}{{"h264", 1280, 720, 15}, {"h265", 640, 360, 10}} {
		eventually(t, 20*time.Second, rows[i].Code+" is measured", func() error {
			rows, err := s.cameras()
			if err != nil {
				return err
			}
			m := rows[i].Measured
			if m == nil || m.FrameRate == nil {
				return fmt.Errorf("measured %+v", m)
			}
			if m.Codec != want.codec || m.Width != want.width || m.Height != want.height || math.Abs(*m.FrameRate-want.rate) > want.rate/5 {
				return errFinal{fmt.Errorf("measured %+v, want %+v", *m, want)}
			}
			return nil
		})
	}

	// The camera goes.
	killed := time.Now()
	camera.kill()
	rows = s.waitFor(30*time.Second, "down")
	sinces := make([]time.Time, len(rows))
	for i, r := range rows {
		if r.Status.Fault != "refused" || r.Status.FellOn != "connect" || r.Status.Since == nil {
			t.Fatalf("%s: %+v; want refused at connect", r.Code, r.Status)
		}
		sinces[i] = *r.Status.Since
		// A probe that was under way when the camera went may have begun a
		// moment before and fallen with it; else the next one saw it.
		if late := r.Status.Since.Sub(killed); late < -2*time.Second || late > 2*agentInterval+time.Second {
			t.Errorf("%s: the outage begins %v after the camera went; want the first failed probe", r.Code, late)
		}
	}

	// The hub goes, and the camera comes back meanwhile.
	s.hub.kill()
	before := s.spoolWritten()
	startCamera(t, cameraPort)
	eventually(t, 30*time.Second, "the agent's spool takes what the hub cannot", func() error {
		if last := s.spoolWritten(); !last.After(before) {
			return fmt.Errorf("spool was last written at %v", last)
		}
		return nil
	})
	away := time.NewTimer(5 * time.Second) // long enough for several observations
	<-away.C
	s.startHub("--mqtt-listen", "127.0.0.1:"+s.mqttPort)
	rows = s.waitFor(60*time.Second, "up")
	back := time.Now()

	// Evidence begins with the first probe, so when there is as much of it as
	// time has passed since the start, it reaches beyond the moment at which
	// the camera was seen back. What closes after that may wait in the spool.
	eventually(t, 30*time.Second, "the history reaches the present", func() error {
		rows, err := s.cameras()
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Uptime.DownS == 0 || r.Uptime.UpS+r.Uptime.DownS < int64(back.Sub(started).Seconds())+1 {
				return fmt.Errorf("%s: %+v", r.Code, r.Uptime)
			}
		}
		return nil
	})
	s.agent.stop(10 * time.Second)
	s.hub.stop(10 * time.Second)
	for i, r := range rows {
		t.Run(r.Code, func(t *testing.T) { checkHistory(t, s, r.Code, started, sinces[i], back) })
	}
}

// checkHistory reads the database and wants one unbroken story: up, one
// outage that begins at the first failed probe, up again.
func checkHistory(t *testing.T, s *site, camera string, started, since, back time.Time) {
	p, err := plan.ReadDir(s.plan)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), s.db, sqlite.Options{Location: p.Location})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all []history.Identified
	for o, err := range db.Observations(t.Context(), history.Period{Cameras: []string{camera}, To: time.Now().Add(time.Hour).UnixMilli()}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	if len(all) < 3 {
		t.Fatalf("%d observations", len(all))
	}
	if first := time.UnixMilli(all[0].From); first.Before(started) {
		t.Errorf("evidence begins at %v, the agent at %v", first, started)
	}
	if last := time.UnixMilli(all[len(all)-1].To); last.Before(back.Add(-agentInterval)) {
		t.Errorf("evidence ends at %v, before the camera was seen back at %v", last, back)
	}
	var story []wire.Status
	for i, o := range all {
		if i > 0 && o.From != all[i-1].To {
			t.Errorf("a hole or an overlap of %d ms between\n%+v\n%+v", o.From-all[i-1].To, all[i-1], o)
		}
		if len(story) == 0 || story[len(story)-1] != o.Status {
			story = append(story, o.Status)
			if o.Status == wire.StatusDown && o.From != since.UnixMilli() {
				t.Errorf("the outage begins at %v, the API said %v", time.UnixMilli(o.From), since)
			}
		}
		if o.Status == wire.StatusDown && (o.Fault != wire.FaultRefused || o.FellOn != wire.RungConnect) {
			// While the server starts again a probe may meet it half-way up.
			t.Logf("note: %s at %s", o.Fault, o.FellOn)
		}
	}
	if want := []wire.Status{wire.StatusUp, wire.StatusDown, wire.StatusUp}; !slices.Equal(story, want) {
		t.Errorf("story %v, want %v", story, want)
	}
	days := 0
	for d, err := range db.Days(context.Background(), history.Query{First: history.DayOf(all[0].From, p.Location), Last: history.DayOf(all[len(all)-1].To, p.Location)}) {
		if err != nil {
			t.Fatal(err)
		}
		if d.Camera == camera {
			days++
		}
	}
	if days == 0 {
		t.Error("no ledger day")
	}
}

func TestACameraThatWantsAPassword(t *testing.T) {
	needGStreamer(t)
	_, cameraPort := startCamera(t, "0", "viewer", "right")
	for _, c := range []struct {
		name  string
		login []string
		code  int
		says  string
	}{
		{"the right one", []string{"viewer", "right"}, 0, "1280"},
		{"a wrong one", []string{"viewer", "wrong"}, 1, "auth_rejected"},
		{"none", nil, 1, "auth_required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			login := ""
			if c.login != nil {
				login = strings.Join(c.login, ":") + "@"
			}
			stdout, stderr, code := run(t, agentProgram(), "check", "--lang", "en", "rtsp://"+login+"127.0.0.1:"+cameraPort+"/h264")
			if code != c.code || !strings.Contains(stdout, c.says) {
				t.Errorf("exit %d; want %d and %q\n%s%s", code, c.code, c.says, stdout, stderr)
			}
			if c.login != nil && strings.Contains(stdout+stderr, c.login[1]+"@") {
				t.Errorf("the password is printed:\n%s%s", stdout, stderr)
			}
		})
	}
}
