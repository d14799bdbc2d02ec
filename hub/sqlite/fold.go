package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// foldChunk is how many days of agents one transaction folds: few enough
// that an append never waits long.
const foldChunk = 16

// Fold implements history.Store.
func (d *DB) Fold(ctx context.Context) (int, error) {
	if d.loc == nil {
		return 0, fmt.Errorf("fold ledger days: %w", errNoZone)
	}
	written := 0
	for {
		n, left := 0, 0
		err := d.update(ctx, func(tx *sql.Conn) error {
			if err := d.raise(ctx, tx); err != nil {
				return err
			}
			todo, err := unfolded(ctx, tx)
			if err != nil {
				return err
			}
			left = len(todo)
			f := folder{db: d, ctx: context.WithoutCancel(ctx), stmts: &d.stmts, days: d.days(ctx)}
			for len(todo) > 0 {
				// All days of an agent at once: its batches may touch several.
				k := 1
				for k < len(todo) && todo[k].agent == todo[0].agent {
					k++
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := f.agent(todo[:k]); err != nil {
					return fmt.Errorf("agent %s: %w", d.known.codes[todo[0].agent], err)
				}
				todo = todo[k:]
			}
			n = f.written
			return f.days.flush()
		})
		if err != nil {
			return written, fmt.Errorf("fold ledger days: %w", err)
		}
		written += n
		if n > 0 {
			d.revision.Add(1)
		}
		if left < foldChunk {
			return written, d.seal(ctx)
		}
	}
}

// unfolded gives the next days of agents to fold, ordered by agent and day.
func unfolded(ctx context.Context, tx *sql.Conn) ([]agentDay, error) {
	var todo []agentDay
	err := scan(ctx, tx, "SELECT agent, day FROM unfolded ORDER BY agent, day LIMIT ?", func(rows *sql.Rows) error {
		var t agentDay
		err := rows.Scan(&t.agent, &t.day)
		todo = append(todo, t)
		return err
	}, foldChunk)
	return todo, err
}

// Revision implements history.Store.
func (d *DB) Revision() uint64 { return d.revision.Load() }

// folder computes ledger days in one transaction.
type folder struct {
	db      *DB
	ctx     context.Context // without an end, see DB.update
	stmts   *stmts
	days    *dayWriter
	cal     calendar
	written int
}

type cameraDay struct {
	camera string
	day    history.DayNumber
}

// agent computes the ledger of every camera that the agent reported, on each
// of its days.
func (f *folder) agent(todo []agentDay) error {
	k, agent := &f.db.known, todo[0].agent
	days := map[history.DayNumber]bool{}
	for _, t := range todo {
		days[t.day] = true
	}
	first, last := todo[0].day, todo[len(todo)-1].day
	obs := map[cameraDay][]history.Identified{}
	collect := func(agent int64, take func(cameraDay) bool) error {
		rows, err := f.stmts.selectBatches.QueryContext(f.ctx, agent, first, last)
		return decodeBatches(rows, err, k.codes[agent], func(o history.Identified) {
			if o.Clock == wire.ClockWrong {
				return
			}
			o.Reasons, o.Stages = nil, nil // no ledger day has them
			for day := f.cal.day(o.From, f.db.loc); day <= f.cal.day(o.To-1, f.db.loc); day++ {
				if at := (cameraDay{o.Camera, day}); days[day] && take(at) {
					obs[at] = append(obs[at], o)
				}
			}
		})
	}
	if err := collect(agent, func(cameraDay) bool { return true }); err != nil {
		return err
	}
	// What other agents saw of the same cameras belongs to their days as well.
	own := make([]cameraDay, 0, len(obs))
	mine := map[cameraDay]bool{}
	others := map[int64]bool{}
	for at := range obs {
		own, mine[at] = append(own, at), true
		for _, other := range k.cameras[at.camera].agents {
			if other != agent {
				others[other] = true
			}
		}
	}
	for other := range others {
		if err := collect(other, func(at cameraDay) bool { return mine[at] }); err != nil {
			return err
		}
	}
	slices.SortFunc(own, func(x, y cameraDay) int { return cmp.Or(cmp.Compare(x.day, y.day), cmp.Compare(x.camera, y.camera)) })
	for _, at := range own {
		if err := f.put(at, history.Fold(obs[at], at.day, f.db.loc)); err != nil {
			return fmt.Errorf("day %s of camera %s: %w", at.day, at.camera, err)
		}
	}
	for _, t := range todo {
		if _, err := f.stmts.deleteUnfolded.ExecContext(f.ctx, t.agent, t.day); err != nil {
			return err
		}
		delete(k.unfolded, t)
	}
	return nil
}

// decodeBatches calls f for the observations of every batch in the rows. Their
// Reasons and Stages are good only until f returns.
func decodeBatches(rows *sql.Rows, err error, agent string, f func(history.Identified)) error {
	d := decoders.Get().(*wire.Decoder)
	defer decoders.Put(d)
	return each(rows, err, func() error {
		var id int64
		var payload sql.RawBytes
		if err := rows.Scan(&id, &payload); err != nil {
			return err
		}
		m, err := d.UnmarshalUp(payload)
		if err == nil && m.Batch == nil {
			err = errors.New("no observations")
		}
		if err != nil {
			return fmt.Errorf("stored batch %d: %w", id, err)
		}
		for i := range m.Batch.Observations {
			f(history.Identified{Agent: agent, Epoch: m.Batch.Epoch, Seq: m.Batch.Seq(i), Observation: m.Batch.Observations[i]})
		}
		return nil
	})
}

var decoders = sync.Pool{New: func() any { return new(wire.Decoder) }}

// put writes a ledger day if it differs from what stands there. A closed day
// that changes so is listed.
func (f *folder) put(at cameraDay, t history.Timeline) error {
	camera, loc := f.db.known.cameras[at.camera].id, f.db.loc
	stands, err := f.days.get(camera, at.day)
	if err != nil {
		return err
	}
	before := history.Timeline{{Seconds: t.Seconds()}}
	if stands.revision > 0 {
		if err := before.UnmarshalBinary(stands.timeline); err != nil {
			return err
		}
		if at.day.Start(loc).UnixMilli() < f.db.known.pruned {
			t = history.Fill(before, t)
		}
	}
	p, err := t.AppendBinary(nil)
	if err != nil || bytes.Equal(p, stands.timeline) {
		return err
	}
	now, revision := f.db.now(), stands.revision
	closed := at.day.Closed(now, loc)
	if revision == 0 || closed {
		revision++
	}
	if err := f.days.put(camera, at.day, stands.sealed, revision, t, p); err != nil {
		return err
	}
	f.written++
	if !closed {
		return nil
	}
	return f.db.stmts.change(f.ctx, camera, &history.Change{Day: at.day, Revision: revision, At: now, Before: before.Count(), After: t.Count()})
}

// change lists a revision of a closed day.
func (s *stmts) change(ctx context.Context, camera int64, c *history.Change) error {
	b, a := &c.Before, &c.After
	_, err := s.putChange.ExecContext(ctx, camera, c.Day, c.Revision, c.At.UnixMilli(), b.Up, b.Degraded, b.Down, b.Unknown, b.Outages, a.Up, a.Degraded, a.Down, a.Unknown, a.Outages)
	return err
}
