package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/phukin/phukin/hub"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// consumerOrder is the first order of a consumer, or asks how far it is.
type consumerOrder struct {
	Addr     string // of the broker
	Database string
	Messages int  // that will come
	Fold     bool // the rest of the folding is done first
	Count    bool // the observations in the history are counted
}

type consumerAnswer struct {
	Messages, Observations int
	CPU                    time.Duration
	Folding                time.Duration // CPU of the folding that was left
	Last                   time.Time     // when the last message came
}

// counterChild is the bare subscriber. It has the options of the hub's own
// client, and counts.
func counterChild(_ context.Context, in io.Reader, out io.Writer) error {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var o consumerOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	var mu sync.Mutex
	var a consumerAnswer
	all := make(chan struct{})
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + o.Addr).SetClientID("counter").
		SetProtocolVersion(4).SetCleanSession(true).SetStore(mqtt.NewMemoryStore()).SetOrderMatters(true))
	if t := c.Connect(); t.Wait() && t.Error() != nil {
		return t.Error()
	}
	defer c.Disconnect(100)
	want := o.Messages
	t := c.Subscribe(wire.TopicFilter(wire.Up), 0, func(mqtt.Client, mqtt.Message) {
		mu.Lock()
		defer mu.Unlock()
		if a.Messages++; a.Messages == want {
			a.Last, a.CPU = time.Now(), cpu()
			close(all)
		}
	})
	if t.Wait() && t.Error() != nil {
		return t.Error()
	}
	if err := answers.Encode(consumerAnswer{CPU: cpu()}); err != nil {
		return err
	}
	for orders.Decode(&o) == nil {
		select {
		case <-all:
		case <-time.After(time.Minute):
		}
		mu.Lock()
		err := answers.Encode(a)
		mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// benchPlan is a plan without cameras: all that come are seen and not planned.
func benchPlan() (*plan.Plan, error) {
	return plan.Build(plan.Plan{
		Name: plan.Text{VI: "Kế hoạch", EN: "Plan"}, Root: "R",
		Phases: []plan.Phase{{Code: "P", Name: plan.Text{VI: "Một", EN: "One"}, From: plan.NewDate(2026, 1, 1), To: plan.NewDate(2026, 12, 31)}},
		Areas:  []plan.Area{{Code: "R", Kind: "huyện", Name: "Huyện"}},
	})
}

// withHub runs a hub while f runs.
func withHub(ctx context.Context, c hub.Config, f func(*hub.Hub) error) (err error) {
	if c.Plan, err = benchPlan(); err != nil {
		return err
	}
	c.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	h, err := hub.New(ctx, c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	err = f(h)
	cancel()
	return errors.Join(err, <-done, h.Close())
}

// hubChild is the hub as a client of the broker.
func hubChild(ctx context.Context, in io.Reader, out io.Writer) error {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var o consumerOrder
	if err := orders.Decode(&o); err != nil {
		return err
	}
	debug.SetGCPercent(300) // as phukin-hub does
	var err error
	return withHub(ctx, hub.Config{Database: o.Database, MQTTURL: "mqtt://" + o.Addr}, func(h *hub.Hub) error {
		if err := answers.Encode(consumerAnswer{CPU: cpu()}); err != nil {
			return err
		}
		stop := func() {}
		for asked := 0; orders.Decode(&o) == nil; asked++ {
			a := consumerAnswer{CPU: cpu()}
			stop() // what is looked at is between the first and the second question
			if stop = func() {}; asked == 0 {
				if stop, err = profile("hub"); err != nil {
					return err
				}
			}
			if o.Fold {
				if _, err := h.Store().Fold(ctx); err != nil {
					return err
				}
				a.Folding = cpu() - a.CPU
			}
			if o.Count {
				if a.Observations, err = inHistory(ctx, h); err != nil {
					return err
				}
			}
			if err := answers.Encode(a); err != nil {
				return err
			}
		}
		return nil
	})
}

// inHistory counts observations.
func inHistory(ctx context.Context, h *hub.Hub) (n int, err error) {
	for _, err := range h.Store().Observations(ctx, history.Always()) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
