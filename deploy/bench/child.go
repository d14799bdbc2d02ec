package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// children are what this program can be in a process of its own. Each reads
// its order as one JSON value, answers with JSON values, and ends when its
// input does.
var children map[string]func(context.Context, io.Reader, io.Writer) error

func init() {
	children = map[string]func(context.Context, io.Reader, io.Writer) error{
		"camera":  cameraChild,
		"client":  clientChild,
		"broker":  brokerChild,
		"hostile": hostileChild,

		"publisher": publisherChild,
		"counter":   counterChild,
		"hub":       hubChild,
		"spool":     spoolChild,

		"coverage":    coverageChild,
		"backlog-hub": backlogHubChild,
		"devices":     devicesChild,

		"plan-import":   planChild(importWorkbook),
		"plan-cells":    planChild(readCells),
		"plan-tokens":   planChild(scanTokens),
		"ledger-report": ledgerReportChild,
		"ledger":        ledgerChild,
		"events-hub":    eventsHubChild,
		"events-bare":   eventsBareChild,
		"api-hub":       apiHubChild,
		"api-bare":      apiBareChild,
	}
}

// process is a child that runs.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// spawn starts a child with its order and reads its first answer.
func spawn(ctx context.Context, name string, order, answer any) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, []string{self, "child", name}, order, answer)
	if err != nil {
		return nil, fmt.Errorf("child %s: %w", name, err)
	}
	return p, nil
}

// build builds a program of this module as it is delivered.
func build(ctx context.Context, program, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// start starts a program with its order and reads its first answer.
func start(ctx context.Context, args []string, order, answer any) (_ *process, err error) {
	p := &process{cmd: exec.CommandContext(ctx, args[0], args[1:]...)}
	p.cmd.Stderr = os.Stderr
	p.cmd.WaitDelay = 2 * time.Second
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = json.NewDecoder(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.ask(order, answer); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *process) ask(order, answer any) error {
	if err := json.NewEncoder(p.in).Encode(order); err != nil {
		return err
	}
	return p.out.Decode(answer)
}

// close lets the child end and waits for it.
func (p *process) close() {
	_ = p.in.Close()
	_ = p.cmd.Wait() // once: what comes after says that it was done
}

// once runs a child to its first answer.
func once(ctx context.Context, name string, order, answer any) error {
	p, err := spawn(ctx, name, order, answer)
	if err != nil {
		return err
	}
	p.close()
	return nil
}

// cpu is the time that this process has had, user and system.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf is the time that another process has had, in steps of 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, errors.New("/proc/…/stat is short")
	}
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}
