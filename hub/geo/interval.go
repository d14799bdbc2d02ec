package geo

import (
	"cmp"
	"slices"
)

// Interval is a stretch of a line between two distances from its start, in
// metres, both ends included; From is not past To.
type Interval struct{ From, To float64 }

// Union gives the same places as the intervals of in, as the fewest intervals
// there can be, in ascending order. Intervals that touch are joined. It
// re-uses in, whose contents are lost.
func Union(in []Interval) []Interval {
	slices.SortFunc(in, func(a, b Interval) int { return cmp.Compare(a.From, b.From) })
	out := in[:0]
	for _, v := range in {
		if n := len(out); n > 0 && v.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, v.To)
			continue
		}
		out = append(out, v)
	}
	return out
}

// Total gives the sum of the lengths of in, in metres. It is the length
// covered if in comes from Union.
func Total(in []Interval) float64 {
	sum := 0.0
	for _, v := range in {
		sum += v.To - v.From
	}
	return sum
}

// Complement gives the stretches of [0, length] that in leaves free, in
// ascending order. The intervals of in must be in ascending order of From, as
// Union gives them; they may overlap and reach past either end. A point
// between two intervals that touch is not free.
func Complement(in []Interval, length float64) []Interval {
	var out []Interval
	free := 0.0
	for _, v := range in {
		if v.From >= length {
			break
		}
		if v.From > free {
			out = append(out, Interval{free, v.From})
		}
		free = max(free, v.To)
	}
	if free < length {
		out = append(out, Interval{free, length})
	}
	return out
}
