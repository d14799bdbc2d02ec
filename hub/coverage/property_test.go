package coverage_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/coverage/coveragetest"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"pgregory.net/rapid"
)

// network draws a plan of 1 to 3 winding routes within some hundred metres,
// with junctions, gateways, and cameras on and beside them.
func network(t *rapid.T) *plan.Plan {
	p := &plan.Plan{}
	middle := geo.Point{Lon: 105.9, Lat: rapid.SampledFrom([]float64{-35, 0, 18.37, 60}).Draw(t, "latitude")}
	for i := range rapid.IntRange(1, 3).Draw(t, "routes") {
		at := geo.Move(middle, rapid.Float64Range(0, 360).Draw(t, "where"), rapid.Float64Range(0, 150).Draw(t, "how far"))
		course := rapid.Float64Range(0, 360).Draw(t, "course")
		points := []geo.Point{at}
		for range rapid.IntRange(1, 4).Draw(t, "segments") {
			course += rapid.Float64Range(-100, 100).Draw(t, "turn")
			at = geo.Move(at, course, rapid.Float64Range(5, 100).Draw(t, "metres"))
			points = append(points, at)
		}
		line, err := geo.NewLine(points)
		if err != nil {
			t.Fatal(err)
		}
		code := fmt.Sprintf("R%d", i)
		p.Routes = append(p.Routes, plan.Route{Code: code, Line: line, Class: rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "class")})
		for k := range rapid.IntRange(0, 3).Draw(t, "junctions") {
			p.Junctions = append(p.Junctions, plan.Junction{Code: fmt.Sprint(code, "J", k), Route: code, At: rapid.Float64Range(0, line.Length()).Draw(t, "at")})
		}
		for k := range rapid.IntRange(0, 2).Draw(t, "gateways") {
			p.Gateways = append(p.Gateways, plan.Gateway{Code: fmt.Sprint(code, "G", k), Route: code, At: rapid.Float64Range(0, line.Length()).Draw(t, "at")})
		}
	}
	for i := range rapid.SampledFrom([]int{4, 6, 2, 1, 0}).Draw(t, "cameras") {
		r := rapid.SampledFrom(p.Routes).Draw(t, "beside")
		s := plan.Site{Code: fmt.Sprint("S", i), Route: r.Code, At: rapid.Float64Range(0, r.Line.Length()).Draw(t, "at"),
			Area: rapid.SampledFrom([]string{"", "X", "Y", "Z"}).Draw(t, "area"),
			Kind: rapid.SampledFrom([]plan.SiteKind{plan.SiteRoute, plan.SiteRoute, plan.SiteSchool}).Draw(t, "kind")}
		s.Position = r.Line.At(s.At)
		if rapid.Bool().Draw(t, "off the line") {
			s.Position = geo.Move(s.Position, rapid.Float64Range(0, 360).Draw(t, "direction"), rapid.Float64Range(0, 30).Draw(t, "away"))
		}
		p.Sites = append(p.Sites, s)
		p.Cameras = append(p.Cameras, plan.Camera{
			Code: fmt.Sprintf("C%d", rapid.IntRange(0, 9).Draw(t, "letter")*10+i), Site: s.Code,
			Azimuth:    rapid.OneOf(rapid.Float64Range(0, 359), rapid.Float64Range(0, 359), rapid.Just(math.NaN())).Draw(t, "azimuth"),
			FOV:        rapid.OneOf(rapid.Float64Range(20, 120), rapid.SampledFrom([]float64{90, 360, 120, 180, 270, 0})).Draw(t, "fov"),
			Width:      rapid.SampledFrom([]int{1920, 3840, 640, 1920, 0}).Draw(t, "width"),
			MountingAt: rapid.SampledFrom([]float64{0, 4, 12}).Draw(t, "mounting"),
		})
	}
	return p
}

// sight is what the oracle says of a camera and a point of the road.
type sight int

const (
	unseen sight = iota
	seen
	unsure // within 2 cm of the border
)

