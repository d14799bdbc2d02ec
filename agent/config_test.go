package agent_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/agent"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const least = `agent: AGENT-1
broker:
  url: mqtt://hub.example
`

func TestTheLeastConfigurationTakesTheDefaults(t *testing.T) {
	got, err := agent.LoadConfig(write(t, least))
	if err != nil {
		t.Fatal(err)
	}
	want := agent.DefaultConfig()
	want.Agent, want.Broker.URL = "AGENT-1", "mqtt://hub.example"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if time.Duration(got.LightInterval) != 30*time.Second || time.Duration(got.FullInterval) != 5*time.Minute || got.Depth != "both" || got.Thresholds.Loss != 0.02 || got.Confirm != 2 || got.MaxSessions != 8 || got.Spool.MaxMB != 64 || got.Spool.Dir == "" {
		t.Errorf("%+v", got)
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	path := write(t, `# a comment
agent: AGENT-1
broker:
  url: mqtts://hub.example:9999
  username: someone
  password_file: pass.txt
spool: {dir: queue, max_mb: 5}
light_interval: 20s
full_interval: 10m
depth: full
transport: tcp
udp_ports: 50000-50100
thresholds: {frame_rate: 0.5, keyframe_gap: 20s, loss: 0.1}
window: 1s
timeout: 8s
confirm: 0
confirm_after: 1s
report_every: 1m30s
live_every: 20s
linger: 40s
max_rate: 64
max_sessions: 3
cameras:
- code: 007
  url: rtsp://10.0.0.1/a
  username: 1e3
  password: 012345
  width: 1920
  height: 1080
  frame_rate: 12.5
  light_interval: 15s
  full_interval: 1m
  depth: both
  transport: udp
  insecure: true
  thresholds:
    keyframe_gap: 1m
