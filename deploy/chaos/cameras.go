package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/phukin/phukin/deploy/demo/clips"
	"github.com/phukin/phukin/deploy/demo/simcam"
)

// Login of the cameras that speak RTSP.
const (
	cameraUser     = "phukin"
	cameraPassword = "chaos"
)

// camerasOrder is what the process of cameras is told. It is the only one that
// is never killed: it is the truth.
type camerasOrder struct {
	Real    bool              // cameras that speak RTSP; else they are asked by name what they do
	Scripts map[string][]step // by camera
	Truth   string            // file of changes
}

// camerasAnswer says where the cameras are: their addresses, or under "" the one
// where all of them are asked.
type camerasAnswer struct{ Addrs map[string]string }

// camerasChild runs the scripts until its input ends.
func camerasChild(in io.Reader, out io.Writer) error {
	var order camerasOrder
	if err := json.NewDecoder(in).Decode(&order); err != nil {
		return err
	}
	truth, err := os.OpenFile(order.Truth, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer truth.Close()
	g := &gallery{truth: truth, doing: map[string]string{}}
	answer := camerasAnswer{Addrs: map[string]string{}}
	cams := map[string]*simcam.Camera{}
	for code := range order.Scripts {
		if !order.Real {
			break
		}
		c, err := startCamera()
		if err != nil {
			return err
		}
		defer c.Close()
		cams[code], answer.Addrs[code] = c, c.Addr()
	}
	if !order.Real {
		ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer ln.Close()
		go g.serve(ln)
		answer.Addrs[""] = ln.Addr().String()
	}
	ctx, cancel := context.WithCancel(context.Background())
	var plays sync.WaitGroup
	errs := make(chan error, len(order.Scripts))
	for code, script := range order.Scripts {
		if err := g.set(code, script[0].State, cams[code]); err != nil {
			cancel()
			return err
		}
		plays.Go(func() { errs <- g.play(ctx, code, script, cams[code]) })
	}
	err = json.NewEncoder(out).Encode(answer)
	_, _ = io.Copy(io.Discard, in)
	cancel()
	plays.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return err
}

func startCamera() (*simcam.Camera, error) {
	full, ok1 := clips.ByName("h264-720p")
	low, ok2 := clips.ByName("h264-360p")
	if !ok1 || !ok2 {
		return nil, errors.New("a clip is missing")
	}
	addr, err := freePort(cameraPorts)
	if err != nil {
		return nil, err
	}
	return simcam.Start(simcam.Config{Addr: addr, Clip: full, LowClip: low, Username: cameraUser, Password: cameraPassword, Path: "/live"})
}

// gallery is all cameras and what they do.
type gallery struct {
	mu    sync.Mutex
	doing map[string]string
	truth *os.File
}

// play goes through a script, again and again if need be.
func (g *gallery) play(ctx context.Context, code string, script []step, cam *simcam.Camera) error {
	for i := 0; ; i++ {
		s := script[i%len(script)]
		if i > 0 {
			if err := g.set(code, s.State, cam); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.For):
		}
	}
}

// set changes a camera and writes down when.
func (g *gallery) set(code, name string, cam *simcam.Camera) error {
	s, ok := stateByName(name)
	if !ok {
		return fmt.Errorf("state %q is not known", name)
	}
	c := change{Camera: code, State: name, Begin: nowMs()}
	if cam != nil {
		if err := cam.Set(s.behaviour); err != nil {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.doing[code] = name
	c.End = nowMs()
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = g.truth.Write(append(line, '\n'))
	return err
}

// serve tells whoever asks by a line with a camera's code what it does.
func (g *gallery) serve(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for sc := bufio.NewScanner(conn); sc.Scan(); {
				g.mu.Lock()
				name := g.doing[strings.TrimSpace(sc.Text())]
				g.mu.Unlock()
				if _, err := fmt.Fprintln(conn, name); err != nil {
					return
				}
			}
		}()
	}
}
