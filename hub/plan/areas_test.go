package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
)

// units gives a plan of areas below "top", with a site S0, S1 … in each.
func units(areas []plan.Area) (*plan.Plan, error) {
	p := plan.Plan{
		Name: plan.Text{VI: "x", EN: "x"}, Root: "top", Areas: append([]plan.Area{{Code: "top", Kind: "tỉnh", Name: "Top"}}, areas...),
		Phases: []plan.Phase{{Code: "P1", Name: plan.Text{VI: "x", EN: "x"}, From: plan.NewDate(2020, 1, 1), To: plan.NewDate(2020, 1, 2)}},
	}
	for i, a := range areas {
		p.Sites = append(p.Sites, plan.Site{
			Code: fmt.Sprintf("S%d", i), Name: "x", Area: a.Code, AreaFrom: a.ValidFrom, Kind: plan.SiteOther, Position: geo.Point{Lon: 105.8, Lat: 18.3},
		})
	}
	return plan.Build(p)
}

// What an area becomes is found by walking through its successors one day
// after the other.
func TestASiteLiesInTheAreaOfTheDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := plan.NewDate(2020, 1, 1)
		var areas []plan.Area
		// Generations of three codes, all of which change on the same days.
		ends := []plan.Date{start}
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			ends = append(ends, ends[len(ends)-1].AddDays(rapid.IntRange(1, 9).Draw(t, "days")))
		}
		codes := []string{"a", "b", "c"}
		for i, from := range ends {
			for _, code := range codes {
				a := plan.Area{Code: code, ValidFrom: from, Parent: "top", Kind: "xã", Name: fmt.Sprint(code, i)}
				if i+1 < len(ends) {
					a.ValidTo = ends[i+1].AddDays(-1)
					a.Successors = rapid.SliceOfNDistinct(rapid.SampledFrom(codes), 0, 2, rapid.ID).Draw(t, "successors")
				}
				areas = append(areas, a)
			}
		}
		p, err := units(areas)
		if err != nil {
			t.Fatal(err)
		}
		// The reference: the generations as a table, one column a code.
		at := func(generation int, code string) plan.Area {
			return areas[generation*3+slices.Index(codes, code)]
		}
		for i := range areas {
			generation, code := i/3, codes[i%3]
			for on := start.AddDays(-2); on < ends[len(ends)-1].AddDays(5); on++ {
				g, c := generation, code
				for on > at(g, c).ValidTo && !at(g, c).ValidTo.IsZero() && len(at(g, c).Successors) == 1 {
					g, c = g+1, at(g, c).Successors[0]
				}
				for on < at(g, c).ValidFrom && g > 0 {
					var from []string
					for _, x := range codes {
						if slices.Contains(at(g-1, x).Successors, c) {
							from = append(from, x)
						}
					}
					if len(from) != 1 {
						break
					}
					g, c = g-1, from[0]
				}
				want := at(g, c).Name
				if got := p.SiteArea(p.Site(fmt.Sprintf("S%d", i)), on); got.Name != want {
					t.Fatalf("the site of %s lies in %s on %s, want %s", at(generation, code).Name, got.Name, on, want)
				}
			}
		}
	})
}

// Areas of any number of levels, of which one was split, two became one, and
// the level between them and the province ended.
func TestAreasOfADay(t *testing.T) {
	day := func(n int) plan.Date { return plan.NewDate(2025, 1, 1).AddDays(n) }
	p, err := units([]plan.Area{
		{Code: "d", ValidTo: day(9), Parent: "top", Kind: "huyện", Name: "D"},
		{Code: "1", ValidFrom: day(-99), ValidTo: day(9), Parent: "d", Kind: "xã", Name: "One", Successors: []string{"1"}},
		{Code: "2", ValidFrom: day(-99), ValidTo: day(9), Parent: "d", Kind: "xã", Name: "Two", Successors: []string{"1"}},
		{Code: "3", ValidFrom: day(-99), ValidTo: day(9), Parent: "d", Kind: "xã", Name: "Three", Successors: []string{"1", "4"}},
		{Code: "1", ValidFrom: day(10), Parent: "top", Kind: "xã", Name: "New", Successors: nil},
		{Code: "4", ValidFrom: day(10), Parent: "top", Kind: "phường", Name: "Four"},
		{Code: "h", ValidFrom: day(10), Parent: "4", Kind: "thôn", Name: "Hamlet"},
		{Code: "d", ValidFrom: day(10), Parent: "top", Kind: "phường", Name: "Again"},
	})
	if err != nil {
		t.Fatal(err)
	}
	chain := func(site string, on plan.Date) string {
		var names []string
		for _, a := range p.SiteAreas(p.Site(site), on) {
			names = append(names, a.Name)
		}
		return strings.Join(names, " ")
	}
	for _, c := range []struct {
		what, site string
		on         plan.Date
		want       string
	}{
		{"before the change", "S1", day(9), "One D Top"},
		{"after it", "S1", day(10), "New Top"},
		{"of two that became one", "S2", day(10), "New Top"},
		{"one that was split is the last that is known", "S3", day(10), "Three D Top"},
		{"what became of several is the first that is known", "S4", day(9), "New Top"},
		{"what came of one", "S5", day(9), "Three D Top"},
		{"one with many levels", "S6", day(20), "Hamlet Four Top"},
	} {
		if got := chain(c.site, c.on); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	for on, want := range map[plan.Date]string{day(9): "One", day(10): "New"} {
		if got := p.AreaOn("1", on); got.Name != want {
			t.Errorf("1 means %s on %s, want %s", got.Name, on, want)
		}
	}
	if p.AreaOn("4", day(9)) != nil || p.AreaOn("2", day(99)).Name != "Two" || p.Area("1").Name != "New" || p.Area("9") != nil {
		t.Error("what is not there yet is nothing; what ended is still known by its code")
	}
}

// What followed a part of the plan's area belongs to it, under whatever code.
func TestASiteMayLieInWhatFollowedTheArea(t *testing.T) {
	_, err := units([]plan.Area{
		{Code: "1", ValidTo: plan.NewDate(2025, 6, 30), Parent: "top", Kind: "xã", Name: "One", Successors: []string{"9"}},
		{Code: "9", ValidFrom: plan.NewDate(2025, 7, 1), Parent: "p", Kind: "xã", Name: "Nine"},
		{Code: "8", Parent: "9", Kind: "thôn", Name: "Eight"},
		{Code: "p", Kind: "tỉnh", Name: "P"},
	})
	const want = `sites.csv: "S3": area: "p" is no part of "top", the area of the plan: write the code of an area of the plan`
	if err == nil || plantest.English(err) != want {
		t.Errorf("error is %v, want that the province alone is no part of it", err)
	}
}
