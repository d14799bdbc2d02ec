package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api/client"
)

// The programs, by name.
func hubProgram() string   { return filepath.Join(binaries, "phukin-hub") }
func agentProgram() string { return filepath.Join(binaries, "phukin-agent") }

// python is Debian's: it alone knows Debian's GStreamer.
const python = "/usr/bin/python3"

func needGStreamer(t *testing.T) {
	t.Helper()
	out, err := exec.Command(python, "-c", "import gi\ngi.require_version('GstRtspServer', '1.0')\nfrom gi.repository import Gst, GstRtspServer\nGst.init(None)\nassert all(Gst.ElementFactory.find(n) for n in ('x264enc', 'x265enc', 'rtph264pay', 'rtph265pay'))").CombinedOutput()
	need(t, err == nil, "GStreamer's RTSP server ("+strings.TrimSpace(string(out))+")",
		"apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad,ugly}")
}

// startCamera runs GStreamer's RTSP server on a port, 0 for a free one, and
// gives its port.
func startCamera(t *testing.T, port string, login ...string) (*process, string) {
	t.Helper()
	script, err := filepath.Abs("gst_camera.py")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, python, append([]string{script, port}, login...)...)
	return p, p.find(`^ready (\d+)$`)
}

// site is a hub and an agent over the test plan, with the cameras of one
// GStreamer server.
type site struct {
	t        *testing.T
	dir      string
	db       string
	plan     string
	mqttPort string
	httpPort string
	hub      *process
	agent    *process
}

const agentCode = "tb-18562"

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), mqttPort: freePort(t), httpPort: freePort(t)}
	s.db = filepath.Join(s.dir, "hub.db")
	plan, err := filepath.Abs("testdata/plan")
	if err != nil {
		t.Fatal(err)
	}
	s.plan = plan
	return s
}

func (s *site) url(path string) string { return "http://127.0.0.1:" + s.httpPort + path }

// ask gives a client of the hub, with a token or without.
func (s *site) ask(token string) *client.Client { return asking(s.t, s.url(""), token) }

func (s *site) startHub(more ...string) {
	s.t.Helper()
	args := append([]string{"serve", "--plan", s.plan, "--db", s.db, "--addr", "127.0.0.1:" + s.httpPort, "--open-access"}, more...)
	s.hub = start(s.t, hubProgram(), args...)
	s.hub.find(`hub is (ready)`)
}

// enrol gives the agent a token, as a technician would.
func (s *site) enrol() string {
	s.t.Helper()
	token, stderr, code := run(s.t, hubProgram(), "agent", "add", "--db", s.db, agentCode)
	if code != 0 {
		s.t.Fatalf("agent add: %d %s", code, stderr)
	}
	return strings.TrimSpace(token)
}

// agentInterval is how often the tests' agents look; every third time at the
// whole ladder.
const agentInterval = 2 * time.Second

// startAgent runs an agent with both cameras of the GStreamer server.
func (s *site) startAgent(cameraPort, token string, login ...string) {
	s.t.Helper()
	credentials := ""
	if len(login) == 2 {
		credentials = fmt.Sprintf("    username: %s\n    password: %s\n", login[0], login[1])
	}
	config := fmt.Sprintf(`agent: %s
broker:
  url: mqtt://127.0.0.1:%s
  password: %s
spool:
  dir: %s
light_interval: %s
full_interval: %s
window: 500ms
timeout: 2s
confirm: 2
confirm_after: 500ms
report_every: 3s
live_every: 2s
linger: 500ms
cameras:
  - code: CAM-H264
    url: rtsp://127.0.0.1:%s/h264
    width: 1280
    height: 720
    frame_rate: 15
%s  - code: CAM-H265
    url: rtsp://127.0.0.1:%s/h265
    width: 640
    height: 360
    frame_rate: 10
%s`, agentCode, s.mqttPort, token, filepath.Join(s.dir, "spool"), agentInterval, 3*agentInterval, cameraPort, credentials, cameraPort, credentials)
	s.agent = start(s.t, agentProgram(), "run", "--config", write(s.t, s.dir, "agent.yaml", config))
}

// cameras reads the rows of both cameras.
func (s *site) cameras() (rows []client.CameraRow, err error) {
	answer, err := s.ask("").ListCameras(s.t.Context(), client.ListCamerasParams{Days: new(int64(1))})
	if err != nil {
		return nil, err
	}
	list := &answer.Body
	if len(list.Items) != 2 || !list.Simulated {
		return nil, fmt.Errorf("%d cameras, simulated %t", len(list.Items), list.Simulated)
	}
	slices.SortFunc(list.Items, func(a, b client.CameraRow) int { return strings.Compare(a.Code, b.Code) })
	return list.Items, nil
}

// waitFor waits until both cameras have a status, and gives their rows.
func (s *site) waitFor(within time.Duration, status string) (rows []client.CameraRow) {
	s.t.Helper()
	eventually(s.t, within, "both cameras are "+status, func() (err error) {
		if rows, err = s.cameras(); err != nil {
			return err
		}
		for _, r := range rows {
			if r.Status.Status != status {
				return fmt.Errorf("%s is %+v", r.Code, r.Status)
			}
		}
		return nil
	})
	return rows
}

// spooled gives how many observations wait with the agent, by its files: the
// spoolWritten is when the spool was last written to. Its files never grow.
func (s *site) spoolWritten() time.Time {
	var last time.Time
	_ = filepath.WalkDir(filepath.Join(s.dir, "spool"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil && info.ModTime().After(last) {
				last = info.ModTime()
			}
		}
		return nil
	})
	return last
}
