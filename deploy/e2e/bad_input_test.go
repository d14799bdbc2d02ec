package e2e_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodAgentConfig = `agent: tb-18562
broker:
  url: mqtt://127.0.0.1:1
  password: x
spool:
  dir: spool
cameras:
  - code: C1
    url: rtsp://127.0.0.1:1/one
  - code: C2
    url: rtsp://127.0.0.1:1/two
`

// What is wrong ends in a line that names the place, with an exit status that
// is not 0, and leaves nothing behind.
func TestABadAgentConfigurationIsNamedByLine(t *testing.T) {
	for _, c := range []struct{ name, old, new, says string }{
		{"an unknown key", "cameras:", "interwal: 30s\ncameras:", "agent.yaml:7"},
		{"an unknown key of a camera", "    url: rtsp://127.0.0.1:1/two", "    ulr: rtsp://127.0.0.1:1/two", "agent.yaml:11"},
		{"a wrong type", "    url: rtsp://127.0.0.1:1/two", "    url: rtsp://127.0.0.1:1/two\n    width: wide", "agent.yaml:12"},
		{"a duration without a unit", "cameras:", "full_interval: 30\ncameras:", "agent.yaml:7"},
		{"a camera code twice", "code: C2", "code: C1", "agent.yaml:10"},
		{"an address that is not RTSP", "rtsp://127.0.0.1:1/two", "http://127.0.0.1:1/two", "agent.yaml:11"},
		{"no YAML at all", "agent: tb-18562", "agent: [tb-18562", "agent.yaml:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			config := write(t, dir, "agent.yaml", strings.Replace(goodAgentConfig, c.old, c.new, 1))
			_, stderr, code := run(t, agentProgram(), "run", "--config", config)
			if code != 1 || !strings.Contains(stderr, c.says) {
				t.Errorf("exit %d, want 1 and %q:\n%s", code, c.says, stderr)
			}
			t.Logf("\n%s", stderr)
			if _, err := os.Stat(filepath.Join(dir, "spool")); err == nil {
				t.Error("a spool was made all the same")
			}
		})
	}
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{agentProgram(), "run", "--config", filepath.Join(dir, "nothing.yaml")},
		{agentProgram(), "run", "--config", dir},
		{hubProgram(), "serve", "--plan", filepath.Join(dir, "nothing")},
		{hubProgram(), "plan", "check", filepath.Join(dir, "nothing")},
		{hubProgram(), "serve", "--plan", mustAbs(t, "testdata/plan"), "--db", dir, "--addr", "127.0.0.1:0", "--mqtt-listen", "127.0.0.1:0"},
	} {
		_, stderr, code := run(t, args[0], args[1:]...)
		lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
		inBoth := len(lines) == 2 && strings.HasPrefix(lines[1], "    ") // in English below the Vietnamese
		if code != 1 || len(lines) != 1 && !inBoth || !strings.Contains(stderr, dir) {
			t.Errorf("%v: exit %d, want 1 and one sentence that names the file:\n%s", args[1:], code, stderr)
		}
		t.Logf("%s", stderr)
	}
}

// planWith copies the test plan with one file changed.
func planWith(t *testing.T, file, old, new string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/plan")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(p), old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(p), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestABadPlanIsNamedByFileAndLine(t *testing.T) {
	for _, c := range []struct{ name, file, old, new, says string }{
		{"a camera code twice", "cameras.csv", "CAM-H265", "CAM-H264", "cameras.csv:3: Mã camera"},
		{"a route with one point", "routes.geojson", "[105.86, 18.36], [105.87, 18.36]", "[105.86, 18.36]", "routes.geojson:"},
		{"a wrong type", "cameras.csv", ",1280,720,", ",wide,720,", "cameras.csv:2: Rộng"},
		{"an unknown column", "sites.csv", "code,name", "kode,name", "sites.csv:1"},
		{"an unknown key", "plan.yaml", "level:", "levle:", "plan.yaml:"},
		{"a site on a route that is not there", "sites.csv", "route,R1", "route,R9", "sites.csv:2: Tuyến"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := planWith(t, c.file, c.old, c.new)
			db := filepath.Join(t.TempDir(), "hub.db")
			_, stderr, code := run(t, hubProgram(), "serve", "--plan", dir, "--db", db, "--addr", "127.0.0.1:0", "--mqtt-listen", "127.0.0.1:0")
			if code != 1 || !strings.Contains(stderr, c.says) {
				t.Errorf("exit %d, want 1 and %q:\n%s", code, c.says, stderr)
			}
			t.Logf("\n%s", stderr)
			if _, err := os.Stat(db); err == nil {
				t.Error("a database was made all the same")
			}
		})
	}
}

func TestAPortInUseIsNamed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	taken, plan, dir := ln.Addr().String(), mustAbs(t, "testdata/plan"), t.TempDir()
	for name, args := range map[string][]string{
		"page":   {hubProgram(), "serve", "--plan", plan, "--db", dir + "/hub.db", "--addr", taken, "--mqtt-listen", "127.0.0.1:0"},
		"broker": {hubProgram(), "serve", "--plan", plan, "--db", dir + "/hub.db", "--addr", "127.0.0.1:0", "--mqtt-listen", taken},
		"demo":   {filepath.Join(binaries, "demo"), "--addr", taken, "--cameras", "4"},
	} {
		_, stderr, code := run(t, args[0], args[1:]...)
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, taken) {
			t.Errorf("%s: exit %d, want 1 and one line that names %s:\n%s", name, code, taken, stderr)
		}
		t.Logf("%s", stderr)
	}
}

func TestABrokerThatRefusesIsNamed(t *testing.T) {
	s := newSite(t)
	s.startHub("--mqtt-listen", "127.0.0.1:"+s.mqttPort)
	s.enrol()
	t.Run("the agent's token is wrong", func(t *testing.T) {
		dir := t.TempDir()
		config := write(t, dir, "agent.yaml", "agent: "+agentCode+"\nbroker:\n  url: mqtt://127.0.0.1:"+s.mqttPort+"\n  password: wrong\nspool:\n  dir: spool\ncameras: []\n")
		stdout, stderr, code := run(t, agentProgram(), "check", "--lang", "en", "--config", config)
		if code != 1 || !strings.Contains(stdout+stderr, "127.0.0.1:"+s.mqttPort) {
			t.Errorf("exit %d, want 1 and the broker's address:\n%s%s", code, stdout, stderr)
		}
		t.Logf("\n%s%s", stdout, stderr)
	})
	t.Run("the hub has no login at the other broker", func(t *testing.T) {
		_, stderr, code := run(t, hubProgram(), "serve", "--plan", s.plan, "--db", filepath.Join(t.TempDir(), "hub.db"), "--addr", "127.0.0.1:0", "--mqtt-url", "mqtt://hub@127.0.0.1:"+s.mqttPort)
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "127.0.0.1:"+s.mqttPort) {
			t.Errorf("exit %d, want 1 and one line with the broker's address:\n%s", code, stderr)
		}
		t.Logf("%s", stderr)
	})
	t.Run("nobody is there", func(t *testing.T) {
		port := freePort(t)
		_, stderr, code := run(t, hubProgram(), "serve", "--plan", s.plan, "--db", filepath.Join(t.TempDir(), "hub.db"), "--addr", "127.0.0.1:0", "--mqtt-url", "mqtt://127.0.0.1:"+port)
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "127.0.0.1:"+port) {
			t.Errorf("exit %d, want 1 and one line with the broker's address:\n%s", code, stderr)
		}
		t.Logf("%s", stderr)
	})
	s.hub.stop(testPatience)
}
