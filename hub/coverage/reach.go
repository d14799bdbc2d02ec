package coverage

import "math"

// Reach gives the distance in metres from the lens at which a picture that is
// width pixels wide, with a horizontal field of view of hfov degrees, still
// has density pixels per metre (IEC 62676-4; DOMAIN §3).
//
// Below 180° the lens is taken to be rectilinear:
//
//	d = width / (2 · density · tan(hfov/2))
//
// From 180° on no rectilinear lens exists, and it is taken to be equidistant
// (a fisheye or a panorama of several lenses), with its pixels spread evenly
// over the angle:
//
//	d = width / (density · hfov in radians)
//
// So the reach falls to 0 just below 180° and starts anew there: a wide lens
// that is given as 170° is judged hard, on the density at its axis, which is
// the lowest there is.
//
// It is 0 if any argument is not above 0, or hfov is above 360.
func Reach(width int, hfov, density float64) float64 {
	if width <= 0 || !(hfov > 0 && hfov <= 360) || !(density > 0) {
		return 0
	}
	angle := hfov * math.Pi / 180
	if hfov >= 180 {
		return float64(width) / (density * angle)
	}
	return float64(width) / (2 * density * math.Tan(angle/2))
}

// GroundRange gives how far a reach in metres from the lens goes on the ground
// if the lens is height metres above it: sqrt(reach² − height²), and 0 if the
// ground is out of reach. A height below 0 counts as 0.
func GroundRange(reach, height float64) float64 {
	height = max(height, 0)
	if !(reach > height) {
		return 0
	}
	return math.Sqrt((reach - height) * (reach + height))
}
