package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/archive"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/sqlite"
)

// openHistory is a history that is open: a store, or a file.
type openHistory struct {
	path   string
	source archive.Source
	store  history.Moving // nil for a file
	db     *sqlite.DB     // of the store
	influx *influx.Store  // nil if the database keeps the history itself
}

// openSource opens a file of JSON lines or a database, by what is in it. f says
// where the history of a database is that does not keep it itself. A database
// is brought up to date first, as the hub does.
func openSource(ctx context.Context, path string, f *influxFlags) (_ *openHistory, err error) {
	is, err := isDatabase(path)
	if err != nil {
		return nil, err
	}
	if !is {
		return &openHistory{path: path, source: fileSource(path)}, nil
	}
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	h := &openHistory{path: path, store: db, db: db}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	_, elsewhere, err := db.RegisterID(ctx)
	if err != nil {
		return nil, err
	}
	if elsewhere {
		if err := h.join(ctx, f, db.Location(), influx.Options{Existing: true}); err != nil {
			return nil, err
		}
	}
	h.source = archive.OfStore(ctx, h.store)
	if db.Location() != nil {
		if _, err := h.store.Fold(ctx); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// isDatabase says whether a file is one of SQLite.
func isDatabase(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	head := make([]byte, 16)
	n, err := io.ReadFull(f, head)
	err = errors.Join(ignoreShort(err), f.Close())
	return bytes.HasPrefix(head[:n], []byte("SQLite format 3")), err
}

// openTarget opens a database, making it if it is not there, whose history is
// where f says: in InfluxDB, which keeps observations for a time, or in the
// database itself. A database that was made stays when InfluxDB cannot be
// opened: the buckets may be its own already.
func openTarget(ctx context.Context, path string, f *influxFlags, loc *time.Location, retention time.Duration) (_ *openHistory, err error) {
	db, err := sqlite.Open(ctx, path, sqlite.Options{Location: loc})
	if err != nil {
		return nil, err
	}
	h := &openHistory{path: path, store: db, db: db}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	_, elsewhere, err := db.RegisterID(ctx)
	if err != nil {
		return nil, err
	}
	if elsewhere || f.InfluxURL != "" {
		if err := h.join(ctx, f, loc, influx.Options{Retention: retention}); err != nil {
			return nil, err
		}
	}
	h.source = archive.OfStore(ctx, h.store)
	return h, nil
}

// join opens the InfluxDB that keeps the history of a database, which is made
// a register if it is none.
func (h *openHistory) join(ctx context.Context, f *influxFlags, loc *time.Location, o influx.Options) error {
	at, err := f.influx()
	if err != nil {
		return err
	}
	if at == nil {
		return fmt.Errorf("lịch sử của %s nằm trong InfluxDB: hãy thêm --%sinflux-url / the history of %s is in InfluxDB: give --%sinflux-url", h.path, f.prefix, h.path, f.prefix)
	}
	if loc == nil {
		return h.noHistory()
	}
	r, err := h.db.Register(ctx)
	if errors.Is(err, sqlite.ErrOwnHistory) {
		return fmt.Errorf("%s đã có lịch sử riêng: hãy chuyển sang tệp khác, xem docs/influxdb.md / %s has a history of its own: move it into another file, see docs/influxdb.md: %w", h.path, h.path, err)
	}
	if err != nil {
		return err
	}
	o.URL, o.Org, o.Bucket, o.Token, o.Register = at.URL, at.Org, at.Bucket, at.Token, r.ID
	o.Log = slog.New(slog.DiscardHandler)
	if h.influx, err = influx.Open(ctx, o); err != nil {
		return err
	}
	h.store, err = history.Join(r, h.influx, history.JoinOptions{Location: loc, Keep: max(o.Retention, leastRetention)})
	return err
}

// seal puts days that are over together, where the store leaves that to others.
func (h *openHistory) seal(ctx context.Context, p *progress) error {
	if h.influx == nil {
		return nil
	}
	var tell func(days int64)
	if t := p.stage("seal"); t != nil {
		tell = func(days int64) { t(days, -1) }
	}
	_, err := h.influx.SealTelling(ctx, influx.SealBefore(time.Now(), h.db.Location()), tell)
	p.done()
	return err
}

func ignoreShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func (h *openHistory) close() error {
	if h.influx != nil {
		h.influx.Close()
	}
	if h.db == nil {
		return nil
	}
	return h.db.Close()
}

// fileSource reads a file, as often as it is asked to.
func fileSource(path string) archive.Source {
	return func(yield func(archive.Record, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(archive.Record{}, err)
			return
		}
		defer func() { _ = f.Close() }() // it was only read
		for r, err := range archive.Read(f) {
			if err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// marks gives what a history says of itself.
func (h *openHistory) marks() (history.Marks, error) {
	for r, err := range h.source {
		if err != nil {
			return history.Marks{}, err
		}
		m, _ := r.Value.(history.Marks)
		if m.Zone == "" {
			break
		}
		return m, nil
	}
	return history.Marks{}, h.noHistory()
}

func (h *openHistory) noHistory() error {
	return fmt.Errorf("%s holds no history yet: no hub has served a plan with it", h.path)
}
