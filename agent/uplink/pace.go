package uplink

import "time"

// pace bounds what a backlog takes of the line: bytes a second over all, and
// frames no larger than what the line carries in about half a second, so that
// whatever else wants to go waits no longer than that.
type pace struct {
	rate float64 // bytes a second

	free  time.Time // when the next batch may go
	size  int       // records of a batch
	began time.Time // of the batch that is being sent
	full  bool      // it had as many records as it might
}

const (
	leastSize = 10
	firstSize = 100
	fast      = 250 * time.Millisecond // a frame that took less may be larger
	slow      = time.Second            // one that took longer must be smaller
)

func newPace(rate int) pace { return pace{rate: float64(rate), size: firstSize} }

// sent notes a batch that goes out.
func (p *pace) sent(now time.Time, records, bytes int) {
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(float64(bytes) / p.rate * float64(time.Second)))
	p.began, p.full = now, records >= p.size
}

// taken notes that the broker has it.
func (p *pace) taken(now time.Time) {
	if p.began.IsZero() {
		return // it was none
	}
	switch took := now.Sub(p.began); {
	case took > slow:
		p.size = max(p.size/2, leastSize)
	case took < fast && p.full:
		p.size = min(p.size*2, MaxBatch)
	}
	p.began = time.Time{}
}
