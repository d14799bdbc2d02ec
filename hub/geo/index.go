package geo

import (
	"math"
	"slices"
)

// Index finds the lines that sectors take in without looking at all of them.
// It keeps pieces of the lines in the cells of a grid.
type Index struct {
	lines   []*Line
	pieces  []piece // of the first line, then of the next, each along its line
	corner  Point   // of the grid, south and west
	perLon  float64 // cells per degree of longitude
	perLat  float64 // cells per degree of latitude
	columns int
	rows    int
	starts  []int32 // where the pieces of a cell begin in cells
	cells   []int32 // indices of pieces, ascending within each cell
}

// piece is some segments of a line that follow each other.
type piece struct {
	line        int32
	first, last int32 // segments
	min, max    Point // box around them
}

// Hit is a stretch of the line with an index.
type Hit struct {
	Line int
	Interval
}

// perPiece is the number of segments of a piece.
const perPiece = 8

// cut cuts the line into pieces.
func (l *Line) cut() {
	last := len(l.points) - 1
	l.pieces = make([]piece, 0, (last+perPiece-1)/perPiece)
	for first := 0; first < last; first += perPiece {
		p := piece{first: int32(first), last: int32(min(first+perPiece, last))}
		p.min, p.max = box(l.points[p.first : p.last+1])
		l.pieces = append(l.pieces, p)
	}
}

// NewIndex makes an index of lines, which it keeps. It takes time in
// proportion to their points.
func NewIndex(lines []*Line) *Index {
	x := &Index{lines: lines}
	n := 0
	low, high := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, l := range lines {
		n += len(l.pieces)
		low.Lon, low.Lat = min(low.Lon, l.min.Lon), min(low.Lat, l.min.Lat)
		high.Lon, high.Lat = max(high.Lon, l.max.Lon), max(high.Lat, l.max.Lat)
	}
	if n == 0 {
		return x
	}
	x.pieces = make([]piece, 0, n)
	for i, l := range lines {
		base := len(x.pieces)
		x.pieces = append(x.pieces, l.pieces...)
		for k := range l.pieces {
			x.pieces[base+k].line = int32(i)
		}
	}
	side := max(1, int(math.Sqrt(float64(n))))
	x.corner, x.columns, x.rows = low, side, side
	x.perLon, x.perLat = float64(side)/(high.Lon-low.Lon), float64(side)/(high.Lat-low.Lat)
	x.fill()
	return x
}

func box(points []Point) (low, high Point) {
	low, high = points[0], points[0]
	for _, p := range points[1:] {
		if p.Lon < low.Lon {
			low.Lon = p.Lon
		} else if p.Lon > high.Lon {
			high.Lon = p.Lon
		}
		if p.Lat < low.Lat {
			low.Lat = p.Lat
		} else if p.Lat > high.Lat {
			high.Lat = p.Lat
		}
	}
	return low, high
}

// fill puts the pieces into all cells that their boxes touch.
func (x *Index) fill() {
	x.starts = make([]int32, x.columns*x.rows+1)
	type block struct{ c0, c1, r0, r1 int32 }
	blocks := make([]block, len(x.pieces))
	for i := range x.pieces {
		p, b := &x.pieces[i], &blocks[i]
		b.c0, b.c1 = int32(x.column(p.min.Lon)), int32(x.column(p.max.Lon))
		b.r0, b.r1 = int32(x.row(p.min.Lat)), int32(x.row(p.max.Lat))
		for r := int(b.r0); r <= int(b.r1); r++ {
			for k := r*x.columns + int(b.c0); k <= r*x.columns+int(b.c1); k++ {
				x.starts[k+1]++
			}
		}
	}
	for k := range len(x.starts) - 1 {
		x.starts[k+1] += x.starts[k]
	}
	next := slices.Clone(x.starts)
	x.cells = make([]int32, x.starts[len(x.starts)-1])
	for i := range blocks {
		b := &blocks[i]
		for r := int(b.r0); r <= int(b.r1); r++ {
			for k := r*x.columns + int(b.c0); k <= r*x.columns+int(b.c1); k++ {
				x.cells[next[k]] = int32(i)
				next[k]++
			}
		}
	}
}

