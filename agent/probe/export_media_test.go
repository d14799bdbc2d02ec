package probe

import (
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// What follows opens the decoders of media to tests.

// NewReceiverFor gives a receiver of what a description describes.
func NewReceiverFor(sdp string, window time.Duration) (*Receiver, error) {
	d, err := parseSDP(sdp)
	if err != nil {
		return nil, err
	}
	return &Receiver{newReceiver(d, window)}, nil
}

// AddSet gives it a parameter set.
func (r *Receiver) AddSet(nal []byte) { r.r.sets.add(nal) }

// OverUDP makes it put packets in order, as they may overtake each other.
func (r *Receiver) OverUDP() { r.r.lossBy = LossByLine }

// Control takes a packet of RTCP.
func (r *Receiver) Control(at time.Time, b []byte) { r.r.rtcp(at, b) }

// Size is that of the displayed picture.
func (r *Receiver) Size() (width, height int) { return r.r.sets.size.width, r.r.sets.size.height }

// FellFrom gives the fault of media without video, and of video without key frames.
func (r *Receiver) FellFrom() (media, key wire.Fault) {
	return r.r.noMedia().fault, r.r.noKeyframe().fault
}

// NominalRate gives the frame rate that a parameter set declares.
var NominalRate = nominalRate

// ParseJPEG gives what is left of a payload.
func ParseJPEG(b []byte) (width, height, offset int, scan []byte, err error) {
	h, offset, scan, err := parseJPEG(b)
	return int(h.width) * 8, int(h.height) * 8, offset, scan, err
}

// ONVIFSize gives the size in a header extension.
func ONVIFSize(profile uint16, b []byte) (width, height int) {
	s := onvifSize(profile, b)
	return s.width, s.height
}

// ParseRTCP gives what a compound packet says.
func ParseRTCP(b []byte) (ssrc uint32, ntp uint64, ts uint32, found, bye bool) {
	sr, found, bye := parseRTCP(b)
	return sr.ssrc, sr.ntp, sr.ts, found, bye
}

// Account gives what sequence numbers tell: packets expected, received and lost
// and restarts.
func Account(seqs []uint16) (expected, received, lost, restarts int) {
	var s sequence
	for _, n := range seqs {
		s.update(n)
	}
	lost, _ = s.account.lost()
	return s.account.expected, s.account.received, lost, s.account.restarts
}

// Bounds of memory.
const (
	MaxSPS  = maxSPS
	MaxHeld = maxHeld
)
