package mapfile

import (
	"fmt"
	"math"
)

// The bounds of a drawing, in units of the SVG, which are pixels of the PNG.
const (
	LeastWidth  = 320
	LeastHeight = 240
	MostSide    = 3508 // A4 at 300 dots per inch
	// DefaultWidth makes an A4 sheet in landscape, at 96 units per inch.
	DefaultWidth = 1123
)

// Size is the size of a drawing, in units of the SVG, which are pixels of the
// PNG. Letters and lines grow with it from DefaultWidth on; below that they keep
// their size.
type Size struct {
	Width  int // default DefaultWidth
	Height int // default: a sheet in landscape; for drawings that are narrower than 700, what they need
}

// check fills in the default of the width.
func (s Size) check() (Size, error) {
	if s.Width == 0 {
		s.Width = DefaultWidth
	}
	switch {
	case s.Width < LeastWidth || s.Width > MostSide:
		return s, side("width", s.Width, LeastWidth)
	case s.Height != 0 && (s.Height < LeastHeight || s.Height > MostSide):
		return s, side("height", s.Height, LeastHeight)
	}
	return s, nil
}

func side(option string, pixels, least int) *Error {
	return &Error{option, fmt.Sprintf("%d không ở giữa %d và %d", pixels, least, MostSide), fmt.Sprintf("%d is not between %d and %d", pixels, least, MostSide)}
}

// narrow says whether the drawing has its legend below the map.
func (s Size) narrow() bool { return s.Width < 700 }

// unit gives what sizes are multiplied by.
func (s Size) unit() float64 { return max(1, float64(s.Width)/DefaultWidth) }

// landscape gives the height of a sheet of a width.
func landscape(width int) int { return int(math.Round(float64(width) / math.Sqrt2)) }
