package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Messages are decoded in chunks, while the store commits those before them.
const (
	chunks      = 32
	chunkLength = 16
	chunkBytes  = 32 << 10 // of payloads, and so bounds the memory of what is in them
)

// chunk is a few messages that are decoded, and the memory of what is kept of
// them.
type chunk struct {
	messages []message
	briefs   []history.Brief
}

// runDecode decodes what is queued until ctx ends.
func (in *Ingest) runDecode(ctx context.Context, free <-chan *chunk, full chan<- *chunk) {
	var d wire.Decoder
	for {
		var c *chunk
		select {
		case <-ctx.Done():
			return
		case c = <-free:
		}
		select {
		case <-ctx.Done():
			return
		case <-in.queue.ready:
		}
		c.messages = in.queue.gather(chunkLength, chunkBytes)
		for i := range c.messages {
			in.decode(&c.messages[i], &d, c)
		}
		full <- c // it has room for all there are
		if in.queue.empty() {
			pause(ctx, nap)
		}
	}
}

// nap is how long the decoder rests when it has done all, so that it wakes for a few
// messages at a time and not for each.
const nap = 300 * time.Microsecond

// decode reads what is in a payload.
func (in *Ingest) decode(m *message, d *wire.Decoder, c *chunk) {
	if m.version != nil || m.ask {
		return
	}
	up, briefs, err := d.UnmarshalBriefs(m.payload, in.briefs[:0])
	in.briefs = briefs
	if len(briefs) > 0 {
		if m.records = in.pass(m.agent, up.Batch, m.payload, c); m.records != nil {
			return
		}
		up, err = d.UnmarshalUp(m.payload) // some are to be set aside
	}
	switch {
	case err == nil && up.Hello != nil:
		m.hello = up.Hello
	case err == nil:
		m.records = in.sift(m.agent, up.Batch, m.payload)
	default:
		if m.version = in.otherVersion(err); m.version == nil {
			m.records = in.spoilt(m.agent, m.payload, err)
		}
	}
}

// A round that follows soon after another waits for company: until swellLength
// messages are there, but swellTime at most. A transaction and an answer cost as
// much for one message as for many.
const (
	swellTime   = 8 * time.Millisecond
	swellLength = 128
	swellSoon   = 20 * time.Millisecond
)

// Run commits and acknowledges until ctx ends. It returns nil then; what was
// queued and not committed stays with the agents.
func (in *Ingest) Run(ctx context.Context) error {
	free, full := make(chan *chunk, chunks), make(chan *chunk, chunks)
	for range chunks {
		free <- &chunk{}
	}
	ended := make(chan struct{}, 2)
	go func() { in.runFold(ctx); ended <- struct{}{} }()
	go func() { in.runDecode(ctx, free, full); ended <- struct{}{} }()
	defer func() { <-ended; <-ended }()
	limit := commitLimit
	var last time.Time // when the last round ended
	for {
		held := in.collect(ctx, full, time.Since(last) < swellSoon)
		var ms []message
		for _, c := range held {
			ms = append(ms, c.messages...)
		}
		for len(ms) > 0 && ctx.Err() == nil {
			n := min(limit, len(ms))
			if in.round(ctx, ms[:n]) {
				limit = min(2*limit, commitLimit)
			} else {
				// A batch that the store does not take must not hold back the others
				// for ever: for a while they go one by one.
				limit = 1
				pause(ctx, retryAfter)
			}
			ms = ms[n:]
		}
		if ctx.Err() != nil {
			return nil
		}
		last = time.Now()
		for _, c := range held {
			c.messages, c.briefs = nil, c.briefs[:0]
			free <- c // it has room for all there are
		}
	}
}

// collect waits for messages and takes all that are there, or soon will be if
// it is to swell.
func (in *Ingest) collect(ctx context.Context, full <-chan *chunk, swell bool) (held []*chunk) {
	n := 0
	take := func(c *chunk) { held, n = append(held, c), n+len(c.messages) }
	select {
	case <-ctx.Done():
		return nil
	case c := <-full:
		take(c)
	}
	var enough <-chan time.Time
	if swell {
		t := time.NewTimer(swellTime)
		defer t.Stop()
		enough = t.C
	}
	for len(held) < chunks {
		select {
		case c := <-full:
			take(c)
			continue
		default:
		}
		if !swell || n >= swellLength {
			return held
		}
		select {
		case <-ctx.Done():
			return held
		case <-enough:
			swell = false
		case c := <-full:
			take(c)
		}
	}
	return held
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// otherVersion gives the version of a message on a topic of this one that is
// of another; nil if err says something else. No version is none.
func (in *Ingest) otherVersion(err error) *version {
	other := (*wire.VersionError)(nil)
	if !errors.As(err, &other) || other.Got == 0 {
		return nil
	}
	return &version{topic: wire.Version, got: other.Got}
}
