package spool

import (
	"cmp"
	"slices"
)

// declared is a gap record that is not trimmed, with its own number.
type declared struct {
	seq uint64
	Gap
}

// interval is the numbers [from, next).
type interval struct{ from, next uint64 }

// intervals are ascending and do not touch.
type intervals []interval

// union makes intervals of what may overlap.
func union(in []interval) intervals {
	slices.SortFunc(in, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	out := in[:0]
	for _, i := range in {
		switch n := len(out); {
		case i.from >= i.next:
		case n > 0 && i.from <= out[n-1].next:
			out[n-1].next = max(out[n-1].next, i.next)
		default:
			out = append(out, i)
		}
	}
	return out
}

// missing gives the numbers from trimmed on that will never come.
func (s *Spool) missing() intervals {
	all := make([]interval, 0, len(s.gaps)+len(s.undeclared))
	for _, g := range s.gaps {
		all = append(all, interval{g.From, g.Next})
	}
	for _, g := range s.undeclared {
		all = append(all, interval{g.From, g.Next})
	}
	return union(all)
}

// at gives the index of the first interval that ends after seq.
func (v intervals) at(seq uint64) int {
	i, _ := slices.BinarySearchFunc(v, seq, func(i interval, seq uint64) int {
		if i.next <= seq {
			return -1
		}
		return 1
	})
	return i
}

func (v intervals) hold(seq uint64) bool {
	i := v.at(seq)
	return i < len(v) && v[i].from <= seq
}

// firstOutside gives the first number of [from, next) that is in none, or next.
func (v intervals) firstOutside(from, next uint64) uint64 {
	for i := v.at(from); i < len(v) && v[i].from <= from; i++ {
		from = v[i].next
	}
	return min(from, next)
}

// countOutside counts the numbers of [from, next) that are in none.
func (v intervals) countOutside(from, next uint64) uint64 {
	var n uint64
	v.outside(from, next, func(i interval) { n += i.next - i.from })
	return n
}

// outside calls each for the parts of [from, next) that are in none.
func (v intervals) outside(from, next uint64, each func(interval)) {
	for i := v.at(from); from < next; i++ {
		if i == len(v) || v[i].from >= next {
			each(interval{from, next})
			return
		}
		if v[i].from > from {
			each(interval{from, v[i].from})
		}
		from = v[i].next
	}
}

// holes are numbers that are missing, as they are found.
type holes struct {
	list   []Gap
	before Span // of the record that was seen last
	behind int  // list[behind:] have nothing behind them yet
}

// saw takes a record that is there.
func (h *holes) saw(f found) {
	if f.kind != kindRecord {
		return
	}
	for ; h.behind < len(h.list); h.behind++ {
		if g := &h.list[h.behind]; g.Last == (Span{}) {
			g.Last = f.span
		}
	}
	h.before = f.span
}

func (h *holes) add(from, next uint64, known *Span, unreadable bool) {
	g := Gap{From: from, Next: next, First: h.before, Why: WhyDamaged}
	if known != nil {
		g.First, g.Last = *known, *known
	}
	if unreadable {
		g.Why = WhyUnreadable
	}
	if n := len(h.list); n > 0 && h.list[n-1].Next == from && h.list[n-1].Why == g.Why {
		h.list[n-1].Next, h.list[n-1].Last = next, g.Last
		return
	}
	h.list = append(h.list, g)
}

// miss takes holes that were found and leaves them to be declared, but for what
// is trimmed or declared already.
func (s *Spool) miss(holes []Gap) {
	for _, h := range holes {
		// A gap record that is lost itself is written again.
		s.gaps = slices.DeleteFunc(s.gaps, func(d declared) bool {
			lost := h.From <= d.seq && d.seq < h.Next
			if lost {
				s.undeclared = append(s.undeclared, d.Gap)
			}
			return lost
		})
		s.missing().outside(max(h.From, s.trimmed), h.Next, func(i interval) {
			g := h
			g.From, g.Next = i.from, i.next
			s.undeclared = append(s.undeclared, g)
			s.stats.Damaged += g.Next - g.From
		})
	}
}

// declareChunk is how many gap records one write takes.
const declareChunk = 16

// declare writes what is undeclared into the log. What cannot be written stays.
func (s *Spool) declare() error {
	for len(s.undeclared) > 0 {
		n := min(declareChunk, len(s.undeclared))
		items := make([]item, n)
		for i, g := range s.undeclared[:n] {
			items[i] = gapItem(g)
		}
		// On success and on failure commit leaves these n where they are.
		if _, err := s.commit(items); err != nil {
			return err
		}
		s.undeclared = s.undeclared[n:]
	}
	s.undeclared = nil
	return nil
}
