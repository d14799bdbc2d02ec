package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// hubProcess is a hub that runs, as it is installed.
type hubProcess struct {
	cmd  *exec.Cmd
	done chan struct{}
	url  string
	log  string // file of what it says
}

var pageAt = regexp.MustCompile(`page=(http://\S+)/`)

// startHub builds the hub and runs it over a world.
func startHub(ctx context.Context, w *world) (*hubProcess, error) {
	program := filepath.Join(w.dir, "phukin-hub")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "./hub/cmd/phukin-hub")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	h := &hubProcess{done: make(chan struct{}), log: filepath.Join(w.dir, "hub.log")}
	f, err := os.Create(h.log)
	if err != nil {
		return nil, err
	}
	r, out := io.Pipe()
	h.cmd = exec.CommandContext(ctx, program, "serve", "--db", w.db, "--addr", "127.0.0.1:0", "--mqtt-listen", "127.0.0.1:0")
	h.cmd.Cancel = func() error { return h.cmd.Process.Signal(syscall.SIGINT) }
	h.cmd.WaitDelay = 15 * time.Second
	h.cmd.Stdout, h.cmd.Stderr = out, out
	if err := h.cmd.Start(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	ready := make(chan string, 1)
	go func() {
		defer close(ready)
		for sc := bufio.NewScanner(r); sc.Scan(); {
			fmt.Fprintln(f, sc.Text())
			if m := pageAt.FindStringSubmatch(sc.Text()); m != nil && len(ready) == 0 {
				ready <- m[1]
			}
		}
		_, _ = io.Copy(io.Discard, r) // after a line too long
		_ = f.Close()
	}()
	go func() {
		_ = h.cmd.Wait()
		_ = out.Close()
		close(h.done)
	}()
	url, ok := <-ready
	if !ok {
		said, _ := os.ReadFile(h.log)
		return nil, fmt.Errorf("it ended:\n%s", said)
	}
	h.url = url
	return h, nil
}

// end ends the hub in order.
func (h *hubProcess) end() {
	_ = h.cmd.Process.Signal(syscall.SIGINT)
	<-h.done
}

// get asks the hub for a path.
func (h *hubProcess) get(ctx context.Context, path, token string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+path, nil)
	if err != nil {
		return nil, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 32<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", path, res.Status, body)
	}
	return body, err
}

var requestsOf = regexp.MustCompile(`^phukin_http_requests_total\{method="([^"]*)",route="([^"]*)",status="(\d+)"\} (\S+)$`)

// counted gives what the hub answered, as it counts itself, and wants every
// operation of its document to have been asked.
func (h *hubProcess) counted(ctx context.Context) (tally, error) {
	t := tally{operations: map[string]int{}, successes: map[string]int{}, statuses: map[int]int{}}
	raw, err := h.get(ctx, "/api/openapi.json", "")
	if err != nil {
		return t, err
	}
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return t, fmt.Errorf("the OpenAPI document: %w", err)
	}
	ids := map[string]string{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			ids[strings.ToUpper(method)+" "+strings.NewReplacer("{", ":", "}", "").Replace(path)] = op.OperationID
			if op.OperationID != endless {
				t.operations[op.OperationID] = 0
			}
		}
	}
	measures, err := h.get(ctx, "/metrics", "")
	if err != nil {
		return t, err
	}
	for line := range strings.Lines(string(measures)) {
		m := requestsOf.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || !strings.HasPrefix(m[2], "/api/v1/") && m[2] != "none" {
			continue
		}
		n, err := strconv.ParseFloat(m[4], 64)
		if err != nil {
			return t, err
		}
		status, _ := strconv.Atoi(m[3])
		t.statuses[status] += int(n)
		if id := ids[m[1]+" "+m[2]]; id != "" && id != endless {
			t.operations[id] += int(n)
			if status/100 == 2 {
				t.successes[id] += int(n)
			}
		}
	}
	return t, nil
}

// healthy wants the hub to have kept the one who asked, and to have logged no
// error.
func (h *hubProcess) healthy(ctx context.Context, token string) error {
	if _, err := h.get(ctx, "/api/v1/session", token); err != nil {
		return fmt.Errorf("the token that asked was lost on the way: %w", err)
	}
	said, err := os.ReadFile(h.log)
	if err != nil {
		return err
	}
	var all []error
	for line := range strings.Lines(string(said)) {
		if strings.Contains(line, "level=ERROR") {
			all = append(all, fmt.Errorf("the hub's log: %.600s", strings.TrimSpace(line)))
		}
	}
	return errors.Join(all...)
}
