package account

import (
	"sync"
	"time"
)

// Limiter bounds how often something is tried: each key has a burst, which
// fills up again at a steady pace. It keeps a bounded number of keys; those
// that come when it is full share one. It is safe for use by several
// goroutines.
type Limiter struct {
	Burst int
	Every time.Duration // one more try after so long

	mu   sync.Mutex
	full map[string]time.Time // by key: when its burst is full again
}

// mostKeys is how many keys a limiter tells apart.
const mostKeys = 10_000

// others is the key of those that do not fit.
const others = "\x00others"

// Take takes one try. If there is none it says after how long there is one.
func (l *Limiter) Take(key string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full == nil {
		l.full = map[string]time.Time{}
	}
	if _, known := l.full[key]; !known && len(l.full) >= mostKeys {
		l.tidy(now)
		if len(l.full) >= mostKeys {
			key = others
		}
	}
	most, full := time.Duration(l.Burst)*l.Every, l.full[key]
	switch {
	case full.Before(now):
		full = now
	case full.Sub(now) > most: // the clock was set back
		full = now.Add(most)
	}
	full = full.Add(l.Every)
	if wait = full.Sub(now) - most; wait > 0 {
		return wait, false
	}
	l.full[key] = full
	return 0, true
}

// Back gives one try back: it was none that counts.
func (l *Limiter) Back(key string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if full, known := l.full[key]; known && full.After(now) {
		l.full[key] = full.Add(-l.Every)
	}
}

// tidy forgets keys whose burst is full.
func (l *Limiter) tidy(now time.Time) {
	for key, full := range l.full {
		if !full.After(now) {
			delete(l.full, key)
		}
	}
}
