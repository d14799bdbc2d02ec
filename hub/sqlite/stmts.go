package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// stmts are the statements that every batch and every ledger day runs. They
// are prepared once, on the connection that writes.
type stmts struct {
	insertAgent, insertCamera, insertPair, updateCamera *sql.Stmt
	insertBatch, insertUnfolded, version                *sql.Stmt
	selectCommitted, deleteCommitted, putCommitted      *sql.Stmt
	selectBatches, selectDay, putDay, deleteUnfolded    *sql.Stmt
	deleteDay, selectLines, putLines                    *sql.Stmt
	selectCounts, putCounts                             *sql.Stmt
	putChange, insertGap, insertEntry, countAside       *sql.Stmt
	selectEntries, deleteEntries                        *sql.Stmt
	selectReleased, selectNewest, selectEpoch           *sql.Stmt
	putIdentity                                         *sql.Stmt
	begin, commit, rollback                             *sql.Stmt
}

// selectBatches gives the batches of an agent that touch the days from first
// to last inclusive.
const selectBatches = "SELECT id, payload FROM batch WHERE agent = ? AND last_day >= ? AND first_day <= ?"

const insertGap = "INSERT INTO gap (agent, epoch, seq, from_seq, next_seq, begin_ms, end_ms, clock, why, received) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

func (s *stmts) texts() map[**sql.Stmt]string {
	return map[**sql.Stmt]string{
		&s.insertAgent:     "INSERT INTO agent (code) VALUES (?) ON CONFLICT (code) DO UPDATE SET code = excluded.code RETURNING id",
		&s.insertCamera:    "INSERT INTO camera (code) VALUES (?)",
		&s.insertPair:      "INSERT INTO camera_agent (camera, agent) VALUES (?, ?)",
		&s.updateCamera:    "UPDATE camera SET enrolled = ?, verified = ?, measured_at = ?, codec = ?, width = ?, height = ?, frame_rate = ? WHERE id = ?",
		&s.insertBatch:     "INSERT INTO batch (agent, epoch, first_seq, first_day, last_day, keep_day, received, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		&s.selectReleased:  "SELECT released FROM agent WHERE id = ?",
		&s.selectNewest:    "SELECT epoch, n FROM identity WHERE agent = ? ORDER BY n DESC LIMIT 1",
		&s.selectEpoch:     "SELECT session, last FROM identity WHERE agent = ? AND epoch = ?",
		&s.putIdentity:     "INSERT INTO identity (agent, epoch, n, session, boot, first, last) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent, epoch) DO UPDATE SET n = excluded.n, session = excluded.session, boot = excluded.boot, last = excluded.last",
		&s.begin:           "BEGIN IMMEDIATE",
		&s.commit:          "COMMIT",
		&s.rollback:        "ROLLBACK",
		&s.version:         "PRAGMA data_version",
		&s.insertGap:       insertGap,
		&s.insertEntry:     "INSERT INTO quarantine (agent, epoch, first_seq, count, received, reason, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
		&s.selectEntries:   "SELECT id, length(payload) FROM quarantine WHERE agent = ? ORDER BY id DESC",
		&s.deleteEntries:   "DELETE FROM quarantine WHERE agent = ? AND id <= ?",
		&s.countAside:      "INSERT INTO quarantine_count (agent, messages, records) VALUES (?, 1, ?) ON CONFLICT (agent) DO UPDATE SET messages = messages + 1, records = records + excluded.records",
		&s.insertUnfolded:  "INSERT INTO unfolded (agent, day) VALUES (?, ?) ON CONFLICT DO NOTHING",
		&s.selectCommitted: "SELECT first_seq, next_seq FROM committed WHERE agent = ? AND epoch = ? ORDER BY first_seq",
		&s.deleteCommitted: "DELETE FROM committed WHERE agent = ? AND epoch = ? AND first_seq = ?",
		&s.putCommitted:    "INSERT INTO committed (agent, epoch, first_seq, next_seq) VALUES (?, ?, ?, ?) ON CONFLICT (agent, epoch, first_seq) DO UPDATE SET next_seq = excluded.next_seq",
		&s.selectBatches:   selectBatches,
		&s.selectDay:       "SELECT revision, timeline FROM ledger_day WHERE day = ? AND camera = ?",
		&s.putDay:          "INSERT INTO ledger_day (day, camera, revision, timeline) VALUES (?, ?, ?, ?) ON CONFLICT (day, camera) DO UPDATE SET revision = excluded.revision, timeline = excluded.timeline",
		&s.deleteDay:       "DELETE FROM ledger_day WHERE day = ? AND camera = ?",
		&s.selectLines:     "SELECT days FROM ledger_lines WHERE id = ?",
		&s.putLines:        "INSERT INTO ledger_lines (id, days) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET days = excluded.days",
		&s.selectCounts:    "SELECT days FROM ledger_counts WHERE id = ?",
		&s.putCounts:       "INSERT INTO ledger_counts (id, days) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET days = excluded.days",
		&s.putChange:       "INSERT INTO ledger_change (camera, day, revision, at_ms, before_up, before_degraded, before_down, before_unknown, before_outages, after_up, after_degraded, after_down, after_unknown, after_outages) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (camera, day, revision) DO UPDATE SET at_ms = excluded.at_ms, before_up = excluded.before_up, before_degraded = excluded.before_degraded, before_down = excluded.before_down, before_unknown = excluded.before_unknown, before_outages = excluded.before_outages, after_up = excluded.after_up, after_degraded = excluded.after_degraded, after_down = excluded.after_down, after_unknown = excluded.after_unknown, after_outages = excluded.after_outages",
		&s.deleteUnfolded:  "DELETE FROM unfolded WHERE agent = ? AND day = ?",
	}
}

func (s *stmts) prepare(ctx context.Context, db *sql.Conn) error {
	for stmt, text := range s.texts() {
		var err error
		if *stmt, err = db.PrepareContext(ctx, text); err != nil { //nolint:sqlclosecheck // by close
			return fmt.Errorf("prepare %q: %w", text, err)
		}
	}
	return nil
}

func (s *stmts) close() error {
	var err error
	for stmt := range s.texts() {
		if *stmt != nil {
			err = errors.Join(err, (*stmt).Close())
		}
	}
	return err
}
