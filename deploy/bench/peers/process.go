package peers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"sync"
	"time"
)

// child is a program that runs beside us.
type child struct {
	cmd  *exec.Cmd
	in   io.Closer
	done chan struct{}
	err  error

	mu   sync.Mutex
	said bytes.Buffer
	more chan struct{} // a line came
}

// spawn starts a program and ends it with r.
func (r *Running) spawn(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, done: make(chan struct{}), more: make(chan struct{}, 1)}
	var err error
	if c.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	rd, wr := io.Pipe()
	cmd.Stdout, cmd.Stderr = wr, wr
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for sc := bufio.NewScanner(rd); sc.Scan(); {
			c.mu.Lock()
			if c.said.Len() < 1<<16 {
				c.said.WriteString(sc.Text() + "\n")
			}
			c.mu.Unlock()
			select {
			case c.more <- struct{}{}:
			default:
			}
		}
		_, _ = io.Copy(io.Discard, rd)
	}()
	go func() {
		c.err = cmd.Wait()
		_ = wr.Close()
		<-read
		close(c.done)
	}()
	r.stop = append(r.stop, func() {
		_ = cmd.Process.Kill()
		<-c.done
	})
	return c, nil
}

func (c *child) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said.String()
}

// until waits until what the program said is enough.
func (c *child) until(ctx context.Context, enough func(said string) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for !enough(c.output()) {
		select {
		case <-c.more:
		case <-c.done:
			if enough(c.output()) {
				return nil
			}
			return fmt.Errorf("%s ended: %w\n%s", c.cmd.Path, orNone(c.err), c.output())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w\n%s", c.cmd.Path, ctx.Err(), c.output())
		}
	}
	return nil
}

// waitFor asks again every 100 ms until f has no error.
func waitFor(ctx context.Context, within time.Duration, f func() error) error {
	deadline := time.Now().Add(within)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("within %v: %w", within, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

// freePort gives a TCP port that was free a moment ago.
func freePort() (string, error) {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, err
}

func lookFor(program, what, install string) error {
	if _, err := exec.LookPath(program); err != nil {
		return &MissingError{what, install}
	}
	return nil
}
