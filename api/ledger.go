package api

import (
	"context"
	"iter"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
)

// ledger keeps the store's ledger days in memory as far back as somebody asked.
//
// When the store has changed, the days that were open when it was read last are
// read again, and of the closed ones those that the store lists as changed
// since: what comes late costs what it changes.
type ledger struct {
	store history.Store
	index *uptime.Index

	mu       sync.Mutex
	first    history.DayNumber // the first day that is held
	held     bool
	revision uint64    // of the store before it was read
	read     time.Time // when that was
	asked    time.Time // the last moment that it was found to be good for
	whole    time.Time // when all days were
	// known are the revisions of the closed days that were read and that changes
	// within ledgerOverlap are listed of.
	known map[cameraDay]int
}

const (
	// ledgerRest is how long ledger days are kept, however much changes.
	ledgerRest = 2 * time.Second
	// ledgerOverlap is how much longer than since the last reading changes are
	// asked for: a store may list a change before its day can be read.
	ledgerOverlap = 10 * time.Minute
	// ledgerLate is how long after its moment an answer may still ask, with room to
	// spare: a request ends within that time.
	ledgerLate = time.Minute
	// wholeRest is after how long all days are read again, if the store has
	// changed: somebody may have changed days in it without listing that.
	wholeRest = 24 * time.Hour
	// daysApart is how far changed days may be from each other to be asked for
	// together.
	daysApart = 31
)

func newLedger(store history.Store, loc *time.Location) *ledger {
	return &ledger{store: store, index: uptime.NewIndex(loc)}
}

// snapshot gives the ledger from a day on as it is at a moment.
func (l *ledger) snapshot(ctx context.Context, first history.DayNumber, at time.Time) (*uptime.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	revision := l.store.Revision() // before reading: what is written meanwhile is read again
	all := !l.held || first < l.first || l.clockSet(at)
	// All answers of one moment rest on the same days, whatever is written meanwhile.
	if !all && (l.revision == revision || at.Sub(l.read).Abs() < ledgerRest || at.Equal(l.asked)) {
		l.asked = at
		return l.index.Snapshot(), nil
	}
	all = all || at.Sub(l.whole) >= wholeRest
	from := l.first
	if !l.held || first < from {
		from = first
	}
	days, known := l.store.Days(ctx, history.Query{First: from, Last: math.MaxInt32}), map[cameraDay]int{}
	if !all {
		days = l.changed(ctx, l.read.Add(-ledgerOverlap), known)
	}
	if err := l.index.Update(days); err != nil {
		return nil, err
	}
	if all {
		l.first, l.held, l.whole = from, true, at
	}
	l.revision, l.read, l.known = revision, at, known
	return l.index.Snapshot(), nil
}

// clockSet says whether the clock was set since the last reading, so that
// changes may be listed under moments that were read already. Who asks of a
// moment before it, by ledgerLate at most, is only late.
func (l *ledger) clockSet(at time.Time) bool {
	passed := at.Round(0).Sub(l.read.Round(0)) // by the clock; Sub alone tells what really passed
	return passed < -ledgerLate || (at.Sub(l.read)-passed).Abs() > ledgerOverlap/2
}

// cameraDay is a ledger day of a camera.
type cameraDay struct {
	camera string
	day    history.DayNumber
}

// changed streams the days that may be others than they were at a moment, and
// notes the revisions of those that are listed as changed since.
func (l *ledger) changed(ctx context.Context, since time.Time, known map[cameraDay]int) iter.Seq2[history.Day, error] {
	return func(yield func(history.Day, error) bool) {
		open := max(history.OpenFrom(since, l.index.Location()), l.first)
		wanted := map[cameraDay]bool{}
		for c, err := range l.store.Changes(ctx, history.Query{First: l.first, Last: open - 1}, since) {
			if err != nil {
				yield(history.Day{}, err)
				return
			}
			at := cameraDay{c.Camera, c.Day}
			if known[at] = l.known[at]; c.Revision > known[at] {
				wanted[at] = true
			}
		}
		for _, q := range append(together(wanted), history.Query{First: open, Last: math.MaxInt32}) {
			for d, err := range l.store.Days(ctx, q) {
				at := cameraDay{d.Camera, d.Number}
				if err == nil && q.Cameras != nil {
					if !wanted[at] {
						continue
					}
					known[at] = d.Revision
				}
				if !yield(d, err) || err != nil {
					return
				}
			}
		}
	}
}

// together makes few queries that have all days, and little else.
func together(days map[cameraDay]bool) []history.Query {
	cameras := map[history.DayNumber][]string{}
	var numbers []history.DayNumber
	for d := range days {
		if cameras[d.day] == nil {
			numbers = append(numbers, d.day)
		}
		cameras[d.day] = append(cameras[d.day], d.camera)
	}
	slices.Sort(numbers)
	var queries []history.Query
	for _, n := range numbers {
		if k := len(queries); k == 0 || n-queries[k-1].Last > daysApart {
			queries = append(queries, history.Query{First: n})
		}
		q := &queries[len(queries)-1]
		q.Last, q.Cameras = n, append(q.Cameras, cameras[n]...)
	}
	for i := range queries {
		queries[i].Cameras = history.Codes(queries[i].Cameras)
	}
	return queries
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
