package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"github.com/phukin/phukin/hub/history"
)

// Register is the file as the register of a history whose observations and
// ledger days are kept elsewhere.
type Register struct {
	*DB
	// ID names the register in the store that keeps the rest.
	ID string
}

var _ history.Register = (*Register)(nil)

// ErrOwnHistory reports a file that holds observations or ledger days itself,
// so that it cannot be the register of a history elsewhere.
var ErrOwnHistory = errors.New("the database holds observations and ledger days of its own")

// Register makes the file a register, if it is not one. A file with a history
// of its own gives ErrOwnHistory.
func (d *DB) Register(ctx context.Context) (*Register, error) {
	id, is, err := d.RegisterID(ctx)
	if err == nil && !is {
		id, err = d.becomeRegister(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("make the database a register: %w", err)
	}
	return &Register{DB: d, ID: id}, nil
}

// RegisterID gives the file's name as a register; it is false when the file
// is none, and keeps its history itself.
func (d *DB) RegisterID(ctx context.Context) (id string, is bool, err error) {
	err = scan(ctx, d.read, "SELECT id FROM register", func(rows *sql.Rows) error {
		is = true
		return rows.Scan(&id)
	})
	return id, is, err
}

// errElsewhere reports a file whose history is elsewhere.
var errElsewhere = errors.New("the history of this database is in InfluxDB, and the database alone has no part of it that could be moved")

// own says with an error that the file does not keep its history itself.
func (d *DB) own(ctx context.Context) error {
	_, elsewhere, err := d.RegisterID(ctx)
	if err == nil && elsewhere {
		err = errElsewhere
	}
	return err
}

func (d *DB) becomeRegister(ctx context.Context) (string, error) {
	for _, err := range d.Days(ctx, history.EveryDay()) {
		if err == nil {
			err = ErrOwnHistory
		}
		return "", err
	}
	id := rand.Text()
	return id, d.update(ctx, func(tx *sql.Conn) error {
		var holds bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM batch)").Scan(&holds); err != nil {
			return err
		}
		if holds {
			return ErrOwnHistory
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO register (id) VALUES (?)", id)
		return err
	})
}

// Fresh implements history.Register.
func (r *Register) Fresh(ctx context.Context, batches []history.Batch) ([][]history.Span, error) {
	for i := range batches {
		if err := check(&batches[i]); err != nil {
			return nil, fmt.Errorf("the batch of agent %s at %d: %w", batches[i].Agent, batches[i].FirstSeq, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	type named struct {
		agent string
		epoch uint64
	}
	streams := map[named]spans{}
	fresh := make([][]history.Span, len(batches))
	for i := range batches {
		b := &batches[i]
		st := named{b.Agent, b.Epoch}
		ss, ok := streams[st]
		if !ok {
			var err error
			if ss, err = r.stream(ctx, b.Agent, b.Epoch); err != nil {
				return nil, fmt.Errorf("read what is committed of agent %s: %w", b.Agent, err)
			}
		}
		var parts []span
		ss, parts = ss.with(span{b.FirstSeq, b.Next()})
		for _, p := range parts {
			fresh[i] = append(fresh[i], history.Span{First: p.first, Next: p.next})
			for seq := p.first; seq < p.next && len(b.Gaps) > 0; seq++ {
				g := &b.Gaps[seq-b.FirstSeq]
				ss, _ = ss.with(span{g.From, g.Next})
			}
		}
		streams[st] = ss
	}
	return fresh, nil
}

// stream gives what is accounted for of an agent's epoch.
func (r *Register) stream(ctx context.Context, agent string, epoch uint64) (spans, error) {
	if ss, ok := r.committed.get(agent, epoch); ok {
		return ss, nil
	}
	var ss spans
	err := scan(ctx, r.read, "SELECT c.first_seq, c.next_seq FROM committed c JOIN agent a ON a.id = c.agent WHERE a.code = ? AND c.epoch = ? ORDER BY c.first_seq", func(rows *sql.Rows) error {
		var first, next int64
		err := rows.Scan(&first, &next)
		ss = append(ss, span{uint64(first), uint64(next)})
		return err
	}, agent, int64(epoch))
	return ss, err
}

// Place implements history.Register.
func (r *Register) Place(ctx context.Context, refs []*history.Ref) error {
	type moment struct {
		agent string
		at    int64
	}
	taken := map[moment]bool{}
	stmt, err := r.read.PrepareContext(ctx, "SELECT EXISTS (SELECT 1 FROM entered e JOIN agent a ON a.id = e.agent WHERE a.code = ? AND e.at = ?)")
	if err != nil {
		return fmt.Errorf("look for a place: %w", err)
	}
	defer func() { _ = stmt.Close() }() // it read only
	for _, ref := range refs {
		for ; ; ref.At++ {
			m := moment{ref.Agent, ref.At}
			if taken[m] {
				continue
			}
			var there bool
			if err := stmt.QueryRowContext(ctx, ref.Agent, ref.At).Scan(&there); err != nil {
				return fmt.Errorf("look for a place: %w", err)
			}
			if !there {
				taken[m] = true
				break
			}
		}
	}
	return nil
}

// Enter implements history.Register.
func (r *Register) Enter(ctx context.Context, entries []history.Placed) error {
	var a *appender
	err := r.update(ctx, func(tx *sql.Conn) error {
		a = r.appender(ctx, tx)
		for i := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := a.enter(tx, &entries[i]); err != nil {
				return err
			}
		}
		return a.finish()
	}, func() { r.tell(a.streams) })
	if err != nil {
		return fmt.Errorf("enter %d batches: %w", len(entries), err)
	}
	return nil
}

// enter is batch for a batch whose observations are elsewhere.
func (a *appender) enter(tx *sql.Conn, p *history.Placed) error {
	b := &p.Batch
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
	if !covers(p.Refs, fresh) {
		return fmt.Errorf("agent %s at %d: what is accounted for has changed meanwhile", b.Agent, b.FirstSeq)
	}
	briefs := b.Briefs
	if b.Payload == nil {
		briefs = make([]history.Brief, len(b.Observations))
		for i := range b.Observations {
			briefs[i] = history.BriefOf(&b.Observations[i])
		}
	}
	for _, ref := range p.Refs {
		own := briefs[ref.FirstSeq-b.FirstSeq:][:ref.Count]
		r, err := a.note(agent, b, own)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(a.ctx, "INSERT INTO entered (agent, epoch, first_seq, n, at, sum, first_day, last_day, keep_day) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			agent, int64(b.Epoch), int64(ref.FirstSeq), ref.Count, ref.At, int64(ref.Sum), r.first, r.last, r.keep); err != nil {
			return err
		}
	}
	return nil
}

// covers says whether refs, ascending, are exactly the numbers in fresh.
func covers(refs []history.Ref, fresh []span) bool {
	var ss spans
	for _, r := range refs {
		next := r.FirstSeq + uint64(r.Count)
		if n := len(ss); n > 0 && ss[n-1].next == r.FirstSeq {
			ss[n-1].next = next
			continue
		}
		ss = append(ss, span{r.FirstSeq, next})
	}
	if len(ss) != len(fresh) {
		return false
	}
	for i := range ss {
		if ss[i] != fresh[i] {
			return false
		}
	}
	return true
}
