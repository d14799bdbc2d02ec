package probe

import "time"

// depacketiser follows the access units in RTP payloads of H.264, H.265
// (nalunits.go) and Motion JPEG (jpeg.go), just far enough to tell whole key
// frames. It assembles no picture: of the payloads it keeps parameter sets, at
// most maxSPS bytes of one at a time.
//
// An access unit is a whole key frame when it has the first slice of an IDR
// (H.264 type 5) or IRAP picture (H.265 types 16 to 23), or for JPEG a frame
// from fragment offset 0 without holes; when no packet is missing within it,
// when all its fragments have start and end, and when it ended with the marker
// or with another timestamp.
type depacketiser struct {
	sets *parameterSets
	donl bool // H.265: NAL units carry decoding order numbers, RFC 7798 §4.4.1

	// The access unit at hand.
	open    bool
	ts      uint32
	at      time.Time // arrival of its first packet
	first   bool      // the first slice of a key frame was there, whole
	damaged bool
	coded   int // bytes of its slices, or of the JPEG scan
	fu      fragmented
	jpeg    jpegFrame

	// odd names the structure that was met and cannot be judged.
	odd string

	set []byte     // the parameter set at hand
	out [2]picture // what push returns
}

// picture is an access unit that has ended.
type picture struct {
	ts    uint32
	at    time.Time // arrival of its first packet
	key   bool      // a whole key frame
	whole bool      // nothing of it is known to be missing
	coded int       // bytes of its slices, or of the JPEG scan
}

// push takes the next packet, in the order of sequence numbers; gap says that
// packets are missing just before it. It returns the pictures that ended before
// this packet and with it; they are valid until the next call.
func (d *depacketiser) push(at time.Time, ts uint32, marker, gap bool, payload []byte) []picture {
	out := d.out[:0]
	if d.open && ts != d.ts {
		// A packet missing between two timestamps may have been the end of the
		// first.
		d.damaged = d.damaged || gap
		out = append(out, d.end())
	} else if gap {
		d.damaged = true
	}
	if !d.open {
		d.open, d.ts, d.at = true, ts, at
		d.first, d.damaged, d.coded = false, false, 0
		d.fu, d.jpeg = fragmented{}, jpegFrame{}
	}
	d.take(payload)
	if marker {
		out = append(out, d.end())
	}
	return out
}

// restart forgets the access unit at hand: what comes is another stream.
func (d *depacketiser) restart() { d.open = false }

func (d *depacketiser) end() picture {
	d.open = false
	whole := !d.damaged && !d.fu.open
	if d.jpeg.begun && whole {
		d.first, d.sets.size = true, d.jpeg.size
	}
	return picture{d.ts, d.at, d.first && whole, whole, d.coded}
}
