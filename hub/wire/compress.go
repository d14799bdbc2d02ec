package wire

import (
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const (
	maxBody        = 1 << 20   // bytes of a batch's columns, decompressed
	zstdWindow     = 128 << 10 // bytes that an encoder looks back
	zstdWorthwhile = 512       // bytes of columns from which on compressing is tried
)

// encoder is one for all: it is needed rarely, and has 0.5 MB.
var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic("wire: " + err.Error())
	}
	return e
})

// compress returns p compressed, or nil when that is no shorter.
func compress(p []byte) []byte {
	if len(p) < zstdWorthwhile {
		return nil
	}
	z := encoder().EncodeAll(p, make([]byte, 0, len(p)))
	if len(z) >= len(p) {
		return nil
	}
	return z
}

// decompressor makes a decoder without goroutines, for one caller at a time.
func decompressor() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxBody), zstd.WithDecoderMaxWindow(maxBody), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic("wire: " + err.Error())
	}
	return d
}

// decompress decompresses p into a buffer that is used again. A frame must
// tell how much comes of it, and more than that is refused: what it costs
// is known before it is paid.
func (d *columnsReader) decompress(p []byte) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(p); err != nil {
		return nil, fmt.Errorf("decompress columns: %w", err)
	}
	if !h.HasFCS || h.FrameContentSize > maxBody {
		return nil, fmt.Errorf("decompress columns: size %d (told: %t), at most %d is allowed and must be told", h.FrameContentSize, h.HasFCS, maxBody)
	}
	if d.zstd == nil {
		d.zstd = decompressor()
	}
	size := int(h.FrameContentSize)
	d.body = slices.Grow(d.body[:0], size)
	body, err := d.zstd.DecodeAll(p, d.body[:0:size])
	if err != nil {
		return nil, fmt.Errorf("decompress columns: %w", err)
	}
	return body, nil
}
