package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startMosquitto runs Debian's broker with the project's own configuration on
// a port of its own, and gives the tokens of those who may log in.
func startMosquitto(t *testing.T, port string, codes ...string) (tokens map[string]string) {
	t.Helper()
	_, err := exec.LookPath("mosquitto")
	need(t, err == nil, "Mosquitto", "apt-get install mosquitto")
	plugins, _ := filepath.Glob("/usr/lib/*/mosquitto_dynamic_security.so")
	need(t, len(plugins) > 0, "Mosquitto's plugin for dynamic security", "apt-get install mosquitto")
	dir := t.TempDir()
	logins, tokens := filepath.Join(dir, "phukin.json"), map[string]string{}
	for _, code := range codes {
		stdout, stderr, exit := run(t, hubProgram(), "agent", "add", "--mosquitto", logins, code)
		if exit != 0 {
			t.Fatalf("agent add --mosquitto: status %d: %s", exit, stderr)
		}
		tokens[code] = strings.TrimSpace(stdout)
	}
	conf, err := os.ReadFile("../mosquitto/mosquitto.conf")
	if err != nil {
		t.Fatal(err)
	}
	start(t, "mosquitto", "-c", write(t, dir, "mosquitto.conf", mosquittoConfig(string(conf), port, plugins[0], logins)))
	return tokens
}

// mosquittoConfig puts the test's port and files into the configuration.
func mosquittoConfig(text, port, plugin, logins string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		switch key, _, _ := strings.Cut(strings.TrimSpace(l), " "); key {
		case "listener":
			lines[i] = "listener " + port + " 127.0.0.1"
		case "plugin":
			lines[i] = "plugin " + plugin
		case "plugin_opt_config_file":
			lines[i] = "plugin_opt_config_file " + logins
		}
	}
	// Started by root it would become a user who cannot read the test's files.
	return strings.Join(append(lines, "user root", ""), "\n")
}

// The same way of the data through a broker that nobody here wrote.
func TestTheWayOfTheDataThroughMosquitto(t *testing.T) {
	needGStreamer(t)
	_, cameraPort := startCamera(t, "0")
	s := newSite(t)
	tokens := startMosquitto(t, s.mqttPort, "phukin-hub", agentCode)
	eventually(t, 20*time.Second, "Mosquitto listens", func() error { return dial(s.mqttPort) })
	password := write(t, s.dir, "hub-password", tokens["phukin-hub"]+"\n")
	s.startHub("--mqtt-url", "mqtt://phukin-hub@127.0.0.1:"+s.mqttPort, "--mqtt-password-file", password)
	s.startAgent(cameraPort, tokens[agentCode])
	rows := s.waitFor(30*time.Second, "up")
	eventually(t, 20*time.Second, "observations are committed and acknowledged", func() error {
		rows, err := s.cameras()
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Uptime.UpS < 3 {
				return fmt.Errorf("%s: %+v", r.Code, r.Uptime)
			}
		}
		return nil
	})
	if rows[0].Status.Fault != "" {
		t.Errorf("%+v", rows[0].Status)
	}
	s.agent.stop(testPatience)
	s.hub.stop(testPatience)
}
