package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/agent/vitals"
	"github.com/phukin/phukin/deploy/bench/peers"
	"github.com/phukin/phukin/hub"
	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

const (
	lineCameras = 50
	lineBound   = 8000 // bytes of a camera and day
	heartbeats  = 8    // that are counted
)

// line measures what a day of an agent with 50 cameras costs on the line at
// default settings: all bytes that its TCP connection carries, both ways, TLS,
// MQTT, acknowledgements and heartbeats included, those of TCP and IP left out.
//
// A real uplink sends a made-up day of observations (package wiretest) over TLS
// to a real hub, as fast as they are acknowledged: 50 together, and those that
// tell of a change at once, with the live message that goes with it. Heartbeats
// are counted apart, faster than they are due, and taken as often as a day has
// them; one connection is made.
func line(ctx context.Context, _ options, f *figures) error {
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cert, key, err := peers.SelfSigned()
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return err
	}
	ca := filepath.Join(dir, "ca.crt")
	if err := os.WriteFile(ca, cert, 0o600); err != nil {
		return err
	}
	config := hub.Config{Database: filepath.Join(dir, "hub.db"), MQTTListen: "127.0.0.1:0", MQTTTLS: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}}
	return withHub(ctx, config, func(h *hub.Hub) (err error) {
		meter, err := newMeter(ctx, h.MQTTAddr().String())
		if err != nil {
			return err
		}
		defer meter.close()
		token, err := enrol.Issue(ctx, h.Agents(), agentCode(0), time.Now())
		if err != nil {
			return err
		}
		d := day{meter: meter, seen: map[string]wire.State{}}
		open := func() (err error) {
			d.s, _, err = spool.Open(filepath.Join(dir, "spool"), spool.Options{Logger: quietly()})
			return err
		}
		if err := open(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.s.Close()) }()
		dev := device(time.Now())
		options := uplink.Options{
			Broker: uplink.Broker{URL: "mqtts://" + meter.addr(), Agent: agentCode(0), Password: probe.Secret(token), CAFile: ca},
			Queue:  d.s, Live: d.live, Clock: &dev, Version: "bench", Logger: quietly(), LiveEvery: time.Hour, Linger: time.Hour,
		}
		all, observations, changes, err := d.play(ctx, options)
		if err != nil {
			return err
		}
		// The agent starts anew, or it would be taken for a copy of itself.
		if err := errors.Join(d.s.Close(), open()); err != nil {
			return err
		}
		options.Queue, options.LiveEvery = d.s, 250*time.Millisecond
		beat, err := d.heartbeat(ctx, options)
		if err != nil {
			return err
		}
		perDay := float64(24*time.Hour/uplink.DefaultLiveEvery) - float64(changes)
		vitalsPerDay, vitalsBytes := float64(24*time.Hour/uplink.DefaultVitalsEvery), vitalsOn(dir)
		total := float64(all) + perDay*beat + vitalsPerDay*vitalsBytes
		f.add(fmt.Sprintf("a camera and day on the line: %d cameras an agent, TLS and MQTT included", lineCameras),
			fmt.Sprintf("%.2f kB", total/lineCameras/1000), "its observations, encoded", fmt.Sprintf("%.2f kB", float64(d.encoded)/lineCameras/1000), ratioText(total/float64(d.encoded)), "≤ 8 kB", total/lineCameras <= lineBound)
		perObservation := float64(d.encoded) / float64(observations)
		f.add(fmt.Sprintf("… an observation, encoded in batches of %d (%d in all)", uplink.Together, observations), fmt.Sprintf("%.1f bytes", perObservation), "one by one, as spooled", fmt.Sprintf("%.1f bytes", float64(d.single)/float64(observations)), "", "≤ 20 bytes", perObservation <= 20)
		f.add(fmt.Sprintf("… a heartbeat, of which there are %.0f", perDay), fmt.Sprintf("%.0f bytes", beat), "", "", "", "", true)
		f.add(fmt.Sprintf("… how the device is, in %.0f of them", vitalsPerDay), fmt.Sprintf("%.0f bytes", vitalsBytes), "", "", "", "≤ 34 bytes", vitalsBytes <= 34)
		return nil
	})
}

// vitalsOn gives the bytes that the vitals of this machine add to a live message.
func vitalsOn(dir string) float64 {
	m := wire.LiveMessage{Online: true}
	without := len(wire.MarshalLive(&m))
	v := vitals.Read(dir)
	m.Vitals = &v
	return float64(len(wire.MarshalLive(&m)) - without)
}

// day plays the day of an agent.
type day struct {
	s       *spool.Spool
	meter   *meter
	encoded int // bytes of all batches, as they are published
	single  int // bytes of all observations, one by one

	mu   sync.Mutex
	seen map[string]wire.State
}

