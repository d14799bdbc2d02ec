package coverage_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/phukin/phukin/hub/coverage"
	"pgregory.net/rapid"
)

// hfov is the horizontal field of view of a sensor behind a lens, degrees.
func hfov(sensor, focal float64) float64 { return 2 * math.Atan(sensor/(2*focal)) * 180 / math.Pi }

// The check value of DOMAIN §3: 1920 pixels, sensor 5.4 mm, lens 4 mm.
func TestReachMatchesTheCheckValue(t *testing.T) {
	fov := hfov(5.4, 4)
	if math.Abs(fov-68.0) > 0.05 {
		t.Fatalf("the field of view is %.2f°, want 68.0°", fov)
	}
	for _, c := range []struct{ density, want float64 }{{25, 56.89}, {62.5, 22.76}, {125, 11.38}, {250, 5.69}} {
		t.Run(fmt.Sprintf("at %v px/m it is %v m", c.density, c.want), func(t *testing.T) {
			if got := coverage.Reach(1920, fov, c.density); math.Abs(got-c.want) > 0.005 {
				t.Errorf("got %.4f", got)
			}
			if other := 1920 * 4 / (5.4 * c.density); math.Abs(other-c.want) > 0.005 {
				t.Errorf("by focal length it is %.4f", other)
			}
		})
	}
}

func TestReachOfUnusualEyes(t *testing.T) {
	for _, c := range []struct {
		name         string
		width        int
		fov, density float64
		want         float64
	}{
		{"a right angle sees half its pixels per metre and metre", 1000, 90, 25, 20},
		{"two thirds of half around is the widest flat picture", 1000, 120, 25, 1000 / (2 * math.Sqrt(3) * 25)},
		{"half around reaches as far as that", 1000, 180, 25, 1000 / (2 * math.Sqrt(3) * 25)},
		{"three quarters around, pixels lie on an arc", 4000, 270, 25, 4000 / (1.5 * math.Pi * 25)},
		{"all around, pixels lie on a circle", 4000, 360, 25, 4000 / (2 * math.Pi * 25)},
		{"no pixels", 0, 90, 25, 0},
		{"fewer than no pixels", -5, 90, 25, 0},
		{"no field of view", 1920, 0, 25, 0},
		{"more than all around", 1920, 361, 25, 0},
		{"no density", 1920, 90, 0, 0},
		{"no number", 1920, math.NaN(), 25, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := coverage.Reach(c.width, c.fov, c.density); math.Abs(got-c.want) > 1e-6 {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestMorePixelsReachFartherAndMoreDensityLessFar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(160, 8000).Draw(t, "width")
		fov := rapid.Float64Range(1, 360).Draw(t, "fov")
		density := rapid.Float64Range(1, 1500).Draw(t, "density")
		d := coverage.Reach(width, fov, density)
		if !(d > 0) || !(coverage.Reach(width+1, fov, density) > d) || !(coverage.Reach(width, fov, density*1.01) < d) {
			t.Fatalf("reach %v does not move as it should", d)
		}
	})
}

func TestAWiderViewNeverReachesFartherAndDoesNotJump(t *testing.T) {
	last := coverage.Reach(1920, 0.5, 25)
	for fov := 0.5; fov <= 360; fov += 0.01 {
		d := coverage.Reach(1920, fov, 25)
		if d > last || last-d > 0.02*last {
			t.Fatalf("at %.2f° it is %v m, after %v m", fov, d, last)
		}
		last = d
	}
}

func TestGroundRangeIsTheOtherLegOfTheTriangle(t *testing.T) {
	for _, c := range []struct {
		name                string
		reach, height, want float64
	}{
		{"three, four, five", 5, 3, 4},
		{"a low camera loses little", 56.89, 4, math.Sqrt(56.89*56.89 - 16)},
		{"no height, no loss", 56.89, 0, 56.89},
		{"a depth counts as no height", 56.89, -2, 56.89},
		{"as high as it reaches sees no ground", 6, 6, 0},
		{"higher than it reaches sees no ground", 5.69, 6, 0},
		{"no reach", 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := coverage.GroundRange(c.reach, c.height); math.Abs(got-c.want) > 1e-9 {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
