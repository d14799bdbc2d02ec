package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/phukin/phukin/hub/history"
)

const (
	// openDays is how many days stay rows: today and those before it, of which
	// most of what comes late speaks.
	openDays = 3
	// sealChunk is how many days of cameras one transaction seals: few enough
	// that an append never waits long. sealAtOnce is how many of these Fold does
	// at once: what comes in meanwhile waits for its fold.
	sealChunk  = 128
	sealAtOnce = 32
)

// seal puts the rows of days before the border into their cameras' chunks.
func (d *DB) seal(ctx context.Context) error {
	for range sealAtOnce {
		left := 0
		err := d.update(ctx, func(tx *sql.Conn) error {
			rows, err := sealable(ctx, tx, d.known.sealed)
			if err != nil {
				return err
			}
			left = len(rows)
			w := d.days(ctx)
			for _, r := range rows {
				var t history.Timeline
				if err := t.UnmarshalBinary(r.timeline); err != nil {
					return fmt.Errorf("ledger day %s of camera number %d: %w", r.day, r.camera, err)
				}
				if err := w.put(r.camera, r.day, true, r.revision, t, r.timeline); err != nil {
					return err
				}
				if _, err := d.stmts.deleteDay.ExecContext(w.ctx, r.day, r.camera); err != nil {
					return err
				}
			}
			return w.flush()
		})
		if err != nil {
			return fmt.Errorf("seal ledger days: %w", err)
		}
		if left < sealChunk {
			return nil
		}
	}
	return nil
}

// raise moves the border on. It never goes back, whatever the clock does: else
// a day could become a row that is in a chunk already.
func (d *DB) raise(ctx context.Context, tx *sql.Conn) error {
	border := min(history.DayOf(d.now().UnixMilli(), d.loc)-openDays+1, latestDay)
	if border <= d.known.sealed {
		return nil
	}
	d.known.sealed = border
	_, err := tx.ExecContext(context.WithoutCancel(ctx), "UPDATE sealed SET before_day = ?", border)
	return err
}

// ledgerRow is a day that is a row.
type ledgerRow struct {
	camera int64
	line
}

// sealable gives the next rows of days before the border.
func sealable(ctx context.Context, tx *sql.Conn, border history.DayNumber) ([]ledgerRow, error) {
	var all []ledgerRow
	err := scan(ctx, tx, "SELECT day, camera, revision, timeline FROM ledger_day WHERE day < ? ORDER BY day, camera LIMIT ?", func(rows *sql.Rows) error {
		var r ledgerRow
		err := rows.Scan(&r.day, &r.camera, &r.revision, &r.timeline)
		all = append(all, r)
		return err
	}, border, sealChunk)
	return all, err
}
