package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/phukin/phukin/hub/history"
)

// dayWriter reads and writes ledger days in one transaction, where they stand.
// From the border on, which is the first day that is not sealed, each is a row.
// Before it a day is in its camera's chunks, or still a row that waits for
// seal; it is never in both.
type dayWriter struct {
	ctx    context.Context // without an end, see DB.update
	stmts  *stmts
	border history.DayNumber

	counter counter
	months  map[int64]*month // by id of the row
	years   map[int64]map[history.DayNumber]history.DayCount
}

// month is a chunk of timelines that this transaction has looked into.
type month struct {
	lines   []line
	changed bool
}

func (d *DB) days(ctx context.Context) *dayWriter {
	return &dayWriter{ctx: context.WithoutCancel(ctx), stmts: &d.stmts, border: d.known.sealed, months: map[int64]*month{}, years: map[int64]map[history.DayNumber]history.DayCount{}}
}

// standing is a ledger day as it is stored; revision is 0 if it is not there.
type standing struct {
	revision int
	timeline []byte
	sealed   bool // it is in chunks, or would be
}

func (w *dayWriter) get(camera int64, day history.DayNumber) (s standing, err error) {
	err = w.stmts.selectDay.QueryRowContext(w.ctx, day, camera).Scan(&s.revision, &s.timeline)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return s, err
	}
	if s.sealed = day < w.border; !s.sealed {
		return s, nil
	}
	m, err := w.month(camera, day)
	if err != nil {
		return s, err
	}
	if i, found := m.find(day); found {
		s.revision, s.timeline = m.lines[i].revision, m.lines[i].timeline
	}
	return s, nil
}

// put writes a day where get found it or its place. encoded is t as it is
// stored.
func (w *dayWriter) put(camera int64, day history.DayNumber, sealed bool, revision int, t history.Timeline, encoded []byte) error {
	if !sealed {
		_, err := w.stmts.putDay.ExecContext(w.ctx, day, camera, revision, encoded)
		return err
	}
	m, err := w.month(camera, day)
	if err != nil {
		return err
	}
	i, found := m.find(day)
	if !found {
		m.lines = slices.Insert(m.lines, i, line{})
	}
	m.lines[i], m.changed = line{day, revision, encoded}, true
	year := camera*yearPlaces + yearPlace(day)
	if w.years[year] == nil {
		w.years[year] = map[history.DayNumber]history.DayCount{}
	}
	w.years[year][day] = history.CountDay(day, t)
	return nil
}

func (m *month) find(day history.DayNumber) (int, bool) {
	return slices.BinarySearchFunc(m.lines, day, func(l line, day history.DayNumber) int { return cmp.Compare(l.day, day) })
}

func (w *dayWriter) month(camera int64, day history.DayNumber) (*month, error) {
	id := camera*monthPlaces + monthPlace(day)
	if m := w.months[id]; m != nil {
		return m, nil
	}
	m := &month{}
	var p []byte
	err := w.stmts.selectLines.QueryRowContext(w.ctx, id).Scan(&p)
	if err == nil {
		m.lines, err = unpackLines(p, monthSpan(id%monthPlaces), nil)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("timelines of the month of %s: %w", day, err)
	}
	w.months[id] = m
	return m, nil
}

// flush writes the chunks that changed.
func (w *dayWriter) flush() error {
	for _, id := range slices.Sorted(maps.Keys(w.months)) {
		if m := w.months[id]; m.changed {
			if _, err := w.stmts.putLines.ExecContext(w.ctx, id, packLines(monthSpan(id%monthPlaces), m.lines)); err != nil {
				return err
			}
		}
	}
	clear(w.months)
	for _, id := range slices.Sorted(maps.Keys(w.years)) {
		if err := w.count(id, w.years[id]); err != nil {
			return err
		}
	}
	clear(w.years)
	return nil
}

// count puts the counts of days into their year.
func (w *dayWriter) count(id int64, changed map[history.DayNumber]history.DayCount) error {
	span := yearSpan(id % yearPlaces)
	var p []byte
	var counts []history.DayCount
	err := w.stmts.selectCounts.QueryRowContext(w.ctx, id).Scan(&p)
	if err == nil {
		counts, err = w.counter.unpack(p, span, nil)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("counts of camera number %d, the year from %s: %w", id/yearPlaces, span.first, err)
	}
	for _, c := range changed {
		i, found := slices.BinarySearchFunc(counts, c.Number, func(c history.DayCount, day history.DayNumber) int { return cmp.Compare(c.Number, day) })
		if !found {
			counts = slices.Insert(counts, i, c)
		}
		counts[i] = c
	}
	_, err = w.stmts.putCounts.ExecContext(w.ctx, id, w.counter.pack(span, counts))
	return err
}
