package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/history"
)

// Hello implements history.Identities.
func (d *DB) Hello(ctx context.Context, greetings []history.Greeting) ([]error, error) {
	verdicts := make([]error, len(greetings))
	err := d.update(ctx, func(tx *sql.Conn) error {
		a := d.appender(ctx, tx)
		for i := range greetings {
			if err := ctx.Err(); err != nil {
				return err
			}
			what, err := a.hello(tx, &greetings[i])
			if err != nil {
				return fmt.Errorf("agent %s: %w", greetings[i].Agent, err)
			}
			if verdicts[i] = nil; what != "" {
				verdicts[i] = &history.IdentityError{Agent: greetings[i].Agent, What: what}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("note who speaks: %w", err)
	}
	return verdicts, nil
}

// hello takes a hello, or says why not and notes the conflict.
func (a *appender) hello(tx *sql.Conn, g *history.Greeting) (what string, err error) {
	agent, err := a.agent(g.Agent)
	if err != nil {
		return "", err
	}
	var released bool
	if err := a.stmts.selectReleased.QueryRowContext(a.ctx, agent).Scan(&released); err != nil {
		return "", err
	}
	var newest, n int64
	err = a.stmts.selectNewest.QueryRowContext(a.ctx, agent).Scan(&newest, &n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	heard := err == nil
	var session, last int64
	err = a.stmts.selectEpoch.QueryRowContext(a.ctx, agent, int64(g.Epoch)).Scan(&session, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	known := err == nil
	if known && !released {
		l, err := a.stream(stream{agent, g.Epoch})
		if err != nil {
			return "", err
		}
		seen := time.UnixMilli(last).UTC().Format(time.DateTime)
		switch {
		case newest != int64(g.Epoch):
			what = fmt.Sprintf("a newer spool speaks as this agent; this one was last heard at %s UTC. Two devices use one code, or an old device came back", seen)
		case g.Session <= uint64(session):
			what = fmt.Sprintf("connection number %d of this spool, and number %d was heard at %s UTC already: the spool was copied or restored", g.Session, uint64(session), seen)
		case g.NextSeq < l.now.top():
			what = fmt.Sprintf("its next record would be number %d, and the hub has up to %d already: the spool was copied or restored", g.NextSeq, l.now.top()-1)
		}
	}
	at := g.At.UnixMilli()
	if what != "" {
		_, err := tx.ExecContext(a.ctx, "INSERT INTO conflict (agent, what, first, last, n) VALUES (?, ?, ?, ?, 1) ON CONFLICT (agent) DO UPDATE SET what = excluded.what, last = excluded.last, n = n + 1", agent, what, at, at)
		return what, err
	}
	if !heard || newest != int64(g.Epoch) {
		n++
	}
	if _, err := a.stmts.putIdentity.ExecContext(a.ctx, agent, int64(g.Epoch), n, int64(g.Session), int64(g.Boot), at, at); err != nil {
		return "", err
	}
	if !released {
		return "", nil
	}
	_, err = tx.ExecContext(a.ctx, "UPDATE agent SET released = 0 WHERE id = ?", agent)
	return "", err
}

// Newest implements history.Identities.
func (d *DB) Newest(ctx context.Context, agent string) (epoch uint64, known bool, err error) {
	err = scan(ctx, d.read, "SELECT i.epoch FROM identity i JOIN agent a ON a.id = i.agent WHERE a.code = ? AND a.released = 0 ORDER BY i.n DESC LIMIT 1", func(rows *sql.Rows) error {
		var e int64
		err := rows.Scan(&e)
		epoch, known = uint64(e), true
		return err
	}, agent)
	if err != nil {
		return 0, false, fmt.Errorf("look up who speaks as agent %s: %w", agent, err)
	}
	return epoch, known, nil
}

// Conflicts implements history.Identities.
func (d *DB) Conflicts(ctx context.Context) (map[string]history.Conflict, error) {
	conflicts := map[string]history.Conflict{}
	err := scan(ctx, d.read, "SELECT a.code, c.what, c.first, c.last, c.n FROM conflict c JOIN agent a ON a.id = c.agent", func(rows *sql.Rows) error {
		var agent string
		var c history.Conflict
		var first, last int64
		err := rows.Scan(&agent, &c.What, &first, &last, &c.Count)
		c.First, c.Last = time.UnixMilli(first), time.UnixMilli(last)
		conflicts[agent] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list agents whose identity is in doubt: %w", err)
	}
	return conflicts, nil
}

// Release implements history.Identities.
func (d *DB) Release(ctx context.Context, agent string) error {
	err := d.update(ctx, func(tx *sql.Conn) error {
		res, err := tx.ExecContext(ctx, "UPDATE agent SET released = 1 WHERE code = ?", agent)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, history.ErrNotFound)
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM conflict WHERE agent = (SELECT id FROM agent WHERE code = ?)", agent)
		return err
	})
	if err != nil {
		return fmt.Errorf("release agent %s: %w", agent, err)
	}
	return nil
}
