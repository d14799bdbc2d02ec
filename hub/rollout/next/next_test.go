package next_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/network"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout/next"
)

var detection = plan.Level{Code: "detection", Density: 25}

// today is the day of the tests.
const today = plan.Date(1000)

func there(c *plan.Camera) bool { return c.ClaimedInstalled(today) }

func planned(c *plan.Camera) bool { return c.InPlan(today) }

// at gives the point so many metres east and north of a place.
func at(east, north float64) geo.Point {
	return geo.Move(geo.Move(geo.Point{Lon: 105.9, Lat: 18.37}, 90, east), 0, north)
}

func route(t rapid.TB, code string, points ...geo.Point) plan.Route {
	t.Helper()
	line, err := geo.NewLine(points)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Route{Code: code, Line: line}
}

func eyeOf(t rapid.TB, p *plan.Plan) *coverage.Eye {
	t.Helper()
	e, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func ranked(t rapid.TB, p *plan.Plan, q next.Question) next.Ranking {
	t.Helper()
	r, err := next.Rank(context.Background(), p, q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rank(t rapid.TB, p *plan.Plan, by next.By) next.Ranking {
	t.Helper()
	return ranked(t, p, next.Question{Eye: eyeOf(t, p), Network: network.New(p), There: there, Planned: planned, By: by})
}

// streets draws a small town: two streets east and two north, a hundred metres
// apart, which meet at most of their crossings; gateways at most of their ends;
// and sites on them with no camera, one or two. Half of them are rings: all streets
// meet, and there are two gateways only, so that a way is left where another is
// closed; their sites look along the road between two crossings.
func streets(t *rapid.T) *plan.Plan {
	p := &plan.Plan{}
	ring := rapid.Bool().Draw(t, "ring")
	for i := range 2 {
		off := float64(100 * i)
		p.Routes = append(p.Routes, route(t, fmt.Sprint("E", i), at(-50, off), at(150, off)), route(t, fmt.Sprint("N", i), at(off, -50), at(off, 150)))
	}
	for i := range 2 {
		for k := range 2 {
			if ring || rapid.IntRange(0, 3).Draw(t, "meet") > 0 {
				code := fmt.Sprint("J", i, k)
				p.Junctions = append(p.Junctions, plan.Junction{Code: code, Route: fmt.Sprint("E", i), At: float64(50 + 100*k)}, plan.Junction{Code: code, Route: fmt.Sprint("N", k), At: float64(50 + 100*i)})
			}
		}
	}
	for i := range p.Routes {
		for _, end := range []float64{0, p.Routes[i].Line.Length()} {
			if ring && (i == 0 && end == 0 || i == 2 && end > 0) || !ring && rapid.IntRange(0, 3).Draw(t, "gateway") > 0 {
				p.Gateways = append(p.Gateways, plan.Gateway{Code: fmt.Sprint(p.Routes[i].Code, "-", int(end)), Route: p.Routes[i].Code, At: end})
			}
		}
	}
	cameras := 0
	for i := range rapid.SampledFrom([]int{6, 5, 7, 4, 3, 2, 1}).Draw(t, "sites") {
		r := rapid.SampledFrom(p.Routes).Draw(t, "on")
		s := plan.Site{
			Code: fmt.Sprintf("S%d-%d", rapid.IntRange(0, 3).Draw(t, "code"), i), Route: r.Code,
			At:   rapid.OneOf(rapid.SampledFrom([]float64{80, 100, 120, 110, 90, 70}), rapid.SampledFrom([]float64{0, 40, 50, 55, 150}), rapid.Float64Range(0, r.Line.Length())).Draw(t, "at"),
			Kind: rapid.SampledFrom([]plan.SiteKind{plan.SiteRoute, plan.SiteMarket}).Draw(t, "kind"),
		}
		if ring {
			s.At = rapid.SampledFrom([]float64{80, 100, 120}).Draw(t, "between")
		}
		p.Sites = append(p.Sites, s)
		for range rapid.SampledFrom([]int{1, 2, 1, 0}).Draw(t, "cameras") {
			cameras++
			c := plan.Camera{
				Code: fmt.Sprintf("C%02d", cameras), Site: s.Code,
				Azimuth: rapid.SampledFrom([]float64{0, 90, 180, 270, 45, math.NaN()}).Draw(t, "azimuth"),
				FOV:     rapid.SampledFrom([]float64{68, 90, 360}).Draw(t, "fov"),
				Width:   rapid.SampledFrom([]int{640, 1920, 3840}).Draw(t, "width"),
				Cost:    rapid.SampledFrom([]float64{10, 12.5, 30, 0, 20}).Draw(t, "cost"),
			}
			if ring {
				c.Azimuth, c.Width = r.Line.BearingAt(s.At), 640
			}
			switch rapid.SampledFrom([]string{"to come", "to come", "there", "retired", "later", "to come", "to come", "to come"}).Draw(t, "camera") {
			case "there":
				c.Installed = today
			case "retired":
				c.Retired = today
			case "later":
				c.Planned = today + 1
			}
			p.Cameras = append(p.Cameras, c)
		}
	}
	return p
}

// slow is the reference: it works out everything anew for each set of cameras.
type slow struct {
	t    rapid.TB
	plan *plan.Plan
}

// of gives what is covered by these cameras.
func (s slow) of(counted map[string]bool) next.Measures {
	eye := eyeOf(s.t, s.plan)
	total := eye.Cover(func(c *plan.Camera) bool { return counted[c.Code] }).Total
	n := network.New(s.plan)
	var views []network.View
	for _, f := range eye.Footprints() {
		for _, x := range f.Stretch {
			if counted[f.Camera] {
				views = append(views, network.View{Route: x.Route, Interval: x.Interval})
			}
		}
	}
	joined, blind := len(n.Blind(n.Closed(nil, coverage.Least))), len(n.Blind(n.Closed(views, coverage.Least)))
	return next.Measures{
		InView: total.InView, Controlled: total.Controlled, Sections: total.SectionsControlled,
		Gateways: total.GatewaysInView, Ways: joined - blind, Places: total.PlacesCovered,
	}
}

// world is what is there, and the cameras to come of each site that is to come.
func (s slow) world() (now map[string]bool, coming map[string][]string, partly []string) {
	now, coming = map[string]bool{}, map[string][]string{}
	for i := range s.plan.Cameras {
		if c := &s.plan.Cameras[i]; there(c) {
			now[c.Code] = true
		} else if planned(c) {
			coming[c.Site] = append(coming[c.Site], c.Code)
		}
	}
	for _, c := range s.plan.Cameras {
		if now[c.Code] && coming[c.Site] != nil {
			delete(coming, c.Site)
			partly = append(partly, c.Site)
		}
	}
	slices.Sort(partly)
	return now, coming, slices.Compact(partly)
}

// with gives the set with the cameras of some more sites.
func with(now map[string]bool, coming map[string][]string, sites ...string) map[string]bool {
	out := map[string]bool{}
	for c := range now {
		out[c] = true
	}
	for _, s := range sites {
		for _, c := range coming[s] {
			out[c] = true
		}
	}
	return out
}

// less gives what one has more than the other, lengths to the millimetre.
func less(a, b next.Measures) next.Measures {
	mm := func(m float64) float64 { return math.Round(m*1000) / 1000 }
	return next.Measures{
		InView: mm(a.InView - b.InView), Controlled: mm(a.Controlled - b.Controlled), Sections: a.Sections - b.Sections,
		Gateways: a.Gateways - b.Gateways, Ways: a.Ways - b.Ways, Places: a.Places - b.Places,
	}
}

// worth gives what a gain is worth, in whole numbers but by cost.
func worth(by next.By, gain next.Measures, cost float64) float64 {
	controlled := math.Round(gain.Controlled * 1000)
	switch by {
	case next.View:
		return math.Round(gain.InView * 1000)
	case next.Gateways:
		return float64(gain.Gateways)
	case next.Ways:
		return float64(gain.Ways)
	case next.Cost:
		if cost == 0 {
			return 0
		}
		return controlled / cost
	}
	return controlled
}

func costOf(p *plan.Plan, cameras []string) float64 {
	sum := 0.0
	for _, c := range p.Cameras {
		if slices.Contains(cameras, c.Code) {
			if c.Cost == 0 {
				return 0
			}
			sum += c.Cost
		}
	}
	return sum
}

func keys(m map[string][]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Each row is held against working out everything anew for every site that was
// left: what it adds, and that none adds more.
func TestTheRankIsThatOfAskingEverySiteEachTime(t *testing.T) {
	for _, by := range next.Orders() {
		t.Run(string(by), func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { holds(t, streets(t), by) }) })
	}
}

func holds(t *rapid.T, p *plan.Plan, by next.By) {
	ref := slow{t, p}
	now, coming, partly := ref.world()
	got := rank(t, p, by)
	before := ref.of(now)
	same := func(what string, got, want any) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%s (-anew +ranked):\n%s", what, d)
		}
	}
	same("before", got.Before, before)
	same("together", got.Together, less(ref.of(with(now, coming, keys(coming)...)), before))
	same("partly", got.Partly, partly)
	same("candidates", got.Candidates, len(coming))
	if len(got.Sites) != len(coming) {
		t.Fatalf("%d rows for %d sites", len(got.Sites), len(coming))
	}
	last, group := next.Ranked, 0 // so many rows of a group are left
	for i := range got.Sites {
		row := &got.Sites[i]
		here := ref.of(now)
		values, gains := map[string]float64{}, map[string]next.Measures{}
		for s, cameras := range coming {
			gains[s] = less(ref.of(with(now, coming, s)), here)
			values[s] = worth(by, gains[s], costOf(p, cameras))
		}
		same("cameras of "+row.Code, row.Cameras, coming[row.Code])
		same("cost of "+row.Code, row.Cost, costOf(p, row.Cameras))
		same("gain of "+row.Code, row.Gain, gains[row.Code])
		same("after "+row.Code, row.After, ref.of(with(now, coming, row.Code)))
		best := bestOf(values)
		switch row.Standing {
		case next.Ranked:
			if last != next.Ranked {
				t.Fatalf("%s is ranked after one that is %s", row.Code, last)
			}
			if row.With == nil {
				if values[row.Code] <= 0 || best != row.Code {
					t.Fatalf("%s is worth %v; %s is worth %v", row.Code, values[row.Code], best, values[best])
				}
				break
			}
			if group == 0 {
				isGroup(t, ref, now, coming, got.Sites[i:], values)
				group = 1 + len(row.With)
			}
			group--
		case next.CostUnknown:
			others := map[string]float64{}
			for s := range coming {
				if costOf(p, coming[s]) == 0 {
					others[s] = worth(next.Control, gains[s], 0)
				}
			}
			if best := bestOf(others); by != next.Cost || values[bestOf(values)] > 0 || row.Cost != 0 || best != row.Code || others[best] <= 0 {
				t.Fatalf("%s of unknown cost comes before %s: %v, %v", row.Code, best, others, values)
			}
		case next.AddsNothing:
			if values[best] > 0 || row.Code != keys(coming)[0] {
				t.Fatalf("%s is said to add nothing; %s adds %v", row.Code, best, values[best])
			}
			if all := less(ref.of(with(now, coming, keys(coming)...)), here); by == next.Ways && all.Ways > 0 || by == next.Cost && all.Controlled > 0 {
				t.Fatalf("%s is said to add nothing, but all that are left add %+v", row.Code, all)
			}
		default:
			t.Fatalf("standing %q", row.Standing)
		}
		last = row.Standing
		now = with(now, coming, row.Code)
		delete(coming, row.Code)
	}
}

