package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// gaps stores those of b's gaps whose sequence numbers are in fresh. What they
// declare lost is accounted for.
func (a *appender) gaps(agent int64, b *history.Batch, fresh []span) error {
	for _, s := range fresh {
		for seq := s.first; seq < s.next; seq++ {
			g := &b.Gaps[seq-b.FirstSeq]
			if _, err := a.stmts.insertGap.ExecContext(a.ctx, agent, int64(b.Epoch), int64(seq), int64(g.From), int64(g.Next), g.Begin, g.End, uint8(g.Clock), uint8(g.Why), b.Received.UnixMilli()); err != nil {
				return err
			}
			if _, err := a.account(stream{agent, b.Epoch}, span{g.From, g.Next}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Losses implements history.Losses.
func (d *DB) Losses(ctx context.Context, agent string) ([]history.Loss, error) {
	var losses []history.Loss
	err := scan(ctx, d.read, "SELECT g.epoch, g.seq, g.from_seq, g.next_seq, g.begin_ms, g.end_ms, g.clock, g.why, g.received FROM gap g JOIN agent a ON a.id = g.agent WHERE a.code = ? ORDER BY g.received, g.epoch, g.seq", func(rows *sql.Rows) error {
		var l history.Loss
		var epoch, seq, from, next, received int64
		var clock, why uint8
		err := rows.Scan(&epoch, &seq, &from, &next, &l.Begin, &l.End, &clock, &why, &received)
		l.Epoch, l.Seq, l.From, l.Next = uint64(epoch), uint64(seq), uint64(from), uint64(next)
		l.Clock, l.Why, l.Received = wire.Clock(clock), wire.GapWhy(why), time.UnixMilli(received)
		losses = append(losses, l)
		return err
	}, agent)
	if err != nil {
		return nil, fmt.Errorf("list the gaps of agent %s: %w", agent, err)
	}
	return losses, nil
}

// LossCounts implements history.Losses.
func (d *DB) LossCounts(ctx context.Context) (map[string]history.LossCount, error) {
	counts := map[string]history.LossCount{}
	// TOTAL adds floating-point numbers: what agents say could be past 64 bits.
	err := scan(ctx, d.read, "SELECT a.code, COUNT(*), CAST(TOTAL(g.next_seq - g.from_seq) AS INTEGER) FROM gap g JOIN agent a ON a.id = g.agent GROUP BY g.agent", func(rows *sql.Rows) error {
		var agent string
		var c history.LossCount
		err := rows.Scan(&agent, &c.Gaps, &c.Records)
		counts[agent] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count gaps: %w", err)
	}
	return counts, nil
}
