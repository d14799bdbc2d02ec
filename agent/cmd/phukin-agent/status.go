package main

import (
	"fmt"
	"time"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/vitals"
	"github.com/phukin/phukin/hub/wire"
)

type statusCmd struct {
	Config string `required:"" short:"c" placeholder:"FILE" help:"Configuration file (YAML)."`
}

// Run tells what is on the disk, so it disturbs no agent that runs. It fails
// when what the hub gave cannot be used as a whole.
func (c statusCmd) Run(w world) error {
	config, err := agent.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	line := func(what, format string, args ...any) {
		_, _ = fmt.Fprintf(w.out, "%-10s %s\n", what, fmt.Sprintf(format, args...))
	}
	line("agent", "%s", config.Agent)
	if spool.InUse(config.Spool.Dir) {
		line("running", "yes")
	} else {
		line("running", "no")
	}
	for _, s := range deviceLines(vitals.Read(config.Spool.Dir)) {
		line("device", "%s", s)
	}
	if !config.Assigned() {
		line("cameras", "%d, from %s", len(config.Cameras), c.Config)
		return nil
	}
	st, key, err := config.KeptList()
	if key != (wire.Key{}) {
		line("key", "%s", key)
	}
	switch {
	case err != nil:
		line("list", "%v", err)
		return failure{}
	case !st.Known:
		line("list", "none has come from the hub yet")
		return nil
	}
	line("list", "revision %d of the plan, received %s", st.Revision, st.Received.Format(time.DateTime))
	line("cameras", "%d, from the hub's list", st.Cameras)
	for _, r := range st.Refused {
		line("refused", "%s: %s", r.Camera, r.Reason)
	}
	if len(st.Refused) > 0 {
		return failure{}
	}
	return nil
}
