package spool

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Recovery says what Open found.
type Recovery struct {
	Segments int    // segment files that were kept
	Records  int    // readable records, trimmed ones of kept segments included
	Damaged  int    // bytes that were no record, the torn tail included
	Torn     int    // bytes of those after the last record of the newest segment: an Append that was cut off, as a rule
	Removed  int    // files that held nothing readable and were removed
	Skipped  uint64 // numbers given to nobody, because the process ended without Close and lost records may have had them
	NewEpoch bool   // no epoch could be read although there were files: one was drawn
}

// Clean says whether everything could be read. Skipped numbers are no damage.
func (r Recovery) Clean() bool {
	return r.Damaged == 0 && r.Removed == 0 && !r.NewEpoch
}

func (r Recovery) String() string {
	s := fmt.Sprintf("%d records in %d segments, %d numbers skipped", r.Records, r.Segments, r.Skipped)
	if r.Clean() {
		return s
	}
	return fmt.Sprintf("%s; %d damaged bytes (%d of them a torn tail), %d unreadable files removed, new epoch: %t",
		s, r.Damaged, r.Torn, r.Removed, r.NewEpoch)
}

// found is a segment file as recovery meets it.
type found struct {
	segment
	epoch   uint64
	headOK  bool
	damaged int
	tail    int
}

// recover reads the directory into s. Its errors are about the directory, never
// about what stands in the files.
func (s *Spool) recover() (Recovery, error) {
	var rec Recovery
	file, err := os.OpenFile(filepath.Join(s.dir, headName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return rec, err
	}
	s.head = file
	hb := make([]byte, headSize)
	n, _ := file.ReadAt(hb, 0)
	h, headOK := parseHead(hb[:n])

	files, err := s.find(&rec)
	if err != nil {
		return rec, err
	}
	s.chooseEpoch(&rec, files, h.epoch, headOK)
	for i := range files {
		s.adopt(&rec, &files[i])
	}
	s.skipReserved(&rec, h, headOK, len(files) > 0)
	if s.next > maxSeq/2 {
		// No spool lives that long: begin anew, so that numbers cannot run out.
		s.startAnew(&rec)
	}
	s.reserved = s.next
	if err := s.openTail(); err != nil {
		return rec, err
	}
	s.moveFirst()
	s.stats.Damaged = uint64(rec.Damaged)
	return rec, s.writeHead(true)
}

// skipReserved moves Next past every number that may have been given: those
// that the head had reserved when the process ended, or, without a readable
// head, more than a spool can hold.
func (s *Spool) skipReserved(rec *Recovery, h head, headOK, any bool) {
	next := s.next
	switch {
	case headOK && h.epoch == s.epoch:
		s.first = max(s.first, h.first)
		next = max(next, h.first, h.next)
	case any:
		next += 1 << 32
	}
	rec.Skipped = next - s.next
	s.next = next
}

func (s *Spool) startAnew(rec *Recovery) {
	for _, g := range s.segs {
		_ = os.Remove(g.path)
	}
	rec.Removed += len(s.segs)
	rec.Segments, rec.Records, rec.NewEpoch = 0, 0, true
	s.segs, s.first, s.next, s.epoch = nil, 1, 1, drawEpoch()
}

// find lists the segment files in order of their first number.
func (s *Spool) find(rec *Recovery) ([]found, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var files []found
	for _, e := range entries {
		first, ok := parseSegName(e.Name())
		if !ok {
			if strings.HasSuffix(e.Name(), segSuffix) {
				rec.Removed++
				_ = os.Remove(filepath.Join(s.dir, e.Name()))
			}
			continue
		}
		f := found{segment: segment{path: filepath.Join(s.dir, e.Name()), floor: first}}
		// A file that cannot be read holds nothing readable. One that is far
		// too large was not written by a spool.
		if st, err := e.Info(); err == nil && st.Mode().IsRegular() && st.Size() <= s.max {
			f.size = st.Size()
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b found) int { return strings.Compare(a.path, b.path) })

	floor := uint64(1)
	for i := range files {
		f := &files[i]
		data := []byte(nil)
		if f.size > 0 {
			data, _ = os.ReadFile(f.path)
		}
		f.size = int64(len(data))
		epoch, first, ok := parseHeader(data)
		f.epoch, f.headOK = epoch, ok && first == f.floor
		f.floor = max(f.floor, floor)
		f.next = f.floor
		body := data[min(headerSize, len(data)):]
		f.damaged, f.tail = scan(body, f.floor, func(r Record) bool {
			f.count++
			f.next = r.Seq + 1
			return true
		})
		if !f.headOK {
			f.damaged += min(headerSize, len(data))
		}
		floor = f.next
	}
	return files, nil
}

// chooseEpoch takes the newest epoch that can be read: every segment and the
// head carry it, so one readable header is enough.
func (s *Spool) chooseEpoch(rec *Recovery, files []found, headEpoch uint64, headOK bool) {
	for _, f := range slices.Backward(files) {
		if f.headOK {
			s.epoch = f.epoch
			return
		}
	}
	if headOK {
		s.epoch = headEpoch
		return
	}
	rec.NewEpoch = len(files) > 0
}

// adopt takes one file into s, or removes it.
func (s *Spool) adopt(rec *Recovery, f *found) {
	rec.Damaged += f.damaged
	s.next = max(s.next, f.next)
	rec.Torn = f.tail
	if !f.headOK && f.count == 0 {
		rec.Removed++
		_ = os.Remove(f.path)
		return
	}
	g := f.segment
	g.bad = f.damaged > 0
	rec.Segments++
	rec.Records += int(g.count)
	s.segs = append(s.segs, &g)
}

// openTail opens the last segment for writing if it is whole, and starts a new
// one otherwise.
func (s *Spool) openTail() error {
	g := s.lastSegment()
	if g == nil || g.bad || g.next != s.next {
		return s.rotate()
	}
	f, err := os.OpenFile(g.path, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	s.active = f
	return nil
}

// moveFirst lets First be the oldest record there is.
func (s *Spool) moveFirst() {
	for len(s.segs) > 1 && s.segs[0].next <= s.first {
		if s.dropOldest() != nil {
			break
		}
	}
	for _, g := range s.segs {
		if g.count > 0 && g.next > s.first {
			s.first = max(s.first, g.floor)
			return
		}
	}
	s.first = s.next
}
