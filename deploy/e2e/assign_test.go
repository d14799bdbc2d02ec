package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api/client"
)

// assigned is a site whose plan is in the hub's database and whose agent has
// no camera in its configuration.
type assigned struct {
	*site
	serve []string // flags of the hub that say where the broker is
}

// importPlan makes a revision of the test plan with these addresses by camera;
// a camera without one is left out.
func (s *assigned) importPlan(addresses map[string]string, more ...string) {
	s.t.Helper()
	dir := s.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/plan")); err != nil {
		s.t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/plan/cameras.csv")
	if err != nil {
		s.t.Fatal(err)
	}
	var rows []string
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		code, _, _ := strings.Cut(line, ",")
		switch {
		case i == 0:
			rows = append(rows, line+",address")
		case addresses[code] != "":
			rows = append(rows, line+","+addresses[code])
		}
	}
	write(s.t, dir, "cameras.csv", strings.Join(rows, "\n")+"\n")
	args := append([]string{"plan", "import", dir, "--db", s.db, "--author", "an", "--reason", "x"}, more...)
	if out, stderr, code := run(s.t, hubProgram(), args...); code != 0 {
		s.t.Fatalf("plan import: %d %s%s", code, out, stderr)
	}
}

func (s *assigned) startHub() {
	s.t.Helper()
	s.hub = start(s.t, hubProgram(), append([]string{"serve", "--db", s.db, "--addr", "127.0.0.1:" + s.httpPort, "--open-access"}, s.serve...)...)
	s.hub.find(`hub is (ready)`)
}

func (s *assigned) startAgent(config string) {
	s.t.Helper()
	s.agent = start(s.t, agentProgram(), "run", "-v", "--config", config)
}

// list gives what the API says of the agent's list.
func (s *assigned) list() (*client.ListRow, error) {
	agents, err := s.ask("").ListAgents(s.t.Context(), client.ListAgentsParams{})
	if err != nil {
		return nil, err
	}
	for _, a := range agents.Body.Items {
		if a.Code == agentCode && a.List != nil {
			return a.List, nil
		}
	}
	return nil, errors.New("the agent has no list")
}

// waitForList waits until the agent works from the list of a revision.
func (s *assigned) waitForList(revision, cameras int64) {
	s.t.Helper()
	eventually(s.t, 30*time.Second, fmt.Sprintf("the agent works from revision %d", revision), func() error {
		l, err := s.list()
		if err != nil {
			return err
		}
		if !l.Current || l.Revision != revision || l.Cameras != cameras || l.Refused != 0 || len(l.Lost) != 0 {
			return fmt.Errorf("%+v", *l)
		}
		return nil
	})
}

