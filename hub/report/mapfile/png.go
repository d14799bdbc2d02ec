package mapfile

import (
	"image"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/vector"
)

// WritePNG writes the drawing as a picture, one pixel a unit: the same as the
// SVG, on white.
func (m *Map) WritePNG(w io.Writer, size Size) error {
	d, err := m.draw(size)
	if err != nil {
		return err
	}
	return png.Encode(w, picture(d))
}

// picture paints a drawing.
func picture(d *drawing) *image.RGBA {
	p := painter{into: image.NewRGBA(image.Rect(0, 0, int(math.Ceil(d.width)), int(math.Ceil(d.height))))}
	for i := range p.into.Pix {
		p.into.Pix[i] = 0xff
	}
	for _, g := range d.groups {
		for i := range g.shapes {
			p.shape(&g.shapes[i])
		}
	}
	p.flush()
	return p.into
}

// painter fills rings with ink. Rings of one opaque ink that follow each other
// are filled together.
type painter struct {
	into   *image.RGBA
	raster vector.Rasterizer
	ink    ink
	rings  [][]xy
}

func (p *painter) shape(x *shape) {
	switch {
	case x.text != "":
		f := faceOf(x.bold)
		at := x.points[0]
		at.x -= x.anchor * f.width(x.text, x.size)
		p.fill(x.fill, f.rings(x.text, x.size, at)...)
	case x.radius > 0:
		at := x.points[0]
		p.fill(x.fill, around(at, x.radius))
		if x.stroke != none {
			outer, inner := around(at, x.radius+x.width/2), around(at, max(0, x.radius-x.width/2))
			for i, k := 0, len(inner)-1; i < k; i, k = i+1, k-1 {
				inner[i], inner[k] = inner[k], inner[i]
			}
			p.fill(x.stroke, outer, inner)
		}
	default:
		if x.closed {
			p.fill(x.fill, turned(x.points))
		}
		line := x.points
		if x.closed {
			line = append(line[:len(line):len(line)], line[0])
		}
		for _, dash := range dashes(line, x.dash) {
			p.fill(x.stroke, stroke(dash, x.width, x.round, x.closed && len(x.dash) == 0)...)
		}
	}
}

func (p *painter) fill(i ink, rings ...[]xy) {
	if i == none {
		return
	}
	if i != p.ink || i.A < 0xff {
		p.flush()
	}
	p.ink = i
	p.rings = append(p.rings, rings...)
}

// band is how many rows are painted at once, so that a large picture needs
// little room beside it.
const band = 128

// flush paints what is waiting.
func (p *painter) flush() {
	if len(p.rings) == 0 {
		return
	}
	all := bounds(p.rings)
	area := image.Rect(int(math.Floor(all.left)), int(math.Floor(all.top)), int(math.Ceil(all.right))+1, int(math.Ceil(all.bottom))+1).Intersect(p.into.Bounds())
	src := image.NewUniform(p.ink)
	boxes := make([]box, len(p.rings))
	for i, r := range p.rings {
		boxes[i] = bounds([][]xy{r})
	}
	for top := area.Min.Y; top < area.Max.Y; top += band {
		r := image.Rect(area.Min.X, top, area.Max.X, min(top+band, area.Max.Y))
		p.raster.Reset(r.Dx(), r.Dy())
		for i, ring := range p.rings {
			if boxes[i].bottom < float64(r.Min.Y) || boxes[i].top > float64(r.Max.Y) {
				continue
			}
			for k, at := range ring {
				x, y := float32(at.x-float64(r.Min.X)), float32(at.y-float64(r.Min.Y))
				if k == 0 {
					p.raster.MoveTo(x, y)
				} else {
					p.raster.LineTo(x, y)
				}
			}
			p.raster.ClosePath()
		}
		p.raster.Draw(p.into, r, src, image.Point{})
	}
	p.rings = p.rings[:0]
}

func bounds(rings [][]xy) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, r := range rings {
		for _, p := range r {
			b = box{min(b.left, p.x), min(b.top, p.y), max(b.right, p.x), max(b.bottom, p.y)}
		}
	}
	return b
}

// stroke gives the rings that a line of a width fills: a rectangle for each
// segment, and a disc for each bend. All turn the same way, so that what
// overlaps is filled once.
func stroke(line []xy, width float64, ends, ring bool) [][]xy {
	half := width / 2
	var out [][]xy
	for i := range len(line) - 1 {
		a, b := line[i], line[i+1]
		d := math.Hypot(b.x-a.x, b.y-a.y)
		if d == 0 {
			continue
		}
		nx, ny := -(b.y-a.y)/d*half, (b.x-a.x)/d*half
		out = append(out, []xy{{a.x - nx, a.y - ny}, {b.x - nx, b.y - ny}, {b.x + nx, b.y + ny}, {a.x + nx, a.y + ny}})
		if i > 0 || ends || ring {
			out = append(out, around(a, half))
		}
	}
	if ends && len(line) > 0 {
		out = append(out, around(line[len(line)-1], half))
	}
	return out
}

// around gives a disc, turning as stroke's rectangles do.
func around(at xy, radius float64) []xy {
	n := min(max(8, int(radius*6)), 72)
	out := make([]xy, n)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		out[i] = xy{at.x + radius*cos, at.y + radius*sin}
	}
	return out
}

// turned gives an area's border, turning as around does.
func turned(ring []xy) []xy {
	sum := 0.0
	for i := range ring {
		a, b := ring[i], ring[(i+1)%len(ring)]
		sum += a.x*b.y - b.x*a.y
	}
	if sum >= 0 {
		return ring
	}
	out := make([]xy, len(ring))
	for i, p := range ring {
		out[len(ring)-1-i] = p
	}
	return out
}

// dashes cuts a line into its dashes.
func dashes(line []xy, dash []float64) [][]xy {
	if len(dash) < 2 || !(dash[0] > 0) || !(dash[1] > 0) {
		return [][]xy{line}
	}
	var out [][]xy
	piece, on, left := []xy{line[0]}, true, dash[0]
	for i := range len(line) - 1 {
		a, b := line[i], line[i+1]
		d, at := math.Hypot(b.x-a.x, b.y-a.y), 0.0
		for d-at > left {
			at += left
			p := xy{a.x + (b.x-a.x)*at/d, a.y + (b.y-a.y)*at/d}
			if on {
				out = append(out, append(piece, p))
			}
			piece, on, left = []xy{p}, !on, dash[1]
			if on {
				left = dash[0]
			}
		}
		left -= d - at
		if on {
			piece = append(piece, b)
		}
	}
	if on && len(piece) > 1 {
		out = append(out, piece)
	}
	return out
}
