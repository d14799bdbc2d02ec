package wire

import "google.golang.org/protobuf/encoding/protowire"

// frame is a message Up that holds a batch of observations, as it mostly
// comes: every field at most once, and none that only a newer program knows.
type frame struct {
	epoch           uint64
	firstSeq, count uint64
	oldestSeq       uint64
	stamp           int64
	columns, zstd   []byte // one of them is nil
	seen            uint32 // bit i: field i of the batch
}

// Numbers of fields in wire.proto.
const (
	upVersion = 1
	upBatch   = 3

	batchEpoch     = 1
	batchFirstSeq  = 2
	batchCount     = 3
	batchOldestSeq = 4
	batchStamp     = 5
	batchColumns   = 6
	batchZstd      = 7
)

// read is false if p is another message than that, or of another version, or
// too long: then protobuf's own decoder has to look at it.
func (f *frame) read(p []byte) bool {
	if len(p) > MaxMessage {
		return false
	}
	version, body := uint64(0), []byte(nil)
	for len(p) > 0 {
		field, typ, n := protowire.ConsumeTag(p)
		if n < 0 {
			return false
		}
		p = p[n:]
		switch {
		case field == upVersion && typ == protowire.VarintType && version == 0:
			version, n = protowire.ConsumeVarint(p)
		case field == upBatch && typ == protowire.BytesType && body == nil:
			body, n = protowire.ConsumeBytes(p)
		default:
			return false
		}
		if n < 0 {
			return false
		}
		p = p[n:]
	}
	return version == Version && f.readBatch(body)
}

func (f *frame) readBatch(p []byte) bool {
	for len(p) > 0 {
		field, typ, n := protowire.ConsumeTag(p)
		if n < 0 || field > batchZstd || f.seen>>field&1 == 1 || typ != batchTypes[field] {
			return false
		}
		f.seen |= 1 << field
		p = p[n:]
		v := uint64(0)
		switch field {
		case batchEpoch:
			f.epoch, n = protowire.ConsumeFixed64(p)
		case batchColumns:
			f.columns, n = protowire.ConsumeBytes(p)
		case batchZstd:
			f.zstd, n = protowire.ConsumeBytes(p)
		default:
			v, n = protowire.ConsumeVarint(p)
			switch field {
			case batchFirstSeq:
				f.firstSeq = v
			case batchCount:
				f.count = v
			case batchOldestSeq:
				f.oldestSeq = v
			case batchStamp:
				f.stamp = int64(v)
			}
		}
		if n < 0 {
			return false
		}
		p = p[n:]
	}
	bodies := f.seen >> batchColumns & 3
	return bodies == 1 || bodies == 2
}

var batchTypes = [...]protowire.Type{
	-1, protowire.Fixed64Type, protowire.VarintType, protowire.VarintType, protowire.VarintType, protowire.VarintType, protowire.BytesType, protowire.BytesType,
}
