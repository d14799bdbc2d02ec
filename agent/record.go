package agent

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// maxWaiting bounds the observations that wait in memory for a spool that takes
// none.
const maxWaiting = 5000

// appender is the part of a spool that a recorder uses.
type appender interface {
	AppendBatch(payloads [][]byte) (first uint64, err error)
}

// recorder puts observations into the spool. When the spool fails (the disk is
// full or broken) they wait in memory and are tried again with the next ones;
// beyond maxWaiting the oldest are lost, counted and logged.
type recorder struct {
	spool appender
	log   *slog.Logger
	// spooled, if set, is told what the spool took.
	spooled func(first uint64, payloads [][]byte)

	mu      sync.Mutex
	waiting [][]byte
	lost    uint64
	logged  time.Time
}

func (r *recorder) record(os []wire.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range os {
		r.waiting = append(r.waiting, wire.MarshalObservation(&os[i]))
	}
	_ = r.try()
	if over := len(r.waiting) - maxWaiting; over > 0 {
		r.waiting = r.waiting[over:]
		r.lost += uint64(over)
	}
}

// chunk is how many records one AppendBatch takes: far within the bound of a
// batch in the smallest spool.
const chunk = 50

func (r *recorder) try() error {
	for len(r.waiting) > 0 {
		n := min(chunk, len(r.waiting))
		first, err := r.spool.AppendBatch(r.waiting[:n])
		if err != nil {
			if time.Since(r.logged) > time.Minute {
				r.logged = time.Now()
				r.log.Error("spool takes nothing, observations wait in memory", "waiting", len(r.waiting), "lost", r.lost, "error", err)
			}
			return err
		}
		if r.spooled != nil {
			r.spooled(first, r.waiting[:n])
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
