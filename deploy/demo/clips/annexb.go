package clips

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrNoStartCode is returned for bytes that do not begin with an Annex-B start
// code (after any number of zero bytes).
var ErrNoStartCode = errors.New("annex-b: no start code at the beginning")

// SplitNALUs cuts a byte stream (H.264 Annex B, H.265 Annex B) into its NAL units,
// without start codes and without the zero bytes that may stand before and after
// them. Empty units are left out. The result refers to data.
func SplitNALUs(data []byte) ([][]byte, error) {
	begin := nextStartCode(data, 0)
	if begin < 0 || len(bytes.TrimLeft(data[:begin], "\x00")) != 0 {
		return nil, ErrNoStartCode
	}
	var nalus [][]byte
	for begin >= 0 {
		begin += 3
		end := nextStartCode(data, begin)
		unit := data[begin:]
		if end >= 0 {
			unit = data[begin:end]
		}
		// A NAL unit never ends in a zero byte (7.4.1): what follows it is
		// trailing_zero_8bits, or the first byte of a four-byte start code.
		if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 {
			nalus = append(nalus, unit[:len(unit):len(unit)])
		}
		begin = end
	}
	return nalus, nil
}

// nextStartCode returns the index of the next 00 00 01 at or after from, or -1.
func nextStartCode(data []byte, from int) int {
	i := bytes.Index(data[from:], []byte{0, 0, 1})
	if i < 0 {
		return -1
	}
	return from + i
}

// Split cuts a byte stream into access units: a new one begins with the first NAL
// unit after a picture that is not another slice of that picture (H.264 7.4.1.2.3,
// H.265 7.4.2.4.4). The result refers to data.
func Split(codec Codec, data []byte) ([]AccessUnit, error) {
	nalus, err := SplitNALUs(data)
	if err != nil {
		return nil, err
	}
	var (
		aus     []AccessUnit
		cur     AccessUnit
		picture bool // cur holds a slice already
		sets    [numKinds]bool
	)
	flush := func() {
		if len(cur.NALUs) > 0 {
			cur.Key = cur.Key && sets[kindSPS] && sets[kindPPS] && (codec == H264 || sets[kindVPS])
			aus = append(aus, cur)
		}
		cur, picture, sets = AccessUnit{}, false, [numKinds]bool{}
	}
	for i, nalu := range nalus {
		kind := naluKind(codec, nalu)
		if kind == kindDamaged {
			return nil, fmt.Errorf("annex-b: NAL unit %d is cut short (%d bytes)", i, len(nalu))
		}
		slice := kind == kindSlice || kind == kindIDR
		if picture && (!slice || firstSlice(codec, nalu)) && kind != kindSuffix {
			flush()
		}
		picture = picture || slice
		cur.Key = cur.Key || kind == kindIDR
		sets[kind] = true
		cur.NALUs = append(cur.NALUs, nalu)
	}
	flush()
	return aus, nil
}

// kind is what a NAL unit is, as far as this package cares.
type kind int

const (
	kindOther   kind = iota // SEI, delimiter, …: belongs to the picture after it
	kindSuffix              // belongs to the picture before it
	kindVPS                 // video parameter set
	kindSPS                 // sequence parameter set
	kindPPS                 // picture parameter set
	kindSlice               // slice of a picture that needs others
	kindIDR                 // slice of an IDR picture
	kindDamaged             // too short to be told
	numKinds
)

// naluKind reads nal_unit_type (H.264 table 7-1, H.265 table 7-1).
func naluKind(codec Codec, nalu []byte) kind {
	if codec == H265 {
		if len(nalu) < 3 {
			return kindDamaged
		}
		switch t := nalu[0] >> 1 & 0x3f; {
		case t == 19 || t == 20:
			return kindIDR
		case t < 32:
			return kindSlice
		case t == 32:
			return kindVPS
		case t == 33:
			return kindSPS
		case t == 34:
			return kindPPS
		case t >= 36 && t <= 38 || t == 40:
			return kindSuffix
		}
		return kindOther
	}
	if len(nalu) < 2 {
		return kindDamaged
	}
	switch nalu[0] & 0x1f {
	case 1:
		return kindSlice
	case 5:
		return kindIDR
	case 7:
		return kindSPS
	case 8:
		return kindPPS
	case 10, 11, 12:
		return kindSuffix
	}
	return kindOther
}

// firstSlice tells whether a slice is the first of its picture:
// first_mb_in_slice = 0 is a single 1 bit as ue(v) (H.264 7.3.3), and
// first_slice_segment_in_pic_flag is one bit (H.265 7.3.6.1).
func firstSlice(codec Codec, nalu []byte) bool {
	if codec == H265 {
		return nalu[2]&0x80 != 0
	}
	return nalu[1]&0x80 != 0
}
