package spool

import (
	"errors"
	"fmt"
	"slices"
)

// item is one block that is to be written.
type item struct {
	kind    kind
	seq     uint64
	span    Span
	payload []byte
	gap     Gap
}

func gapItem(g Gap) item { return item{kind: kindGap, gap: g, payload: appendGap(nil, g)} }

// Append puts one record at the end and returns its number once it is on the
// device. It fails with ErrSize when the payload is empty or longer than
// MaxRecord.
func (s *Spool) Append(e Entry) (seq uint64, err error) { return s.AppendBatch([]Entry{e}) }

// AppendBatch puts several records at the end at the price of one sync and
// returns the number of the first; they are numbered consecutively. On an
// error none of them counts as taken: when the process goes on they are never
// given to Read, and only if it is killed before the next write succeeds may
// some of them be found. A batch must fit into one segment, a sixteenth of
// MaxBytes; see MaxBatchBytes. An empty batch is no error.
func (s *Spool) AppendBatch(entries []Entry) (first uint64, err error) {
	items := make([]item, len(entries))
	size := int64(0)
	for i, e := range entries {
		if len(e.Payload) == 0 || len(e.Payload) > MaxRecord {
			return 0, fmt.Errorf("append to spool: record %d has %d bytes, 1 to %d are allowed: %w", i, len(e.Payload), MaxRecord, ErrSize)
		}
		items[i] = item{kind: kindRecord, span: e.Span, payload: e.Payload}
		size += blockLen(len(e.Payload))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, ErrClosed
	}
	// The batch may need a segment of its own, and a gap record before it.
	if room := s.head.size - headerSize - blockSize - blockLen(gapSize); size > room {
		return 0, fmt.Errorf("append to spool: batch of %d bytes, at most %d fit: %w", size, room, ErrSize)
	}
	if err := s.declare(); err != nil {
		return 0, fmt.Errorf("append to spool: declare a gap: %w", err)
	}
	if len(items) == 0 {
		return s.next, nil
	}
	first, err = s.commit(items)
	if err != nil {
		return 0, fmt.Errorf("append to spool: %w", err)
	}
	return first, nil
}

// commit writes items with one sync, at the end of the newest segment or at the
// start of another one, and gives the number of the first.
func (s *Spool) commit(items []item) (first uint64, err error) {
	size := int64(blockSize)
	for _, it := range items {
		size += blockLen(len(it.payload))
	}
	if s.tail != nil && s.tail.end+size <= s.head.size {
		return s.extend(items)
	}
	return s.begin(items)
}

// extend writes items behind the newest record.
func (s *Spool) extend(items []item) (first uint64, err error) {
	g := s.tail
	next, err := s.number(items)
	if err != nil {
		return 0, err
	}
	if next > s.head.reserved {
		if err := s.writeHead(s.reserving(next)); err != nil {
			return 0, err
		}
	}
	out := s.appendItems(s.out[:0], items, g.serial, next)
	if err := s.put(g, out, g.end); err != nil {
		// What reached the device is unknown. Nothing is written behind it: the
		// next append begins a segment, whose base makes it void.
		s.tail, g.remains = nil, true
		return 0, err
	}
	g.end += int64(len(out)) - blockSize
	s.took(g, items, next)
	s.tidy()
	return items[0].seq, nil
}

// begin writes items into a segment that is free, or into the oldest one. Its
// records are then dropped, and a gap record that says so comes first.
func (s *Spool) begin(items []item) (first uint64, err error) {
	g := s.victim()
	if g == nil {
		return 0, errors.New("no segment can be used")
	}
	lost := g.serial != 0 && g.next > s.trimmed
	var gap Gap
	var dropped, oldest uint64
	overflow := 0
	if lost && s.making {
		return 0, errNoFit
	}
	if lost {
		gap, dropped, oldest = s.overflow(g)
		if gap.From < gap.Next {
			items, overflow = slices.Insert(slices.Clone(items), 0, gapItem(gap)), 1
		}
	}
	next, err := s.number(items)
	if err != nil {
		return 0, err
	}
	if stale := g.serial != 0 && g.next > s.head.trimmed && s.trimmed > s.head.trimmed; next > s.head.reserved || stale {
		if err := s.writeHead(s.reserving(next)); err != nil {
			return 0, err
		}
	}
	// From here on what the segment held counts as gone, come what may, and a
	// serial that was tried is never used again.
	if lost {
		s.stats.Dropped += dropped
		s.gaps = slices.DeleteFunc(s.gaps, func(d declared) bool { return d.seq < oldest })
	}
	if overflow > 0 {
		s.undeclared = append(s.undeclared, gap)
	}
	g.free()
	s.serial++
	serial := s.serial
	out := appendHeader(s.out[:0], s.header(g.index, serial, items[0].seq))
	out = s.appendItems(out, items, serial, next)
	err = s.put(g, out, 0)
	if err == nil {
		// Without this the loss of a whole segment could go unnoticed.
		h := s.reserving(next)
		h.serial = serial
		err = s.writeHead(h)
	}
	if err != nil {
		s.tail, g.remains = nil, true
		g.fails++
		s.sort()
		return 0, err
	}
	if overflow > 0 {
		s.undeclared = s.undeclared[:len(s.undeclared)-1]
	}
	g.serial, g.base, g.fails = serial, items[0].seq, 0
	g.end = int64(len(out)) - blockSize
	s.sort()
	s.tail = g
	s.took(g, items, next)
	s.tidy()
	return items[overflow].seq, nil
}

