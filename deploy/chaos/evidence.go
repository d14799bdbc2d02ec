package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/history"
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

// observed leaves out what was measured: it travels rounded.
func observed(o *wire.Observation) Observed {
	content := fmt.Sprintf("%+v", o.Reasons) + fmt.Sprint(o.Camera, o.Status, o.Rung, o.Fault, o.FellOn, o.RTSPStatus, o.Probes, o.Codec, o.Width, o.Height,
		o.FrameRate.N, o.BitRate.N, o.KeyframeGap.N, o.Loss.N, o.Jitter.N, len(o.Stages))
	sum := sha256.Sum256([]byte(content))
	return Observed{Camera: o.Camera, Status: o.Status, From: o.From, To: o.To, Clock: o.Clock, Content: hex.EncodeToString(sum[:8])}
}

// setUp gives an agent its clocks and has its journal written. The monotonic
// clock counts from the moment at which the device was switched on, so it tells the
// true time of every record.
func setUp(o *agent.Options, order *agentOrder, skew *atomic.Int64, d *diary) {
	o.Clock = &clock.Device{
		Boot: order.Boot,
		Mono: func() int64 { return nowMs() - order.BootedAt },
		Wall: func() time.Time { return time.Now().Add(time.Duration(skew.Load())) },
	}
	o.Spooled = func(epoch, first uint64, records []spool.Entry) {
		entries := make([]entry, 0, len(records))
		for i, r := range records {
			obs, err := wire.UnmarshalObservation(r.Payload)
			if err != nil {
				d.fail(fmt.Errorf("record %d of the spool: %w", first+uint64(i), err))
				continue
			}
			t := taken{Epoch: epoch, Seq: first + uint64(i), Boot: order.Boot, Observed: observed(&obs)}
			t.From, t.To = order.BootedAt+r.Span.From, order.BootedAt+r.Span.To
			entries = append(entries, entry{Run: order.Run, Taken: &t})
		}
		_ = d.write(entries...) // kept in d.err
	}
}

// readSpool reads what stands in a spool that no agent has open. It opens it as
// an agent would, so what it mends is mended.
func readSpool(agent, dir string) (records []record, gaps []gap, err error) {
	s, _, err := spool.Open(dir, spool.Options{MaxBytes: spoolMB << 20, Logger: slog.New(slog.DiscardHandler)})
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
			if g := r.Gap; g != nil {
				gaps = append(gaps, gap{agent, s.Epoch(), g.From, g.Next, g.Why.String()})
				continue
			}
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
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = each(db, "SELECT a.code, b.epoch, b.first_seq, b.payload FROM batch b JOIN agent a ON a.id = b.agent", func(scan func(...any) error) error {
		var agent string
		var epoch, first int64
		var payload []byte
		if err := scan(&agent, &epoch, &first, &payload); err != nil {
			return err
		}
		up, err := wire.UnmarshalUp(payload)
		if err != nil || up.Batch == nil {
			return fmt.Errorf("a stored batch of agent %s cannot be read: %w", agent, err)
		}
		b := up.Batch
		if b.Epoch != uint64(epoch) || b.FirstSeq != uint64(first) {
			return fmt.Errorf("a stored batch of agent %s is kept under another number than it has", agent)
		}
		for i := range b.Observations {
			h.records = append(h.records, record{id{agent, b.Epoch, b.FirstSeq + uint64(i)}, observed(&b.Observations[i])})
		}
		return nil
	})
	if err != nil {
		return h, err
	}
	err = each(db, "SELECT a.code, q.epoch, q.first_seq, q.count FROM quarantine q JOIN agent a ON a.id = q.agent", func(scan func(...any) error) error {
		var agent string
		var epoch, first, n int64
		if err := scan(&agent, &epoch, &first, &n); err != nil {
			return err
		}
		for i := range n {
			h.setAside = append(h.setAside, record{id: id{agent, uint64(epoch), uint64(first + i)}})
		}
		return nil
	})
	if err != nil {
		return h, err
	}
	return h, each(db, "SELECT a.code, g.epoch, g.from_seq, g.next_seq, g.why FROM gap g JOIN agent a ON a.id = g.agent", func(scan func(...any) error) error {
		var g gap
		var epoch, from, next int64
		var why wire.GapWhy
		if err := scan(&g.Agent, &epoch, &from, &next, &why); err != nil {
			return err
		}
		g.Epoch, g.From, g.Next, g.Why = uint64(epoch), uint64(from), uint64(next), why.String()
		h.gaps = append(h.gaps, g)
		return nil
	})
}

// each reads the rows of a query.
func each(db *sql.DB, query string, row func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// readLedger gives the seconds of every status that the ledger has for a camera,
// as Unix seconds; it folds what the hub left to fold.
func readLedger(path string) (seconds map[string]map[int64]wire.Status, err error) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Fold(ctx); err != nil {
		return nil, err
	}
	seconds = map[string]map[int64]wire.Status{}
	for day, err := range db.Days(ctx, history.EveryDay()) {
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
