package uplink

import (
	"log/slog"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// outbox cuts the queue into batches and knows which of them are under way. It
// has no clock and no connection.
type outbox struct {
	q      Queue
	log    *slog.Logger
	next   uint64 // first record that was not sent
	flying []span // batches sent and not acknowledged, ascending
	acked  uint64 // everything below is acknowledged
}

// span is the sequence numbers [first, next) of a batch.
type span struct{ first, next uint64 }

// batch gives the next batch to send; ok is false when there is none.
func (b *outbox) batch(sent time.Time) (batch wire.Batch, ok bool, err error) {
	for {
		records, err := b.q.Read(b.next, MaxBatchBytes, MaxBatch)
		if err != nil || len(records) == 0 {
			return wire.Batch{}, false, err
		}
		batch = wire.Batch{Epoch: b.q.Epoch(), FirstSeq: records[0].Seq}
		for _, r := range records {
			if r.Seq != batch.FirstSeq+uint64(len(batch.Observations)) {
				break // a hole in the numbers: the next batch starts behind it
			}
			o, err := wire.UnmarshalObservation(r.Payload)
			if err != nil {
				if len(batch.Observations) == 0 {
					b.skip(r.Seq, err)
				}
				break
			}
			batch.Observations = append(batch.Observations, o)
		}
		if len(batch.Observations) == 0 {
			continue
		}
		b.next = batch.FirstSeq + uint64(len(batch.Observations))
		b.flying = append(b.flying, span{batch.FirstSeq, b.next})
		// Numbers below the oldest batch that the hub may still lack are
		// acknowledged, or missing in the queue: the hub must not wait for
		// them.
		batch.OldestSeq = b.flying[0].first
		return batch, true, nil
	}
}

// skip passes over a record that is no observation of this contract: nobody
// could ever take it.
func (b *outbox) skip(seq uint64, why error) {
	b.log.Error("spooled record is no observation, it is left out", "seq", seq, "error", why)
	b.next = seq + 1
	if len(b.flying) == 0 {
		if err := b.q.Trim(b.next); err != nil {
			b.log.Error("spool cannot be trimmed", "error", err)
		}
	}
}

// ack takes an acknowledgement of this epoch and says whether it was news.
func (b *outbox) ack(upto uint64) (progress bool) {
	if upto <= b.acked {
		return false
	}
	if err := b.q.Trim(upto); err != nil {
		b.log.Error("spool cannot be trimmed", "upto", upto, "error", err)
		return false
	}
	b.acked = upto
	b.next = max(b.next, upto)
	for len(b.flying) > 0 && b.flying[0].next <= upto {
		b.flying = b.flying[1:]
	}
	return true
}

// rewind lets everything unacknowledged be sent again.
func (b *outbox) rewind() {
	b.next, b.flying = b.q.First(), nil
}
