package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

var _ history.Store = (*DB)(nil)

// Append implements history.Store.
func (d *DB) Append(ctx context.Context, batches []history.Batch) error {
	for i := range batches {
		if err := check(&batches[i]); err != nil {
			return fmt.Errorf("append the batch of agent %s at %d: %w", batches[i].Agent, batches[i].FirstSeq, err)
		}
	}
	err := d.update(ctx, func(tx *sql.Tx) error {
		a := appender{db: d, ctx: context.WithoutCancel(ctx), stmts: d.stmts.in(ctx, tx), days: map[agentDay]bool{}}
		for i := range batches {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := a.batch(&batches[i]); err != nil {
				return err
			}
		}
		return a.finish()
	})
	if err != nil {
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	return nil
}

// check refuses what could not be read again once it is stored.
func check(b *history.Batch) error {
	if err := wire.CheckCode(b.Agent); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	if n := uint64(len(b.Observations)); n > wire.MaxSeq || b.FirstSeq > wire.MaxSeq-n {
		return fmt.Errorf("%d observations: sequence numbers up to %d are allowed", n, uint64(wire.MaxSeq))
	}
	for i := range b.Observations {
		if err := b.Observations[i].Check(); err != nil {
			return fmt.Errorf("observation %d: %w", i, err)
		}
	}
	return nil
}

type agentDay struct {
	agent int64
	day   history.DayNumber
}

// appender collects what one transaction of batches touches.
type appender struct {
	db    *DB
	ctx   context.Context // without an end, see DB.update
	stmts stmts
	days  map[agentDay]bool
	cal   calendar
}

func (a *appender) batch(b *history.Batch) error {
	if len(b.Observations) == 0 {
		return nil
	}
	agent, err := a.agent(b.Agent)
	if err != nil {
		return err
	}
	fresh, err := a.claim(agent, b.Epoch, span{b.FirstSeq, b.Next()})
	if err != nil {
		return err
	}
	for _, s := range fresh {
		for s.first < s.next {
			part := span{s.first, min(s.first+maxStored, s.next)}
			if err := a.insert(agent, b, part); err != nil {
				return err
			}
			s.first = part.next
		}
	}
	return nil
}

// maxStored is how many observations one row holds at most: as many of the
// greatest possible size stay below wire.MaxMessage, so that it can be read.
const maxStored = 400

// insert stores the observations of b whose sequence numbers are in s.
func (a *appender) insert(agent int64, b *history.Batch, s span) error {
	obs := b.Observations[s.first-b.FirstSeq : s.next-b.FirstSeq]
	to := obs[0].To
	var days []history.DayNumber
	for i := range obs {
		o := &obs[i]
		to = max(to, o.To)
		first := a.cal.day(o.From, a.db.loc)
		if err := a.camera(agent, o, first); err != nil {
			return err
		}
		for day := first; day <= a.cal.day(o.To-1, a.db.loc); day++ {
			if n := len(days); n == 0 || days[n-1] != day {
				days = append(days, day)
			}
		}
	}
	payload := wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: b.Epoch, FirstSeq: s.first, Observations: obs}})
	res, err := a.stmts.insertBatch.ExecContext(a.ctx, agent, int64(b.Epoch), int64(s.first), to, b.Received.UnixMilli(), payload)
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	slices.Sort(days)
	for _, day := range slices.Compact(days) {
		if _, err := a.stmts.insertBatchDay.ExecContext(a.ctx, agent, day, id); err != nil {
			return err
		}
		a.days[agentDay{agent, day}] = true
	}
	return nil
}

// calendar remembers the last day asked for: observations come in runs.
type calendar struct {
	number     history.DayNumber
	start, end int64 // Unix milliseconds
}

func (c *calendar) day(ms int64, loc *time.Location) history.DayNumber {
	if ms < c.start || ms >= c.end {
		c.number = history.DayOf(ms, loc)
		c.start, c.end = c.number.Start(loc).UnixMilli(), (c.number + 1).Start(loc).UnixMilli()
	}
	return c.number
}

func (a *appender) agent(code string) (int64, error) {
	k := &a.db.known
	if id, ok := k.agents[code]; ok {
		return id, nil
	}
	// Another process may have entered the agent meanwhile.
	var id int64
	if err := a.stmts.insertAgent.QueryRowContext(a.ctx, code).Scan(&id); err != nil {
		return 0, err
	}
	k.agents[code], k.codes[id] = id, code
	return id, nil
}

