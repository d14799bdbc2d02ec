package spool

import (
	"encoding/binary"
	"hash/crc32"
)

// The directory of a spool holds a file "lock" and a folder "ring" with a file
// "head" and the segments 00.seg, 01.seg, …, which all have the same size from
// the beginning to the end of the spool's life and are only ever overwritten in
// place. "next" and "old" are rings that are being made or given up (ring.go).
//
// All integers are little-endian; sums are CRC-32C and begin with the ring's
// own random number, so nothing of another ring is ever taken for ours.
//
// A segment begins with a header of 128 bytes and goes on with blocks. A block
// begins at a multiple of 16 bytes with 64 bytes of its own, and the payload
// follows:
//
//	 0 sum of the bytes 4 to 63     4 sum of the payload
//	 8 length (24 bits), kind (8)  12 serial of the segment
//	16 number                      24 trimmed up to
//	32 boot  40 from  48 to        56 wall clock
//
// Kinds are a record, a gap record, and the end: every write ends with an end
// block, whose number is the next one, and the next write overwrites it. So an
// intact end block proves that nothing was confirmed after it: what was would
// have replaced it. Without one, numbers up to what the head had reserved may
// have been given, and are skipped and declared.
//
// A segment is used again by giving it the next serial, in the same write as
// its first records. Every block carries the serial of its segment, so what an
// earlier round left behind is never taken for current. A header's base is the
// first number that its segment may hold; what an older segment has from there
// on is what is left of a write that failed, and is void.
//
// Within one segment numbers only grow; a block that does not is likewise what
// a torn write left behind.
//
// The head has two slots, each in a page of its own, written in turn and
// synced; the newer whole one counts.
const (
	pageSize   = 4096
	headerSize = 128
	blockSize  = 64
	align      = 16

	segMagic  = "PHKSEG\x02\n"
	headMagic = "PHKHED\x02\n"
)

// maxSeq bounds numbers, so that arithmetic on them cannot overflow.
const maxSeq = 1 << 62

// reserveAhead is how many numbers one synced write of the head reserves.
const reserveAhead = 64

type kind byte

const (
	kindRecord kind = 1
	kindGap    kind = 2
	kindEnd    kind = 3
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	le         = binary.LittleEndian
)

// sum is the CRC of b in this ring.
func sum(ring uint64, b []byte) uint32 {
	var seed [8]byte
	le.PutUint64(seed[:], ring)
	return crc32.Update(crc32.Checksum(seed[:], castagnoli), castagnoli, b)
}

// block is what the 64 bytes say.
type block struct {
	kind    kind
	size    int // of the payload
	seq     uint64
	serial  uint32
	trimmed uint64
	span    Span // of an end block only Boot, which is the count of opens
	body    uint32
}

// blockLen is the room that a block with n bytes of payload takes.
func blockLen(n int) int64 { return int64(blockSize+n+align-1) &^ (align - 1) }

func appendBlock(b []byte, ring uint64, k block, payload []byte) []byte {
	at := len(b)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, sum(ring, payload))
	b = le.AppendUint32(b, uint32(len(payload))|uint32(k.kind)<<24)
	b = le.AppendUint32(b, k.serial)
	b = le.AppendUint64(b, k.seq)
	b = le.AppendUint64(b, k.trimmed)
	b = appendSpan(b, k.span)
	le.PutUint32(b[at:], sum(ring, b[at+4:at+blockSize]))
	b = append(b, payload...)
	for len(b)%align != at%align {
		b = append(b, 0)
	}
	return b
}

// parseBlock reads the block at the start of b, without its payload.
func parseBlock(b []byte, ring uint64, serial uint32) (k block, ok bool) {
	if len(b) < blockSize || serial != 0 && le.Uint32(b[12:]) != serial {
		return block{}, false
	}
	k = block{
		body: le.Uint32(b[4:]), size: int(le.Uint32(b[8:]) & 0xffffff), kind: kind(b[11]),
		serial: le.Uint32(b[12:]), seq: le.Uint64(b[16:]), trimmed: le.Uint64(b[24:]), span: parseSpan(b[32:]),
	}
	if k.kind < kindRecord || k.kind > kindEnd || k.size > MaxRecord || k.serial == 0 || k.seq == 0 || k.seq > maxSeq || k.trimmed > maxSeq {
		return block{}, false
	}
	return k, le.Uint32(b) == sum(ring, b[4:blockSize])
}

func appendSpan(b []byte, s Span) []byte {
	b = le.AppendUint64(b, s.Boot)
	b = le.AppendUint64(b, uint64(s.From))
	b = le.AppendUint64(b, uint64(s.To))
	return le.AppendUint64(b, uint64(s.Wall))
}

