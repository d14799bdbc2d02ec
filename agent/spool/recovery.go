package spool

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/phukin/phukin/agent/spool/internal/disk"
)

// Recovery says what Open found.
type Recovery struct {
	Created  bool     // there was no spool
	Segments int      // files with records
	Records  int      // readable records that are not trimmed, gap records included
	Slots    int      // readable slots of the head, of 2
	Headers  int      // headers of segments that were damaged, foreign or twice there
	Missing  []string // files that were missing or could not be opened, and were made anew if that was possible
	Torn     bool     // the end of the log was torn or lost
	Gaps     []Gap    // what this Open declared
	NewEpoch bool     // nothing could be read of the spool that was there: a new one was begun
	Resized  bool     // the files were made anew for another MaxBytes
	NotSized error    // why they could not be, and stay as they were
}

// Clean says whether everything was as it should be.
func (r Recovery) Clean() bool {
	return (r.Slots == 2 || r.Created) && r.Headers == 0 && len(r.Missing) == 0 && !r.Torn && len(r.Gaps) == 0 && !r.NewEpoch
}

func (r Recovery) String() string {
	if r.Created {
		return "made a new spool"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d records in %d segments", r.Records, r.Segments)
	say := func(when bool, format string, args ...any) {
		if when {
			fmt.Fprintf(&b, "; "+format, args...)
		}
	}
	say(r.NewEpoch, "nothing of the old spool could be read, a new epoch begins")
	say(r.Slots < 2 && !r.NewEpoch, "%d of 2 slots of the head are readable", r.Slots)
	say(r.Headers > 0, "%d headers of segments mended", r.Headers)
	say(len(r.Missing) > 0, "missing: %s", strings.Join(r.Missing, ", "))
	say(r.Torn, "the end was torn")
	for i, g := range r.Gaps {
		if i == 8 {
			say(true, "and %d gaps more", len(r.Gaps)-i)
			break
		}
		say(true, "numbers %d to %d are lost (%s)", g.From, g.Next-1, g.Why)
	}
	say(r.Resized, "made anew with another size")
	if r.NotSized != nil {
		say(true, "kept at its size: %v", r.NotSized)
	}
	return b.String()
}

// Open opens the spool in dir, and makes both when they do not exist. It fails
// with ErrLocked when another process uses the directory, and otherwise only
// when the directory cannot be read or written. MaxBytes counts when the spool
// is made; another one later makes the files anew if the disk has room for both
// for a moment and the records fit, else the spool stays as it is and Recovery
// says so.
func Open(dir string, o Options) (*Spool, Recovery, error) {
	if err := o.fill(); err != nil {
		return nil, Recovery{}, fmt.Errorf("open spool: %w", err)
	}
	s, rec, err := open(dir, o)
	if err != nil {
		return nil, rec, fmt.Errorf("open spool %s: %w", dir, err)
	}
	return s, rec, nil
}

// open does not touch the size when MaxBytes is 0.
func open(dir string, o Options) (*Spool, Recovery, error) {
	var rec Recovery
	if err := o.Disk.MkdirAll(dir); err != nil {
		return nil, rec, err
	}
	lock, err := o.Disk.Lock(dir)
	if err != nil {
		return nil, rec, err
	}
	s := &Spool{dir: dir, fs: o.Disk, log: o.Logger, lock: lock, window: newWindow()}
	err = s.start(&rec, o.MaxBytes)
	if err != nil {
		return nil, rec, errors.Join(err, s.closeFiles())
	}
	return s, rec, nil
}

func newWindow() *window { return &window{buf: make([]byte, 64<<10)} }

func (s *Spool) start(rec *Recovery, maxBytes int64) error {
	found, err := s.settle()
	if err != nil {
		return err
	}
	if !found {
		rec.Created = true
		if err := s.create(maxBytes); err != nil {
			return err
		}
	}
	if err := s.recover(rec, maxBytes); err != nil {
		return err
	}
	if count, size := geometry(maxBytes); maxBytes == 0 || count == s.head.count && size == s.head.size {
		return nil
	}
	if err := s.resize(maxBytes); err != nil {
		rec.NotSized = err
		s.log.Warn("spool keeps its size", "bytes", int64(s.head.count)*s.head.size, "wanted", maxBytes, "error", err)
		if s.headFile != nil {
			return nil
		}
		if _, err := s.settle(); err != nil {
			return err
		}
	} else {
		rec.Resized = true
	}
	var again Recovery
	return s.recover(&again, 0)
}

// recover reads the ring into s. Its errors are about the disk, never about
// what stands in the files.
func (s *Spool) recover(rec *Recovery, maxBytes int64) error {
	files, err := s.openRing(rec)
	if err != nil {
		return err
	}
	slots, at := s.readHead()
	v := weigh(slots, at, files)
	rec.Slots = v.slots
	if !v.known {
		return s.startAnew(rec, files, maxBytes)
	}
	s.head, s.slot = v.head, v.slot
	if err := s.adopt(rec, files, &v); err != nil {
		return err
	}
	if usable := len(s.segs); usable < 2 {
		return fmt.Errorf("%d of %d segments can be used", usable, s.head.count)
	}
	s.scan(rec, &v)
	// What a killed process had written and not synced was just taken for a
	// record. It must be one for good before anybody hears of it.
	for _, g := range s.segs {
		if g.serial == 0 {
			continue
		}
		if err := g.file.Sync(); err != nil {
			s.log.Error("spool segment cannot be synced", "segment", segName(g.index), "error", err)
			g.fails++
			if g == s.tail {
				s.tail = nil
			}
		}
	}
	s.wipe()

	h := s.head
	h.trimmed, h.reserved, h.opens = s.trimmed, s.next+reserveAhead, v.opens+1
	// The newest segment may be of a write that was under way, and counts now.
	h.serial = max(h.serial, s.segs[len(s.segs)-1].serial)
	if v.slots == 0 {
		h.opens += 1 << 20 // more than there can have been since a segment was begun
	}
	// Both slots, so that the loss of one does not bring back a count.
	for range 2 {
		if err := s.writeHead(h); err != nil {
			return err
		}
	}
	s.mendHeaders()
	s.tidy()
	rec.Records = int(s.missing().countOutside(s.trimmed, s.next))
	rec.Gaps = slices.Clone(s.undeclared)
	if err := s.declare(); err != nil {
		s.log.Error("spool cannot yet declare what is lost", "error", err)
	}
	return nil
}

// openRing opens the head and the segments that can be opened.
func (s *Spool) openRing(rec *Recovery) (map[int]*segment, error) {
	ring := s.path(ringName)
	names, err := s.fs.List(ring)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(ring, headName)
	if s.headFile, err = s.fs.Open(path); disk.Passing(err) {
		return nil, err
	} else if err != nil {
		// Missing, or something else in its place.
		s.headFile = nil
		if err := s.fs.RemoveAll(path); err != nil {
			return nil, err
		}
		if s.headFile, err = s.fs.Create(path); err != nil {
			s.headFile = nil
			return nil, err
		}
		if err := s.fs.SyncDir(ring); err != nil {
			return nil, err
		}
	}
	files := map[int]*segment{}
	for _, name := range names {
		if i, ok := segIndex(name); ok {
			f, err := s.fs.Open(filepath.Join(ring, name))
			if disk.Passing(err) {
				return nil, err
			}
			if err == nil {
				files[i] = &segment{file: f, index: i}
				s.segs = append(s.segs, files[i])
			}
		}
	}
	return files, nil
}

// startAnew begins a new spool where nothing of the old one can be read.
func (s *Spool) startAnew(rec *Recovery, files map[int]*segment, maxBytes int64) error {
	rec.NewEpoch, rec.Headers = true, len(files)
	s.log.Error("nothing of the spool can be read, a new one is begun", "dir", s.dir)
	_ = s.closeRing()
	if err := s.create(maxBytes); err != nil {
		return err
	}
	var again Recovery
	if err := s.recover(&again, maxBytes); err != nil {
		return err
	}
	return nil
}

// mendHeaders writes the headers that are not as they should be, so that
// another damage does not meet the first.
func (s *Spool) mendHeaders() {
	for _, g := range s.segs {
		if !g.mend && s.head.era == g.era {
			continue
		}
		_, err := g.file.WriteAt(appendHeader(nil, s.header(g.index, g.serial, g.base)), 0)
		if err == nil {
			err = g.file.Sync()
		}
		if err != nil {
			g.fails++
			s.log.Warn("header of a spool's segment cannot be mended", "segment", segName(g.index), "error", err)
			if g == s.tail {
				s.tail = nil
			}
			continue
		}
		g.mend, g.era = false, s.head.era
	}
}

// wipe takes away what a torn write may have left behind the end of the newest
// segment: blocks of numbers that are given again from here on.
func (s *Spool) wipe() {
	g := s.tail
	if g == nil {
		return
	}
	w := s.window
	w.open(g.file, s.head.size)
	from, to := g.end, int64(0)
	for off := from; ; {
		f, ok := w.step(off, s.head.ring, g.serial)
		if !ok {
			break
		}
		if f.off > from || f.kind != kindEnd {
			to = f.end
		}
		off = f.off + align
	}
	var err error
	clear(w.buf)
	w.n = 0
	for at := from; at < to && err == nil; at += int64(len(w.buf)) {
		_, err = g.file.WriteAt(w.buf[:min(int64(len(w.buf)), to-at)], at)
	}
	if err == nil && to > 0 {
		// The end block went too.
		err = s.put(g, s.appendItems(nil, nil, g.serial, s.next), from)
	}
	if err != nil {
		s.log.Warn("end of a spool's segment cannot be wiped", "segment", segName(g.index), "error", err)
		s.tail, g.remains = nil, true
	}
}
