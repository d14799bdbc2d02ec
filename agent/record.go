package agent

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/wire"
)

// maxWaiting bounds the observations that wait in memory for a spool that takes
// none.
const maxWaiting = 5000

// appender is the part of a spool that a recorder uses.
type appender interface {
	AppendBatch(entries []spool.Entry) (first uint64, err error)
}

// recorder puts observations into the spool. When the spool fails (the disk is
// full or broken) they wait in memory and are tried again with the next ones;
// beyond maxWaiting the oldest are lost, counted and logged.
type recorder struct {
	spool appender
	log   *slog.Logger

	mu      sync.Mutex
	waiting []spool.Entry
	lost    uint64
	logged  time.Time
}

func (r *recorder) record(os []wire.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range os {
		r.waiting = append(r.waiting, spool.Entry{Payload: wire.MarshalObservation(&os[i])})
	}
	_ = r.try()
	if over := len(r.waiting) - maxWaiting; over > 0 {
		r.waiting = r.waiting[over:]
		r.lost += uint64(over)
	}
}

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
		if _, err := r.spool.AppendBatch(r.waiting[:n]); err != nil {
			if time.Since(r.logged) > time.Minute {
				r.logged = time.Now()
				r.log.Error("spool takes nothing, observations wait in memory", "waiting", len(r.waiting), "lost", r.lost, "error", err)
			}
			return err
		}
		r.waiting = r.waiting[n:]
	}
	r.waiting = nil
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
