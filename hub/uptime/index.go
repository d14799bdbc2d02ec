package uptime

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/phukin/phukin/hub/history"
)

// Index keeps ledger days in memory so that figures of any period are made
// without reading them again. It is laid out by camera and local month: the
// seconds by status of each day, their sums before each month, and the packed
// timelines for periods that begin or end within a day. It holds what was put
// last of each day and nothing else; a day that was never put is unknown.
//
// A camera day takes about 15 bytes, and its timeline 3 bytes more for each run
// and 2 for each outage, unless the day is up, degraded or unknown from end to
// end. See Snapshot.Bytes.
//
// Readers take a Snapshot, which never changes; a change makes copies of the
// months that it touches.
type Index struct {
	loc *time.Location
	mu  sync.Mutex // of whoever changes it
	now atomic.Pointer[Snapshot]
}

// NewIndex makes an empty index for the local days of loc.
func NewIndex(loc *time.Location) *Index {
	x := &Index{loc: loc}
	x.now.Store(&Snapshot{loc: loc})
	return x
}

// Location gives the time zone of its days.
func (x *Index) Location() *time.Location { return x.loc }

// Snapshot gives the index as it is now.
func (x *Index) Snapshot() *Snapshot { return x.now.Load() }

// Put takes days into the index, all of them at once, in any order. A day
// replaces what was known of it; the last one of several that are the same
// counts.
func (x *Index) Put(days ...history.Day) {
	_ = x.Update(func(yield func(history.Day, error) bool) { // nothing here fails
		for _, d := range days {
			if !yield(d, nil) {
				return
			}
		}
	})
}

// Update is Put of a stream, such as a store's. If the stream ends with an
// error nothing is changed.
func (x *Index) Update(days iter.Seq2[history.Day, error]) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := edit{from: x.now.Load(), cal: x.now.Load().cal, columns: map[string]*draft{}}
	for d, err := range days {
		if err != nil {
			return fmt.Errorf("take ledger days into the index: %w", err)
		}
		e.put(&d)
	}
	if len(e.columns) > 0 {
		x.now.Store(e.finish())
	}
	return nil
}

// Snapshot is the index at one moment. It does not change.
type Snapshot struct {
	loc     *time.Location
	cal     *calendar      // of all days that were ever put; nil before the first
	at      map[string]int // index in columns by camera
	columns []*column
}

// column is what is known of one camera.
type column struct {
	camera string
	month  int // of blocks[0], as calendar.month
	blocks []*block
	sums   []sum // before each block, and behind the last
}

// column gives a camera's, an empty one for a camera that was never put.
func (s *Snapshot) column(camera string) *column {
	if i, ok := s.at[camera]; ok {
		return s.columns[i]
	}
	return &column{}
}

// Len gives the number of cameras.
func (s *Snapshot) Len() int { return len(s.columns) }

// Bytes gives the memory that the days take, and how many camera days there are
// room for.
func (s *Snapshot) Bytes() (bytes, days int64) {
	const perBlock = int64(unsafe.Sizeof(block{})) + 8 // with its place in the column
	for _, c := range s.columns {
		bytes += int64(len(c.sums))*16 + 80
		for i, b := range c.blocks {
			if b == nil {
				bytes += 8
				continue
			}
			bytes += perBlock + int64(cap(b.lines)) + 4*int64(cap(b.far))
			m := c.month + i - s.cal.month
			days += int64(s.cal.months[m+1] - s.cal.months[m])
		}
	}
	return bytes, days
}

// edit is a change of the index in the making.
type edit struct {
	from    *Snapshot
	cal     *calendar
	columns map[string]*draft
	last    *draft // of the day that was put last
}

// draft is a column in the making: only what it owns may be written.
type draft struct {
	column
	owned []bool // blocks
	dirty int    // the first of them
}

