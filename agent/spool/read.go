package spool

// cursor is where the last Read ended, so that the next one need not search.
type cursor struct {
	serial uint32
	seq    uint64 // of the block at off
	off    int64
}

// Read gives the oldest records whose number is at least from (and not
// trimmed), in order, until maxBytes of payload or maxRecords are reached; at
// least one if there is any. Gap records are among them. Numbers may be
// missing: a gap record names them, before or behind. Read itself appends one
// when it finds that a record has become unreadable. The payloads are the
// caller's.
func (s *Spool) Read(from uint64, maxBytes, maxRecords int) ([]Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	_ = s.declare() // what could not be declared earlier; it stays when it fails again
	out, found := s.read(max(from, s.trimmed), maxBytes, maxRecords)
	if found && len(out) == 0 {
		// What was declared just now is there to be read.
		out, _ = s.read(max(from, s.trimmed), maxBytes, maxRecords)
	}
	return out, nil
}

// read says also whether it found damage and declared it.
func (s *Spool) read(from uint64, maxBytes, maxRecords int) (out []Record, declared bool) {
	var holes holes
	missing := s.missing()
	total := 0
	for _, g := range s.segs {
		if g.serial == 0 || g.next <= from {
			continue
		}
		full := s.readSegment(g, from, &holes, func(f found) bool {
			if f.seq < from || missing.hold(f.seq) {
				return true
			}
			if len(out) > 0 && (total+f.size > maxBytes || len(out) >= maxRecords) {
				return false
			}
			out = append(out, f.record())
			if f.kind == kindRecord {
				total += f.size
			}
			return true
		})
		if full {
			break
		}
	}
	if len(holes.list) > 0 {
		s.miss(holes.list)
		if err := s.declare(); err != nil {
			s.log.Error("spool cannot yet declare that records are damaged", "error", err)
			return out, false
		}
	}
	return out, len(holes.list) > 0
}

// readSegment calls each for the records of a segment, from number from on or
// somewhat before, and collects what is missing between them.
func (s *Spool) readSegment(g *segment, from uint64, holes *holes, each func(found) bool) (full bool) {
	w := s.window
	w.open(g.file, min(g.end, s.head.size))
	off, floor := int64(headerSize), g.base
	if c := s.cursor; c.serial == g.serial && c.seq <= from && c.off <= g.end {
		off, floor = c.off, c.seq
	}
	holes.before = Span{}
	k := walk{ring: s.head.ring, serial: g.serial, floor: floor, limit: g.next}
	k.each = func(f found) bool {
		if !each(f) {
			return false
		}
		holes.saw(f)
		s.cursor = cursor{g.serial, f.seq + 1, f.end}
		return true
	}
	k.hole = func(from, next uint64, known *Span) { holes.add(from, next, known, w.failed > 0) }
	_, _, full = k.run(w, off)
	if !full && k.floor < g.next {
		holes.add(k.floor, g.next, nil, w.failed > 0)
	}
	return full
}

func (f found) record() Record {
	r := Record{Seq: f.seq}
	if f.kind == kindGap {
		g, _ := parseGap(f.payload)
		r.Gap = &g
		return r
	}
	r.Span, r.Payload = f.span, append([]byte(nil), f.payload...)
	return r
}

// spanFrom gives the span of the first record of g whose number is at least
// from; zero when there is none.
func (s *Spool) spanFrom(g *segment, from uint64) (span Span) {
	w := s.window
	w.open(g.file, min(g.end, s.head.size))
	k := walk{ring: s.head.ring, serial: g.serial, floor: g.base, limit: g.next, hole: func(uint64, uint64, *Span) {}}
	k.each = func(f found) bool {
		if f.kind == kindRecord && f.seq >= from {
			span = f.span
			return false
		}
		return true
	}
	k.run(w, headerSize)
	return span
}
