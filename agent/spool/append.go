package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Append puts one record at the end and returns its number once it is on the
// device. It fails with ErrSize when the payload is empty or longer than
// MaxRecord.
func (s *Spool) Append(payload []byte) (seq uint64, err error) {
	return s.AppendBatch([][]byte{payload})
}

// AppendBatch puts several records at the end at the price of one sync and
// returns the number of the first; they are numbered consecutively. On an
// error none of them counts as taken, and their numbers may be skipped. A batch
// must fit into a quarter of MaxBytes. An empty batch is no error.
func (s *Spool) AppendBatch(payloads [][]byte) (first uint64, err error) {
	size := 0
	for i, p := range payloads {
		if len(p) == 0 || len(p) > MaxRecord {
			return 0, fmt.Errorf("append to spool: record %d has %d bytes, 1 to %d are allowed: %w", i, len(p), MaxRecord, ErrSize)
		}
		size += frameSize + len(p)
	}
	if int64(size) > s.max/4 {
		return 0, fmt.Errorf("append to spool: batch of %d bytes, at most %d are allowed: %w", size, s.max/4, ErrSize)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, ErrClosed
	}
	if len(payloads) == 0 {
		return s.next, nil
	}
	for {
		err = s.write(payloads, size)
		// A device that is fuller than MaxBytes thought is an overflow too.
		if !errors.Is(err, syscall.ENOSPC) || len(s.segs) < 2 {
			break
		}
		if derr := s.overflow(); derr != nil {
			return 0, fmt.Errorf("append to spool: %w", errors.Join(err, derr))
		}
	}
	if err != nil {
		return 0, fmt.Errorf("append to spool: %w", err)
	}
	first = s.next - uint64(len(payloads))
	s.stats.Appended += uint64(len(payloads))
	return first, nil
}

func (s *Spool) write(payloads [][]byte, size int) error {
	if g := s.lastSegment(); s.active != nil && g.size > headerSize && g.size+int64(size) > s.seg {
		s.seal()
	}
	// headerSize: the batch may need a segment of its own.
	for s.bytes()+headerSize+int64(size) > s.max {
		if len(s.segs) <= 1 {
			s.seal()
			if err := s.rotate(); err != nil {
				return err
			}
		}
		if err := s.overflow(); err != nil {
			return err
		}
	}
	if s.active == nil {
		if err := s.rotate(); err != nil {
			return err
		}
	}
	if end := s.next + uint64(len(payloads)); end > s.reserved {
		old := s.reserved
		s.reserved = end + reserveAhead
		if err := s.writeHead(true); err != nil {
			s.reserved = old
			return err
		}
	}
	g := s.lastSegment()
	buf := make([]byte, 0, size)
	for i, p := range payloads {
		buf = appendRecord(buf, s.next+uint64(i), p)
	}
	_, err := s.active.WriteAt(buf, g.size)
	if err == nil {
		err = fdatasync(s.active)
	}
	if err != nil {
		// What reached the device is unknown: take it back as far as possible,
		// and give its numbers to nobody.
		_ = s.active.Truncate(g.size)
		s.next += uint64(len(payloads))
		s.seal()
		return fmt.Errorf("write segment: %w", err)
	}
	g.size += int64(size)
	g.count += uint64(len(payloads))
	s.next += uint64(len(payloads))
	g.next = s.next
	return nil
}

// seal makes the next write start a new segment.
func (s *Spool) seal() {
	if s.active != nil {
		_ = s.active.Close()
		s.active = nil
	}
}

// rotate starts a new segment at s.next.
func (s *Spool) rotate() error {
	path := filepath.Join(s.dir, segName(s.next))
	if g := s.lastSegment(); g != nil && g.path == path {
		// The last segment has no record that counts: begin it anew.
		s.segs = s.segs[:len(s.segs)-1]
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(appendHeader(nil, s.epoch, s.next), 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncDir(s.dir)
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(path)
		return fmt.Errorf("start segment: %w", err)
	}
	s.active = f
	s.segs = append(s.segs, &segment{path: path, floor: s.next, next: s.next, size: headerSize})
	return nil
}

func (s *Spool) lastSegment() *segment {
	if len(s.segs) == 0 {
		return nil
	}
	return s.segs[len(s.segs)-1]
}

// overflow drops the oldest segment although it is not trimmed.
func (s *Spool) overflow() error {
	g := s.segs[0]
	lost := g.countFrom(s.first)
	if err := s.dropOldest(); err != nil {
		return err
	}
	s.first = max(s.first, g.next)
	s.stats.Dropped += lost
	if lost > 0 {
		s.log.Error("spool is full, oldest records dropped unsent", "records", lost, "first", s.first, "max_bytes", s.max)
	}
	return s.writeHead(false)
}

func (s *Spool) dropOldest() error {
	if err := os.Remove(s.segs[0].path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	s.segs = s.segs[1:]
	return nil
}

func (s *Spool) writeHead(sync bool) error {
	if _, err := s.head.WriteAt(appendHead(nil, head{s.epoch, s.first, s.reserved}), 0); err != nil {
		return fmt.Errorf("write head: %w", err)
	}
	if sync {
		return s.head.Sync()
	}
	return nil
}
