package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

var _ history.Moving = (*DB)(nil)

// Marks implements history.Moving.
func (d *DB) Marks(ctx context.Context) (m history.Marks, err error) {
	if err := d.own(ctx); err != nil {
		return m, err
	}
	return d.marks(ctx)
}

func (d *DB) marks(ctx context.Context) (m history.Marks, err error) {
	if err = d.read.QueryRowContext(ctx, "SELECT z.name, p.before_ms FROM zone z, pruned p").Scan(&m.Zone, &m.Pruned); err != nil {
		err = fmt.Errorf("read the marks of the history: %w", err)
	}
	return m, err
}

// Accounted implements history.Moving.
func (d *DB) Accounted(ctx context.Context) iter.Seq2[history.Accounted, error] {
	return func(yield func(history.Accounted, error) bool) {
		var of []history.Accounted // of one agent
		flush := func() error {
			// SQLite orders epochs as signed numbers.
			slices.SortFunc(of, func(x, y history.Accounted) int {
				return cmp.Or(cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.First, y.First))
			})
			for _, a := range of {
				if !yield(a, nil) {
					return errStop
				}
			}
			of = of[:0]
			return nil
		}
		err := scan(ctx, d.read, "SELECT a.code, c.epoch, c.first_seq, c.next_seq FROM agent a CROSS JOIN committed c ON c.agent = a.id ORDER BY a.code", func(rows *sql.Rows) error {
			var a history.Accounted
			var epoch, first, next int64
			if err := rows.Scan(&a.Agent, &epoch, &first, &next); err != nil {
				return err
			}
			a.Epoch, a.First, a.Next = uint64(epoch), uint64(first), uint64(next)
			if len(of) > 0 && of[0].Agent != a.Agent {
				if err := flush(); err != nil {
					return err
				}
			}
			of = append(of, a)
			return nil
		})
		if err == nil {
			err = flush()
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(history.Accounted{}, fmt.Errorf("read what is accounted for: %w", err))
		}
	}
}

// Sent implements history.Moving.
func (d *DB) Sent(ctx context.Context) iter.Seq2[history.Identified, error] {
	return func(yield func(history.Identified, error) bool) {
		err := d.sent(ctx, func(o history.Identified) bool { return yield(o, nil) })
		if err != nil && !errors.Is(err, errStop) {
			yield(history.Identified{}, fmt.Errorf("read observations: %w", err))
		}
	}
}

type storedBatch struct {
	id    int64
	epoch uint64
	first uint64
}

