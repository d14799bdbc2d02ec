package influx

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/phukin/phukin/hub/history"
)

// monthOf gives the first day of the day's calendar month.
func monthOf(d history.DayNumber) history.DayNumber {
	t := time.Unix(int64(d)*86_400, 0).UTC()
	return numberOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}

// monthAfter gives the first day of the month after that of the day.
func monthAfter(d history.DayNumber) history.DayNumber {
	t := time.Unix(int64(d)*86_400, 0).UTC()
	return numberOf(time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC))
}

func numberOf(midnight time.Time) history.DayNumber {
	s := midnight.Unix()
	return history.DayNumber((s - (s%86_400+86_400)%86_400) / 86_400)
}

// Bounds of a month as it is stored.
const (
	maxMonth     = 1 << 20 // bytes, compressed not
	maxDayOfSize = 1 << 19 // bytes of one day
)

var (
	compressor, _   = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	decompressor, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxMonth))
)

// storedDay is a day as it is stored: what decodeDay reads.
type storedDay struct {
	number  history.DayNumber
	encoded []byte
}

// packMonth makes the stored form of a camera's month of days, ascending: for
// each day its place in the month (one byte), its length (uvarint) and itself;
// compressed.
func packMonth(month history.DayNumber, days []storedDay) []byte {
	var p []byte
	for _, d := range days {
		p = append(p, byte(d.number-month))
		p = binary.AppendUvarint(p, uint64(len(d.encoded)))
		p = append(p, d.encoded...)
	}
	return compressor.EncodeAll(p, nil)
}

// unpackMonth appends the days of a month that packMonth made. They keep the
// memory that it takes for them.
func unpackMonth(month history.DayNumber, packed []byte, days []storedDay) ([]storedDay, error) {
	damaged := func(what string) error {
		return fmt.Errorf("stored month %s is damaged: %s", month, what)
	}
	p, err := decompressor.DecodeAll(packed, nil)
	if err != nil {
		return days, damaged(err.Error())
	}
	for last := -1; len(p) > 0; {
		at := int(p[0])
		n, w := binary.Uvarint(p[1:])
		if w <= 0 || n > maxDayOfSize || n > uint64(len(p)-1-w) || at <= last || at > 30 {
			return days, damaged("a day's place or length")
		}
		days = append(days, storedDay{month + history.DayNumber(at), p[1+w:][:n:n]})
		p, last = p[1+w+int(n):], at
	}
	return days, nil
}
