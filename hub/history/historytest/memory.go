package historytest

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/phukin/phukin/hub/history"
)

// Memory is an Evidence that keeps everything in maps: what others are
// compared with.
type Memory struct {
	mu      sync.Mutex
	records map[place]history.Records
	days    map[key]history.Day
}

type place struct {
	agent string
	at    int64
}

var _ history.Evidence = (*Memory)(nil)

// Put implements history.Evidence.
func (m *Memory) Put(ctx context.Context, records []history.Records) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records == nil {
		m.records = map[place]history.Records{}
	}
	for _, r := range records {
		r.Payload = bytes.Clone(r.Payload)
		m.records[place{r.Agent, r.At}] = r
	}
	return nil
}

// Records implements history.Evidence.
func (m *Memory) Records(ctx context.Context, refs []history.Ref) iter.Seq2[history.Records, error] {
	return func(yield func(history.Records, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(history.Records{}, err)
			return
		}
		var missing []history.Ref
		for _, ref := range refs {
			m.mu.Lock()
			r, ok := m.records[place{ref.Agent, ref.At}]
			m.mu.Unlock()
			if !ok || history.SumOf(r.Payload) != ref.Sum {
				missing = append(missing, ref)
				continue
			}
			if !yield(history.Records{Ref: ref, Payload: r.Payload}, nil) {
				return
			}
		}
		if missing != nil {
			yield(history.Records{}, &history.MissingError{Refs: missing})
		}
	}
}

// Forget loses all records, as somebody might who deletes them.
func (m *Memory) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records = nil
}

// PutDays implements history.Evidence.
func (m *Memory) PutDays(ctx context.Context, days []history.Day) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.days == nil {
		m.days = map[key]history.Day{}
	}
	for _, d := range days {
		d.Timeline = slices.Clone(d.Timeline)
		m.days[key{d.Camera, d.Number}] = d
	}
	return nil
}

// Keeps implements history.Evidence: every day.
func (m *Memory) Keeps() (first, last history.DayNumber) { return history.NoDay, math.MaxInt32 }

// Days implements history.Evidence.
func (m *Memory) Days(ctx context.Context, q history.Query) iter.Seq2[history.Day, error] {
	return func(yield func(history.Day, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(history.Day{}, err)
			return
		}
		m.mu.Lock()
		days := slices.Collect(maps.Values(m.days))
		m.mu.Unlock()
		days = slices.DeleteFunc(days, func(d history.Day) bool {
			return d.Number < q.First || d.Number > q.Last || q.Cameras != nil && !slices.Contains(q.Cameras, d.Camera)
		})
		slices.SortFunc(days, func(x, y history.Day) int {
			return cmp.Or(cmp.Compare(x.Camera, y.Camera), cmp.Compare(x.Number, y.Number))
		})
		for _, d := range days {
			if !yield(d, nil) {
				return
			}
		}
	}
}