func (d *day) live() uplink.Live {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := uplink.Live{Cameras: lineCameras}
	for _, s := range d.seen {
		l.States = append(l.States, s)
	}
	return l
}

// note takes an observation into what is seen, and says whether that changed.
func (d *day) note(o *wire.Observation) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, ok := d.seen[o.Camera]
	if ok && old.Status == o.Status && old.Fault == o.Fault {
		return false
	}
	d.seen[o.Camera] = wire.State{
		Camera: o.Camera, Status: o.Status, Rung: o.Rung, Fault: o.Fault, FellOn: o.FellOn, RTSPStatus: o.RTSPStatus, Reasons: o.Reasons,
		Since: o.From - wiretest.Begin, Probed: o.To - wiretest.Begin, Codec: o.Codec, Width: o.Width, Height: o.Height,
	}
	return ok
}

// play sends the day and gives all bytes of it.
func (d *day) play(ctx context.Context, o uplink.Options) (all int64, observations, changes int, err error) {
	// The pictures of the beginning are there when the agent connects.
	for o := range wiretest.Day(0, lineCameras) {
		o.Camera = ownCamera(agentCode(0), o.Camera)
		if len(d.seen) < lineCameras {
			d.note(&o)
		}
	}
	u, err := uplink.New(o)
	if err != nil {
		return 0, 0, 0, err
	}
	u.Start()
	defer u.Close()
	if err := until(ctx, func() bool { return u.Status().Greeted }); err != nil {
		return 0, 0, 0, err
	}
	shift := shifted(time.Now())
	var waiting []wire.Observation
	for o := range wiretest.Day(0, lineCameras) {
		o.Camera = ownCamera(agentCode(0), o.Camera)
		p := wire.MarshalObservation(&o)
		span := spool.Span{Boot: 1, From: o.From - wiretest.Begin + time.Hour.Milliseconds(), To: o.To - wiretest.Begin + time.Hour.Milliseconds(), Wall: o.From + shift}
		seq, err := d.s.Append(spool.Entry{Span: span, Payload: p})
		if err != nil {
			return 0, 0, 0, err
		}
		observations++
		d.single += len(p)
		waiting = append(waiting, o)
		changed := d.note(&o)
		news := o.To-o.From < (5 * time.Minute).Milliseconds()
		if changed {
			changes++
			u.Changed()
		}
		u.Fresh(seq, seq+1, news)
		if !news && len(waiting) < uplink.Together {
			continue
		}
		d.encoded += len(wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: d.s.Epoch(), FirstSeq: seq + 1 - uint64(len(waiting)), OldestSeq: seq + 1 - uint64(len(waiting)), Observations: waiting, Stamp: span.To}}))
		waiting = waiting[:0]
		if err := until(ctx, func() bool { return d.s.Len() == 0 }); err != nil {
			return 0, 0, 0, fmt.Errorf("%d observations are not acknowledged: %w", d.s.Len(), err)
		}
	}
	observations -= len(waiting)
	return d.meter.bytes.Load(), observations, changes, nil
}

// heartbeat gives the bytes of one.
func (d *day) heartbeat(ctx context.Context, o uplink.Options) (float64, error) {
	u, err := uplink.New(o)
	if err != nil {
		return 0, err
	}
	u.Start()
	defer u.Close()
	if err := until(ctx, func() bool { return u.Status().Greeted && d.s.Len() == 0 }); err != nil {
		return 0, err
	}
	// What belongs to the connection is over with its first heartbeat.
	var at []int64
	last := d.meter.bytes.Load()
	timer := time.NewTicker(25 * time.Millisecond)
	defer timer.Stop()
	for quiet := 0; len(at) < heartbeats+2; {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-timer.C:
		}
		now := d.meter.bytes.Load()
		if now == last {
			quiet++
			continue
		}
		if quiet >= 4 { // a message after a pause: a heartbeat
			at = append(at, last)
		}
		last, quiet = now, 0
	}
	return float64(at[heartbeats+1]-at[1]) / heartbeats, nil
}

// meter carries connections to a target and counts their bytes, both ways.
type meter struct {
	ln    net.Listener
	bytes atomic.Int64
	wg    sync.WaitGroup
}

func newMeter(ctx context.Context, target string) (*meter, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &meter{ln: ln}
	m.wg.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := new(net.Dialer).DialContext(ctx, "tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			m.carry(near, far)
			m.carry(far, near)
		}
	})
	return m, nil
}

func (m *meter) addr() string { return m.ln.Addr().String() }

func (m *meter) carry(to, from net.Conn) {
	m.wg.Go(func() {
		defer to.Close()
		_, _ = io.Copy(to, counted{from, &m.bytes}) // its end is the end of the line
	})
}

// close ends the meter once its connections have ended.
func (m *meter) close() {
	_ = m.ln.Close()
	m.wg.Wait()
}

type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.n.Add(int64(n))
	return n, err
}
