package agent

import (
	"log/slog"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/watch"
)

// MaxWaiting is maxWaiting for tests.
const MaxWaiting = maxWaiting

// Recorder is a recorder for tests.
type Recorder struct{ recorder }

type appendFunc func([][]byte) error

func (f appendFunc) AppendBatch(es []spool.Entry) (uint64, error) {
	ps := make([][]byte, len(es))
	for i, e := range es {
		ps[i] = e.Payload
	}
	return 0, f(ps)
}

// NewRecorder makes a recorder that writes with f.
func NewRecorder(f func([][]byte) error, log *slog.Logger) *Recorder {
	return &Recorder{recorder{spool: appendFunc(f), log: log}}
}

// Record is record.
func (r *Recorder) Record(os []watch.Closed) { r.record(os) }

// Counts is counts.
func (r *Recorder) Counts() (int, uint64) { return r.counts() }

// Flush is flush.
func (r *Recorder) Flush() error { return r.flush() }
