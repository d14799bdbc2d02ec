package spool

import (
	"errors"
	"fmt"
	"path/filepath"
)

// A ring is a folder with a head and segments. It is made whole under another
// name and then put in place, so that a crash leaves the ring that was there or
// the new one; its head is written last.
const (
	ringName = "ring"
	nextName = "next" // a ring that is being made
	oldName  = "old"  // the ring that a new one replaces
	headName = "head"
)

func ringPath(dir string) string { return filepath.Join(dir, ringName) }

// segments is how many files a ring has.
const segments = 16

// errNoFit says that the records do not fit into a smaller ring.
var errNoFit = errors.New("the records do not fit into it yet")

// geometry gives the size of the segments whose files together stay within
// maxBytes.
func geometry(maxBytes int64) (count int, size int64) {
	return segments, (maxBytes - headBytes) / segments &^ (pageSize - 1)
}

// validRing says whether a ring may have these files.
func validRing(count int, size int64) bool {
	return count >= 2 && count <= 256 && size >= 2*pageSize && size <= 1<<36 && size%pageSize == 0
}

// settle puts the right ring in place after a crash, and removes the others. It
// says whether there is one.
func (s *Spool) settle() (found bool, err error) {
	ring, next, old := s.path(ringName), s.path(nextName), s.path(oldName)
	if !s.fs.Exists(ring) {
		from := ""
		switch {
		case s.whole(next):
			from = next
		case s.fs.Exists(old):
			from = old
		}
		if from != "" {
			err := s.fs.Rename(from, ring)
			if err == nil {
				err = s.fs.SyncDir(s.dir)
			}
			if err != nil {
				return false, err
			}
		}
	}
	found = s.fs.Exists(ring)
	for _, left := range []string{next, old} {
		if s.fs.Exists(left) {
			if err := s.fs.RemoveAll(left); err != nil && !found {
				return found, err
			}
		}
	}
	return found, nil
}

// whole says whether a ring was made to the end: its head is there.
func (s *Spool) whole(path string) bool {
	f, err := s.fs.Open(filepath.Join(path, headName))
	if err != nil {
		return false
	}
	defer f.Close()
	slots, _ := (&Spool{headFile: f}).readHead()
	return len(slots) > 0
}

// build makes the files of a ring in the folder "next" for s, which must have
// none, and leaves them open. The head is not written yet.
func (s *Spool) build(h head) (err error) {
	path := s.path(nextName)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closeRing(), s.fs.RemoveAll(path))
		}
	}()
	if err := s.fs.RemoveAll(path); err != nil {
		return err
	}
	if err := s.fs.MkdirAll(path); err != nil {
		return err
	}
	s.head, s.slot, s.serial, s.making = h, 1, 0, true
	total := int64(h.count) * h.size
	for i := range h.count {
		f, err := s.fs.Create(filepath.Join(path, segName(i)))
		if err != nil {
			return err
		}
		g := &segment{file: f, index: i}
		s.segs = append(s.segs, g)
		if err := s.blank(g); err != nil {
			return fmt.Errorf("make %d files of %d bytes, %d bytes are needed: %w", h.count, h.size, total+headBytes, err)
		}
		if total >= 16<<20 && (i+1)%4 == 0 {
			s.log.Info("making room for the spool", "bytes", int64(i+1)*h.size, "of", total)
		}
	}
	return nil
}

// blank fills a segment with zeros to its full size, and gives it a header that
// says that it was never used.
func (s *Spool) blank(g *segment) error {
	clear(s.window.buf)
	s.window.n = 0
	for at := int64(0); at < s.head.size; at += int64(len(s.window.buf)) {
		if _, err := g.file.WriteAt(s.window.buf[:min(int64(len(s.window.buf)), s.head.size-at)], at); err != nil {
			return err
		}
	}
	if _, err := g.file.WriteAt(appendHeader(nil, s.header(g.index, 0, 0)), 0); err != nil {
		return err
	}
	return g.file.Sync()
}

