package probe

import "time"

// timestamps continues RTP timestamps beyond 32 bits and takes jumps out of
// them, so that what is measured does not depend on them; it counts them:
//
//   - A jump is a frame whose timestamp lies before that of the frame before by
//     more than the patience, or after it by more than the patience and the time
//     that really passed. The patience is five frame intervals and at least 1 s:
//     pictures that are sent out of order stay below it, and so does a buffer
//     that is emptied at once. After a jump timestamps go on from where our
//     clock says they should be.
//   - A stop is a timestamp that goes on, after a marker said that its picture
//     has ended, for longer than five frame intervals and 250 ms. However long
//     it lasts it is one stop.
//
// A camera that began anew (RFC 3550 A.1, another SSRC) has made no jump: that
// is counted as a restart.
type timestamps struct {
	ts    uint32 // of the last packet
	raw   int64  // the same beyond 32 bits, jumps included
	shift int64  // what was taken out by jumps

	ended   time.Time // when the marker of this timestamp came
	stopped bool      // it was counted as a stop

	jumps, stops int
}

// same takes a packet with the timestamp of the last one.
func (s *timestamps) same(at time.Time, marker bool, patience time.Duration) {
	switch {
	case s.ended.IsZero():
		if marker {
			s.ended = at
		}
	case !s.stopped && at.Sub(s.ended) > patience:
		s.stops++
		s.stopped = true
	}
}

// next takes the first packet of another timestamp and gives it continued, and
// whether it was put where our clock says.
func (s *timestamps) next(at time.Time, ts uint32, marker, anew bool, w *window) (t int64, placed bool) {
	step := int64(int32(ts - s.ts)) // modular arithmetic of RFC 3550
	s.raw += step
	s.ts, s.ended, s.stopped = ts, time.Time{}, false
	if marker {
		s.ended = at
	}
	limit := w.patience(time.Second).Seconds() * w.clock
	passed := max(0, at.Sub(w.prior.at).Seconds()*w.clock)
	jump := float64(step) < -limit || float64(step) > passed+limit
	if jump && !anew {
		s.jumps++
	}
	if jump || anew {
		since := max(0, at.Sub(w.latest.at).Seconds()*w.clock)
		s.shift = w.latest.ts + int64(since) - s.raw
		return s.raw + s.shift, true
	}
	return s.raw + s.shift, false
}
