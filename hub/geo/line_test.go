package geo_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/phukin/phukin/hub/geo"
	"pgregory.net/rapid"
)

func mustLine(t testing.TB, points ...geo.Point) *geo.Line {
	t.Helper()
	l, err := geo.NewLine(points)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// anyLine draws a line of 1 to 12 segments, 0.5 to 120 m long, that starts near
// a latitude.
func anyLine(t *rapid.T, latitude float64) *geo.Line {
	p := geo.Point{Lon: rapid.Float64Range(-170, 170).Draw(t, "lon"), Lat: latitude}
	points := []geo.Point{p}
	bearing := rapid.Float64Range(0, 360).Draw(t, "course")
	for range rapid.IntRange(1, 12).Draw(t, "segments") {
		bearing += rapid.Float64Range(-120, 120).Draw(t, "turn")
		p = geo.Move(p, bearing, rapid.Float64Range(0.5, 120).Draw(t, "metres"))
		points = append(points, p)
	}
	l, err := geo.NewLine(points)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestNewLineRefusesWhatIsNoLine(t *testing.T) {
	a, b := geo.Point{Lon: 105.9, Lat: 18.37}, geo.Point{Lon: 105.91, Lat: 18.37}
	for _, c := range []struct {
		name   string
		points []geo.Point
		want   []string // parts of the error
	}{
		{"no points", nil, []string{"at least 2 points", "not 0"}},
		{"one point", []geo.Point{a}, []string{"at least 2 points", "not 1"}},
		{"a point that is not finite", []geo.Point{a, {Lon: math.NaN(), Lat: 18}}, []string{"point 1", "not finite"}},
		{"an infinite latitude", []geo.Point{a, b, {Lon: 105, Lat: math.Inf(1)}}, []string{"point 2", "not finite"}},
		{"latitude before longitude", []geo.Point{{Lon: 18.37, Lat: 105.9}, a}, []string{"point 0", "latitude 105.9", "the longitude comes first"}},
		{"a latitude past the pole", []geo.Point{a, {Lon: 105.9, Lat: -91}}, []string{"point 1", "latitude -91", "-90 and 90"}},
		{"metres of a projected grid", []geo.Point{{Lon: 595000, Lat: 18}, a}, []string{"point 0", "longitude 595000", "-180 and 180"}},
		{"a point given twice in a row", []geo.Point{a, b, b, a}, []string{"point 2", "repeats point 1", "leave one"}},
		{"two names of the antimeridian", []geo.Point{{Lon: 180}, {Lon: -180}}, []string{"point 1", "antimeridian"}},
		{"a crossing of the antimeridian", []geo.Point{{Lon: 179.9}, {Lon: -179.9}}, []string{"point 1", "antimeridian"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := geo.NewLine(c.points)
			if err == nil {
				t.Fatalf("was accepted: %v", l.Points())
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

func TestLineKeepsItsPointsToItself(t *testing.T) {
	points := []geo.Point{{Lon: 105.9, Lat: 18.37}, {Lon: 105.91, Lat: 18.37}}
	given := slices.Clone(points)
	l := mustLine(t, given...)
	given[0].Lat = 0
	l.Points()[1].Lat = 0
	if diff := cmp.Diff(points, l.Points()); diff != "" {
		t.Error(diff)
	}
}

// An L of 1000 m to the east and 500 m to the north.
func corner(t *testing.T) *geo.Line {
	a := geo.Point{Lon: 105.9, Lat: 18.37}
	b := geo.Move(a, 90, 1000)
	return mustLine(t, a, b, geo.Move(b, 0, 500))
}

func TestLineFindsPlacesOnAnL(t *testing.T) {
	l := corner(t)
	points := l.Points()
	bend := geo.Distance(points[0], points[1]) // 1000 m but for the last digit
	if math.Abs(l.Length()-1500) > 1e-6 {
		t.Errorf("length %v m, want 1500", l.Length())
	}
	for _, c := range []struct {
		name    string
		d       float64
		from    geo.Point // the place is metres along bearing from here
		bearing float64
		metres  float64
		course  float64
	}{
		{"before the start is the start", -3, points[0], 0, 0, 90},
		{"no number is the start", math.NaN(), points[0], 0, 0, 90},
		{"the start", 0, points[0], 0, 0, 90},
		{"on the way east", 250, points[0], 90, 250, 90},
		{"the bend looks ahead", bend, points[1], 0, 0, 0},
		{"on the way north", 1200, points[1], 0, 200, 0},
		{"the end", 1500, points[2], 0, 0, 0},
		{"past the end is the end", 1e9, points[2], 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := geo.Move(c.from, c.bearing, c.metres)
			if off := geo.Distance(l.At(c.d), want); off > 0.02 { // a parallel is no geodesic: 1 cm
				t.Errorf("At is %v m off", off)
			}
			if turn := math.Remainder(l.BearingAt(c.d)-c.course, 360); math.Abs(turn) > 0.01 {
				t.Errorf("BearingAt = %v, want %v", l.BearingAt(c.d), c.course)
			}
		})
	}
}

func TestProjectDropsThePerpendicular(t *testing.T) {
	l := corner(t)
	points := l.Points()
	for _, c := range []struct {
		name       string
		p          geo.Point
		at, offset float64
	}{
		{"left of the way east", geo.Move(l.At(300), 0, 40), 300, 40},
		{"right of the way east", geo.Move(l.At(300), 180, 40), 300, 40},
		{"inside the bend, nearer to the second leg", geo.Move(l.At(1100), 270, 20), 1100, 20},
		{"behind the start", geo.Move(points[0], 270, 30), 0, 30},
		{"past the end", geo.Move(points[2], 0, 30), 1500, 30},
		{"outside the bend", geo.Move(points[1], 135, 25), 1000, 25},
		{"on the line", l.At(700), 700, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, offset := l.Project(c.p)
			if math.Abs(at-c.at) > 0.01 || math.Abs(offset-c.offset) > 0.01 {
				t.Errorf("at %.4f, offset %.4f; want %v, %v", at, offset, c.at, c.offset)
			}
		})
	}
}

func TestProjectFindsTheNearestOfAllSampledPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLine(t, rapid.SampledFrom([]float64{-40, 0, 18.37, 60}).Draw(t, "latitude"))
		p := geo.Move(l.At(rapid.Float64Range(0, l.Length()).Draw(t, "d")),
			rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 200).Draw(t, "metres"))
		at, offset := l.Project(p)
		if at < 0 || at > l.Length() {
			t.Fatalf("at %v is off the line of %v m", at, l.Length())
		}
		if got := geo.Distance(p, l.At(at)); got != offset {
			t.Fatalf("offset %v, but At is %v m away", offset, got)
		}
		for d := 0.0; d <= l.Length(); d += 0.5 {
			if s := geo.Distance(p, l.At(d)); s < offset-0.02 {
				t.Fatalf("said %v m at %v, but at %v it is %v m", offset, at, d, s)
			}
		}
	})
}

func TestDistancesAlongALineAreLengths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLine(t, rapid.SampledFrom([]float64{-60, 0, 18.37, 60}).Draw(t, "latitude"))
		from := rapid.Float64Range(0, l.Length()).Draw(t, "from")
		to := rapid.Float64Range(0, l.Length()).Draw(t, "to")
		points := l.Slice(from, to)
		if to <= from {
			if points != nil {
				t.Fatalf("a stretch of nothing has points %v", points)
			}
			return
		}
		if points[0] != l.At(from) || points[len(points)-1] != l.At(to) {
			t.Fatal("the stretch does not begin and end where it should")
		}
		sum := 0.0
		for i := range points[1:] {
			sum += geo.Distance(points[i], points[i+1])
		}
		if math.Abs(sum-(to-from)) > 1e-3 {
			t.Fatalf("the stretch is %v m long, want %v", sum, to-from)
		}
	})
}

