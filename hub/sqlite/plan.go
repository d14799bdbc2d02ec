package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/plan"
)

// stands is the to_revision of a row that still stands.
const stands = 1<<31 - 1

// Plan keeps the revisions of the plan in the file. It implements plan.Store.
type Plan struct{ db *DB }

var _ plan.Store = Plan{}

// Plan gives the store of the plan.
func (d *DB) Plan() Plan { return Plan{d} }

// Revisions implements plan.Store.
func (p Plan) Revisions(ctx context.Context) ([]plan.Revision, error) {
	var all []plan.Revision
	err := scan(ctx, p.db.read, "SELECT number, at_ms, author, reason, reverts, added, changed, removed, digest FROM plan_revision ORDER BY number", func(rows *sql.Rows) error {
		var r plan.Revision
		var at int64
		err := rows.Scan(&r.Number, &at, &r.Author, &r.Reason, &r.Reverts, &r.Added, &r.Changed, &r.Removed, &r.Digest)
		r.At = time.UnixMilli(at)
		all = append(all, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the revisions of the plan: %w", err)
	}
	return all, nil
}

// Document implements plan.Store. It verifies the digest.
func (p Plan) Document(ctx context.Context, revision int) (*plan.Document, error) {
	var digest string
	err := p.db.read.QueryRowContext(ctx, "SELECT digest FROM plan_revision WHERE number = ?", revision).Scan(&digest)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, &plan.Refusal{Is: fmt.Sprintf("no revision %d", revision), Want: "look at phukin-hub plan log", Err: plan.ErrNoRevision}
	}
	doc := &plan.Document{}
	if err == nil {
		err = scan(ctx, p.db.read, "SELECT table_name, content FROM plan_row WHERE from_revision <= ? AND to_revision > ?", func(rows *sql.Rows) error {
			var table, content string
			if err := rows.Scan(&table, &content); err != nil {
				return err
			}
			cells, err := cellsOf(table, content)
			if err == nil {
				doc.Append(table, cells)
			}
			return err
		}, revision, revision)
	}
	if err != nil {
		return nil, fmt.Errorf("read revision %d of the plan: %w", revision, err)
	}
	doc = doc.Canonical()
	if doc.Digest() != digest {
		return nil, plan.Refuse(fmt.Sprintf("the rows of revision %d are not what was stored", revision), "the database was changed from outside: take the last backup")
	}
	return doc, nil
}

// Windows implements plan.Store.
func (p Plan) Windows(ctx context.Context, revision int) ([]plan.WindowVersion, error) {
	var all []plan.WindowVersion
	err := scan(ctx, p.db.read, "SELECT w.content, a.at_ms, b.at_ms FROM plan_row w JOIN plan_revision a ON a.number = w.from_revision "+
		"LEFT JOIN plan_revision b ON b.number = w.to_revision AND b.number <= ? "+
		"WHERE w.table_name = ? AND w.from_revision <= ? ORDER BY w.row_key, w.from_revision", func(rows *sql.Rows) error {
		var content string
		var from int64
		var until sql.NullInt64
		if err := rows.Scan(&content, &from, &until); err != nil {
			return err
		}
		cells, err := cellsOf(plan.Maintenance, content)
		v := plan.WindowVersion{Cells: cells, From: time.UnixMilli(from)}
		if until.Valid {
			v.Until = time.UnixMilli(until.Int64)
		}
		all = append(all, v)
		return err
	}, revision, plan.Maintenance, revision)
	if err != nil {
		return nil, fmt.Errorf("read the maintenance of revision %d of the plan: %w", revision, err)
	}
	return all, nil
}

// Commit implements plan.Store.
func (p Plan) Commit(ctx context.Context, base int, doc *plan.Document, r plan.Revision) (plan.Revision, error) {
	old := &plan.Document{}
	if base > 0 {
		var err error
		if old, err = p.Document(ctx, base); err != nil {
			return plan.Revision{}, err
		}
	}
	changes := plan.DiffRows(old, doc)
	if len(changes) == 0 {
		return plan.Revision{}, plan.ErrUnchanged
	}
	r.Number, r.At, r.Digest = base+1, r.At.Truncate(time.Millisecond), doc.Digest()
	r.Added, r.Changed, r.Removed = 0, 0, 0
	for _, n := range plan.Counts(changes) {
		r.Added, r.Changed, r.Removed = r.Added+n.Added, r.Changed+n.Changed, r.Removed+n.Removed
	}
	err := p.db.update(ctx, func(tx *sql.Conn) error { return commit(ctx, tx, r, changes) })
	if errors.Is(err, plan.ErrStale) {
		return plan.Revision{}, err
	}
	if err != nil {
		return plan.Revision{}, fmt.Errorf("store revision %d of the plan: %w", r.Number, err)
	}
	return r, nil
}

func commit(ctx context.Context, tx *sql.Conn, r plan.Revision, changes []plan.RowChange) error {
	asked := ctx
	ctx = context.WithoutCancel(ctx) // each statement is short
	var newest int
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(number), 0) FROM plan_revision").Scan(&newest); err != nil {
		return err
	}
	if newest != r.Number-1 {
		return plan.ErrStale
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO plan_revision (number, at_ms, author, reason, reverts, added, changed, removed, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		r.Number, r.At.UnixMilli(), r.Author, r.Reason, r.Reverts, r.Added, r.Changed, r.Removed, r.Digest); err != nil {
		return err
	}
	end, err := tx.PrepareContext(ctx, "UPDATE plan_row SET to_revision = ? WHERE table_name = ? AND row_key = ? AND to_revision = ?")
	if err != nil {
		return err
	}
	defer end.Close() //nolint:errcheck // nothing can be done about it
	begin, err := tx.PrepareContext(ctx, "INSERT INTO plan_row (table_name, row_key, from_revision, to_revision, content) VALUES (?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer begin.Close() //nolint:errcheck // nothing can be done about it
	for _, c := range changes {
		if err := asked.Err(); err != nil {
			return err
		}
		if c.Old != nil {
			done, err := end.ExecContext(ctx, r.Number, c.Table, c.Key, stands)
			if err != nil {
				return err
			}
			if n, err := done.RowsAffected(); err != nil || n != 1 {
				return errors.Join(err, fmt.Errorf("%s %s stands %d times", c.Table, c.Key, n))
			}
		}
		if c.New != nil {
			if _, err := begin.ExecContext(ctx, c.Table, c.Key, r.Number, stands, contentOf(c.Table, c.New)); err != nil {
				return err
			}
		}
	}
	return nil
}

// contentOf writes the cells that are not empty as a JSON object, in the
// order of the columns.
func contentOf(table string, cells []string) string {
	b := []byte{'{'}
	for i, c := range plan.TableByName(table).Columns {
		if cells[i] == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		key, _ := json.Marshal(c.Name) // a string always can be
		v, _ := json.Marshal(cells[i])
		b = append(append(append(b, key...), ':'), v...)
	}
	return string(append(b, '}'))
}

func cellsOf(table, content string) ([]string, error) {
	t := plan.TableByName(table)
	if t == nil {
		return nil, fmt.Errorf("table %q: it was written by a newer phukin-hub, use that one", table)
	}
	var values map[string]string
	if err := json.Unmarshal([]byte(content), &values); err != nil {
		return nil, fmt.Errorf("a row of %s: %w", table, err)
	}
	cells := make([]string, len(t.Columns))
	for name, v := range values {
		i := t.Column(name)
		if i < 0 {
			return nil, fmt.Errorf("column %q of %s: it was written by a newer phukin-hub, use that one", name, table)
		}
		cells[i] = v
	}
	return cells, nil
}

// PlanEvidence gives the codes of all cameras that an agent ever reported.
func (d *DB) PlanEvidence(ctx context.Context) (map[string]bool, error) {
	all := map[string]bool{}
	err := scan(ctx, d.read, "SELECT code FROM camera", func(rows *sql.Rows) error {
		var code string
		err := rows.Scan(&code)
		all[code] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the cameras with evidence: %w", err)
	}
	return all, nil
}
