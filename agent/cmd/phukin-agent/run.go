package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/spool"
)

type runCmd struct {
	Config  string `required:"" short:"c" placeholder:"FILE" help:"Configuration file (YAML)."`
	Verbose bool   `short:"v" help:"Log every probe."`
}

// Run watches until the process is told to stop.
func (c runCmd) Run(ctx context.Context, w world) (err error) {
	// The agent's heap is small and its devices are too: collecting twice as
	// often costs nothing that can be measured and saves some MB (make bench).
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	config, err := agent.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	log := w.logger(c.Verbose).With("agent", config.Agent)
	a, err := agent.New(config, agent.Options{Version: versionText(), Logger: log})
	if errors.Is(err, spool.ErrLocked) {
		return fmt.Errorf("%w: is phukin-agent running already?", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	from := "configuration"
	if config.Assigned() {
		from = "hub"
	}
	log.Info("phukin-agent", "version", versionText(), "cameras_from", from)
	return a.Run(ctx)
}
