package mapfile_test

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/coverage/coveragetest"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/report/mapfile"
)

// The stretches of a route lie end to end and add up to its length; those that
// are in view or controlled in a state add up to what hub/coverage counts, by
// route and by area, to the millimetre; and so do gaps.
func TestStretchesAddUpExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := coveragetest.Network(rapid.IntRange(1, 4).Draw(t, "routes"), rapid.IntRange(2, 40).Draw(t, "points"), rapid.IntRange(0, 30).Draw(t, "cameras"), rapid.Uint64().Draw(t, "seed"))
		level := plan.Level{Code: "l", Density: rapid.SampledFrom([]float64{5, 25, 62.5, 250}).Draw(t, "density")}
		roads, err := coverage.NewRoads(p)
		if err != nil {
			t.Fatal(err)
		}
		s := mapfile.Source{Plan: p, State: rapid.SampledFrom(coverage.States()).Draw(t, "state"), Covers: map[coverage.State]*coverage.Result{},
			Status: func(*plan.Camera) mapfile.Status { return mapfile.Status{} }}
		for i, state := range coverage.States() {
			// Every state has footprints of its own.
			eye, err := roads.Eye(level, func(c *plan.Camera) int { return c.Width / (i + 1) })
			if err != nil {
				t.Fatal(err)
			}
			share := rapid.IntRange(1, 5).Draw(t, "share")
			counts := func(c *plan.Camera) bool { return int(c.Code[len(c.Code)-1])%share == 0 }
			r := eye.Cover(counts)
			s.Covers[state] = &r
			if state == s.State {
				s.Eye, s.Counts = eye, counts
			}
		}
		m, err := mapfile.New(s, mapfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkStretches(t, m)
		checkAreas(t, m)
		checkGaps(t, m)
	})
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func checkStretches(t failer, m *mapfile.Map) {
	t.Helper()
	byRoute := make([][]mapfile.Stretch, len(m.Plan.Routes))
	for _, x := range m.Stretches() {
		byRoute[x.Route] = append(byRoute[x.Route], x)
	}
	for i, all := range byRoute {
		at := int64(0)
		var inView, controlled [4]int64
		for _, x := range all {
			if x.From != at || x.To <= x.From {
				t.Fatalf("route %d: a stretch from %d to %d mm after %d", i, x.From, x.To, at)
			}
			at = x.To
			for s, state := range coverage.States() {
				r := &m.Covers[state].Routes[i]
				seen := slices.ContainsFunc(r.View, func(v geo.Interval) bool { return mm(v.From) <= x.From && x.To <= mm(v.To) })
				apart := !slices.ContainsFunc(r.View, func(v geo.Interval) bool { return mm(v.From) < x.To && x.From < mm(v.To) })
				if seen == apart || x.InView[s] != seen {
					t.Fatalf("route %d, %d to %d mm, %s: in view %t; by the footprints %t, apart from them %t", i, x.From, x.To, state, x.InView[s], seen, apart)
				}
				section := r.Sections[x.Section]
				if mm(section.From) > x.From || x.To > mm(section.To) || x.Controlled[s] != section.Controlled {
					t.Fatalf("route %d, %d to %d mm, %s: controlled %t in section %+v", i, x.From, x.To, state, x.Controlled[s], section)
				}
				if x.InView[s] {
					inView[s] += x.To - x.From
				}
				if x.Controlled[s] {
					controlled[s] += x.To - x.From
				}
			}
		}
		for s, state := range coverage.States() {
			r := &m.Covers[state].Routes[i]
			if at != mm(r.Length) || inView[s] != mm(r.InView) || controlled[s] != mm(r.Controlled) {
				t.Fatalf("route %d, %s: %d mm long, %d in view, %d controlled; want %d, %d, %d", i, state, at, inView[s], controlled[s], mm(r.Length), mm(r.InView), mm(r.Controlled))
			}
		}
	}
}

func checkAreas(t failer, m *mapfile.Map) {
	t.Helper()
	for s, state := range coverage.States() {
		length, inView, controlled := map[string]int64{}, map[string]int64{}, map[string]int64{}
		for _, x := range m.Stretches() {
			n := x.To - x.From
			length[x.Area] += n
			if x.InView[s] {
				inView[x.Area] += n
			}
			if x.Controlled[s] {
				controlled[x.Area] += n
			}
		}
		for _, g := range m.Covers[state].Areas {
			if length[g.Code] != mm(g.Length) || inView[g.Code] != mm(g.InView) || controlled[g.Code] != mm(g.Controlled) {
				t.Fatalf("area %q, %s: %d, %d, %d mm; want %+v", g.Code, state, length[g.Code], inView[g.Code], controlled[g.Code], g.Total)
			}
			delete(length, g.Code)
		}
		for code := range length {
			t.Fatalf("area %q is not among the figures", code)
		}
	}
}

func checkGaps(t failer, m *mapfile.Map) {
	t.Helper()
	routes := map[string]int{}
	for i := range m.Plan.Routes {
		routes[m.Plan.Routes[i].Code] = i
	}
	want := func(all []coverage.Gap) (out []mapfile.Gap) {
		for _, g := range all {
			out = append(out, mapfile.Gap{Route: routes[g.Route], Sections: g.Sections, From: mm(g.From), To: mm(g.To)})
		}
		slices.SortFunc(out, func(a, b mapfile.Gap) int { return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.From, b.From)) })
		return out
	}
	inView, ofControl := m.Gaps()
	if r := m.Covers[m.State]; !slices.Equal(inView, want(r.GapsInView)) || !slices.Equal(ofControl, want(r.GapsOfControl)) {
		t.Fatalf("gaps %v, %v; want %v, %v", inView, ofControl, want(r.GapsInView), want(r.GapsOfControl))
	}
}

func TestStretchesOfTheExampleAddUpExactly(t *testing.T) {
	for _, level := range []string{"detection", "observation"} {
		m := drawn(t, coverage.Working, level, mapfile.Options{})
		checkStretches(t, m)
		checkAreas(t, m)
		checkGaps(t, m)
	}
}

// Restricted to each area in force, the map shows every stretch once: what it
// shows of all areas together is the whole.
func TestAreasAreAPartitionOfTheMap(t *testing.T) {
	p := sample(t)
	for _, on := range []plan.Date{day, plan.NewDate(2024, 6, 1)} {
		s := source(t, p, coverage.Planned, "observation", on)
		whole, err := mapfile.New(s, mapfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var parts []mapfile.Stretch
		n := 0
		for i := range p.Areas {
			a := &p.Areas[i]
			if !a.InForce(on) || a.Kind == "tỉnh" || a.Kind == "huyện" || a.Kind == "thành phố" {
				continue
			}
			m, err := mapfile.New(s, mapfile.Options{Area: a.Code})
			if err != nil {
				t.Fatal(err)
			}
			n++
			parts = append(parts, m.Stretches()...)
		}
		slices.SortFunc(parts, func(a, b mapfile.Stretch) int {
			return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.From, b.From))
		})
		if n < 9 || !slices.Equal(parts, whole.Stretches()) {
			t.Errorf("on %s %d areas show %d stretches together, the whole has %d", on, n, len(parts), len(whole.Stretches()))
		}
		// The plan's own area is everything.
		if all, err := mapfile.New(s, mapfile.Options{Area: p.Root}); err != nil || !slices.Equal(all.Stretches(), whole.Stretches()) {
			t.Errorf("the plan's own area: %v", err)
		}
	}
}
