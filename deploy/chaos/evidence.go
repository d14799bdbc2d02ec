package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// This file is all that the trial knows of how the programs keep things: what
// stands in a spool, in the hub's database, and how an agent is given a clock.
// Nothing else here depends on it.

// id is the identity of a record.
type id struct {
	Agent      string
	Epoch, Seq uint64
}

func (i id) String() string { return fmt.Sprintf("%s/%016x/%d", i.Agent, i.Epoch, i.Seq) }

// Observed is what a record says. Two with the same Content say the same,
// whatever times they were given.
type Observed struct {
	Camera   string
	Status   wire.Status
	From, To int64
	Clock    wire.Clock
	Content  string
}

// record is an observation with its identity.
type record struct {
	id
	Observed
}

// gap is numbers that an agent declared lost.
type gap struct {
	Agent      string
	Epoch      uint64
	From, Next uint64
	Why        string
}

func observed(o *wire.Observation) Observed {
	c := *o
	c.From, c.To, c.Clock = 0, 1, 0
	sum := sha256.Sum256(wire.MarshalObservation(&c))
	return Observed{Camera: o.Camera, Status: o.Status, From: o.From, To: o.To, Clock: o.Clock, Content: hex.EncodeToString(sum[:8])}
}

// setUp gives an agent its clock and has its journal written.
func setUp(o *agent.Options, order *agentOrder, d *diary) {
	o.Spooled = func(epoch, first uint64, payloads [][]byte) {
		at := nowMs()
		entries := make([]entry, 0, len(payloads))
		for i, p := range payloads {
			obs, err := wire.UnmarshalObservation(p)
			if err != nil {
				continue // a gap's record
			}
			t := taken{Epoch: epoch, Seq: first + uint64(i), Observed: observed(&obs)}
			t.From, t.To = at-(t.To-t.From), at
			entries = append(entries, entry{Run: order.Run, Taken: &t})
		}
		_ = d.write(entries...) // kept in d.err
	}
}

// readSpool reads what stands in a spool that no agent has open. It opens it as
// an agent would, so what it mends is mended.
func readSpool(agent, dir string) (records []record, gaps []gap, err error) {
	s, _, err := spool.Open(dir, spool.Options{MaxBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for from := uint64(0); ; {
		rs, err := s.Read(from, 1<<20, 1000)
		if err != nil || len(rs) == 0 {
			return records, gaps, err
		}
		for _, r := range rs {
			from = r.Seq + 1
			o, err := wire.UnmarshalObservation(r.Payload)
			if err != nil {
				return nil, nil, fmt.Errorf("spool of %s: record %d: %w", agent, r.Seq, err)
			}
			records = append(records, record{id{agent, s.Epoch(), r.Seq}, observed(&o)})
		}
	}
}

// readSpoolCopy reads a copy of a spool and leaves the spool as it is.
func readSpoolCopy(agent, dir, scratch string) ([]record, error) {
	to, err := os.MkdirTemp(scratch, "spool-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(to)
	if err := os.CopyFS(filepath.Join(to, "copy"), os.DirFS(dir)); err != nil {
		return nil, err
	}
	records, _, err := readSpool(agent, filepath.Join(to, "copy"))
	return records, err
}

// past is what a hub knows at the end.
type past struct {
	records  []record
	setAside []record
	gaps     []gap
}

// readHistory reads the database of a hub that has ended, row by row, past
// everything that could hide a row that is there twice.
func readHistory(path string) (h past, err error) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT a.code, b.payload FROM batch b JOIN agent a ON a.id = b.agent")
	if err != nil {
		return h, err
	}
	defer rows.Close()
	for rows.Next() {
		var agent string
		var payload []byte
		if err := rows.Scan(&agent, &payload); err != nil {
			return h, err
		}
		up, err := wire.UnmarshalUp(payload)
		if err != nil || up.Batch == nil {
			return h, fmt.Errorf("a stored batch of agent %s cannot be read: %w", agent, err)
		}
		for i := range up.Batch.Observations {
			h.records = append(h.records, record{id{agent, up.Batch.Epoch, up.Batch.FirstSeq + uint64(i)}, observed(&up.Batch.Observations[i])})
		}
	}
	return h, rows.Err()
}

// readLedger gives the seconds of every status that the ledger has for a camera,
// as Unix seconds; it folds what the hub left to fold.
func readLedger(path string) (seconds map[string]map[int64]wire.Status, err error) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{Location: time.UTC})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Fold(ctx); err != nil {
		return nil, err
	}
	seconds = map[string]map[int64]wire.Status{}
	for day, err := range db.Days(ctx, 0, math.MaxInt32-1) {
		if err != nil {
			return nil, err
		}
		of := seconds[day.Camera]
		if of == nil {
			of = map[int64]wire.Status{}
			seconds[day.Camera] = of
		}
		at := day.Number.Start(time.UTC).Unix()
		for _, run := range day.Timeline {
			if run.Status != 0 {
				for s := range int64(run.Seconds) {
					of[at+s] = run.Status
				}
			}
			at += int64(run.Seconds)
		}
	}
	return seconds, nil
}
