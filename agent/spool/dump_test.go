package spool

import "fmt"

func Dump(s *Spool) string {
	out := fmt.Sprintf("trimmed %d next %d head %+v serial %d tail %v\n", s.trimmed, s.next, s.head, s.serial, s.tail != nil)
	for _, g := range s.segs {
		out += fmt.Sprintf("seg %d serial %d base %d next %d end %d fails %d\n", g.index, g.serial, g.base, g.next, g.end, g.fails)
		w := newWindow()
		w.open(g.file, s.head.size)
		var hb [128]byte
		g.file.ReadAt(hb[:], 0)
		if h, ok := parseHeader(hb[:]); ok {
			out += fmt.Sprintf("   header serial %d base %d trimmed %d\n", h.serial, h.base, h.trimmed)
		} else {
			out += "   header bad\n"
		}
		n := 0
		for off := int64(128); n < 40; n++ {
			f, ok := w.step(off, s.head.ring, 0)
			if !ok {
				break
			}
			out += fmt.Sprintf("   @%d kind %d seq %d serial %d trimmed %d size %d body %v\n", f.off, f.kind, f.seq, f.serial, f.trimmed, f.size, f.payload != nil)
			off = f.end
		}
	}
	out += fmt.Sprintf("gaps %+v undeclared %+v\n", s.gaps, s.undeclared)
	return out
}
