package probe

import (
	"iter"
	"time"
)

// source is the one whose packets are the video. A track has one; cameras
// change it when their encoder begins anew, and broken ones send several at
// once. The first one counts; another one takes its place when it has sent two
// packets in a row (RFC 3550 A.1) and the first was silent for a while.
type source struct {
	begun bool
	ssrc  uint32
	last  time.Time // when it last sent

	rival     uint32 // another one
	rivalSeq  uint16 // its last sequence number
	contended bool
}

// take says whether a packet is of the source, and whether the source has
// just changed to that of the packet.
func (s *source) take(at time.Time, ssrc uint32, seq uint16, quiet time.Duration) (mine, changed bool) {
	switch {
	case !s.begun:
		s.begun, s.ssrc = true, ssrc
	case ssrc == s.ssrc:
	case s.contended && s.rival == ssrc && seq == s.rivalSeq+1 && at.Sub(s.last) > quiet:
		s.ssrc, s.contended, changed = ssrc, false, true
	default:
		s.rival, s.rivalSeq, s.contended = ssrc, seq, true
		return false, false
	}
	s.last = at
	return true, changed
}

// Bounds of reorder.
const (
	maxHeld     = 16      // packets
	maxHeldSize = 2 << 10 // bytes of one; bigger ones come over UDP in IP fragments, if at all
	maxHeldTime = 50 * time.Millisecond
)

// reorder puts packets in order that overtook each other on the line. It holds
// those that came too early until the missing ones are there, or until one is
// maxHeld numbers ahead of what is missing, or has waited for maxHeldTime when
// the next one comes.
type reorder struct {
	begun bool
	ssrc  uint32
	next  uint16
	since time.Time // when what is held longest came, or earlier
	count int
	held  [maxHeld]heldPacket // by number modulo maxHeld
}

type heldPacket struct {
	at time.Time
	b  []byte // empty if there is none
}

// push takes a packet and gives those that are due, in order. They are valid
// within the loop only.
func (o *reorder) push(at time.Time, ssrc uint32, seq uint16, b []byte) iter.Seq[heldPacket] {
	return func(yield func(heldPacket) bool) {
		if o.count > 0 && at.Sub(o.since) > maxHeldTime {
			o.flush(yield)
		}
		ahead := seq - o.next // modulo 65536
		isLate := ahead != 0 && -ahead <= maxMisorder
		switch {
		case !o.begun, ssrc != o.ssrc, ahead >= maxDropout && !isLate:
			o.flush(yield)
			o.begun, o.ssrc, o.next = true, ssrc, seq
		case isLate:
			yield(heldPacket{at, b}) // the receiver knows what to do
			return
		case ahead >= maxHeld, ahead > 0 && len(b) > maxHeldSize:
			o.flush(yield)
			o.next = seq
		}
		if seq != o.next {
			o.hold(at, seq, b)
			return
		}
		yield(heldPacket{at, b})
		o.next++
		for o.count > 0 && len(o.held[o.next%maxHeld].b) > 0 {
			o.release(yield)
		}
	}
}

func (o *reorder) hold(at time.Time, seq uint16, b []byte) {
	h := &o.held[seq%maxHeld]
	if len(h.b) > 0 {
		return // repeated
	}
	if o.count == 0 {
		o.since = at
	}
	h.at, h.b = at, append(h.b[:0], b...)
	o.count++
}

// flush gives all that is held.
func (o *reorder) flush(yield func(heldPacket) bool) {
	for o.count > 0 {
		if len(o.held[o.next%maxHeld].b) > 0 {
			o.release(yield)
		} else {
			o.next++
		}
	}
}

func (o *reorder) release(yield func(heldPacket) bool) {
	h := &o.held[o.next%maxHeld]
	yield(*h)
	h.b = h.b[:0]
	o.count--
	o.next++
}
