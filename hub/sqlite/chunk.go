package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Sealed days lie in chunks: the counts of a camera's year in one, the
// timelines and revisions of a camera's month in another. A chunk is
//
//	version byte
//	the days that it has: number of runs (uvarint), and for each how many days
//	  are left out before it and how many it has (uvarints, at least 1)
//	columns, see column.go
//	  of counts: seconds of the day less 86,400, zigzag; degraded; down;
//	    unknown; outages; status of the first second + 4 × that of the last
//	  of timelines: revision; bytes of the timeline
//	the timelines one after the other, as history.Timeline writes them
//	CRC-32C of all before, highest byte first

// span of a chunk: the days from first on that it may have.
type chunkSpan struct {
	first history.DayNumber
	days  int
}

const (
	chunkVersion = 1
	yearDays     = 366
	// firstYear is before all that hub/wire takes, in every zone; the last one
	// is 3000.
	firstYear = 1969
	lastYear  = 3001
	// Of a camera's chunks; ids of rows are camera × these + place.
	yearPlaces  = 1 << 11
	monthPlaces = 1 << 14

	maxDaySeconds = 48 * 3600 // as in package history
	maxRevision   = 1<<31 - 1
	maxTimeline   = 1 << 20 // bytes: every second another run
)

var errChunk = errors.New("stored ledger is damaged")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func dateOf(d history.DayNumber) time.Time { return time.Unix(int64(d)*86_400, 0).UTC() }

func dayOfDate(year int, month time.Month) history.DayNumber {
	return history.DayNumber(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Unix() / 86_400)
}

// earliestDay and latestDay bound the days of a ledger.
var (
	earliestDay = dayOfDate(firstYear, time.January)
	latestDay   = dayOfDate(lastYear+1, time.January) - 1
)

// yearPlace and monthPlace give where a day's chunks are among their camera's.
func yearPlace(d history.DayNumber) int64 { return int64(dateOf(d).Year() - firstYear) }

func monthPlace(d history.DayNumber) int64 {
	t := dateOf(d)
	return int64((t.Year()-firstYear)*12 + int(t.Month()) - 1)
}

func yearSpan(place int64) chunkSpan {
	first := dayOfDate(firstYear+int(place), time.January)
	return chunkSpan{first, int(dayOfDate(firstYear+int(place)+1, time.January) - first)}
}

func monthSpan(place int64) chunkSpan {
	first := dayOfDate(firstYear, time.Month(1+place))
	return chunkSpan{first, int(dayOfDate(firstYear, time.Month(2+place)) - first)}
}

// appendDays appends which days a chunk has, n of them in ascending order.
func appendDays(p []byte, s chunkSpan, n int, day func(int) history.DayNumber) []byte {
	var runs [][2]uint64
	at := s.first
	for i := range n {
		d := day(i)
		if left := d - at; left > 0 || i == 0 {
			runs = append(runs, [2]uint64{uint64(left), 0})
		}
		runs[len(runs)-1][1]++
		at = d + 1
	}
	p = binary.AppendUvarint(p, uint64(len(runs)))
	for _, r := range runs {
		p = binary.AppendUvarint(binary.AppendUvarint(p, r[0]), r[1])
	}
	return p
}

// readDays calls take for each run of days of a chunk.
func readDays(p []byte, s chunkSpan, take func(first history.DayNumber, n int)) (rest []byte, err error) {
	runs, n := binary.Uvarint(p)
	if n <= 0 || runs > uint64(s.days) {
		return nil, fmt.Errorf("%w: days", errChunk)
	}
	p = p[n:]
	at := 0
	for range runs {
		skip, a := binary.Uvarint(p)
		if a <= 0 || skip > uint64(s.days-at) {
			return nil, fmt.Errorf("%w: days", errChunk)
		}
		at += int(skip)
		length, b := binary.Uvarint(p[a:])
		if b <= 0 || length < 1 || length > uint64(s.days-at) {
			return nil, fmt.Errorf("%w: days", errChunk)
		}
		take(s.first+history.DayNumber(at), int(length))
		at += int(length)
		p = p[a+b:]
	}
	return p, nil
}

// openChunk checks a chunk's frame and gives what is in it.
func openChunk(p []byte) ([]byte, error) {
	if len(p) < 5 {
		return nil, fmt.Errorf("%w: %d bytes", errChunk, len(p))
	}
	body, sum := p[:len(p)-4], binary.BigEndian.Uint32(p[len(p)-4:])
	switch {
	case crc32.Checksum(body, castagnoli) != sum:
		return nil, fmt.Errorf("%w: its checksum is wrong", errChunk)
	case body[0] != chunkVersion:
		return nil, fmt.Errorf("%w: version %d, this program knows %d", errChunk, body[0], chunkVersion)
	}
	return body[1:], nil
}

func closeChunk(p []byte) []byte {
	return binary.BigEndian.AppendUint32(p, crc32.Checksum(p, castagnoli))
}

// counter holds the columns of counts while they are packed or unpacked.
type counter struct {
	seconds, degraded, down, unknown, outages, ends [yearDays]uint32
}

// bounded is a column and its greatest number.
type bounded struct {
	vs   []uint32
	most uint32
}

