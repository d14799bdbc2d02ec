package coverage_test

import (
	"math"
	"slices"
	"testing"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
	"pgregory.net/rapid"
)

// What areas have of the gaps adds up to what is missing of them, and shares go
// from one end of each route to the other.
func TestTheGapsOfAreasAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := network(t)
		eye, err := coverage.NewEye(p, plan.Level{Code: "x", Density: 12}, nil)
		if err != nil {
			t.Fatal(err)
		}
		res := eye.Cover(func(*plan.Camera) bool { return rapid.Bool().Draw(t, "counts") })
		end := map[string]float64{}
		before := map[string]string{}
		for _, s := range eye.Shares() {
			if s.From != end[s.Route] || s.To <= s.From || s.From > 0 && before[s.Route] == s.Area {
				t.Fatalf("share %+v after %v in %q", s, end[s.Route], before[s.Route])
			}
			end[s.Route], before[s.Route] = s.To, s.Area
		}
		for _, r := range res.Routes {
			if end[r.Code] != r.Length {
				t.Fatalf("shares of %s end at %v of %v", r.Code, end[r.Code], r.Length)
			}
		}
		for _, a := range res.Areas {
			for of, gaps := range map[string][]coverage.Gap{"view": res.GapsInView, "control": res.GapsOfControl} {
				want := a.Length - a.InView
				if of == "control" {
					want = a.Length - a.Controlled
				}
				got := eye.GapsIn(a.Code, gaps)
				sum := 0.0
				for _, g := range got {
					sum += g.Length()
					// Somewhere in its middle it is a gap, and in the area.
					m := (g.From + g.To) / 2
					if !slices.ContainsFunc(gaps, func(w coverage.Gap) bool { return w.Route == g.Route && w.From <= m && m <= w.To }) ||
						!slices.ContainsFunc(eye.Shares(), func(s coverage.Share) bool {
							return s.Route == g.Route && s.Area == a.Code && s.From <= m && m <= s.To
						}) {
						t.Fatalf("%s: gap %+v", of, g)
					}
				}
				if math.Abs(sum-want) > 0.0005*float64(len(got)+1) {
					t.Fatalf("area %q has %v m of gaps of %s, want %v", a.Code, sum, of, want)
				}
				if !slices.IsSortedFunc(got, func(a, b coverage.Gap) int { return int(math.Round(1000 * (b.Length() - a.Length()))) }) {
					t.Fatalf("not longest first: %+v", got)
				}
			}
		}
	})
}
