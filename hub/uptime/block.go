package uptime

import (
	"math"
	"math/bits"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// A day's word: seconds up, degraded and down in 20 bits each, and whether its
// first and its last second are down. What is left of the day is unknown.
const (
	degradedShift = 20
	downShift     = 40
	secondsMask   = 1<<20 - 1
	// evenMask takes up and down, which then have room to be added up over a
	// month.
	evenMask  = secondsMask | secondsMask<<downShift
	firstDown = 1 << 60
	lastDown  = 1 << 61
)

// monthDays is how many days a block has room for.
const monthDays = 31

// block is what is known of one camera in one local month.
type block struct {
	words  [monthDays]uint64
	runs   [monthDays]uint16 // of down in each day
	ends   [monthDays]uint16 // where each day's line ends in lines
	joints uint32            // bit i: an outage goes on from the day before into day i
	lines  []byte            // the packed lines, one day's behind the other's
	far    []uint32          // in place of ends when lines are longer than those can tell
}

// sum is what was seen of a camera before a month began.
type sum struct {
	up, degraded, down uint32 // seconds: 136 years of them
	starts             uint32 // outages that began; the highest bit says that one goes on through the beginning of the month
}

const through = 1 << 31

// put sets day i.
func (b *block) put(i int, t history.Timeline) {
	c := t.Count()
	w := uint64(c.Up) | uint64(c.Degraded)<<degradedShift | uint64(c.Down)<<downShift
	if n := len(t); n > 0 && t[0].Status == wire.StatusDown {
		w |= firstDown
	}
	if n := len(t); n > 0 && t[n-1].Status == wire.StatusDown {
		w |= lastDown
	}
	b.words[i], b.runs[i] = w, uint16(c.Outages)

	from, to := b.span(i)
	packed := appendLine(nil, t)
	lines := make([]byte, 0, len(b.lines)+len(packed)-(to-from))
	lines = append(lines, b.lines[:from]...)
	lines = append(lines, packed...)
	b.lines = append(lines, b.lines[to:]...)
	ends := make([]uint32, monthDays)
	for k := range ends {
		_, end := b.span(k)
		if k >= i {
			end += len(packed) - (to - from)
		}
		ends[k] = uint32(end)
	}
	b.far = nil
	if len(b.lines) > math.MaxUint16 {
		b.far = ends
		return
	}
	for k, end := range ends {
		b.ends[k] = uint16(end)
	}
}

// span gives where the line of day i begins and ends.
func (b *block) span(i int) (from, to int) {
	if b.far != nil {
		if i > 0 {
			from = int(b.far[i-1])
		}
		return from, int(b.far[i])
	}
	if i > 0 {
		from = int(b.ends[i-1])
	}
	return from, int(b.ends[i])
}

// line gives the packed line of day i.
func (b *block) line(i int) []byte {
	from, to := b.span(i)
	return b.lines[from:to]
}

// link sets the joints, given whether the month before ends down, and which days
// have no second: an outage goes on past those.
func (b *block) link(carry bool, empty uint32) {
	var first, last uint32
	for i, w := range b.words {
		first |= uint32(w>>60&1) << i
		last |= uint32(w>>61&1) << i
	}
	for days := empty; days != 0; days &= days - 1 {
		if i := bits.TrailingZeros32(days); i > 0 {
			last |= last >> (i - 1) & 1 << i
		} else if carry {
			last |= 1
		}
	}
	before := last << 1
	if carry {
		before |= 1
	}
	b.joints = first & before
}

// after gives the sum behind days of the month, given that before it.
func (b *block) after(s sum, days int) sum {
	var even, odd uint64
	starts := uint32(0)
	for i := range days {
		w := b.words[i]
		even += w & evenMask
		odd += w >> degradedShift & secondsMask
		starts += uint32(b.runs[i])
	}
	s.up += uint32(even) // the lower 32 bits are up's
	s.degraded += uint32(odd)
	s.down += uint32(even >> downShift)
	s.starts = s.starts&^through + starts - uint32(bits.OnesCount32(b.joints&(1<<days-1)))
	return s
}

// timeline gives the runs of day i, which has so many seconds.
func (b *block) timeline(i, seconds int) history.Timeline {
	line := b.line(i)
	if len(line) == 0 {
		return history.Timeline{{Seconds: seconds, Status: whole(b.words[i])}}
	}
	t := make(history.Timeline, 0, len(line)/3+1)
	for len(line) > 0 {
		var r history.Run
		r, line = cutRun(line)
		t = append(t, r)
	}
	return t
}

// whole gives the status of a day without a line.
func whole(word uint64) wire.Status {
	switch {
	case word&secondsMask > 0:
		return wire.StatusUp
	case word>>degradedShift&secondsMask > 0:
		return wire.StatusDegraded
	}
	return 0
}

// into adds the part of day i before a second of it to a sum, and says whether
// an outage goes on through that second.
func (b *block) into(s sum, i, second int) sum {
	line := b.line(i)
	if len(line) == 0 {
		switch whole(b.words[i]) {
		case wire.StatusUp:
			s.up += uint32(second)
		case wire.StatusDegraded:
			s.degraded += uint32(second)
		}
		return s
	}
	goesOn := b.joints>>i&1 == 1 // from the day before
	for len(line) > 0 {
		var r history.Run
		r, line = cutRun(line)
		n := uint32(min(r.Seconds, second))
		switch r.Status {
		case wire.StatusUp:
			s.up += n
		case wire.StatusDegraded:
			s.degraded += n
		case wire.StatusDown:
			s.down += n
			if !goesOn {
				s.starts++
			}
		}
		if r.Seconds >= second {
			if r.Status == wire.StatusDown && (r.Seconds > second || len(line) > 0 && nextDown(line)) {
				s.starts |= through
			}
			return s
		}
		second -= r.Seconds
		goesOn = r.Status == wire.StatusDown
	}
	return s
}

// nextDown says whether a packed line goes on with down, of another fault.
func nextDown(line []byte) bool { return line[0]&3 == byte(wire.StatusDown) }
