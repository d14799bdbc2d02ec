package api

import (
	"context"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
)

// Ledger is the ledger in memory.
type Ledger = ledger

// NewLedger makes one over a store.
func NewLedger(store history.Store, loc *time.Location) *Ledger { return newLedger(store, loc) }

// Snapshot gives the ledger from a day on as it is at a moment.
func (l *ledger) Snapshot(ctx context.Context, first history.DayNumber, at time.Time) (*uptime.Snapshot, error) {
	return l.snapshot(ctx, first, at)
}
