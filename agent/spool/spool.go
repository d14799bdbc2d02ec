// Package spool is a bounded queue on disk that survives a crash: an agent
// puts every closed observation here before it tries to send it, and takes it
// out only when the hub has said that it is committed (DESIGN §6.1).
//
// A record is a byte string of 1 to [MaxRecord] bytes. It gets a sequence
// number: numbers start at 1, only grow, and are never given to two records of
// the same epoch. The epoch is drawn at random once per spool and stored, so
// (epoch, number) names a record for ever.
//
// Promised:
//   - A record whose Append returned nil is on the device (fdatasync): it
//     survives a killed process, and a power cut as far as the device tells
//     the truth about its own cache.
//   - Open never panics and never refuses because of what it finds in its
//     files: torn tails and damaged records are found by their CRC-32C,
//     skipped and described in [Recovery].
//   - The files together stay within Options.MaxBytes. When a record would not
//     fit, the oldest segment is dropped whole, counted and logged.
//   - One process at a time: the directory is locked.
//
// Not promised: numbers without holes. After damage or overflow numbers are
// missing, and the next batch simply starts later; a reader must look at
// Record.Seq. When the process ended without Close, up to 1,024 numbers are
// skipped on purpose, because lost records with those numbers may have been
// sent. The position of Trim is written but not
// synced: after a power cut, trimmed records may come back, and whoever
// receives them must know them by their number.
//
// All methods are safe for concurrent use. Append and Trim wait for the disk.
package spool

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// MaxRecord is the greatest length of one record's payload in bytes.
const MaxRecord = 16 << 10

// DefaultMaxBytes bounds the files of a spool when Options say nothing.
const DefaultMaxBytes = 64 << 20

// MinMaxBytes is the least bound a spool can keep.
const MinMaxBytes = 128 << 10

// Errors that a caller decides on.
var (
	ErrClosed = errors.New("spool is closed")
	ErrLocked = errors.New("spool is used by another process")
	ErrSize   = errors.New("record has a length that is not allowed")
)

// Options of a spool.
type Options struct {
	MaxBytes int64        // bound of all files together; it defaults to DefaultMaxBytes, at least MinMaxBytes
	Logger   *slog.Logger // it defaults to slog.Default()
}

// Record is one entry of the queue.
type Record struct {
	Seq     uint64
	Payload []byte
}

// Stats counts what happened since Open.
type Stats struct {
	Appended uint64 // records taken
	Dropped  uint64 // records dropped unsent because MaxBytes was reached
	Damaged  uint64 // bytes found unreadable, recovery included
	Bytes    int64  // size of the files now
}

// Spool is an open queue. The zero value is not usable; see [Open].
type Spool struct {
	dir  string
	max  int64
	seg  int64 // size at which a segment is closed
	log  *slog.Logger
	lock *os.File

	mu     sync.Mutex
	closed bool
	epoch  uint64
	first  uint64 // oldest number that is not trimmed
	next   uint64
	// reserved is the number below which the head says that all may be given.
	reserved uint64

	segs   []*segment // oldest first; the last one is written to
	active *os.File   // nil when the next Append must start a new segment
	head   *os.File
	stats  Stats
}

// Open opens the spool in dir, and creates both when they do not exist. It
// fails with ErrLocked when another process uses the directory, and otherwise
// only when the directory cannot be read or written.
func Open(dir string, o Options) (*Spool, Recovery, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxBytes < MinMaxBytes {
		return nil, Recovery{}, fmt.Errorf("open spool: bound of %d bytes is too small, at least %d are needed", o.MaxBytes, MinMaxBytes)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, Recovery{}, fmt.Errorf("open spool: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, Recovery{}, fmt.Errorf("open spool %s: %w", dir, err)
	}
	s := &Spool{
		dir: dir, max: o.MaxBytes, seg: min(512<<10, o.MaxBytes/8), log: o.Logger, lock: lock,
		epoch: drawEpoch(), first: 1, next: 1,
	}
	rec, err := s.recover()
	if err != nil {
		return nil, rec, fmt.Errorf("open spool %s: %w", dir, errors.Join(err, s.closeFiles()))
	}
	return s, rec, nil
}

// InUse says whether a process, this one included, has the spool in dir open.
// It is false when there is no such directory.
func InUse(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
		return false
	}
	lock, err := lockDir(dir)
	if err != nil {
		return errors.Is(err, ErrLocked)
	}
	_ = lock.Close()
	return false
}

// Epoch is the random number that was drawn when the spool was made.
func (s *Spool) Epoch() uint64 { s.mu.Lock(); defer s.mu.Unlock(); return s.epoch }

// First is the least number that a record which is not trimmed can have; it
// equals Next when the spool is empty. Records from First on may be missing.
func (s *Spool) First() uint64 { s.mu.Lock(); defer s.mu.Unlock(); return s.first }

// Next is the number that the next record will have.
func (s *Spool) Next() uint64 { s.mu.Lock(); defer s.mu.Unlock(); return s.next }

// Len is the number of records that are not trimmed. After damage it may count
// some records too many or too few until the damaged segment is trimmed.
func (s *Spool) Len() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n uint64
	for _, g := range s.segs {
		n += g.countFrom(s.first)
	}
	return n
}

// Stats gives the counters since Open.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Bytes = s.bytes()
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
	case upto <= s.first:
		return nil
	case upto > maxSeq/2:
		return fmt.Errorf("trim spool: number %d is not possible", upto)
	}
	if upto > s.next {
		s.log.Warn("spool trimmed beyond its end: the receiver knows records that this spool has lost", "upto", upto, "next", s.next)
		s.next = upto
		s.reserved = max(s.reserved, upto)
		s.seal()
	}
	s.first = upto
	for len(s.segs) > 1 && s.segs[0].next <= upto {
		if err := s.dropOldest(); err != nil {
			return fmt.Errorf("trim spool: %w", err)
		}
	}
	if err := s.writeHead(false); err != nil {
		return fmt.Errorf("trim spool: %w", err)
	}
	return nil
}

// Close closes the files and frees the lock. Further calls give ErrClosed,
// but Close itself may be called again.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.reserved = s.next
	return errors.Join(s.writeHead(true), s.closeFiles())
}

func (s *Spool) closeFiles() error {
	var errs []error
	for _, f := range []*os.File{s.active, s.head, s.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	s.active, s.head, s.lock = nil, nil, nil
	return errors.Join(errs...)
}

func (s *Spool) bytes() int64 {
	var n int64
	for _, g := range s.segs {
		n += g.size
	}
	return n
}

func drawEpoch() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return binary.LittleEndian.Uint64(b[:])
}
