package ingest

import (
	"sync"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

const (
	// queueLength is how many messages wait at most; at 50 observations each
	// a few megabytes.
	queueLength = 1024
	// queueShare is how many of them may be one agent's, so that an agent
	// that floods the hub fills its own share alone. A healthy agent has a
	// handful under way.
	queueShare = 32
)

// message is what came from an agent: exactly one of the pointers is set.
type message struct {
	agent string
	hello *wire.Hello
	batch *wire.Batch
	bad   *history.Refused
}

// queue holds messages between the broker's goroutines and Run.
type queue struct {
	messages chan message

	mu      sync.Mutex
	waiting map[string]int // by agent, no zeros
}

func newQueue() *queue {
	return &queue{messages: make(chan message, queueLength), waiting: map[string]int{}}
}

// put enters a message, unless the queue or the agent's share of it is full.
func (q *queue) put(m message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting[m.agent] >= queueShare {
		return false
	}
	select {
	case q.messages <- m:
		q.waiting[m.agent]++
		return true
	default:
		return false
	}
}

// gather takes what is queued besides first, up to limit messages in all.
func (q *queue) gather(first message, limit int) []message {
	ms := []message{first}
	for len(ms) < limit && len(q.messages) > 0 { // only one goroutine takes out
		ms = append(ms, <-q.messages)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range ms {
		if q.waiting[m.agent]--; q.waiting[m.agent] == 0 {
			delete(q.waiting, m.agent)
		}
	}
	return ms
}

// tellOnce thins out lines of the log that one agent could repeat for ever.
type tellOnce struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (t *tellOnce) may(agent string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.last[agent]; ok && now.Sub(last).Abs() < tellAgainAfter {
		return false
	}
	if t.last == nil {
		t.last = map[string]time.Time{}
	}
	t.last[agent] = now
	return true
}