// finish writes the head of a ring that was built, closes it, and puts it in
// place.
func (s *Spool) finish() error {
	path := s.path(nextName)
	err := func() error {
		for _, g := range s.segs {
			if err := g.file.Sync(); err != nil {
				return err
			}
		}
		f, err := s.fs.Create(filepath.Join(path, headName))
		if err != nil {
			return err
		}
		s.headFile = f
		if _, err := f.WriteAt(make([]byte, headBytes), 0); err != nil {
			return err
		}
		// The names first: a head that is whole must not stand alone.
		if err := errors.Join(f.Sync(), s.fs.SyncDir(path), s.fs.SyncDir(s.dir)); err != nil {
			return err
		}
		s.making = false
		for range 2 {
			if err := s.writeHead(s.head); err != nil {
				return err
			}
		}
		return nil
	}()
	s.making = false
	if err = errors.Join(err, s.closeRing()); err != nil {
		return errors.Join(err, s.fs.RemoveAll(path))
	}
	ring, old := s.path(ringName), s.path(oldName)
	if s.fs.Exists(ring) {
		if err := errors.Join(s.fs.RemoveAll(old), s.fs.Rename(ring, old)); err != nil {
			return errors.Join(err, s.fs.RemoveAll(path))
		}
	}
	if err := s.fs.Rename(path, ring); err != nil {
		return err
	}
	if err := s.fs.SyncDir(s.dir); err != nil {
		return err
	}
	return s.fs.RemoveAll(old)
}

// create makes an empty ring. opens and note are taken over from what went
// before, if anything did.
func (s *Spool) create(maxBytes int64) error {
	if maxBytes == 0 {
		maxBytes = DefaultMaxBytes
	}
	count, size := geometry(maxBytes)
	if err := s.build(head{ring: draw(), epoch: draw(), count: count, size: size, trimmed: 1, reserved: 1}); err != nil {
		return fmt.Errorf("make spool: %w", err)
	}
	if err := s.finish(); err != nil {
		return fmt.Errorf("make spool: %w", err)
	}
	return nil
}

// resize makes a ring of another size with the same records, numbers and epoch,
// and puts it in place. s has no files open afterwards when it succeeds; when it
// fails, s goes on as it was.
func (s *Spool) resize(maxBytes int64) error {
	if len(s.undeclared) > 0 {
		return errors.New("what is lost could not be declared yet")
	}
	count, size := geometry(maxBytes)
	h := s.head
	h.ring, h.count, h.size, h.serial, h.trimmed, h.reserved = draw(), count, size, 0, s.trimmed, s.next
	n := &Spool{dir: s.dir, fs: s.fs, log: s.log, window: newWindow()}
	if err := n.build(h); err != nil {
		return err
	}
	n.trimmed, n.next = s.trimmed, s.trimmed
	if err := s.copyTo(n); err != nil {
		return errors.Join(err, n.closeRing(), n.fs.RemoveAll(n.path(nextName)))
	}
	n.head.reserved = s.next
	if err := s.closeRing(); err != nil {
		s.log.Warn("closing the old files of the spool", "error", err)
	}
	return n.finish()
}

// copyTo writes all records that are not trimmed, with their numbers, into n.
func (s *Spool) copyTo(n *Spool) error {
	var items []item
	size := 0
	flush := func() (err error) {
		if len(items) > 0 {
			_, err = n.commit(items)
			items, size = items[:0], 0
		}
		return err
	}
	missing := s.missing()
	for _, g := range s.segs {
		if g.serial == 0 || g.next <= s.trimmed {
			continue
		}
		var err error
		s.readSegment(g, s.trimmed, &holes{}, func(f found) bool {
			if f.seq < s.trimmed || missing.hold(f.seq) {
				return true
			}
			it := item{kind: f.kind, seq: f.seq, span: f.span, payload: append([]byte(nil), f.payload...)}
			if f.kind == kindGap {
				it.gap, _ = parseGap(f.payload)
			}
			if size += int(blockLen(f.size)); size > MaxBatchBytes {
				if err = flush(); err != nil {
					return false
				}
				size = int(blockLen(f.size))
			}
			items = append(items, it)
			return true
		})
		if err != nil {
			return err
		}
	}
	return flush()
}
