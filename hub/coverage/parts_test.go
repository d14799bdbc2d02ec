package coverage_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
)

// The parts of a route lie end to end, in one section each, and those of an
// area add up to its length.
func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := network(t)
		eye, err := coverage.NewEye(p, detection, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := eye.Cover(func(*plan.Camera) bool { return true })
		byArea := map[string]int64{}
		for i := range r.Routes {
			at, section := int64(0), 0
			for _, part := range eye.Parts(i) {
				from, to := int64(part.From*1000+0.5), int64(part.To*1000+0.5)
				if from != at || to <= from {
					t.Fatalf("route %d: a part from %d to %d mm after %d", i, from, to, at)
				}
				for int64(r.Routes[i].Sections[section].To*1000+0.5) <= from {
					section++
				}
				if to > int64(r.Routes[i].Sections[section].To*1000+0.5) {
					t.Fatalf("route %d: a part ends at %d mm, its section at %v m", i, to, r.Routes[i].Sections[section].To)
				}
				byArea[part.Area] += to - from
				at = to
			}
			if at != int64(r.Routes[i].Length*1000+0.5) {
				t.Fatalf("route %d: parts end at %d mm, the route at %v m", i, at, r.Routes[i].Length)
			}
		}
		for _, g := range r.Areas {
			if byArea[g.Code] != int64(g.Length*1000+0.5) {
				t.Fatalf("area %q: %d mm, want %v m", g.Code, byArea[g.Code], g.Length)
			}
		}
	})
}