func (c *counter) columns(n int) [6]bounded {
	return [...]bounded{
		{c.seconds[:n], 2 * maxDaySeconds}, {c.degraded[:n], maxDaySeconds}, {c.down[:n], maxDaySeconds},
		{c.unknown[:n], maxDaySeconds}, {c.outages[:n], maxDaySeconds}, {c.ends[:n], 15},
	}
}

func zigzag(v int32) uint32 { return uint32(v)<<1 ^ uint32(v>>31) }

func unzigzag(v uint32) int32 { return int32(v>>1) ^ -int32(v&1) }

// pack gives the chunk of days, in ascending order, which lie in s.
func (c *counter) pack(s chunkSpan, days []history.DayCount) []byte {
	p := appendDays([]byte{chunkVersion}, s, len(days), func(i int) history.DayNumber { return days[i].Number })
	for i := range days {
		d := &days[i]
		c.seconds[i] = zigzag(int32(d.Seconds() - 86_400))
		c.degraded[i], c.down[i], c.unknown[i], c.outages[i] = uint32(d.Degraded), uint32(d.Down), uint32(d.Unknown), uint32(d.Outages)
		c.ends[i] = uint32(d.Begins) | uint32(d.Ends)<<2
	}
	for _, col := range c.columns(len(days)) {
		p = appendColumn(p, col.vs)
	}
	return closeChunk(p)
}

// unpack appends the days of a chunk. What it has appended after an error means
// nothing.
func (c *counter) unpack(p []byte, s chunkSpan, days []history.DayCount) ([]history.DayCount, error) {
	p, err := openChunk(p)
	if err != nil {
		return days, err
	}
	before := len(days)
	p, err = readDays(p, s, func(first history.DayNumber, n int) {
		k := len(days)
		days = slices.Grow(days, n)[:k+n]
		for i, fresh := 0, days[k:]; i < len(fresh); i++ {
			fresh[i].Number = first + history.DayNumber(i) // all else follows
		}
	})
	if err != nil {
		return days, err
	}
	fresh := days[before:]
	for _, col := range c.columns(len(fresh)) {
		if p, err = readColumn(p, col.vs, col.most); err != nil {
			return days, fmt.Errorf("%w: %w", errChunk, err)
		}
	}
	if len(p) > 0 {
		return days, fmt.Errorf("%w: %d bytes too many", errChunk, len(p))
	}
	for i := range fresh {
		d := &fresh[i]
		d.Degraded, d.Down, d.Unknown, d.Outages = int32(c.degraded[i]), int32(c.down[i]), int32(c.unknown[i]), int32(c.outages[i])
		d.Up = 86_400 + unzigzag(c.seconds[i]) - d.Degraded - d.Down - d.Unknown
		d.Begins, d.Ends = wire.Status(c.ends[i]&3), wire.Status(c.ends[i]>>2)
		if d.Up < 0 || d.Up > maxDaySeconds || d.Outages > d.Down {
			return days, fmt.Errorf("%w: day %s has %d seconds up", errChunk, d.Number, d.Up)
		}
	}
	return days, nil
}

// line is the sealed form of a ledger day.
type line struct {
	day      history.DayNumber
	revision int
	timeline []byte // as history.Timeline writes it
}

// packLines gives the chunk of a month's days, in ascending order.
func packLines(s chunkSpan, lines []line) []byte {
	var revisions, sizes [31]uint32
	for i := range lines {
		revisions[i], sizes[i] = uint32(lines[i].revision), uint32(len(lines[i].timeline))
	}
	p := appendDays([]byte{chunkVersion}, s, len(lines), func(i int) history.DayNumber { return lines[i].day })
	p = appendColumn(appendColumn(p, revisions[:len(lines)]), sizes[:len(lines)])
	for i := range lines {
		p = append(p, lines[i].timeline...)
	}
	return closeChunk(p)
}

// unpackLines appends the days of a chunk; their timelines are parts of p, and
// not looked into.
func unpackLines(p []byte, s chunkSpan, lines []line) ([]line, error) {
	p, err := openChunk(p)
	if err != nil {
		return lines, err
	}
	before := len(lines)
	p, err = readDays(p, s, func(first history.DayNumber, n int) {
		for i := range history.DayNumber(n) {
			lines = append(lines, line{day: first + i})
		}
	})
	if err != nil {
		return lines, err
	}
	fresh := lines[before:]
	var revisions, sizes [31]uint32
	if p, err = readColumn(p, revisions[:len(fresh)], maxRevision); err == nil {
		p, err = readColumn(p, sizes[:len(fresh)], maxTimeline)
	}
	if err != nil {
		return lines, fmt.Errorf("%w: %w", errChunk, err)
	}
	for i := range fresh {
		if int(sizes[i]) > len(p) || revisions[i] < 1 {
			return lines, fmt.Errorf("%w: timeline of day %s", errChunk, fresh[i].day)
		}
		fresh[i].revision, fresh[i].timeline = int(revisions[i]), p[:sizes[i]:sizes[i]]
		p = p[sizes[i]:]
	}
	if len(p) > 0 {
		return lines, fmt.Errorf("%w: %d bytes too many", errChunk, len(p))
	}
	return lines, nil
}
