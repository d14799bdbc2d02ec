package geo_test

import (
	"math"
	"testing"

	"github.com/phukin/phukin/hub/geo"
	"pgregory.net/rapid"
)

// The ellipsoid, written down again so that the tests do not share a typing
// error with the code.
const (
	wgsA  = 6378137.0
	wgsE2 = 0.00669437999014132
	rad   = math.Pi / 180
)

// travel is the oracle: it follows the geodesic that leaves p at bearing by
// integrating its differential equations (Clairaut) with the classical
// Runge-Kutta method, and gives where it is after metres.
func travel(p geo.Point, bearing, metres float64, steps int) geo.Point {
	type state [3]float64 // latitude, longitude, azimuth; radians
	slope := func(y state) state {
		sin, cos := math.Sincos(y[0])
		w2 := 1 - wgsE2*sin*sin
		n := wgsA / math.Sqrt(w2)
		m := wgsA * (1 - wgsE2) / (w2 * math.Sqrt(w2))
		sinAz, cosAz := math.Sincos(y[2])
		return state{cosAz / m, sinAz / (n * cos), sin / cos * sinAz / n}
	}
	y := state{p.Lat * rad, p.Lon * rad, bearing * rad}
	h := metres / float64(steps)
	plus := func(y, k state, by float64) state {
		return state{y[0] + by*k[0], y[1] + by*k[1], y[2] + by*k[2]}
	}
	for range steps {
		k1 := slope(y)
		k2 := slope(plus(y, k1, h/2))
		k3 := slope(plus(y, k2, h/2))
		k4 := slope(plus(y, k3, h))
		for i := range y {
			y[i] += h / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i])
		}
	}
	return geo.Point{Lon: y[1] / rad, Lat: y[0] / rad}
}

// meridian gives the length of a meridian between two latitudes by Simpson's
// rule over its radius of curvature.
func meridian(from, to float64) float64 {
	const n = 2000
	f := func(lat float64) float64 {
		s := math.Sin(lat * rad)
		return wgsA * (1 - wgsE2) / math.Pow(1-wgsE2*s*s, 1.5)
	}
	h := (to - from) / n
	sum := f(from) + f(to)
	for i := 1; i < n; i++ {
		sum += f(from+float64(i)*h) * float64(2+2*(i%2))
	}
	return sum * h * rad / 3
}

func TestDistanceKnowsTheLengthOfADegree(t *testing.T) {
	for _, c := range []struct {
		name  string
		a, b  geo.Point
		scale float64 // of the short stretch to a degree
		want  float64
	}{
		{"of latitude at 18.37°N", geo.Point{Lon: 105.9, Lat: 18.365}, geo.Point{Lon: 105.9, Lat: 18.375}, 100, 110684.65},
		{"of longitude at 18.37°N", geo.Point{Lon: 105.9, Lat: 18.37}, geo.Point{Lon: 105.901, Lat: 18.37}, 1000, 105681.92},
		{"of longitude on the equator", geo.Point{}, geo.Point{Lon: 1}, 1, wgsA * rad},
		{"of latitude from the equator", geo.Point{}, geo.Point{Lat: 1}, 1, meridian(0, 1)},
		{"of latitude up to the pole", geo.Point{Lat: 89}, geo.Point{Lat: 90}, 1, meridian(89, 90)},
		{"of latitude across 60°N", geo.Point{Lat: 59.5}, geo.Point{Lat: 60.5}, 1, meridian(59.5, 60.5)},
		{"a quarter of the meridian", geo.Point{}, geo.Point{Lat: 90}, 1, 10001965.729},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := geo.Distance(c.a, c.b) * c.scale
			if math.Abs(got-c.want) > 0.006 {
				t.Errorf("got %.4f m, want %.4f m", got, c.want)
			}
		})
	}
}

func TestDistanceAndBearingAgreeWithTheIntegratedGeodesic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPoint(t, 60)
		bearing := rapid.Float64Range(0, 360).Draw(t, "bearing")
		metres := math.Pow(10, rapid.Float64Range(-1, math.Log10(50000)).Draw(t, "log metres"))
		q := travel(p, bearing, metres, 40)
		got := geo.Distance(p, q)
		// The oracle's own sums round at some 50 nm.
		if limit := max(1e-9*metres, 1e-7); math.Abs(got-metres) > limit {
			t.Fatalf("Distance(%v, %v) = %.9f, want %.9f", p, q, got, metres)
		}
		if back := geo.Distance(q, p); math.Abs(back-got) > 1e-8 {
			t.Fatalf("there %.9f, back %.9f", got, back)
		}
		if metres > 1 {
			turn := math.Abs(math.Remainder(geo.Bearing(p, q)-bearing, 360))
			if turn*rad*metres > 1e-6 {
				t.Fatalf("Bearing(%v, %v) is off by %g°", p, q, turn)
			}
		}
		if moved := geo.Move(p, bearing, metres); geo.Distance(moved, q) > 1e-6 {
			t.Fatalf("Move(%v, %v, %v) = %v, want %v", p, bearing, metres, moved, q)
		}
	})
}

func TestDistanceHoldsFarAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPoint(t, 50)
		bearing := rapid.Float64Range(20, 160).Draw(t, "bearing")
		metres := rapid.Float64Range(1e5, 3e6).Draw(t, "metres")
		q := travel(p, bearing, metres, 2000)
		if got := geo.Distance(p, q); math.Abs(got-metres) > 1e-3 {
			t.Fatalf("got %.6f, want %.6f", got, metres)
		}
		if moved := geo.Move(p, bearing, metres); geo.Distance(moved, q) > 1e-3 {
			t.Fatalf("Move is off by %.6f m", geo.Distance(moved, q))
		}
	})
}

func TestMoveAndDistanceAgreeUpToTheFarSideOfTheEarth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPoint(t, 89)
		bearing := rapid.Float64Range(0, 360).Draw(t, "bearing")
		metres := rapid.Float64Range(1, 19.5e6).Draw(t, "metres")
		if got := geo.Distance(p, geo.Move(p, bearing, metres)); math.Abs(got-metres) > 1e-3 {
			t.Fatalf("got %.6f, want %.6f", got, metres)
		}
	})
}

func TestDistanceAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		name      string
		a, b      geo.Point
		want, tol float64
	}{
		{"is nothing from a point to itself", geo.Point{Lon: 105.9, Lat: 18.4}, geo.Point{Lon: 105.9, Lat: 18.4}, 0, 0},
		{"is nothing from 180° east to 180° west", geo.Point{Lon: 180, Lat: 10}, geo.Point{Lon: -180, Lat: 10}, 0, 1e-6},
		{"goes the short way across the antimeridian", geo.Point{Lon: 179.5}, geo.Point{Lon: -179.5}, wgsA * rad, 1e-3},
		{"is nothing between two names of the pole", geo.Point{Lon: 12, Lat: 90}, geo.Point{Lon: 99, Lat: 90}, 0, 1e-6},
		{"is half a meridian for antipodes", geo.Point{}, geo.Point{Lon: 180}, 2 * 10001965.729, 1e-3},
		{"is right for near-antipodes along a meridian", geo.Point{Lat: -80}, geo.Point{Lat: 80}, 2 * meridian(0, 80), 1e-3},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := geo.Distance(c.a, c.b); !(math.Abs(got-c.want) <= c.tol) {
				t.Errorf("got %v, want %v ± %v", got, c.want, c.tol)
			}
		})
	}
	if got := geo.Distance(geo.Point{Lon: math.NaN()}, geo.Point{}); !math.IsNaN(got) {
		t.Errorf("a distance from nowhere is %v, want NaN", got)
	}
}

func TestBearingReadsTheCompass(t *testing.T) {
	p := geo.Point{Lon: 105.9, Lat: 18.37}
	for _, c := range []struct {
		name string
		to   geo.Point
		want float64
	}{
		{"north", geo.Point{Lon: 105.9, Lat: 18.38}, 0},
		{"east", geo.Point{Lon: 105.9001, Lat: 18.37}, 90},
		{"south", geo.Point{Lon: 105.9, Lat: 18.36}, 180},
		{"west", geo.Point{Lon: 105.8999, Lat: 18.37}, 270},
		{"nowhere", p, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := geo.Bearing(p, c.to)
			if got < 0 || got >= 360 || math.Abs(math.Remainder(got-c.want, 360)) > 1e-4 {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestMoveGoesBackWithANegativeDistance(t *testing.T) {
	p := geo.Point{Lon: 179.9999, Lat: 18.37}
	q := geo.Move(p, 70, 500)
	if q.Lon > 180 || q.Lon < -180 {
		t.Errorf("longitude %v is not between -180 and 180", q.Lon)
	}
	back := geo.Move(q, geo.Bearing(q, p)+180, -500)
	if d := geo.Distance(back, p); d > 1e-6 {
		t.Errorf("came back %v m off", d)
	}
	if geo.Move(p, 33, 0) != p {
		t.Error("moving by nothing moved")
	}
}

func anyPoint(t *rapid.T, latitude float64) geo.Point {
	return geo.Point{
		Lon: rapid.Float64Range(-180, 180).Draw(t, "lon"),
		Lat: rapid.Float64Range(-latitude, latitude).Draw(t, "lat"),
	}
}
