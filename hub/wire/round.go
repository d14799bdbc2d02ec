package wire

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Numbers of the statistics of an observation: the measures of full probes,
// then the time on each rung. A newer program may know more of them.
const (
	statFrameRate = iota
	statBitRate
	statKeyframeGap
	statLoss
	statJitter
	statStage                              // of RungResolve; those of the other rungs follow
	statEnd   = statStage + int(RungFresh) // after the last that this program knows
)

// A grid is the values that a measured value can have on the wire, ascending
// from 0. A value goes to the nearest one, the upper one of two.
type grid interface {
	number(v float32) uint32 // of the nearest value
	at(i uint32) float32     // for i up to top
	top() uint32             // number of the last value, which is at most maxValue
}

// Grids of the statistics. The comment says how far the nearest value may be.
var (
	gridFrameRate   = binaryGrid{0, 8}  // 0.2 % (0.03 from 16 to 32 frames a second); below 1 a second, 0.002
	gridBitRate     = binaryGrid{10, 6} // 0.8 %; below 1024 bits a second, 8
	gridKeyframeGap = binaryGrid{0, 7}  // 0.4 % (8 ms from 2 to 4 s); below 1 s, 4 ms
	gridLoss        = binaryGrid{-6, 7} // 0.4 % of the loss; below 1/64, 0.006 % of the packets
	gridTime        = decadeGrid{}      // 5 %; below 0.1 ms, 0.025 ms
)

// statGrids has the grid of each statistic, statTops the number of its last
// value.
var statGrids, statTops = func() (g [statEnd]grid, tops [statEnd]int64) {
	for i := range g {
		if i < statJitter {
			g[i], tops[i] = binaryGrids[i], int64(binaryGrids[i].top())
		} else {
			g[i], tops[i] = gridTime, int64(gridTime.top()) // called by its type: it is needed before
		}
	}
	return g, tops
}()

var binaryGrids = [statJitter]binaryGrid{gridFrameRate, gridBitRate, gridKeyframeGap, gridLoss}

// binaryGrid is floating-point numbers with some bits after the leading one,
// down to 2^low; below that they are evenly spaced down to 0.
type binaryGrid struct{ low, bits int }

func (g binaryGrid) number(v float32) uint32 {
	switch {
	case !(v > 0):
		return 0
	case v < g.linear():
		return uint32(v*float32(int(1)<<g.bits)/g.linear() + 0.5)
	case v >= maxValue:
		return g.top()
	}
	return min((math.Float32bits(v)+1<<(22-g.bits))>>(23-g.bits)-g.offset(), g.top())
}

func (g binaryGrid) at(i uint32) float32 {
	if i < 1<<g.bits {
		return float32(i) * g.linear() / float32(int(1)<<g.bits)
	}
	return math.Float32frombits((i + g.offset()) << (23 - g.bits))
}

func (g binaryGrid) top() uint32 { return math.Float32bits(maxValue)>>(23-g.bits) - g.offset() }

// linear is the value 2^low, whose number is 1<<bits.
func (g binaryGrid) linear() float32 { return math.Float32frombits(uint32(127+g.low) << 23) }

// offset is what the leading bits of a float32 have more than its number.
func (g binaryGrid) offset() uint32 { return uint32(127+g.low-1) << g.bits }

// decadeGrid is 0, 0.05, and from 0.1 on the 24 values of each decade that
// every second number of the series E48 of IEC 60063 gives: 1.00, 1.10, 1.21 …
type decadeGrid struct{}

// decadeValues and decadeEdges have each value and the least that goes to it.
var decadeValues, decadeEdges = func() (values, edges []float32) {
	series := [...]int{100, 110, 121, 133, 147, 162, 178, 196, 215, 237, 261, 287, 316, 348, 383, 422, 464, 511, 562, 619, 681, 750, 825, 909}
	values = append(values, 0, 0.05)
	for exponent := -3; values[len(values)-1] < maxValue; exponent++ {
		for _, m := range series {
			v, err := strconv.ParseFloat(fmt.Sprintf("%de%d", m, exponent), 32)
			if err != nil {
				panic(err)
			}
			if v <= maxValue {
				values = append(values, float32(v))
			}
		}
	}
	edges = make([]float32, len(values))
	for i := 1; i < len(values); i++ {
		edges[i] = values[i-1] + (values[i]-values[i-1])/2
	}
	return values, edges
}()

func (decadeGrid) number(v float32) uint32 {
	if !(v > 0) {
		return 0
	}
	i, found := slices.BinarySearch(decadeEdges, v)
	if !found {
		i--
	}
	return uint32(i)
}

func (decadeGrid) at(i uint32) float32 { return decadeValues[i] }
func (decadeGrid) top() uint32         { return uint32(len(decadeValues) - 1) }

// round makes s what the wire makes of it. A single value is least, mean and
// greatest at once.
func (s *Stat) round(g grid) {
	switch {
	case s.N == 1:
		v := g.at(g.number(s.Mean))
		*s = Stat{1, v, v, v}
	case s.N > 1:
		*s = Stat{s.N, g.at(g.number(s.Min)), g.at(g.number(s.Mean)), g.at(g.number(s.Max))}
	}
}

// Round makes o what the other side gets to see: measured values to the
// precision of the wire (docs/wire.md), and no stages that have no time. Times,
// counts and the verdict stay as they are. The second time it changes nothing,
// and what Check takes it takes afterwards.
func (o *Observation) Round() {
	for i, s := range [...]*Stat{&o.FrameRate, &o.BitRate, &o.KeyframeGap, &o.Loss, &o.Jitter} {
		s.round(statGrids[i])
	}
	stages := o.Stages[:0:0]
	for _, s := range o.Stages {
		if s.Time.N != 0 {
			s.Time.round(gridTime)
			stages = append(stages, s)
		}
	}
	o.Stages = stages
}
