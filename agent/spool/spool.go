// Package spool is a bounded queue on disk that survives a crash: an agent
// puts every closed observation here before it tries to send it, and takes it
// out only when the hub has said that it is committed (DESIGN §6.1).
//
// A record is a byte string of 1 to [MaxRecord] bytes with the time it speaks
// of. It gets a sequence number: numbers start at 1, only grow, and are never
// given to two records of the same epoch. The epoch is drawn at random once
// per spool and stored, so (epoch, number) names a record for ever.
//
// Promised:
//   - A record whose Append returned nil is on the device (fdatasync): it
//     survives a killed process, and a power cut as far as the device tells
//     the truth about its own cache.
//   - Nothing vanishes in silence. Every number below Next that was not trimmed
//     is that of a record that Read gives, or lies in a [Gap] that Read gives as
//     a record of its own, with numbers, times and reason: when the spool was
//     full and its oldest records made room, when records are damaged, and when
//     after a crash it cannot be known whether numbers were given.
//   - After a killed process, and after a power cut that left what was synced,
//     numbers continue where they were and no gap is declared, unless the cut
//     tore the very write that was under way: its numbers, up to 64 or as many as
//     its batch had, are declared, for it cannot be told from damage.
//   - Open never panics and never refuses because of what it finds in its
//     files; what it found is in [Recovery]. It fails when the directory cannot
//     be written, or lacks room for a spool that is yet to be made.
//   - All room is taken when the spool is made: at most Options.MaxBytes in
//     files that are only overwritten, so a disk that others fill later does not
//     matter.
//   - A record of 2 kB costs at most 8 kB of writes to the device, Append and
//     Trim included; Trim as a rule writes nothing.
//   - One process at a time: the directory is locked.
//
// Not promised: that a trimmed record is gone for good. Where Trim came to is
// written with the next Append, at the latest when 256 more were trimmed, and at
// Close; after a crash a few trimmed records may come back, and whoever
// receives them must know them by their number. Damage to both slots of the
// head and to the end of the log at once may hide how many numbers were
// lost: then more are declared than ever were given. Damage to all headers and
// both slots leaves nothing that can be read: the spool begins a new epoch and
// says so. A device that confirms writes and then forgets them (an older state
// of a page that is whole in itself) cannot be found out.
//
// All methods are safe for concurrent use. Append, Trim, SetNote and, where it
// finds damage, Read wait for the disk.
package spool

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/phukin/phukin/agent/spool/internal/disk"
)

// MaxRecord is the greatest length of one record's payload in bytes.
const MaxRecord = 16 << 10

// MaxBatchBytes is how large a batch may be in any spool, however small: its
// payloads, and 80 bytes for each. Larger spools take larger batches.
const MaxBatchBytes = 24 << 10

// MaxNote is the greatest length of a note in bytes.
const MaxNote = 1 << 10

// DefaultMaxBytes bounds the files of a spool when Options say nothing.
const DefaultMaxBytes = 64 << 20

// MinMaxBytes is the least bound a spool can keep.
const MinMaxBytes = 512 << 10

// Errors that a caller decides on.
var (
	ErrClosed = errors.New("spool is closed")
	ErrLocked = disk.ErrLocked
	ErrSize   = errors.New("record has a length that is not allowed")
)

// Options of a spool.
type Options struct {
	MaxBytes int64        // bound of all files together; it defaults to DefaultMaxBytes, at least MinMaxBytes
	Logger   *slog.Logger // it defaults to slog.Default()
	Disk     disk.FS      // for tests; it defaults to the file system of this machine
}

