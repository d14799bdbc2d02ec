// Package influxtest runs real InfluxDB servers for tests: those that
// deploy/e2e/influxd/build.sh put into build/bin.
package influxtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Versions are those that there are servers of, the oldest first.
var Versions = []string{"1.8", "2.7"}

// Server is a server with a folder and a port of its own. Nobody but the test
// reaches it.
type Server struct {
	Version string
	URL     string
	Org     string // of 2.7; empty on 1.8
	Token   string // may do everything

	dir   string
	port  string
	cmd   *exec.Cmd
	done  chan struct{} // closed when cmd has ended
	ended error         // how, once done is closed
}

// Need is Find for a test. Where the program is missing the test is skipped
// loudly; with PHUKIN_REQUIRE_PEERS, as in CI, it fails.
func Need(t testing.TB, version string) string {
	t.Helper()
	program, err := Find(version)
	if err != nil && os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("LOUD SKIP:", err)
	}
	return program
}

// Find gives the program of a version.
func Find(version string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		program := filepath.Join(dir, "build", "bin", "influxd-"+version)
		if _, err := os.Stat(program); err == nil {
			return program, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("InfluxDB %s is missing; mend it with: deploy/e2e/influxd/build.sh %s", version, version)
		}
	}
}

const (
	startTimeout = 2 * time.Minute // the machine may be busy
	password     = "a-secret-for-tests"
)

// New makes a server and starts it. With setUp it has an organisation and a
// user; a 2.7 without it waits for whoever sets it up first. End it with Close.
func New(program, version string, setUp bool) (*Server, error) {
	dir, err := os.MkdirTemp("", "phukin-influxd-")
	if err != nil {
		return nil, err
	}
	s := &Server{Version: version, Token: password, dir: dir}
	ports := make([]string, 2)
	for i := range ports {
		if ports[i], err = freePort(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.port, s.URL = ports[0], "http://127.0.0.1:"+ports[0]
	if version == "1.8" {
		s.Token = "admin:" + password
		config := fmt.Sprintf("reporting-disabled = true\nbind-address = \"127.0.0.1:%s\"\n[meta]\ndir = %q\n[data]\ndir = %q\nwal-dir = %q\nindex-version = \"tsi1\"\n[http]\nbind-address = \"127.0.0.1:%s\"\nauth-enabled = true\nflux-enabled = true\nlog-enabled = false\n[monitor]\nstore-enabled = false\n",
			ports[1], filepath.Join(dir, "meta"), filepath.Join(dir, "data"), filepath.Join(dir, "wal"), ports[0])
		if err := os.WriteFile(filepath.Join(dir, "influxdb.conf"), []byte(config), 0o600); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	} else {
		s.Org = "xã"
	}
	s.cmd = s.command(program)
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if setUp {
		if err := s.setUp(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func (s *Server) command(program string) *exec.Cmd {
	if s.Version == "1.8" {
		return exec.CommandContext(context.Background(), program, "run", "-config", filepath.Join(s.dir, "influxdb.conf"))
	}
	return exec.CommandContext(context.Background(), program, "--http-bind-address", "127.0.0.1:"+s.port, "--bolt-path", filepath.Join(s.dir, "influxd.bolt"),
		"--sqlite-path", filepath.Join(s.dir, "influxd.sqlite"), "--engine-path", filepath.Join(s.dir, "engine"), "--reporting-disabled", "--ui-disabled")
}

// Start starts the server, again after Stop or Kill, and returns when it
// listens.
func (s *Server) Start() error {
	s.cmd = exec.CommandContext(context.Background(), s.cmd.Path, s.cmd.Args[1:]...)
	r, w := io.Pipe()
	s.cmd.Stdout, s.cmd.Stderr = w, w
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.done = make(chan struct{})
	ready, read := make(chan struct{}), make(chan struct{})
	var last []string // what it said, guarded by read
	go func() {
		defer close(read)
		said := false
		for sc := bufio.NewScanner(r); sc.Scan(); {
			line := sc.Text()
			if last = append(last, line); len(last) > 20 {
				last = last[1:]
			}
			if !said && strings.Contains(line, "Listening") && (strings.Contains(line, "service=httpd") || strings.Contains(line, "service=tcp-listener")) {
				said = true
				close(ready)
			}
		}
		_, _ = io.Copy(io.Discard, r) // a line that is too long ends the scanner, not the server
	}()
	cmd, done := s.cmd, s.done
	go func() {
		err := cmd.Wait()
		_ = w.Close()
		<-read
		s.ended = err
		close(done)
	}()
	select {
	case <-ready:
		return nil
	case <-done:
		s.done = nil
		return fmt.Errorf("InfluxDB %s ended: %w\n%s", s.Version, s.ended, strings.Join(last, "\n"))
	case <-time.After(startTimeout):
		s.Kill()
		return fmt.Errorf("InfluxDB %s did not listen within %v", s.Version, startTimeout)
	}
}

// Stop ends the server in good order.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends it at once, as a crash would.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

func (s *Server) end(signal syscall.Signal) {
	if s.done == nil {
		return
	}
	_ = s.cmd.Process.Signal(signal) // it may have ended
	<-s.done
	s.done = nil
}

// Close ends the server and removes what it kept.
func (s *Server) Close() error {
	s.Kill()
	return os.RemoveAll(s.dir)
}

// Bucket gives the name under which the hub is to be told of a bucket.
func (s *Server) Bucket(name string) string {
	if s.Version == "1.8" {
		return name + "/ledger"
	}
	return name
}

func (s *Server) setUp() error {
	if s.Version == "1.8" {
		return s.Say("CREATE USER admin WITH PASSWORD '" + password + "' WITH ALL PRIVILEGES")
	}
	return s.post("/api/v2/setup", "application/json", fmt.Sprintf(`{"username":"admin","password":%q,"org":%q,"bucket":"first","token":%q}`, password, s.Org, s.Token))
}

// Say says a statement of InfluxQL to 1.8.
func (s *Server) Say(statement string) error {
	return s.post("/query?q="+url.QueryEscape(statement), "", "")
}

func (s *Server) post(path, kind, body string) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.URL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	if s.Version == "1.8" {
		req.SetBasicAuth("admin", password)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // it is read
	text, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode/100 != 2 || strings.Contains(string(text), `"error"`)) {
		err = fmt.Errorf("%s says %s: %s", s.URL+path, resp.Status, text)
	}
	return err
}

func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		return "", err
	}
	defer func() { _ = ln.Close() }() // nothing was sent
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, err
}
