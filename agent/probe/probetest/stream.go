package probetest

import (
	"encoding/binary"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// packet is an RTP packet before it is written, with room for lies.
type packet struct {
	flags   byte // first byte of the header, 0x80 when all is well
	marker  bool
	pt      byte
	seq     uint16
	ts      uint32
	ssrc    uint32 // 0 means 0xfeedcafe
	extra   []byte // what stands after the 12 bytes: CSRC, extension
	payload []byte
	channel byte
}

// frame writes the packet as an interleaved frame (RFC 2326 §10.12).
func (p packet) frame() []byte {
	n := 12 + len(p.extra) + len(p.payload)
	b := make([]byte, 16, 4+n)
	b[0], b[1] = '$', p.channel
	binary.BigEndian.PutUint16(b[2:], uint16(n))
	b[4], b[5] = p.flags, p.pt
	if p.marker {
		b[5] |= 0x80
	}
	binary.BigEndian.PutUint16(b[6:], p.seq)
	binary.BigEndian.PutUint32(b[8:], p.ts)
	ssrc := p.ssrc
	if ssrc == 0 {
		ssrc = firstSSRC
	}
	binary.BigEndian.PutUint32(b[12:], ssrc)
	return append(append(b, p.extra...), p.payload...)
}

const firstSSRC = 0xfeedcafe

// interleaved writes b as an interleaved frame.
func interleaved(channel byte, b []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{'$', channel}, uint16(len(b))), b...)
}

// stream is a video without pictures: valid parameter sets, and slices whose
// headers are right and whose data is filler.
type stream struct {
	codec    wire.Codec
	sps      SPS
	fps, gop int
	inBand   bool // parameter sets before each key frame
	inSDP    bool
	still    bool // pictures that are no key frames are tiny
	noMarker bool
	channel  byte

	first int                                     // number of the first frame; a multiple of gop is a key frame
	burst int                                     // frames that are sent at once at the beginning
	limit int                                     // frames after which then is called; 0 means never
	then  func(c *conn)                           // nil means silence
	edit  func(frame int, pkts []packet) []packet // changes the packets of a frame
	ts    func(frame int) uint32                  // nil means 90 kHz by frame rate
	units func(frame int, nals [][]byte) [][]byte // changes the NAL units of a frame
	pack  func(frame int, nals [][]byte) [][]byte // packs NAL units, nil means payloads
	rtcp  func(frame int) []byte                  // what comes on the channel of RTCP before a frame, nil for nothing

	clock int // ticks per second, 0 means 90000
	pt    int // payload type, 0 means 96
	jpeg  jpeg
	fmtp  string // further parameters of a=fmtp
	more  string // further lines of the description
}

func (s *stream) sets() [][]byte {
	switch s.codec {
	case wire.CodecJPEG:
		return nil
	case wire.CodecH265:
		return [][]byte{h265VPS(s.sps), s.sps.H265(), h265PPS()}
	}
	return [][]byte{s.sps.H264(), h264PPS()}
}

func filler(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 0xa5
	}
	return b
}

// nals gives the NAL units of a frame: two slices for a key frame, one else.
func (s *stream) nals(frame int) [][]byte {
	var out [][]byte
	key := frame%s.gop == 0
	if key && s.inBand {
		out = append(out, s.sets()...)
	}
	slice := func(first bool, n int) []byte {
		b := byte(0x40)
		if first {
			b = 0x80
		}
		var h []byte
		switch {
		case s.codec == wire.CodecH265 && key:
			h = []byte{19 << 1, 1, b}
		case s.codec == wire.CodecH265:
			h = []byte{1 << 1, 1, b}
		case key:
			h = []byte{0x65, b}
		default:
			h = []byte{0x41, b}
		}
		return append(h, filler(n)...)
	}
	if key {
		out = append(out, slice(true, 3000), slice(false, 500))
	} else {
		n := 400
		if s.still {
			n = 30
		}
		out = append(out, slice(true, n))
	}
	if s.units != nil {
		out = s.units(frame, out)
	}
	return out
}

