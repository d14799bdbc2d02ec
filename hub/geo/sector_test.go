package geo_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/phukin/phukin/hub/geo"
	"pgregory.net/rapid"
)

// A straight road of 1000 m to the east. The answers below are school
// geometry: an eye 30 m to the side that looks square across sees 30·tan(FOV/2)
// to either hand; a radius of 50 m makes a chord of 2·40 m.
func TestInsideOnAStraightRoad(t *testing.T) {
	start := geo.Point{Lon: 105.9, Lat: 18.37}
	east := func(metres float64) geo.Point { // along the parallel, see DOMAIN §3
		return geo.Point{Lon: start.Lon + metres/105681.92, Lat: start.Lat}
	}
	road := mustLine(t, start, east(400), east(700), east(1000))
	on := road.At(500)
	south := geo.Move(on, 180, 30)
	type I = geo.Interval
	for _, c := range []struct {
		name   string
		sector geo.Sector
		want   []I
	}{
		{"square across, held by the angle", geo.Sector{Apex: south, Azimuth: 0, FOV: 90, Radius: 100}, []I{{470, 530}}},
		{"square across, held by the radius", geo.Sector{Apex: south, Azimuth: 0, FOV: 170, Radius: 50}, []I{{460, 540}}},
		{"azimuth past the full circle", geo.Sector{Apex: south, Azimuth: 360, FOV: 90, Radius: 100}, []I{{470, 530}}},
		{"turned away", geo.Sector{Apex: south, Azimuth: 180, FOV: 90, Radius: 100}, nil},
		{"too short by a metre", geo.Sector{Apex: south, Azimuth: 0, FOV: 90, Radius: 29}, nil},
		{"a circle that ends at the road", geo.Sector{Apex: south, Azimuth: 0, FOV: 360, Radius: 29.9999}, nil},
		{"all around", geo.Sector{Apex: south, Azimuth: 77, FOV: 360, Radius: 50}, []I{{460, 540}}},
		{"half around, looking along", geo.Sector{Apex: south, Azimuth: 90, FOV: 180, Radius: 50}, []I{{500, 540}}},
		{"three quarters around, away from the road", geo.Sector{Apex: south, Azimuth: 180, FOV: 270, Radius: 50}, []I{{460, 470}, {530, 540}}},
		{"on the road, looking along it", geo.Sector{Apex: on, Azimuth: 90, FOV: 40, Radius: 60}, []I{{500, 560}}},
		{"on the road, looking back", geo.Sector{Apex: on, Azimuth: 270, FOV: 40, Radius: 60}, []I{{440, 500}}},
		{"on the road, looking off it", geo.Sector{Apex: on, Azimuth: 0, FOV: 40, Radius: 60}, nil},
		{"on the road, border along it", geo.Sector{Apex: on, Azimuth: 60, FOV: 60, Radius: 60}, []I{{500, 560}}},
		{"on the road, half around, border along it", geo.Sector{Apex: on, Azimuth: 0, FOV: 180, Radius: 60}, []I{{440, 560}}},
		{"on the road, blind in a slit behind", geo.Sector{Apex: on, Azimuth: 90, FOV: 359, Radius: 60}, []I{{500, 560}}},
		{"over the bend points in one piece", geo.Sector{Apex: on, Azimuth: 270, FOV: 20, Radius: 300}, []I{{200, 500}}},
		{"at the start of the road", geo.Sector{Apex: start, Azimuth: 90, FOV: 68, Radius: 56.89}, []I{{0, 56.89}}},
		{"past the end of the road", geo.Sector{Apex: road.At(1000), Azimuth: 90, FOV: 68, Radius: 50}, nil},
		{"the whole road and more", geo.Sector{Apex: on, Azimuth: 90, FOV: 360, Radius: 2000}, []I{{0, 1000}}},
		{"no field of view", geo.Sector{Apex: on, Azimuth: 90, FOV: 0, Radius: 50}, nil},
		{"no radius", geo.Sector{Apex: on, Azimuth: 90, FOV: 90, Radius: 0}, nil},
		{"no number", geo.Sector{Apex: on, Azimuth: math.NaN(), FOV: math.NaN(), Radius: math.NaN()}, nil},
		{"an azimuth that is no number", geo.Sector{Apex: on, Azimuth: math.NaN(), FOV: 90, Radius: 50}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := road.Inside(c.sector, nil)
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty(), cmpopts.EquateApprox(0, 0.03)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInsideAgreesWithSamplingEveryTenCentimetres(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		latitude := rapid.SampledFrom([]float64{-45, 0, 18.37, 60}).Draw(t, "latitude")
		l := anyLine(t, latitude)
		apex := l.At(rapid.Float64Range(0, l.Length()).Draw(t, "beside"))
		if rapid.Bool().Draw(t, "off the line") {
			apex = geo.Move(apex, rapid.Float64Range(0, 360).Draw(t, "direction"), rapid.Float64Range(0, 150).Draw(t, "away"))
		}
		s := geo.Sector{
			Apex:    apex,
			Azimuth: rapid.Float64Range(0, 360).Draw(t, "azimuth"),
			FOV: rapid.OneOf(rapid.Float64Range(1, 360),
				rapid.SampledFrom([]float64{90, 180, 270, 359.5, 360})).Draw(t, "fov"),
			Radius: rapid.Float64Range(1, 300).Draw(t, "radius"),
		}
		got := l.Inside(s, nil)
		for i, v := range got {
			if !(v.From < v.To) || v.From < 0 || v.To > l.Length() || i > 0 && v.From <= got[i-1].To {
				t.Fatalf("%v is not in order, apart and on the line of %v m", got, l.Length())
			}
		}

		const step = 0.1
		next, seen, unsure := 0, 0, 0
		for d := step / 2; d < l.Length(); d += step {
			inside, sure := visible(s, l.At(d))
			if !sure {
				unsure++
				continue
			}
			if inside {
				seen++
			}
			for next < len(got) && got[next].To < d {
				next++
			}
			said := next < len(got) && got[next].From <= d
			if said != inside {
				t.Fatalf("at %.2f m: in view is %v, but intervals are %v\n%+v\n%v", d, inside, got, s, l.Points())
			}
		}
		low, high := float64(seen)*step, float64(seen+unsure)*step
		if slack := step * float64(len(got)+1); geo.Total(got) < low-slack || geo.Total(got) > high+slack {
			t.Fatalf("intervals make %.2f m, samples %.2f to %.2f m", geo.Total(got), low, high)
		}
	})
}

// visible is the oracle: distance and bearing on the ellipsoid, no plane. It
// is not sure nearer to the border than the plane's promised error.
func visible(s geo.Sector, p geo.Point) (inside, sure bool) {
	r := geo.Distance(s.Apex, p)
	slack := 0.6*r*r*math.Abs(math.Tan(p.Lat*rad))/wgsA + 0.001
	turn := math.Abs(math.Remainder(geo.Bearing(s.Apex, p)-s.Azimuth, 360))
	inAngle := turn <= s.FOV/2
	if math.Abs(r-s.Radius) < slack || r < slack {
		return false, false
	}
	if s.FOV < 360 && math.Abs(turn-s.FOV/2)*rad*r < slack {
		return false, r > s.Radius
	}
	return r <= s.Radius && (inAngle || s.FOV >= 360), true
}

func TestInsideAppendsAndDoesNotAllocate(t *testing.T) {
	l := corner(t)
	s := geo.Sector{Apex: l.At(500), Azimuth: 90, FOV: 90, Radius: 100}
	before := geo.Interval{From: 400, To: 501} // must not be merged with
	dst := append(make([]geo.Interval, 0, 8), before)
	dst = l.Inside(s, dst)
	if len(dst) != 2 || dst[0] != before || math.Abs(dst[1].To-600) > 0.02 {
		t.Fatalf("got %v", dst)
	}
	if n := testing.AllocsPerRun(100, func() { dst = l.Inside(s, dst[:1]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkInside(b *testing.B) {
	p := geo.Point{Lon: 105.9, Lat: 18.37}
	points := []geo.Point{p}
	for i := range 300 {
		p = geo.Move(p, 90+30*math.Sin(float64(i)), 50)
		points = append(points, p)
	}
	l := mustLine(b, points...)
	s := geo.Sector{Apex: l.At(7000), Azimuth: 90, FOV: 68, Radius: 57}
	dst := make([]geo.Interval, 0, 16)
	for b.Loop() {
		dst = l.Inside(s, dst[:0])
	}
}
