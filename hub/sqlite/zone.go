package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// errNoZone reports a file that does not know yet whose days it keeps.
var errNoZone = errors.New("the file does not know yet in which time zone its days are: the hub says so when it first serves a plan")

// settle finds out the time zone of the file's days. The first program that
// gives one decides: ledger days of two zones would be no record of anything.
func (d *DB) settle(ctx context.Context, loc *time.Location) error {
	var name string
	err := d.update(ctx, func(tx *sql.Conn) error {
		if err := tx.QueryRowContext(ctx, "SELECT name FROM zone").Scan(&name); err != nil || name != "" || loc == nil {
			return err
		}
		if name = loc.String(); name == "Local" {
			return errors.New("the time zone is given as Local, which is another one on another machine: give its name, like Asia/Ho_Chi_Minh")
		}
		_, err := tx.ExecContext(ctx, "UPDATE zone SET name = ?", name)
		return err
	})
	switch {
	case err != nil:
		return err
	case loc != nil && name != "" && loc.String() != name:
		return fmt.Errorf("its ledger days are those of the time zone %s, and %s is asked for: a plan with another zone needs a database of its own", name, loc)
	case loc != nil:
		d.loc = loc
	case name != "":
		if d.loc, err = time.LoadLocation(name); err != nil {
			return fmt.Errorf("time zone of its ledger days: %w", err)
		}
	}
	return nil
}

// Location gives the time zone of ledger days, nil if the file does not know
// it yet.
func (d *DB) Location() *time.Location { return d.loc }
