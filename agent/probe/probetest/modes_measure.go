package probetest

import (
	"encoding/binary"
	"slices"
)

// The frames of a stream before which something happens: after the first key
// frame, well within a window of 800 ms.
const (
	before = 5
	after  = 9
)

// measureModes are cameras whose stream flows, with something to be noticed.
func measureModes() []Mode {
	h := func(name string, change func(s *stream), expect func(m *Mode)) Mode {
		m := good(name, func(m *Mode) { change(&m.script.stream) })
		if expect != nil {
			expect(&m)
		}
		return m
	}
	edit := func(name string, e func(frame int, ps []packet) []packet, expect func(m *Mode)) Mode {
		return h(name, func(s *stream) { s.edit = e }, expect)
	}
	each := func(change func(frame int, p *packet)) func(int, []packet) []packet {
		return func(frame int, ps []packet) []packet {
			for i := range ps {
				change(frame, &ps[i])
			}
			return ps
		}
	}
	stamps := func(name string, ts func(frame int) uint32, expect func(m *Mode)) Mode {
		return h(name, func(s *stream) { s.ts = ts }, expect)
	}
	var held []packet
	return []Mode{
		edit("h264 of which packets are missing", func(frame int, ps []packet) []packet {
			if frame%10 == before {
				return nil
			}
			return ps
		}, func(m *Mode) { m.Lost, m.FrameRate = true, 22.5 }),
		edit("h264 with every packet twice", func(_ int, ps []packet) []packet {
			var out []packet
			for _, p := range ps {
				out = append(out, p, p)
			}
			return out
		}, nil),
		edit("h264 with packets that overtake each other", func(frame int, ps []packet) []packet {
			switch frame % 10 {
			case before:
				held = ps
				return nil
			case before + 1:
				return slices.Concat(ps, held)
			}
			return ps
		}, func(m *Mode) { m.FrameRate = 22.5 }),
		edit("h264 whose sequence numbers begin anew", each(func(frame int, p *packet) {
			if frame >= after {
				p.seq += 20000
			}
		}), func(m *Mode) { m.SequenceRestarts = 1 }),
		edit("h264 whose source changes", each(func(frame int, p *packet) {
			if frame >= after {
				p.ssrc, p.seq, p.ts = 0xabad1dea, p.seq+12345, p.ts+0x70000000
			}
		}), func(m *Mode) { m.SequenceRestarts, m.FrameRate, m.KeyframeGap = 1, 20, 0.8 }),
		edit("h264 with packets of other sources in between", func(frame int, ps []packet) []packet {
			out := slices.Clone(ps)
			for i, p := range ps {
				p.ssrc, p.seq, p.ts = 0xbad00000+uint32(i%3), uint16(frame*7+i), 1
				out = append(out, p)
			}
			return out
		}, nil),
		edit("h264 with empty packets and frames of other channels", func(frame int, ps []packet) []packet {
			ps = append(ps, packet{flags: 0x80, pt: 95, channel: 0}, packet{flags: 0x80, channel: 9, payload: make([]byte, 900)})
			if frame%10 == before {
				ps = append(ps, packet{flags: 0x80, channel: 9, payload: make([]byte, 60000)}, packet{flags: 0x80, pt: 96, payload: make([]byte, 65000), ssrc: 1})
			}
			return ps
		}, nil),
		h("h264 in packets of 64 KiB", func(s *stream) {
			s.units = func(frame int, nals [][]byte) [][]byte {
				if frame%10 == before {
					nals[0] = append(nals[0], filler(60000)...)
				}
				return nals
			}
			s.pack = func(_ int, nals [][]byte) [][]byte { return nals }
		}, nil),
		stamps("h264 whose timestamps jump ahead", func(f int) uint32 {
			if f >= after {
				return uint32(f)*3600 + 90000*3600
			}
			return uint32(f) * 3600
		}, func(m *Mode) { m.TimestampFaults = 1 }),
		stamps("h264 whose timestamps jump back", func(f int) uint32 {
			if f >= after {
				return uint32(f)*3600 - 90000*20
			}
			return uint32(f) * 3600
		}, func(m *Mode) { m.TimestampFaults = 1 }),
		stamps("h264 whose timestamps stand still for a while", func(f int) uint32 {
			if f >= 2 && f <= 10 {
				f = 2
			}
			return uint32(f) * 3600
		}, func(m *Mode) { m.TimestampFaults, m.FrameRate, m.KeyframeGap = 1, 15, 0.72 }),
		h("h264 of a frozen picture", func(s *stream) { s.still = true }, func(m *Mode) { m.SuspectStatic = true }),
		good("h265 of a frozen picture", func(m *Mode) { m.script.stream = h265(); m.script.stream.still = true; m.SuspectStatic = true }),
		h("h264 of a frozen picture among filler and messages", func(s *stream) {
			s.still = true
			s.units = func(_ int, nals [][]byte) [][]byte {
				return append(nals, append([]byte{6, 5, 200}, filler(200)...), append([]byte{12}, filler(900)...))
			}
		}, func(m *Mode) { m.SuspectStatic = true }),
		func() Mode {
			m := good("jpeg of a frozen picture", func(m *Mode) { m.script.stream = mjpeg(); m.script.stream.jpeg.still = true })
			m.NominalRate, m.SuspectStatic = 0, true
			return m
		}(),
		h("h264 with sender reports", func(s *stream) {
			s.rtcp = func(f int) []byte { return report(f, 0) }
		}, func(m *Mode) { m.SenderReports = true }),
		h("h264 with sender reports of another source", func(s *stream) {
			s.rtcp = func(f int) []byte { return report(f, 1) }
		}, nil),
		h("h264 with noise in place of RTCP", func(s *stream) {
			s.rtcp = func(f int) []byte {
				return [][]byte{nil, {0x80}, {0x80, 200, 0xff, 0xff}, {0x80, 200, 0, 0}, {0x9f, 200, 0, 1, 1, 2, 3, 4},
					slices.Repeat([]byte{0x80, 201, 0, 0}, 8000), filler(65000), {0x81, 203, 0, 0}, report(f, 0)[:27]}[f%9]
			}
		}, nil),
	}
}

// report is a sender report (RFC 3550 §6.4.1) before a frame of 25 per second,
// with a description of the source after it.
func report(frame int, other uint32) []byte {
	b := []byte{0x80, 200, 0, 6}
	b = binary.BigEndian.AppendUint32(b, firstSSRC+other)
	b = binary.BigEndian.AppendUint64(b, 3_900_000_000<<32+uint64(frame)*(1<<32/25))
	b = binary.BigEndian.AppendUint32(b, uint32(frame)*3600)
	b = append(b, make([]byte, 8)...)
	return append(b, 0x81, 202, 0, 2, 0xfe, 0xed, 0xca, 0xfe, 1, 1, 'x', 0)
}
