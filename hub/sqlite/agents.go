package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/enrol"
)

var _ enrol.Registry = (*DB)(nil)

// SetTokenHash implements enrol.Registry.
func (d *DB) SetTokenHash(ctx context.Context, agent, hash string, at time.Time) error {
	err := d.update(ctx, func(tx *sql.Conn) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO agent (code, token_hash, enrolled) VALUES (?, ?, ?) ON CONFLICT (code) DO UPDATE SET token_hash = excluded.token_hash, enrolled = excluded.enrolled",
			agent, hash, at.UnixMilli())
		// The look-up tables learn of the new agent at the next write.
		d.known.stale = true
		return err
	})
	if err != nil {
		return fmt.Errorf("enrol agent %s: %w", agent, err)
	}
	return nil
}

// TokenHash implements enrol.Registry.
func (d *DB) TokenHash(ctx context.Context, agent string) (string, error) {
	var hash string
	err := d.read.QueryRowContext(ctx, "SELECT token_hash FROM agent WHERE code = ? AND token_hash <> ''", agent).Scan(&hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", fmt.Errorf("agent %s: %w", agent, enrol.ErrUnknown)
	case err != nil:
		return "", fmt.Errorf("look up agent %s: %w", agent, err)
	}
	return hash, nil
}

// Enrolled implements enrol.Registry.
func (d *DB) Enrolled(ctx context.Context) ([]enrol.Agent, error) {
	var agents []enrol.Agent
	err := scan(ctx, d.read, "SELECT code, enrolled FROM agent WHERE token_hash <> '' ORDER BY code", func(rows *sql.Rows) error {
		var a enrol.Agent
		var at int64
		err := rows.Scan(&a.Code, &at)
		a.Enrolled = time.UnixMilli(at)
		agents = append(agents, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list enrolled agents: %w", err)
	}
	return agents, nil
}
