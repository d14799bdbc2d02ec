package influx

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// yearOf gives the first day of the day's calendar year.
func yearOf(d history.DayNumber) history.DayNumber {
	return numberOf(time.Date(date(d).Year(), 1, 1, 0, 0, 0, 0, time.UTC))
}

// yearAfter gives the first day of the year after that of the day.
func yearAfter(d history.DayNumber) history.DayNumber {
	return numberOf(time.Date(date(d).Year()+1, 1, 1, 0, 0, 0, 0, time.UTC))
}

// monthAfter gives the first day of the month after that of the day.
func monthAfter(d history.DayNumber) history.DayNumber {
	t := date(d)
	return numberOf(time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC))
}

func date(d history.DayNumber) time.Time { return time.Unix(int64(d)*86_400, 0).UTC() }

func numberOf(midnight time.Time) history.DayNumber {
	return history.DayNumber(midnight.Unix() / 86_400) // it is a whole number of days
}

// A camera's year is stored as columns, for those of its numbers that repeat
// compress well, and those that are random not at all:
//
//	structure   for each day: days since the one before (uvarint, the first
//	            since the day before the year), revision (uvarint), 86,400 less
//	            its seconds (varint), runs (uvarint); and for each run its
//	            status, with down its fault and rung, and, but for the last,
//	            bits 16 and up of its seconds, a byte each
//	middle      bits 8 to 15 of the seconds of each run but a day's last
//	low         bits 0 to 7
//
// They follow one another, each after its length (uvarint); the first two are
// compressed. The first byte is the version.
const yearVersion = 1

// Bounds of what is read.
const (
	maxColumn = 8 << 20 // bytes of a column of a year
	maxRuns   = 1 << 17 // of a day
	maxDay    = 48 * 3600
)

// Neither has goroutines of its own: they only do what they are called for.
var (
	compressor, _   = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	decompressor, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxColumn))
)

// packYear makes the stored form of a camera's year of days, ascending.
func packYear(year history.DayNumber, days []history.Day) []byte {
	var structure, middle, low []byte
	last := year - 1
	for i := range days {
		d := &days[i]
		structure = binary.AppendUvarint(structure, uint64(d.Number-last))
		structure = binary.AppendUvarint(structure, uint64(d.Revision))
		structure = binary.AppendVarint(structure, int64(86_400-d.Timeline.Seconds()))
		structure = binary.AppendUvarint(structure, uint64(len(d.Timeline)))
		for k, r := range d.Timeline {
			structure = append(structure, byte(r.Status))
			if r.Status == wire.StatusDown {
				structure = append(structure, byte(r.Fault), byte(r.FellOn))
			}
			if k < len(d.Timeline)-1 {
				structure = append(structure, byte(r.Seconds>>16))
				middle, low = append(middle, byte(r.Seconds>>8)), append(low, byte(r.Seconds))
			}
		}
		last = d.Number
	}
	p := []byte{yearVersion}
	for _, column := range [][]byte{compressor.EncodeAll(structure, nil), compressor.EncodeAll(middle, nil), low} {
		p = binary.AppendUvarint(p, uint64(len(column)))
		p = append(p, column...)
	}
	return p
}

// yearReader reads a year day by day. After next it stands before the runs of
// a day, which are to be read before the next next.
type yearReader struct {
	structure, middle, low []byte

	year     history.DayNumber
	number   history.DayNumber
	revision int
	seconds  int
	runs     int
}

func (y *yearReader) damaged(what string) error {
	return fmt.Errorf("stored year %s is damaged: %s", y.year, what)
}

// openYear begins to read what packYear made.
func openYear(year history.DayNumber, p []byte) (*yearReader, error) {
	y := &yearReader{year: year, number: year - 1}
	if len(p) == 0 || p[0] != yearVersion {
		return nil, y.damaged("version")
	}
	p = p[1:]
	for i, column := range []*[]byte{&y.structure, &y.middle, &y.low} {
		n, w := binary.Uvarint(p)
		if w <= 0 || n > uint64(len(p)-w) {
			return nil, y.damaged("length of a column")
		}
		*column, p = p[w:w+int(n)], p[w+int(n):]
		if i == 2 {
			break
		}
		var err error
		if *column, err = decompressor.DecodeAll(*column, nil); err != nil {
			return nil, y.damaged(err.Error())
		}
	}
	if len(p) > 0 || len(y.middle) != len(y.low) {
		return nil, y.damaged("columns of different lengths")
	}
	return y, nil
}

// next goes to the next day; it is false when there is none.
func (y *yearReader) next() (bool, error) {
	if len(y.structure) == 0 {
		if len(y.low) > 0 {
			return false, y.damaged("seconds that belong to no day")
		}
		return false, nil
	}
	p := y.structure
	var v [4]uint64
	for i := range v {
		n, w := binary.Uvarint(p)
		if w <= 0 {
			return false, y.damaged("head of a day")
		}
		v[i], p = n, p[w:]
	}
	short := int64(v[2]>>1) ^ -int64(v[2]&1)
	if v[0] < 1 || v[0] > 366 || v[1] < 1 || v[1] > 1<<31-1 || short < 86_400-maxDay || short > 86_400 || v[3] > maxRuns {
		return false, y.damaged("a day out of bounds")
	}
	y.number += history.DayNumber(v[0])
	y.revision, y.seconds, y.runs, y.structure = int(v[1]), int(86_400-short), int(v[3]), p
	if y.number > y.year+365 {
		return false, y.damaged("a day of another year")
	}
	return true, nil
}

// timeline appends the runs of the day.
func (y *yearReader) timeline(t []history.Run) ([]history.Run, error) {
	p, left := y.structure, y.seconds
	for i := range y.runs {
		if len(p) < 1 {
			return t, y.damaged("a day is cut")
		}
		r := history.Run{Status: wire.Status(p[0])}
		p = p[1:]
		if r.Status == wire.StatusDown {
			if len(p) < 2 {
				return t, y.damaged("a day is cut")
			}
			r.Fault, r.FellOn, p = wire.Fault(p[0]), wire.Rung(p[1]), p[2:]
		}
		if r.Status != 0 && !r.Status.Valid() || !r.Fault.Valid() || !r.FellOn.Valid() {
			return t, y.damaged("a status that is not known")
		}
		r.Seconds = left
		if i < y.runs-1 {
			if len(p) < 1 || len(y.low) < 1 {
				return t, y.damaged("a day is cut")
			}
			r.Seconds = int(p[0])<<16 | int(y.middle[0])<<8 | int(y.low[0])
			p, y.middle, y.low = p[1:], y.middle[1:], y.low[1:]
		}
		if left -= r.Seconds; r.Seconds < 1 || left < 0 {
			return t, y.damaged("more seconds than the day has")
		}
		t = append(t, r)
	}
	if left != 0 {
		return t, y.damaged("a day without runs")
	}
	y.structure = p
	return t, nil
}

// unpackYear reads a whole year of a camera.
func unpackYear(camera string, year history.DayNumber, p []byte) ([]history.Day, error) {
	y, err := openYear(year, p)
	if err != nil {
		return nil, err
	}
	var days []history.Day
	for {
		more, err := y.next()
		if err != nil || !more {
			return days, err
		}
		t, err := y.timeline(nil)
		if err != nil {
			return nil, err
		}
		days = append(days, history.Day{Camera: camera, Number: y.number, Revision: y.revision, Timeline: t})
	}
}
