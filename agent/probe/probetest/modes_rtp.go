package probetest

import (
	"math/rand/v2"
	"slices"

	"github.com/phukin/phukin/hub/wire"
)

func fallen(base func() stream, name string, f wire.Fault, on wire.Rung, change func(s *stream)) Mode {
	return bad(name, f, on, func(s *script) {
		s.stream = base()
		change(&s.stream)
	})
}

// rtpModes are bad at RTP and RTCP (RFC 3550).
func rtpModes() []Mode {
	edit := func(name string, f wire.Fault, on wire.Rung, e func(frame, i int, p *packet)) Mode {
		return fallen(h264, name, f, on, func(s *stream) {
			s.edit = func(frame int, ps []packet) []packet {
				for i := range ps {
					e(frame, i, &ps[i])
				}
				return ps
			}
		})
	}
	const media, key, fresh = wire.RungMedia, wire.RungKeyframe, wire.RungFresh
	rtcpOnly := func(name string, b func(f int) []byte) Mode {
		return fallen(h264, name, wire.FaultNoMedia, media, func(s *stream) {
			s.rtcp, s.edit = b, func(int, []packet) []packet { return nil }
		})
	}
	return []Mode{
		edit("padding of no bytes", wire.FaultMalformed, media, func(_, _ int, p *packet) {
			p.flags, p.payload = 0xa0, append(slices.Clone(p.payload), 0)
		}),
		edit("padding and nothing else", wire.FaultNoKeyframe, key, func(_, _ int, p *packet) { p.flags, p.payload = 0xa0, []byte{0, 0, 0, 4} }),
		edit("an extension of its length that is not there", wire.FaultMalformed, media, func(_, _ int, p *packet) {
			p.flags, p.payload = 0x90, []byte{0xbe}
		}),
		edit("an extension whose elements go beyond it", wire.FaultMalformed, media, func(_, _ int, p *packet) {
			p.flags, p.extra = 0x90, []byte{0xbe, 0xde, 0, 1, 0x1f, 0, 0, 0}
		}),
		edit("an extension of 60 KiB of empty elements", wire.FaultNoKeyframe, key, func(_, _ int, p *packet) {
			p.flags, p.extra, p.payload = 0x90, append([]byte{0x10, 0, 0x3a, 0x98}, slices.Repeat([]byte{1, 0}, 30000)...), nil
		}),
		edit("sources, extension and padding that leave nothing", wire.FaultNoKeyframe, key, func(_, _ int, p *packet) {
			p.flags, p.extra, p.payload = 0xb2, []byte{0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 0}, []byte{0, 2}
		}),
		edit("sequence numbers at random", wire.FaultMalformed, key, func(frame, i int, p *packet) { p.seq = uint16(frame*7919 + i*13007) }),
		edit("sequence numbers that stand still", wire.FaultNoKeyframe, key, func(_, _ int, p *packet) { p.seq = 7 }),
		edit("sequence numbers that run backwards", wire.FaultNoKeyframe, key, func(_, _ int, p *packet) { p.seq = -p.seq }),
		edit("every second sequence number", wire.FaultNoKeyframe, key, func(_, _ int, p *packet) { p.seq *= 2 }),
		edit("every packet of another source", wire.FaultNoKeyframe, key, func(_, _ int, p *packet) { p.ssrc = rand.Uint32() | 1 }),
		edit("timestamps that differ in every packet", wire.FaultNoKeyframe, key, func(_, i int, p *packet) { p.ts += uint32(i) }),
		fallen(h264, "timestamps at random", wire.FaultStalled, fresh, func(s *stream) {
			s.ts = func(f int) uint32 { return uint32(f) * 2654435761 }
		}),
		fallen(h264, "timestamps that jump at every picture", wire.FaultStalled, fresh, func(s *stream) {
			s.ts = func(f int) uint32 { return uint32(f) * 90000 * 60 }
		}),
		fallen(h264, "a source that falls silent while another one sends", wire.FaultStalled, fresh, func(s *stream) {
			s.edit = func(frame int, ps []packet) []packet {
				for i := range ps {
					if frame > 3 {
						ps[i].ssrc, ps[i].seq = 9, uint16(frame*1000+i*2)
					}
				}
				return ps
			}
		}),
		rtcpOnly("sender reports and no video", func(f int) []byte { return report(f, 0) }),
		rtcpOnly("BYE and no video", func(int) []byte { return []byte{0x81, 203, 0, 1, 0xfe, 0xed, 0xca, 0xfe} }),
		rtcpOnly("RTCP of forged lengths and no video", func(f int) []byte {
			return [][]byte{{0x80, 200, 0xff, 0xff}, {0x81, 203, 0, 9}, {0x80, 200, 0, 0}, slices.Repeat([]byte{0x80, 200, 0, 0}, 16000)}[f%4]
		}),
	}
}

