package probe

import (
	"encoding/binary"
	"errors"
)

// jpegFrame follows the fragments of a Motion JPEG frame (RFC 2435 §3.1).
type jpegFrame struct {
	begun bool
	next  int // the fragment offset that must follow
	head  jpegHeader
	size  size // as displayed, zero if nobody says
}

// jpegHeader is what is the same in all fragments of a frame, RFC 2435 §3.1.
type jpegHeader struct {
	specific, typ, q byte
	width, height    byte // in blocks of 8 pixels; 0 beyond 2040 pixels
}

// maxQuantisation bounds the tables of a frame, RFC 2435 §3.1.8: four of 64
// coefficients with 16 bits; types 0 and 1 have two.
const maxQuantisation = 4 * 128

var errJPEG = errors.New("it is no JPEG fragment")

// parseJPEG splits a payload into its header, fragment offset and scan data.
// Restart markers (§3.1.7) and quantisation tables (§3.1.8) are passed over;
// sizes that do not fit in the packet are errors, and so are types and values
// of Q that RFC 2435 leaves undefined: no decoder could show the picture.
func parseJPEG(b []byte) (h jpegHeader, offset int, scan []byte, err error) {
	if len(b) < 8 {
		return h, 0, nil, errJPEG
	}
	offset = int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	h = jpegHeader{b[0], b[4], b[5], b[6], b[7]}
	b = b[8:]
	if h.typ&^0x40 > 1 || h.q == 0 || h.q >= 100 && h.q < 128 {
		return h, 0, nil, errJPEG
	}
	if h.typ&0x40 != 0 {
		if len(b) < 4 || binary.BigEndian.Uint16(b) == 0 { // the interval must not be 0
			return h, 0, nil, errJPEG
		}
		b = b[4:]
	}
	if h.q >= 128 && offset == 0 {
		if len(b) < 4 {
			return h, 0, nil, errJPEG
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		// Without tables those of an earlier frame hold, but for Q 255.
		if n > maxQuantisation || n%64 != 0 || n > len(b)-4 || n == 0 && h.q == 255 {
			return h, 0, nil, errJPEG
		}
		b = b[4+n:]
	}
	if len(b) == 0 {
		return h, 0, nil, errJPEG
	}
	return h, offset, b, nil
}

func (d *depacketiser) takeJPEG(b []byte) {
	h, offset, scan, err := parseJPEG(b)
	j := &d.jpeg
	switch {
	case err != nil,
		offset == 0 && j.begun,
		offset != 0 && (!j.begun || offset != j.next || h != j.head):
		d.damaged = true
		return
	}
	if offset == 0 {
		j.begun, j.head = true, h
		j.size = d.jpegSize(h)
	}
	j.next = offset + len(scan)
	d.coded += len(scan)
}

// jpegSize gives the displayed size. The header has no room for more than 2040
// pixels: such frames say 0, or carelessly the rest modulo 256 blocks; then the
// description tells (a=x-dimensions, a=framesize), or ONVIF's header extension,
// or nobody.
func (d *depacketiser) jpegSize(h jpegHeader) size {
	s := size{int(h.width) * 8, int(h.height) * 8}
	if h.specific >= 1 && h.specific <= 3 { // a field, or one field for a frame (§3.1.1): half the lines
		s.height *= 2
	}
	large := d.sets.described
	if s.width == 0 || s.height == 0 ||
		max(large.width, large.height) > 2040 && byte(large.width/8) == h.width && byte(large.height/8) == h.height {
		return large
	}
	return s
}

// onvifSize looks for a frame header (SOF0 to SOF2) in the header extension of
// profile 0xFFD8 or 0xFFFF, in which ONVIF cameras send the JPEG segments that
// RFC 2435 cannot express (ONVIF Streaming Specification §5.1.3). It gives the
// zero size if there is none.
func onvifSize(profile uint16, b []byte) size {
	if profile != 0xffd8 && profile != 0xffff {
		return size{}
	}
	for len(b) >= 4 {
		if b[0] != 0xff {
			return size{}
		}
		if b[1] == 0xff || b[1] == 0xd8 { // fill, or start of image
			b = b[1+int(b[1]&1^1):]
			continue
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		if b[1] >= 0xc0 && b[1] <= 0xc2 && len(b) >= 9 && n >= 8 {
			s := size{int(binary.BigEndian.Uint16(b[7:])), int(binary.BigEndian.Uint16(b[5:]))}
			if min(s.width, s.height) < 1 || max(s.width, s.height) > maxPixels {
				return size{}
			}
			return s
		}
		if n < 2 || n+2 > len(b) {
			return size{}
		}
		b = b[n+2:]
	}
	return size{}
}
