package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// known mirrors the small tables that every append consults, so that a batch
// costs no look-ups. It belongs to whoever holds DB.writing; after a
// transaction that failed it is stale and read again.
type known struct {
	stale   bool
	agents  map[string]int64
	codes   map[int64]string // of agents
	cameras map[string]*camera
	pruned  int64             // Unix milliseconds
	sealed  history.DayNumber // days before it are in chunks, or wait for it

	home     *home // another one after every load
	unfolded map[agentDay]bool
	streams  map[stream]spans // those that were asked for
	version  int64            // of the file; another process that writes changes it
}

type home struct{ _ byte } // not empty: every one has an address of its own

// camera begins with what every observation looks at.
type camera struct {
	seen     history.Seen
	home     *home // of the known that it belongs to
	measured int64 // newest measurement, at least seen.MeasuredAt; Unix milliseconds
	agent    int64 // the last who reported it
	id       int64
	agents   []int64 // who ever reported it
}

func (k *known) load(ctx context.Context, db queryer) error {
	fresh := known{
		agents: map[string]int64{}, codes: map[int64]string{}, cameras: map[string]*camera{}, home: &home{},
		unfolded: map[agentDay]bool{}, streams: map[stream]spans{}, version: k.version,
	}
	if err := fresh.read(ctx, db); err != nil {
		return fmt.Errorf("read agents and cameras: %w", err)
	}
	*k = fresh
	return nil
}

func (k *known) read(ctx context.Context, db queryer) error {
	if err := scan(ctx, db, "SELECT id, code FROM agent", func(rows *sql.Rows) error {
		var id int64
		var code string
		err := rows.Scan(&id, &code)
		k.agents[code], k.codes[id] = id, code
		return err
	}); err != nil {
		return err
	}
	byID := map[int64]*camera{}
	if err := scan(ctx, db, "SELECT id, code, enrolled, verified, measured_at, codec, width, height, frame_rate FROM camera", func(rows *sql.Rows) error {
		c, err := scanCamera(rows)
		c.home = k.home
		k.cameras[c.seen.Camera], byID[c.id] = c, c
		return err
	}); err != nil {
		return err
	}
	if err := scan(ctx, db, "SELECT camera, agent FROM camera_agent", func(rows *sql.Rows) error {
		var camera, agent int64
		if err := rows.Scan(&camera, &agent); err != nil {
			return err
		}
		c, ok := byID[camera]
		if !ok {
			return fmt.Errorf("agent %d reports camera %d, which is not there", agent, camera)
		}
		c.agents = append(c.agents, agent)
		return nil
	}); err != nil {
		return err
	}
	if err := scan(ctx, db, "SELECT agent, day FROM unfolded", func(rows *sql.Rows) error {
		var d agentDay
		err := rows.Scan(&d.agent, &d.day)
		k.unfolded[d] = true
		return err
	}); err != nil {
		return err
	}
	return db.QueryRowContext(ctx, "SELECT p.before_ms, s.before_day FROM pruned p, sealed s").Scan(&k.pruned, &k.sealed)
}

func scanCamera(rows *sql.Rows) (*camera, error) {
	c := &camera{}
	var enrolled, verified sql.NullInt64
	var codec uint8
	s := &c.seen
	err := rows.Scan(&c.id, &s.Camera, &enrolled, &verified, &s.MeasuredAt, &codec, &s.Width, &s.Height, &s.FrameRate)
	s.Codec, s.Enrolled, s.Verified = wire.Codec(codec), history.NoDay, history.NoDay
	if enrolled.Valid {
		s.Enrolled = history.DayNumber(enrolled.Int64)
	}
	if verified.Valid {
		s.Verified = history.DayNumber(verified.Int64)
	}
	c.measured = s.MeasuredAt
	return c, err
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// scan calls f for each row of a query.
func scan(ctx context.Context, db queryer, query string, f func(rows *sql.Rows) error, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	return each(rows, err, func() error { return f(rows) })
}

// each calls f for each row and closes the rows.
func each(rows *sql.Rows, err error, f func() error) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told already
	for rows.Next() {
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}
