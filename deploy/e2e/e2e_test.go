// Package e2e_test runs the programs as a user would, built and on ports of
// their own, against servers that nobody here wrote: GStreamer's RTSP server
// as the camera, Mosquitto as the broker, Chromium as the reader.
//
// A peer that is missing is skipped loudly, with the command that installs
// it; with PHUKIN_REQUIRE_PEERS=1, as in CI, it is a failure.
package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/api/client"
)

var binaries string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "phukin-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		cmd := exec.Command("go", "build", "-trimpath", "-o", dir+"/", "../../agent/cmd/phukin-agent", "../../hub/cmd/phukin-hub", "../demo")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build the programs:", err)
			return 1
		}
		binaries = dir
		code := m.Run()
		if code == 0 {
			if err := goleak.Find(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
		return code
	}())
}

// need skips the test loudly, or fails it in CI, when a peer is missing.
func need(t *testing.T, ok bool, what, install string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("PHUKIN_REQUIRE_PEERS") != "":
		t.Fatalf("%s is missing: %s", what, install)
	default:
		t.Skipf("LOUD SKIP: %s is missing; mend it with: %s", what, install)
	}
}

// process is a program that runs beside the test.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}
	err  error

	mu    sync.Mutex
	lines []string
}

// start runs a program and ends it with the test.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	return startWith(t, nil, name, args...)
}

func startWith(t *testing.T, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Dir = t.TempDir()
	r, w := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if _, err := p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for sc := bufio.NewScanner(r); sc.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, sc.Text())
			p.mu.Unlock()
		}
	}()
	go func() {
		p.err = p.cmd.Wait()
		_ = w.Close()
		<-read
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(name), p.output())
		}
	})
	return p
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := p.lines
	if len(lines) > 60 {
		lines = lines[len(lines)-60:]
	}
	return strings.Join(lines, "\n")
}

// kill ends the program as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop asks the program to end and wants it to do so in order.
func (p *process) stop(within time.Duration) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		p.t.Fatalf("interrupt %s: %v", p.cmd.Path, err)
	}
	select {
	case <-p.done:
		if p.err != nil {
			p.t.Errorf("%s after an interrupt: %v\n%s", filepath.Base(p.cmd.Path), p.err, p.output())
		}
	case <-time.After(within):
		p.t.Errorf("%s still runs %v after an interrupt\n%s", filepath.Base(p.cmd.Path), within, p.output())
	}
}

// find waits for a line of output and gives what the pattern's first group
// matched.
func (p *process) find(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	var found string
	eventually(p.t, 60*time.Second, "output like "+pattern, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, l := range p.lines {
			if m := re.FindStringSubmatch(l); m != nil {
				found = m[1]
				return nil
			}
		}
		select {
		case <-p.done:
			return errFinal{fmt.Errorf("the program ended: %w\n%s", p.err, strings.Join(p.lines, "\n"))}
		default:
		}
		return errors.New("not yet")
	})
	return found
}

// errFinal is an error that waiting will not mend.
type errFinal struct{ error }

// eventually asks until f has no error, every 50 ms.
func eventually(t *testing.T, within time.Duration, what string, f func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		var final errFinal
		if errors.As(err, &final) || time.Now().After(deadline) {
			t.Fatalf("%s, within %v: %v", what, within, err)
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// freePort gives a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// asking gives a client of the hub at an address, until the test ends.
func asking(t *testing.T, address, token string) *client.Client {
	t.Helper()
	c, err := client.New(address, client.Options{Token: client.Secret(token), Timeout: 5 * time.Second, Program: "phukin-e2e"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// run runs a program to its end and gives what it printed.
func run(t *testing.T, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// testPatience is how long a program may take to end in order.
const testPatience = 15 * time.Second

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
