package geo

import "math"

// Distance gives the length in metres of the shortest way from a to b on the
// WGS84 ellipsoid. It is symmetric. Its error is below 1 mm anywhere, and below
// 1e-6 of any length over 1 mm (of shorter ones, what rounding leaves).
//
// Method: T. Vincenty, Direct and Inverse Solutions of Geodesics on the
// Ellipsoid, Survey Review XXIII (1975); see antipodal for where it fails.
func Distance(a, b Point) float64 {
	s, _ := inverse(a, b)
	return s
}

// Bearing gives the direction in which the shortest way from a to b leaves a,
// in degrees clockwise from north, [0, 360). It is 0 if a and b are the same
// point. The bounds of Distance apply.
func Bearing(a, b Point) float64 {
	_, azimuth := inverse(a, b)
	return azimuth
}

// Move gives the point at a distance in metres from p along the geodesic that
// leaves p at bearing, degrees clockwise from north. A negative distance goes
// the opposite way. Its error is below 1 mm. The longitude returned is in
// [-180, 180].
func Move(p Point, bearing, metres float64) Point {
	if metres == 0 {
		return p
	}
	sinA1, cosA1 := math.Sincos(bearing * degree)
	sinU1, cosU1, _ := reduced(p.Lat)
	sigma1 := math.Atan2(sinU1, cosU1*cosA1)
	sinA := cosU1 * sinA1
	cos2A := 1 - sinA*sinA
	bigB, bigA := series(cos2A)

	first := metres / (semiMinor * bigA)
	sigma := first
	var sin, cos, cos2M float64
	for range maxIterations {
		cos2M = math.Cos(2*sigma1 + sigma)
		sin, cos = math.Sincos(sigma)
		next := first + deltaSigma(bigB, sin, cos, cos2M)
		done := math.Abs(next-sigma) < converged
		sigma = next
		if done {
			break
		}
	}
	cos2M = math.Cos(2*sigma1 + sigma)
	sin, cos = math.Sincos(sigma)

	away := sinU1*sin - cosU1*cos*cosA1
	lat := math.Atan2(sinU1*cos+cosU1*sin*cosA1, (1-flattening)*math.Hypot(sinA, away))
	lambda := math.Atan2(sin*sinA1, cosU1*cos-sinU1*sin*cosA1)
	dlon := lambda - longitudeShift(sinA, cos2A, sigma, sin, cos, cos2M)
	return Point{Lon: math.Remainder(p.Lon+dlon/degree, 360), Lat: lat / degree}
}

const (
	maxIterations = 50
	converged     = 2e-15 // radians, 13 nm
)

// inverse solves for the distance in metres and the bearing at a in degrees.
func inverse(a, b Point) (s, azimuth float64) {
	if a == b {
		return 0, 0
	}
	sinU1, cosU1, n1 := reduced(a.Lat)
	sinU2, cosU2, n2 := reduced(b.Lat)
	// sin(U2−U1), from the difference of the latitudes: to subtract the
	// products of sines and cosines would lose short distances to rounding.
	sinDU := (1 - flattening) * math.Sin((b.Lat-a.Lat)*degree) / (n1 * n2)
	dlon := math.Remainder(b.Lon-a.Lon, 360) * degree

	lambda := dlon
	for range maxIterations {
		sinL, cosL := math.Sincos(lambda)
		east := cosU2 * sinL
		half := math.Sin(lambda / 2)
		north := sinDU + 2*sinU1*cosU2*half*half // cosU1·sinU2 − sinU1·cosU2·cosL
		sin := math.Hypot(east, north)
		if sin == 0 {
			return 0, 0
		}
		cos := sinU1*sinU2 + cosU1*cosU2*cosL
		sigma := math.Atan2(sin, cos)
		sinA := cosU1 * east / sin
		cos2A := 1 - sinA*sinA
		cos2M := 0.0
		if cos2A > 1e-15 { // not along the equator
			cos2M = cos - 2*sinU1*sinU2/cos2A
		}
		next := dlon + longitudeShift(sinA, cos2A, sigma, sin, cos, cos2M)
		if math.Abs(next-lambda) < converged {
			bigB, bigA := series(cos2A)
			s = semiMinor * bigA * (sigma - deltaSigma(bigB, sin, cos, cos2M))
			return s, compass(math.Atan2(east, north) / degree)
		}
		if math.Abs(next) > math.Pi {
			break
		}
		lambda = next
	}
	return antipodal(a, b)
}