// bestOf gives the site that is worth most, the first of those by code.
func bestOf(values map[string]float64) string {
	best := ""
	for s, v := range values {
		if best == "" || v > values[best] || v == values[best] && s < best {
			best = s
		}
	}
	return best
}

// isGroup wants the first rows to be a group: no site closes a way alone, all of
// the group close one, and none of them can be spared.
func isGroup(t *rapid.T, ref slow, now map[string]bool, coming map[string][]string, rows []next.Site, values map[string]float64) {
	if best := bestOf(values); values[best] > 0 {
		t.Fatalf("%s is in a group, but %s closes a way alone", rows[0].Code, best)
	}
	group := append([]string{rows[0].Code}, rows[0].With...)
	if !slices.IsSorted(group) {
		t.Fatalf("the group %v is not sorted", group)
	}
	before := ref.of(now).Ways
	if ref.of(with(now, coming, group...)).Ways == before {
		t.Fatalf("the group %v closes nothing", group)
	}
	for i, s := range group {
		others := slices.Delete(slices.Clone(group), i, i+1)
		if rows[i].Code != s || !slices.Equal(rows[i].With, others) || rows[i].Standing != next.Ranked {
			t.Fatalf("row %d is %s with %v; want %s with %v", i, rows[i].Code, rows[i].With, s, others)
		}
		if ref.of(with(now, coming, others...)).Ways > before {
			t.Fatalf("%s can be spared in the group %v", s, group)
		}
	}
}

