package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/sqlite"
)

type agentCmd struct {
	Add     agentAddCmd     `cmd:"" help:"Enrol an agent, or give it a new token. The token is printed once and kept only as its hash."`
	List    agentListCmd    `cmd:"" help:"List the enrolled agents."`
	Remove  agentRemoveCmd  `cmd:"" help:"Take an agent's login at Mosquitto away."`
	Release agentReleaseCmd `cmd:"" help:"Settle the identity of an agent for which two devices spoke: its next connection is taken, whichever of them it is."`
}

type database struct {
	DB string `default:"phukin.db" placeholder:"FILE" env:"PHUKIN_DB" help:"SQLite file of the hub (${default})."`
}

// open opens the hub's file; the hub may run meanwhile.
func (d *database) open(ctx context.Context) (*sqlite.DB, error) {
	return sqlite.Open(ctx, d.DB, sqlite.Options{})
}

// existing opens the hub's file and makes none.
func (d *database) existing(ctx context.Context) (*sqlite.DB, error) {
	if _, err := os.Stat(d.DB); err != nil {
		return nil, fmt.Errorf("read the database: %w", err)
	}
	return d.open(ctx)
}

type agentAddCmd struct {
	database
	Code      string `arg:"" help:"Code of the agent, as the plan names it; at Mosquitto phukin-hub is the hub itself."`
	Mosquitto string `placeholder:"FILE" env:"PHUKIN_MOSQUITTO" help:"Enrol it at Mosquitto instead of the embedded broker: in this file of its plugin, which is made if it is not there. Restart Mosquitto then."`
}

func (c *agentAddCmd) Run(ctx context.Context) (err error) {
	if c.Mosquitto != "" {
		return addAtMosquitto(c.Mosquitto, c.Code)
	}
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	token, err := enrol.Issue(ctx, db, c.Code, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "Token of "+c.Code+", shown this once; it goes into the agent's configuration as broker.password:")
	fmt.Println(token)
	return nil
}

type agentListCmd struct {
	database
	Mosquitto string `placeholder:"FILE" env:"PHUKIN_MOSQUITTO" help:"List the logins in this file of Mosquitto's plugin instead."`
}

func (c *agentListCmd) Run(ctx context.Context) (err error) {
	if c.Mosquitto != "" {
		return listAtMosquitto(c.Mosquitto)
	}
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	agents, err := db.Enrolled(ctx)
	if err != nil {
		return err
	}
	for _, a := range agents {
		fmt.Printf("%s\t%s\n", a.Code, a.Enrolled.Local().Format(time.DateTime))
	}
	return nil
}

type agentReleaseCmd struct {
	database
	Code string `arg:"" help:"Code of the agent."`
}

func (c *agentReleaseCmd) Run(ctx context.Context) (err error) {
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Release(ctx, c.Code); err != nil {
		return err
	}
	fmt.Println(c.Code, "is released: its next connection is taken")
	return nil
}