// reduced gives sine and cosine of the reduced latitude, tan U = (1−f)·tan φ,
// and the norm that both were divided by.
func reduced(lat float64) (sin, cos, norm float64) {
	sin, cos = math.Sincos(lat * degree)
	sin *= 1 - flattening
	norm = math.Hypot(sin, cos)
	return sin / norm, cos / norm, norm
}

// series gives Vincenty's coefficients B and A (equations 4 and 3).
func series(cos2A float64) (b, a float64) {
	u2 := cos2A * (semiMajor*semiMajor - semiMinor*semiMinor) / (semiMinor * semiMinor)
	a = 1 + u2/16384*(4096+u2*(-768+u2*(320-175*u2)))
	b = u2 / 1024 * (256 + u2*(-128+u2*(74-47*u2)))
	return b, a
}

// deltaSigma is Vincenty's equation 6.
func deltaSigma(b, sin, cos, cos2M float64) float64 {
	m2 := cos2M * cos2M
	return b * sin * (cos2M + b/4*(cos*(-1+2*m2)-b/6*cos2M*(-3+4*sin*sin)*(-3+4*m2)))
}

// longitudeShift is how far longitude on the auxiliary sphere runs ahead of
// longitude on the ellipsoid, radians (equations 10 and 11).
func longitudeShift(sinA, cos2A, sigma, sin, cos, cos2M float64) float64 {
	c := flattening / 16 * cos2A * (4 + flattening*(4-3*cos2A))
	return (1 - c) * flattening * sinA *
		(sigma + c*sin*(cos2M+c*cos*(-1+2*cos2M*cos2M)))
}

// antipodal answers for points that are nearly opposite each other, for which
// the iteration above does not settle. With the point nearer to a pole in the
// southern half, the longitude at which a geodesic comes to the latitude of
// the other point grows from 0 to 180° with the azimuth in which it leaves
// (C. Karney, Algorithms for geodesics, J. Geodesy 87 (2013), §4): the azimuth
// is found by halving.
func antipodal(a, b Point) (s, azimuth float64) {
	swapped := math.Abs(a.Lat) < math.Abs(b.Lat)
	p, q := a, b
	if swapped {
		p, q = b, a
	}
	mirrored := p.Lat >= 0
	if mirrored {
		p.Lat, q.Lat = -p.Lat, -q.Lat
	}
	sinU1, cosU1, _ := reduced(p.Lat)
	sinU2, cosU2, _ := reduced(q.Lat)
	const tiny = 1e-200
	cosU1, cosU2 = max(cosU1, tiny), max(cosU2, tiny) // at a pole
	sinU1 = min(sinU1, -tiny)                         // on the equator
	dlon := math.Remainder(b.Lon-a.Lon, 360) * degree
	target := math.Abs(dlon)

	var sinA1, cosA1, sinA2, cosA2 float64
	low, high := 0.0, math.Pi
	for range 100 {
		mid := (low + high) / 2
		sinA1, cosA1 = math.Sincos(mid)
		sinA := sinA1 * cosU1
		sinA2 = min(sinA/cosU2, 1)
		cosA2 = math.Sqrt(max(cosA1*cosU1*cosA1*cosU1+(sinU1-sinU2)*(sinU1+sinU2), 0)) / cosU2
		sigma1 := math.Atan2(sinU1, cosA1*cosU1)
		sigma := math.Mod(math.Atan2(sinU2, cosA2*cosU2)-sigma1+2*math.Pi, 2*math.Pi)
		omega := math.Atan2(sinA*sinU2, cosA2*cosU2) - math.Atan2(sinA*sinU1, cosA1*cosU1)
		sin, cos := math.Sincos(sigma)
		cos2A := (1 - sinA) * (1 + sinA)
		cos2M := math.Cos(2*sigma1 + sigma)
		bigB, bigA := series(cos2A)
		s = semiMinor * bigA * (sigma - deltaSigma(bigB, sin, cos, cos2M))
		switch reached := omega - longitudeShift(sinA, cos2A, sigma, sin, cos, cos2M); {
		case math.IsNaN(reached - target):
			return math.NaN(), math.NaN()
		case reached < target:
			low = mid
		default:
			high = mid
		}
	}
	if swapped {
		sinA1, cosA1 = sinA2, -cosA2 // seen from the other end
	}
	if mirrored {
		cosA1 = -cosA1
	}
	if dlon < 0 {
		sinA1 = -sinA1
	}
	return s, compass(math.Atan2(sinA1, cosA1) / degree)
}
