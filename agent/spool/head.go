package spool

import (
	"bytes"
	"errors"
	"fmt"
)

// headBytes is the size of the head: two slots.
const headBytes = 2 * pageSize

// writeHead writes h into the older slot and syncs it. Only then does h count.
func (s *Spool) writeHead(h head) error {
	h.gen = s.head.gen + 1
	if s.making {
		s.head = h
		return nil
	}
	slot := 1 - s.slot
	_, err := s.headFile.WriteAt(appendHead(nil, h), int64(slot)*pageSize)
	if err == nil {
		err = s.headFile.Sync()
	}
	if err != nil {
		s.stats.Failed++
		// The slot holds nobody knows what; the generation is not used again.
		s.head.gen++
		s.doubt = true
		return fmt.Errorf("write head: %w", err)
	}
	s.head, s.slot, s.doubt = h, slot, false
	return nil
}

// readHead reads both slots of the head, the newer first. What is not whole is
// left out.
func (s *Spool) readHead() (slots []head, at []int) {
	if s.headFile == nil {
		return nil, nil
	}
	for i := range 2 {
		b := make([]byte, pageSize)
		if n, _ := s.headFile.ReadAt(b, int64(i)*pageSize); n < pageSize {
			continue
		}
		if h, ok := parseHead(b); ok {
			slots, at = append(slots, h), append(at, i)
		}
	}
	if len(slots) == 2 && slots[1].gen > slots[0].gen {
		slots[0], slots[1], at[0], at[1] = slots[1], slots[0], at[1], at[0]
	}
	return slots, at
}

// SetNote keeps up to MaxNote bytes of the owner's own. When it returns nil
// they are on the device; after a crash the note is the new one or the one
// before, never a mixture.
func (s *Spool) SetNote(note []byte) error {
	if len(note) > MaxNote {
		return fmt.Errorf("note of %d bytes, at most %d are allowed: %w", len(note), MaxNote, ErrSize)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if !s.doubt && bytes.Equal(note, s.head.note) {
		return nil
	}
	h := s.head
	h.trimmed = s.trimmed
	h.note = bytes.Clone(note)
	if err := s.writeHead(h); err != nil {
		return fmt.Errorf("set note of spool: %w", err)
	}
	return nil
}

// Note gives what SetNote kept; nil when there is none.
func (s *Spool) Note() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.head.note) == 0 {
		return nil
	}
	return bytes.Clone(s.head.note)
}

// Renew gives the spool in dir a new random epoch and keeps its records with
// their numbers. It is for a device that was found to share its identity with
// another, as after a copied disk. The spool must not be open: ErrLocked. A
// crash leaves the old epoch or the new one.
func Renew(dir string) (epoch uint64, err error) { return renew(dir, Options{}) }

func renew(dir string, o Options) (epoch uint64, err error) {
	if err := o.fill(); err != nil {
		return 0, err
	}
	if !o.Disk.Exists(ringPath(dir)) {
		return 0, fmt.Errorf("renew spool %s: there is none", dir)
	}
	o.MaxBytes = 0
	s, _, err := open(dir, o)
	if err != nil {
		return 0, fmt.Errorf("renew spool: %w", err)
	}
	h := s.head
	h.epoch, h.era, h.trimmed = draw(), h.era+1, s.trimmed
	// Both slots, so that none of them says the old epoch.
	for range 2 {
		if err = s.writeHead(h); err != nil {
			break
		}
	}
	if err == nil {
		s.mendHeaders()
		epoch = s.head.epoch
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return 0, fmt.Errorf("renew spool %s: %w", dir, err)
	}
	return epoch, nil
}
