package geo

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// Line is the course of a road, in the direction in which its points are
// given. A place on it is a distance in metres from its first point. Its
// length is the sum of the Distances between its points.
type Line struct {
	points   []Point
	at       []float64 // distance of each point from the first
	min, max Point     // corners of the box around all points
	pieces   []piece   // for an Index
}

// NewLine makes a line of at least two points, which it copies. All must be
// finite, with longitudes in [-180, 180] and latitudes in [-90, 90]; a point
// may not repeat the one before it, and no segment may cross the antimeridian.
// Errors name the point, counted from 0, and what would be right.
func NewLine(points []Point) (*Line, error) {
	if len(points) < 2 {
		return nil, fmt.Errorf("a line needs at least 2 points, not %d", len(points))
	}
	l := &Line{points: slices.Clone(points), at: make([]float64, len(points))}
	l.min, l.max = points[0], points[0]
	for i, p := range points {
		if err := check(p); err != nil {
			return nil, fmt.Errorf("point %d: %w", i, err)
		}
		l.min = Point{min(l.min.Lon, p.Lon), min(l.min.Lat, p.Lat)}
		l.max = Point{max(l.max.Lon, p.Lon), max(l.max.Lat, p.Lat)}
		if i == 0 {
			continue
		}
		before := points[i-1]
		if math.Abs(p.Lon-before.Lon) > 180 {
			return nil, fmt.Errorf("point %d: the line crosses the antimeridian; cut it there into two lines", i)
		}
		step := Distance(before, p)
		if step == 0 || l.at[i-1]+step == l.at[i-1] {
			return nil, fmt.Errorf("point %d: repeats point %d (%v %v); leave one of them out", i, i-1, p.Lon, p.Lat)
		}
		l.at[i] = l.at[i-1] + step
	}
	l.cut()
	return l, nil
}

func check(p Point) error {
	switch {
	case math.IsNaN(p.Lon) || math.IsInf(p.Lon, 0) || math.IsNaN(p.Lat) || math.IsInf(p.Lat, 0):
		return fmt.Errorf("position %v %v is not finite; give longitude and latitude in degrees", p.Lon, p.Lat)
	case math.Abs(p.Lat) > 90 && math.Abs(p.Lat) <= 180 && math.Abs(p.Lon) <= 90:
		return fmt.Errorf("latitude %v is not between -90 and 90; the longitude comes first", p.Lat)
	case math.Abs(p.Lat) > 90:
		return fmt.Errorf("latitude %v is not between -90 and 90 degrees (WGS84)", p.Lat)
	case math.Abs(p.Lon) > 180:
		return fmt.Errorf("longitude %v is not between -180 and 180 degrees (WGS84)", p.Lon)
	}
	return nil
}

// Points gives a copy of the points the line was made of.
func (l *Line) Points() []Point { return slices.Clone(l.points) }

// Length gives the length of the whole line in metres. It is never 0.
func (l *Line) Length() float64 { return l.at[len(l.at)-1] }

// At gives the point at a distance in metres from the start. Distances before
// the start give the first point, those past the end the last.
func (l *Line) At(d float64) Point {
	i, t := l.locate(d)
	return l.between(i, t)
}

// BearingAt gives the direction in which the line runs at a distance in metres
// from the start, in degrees clockwise from north, [0, 360). At a point where
// it bends, this is the direction it takes from there on. Distances off the
// line count as its ends.
func (l *Line) BearingAt(d float64) float64 {
	i, t := l.locate(d)
	f := planeAt(l.between(i, t))
	a, b := l.points[i], l.points[i+1]
	return compass(math.Atan2((b.Lon-a.Lon)*f.kx, (b.Lat-a.Lat)*f.ky) / degree)
}

// Project gives the place on the line that is nearest to p, as a distance in
// metres from the start, and how far p is from there in metres (on either
// side: never negative). Of several places equally near, it is the first. The
// nearest place is sought in the plane that touches at p; the further off the
// line p is, the less sure it is: 3 cm for 1 km at 18°N.
func (l *Line) Project(p Point) (at, offset float64) {
	f := planeAt(p)
	best := math.Inf(1)
	ax, ay := f.xy(l.points[0])
	for i := range len(l.points) - 1 {
		bx, by := f.xy(l.points[i+1])
		dx, dy := bx-ax, by-ay
		t := 0.0
		if n := dx*dx + dy*dy; n > 0 {
			t = min(max(-(ax*dx+ay*dy)/n, 0), 1)
		}
		x, y := ax+t*dx, ay+t*dy
		if d := x*x + y*y; d < best {
			best, at = d, l.distance(i, t)
		}
		ax, ay = bx, by
	}
	return at, Distance(p, l.At(at))
}

// Slice gives the stretch between two distances in metres from the start: the
// point at from, the line's own points strictly between, and the point at to.
// Distances off the line count as its ends. It is nil if nothing is between.
func (l *Line) Slice(from, to float64) []Point {
	from, to = max(from, 0), min(to, l.Length())
	if !(from < to) {
		return nil
	}
	first := sort.Search(len(l.at), func(i int) bool { return l.at[i] > from })
	last := sort.Search(len(l.at), func(i int) bool { return l.at[i] >= to })
	out := make([]Point, 0, last-first+2)
	out = append(out, l.At(from))
	out = append(out, l.points[first:last]...)
	return append(out, l.At(to))
}

// locate gives the segment that a distance falls on, and the share of it that
// lies before. At an inner point it is the segment that starts there.
func (l *Line) locate(d float64) (segment int, t float64) {
	if !(d > 0) {
		return 0, 0
	}
	end := len(l.at) - 1
	if d >= l.at[end] {
		return end - 1, 1
	}
	i := sort.Search(end, func(i int) bool { return l.at[i+1] > d })
	return i, (d - l.at[i]) / (l.at[i+1] - l.at[i])
}

// distance is the inverse of locate, exact at the ends of a segment.
func (l *Line) distance(segment int, t float64) float64 {
	from, to := l.at[segment], l.at[segment+1]
	if t >= 1 {
		return to
	}
	return from + t*(to-from)
}

// between gives the point at a share of a segment, exact at its ends.
func (l *Line) between(segment int, t float64) Point {
	a, b := l.points[segment], l.points[segment+1]
	switch t {
	case 0:
		return a
	case 1:
		return b
	}
	return Point{Lon: a.Lon + t*(b.Lon-a.Lon), Lat: a.Lat + t*(b.Lat-a.Lat)}
}