func TestSliceKeepsThePointsBetween(t *testing.T) {
	l := corner(t)
	p := l.Points()
	bend := geo.Distance(p[0], p[1]) // 1000 m but for the last digit
	for _, c := range []struct {
		name     string
		from, to float64
		want     []geo.Point
	}{
		{"around the bend", 900, 1100, []geo.Point{l.At(900), p[1], l.At(1100)}},
		{"up to the bend, which is not given twice", 900, bend, []geo.Point{l.At(900), p[1]}},
		{"from the bend", bend, 1100, []geo.Point{p[1], l.At(1100)}},
		{"the whole line, and no more than that", -5, 9999, p},
		{"nothing at one place", 700, 700, nil},
		{"nothing backwards", 800, 700, nil},
		{"nothing off the line", 1600, 1700, nil},
		{"nothing from no number", math.NaN(), 700, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, l.Slice(c.from, c.to)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The package comment bounds by how much sharing out the distance evenly
// misplaces the middle of a long segment.
func TestTheMiddleOfASegmentIsAsGoodAsPromised(t *testing.T) {
	for _, lat := range []float64{18.37, 60} {
		for _, length := range []float64{500, 5000} {
			for bearing := 5.0; bearing < 360; bearing += 10 {
				a := geo.Point{Lon: 105.9, Lat: lat}
				b := geo.Move(a, bearing, length)
				l := mustLine(t, a, b)
				// The true half: the same course in many short segments.
				var fine []geo.Point
				for i := range 1001 {
					s := float64(i) / 1000
					fine = append(fine, geo.Point{Lon: a.Lon + s*(b.Lon-a.Lon), Lat: a.Lat + s*(b.Lat-a.Lat)})
				}
				exact := mustLine(t, fine...)
				off := geo.Distance(l.At(length/2), exact.At(exact.Length()/2))
				if bound := length*length*math.Tan(lat*rad)/(20*wgsA)*1.1 + 1e-4; off > bound {
					t.Errorf("%v m at %v° north, bearing %v: middle is %.4f m off, promised %.4f", length, lat, bearing, off, bound)
				}
			}
		}
	}
}

func TestLookingUpPlacesDoesNotAllocate(t *testing.T) {
	l := corner(t)
	c, err := geo.NewCalibration(l.Length(), []geo.Post{{At: 100, Chainage: 4000}, {At: 1000, Chainage: 5000}})
	if err != nil {
		t.Fatal(err)
	}
	p, sum := l.At(700), 0.0
	if n := testing.AllocsPerRun(100, func() {
		at, off := l.Project(p)
		sum += off + c.Chainage(at) + c.At(4500) + l.At(at).Lon + l.BearingAt(at) + geo.Distance(p, l.At(3))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whatever the posts, a chainage that was found at a place leads back to it, and
// farther along the line the chainage is never less.
func FuzzCalibration(f *testing.F) {
	f.Add(1500.0, 100.0, 4000.0, 1000.0, 5000.0, 700.0, 3.0)
	f.Add(1.0, 0.0, -5.0, 1.0, 1e9, -1e6, 1e6)
	f.Fuzz(func(t *testing.T, length, at1, ch1, at2, ch2, d, more float64) {
		c, err := geo.NewCalibration(length, []geo.Post{{At: at1, Chainage: ch1}, {At: at2, Chainage: ch2}})
		if err != nil || !(math.Abs(d) < 1e7) || !(more >= 0 && more < 1e7) || math.Abs(ch1) > 1e8 || math.Abs(ch2) > 1e8 || length > 1e7 {
			return
		}
		a, b := c.Chainage(d), c.Chainage(d+more)
		if a > b+1e-6 {
			t.Fatalf("chainage %v at %v m, %v at %v m", a, d, b, d+more)
		}
		slope := max(1, (at2-at1)/(ch2-ch1)) // metres of line for a metre of chainage
		if back := c.At(a); math.Abs(back-d) > 1e-6+slope*1e-6 {
			t.Fatalf("%v m has chainage %v, which is at %v m", d, a, back)
		}
	})
}
