package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// stmts are the statements that every batch and every ledger day runs. They
// are prepared once, on the connection that writes.
type stmts struct {
	insertAgent, insertCamera, insertPair, updateCamera *sql.Stmt
	insertBatch, insertBatchDay, insertUnfolded         *sql.Stmt
	selectCommitted, deleteCommitted, putCommitted      *sql.Stmt
	selectBatches, selectDay, putDay, deleteUnfolded    *sql.Stmt
}

// selectBatches gives the batches of an agent that touch the days from first
// to last inclusive.
const selectBatches = "SELECT id, payload FROM batch WHERE id IN (SELECT batch FROM batch_day WHERE agent = ? AND day BETWEEN ? AND ?)"

func (s *stmts) texts() map[**sql.Stmt]string {
	return map[**sql.Stmt]string{
		&s.insertAgent:     "INSERT INTO agent (code) VALUES (?) ON CONFLICT (code) DO UPDATE SET code = excluded.code RETURNING id",
		&s.insertCamera:    "INSERT INTO camera (code, enrolled) VALUES (?, ?)",
		&s.insertPair:      "INSERT INTO camera_agent (camera, agent) VALUES (?, ?)",
		&s.updateCamera:    "UPDATE camera SET enrolled = ?, verified = ?, measured_at = ?, codec = ?, width = ?, height = ?, frame_rate = ? WHERE id = ?",
		&s.insertBatch:     "INSERT INTO batch (agent, epoch, first_seq, to_ms, received, payload) VALUES (?, ?, ?, ?, ?, ?)",
		&s.insertBatchDay:  "INSERT INTO batch_day (agent, day, batch) VALUES (?, ?, ?)",
		&s.insertUnfolded:  "INSERT INTO unfolded (agent, day) VALUES (?, ?) ON CONFLICT DO NOTHING",
		&s.selectCommitted: "SELECT first_seq, next_seq FROM committed WHERE agent = ? AND epoch = ? AND first_seq <= ? AND next_seq >= ? ORDER BY first_seq",
		&s.deleteCommitted: "DELETE FROM committed WHERE agent = ? AND epoch = ? AND first_seq = ?",
		&s.putCommitted:    "INSERT INTO committed (agent, epoch, first_seq, next_seq) VALUES (?, ?, ?, ?) ON CONFLICT (agent, epoch, first_seq) DO UPDATE SET next_seq = excluded.next_seq",
		&s.selectBatches:   selectBatches,
		&s.selectDay:       "SELECT revision, timeline FROM ledger_day WHERE day = ? AND camera = ?",
		&s.putDay:          "INSERT INTO ledger_day (day, camera, revision, written, timeline) VALUES (?, ?, ?, ?, ?) ON CONFLICT (day, camera) DO UPDATE SET revision = excluded.revision, written = excluded.written, timeline = excluded.timeline",
		&s.deleteUnfolded:  "DELETE FROM unfolded WHERE agent = ? AND day = ?",
	}
}

func (s *stmts) prepare(ctx context.Context, db *sql.DB) error {
	for stmt, text := range s.texts() {
		var err error
		if *stmt, err = db.PrepareContext(ctx, text); err != nil { //nolint:sqlclosecheck // closed with the database
			return fmt.Errorf("prepare %q: %w", text, err)
		}
	}
	return nil
}

// in gives the statements as part of a transaction.
func (s stmts) in(ctx context.Context, tx *sql.Tx) stmts {
	for stmt := range s.texts() {
		*stmt = tx.StmtContext(context.WithoutCancel(ctx), *stmt)
	}
	return s
}
