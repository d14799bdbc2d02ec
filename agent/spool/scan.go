package spool

import (
	"errors"
	"io"
	"maps"
	"path/filepath"
	"slices"
)

// view is what the head and the headers say together.
type view struct {
	known  bool // there is a ring
	head   head
	slot   int
	slots  int    // of the head that belong to it
	opens  uint64 // the most that anything says
	strict bool   // files are all accounted for
	unread bool   // the system would not read a header
}

// weigh finds out which ring this is: the one that most headers name; then what
// its head says, or, without one, its headers. Of two epochs the one of the
// later era counts.
func weigh(slots []head, at []int, files map[int]*segment) (v view) {
	votes := map[uint64]int{}
	for _, i := range slices.Sorted(maps.Keys(files)) {
		f := files[i]
		var b [headerSize]byte
		n, err := f.file.ReadAt(b[:], 0)
		v.unread = v.unread || err != nil && !errors.Is(err, io.EOF)
		if h, ok := parseHeader(b[:n]); ok {
			f.header = &h
			votes[h.ring] += 2
		}
	}
	for _, h := range slots {
		votes[h.ring] += 1 // in doubt
	}
	var ring uint64
	for r, n := range votes {
		if n > votes[ring] || n == votes[ring] && r > ring {
			ring = r
		}
	}
	if votes[ring] == 0 {
		return v
	}
	v.known = true
	v.slot = 1
	for i, h := range slots {
		if h.ring != ring {
			continue
		}
		if v.slots++; v.slots == 1 {
			v.head, v.slot, v.opens = h, at[i], h.opens
		}
	}
	for _, f := range files {
		h := f.header
		if h == nil || h.ring != ring {
			continue
		}
		if v.slots == 0 {
			v.head.ring, v.head.count, v.head.size = ring, int(h.count), h.size
		}
		if v.head.epoch == 0 || h.era > v.head.era {
			v.head.epoch, v.head.era = h.epoch, h.era
		}
		v.opens = max(v.opens, h.opens)
		v.head.trimmed = max(v.head.trimmed, h.trimmed)
	}
	v.head.trimmed = max(v.head.trimmed, 1)
	return v
}

// adopt takes the files of the ring into s, and makes those anew that are
// missing.
func (s *Spool) adopt(rec *Recovery, files map[int]*segment, v *view) error {
	v.strict = true
	s.segs = s.segs[:0]
	for i, f := range files {
		if i >= s.head.count {
			_ = f.file.Close()
		}
	}
	serials := map[uint32]*segment{}
	for i := range s.head.count {
		g := files[i]
		if g == nil {
			rec.Missing = append(rec.Missing, segName(i))
			v.strict = false
			if g = s.remake(i); g != nil {
				s.segs = append(s.segs, g)
			}
			continue
		}
		s.segs = append(s.segs, g)
		s.identify(g)
		if g.mend {
			v.strict = false
			rec.Headers++
		}
		if g.serial == 0 {
			continue
		}
		if o := serials[g.serial]; o != nil {
			// The same content twice: the one in its own place counts.
			v.strict = false
			rec.Headers++
			if g.header != nil && int(g.header.index) == i {
				g, o = o, g
			}
			g.free()
			g.mend = true
			serials[o.serial] = o
			continue
		}
		serials[g.serial] = g
	}
	s.sort()
	return nil
}

// identify finds the serial and the base of a segment by its header, or, when
// that is damaged, by its blocks; and gives the file its size.
func (s *Spool) identify(g *segment) {
	g.era = s.head.era
	if h := g.header; h != nil && h.ring == s.head.ring {
		g.serial, g.base, g.era = h.serial, h.base, h.era
		g.mend = int(h.index) != g.index
	} else {
		g.mend = true
		w := s.window
		w.open(g.file, s.head.size)
		for off := int64(headerSize); ; {
			f, ok := w.step(off, s.head.ring, 0)
			if !ok {
				break
			}
			off = f.off + align
			if f.payload != nil && f.serial > g.serial {
				g.serial, g.base, off = f.serial, f.seq, f.end
			}
		}
	}
	size, err := g.file.Size()
	if err == nil && size > s.head.size {
		err = g.file.Truncate(s.head.size)
	}
	if err == nil && size < s.head.size {
		err = s.extendFile(g, size)
	}
	if err != nil {
		s.log.Warn("spool segment cannot be given its size", "segment", segName(g.index), "error", err)
		g.fails++
	}
}

// extendFile fills a file that is too short with zeros.
func (s *Spool) extendFile(g *segment, from int64) error {
	zeros := make([]byte, pageSize)
	for at := from; at < s.head.size; at += pageSize {
		if _, err := g.file.WriteAt(zeros[:min(pageSize, s.head.size-at)], at); err != nil {
			return err
		}
	}
	return g.file.Sync()
}

