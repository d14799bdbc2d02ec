package wire

import (
	"math"
	"math/bits"
	"slices"
)

// readVerdict is a row of the table of verdicts that was read.
type readVerdict struct {
	Observation // the verdict alone
	ok          bool
}

// readShape is a row of the table of shapes that was read.
type readShape struct {
	probes int
	stats  uint32
	n      [statEnd]int32 // -1 when it is out of bounds
	many   uint32         // statistics with n > 1
	list   [statEnd]uint8 // numbers of its statistics, ascending
	listed int
	stages int
	used   int // observations that have it
	ok     bool
}

func (d *columnsReader) readVerdicts(rows int) error {
	n, err := d.length("verdicts", rows)
	if err != nil {
		return err
	}
	d.verdicts = slices.Grow(d.verdicts[:0], n)[:n]
	clear(d.verdicts)
	for c := range verdictColumns {
		vs, err := d.read(n)
		if err != nil {
			return err
		}
		for i, v := range vs {
			d.verdicts[i].set(c, v)
		}
	}
	for i := range d.verdicts {
		d.verdicts[i].ok = d.verdicts[i].Clock.Valid() && d.verdicts[i].verdict().contradiction() == nil
	}
	return nil
}

func (o *readVerdict) set(column int, v int64) {
	switch column {
	case verdictStatus:
		o.Status = Status(narrow(v))
	case verdictRung:
		o.Rung = Rung(narrow(v))
	case verdictReasons:
		for m := uint32(min(uint64(v), math.MaxUint32)); m != 0; m &= m - 1 {
			o.Reasons = append(o.Reasons, Reason(bits.TrailingZeros32(m)+1))
		}
	case verdictFault:
		o.Fault = Fault(narrow(v))
	case verdictFellOn:
		o.FellOn = Rung(narrow(v))
	case verdictRTSPStatus:
		o.RTSPStatus = side(v)
	case verdictClock:
		o.Clock = Clock(narrow(v))
	}
}

// readPicture is a row of the table of pictures that was read.
type readPicture struct {
	codec         Codec
	width, height int
	ok            bool
}

func (d *columnsReader) readPictures(rows int) error {
	n, err := d.length("pictures", rows)
	if err != nil {
		return err
	}
	d.pictures = slices.Grow(d.pictures[:0], n)[:n]
	for c := range pictureColumns {
		vs, err := d.read(n)
		if err != nil {
			return err
		}
		for i, v := range vs {
			switch p := &d.pictures[i]; c {
			case pictureCodec:
				p.codec = Codec(narrow(v))
			case pictureWidth:
				p.width = side(v)
			case pictureHeight:
				p.height = int(min(max(v, -2*maxSide), 2*maxSide)) + p.width*9/16
				p.ok = (&verdict{status: StatusUp, codec: p.codec, width: p.width, height: p.height}).contradiction() == nil
			}
		}
	}
	return nil
}

// narrow and side give what does not fit a value that no check lets pass.
func narrow(v int64) uint8 { return uint8(min(uint64(v), 255)) }
func side(v int64) int     { return int(min(uint64(v), math.MaxInt32)) }

func (d *columnsReader) readShapes(rows int) error {
	n, err := d.length("shapes", rows)
	if err != nil {
		return err
	}
	d.shapes = slices.Grow(d.shapes[:0], n)[:n]
	odd := 0
	var columns [shapeColumns][]int64
	buffer, err := d.readInto(&d.values, 0)
	if err != nil {
		return err
	}
	d.values, d.spare = slices.Grow(buffer, shapeColumns*n)[:shapeColumns*n], slices.Grow(d.spare[:0], n)[:n]
	for c := range columns {
		columns[c] = d.values[c*n : (c+1)*n]
		if err := d.column(columns[c], d.spare); err != nil {
			return err
		}
	}
	for _, m := range columns[shapeOdd] {
		odd += bits.OnesCount32(uint32(m))
	}
	oddN, err := d.readInto(&d.below, odd)
	if err != nil {
		return err
	}
	stats := int64(0)
	for i := range d.shapes {
		row := shapeRow{}
		for c := range columns {
			row.columns[c] = columns[c][i]
		}
		stats ^= row.columns[shapeStats]
		row.columns[shapeStats] = stats
		for m := uint32(row.columns[shapeOdd]); m != 0; m &= m - 1 {
			row.n[bits.TrailingZeros32(m)], oddN = oddN[0], oddN[1:]
		}
		d.shapes[i].set(&row)
	}
	return nil
}

// set makes of a row what reading needs.
func (h *readShape) set(row *shapeRow) {
	probes, stats := row.columns[shapeProbes], row.columns[shapeStats]
	*h = readShape{probes: side(probes), stats: uint32(stats), ok: probes >= 1 && probes <= maxProbes && uint64(stats) <= math.MaxUint32}
	for m := h.stats; m != 0; m &= m - 1 {
		i := bits.TrailingZeros32(m)
		n := row.n[i]
		if row.columns[shapeOdd]>>i&1 == 0 {
			n = row.usual(i)
		}
		if n > 1 {
			h.many |= 1 << i
		}
		if i >= statEnd {
			continue
		}
		if n < 1 || n > maxProbes {
			n, h.ok = -1, false
		}
		h.n[i] = int32(n)
		h.list[h.listed] = uint8(i)
		h.listed++
		if i >= statStage {
			h.stages++
		}
	}
}
