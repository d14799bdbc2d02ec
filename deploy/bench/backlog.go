package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

// A day that a district's agents could not send.
const (
	backlogAgents  = 22
	backlogCameras = 50
	backlogBoot    = 26 * time.Hour // the devices have run so long
	backlogBound   = 60 * time.Second
	freshBound     = 2 * time.Second
	freshAgent     = 7
	freshCamera    = "FRESH"
)

// device is a device's clock: it started backlogBoot ago.
func device(start time.Time) clock.Device {
	return clock.Device{Boot: 1, Mono: func() int64 { return (time.Since(start) + backlogBoot).Milliseconds() }, Wall: time.Now}
}

func spoolDir(dir string, agent int) string { return filepath.Join(dir, agentCode(agent)) }

// quietly logs what is wrong and nothing else.
func quietly() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

// backlog measures how long a day of a district takes to come in once the
// line is back, all agents at once: real spools and uplinks in one process, the
// embedded broker and the hub with its database in another. Meanwhile
// something new happens at one camera.
//
// Beside it stands how long it takes to read the spools alone.
func backlog(ctx context.Context, _ options, f *figures) error {
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	total := 0
	for i := range backlogAgents {
		n, err := fill(spoolDir(dir, i), i)
		if err != nil {
			return err
		}
		total += n
	}
	begin := time.Now()
	for i := range backlogAgents {
		if err := readAll(spoolDir(dir, i)); err != nil {
			return err
		}
	}
	reading := time.Since(begin)

	var h backlogAnswer
	hub, err := spawn(ctx, "backlog-hub", backlogOrder{Dir: dir}, &h)
	if err != nil {
		return err
	}
	defer hub.close()
	var d devicesAnswer
	devices, err := spawn(ctx, "devices", devicesOrder{Dir: dir, Addr: h.Addr, Tokens: h.Tokens}, &d)
	if err != nil {
		return err
	}
	defer devices.close()
	begin = d.At
	// In the middle of it.
	if err := hub.ask(backlogOrder{Until: uint64(total / 4)}, &h); err != nil {
		return err
	}
	if err := devices.ask(devicesOrder{Fresh: true}, &d); err != nil {
		return err
	}
	happened, waiting := d.At, d.Waiting
	if err := hub.ask(backlogOrder{Fresh: true}, &h); err != nil {
		return err
	}
	shown, committed := h.Shown.Sub(happened), h.Committed.Sub(happened)
	if err := devices.ask(devicesOrder{Drain: true}, &d); err != nil {
		return err
	}
	drained := d.At.Sub(begin)
	if err := hub.ask(backlogOrder{Count: true}, &h); err != nil {
		return err
	}
	if h.Observations != total+1 {
		return fmt.Errorf("the hub has %d of %d observations in its history", h.Observations, total+1)
	}
	if waiting == 0 {
		return errors.New("nothing waited any more when something new happened")
	}
	what := fmt.Sprintf("a day that waited in the spools of %d agents with %d cameras each, %d observations, is in the history", backlogAgents, backlogCameras, total)
	f.add(what, seconds(drained), "reading the spools alone", seconds(reading), "", "≤ 60 s", drained <= backlogBound)
	f.add(fmt.Sprintf("… a change while %d of them wait is in the live view", waiting), seconds(shown), "", "", "", "≤ 2 s", shown <= freshBound)
	f.add("… and committed", seconds(committed), "", "", "", "≤ 2 s", committed <= freshBound)
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// fill makes an agent's spool and puts a day of its cameras into it.
func fill(dir string, agent int) (n int, err error) {
	s, _, err := spool.Open(dir, spool.Options{Logger: quietly()})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var entries []spool.Entry
	flush := func() error {
		_, err := s.AppendBatch(entries)
		n, entries = n+len(entries), entries[:0]
		return err
	}
	code := agentCode(agent)
	shift := shifted(time.Now())
	for o := range wiretest.Day(uint64(agent), backlogCameras) {
		o.Camera = ownCamera(code, o.Camera)
		span := spool.Span{Boot: 1, From: o.From - wiretest.Begin + time.Hour.Milliseconds(), To: o.To - wiretest.Begin + time.Hour.Milliseconds(), Wall: o.From + shift}
		entries = append(entries, spool.Entry{Span: span, Payload: wire.MarshalObservation(&o)})
		if len(entries) == 200 {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	return n, flush()
}

func readAll(dir string) (err error) {
	s, _, err := spool.Open(dir, spool.Options{Logger: quietly()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for from := s.First(); from < s.Next(); {
		records, err := s.Read(from, 128<<10, 500)
		if err != nil || len(records) == 0 {
			return errors.Join(err, fmt.Errorf("nothing is read at %d", from))
		}
		from = records[len(records)-1].Seq + 1
	}
	return nil
}
