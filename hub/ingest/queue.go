package ingest

import (
	"sync"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Bounds of the queue.
const (
	queueLength = 1024     // messages in all; an agent that has none may still add one, up to twice as many
	queueBytes  = 64 << 20 // of their payloads
	queueShare  = 32       // messages of one agent: a healthy one has a handful under way
	shareBytes  = 4 << 20
	turnLength  = 4 // messages of an agent that are taken at once: it gets one answer for all
)

// message is what came from an agent: a payload of the topic "up", which
// becomes a hello, records or a version when it is decoded, or something that
// is to be answered.
type message struct {
	agent   string
	payload []byte
	at      time.Time // when it came
	hello   *wire.Hello
	records *records
	version *version
	ask     bool // the agent is to be asked for a whole live message
}

// records are what a message wants committed.
type records struct {
	epoch    uint64
	oldest   uint64
	stamp    int64
	readable bool            // its frame: it is to be acknowledged
	parts    []history.Batch // good ones and those set aside, in order
	reason   string          // why some are set aside, empty if none
}

// version is a message of another major version of the contract.
type version struct {
	topic uint32 // of the topic that it came on
	got   uint32
}

// lane is one agent's messages in the order they came.
type lane struct {
	messages []message
	bytes    int
}

// queue holds messages between the broker's goroutines and the decoder. Agents take
// turns, so that one which sends much waits for itself alone.
type queue struct {
	ready chan struct{} // there may be messages

	mu     sync.Mutex
	lanes  map[string]*lane // none is empty
	turns  []string         // agents in the order they are served
	length int
	bytes  int
}

func newQueue() *queue {
	return &queue{ready: make(chan struct{}, 1), lanes: map[string]*lane{}}
}

// room says whether a message of this size would be taken now.
func (q *queue) room(agent string, size int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.takes(agent, size)
}

func (q *queue) takes(agent string, size int) bool {
	l := q.lanes[agent]
	if q.bytes+size > queueBytes {
		return false
	}
	if l == nil {
		return q.length < 2*queueLength
	}
	return q.length < queueLength && len(l.messages) < queueShare && l.bytes+size <= shareBytes
}

// put enters a message, unless there is no room for it.
func (q *queue) put(m message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.takes(m.agent, len(m.payload)) {
		return false
	}
	l := q.lanes[m.agent]
	if l == nil {
		l = &lane{}
		q.lanes[m.agent] = l
		q.turns = append(q.turns, m.agent)
	}
	l.messages = append(l.messages, m)
	l.bytes += len(m.payload)
	q.length++
	q.bytes += len(m.payload)
	signal(q.ready)
	return true
}

// gather takes out messages, a few of each agent in turn, up to limit and to
// about so many bytes.
func (q *queue) gather(limit, bytes int) []message {
	q.mu.Lock()
	defer q.mu.Unlock()
	ms := make([]message, 0, min(limit, q.length))
	for len(ms) < limit && bytes > 0 && len(q.turns) > 0 {
		agent := q.turns[0]
		q.turns = q.turns[1:]
		l := q.lanes[agent]
		for n := 0; n < turnLength && len(l.messages) > 0 && len(ms) < limit && bytes > 0; n++ {
			m := l.messages[0]
			l.messages = l.messages[1:]
			l.bytes -= len(m.payload)
			q.length--
			q.bytes -= len(m.payload)
			bytes -= len(m.payload)
			ms = append(ms, m)
		}
		if len(l.messages) == 0 {
			delete(q.lanes, agent)
		} else {
			q.turns = append(q.turns, agent)
		}
	}
	if q.length > 0 {
		signal(q.ready)
	}
	return ms
}

// empty says whether no message waits to be decoded.
func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length == 0
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// thin thins out what one agent could cause for ever.
type thin struct {
	every time.Duration

	mu   sync.Mutex
	last map[string]time.Time
}

func (t *thin) may(agent string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.last[agent]; ok && now.Sub(last).Abs() < t.every {
		return false
	}
	if t.last == nil {
		t.last = map[string]time.Time{}
	}
	t.last[agent] = now
	return true
}