func parseSpan(b []byte) Span {
	return Span{Boot: le.Uint64(b), From: int64(le.Uint64(b[8:])), To: int64(le.Uint64(b[16:])), Wall: int64(le.Uint64(b[24:]))}
}

// gapSize is the length of a gap record's payload.
const gapSize = 8 + 8 + 32 + 32 + 1

func appendGap(b []byte, g Gap) []byte {
	b = le.AppendUint64(b, g.From)
	b = le.AppendUint64(b, g.Next)
	b = appendSpan(appendSpan(b, g.First), g.Last)
	return append(b, byte(g.Why))
}

func parseGap(b []byte) (g Gap, ok bool) {
	if len(b) != gapSize {
		return Gap{}, false
	}
	g = Gap{From: le.Uint64(b), Next: le.Uint64(b[8:]), First: parseSpan(b[16:]), Last: parseSpan(b[48:]), Why: Why(b[80])}
	return g, g.From > 0 && g.From < g.Next && g.Next <= maxSeq
}

// header begins a segment.
type header struct {
	ring, epoch   uint64
	era           uint32 // how often the epoch was renewed
	serial        uint32 // 0: never used
	index, count  uint16 // this file, and files in the ring
	size          int64  // of each file
	base, trimmed uint64
	opens         uint64
}

func appendHeader(b []byte, h header) []byte {
	at := len(b)
	b = append(b, segMagic...)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, h.serial)
	b = le.AppendUint64(b, h.ring)
	b = le.AppendUint64(b, h.epoch)
	b = le.AppendUint32(b, h.era)
	b = le.AppendUint16(b, h.index)
	b = le.AppendUint16(b, h.count)
	b = le.AppendUint64(b, uint64(h.size))
	b = le.AppendUint64(b, h.base)
	b = le.AppendUint64(b, h.trimmed)
	b = le.AppendUint64(b, h.opens)
	b = append(b, make([]byte, headerSize-(len(b)-at))...)
	le.PutUint32(b[at+8:], sum(h.ring, b[at+12:at+headerSize]))
	return b
}

func parseHeader(b []byte) (h header, ok bool) {
	if len(b) < headerSize || string(b[:8]) != segMagic {
		return header{}, false
	}
	h = header{
		serial: le.Uint32(b[12:]), ring: le.Uint64(b[16:]), epoch: le.Uint64(b[24:]), era: le.Uint32(b[32:]),
		index: le.Uint16(b[36:]), count: le.Uint16(b[38:]), size: int64(le.Uint64(b[40:])),
		base: le.Uint64(b[48:]), trimmed: le.Uint64(b[56:]), opens: le.Uint64(b[64:]),
	}
	return h, le.Uint32(b[8:]) == sum(h.ring, b[12:headerSize]) && validRing(int(h.count), h.size) && h.base <= maxSeq && h.trimmed <= maxSeq
}

// head is what a slot of the head says.
type head struct {
	gen               uint64 // the greater one is newer
	ring, epoch       uint64
	era               uint32
	count             int
	size              int64
	serial            uint32 // newest segment in use
	trimmed, reserved uint64
	opens             uint64
	note              []byte
}

func appendHead(b []byte, h head) []byte {
	at := len(b)
	b = append(b, headMagic...)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, h.era)
	for _, v := range []uint64{h.gen, h.ring, h.epoch, uint64(h.count), uint64(h.size), uint64(h.serial), h.trimmed, h.reserved, h.opens, uint64(len(h.note))} {
		b = le.AppendUint64(b, v)
	}
	b = append(b, h.note...)
	b = append(b, make([]byte, pageSize-(len(b)-at))...)
	le.PutUint32(b[at+8:], sum(h.ring, b[at+12:at+pageSize]))
	return b
}

func parseHead(b []byte) (h head, ok bool) {
	if len(b) < pageSize || string(b[:8]) != headMagic {
		return head{}, false
	}
	v := func(i int) uint64 { return le.Uint64(b[16+8*i:]) }
	h = head{
		era: le.Uint32(b[12:]), gen: v(0), ring: v(1), epoch: v(2), count: int(v(3) & 0xffff), size: int64(v(4)),
		serial: uint32(v(5)), trimmed: v(6), reserved: v(7), opens: v(8),
	}
	if n := v(9); n > MaxNote {
		return head{}, false
	} else {
		h.note = append([]byte(nil), b[96:96+n]...)
	}
	return h, le.Uint32(b[8:]) == sum(h.ring, b[12:pageSize]) && validRing(h.count, h.size) && h.trimmed <= maxSeq && h.reserved <= maxSeq
}
