package wire

import (
	"fmt"
	"slices"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"
)

// columnsReader reads messages Columns. Its buffers are used again.
type columnsReader struct {
	bitReader
	values, below, above []int64 // of columns
	numbers, spare       []int64
	at                   [statEnd][3]int // where the next numbers of a statistic stand: mean, below, above
	letters              []byte
	ends                 []int
	codes                []codeRow
	verdicts             []readVerdict
	pictures             []readPicture
	shapes               []readShape
	rows                 []uint16 // shape of each observation
	bad                  []bool   // each observation that Check must look at
	zstd                 *zstd.Decoder
	body                 []byte // decompressed
}

// readColumns decodes p, a message Columns, into os, which has the length that
// it must have, and stages, which is used as far as it has room. Observations that may break
// a bound are marked in d.bad; an error says that the whole cannot be read.
func (d *columnsReader) readColumns(p []byte, os []Observation, stages []Stage) ([]Stage, error) {
	if err := d.readTables(p, len(os)); err != nil {
		return nil, err
	}
	d.bad = slices.Grow(d.bad[:0], len(os))[:len(os)]
	all, err := d.readRows(os)
	if err != nil {
		return nil, err
	}
	if err := d.readTimes(os); err != nil {
		return nil, err
	}
	stages = slices.Grow(stages[:0], all)[:all]
	return stages, d.readStatistics(os, stages)
}

// readTables reads what stands before the columns of p, a message Columns of
// n observations.
func (d *columnsReader) readTables(p []byte, n int) error {
	text, stream, err := columnsFields(p)
	if err != nil {
		return err
	}
	d.reset(stream)
	if rows := d.number(); rows != uint64(n) {
		return fmt.Errorf("count is %d, and %d observations are there", n, rows)
	}
	d.rows = slices.Grow(d.rows[:0], n)[:n]
	if err := d.readCodes(text, n); err != nil {
		return err
	}
	if err := d.readVerdicts(n); err != nil {
		return err
	}
	if err := d.readPictures(n); err != nil {
		return err
	}
	return d.readShapes(n)
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

// readRows gives every observation its verdict, its shape and its camera, and
// says how many stages all have.
func (d *columnsReader) readRows(os []Observation) (int, error) {
	vs, err := d.readNumbers("verdict", len(os), len(d.verdicts))
	if err != nil {
		return 0, err
	}
	for i, v := range vs {
		w := &d.verdicts[v]
		os[i], d.bad[i] = w.Observation, !w.ok
	}
	if vs, err = d.readNumbers("picture", len(os), len(d.pictures)); err != nil {
		return 0, err
	}
	for i, v := range vs {
		p := &d.pictures[v]
		os[i].Codec, os[i].Width, os[i].Height = p.codec, p.width, p.height
		d.bad[i] = d.bad[i] || !p.ok
	}
	all := 0
	if vs, err = d.readNumbers("shape", len(os), len(d.shapes)); err != nil {
		return 0, err
	}
	for i, v := range vs {
		d.rows[i] = uint16(v)
		h := &d.shapes[v]
		h.used++
		all += h.stages
		os[i].Probes = h.probes
		d.bad[i] = d.bad[i] || !h.ok
	}
	if vs, err = d.readNumbers("camera", len(os), len(d.codes)); err != nil {
		return 0, err
	}
	for i, v := range vs {
		os[i].Camera = d.codes[v].code
		d.bad[i] = d.bad[i] || !d.codes[v].ok
	}
	return all, nil
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

// readStatistics reads the columns of the statistics and fills all
// observations.
func (d *columnsReader) readStatistics(os []Observation, stages []Stage) error {
	if err := d.readStatisticsColumns(); err != nil {
		return err
	}
	for j := range os {
		h := &d.shapes[d.rows[j]]
		if h.stages > 0 {
			os[j].Stages, stages = stages[:h.stages:h.stages], stages[h.stages:]
		}
		if !d.fill(&os[j], h) {
			d.bad[j] = true
		}
	}
	return nil
}

// statisticUsed says how many observations have a statistic, and how many of
// them of several values.
func (d *columnsReader) statisticUsed(i int) (count, many int) {
	for j := range d.shapes {
		h := &d.shapes[j]
		count += h.used * int(h.stats>>i&1)
		many += h.used * int(h.many>>i&1)
	}
	return count, many
}

// readStatisticsColumns reads the columns of the statistics into d.numbers,
// and notes in d.at where those of each begin. Those that only a newer program
// knows are passed over.
func (d *columnsReader) readStatisticsColumns() error {
	d.numbers = d.numbers[:0]
	full := 0 // statistics of full probes with several values
	for i := range statsOnWire {
		count, many := d.statisticUsed(i)
		mean, err := d.readNext(count)
		if err != nil {
			return err
		}
		below, above := full, full // relative to the columns of all
		if !statOfEvery(i) {
			full += many
		} else if below, above, err = d.readSpread(many); err != nil {
			return err
		}
		if i < statEnd {
			d.at[i] = [3]int{mean, below, above}
		}
	}
	below, above, err := d.readSpread(full)
	if err != nil {
		return err
	}
	for i := range statEnd {
		if !statOfEvery(i) {
			d.at[i][1] += below
			d.at[i][2] += above
		}
	}
	return nil
}

// readNext reads a column of n numbers after those that are in d.numbers, and
// says where it begins.
func (d *columnsReader) readNext(n int) (int, error) {
	start := len(d.numbers)
	d.numbers = slices.Grow(d.numbers, n)[:start+n]
	d.spare = slices.Grow(d.spare[:0], n)[:n]
	return start, d.column(d.numbers[start:], d.spare)
}

// readSpread reads how far least and greatest of n statistics are from the mean.
func (d *columnsReader) readSpread(n int) (below, above int, err error) {
	if below, err = d.readNext(n); err != nil {
		return 0, 0, err
	}
	above, err = d.readNext(n)
	return below, above, err
}

// fill sets the statistics of an observation of shape h. It is false when one
// is out of bounds; that has the count -1 then, which no check lets pass.
func (d *columnsReader) fill(o *Observation, h *readShape) bool {
	ok := true
	for k, i := range h.list[:h.listed] {
		at, n := &d.at[i], int(h.n[i])
		mean := d.numbers[at[0]]
		least, greatest := mean, mean
		at[0]++
		if h.many>>i&1 == 1 {
			least, greatest = mean-d.numbers[at[1]], mean+d.numbers[at[2]]
			at[1]++
			at[2]++
		}
		var s Stat
		switch {
		case n < 0 || least < 0 || least > mean || mean > greatest || greatest > statTops[i]:
			s, ok = Stat{N: -1}, false
		case i >= statJitter:
			s = Stat{n, decadeValues[least], decadeValues[mean], decadeValues[greatest]}
		default:
			g := binaryGrids[i]
			s = Stat{n, g.at(uint32(least)), g.at(uint32(mean)), g.at(uint32(greatest))}
		}
		switch i {
		case statFrameRate:
			o.FrameRate = s
		case statBitRate:
			o.BitRate = s
		case statKeyframeGap:
			o.KeyframeGap = s
		case statLoss:
			o.Loss = s
		case statJitter:
			o.Jitter = s
		default:
			o.Stages[k+h.stages-h.listed] = Stage{Rung(i - statStage + 1), s}
		}
	}
	return ok
}
