package coverage_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

func TestJunctionsCutARouteIntoSections(t *testing.T) {
	type S = coverage.Section
	j := func(code string, at float64) plan.Junction { return plan.Junction{Code: code, Route: "DH1", At: at} }
	for _, c := range []struct {
		name      string
		junctions []plan.Junction
		want      []S // only ends and names are compared
	}{
		{"none leaves it whole", nil, []S{{From: 0, To: 2000}}},
		{"of another route do not count", []plan.Junction{{Code: "X", Route: "DH2", At: 700}}, []S{{From: 0, To: 2000}}},
		{"in any order", []plan.Junction{j("B", 1500), j("A", 500)},
			[]S{{From: 0, To: 500, ToJunction: "A"}, {From: 500, To: 1500, FromJunction: "A", ToJunction: "B"}, {From: 1500, To: 2000, FromJunction: "B"}}},
		{"at the ends only name them", []plan.Junction{j("A", 0), j("B", 2000)},
			[]S{{From: 0, To: 2000, FromJunction: "A", ToJunction: "B"}}},
		{"at one place are one", []plan.Junction{j("B", 500), j("A", 500), j("C", 500.05)},
			[]S{{From: 0, To: 500, ToJunction: "A"}, {From: 500, To: 2000, FromJunction: "A"}}},
		{"off the line do not count", []plan.Junction{j("A", -7), j("B", 2007)}, []S{{From: 0, To: 2000}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := straight(t)
			p.Junctions = c.junctions
			var got []S
			for _, s := range cover(t, p).Routes[0].Sections {
				got = append(got, S{From: s.From, To: s.To, FromJunction: s.FromJunction, ToJunction: s.ToJunction})
			}
			if diff := cmp.Diff(c.want, got, near); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGapsOfControlJoinNeighboursAndComeLongestFirst(t *testing.T) {
	p := straight(t, camera("A", "on800", 90))
	p.Junctions = nil
	for i, code := range []string{"A", "B", "C", "D", "E"} { // sections of 300 m and a last one of 500 m
		p.Junctions = append(p.Junctions, plan.Junction{Code: code, Route: "DH1", At: float64(i+1) * 300})
	}
	want := []coverage.Gap{
		{Route: "DH1", From: 900, To: 2000, FromChainage: 10900, ToChainage: 12000, Sections: 3},
		{Route: "DH1", From: 0, To: 600, FromChainage: 10000, ToChainage: 10600, Sections: 2},
	}
	if diff := cmp.Diff(want, cover(t, p).GapsOfControl, near); diff != "" {
		t.Error(diff)
	}
}

func TestGapsOfAllRoutesComeLongestFirstAndEqualOnesInThePlansOrder(t *testing.T) {
	p := straight(t)
	route := func(code string, from, to float64) plan.Route {
		l, err := geo.NewLine([]geo.Point{east(from), east(to)})
		if err != nil {
			t.Fatal(err)
		}
		return plan.Route{Code: code, Line: l} // no posts: chainage is the distance
	}
	p.Routes = []plan.Route{route("Z", 0, 1000), route("B", 5000, 8000), route("A", 9000, 10000.0001)} // A is longer by a tenth of a millimetre
	var got []string
	for _, g := range cover(t, p).GapsInView {
		got = append(got, g.Route)
		if g.FromChainage != 0 || g.ToChainage != g.To {
			t.Errorf("chainage %v to %v of a route without posts", g.FromChainage, g.ToChainage)
		}
	}
	if diff := cmp.Diff([]string{"B", "Z", "A"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestACameraSeesEveryRouteInItsSector(t *testing.T) {
	p := straight(t, camera("A", "on500", 45))
	north, err := geo.NewLine([]geo.Point{geo.Move(east(520), 180, 100), geo.Move(east(520), 0, 100)})
	if err != nil {
		t.Fatal(err)
	}
	p.Routes = append(p.Routes, plan.Route{Code: "DH2", Line: north})
	got := cover(t, p)
	// 20 m east of the camera the sector of 45° ± 34° is open from
	// 20·tan 11° = 3.89 m to where it reaches, sqrt(56.89² − 20²) = 53.26 m;
	// DH2 counts from 100 m south.
	if diff := cmp.Diff([]geo.Interval{{From: 103.89, To: 153.26}}, got.Routes[1].View, near); diff != "" {
		t.Error(diff)
	}
	if got.Routes[0].InView != 0 || !got.Routes[1].Sections[0].Controlled {
		t.Errorf("in view: %v m of the camera's own road", got.Routes[0].InView)
	}
}

// A border between two areas that lies exactly the tolerance before a junction is
// drawn to it: what is in view of a section is never more than the section.
func TestAnAreaThatEndsAHairBeforeAJunctionEndsAtIt(t *testing.T) {
	p := straight(t, camera("A", "west", 90))
	p.Junctions = []plan.Junction{{Code: "J", Route: "DH1", At: 1.3}}
	p.Sites = []plan.Site{{Code: "west", Route: "DH1", At: 0, Area: "X"}, {Code: "east", Route: "DH1", At: 2.4, Area: "Y"}}
	r := cover(t, p).Routes[0]
	if first, second := r.Sections[0], r.Sections[1]; first.InView != 1.3 || math.Abs(second.InView-(r.InView-1.3)) > 1e-9 {
		t.Errorf("of %+v and %+v", first, second)
	}
}
