package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/phukin/phukin/agent/spool/internal/disk"
)

const segSuffix = ".seg"

func segName(index int) string { return fmt.Sprintf("%02x%s", index, segSuffix) }

// segment is what is known of one file.
type segment struct {
	file   disk.File
	index  int
	serial uint32 // 0: free
	base   uint64 // first number it may hold
	next   uint64 // one past its last number
	end    int64  // where its records end
	last   Span   // of its newest record
	fails  int    // writes that failed since one succeeded
	mend   bool   // its header is not what it should be
	// remains says that behind end, or anywhere in a free segment, there may be
	// blocks of a write that failed. They are void.
	remains bool
	era     uint32  // that its header says
	header  *header // as it was found at Open; nil when it is damaged
}

// free forgets what the segment held.
func (g *segment) free() {
	g.serial, g.base, g.next, g.end, g.last, g.remains = 0, 0, 0, 0, Span{}, false
}

// sort brings the segments into the order in which they were written.
func (s *Spool) sort() {
	slices.SortStableFunc(s.segs, func(a, b *segment) int { return cmp.Compare(a.serial, b.serial) })
}

// window reads a file in large pieces, and what cannot be read as zeros.
type window struct {
	buf    []byte
	file   disk.File
	off    int64
	n      int
	limit  int64 // bytes of the file that count
	failed int   // pages that the system would not read
}

func (w *window) open(f disk.File, limit int64) {
	w.file, w.off, w.n, w.limit, w.failed = f, 0, 0, limit, 0
}

// at gives n bytes at off, fewer at the end of the file. They stay until the
// next call.
func (w *window) at(off int64, n int) []byte {
	if off < w.off || off+int64(n) > w.off+int64(w.n) {
		w.fill(off)
	}
	i := min(off-w.off, int64(w.n))
	return w.buf[i:min(i+int64(n), int64(w.n))]
}

func (w *window) fill(off int64) {
	off &^= pageSize - 1
	w.off, w.n = off, 0
	want := int(min(int64(len(w.buf)), max(0, w.limit-off)))
	n, err := w.file.ReadAt(w.buf[:want], off)
	if err == nil || errors.Is(err, io.EOF) {
		w.n = n
		return
	}
	// Some page cannot be read: the others can.
	for at := 0; at < want; at += pageSize {
		page := w.buf[at:min(at+pageSize, want)]
		n, err := w.file.ReadAt(page, off+int64(at))
		if err != nil && !errors.Is(err, io.EOF) {
			w.failed++
			n = len(page)
			clear(page)
		}
		w.n = at + n
		if n < len(page) {
			return
		}
	}
}

// found is a block of a segment with its place. The payload stays until the
// next step.
type found struct {
	block
	off, end int64
	payload  []byte // nil when it is damaged
}

// step finds the next block at off or behind it whose 64 bytes are whole, with
// this serial, or any when it is 0. ok is false when there is none.
func (w *window) step(off int64, ring uint64, serial uint32) (f found, ok bool) {
	for ; ; off += align {
		b := w.at(off, blockSize)
		if len(b) < blockSize {
			return found{}, false
		}
		k, ok := parseBlock(b, ring, serial)
		if !ok || off+blockLen(k.size) > w.limit {
			continue
		}
		f = found{block: k, off: off, end: off + blockLen(k.size)}
		b = w.at(off, blockSize+k.size)
		if len(b) == blockSize+k.size {
			if p := b[blockSize:]; sum(ring, p) == k.body {
				f.payload = p
			}
		}
		return f, true
	}
}

// walk goes through the blocks of a segment from off on, whose numbers are at
// least floor and below limit, and calls each for records and gap records, and
// hole for numbers that are missing between them. It ends at an end block, which
// it reports, when each returns false, or when there is nothing more.
type walk struct {
	ring   uint64
	serial uint32
	floor  uint64 // the number that is expected next
	limit  uint64
	each   func(found) bool
	hole   func(from, next uint64, known *Span)
	seen   func(block) // every block that counts; may be nil
	void   bool        // blocks from limit on were met
}

// run gives where the blocks end, and whether an end block stands there.
func (k *walk) run(w *window, off int64) (end int64, clean, stopped bool) {
	k.void = false
	end = off
	for {
		f, ok := w.step(off, k.ring, k.serial)
		switch {
		case !ok:
			return end, false, false
		case f.seq < k.floor:
			off = f.off + align // what a torn write left behind
			continue
		case f.seq >= k.limit && f.kind != kindEnd:
			k.void = true
			return end, true, false
		}
		if k.seen != nil {
			k.seen(f.block)
		}
		upto := min(f.seq, k.limit)
		if upto > k.floor {
			k.hole(k.floor, upto, nil)
			k.floor = upto
		}
		switch {
		case f.kind == kindEnd:
			return f.off, true, false
		case f.kind == kindGap && !gapOK(f):
			k.hole(f.seq, f.seq+1, nil)
		case f.payload == nil:
			k.hole(f.seq, f.seq+1, &f.span)
		default:
			if !k.each(f) {
				return f.off, false, true
			}
			end = f.end
		}
		k.floor = f.seq + 1
		off = f.end
	}
}

func gapOK(f found) bool {
	g, ok := parseGap(f.payload)
	return ok && g.Next <= f.seq && f.payload != nil
}

// segIndex reads the number out of a segment's name.
func segIndex(name string) (index int, ok bool) {
	if len(name) != 2+len(segSuffix) || name[2:] != segSuffix {
		return 0, false
	}
	n, err := strconv.ParseUint(name[:2], 16, 8)
	return int(n), err == nil && segName(int(n)) == name
}
