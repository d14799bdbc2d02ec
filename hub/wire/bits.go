package wire

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// Numbers stand in a stream of bits, the lowest bit of a byte first and the
// lowest bit of a number first. See docs/wire.md.

const (
	riceEscape = 8  // ones that say that the number stands there with its length
	allAlike   = 31 // instead of the number of low bits: every number is the base
	twoParts   = 30 // instead of the number of low bits: multiples of 16 and differences
	maxLow     = 29
)

// bitWriter appends bits to p.
type bitWriter struct {
	p    []byte
	acc  uint64
	have int // bits in acc, below 8 between calls
}

// bits appends the n lowest bits of v, n up to 56.
func (w *bitWriter) bits(v uint64, n int) {
	w.acc |= v << w.have
	for w.have += n; w.have >= 8; w.have -= 8 {
		w.p = append(w.p, byte(w.acc))
		w.acc >>= 8
	}
}

// number appends a single number in groups of 4 bits, the lowest first. A bit
// before each group says that it is not the last.
func (w *bitWriter) number(v uint64) {
	for ; v > 15; v >>= 4 {
		w.bits(v<<1&31|1, 5)
	}
	w.bits(v<<1, 5)
}

// column appends numbers in the way that is shortest:
//
//   - all alike: 31 (5 bits) and that number;
//   - in the code of Rice: how many low bits of each stand as they are, 0 to 29 (5
//     bits), the least number, and how much more each is;
//   - in two parts: 30 (5 bits), a column of the nearest multiples of 16, divided by
//     16, and a column of the differences, signs last. It suits numbers that crowd around
//     a few.
func (w *bitWriter) column(vs []int64) {
	if len(vs) == 0 {
		return
	}
	low, size := plan(vs)
	if size > 4*len(vs) && len(vs) > 1 {
		near, rest := make([]int64, len(vs)), make([]int64, len(vs))
		for i, v := range vs {
			near[i] = (v + 8) >> 4
			rest[i] = zigzag(v - near[i]<<4)
		}
		nearLow, nearSize := plan(near)
		restLow, restSize := plan(rest)
		if 5+nearSize+restSize < size {
			w.bits(twoParts, 5)
			w.rice(near, nearLow)
			w.rice(rest, restLow)
			return
		}
	}
	w.rice(vs, low)
}

// plan finds the number of low bits with which a column is shortest, and how
// many bits it then has.
func plan(vs []int64) (low, size int) {
	base, most := slices.Min(vs), slices.Max(vs)
	header := 5 + 5*max(1, (bits.Len64(uint64(zigzag(base)))+3)/4)
	if base == most {
		return allAlike, header
	}
	for l := range min(bits.Len64(uint64(most-base)), maxLow) + 1 {
		s := header
		for _, v := range vs {
			if high := uint64(v-base) >> l; high < riceEscape {
				s += int(high) + 1 + l
			} else {
				s += riceEscape + 6 + bits.Len64(uint64(v-base))
			}
		}
		if size == 0 || s < size {
			low, size = l, s
		}
	}
	return low, size
}

// rice appends a column of numbers of which low bits stand as they are.
func (w *bitWriter) rice(vs []int64, low int) {
	base := slices.Min(vs)
	w.bits(uint64(low), 5)
	w.number(uint64(zigzag(base)))
	if low == allAlike {
		return
	}
	for _, v := range vs {
		v := uint64(v - base)
		if high := v >> low; high < riceEscape {
			w.bits(1<<high-1, int(high)+1)
			w.bits(v&(1<<low-1), low)
			continue
		}
		n := bits.Len64(v)
		w.bits(1<<riceEscape-1, riceEscape)
		w.bits(uint64(n-1), 6)
		w.bits(v&(1<<32-1), min(n, 32))
		w.bits(v>>32, max(n-32, 0))
	}
}

// zigzag puts the sign of a number last.
func zigzag(v int64) int64 { return v<<1 ^ v>>63 }

func unzigzag(v int64) int64 { return int64(uint64(v)>>1) ^ -(v & 1) }

// end fills the last byte with zeros and returns the stream.
func (w *bitWriter) end() []byte {
	if w.have > 0 {
		w.p = append(w.p, byte(w.acc))
	}
	return w.p
}

// bitReader reads what bitWriter wrote. Past the end of p there are zeros;
// err tells.
type bitReader struct {
	p  []byte
	at int // in bits
}

var errShort = errors.New("the columns end too early")

// err says whether more was read than there is.
func (r *bitReader) err() error {
	if r.at > 8*len(r.p) {
		return errShort
	}
	return nil
}

// window gives the next bits, at least 57 of them.
func (r *bitReader) window() uint64 {
	i := r.at >> 3
	if i+8 <= len(r.p) {
		return binary.LittleEndian.Uint64(r.p[i:]) >> (r.at & 7)
	}
	var last [8]byte
	if i < len(r.p) {
		copy(last[:], r.p[i:])
	}
	return binary.LittleEndian.Uint64(last[:]) >> (r.at & 7)
}

// bits reads n bits, n up to 56.
func (r *bitReader) bits(n int) uint64 {
	v := r.window() & (1<<n - 1)
	r.at += n
	return v
}

// number reads a single number. What does not fit into 64 bits is cut.
func (r *bitReader) number() uint64 {
	v := uint64(0)
	for shift := 0; ; shift += 4 {
		g := r.bits(5)
		if shift < 64 {
			v |= g >> 1 << shift
		}
		if g&1 == 0 {
			return v
		}
	}
}

// column reads len(vs) numbers. It uses spare, which is as long.
func (r *bitReader) column(vs, spare []int64) error {
	if len(vs) == 0 {
		return nil
	}
	if r.window()&31 != twoParts {
		return r.rice(vs)
	}
	r.at += 5
	if err := r.rice(vs); err != nil {
		return err
	}
	if err := r.rice(spare); err != nil {
		return err
	}
	for i, v := range spare {
		vs[i] = vs[i]<<4 + unzigzag(v)
	}
	return nil
}

func (r *bitReader) rice(vs []int64) error {
	low := int(r.bits(5))
	base := unzigzag(int64(r.number()))
	switch low {
	case allAlike:
		for i := range vs {
			vs[i] = base
		}
		return r.err()
	case twoParts:
		return errors.New("a column in two parts inside of another")
	}
	mask := uint64(1)<<low - 1
	for i := range vs {
		w := r.window()
		high := bits.TrailingZeros64(^w)
		if high < riceEscape {
			w >>= high + 1
			vs[i] = base + int64(uint64(high)<<low|w&mask)
			r.at += high + 1 + low
			continue
		}
		r.at += riceEscape
		n := int(r.bits(6)) + 1
		v := r.bits(min(n, 32))
		v |= r.bits(max(n-32, 0)) << 32
		vs[i] = base + int64(v)
	}
	return r.err()
}