// look is the oracle for one camera and one point, on the ellipsoid, by
// density: the point is seen if there are pixels enough on a metre there.
func look(c *plan.Camera, apex, p geo.Point, density float64) sight {
	if c.FOV == 0 || c.Width == 0 || math.IsNaN(c.Azimuth) && c.FOV < 360 {
		return unseen
	}
	const slack = 0.02
	inRange := func(ground float64) bool {
		d := math.Hypot(max(0, ground), c.MountingAt)
		picture := 2 * d * math.Tan(math.Min(c.FOV, 120)*math.Pi/360) // metres across
		if around := d * c.FOV * math.Pi / 180; around > picture {
			picture = around
		}
		return float64(c.Width) >= density*picture && ground <= 1000
	}
	r := geo.Distance(apex, p)
	if !inRange(r - slack) {
		return unseen
	}
	if r < slack {
		return unsure
	}
	beyond := (math.Abs(math.Remainder(geo.Bearing(apex, p)-c.Azimuth, 360)) - c.FOV/2) * math.Pi / 180 * r
	switch {
	case c.FOV < 360 && beyond > slack:
		return unseen
	case c.FOV < 360 && beyond > -slack, !inRange(r + slack):
		return unsure
	}
	return seen
}

const step = 0.1 // metres between samples

// samples are what the cameras that count see of a route, every step.
type samples struct {
	length float64
	by     map[string][]sight // by camera
}

func sample(p *plan.Plan, density float64, counted map[string]bool, line *geo.Line) samples {
	s := samples{line.Length(), map[string][]sight{}}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		if !counted[c.Code] {
			continue
		}
		for _, site := range p.Sites {
			if site.Code != c.Site {
				continue
			}
			for d := step / 2; d < s.length; d += step {
				s.by[c.Code] = append(s.by[c.Code], look(c, site.Position, line.At(d), density))
			}
		}
	}
	return s
}

// within gives the least and the most that may be in view between two
// distances: each border may be a step and a hair off.
func (s samples) within(from, to float64) (low, high float64) {
	last := unseen
	for k, d := 0, step/2; d < s.length; k, d = k+1, d+step {
		if d < from || d > to {
			continue
		}
		best := unseen
		for _, by := range s.by {
			if by[k] == seen || by[k] == unsure && best == unseen {
				best = by[k]
			}
		}
		switch best {
		case seen:
			low, high = low+step, high+step
		case unsure:
			high += step
		}
		if best != last {
			low, high, last = low-step-coverage.Tolerance, high+step+coverage.Tolerance, best
		}
	}
	return low - 2*(step+coverage.Tolerance), high + 2*(step+coverage.Tolerance)
}

// run is a piece of road in view of one camera.
type run struct{ from, to float64 }

// runs gives the pieces that a camera has in view between two distances: only
// what is sure, or also what may be. Pieces a tolerance apart are one.
func (s samples) runs(code string, from, to float64, least sight) (out []run) {
	for k, d := 0, step/2; d < s.length; k, d = k+1, d+step {
		if by := s.by[code]; d < from || d > to || by[k] != seen && (least == seen || by[k] == unseen) {
			continue
		}
		if n := len(out); n > 0 && d-out[n-1].to < step+1e-9 {
			out[n-1].to = d
		} else {
			out = append(out, run{d, d})
		}
	}
	return out
}

