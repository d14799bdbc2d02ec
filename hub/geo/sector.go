package geo

import "math"

// Sector is the part of the plane that an eye at Apex takes in: the points no
// further than Radius metres, and no more than half of FOV to either side of
// Azimuth. Azimuth is in degrees clockwise from north; FOV is in degrees, over
// 0 to 360, where 360 is a disc. Its border belongs to it.
type Sector struct {
	Apex                 Point
	Azimuth, FOV, Radius float64
}

const (
	// edge is by how much a sector is opened on either side, in radians, so
	// that a road that runs along its border is inside whichever way the last
	// digit was rounded: 0.1 mm at 100 m.
	edge = 1e-6
	// touch is the length in metres below which a contact is a point, and
	// intervals are joined.
	touch = 1e-6
)

// Inside appends to dst the stretches of l that lie in the closed sector, in
// ascending order, apart from each other, and returns the longer slice. Where
// the line only touches the sector in a point nothing is appended. A sector
// with a FOV or Radius that is not above 0 holds nothing. It does not allocate
// if dst has room, and is meant for radii up to 2 km (see the package comment
// for its error).
func (l *Line) Inside(s Sector, dst []Interval) []Interval {
	if !(s.FOV > 0) || !(s.Radius > 0) {
		return dst
	}
	f := planeAt(s.Apex)
	if l.outOfReach(f, s.Radius) {
		return dst
	}
	w := wedgeOf(s)
	base := len(dst)
	for i := range len(l.points) - 1 {
		dst = l.look(&f, &w, i, base, dst)
	}
	kept := dst[:base]
	for _, v := range dst[base:] {
		if v.To-v.From > touch {
			kept = append(kept, v)
		}
	}
	return kept
}

// look appends to dst, whose intervals of this line begin at base, what a
// segment has in the sector.
func (l *Line) look(f *plane, w *wedge, i, base int, dst []Interval) []Interval {
	ax, ay := f.xy(l.points[i])
	bx, by := f.xy(l.points[i+1])
	if chord, ok := w.disc(ax, ay, bx, by); ok {
		one, other := w.clip(chord, ax, ay, bx, by)
		dst = l.join(dst, base, i, one)
		dst = l.join(dst, base, i, other)
	}
	return dst
}

// join appends a span of a segment, or lengthens the last interval by it.
func (l *Line) join(dst []Interval, base, segment int, s span) []Interval {
	if s.empty() {
		return dst
	}
	v := Interval{l.distance(segment, s.from), l.distance(segment, s.to)}
	if n := len(dst); n > base && v.From <= dst[n-1].To+touch {
		dst[n-1].To = max(dst[n-1].To, v.To)
		return dst
	}
	return append(dst, v)
}

// outOfReach says that the box around the line is further than radius metres
// from the origin of f.
func (l *Line) outOfReach(f plane, radius float64) bool {
	x0, y0 := f.xy(l.min)
	x1, y1 := f.xy(l.max)
	if x0 > x1 { // the box lies around the far side of the Earth
		return false
	}
	return x0 > radius || x1 < -radius || y0 > radius || y1 < -radius
}

// span is the part of a segment from a share to another, 0 at its start and 1
// at its end.
type span struct{ from, to float64 }

func (s span) empty() bool { return !(s.from <= s.to) }

var nothing = span{1, 0}

// wedge is a sector in the plane of its apex. Its angle is held as two half
// planes through the apex: below 180° a point is inside if it is in both, above
// if it is in either.
type wedge struct {
	radius float64
	lx, ly float64 // direction of the left border; inside is clockwise of it
	rx, ry float64 // direction of the right border; inside is anticlockwise
	either bool
	full   bool
}

func wedgeOf(s Sector) wedge {
	half := s.FOV/2*degree + edge
	if s.FOV >= 360 || half >= math.Pi {
		return wedge{radius: s.Radius, full: true}
	}
	sinM, cosM := math.Sincos(s.Azimuth * degree)
	sinH, cosH := math.Sincos(half)
	return wedge{
		radius: s.Radius,
		lx:     sinM*cosH - cosM*sinH, ly: cosM*cosH + sinM*sinH,
		rx: sinM*cosH + cosM*sinH, ry: cosM*cosH - sinM*sinH,
		either: half > math.Pi/2,
	}
}

// box gives the box around the sector: how far it goes to the west, south, east
// and north of its apex.
func (w *wedge) box() (left, below, right, above float64) {
	r := w.radius
	if w.full {
		return -r, -r, r, r
	}
	left, right = min(0, w.lx*r, w.rx*r), max(0, w.lx*r, w.rx*r)
	below, above = min(0, w.ly*r, w.ry*r), max(0, w.ly*r, w.ry*r)
	if w.holds(-1, 0) {
		left = -r
	}
	if w.holds(1, 0) {
		right = r
	}
	if w.holds(0, -1) {
		below = -r
	}
	if w.holds(0, 1) {
		above = r
	}
	return left, below, right, above
}

// holds says whether a direction is within the angle.
func (w *wedge) holds(x, y float64) bool {
	left, right := w.ly*x-w.lx*y >= 0, w.rx*y-w.ry*x >= 0
	return left && right || w.either && (left || right)
}

// disc gives the part of the segment from (ax, ay) to (bx, by) that is no
// further than the radius from the origin, and whether there is one.
func (w *wedge) disc(ax, ay, bx, by float64) (span, bool) {
	dx, dy := bx-ax, by-ay
	a := dx*dx + dy*dy
	// The cross product keeps its digits where the discriminant of the quadratic
	// equation would lose them.
	cross := ax*dy - ay*dx
	q := w.radius*w.radius*a - cross*cross
	if q < 0 {
		return nothing, false
	}
	if a == 0 {
		return span{0, 1}, ax*ax+ay*ay <= w.radius*w.radius
	}
	// From the foot of the perpendicular, half the chord to either side.
	foot, half := -(ax*dx + ay*dy), math.Sqrt(q)
	if foot+half < 0 || foot-half > a {
		return nothing, false
	}
	c := span{max(0, (foot-half)/a), min(1, (foot+half)/a)}
	return c, !c.empty()
}

// clip gives the one or two parts of s that lie in the wedge, in order.
func (w *wedge) clip(s span, ax, ay, bx, by float64) (first, second span) {
	if w.full {
		return s, nothing
	}
	left := [2]float64{w.ly*ax - w.lx*ay, w.ly*bx - w.lx*by}
	right := [2]float64{w.rx*ay - w.ry*ax, w.rx*by - w.ry*bx}
	if !w.either {
		return s.above(left).above(right), nothing
	}
	first, second = s.above(left), s.above(right)
	if second.from < first.from {
		first, second = second, first
	}
	return first, second
}

// above gives the part of s where a linear function, given at the start and
// the end of the segment, is not negative.
func (s span) above(v [2]float64) span {
	switch {
	case v[0] >= 0 && v[1] >= 0:
		return s
	case v[0] < 0 && v[1] < 0:
		return nothing
	}
	t := v[0] / (v[0] - v[1])
	if v[0] < 0 {
		return span{max(s.from, t), s.to}
	}
	return span{s.from, min(s.to, t)}
}
