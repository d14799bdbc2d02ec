package sqlite

import "github.com/phukin/phukin/hub/history"

// OpenWith is Open with other migrations than the embedded ones.
var OpenWith = open

// Line is a sealed ledger day.
type Line struct {
	Day      history.DayNumber
	Revision int
	Timeline []byte
}

// PackYear and UnpackYear are the form of a year of counts.
func PackYear(place int64, days []history.DayCount) []byte {
	return new(counter).pack(yearSpan(place), days)
}

func UnpackYear(p []byte, place int64) ([]history.DayCount, error) {
	return new(counter).unpack(p, yearSpan(place), nil)
}

// PackMonth and UnpackMonth are the form of a month of timelines.
func PackMonth(place int64, days []Line) []byte {
	var ls []line
	for _, d := range days {
		ls = append(ls, line{d.Day, d.Revision, d.Timeline})
	}
	return packLines(monthSpan(place), ls)
}

func UnpackMonth(p []byte, place int64) (days []Line, err error) {
	ls, err := unpackLines(p, monthSpan(place), nil)
	for _, l := range ls {
		days = append(days, Line{l.day, l.revision, l.timeline})
	}
	return days, err
}

// CloseChunk gives a chunk with this body a checksum that is right.
func CloseChunk(body []byte) []byte { return closeChunk(append([]byte{}, body...)) }

// Places of a day's chunks.
var YearPlace, MonthPlace = yearPlace, monthPlace

// Unpacker unpacks years into the same memory.
type Unpacker struct {
	counter counter
	days    []history.DayCount
}

func NewUnpacker() *Unpacker { return &Unpacker{} }

// Unpack unpacks a year.
func (u *Unpacker) Unpack(p []byte, place int64) (err error) {
	u.days, err = u.counter.unpack(p, yearSpan(place), u.days[:0])
	return err
}