func TestCoverAgreesWithSamplingEveryTenCentimetres(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := network(t)
		counted := map[string]bool{}
		for _, c := range p.Cameras {
			counted[c.Code] = rapid.IntRange(0, 3).Draw(t, "counts") > 0
		}
		level := plan.Level{Code: "x", Density: rapid.SampledFrom([]float64{12, 25, 62.5}).Draw(t, "density")}
		eye, err := coverage.NewEye(p, level, nil)
		if err != nil {
			t.Fatal(err)
		}
		res := eye.Cover(func(c *plan.Camera) bool { return counted[c.Code] })
		areas := map[string][3]float64{}
		for i, r := range res.Routes {
			if r.Code != p.Routes[i].Code {
				t.Fatalf("route %d is %s", i, r.Code)
			}
			s := sample(p, level.Density, counted, p.Routes[i].Line)
			checkRoute(t, p, s, counted, r)
			checkGaps(t, r)
			addAreas(p, s, r.Code, areas)
		}
		checkSums(t, res)
		for _, a := range res.Areas {
			want := areas[a.Code]
			slack := 2.0 * float64(len(p.Routes)*(len(p.Sites)+1)) // borders between sites, and of views
			if !sitesAtOnePlace(p) && (math.Abs(a.Length-want[0]) > slack || a.InView < want[1]-slack || a.InView > want[1]+want[2]+slack) {
				t.Fatalf("area %q: %.2f m, %.2f m in view; samples %.2f, %.2f and perhaps %.2f more", a.Code, a.Length, a.InView, want[0], want[1], want[2])
			}
		}

		// The order of the rows does not matter.
		slices.Reverse(p.Cameras)
		slices.Reverse(p.Junctions)
		slices.Reverse(p.Gateways)
		again, err := coverage.NewEye(p, level, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(res, again.Cover(func(c *plan.Camera) bool { return counted[c.Code] })); diff != "" {
			t.Fatal(diff)
		}
	})
}

func checkRoute(t *rapid.T, p *plan.Plan, s samples, counted map[string]bool, r coverage.Route) {
	if low, high := s.within(0, r.Length); r.InView < low || r.InView > high || math.Abs(r.InView-geo.Total(r.View)) > 1e-6 {
		t.Fatalf("%s: %.2f m in view, samples %.2f to %.2f", r.Code, r.InView, low, high)
	}
	for i, v := range r.View {
		if !(v.From < v.To) || v.From < 0 || v.To > r.Length+0.001 || i > 0 && v.From <= r.View[i-1].To+coverage.Tolerance {
			t.Fatalf("%s: views %v of %v m", r.Code, r.View, r.Length)
		}
	}
	const off = 0.5 // metres by which a length of samples may be off
	for _, x := range r.Sections {
		if low, high := s.within(x.From, x.To); x.InView < low || x.InView > high {
			t.Fatalf("%s, %.2f to %.2f: %.2f m in view, samples %.2f to %.2f", r.Code, x.From, x.To, x.InView, low, high)
		}
		if x.Controlled != (len(x.Cameras) > 0) || !slices.IsSorted(x.Cameras) {
			t.Fatalf("controlled is %v by %v", x.Controlled, x.Cameras)
		}
		need := min(coverage.Least, x.To-x.From)
		for code := range s.by {
			sure := slices.ContainsFunc(s.runs(code, x.From, x.To, seen), func(v run) bool { return v.to-v.from >= need+off })
			may := slices.ContainsFunc(s.runs(code, x.From, x.To, unsure), func(v run) bool { return v.to-v.from >= need-off })
			if named := slices.Contains(x.Cameras, code); named && !may || !named && sure {
				t.Fatalf("%s, %.2f to %.2f: named %v, but camera %s sees %v", r.Code, x.From, x.To, x.Cameras, code, s.runs(code, x.From, x.To, unsure))
			}
		}
		for _, code := range x.Cameras {
			if !counted[code] {
				t.Fatalf("camera %s does not count", code)
			}
		}
	}
	for _, g := range r.Gateways {
		if g.InView != (len(g.Cameras) > 0) || !slices.IsSorted(g.Cameras) {
			t.Fatalf("gateway %s in view is %v by %v", g.Code, g.InView, g.Cameras)
		}
		for code := range s.by {
			sure, may := false, false
			for _, x := range r.Sections {
				need := min(coverage.Least, x.To-x.From)
				for _, v := range s.runs(code, x.From, x.To, seen) {
					sure = sure || g.At > x.From && g.At < x.To && v.to-v.from >= need+off && g.At > v.from-4.5 && g.At < v.to+4.5
				}
				for _, v := range s.runs(code, x.From, x.To, unsure) {
					may = may || g.At > x.From-0.2 && g.At < x.To+0.2 && v.to-v.from >= need-off && g.At > v.from-5.5 && g.At < v.to+5.5
				}
			}
			if named := slices.Contains(g.Cameras, code); named && !may || !named && sure {
				t.Fatalf("gateway %s at %v: named %v, camera %s", g.Code, g.At, g.Cameras, code)
			}
		}
	}
}

