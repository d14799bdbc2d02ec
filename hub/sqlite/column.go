package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// A column holds one number of each of a chunk's days. Its form: a byte w of 0
// to 2; w bytes for each number, the lowest first; how many numbers do not fit
// into them (uvarint); and for each of these, in order, how many places it
// stands after the one before, or after the one before the first (uvarint, at
// least 1), and its value (uvarint). So a column of zeros takes two bytes, and
// one long outage in a year of short ones a few.

var errColumn = errors.New("column is damaged")

// appendColumn appends the column of vs.
func appendColumn(p []byte, vs []uint32) []byte {
	w := columnWidth(vs)
	p = append(p, byte(w))
	odd := 0
	for _, v := range vs {
		if v >= 1<<(8*w) {
			odd, v = odd+1, 0
		}
		for i := range w {
			p = append(p, byte(v>>(8*i)))
		}
	}
	p = binary.AppendUvarint(p, uint64(odd))
	last := -1
	for i, v := range vs {
		if v >= 1<<(8*w) {
			p = binary.AppendUvarint(binary.AppendUvarint(p, uint64(i-last)), uint64(v))
			last = i
		}
	}
	return p
}

// columnWidth gives the width that takes the fewest bytes, or about so.
func columnWidth(vs []uint32) int {
	best, least := 0, math.MaxInt
	for w := range 3 {
		size := w * len(vs)
		for _, v := range vs {
			if v >= 1<<(8*w) {
				size += 4
			}
		}
		if size < least {
			best, least = w, size
		}
	}
	return best
}

// readColumn reads a column of len(out) numbers up to most, and gives what
// follows it.
func readColumn(p []byte, out []uint32, most uint32) (rest []byte, err error) {
	if len(p) < 1 || p[0] > 2 || len(p)-1 < int(p[0])*len(out) {
		return nil, fmt.Errorf("%w: cut", errColumn)
	}
	w := int(p[0])
	p = p[1:]
	switch fixed := p[:w*len(out)]; w {
	case 0:
		clear(out)
	case 1:
		for i, b := range fixed {
			out[i] = uint32(b)
		}
	case 2:
		for i := range out {
			out[i] = uint32(binary.LittleEndian.Uint16(fixed[2*i:]))
		}
	}
	p = p[w*len(out):]
	odd, n := binary.Uvarint(p)
	if n <= 0 || odd > uint64(len(out)) {
		return nil, fmt.Errorf("%w: number of odd values", errColumn)
	}
	p = p[n:]
	at := -1
	for range odd {
		step, n := binary.Uvarint(p)
		if n <= 0 || step < 1 || step > uint64(len(out)-1-at) {
			return nil, fmt.Errorf("%w: place of an odd value", errColumn)
		}
		at += int(step)
		v, m := binary.Uvarint(p[n:])
		if m <= 0 || v > math.MaxUint32 {
			return nil, fmt.Errorf("%w: odd value", errColumn)
		}
		out[at] = uint32(v)
		p = p[n+m:]
	}
	for _, v := range out {
		if v > most {
			return nil, fmt.Errorf("%w: %d, at most %d is allowed", errColumn, v, most)
		}
	}
	return p, nil
}
