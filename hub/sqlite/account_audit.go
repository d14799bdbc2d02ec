package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/account"
)

// foldFor is how long acts that fold count on one entry.
const foldFor = time.Hour

// Record implements account.Store.
func (a Accounts) Record(ctx context.Context, e account.Entry) (int64, error) {
	var id int64
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		ctx := context.WithoutCancel(ctx) // each statement is short
		at := e.At.UnixMilli()
		if e.Fold {
			// The newest entries are near the end; older ones than an hour are not looked at.
			err := tx.QueryRowContext(ctx, "SELECT id FROM audit WHERE operation = ? AND at_ms > ? AND who = ? AND via = ? AND address = ? AND status = ? ORDER BY id DESC LIMIT 1",
				e.Operation, at-foldFor.Milliseconds(), e.Who, string(e.Via), e.From, e.Status).Scan(&id)
			if err == nil {
				_, err = tx.ExecContext(ctx, "UPDATE audit SET n = n + 1, last_ms = MAX(last_ms, ?) WHERE id = ?", at, id)
				return err
			}
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		return tx.QueryRowContext(ctx, "INSERT INTO audit (at_ms, who, via, operation, what, address, status, n, last_ms) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?) RETURNING id",
			at, e.Who, string(e.Via), e.Operation, e.What, e.From, e.Status, at).Scan(&id)
	})
	return id, told(err, "write the audit log")
}

// Outcome implements account.Store.
func (a Accounts) Outcome(ctx context.Context, id int64, status int, more string) error {
	if more != "" {
		more = " " + more
	}
	return a.run(ctx, "write the audit log", "UPDATE audit SET status = ?, what = what || ? WHERE id = ?", status, more, id)
}

// Audit implements account.Store.
func (a Accounts) Audit(ctx context.Context, q account.Query) ([]account.Entry, error) {
	where, args := auditWhere(q)
	if q.Before > 0 {
		where, args = where+" AND id < ?", append(args, q.Before)
	}
	args = append(args, min(max(q.Limit, 1), account.MostEntries))
	var all []account.Entry
	err := scan(ctx, a.db.read, "SELECT id, at_ms, who, via, operation, what, address, status, n, last_ms FROM audit WHERE "+where+" ORDER BY id DESC LIMIT ?", func(rows *sql.Rows) error {
		var e account.Entry
		var at, last int64
		err := rows.Scan(&e.ID, &at, &e.Who, &e.Via, &e.Operation, &e.What, &e.From, &e.Status, &e.Count, &last)
		e.At, e.Last = time.UnixMilli(at), time.UnixMilli(last)
		all = append(all, e)
		return err
	}, args...)
	return all, told(err, "read the audit log")
}

// AuditCount implements account.Store.
func (a Accounts) AuditCount(ctx context.Context, q account.Query) (n int, err error) {
	where, args := auditWhere(q)
	err = scan(ctx, a.db.read, "SELECT COUNT(*) FROM audit WHERE "+where, func(rows *sql.Rows) error { return rows.Scan(&n) }, args...)
	return n, told(err, "count the audit log")
}

// auditWhere gives the condition of a query, without Before.
func auditWhere(q account.Query) (string, []any) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(condition string, arg any) { where, args = append(where, condition), append(args, arg) }
	if q.Who != "" {
		add("who = ?", q.Who)
	}
	if q.Operation != "" {
		add("operation = ?", q.Operation)
	}
	if !q.From.IsZero() {
		add("last_ms >= ?", q.From.UnixMilli())
	}
	if !q.To.IsZero() {
		add("at_ms < ?", q.To.UnixMilli())
	}
	return strings.Join(where, " AND "), args
}