func (o *Options) fill() error {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxBytes < MinMaxBytes {
		return fmt.Errorf("bound of %d bytes is too small, at least %d are needed", o.MaxBytes, MinMaxBytes)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Disk == nil {
		o.Disk = disk.System{}
	}
	return nil
}

// Stats counts what happened since Open.
type Stats struct {
	Appended uint64 // records taken, gap records left out
	Dropped  uint64 // records dropped unsent because the spool was full
	Damaged  uint64 // numbers found damaged, skipped or unreadable, recovery included
	Gaps     uint64 // gap records written
	Failed   uint64 // writes that failed
	Bytes    int64  // size of the files
}

// Spool is an open queue. The zero value is not usable; see [Open].
type Spool struct {
	dir  string
	fs   disk.FS
	log  *slog.Logger
	lock io.Closer

	mu     sync.Mutex
	closed bool
	making bool // while a ring is made: nothing is synced, and items bring their numbers

	head     head // as the newest slot says
	slot     int  // which slot that is
	doubt    bool // the other slot may say something newer: a write failed
	headFile disk.File

	trimmed uint64 // oldest number that the owner still wants
	next    uint64

	segs   []*segment // ascending by serial; the unused ones, with serial 0, come first
	tail   *segment   // written to; nil: the next append starts a segment
	serial uint32     // newest one tried; head.serial is the newest one in use

	gaps       []declared // gap records that are not trimmed
	undeclared []Gap      // what could not be written yet; Trim does not pass it

	window *window
	out    []byte // what a write is put together in
	cursor cursor
	stats  Stats
}

// InUse says whether a process, this one included, has the spool in dir open.
// It is false when there is no such directory.
func InUse(dir string) bool { return disk.System{}.Locked(dir) }

// Epoch is the random number that was drawn when the spool was made, or by the
// last Renew.
func (s *Spool) Epoch() uint64 { s.mu.Lock(); defer s.mu.Unlock(); return s.head.epoch }

// Opens counts how often the spool was opened, this time included. It is on
// the device before Open returns and only grows, so (epoch, Opens) never comes
// twice.
func (s *Spool) Opens() uint64 { s.mu.Lock(); defer s.mu.Unlock(); return s.head.opens }

// First is the least number that Read can still give; it equals Next when
// there is none. Everything below it was trimmed or lies in a gap.
func (s *Spool) First() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missing().firstOutside(s.trimmed, s.next)
}

// Next is the number that the next record will have, or the gap record that
// comes before it.
func (s *Spool) Next() uint64 { s.mu.Lock(); defer s.mu.Unlock(); return s.next }

// Len is the number of records that are not trimmed, gap records included.
func (s *Spool) Len() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missing().countOutside(s.trimmed, s.next)
}

// Stats gives the counters since Open.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Bytes = int64(len(s.segs))*s.head.size + headBytes
	return st
}

// Trim forgets all records below upto. An upto beyond Next moves Next there:
// the receiver has seen those numbers, so they must not be given again.
func (s *Spool) Trim(upto uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case upto > maxSeq/2:
		return fmt.Errorf("trim spool: number %d is not possible", upto)
	}
	beyond := upto > s.next
	if beyond {
		s.log.Warn("spool trimmed beyond its end: the receiver knows records that this spool has lost", "upto", upto, "next", s.next)
		if err := s.declare(); err != nil {
			return fmt.Errorf("trim spool: %w", err)
		}
	}
	for _, g := range s.undeclared {
		upto = min(upto, g.From)
	}
	if upto <= s.trimmed {
		return nil
	}
	if h := s.head; beyond || upto-h.trimmed >= trimLag {
		h.trimmed, h.reserved = upto, max(h.reserved, upto)
		if err := s.writeHead(h); err != nil {
			return fmt.Errorf("trim spool: %w", err)
		}
	}
	s.trimmed, s.next = upto, max(s.next, upto)
	for len(s.gaps) > 0 && s.gaps[0].seq < upto {
		s.gaps = s.gaps[1:]
	}
	return nil
}

// trimLag is how far Trim may be ahead of what the head says.
const trimLag = 256

// Close closes the files and frees the lock. Further calls give ErrClosed,
// but Close itself may be called again.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var err error
	if s.trimmed > s.head.trimmed {
		h := s.head
		h.trimmed = s.trimmed
		err = s.writeHead(h)
	}
	return errors.Join(err, s.closeFiles())
}

// closeFiles closes everything and the lock last.
func (s *Spool) closeFiles() error {
	err := s.closeRing()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
		s.lock = nil
	}
	return err
}

// closeRing closes the files of the ring and forgets what is known of them.
func (s *Spool) closeRing() error {
	var errs []error
	for _, g := range s.segs {
		errs = append(errs, g.file.Close())
	}
	if s.headFile != nil {
		errs = append(errs, s.headFile.Close())
	}
	s.segs, s.tail, s.headFile, s.gaps, s.undeclared = nil, nil, nil, nil, nil
	s.cursor = cursor{}
	return errors.Join(errs...)
}

func (s *Spool) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}

func draw() uint64 {
	var b [8]byte
	for {
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		if v := binary.LittleEndian.Uint64(b[:]); v != 0 {
			return v
		}
	}
}
