package agent

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

// maxWaiting bounds the observations that wait in memory for a spool that takes
// none.
const maxWaiting = 5000

// appender is the part of a spool that a recorder uses.
type appender interface {
	AppendBatch(entries []spool.Entry) (first uint64, err error)
}

// recorder puts observations into the spool, each with the device's two clocks. The
// payload keeps only its length: when it was is found out when it is sent.
//
// When the spool fails (the disk is full or broken) observations wait in memory
// and are tried again with the next ones; beyond maxWaiting the oldest are lost,
// counted and logged. The spool never took those, so they have no number that a
// gap could declare: their time shows as unknown.
type recorder struct {
	spool appender
	boot  uint64
	log   *slog.Logger
	// spooled is told what the spool took, and whether any of it is news.
	spooled func(first uint64, entries []spool.Entry, news bool)

	mu      sync.Mutex
	waiting []spool.Entry
	news    []bool // of each that waits
	lost    uint64
	logged  time.Time
}

func (r *recorder) record(os []watch.Closed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range os {
		o := &os[i]
		span := spool.Span{Boot: r.boot, From: o.From, To: o.To, Wall: o.Wall}
		o.From, o.To = 0, o.To-o.From
		r.waiting = append(r.waiting, spool.Entry{Span: span, Payload: wire.MarshalObservation(&o.Observation)})
		r.news = append(r.news, o.News)
	}
	_ = r.try()
	if over := len(r.waiting) - maxWaiting; over > 0 {
		r.drop(over)
		r.lost += uint64(over)
	}
}

func (r *recorder) drop(n int) { r.waiting, r.news = r.waiting[n:], r.news[n:] }

// chunk is how many records one AppendBatch takes at most.
const chunk = 50

// next is how many of the waiting records the next AppendBatch takes: so many
// that the smallest spool takes them.
func (r *recorder) next() int {
	n, size := 0, 0
	for n < min(chunk, len(r.waiting)) {
		size += len(r.waiting[n].Payload) + 80
		if n > 0 && size > spool.MaxBatchBytes {
			break
		}
		n++
	}
	return n
}

func (r *recorder) try() error {
	for len(r.waiting) > 0 {
		n := r.next()
		first, err := r.spool.AppendBatch(r.waiting[:n])
		if err != nil {
			if time.Since(r.logged) > time.Minute {
				r.logged = time.Now()
				r.log.Error("spool takes nothing, observations wait in memory", "waiting", len(r.waiting), "lost", r.lost, "error", err)
			}
			return err
		}
		if r.spooled != nil {
			r.spooled(first, r.waiting[:n], slices.Contains(r.news[:n], true))
		}
		r.drop(n)
	}
	r.waiting, r.news = nil, nil
	return nil
}

// flush tries once more, at the end.
func (r *recorder) flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.try(); err != nil {
		return fmt.Errorf("%d observations are lost: %w", len(r.waiting), err)
	}
	return nil
}

func (r *recorder) counts() (waiting int, lost uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting), r.lost
}
