package wire

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"
)

// columnsReader reads messages Columns. Its buffers are used again.
type columnsReader struct {
	bitReader
	values, below, above []int64 // of columns
	spare                []int64
	letters              []byte
	ends                 []int
	codes                []codeRow
	verdicts             []readVerdict
	shapes               []readShape
	rows                 []uint16 // shape of each observation
	bad                  []bool   // each observation that Check must look at
	zstd                 *zstd.Decoder
	body                 []byte // decompressed
}

// readColumns decodes p, a message Columns, into os, which has the length that
// it must have; what stages has room for is used. Observations that may break
// a bound are marked in d.bad; an error says that the whole cannot be read.
func (d *columnsReader) readColumns(p []byte, os []Observation, stages []Stage) ([]Stage, error) {
	n := len(os)
	text, stream, err := columnsFields(p)
	if err != nil {
		return nil, err
	}
	d.bitReader = bitReader{p: stream}
	d.bad, d.rows = slices.Grow(d.bad[:0], n)[:n], slices.Grow(d.rows[:0], n)[:n]
	if err := d.readCodes(text, n); err != nil {
		return nil, err
	}
	if err := d.readVerdicts(n); err != nil {
		return nil, err
	}
	if err := d.readShapes(n); err != nil {
		return nil, err
	}
	stages, err = d.readRows(os, stages)
	if err != nil {
		return nil, err
	}
	if err := d.readTimes(os); err != nil {
		return nil, err
	}
	return stages, d.readStatistics(os)
}

// columnsFields gives the fields of a message Columns. What a newer program
// may have added is passed over.
func columnsFields(p []byte) (text, stream []byte, err error) {
	for len(p) > 0 {
		field, typ, n := protowire.ConsumeTag(p)
		if n < 0 {
			return nil, nil, fmt.Errorf("columns: %w", protowire.ParseError(n))
		}
		p = p[n:]
		if typ == protowire.BytesType && (field == fieldText || field == fieldBits) {
			v, n := protowire.ConsumeBytes(p)
			if n < 0 {
				return nil, nil, fmt.Errorf("columns: %w", protowire.ParseError(n))
			}
			if p = p[n:]; field == fieldText {
				text = v
			} else {
				stream = v
			}
			continue
		}
		if n = protowire.ConsumeFieldValue(field, typ, p); n < 0 {
			return nil, nil, fmt.Errorf("columns: %w", protowire.ParseError(n))
		}
		p = p[n:]
	}
	return text, stream, nil
}

// length reads the number of rows of a table, which is at most that of the
// observations.
func (d *columnsReader) length(what string, most int) (int, error) {
	n := d.number()
	if n < 1 || n > uint64(most) {
		return 0, fmt.Errorf("%d %s, 1 to %d are allowed", n, what, most)
	}
	return int(n), d.err()
}

// readInto reads a column of n numbers into a buffer that is used again.
func (d *columnsReader) readInto(buf *[]int64, n int) ([]int64, error) {
	*buf, d.spare = slices.Grow((*buf)[:0], n)[:n], slices.Grow(d.spare[:0], n)[:n]
	return *buf, d.column(*buf, d.spare)
}

func (d *columnsReader) read(n int) ([]int64, error) { return d.readInto(&d.values, n) }

// readRows gives every observation its verdict, its shape and its camera. The
// stages of all stand in one slice.
func (d *columnsReader) readRows(os []Observation, stages []Stage) ([]Stage, error) {
	vs, err := d.readNumbers("verdict", len(os), len(d.verdicts))
	if err != nil {
		return nil, err
	}
	for i, v := range vs {
		w := &d.verdicts[v]
		os[i], d.bad[i] = w.Observation, !w.ok
	}
	if vs, err = d.readNumbers("shape", len(os), len(d.shapes)); err != nil {
		return nil, err
	}
	all := 0
	for i, v := range vs {
		d.rows[i] = uint16(v)
		h := &d.shapes[v]
		h.used++
		all += h.stages
		os[i].Probes = h.probes
		d.bad[i] = d.bad[i] || !h.ok
	}
	stages = slices.Grow(stages[:0], all)[:all]
	rest := stages
	for i := range os {
		h := &d.shapes[d.rows[i]]
		if h.stages == 0 {
			continue
		}
		os[i].Stages, rest = rest[:h.stages:h.stages], rest[h.stages:]
		for j := range os[i].Stages {
			os[i].Stages[j].Rung = h.rungs[j]
		}
	}
	if vs, err = d.readNumbers("camera", len(os), len(d.codes)); err != nil {
		return nil, err
	}
	for i, v := range vs {
		os[i].Camera = d.codes[v].code
		d.bad[i] = d.bad[i] || !d.codes[v].ok
	}
	return stages, nil
}

