// Package geo is the geometry of routes: lengths, bearings, distances along a
// line, chainage (lý trình), and which part of a line a view sector takes in.
// It knows nothing of cameras or plans.
//
// Positions are WGS84 longitude and latitude in degrees. Lengths are metres on
// the ellipsoid, never on a sphere (a sphere is up to 0.56 % off). Bearings
// are degrees clockwise from true north. A line between two positions is
// straight in longitude and latitude, as RFC 7946 §3.1.1 has it.
//
// Bounds:
//   - Distance, Bearing and Move hold anywhere on Earth to 1 mm, and Distance to
//     1e-6 of the length.
//   - A Line is exact at its points. Within a segment of length L, distance
//     is shared out evenly, which misplaces the middle of a diagonal segment
//     by up to L²·tan φ/(20 R): 1 mm for 500 m and 7 cm for 5 km at 18°N, five
//     times that at 60°. Segments of roads are far shorter.
//   - Sectors are worked out in the plane that touches the ellipsoid at their
//     apex; at a distance r from it a point is misplaced by at most about
//     0.6·r²·tan φ/R: 0.3 mm for 100 m and 3 cm for 1 km at 18°N. They are
//     meant for radii up to 2 km. Where a ray or an arc cuts a segment is solved
//     for in that plane, never searched for.
//
// Everything here is a pure function of its arguments; a Line, an Index and a
// Calibration never change, and are safe for use by many goroutines.
package geo

import "math"

// Point is a position in degrees, WGS84: longitude (east positive) first, as
// in GeoJSON (RFC 7946 §3.1.1).
type Point struct{ Lon, Lat float64 }

// The WGS84 ellipsoid (NIMA TR8350.2, table 3.1).
const (
	semiMajor  = 6378137.0         // equatorial radius, metres
	flattening = 1 / 298.257223563 // of the ellipsoid
	semiMinor  = semiMajor * (1 - flattening)
	ecc2       = flattening * (2 - flattening) // first eccentricity squared

	degree = math.Pi / 180 // radians
)

// plane is the plane that touches the ellipsoid at an origin: x metres east,
// y metres north, each by the ellipsoid's own radius of curvature there. It is
// linear in longitude and latitude, so that straight segments stay straight
// and keep their proportions.
type plane struct {
	origin Point
	kx, ky float64 // metres per degree of longitude, of latitude
}

func planeAt(p Point) plane {
	sin, cos := math.Sincos(p.Lat * degree)
	w2 := 1 - ecc2*sin*sin
	w := math.Sqrt(w2)
	return plane{
		origin: p,
		kx:     semiMajor / w * cos * degree,               // prime vertical
		ky:     semiMajor * (1 - ecc2) / (w2 * w) * degree, // meridian
	}
}

// xy gives the place of p in the plane, by the shorter way around the Earth.
func (f plane) xy(p Point) (x, y float64) {
	dlon := p.Lon - f.origin.Lon
	if dlon > 180 {
		dlon -= 360
	} else if dlon < -180 {
		dlon += 360
	}
	return dlon * f.kx, (p.Lat - f.origin.Lat) * f.ky
}

// compass brings an angle in degrees into [0, 360).
func compass(deg float64) float64 {
	deg = math.Mod(deg, 360)
	if deg < 0 {
		deg += 360
	}
	if deg >= 360 { // a tiny negative angle rounds up to the full circle
		return 0
	}
	return deg
}
