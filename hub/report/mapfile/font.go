package mapfile

import (
	"fmt"
	"math"
	"sync"

	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// families are the fonts that the SVG asks for. All have the widths of the first, with which
// the drawing is laid out and the PNG written.
const families = "Liberation Sans, Arial, Helvetica, sans-serif"

// face is one font. It is safe for use by many goroutines.
type face struct {
	mu     sync.Mutex
	font   *sfnt.Font
	buf    sfnt.Buffer
	em     float64
	glyphs map[rune]*glyph
}

// glyph is a letter in units of the em.
type glyph struct {
	advance float64
	rings   [][]xy // y grows downwards; the letter stands on 0
}

// fonts gives the regular and the bold font.
var fonts = sync.OnceValue(func() [2]*face {
	return [2]*face{newFace(liberationsansregular.TTF), newFace(liberationsansbold.TTF)}
})

func faceOf(bold bool) *face {
	if bold {
		return fonts()[1]
	}
	return fonts()[0]
}

func newFace(ttf []byte) *face {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic(fmt.Sprintf("mapfile: embedded font: %v", err))
	}
	return &face{font: f, em: float64(f.UnitsPerEm()), glyphs: map[rune]*glyph{}}
}

// width gives the width of a text.
func (f *face) width(s string, size float64) float64 {
	sum := 0.0
	for _, r := range s {
		sum += f.glyph(r).advance
	}
	return sum * size
}

// rings gives the outlines of a text that begins at a place.
func (f *face) rings(s string, size float64, at xy) [][]xy {
	var out [][]xy
	for _, r := range s {
		g := f.glyph(r)
		for _, ring := range g.rings {
			moved := make([]xy, len(ring))
			for i, p := range ring {
				moved[i] = xy{at.x + p.x*size, at.y + p.y*size}
			}
			out = append(out, moved)
		}
		at.x += g.advance * size
	}
	return out
}

// glyph gives a letter; one that the font does not have is its empty box.
func (f *face) glyph(r rune) *glyph {
	f.mu.Lock()
	defer f.mu.Unlock()
	if g, ok := f.glyphs[r]; ok {
		return g
	}
	ppem := fixed.I(int(f.em))
	i, err := f.font.GlyphIndex(&f.buf, r)
	if err != nil {
		i = 0
	}
	g := &glyph{}
	if a, err := f.font.GlyphAdvance(&f.buf, i, ppem, font.HintingNone); err == nil {
		g.advance = float64(a) / 64 / f.em
	}
	if segments, err := f.font.LoadGlyph(&f.buf, i, ppem, nil); err == nil {
		g.rings = outline(segments, f.em)
	}
	if len(f.glyphs) < 5000 { // texts are foreign; what is kept is bounded
		f.glyphs[r] = g
	}
	return g
}

// outline gives the rings of a glyph; its curves become short lines.
func outline(segments sfnt.Segments, em float64) [][]xy {
	const pieces = 6
	var rings [][]xy
	var last xy
	point := func(p fixed.Point26_6) xy { return xy{float64(p.X) / 64 / em, float64(p.Y) / 64 / em} }
	add := func(p xy) {
		rings[len(rings)-1] = append(rings[len(rings)-1], p)
		last = p
	}
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			rings = append(rings, nil)
			add(point(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			add(point(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			a, b, c := last, point(s.Args[0]), point(s.Args[1])
			for i := 1; i <= pieces; i++ {
				t := float64(i) / pieces
				u := 1 - t
				add(xy{u*u*a.x + 2*u*t*b.x + t*t*c.x, u*u*a.y + 2*u*t*b.y + t*t*c.y})
			}
		case sfnt.SegmentOpCubeTo:
			a, b, c, d := last, point(s.Args[0]), point(s.Args[1]), point(s.Args[2])
			for i := 1; i <= pieces; i++ {
				t := float64(i) / pieces
				u := 1 - t
				add(xy{u*u*u*a.x + 3*u*u*t*b.x + 3*u*t*t*c.x + t*t*t*d.x, u*u*u*a.y + 3*u*u*t*b.y + 3*u*t*t*c.y + t*t*t*d.y})
			}
		}
	}
	return rings
}

// lines breaks a text into lines of a width at most, and no more than so many;
// the last ends in … if there is more. A word that is too long stands alone.
func lines(s string, bold bool, size, width float64, most int) []string {
	f := faceOf(bold)
	var out []string
	line := ""
	for _, word := range fields(s) {
		if next := line + " " + word; line != "" && f.width(next, size) <= width {
			line = next
			continue
		}
		if line != "" {
			out = append(out, line)
		}
		line = word
	}
	if line != "" {
		out = append(out, line)
	}
	if len(out) > most {
		out = out[:most]
		out[most-1] = shortened(out[most-1]+" …", bold, size, width)
	}
	for i := range out {
		out[i] = shortened(out[i], bold, size, width)
	}
	return out
}

// shortened gives a text that is no wider than a width, ending in … if something
// was left out.
func shortened(s string, bold bool, size, width float64) string {
	f := faceOf(bold)
	if f.width(s, size) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && f.width(string(runes)+"…", size) > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// hundredths rounds to what a drawing needs.
func hundredths(v float64) float64 { return math.Round(v*100) / 100 }
