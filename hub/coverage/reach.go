package coverage

import "math"

// widest is the field of view in degrees up to which a lens is taken to be
// rectilinear. Lenses that are wider bend their picture.
const widest = 120

// Reach gives the distance in metres from the lens at which a picture that is
// width pixels wide, with a horizontal field of view of hfov degrees, still
// has density pixels per metre (IEC 62676-4; DOMAIN §3).
//
// Up to 120° the lens is taken to be rectilinear:
//
//	d = width / (2 · density · tan(hfov/2))
//
// A wider one is a fisheye or a panorama of several lenses. Its pixels are taken
// to be spread evenly over the angle, but it is not believed to reach farther
// than a lens of 120°:
//
//	d = width / (density · max(2·tan 60°, hfov in radians))
//
// So a wider view never reaches farther, and there is no jump.
//
// It is 0 if any argument is not above 0, or hfov is above 360.
func Reach(width int, hfov, density float64) float64 {
	if width <= 0 || !(hfov > 0 && hfov <= 360) || !(density > 0) {
		return 0
	}
	flat := 2 * math.Tan(min(hfov, widest)*math.Pi/360)
	return float64(width) / (density * max(flat, hfov*math.Pi/180))
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
