package probe

import "errors"

// chroma is chroma_format_idc of H.264 §7.4.2.1.1 and H.265 §7.4.3.2.1: 0
// monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. Three separately coded planes count
// as monochrome (ChromaArrayType).
type chroma uint

// cropUnit gives the pixels of one unit of cropping in frames without fields
// (H.264 table 6-1 and equations 7-19 to 7-22; H.265 table 6-1).
func cropUnit(c chroma) size {
	switch c {
	case 1:
		return size{2, 2}
	case 2:
		return size{2, 1}
	}
	return size{1, 1}
}

var errShort = errors.New("it is cut short")

// bitReader reads an RBSP. After its end it gives zeros and says so in short.
type bitReader struct {
	b     []byte
	pos   int // bits read
	short bool
}

func (r *bitReader) bit() uint {
	i := r.pos >> 3
	if i >= len(r.b) {
		r.short = true
		return 0
	}
	v := uint(r.b[i]>>(7-r.pos&7)) & 1
	r.pos++
	return v
}

func (r *bitReader) flag() bool { return r.bit() == 1 }

// bits reads n ≤ 32 bits.
func (r *bitReader) bits(n int) uint {
	var v uint
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

func (r *bitReader) skip(n int) {
	r.pos += n
	r.short = r.short || r.pos > 8*len(r.b)
}

// ue reads an Exp-Golomb code (H.264 §9.1, H.265 §9.2).
func (r *bitReader) ue() uint {
	n := 0
	for !r.flag() {
		if n++; n > 31 || r.short {
			r.short = true
			return 0
		}
	}
	return 1<<n - 1 + r.bits(n)
}

// ues passes over n Exp-Golomb codes.
func (r *bitReader) ues(n uint) {
	for ; n > 0 && !r.short; n-- {
		r.ue()
	}
}

// se reads a signed Exp-Golomb code (H.264 §9.1.1, H.265 §9.2.2).
func (r *bitReader) se() int {
	v := int(r.ue()) // below 2³²
	if v&1 == 0 {
		return -(v / 2)
	}
	return v/2 + 1
}

// h264Chroma reads the chroma format of an SPS without emulation prevention
// (H.264 §7.3.2.1.1).
func h264Chroma(b []byte) (chroma, error) {
	if len(b) < 4 {
		return 0, errShort
	}
	switch b[1] {
	case 100, 110, 122, 244, 44, 83, 86, 118:
	default:
		return 1, nil
	}
	r := &bitReader{b: b[4:]}
	r.ue() // seq_parameter_set_id
	c := chroma(r.ue())
	separate := c == 3 && r.flag()
	r.ue() // bit_depth_luma_minus8
	r.ue() // bit_depth_chroma_minus8
	r.skip(1)
	scaling := r.flag()
	switch {
	case r.short:
		return 0, errShort
	case c > 3:
		return 0, errors.New("its chroma format is not defined")
	case c == 3 && scaling:
		return 0, errors.New("4:4:4 with scaling lists cannot be read") // vdk would misread what follows
	case separate:
		return 0, nil
	}
	return c, nil
}

// h265Crop reads how many pixels the conformance window takes off the width
// and the height of an SPS without emulation prevention (H.265 §7.3.2.2.1).
func h265Crop(b []byte) (size, error) {
	if len(b) < 3 {
		return size{}, errShort
	}
	r := &bitReader{b: b[2:]}
	r.skip(4) // sps_video_parameter_set_id
	subLayers := int(r.bits(3))
	r.skip(1)
	r.profileTierLevel(subLayers)
	r.ue() // sps_seq_parameter_set_id
	c := chroma(r.ue())
	if c == 3 && r.flag() {
		c = 0
	}
	r.ue() // pic_width_in_luma_samples
	r.ue() // pic_height_in_luma_samples
	var crop size
	if r.flag() {
		left, right, top, bottom := r.ue(), r.ue(), r.ue(), r.ue()
		if max(left, right, top, bottom) > maxPixels {
			return size{}, errors.New("its conformance window is beyond all bounds")
		}
		u := cropUnit(c)
		crop = size{u.width * int(left+right), u.height * int(top+bottom)}
	}
	switch {
	case r.short:
		return size{}, errShort
	case c > 3:
		return size{}, errors.New("its chroma format is not defined")
	}
	return crop, nil
}