func (d *DB) sent(ctx context.Context, yield func(history.Identified) bool) error {
	type agent struct {
		id   int64
		code string
	}
	var agents []agent
	if err := scan(ctx, d.read, "SELECT id, code FROM agent ORDER BY code", func(rows *sql.Rows) error {
		var a agent
		err := rows.Scan(&a.id, &a.code)
		agents = append(agents, a)
		return err
	}); err != nil {
		return err
	}
	for _, a := range agents {
		if err := d.sentBy(ctx, a.id, a.code, yield); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) sentBy(ctx context.Context, agent int64, code string, yield func(history.Identified) bool) error {
	var batches []storedBatch
	if err := scan(ctx, d.read, "SELECT id, epoch, first_seq FROM batch WHERE agent = ?", func(rows *sql.Rows) error {
		var b storedBatch
		var epoch, first int64
		err := rows.Scan(&b.id, &epoch, &first)
		b.epoch, b.first = uint64(epoch), uint64(first)
		batches = append(batches, b)
		return err
	}, agent); err != nil {
		return err
	}
	slices.SortFunc(batches, func(x, y storedBatch) int {
		return cmp.Or(cmp.Compare(x.epoch, y.epoch), cmp.Compare(x.first, y.first))
	})
	for _, b := range batches {
		// It may have been pruned meanwhile: then there is no row.
		rows, err := d.read.QueryContext(ctx, "SELECT id, payload FROM batch WHERE id = ?", b.id)
		stop := false
		if err := decodeBatches(rows, err, code, func(o history.Identified) {
			o.Reasons, o.Stages = slices.Clone(o.Reasons), slices.Clone(o.Stages)
			stop = stop || !yield(o)
		}); err != nil {
			return fmt.Errorf("agent %s: %w", code, err)
		}
		if stop {
			return errStop
		}
	}
	return nil
}

// errDry ends a transaction that was only tried.
var errDry = errors.New("only tried")

// Take implements history.Moving.
func (d *DB) Take(ctx context.Context, p *history.Parcel, dry bool) (history.Taken, error) {
	if d.loc == nil {
		return history.Taken{}, fmt.Errorf("take records of another history: %w", errNoZone)
	}
	if err := d.own(ctx); err != nil {
		return history.Taken{}, fmt.Errorf("take records of another history: %w", err)
	}
	var taken history.Taken
	var streams map[stream]*ledgerOf
	err := d.update(ctx, func(tx *sql.Conn) error {
		if err := d.raise(ctx, tx); err != nil { // old days go straight to their chunks
			return err
		}
		t := taker{db: d, tx: tx, days: d.days(ctx), a: d.appender(ctx, tx), p: p}
		if err := t.run(ctx, t.marks, t.losses, t.asides, t.seen, t.ledger, t.changes, t.observations, t.finish); err != nil {
			return err
		}
		taken, streams = t.taken, t.a.streams
		if dry {
			return errDry
		}
		return nil
	}, func() { d.tell(streams) })
	if errors.Is(err, errDry) {
		return taken, nil
	}
	if err != nil {
		return history.Taken{}, fmt.Errorf("take records of another history: %w", err)
	}
	if len(p.Days) > 0 {
		d.revision.Add(1)
	}
	return taken, nil
}

// taker enters a parcel in one transaction.
type taker struct {
	db    *DB
	tx    *sql.Conn
	days  *dayWriter
	a     *appender
	p     *history.Parcel
	taken history.Taken
}

func (t *taker) run(ctx context.Context, steps ...func() error) error {
	for _, f := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

func (t *taker) marks() error {
	if zone := t.db.loc.String(); t.p.Marks.Zone != zone {
		return fmt.Errorf("%w: they are of %q, this history's of %s", history.ErrZone, t.p.Marks.Zone, zone)
	}
	if pruned := t.p.Marks.Pruned; pruned > t.db.known.pruned {
		t.db.known.pruned = pruned
		_, err := t.tx.ExecContext(t.a.ctx, "UPDATE pruned SET before_ms = ?", pruned)
		return err
	}
	return nil
}

func (t *taker) losses() error {
	for i := range t.p.Losses {
		l := &t.p.Losses[i]
		b := history.Batch{Agent: l.Agent, Epoch: l.Epoch, FirstSeq: l.Seq, Gaps: []wire.Gap{l.Gap}, Received: l.Received}
		if err := check(&b); err != nil {
			return err
		}
		agent, err := t.a.agent(b.Agent)
		if err != nil {
			return err
		}
		res, err := t.tx.ExecContext(t.a.ctx, insertGap+" ON CONFLICT DO NOTHING", agent, int64(l.Epoch), int64(l.Seq), int64(l.From), int64(l.Next), l.Begin, l.End, uint8(l.Clock), uint8(l.Why), l.Received.UnixMilli())
		if err != nil {
			return err
		}
		if err := t.count(res); err != nil {
			return err
		}
	}
	return nil
}

// count counts a record that is new if its row was written.
func (t *taker) count(res sql.Result) error {
	n, err := res.RowsAffected()
	t.taken.New += int(n)
	t.taken.Same += 1 - int(n)
	return err
}

func (t *taker) asides() error {
	for _, c := range t.p.Asides {
		agent, err := t.a.agent(c.Agent)
		if err != nil {
			return err
		}
		if _, err := t.tx.ExecContext(t.a.ctx, "INSERT INTO quarantine_count (agent, messages, records) VALUES (?, ?, ?) ON CONFLICT (agent) DO UPDATE SET messages = MAX(messages, excluded.messages), records = MAX(records, excluded.records)", agent, c.Messages, c.Records); err != nil {
			return err
		}
	}
	return nil
}

// camera gives the number of a camera, which may be new.
func (t *taker) camera(code string) (*camera, error) {
	if c := t.db.known.cameras[code]; c != nil {
		return c, nil
	}
	return t.a.newCamera(code)
}

func (t *taker) seen() error {
	for _, s := range t.p.Seen {
		c, err := t.camera(s.Camera)
		if err != nil {
			return err
		}
		c.seen.Merge(s)
		c.measured = max(c.measured, s.MeasuredAt)
		if err := t.a.update(c); err != nil {
			return err
		}
	}
	return nil
}

func (t *taker) ledger() error {
	for i := range t.p.Days {
		d := &t.p.Days[i]
		if d.Number < earliestDay || d.Number > latestDay {
			return fmt.Errorf("ledger day %s of camera %s: days from %s to %s are allowed", d.Number, d.Camera, earliestDay, latestDay)
		}
		if err := d.Check(d.Number.Seconds(t.db.loc)); err != nil {
			return fmt.Errorf("ledger day %s of camera %s: %w", d.Number, d.Camera, err)
		}
		c, err := t.camera(d.Camera)
		if err != nil {
			return err
		}
		timeline := d.Timeline
		stands, err := t.days.get(c.id, d.Number)
		if err != nil {
			return err
		}
		if stands.revision > 0 {
			old := history.Day{Revision: stands.revision}
			if err := old.Timeline.UnmarshalBinary(stands.timeline); err != nil {
				return err
			}
			joined, order, ok := d.Join(&old)
			switch {
			case !ok:
				return &history.ConflictError{Kind: "day", At: i, What: fmt.Sprintf("ledger day %s of camera %s is there with the same revision %d and says something else", d.Number, d.Camera, d.Revision)}
			case order == 0:
				t.taken.Same++
				continue
			case order < 0:
				t.taken.Older++
				continue
			}
			timeline = joined
		}
		encoded, err := timeline.AppendBinary(nil)
		if err != nil {
			return err
		}
		t.taken.New++
		if err := t.days.put(c.id, d.Number, stands.sealed, d.Revision, timeline, encoded); err != nil {
			return err
		}
	}
	return t.days.flush()
}

func (t *taker) changes() error {
	for i := range t.p.Changes {
		c := &t.p.Changes[i]
		camera, err := t.camera(c.Camera)
		if err != nil {
			return err
		}
		var at int64
		var b, a history.Count
		err = t.tx.QueryRowContext(t.a.ctx, "SELECT at_ms, before_up, before_degraded, before_down, before_unknown, before_outages, after_up, after_degraded, after_down, after_unknown, after_outages FROM ledger_change WHERE camera = ? AND day = ? AND revision = ?", camera.id, c.Day, c.Revision).
			Scan(&at, &b.Up, &b.Degraded, &b.Down, &b.Unknown, &b.Outages, &a.Up, &a.Degraded, &a.Down, &a.Unknown, &a.Outages)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			t.taken.New++
			err = t.db.stmts.change(t.a.ctx, camera.id, c)
		case err == nil && (at != c.At.UnixMilli() || b != c.Before || a != c.After):
			err = &history.ConflictError{Kind: "change", At: i, What: fmt.Sprintf("revision %d of day %s of camera %s is listed and says something else", c.Revision, c.Day, c.Camera)}
		case err == nil:
			t.taken.Same++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// observations stores what is not accounted for yet, in batches of numbers
// that follow each other.
func (t *taker) observations() error {
	obs := t.p.Observations
	for len(obs) > 0 {
		n := 1
		for n < len(obs) && n < maxStored && obs[n].Agent == obs[0].Agent && obs[n].Epoch == obs[0].Epoch && obs[n].Seq == obs[0].Seq+uint64(n) {
			n++
		}
		b := history.Batch{Agent: obs[0].Agent, Epoch: obs[0].Epoch, FirstSeq: obs[0].Seq, Received: t.db.now()}
		for i := range n {
			b.Observations = append(b.Observations, obs[i].Observation)
		}
		if err := check(&b); err != nil {
			return fmt.Errorf("observations of agent %s from %d on: %w", b.Agent, b.FirstSeq, err)
		}
		agent, err := t.a.agent(b.Agent)
		if err != nil {
			return err
		}
		fresh, err := t.a.account(stream{agent, b.Epoch}, span{b.FirstSeq, b.Next()})
		if err != nil {
			return err
		}
		if err := t.a.encode(agent, &b, fresh); err != nil {
			return err
		}
		for _, s := range fresh {
			t.taken.New += int(s.next - s.first)
			n -= int(s.next - s.first)
		}
		t.taken.Same += n
		obs = obs[len(b.Observations):]
	}
	t.foldedThere()
	return nil
}

// foldedThere forgets which days observations spoke of: their ledger comes
// along.
func (t *taker) foldedThere() {
	clear(t.a.days)
	t.a.lastUnfolded = agentDay{}
}

func (t *taker) finish() error {
	for _, r := range t.p.Accounted {
		agent, err := t.a.agent(r.Agent)
		if err != nil {
			return err
		}
		if r.First >= r.Next || r.Next > wire.MaxSeq {
			return fmt.Errorf("accounted for of agent %s: numbers from %d to %d", r.Agent, r.First, r.Next)
		}
		if _, err := t.a.account(stream{agent, r.Epoch}, span{r.First, r.Next}); err != nil {
			return err
		}
	}
	for _, b := range t.p.Behind {
		agent, err := t.a.agent(b.Agent)
		if err != nil {
			return err
		}
		t.a.unfolded(agentDay{agent, b.Day})
	}
	return t.a.finish()
}
