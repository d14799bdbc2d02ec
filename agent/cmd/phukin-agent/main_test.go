package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/agent/assignment"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *buffer) Write(p []byte) (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.b.Write(p) }
func (s *buffer) String() string              { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func call(ctx context.Context, env string, args ...string) (code int, out, err *buffer) {
	out, err = &buffer{}, &buffer{}
	code = run(ctx, world{args, out, err, func(key string) string {
		if key == "LANG" {
			return env
		}
		return ""
	}})
	return code, out, err
}

func TestTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("agent: A\nintervall: 5s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, env string
		args      []string
		code      int
		out, err  string
	}{
		{"version", "", []string{"version"}, 0, "phukin-agent ", ""},
		{"help", "", []string{"--help"}, 0, "Usage: phukin-agent", ""},
		{"no command", "", nil, 2, "", "phukin-agent: expected one of"},
		{"unknown command", "", []string{"dance"}, 2, "", "phukin-agent: unexpected argument dance"},
		{"run without configuration", "", []string{"run"}, 2, "", "phukin-agent: missing flags: --config=FILE"},
		{"missing configuration", "", []string{"run", "--config", filepath.Join(dir, "none")}, 1, "", "none: configuration cannot be read: no such file or directory"},
		{"wrong configuration", "", []string{"run", "-c", bad}, 1, "", `bad.yaml:2: unknown key "intervall", did you mean "light_interval"?`},
		{"check of a wrong configuration", "", []string{"check", "-c", bad}, 1, "", `bad.yaml:2: unknown key`},
		{"check of a wrong configuration as JSON", "", []string{"check", "--json", "-c", bad}, 1, `"fault": "config_invalid"`, ""},
		{"check of a missing camera as JSON", "", []string{"check", "--json", "rtsp://u:hunter2@127.0.0.1:1/x"}, 1, `"fell_on": "connect"`, ""},
		{"discover on an unknown interface", "", []string{"discover", "-i", "no-such0"}, 1, "", `phukin-agent: discover: interface "no-such0" cannot be used`},
		{"discover with nobody there", "vi_VN", []string{"discover", "--target", "127.0.0.1:9", "--wait", "100ms"}, 1, "Không có thiết bị ONVIF nào", ""},
		{"discover for an hour", "", []string{"discover", "--wait", "1h"}, 2, "", "--wait must be 100ms to 1m"},
		{"discover with a password on the command line", "", []string{"discover", "--password", "hunter2"}, 2, "", "unknown flag --password"},
		{"check without anything", "", []string{"check"}, 2, "", "phukin-agent: nothing to check"},
		{"check in an unknown language", "", []string{"check", "--lang", "fr", "rtsp://h/"}, 2, "", "--lang"},
		{"check of a wrong address", "", []string{"check", "http://u:hunter2@h/"}, 1, "", "phukin-agent: url: has another scheme than rtsp"},
		{"check of a missing camera", "en_GB.UTF-8", []string{"check", "rtsp://u:hunter2@127.0.0.1:1/x"}, 1, "Connection refused", ""},
		{"check in Vietnamese by locale", "vi_VN.UTF-8", []string{"check", "rtsp://127.0.0.1:1/x"}, 1, wire.Texts(wire.VI).Fault(wire.FaultRefused), ""},
		{"check in Vietnamese by flag", "en_GB.UTF-8", []string{"check", "--lang=vi", "rtsp://127.0.0.1:1/x"}, 1, wire.Texts(wire.VI).Fault(wire.FaultRefused), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, err := call(t.Context(), c.env, c.args...)
			if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(err.String(), c.err) {
				t.Errorf("status %d\nout: %s\nerr: %s", code, out, err)
			}
			if c.err == "" && err.String() != "" || strings.Count(err.String(), "\n") > 1 {
				t.Errorf("err: %q", err)
			}
			if strings.Contains(out.String()+err.String(), "hunter2") {
				t.Error("a password is shown")
			}
		})
	}
}

