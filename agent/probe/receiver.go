package probe

import (
	"errors"
	"fmt"
	"time"

	"github.com/pion/rtp"

	"github.com/phukin/phukin/hub/wire"
)

// receiver takes the packets of the video track.
type receiver struct {
	payloadType uint8
	sets        parameterSets
	depack      depacketiser
	pkt         rtp.Packet // kept to be used again

	packets int // RTP packets of this track
	bad     int // packets that are not
	lastBad error

	whole  int // whole key frames, with parameter sets or without
	length time.Duration
	win    *window // opened by the first whole key frame with parameter sets
}

func newReceiver(d description, length time.Duration) *receiver {
	r := &receiver{payloadType: d.payloadType, sets: parameterSets{codec: d.codec}, length: length}
	r.depack.sets = &r.sets
	for _, s := range d.sets {
		r.sets.add(s)
	}
	return r
}

// packet takes what came on the RTP channel.
func (r *receiver) packet(at time.Time, b []byte) {
	if err := r.parse(b); err != nil {
		r.bad++
		r.lastBad = err
		return
	}
	r.packets++
	p := &r.pkt
	k, ok := r.depack.push(at, p.SequenceNumber, p.Timestamp, p.Marker, p.Payload)
	if ok {
		r.whole++
		switch {
		case r.win != nil:
			r.win.keyframe(k.ts)
		case r.sets.complete():
			r.win = newWindow(at, r.length, k)
		}
	}
	if r.win != nil {
		r.win.packet(at, p.SSRC, p.SequenceNumber, p.Timestamp, len(p.Payload))
	}
}

func (r *receiver) parse(b []byte) error {
	if len(b) < 12 || b[0]>>6 != 2 {
		return errors.New("a packet that is not RTP version 2")
	}
	if b[1] >= 192 && b[1] <= 223 { // RTCP on the channel of RTP, RFC 5761 §4
		return errors.New("RTCP on the channel of RTP")
	}
	if err := r.pkt.Unmarshal(b); err != nil {
		return fmt.Errorf("an RTP header that lies about its length: %w", err)
	}
	if r.pkt.PayloadType != r.payloadType {
		return fmt.Errorf("RTP of payload type %d where %d was described", r.pkt.PayloadType, r.payloadType)
	}
	return nil
}

// noMedia tells why there is no media.
func (r *receiver) noMedia() *fall {
	if r.bad > 0 {
		return fell(wire.FaultMalformed, "%d packets and no video among them, at last: %w", r.bad, r.lastBad)
	}
	return fell(wire.FaultNoMedia, "PLAY was answered, but no video came")
}

// noKeyframe tells why there is no key frame that a decoder could start with.
func (r *receiver) noKeyframe() *fall {
	switch {
	case r.whole > 0 && r.sets.err != nil && (r.sets.size == size{}):
		return fell(wire.FaultMalformed, "key frames came: %w", r.sets.err)
	case r.whole > 0:
		return fell(wire.FaultNoKeyframe, "key frames came, but not all parameter sets")
	}
	return fell(wire.FaultNoKeyframe, "%d packets, but no whole key frame", r.packets)
}