// packetModes are bad at the payload structures of RFC 6184 §5 and RFC 7798
// §4.4.
func packetModes() []Mode {
	mode := func(base func() stream, name string, f wire.Fault, change func(p []byte) []byte) Mode {
		return fallen(base, name, f, wire.RungKeyframe, func(s *stream) {
			s.pack = func(_ int, nals [][]byte) [][]byte {
				ps := s.payloads(nals)
				for i, p := range ps {
					ps[i] = change(slices.Clone(p))
				}
				return ps
			}
		})
	}
	avc := func(name string, change func(p []byte) []byte) Mode {
		return mode(h264, name, wire.FaultNoKeyframe, change)
	}
	hevc := func(name string, change func(p []byte) []byte) Mode {
		return mode(h265, name, wire.FaultNoKeyframe, change)
	}
	always := func(b ...byte) func([]byte) []byte { return func([]byte) []byte { return b } }
	return []Mode{
		mode(h264, "h264 in MTAP16 only", wire.FaultUnsupportedCodec, always(0x7a, 0, 0, 0, 3, 0, 0, 0, 0x65, 0x80, 1)),
		mode(h264, "h264 in MTAP24 only", wire.FaultUnsupportedCodec, always(0x7b, 0, 0, 0, 3, 0, 0, 0, 0, 0x65, 0x80, 1)),
		avc("a STAP-A that ends within a size", always(0x78, 0, 3, 0x65, 0x80, 1, 0)),
		avc("a STAP-A in a STAP-A", always(0x78, 0, 6, 0x78, 0, 3, 0x65, 0x80, 1)),
		avc("a STAP-A of FU-A", always(0x78, 0, 4, 0x7c, 0x85, 0x80, 1)),
		avc("a STAP-A of empty units", always(0x78, 0, 0, 0, 0, 0, 3, 0x65, 0x80, 1)),
		avc("a STAP-B without units", always(0x79, 0, 0)),
		avc("FU-A of STAP-A", func(p []byte) []byte {
			if p[0]&0x1f == 28 {
				p[1] = p[1]&0xe0 | 24
			}
			return p
		}),
		avc("FU-A that are cut within their header", func(p []byte) []byte { return []byte{0x7c, p[1] | 0x80} }),
		avc("FU-A that start and end at once", func(p []byte) []byte { return append([]byte{0x7c, 0xc5}, p[1:]...) }),
		avc("FU-B that do not start", func(p []byte) []byte { return append([]byte{0x7d, 5, 0, 0}, p[1:]...) }),
		avc("FU-A that never end", func(p []byte) []byte {
			if p[0]&0x1f == 28 {
				p[1] &^= 0x40
			}
			return p
		}),
		avc("units with the forbidden bit", func(p []byte) []byte { p[0] |= 0x80; return p }),
		avc("units of undefined types", func(p []byte) []byte { p[0] = p[0]&0xe0 | 31; return p }),
		hevc("AP that lie about sizes", always(0x60, 1, 0xff, 0xff, 0x26, 1, 0x80)),
		hevc("an AP in an AP", always(0x60, 1, 0, 8, 0x60, 1, 0, 4, 0x26, 1, 0x80, 1)),
		hevc("AP with units of one byte", always(0x60, 1, 0, 1, 0x26, 0, 4, 0x26, 1, 0x80, 1)),
		hevc("FU that are cut within their header", func(p []byte) []byte { return []byte{0x62, 1, 0x93} }),
		hevc("FU of FU", func(p []byte) []byte {
			if p[0]>>1 == 49 {
				p[2] = p[2]&0xc0 | 49
			}
			return p
		}),
		hevc("FU that change their type", func(p []byte) []byte {
			if p[0]>>1 == 49 && p[2]&0x80 == 0 {
				p[2]++
			}
			return p
		}),
		hevc("PACI whose extension goes beyond them", always(0x64, 1, 0x27, 0xf0, 0x80, 1)),
		hevc("PACI of nothing", always(0x64, 1, 0x26, 0)),
		hevc("a PACI in a PACI", func(p []byte) []byte { return paci(paci(p, 1), 1) }),
		hevc("PACI cut within their header", always(0x64, 1, 0x26)),
	}
}
