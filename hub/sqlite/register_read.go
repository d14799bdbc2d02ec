package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/phukin/phukin/hub/history"
)

// Refs implements history.Register.
func (r *Register) Refs(ctx context.Context, agent string, first, last history.DayNumber) ([]history.Ref, error) {
	var refs []history.Ref
	err := scan(ctx, r.read, "SELECT e.epoch, e.first_seq, e.n, e.at, e.sum FROM entered e JOIN agent a ON a.id = e.agent WHERE a.code = ? AND e.last_day >= ? AND e.first_day <= ?", func(rows *sql.Rows) error {
		ref := history.Ref{Agent: agent}
		var epoch, seq, sum int64
		err := rows.Scan(&epoch, &seq, &ref.Count, &ref.At, &sum)
		ref.Epoch, ref.FirstSeq, ref.Sum = uint64(epoch), uint64(seq), uint64(sum)
		refs = append(refs, ref)
		return err
	}, agent, first, last)
	if err != nil {
		return nil, fmt.Errorf("look up where the observations of agent %s are: %w", agent, err)
	}
	return refs, nil
}

// Senders implements history.Register.
func (r *Register) Senders(ctx context.Context) ([]string, error) {
	var agents []string
	err := scan(ctx, r.read, "SELECT code FROM agent a WHERE EXISTS (SELECT 1 FROM entered e WHERE e.agent = a.id) ORDER BY code", func(rows *sql.Rows) error {
		var code string
		err := rows.Scan(&code)
		agents = append(agents, code)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up whose observations there are: %w", err)
	}
	return agents, nil
}

// Reporters implements history.Register.
func (r *Register) Reporters(ctx context.Context, camera string) ([]string, error) {
	var agents []string
	err := scan(ctx, r.read, "SELECT a.code FROM camera c JOIN camera_agent p ON p.camera = c.id JOIN agent a ON a.id = p.agent WHERE c.code = ?", func(rows *sql.Rows) error {
		var code string
		err := rows.Scan(&code)
		agents = append(agents, code)
		return err
	}, camera)
	if err != nil {
		return nil, fmt.Errorf("look up who reports camera %s: %w", camera, err)
	}
	return agents, nil
}

// Reported implements history.Register.
func (r *Register) Reported(ctx context.Context) ([]string, error) {
	var cameras []string
	err := scan(ctx, r.read, "SELECT code FROM camera ORDER BY code", func(rows *sql.Rows) error {
		var code string
		err := rows.Scan(&code)
		cameras = append(cameras, code)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up which cameras were reported: %w", err)
	}
	return cameras, nil
}

// List implements history.Register.
func (r *Register) List(ctx context.Context, changes []history.Change) error {
	if len(changes) == 0 {
		return nil
	}
	err := r.update(ctx, func(*sql.Conn) error {
		for i := range changes {
			c := r.known.cameras[changes[i].Camera]
			if c == nil {
				return fmt.Errorf("nobody ever reported camera %s", changes[i].Camera)
			}
			if err := r.stmts.change(context.WithoutCancel(ctx), c.id, &changes[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list %d changes of closed days: %w", len(changes), err)
	}
	return nil
}

// Shared implements history.Register.
func (r *Register) Shared(ctx context.Context, agent string) (map[string][]string, error) {
	shared := map[string][]string{}
	err := scan(ctx, r.read, "SELECT c.code, a.code FROM camera_agent mine JOIN camera_agent other ON other.camera = mine.camera AND other.agent <> mine.agent JOIN camera c ON c.id = mine.camera JOIN agent a ON a.id = other.agent WHERE mine.agent = (SELECT id FROM agent WHERE code = ?)", func(rows *sql.Rows) error {
		var camera, other string
		err := rows.Scan(&camera, &other)
		shared[camera] = append(shared[camera], other)
		return err
	}, agent)
	if err != nil {
		return nil, fmt.Errorf("look up which cameras others than agent %s report: %w", agent, err)
	}
	return shared, nil
}

// Unfolded implements history.Register.
func (r *Register) Unfolded(ctx context.Context, after history.AgentDay, limit int) ([]history.AgentDay, error) {
	var mark int64
	var days []history.AgentDay
	// The mark is read first: what is entered after it is folded again.
	err := r.read.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM entered").Scan(&mark)
	if err == nil {
		err = scan(ctx, r.read, "SELECT a.code, u.day FROM unfolded u JOIN agent a ON a.id = u.agent WHERE (a.code, u.day) > (?, ?) ORDER BY a.code, u.day LIMIT ?", func(rows *sql.Rows) error {
			d := history.AgentDay{Mark: mark}
			err := rows.Scan(&d.Agent, &d.Day)
			days = append(days, d)
			return err
		}, after.Agent, after.Day, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("look up which days are behind: %w", err)
	}
	return days, nil
}

// Folded implements history.Register.
func (r *Register) Folded(ctx context.Context, days []history.AgentDay) error {
	err := r.update(ctx, func(tx *sql.Conn) error {
		for _, d := range days {
			agent := r.known.agents[d.Agent]
			res, err := tx.ExecContext(ctx, "DELETE FROM unfolded WHERE agent = ? AND day = ? AND NOT EXISTS (SELECT 1 FROM entered e WHERE e.agent = unfolded.agent AND e.id > ? AND e.last_day >= unfolded.day AND e.first_day <= unfolded.day)", agent, d.Day, d.Mark)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n > 0 {
				delete(r.known.unfolded, agentDay{agent, d.Day})
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note which days are folded: %w", err)
	}
	return nil
}

// Pruned implements history.Register.
func (r *Register) Pruned(ctx context.Context) (int64, error) {
	var before int64
	if err := r.read.QueryRowContext(ctx, "SELECT before_ms FROM pruned").Scan(&before); err != nil {
		return 0, fmt.Errorf("look up what is forgotten: %w", err)
	}
	return before, nil
}
