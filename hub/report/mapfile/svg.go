package mapfile

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteSVG writes the drawing as SVG 1.1. Texts are texts, everything is styled
// by attributes, and nothing is fetched from elsewhere.
func (m *Map) WriteSVG(w io.Writer, size Size) error {
	d, err := m.draw(size)
	if err != nil {
		return err
	}
	s := &svg{w: bufio.NewWriter(&limited{w: w})}
	s.drawing(d)
	if s.err == nil {
		s.err = s.w.Flush()
	}
	return s.err
}

type svg struct {
	w   *bufio.Writer
	err error
}

func (s *svg) print(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.w, format, args...)
	}
}

func (s *svg) drawing(d *drawing) {
	s.print("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	s.print(`<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" xml:lang="vi" role="img" font-family="%s">`+"\n",
		num(d.width), num(d.height), families)
	s.print("<title>%s</title>\n<desc>%s</desc>\n", escape(d.title), escape(d.about))
	s.print(`<rect width="%s" height="%s" fill="#ffffff"/>`+"\n", num(d.width), num(d.height))
	for _, g := range d.groups {
		if len(g.shapes) == 0 {
			continue
		}
		s.print("<g id=%q>\n", g.name)
		for i := range g.shapes {
			s.shape(&g.shapes[i])
		}
		s.print("</g>\n")
	}
	s.print("</svg>\n")
}

func (s *svg) shape(x *shape) {
	at := x.points[0]
	var element, inside string
	switch {
	case x.text != "":
		element = fmt.Sprintf(`text x="%s" y="%s" font-size="%s"`, num(at.x), num(at.y), num(x.size))
		if x.bold {
			element += ` font-weight="bold"`
		}
		switch x.anchor {
		case 0.5:
			element += ` text-anchor="middle"`
		case 1:
			element += ` text-anchor="end"`
		}
		inside = escape(x.text)
	case x.radius > 0:
		element = fmt.Sprintf(`circle cx="%s" cy="%s" r="%s"`, num(at.x), num(at.y), num(x.radius))
	default:
		element = `path d="` + path(x.points, x.closed) + `"`
	}
	element += paint("fill", x.fill) + paint("stroke", x.stroke)
	if x.stroke != none {
		element += fmt.Sprintf(` stroke-width="%s" stroke-linejoin="round"`, num(x.width))
		if x.round {
			element += ` stroke-linecap="round"`
		}
		if len(x.dash) > 0 {
			parts := make([]string, len(x.dash))
			for i, v := range x.dash {
				parts[i] = num(v)
			}
			element += ` stroke-dasharray="` + strings.Join(parts, " ") + `"`
		}
	}
	for _, d := range x.data {
		element += fmt.Sprintf(` data-%s="%s"`, d[0], escape(d[1]))
	}
	if x.tip != "" {
		inside += "<title>" + escape(x.tip) + "</title>"
	}
	name, _, _ := strings.Cut(element, " ")
	if inside == "" {
		s.print("<%s/>\n", element)
		return
	}
	s.print("<%s>%s</%s>\n", element, inside, name)
}

func path(points []xy, closed bool) string {
	var b strings.Builder
	for i, p := range points {
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(num(p.x))
		b.WriteByte(' ')
		b.WriteString(num(p.y))
	}
	if closed {
		b.WriteByte('Z')
	}
	return b.String()
}

// paint gives the attributes for an ink. Text without a fill would be black, so
// none is said.
func paint(what string, i ink) string {
	if i == none {
		if what == "stroke" {
			return ""
		}
		return ` fill="none"`
	}
	a := fmt.Sprintf(` %s="#%02x%02x%02x"`, what, i.R, i.G, i.B)
	if i.A < 0xff {
		a += fmt.Sprintf(` %s-opacity="%s"`, what, num(float64(i.A)/0xff))
	}
	return a
}

// num writes a number to hundredths of a unit.
func num(v float64) string {
	if v = hundredths(v); v == 0 {
		return "0" // and not -0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// escape makes a text fit for content and attributes.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}