// camera notes what an observation says of its camera's summary.
func (a *appender) camera(agent int64, o *wire.Observation, day history.DayNumber) error {
	k := &a.db.known
	c, ok := k.cameras[o.Camera]
	if !ok {
		res, err := a.stmts.insertCamera.ExecContext(a.ctx, o.Camera, day)
		if err != nil {
			return err
		}
		c = &camera{seen: history.Seen{Camera: o.Camera, Enrolled: day, Verified: history.NoDay}}
		if c.id, err = res.LastInsertId(); err != nil {
			return err
		}
		k.cameras[o.Camera] = c
	}
	if !slices.Contains(c.agents, agent) {
		if _, err := a.stmts.insertPair.ExecContext(a.ctx, c.id, agent); err != nil {
			return err
		}
		c.agents = append(c.agents, agent)
	}
	if !c.note(o, day) {
		return nil
	}
	s := &c.seen
	_, err := a.stmts.updateCamera.ExecContext(a.ctx, s.Enrolled, sql.NullInt64{Int64: int64(s.Verified), Valid: s.Verified != history.NoDay}, s.MeasuredAt, uint8(s.Codec), s.Width, s.Height, s.FrameRate, c.id)
	return err
}

const dayMs = 86_400_000

// note takes an observation into the summary and says whether it changed it.
func (c *camera) note(o *wire.Observation, day history.DayNumber) bool {
	s, changed := &c.seen, false
	if day < s.Enrolled {
		s.Enrolled, changed = day, true
	}
	if o.Status != wire.StatusDown && (s.Verified == history.NoDay || day < s.Verified) {
		s.Verified, changed = day, true
	}
	if o.Width > 0 && o.From >= c.measured {
		c.measured = o.From
		same := s.Codec == o.Codec && s.Width == o.Width && s.Height == o.Height
		if !same || o.From >= s.MeasuredAt+dayMs {
			s.MeasuredAt, s.Codec, s.Width, s.Height, s.FrameRate = o.From, o.Codec, o.Width, o.Height, o.FrameRate.Mean
			changed = true
		}
	}
	return changed
}

func (a *appender) finish() error {
	for d := range a.days {
		if _, err := a.stmts.insertUnfolded.ExecContext(a.ctx, d.agent, d.day); err != nil {
			return err
		}
	}
	return nil
}

// span is a run of sequence numbers [first, next).
type span struct{ first, next uint64 }

// claim adds s to the committed sequence numbers of the epoch and gives the
// parts of s that were not committed before.
func (a *appender) claim(agent int64, epoch uint64, s span) ([]span, error) {
	var touching []span
	rows, err := a.stmts.selectCommitted.QueryContext(a.ctx, agent, int64(epoch), int64(s.next), int64(s.first))
	if err := each(rows, err, func() error {
		var first, next int64
		err := rows.Scan(&first, &next)
		touching = append(touching, span{uint64(first), uint64(next)})
		return err
	}); err != nil {
		return nil, err
	}
	var fresh []span
	merged, at := s, s.first
	for _, t := range touching {
		if at < t.first {
			fresh = append(fresh, span{at, t.first})
		}
		at = t.next
		merged = span{min(merged.first, t.first), max(merged.next, t.next)}
	}
	if at < s.next {
		fresh = append(fresh, span{at, s.next})
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	for _, t := range touching {
		if t.first != merged.first {
			if _, err := a.stmts.deleteCommitted.ExecContext(a.ctx, agent, int64(epoch), int64(t.first)); err != nil {
				return nil, err
			}
		}
	}
	_, err = a.stmts.putCommitted.ExecContext(a.ctx, agent, int64(epoch), int64(merged.first), int64(merged.next))
	return fresh, err
}

// Committed implements history.Store.
func (d *DB) Committed(ctx context.Context, agent string, epoch, from uint64) (uint64, error) {
	if from > wire.MaxSeq {
		return from, nil
	}
	var next int64
	err := d.read.QueryRowContext(ctx, "SELECT c.next_seq FROM committed c JOIN agent a ON a.id = c.agent WHERE a.code = ? AND c.epoch = ? AND c.first_seq <= ? AND c.next_seq > ?",
		agent, int64(epoch), int64(from), int64(from)).Scan(&next)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return from, nil
	case err != nil:
		return 0, fmt.Errorf("read what is committed of agent %s: %w", agent, err)
	}
	return uint64(next), nil
}