// column and row give the cell of a place, the nearest one if it is off the
// grid.
func (x *Index) column(lon float64) int { return cell((lon-x.corner.Lon)*x.perLon, x.columns) }
func (x *Index) row(lat float64) int    { return cell((lat-x.corner.Lat)*x.perLat, x.rows) }

func cell(c float64, n int) int {
	if !(c > 0) { // also where all lines are at one latitude, and 0 times infinity is no number
		return 0
	}
	if c < float64(n) {
		return int(c)
	}
	return n - 1
}

// Inside appends to dst what Line.Inside gives for each line, in the order of
// the lines, and returns the longer slice. It does not allocate if dst has
// room, for sectors that fewer than 64 pieces of eight segments are near to.
func (x *Index) Inside(s Sector, dst []Hit) []Hit {
	if !(s.FOV > 0) || !(s.Radius > 0) || len(x.pieces) == 0 {
		return dst
	}
	f, w := planeAt(s.Apex), wedgeOf(s)
	left, below, right, above := w.box()
	// A hair wider, so that rounding leaves nothing out.
	const more = 1 + 1e-9
	low := Point{s.Apex.Lon + left/f.kx*more - 1e-12, s.Apex.Lat + below/f.ky*more - 1e-12}
	high := Point{s.Apex.Lon + right/f.kx*more + 1e-12, s.Apex.Lat + above/f.ky*more + 1e-12}
	if !(low.Lon >= -180 && high.Lon <= 180 && low.Lat > -90 && high.Lat < 90) {
		return x.all(s, dst) // around a pole or across the antimeridian
	}
	var room [64]int32
	near := room[:0]
	c0, c1 := x.column(low.Lon), x.column(high.Lon)
	r0, r1 := x.row(low.Lat), x.row(high.Lat)
	for r := r0; r <= r1; r++ {
		for c := c0; c <= c1; c++ {
			k := r*x.columns + c
			for _, i := range x.cells[x.starts[k]:x.starts[k+1]] {
				if p := &x.pieces[i]; p.min.Lon <= high.Lon && p.max.Lon >= low.Lon && p.min.Lat <= high.Lat && p.max.Lat >= low.Lat {
					near = append(near, i)
				}
			}
		}
	}
	if len(near) == 0 {
		return dst
	}
	if c0 < c1 || r0 < r1 {
		slices.Sort(near)
		near = slices.Compact(near)
	}
	var some [16]Interval
	for i := 0; i < len(near); {
		line := x.pieces[near[i]].line
		found := some[:0]
		for ; i < len(near) && x.pieces[near[i]].line == line; i++ {
			found = x.lines[line].within(&f, &w, &x.pieces[near[i]], low, high, found)
		}
		dst = addHits(dst, int(line), found)
	}
	return dst
}

// within looks at the segments of a piece that are not all on one side of a
// box.
func (l *Line) within(f *plane, w *wedge, p *piece, low, high Point, dst []Interval) []Interval {
	points := l.points[p.first : p.last+1]
	a := points[0]
	for i, b := range points[1:] {
		if !(a.Lon > high.Lon && b.Lon > high.Lon || a.Lon < low.Lon && b.Lon < low.Lon ||
			a.Lat > high.Lat && b.Lat > high.Lat || a.Lat < low.Lat && b.Lat < low.Lat) {
			dst = l.look(f, w, int(p.first)+i, 0, dst)
		}
		a = b
	}
	return dst
}

// all looks at every line.
func (x *Index) all(s Sector, dst []Hit) []Hit {
	var some [16]Interval
	for i, l := range x.lines {
		dst = addHits(dst, i, l.Inside(s, some[:0]))
	}
	return dst
}

// addHits appends what is longer than a touch.
func addHits(dst []Hit, line int, found []Interval) []Hit {
	for _, v := range found {
		if v.To-v.From > touch {
			dst = append(dst, Hit{line, v})
		}
	}
	return dst
}
