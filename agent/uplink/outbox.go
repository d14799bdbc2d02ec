package uplink

import (
	"log/slog"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// outbox cuts the queue into batches and knows which of them are under way. It
// sends in order from the oldest record on; when that takes long, what is news goes
// ahead of it. It has no connection, and no clock but the one it is told.
//
// It is not safe for concurrent use.
type outbox struct {
	q     Queue
	dress func(*parcel) // gives the records of a batch their times
	log   *slog.Logger

	linger time.Duration

	next  uint64    // first record that was not sent in order
	due   uint64    // what lies below goes as soon as the window lets it
	since time.Time // when the oldest record that waits for others was seen; zero: none waits

	news  []span // records that are news, not sent yet, ascending
	ahead []span // records that went ahead of next, ascending: next passes over them

	flying []flight // batches sent and not acknowledged, in the order of sending
	acked  uint64   // everything below is acknowledged
}

// span is the sequence numbers [first, next).
type span struct{ first, next uint64 }

// flight is a batch that was sent.
type flight struct {
	span
	stamp    int64
	ahead    bool // it went ahead of others
	answered bool // the hub answered to it, or to a later one
}

// maxNews is how many spans of news are known; more go in their turn.
const maxNews = 256

// fresh takes note of records that are news.
func (b *outbox) fresh(s span) {
	if n := len(b.news); n > 0 && b.news[n-1].next == s.first {
		b.news[n-1].next = s.next
		return
	}
	if b.news = append(b.news, s); len(b.news) > maxNews {
		b.news = slices.Delete(b.news, 0, 1)
	}
}

// look decides what is due now. It gives the time at which it should look again,
// zero when only something new would change anything.
func (b *outbox) look(now time.Time) (again time.Time) {
	next := b.q.Next()
	b.pass()
	switch {
	case b.next >= next:
		b.since = time.Time{}
		return time.Time{}
	case b.next < b.due:
		return time.Time{} // the window, the line or the rate holds it up
	}
	if b.since.IsZero() {
		b.since = now
	}
	news := len(b.news) > 0 && b.news[len(b.news)-1].next > b.next
	if waited := now.Sub(b.since); !news && next-b.next < Together && waited < b.linger {
		return b.since.Add(b.linger)
	}
	b.due, b.since = next, time.Time{}
	return time.Time{}
}

// urgent says whether there is news that would have to wait for others: because
// nothing may go in order now, or because it would not be in the next batch of n
// records.
func (b *outbox) urgent(held bool, n int) bool {
	b.dropNews()
	return len(b.news) > 0 && (held || b.news[0].first > b.next+uint64(n))
}

// dropNews forgets news that was sent meanwhile.
func (b *outbox) dropNews() {
	for len(b.news) > 0 && b.news[0].next <= max(b.next, b.acked) {
		b.news = b.news[1:]
	}
}

// inOrder gives the next batch of at most n records; ok is false when nothing is
// due.
func (b *outbox) inOrder(n int) (p parcel, ok bool, err error) {
	for b.pass(); b.next < b.due; b.pass() {
		stop := uint64(wire.MaxSeq)
		if len(b.ahead) > 0 {
			stop = b.ahead[0].first
		}
		behind := b.q.Next()
		records, err := b.q.Read(b.next, MaxBatchBytes, n)
		if err != nil {
			return parcel{}, false, err
		}
		if len(records) == 0 {
			b.next = max(b.next, behind) // what is not there will not come
			continue
		}
		if records[0].Seq >= stop {
			b.next = stop
			continue
		}
		p := cut(records, stop)
		oldest := min(b.lowest(), p.FirstSeq)
		b.next = p.Next()
		b.finish(&p, oldest, false)
		return p, true, nil
	}
	return parcel{}, false, nil
}

// before gives a batch that goes ahead of others, from the oldest news on.
func (b *outbox) before() (p parcel, ok bool, err error) {
	for b.dropNews(); len(b.news) > 0; b.dropNews() {
		from := max(b.news[0].first, b.next)
		records, err := b.q.Read(from, MaxBatchBytes, Together)
		if err != nil {
			return parcel{}, false, err
		}
		i := 0
		for i < len(b.ahead) && b.ahead[i].first < from {
			i++
		}
		stop := uint64(wire.MaxSeq)
		if i < len(b.ahead) {
			stop = b.ahead[i].first
		}
		if len(records) == 0 || records[0].Seq >= min(stop, b.news[0].next) {
			b.news = b.news[1:] // it is not there any more
			continue
		}
		p := cut(records, stop)
		b.ahead = slices.Insert(b.ahead, i, span{p.FirstSeq, p.Next()})
		for len(b.news) > 0 && b.news[0].next <= p.Next() {
			b.news = b.news[1:]
		}
		if len(b.news) > 0 {
			b.news[0].first = max(b.news[0].first, p.Next())
		}
		b.finish(&p, min(b.lowest(), b.next, p.FirstSeq), true)
		return p, true, nil
	}
	return parcel{}, false, nil
}

// finish dresses a batch and enters it as under way; sent must follow.
func (b *outbox) finish(p *parcel, oldest uint64, ahead bool) {
	p.Epoch, p.OldestSeq = b.q.Epoch(), oldest
	b.dress(p)
	b.flying = append(b.flying, flight{span: span{p.FirstSeq, p.Next()}, stamp: p.Stamp, ahead: ahead})
	if p.unreadable > 0 {
		b.log.Error("spooled records are no observations, they are declared lost", "records", p.unreadable, "first", p.FirstSeq)
	}
}

// lowest is the least number that is under way, and may have to be sent again.
func (b *outbox) lowest() uint64 {
	least := uint64(wire.MaxSeq)
	for _, f := range b.flying {
		least = min(least, f.first)
	}
	return least
}

// pass lets next pass over what went ahead.
func (b *outbox) pass() {
	for len(b.ahead) > 0 && b.ahead[0].first <= b.next {
		b.next = max(b.next, b.ahead[0].next)
		b.ahead = b.ahead[1:]
	}
}

// load is how many batches are under way in order, and how many went ahead and
// were not answered.
func (b *outbox) load() (ordered, ahead int) {
	for _, f := range b.flying {
		switch {
		case !f.ahead:
			ordered++
		case !f.answered:
			ahead++
		}
	}
	return ordered, ahead
}

// ack takes an acknowledgement of this epoch. progress says whether it let go of
// records, news whether it answers to anything that was sent.
func (b *outbox) ack(upto uint64, stamp int64) (progress, news bool) {
	for i := range b.flying {
		if f := &b.flying[i]; !f.answered && stamp != 0 && f.stamp <= stamp {
			f.answered, news = true, true
		}
	}
	if upto <= b.acked {
		return false, news
	}
	if err := b.q.Trim(upto); err != nil {
		b.log.Error("spool cannot be trimmed", "upto", upto, "error", err)
		return false, news
	}
	b.acked = upto
	b.next = max(b.next, upto)
	b.flying = slices.DeleteFunc(b.flying, func(f flight) bool { return f.next <= upto })
	b.ahead = slices.DeleteFunc(b.ahead, func(s span) bool { return s.next <= upto })
	b.dropNews()
	return true, true
}

// rewind lets everything unacknowledged be sent again, what went ahead first.
func (b *outbox) rewind() {
	var again []span
	for _, f := range b.flying {
		if f.ahead {
			again = append(again, f.span)
		}
	}
	if len(again) > 0 {
		b.news = append(again, b.news...)
		slices.SortFunc(b.news, func(x, y span) int {
			if x.first < y.first {
				return -1
			}
			return 1
		})
		b.news = b.news[max(0, len(b.news)-maxNews):]
	}
	b.acked = max(b.acked, b.q.First())
	b.next, b.due = b.acked, b.q.Next()
	b.flying, b.ahead, b.since = nil, nil, time.Time{}
}
