package probetest

import "encoding/binary"

// jpeg is a Motion JPEG stream without pictures (RFC 2435): headers are right,
// scans are filler.
type jpeg struct {
	specific byte
	restart  bool // with restart markers, type 65
	tables   bool // with quantisation tables, Q 255
	still    bool // every frame has the same size
}

// payloads gives the fragments of a frame. Sizes beyond 2040 pixels are written
// as 0, §3.1.5.
func (j jpeg) payloads(frame int, s SPS) [][]byte {
	const mtu = 1200
	size := 3000 + frame%7*20
	if j.still {
		size = 3000
	}
	blocks := func(n int) byte {
		if n > 2040 {
			return 0
		}
		return byte(n / 8)
	}
	height := s.Height
	if j.specific != 0 {
		height /= 2
	}
	var out [][]byte
	for offset := 0; offset < size; offset += mtu {
		b := []byte{j.specific, byte(offset >> 16), byte(offset >> 8), byte(offset), 1, 80, blocks(s.Width), blocks(height)}
		if j.restart {
			b[4] = 65
		}
		if j.tables {
			b[5] = 255
		}
		if j.restart {
			b = append(b, 0, 60, 0xff, 0xff)
		}
		if j.tables && offset == 0 {
			b = append(binary.BigEndian.AppendUint16(append(b, 0, 0), 128), filler(128)...)
		}
		out = append(out, append(b, filler(min(mtu, size-offset))...))
	}
	return out
}
