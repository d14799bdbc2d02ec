package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/phukin/phukin/hub/history"
)

// Prune implements history.Store. It takes one transaction an agent, so that
// an append never waits long.
func (d *DB) Prune(ctx context.Context, before int64) error {
	if d.loc == nil {
		return fmt.Errorf("prune observations: %w", errNoZone)
	}
	var agents []int64
	var day history.DayNumber
	err := d.update(ctx, func(tx *sql.Conn) error {
		// Whole days only: a day is either computed from all of its
		// observations or only filled.
		day = history.DayOf(before, d.loc)
		var oldest sql.NullInt64
		if err := tx.QueryRowContext(ctx, "SELECT MIN(day) FROM unfolded").Scan(&oldest); err != nil {
			return err
		}
		if oldest.Valid {
			day = min(day, history.DayNumber(oldest.Int64))
		}
		start := day.Start(d.loc).UnixMilli()
		if start <= d.known.pruned {
			return nil
		}
		// From here on these days are only filled, whatever of their batches is
		// still there: to be stopped half-way does no harm.
		if _, err := tx.ExecContext(ctx, "UPDATE pruned SET before_ms = ?", start); err != nil {
			return err
		}
		d.known.pruned = start
		for id := range d.known.codes {
			agents = append(agents, id)
		}
		return nil
	})
	for _, agent := range agents {
		if err != nil {
			break
		}
		err = d.update(ctx, func(tx *sql.Conn) error {
			// Late data may have come since the first transaction: it waits for its
			// fold, and for the next day that is pruned.
			var waiting bool
			if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM unfolded WHERE agent = ? AND day < ?)", agent, day).Scan(&waiting); err != nil || waiting {
				return err
			}
			if _, err := tx.ExecContext(ctx, "DELETE FROM entered WHERE agent = ? AND keep_day < ?", agent, day); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, "DELETE FROM batch WHERE agent = ? AND keep_day < ?", agent, day)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("prune observations: %w", err)
	}
	return nil
}
