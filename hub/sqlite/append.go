package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	var a *appender
	err := d.update(ctx, func(tx *sql.Conn) error {
		a = d.appender(ctx, tx)
		for i := range batches {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := a.batch(&batches[i]); err != nil {
				return err
			}
		}
		return a.finish()
	}, func() { d.tell(a.streams) })
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
	if n := b.Count(); n < 0 || uint64(n) > wire.MaxSeq || b.FirstSeq > wire.MaxSeq-uint64(n) {
		return fmt.Errorf("%d records: sequence numbers up to %d are allowed", n, uint64(wire.MaxSeq))
	}
	if len(b.Observations) > 0 && len(b.Gaps) > 0 || b.Aside != nil && len(b.Observations)+len(b.Gaps) > 0 {
		return errors.New("it has records of several kinds")
	}
	for i := range b.Gaps {
		if g := &b.Gaps[i]; g.From >= g.Next || g.Next > wire.MaxSeq {
			return fmt.Errorf("gap %d: numbers from %d to %d", i, g.From, g.Next)
		}
	}
	if b.Payload != nil {
		return nil
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
	db      *DB
	ctx     context.Context // without an end, see DB.update
	stmts   *stmts
	days    map[agentDay]bool // to be marked unfolded
	streams map[stream]*ledgerOf
	full    map[int64]bool // agents that got something into quarantine
	cal     calendar

	lastUnfolded agentDay
	last         *camera // of the observation before
}

func (d *DB) appender(ctx context.Context, tx *sql.Conn) *appender {
	return &appender{db: d, ctx: context.WithoutCancel(ctx), stmts: &d.stmts, days: map[agentDay]bool{}, streams: map[stream]*ledgerOf{}, full: map[int64]bool{}}
}

func (a *appender) batch(b *history.Batch) error {
	if b.Count() == 0 && b.Aside == nil {
		return nil
	}
	agent, err := a.agent(b.Agent)
	if err != nil {
		return err
	}
	fresh, err := a.account(stream{agent, b.Epoch}, span{b.FirstSeq, b.Next()})
	if err != nil {
		return err
	}
	switch {
	case b.Aside != nil:
		return a.setAside(agent, b, len(fresh) > 0)
	case len(b.Gaps) > 0:
		return a.gaps(agent, b, fresh)
	}
	for _, s := range fresh {
		if b.Payload != nil && s.next-s.first == uint64(len(b.Observations)) {
			return a.insert(agent, b, s, b.Payload)
		}
		for s.first < s.next {
			part := span{s.first, min(s.first+maxStored, s.next)}
			if err := a.insert(agent, b, part, nil); err != nil {
				return err
			}
			s.first = part.next
		}
	}
	return nil
}

// maxStored is how many observations one row holds at most that is encoded
// here: as many of the greatest possible size stay below wire.MaxMessage, so
// that it can be read.
const maxStored = 400

// insert stores the observations of b whose sequence numbers are in s, as
// payload if that is not nil.
func (a *appender) insert(agent int64, b *history.Batch, s span, payload []byte) error {
	obs := b.Observations[s.first-b.FirstSeq : s.next-b.FirstSeq]
	if payload == nil {
		payload = wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: b.Epoch, FirstSeq: s.first, OldestSeq: s.first, Observations: obs}})
	}
	var r dayRange
	for i := range obs {
		o := &obs[i]
		first := a.cal.day(o.From, a.db.loc)
		last := first
		if o.To > a.cal.end {
			last = a.cal.day(o.To-1, a.db.loc)
		}
		right := o.Clock != wire.ClockWrong
		if err := a.camera(agent, o, first, right); err != nil {
			return err
		}
		r.take(i == 0, first, last)
		if !right {
			r.keep = max(r.keep, history.DayOf(b.Received.UnixMilli(), a.db.loc))
			continue
		}
		r.keep = max(r.keep, last)
		for day := first; day <= last; day++ {
			a.unfolded(agentDay{agent, day})
		}
	}
	_, err := a.stmts.insertBatch.ExecContext(a.ctx, agent, int64(b.Epoch), int64(s.first), r.first, r.last, r.keep, b.Received.UnixMilli(), payload)
	return err
}

// dayRange is the days that the observations of a batch lie in.
type dayRange struct{ first, last, keep history.DayNumber }

func (r *dayRange) take(new bool, first, last history.DayNumber) {
	if new {
		*r = dayRange{first, last, history.NoDay}
		return
	}
	r.first, r.last = min(r.first, first), max(r.last, last)
}

// unfolded notes that a day's ledger is behind. Most are known to be so.
func (a *appender) unfolded(d agentDay) {
	if d == a.lastUnfolded {
		return
	}
	a.lastUnfolded = d
	if !a.db.known.unfolded[d] {
		a.days[d] = true
	}
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

func (a *appender) finish() error {
	for d := range a.days {
		if _, err := a.stmts.insertUnfolded.ExecContext(a.ctx, d.agent, d.day); err != nil {
			return err
		}
		a.db.known.unfolded[d] = true
	}
	for st, l := range a.streams {
		if err := l.write(a, st); err != nil {
			return err
		}
	}
	for agent := range a.full {
		if err := a.clear(agent); err != nil {
			return err
		}
	}
	return nil
}
