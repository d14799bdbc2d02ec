package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/phukin/phukin/hub/history"
)

// errStop ends a scan whose consumer wants no more.
var errStop = errors.New("stop")

// Days implements history.Store.
func (d *DB) Days(ctx context.Context, first, last history.DayNumber) iter.Seq2[history.Day, error] {
	return func(yield func(history.Day, error) bool) {
		err := scan(ctx, d.read, "SELECT l.day, c.code, l.revision, l.timeline FROM ledger_day l JOIN camera c ON c.id = l.camera WHERE l.day BETWEEN ? AND ? ORDER BY l.day, c.code", func(rows *sql.Rows) error {
			var day history.Day
			var p sql.RawBytes
			if err := rows.Scan(&day.Number, &day.Camera, &day.Revision, &p); err != nil {
				return err
			}
			if err := day.Timeline.UnmarshalBinary(p); err != nil {
				return fmt.Errorf("ledger day %s of camera %s: %w", day.Number, day.Camera, err)
			}
			if !yield(day, nil) {
				return errStop
			}
			return nil
		}, first, last)
		if err != nil && !errors.Is(err, errStop) {
			yield(history.Day{}, fmt.Errorf("read ledger days: %w", err))
		}
	}
}

// Observations implements history.Store.
func (d *DB) Observations(ctx context.Context, camera string, from, to int64) iter.Seq2[history.Identified, error] {
	return func(yield func(history.Identified, error) bool) {
		obs, err := d.observations(ctx, camera, from, to)
		if err != nil {
			yield(history.Identified{}, fmt.Errorf("read observations of camera %s: %w", camera, err))
			return
		}
		for _, o := range obs {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (d *DB) observations(ctx context.Context, camera string, from, to int64) ([]history.Identified, error) {
	if from >= to {
		return nil, nil
	}
	agents := map[int64]string{}
	if err := scan(ctx, d.read, "SELECT a.id, a.code FROM camera c JOIN camera_agent p ON p.camera = c.id JOIN agent a ON a.id = p.agent WHERE c.code = ?", func(rows *sql.Rows) error {
		var id int64
		var code string
		err := rows.Scan(&id, &code)
		agents[id] = code
		return err
	}, camera); err != nil {
		return nil, err
	}
	// "Always" may be asked for by moments beyond every calendar.
	first, last := history.DayOf(max(from, 0), d.loc), history.DayOf(min(to, lastMoment)-1, d.loc)
	var obs []history.Identified
	for id, agent := range agents {
		rows, err := d.read.QueryContext(ctx, selectBatches, id, first, last)
		if err := decodeBatches(rows, err, agent, func(o history.Identified) {
			if o.Camera == camera && o.From < to && o.To > from {
				o.Reasons, o.Stages = slices.Clone(o.Reasons), slices.Clone(o.Stages)
				obs = append(obs, o)
			}
		}); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(obs, history.CompareIdentified)
	return obs, nil
}

// lastMoment is after every observation that hub/wire takes: the year 3000.
const lastMoment = 32_600_000_000_000

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
