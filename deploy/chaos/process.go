package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// process is one run of a program, which can be killed.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser // nil for another program than this one
	pipe  io.ReadCloser
	out   *json.Decoder
	done  chan struct{} // closed when it has ended
	err   error         // how it ended; valid once done is closed
	ready atomic.Bool   // it has answered its order
}

// spawnChild starts this program as a child of a kind, gives it its order, and
// reads its first answer in the background.
func spawnChild(kind string, order, answer any, log *os.File) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(context.Background(), self, "child", kind), done: make(chan struct{})}
	p.cmd.Stderr = log
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.pipe, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	p.out = json.NewDecoder(p.pipe)
	text, err := json.Marshal(order)
	if err != nil {
		return nil, err
	}
	if err := startTied(p.cmd); err != nil {
		return nil, fmt.Errorf("start child %s: %w", kind, err)
	}
	go func() {
		if _, err := p.in.Write(append(text, '\n')); err == nil && p.out.Decode(answer) == nil {
			p.ready.Store(true)
		}
		p.wait()
	}()
	return p, nil
}

// spawnProgram starts another program. It counts as ready at once.
func spawnProgram(log *os.File, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(context.Background(), name, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := startTied(p.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p.ready.Store(true)
	go p.wait()
	return p, nil
}

// wait waits for the process itself and not for its pipes, so that what it
// said can still be read.
func (p *process) wait() {
	state, err := p.cmd.Process.Wait()
	if err == nil && !state.Success() {
		err = errors.New(state.String())
	}
	p.err = err
	close(p.done)
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// kill ends it with SIGKILL and says whether it was still running.
func (p *process) kill() bool {
	running := !p.ended()
	_ = p.cmd.Process.Kill()
	<-p.done
	p.closePipes()
	return running
}

func (p *process) closePipes() {
	if p.in != nil {
		_, _ = p.in.Close(), p.pipe.Close()
	}
}

// stop lets a child end by itself, and kills it when it takes too long.
func (p *process) stop(patience time.Duration) error {
	if p.in != nil {
		_ = p.in.Close()
	}
	select {
	case <-p.done:
		p.closePipes()
		return p.err
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("process %d did not end within %v", p.cmd.Process.Pid, patience)
	}
}

// tell sends a child a command.
func (p *process) tell(command any) error { return json.NewEncoder(p.in).Encode(command) }

// ask sends a command and waits for its answer.
func (p *process) ask(ctx context.Context, command, answer any) error {
	if err := p.tell(command); err != nil {
		return err
	}
	got := make(chan error, 1)
	go func() { got <- p.out.Decode(answer) }()
	select {
	case err := <-got:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
