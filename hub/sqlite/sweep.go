package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/phukin/phukin/hub/history"
)

// sweep goes through the ledger days of a query in one snapshot, camera by
// camera: chunks of one kind, and rows.
type sweep struct {
	ctx    context.Context
	tx     *sql.Tx
	q      history.Query
	border history.DayNumber

	chunks, rows cursor
}

// cursor is a stream of rows whose first column is the code of a camera.
type cursor struct {
	rows *sql.Rows // nil once there are no more
	code sql.RawBytes
	cols []any
}

// open stands at the first row, whose columns after the code go to where cols
// point.
func (c *cursor) open(rows *sql.Rows, err error, cols ...any) error {
	if err != nil {
		return err
	}
	c.rows, c.cols = rows, append([]any{&c.code}, cols...)
	return c.next()
}

func (c *cursor) next() error {
	if c.rows == nil {
		return nil
	}
	if !c.rows.Next() {
		err := errors.Join(c.rows.Err(), c.rows.Close())
		c.rows, c.code = nil, nil
		return err
	}
	return c.rows.Scan(c.cols...)
}

// is says whether the cursor stands at a row of the camera.
func (c *cursor) is(camera string) bool { return c.rows != nil && string(c.code) == camera }

// chunkTable is a table of chunks.
type chunkTable struct {
	name   string
	places int64
	place  func(history.DayNumber) int64
}

var (
	countsTable = chunkTable{"ledger_counts", yearPlaces, yearPlace}
	linesTable  = chunkTable{"ledger_lines", monthPlaces, monthPlace}
)

// sweep calls f with a sweep that stands before the first camera.
func (d *DB) sweep(ctx context.Context, q history.Query, f func(*sweep) error) (err error) {
	q.First, q.Last = max(q.First, earliestDay), min(q.Last, latestDay)
	if q.First > q.Last || q.Cameras != nil && len(q.Cameras) == 0 {
		return ctx.Err()
	}
	tx, err := d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() {
		// There is nothing to commit; the end of ctx may have ended it already.
		if rerr := tx.Rollback(); err == nil && !errors.Is(rerr, sql.ErrTxDone) {
			err = rerr
		}
	}()
	s := &sweep{ctx: ctx, tx: tx, q: q}
	if err := tx.QueryRowContext(ctx, "SELECT before_day FROM sealed").Scan(&s.border); err != nil {
		return err
	}
	err = f(s)
	for _, c := range []*cursor{&s.chunks, &s.rows} {
		if c.rows != nil {
			_ = c.rows.Close() // who stopped wants no more of it
		}
	}
	return err
}

// openChunks opens the stream of chunks, whose id and bytes go to where id and
// p point, and stands at the first.
func (s *sweep) openChunks(t chunkTable, id *int64, p *sql.RawBytes) error {
	if s.q.First >= s.border {
		return nil
	}
	named, args := inCodes(s.q.Cameras)
	args = append([]any{t.place(s.q.First), t.place(s.q.Last)}, args...)
	places := fmt.Sprintf("c.id * %d + ", t.places)
	rows, err := s.tx.QueryContext(s.ctx, "SELECT c.code, l.id, l.days FROM camera c CROSS JOIN "+t.name+" l WHERE l.id BETWEEN "+places+"? AND "+places+"?"+named+" ORDER BY c.code, l.id", args...)
	return s.chunks.open(rows, err, id, p)
}

// openRows opens the stream of rows, and stands at the first.
func (s *sweep) openRows(day *history.DayNumber, revision *int, timeline *sql.RawBytes) error {
	var days []history.DayNumber
	for d := s.q.First; ; d++ {
		var next sql.NullInt64
		if err := s.tx.QueryRowContext(s.ctx, "SELECT MIN(day) FROM ledger_day WHERE day BETWEEN ? AND ?", d, s.q.Last).Scan(&next); err != nil {
			return err
		}
		if !next.Valid {
			break
		}
		d = history.DayNumber(next.Int64)
		days = append(days, d)
	}
	if len(days) == 0 {
		return nil
	}
	list, err := json.Marshal(days)
	if err != nil {
		return err
	}
	named, args := inCodes(s.q.Cameras)
	rows, err := s.tx.QueryContext(s.ctx, "SELECT c.code, l.day, l.revision, l.timeline FROM camera c CROSS JOIN json_each(?) d CROSS JOIN ledger_day l WHERE l.day = d.value AND l.camera = c.id"+named+" ORDER BY c.code, d.value", append([]any{string(list)}, args...)...)
	return s.rows.open(rows, err, day, revision, timeline)
}

// camera gives the next camera that either stream has, false if there is none.
func (s *sweep) camera() (string, bool) {
	a, b := &s.chunks, &s.rows
	switch {
	case a.rows == nil && b.rows == nil:
		return "", false
	case b.rows == nil || a.rows != nil && string(a.code) < string(b.code):
		return string(a.code), true
	}
	return string(b.code), true
}

