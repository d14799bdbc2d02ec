package broker

import (
	"sync"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// What one agent may send. An agent that catches up after a week without a
// line may send all of a spool of the default size (64 MiB) at once, and more
// than what any line in a commune carries after that.
const (
	messageRate  = 200      // packets a second
	messageBurst = 1000     // packets at once
	byteRate     = 4 << 20  // bytes a second
	byteBurst    = 64 << 20 // bytes at once
	// mostAgents bounds how many agents are remembered by a hub that is a
	// client: then those who have not sent for a while are forgotten.
	mostAgents = 1 << 16
)

// rates measures what each agent sends.
type rates struct {
	mu     sync.Mutex
	agents map[string]*allowance
}

// allowance is what an agent may still send at once.
type allowance struct {
	messages, bytes float64
	at              time.Time
}

func (a *allowance) fill(now time.Time) {
	s := max(0, now.Sub(a.at).Seconds()) // a step back of the clock gives nothing and takes nothing
	a.messages = min(messageBurst, a.messages+s*messageRate)
	a.bytes = min(byteBurst, a.bytes+s*byteRate)
	a.at = now
}

// of gives an agent's allowance as of now. r must be locked.
func (r *rates) of(agent string, now time.Time) *allowance {
	a := r.agents[agent]
	if a == nil {
		if r.agents == nil || len(r.agents) >= mostAgents {
			r.forget(now)
		}
		a = &allowance{messageBurst, byteBurst, now}
		r.agents[agent] = a
	}
	a.fill(now)
	return a
}

// forget forgets who has its whole allowance again, and everybody if that is
// nobody.
func (r *rates) forget(now time.Time) {
	kept := map[string]*allowance{}
	for agent, a := range r.agents {
		if a.fill(now); a.messages < messageBurst || a.bytes < byteBurst {
			kept[agent] = a
		}
	}
	if len(kept) >= mostAgents {
		clear(kept)
	}
	r.agents = kept
}

// spend takes a message off an agent's allowance and gives how long the next
// one must wait.
func (r *rates) spend(agent string, bytes int, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.of(agent, now)
	a.messages--
	a.bytes -= float64(bytes)
	wait := max(-a.messages/messageRate, -a.bytes/byteRate, 0)
	return time.Duration(wait * float64(time.Second))
}

// allows takes a message off an agent's allowance, or says that there is none
// left.
func (r *rates) allows(agent string, bytes int, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.of(agent, now)
	if a.messages < 1 || a.bytes < float64(bytes) {
		return false
	}
	a.messages--
	a.bytes -= float64(bytes)
	return true
}

// A message of the greatest size must pass at some time.
var _ = [byteBurst - wire.MaxMessage]struct{}{}
