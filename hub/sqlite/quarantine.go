package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// setAside keeps a batch that could not be taken, unless it came before.
func (a *appender) setAside(agent int64, b *history.Batch, fresh bool) error {
	n := b.Aside.Count
	if n > 0 && !fresh {
		return nil
	}
	payload := append([]byte{}, b.Payload[:min(len(b.Payload), wire.MaxMessage)]...) // not nil: that would be NULL
	if _, err := a.stmts.insertEntry.ExecContext(a.ctx, agent, int64(b.Epoch), int64(b.FirstSeq), n, b.Received.UnixMilli(), strings.ToValidUTF8(b.Aside.Reason, "\uFFFD"), payload); err != nil {
		return err
	}
	a.full[agent] = true
	_, err := a.stmts.countAside.ExecContext(a.ctx, agent, n)
	return err
}

// clear forgets the oldest entries of an agent that has too many.
func (a *appender) clear(agent int64) error {
	rows, err := a.stmts.selectEntries.QueryContext(a.ctx, agent) //nolint:sqlclosecheck // by each
	n, bytes, last := 0, 0, int64(0)
	if err := each(rows, err, func() error {
		var id int64
		var size int
		err := rows.Scan(&id, &size)
		n, bytes = n+1, bytes+size
		if n > history.MaxEntries || bytes > history.MaxEntryBytes {
			last = max(last, id)
		}
		return err
	}); err != nil || last == 0 {
		return err
	}
	_, err = a.stmts.deleteEntries.ExecContext(a.ctx, agent, last)
	return err
}

const entryColumns = "q.id, a.code, q.epoch, q.first_seq, q.count, q.reason, q.received, length(q.payload)"

func scanEntry(rows *sql.Rows, more ...any) (history.Entry, error) {
	var e history.Entry
	var epoch, first, received int64
	err := rows.Scan(append([]any{&e.ID, &e.Agent, &epoch, &first, &e.Count, &e.Reason, &received, &e.Bytes}, more...)...)
	e.Epoch, e.FirstSeq, e.Received = uint64(epoch), uint64(first), time.UnixMilli(received)
	return e, err
}

// where gives the condition of a selection on quarantine q and agent a.
func where(s history.Selection) (string, []any) {
	var parts []string
	var args []any
	if s.IDs != nil {
		parts = append(parts, "q.id IN (SELECT value FROM json_each(?))")
		args = append(args, strings.ReplaceAll(fmt.Sprint(s.IDs), " ", ","))
	}
	if s.Agent != "" {
		parts = append(parts, "a.code = ?")
		args = append(args, s.Agent)
	}
	if parts == nil {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args
}

// Entries implements history.Quarantine.
func (d *DB) Entries(ctx context.Context, s history.Selection) ([]history.Entry, error) {
	var entries []history.Entry
	condition, args := where(s)
	err := scan(ctx, d.read, "SELECT "+entryColumns+" FROM quarantine q JOIN agent a ON a.id = q.agent"+condition+" ORDER BY q.id DESC", func(rows *sql.Rows) error {
		e, err := scanEntry(rows)
		entries = append(entries, e)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("list what was set aside: %w", err)
	}
	return entries, nil
}

// Entry implements history.Quarantine.
func (d *DB) Entry(ctx context.Context, id int64) (history.Entry, error) {
	var e history.Entry
	found := false
	err := scan(ctx, d.read, "SELECT "+entryColumns+", q.payload FROM quarantine q JOIN agent a ON a.id = q.agent WHERE q.id = ?", func(rows *sql.Rows) (err error) {
		var payload []byte
		e, err = scanEntry(rows, &payload)
		e.Payload, found = payload, true
		return err
	}, id)
	if err == nil && !found {
		err = history.ErrNotFound
	}
	if err != nil {
		return e, fmt.Errorf("entry %d of the quarantine: %w", id, err)
	}
	return e, nil
}

// Drop implements history.Quarantine.
func (d *DB) Drop(ctx context.Context, s history.Selection) (int64, error) {
	var n int64
	condition, args := where(s)
	err := d.update(ctx, func(tx *sql.Conn) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM quarantine WHERE id IN (SELECT q.id FROM quarantine q JOIN agent a ON a.id = q.agent"+condition+")", args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("drop what was set aside: %w", err)
	}
	return n, nil
}

// AsideCounts implements history.Quarantine.
func (d *DB) AsideCounts(ctx context.Context) (map[string]history.AsideCount, error) {
	counts := map[string]history.AsideCount{}
	err := scan(ctx, d.read, "SELECT a.code, c.messages, c.records, (SELECT COUNT(*) FROM quarantine q WHERE q.agent = c.agent) FROM quarantine_count c JOIN agent a ON a.id = c.agent", func(rows *sql.Rows) error {
		var agent string
		var c history.AsideCount
		err := rows.Scan(&agent, &c.Messages, &c.Records, &c.Entries)
		counts[agent] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count what was set aside: %w", err)
	}
	return counts, nil
}
