package probe

import (
	"encoding/binary"

	"github.com/phukin/phukin/hub/wire"
)

// This file reads the payload structures of H.264 (RFC 6184 §5) and H.265
// (RFC 7798 §4.4):
//
//	single NAL unit  both; with DONL in H.265 if the description says so
//	STAP-A, AP       both; likewise
//	FU-A, FU         both; likewise
//	STAP-B, FU-B     taken in the order of sending, the DON is passed over
//	MTAP16, MTAP24   parameter sets are taken, pictures are not judged: they
//	                 belong to several timestamps. A probe that saw only such
//	                 key frames falls with unsupported_codec.
//	PACI             the payload within is taken, the extension passed over
//
// No structure may stand in another one, but for those in a PACI.

// fragmented is a fragmented NAL unit.
type fragmented struct {
	open  bool // it has begun and not ended
	typ   byte
	first bool // it is the first slice of a key frame
	set   bool // it is a parameter set, kept in depacketiser.set
}

func (d *depacketiser) take(b []byte) {
	switch d.sets.codec {
	case wire.CodecJPEG:
		d.takeJPEG(b)
	case wire.CodecH265:
		if len(b) < 3 {
			d.damaged = true
			return
		}
		d.h265([2]byte{b[0], b[1]}, b[2:], false)
	default:
		d.h264(b)
	}
}

func (d *depacketiser) h264(b []byte) {
	if len(b) < 2 || b[0]&0x80 != 0 { // the forbidden bit
		d.damaged = true
		return
	}
	switch t := b[0] & 0x1f; t {
	case 24: // STAP-A, §5.7.1
		d.aggregate(b[1:], 0, 0)
	case 25: // STAP-B: a DON first
		d.aggregate(b[min(3, len(b)):], 0, 0)
	case 26, 27: // MTAP16, MTAP24, §5.7.2: a DON first, DOND and timestamp offset after each size
		d.aggregate(b[min(3, len(b)):], 0, 3+int(t-26))
		d.damaged, d.odd = true, "MTAP"
	case 28: // FU-A, §5.8
		d.fragmentH264(b, 2)
	case 29: // FU-B: the first fragment only, with a DON
		if b[1]&0x80 == 0 {
			d.damaged = true
			return
		}
		d.fragmentH264(b, 4)
	case 0, 30, 31: // undefined
		d.damaged = true
	default:
		d.unit(b[:1], b[1:])
	}
}

func (d *depacketiser) fragmentH264(b []byte, n int) {
	if len(b) <= n {
		d.damaged = true
		return
	}
	head := [2]byte{b[0]&0xe0 | b[1]&0x1f}
	d.fragment(head[:1], b[1]&0x80 != 0, b[1]&0x40 != 0, b[n:])
}

// h265 takes a payload whose header stands apart, for within a PACI it does.
func (d *depacketiser) h265(head [2]byte, b []byte, inPACI bool) {
	don := 0
	if d.donl {
		don = 2
	}
	t := head[0] >> 1 & 0x3f
	if head[0]&0x80 != 0 || len(b) == 0 {
		d.damaged = true
		return
	}
	switch t {
	case 48: // AP, §4.4.2: DONL before the first unit, DOND before the others
		if len(b) <= don {
			d.damaged = true
			return
		}
		d.aggregate(b[don:], don/2, 0)
	case 49: // FU, §4.4.3: DONL in the first fragment only
		start := b[0]&0x80 != 0
		if !start {
			don = 0
		}
		if len(b) < 2+don {
			d.damaged = true
			return
		}
		unit := [2]byte{head[0]&0x81 | b[0]&0x3f<<1, head[1]}
		d.fragment(unit[:], start, b[0]&0x40 != 0, b[1+don:])
	case 50: // PACI, §4.4.4: A, cType, PHSsize, flags; PHES; the payload without its header
		if inPACI || len(b) < 2 {
			d.damaged = true
			return
		}
		skip := 2 + int(b[0]&1)<<4 + int(b[1]>>4)
		d.h265([2]byte{b[0]&0xfe | head[0]&1, head[1]}, b[min(skip, len(b)):], true)
	default:
		if len(b) <= don {
			d.damaged = true
			return
		}
		d.unit(head[:], b[don:])
	}
}

