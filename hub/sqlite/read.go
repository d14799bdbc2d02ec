package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/phukin/phukin/hub/history"
)

// errStop ends a scan whose consumer wants no more.
var errStop = errors.New("stop")

// inCodes gives the condition that camera c is one of those named, nothing if
// all are meant.
func inCodes(cameras []string) (condition string, args []any) {
	if cameras == nil {
		return "", nil
	}
	list, err := json.Marshal(history.Codes(cameras))
	if err != nil { // strings can be encoded
		panic(err)
	}
	return " AND c.code IN (SELECT value FROM json_each(?))", []any{string(list)}
}

// Changes implements history.Store.
func (d *DB) Changes(ctx context.Context, q history.Query, since time.Time) iter.Seq2[history.Change, error] {
	return func(yield func(history.Change, error) bool) {
		named, args := inCodes(q.Cameras)
		err := scan(ctx, d.read, "SELECT c.code, l.day, l.revision, l.at_ms, l.before_up, l.before_degraded, l.before_down, l.before_unknown, l.before_outages, l.after_up, l.after_degraded, l.after_down, l.after_unknown, l.after_outages FROM ledger_change l JOIN camera c ON c.id = l.camera WHERE l.at_ms >= ? AND l.day BETWEEN ? AND ?"+named+" ORDER BY l.at_ms, c.code, l.day, l.revision", func(rows *sql.Rows) error {
			var c history.Change
			var at int64
			b, a := &c.Before, &c.After
			if err := rows.Scan(&c.Camera, &c.Day, &c.Revision, &at, &b.Up, &b.Degraded, &b.Down, &b.Unknown, &b.Outages, &a.Up, &a.Degraded, &a.Down, &a.Unknown, &a.Outages); err != nil {
				return err
			}
			if c.At = time.UnixMilli(at); !yield(c, nil) {
				return errStop
			}
			return nil
		}, append([]any{since.Add(time.Millisecond - 1).UnixMilli(), q.First, q.Last}, args...)...)
		if err != nil && !errors.Is(err, errStop) {
			yield(history.Change{}, fmt.Errorf("read the changes of closed days: %w", err))
		}
	}
}

// Seen implements history.Store.
func (d *DB) Seen(ctx context.Context) (map[string]history.Seen, error) {
	seen := map[string]history.Seen{}
	err := scan(ctx, d.read, "SELECT id, code, enrolled, verified, measured_at, codec, width, height, frame_rate FROM camera WHERE enrolled IS NOT NULL", func(rows *sql.Rows) error {
		c, err := scanCamera(rows)
		seen[c.seen.Camera] = c.seen
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was seen of cameras: %w", err)
	}
	return seen, nil
}
