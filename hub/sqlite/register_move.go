package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/phukin/phukin/hub/history"
)

// Marks implements history.Register.
func (r *Register) Marks(ctx context.Context) (history.Marks, error) { return r.marks(ctx) }

// Accept implements history.Register.
func (r *Register) Accept(ctx context.Context, p *history.Parcel, entries []history.Placed, dry bool) (history.Taken, error) {
	if r.loc == nil {
		return history.Taken{}, errNoZone
	}
	var taken history.Taken
	var streams map[stream]*ledgerOf
	err := r.update(ctx, func(tx *sql.Conn) error {
		t := taker{db: r.DB, tx: tx, a: r.appender(ctx, tx), p: p}
		if err := t.run(ctx, t.marks, t.losses, t.asides, t.seen, t.cameras, t.changes, func() error { return t.entries(entries) }, t.finish); err != nil {
			return err
		}
		taken, streams = t.taken, t.a.streams
		if dry {
			return errDry
		}
		return nil
	}, func() { r.tell(streams) })
	if err != nil && !errors.Is(err, errDry) {
		return history.Taken{}, fmt.Errorf("enter records of another history: %w", err)
	}
	return taken, nil
}

// cameras enters those of the parcel's days, which are kept elsewhere.
func (t *taker) cameras() error {
	for i := range t.p.Days {
		if _, err := t.camera(t.p.Days[i].Camera); err != nil {
			return err
		}
	}
	return nil
}

// entries enters where observations are.
func (t *taker) entries(entries []history.Placed) error {
	for i := range entries {
		if err := t.a.enter(t.tx, &entries[i]); err != nil {
			return err
		}
	}
	t.foldedThere()
	return nil
}
