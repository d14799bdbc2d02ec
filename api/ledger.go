package api

import (
	"context"
	"iter"
	"math"
	"sync"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
)

// ledger keeps the store's ledger days in memory as far back as somebody asked.
//
// A day that was written again comes in within ledgerRest if it is one of the
// newest freshDays, and within staleAfter otherwise: evidence that comes late
// changes older days, and the store does not say which.
type ledger struct {
	store history.Store
	index *uptime.Index

	mu       sync.Mutex
	first    history.DayNumber // the first day that is held
	held     bool
	revision uint64    // of the store before the newest days were read
	read     time.Time // when they were
	allRev   uint64    // the same of all days
	allRead  time.Time
}

const (
	// ledgerRest is how long ledger days are kept at least.
	ledgerRest = 2 * time.Second
	staleAfter = time.Minute
	freshDays  = 3
)

func newLedger(store history.Store, loc *time.Location) *ledger {
	return &ledger{store: store, index: uptime.NewIndex(loc)}
}

// snapshot gives the ledger from a day on as it is at a moment.
func (l *ledger) snapshot(ctx context.Context, first history.DayNumber, at time.Time) (*uptime.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	revision := l.store.Revision() // before reading: what is written meanwhile is read again
	if !l.held || first < l.first || l.allRev != revision && at.Sub(l.allRead).Abs() >= staleAfter {
		if l.held {
			first = min(first, l.first)
		}
		if err := l.index.Update(l.days(ctx, first)); err != nil {
			return nil, err
		}
		l.first, l.held = first, true
		l.revision, l.read, l.allRev, l.allRead = revision, at, revision, at
	}
	if l.revision != revision && at.Sub(l.read).Abs() >= ledgerRest {
		today := history.DayOf(at.UnixMilli(), l.index.Location())
		if err := l.index.Update(l.days(ctx, today-freshDays+1)); err != nil {
			return nil, err
		}
		l.revision, l.read = revision, at
	}
	return l.index.Snapshot(), nil
}

// days streams all ledger days from one on.
func (l *ledger) days(ctx context.Context, first history.DayNumber) iter.Seq2[history.Day, error] {
	return l.store.Days(ctx, history.Query{First: first, Last: math.MaxInt32})
}
