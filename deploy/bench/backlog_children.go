package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub"
	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// backlogOrder is the first order of the hub of a backlog, or what it is asked.
type backlogOrder struct {
	Dir   string
	Until uint64 // answer when so many records are committed
	Fresh bool   // answer when the new camera is shown and committed
	Count bool
}

type backlogAnswer struct {
	Addr             string
	Tokens           []string
	Shown, Committed time.Time
	Observations     int
}

// backlogHubChild is a hub with its own broker.
func backlogHubChild(ctx context.Context, in io.Reader, out io.Writer) error {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var o backlogOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	return withHub(ctx, hub.Config{Database: filepath.Join(o.Dir, "hub.db"), MQTTListen: "127.0.0.1:0"}, func(h *hub.Hub) error {
		a := backlogAnswer{Addr: h.MQTTAddr().String()}
		for i := range backlogAgents {
			token, err := enrol.Issue(ctx, h.Agents(), agentCode(i), time.Now())
			if err != nil {
				return err
			}
			a.Tokens = append(a.Tokens, token)
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
		for {
			o := backlogOrder{}
			if orders.Decode(&o) != nil {
				return nil
			}
			a := backlogAnswer{}
			var err error
			switch {
			case o.Fresh:
				err = awaitFresh(ctx, h, &a)
			case o.Count:
				a.Observations, err = inHistory(ctx, h)
			default:
				err = until(ctx, func() bool { return h.Ingested() >= o.Until })
			}
			if err != nil {
				return err
			}
			if err := answers.Encode(a); err != nil {
				return err
			}
		}
	})
}

// until looks again and again.
func until(ctx context.Context, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			return errors.New("it did not come about")
		case <-tick.C:
		}
	}
	return nil
}

func awaitFresh(ctx context.Context, h *hub.Hub, a *backlogAnswer) error {
	var failed error
	err := until(ctx, func() bool {
		if _, ok := h.Live().Camera(freshCamera); ok && a.Shown.IsZero() {
			a.Shown = time.Now()
		}
		if a.Committed.IsZero() {
			for _, err := range h.Store().Observations(ctx, history.Period{Cameras: []string{freshCamera}, To: 1 << 62}) {
				failed, a.Committed = errors.Join(failed, err), time.Now()
			}
		}
		return !a.Shown.IsZero() && !a.Committed.IsZero() || failed != nil
	})
	return errors.Join(err, failed)
}

// devicesOrder is the first order of the agents of a backlog, or what they are
// to do.
type devicesOrder struct {
	Dir, Addr string
	Tokens    []string
	Fresh     bool // something new happens
	Drain     bool // answer when nothing waits any more
}

type devicesAnswer struct {
	At      time.Time
	Waiting uint64
}

// devicesChild is the spools and uplinks of all agents.
func devicesChild(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var o devicesOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	dev := device(time.Now())
	spools, uplinks := make([]*spool.Spool, len(o.Tokens)), make([]*uplink.Uplink, len(o.Tokens))
	var fresh atomic.Pointer[wire.State]
	for i, token := range o.Tokens {
		if spools[i], _, err = spool.Open(spoolDir(o.Dir, i), spool.Options{Logger: quietly()}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, spools[i].Close()) }()
		uplinks[i], err = uplink.New(uplink.Options{
			Broker: uplink.Broker{URL: "mqtt://" + o.Addr, Agent: agentCode(i), Password: probe.Secret(token)}, Queue: spools[i], Clock: &dev, Version: "bench", Logger: quietly(),
			Live: func() uplink.Live {
				l := uplink.Live{Cameras: backlogCameras}
				if s := fresh.Load(); s != nil && i == freshAgent {
					l.States = []wire.State{*s}
				}
				return l
			},
		})
		if err != nil {
			return err
		}
	}
	waiting := func() (n uint64) {
		for _, s := range spools {
			n += s.Len()
		}
		return n
	}
	begin := time.Now()
	for _, u := range uplinks {
		u.Start()
		defer u.Close()
	}
	if err := answers.Encode(devicesAnswer{At: begin}); err != nil {
		return err
	}
	for {
		o := devicesOrder{}
		if orders.Decode(&o) != nil {
			return nil
		}
		a := devicesAnswer{At: time.Now(), Waiting: waiting()}
		switch {
		case o.Fresh:
			now := dev.Mono()
			// Down: the end of what was up before, and what is new.
			obs := wire.Observation{Camera: freshCamera, From: time.Now().UnixMilli() - 60_000, To: time.Now().UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 2}
			fresh.Store(&wire.State{Camera: freshCamera, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect, Since: now, Probed: now})
			uplinks[freshAgent].Changed()
			seq, err := spools[freshAgent].Append(spool.Entry{Span: spool.Span{Boot: 1, From: now - 60_000, To: now, Wall: time.Now().UnixMilli() - 60_000}, Payload: wire.MarshalObservation(&obs)})
			if err != nil {
				return err
			}
			uplinks[freshAgent].Fresh(seq, seq+1, true)
		case o.Drain:
			if err := until(ctx, func() bool { return waiting() == 0 }); err != nil {
				return fmt.Errorf("%d records wait: %w", waiting(), err)
			}
			a.At = time.Now()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}