// payloads packs NAL units: parameter sets that stand together into a STAP-A
// or AP, small units alone, big ones into FU-A or FU (RFC 6184 §5, RFC 7798
// §4.4).
func (s *stream) payloads(nals [][]byte) [][]byte {
	const mtu = 1200
	h265 := s.codec == wire.CodecH265
	var out [][]byte
	if s.inBand && len(nals) > 3 {
		n := len(s.sets())
		agg := []byte{0x78}
		if h265 {
			agg = []byte{48 << 1, 1}
		}
		for _, u := range nals[:n] {
			agg = append(binary.BigEndian.AppendUint16(agg, uint16(len(u))), u...)
		}
		out, nals = append(out, agg), nals[n:]
	}
	for _, u := range nals {
		if len(u) <= mtu {
			out = append(out, u)
			continue
		}
		out = append(out, s.fragment(u, mtu)...)
	}
	return out
}

// fragment packs a NAL unit into FU-A or FU with at most size bytes of it.
func (s *stream) fragment(u []byte, size int) [][]byte {
	h265, header := s.codec == wire.CodecH265, 1
	if h265 {
		header = 2
	}
	var out [][]byte
	for rest := u[header:]; len(rest) > 0; {
		n := min(size, len(rest))
		var se byte
		if len(rest) == len(u)-header {
			se = 0x80
		}
		if n == len(rest) {
			se |= 0x40
		}
		var fu []byte
		if h265 {
			fu = []byte{u[0]&0x81 | 49<<1, u[1], se | u[0]>>1&0x3f}
		} else {
			fu = []byte{u[0]&0xe0 | 28, se | u[0]&0x1f}
		}
		out, rest = append(out, append(fu, rest[:n]...)), rest[n:]
	}
	return out
}

func (s *stream) ticks() int {
	if s.clock == 0 {
		return 90000
	}
	return s.clock
}

func (s *stream) payloadType() byte {
	if s.pt == 0 {
		return 96
	}
	return byte(s.pt)
}

// packets gives the packets of a frame; seq goes on from frame to frame.
func (s *stream) packets(frame int, seq *uint16) []packet {
	var ps [][]byte
	switch {
	case s.codec == wire.CodecJPEG:
		ps = s.jpeg.payloads(frame, s.sps)
	case s.pack != nil:
		ps = s.pack(frame, s.nals(frame))
	default:
		ps = s.payloads(s.nals(frame))
	}
	ts := uint32(frame) * uint32(s.ticks()/s.fps)
	if s.ts != nil {
		ts = s.ts(frame)
	}
	var out []packet
	for i, p := range ps {
		out = append(out, packet{flags: 0x80, marker: i == len(ps)-1 && !s.noMarker, pt: s.payloadType(), seq: *seq, ts: ts, payload: p, channel: s.channel})
		*seq++
	}
	if s.edit != nil {
		out = s.edit(frame, out)
	}
	return out
}

// firstSeq is such that sequence numbers soon wrap.
const firstSeq uint16 = 65500

// play sends frames until the connection or the session ends. Frames that are
// due are sent even if the ticker was late, so the pace holds on a busy
// machine.
func (s *stream) play(c *conn) {
	seq := firstSeq
	start := time.Now()
	tick := time.NewTicker(time.Second / time.Duration(s.fps) / 2)
	defer tick.Stop()
	for sent := 0; ; {
		due := int(time.Since(start).Seconds()*float64(s.fps)) + 1 + s.burst
		for ; sent < due; sent++ {
			if s.limit > 0 && sent == s.limit {
				if s.then != nil {
					s.then(c)
				}
				return
			}
			if s.rtcp != nil {
				if b := s.rtcp(s.first + sent); c.write(interleaved(s.channel+1, b)) != nil {
					return
				}
			}
			for _, p := range s.packets(s.first+sent, &seq) {
				if c.write(p.frame()) != nil {
					return
				}
			}
		}
		select {
		case <-c.done:
			return
		case <-tick.C:
		}
	}
}
