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
	if d.loc == nil {
		return fmt.Errorf("append %d batches: %w", len(batches), errNoZone)
	}
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
	kinds := 0
	for _, n := range [...]int{len(b.Observations), len(b.Briefs), len(b.Gaps)} {
		kinds += min(n, 1)
	}
	if kinds > 1 || b.Aside != nil && kinds > 0 {
		return errors.New("it has records of several kinds")
	}
	if (len(b.Briefs) > 0) != (b.Payload != nil) && b.Aside == nil {
		return errors.New("it has a payload and does not say what is in it, or the reverse")
	}
	for i := range b.Gaps {
		if g := &b.Gaps[i]; g.From >= g.Next || g.Next > wire.MaxSeq {
			return fmt.Errorf("gap %d: numbers from %d to %d", i, g.From, g.Next)
		}
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

	briefs       []history.Brief
	lastUnfolded agentDay
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
	if len(fresh) == 1 && fresh[0] == (span{b.FirstSeq, b.Next()}) && b.Payload != nil {
		return a.insert(agent, b, b.FirstSeq, b.Briefs, b.Payload)
	}
	return a.encode(agent, b, fresh)
}

// encode stores the observations of b whose sequence numbers are in fresh.
func (a *appender) encode(agent int64, b *history.Batch, fresh []span) error {
	obs := b.Observations
	if b.Payload != nil && len(fresh) > 0 {
		m, err := wire.UnmarshalUp(b.Payload)
		if err != nil || m.Batch == nil || len(m.Batch.Observations) != len(b.Briefs) {
			return fmt.Errorf("the payload of agent %s at %d is not what it should be: %w", b.Agent, b.FirstSeq, err)
		}
		obs = m.Batch.Observations
	}
	for _, s := range fresh {
		for first := s.first; first < s.next; first += maxStored {
			part := obs[first-b.FirstSeq : min(first+maxStored, s.next)-b.FirstSeq]
			a.briefs = a.briefs[:0]
			for i := range part {
				a.briefs = append(a.briefs, history.BriefOf(&part[i]))
			}
			payload := wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: b.Epoch, FirstSeq: first, OldestSeq: first, Observations: part}})
			if err := a.insert(agent, b, first, a.briefs, payload); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxStored is how many observations one row holds at most that is encoded
// here: as many of the greatest possible size stay below wire.MaxMessage, so
// that it can be read.
const maxStored = 400

// insert stores observations of b, encoded, the first of which is number first.
func (a *appender) insert(agent int64, b *history.Batch, first uint64, obs []history.Brief, payload []byte) error {
	r, err := a.note(agent, b, obs)
	if err != nil {
		return err
	}
	_, err = a.stmts.insertBatch.ExecContext(a.ctx, agent, int64(b.Epoch), int64(first), r.first, r.last, r.keep, b.Received.UnixMilli(), payload)
	return err
}

// note takes what observations of b say of their cameras, marks their days
// unfolded, and gives them.
func (a *appender) note(agent int64, b *history.Batch, obs []history.Brief) (dayRange, error) {
	r := dayRange{history.NoDay, history.NoDay, history.NoDay}
	for i := range obs {
		o := &obs[i]
		from := a.cal.day(o.From, a.db.loc)
		last := from
		if o.To > a.cal.end {
			last = a.cal.day(o.To-1, a.db.loc)
		}
		right := o.Clock != wire.ClockWrong
		if err := a.camera(agent, o, from, right); err != nil {
			return r, err
		}
		if i == 0 || from < r.first {
			r.first = from
		}
		r.last = max(r.last, last)
		if !right {
			r.keep = max(r.keep, history.DayOf(b.Received.UnixMilli(), a.db.loc))
			continue
		}
		r.keep = max(r.keep, last)
		for day := from; day <= last; day++ {
			a.unfolded(agentDay{agent, day})
		}
	}
	return r, nil
}

// dayRange is the days that the observations of a batch lie in.
type dayRange struct{ first, last, keep history.DayNumber }

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