// tidy takes away what failed writes left behind. It is void already; but if
// the segment that makes it so were damaged one day, it would come back.
func (s *Spool) tidy() {
	for _, g := range s.segs {
		if !g.remains {
			continue
		}
		out, at := appendHeader(nil, s.header(g.index, 0, 0)), int64(0)
		if g.serial != 0 {
			out, at = s.appendItems(nil, nil, g.serial, g.next), g.end
		}
		if s.put(g, out, at) == nil {
			g.remains = false
		}
	}
}

func (s *Spool) appendItems(out []byte, items []item, serial uint32, next uint64) []byte {
	k := block{serial: serial, trimmed: s.trimmed}
	for _, it := range items {
		k.kind, k.seq, k.span = it.kind, it.seq, it.span
		out = appendBlock(out, s.head.ring, k, it.payload)
	}
	k.kind, k.seq, k.span = kindEnd, next, Span{Boot: s.head.opens}
	return appendBlock(out, s.head.ring, k, nil)
}

func (s *Spool) put(g *segment, out []byte, at int64) error {
	if cap(out) <= 64<<10 {
		s.out = out
	}
	_, err := g.file.WriteAt(out, at)
	if err == nil && !s.making {
		err = g.file.Sync()
	}
	if err != nil {
		s.stats.Failed++
		return fmt.Errorf("write segment: %w", err)
	}
	return nil
}

// number gives the items their numbers; next is the one after them.
func (s *Spool) number(items []item) (next uint64, err error) {
	next = s.next
	for i := range items {
		if !s.making { // else they bring theirs
			items[i].seq = next
		}
		next = items[i].seq + 1
	}
	if next > maxSeq {
		return 0, errors.New("the numbers of this epoch are used up")
	}
	return next, nil
}

// reserving is the head with the position of Trim, saying that numbers below
// next may be given.
func (s *Spool) reserving(next uint64) head {
	h := s.head
	h.trimmed = s.trimmed
	if next > h.reserved {
		h.reserved = next + reserveAhead
	}
	return h
}

func (s *Spool) header(index int, serial uint32, base uint64) header {
	return header{
		ring: s.head.ring, epoch: s.head.epoch, era: s.head.era, serial: serial, index: uint16(index), count: uint16(s.head.count),
		size: s.head.size, base: base, trimmed: s.trimmed, opens: s.head.opens,
	}
}

// took keeps count of what was written.
func (s *Spool) took(g *segment, items []item, next uint64) {
	g.next, s.next = next, next
	for _, it := range items {
		if it.kind != kindGap {
			g.last = it.span
			s.stats.Appended++
			continue
		}
		s.gaps = append(s.gaps, declared{it.seq, it.gap})
		s.stats.Gaps++
		if !s.making {
			s.log.Error("spool declares that records are lost", "from", it.gap.From, "next", it.gap.Next, "why", it.gap.Why.String())
		}
	}
}

// victim is the segment to be written to next: one that is free, and failed
// least; else the oldest.
func (s *Spool) victim() (best *segment) {
	free := func(g *segment) bool { return g.serial == 0 || g.next <= s.trimmed }
	for i, g := range s.segs {
		if i > 0 && i == len(s.segs)-1 {
			break // the newest
		}
		if best == nil || free(g) && (!free(best) || g.fails < best.fails) {
			best = g
		}
	}
	return best
}

// overflow describes the loss of a segment's records: everything from the
// oldest number that no other gap record covers to the start of the next
// segment, which is the oldest then.
func (s *Spool) overflow(g *segment) (gap Gap, dropped, oldest uint64) {
	oldest = s.next
	if i := slices.Index(s.segs, g); i+1 < len(s.segs) {
		oldest = s.segs[i+1].base
	}
	var covered []interval
	for _, d := range s.gaps {
		if d.seq >= oldest {
			covered = append(covered, interval{d.From, d.Next})
		}
	}
	for _, u := range s.undeclared {
		covered = append(covered, interval{u.From, u.Next})
	}
	from := union(covered).firstOutside(s.trimmed, oldest)
	dropped = s.missing().countOutside(max(g.base, s.trimmed), oldest)
	gap = Gap{From: from, Next: oldest, First: s.spanFrom(g, from), Last: g.last, Why: WhyOverflow}
	for _, d := range s.gaps {
		// An older gap record goes with the segment, and what it says lives on.
		if d.seq >= oldest {
			break
		}
		if d.From <= from && from < d.Next {
			gap.First = d.First
		}
		if g.last == (Span{}) {
			gap.Last = d.Last
		}
	}
	return gap, dropped, oldest
}
