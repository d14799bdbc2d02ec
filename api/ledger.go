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
// A day that was written again comes in by its age: evidence that comes late
// changes older days, and the store does not say which. Where reading them all
// costs little that is within ledgerRest, too.
type ledger struct {
	store history.Store
	index *uptime.Index

	mu    sync.Mutex
	first history.DayNumber // the first day that is held
	held  bool
	tiers [3]tier
}

// tier is the newest days, which are read again when the store has changed, but
// not before they have rested.
type tier struct {
	days     history.DayNumber
	rest     time.Duration // at most
	revision uint64        // of the store before they were read
	read     time.Time
	took     time.Duration // the last time they were read
}

// rested says whether the days may be read again at a moment: reading them
// takes at most a fiftieth of the time.
func (t *tier) rested(at time.Time) bool {
	return at.Sub(t.read).Abs() >= min(t.rest, max(ledgerRest, 50*t.took))
}

// ledgerRest is how long ledger days are kept at least.
const ledgerRest = 2 * time.Second

func newLedger(store history.Store, loc *time.Location) *ledger {
	return &ledger{store: store, index: uptime.NewIndex(loc), tiers: [3]tier{
		{days: 3, rest: ledgerRest}, // agents that are online
		{days: 100, rest: time.Minute},
		{days: math.MaxInt32, rest: time.Hour}, // observations are long gone: days can only be filled
	}}
}

// snapshot gives the ledger from a day on as it is at a moment.
func (l *ledger) snapshot(ctx context.Context, first history.DayNumber, at time.Time) (*uptime.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	revision := l.store.Revision() // before reading: what is written meanwhile is read again
	for i := len(l.tiers) - 1; i >= 0; i-- {
		t := &l.tiers[i]
		all := i == len(l.tiers)-1 && (!l.held || first < l.first)
		if !all && (t.revision == revision || !t.rested(at)) {
			continue
		}
		from := max(l.first, history.DayOf(at.UnixMilli(), l.index.Location())-min(t.days, maxDays)+1)
		if i == len(l.tiers)-1 {
			from = min(first, l.first)
			if !l.held {
				from = first
			}
		}
		begin := time.Now()
		if err := l.index.Update(l.days(ctx, from)); err != nil {
			return nil, err
		}
		t.took = time.Since(begin)
		if all {
			l.first, l.held = from, true
		}
		for k := range i + 1 {
			l.tiers[k].revision, l.tiers[k].read = revision, at
		}
		break
	}
	return l.index.Snapshot(), nil
}

// reaching gives the ledger from a day on, and ten years before it if some
// outage of the period has no beginning in the month before it.
func (l *ledger) reaching(ctx context.Context, first history.DayNumber, at time.Time, begin func(*uptime.Snapshot) bool) (*uptime.Snapshot, error) {
	s, err := l.snapshot(ctx, first-31, at)
	if err != nil || l.holds(first-maxDays) || begin(s) {
		return s, err
	}
	return l.snapshot(ctx, first-maxDays, at)
}

func (l *ledger) holds(first history.DayNumber) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held && l.first <= first
}

// days streams all ledger days from one on.
func (l *ledger) days(ctx context.Context, first history.DayNumber) iter.Seq2[history.Day, error] {
	return l.store.Days(ctx, history.Query{First: first, Last: math.MaxInt32})
}
