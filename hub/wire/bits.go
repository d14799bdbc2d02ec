package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// Numbers stand in a stream of bits, the lowest bit of a byte first and the
// lowest bit of a number first. See docs/wire.md.

const (
	riceEscape = 8  // ones that say that the number stands there with its length
	allAlike   = 31 // instead of the number of low bits: every number is the base
	fromTable  = 30 // instead of the number of low bits: a table, and numbers of its rows
	allZero    = 29 // instead of the number of low bits
	maxLow     = 28
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
//   - all zero: 29 (5 bits);
//   - all alike: 31 (5 bits) and that number;
//   - in the code of Rice: how many low bits of each stand as they are, 0 to 28 (5
//     bits), the least number, and how much more each is;
//   - from a table: 30 (5 bits), how many different numbers there are, a column of
//     these, and a column of their places in it, from 0.
func (w *bitWriter) column(vs []int64) {
	if len(vs) == 0 {
		return
	}
	low, size := plan(vs)
	if size > 3*len(vs) && fewDifferent(vs) {
		rows, places := distinct(vs, func(v *int64) int64 { return *v })
		rowsLow, rowsSize := plan(rows)
		placesLow, placesSize := plan(places)
		if 15+rowsSize+placesSize < size {
			w.bits(fromTable, 5)
			w.number(uint64(len(rows)))
			w.rice(rows, rowsLow)
			w.rice(places, placesLow)
			return
		}
	}
	w.rice(vs, low)
}

// fewDifferent says whether a table could be worthwhile: there are at least 8
// numbers, and at most half as many different ones.
func fewDifferent(vs []int64) bool {
	if len(vs) < 8 {
		return false
	}
	sorted := slices.Clone(vs)
	slices.Sort(sorted)
	return len(slices.Compact(sorted)) <= len(vs)/2
}

// plan finds the number of low bits with which a column is shortest, and how
// many bits it then has.
func plan(vs []int64) (low, size int) {
	base, most := slices.Min(vs), slices.Max(vs)
	header := 5 + 5*max(1, (bits.Len64(uint64(zigzag(base)))+3)/4)
	switch {
	case base == 0 && most == 0:
		return allZero, 5
	case base == most:
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
	w.bits(uint64(low), 5)
	if low == allZero {
		return
	}
	base := slices.Min(vs)
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

// bitReader reads what bitWriter wrote. Past the end there are zeros; err
// tells.
type bitReader struct {
	p   []byte // and 8 zeros
	at  int    // in bits
	end int    // in bits
}

// reset begins to read p, of which it keeps a copy.
func (r *bitReader) reset(p []byte) {
	r.p = append(append(r.p[:0], p...), make([]byte, 8)...)
	r.at, r.end = 0, 8*len(p)
}

var errShort = errors.New("the columns end too early")

// err says whether more was read than there is.
func (r *bitReader) err() error {
	if r.at > r.end {
		return errShort
	}
	return nil
}

// window gives the next bits, at least 57 of them.
func window(p []byte, at int) uint64 {
	return binary.LittleEndian.Uint64(p[min(at>>3, len(p)-8):]) >> (at & 7)
}

// bits reads n bits, n up to 56.
func (r *bitReader) bits(n int) uint64 {
	v := window(r.p, r.at) & (1<<n - 1)
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

// column reads len(vs) numbers. It uses spare, which has room for as many.
func (r *bitReader) column(vs, spare []int64) error {
	if len(vs) == 0 {
		return nil
	}
	if window(r.p, r.at)&31 != fromTable {
		return r.rice(vs)
	}
	r.at += 5
	n := r.number()
	if n == 0 || n > uint64(len(vs)) {
		return fmt.Errorf("a column of %d numbers has %d different ones", len(vs), n)
	}
	rows := spare[:n]
	if err := r.rice(rows); err != nil {
		return err
	}
	if err := r.rice(vs); err != nil {
		return err
	}
	for i, v := range vs {
		if uint64(v) >= n {
			return fmt.Errorf("a column has number %d of %d different ones", v, n)
		}
		vs[i] = rows[v]
	}
	return nil
}

func (r *bitReader) rice(vs []int64) error {
	low, base := int(r.bits(5)), int64(0)
	if low != allZero {
		base = unzigzag(int64(r.number()))
	}
	switch low {
	case allZero, allAlike:
		for i := range vs {
			vs[i] = base
		}
		return r.err()
	case fromTable:
		return errors.New("a column from a table inside of another")
	}
	mask, need := uint64(1)<<low-1, riceEscape+low
	// The next bits are kept in w, of which at least have are good.
	p, at, w, have := r.p, r.at, uint64(0), 0
	for i := range vs {
		if have < need {
			w, have = window(p, at), 57
		}
		high := bits.TrailingZeros64(^w | 1<<riceEscape)
		if high < riceEscape {
			vs[i] = base + int64(uint64(high)<<(low&63)|w>>((high+1)&63)&mask)
			used := high + 1 + low
			w, have, at = w>>(used&63), have-used, at+used
			continue
		}
		r.at = at + riceEscape
		n := int(r.bits(6)) + 1
		v := r.bits(min(n, 32))
		v |= r.bits(max(n-32, 0)) << 32
		vs[i], at, have = base+int64(v), r.at, 0
	}
	r.at = at
	return r.err()
}