// readNumbers reads a column of numbers of a table's rows.
func (d *columnsReader) readNumbers(what string, n, rows int) ([]int64, error) {
	vs, err := d.read(n)
	if err != nil {
		return nil, err
	}
	for i, v := range vs {
		if v < 0 || v >= int64(rows) {
			return nil, fmt.Errorf("observation %d has %s %d of %d", i, what, v, rows)
		}
	}
	return vs, nil
}

// readTimes gives every observation its time. What overflows is out of bounds
// all the same.
func (d *columnsReader) readTimes(os []Observation) error {
	to := int64(d.number())
	vs, err := d.read(len(os) - 1)
	if err != nil {
		return err
	}
	os[0].To = to
	for i, v := range vs {
		to += v
		os[i+1].To = to
	}
	interval := int64(min(d.number(), MaxLength))
	if vs, err = d.read(len(os)); err != nil {
		return err
	}
	for i, v := range vs {
		o := &os[i]
		length := int64(min(o.Probes, maxProbes))*interval + unzigzag(v)
		o.From = o.To - length
		if length < 1 || length > MaxLength || o.From < 0 || o.From > maxTime {
			d.bad[i] = true
		}
	}
	return nil
}

// readStatistics reads the statistics that this program knows. Those that only
// a newer one knows come after them.
func (d *columnsReader) readStatistics(os []Observation) error {
	for i := range statEnd {
		count, many := 0, 0
		for j := range d.shapes {
			h := &d.shapes[j]
			count += h.used * int(h.stats>>i&1)
			many += h.used * int(h.many>>i&1)
		}
		if count == 0 {
			continue
		}
		means, err := d.read(count)
		if err != nil {
			return err
		}
		below, err := d.readInto(&d.below, many)
		if err != nil {
			return err
		}
		above, err := d.readInto(&d.above, many)
		if err != nil {
			return err
		}
		d.fill(os, i, means, below, above)
	}
	return nil
}

// fill sets a statistic of every observation that has it. What is out of
// bounds gets the count -1, which no check lets pass.
func (d *columnsReader) fill(os []Observation, i int, means, below, above []int64) {
	isTime := statGrids[i] == grid(gridTime)
	g, _ := statGrids[i].(binaryGrid)
	top := int64(statGrids[i].top())
	at := func(n int64) float32 {
		if isTime {
			return decadeValues[n]
		}
		return g.at(uint32(n))
	}
	for j := range os {
		h := &d.shapes[d.rows[j]]
		if h.stats>>i&1 == 0 {
			continue
		}
		s := os[j].place(i, h)
		mean := means[0]
		means = means[1:]
		least, greatest := mean, mean
		if h.many>>i&1 == 1 {
			least, greatest = mean-below[0], mean+above[0]
			below, above = below[1:], above[1:]
		}
		if least < 0 || least > mean || mean > greatest || greatest > top || h.n[i] < 0 {
			*s, d.bad[j] = Stat{N: -1}, true
			continue
		}
		*s = Stat{int(h.n[i]), at(least), at(mean), at(greatest)}
	}
}

// place is where a statistic of an observation stands that has the shape h.
func (o *Observation) place(i int, h *readShape) *Stat {
	switch i {
	case statFrameRate:
		return &o.FrameRate
	case statBitRate:
		return &o.BitRate
	case statKeyframeGap:
		return &o.KeyframeGap
	case statLoss:
		return &o.Loss
	case statJitter:
		return &o.Jitter
	}
	return &o.Stages[bits.OnesCount32(h.stats>>statStage&(1<<(i-statStage)-1))].Time
}
