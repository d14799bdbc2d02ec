package mapfile

import (
	"math"

	"github.com/phukin/phukin/hub/geo"
)

// xy is a place on the drawing, from its left upper corner to the right and
// down.
type xy struct{ x, y float64 }

// box is a rectangle on the drawing.
type box struct{ left, top, right, bottom float64 }

func (b box) width() float64  { return b.right - b.left }
func (b box) height() float64 { return b.bottom - b.top }

// grown gives the box with a margin around it.
func (b box) grown(by float64) box { return box{b.left - by, b.top - by, b.right + by, b.bottom + by} }

func (b box) holds(p xy) bool {
	return b.left <= p.x && p.x <= b.right && b.top <= p.y && p.y <= b.bottom
}

// within says whether the whole box lies in another.
func (b box) within(o box) bool {
	return o.left <= b.left && b.right <= o.right && o.top <= b.top && b.bottom <= o.bottom
}

// shared gives the area that two boxes have in common.
func (b box) shared(o box) float64 {
	w, h := min(b.right, o.right)-max(b.left, o.left), min(b.bottom, o.bottom)-max(b.top, o.top)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h
}

// extent is a rectangle of longitudes and latitudes.
type extent struct {
	low, high geo.Point
	some      bool // there is a point in it
}

func (e *extent) add(p geo.Point) {
	if !e.some {
		e.low, e.high, e.some = p, p, true
		return
	}
	e.low = geo.Point{Lon: min(e.low.Lon, p.Lon), Lat: min(e.low.Lat, p.Lat)}
	e.high = geo.Point{Lon: max(e.high.Lon, p.Lon), Lat: max(e.high.Lat, p.Lat)}
}

func (e *extent) middle() geo.Point {
	return geo.Point{Lon: (e.low.Lon + e.high.Lon) / 2, Lat: (e.low.Lat + e.high.Lat) / 2}
}

// plane is the local projection: longitude and latitude as they are, each
// stretched by the ellipsoid's metres per degree in the middle of what is
// shown. North is up everywhere.
//
// Along a meridian it is true to 0.01 % within 100 km. Along a parallel it is
// true in the middle, and off by tan φ · Δφ at Δφ from it: 0.1 % for 20 km at
// 18°N. See plane.error.
type plane struct {
	middle geo.Point
	kx, ky float64 // metres per degree
	scale  float64 // units of the drawing per metre
	to     xy      // where the middle is drawn
}

// least is the least height and width of what is shown, metres.
const leastExtent = 200

// newPlane fits an extent into a box of the drawing.
func newPlane(e extent, into box) plane {
	const step = 0.01 // degrees
	p := plane{middle: e.middle(), to: xy{(into.left + into.right) / 2, (into.top + into.bottom) / 2}}
	west, east := geo.Point{Lon: p.middle.Lon - step, Lat: p.middle.Lat}, geo.Point{Lon: p.middle.Lon + step, Lat: p.middle.Lat}
	south, north := geo.Point{Lon: p.middle.Lon, Lat: p.middle.Lat - step}, geo.Point{Lon: p.middle.Lon, Lat: p.middle.Lat + step}
	p.kx, p.ky = geo.Distance(west, east)/(2*step), geo.Distance(south, north)/(2*step)
	w, h := max(leastExtent, (e.high.Lon-e.low.Lon)*p.kx), max(leastExtent, (e.high.Lat-e.low.Lat)*p.ky)
	p.scale = min(into.width()/w, into.height()/h)
	return p
}

func (p *plane) at(g geo.Point) xy {
	return xy{p.to.x + (g.Lon-p.middle.Lon)*p.kx*p.scale, p.to.y - (g.Lat-p.middle.Lat)*p.ky*p.scale}
}

// all gives a line on the drawing.
func (p *plane) all(line []geo.Point) []xy {
	out := make([]xy, len(line))
	for i, g := range line {
		out[i] = p.at(g)
	}
	return out
}

// error gives how far lengths along a parallel are off at most in an extent, as
// a share.
func (p *plane) error(e extent) float64 {
	cos := math.Cos(p.middle.Lat * math.Pi / 180)
	worst := 0.0
	for _, lat := range []float64{e.low.Lat, e.high.Lat} {
		worst = max(worst, math.Abs(cos/math.Cos(lat*math.Pi/180)-1))
	}
	return worst
}