// addAreas shares out a route by samples: each belongs to the site nearest
// along it. An area has its metres, those that are surely in view, and those
// that perhaps are.
func addAreas(p *plan.Plan, s samples, route string, areas map[string][3]float64) {
	for k, d := 0, step/2; d < s.length; k, d = k+1, d+step {
		area, nearest := "", math.Inf(1)
		for _, site := range p.Sites {
			if off := math.Abs(site.At - d); site.Route == route && off < nearest {
				area, nearest = site.Area, off
			}
		}
		sum := areas[area]
		sum[0] += step
		best := unseen
		for _, by := range s.by {
			if by[k] == seen || by[k] == unsure && best == unseen {
				best = by[k]
			}
		}
		switch best {
		case seen:
			sum[1] += step
		case unsure:
			sum[2] += step
		}
		areas[area] = sum
	}
}

// sitesAtOnePlace says whether samples cannot tell which of two sites is the
// nearer one.
func sitesAtOnePlace(p *plan.Plan) bool {
	for i, a := range p.Sites {
		for _, b := range p.Sites[:i] {
			if a.Route == b.Route && a.Area != b.Area && math.Abs(a.At-b.At) < 0.5 {
				return true
			}
		}
	}
	return false
}

// checkSums holds routes, classes and areas against the total: exactly, in
// whole millimetres.
func checkSums(t *rapid.T, res coverage.Result) {
	whole := func(all coverage.Total) coverage.Total {
		for _, m := range []*float64{&all.Length, &all.InView, &all.Controlled} {
			*m = math.Round(*m * 1000)
		}
		return all
	}
	want := whole(res.Total)
	var routes, classes, areas, places coverage.Total
	for _, r := range res.Routes {
		routes.Add(r)
	}
	sum := func(groups []coverage.Group) (all coverage.Total) {
		for _, g := range groups {
			all.Length += g.Length
			all.InView += g.InView
			all.Controlled += g.Controlled
			all.Sections += g.Sections
			all.SectionsControlled += g.SectionsControlled
			all.Gateways += g.Gateways
			all.GatewaysInView += g.GatewaysInView
			all.Places += g.Places
			all.PlacesCovered += g.PlacesCovered
		}
		return all
	}
	classes, areas = sum(res.Classes), sum(res.Areas)
	for _, x := range res.Places {
		places.Places++
		if x.Covered {
			places.PlacesCovered++
		}
	}
	routes.Places, routes.PlacesCovered = places.Places, places.PlacesCovered
	classes.Places, classes.PlacesCovered = places.Places, places.PlacesCovered
	for name, got := range map[string]coverage.Total{"routes": routes, "classes": classes, "areas": areas} {
		if diff := cmp.Diff(want, whole(got)); diff != "" {
			t.Fatalf("%s: %s", name, diff)
		}
	}
}

func checkGaps(t *rapid.T, r coverage.Route) {
	tile := func(what string, have float64, gaps []coverage.Gap) {
		sum := have
		for i, g := range gaps {
			sum += g.Length()
			if i > 0 && g.Length() > gaps[i-1].Length()+1e-6 {
				t.Fatalf("%s: gaps %v are not longest first", what, gaps)
			}
			if g.Route != r.Code || g.From < 0 || g.To > r.Length || !(g.From < g.To) {
				t.Fatalf("%s: gap %+v is not on route %s", what, g, r.Code)
			}
		}
		if math.Round(sum*1000) != math.Round(r.Length*1000) {
			t.Fatalf("%s: %v m and the gaps %v make %v m of %v", what, have, gaps, sum, r.Length)
		}
	}
	tile("in view", r.InView, r.GapsInView)
	tile("control", r.Controlled, r.GapsOfControl)
	for _, g := range r.GapsInView {
		for _, v := range r.View {
			if v.From < g.To && g.From < v.To {
				t.Fatalf("gap %+v and view %+v overlap", g, v)
			}
		}
	}
	for _, s := range r.Sections {
		in := 0
		for _, g := range r.GapsOfControl {
			if g.From <= s.From && s.To <= g.To {
				in++
			}
		}
		if in == 1 == s.Controlled || in > 1 {
			t.Fatalf("section %+v is in %d gaps of control", s, in)
		}
	}
}

func TestABoardKeepsUpWithCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := network(t)
		eye, err := coverage.NewEye(p, plan.Level{Code: "x", Density: 12}, nil)
		if err != nil {
			t.Fatal(err)
		}
		board := eye.Board()
		for range rapid.IntRange(0, 12).Draw(t, "changes") {
			if eye.Cameras() > 0 {
				board.Set(rapid.IntRange(0, eye.Cameras()-1).Draw(t, "camera"), rapid.Bool().Draw(t, "counts"))
			}
			i := 0
			res := eye.Cover(func(c *plan.Camera) bool {
				if eye.Camera(i) != c {
					t.Fatalf("camera %d is %s, not %s", i, eye.Camera(i).Code, c.Code)
				}
				i++
				return board.Counts(i - 1)
			})
			if diff := cmp.Diff(res.Total, board.Total()); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(res.Classes, board.Classes()); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(res.Areas, board.Areas()); diff != "" {
				t.Fatal(diff)
			}
			for k := range res.Routes {
				r := &res.Routes[k]
				got := board.Route(k)
				if got.InView != r.InView || got.Controlled != r.Controlled || got.Sections != len(r.Sections) || got.Gateways != len(r.Gateways) {
					t.Fatalf("route %s: %+v, want %+v", r.Code, got, r)
				}
				gaps := slices.Clone(r.GapsInView)
				slices.SortFunc(gaps, func(a, b coverage.Gap) int { return int(math.Copysign(1, a.From-b.From)) })
				if diff := cmp.Diff(gaps, board.AppendGaps(nil, k)); diff != "" {
					t.Fatal(diff)
				}
			}
		}
	})
}

func TestAChangeOnTheBoardDoesNotAllocate(t *testing.T) {
	eye, err := coverage.NewEye(coveragetest.Network(20, 100, 200, 1), detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	board, i, gaps := eye.Board(), 0, make([]coverage.Gap, 0, 100)
	if n := testing.AllocsPerRun(1000, func() {
		board.Set(i%200, i/200%2 == 0)
		_, _ = board.Total(), board.Route(i%20)
		gaps = board.AppendGaps(gaps[:0], i%20)
		i++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Plans are checked before they come here; but one made in code may hold any
// number.
func TestNoNumberOfAPlanBreaksAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := network(t)
		odd := rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, 1e-300, 1e300, 50})
		for i := range p.Junctions {
			p.Junctions[i].At = odd.Draw(t, "junction")
		}
		for i := range p.Gateways {
			p.Gateways[i].At = odd.Draw(t, "gateway")
		}
		for i := range p.Sites {
			p.Sites[i].At = odd.Draw(t, "site")
			if rapid.Bool().Draw(t, "moved") {
				p.Sites[i].Position = geo.Point{Lon: odd.Draw(t, "lon"), Lat: odd.Draw(t, "lat")}
			}
		}
		for i := range p.Cameras {
			c := &p.Cameras[i]
			c.Azimuth, c.FOV, c.MountingAt = odd.Draw(t, "azimuth"), odd.Draw(t, "fov"), odd.Draw(t, "mounting")
		}
		eye, err := coverage.NewEye(p, plan.Level{Code: "x", Density: rapid.SampledFrom([]float64{25, 1e-300, 1e300, math.Inf(1)}).Draw(t, "density")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		res := eye.Cover(everyCamera)
		checkSums(t, res)
		for _, r := range res.Routes {
			checkGaps(t, r)
		}
		board := eye.Board()
		for i := range eye.Cameras() {
			board.Set(i, true)
		}
		if diff := cmp.Diff(res.Total, board.Total()); diff != "" {
			t.Fatal(diff)
		}
	})
}
