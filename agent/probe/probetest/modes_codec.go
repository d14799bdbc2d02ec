package probetest

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

func mjpeg() stream {
	return stream{codec: wire.CodecJPEG, sps: SPS{Width: 1280, Height: 720}, fps: 25, gop: 1}
}

// codecModes are good cameras: all that RFC 6184, 7798 and 2435 let them send.
func codecModes() []Mode {
	motion := func(name string, change func(s *stream)) Mode {
		m := good(name, func(m *Mode) { m.script.stream = mjpeg(); change(&m.script.stream) })
		m.NominalRate = 0
		return m
	}
	large := SPS{Width: 2560, Height: 1440}
	unknown := motion("jpeg larger than its header can tell, and nobody tells", func(s *stream) { s.sps = large })
	unknown.Width, unknown.Height = 0, 0
	onvif := motion("jpeg larger than its header can tell, with ONVIF's header extension", func(s *stream) {
		s.sps = large
		s.edit = func(_ int, ps []packet) []packet {
			ps[0].flags |= 0x10
			ps[0].extra = []byte{0xff, 0xd8, 0, 5, 0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 1440 >> 8, 1440 & 0xff, 2560 >> 8, 0, 3,
				1, 0x22, 0, 2, 0x11, 1, 3, 0x11}
			return ps
		}
	})
	noTiming := good("h265 without any timing", func(m *Mode) { m.script.stream = h265(); m.script.stream.sps.Timing = false })
	noTiming.NominalRate = 0
	return []Mode{
		motion("jpeg", func(*stream) {}),
		motion("jpeg of the static payload type", func(s *stream) { s.pt = 26 }),
		motion("jpeg with restart markers and quantisation tables", func(s *stream) { s.jpeg.restart, s.jpeg.tables = true, true }),
		motion("jpeg of fields", func(s *stream) { s.jpeg.specific = 3 }),
		motion("jpeg without markers", func(s *stream) { s.noMarker = true }),
		motion("jpeg larger than its header can tell, with x-dimensions", func(s *stream) { s.sps, s.more = large, "a=x-dimensions:2560,1440\r\n" }),
		motion("jpeg larger than its header can tell, with framesize", func(s *stream) { s.sps, s.more = large, "a=framesize:96 2560-1440\r\n" }),
		onvif, unknown, noTiming,
		good("h264 in STAP-B and FU-B", func(m *Mode) {
			s := &m.script.stream
			s.pack = func(frame int, nals [][]byte) [][]byte {
				ps := s.payloads(nals)
				for i, p := range ps {
					switch {
					case p[0]&0x1f == 28 && p[1]&0x80 != 0:
						ps[i] = append([]byte{p[0] + 1, p[1], byte(frame >> 8), byte(frame)}, p[2:]...)
					case p[0]&0x1f < 24:
						ps[i] = append(binary.BigEndian.AppendUint16([]byte{0x79, 0, byte(frame)}, uint16(len(p))), p...)
					}
				}
				return ps
			}
		}),
		good("h264 with parameter sets in fragments", func(m *Mode) { m.script.stream.inSDP, m.script.stream.pack = false, m.script.stream.fragments }),
		good("h265 with parameter sets in fragments", func(m *Mode) {
			m.script.stream = h265()
			m.script.stream.inSDP, m.script.stream.pack = false, m.script.stream.fragments
		}),
		good("h265 with decoding order numbers", func(m *Mode) {
			m.script.stream = h265()
			s := &m.script.stream
			s.inSDP, s.inBand, s.fmtp = false, true, ";sprop-max-don-diff=2"
			s.pack = func(_ int, nals [][]byte) [][]byte { return withDON(s.payloads(nals)) }
		}),
		good("h265 in PACI", func(m *Mode) {
			m.script.stream = h265()
			s := &m.script.stream
			s.inSDP, s.inBand = false, true
			s.pack = func(_ int, nals [][]byte) [][]byte {
				ps := s.payloads(nals)
				for i, p := range ps {
					ps[i] = paci(p, 3)
				}
				return ps
			}
		}),
		good("h264 with filler and messages", func(m *Mode) {
			m.script.stream.units = func(_ int, nals [][]byte) [][]byte {
				return slices.Concat([][]byte{{9, 0xf0}, {6, 5, 1, 0, 0x80}}, nals, [][]byte{append([]byte{12}, filler(2500)...)})
			}
		}),
		good("h265 of several layers", func(m *Mode) {
			m.script.stream = h265()
			m.script.stream.units = func(_ int, nals [][]byte) [][]byte {
				sps := []byte{0x42, 0x09, 0xff, 0xff, 0xff} // of another layer: written otherwise
				return slices.Concat([][]byte{sps}, nals, [][]byte{append([]byte{2, 9, 0x80}, filler(300)...)})
			}
		}),
		good("h264 after its audio, which is sent all the same", func(m *Mode) {
			m.script.stream.edit = func(frame int, ps []packet) []packet {
				return append(ps, packet{flags: 0x80, pt: 8, seq: uint16(frame), ts: uint32(frame) * 320, ssrc: 7, payload: filler(160), channel: 2})
			}
		}),
		good("h264 without clock rate", func(m *Mode) {
			m.script.sdp = strings.Replace(sdpOf(&m.script.stream), "H264/90000", "H264", 1)
		}),
		good("h264 of a clock rate of zero", func(m *Mode) {
			m.script.sdp = strings.Replace(sdpOf(&m.script.stream), "H264/90000", "H264/0", 1)
		}),
		good("h264 of a clock rate beyond all bounds", func(m *Mode) {
			m.script.sdp = strings.Replace(sdpOf(&m.script.stream), "H264/90000", "H264/99999999999999999999", 1)
		}),
		good("h264 of another clock rate", func(m *Mode) { m.script.stream.clock = 10000 }),
	}
}

// fragments packs every NAL unit of a frame into two FUs or more, key frames
// with their parameter sets before them.
func (s *stream) fragments(frame int, nals [][]byte) [][]byte {
	if frame%s.gop == 0 {
		nals = slices.Concat(s.sets(), nals)
	}
	var out [][]byte
	for _, u := range nals {
		n := max(10, len(u)/4)
		if len(u) < 5 {
			out = append(out, u)
			continue
		}
		out = append(out, s.fragment(u, min(n, len(u)/2))...)
	}
	return out
}

// withDON adds decoding order numbers to payloads of H.265 (RFC 7798 §4.4).
func withDON(ps [][]byte) [][]byte {
	don := []byte{0, 9}
	for i, p := range ps {
		switch p[0] >> 1 {
		case 49:
			if p[2]&0x80 != 0 {
				ps[i] = slices.Concat(p[:3], don, p[3:])
			}
		case 48:
			out := slices.Concat(p[:2], don)
			for b := p[2:]; len(b) > 0; {
				n := 2 + int(binary.BigEndian.Uint16(b))
				if len(out) > 4 {
					out = append(out, 0) // DOND
				}
				out, b = append(out, b[:n]...), b[n:]
			}
			ps[i] = out
		default:
			ps[i] = slices.Concat(p[:2], don, p[2:])
		}
	}
	return ps
}

// paci wraps a payload of H.265 with an extension of n bytes (RFC 7798 §4.4.4).
func paci(p []byte, n byte) []byte {
	return slices.Concat([]byte{p[0]&0x81 | 50<<1, p[1], p[0]&0xfe | n>>4, n << 4}, make([]byte, n), p[2:])
}
