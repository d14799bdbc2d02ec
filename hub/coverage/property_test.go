package coverage_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/phukin/phukin/hub/coverage"
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
		p.Routes = append(p.Routes, plan.Route{Code: code, Line: line})
		for k := range rapid.IntRange(0, 3).Draw(t, "junctions") {
			p.Junctions = append(p.Junctions, plan.Junction{Code: fmt.Sprint(code, "J", k), Route: code, At: rapid.Float64Range(0, line.Length()).Draw(t, "at")})
		}
		for k := range rapid.IntRange(0, 2).Draw(t, "gateways") {
			p.Gateways = append(p.Gateways, plan.Gateway{Code: fmt.Sprint(code, "G", k), Route: code, At: rapid.Float64Range(0, line.Length()).Draw(t, "at")})
		}
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "cameras") {
		r := rapid.SampledFrom(p.Routes).Draw(t, "beside")
		s := plan.Site{Code: fmt.Sprint("S", i), Route: r.Code, At: rapid.Float64Range(0, r.Line.Length()).Draw(t, "at")}
		s.Position = r.Line.At(s.At)
		if rapid.Bool().Draw(t, "off the line") {
			s.Position = geo.Move(s.Position, rapid.Float64Range(0, 360).Draw(t, "direction"), rapid.Float64Range(0, 30).Draw(t, "away"))
		}
		p.Sites = append(p.Sites, s)
		p.Cameras = append(p.Cameras, plan.Camera{
			Code: fmt.Sprintf("C%d", rapid.IntRange(0, 9).Draw(t, "letter")*10+i), Site: s.Code,
			Azimuth:    rapid.Float64Range(0, 359).Draw(t, "azimuth"),
			FOV:        rapid.OneOf(rapid.Float64Range(20, 120), rapid.SampledFrom([]float64{0, 90, 180, 270, 360})).Draw(t, "fov"),
			Width:      rapid.SampledFrom([]int{0, 640, 1920, 3840}).Draw(t, "width"),
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
	if c.FOV == 0 || c.Width == 0 {
		return unseen
	}
	const slack = 0.02
	inRange := func(ground float64) bool {
		d := math.Hypot(max(0, ground), c.MountingAt)
		picture := 2 * d * math.Tan(c.FOV*math.Pi/360) // metres across
		if c.FOV >= 180 {
			picture = d * c.FOV * math.Pi / 180
		}
		return float64(c.Width) >= density*picture
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

// tally counts samples: of the sure ones how many are seen, the unsure, and
// how often the answer changed from one sample to the next.
type tally struct {
	seen, unsure, changes int
	last                  sight
}

func (c *tally) add(s sight) {
	if s != c.last {
		c.changes++
	}
	c.last = s
	switch s {
	case seen:
		c.seen++
	case unsure:
		c.unsure++
	}
}

const step = 0.1 // metres between samples

// allows says whether a length, made of so many stretches, may be what the
// samples found: each border is good for one step.
func (c tally) allows(metres float64, stretches int) bool {
	slack := step * float64(c.changes+2*stretches+2)
	return metres >= float64(c.seen)*step-slack && metres <= float64(c.seen+c.unsure)*step+slack
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
		var total coverage.Total
		for i, r := range res.Routes {
			if r.Code != p.Routes[i].Code {
				t.Fatalf("route %d is %s", i, r.Code)
			}
			checkRoute(t, p, level.Density, counted, p.Routes[i].Line, r)
			checkGaps(t, r)
			total.Length += r.Length
			total.InView += r.InView
			total.Controlled += r.Controlled
			total.Sections += len(r.Sections)
			total.Gateways += len(r.Gateways)
			for _, s := range r.Sections {
				if s.Controlled {
					total.SectionsControlled++
				}
			}
			for _, g := range r.Gateways {
				if g.InView {
					total.GatewaysInView++
				}
			}
		}
		if diff := cmp.Diff(total, res.Total); diff != "" {
			t.Fatal(diff)
		}

		// The order of the rows does not matter.
		slices.Reverse(p.Cameras)
		slices.Reverse(p.Sites)
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

func checkRoute(t *rapid.T, p *plan.Plan, density float64, counted map[string]bool, line *geo.Line, r coverage.Route) {
	sites := map[string]geo.Point{}
	for _, s := range p.Sites {
		sites[s.Code] = s.Position
	}
	all := tally{}
	sections := make([]tally, len(r.Sections))
	each := make([]map[string]*tally, len(r.Sections)) // by section and camera
	for i := range each {
		each[i] = map[string]*tally{}
	}
	for i := range p.Cameras {
		if c := &p.Cameras[i]; counted[c.Code] {
			for k := range each {
				each[k][c.Code] = &tally{}
			}
		}
	}
	k := 0
	for d := step / 2; d < r.Length; d += step {
		for k < len(r.Sections)-1 && d > r.Sections[k].To {
			k++
		}
		best := unseen
		for i := range p.Cameras {
			c := &p.Cameras[i]
			if !counted[c.Code] {
				continue
			}
			s := look(c, sites[c.Site], line.At(d), density)
			each[k][c.Code].add(s)
			if s == seen || best == unseen {
				best = s
			}
		}
		all.add(best)
		sections[k].add(best)
	}
	if !all.allows(r.InView, len(r.View)) || math.Abs(r.InView-geo.Total(r.View)) > 1e-9 {
		t.Fatalf("%s: %.2f m in view, samples %+v", r.Code, r.InView, all)
	}
	for i, s := range r.Sections {
		stretches := 0
		for _, v := range r.View {
			if v.From < s.To && s.From < v.To {
				stretches++
			}
		}
		if !sections[i].allows(s.InView, stretches) {
			t.Fatalf("%s, %.2f to %.2f: %.2f m in view, samples %+v", r.Code, s.From, s.To, s.InView, sections[i])
		}
		if s.Controlled != (len(s.Cameras) > 0) || !slices.IsSorted(s.Cameras) {
			t.Fatalf("controlled is %v by %v", s.Controlled, s.Cameras)
		}
		for code, c := range each[i] {
			named := slices.Contains(s.Cameras, code)
			if named && c.seen+c.unsure == 0 && s.To-s.From > 1 || !named && c.seen > 3 {
				t.Fatalf("%s, %.2f to %.2f: named %v, but camera %s has samples %+v", r.Code, s.From, s.To, s.Cameras, code, *c)
			}
		}
		for _, code := range s.Cameras {
			if !counted[code] {
				t.Fatalf("camera %s does not count", code)
			}
		}
	}
	for _, g := range r.Gateways {
		for i := range p.Cameras {
			c := &p.Cameras[i]
			if !counted[c.Code] {
				continue
			}
			s := around(c, sites[c.Site], line, g.At, density)
			if named := slices.Contains(g.Cameras, c.Code); s != unsure && named != (s == seen) {
				t.Fatalf("gateway %s: named %v, but camera %s: %v", g.Code, g.Cameras, c.Code, s)
			}
		}
		if g.InView != (len(g.Cameras) > 0) {
			t.Fatalf("gateway %s in view is %v by %v", g.Code, g.InView, g.Cameras)
		}
	}
}

// around is what a camera sees from 25 cm before a place to 25 cm after it,
// if it sees all or nothing of that.
func around(c *plan.Camera, apex geo.Point, line *geo.Line, at, density float64) sight {
	first := look(c, apex, line.At(at-0.25), density)
	for d := at - 0.25; d <= at+0.25; d += 0.01 {
		if look(c, apex, line.At(d), density) != first {
			return unsure
		}
	}
	return first
}

func checkGaps(t *rapid.T, r coverage.Route) {
	tile := func(what string, have float64, gaps []coverage.Gap, lost float64) {
		sum := have
		for i, g := range gaps {
			sum += g.Length()
			if i > 0 && g.Length() > gaps[i-1].Length()+0.002 {
				t.Fatalf("%s: gaps %v are not longest first", what, gaps)
			}
			if g.Route != r.Code || g.From < 0 || g.To > r.Length || !(g.From < g.To) {
				t.Fatalf("%s: gap %+v is not on route %s", what, g, r.Code)
			}
		}
		if sum > r.Length+1e-6 || sum < r.Length-lost-1e-6 {
			t.Fatalf("%s: %v m and the gaps %v make %v m of %v", what, have, gaps, sum, r.Length)
		}
	}
	tile("in view", r.InView, r.GapsInView, coverage.Tolerance*float64(len(r.View)+1))
	tile("control", r.Controlled, r.GapsOfControl, 0)
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