func TestTheSpoolIsShownAndRenewedWhileNoAgentRuns(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "agent.yaml")
	if err := os.WriteFile(path, []byte("agent: A\nbroker: {url: mqtt://127.0.0.1:1}\nspool: {dir: spool, max_mb: 1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, err := call(t.Context(), "", "spool", "show", "-c", path); code != 1 || !strings.Contains(err.String(), "there is none") {
		t.Errorf("no spool: %d, %s", code, err)
	}
	s, _, err := spool.Open(filepath.Join(dir, "spool"), spool.Options{MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Append(spool.Entry{Payload: []byte{1}}); err != nil {
			t.Fatal(err)
		}
	}
	old := fmt.Sprintf("%016x", s.Epoch())
	for _, what := range []string{"show", "renew"} {
		if code, _, err := call(t.Context(), "", "spool", what, "-c", path); code != 1 || !strings.Contains(err.String(), "stop phukin-agent first") {
			t.Errorf("%s while it is used: %d, %s", what, code, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	code, out, _ := call(t.Context(), "", "spool", "show", "-c", path)
	if text := out.String(); code != 0 || !strings.Contains(text, old+", opened 2 times") || !strings.Contains(text, "3 records, numbers 1 to 3") || !strings.Contains(text, "none waits") {
		t.Errorf("%d\n%s", code, text)
	}
	code, out, _ = call(t.Context(), "", "spool", "renew", "-c", path)
	_, epoch, _ := strings.Cut(strings.TrimSpace(out.String()), "epoch      ")
	if code != 0 || len(epoch) != 16 || epoch == old {
		t.Errorf("%d\n%s", code, out)
	}
	code, out, _ = call(t.Context(), "", "spool", "show", "-c", path)
	if text := out.String(); code != 0 || !strings.Contains(text, epoch) || !strings.Contains(text, "3 records, numbers 1 to 3") {
		t.Errorf("%d\n%s", code, text)
	}
}

func TestRunStopsCleanlyWhenTold(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "agent.yaml")
	text := "agent: A\nbroker: {url: mqtt://127.0.0.1:1, password: hunter2}\nspool: {dir: spool}\ncameras:\n- {code: C, url: rtsp://127.0.0.1:1/, password: hunter2}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, log := &buffer{}, &buffer{}
	done := make(chan int, 1)
	go func() { done <- run(ctx, world{[]string{"run", "-v", "--config", path}, out, log, os.Getenv}) }()
	for deadline := time.Now().Add(15 * time.Second); !strings.Contains(log.String(), "no connection to the broker"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(log.String())
		}
	}
	code, _, second := call(t.Context(), "", "run", "--config", path)
	if code != 1 || !strings.Contains(second.String(), "is phukin-agent running already?") {
		t.Errorf("a second one: %d, %s", code, second)
	}
	stop()
	if code := <-done; code != 0 {
		t.Errorf("status %d", code)
	}
	if !strings.Contains(log.String(), "agent stopped") || strings.Contains(log.String(), "hunter2") {
		t.Error(log.String())
	}
}

func TestTheBinaryHasNoneOfTheHeavyPackages(t *testing.T) {
	for _, target := range []string{"linux/amd64", "windows/amd64"} {
		goos, goarch, _ := strings.Cut(target, "/")
		cmd := exec.Command("go", "list", "-deps", ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
		deps, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, dep := range strings.Fields(string(deps)) {
			for _, heavy := range []string{"gortsplib", "mochi", "sqlite", "influx", "labstack/echo", "probetest", "vdk/format/rtspv2", "runtime/cgo"} {
				if strings.Contains(dep, heavy) {
					t.Errorf("%s: %s", target, dep)
				}
			}
			if strings.HasPrefix(dep, "github.com/phukin/phukin/hub/") && !strings.HasPrefix(dep, "github.com/phukin/phukin/hub/wire") {
				t.Errorf("%s: the agent knows the hub: %s", target, dep)
			}
		}
		if !strings.Contains(fmt.Sprint(string(deps)), "phukin/agent/uplink") {
			t.Error("the list of packages is not this program's")
		}
	}
}

func TestStatusSaysWhatTheAgentWorksFrom(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "agent.yaml")
	if err := os.WriteFile(path, []byte("agent: A\nbroker: {url: mqtt://127.0.0.1:1}\nspool: {dir: spool, max_mb: 1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	says := func(code int, wants ...string) {
		t.Helper()
		got, out, _ := call(t.Context(), "", "status", "-c", path)
		for _, want := range wants {
			if got != code || !strings.Contains(out.String(), want) {
				t.Errorf("%d, want %d and %q:\n%s", got, code, want, out)
			}
		}
	}
	says(0, "agent      A\n", "running    no\n", "list       none has come")
	if _, err := os.Stat(filepath.Join(dir, "spool")); err == nil {
		t.Error("status makes a spool")
	}
	s, err := assignment.Open(filepath.Join(dir, "spool", "plan"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := wire.MarshalList(&wire.List{Revision: 12, Cameras: []wire.Assigned{
		{Camera: "GOOD", Address: "rtsp://192.0.2.1/"}, {Camera: "BAD", Address: "rtsp://192.0.2.2/", Sealed: []byte("x")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(list, time.Now()); err != nil {
		t.Fatal(err)
	}
	says(1, "key        "+s.Key().String(), "list       revision 12 of the plan, received 2", "cameras    1, from the hub's list", "refused    BAD: the credentials are not sealed")
	if err := os.WriteFile(filepath.Join(dir, "spool", "plan", "list"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(1, "is damaged")
	if err := os.WriteFile(path, []byte("agent: A\nbroker: {url: mqtt://127.0.0.1:1}\ncameras: [{code: C, url: rtsp://h/}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(0, "cameras    1, from "+path)
}
