package watch

import (
	"sync"
	"time"
)

// clock reckons wall time from the start of the run by monotonic time. It
// never goes back; it goes forward with the wall clock.
type clock struct {
	now func() time.Time // wall clock

	mu   sync.Mutex
	base time.Time // its monotonic reading counts
	wall int64     // Unix milliseconds at base
}

func newClock(now func() time.Time) *clock {
	return &clock{now: now, base: time.Now(), wall: now().UnixMilli()}
}

// stamp gives the present in Unix milliseconds, never less than it gave before.
func (c *clock) stamp() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := time.Now()
	ms := c.wall + t.Sub(c.base).Milliseconds()
	if wall := c.now().UnixMilli(); wall > ms+1000 {
		c.base, c.wall, ms = t, wall, wall
	}
	return ms
}
