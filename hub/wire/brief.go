package wire

import (
	"math/bits"
	"slices"
)

// Brief is what an observation says, without its statistics.
type Brief struct {
	Camera        string
	From, To      int64   // as in Observation
	FrameRate     float32 // mean; 0 if it was not measured
	Width, Height int32
	Status        Status
	Codec         Codec
	Clock         Clock
}

// BriefOf gives an observation's.
func BriefOf(o *Observation) Brief {
	return Brief{o.Camera, o.From, o.To, o.FrameRate.Mean, int32(o.Width), int32(o.Height), o.Status, o.Codec, o.Clock}
}

// UnmarshalBriefs is UnmarshalUp for who keeps the payload and looks into it
// only to check it. Of a batch of observations that all keep the contract it
// gives their briefs, appended to briefs, and the Batch has none of them. Of
// everything else it gives no briefs, and what UnmarshalUp gives. Both look at
// every value.
func (d *Decoder) UnmarshalBriefs(p []byte, briefs []Brief) (UpMessage, []Brief, error) {
	var f frame
	if f.read(p) && d.readFrame(&f) == nil {
		columns, err := f.columns, error(nil)
		if f.zstd != nil {
			columns, err = d.columns.decompress(f.zstd)
		}
		if err == nil {
			n := len(briefs)
			briefs = slices.Grow(briefs, int(f.count))[:n+int(f.count)]
			if d.columns.readBriefs(columns, briefs[n:]) {
				return UpMessage{Batch: &d.batch}, briefs, nil
			}
			briefs = briefs[:n]
		}
	}
	m, err := d.UnmarshalUp(p)
	return m, briefs, err
}

// readBriefs decodes p, a message Columns, into briefs. It is false if it cannot be
// read, or any value may break a bound.
func (d *columnsReader) readBriefs(p []byte, briefs []Brief) bool {
	if d.readTables(p, len(briefs)) != nil {
		return false
	}
	for i := range d.verdicts {
		if !d.verdicts[i].ok {
			return false
		}
	}
	for i := range d.pictures {
		if !d.pictures[i].ok {
			return false
		}
	}
	for i := range d.shapes {
		if !d.shapes[i].ok {
			return false
		}
	}
	for i := range d.codes {
		if !d.codes[i].ok {
			return false
		}
	}
	return d.readBriefRows(briefs) && d.readBriefTimes(briefs) && d.readBriefStatistics(briefs)
}

func (d *columnsReader) readBriefRows(briefs []Brief) bool {
	vs, err := d.readNumbers("verdict", len(briefs), len(d.verdicts))
	if err != nil {
		return false
	}
	for i, v := range vs {
		briefs[i].Status, briefs[i].Clock = d.verdicts[v].Status, d.verdicts[v].Clock
	}
	if vs, err = d.readNumbers("picture", len(briefs), len(d.pictures)); err != nil {
		return false
	}
	for i, v := range vs {
		p := &d.pictures[v]
		briefs[i].Codec, briefs[i].Width, briefs[i].Height = p.codec, int32(p.width), int32(p.height)
	}
	if vs, err = d.readNumbers("shape", len(briefs), len(d.shapes)); err != nil {
		return false
	}
	for i, v := range vs {
		d.rows[i] = uint16(v)
		d.shapes[v].used++
	}
	if vs, err = d.readNumbers("camera", len(briefs), len(d.codes)); err != nil {
		return false
	}
	for i, v := range vs {
		briefs[i].Camera = d.codes[v].code
	}
	return true
}

func (d *columnsReader) readBriefTimes(briefs []Brief) bool {
	to := int64(d.number())
	vs, err := d.read(len(briefs) - 1)
	if err != nil {
		return false
	}
	briefs[0].To = to
	for i, v := range vs {
		to += v
		briefs[i+1].To = to
	}
	interval := int64(min(d.number(), MaxLength))
	if vs, err = d.read(len(briefs)); err != nil {
		return false
	}
	for i, v := range vs {
		b := &briefs[i]
		length := int64(d.shapes[d.rows[i]].probes)*interval + unzigzag(v)
		b.From = b.To - length
		if length < 1 || length > MaxLength || b.From < 0 || b.From > maxTime {
			return false
		}
	}
	return true
}

// readBriefStatistics checks all statistics, and sets the frame rates.
func (d *columnsReader) readBriefStatistics(briefs []Brief) bool {
	if d.readStatisticsColumns() != nil {
		return false
	}
	all := uint32(0) // statistics that any observation has
	for j := range d.shapes {
		if d.shapes[j].used > 0 {
			all |= d.shapes[j].stats
		}
	}
	for all &= 1<<statEnd - 1; all != 0; all &= all - 1 {
		if !d.statisticKeepsBounds(bits.TrailingZeros32(all)) {
			return false
		}
	}
	mean := d.numbers[d.at[statFrameRate][0]:]
	for i := range briefs {
		briefs[i].FrameRate = 0
		if d.shapes[d.rows[i]].stats>>statFrameRate&1 == 1 {
			briefs[i].FrameRate, mean = binaryGrids[statFrameRate].at(uint32(mean[0])), mean[1:]
		}
	}
	return true
}

// statisticKeepsBounds checks the numbers of one statistic: none is below 0
// or above the last of its grid, and no mean is below the least or above the
// greatest.
func (d *columnsReader) statisticKeepsBounds(i int) bool {
	at, top := d.at[i], uint64(statTops[i])
	count, many := d.statisticUsed(i)
	means := d.numbers[at[0] : at[0]+count]
	below, above := d.numbers[at[1]:at[1]+many], d.numbers[at[2]:at[2]+many]
	if many == 0 {
		for _, mean := range means {
			if uint64(mean) > top {
				return false
			}
		}
		return true
	}
	if many == count {
		below, above = below[:len(means)], above[:len(means)]
		for k, mean := range means {
			if uint64(mean) > top || uint64(below[k]) > uint64(mean) || uint64(above[k]) > top-uint64(mean) {
				return false
			}
		}
		return true
	}
	for _, row := range d.rows {
		h := &d.shapes[row]
		if h.stats>>i&1 == 0 {
			continue
		}
		mean := uint64(means[0])
		if means = means[1:]; mean > top {
			return false
		}
		if h.many>>i&1 == 1 {
			if uint64(below[0]) > mean || uint64(above[0]) > top-mean {
				return false
			}
			below, above = below[1:], above[1:]
		}
	}
	return true
}
