package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/phukin/phukin/hub"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// hubOrder is what the hub's process is told.
type hubOrder struct {
	Database string
	Cameras  map[string]string // agent, by camera
	Listen   string            // of the embedded broker
	Broker   string            // address of an outside one instead
	Forgets  bool              // it acknowledges what it has not committed, now and then
}

type hubAnswer struct{ Ready bool }

// hubChild runs a real hub until its input ends.
func hubChild(in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	var order hubOrder
	if err := decoder.Decode(&order); err != nil {
		return err
	}
	p, err := order.plan()
	if err != nil {
		return err
	}
	c := hub.Config{Plan: p, Database: order.Database, MQTTListen: order.Listen, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)).With("program", "hub")}
	if order.Broker != "" {
		c.MQTTURL, c.MQTTUser = "mqtt://"+order.Broker, "phukin-hub"
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	// A broker that is away just now is no reason to give up.
	opening, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var h interface {
		Run(context.Context) error
		Close() error
	}
	if order.Forgets {
		h, err = newForgetfulHub(opening, &order, c.Log)
	} else {
		h, err = hub.New(opening, c)
	}
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	err = json.NewEncoder(out).Encode(hubAnswer{Ready: true})
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	stop()
	return errors.Join(err, <-ended, h.Close())
}

// plan makes the plan that says which agent watches which camera.
func (o *hubOrder) plan() (*plan.Plan, error) {
	day := plan.DateOf(time.Now().AddDate(-1, 0, 0), time.UTC)
	text := plan.Text{VI: "thử phá", EN: "chaos"}
	p := plan.Plan{
		Name: text, Root: "01", Simulated: true, Location: time.UTC,
		Phases: []plan.Phase{{Code: "P", Name: text, From: day, To: day + 1000}},
		Areas: []plan.Area{
			{Code: "01", ValidFrom: day, Kind: "huyện", Name: "Thử"},
			{Code: "0101", ValidFrom: day, Parent: "01", Kind: "xã", Name: "Thử"},
		},
		Sites: []plan.Site{{Code: "S", Name: "Thử", Area: "0101", Kind: plan.SiteOffice, Position: geo.Point{Lon: 105.8, Lat: 18.3}}},
	}
	for camera, agent := range o.Cameras {
		p.Cameras = append(p.Cameras, plan.Camera{
			Code: camera, Site: "S", Agent: agent, Phase: "P", FOV: 90, Width: fullWidth, Height: fullHeight, FrameRate: frameRate,
			Owner: plan.OwnerPublic, Planned: day, Installed: day,
		})
	}
	built, err := plan.Build(p)
	if err != nil {
		return nil, fmt.Errorf("plan of the trial: %w", err)
	}
	return built, nil
}
