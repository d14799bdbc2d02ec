package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

// agentOrder is what an agent's process is told.
type agentOrder struct {
	Agent    string
	Run      int // counts its starts
	Broker   string
	Token    string
	Spool    string // folder
	Journal  string // file
	Rhythm   rhythm
	Cameras  []string
	Addrs    map[string]string // see camerasAnswer
	Real     bool
	Skew     time.Duration // what its wall clock is ahead of the truth
	Boot     uint64        // name of the run of its monotonic clock
	BootedAt int64         // when that began, Unix milliseconds
}

// agentCommand is what it may be told later. It answers one that asks.
type agentCommand struct {
	Skew *time.Duration `json:",omitempty"`
	Ask  bool           `json:",omitempty"`
}

// agentAnswer says how an agent is.
type agentAnswer struct {
	Spooled, Waiting, Lost uint64
	Taken                  uint64 // records that the spool took in this run
	Connected              bool
	LastError, Refusal     string
}

// agentChild runs a real agent until its input ends.
func agentChild(in io.Reader, out io.Writer) error {
	commands := json.NewDecoder(in)
	var order agentOrder
	if err := commands.Decode(&order); err != nil {
		return err
	}
	file, err := os.OpenFile(order.Journal, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	d := &diary{file: file, run: order.Run, looked: map[string]int64{}, most: order.Rhythm.bridge()}
	var skew atomic.Int64
	skew.Store(int64(order.Skew))
	look := probe.Probe
	if !order.Real {
		l := &looker{addr: order.Addrs[""]}
		defer l.close()
		look = l.probe
	}
	options := agent.Options{
		Version: "chaos",
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, nil)).With("agent", order.Agent, "run", order.Run),
		Probe: func(ctx context.Context, t probe.Target) probe.Result {
			d.look(t.URL)
			return look(ctx, t)
		},
	}
	setUp(&options, &order, &skew, d)
	a, err := agent.New(order.config(), options)
	if err != nil {
		return err
	}
	if err := d.write(entry{Run: order.Run, Began: nowMs()}); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	encoder := json.NewEncoder(out)
	answer := func() error {
		s := a.Status()
		return encoder.Encode(agentAnswer{
			Spooled: s.Spooled, Waiting: uint64(s.Waiting), Lost: s.Lost, Taken: d.taken(),
			Connected: s.Uplink.Connected, LastError: s.Uplink.LastError, Refusal: s.Uplink.Refusal,
		})
	}
	err = answer()
	for err == nil {
		var c agentCommand
		if err = commands.Decode(&c); err != nil {
			break
		}
		if c.Skew != nil {
			skew.Store(int64(*c.Skew))
		}
		if c.Ask {
			err = answer()
		}
	}
	stop()
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, <-ended, a.Close(), d.write(entry{Run: order.Run, Ended: nowMs()}), d.err)
}

func (o *agentOrder) config() agent.Config {
	c, r := agent.DefaultConfig(), &o.Rhythm
	c.Agent = o.Agent
	c.Broker = agent.BrokerConfig{URL: "mqtt://" + o.Broker, Password: probe.Secret(o.Token)}
	c.Spool = agent.SpoolConfig{Dir: o.Spool, MaxMB: spoolMB}
	c.LightInterval, c.FullInterval = agent.Duration(r.Light), agent.Duration(r.Full)
	c.Window, c.Timeout = agent.Duration(r.Window), agent.Duration(r.Timeout)
	c.Confirm, c.ConfirmAfter = r.Confirm, agent.Duration(r.ConfirmAfter)
	c.ReportEvery, c.LiveEvery = agent.Duration(r.Report), agent.Duration(2*time.Second)
	c.MaxSessions = 64
	c.Thresholds.FrameRate = 0.1 // a busy machine is no slow camera
	for _, code := range o.Cameras {
		k := agent.CameraConfig{Code: code, Width: fullWidth, Height: fullHeight, Transport: agent.TransportTCP}
		k.URL = o.url(code)
		if o.Real {
			k.Username, k.Password = cameraUser, cameraPassword
		}
		c.Cameras = append(c.Cameras, k)
	}
	return c
}

// url is how the agent's probes name a camera.
func (o *agentOrder) url(camera string) string {
	if o.Real {
		return "rtsp://" + o.Addrs[camera] + "/live"
	}
	return "rtsp://" + o.Addrs[""] + "/" + camera
}

// spoolMB bounds the agents' spools.
const spoolMB = 1

// looker asks the cameras' process what a camera does, and says what a probe
// would have said.
type looker struct {
	addr string
	mu   sync.Mutex
	conn net.Conn
	in   *bufio.Reader
}

func (l *looker) probe(ctx context.Context, t probe.Target) probe.Result {
	r := probe.Result{Start: time.Now(), Depth: t.Depth}
	name, err := l.ask(ctx, t.URL[strings.LastIndexByte(t.URL, '/')+1:])
	s, ok := stateByName(name)
	if err == nil && !ok {
		err = fmt.Errorf("state %q is not known", name)
	}
	if err != nil {
		r.Err = err // nobody looked
		return r
	}
	start := r.Start
	r = s.result
	if t.Depth == probe.Light && !s.byLight {
		r = probe.Result{Reached: wire.RungAuth, Codec: wire.CodecH264}
	}
	r.Start, r.Elapsed, r.Depth = start, time.Since(start), t.Depth
	if r.Fault != wire.FaultNone {
		r.Err = errors.New(name)
	}
	return r
}

func (l *looker) ask(ctx context.Context, code string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.addr)
		if err != nil {
			return "", err
		}
		l.conn, l.in = conn, bufio.NewReader(conn)
	}
	_, err := fmt.Fprintln(l.conn, code)
	var line string
	if err == nil {
		line, err = l.in.ReadString('\n')
	}
	if err != nil {
		_ = l.conn.Close()
		l.conn = nil
	}
	return strings.TrimSpace(line), err
}

func (l *looker) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
