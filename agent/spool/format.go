package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
)

// A segment file is named for the first number it may hold, begins with a
// header, and goes on with records. All integers are little-endian.
//
//	header: magic (8) | epoch (8) | first number (8) | CRC-32C of these 24 bytes (4)
//	record: length of payload (4) | number (8) | CRC-32C of length, number and payload (4) | payload
//
//	head:   magic (8) | epoch (8) | First (8) | reserved Next (8) | CRC-32C of these 32 bytes (4)
//
// The file "head" holds the position of Trim, and the number below which all
// numbers may have been given: while the spool is open it runs ahead of Next by
// up to reserveAhead, so that no crash and no lying device makes a number be
// given twice.
const (
	headerSize = 28
	headSize   = 36
	frameSize  = 16

	segMagic  = "PHKSPL\x01\n"
	headMagic = "PHKHED\x01\n"

	segSuffix = ".seg"
	headName  = "head"
	lockName  = "lock"
)

// maxSeq bounds numbers, so that arithmetic on them cannot overflow.
const maxSeq = 1 << 62

// reserveAhead is how many numbers one synced write of the head reserves.
const reserveAhead = 1024

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func segName(first uint64) string { return fmt.Sprintf("%020d%s", first, segSuffix) }

func parseSegName(name string) (first uint64, ok bool) {
	digits, ok := strings.CutSuffix(name, segSuffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil && first > 0 && first < maxSeq
}

func appendHeader(b []byte, epoch, first uint64) []byte {
	at := len(b)
	b = append(b, segMagic...)
	b = binary.LittleEndian.AppendUint64(b, epoch)
	b = binary.LittleEndian.AppendUint64(b, first)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[at:], castagnoli))
}

func parseHeader(b []byte) (epoch, first uint64, ok bool) {
	if len(b) < headerSize || string(b[:8]) != segMagic ||
		binary.LittleEndian.Uint32(b[24:]) != crc32.Checksum(b[:24], castagnoli) {
		return 0, 0, false
	}
	return binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:]), true
}

type head struct{ epoch, first, next uint64 }

func appendHead(b []byte, h head) []byte {
	at := len(b)
	b = append(b, headMagic...)
	b = binary.LittleEndian.AppendUint64(b, h.epoch)
	b = binary.LittleEndian.AppendUint64(b, h.first)
	b = binary.LittleEndian.AppendUint64(b, h.next)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[at:], castagnoli))
}

func parseHead(b []byte) (h head, ok bool) {
	if len(b) < headSize || string(b[:8]) != headMagic ||
		binary.LittleEndian.Uint32(b[32:]) != crc32.Checksum(b[:32], castagnoli) {
		return head{}, false
	}
	h = head{binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])}
	return h, h.first < maxSeq && h.next < maxSeq
}

func appendRecord(b []byte, seq uint64, payload []byte) []byte {
	at := len(b)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint64(b, seq)
	sum := crc32.Update(crc32.Checksum(b[at:], castagnoli), castagnoli, payload)
	b = binary.LittleEndian.AppendUint32(b, sum)
	return append(b, payload...)
}

// parseRecord reads the record at the start of b. Its number must be at least
// floor. The payload is part of b.
func parseRecord(b []byte, floor uint64) (r Record, size int, ok bool) {
	if len(b) < frameSize {
		return Record{}, 0, false
	}
	n, seq := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint64(b[4:])
	if n == 0 || n > MaxRecord || seq < floor || seq >= maxSeq || len(b) < frameSize+int(n) {
		return Record{}, 0, false
	}
	size = frameSize + int(n)
	sum := crc32.Update(crc32.Checksum(b[:12], castagnoli), castagnoli, b[frameSize:size])
	if sum != binary.LittleEndian.Uint32(b[12:]) {
		return Record{}, 0, false
	}
	return Record{Seq: seq, Payload: b[frameSize:size]}, size, true
}

// scan calls each for every record in the body of a segment whose number is at
// least floor and greater than the one before, in order. What is no record is
// skipped: damaged counts those bytes, tail those of them that stand after the
// last record. It stops early when each returns false.
func scan(b []byte, floor uint64, each func(Record) bool) (damaged, tail int) {
	for len(b) > 0 {
		r, size, ok := parseRecord(b, floor)
		if !ok {
			b = b[1:]
			tail++
			continue
		}
		damaged, tail = damaged+tail, 0
		b, floor = b[size:], r.Seq+1
		if !each(r) {
			return damaged, 0
		}
	}
	return damaged + tail, tail
}

// segment is what is known of one file.
type segment struct {
	path  string
	floor uint64 // least number it may hold; the first one is never below
	next  uint64 // one past the last record, or floor when it has none
	count uint64 // records
	size  int64  // bytes that count, header included
	bad   bool   // damage was already reported
}

// countFrom counts the records whose number is at least first.
func (g *segment) countFrom(first uint64) uint64 {
	if first <= g.floor {
		return g.count
	}
	if first >= g.next {
		return 0
	}
	return min(g.count, g.next-first)
}

// body reads the records of the segment as they stand on the disk.
func (g *segment) body() ([]byte, error) {
	b, err := os.ReadFile(g.path)
	if err != nil {
		return nil, err
	}
	b = b[:min(int64(len(b)), g.size)]
	return b[min(headerSize, len(b)):], nil
}