// Days implements history.Store.
func (d *DB) Days(ctx context.Context, q history.Query) iter.Seq2[history.Day, error] {
	return func(yield func(history.Day, error) bool) {
		err := d.sweep(ctx, q, func(s *sweep) error { return s.days(yield) })
		if err != nil && !errors.Is(err, errStop) {
			yield(history.Day{}, fmt.Errorf("read ledger days: %w", err))
		}
	}
}

func (s *sweep) days(yield func(history.Day, error) bool) error {
	var id int64
	var chunk sql.RawBytes
	if err := s.openChunks(linesTable, &id, &chunk); err != nil {
		return err
	}
	var row line
	var timeline sql.RawBytes
	if err := s.openRows(&row.day, &row.revision, &timeline); err != nil {
		return err
	}
	var waiting, lines []line
	for camera, more := s.camera(); more; camera, more = s.camera() {
		give := func(l line) error {
			if l.day < s.q.First || l.day > s.q.Last {
				return nil
			}
			day := history.Day{Camera: camera, Number: l.day, Revision: l.revision}
			if err := day.Timeline.UnmarshalBinary(l.timeline); err != nil {
				return fmt.Errorf("ledger day %s of camera %s: %w", l.day, camera, err)
			}
			if !yield(day, nil) {
				return errStop
			}
			return nil
		}
		for waiting = waiting[:0]; s.rows.is(camera); {
			waiting = append(waiting, line{row.day, row.revision, slices.Clone(timeline)})
			if err := s.rows.next(); err != nil {
				return err
			}
		}
		for s.chunks.is(camera) {
			var err error
			if lines, err = unpackLines(chunk, monthSpan(id%monthPlaces), lines[:0]); err != nil {
				return fmt.Errorf("camera %s, the month of %s: %w", camera, monthSpan(id%monthPlaces).first, err)
			}
			for _, l := range lines {
				for len(waiting) > 0 && waiting[0].day < l.day {
					if err := give(waiting[0]); err != nil {
						return err
					}
					waiting = waiting[1:]
				}
				if err := give(l); err != nil {
					return err
				}
			}
			if err := s.chunks.next(); err != nil {
				return err
			}
		}
		for _, l := range waiting {
			if err := give(l); err != nil {
				return err
			}
		}
	}
	return nil
}

var _ history.Counter = (*DB)(nil)

// Counts implements history.Counter.
func (d *DB) Counts(ctx context.Context, q history.Query) iter.Seq2[history.CameraCounts, error] {
	return func(yield func(history.CameraCounts, error) bool) {
		err := d.sweep(ctx, q, func(s *sweep) error { return s.counts(yield) })
		if err != nil && !errors.Is(err, errStop) {
			yield(history.CameraCounts{}, fmt.Errorf("read counts of ledger days: %w", err))
		}
	}
}

func (s *sweep) counts(yield func(history.CameraCounts, error) bool) error {
	var id int64
	var chunk sql.RawBytes
	if err := s.openChunks(countsTable, &id, &chunk); err != nil {
		return err
	}
	var row line
	var timeline sql.RawBytes
	if err := s.openRows(&row.day, &row.revision, &timeline); err != nil {
		return err
	}
	counter := new(counter)
	var all []history.DayCount
	var t history.Timeline
	for camera, more := s.camera(); more; camera, more = s.camera() {
		all = all[:0]
		for s.chunks.is(camera) {
			var err error
			span := yearSpan(id % yearPlaces)
			if all, err = counter.unpack(chunk, span, all); err != nil {
				return fmt.Errorf("camera %s, the year from %s: %w", camera, span.first, err)
			}
			if err := s.chunks.next(); err != nil {
				return err
			}
		}
		inOrder := true
		for s.rows.is(camera) {
			if err := t.UnmarshalBinary(timeline); err != nil {
				return fmt.Errorf("ledger day %s of camera %s: %w", row.day, camera, err)
			}
			inOrder = inOrder && (len(all) == 0 || all[len(all)-1].Number < row.day)
			all = append(all, history.CountDay(row.day, t))
			if err := s.rows.next(); err != nil {
				return err
			}
		}
		if !inOrder {
			slices.SortFunc(all, func(x, y history.DayCount) int { return int(x.Number - y.Number) })
		}
		if days := s.within(all); len(days) > 0 && !yield(history.CameraCounts{Camera: camera, Days: days}, nil) {
			return errStop
		}
	}
	return nil
}

// within gives those of a camera's days that the query means: chunks have
// whole years.
func (s *sweep) within(all []history.DayCount) []history.DayCount {
	for len(all) > 0 && all[0].Number < s.q.First {
		all = all[1:]
	}
	for len(all) > 0 && all[len(all)-1].Number > s.q.Last {
		all = all[:len(all)-1]
	}
	return all
}