- {code: CAM-2, url: "rtsp://u:p@10.0.0.2:8554/b?x=1"}
`)
	dir := filepath.Dir(path)
	if err := os.WriteFile(filepath.Join(dir, "pass.txt"), []byte("hunter2\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := agent.LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	s := func(n float64) agent.Duration { return agent.Duration(n * float64(time.Second)) }
	want := agent.Config{
		Agent:         "AGENT-1",
		Broker:        agent.BrokerConfig{URL: "mqtts://hub.example:9999", Username: "someone", Password: "hunter2", PasswordFile: filepath.Join(dir, "pass.txt")},
		Spool:         agent.SpoolConfig{Dir: filepath.Join(dir, "queue"), MaxMB: 5},
		LightInterval: s(20), FullInterval: s(600), Depth: agent.DepthFull, Transport: agent.TransportTCP, UDPPorts: "50000-50100",
		Thresholds: agent.ThresholdsConfig{FrameRate: 0.5, KeyframeGap: s(20), Loss: 0.1},
		Window:     s(1), Timeout: s(8), Confirm: 0, ConfirmAfter: s(1), ReportEvery: s(90), LiveEvery: s(20), Linger: s(40), MaxRate: 64, MaxSessions: 3,
		Cameras: []agent.CameraConfig{
			{Code: "007", URL: "rtsp://10.0.0.1/a", Username: "1e3", Password: "012345", Width: 1920, Height: 1080, FrameRate: 12.5,
				LightInterval: s(15), FullInterval: s(60), Depth: agent.DepthBoth, Transport: agent.TransportUDP, Insecure: true, Thresholds: agent.ThresholdsConfig{KeyframeGap: s(60)}},
			{Code: "CAM-2", URL: "rtsp://u:p@10.0.0.2:8554/b?x=1"},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if string(got.Cameras[0].Password) != "012345" || string(got.Broker.Password) != "hunter2" {
		t.Errorf("passwords are %q and %q", string(got.Cameras[0].Password), string(got.Broker.Password))
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, got); strings.Contains(text, "hunter2") || strings.Contains(text, "012345") {
			t.Errorf("%s shows a password: %s", verb, text)
		}
	}
}

func TestWhatIsWrongIsSaidWithFileLineAndExcerpt(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "agent: A\nlight_intervall: 60s\n", `2: unknown key "light_intervall", did you mean "light_interval"? | light_intervall: …`},
		{"unknown key that is half of one", "agent: A\ninterval: 60s\n", `2: unknown key "interval", did you mean "light_interval"? | interval: …`},
		{"unknown key with letters that changed places", least + "cameras:\n- code: A\n  ulr: rtsp://hunter2@h/\n", `6: unknown key "ulr", did you mean "url"? | ulr: …`},
		{"key of another section", least + "  window: 5s\n", `4: unknown key "window" | window: 5s`},
		{"unknown key of a section in braces", least + "spool: {dri: x}\n", `4: unknown key "dri", did you mean "dir"?`},
		{"unknown key of the thresholds of a camera", least + "cameras:\n- code: A\n  thresholds: {los: 0.1}\n", `6: unknown key "los", did you mean "loss"?`},
		{"unknown key inside", least + "  pasword: hunter2\n", `4: unknown key "pasword", did you mean "password"? | pasword: …`},
		{"unknown key of a camera", least + "cameras:\n- code: A\n  framerate: 5\n", `6: unknown key "framerate", did you mean "frame_rate"? | framerate: …`},
		{"unknown key like none", "colour: red\n", `1: unknown key "colour" | colour: …`},
		{"duration without unit", least + "full_interval: 60\n", `4: 60 is not a duration: write it like 30s, 5m or 1h30m | full_interval: 60`},
		{"duration of nonsense", least + "cameras:\n- code: A\n  light_interval: soon\n", `6: soon is not a duration: write it like 30s, 5m or 1h30m | light_interval: soon`},
		{"number as text", least + "confirm: two\n", `4: a value of another kind is needed: a whole number | confirm: two`},
		{"list as text", least + "cameras: none\n", `4: a value of another kind is needed: a list, each entry with a dash | cameras: …`},
		{"key twice", least + "agent: B\n", `4: mapping key "agent" already defined at [1:1] | agent: B`},
		{"no agent", "broker:\n  url: mqtt://h\n", `: agent: is missing: it is the agent's code, as the hub knows it`},
		{"no broker", "agent: A\n", `: broker.url: is missing: write mqtts://host or mqtt://host`},
		{"bad agent", "agent: A/B\nbroker:\n  url: mqtt://h\n", `1: agent: code "A/B" has the byte '/'`},
		{"bad broker", "agent: A\nbroker:\n  url: http://u:hunter2@h\n", `3: broker.url: must begin with mqtt:// or mqtts:// | url: …`},
		{"secret in the broker's url", "agent: A\nbroker:\n  url: mqtt://u:hunter2@h\n", `3: broker.url: must not hold a user name or password: they have keys of their own | url: …`},
		{"missing CA file", "agent: A\nbroker:\n  url: mqtts://h\n  ca_file: /none.pem\n", `4: broker.ca_file: `},
		{"missing certificate file", "agent: A\nbroker:\n  url: mqtts://h\n  cert_file: /none.pem\n  key_file: /none.pem\n", `4: broker.cert_file: open /none.pem: no such file or directory | cert_file: /none.pem`},
		{"certificate without a key", "agent: A\nbroker:\n  url: mqtts://h\n  cert_file: /none.pem\n", `4: broker.cert_file: there is no key file beside it`},
		{"certificate without TLS", "agent: A\nbroker:\n  url: mqtt://h\n  cert_file: /none.pem\n  key_file: /none.pem\n", `4: broker.cert_file: it needs an mqtts:// url`},
		{"key without a certificate", "agent: A\nbroker:\n  url: mqtts://h\n  key_file: /none.pem\n", `4: broker.key_file: there is no certificate file beside it`},
		{"missing password file", least + "  password_file: /none\n", `4: broker.password_file: cannot be read: no such file or directory | password_file: /none`},
		{"two passwords", least + "  password: hunter2\n  password_file: x\n", `5: broker.password_file: there is a password already: only one of the two is allowed`},
		{"value out of range", least + "full_interval: 2h\n", `4: full_interval: 2h0m0s is out of range, 100ms to 1h0m0s is allowed | full_interval: 2h`},
		{"timeout too short", least + "window: 6s\n", `: timeout: 10s is too short, at least twice the window (6s) is needed`},
		{"timeout past the interval", least + "light_interval: 5s\n", `: timeout: 10s is longer than light_interval, which is 5s`},
		{"full more often than light", least + "full_interval: 10s\n", `4: full_interval: full_interval, which is 10s, must not be shorter than light_interval, which is 30s`},
		{"light less often than full", least + "light_interval: 10m\n", `4: light_interval: full_interval, which is 5m0s, must not be shorter than light_interval, which is 10m0s`},
		{"a camera's full more often than light", least + "cameras:\n- code: A\n  url: rtsp://h/\n  full_interval: 20s\n", `7: cameras[0].full_interval: full_interval, which is 20s, must not be`},
		{"unknown depth", least + "depth: light\n", `4: depth: "light" is not known: write both or full | depth: light`},
		{"unknown transport of a camera", least + "cameras:\n- code: A\n  url: rtsp://h/\n  transport: http\n", `7: cameras[0].transport: "http" is not known: write auto or tcp or udp`},
		{"ports without an end", least + "udp_ports: 50000\n", `4: udp_ports: "50000" is no range of ports: write it like 50000-50100`},
		{"ports the wrong way round", least + "udp_ports: 50100-50000\n", `4: udp_ports: "50100-50000" is no range`},
		{"threshold out of range", least + "thresholds: {loss: 2}\n", `4: thresholds.loss: 2 is out of range, 0.0001 to 1 is allowed`},
		{"threshold of a camera out of range", least + "cameras:\n- code: A\n  url: rtsp://h/\n  thresholds: {frame_rate: 60}\n", `7: cameras[0].thresholds.frame_rate: 60 is out of range`},
		{"missing CA file of a camera", least + "cameras:\n- code: A\n  url: rtsp://h/\n  ca_file: /none.pem\n", `7: cameras[0].ca_file: cannot be read: no such file or directory`},
		{"no camera code", least + "cameras:\n- url: rtsp://h/\n", `5: cameras[0].code: is missing: it is the camera's code in the plan | - url: …`},
		{"bad camera url", least + "cameras:\n- code: A\n  url: http://u:hunter2@h/\n", `6: cameras[0].url: has another scheme than rtsp`},
		{"camera interval", least + "cameras:\n- code: A\n  url: rtsp://h/\n  light_interval: 1s\n", `7: cameras[0].light_interval: 1s is out of range, 10s to 1h0m0s is allowed`},
		{"camera twice", least + "cameras:\n- code: A\n  url: rtsp://h/\n- code: B\n  url: rtsp://h/\n- code: A\n  url: rtsp://i/\n", `9: cameras[2].code: camera A is there twice, first on line 5 | - code: A`},
		{"camera twice in short form", least + "cameras: [\n {code: A, url: rtsp://h/, password: hunter2},\n {code: A, url: rtsp://i/, password: hunter2}]\n", `6: cameras[1].code: camera A is there twice, first on line 5 | {code: …`},
		{"negative size", least + "cameras:\n- code: A\n  url: rtsp://h/\n  width: -5\n", `7: cameras[0].width: -5 is out of range`},
		{"not YAML", "agent: [A\nbroker: \"hunter2\n", `: `},
		{"password that is an alias", least + "  password: *hunter2\n", `4: could not find alias …`},
		{"password with a tag", least + "  password: [hunter2, x]\n", `4: a value of another kind is needed: a text | password: …`},
		{"empty", "# nothing\n", `: is empty`},
		{"two documents", least + "---\nagent: B\n", `: holds more than one YAML document`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, c.text)
			_, err := agent.LoadConfig(path)
			var ce *agent.ConfigError
			if !errors.As(err, &ce) {
				t.Fatalf("error is %v", err)
			}
			if text := err.Error(); strings.Contains(text, "hunter2") || strings.Contains(text, "\n") || !strings.HasPrefix(text, path+":") {
				t.Errorf("error is %q", text)
			} else if !strings.Contains(strings.TrimPrefix(text, path), c.want) {
				t.Errorf("error is\n%s\nwant\n%s", text, c.want)
			}
		})
	}
}

func TestEverythingWrongIsSaidAtOnceInOrder(t *testing.T) {
	_, err := agent.LoadConfig(write(t, "agent: A\nconfirm: 99\nbroker:\n  url: ftp://h\nmax_sessions: 0\n"))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], ":2: confirm") || !strings.Contains(lines[1], ":4: broker.url") || !strings.Contains(lines[2], ":5: max_sessions") {
		t.Errorf("%q", lines)
	}
}

func TestAFileThatCannotBeReadGivesOneClearLine(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "none.yaml: configuration cannot be read: no such file or directory",
		dir:                             "configuration cannot be read: is a directory",
	} {
		_, err := agent.LoadConfig(path)
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Count(err.Error(), dir) != 1 {
			t.Errorf("%v", err)
		}
	}
}

func FuzzLoadConfigTakesAnyBytes(f *testing.F) {
	f.Add(least)
	f.Add("cameras:\n- {code: A, url: rtsp://h}\n- &x\n  code: *x\n")
	f.Add("? :\n- -\n\t")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := agent.LoadConfig(write(t, text)); err != nil {
			_ = err.Error()
		}
	})
}
