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

// startMosquitto runs Debian's broker with the project's own configuration
// and access list, on a port of its own.
func startMosquitto(t *testing.T, port string, logins map[string]string) *process {
	t.Helper()
	_, err := exec.LookPath("mosquitto")
	need(t, err == nil, "Mosquitto", "apt-get install mosquitto")
	dir := t.TempDir()
	passwords := filepath.Join(dir, "passwords")
	create := []string{"-c"}
	for user, password := range logins {
		if out, err := exec.Command("mosquitto_passwd", append(create, "-b", passwords, user, password)...).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v %s", err, out)
		}
		create = nil
	}
	conf, err := os.ReadFile("../mosquitto/mosquitto.conf")
	if err != nil {
		t.Fatal(err)
	}
	acl, err := os.ReadFile("../mosquitto/acl")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "acl", string(acl))
	path := write(t, dir, "mosquitto.conf", mosquittoConfig(string(conf), port, dir))
	return start(t, "mosquitto", "-c", path)
}

// mosquittoConfig puts the test's port and files into the configuration.
func mosquittoConfig(text, port, dir string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		switch key, _, _ := strings.Cut(strings.TrimSpace(l), " "); key {
		case "listener":
			lines[i] = "listener " + port + " 127.0.0.1"
		case "acl_file":
			lines[i] = "acl_file " + filepath.Join(dir, "acl")
		case "password_file":
			lines[i] = "password_file " + filepath.Join(dir, "passwords")
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
	startMosquitto(t, s.mqttPort, map[string]string{"phukin-hub": "hub-password", agentCode: "agent-password"})
	eventually(t, 20*time.Second, "Mosquitto listens", func() error { return dial(s.mqttPort) })
	password := write(t, s.dir, "hub-password", "hub-password\n")
	s.startHub("--mqtt-url", "mqtt://phukin-hub@127.0.0.1:"+s.mqttPort, "--mqtt-password-file", password)
	s.startAgent(cameraPort, "agent-password")
	rows := s.waitFor(30*time.Second, "up")
	eventually(t, 20*time.Second, "observations are committed and acknowledged", func() error {
		rows, err := s.cameras()
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Uptime.Up < 3 {
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
