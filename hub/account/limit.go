package account

import (
	"math"
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
	keys map[string]bucket
}

// mostKeys is how many keys a limiter tells apart.
const mostKeys = 10_000

// bucket is what is left of a burst at a moment.
type bucket struct {
	left float64
	at   time.Time
}

// others is the key of those that do not fit.
const others = "\x00others"

// Take takes one try. If there is none it says after how long there is one.
func (l *Limiter) Take(key string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil {
		l.keys = map[string]bucket{}
	}
	if _, known := l.keys[key]; !known && len(l.keys) >= mostKeys {
		l.tidy(now)
		if len(l.keys) >= mostKeys {
			key = others
		}
	}
	b := l.filled(key, now)
	if b.left < 1 {
		l.keys[key] = b
		return time.Duration(math.Ceil((1 - b.left) * float64(l.Every))), false
	}
	b.left--
	l.keys[key] = b
	return 0, true
}

// Back gives one try back: it was none that counts.
func (l *Limiter) Back(key string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.keys[key]; !known {
		return
	}
	b := l.filled(key, now)
	b.left = min(b.left+1, float64(l.Burst))
	l.keys[key] = b
}

func (l *Limiter) filled(key string, now time.Time) bucket {
	b, known := l.keys[key]
	if !known {
		return bucket{float64(l.Burst), now}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(b.left+float64(passed)/float64(l.Every), float64(l.Burst))
		b.at = now
	}
	return b
}

// tidy forgets keys whose burst is full.
func (l *Limiter) tidy(now time.Time) {
	for key := range l.keys {
		if l.filled(key, now).left >= float64(l.Burst) {
			delete(l.keys, key)
		}
	}
}