// What the package's comment says of greed: the first k sites add at least
// 1 − (1 − 1/k)^k of what the best k would add.
func TestTheFirstSitesAddAtLeastTheShareThatIsPromised(t *testing.T) {
	for _, by := range []next.By{next.View, next.Control, next.Gateways} {
		t.Run(string(by), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := streets(t)
				ref := slow{t, p}
				now, coming, _ := ref.world()
				sites, before := keys(coming), ref.of(now)
				got := rank(t, p, by).Sites
				best := make([]float64, len(sites)+1)
				for set := range 1 << len(sites) {
					var chosen []string
					for i, s := range sites {
						if set>>i&1 == 1 {
							chosen = append(chosen, s)
						}
					}
					best[len(chosen)] = max(best[len(chosen)], worth(by, less(ref.of(with(now, coming, chosen...)), before), 0))
				}
				for k := 1; k <= len(sites); k++ {
					share := 1 - math.Pow(1-1/float64(k), float64(k))
					if added := worth(by, less(got[k-1].After, before), 0); added < share*best[k]-0.5 {
						t.Fatalf("the first %d add %v, the best %v", k, added, best[k])
					}
				}
			})
		})
	}
}

func TestFewerRowsAreTheFirstOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, by := streets(t), rapid.SampledFrom(next.Orders()).Draw(t, "by")
		q := next.Question{Eye: eyeOf(t, p), Network: network.New(p), There: there, Planned: planned, By: by}
		all := ranked(t, p, q)
		q.Most = rapid.IntRange(1, 8).Draw(t, "most")
		some := ranked(t, p, q)
		all.Sites = all.Sites[:min(len(all.Sites), q.Most)]
		if len(all.Sites) == 0 {
			all.Sites = nil
		}
		if d := cmp.Diff(all, some); d != "" {
			t.Fatalf("-all +some:\n%s", d)
		}
	})
}

func TestTheSitesThatAreLookedAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := streets(t)
		q := next.Question{Eye: eyeOf(t, p), Network: network.New(p), There: there, Planned: planned, By: next.View,
			Site: func(s *plan.Site) bool { return s.Route == "E0" }}
		some := ranked(t, p, q)
		for _, s := range some.Sites {
			if s.Route != "E0" {
				t.Fatalf("%s is on %s", s.Code, s.Route)
			}
		}
		// The same as if the others were not planned.
		q.Site = nil
		q.Planned = func(c *plan.Camera) bool {
			i := slices.IndexFunc(p.Sites, func(s plan.Site) bool { return s.Code == c.Site })
			return planned(c) && p.Sites[i].Route == "E0"
		}
		if d := cmp.Diff(ranked(t, p, q), some); d != "" {
			t.Fatal(d)
		}
	})
}

func TestARankIsGivenUpWhenNobodyWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := twoRoads(t)
	for _, by := range next.Orders() {
		r, err := next.Rank(ctx, p, next.Question{Eye: eyeOf(t, p), Network: network.New(p), There: there, Planned: planned, By: by})
		if !errors.Is(err, context.Canceled) || r.Sites != nil {
			t.Errorf("by %s: %v, %d sites", by, err, len(r.Sites))
		}
	}
}
