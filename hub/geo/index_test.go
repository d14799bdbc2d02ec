package geo_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/phukin/phukin/hub/geo"
	"pgregory.net/rapid"
)

// lines draws lines near each other, some of more than one piece of the index.
func lines(t *rapid.T) []*geo.Line {
	middle := geo.Point{
		Lon: rapid.SampledFrom([]float64{105.9, 179.995, -179.995}).Draw(t, "lon"),
		Lat: rapid.SampledFrom([]float64{18.37, 0, -60, 89.9}).Draw(t, "lat"),
	}
	var out []*geo.Line
	for range rapid.IntRange(1, 8).Draw(t, "lines") {
		p := geo.Move(middle, rapid.Float64Range(0, 360).Draw(t, "where"), rapid.Float64Range(0, 2000).Draw(t, "how far"))
		course := rapid.Float64Range(0, 360).Draw(t, "course")
		points := []geo.Point{p}
		for range rapid.IntRange(1, 40).Draw(t, "segments") {
			course += rapid.Float64Range(-60, 60).Draw(t, "turn")
			p = geo.Move(p, course, rapid.Float64Range(1, 150).Draw(t, "metres"))
			points = append(points, p)
		}
		if l, err := geo.NewLine(points); err == nil { // one across the antimeridian is refused
			out = append(out, l)
		}
	}
	return out
}

func TestTheIndexFindsWhatEveryLineFindsByItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := lines(t)
		x := geo.NewIndex(lines)
		for range 10 {
			apex := geo.Point{Lon: 105.9, Lat: 18.37}
			if len(lines) > 0 {
				l := rapid.SampledFrom(lines).Draw(t, "near")
				apex = geo.Move(l.At(rapid.Float64Range(0, l.Length()).Draw(t, "at")), rapid.Float64Range(0, 360).Draw(t, "direction"), rapid.Float64Range(0, 60).Draw(t, "away"))
			}
			s := geo.Sector{Apex: apex,
				Azimuth: rapid.Float64Range(0, 360).Draw(t, "azimuth"), FOV: rapid.Float64Range(0, 360).Draw(t, "fov"),
				Radius: rapid.OneOf(rapid.Float64Range(0, 300), rapid.Float64Range(0, 3000)).Draw(t, "radius")}
			var want []geo.Hit
			for i, l := range lines {
				for _, v := range l.Inside(s, nil) {
					want = append(want, geo.Hit{Line: i, Interval: v})
				}
			}
			got := x.Inside(s, nil)
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
				t.Fatalf("%+v: %s", s, diff)
			}
		}
	})
}

func TestTheIndexTakesWhatIsOfNoUse(t *testing.T) {
	l := corner(t)
	seen := geo.Sector{Apex: l.At(500), Azimuth: 90, FOV: 90, Radius: 100}
	if got := geo.NewIndex(nil).Inside(seen, nil); got != nil {
		t.Errorf("no lines: %v", got)
	}
	x := geo.NewIndex([]*geo.Line{l})
	nan := math.NaN()
	for _, s := range []geo.Sector{{}, {Apex: geo.Point{Lon: nan, Lat: nan}, FOV: 90, Radius: 10},
		{Apex: l.At(500), FOV: 90, Radius: math.Inf(1), Azimuth: nan}, {Apex: l.At(500), FOV: nan, Radius: nan}} {
		if got := x.Inside(s, nil); got != nil {
			t.Errorf("%+v: %v", s, got)
		}
	}
	dst := make([]geo.Hit, 0, 4)
	if n := testing.AllocsPerRun(100, func() { dst = x.Inside(seen, dst[:0]) }); n != 0 || len(dst) != 1 {
		t.Errorf("%v allocations for %v", n, dst)
	}
}

func FuzzInside(f *testing.F) {
	f.Add(105.9, 18.37, 0.001, 0.0, 0.002, 0.001, 105.9005, 18.3701, 90.0, 68.0, 56.89)
	f.Add(-180.0, 89.9, 0.0, 0.1, 10.0, 0.0, 180.0, 90.0, 0.0, 360.0, 2000.0)
	f.Add(0.0, 0.0, 1e-9, 0.0, 0.0, 1e-9, 0.0, 0.0, 720.0, 180.0, 1e300)
	f.Fuzz(func(t *testing.T, lon, lat, dx1, dy1, dx2, dy2, alon, alat, azimuth, fov, radius float64) {
		l, err := geo.NewLine([]geo.Point{{Lon: lon, Lat: lat}, {Lon: lon + dx1, Lat: lat + dy1}, {Lon: lon + dx2, Lat: lat + dy2}})
		if err != nil {
			return
		}
		s := geo.Sector{Apex: geo.Point{Lon: alon, Lat: alat}, Azimuth: azimuth, FOV: fov, Radius: radius}
		last := 0.0
		for i, v := range l.Inside(s, nil) {
			if !(v.From < v.To) || v.From < 0 || v.To > l.Length() || i > 0 && v.From < last {
				t.Fatalf("%v of a line of %v m", l.Inside(s, nil), l.Length())
			}
			last = v.To
		}
		geo.NewIndex([]*geo.Line{l}).Inside(s, nil) // must not crash
		if at, off := l.Project(s.Apex); !(at >= 0 && at <= l.Length()) && !math.IsNaN(alon+alat) && !math.IsInf(alon, 0) && !math.IsInf(alat, 0) {
			t.Fatalf("projected to %v, %v", at, off)
		}
	})
}
