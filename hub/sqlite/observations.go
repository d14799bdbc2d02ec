package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"

	"github.com/phukin/phukin/hub/history"
)

// lastMoment is after every observation that hub/wire takes: the year 3000.
const lastMoment = 32_600_000_000_000

// atATime is for how many cameras observations are read at once: batches hold
// many cameras, so reading them for one at a time would read them as often;
// and what is read waits in RAM.
const atATime = 8

// Observations implements history.Store.
func (d *DB) Observations(ctx context.Context, p history.Period) iter.Seq2[history.Identified, error] {
	return func(yield func(history.Identified, error) bool) {
		// "Always" may be asked for by moments beyond every calendar.
		p.From, p.To = max(p.From, 0), min(p.To, lastMoment)
		if p.From >= p.To || d.loc == nil {
			return
		}
		cameras, err := d.reporters(ctx, p.Cameras)
		if err != nil {
			yield(history.Identified{}, fmt.Errorf("read observations: %w", err))
			return
		}
		for part := range slices.Chunk(cameras, atATime) {
			obs, err := d.observations(ctx, part, p.From, p.To)
			if err != nil {
				yield(history.Identified{}, fmt.Errorf("read observations of cameras %s to %s: %w", part[0].code, part[len(part)-1].code, err))
				return
			}
			for _, camera := range part {
				for _, o := range obs[camera.code] {
					if !yield(o, nil) {
						return
					}
				}
				delete(obs, camera.code)
			}
		}
	}
}

// reported is a camera with the agents that ever reported it.
type reported struct {
	code   string
	agents map[int64]string
}

// reporters gives the cameras that are named, or all, by code, with the agents
// that ever reported them.
func (d *DB) reporters(ctx context.Context, cameras []string) (all []reported, err error) {
	named, args := inCodes(cameras)
	err = scan(ctx, d.read, "SELECT c.code, a.id, a.code FROM camera c JOIN camera_agent p ON p.camera = c.id JOIN agent a ON a.id = p.agent WHERE TRUE"+named+" ORDER BY c.code", func(rows *sql.Rows) error {
		var camera, agent string
		var id int64
		if err := rows.Scan(&camera, &id, &agent); err != nil {
			return err
		}
		if n := len(all); n == 0 || all[n-1].code != camera {
			all = append(all, reported{camera, map[int64]string{}})
		}
		all[len(all)-1].agents[id] = agent
		return nil
	}, args...)
	return all, err
}

// observations gives what was seen of cameras in [from, to), in order.
func (d *DB) observations(ctx context.Context, cameras []reported, from, to int64) (map[string][]history.Identified, error) {
	obs := make(map[string][]history.Identified, len(cameras))
	agents := map[int64]string{}
	for _, c := range cameras {
		obs[c.code] = nil
		for id, code := range c.agents {
			agents[id] = code
		}
	}
	first, last := history.DayOf(from, d.loc), history.DayOf(to-1, d.loc)
	for id, agent := range agents {
		rows, err := d.read.QueryContext(ctx, selectBatches, id, first, last)
		if err := decodeBatches(rows, err, agent, func(o history.Identified) {
			if o.From >= to || o.To <= from {
				return
			}
			if of, wanted := obs[o.Camera]; wanted {
				o.Reasons, o.Stages = slices.Clone(o.Reasons), slices.Clone(o.Stages)
				obs[o.Camera] = append(of, o)
			}
		}); err != nil {
			return nil, err
		}
	}
	for _, of := range obs {
		slices.SortFunc(of, history.CompareIdentified)
	}
	return obs, nil
}
