package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/spool"
)

type spoolCmd struct {
	Show  spoolShowCmd  `cmd:"" help:"Say what is in the spool. The agent must not run."`
	Renew spoolRenewCmd `cmd:"" help:"Give the spool a new identity and keep what is in it. The agent must not run."`
}

type spoolShowCmd struct {
	Config string `required:"" short:"c" placeholder:"FILE" help:"Configuration file (YAML)."`
}

// Run opens the spool as the agent would, so what it mends is mended.
func (c spoolShowCmd) Run(w world) (err error) {
	dir, config, err := idleSpool(c.Config)
	if err != nil {
		return err
	}
	s, found, err := spool.Open(dir, spool.Options{MaxBytes: int64(config.Spool.MaxMB) << 20, Logger: w.logger(false)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	line := func(what, format string, args ...any) {
		_, _ = fmt.Fprintf(w.out, "%-10s %s\n", what, fmt.Sprintf(format, args...))
	}
	line("spool", "%s, %d MiB", dir, s.Stats().Bytes>>20)
	line("epoch", "%016x, opened %d times", s.Epoch(), s.Opens())
	line("waiting", "%d records, numbers %d to %d", s.Len(), s.First(), max(s.Next(), 1)-1)
	line("found", "%s", found)
	line("clock", "%s", clockOf(s.Note()))
	gaps := 0
	for from := s.First(); ; {
		records, err := s.Read(from, 1<<20, 1000)
		if err != nil || len(records) == 0 {
			if gaps == 0 {
				line("gaps", "none waits")
			}
			return err
		}
		for _, r := range records {
			if from = r.Seq + 1; r.Gap != nil {
				gaps++
				line("gap", "number %d declares %d to %d lost (%s)", r.Seq, r.Gap.From, r.Gap.Next-1, r.Gap.Why)
			}
		}
	}
}

// clockOf says what a spool's note knows of the hub's clock.
func clockOf(note []byte) string {
	var known clock.Knowledge
	if err := known.Unmarshal(note); err != nil {
		return err.Error()
	}
	d := clock.System()
	if hub, ok := known.Hub(d.Boot, d.Mono()); ok {
		return fmt.Sprintf("hub minus device %v", time.UnixMilli(hub).Sub(d.Wall()).Round(time.Millisecond))
	}
	return fmt.Sprintf("nothing is known of the hub's in this boot (%d bytes of earlier ones)", len(note))
}

type spoolRenewCmd struct {
	Config string `required:"" short:"c" placeholder:"FILE" help:"Configuration file (YAML)."`
}

// Run draws a new epoch.
func (c spoolRenewCmd) Run(w world) error {
	dir, _, err := idleSpool(c.Config)
	if err != nil {
		return err
	}
	epoch, err := spool.Renew(dir)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "epoch      %016x\n", epoch)
	return err
}

// idleSpool gives the spool of a configuration that no agent uses.
func idleSpool(file string) (dir string, c agent.Config, err error) {
	if c, err = agent.LoadConfig(file); err != nil {
		return "", c, err
	}
	dir = c.Spool.Dir
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		return "", c, fmt.Errorf("spool %s: there is none", dir)
	}
	if spool.InUse(dir) {
		return "", c, fmt.Errorf("spool %s: %w: stop phukin-agent first", dir, spool.ErrLocked)
	}
	return dir, c, nil
}
