package wire

import (
	"cmp"
	"math/bits"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// A message Columns has the observations of a batch by columns. What they
// share stands in tables: codes of cameras, verdicts, and shapes (how often what
// was measured). docs/wire.md describes it.
const (
	fieldText = 1
	fieldBits = 2

	statsOnWire = 32 // statistics that a shape can name: more than this program knows
)

// statOfEvery says whether every probe gives a statistic, not only full ones.
func statOfEvery(i int) bool { return i >= statStage && i < statStage+int(RungAuth) }

// stat gives a statistic by its number, nil if o has none.
func (o *Observation) stat(i int) *Stat {
	var s *Stat
	switch i {
	case statFrameRate:
		s = &o.FrameRate
	case statBitRate:
		s = &o.BitRate
	case statKeyframeGap:
		s = &o.KeyframeGap
	case statLoss:
		s = &o.Loss
	case statJitter:
		s = &o.Jitter
	default:
		for j := range o.Stages {
			if int(o.Stages[j].Rung) == i-statStage+1 {
				s = &o.Stages[j].Time
				break
			}
		}
	}
	if s == nil || s.N == 0 {
		return nil
	}
	return s
}

// Columns of the table of verdicts.
const (
	verdictStatus = iota
	verdictRung
	verdictReasons // bit i: reason i + 1
	verdictFault
	verdictFellOn
	verdictRTSPStatus
	verdictClock
	verdictColumns
)

type verdictRow [verdictColumns]int64

func verdictOf(o *Observation) verdictRow {
	v := verdictRow{
		verdictStatus: int64(o.Status), verdictRung: int64(o.Rung), verdictFault: int64(o.Fault), verdictFellOn: int64(o.FellOn),
		verdictRTSPStatus: int64(o.RTSPStatus), verdictClock: int64(o.Clock),
	}
	for _, r := range o.Reasons {
		v[verdictReasons] |= 1 << ((r - 1) & 31)
	}
	return v
}

// Columns of the table of pictures.
const (
	pictureCodec = iota
	pictureWidth
	pictureHeight // less 9/16 of the width
	pictureColumns
)

type pictureRow [pictureColumns]int64

func pictureOf(o *Observation) pictureRow {
	return pictureRow{int64(o.Codec), int64(o.Width), int64(o.Height - o.Width*9/16)}
}

// Columns of the table of shapes.
const (
	shapeProbes  = iota
	shapeFull    // what n usually is for statistics of full probes
	shapeStats   // bit i: statistic i is there, other than in the row before
	shapeOdd     // bit i: its n is not the usual one
	shapeColumns // n of the odd ones follow
)

type shapeRow struct {
	columns [shapeColumns]int64
	n       [statsOnWire]int64 // 0 when the statistic is not there
}

func shapeOf(o *Observation) shapeRow {
	var h shapeRow
	h.columns[shapeProbes] = int64(o.Probes)
	for i := range statEnd {
		s := o.stat(i)
		if s == nil {
			continue
		}
		h.columns[shapeStats] |= 1 << i
		h.n[i] = int64(s.N)
		if h.columns[shapeFull] == 0 && !statOfEvery(i) {
			h.columns[shapeFull] = h.n[i]
		}
		if h.n[i] != h.usual(i) {
			h.columns[shapeOdd] |= 1 << i
		}
	}
	return h
}

// usual is what n of a statistic usually is.
func (h *shapeRow) usual(i int) int64 {
	if statOfEvery(i) {
		return h.columns[shapeProbes]
	}
	return h.columns[shapeFull]
}

// distinct gives the different rows that all have, those that most have
// first (of equals the one that came first), and the row of each.
func distinct[T any, K comparable](all []T, of func(*T) K) (rows []K, numbers []int64) {
	type entry struct{ first, count, number int }
	entries := make(map[K]*entry)
	each := make([]*entry, len(all))
	for i := range all {
		k := of(&all[i])
		e := entries[k]
		if e == nil {
			e = &entry{first: len(rows)}
			entries[k] = e
			rows = append(rows, k)
		}
		e.count++
		each[i] = e
	}
	slices.SortFunc(rows, func(a, b K) int {
		return cmp.Or(entries[b].count-entries[a].count, entries[a].first-entries[b].first)
	})
	for i, k := range rows {
		entries[k].number = i
	}
	numbers = make([]int64, len(all))
	for i, e := range each {
		numbers[i] = int64(e.number)
	}
	return rows, numbers
}

// columnsWriter makes a message Columns.
type columnsWriter struct {
	bitWriter
	column []int64 // that is being made
}

func (w *columnsWriter) add(v int64) { w.column = append(w.column, v) }

func (w *columnsWriter) end() {
	w.bitWriter.column(w.column)
	w.column = w.column[:0]
}

// appendColumns appends the encoding of observations to p.
func appendColumns(p []byte, os []Observation) []byte {
	w := columnsWriter{column: make([]int64, 0, len(os))}
	w.p = make([]byte, 0, 64+24*len(os))
	w.number(uint64(len(os)))
	text, cameras := w.codes(os)

	verdicts, verdict := distinct(os, verdictOf)
	w.number(uint64(len(verdicts)))
	for c := range verdictColumns {
		for i := range verdicts {
			w.add(verdicts[i][c])
		}
		w.end()
	}
	pictures, picture := distinct(os, pictureOf)
	w.number(uint64(len(pictures)))
	for c := range pictureColumns {
		for i := range pictures {
			w.add(pictures[i][c])
		}
		w.end()
	}
	shapes, shape := distinct(os, shapeOf)
	w.shapes(shapes)

	w.bitWriter.column(verdict)
	w.bitWriter.column(picture)
	w.bitWriter.column(shape)
	w.bitWriter.column(cameras)
	w.times(os)
	w.statistics(os)

	if len(text) > 0 {
		p = protowire.AppendBytes(protowire.AppendTag(p, fieldText, protowire.BytesType), text)
	}
	return protowire.AppendBytes(protowire.AppendTag(p, fieldBits, protowire.BytesType), w.bitWriter.end())
}

func (w *columnsWriter) shapes(rows []shapeRow) {
	w.number(uint64(len(rows)))
	for c := range shapeColumns {
		before := int64(0)
		for i := range rows {
			v := rows[i].columns[c]
			if w.add(v ^ before); c == shapeStats {
				before = v
			}
		}
		w.end()
	}
	for i := range rows {
		for odd := uint32(rows[i].columns[shapeOdd]); odd != 0; odd &= odd - 1 {
			w.add(rows[i].n[bits.TrailingZeros32(odd)])
		}
	}
	w.end()
}

// times appends the first end, the differences between ends, the interval
// between probes, and by how much each length differs from it.
func (w *columnsWriter) times(os []Observation) {
	w.number(uint64(os[0].To))
	for i := range os[1:] {
		w.add(os[i+1].To - os[i].To)
	}
	w.end()
	interval := intervalOf(os)
	w.number(uint64(interval))
	for i := range os {
		w.add(zigzag(os[i].To - os[i].From - int64(os[i].Probes)*interval))
	}
	w.end()
}

// intervalOf gives the milliseconds between probes, rounded to a tenth of a
// second, that most observations have.
func intervalOf(os []Observation) int64 {
	all := make([]int64, len(os))
	for i := range os {
		all[i] = (os[i].To - os[i].From + int64(os[i].Probes)*50) / (max(int64(os[i].Probes), 1) * 100) * 100
	}
	slices.Sort(all)
	return max(all[len(all)/2], 0)
}

// statistics appends a column of the means of each statistic, by the numbers
// of its grid, and, of those of several values, how far least and greatest are from
// them: of what every probe measures a column each, of what full probes
// measure two columns for all.
func (w *columnsWriter) statistics(os []Observation) {
	var below, above [2][]int64 // of full probes, of every probe
	for i := range statEnd {
		g, every := statGrids[i], 0
		if statOfEvery(i) {
			every = 1
		}
		for j := range os {
			s := os[j].stat(i)
			if s == nil {
				continue
			}
			mean := int64(g.number(s.Mean))
			w.add(mean)
			if s.N > 1 {
				below[every] = append(below[every], mean-int64(g.number(s.Min)))
				above[every] = append(above[every], int64(g.number(s.Max))-mean)
			}
		}
		w.end()
		w.bitWriter.column(below[1])
		w.bitWriter.column(above[1])
		below[1], above[1] = below[1][:0], above[1][:0]
	}
	w.bitWriter.column(below[0])
	w.bitWriter.column(above[0])
}
