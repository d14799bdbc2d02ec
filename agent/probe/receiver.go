package probe

import (
	"errors"
	"fmt"
	"time"

	"github.com/pion/rtp"

	"github.com/phukin/phukin/hub/wire"
)

// receiver takes the packets of the video track, RTP by packet and RTCP by
// control, from whatever transport. It keeps nothing of them but numbers,
// the SPS and a parameter set that is being put together (at most maxSPS bytes
// each), the index of the largest header extension (by pion/rtp: 1 MiB for 64
// KiB of empty elements) and, over UDP, at most maxHeld packets of at most
// maxHeldSize bytes that came too early, whatever the camera sends.
type receiver struct {
	payloadType uint8
	clock       int // ticks of the RTP clock per second
	sets        parameterSets
	depack      depacketiser
	pkt         rtp.Packet // kept to be used again

	// lossBy says who loses packets, LossByCamera unless set. Over UDP
	// (LossByLine) packets are put in order.
	lossBy LossBy
	early  reorder

	source  source
	seq     sequence
	opened  account // when the window opened
	reports senderReports
	control struct{ packets, byes int } // of RTCP

	packets int // RTP packets of this track
	bad     int // packets that are not
	lastBad error

	whole  int // whole key frames, with parameter sets or without
	length time.Duration
	win    *window // opened by the first whole key frame with parameter sets
}

func newReceiver(d description, length time.Duration) *receiver {
	r := &receiver{payloadType: d.payloadType, clock: d.clockRate, lossBy: LossByCamera,
		sets: parameterSets{codec: d.codec, described: d.size}, length: length}
	if r.clock == 0 {
		r.clock = defaultClockRate
	}
	r.depack.sets, r.depack.donl = &r.sets, d.donl
	described, err := d.parameterSets()
	r.sets.err = err // sets in band will do
	for _, s := range described {
		r.sets.add(s)
	}
	return r
}

// packet takes an RTP packet, as it came on the RTP channel or socket at a
// time. It keeps no reference to b.
func (r *receiver) packet(at time.Time, b []byte) {
	if err := r.parse(b); err != nil {
		r.bad++
		r.lastBad = err
		return
	}
	if r.lossBy != LossByLine {
		r.accept(at)
		return
	}
	for p := range r.early.push(at, r.pkt.SSRC, r.pkt.SequenceNumber, b) {
		if r.parse(p.b) == nil {
			r.accept(p.at)
		}
	}
}

// rtcp takes what came on the RTCP channel or socket at a time. What makes no
// sense is passed over: video is judged by video.
func (r *receiver) rtcp(at time.Time, b []byte) {
	sr, found, bye := parseRTCP(b)
	r.control.packets++
	if bye {
		r.control.byes++
	}
	if found {
		r.reports.add(at, sr)
	}
}

// accept takes the packet in pkt.
func (r *receiver) accept(at time.Time) {
	p := &r.pkt
	r.packets++
	mine, other := r.source.take(at, p.SSRC, p.SequenceNumber, r.quietness())
	if !mine {
		return
	}
	was := r.seq.account
	if other {
		r.seq = sequence{account: was, doubts: r.seq.doubts}
		r.seq.account.restarts++
	}
	o, gap := r.seq.update(p.SequenceNumber)
	if o != inOrder && o != anew {
		return // what is late came too late to be put in order
	}
	anewed := other || o == anew
	if anewed {
		r.depack.restart()
	}
	if r.sets.codec == wire.CodecJPEG && p.Extension {
		if s := onvifSize(p.ExtensionProfile, p.GetExtension(0)); s != (size{}) {
			r.sets.described = s
		}
	}
	pictures := r.depack.push(at, p.Timestamp, p.Marker, gap, p.Payload)
	if r.win != nil {
		r.win.packet(at, p.Timestamp, p.Marker, anewed, len(p.Payload))
	}
	for _, k := range pictures {
		if k.key {
			r.whole++
		}
		switch {
		case r.win != nil:
			r.win.picture(k)
		case k.key && r.sets.complete():
			r.open(at, was, k)
			r.win.packet(at, p.Timestamp, p.Marker, false, len(p.Payload))
		}
	}
}

// open opens the window with the key frame k; before is the account before the
// packet at hand.
func (r *receiver) open(at time.Time, before account, k picture) {
	r.opened = before
	r.win = newWindow(at, r.length, r.clock, k)
	r.win.static = newStaticness(r.sets.codec, r.sets.size)
	r.win.static.add(k)
	r.win.note = r.note
}

// note writes what is known beside the window.
func (r *receiver) note(res *Result) {
	a := r.seq.account.minus(r.opened)
	res.Lost, res.Loss = a.lost()
	res.LossBy, res.SequenceRestarts = r.lossBy, a.restarts
	res.NominalRate = r.sets.rate()
	r.reports.report(res, r.source.ssrc, float64(r.clock))
}

// quietness is how long a source must be silent before another one may take
// its place: two frame intervals and 200 ms.
func (r *receiver) quietness() time.Duration {
	const least = 200 * time.Millisecond
	if r.win == nil {
		return least
	}
	return max(least, r.win.patience(0)*2/5)
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
	switch {
	case r.bad > 0:
		return fell(wire.FaultMalformed, "%d packets and no video among them, at last: %w", r.bad, r.lastBad)
	case r.control.byes > 0:
		return fell(wire.FaultNoMedia, "PLAY was answered, but the camera said BYE and no video came")
	case r.control.packets > 0:
		return fell(wire.FaultNoMedia, "PLAY was answered, but only RTCP came and no video")
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
	case r.depack.odd != "":
		return fell(wire.FaultUnsupportedCodec, "the video comes in %s packets, which cannot be judged", r.depack.odd)
	case r.seq.doubts > r.packets/2:
		return fell(wire.FaultMalformed, "%d packets whose sequence numbers make no sense", r.packets)
	}
	return fell(wire.FaultNoKeyframe, "%d packets, but no whole key frame", r.packets)
}
