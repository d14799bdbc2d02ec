package uplink

import (
	"io"
	"log/slog"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// Outbox is an outbox for tests. Its batches have the number of the batch as
// their stamp.
type Outbox struct {
	b     outbox
	stamp int64
}

// NewOutbox makes an outbox that sends from q.
func NewOutbox(q Queue, linger time.Duration) *Outbox {
	o := &Outbox{}
	o.b = outbox{q: q, linger: linger, log: slog.New(slog.NewTextHandler(io.Discard, nil)), dress: func(p *parcel) {
		o.stamp++
		p.Stamp = o.stamp
		for i, s := range p.spans {
			p.Observations[i].From, p.Observations[i].To = s.From, s.To
		}
	}}
	o.b.rewind()
	return o
}

// Fresh is fresh.
func (o *Outbox) Fresh(first, next uint64) { o.b.fresh(span{first, next}) }

// Look is look.
func (o *Outbox) Look(now time.Time) time.Time { return o.b.look(now) }

// Urgent is urgent.
func (o *Outbox) Urgent(held bool, n int) bool { return o.b.urgent(held, n) }

// InOrder is inOrder.
func (o *Outbox) InOrder(n int) (wire.Batch, bool, error) {
	p, ok, err := o.b.inOrder(n)
	return p.Batch, ok, err
}

// Before is before.
func (o *Outbox) Before() (wire.Batch, bool, error) {
	p, ok, err := o.b.before()
	return p.Batch, ok, err
}

// Ack is ack.
func (o *Outbox) Ack(upto uint64, stamp int64) (progress, news bool) { return o.b.ack(upto, stamp) }

// Rewind is rewind.
func (o *Outbox) Rewind() { o.b.rewind() }

// Load is load.
func (o *Outbox) Load() (ordered, ahead int) { return o.b.load() }

// WhyOf is whyOf.
var WhyOf = whyOf
