package clock

import (
	"time"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/wire"
)

var (
	// sane is the first moment that a clock which runs can show: the program is
	// younger.
	sane = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	// end is far enough in the future for any clock, and taken by the wire.
	end = time.Date(2900, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
)

// Place says when a span was, in Unix milliseconds, and by which clock. to is
// always after from. now is the hub's time, 0 when it is not known: what the
// device's own clock puts after it is wrong.
func (k *Knowledge) Place(s spool.Span, now int64) (from, to int64, by wire.Clock) {
	length := max(s.To-s.From, 1)
	k.mu.Lock()
	b := k.boot(s.Boot)
	if b != nil {
		from, to = b.hub(s.From), b.hub(s.From+length)
		if b.torn(s.From, s.From+length) {
			from = to - length
		}
	}
	k.mu.Unlock()
	if b != nil {
		from = clamp(from)
		return from, max(to, from+1), wire.ClockHub
	}
	from = clamp(s.Wall)
	to, by = from+length, wire.ClockOwn
	if s.Wall < sane || s.Wall > end || now > 0 && to > now {
		by = wire.ClockWrong
	}
	return from, to, by
}

func clamp(ms int64) int64 { return min(max(ms, 0), end) }
