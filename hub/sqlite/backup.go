package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// Backup writes a copy of the file under a path where nothing is yet: all that
// was committed when it began, whoever writes meanwhile. The copy is checked
// before it gets its name, so what has the name is whole.
func (d *DB) Backup(ctx context.Context, path string) error {
	return d.backup(ctx, path, func(string) error { return nil })
}

// BackupWithoutHistory is Backup of all but the history: the plan, what agents
// are let in by and speak with, and the quarantine. The copy may get the history
// by Take, or become the register of one elsewhere that does.
func (d *DB) BackupWithoutHistory(ctx context.Context, path string) error {
	return d.backup(ctx, path, func(part string) error { return dropHistory(ctx, part) })
}

// backup writes the copy, and has change change it before it is checked.
func (d *DB) backup(ctx context.Context, path string, change func(part string) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("back up the database to %s: %w", path, err)
		}
	}()
	if _, err := os.Lstat(path); err == nil {
		return errors.New("something of this name is there already; choose another name, or remove it first")
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// In the same folder, so that it can be renamed; for its owner alone.
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreGone(os.Remove(part.Name())))
		}
	}()
	if err := part.Close(); err != nil {
		return err
	}
	if err := d.vacuumInto(ctx, part.Name()); err != nil {
		return err
	}
	if err := change(part.Name()); err != nil {
		return err
	}
	if err := checkCopy(ctx, part.Name()); err != nil {
		return fmt.Errorf("the copy is not whole: %w", err)
	}
	if err := syncFile(part.Name()); err != nil {
		return err
	}
	return nameIt(part.Name(), path)
}

// dropHistory takes the history out of a file that nobody else has open.
func dropHistory(ctx context.Context, path string) (err error) {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	for _, text := range []string{
		"DELETE FROM batch", "DELETE FROM entered", "DELETE FROM register", "DELETE FROM committed", "DELETE FROM unfolded",
		"DELETE FROM ledger_day", "DELETE FROM ledger_counts", "DELETE FROM ledger_lines", "DELETE FROM ledger_change",
		"DELETE FROM gap", "DELETE FROM camera_agent", "DELETE FROM camera",
		"UPDATE sealed SET before_day = -2147483648", "UPDATE pruned SET before_ms = 0", "VACUUM",
	} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("take the history out: %w", err)
		}
	}
	return nil
}

// nameIt gives a file that is whole its name.
func nameIt(part, path string) error {
	// A link, unlike a name, is not put over what has come there meanwhile.
	err := os.Link(part, path)
	switch {
	case err == nil:
		err = os.Remove(part)
	case !errors.Is(err, fs.ErrExist): // sticks and some shares know no links
		err = os.Rename(part, path)
	}
	return errors.Join(err, syncFile(filepath.Dir(path)))
}

// vacuumInto copies the file as one read transaction sees it.
func (d *DB) vacuumInto(ctx context.Context, path string) (err error) {
	c, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ignoreDone(c.Close())) }()
	if _, err := c.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "VACUUM INTO ?", path)
	_, back := c.ExecContext(context.WithoutCancel(ctx), "PRAGMA query_only = 1")
	return errors.Join(err, back)
}

// checkCopy reads all of a file that nobody writes to: its structure, what
// refers to what, and the checksums of chunks.
func checkCopy(ctx context.Context, path string) (err error) {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "immutable=1&mode=ro"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return errors.New(verdict)
	}
	var faults int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM pragma_foreign_key_check").Scan(&faults); err != nil {
		return err
	}
	if faults > 0 {
		return fmt.Errorf("%d rows refer to rows that are not there", faults)
	}
	for _, t := range []chunkTable{countsTable, linesTable} {
		if err := scan(ctx, db, "SELECT id, days FROM "+t.name, func(rows *sql.Rows) error {
			var id int64
			var p sql.RawBytes
			if err := rows.Scan(&id, &p); err != nil {
				return err
			}
			if _, err := openChunk(p); err != nil {
				return fmt.Errorf("%s of camera number %d: %w", t.name, id/t.places, err)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// Check reads all of the file and says what is damaged in it.
func (d *DB) Check(ctx context.Context) error {
	var verdict string
	if err := d.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("the database is damaged: %s", verdict)
	}
	return nil
}

// syncFile brings a file or folder to the disk.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
