package probe

import (
	"encoding/binary"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// depacketiser follows the access units in RTP payloads of H.264 (RFC 6184 §5:
// single NAL unit, STAP-A, FU-A) and H.265 (RFC 7798 §4.4 without DON: single,
// AP, FU), just far enough to tell whole key frames. It assembles nothing: it
// keeps no more of a payload than parameter sets.
//
// An access unit is a whole key frame when it has the first slice of an IDR
// (H.264 type 5) or IRAP picture (H.265 types 16 to 23), when no packet is
// missing within it, when all its fragments have start and end, and when it
// ended with the marker or with another timestamp.
type depacketiser struct {
	sets *parameterSets

	begun bool
	seq   uint16 // of the last packet

	// The access unit at hand.
	open    bool
	ts      uint32
	at      time.Time // arrival of its first packet
	first   bool      // the first slice of a key frame was there, whole
	damaged bool
	inFU    bool // a fragmented NAL unit has begun and not ended
	fuType  byte
	fuFirst bool // it is the first slice of a key frame
}

// keyframe is a whole key frame.
type keyframe struct {
	ts uint32
	at time.Time // arrival of its first packet
}

// push takes the next packet. Packets come in order, for TCP keeps it; a
// repeated one is passed over. It returns a key frame that ended with this
// packet or before it.
func (d *depacketiser) push(at time.Time, seq uint16, ts uint32, marker bool, payload []byte) (k keyframe, ok bool) {
	if d.begun && seq == d.seq {
		return keyframe{}, false
	}
	gap := d.begun && seq != d.seq+1
	d.begun, d.seq = true, seq
	if d.open && ts != d.ts {
		// A packet missing between two timestamps may have been the end of the
		// first.
		d.damaged = d.damaged || gap
		k, ok = d.end()
	} else if gap {
		d.damaged = true
	}
	if !d.open {
		d.open, d.ts, d.at = true, ts, at
		d.first, d.damaged, d.inFU = false, false, false
	}
	if d.sets.codec == wire.CodecH265 {
		d.h265(payload)
	} else {
		d.h264(payload)
	}
	if marker {
		if k2, ok2 := d.end(); ok2 {
			return k2, true
		}
	}
	return k, ok
}

func (d *depacketiser) end() (keyframe, bool) {
	d.open = false
	return keyframe{d.ts, d.at}, d.first && !d.damaged && !d.inFU
}

func (d *depacketiser) h264(b []byte) {
	if len(b) < 2 || b[0]&0x80 != 0 { // the forbidden bit
		d.damaged = true
		return
	}
	switch t := b[0] & 0x1f; {
	case t >= 1 && t <= 23:
		d.unit(b)
	case t == 24: // STAP-A, §5.7.1
		d.aggregate(b[1:])
	case t == 28: // FU-A, §5.8
		if len(b) < 3 {
			d.damaged = true
			return
		}
		d.fragment(b[1]&0x1f, b[1]&0x80 != 0, b[1]&0x40 != 0, b[1]&0x1f == 5 && b[2]&0x80 != 0)
	default: // interleaved mode, which was not asked for, or undefined
		d.damaged = true
	}
}

func (d *depacketiser) h265(b []byte) {
	if len(b) < 3 || b[0]&0x80 != 0 {
		d.damaged = true
		return
	}
	switch t := b[0] >> 1 & 0x3f; t {
	case 48: // AP, §4.4.2
		d.aggregate(b[2:])
	case 49: // FU, §4.4.3
		if len(b) < 4 {
			d.damaged = true
			return
		}
		ft := b[2] & 0x3f
		d.fragment(ft, b[2]&0x80 != 0, b[2]&0x40 != 0, ft >= 16 && ft <= 23 && b[3]&0x80 != 0)
	case 50: // PACI, §4.4.4: no camera is known to send it
		d.damaged = true
	default:
		d.unit(b)
	}
}

// aggregate reads NAL units, each after its size in 16 bits.
func (d *depacketiser) aggregate(b []byte) {
	for len(b) > 0 {
		if len(b) < 2 {
			d.damaged = true
			return
		}
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; n == 0 || n > len(b) {
			d.damaged = true
			return
		}
		d.unit(b[:n])
		b = b[n:]
	}
}

// unit takes a whole NAL unit.
func (d *depacketiser) unit(nal []byte) {
	if d.inFU {
		d.damaged, d.inFU = true, false
	}
	d.sets.add(nal)
	d.first = d.first || d.firstSlice(nal)
}

// firstSlice says whether nal is the first slice of a key frame: the first bit
// after the NAL header is first_slice_segment_in_pic_flag in H.265, and set in
// H.264 if first_mb_in_slice is 0.
func (d *depacketiser) firstSlice(nal []byte) bool {
	if d.sets.codec == wire.CodecH265 {
		t := nal[0] >> 1 & 0x3f
		return len(nal) > 2 && t >= 16 && t <= 23 && nal[2]&0x80 != 0
	}
	return len(nal) > 1 && nal[0]&0x1f == 5 && nal[1]&0x80 != 0
}

// fragment takes a fragment of a NAL unit of type t.
func (d *depacketiser) fragment(t byte, start, end, first bool) {
	switch {
	case start && (d.inFU || end), !start && (!d.inFU || t != d.fuType):
		d.damaged, d.inFU = true, false
		return
	case start:
		d.inFU, d.fuType, d.fuFirst = true, t, first
	}
	if end {
		d.first = d.first || d.fuFirst
		d.inFU = false
	}
}
