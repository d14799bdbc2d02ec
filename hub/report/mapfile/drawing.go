package mapfile

import (
	"image/color"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// drawing is a picture made of shapes, painted one over the other.
type drawing struct {
	width, height float64
	title, about  string
	groups        []group
}

// group is a part of the picture that belongs together.
type group struct {
	name   string
	shapes []shape
}

// shape is one line, area, disc or text.
type shape struct {
	points []xy    // of a line or an area; the place of a disc or a text
	closed bool    // an area
	radius float64 // of a disc

	text   string
	size   float64 // of letters
	bold   bool
	anchor float64 // 0: the text begins at its place, 0.5: is centred on it, 1: ends at it

	fill, stroke ink
	width        float64   // of the stroke
	dash         []float64 // lengths of dash and space; none: a full line
	round        bool      // ends of the line

	tip  string      // told beside the pointer
	data [][2]string // what a program may read in the SVG, names without data-
}

// ink is a colour; the zero ink paints nothing.
type ink struct {
	color.NRGBA
}

// The inks.
var (
	none   ink
	white  = rgb(0xffffff)
	black  = rgb(0x1a1d21)
	grey   = rgb(0x5b6069)
	pale   = rgb(0xd5d8dc)
	blue   = rgb(0x0b5fa5)
	amber  = rgb(0xe8a200)
	brown  = rgb(0x6b4a00)
	red    = rgb(0xb8320a)
	veil   = ink{color.NRGBA{0xff, 0xff, 0xff, 0xd0}}
	sector = ink{color.NRGBA{0x0b, 0x5f, 0xa5, 0x40}}
)

func rgb(v uint32) ink {
	return ink{color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff}}
}

// sheet takes shapes into the group that was begun last.
type sheet struct{ drawing }

func (s *sheet) begin(name string) { s.groups = append(s.groups, group{name: name}) }

func (s *sheet) add(x shape) {
	g := &s.groups[len(s.groups)-1]
	g.shapes = append(g.shapes, x)
}

func (s *sheet) rect(b box, fill, stroke ink, width float64) {
	s.add(shape{points: []xy{{b.left, b.top}, {b.right, b.top}, {b.right, b.bottom}, {b.left, b.bottom}}, closed: true, fill: fill, stroke: stroke, width: width})
}

func (s *sheet) line(stroke ink, width float64, points ...xy) {
	s.add(shape{points: points, stroke: stroke, width: width})
}

func (s *sheet) disc(at xy, radius float64, fill, stroke ink, width float64) {
	s.add(shape{points: []xy{at}, radius: radius, fill: fill, stroke: stroke, width: width})
}

// write puts a text on its base line.
func (s *sheet) write(at xy, text string, size float64, bold bool, anchor float64, fill ink) {
	if text = plain(text); text != "" {
		s.add(shape{points: []xy{at}, text: text, size: size, bold: bold, anchor: anchor, fill: fill})
	}
}

// longest is how many letters of a name are drawn at most.
const longest = 200

// plain gives a text in one line, its letters composed and its control characters left
// out.
func plain(s string) string {
	if len(s) > 4*longest {
		s = s[:4*longest]
	}
	s = strings.Join(fields(norm.NFC.String(strings.ToValidUTF8(s, "�"))), " ")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest-1]) + "…"
	}
	return s
}

// fields gives the words of a text.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}