// aggregate reads NAL units, each after its size in 16 bits. before bytes stand
// before every size but the first, after bytes between size and unit.
func (d *depacketiser) aggregate(b []byte, before, after int) {
	n := 1
	if d.sets.codec == wire.CodecH265 {
		n = 2
	}
	if len(b) == 0 {
		d.damaged = true
	}
	for skip := 0; len(b) > 0; skip = before {
		if len(b) < skip+2+after {
			d.damaged = true
			return
		}
		size := int(binary.BigEndian.Uint16(b[skip:]))
		if b = b[skip+2+after:]; size < n || size > len(b) {
			d.damaged = true
			return
		}
		d.unit(b[:n], b[n:size])
		b = b[size:]
	}
}

// unit takes a whole NAL unit, header and rest.
func (d *depacketiser) unit(head, b []byte) {
	if d.fu.open {
		d.damaged, d.fu.open = true, false
	}
	k := d.kind(head)
	switch {
	case k == kindNested:
		d.damaged = true
	case k == kindSet:
		d.set = append(append(d.set[:0], head...), b[:min(len(b), maxSPS)]...)
		d.sets.add(d.set)
	case k >= kindSlice:
		d.coded += len(b)
		d.first = d.first || k == kindKey && len(b) > 0 && b[0]&0x80 != 0
	}
}

// fragment takes a fragment of a NAL unit with the header head.
func (d *depacketiser) fragment(head []byte, start, end bool, b []byte) {
	typ, k := head[0]&0x7f, d.kind(head)
	switch {
	case start && (d.fu.open || end), !start && (!d.fu.open || typ != d.fu.typ), k == kindNested:
		d.damaged, d.fu.open = true, false
		return
	case start:
		d.fu = fragmented{open: true, typ: typ, first: k == kindKey && b[0]&0x80 != 0, set: k == kindSet}
		d.set = append(d.set[:0], head...)
	}
	if d.fu.set {
		// One byte past the limit is kept, so that what is too long is refused.
		d.set = append(d.set, b[:min(len(b), max(0, maxSPS+1-len(d.set)))]...)
	}
	if k >= kindSlice {
		d.coded += len(b)
	}
	if end {
		d.fu.open = false
		d.first = d.first || d.fu.first
		if d.fu.set && !d.damaged {
			d.sets.add(d.set)
		}
	}
}

// Kinds of NAL units.
const (
	kindOther  = iota
	kindNested // a payload structure, which must not stand within another
	kindSet    // a parameter set
	kindSlice
	kindKey // a slice of a key frame
)

// kind reads a NAL unit header (H.264 table 7-1, H.265 table 7-1). That a
// slice is the first of its picture, the bit after the header tells:
// first_slice_segment_in_pic_flag in H.265, and in H.264 first_mb_in_slice is
// 0 when it is set.
func (d *depacketiser) kind(head []byte) int {
	t := head[0] & 0x1f
	if d.sets.codec != wire.CodecH265 {
		switch {
		case t == 5:
			return kindKey
		case t >= 1 && t <= 4:
			return kindSlice
		case t == 7 || t == 8:
			return kindSet
		case t >= 24:
			return kindNested
		}
		return kindOther
	}
	t = head[0] >> 1 & 0x3f
	switch layer := head[0]&1<<5 | head[1]>>3; {
	case t >= 48 && t <= 50:
		return kindNested
	case layer > 0: // another layer or view on top of the picture, H.265 annexes F to I
		return kindOther
	case t >= 16 && t <= 23:
		return kindKey
	case t < 32:
		return kindSlice
	case t <= 34:
		return kindSet
	}
	return kindOther
}
