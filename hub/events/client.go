package events

// Start says where a client began.
type Start int

// The beginnings.
const (
	StartNew     Start = iota // with the next event: it named none
	StartResumed              // after the last event that it had
	StartOther                // with the next event: what it named is of another history
	StartTooOld               // with the next event: events after the last that it had are no longer kept
)

// Client reads events from a hub. It is for one goroutine; Close may be called
// by any.
type Client struct {
	hub    *Hub
	filter Filter
	next   uint64 // number of the event that it looks at next
	start  Start
	closed bool // guarded by the hub's lock
}

// Follow adds a client. last is the id of the last event that it had, empty if
// it had none. The error is ErrFull or ErrEnded.
func (h *Hub) Follow(f Filter, last string) (*Client, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.over():
		return nil, ErrEnded
	case h.clients >= h.config.Clients:
		return nil, ErrFull
	}
	c := &Client{hub: h, filter: f, next: h.newest + 1}
	switch n, ours := h.number(last); {
	case last == "":
		c.start = StartNew
	case !ours:
		c.start = StartOther
	case n+1 < h.oldest:
		c.start = StartTooOld
	default:
		c.start, c.next = StartResumed, n+1
	}
	h.clients++
	return c, nil
}

// Start says where the client began.
func (c *Client) Start() Start { return c.start }

// ID gives the id that stands for all the client was given or passed over: with
// it, it can come back.
func (c *Client) ID() string { return c.hub.id(c.next - 1) }

// Read appends to b the messages of the events that come next, until b has limit
// bytes or more. If it came to the end it gives a channel that is closed when it
// is worth reading again.
//
// The error is ErrDropped when events are gone that the client had not come to,
// and from then on it goes on with the next one; or ErrEnded. Then nothing is
// appended.
func (c *Client) Read(b []byte, limit int) (_ []byte, wait <-chan struct{}, err error) {
	h := c.hub
	h.mu.RLock()
	defer h.mu.RUnlock()
	switch {
	case h.over():
		return b, nil, ErrEnded
	case c.next < h.oldest:
		c.next = h.newest + 1
		return b, nil, ErrDropped
	}
	for ; c.next <= h.newest; c.next++ {
		if len(b) >= limit {
			return b, nil, nil
		}
		if e := h.at(c.next); c.filter.wants(&e.Event) {
			b = append(b, e.frame...)
		}
	}
	return b, h.changed, nil
}

// Close lets another follow in its place. It may be called again.
func (c *Client) Close() {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	if !c.closed {
		c.closed = true
		c.hub.clients--
	}
}
