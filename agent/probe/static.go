package probe

import (
	"math"

	"github.com/phukin/phukin/hub/wire"
)

// What makes a picture suspect of being frozen or dark. An encoder that finds
// no change at all skips every macroblock: what is left of a frame is headers
// and one run length, or for CABAC some bits per row. Measured on black and
// frozen pictures at 640×360 and 1920×1080: x264 7 to 24 and 8 to 73 bytes,
// openh264 11 and 13, x265 18 to 39 and 33 to 102, with wavefronts 81 and 193.
// Against that, moving test patterns have medians of 300 to 1200 bytes; of the
// quiet synthetic scenes of deploy/demo/clips more than 5 in 100 frames have
// over 180 bytes (360p) and 1500 (1080p); and the weakest noise on a black
// picture takes 118 and 525.
const (
	staticFrames    = 8   // frames that are no key frames, at least
	staticBase      = 72  // bytes of a frame …
	staticBlocks    = 60  // … and one byte more per so many macroblocks (16×16 pixels): 87 bytes at 360p, 208 at 1080p
	staticShare     = .95 // of the frames must be no bigger,
	staticVariation = .5  // and their sizes have at most this coefficient of variation
)

// staticness judges by the sizes of frames whether the picture is frozen or
// dark:
//
//   - H.264, H.265: of at least staticFrames frames that are no key frames,
//     staticShare have at most staticBase bytes and one per staticBlocks
//     macroblocks (slice data, without parameter sets, SEI and filler), with a
//     coefficient of variation of at most staticVariation among these;
//   - JPEG: all of at least staticFrames frames have exactly the same size.
//
// It is a suspicion. It cannot see a covered or dark lens behind a sensor whose
// noise is coded, nor a still picture under a clock that is drawn into it at
// more than one frame in twenty, nor encoders that fill up to a constant bit
// rate within the slices or go on refining a still picture after its key frame,
// nor less than staticFrames frames in a window. It may suspect a camera of a quiet scene whose encoder suppresses all noise: at
// night, indoors, or drawn by a computer.
type staticness struct {
	codec      wire.Codec
	limit      int
	n, tiny    int
	sum, sum2  float64 // of the tiny ones
	first      int     // size of the first frame
	differs    bool    // from the first, any
	unmeasured bool    // the size of the picture is not known
}

func newStaticness(codec wire.Codec, s size) staticness {
	blocks := (s.width + 15) / 16 * ((s.height + 15) / 16)
	return staticness{codec: codec, limit: staticBase + blocks/staticBlocks, unmeasured: s == size{}}
}

// add takes a picture. Pictures that are not whole tell nothing.
func (s *staticness) add(p picture) {
	if !p.whole || p.coded == 0 || p.key && s.codec != wire.CodecJPEG {
		return
	}
	if s.n == 0 {
		s.first = p.coded
	}
	s.n++
	s.differs = s.differs || p.coded != s.first
	if p.coded <= s.limit {
		s.tiny++
		s.sum += float64(p.coded)
		s.sum2 += float64(p.coded) * float64(p.coded)
	}
}

func (s *staticness) suspect() bool {
	switch {
	case s.n < staticFrames:
		return false
	case s.codec == wire.CodecJPEG:
		return !s.differs
	case s.unmeasured, float64(s.tiny) < staticShare*float64(s.n):
		return false
	}
	mean := s.sum / float64(s.tiny)
	variance := max(0, s.sum2/float64(s.tiny)-mean*mean)
	return math.Sqrt(variance) <= staticVariation*mean
}