func (e *edit) put(d *history.Day) {
	e.cal = e.cal.including(e.from.loc, d.Number)
	k := e.last
	if k == nil || k.camera != d.Camera {
		k = e.draft(d.Camera)
		e.last = k
	}
	day := int(d.Number - e.cal.first)
	m := int(e.cal.of[day])
	i := k.own(e.cal.month + m)
	k.blocks[i].put(day-int(e.cal.months[m]), fit(d.Timeline, int(e.cal.starts[day+1]-e.cal.starts[day])))
}

func (e *edit) draft(camera string) *draft {
	if k := e.columns[camera]; k != nil {
		return k
	}
	k := &draft{column: column{camera: camera}}
	if old := e.from.column(camera); old.camera != "" {
		k.month, k.blocks = old.month, slices.Clone(old.blocks)
		k.owned = make([]bool, len(k.blocks))
		k.dirty = len(k.blocks)
	}
	e.columns[camera] = k
	return k
}

// own gives the index of the block of a month, which may then be written.
func (k *draft) own(month int) int {
	if len(k.blocks) == 0 {
		k.month = month
	}
	if n := k.month - month; n > 0 {
		k.blocks = slices.Insert(k.blocks, 0, make([]*block, n)...)
		k.owned = slices.Insert(k.owned, 0, make([]bool, n)...)
		k.month, k.dirty = month, 0
	}
	i := month - k.month
	for i >= len(k.blocks) {
		k.blocks, k.owned = append(k.blocks, nil), append(k.owned, false)
	}
	k.dirty = min(k.dirty, i)
	if !k.owned[i] {
		b := new(block)
		if old := k.blocks[i]; old != nil {
			*b = *old // its lines are replaced, never written
		}
		k.blocks[i], k.owned[i] = b, true
	}
	return i
}

// finish links the months of each column and adds them up.
func (k *draft) finish(cal *calendar, old *column) *column {
	c := &column{camera: k.camera, month: k.month, blocks: k.blocks, sums: make([]sum, len(k.blocks)+1)}
	s := sum{}
	from := 0
	if old.month == k.month && k.dirty < len(old.sums) {
		from = k.dirty
		copy(c.sums, old.sums[:from+1])
		s = c.sums[from]
		s.starts &^= through
	}
	carry := false
	if from > 0 {
		carry = c.endsDown(cal, from-1)
	}
	for i := from; i < len(c.blocks); i++ {
		b := c.blocks[i]
		if b == nil {
			c.sums[i], carry = s, false
			continue
		}
		month := c.month + i - cal.month
		if joined := carry && b.words[0]&firstDown != 0; k.owned[i] {
			b.link(carry, cal.empty(month))
		} else if joined != (b.joints&1 == 1) {
			own := *b
			b = &own
			b.link(carry, cal.empty(month))
			c.blocks[i] = b
		}
		c.sums[i] = s
		if b.joints&1 == 1 {
			c.sums[i].starts |= through
		}
		s = b.after(s, monthDays)
		carry = c.endsDown(cal, i)
	}
	c.sums[len(c.blocks)] = s
	return c
}

// endsDown says whether the last second of a month is down.
func (c *column) endsDown(cal *calendar, i int) bool {
	m := c.month + i - cal.month
	b := c.blocks[i]
	day := cal.months[m+1] - 1
	for day > cal.months[m] && cal.starts[day] == cal.starts[day+1] {
		day--
	}
	return b != nil && b.words[day-cal.months[m]]&lastDown != 0
}

func (e *edit) finish() *Snapshot {
	s := &Snapshot{loc: e.from.loc, cal: e.cal, at: e.from.at, columns: slices.Clone(e.from.columns)}
	shared := true
	for camera, k := range e.columns {
		c := k.finish(e.cal, e.from.column(camera))
		if i, ok := s.at[camera]; ok {
			s.columns[i] = c
			continue
		}
		if shared {
			shared = false
			if s.at = maps.Clone(s.at); s.at == nil {
				s.at = make(map[string]int, len(e.columns))
			}
		}
		s.at[camera] = len(s.columns)
		s.columns = append(s.columns, c)
	}
	return s
}
