// Package events keeps the newest events of a hub in one bounded ring, from
// which any number of clients read, each at its own pace.
//
// An event is encoded once, as it goes over the line (text/event-stream, WHATWG
// HTML §9.2), whatever the number of clients. A client has no queue: it has the
// number of the event that it reads next. So memory is bounded by the ring, and
// whoever is so slow that the ring has passed it is told that it missed
// something (ErrDropped) and must go.
//
// Every event has a number, from 1, and an id that says besides which history
// the number is of: "4f1d2c3b9a0e5d67-42". Numbers begin anew with each Hub, so
// with each start of the program, and with them comes another name. A client
// that comes back says the last id that it had. If all after it are still here
// it goes on there; if not it is told so, never left with a hole.
package events

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Bounds where a Config says nothing.
const (
	defaultEvents  = 4096
	defaultBytes   = 4 << 20
	defaultClients = 1000
)

// Config bounds a hub. All fields have defaults.
type Config struct {
	// History names this history in ids. It defaults to 16 random hexadecimal
	// digits.
	History string
	// Events is how many of the newest events are kept. It defaults to 4096.
	Events int
	// Bytes is how many bytes of events are kept; the newest event is kept
	// whatever its size. It defaults to 4 MiB.
	Bytes int
	// Clients is how many may follow at a time. It defaults to 1000.
	Clients int
}

// Event is something that changed.
type Event struct {
	Kind string
	// Areas and Routes are the codes of what it concerns, for filters.
	Areas, Routes []string
	// Everywhere says that it concerns every area and every route.
	Everywhere bool
	// Data is its content: JSON without line breaks.
	Data []byte
}

// Filter says which events a client wants. The zero filter wants all.
type Filter struct {
	Kinds []string // any of these; all kinds if there is none
	Area  string   // code; any if empty
	Route string   // code; any if empty
}

func (f *Filter) wants(e *Event) bool {
	in := func(codes []string, code string) bool {
		return code == "" || e.Everywhere || slices.Contains(codes, code)
	}
	return (len(f.Kinds) == 0 || slices.Contains(f.Kinds, e.Kind)) && in(e.Areas, f.Area) && in(e.Routes, f.Route)
}

// Errors of following.
var (
	ErrFull    = errors.New("events: as many clients follow as may")
	ErrEnded   = errors.New("events: the hub has ended")
	ErrDropped = errors.New("events: the client was too slow, and missed something")
)

// Hub keeps events and knows who follows them. It is safe for use by several
// goroutines.
type Hub struct {
	config Config

	mu      sync.RWMutex
	kept    []entry // as a ring: event n is at n modulo its length
	oldest  uint64  // number of the oldest event that is kept; newest+1 if none is
	newest  uint64  // 0 before the first
	bytes   int
	changed chan struct{} // closed at the next event, and at the end
	clients int

	life context.Context // ends with the hub
	end  context.CancelFunc
}

// entry is an event and how it goes over the line.
type entry struct {
	Event
	frame []byte
}

// New makes a hub.
func New(c Config) *Hub {
	if c.History == "" {
		var b [8]byte
		_, _ = rand.Read(b[:]) // it never fails
		c.History = hex.EncodeToString(b[:])
	}
	if c.Events <= 0 {
		c.Events = defaultEvents
	}
	if c.Bytes <= 0 {
		c.Bytes = defaultBytes
	}
	if c.Clients <= 0 {
		c.Clients = defaultClients
	}
	h := &Hub{config: c, kept: make([]entry, c.Events), oldest: 1, changed: make(chan struct{})}
	h.life, h.end = context.WithCancel(context.Background())
	return h
}

// Publish adds events, in this order, and wakes those who wait for one. After
// the end it does nothing.
func (h *Hub) Publish(all ...Event) {
	if len(all) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over() {
		return
	}
	for _, e := range all {
		if h.newest-h.oldest+1 == uint64(len(h.kept)) {
			h.forget()
		}
		h.newest++
		n := entry{e, Frame(h.id(h.newest), e.Kind, e.Data)}
		n.Data = nil // the frame has it
		*h.at(h.newest) = n
		h.bytes += len(n.frame)
		for h.bytes > h.config.Bytes && h.oldest < h.newest {
			h.forget()
		}
	}
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *Hub) at(n uint64) *entry { return &h.kept[n%uint64(len(h.kept))] }

func (h *Hub) forget() {
	e := h.at(h.oldest)
	h.bytes -= len(e.frame)
	*e = entry{}
	h.oldest++
}

// Clients counts those who follow now.
func (h *Hub) Clients() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.clients
}

// End ends the hub: nobody is given another event. It may be called again.
func (h *Hub) End() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over() {
		h.end()
		close(h.changed)
	}
}

func (h *Hub) over() bool { return h.life.Err() != nil }

// Ended is closed when the hub has ended.
func (h *Hub) Ended() <-chan struct{} { return h.life.Done() }

// AfterEnd lets f run, by itself, when the hub has ended. stop takes that back,
// and is false if f has begun.
func (h *Hub) AfterEnd(f func()) (stop func() bool) { return context.AfterFunc(h.life, f) }

func (h *Hub) id(n uint64) string { return h.config.History + "-" + strconv.FormatUint(n, 10) }

// number gives the number in an id, and false if the id is not of this history.
func (h *Hub) number(id string) (uint64, bool) {
	digits, ours := strings.CutPrefix(id, h.config.History+"-")
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, ours && err == nil && n <= h.newest && h.id(n) == id
}

// Frame is a message of a text/event-stream. The id, or the kind, is left out if
// it is empty; data must be without line breaks.
func Frame(id, kind string, data []byte) []byte {
	b := make([]byte, 0, len("id: \nevent: \ndata: \n\n")+len(id)+len(kind)+len(data))
	if id != "" {
		b = append(append(append(b, "id: "...), id...), '\n')
	}
	if kind != "" {
		b = append(append(append(b, "event: "...), kind...), '\n')
	}
	if len(data) > 0 {
		b = append(append(append(b, "data: "...), data...), '\n')
	}
	return append(b, '\n')
}