// setCredentials enters a camera's login, as staff do: the password comes from
// standard input.
func (s *assigned) setCredentials(camera, user, password string) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, hubProgram(), "camera", "credentials", "set", camera, "--user", user, "--db", s.db)
	cmd.Stdin = strings.NewReader(password + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// count gives how many lines of a program's output match.
func (p *process) count(pattern string) int {
	re := regexp.MustCompile(pattern)
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, l := range p.lines {
		if re.MatchString(l) {
			n++
		}
	}
	return n
}

// Cameras go to the agent from the hub's plan, with credentials that nobody at
// the hub can open; the agent goes on without the hub, and follows the plan.
func TestCamerasComeFromThePlan(t *testing.T) {
	needGStreamer(t)
	for name, prepare := range map[string]func(*testing.T, *assigned) (token string){
		"embedded broker": func(t *testing.T, s *assigned) string {
			s.serve = []string{"--mqtt-listen", "127.0.0.1:" + s.mqttPort}
			return s.enrol()
		},
		"Mosquitto": func(t *testing.T, s *assigned) string {
			tokens := startMosquitto(t, s.mqttPort, "phukin-hub", agentCode)
			eventually(t, 20*time.Second, "Mosquitto listens", func() error { return dial(s.mqttPort) })
			password := write(t, s.dir, "hub-password", tokens["phukin-hub"]+"\n")
			s.serve = []string{"--mqtt-url", "mqtt://phukin-hub@127.0.0.1:" + s.mqttPort, "--mqtt-password-file", password}
			return tokens[agentCode]
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &assigned{site: newSite(t)}
			token := prepare(t, s)
			first, firstPort := startCamera(t, "0", "viewer", "secret-of-cameras")
			_, secondPort := startCamera(t, "0", "viewer", "secret-of-cameras")
			at := func(port string) map[string]string {
				return map[string]string{"CAM-H264": "rtsp://127.0.0.1:" + port + "/h264", "CAM-H265": "rtsp://127.0.0.1:" + port + "/h265"}
			}
			s.importPlan(at(firstPort))
			s.startHub()
			config := write(t, s.dir, "agent.yaml", fmt.Sprintf(`agent: %s
broker: {url: "mqtt://127.0.0.1:%s", password: %s}
spool: {dir: %s}
light_interval: %s
full_interval: %s
window: 500ms
timeout: 2s
confirm_after: 500ms
report_every: 3s
live_every: 2s
linger: 500ms
`, agentCode, s.mqttPort, token, filepath.Join(s.dir, "spool"), agentInterval, 3*agentInterval))
			s.startAgent(config)
			s.waitForList(1, 2)
			for _, r := range s.waitFor(30*time.Second, "down") {
				if r.Status.Fault != "auth_required" {
					t.Errorf("%s without credentials: %+v", r.Code, r.Status)
				}
			}
			for camera := range at(firstPort) {
				if err := s.setCredentials(camera, "viewer", "secret-of-cameras"); err != nil {
					t.Fatal(err)
				}
			}
			s.waitFor(30*time.Second, "up")
			if out, _, _ := run(t, hubProgram(), "camera", "credentials", "list", "--db", s.db); strings.Count(out, "in order") != 2 {
				t.Error(out)
			}

			// The hub goes, and the agent is started again without it.
			s.hub.kill()
			s.agent.kill()
			s.startAgent(config)
			if n := s.agent.find(`works from the list of cameras that was kept.* plan_revision=1 cameras=(\d+)`); n != "2" {
				t.Errorf("%s cameras", n)
			}
			s.agent.find(`(camera state).* camera=CAM-H264 status=up`)
			s.agent.find(`(camera state).* camera=CAM-H265 status=up`)
			if out, stderr, code := run(t, agentProgram(), "status", "--config", config); code != 0 || !strings.Contains(out, "revision 1 of the plan") || !strings.Contains(out, "cameras    2, from the hub's list") {
				t.Errorf("status: %d\n%s%s", code, out, stderr)
			}

			// The plan says another address, also while nobody is there to hear it.
			first.kill()
			s.agent.find(`(camera state).* camera=CAM-H264 status=down fault=refused`)
			s.importPlan(at(secondPort))
			s.startHub()
			s.waitForList(2, 2)
			s.waitFor(30*time.Second, "up")

			// A camera is retired while all runs: its probing ends, the other's goes on.
			one := at(secondPort)
			delete(one, "CAM-H265")
			s.importPlan(one, "--retire")
			s.waitForList(3, 1)
			probed := func(camera string) int { return s.agent.count(`msg=probed.* camera=` + camera + ` `) }
			gone, other := probed("CAM-H265"), probed("CAM-H264")
			eventually(t, 30*time.Second, "the other camera is probed three times more", func() error {
				if n := probed("CAM-H264"); n < other+3 {
					return fmt.Errorf("%d times", n-other)
				}
				return nil
			})
			if n := probed("CAM-H265"); n != gone || gone == 0 {
				t.Errorf("the camera that is gone was probed %d times, and %d times since", gone, n-gone)
			}
			s.agent.stop(testPatience)
			s.hub.stop(testPatience)
			checkNoSecret(t, s)
		})
	}
}

// checkNoSecret looks for the cameras' password in all that was written.
func checkNoSecret(t *testing.T, s *assigned) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("secret-of-cameras")) {
			t.Errorf("%s holds the password", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for _, p := range []*process{s.agent, s.hub} {
		if p.count("secret-of-cameras") > 0 {
			t.Errorf("%s prints the password", p.cmd.Path)
		}
	}
}
