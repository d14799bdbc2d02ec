// Package sqlite keeps the hub's records in one SQLite file: history
// (history.Store), the agents' credentials (enrol.Registry), the plan
// (plan.Store), and what agents are given of it (assign.Store). It needs no
// cgo.
//
// The file runs in WAL mode with synchronous=FULL: when a write returns, it
// survives a power cut. One connection writes, others read; writers wait for
// each other, readers never do. The schema comes from the embedded
// migrations; a file written by a newer program is refused.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite" // the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are the settings of a DB.
type Options struct {
	// Location is the time zone of ledger days. The file keeps it, and is not
	// opened with another one. It defaults to the file's own; a new file without
	// one has no days and takes no observations.
	Location *time.Location
	// Now tells the time. It defaults to time.Now.
	Now func() time.Time
}

// DB is an open file. It is safe for use by several goroutines.
type DB struct {
	write, read *sql.DB
	writer      *sql.Conn // the one of write
	loc         *time.Location
	now         func() time.Time
	revision    atomic.Uint64

	writing sync.Mutex // held by the one transaction that writes
	known   known
	stmts   stmts

	committed committed
}

// Open opens the file, creating it if it is not there, and brings its schema
// up to date.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	return open(ctx, path, o, migrations)
}

func open(ctx context.Context, path string, o Options, migrations fs.FS) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, fmt.Errorf("create the folder of the database %s: %w", path, err)
		}
	}
	if err := private(path); err != nil {
		return nil, fmt.Errorf("create the database %s: %w", path, err)
	}
	d := &DB{now: o.Now}
	var err error
	if d.write, err = sql.Open("sqlite", dsn(path, false)); err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	d.write.SetMaxOpenConns(1)
	if d.read, err = sql.Open("sqlite", dsn(path, true)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), d.write.Close())
	}
	// No bound on readers: one that streams days may ask for more while it
	// does, and must not wait for itself.
	d.read.SetMaxIdleConns(4)
	if err := d.connect(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), d.Close())
	}
	if err := d.migrate(ctx, migrations); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), d.Close())
	}
	if err := d.stmts.prepare(ctx, d.writer); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), d.Close())
	}
	d.known.stale = true
	if err := d.settle(ctx, o.Location); err != nil {
		return nil, errors.Join(fmt.Errorf("read the database %s: %w", path, err), d.Close())
	}
	return d, nil
}

// Close waits for running statements and closes the file.
func (d *DB) Close() error {
	d.writing.Lock()
	defer d.writing.Unlock()
	err := d.stmts.close()
	if d.writer != nil {
		err = errors.Join(err, ignoreDone(d.writer.Close()))
	}
	return errors.Join(err, d.read.Close(), d.write.Close())
}

func dsn(path string, readOnly bool) string {
	q := url.Values{"_pragma": {"page_size(8192)", "busy_timeout(10000)", "foreign_keys(1)"}}
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		// Pages that every commit changes are copied into the file once for many.
		q.Add("_pragma", "wal_autocheckpoint(4000)")
		q.Add("_pragma", "cache_size(-16384)")
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
	return u.String()
}

// connect opens the connection that writes. SQLite does not wait for the lock
// when it puts a new file into WAL mode while another process does the same;
// so this waits.
func (d *DB) connect(ctx context.Context) error {
	for tries := 0; ; tries++ {
		var err error
		if d.writer, err = d.write.Conn(ctx); err == nil {
			return nil
		}
		var failed *sqlite.Error
		if tries == 500 || !errors.As(err, &failed) || failed.Code()&0xff != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// migrate applies what the file does not have yet, each migration in a
// transaction of its own. The file's user_version counts them.
func (d *DB) migrate(ctx context.Context, migrations fs.FS) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	var have int
	if err := d.writer.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	if have > len(names) {
		return fmt.Errorf("the file has schema version %d, this program knows %d: it was written by a newer phukin-hub, use that one", have, len(names))
	}
	for i := have; i < len(names); i++ {
		text, err := fs.ReadFile(migrations, names[i])
		if err != nil {
			return err
		}
		err = d.update(ctx, func(tx *sql.Conn) error {
			// Another process may have come first.
			if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil || have > i {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(i+1))
			return err
		})
		if err != nil {
			return fmt.Errorf("migration %s: %w", strings.TrimPrefix(names[i], "migrations/"), err)
		}
	}
	return nil
}

// update runs f in a write transaction and commits it, or rolls it back when
// f fails, panics, or ctx has ended meanwhile. There is one such transaction
// at a time. Its statements need no context: they are short, and f looks at
// ctx between them. When it is committed, and before the next one begins, then
// is called.
func (d *DB) update(ctx context.Context, f func(tx *sql.Conn) error, then ...func()) (err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	forever := context.WithoutCancel(ctx)
	if _, err := d.do(forever, d.stmts.begin, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		d.known.stale = true // what f noted in known did not come about
		// SQLite has rolled back by itself after some errors, and says so now.
		if _, rerr := d.do(forever, d.stmts.rollback, "ROLLBACK"); err == nil {
			err = rerr
		}
	}()
	tx := d.writer
	if err := d.refresh(ctx, tx); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := d.do(forever, d.stmts.commit, "COMMIT"); err != nil {
		return err
	}
	committed = true
	for _, f := range then {
		f()
	}
	return nil
}

// do runs a statement that is not prepared yet while the file is being opened.
func (d *DB) do(ctx context.Context, stmt *sql.Stmt, text string) (sql.Result, error) {
	if stmt == nil {
		return d.writer.ExecContext(ctx, text)
	}
	return stmt.ExecContext(ctx)
}

// refresh reads known again if it is stale, or another process has written to
// the file since.
func (d *DB) refresh(ctx context.Context, tx *sql.Conn) error {
	if d.stmts.version == nil {
		return nil // the file is being opened
	}
	ctx = context.WithoutCancel(ctx)
	var version int64
	if err := d.stmts.version.QueryRowContext(ctx).Scan(&version); err != nil {
		return err
	}
	if !d.known.stale && version == d.known.version {
		return nil
	}
	if err := d.known.load(ctx, tx); err != nil {
		return err
	}
	d.known.version = version
	d.committed.forget()
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// private makes the file, if it is not there, for its owner alone: it holds
// where cameras are and the hashes of tokens.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
