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
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// foldChunk is how many days of agents one transaction folds: few enough
// that an append never waits long.
const foldChunk = 16

// Fold implements history.Store.
func (d *DB) Fold(ctx context.Context) (int, error) {
	written := 0
	for {
		n, left := 0, 0
		err := d.update(ctx, func(tx *sql.Conn) error {
			todo, err := unfolded(ctx, tx)
			if err != nil {
				return err
			}
			left = len(todo)
			f := folder{db: d, ctx: context.WithoutCancel(ctx), stmts: &d.stmts}
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
			return nil
		})
		if err != nil {
			return written, fmt.Errorf("fold ledger days: %w", err)
		}
		written += n
		if n > 0 {
			d.revision.Add(1)
		}
		if left < foldChunk {
			return written, nil
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

// put writes a ledger day if it differs from what stands there.
func (f *folder) put(at cameraDay, t history.Timeline) error {
	camera, loc := f.db.known.cameras[at.camera].id, f.db.loc
	var revision int
	var stored []byte
	err := f.stmts.selectDay.QueryRowContext(f.ctx, at.day, camera).Scan(&revision, &stored)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if stored != nil && at.day.Start(loc).UnixMilli() < f.db.known.pruned {
		var old history.Timeline
		if err := old.UnmarshalBinary(stored); err != nil {
			return err
		}
		t = history.Fill(old, t)
	}
	p, err := t.AppendBinary(nil)
	if err != nil || bytes.Equal(p, stored) {
		return err
	}
	now := f.db.now()
	closed := at.day.Closed(now, loc)
	if stored == nil || closed {
		revision++
	}
	if _, err := f.stmts.putDay.ExecContext(f.ctx, at.day, camera, revision, now.UnixMilli(), p); err != nil {
		return err
	}
	if closed {
		if err := f.change(at.day, camera, revision, now, stored, t); err != nil {
			return err
		}
	}
	f.written++
	return nil
}

// change lists a revision of a closed day. stored is the timeline that stood
// there, nil if there was none.
func (f *folder) change(day history.DayNumber, camera int64, revision int, now time.Time, stored []byte, after history.Timeline) error {
	before := history.Timeline{{Seconds: after.Seconds()}}
	if stored != nil {
		if err := before.UnmarshalBinary(stored); err != nil {
			return err
		}
	}
	b, a := before.Count(), after.Count()
	_, err := f.stmts.putChange.ExecContext(f.ctx, camera, day, revision, now.UnixMilli(), b.Up, b.Degraded, b.Down, b.Unknown, b.Outages, a.Up, a.Degraded, a.Down, a.Unknown, a.Outages)
	return err
}