// remake makes a segment anew that cannot be opened; nil when that is not
// possible.
func (s *Spool) remake(index int) *segment {
	ring := s.path(ringName)
	path := filepath.Join(ring, segName(index))
	err := s.fs.RemoveAll(path)
	if err != nil {
		s.log.Warn("spool segment can neither be opened nor removed", "segment", segName(index), "error", err)
		return nil
	}
	f, err := s.fs.Create(path)
	if err == nil {
		g := &segment{file: f, index: index, era: s.head.era}
		if err = errors.Join(s.blank(g), s.fs.SyncDir(ring)); err == nil {
			return g
		}
		_ = f.Close()
		_ = s.fs.RemoveAll(path)
	}
	s.log.Warn("spool segment cannot be made anew, the spool is smaller", "segment", segName(index), "error", err)
	return nil
}

// maxHoles bounds what is remembered of a spool in ruins: with more, everything
// up to the last hole is given up as one gap.
const maxHoles = 1000

// scan goes through all blocks, finds the end, and what is missing before it.
func (s *Spool) scan(rec *Recovery, v *view) {
	s.trimmed, s.serial = s.head.trimmed, s.head.serial
	var live []*segment
	for _, g := range s.segs {
		s.serial = max(s.serial, g.serial)
		if g.serial != 0 {
			live = append(live, g)
		}
	}
	var lost holes
	var ruins uint64
	add := func(from, next uint64, known *Span, unreadable bool) {
		lost.add(from, next, known, unreadable)
		if len(lost.list) > maxHoles {
			ruins = next
			lost = holes{before: lost.before}
		}
	}
	// A base that was guessed from what is left may be too high.
	limits := make([]uint64, len(live))
	for i, limit := len(live)-1, uint64(maxSeq); i >= 0; i-- {
		limits[i] = limit
		live[i].base = min(live[i].base, limit)
		limit = live[i].base
	}
	next := s.trimmed
	if len(live) > 0 {
		next = min(next, live[0].base)
	}
	clean, failed := true, false
	for i, g := range live {
		if g.base > next {
			add(next, g.base, nil, len(rec.Missing) > 0 || v.unread)
			next = g.base
		}
		k := walk{ring: s.head.ring, serial: g.serial, floor: next, limit: max(limits[i], next)}
		w := s.window
		w.open(g.file, s.head.size)
		k.seen = func(b block) {
			s.trimmed = max(s.trimmed, b.trimmed)
			if b.kind == kindEnd {
				v.opens = max(v.opens, b.span.Boot)
			}
		}
		k.each = func(f found) bool {
			lost.saw(f)
			if f.kind == kindGap {
				gap, _ := parseGap(f.payload)
				s.gaps = append(s.gaps, declared{f.seq, gap})
			} else {
				g.last = f.span
			}
			return true
		}
		k.hole = func(from, next uint64, known *Span) { add(from, next, known, w.failed > 0) }
		g.end, clean, _ = k.run(w, headerSize)
		failed = w.failed > 0
		next = k.floor
		g.next = next
		g.remains = k.void
		if g.next > s.trimmed {
			rec.Segments++
		}
	}
	s.next = max(next, s.trimmed)
	newest := uint32(0)
	if len(live) > 0 {
		newest = live[len(live)-1].serial
	}
	// A slot that stands alone may be the older one, and knows less.
	whole := s.head.serial <= newest && (v.slots == 2 || v.strict)
	if !whole || !clean {
		rec.Torn = true
		s.skip(&lost, v)
	}
	if len(live) > 0 && whole && len(rec.Missing) == 0 && !failed {
		s.tail = live[len(live)-1]
	}
	s.settleGaps(&lost, ruins)
	// A write that failed before a crash may have left blocks of a serial that
	// nobody sees.
	s.serial += 64
}

// skip passes all numbers that may have been given, where the end is not known.
func (s *Spool) skip(lost *holes, v *view) {
	bound := s.head.reserved
	if v.slots < 2 {
		// A slot that is lost may have reserved more: at most what the ring holds.
		bound = max(bound, s.next+uint64(int64(s.head.count)*s.head.size/blockLen(1)))
	}
	if bound > s.next {
		lost.list = append(lost.list, Gap{From: s.next, Next: bound, First: lost.before, Why: WhySkipped})
		s.next = bound
	}
}

// settleGaps leaves to be declared what is missing and not yet declared.
func (s *Spool) settleGaps(lost *holes, ruins uint64) {
	kept := s.gaps[:0]
	for _, d := range s.gaps {
		if d.seq >= s.trimmed && d.seq >= ruins {
			kept = append(kept, d)
		}
	}
	s.gaps = kept
	s.stats.Damaged = 0
	if ruins > s.trimmed {
		s.miss([]Gap{{From: s.trimmed, Next: ruins, Why: WhyDamaged}})
	}
	s.miss(lost.list)
}
