package network_test

import (
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
)

// least is what the tests take for the least length in view, and the unit of
// what they draw.
const least = 5

// straight gives a route of whole metres.
func straight(t rapid.TB, code string, metres int) plan.Route {
	t.Helper()
	a := geo.Point{Lon: 105.9, Lat: 18.37}
	line, err := geo.NewLine([]geo.Point{a, geo.Move(a, 90, float64(metres))})
	if err != nil {
		t.Fatal(err)
	}
	return plan.Route{Code: code, Line: line}
}

func view(route string, from, to float64) network.View {
	return network.View{Route: route, Interval: geo.Interval{From: from, To: to}}
}

// cross is two roads that meet, and one that leads around.
//
//	        N 0
//	        |  V
//	W ------J------ E      H: W–E, 1000 m, J at 400
//	 \      |      /       V: N–S, 600 m, J at 300
//	  \     S     /        U: from 100 m of H (K) to 900 m of H (L), 1500 m
//	   K---------L
func cross(t rapid.TB) *plan.Plan {
	t.Helper()
	return &plan.Plan{
		Routes: []plan.Route{straight(t, "H", 1000), straight(t, "V", 600), straight(t, "U", 1500)},
		Junctions: []plan.Junction{
			{Code: "J", Route: "H", At: 400}, {Code: "J", Route: "V", At: 300},
			{Code: "K", Route: "H", At: 100}, {Code: "K", Route: "U", At: 0},
			{Code: "L", Route: "H", At: 900}, {Code: "L", Route: "U", At: 1500},
		},
		Gateways: []plan.Gateway{
			{Code: "W", Route: "H", At: 0}, {Code: "E", Route: "H", At: 1000},
			{Code: "N", Route: "V", At: 0}, {Code: "S", Route: "V", At: 600},
		},
	}
}

// say writes ways shortly.
func say(ways []network.Way) []string {
	var out []string
	for _, w := range ways {
		line := fmt.Sprintf("%s–%s %.0f:", w.From, w.To, w.Length)
		for _, s := range w.Steps {
			from, to := s.From, s.To
			if s.Backward {
				from, to = to, from
			}
			line += fmt.Sprintf(" %s %.0f–%.0f", s.Route, from, to)
		}
		out = append(out, line)
	}
	return out
}

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestBlindWays(t *testing.T) {
	n := network.New(cross(t))
	expect(t, "with no camera", say(n.Blind(n.Closed(nil, least))), []string{
		"N–S 600: V 0–300 V 300–600",
		"N–W 700: V 0–300 H 400–100 H 100–0",
		"S–W 700: V 600–300 H 400–100 H 100–0",
		"E–N 900: H 1000–900 H 900–400 V 300–0",
		"E–S 900: H 1000–900 H 900–400 V 300–600",
		"E–W 1000: H 1000–900 H 900–400 H 400–100 H 100–0",
	})
	// A camera between K and J: west and east still meet, the long way round.
	expect(t, "by the road around", say(n.Blind(n.Closed([]network.View{view("H", 200, 260), view("V", 100, 150), view("V", 400, 450)}, least))), []string{
		"E–W 1700: H 1000–900 U 1500–0 H 100–0",
	})
	expect(t, "a gateway in view", say(n.Blind(n.Closed([]network.View{view("H", 5, 10), view("V", 0, 5), view("V", 590, 595)}, least))), []string(nil))
	// A camera at J that looks along H closes the place when it sees both arms.
	expect(t, "into one arm", say(n.Blind(n.Closed([]network.View{view("H", 400, 450), view("H", 950, 960)}, least))), []string{
		"N–S 600: V 0–300 V 300–600", "N–W 700: V 0–300 H 400–100 H 100–0", "S–W 700: V 600–300 H 400–100 H 100–0",
	})
	expect(t, "too little of it", len(n.Blind(n.Closed([]network.View{view("H", 200, 204.9), view("V", 100, 104)}, least))), 6)
	expect(t, "across the junction", say(n.Blind(n.Closed([]network.View{view("H", 380, 420)}, least))), []string{
		"E–W 1700: H 1000–900 U 1500–0 H 100–0",
	})
}

func TestWhatClosesAllWays(t *testing.T) {
	n := network.New(cross(t))
	got := n.Close(n.Closed(nil, least), nil, least)
	// Three of four gateways have to be cut off.
	if len(got.Stretches) != 3 || !got.Fewest || got.Cameras != nil {
		t.Errorf("%+v", got)
	}
	// A planned camera sees all of J, another the gateway W, a third nothing of use.
	planned := []network.Camera{
		{Code: "c3", Views: []network.View{view("U", 700, 720)}},
		{Code: "c2", Views: []network.View{view("H", 0, 30)}},
		{Code: "c1", Views: []network.View{view("H", 380, 420), view("V", 280, 320)}},
	}
	got = n.Close(n.Closed(nil, least), planned, least)
	expect(t, "with planned cameras", got, network.Closing{Cameras: []string{"c1", "c2"}, Fewest: true})
	got = n.Close(n.Closed(nil, least), planned[2:], least)
	if len(got.Stretches) != 1 || len(got.Cameras) != 1 || !got.Fewest {
		t.Errorf("one more is needed: %+v", got)
	}
	expect(t, "nothing to close", n.Close(n.Closed([]network.View{view("H", 380, 420), view("H", 0, 30)}, least), planned, least), network.Closing{Fewest: true})
}

// town draws a small network, and gives the lengths of its routes in units.
func town(t *rapid.T) (p *plan.Plan, lengths map[string]int) {
	p, lengths = &plan.Plan{}, map[string]int{}
	for i := range rapid.IntRange(2, 4).Draw(t, "routes") {
		code, metres := fmt.Sprintf("R%d", i), rapid.IntRange(3, 12).Draw(t, "units")
		p.Routes, lengths[code] = append(p.Routes, straight(t, code, metres*least)), metres
	}
	for i := range rapid.IntRange(0, 8).Draw(t, "junctions") {
		r := p.Routes[i%len(p.Routes)].Code
		p.Junctions = append(p.Junctions, plan.Junction{Code: rapid.SampledFrom([]string{"A", "A", "B", "C"}).Draw(t, "junction"), Route: r, At: float64(least * rapid.IntRange(0, lengths[r]).Draw(t, "at"))})
	}
	for i := range rapid.IntRange(2, 4).Draw(t, "gateways") {
		r := p.Routes[i%len(p.Routes)].Code
		at := rapid.OneOf(rapid.SampledFrom([]int{0, lengths[r]}), rapid.IntRange(0, lengths[r])).Draw(t, "at")
		p.Gateways = append(p.Gateways, plan.Gateway{Code: fmt.Sprintf("G%d", i), Route: r, At: float64(least * at)})
	}
	return p, lengths
}

func views(t *rapid.T, lengths map[string]int, p *plan.Plan, fewest, most int) []network.View {
	var vs []network.View
	for range rapid.IntRange(fewest, most).Draw(t, "views") {
		r := rapid.SampledFrom(p.Routes).Draw(t, "route").Code
		from := rapid.IntRange(0, lengths[r]).Draw(t, "from")
		vs = append(vs, view(r, float64(least*from), float64(least*rapid.IntRange(from, lengths[r]).Draw(t, "to"))))
	}
	return vs
}

// world is the oracle: every unit of every route has a point at either end, and
// one goes from point to point.
type world struct {
	p       *plan.Plan
	lengths map[string]int
}

func unit(metres float64) int { return int(math.Round(metres / least)) }

type point struct {
	route string // empty: a junction
	at    string
}

func (w world) point(route string, at int) point {
	here := point{route, fmt.Sprint(at)}
	// Junctions that share a point are one: by the least code that can be got to.
	codes := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for _, j := range w.p.Junctions {
			same := j.Route == route && unit(j.At) == at
			for _, k := range w.p.Junctions {
				same = same || codes[k.Code] && k.Route == j.Route && k.At == j.At
			}
			if (same || codes[j.Code]) && !codes[j.Code] {
				codes[j.Code], changed = true, true
			}
		}
	}
	least := ""
	for c := range codes {
		if least == "" || c < least {
			least = c
		}
	}
	if least != "" {
		return point{"", least}
	}
	return here
}

// distances gives how many units it is from each gateway to each other by blind
// ways.
func (w world) distances(vs []network.View, shut []network.Stretch) map[[2]string]int {
	seen := func(r string, from, to float64) bool { // by one view
		for _, v := range vs {
			if v.Route == r && v.From <= least*from && least*to <= v.To {
				return true
			}
		}
		return false
	}
	type step struct{ a, b point }
	var steps []step
	closed := map[point]bool{}
	for r, metres := range w.lengths {
		for m := range metres {
			isShut := slices.ContainsFunc(shut, func(s network.Stretch) bool {
				return s.Route == r && s.From < least*(float64(m)+0.5) && least*(float64(m)+0.5) < s.To
			})
			if !isShut && !seen(r, float64(m), float64(m+1)) {
				steps = append(steps, step{w.point(r, m), w.point(r, m+1)})
			}
			if m > 0 && seen(r, float64(m-1), float64(m+1)) {
				closed[w.point(r, m)] = true
			}
		}
	}
	for _, g := range w.p.Gateways {
		at := unit(g.At)
		isJunction := func(m int) bool {
			return slices.ContainsFunc(w.p.Junctions, func(j plan.Junction) bool { return j.Route == g.Route && unit(j.At) == m })
		}
		in := func(m int) bool {
			return m >= 0 && m < w.lengths[g.Route] && seen(g.Route, float64(m), float64(m+1))
		}
		// Units that touch it, and those that are one farther.
		if in(at-1) || in(at) || in(at-2) && !isJunction(at-1) || in(at+1) && !isJunction(at+1) {
			closed[w.point(g.Route, at)] = true
		}
	}
	out := map[[2]string]int{}
	for i, g := range w.p.Gateways {
		root := w.point(g.Route, unit(g.At))
		if closed[root] {
			continue
		}
		far := map[point]int{root: 0}
		for d, front := 0, []point{root}; len(front) > 0; d++ {
			var next []point
			for _, at := range front {
				for _, s := range steps {
					for _, to := range [][2]point{{s.a, s.b}, {s.b, s.a}} {
						if _, ok := far[to[1]]; to[0] == at && !ok && !closed[to[1]] {
							far[to[1]] = d + 1
							next = append(next, to[1])
						}
					}
				}
			}
			front = next
		}
		for _, h := range w.p.Gateways[i+1:] {
			if d, ok := far[w.point(h.Route, unit(h.At))]; ok {
				out[[2]string{g.Code, h.Code}] = d
			}
		}
	}
	return out
}

func TestBlindWaysAreThoseOfGoingStepByStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, lengths := town(t)
		vs := views(t, lengths, p, 0, 3)
		n := network.New(p)
		got := map[[2]string]int{}
		last := 0.0
		for _, w := range n.Blind(n.Closed(vs, least)) {
			got[[2]string{w.From, w.To}] = unit(w.Length)
			sum := 0.0
			for _, s := range w.Steps {
				sum += s.Length()
			}
			if math.Abs(sum-w.Length) > 1e-6 || w.Length < last-0.001 {
				t.Fatalf("a way of %v m has steps of %v m, and comes after one of %v m", w.Length, sum, last)
			}
			last = w.Length
		}
		if diff := cmp.Diff((world{p, lengths}).distances(vs, nil), got); diff != "" {
			t.Fatalf("step by step (-) and by the network (+):\n%s", diff)
		}
	})
}

func TestClosingIsTheCheapestOfAllSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, lengths := town(t)
		vs := views(t, lengths, p, 0, 1)
		var cameras []network.Camera
		for i := range rapid.IntRange(0, 4).Draw(t, "cameras") {
			cameras = append(cameras, network.Camera{Code: fmt.Sprint("c", i), Views: views(t, lengths, p, 1, 3)})
		}
		n, w := network.New(p), world{p, lengths}
		stretches := n.Stretches()
		if len(stretches) > 9 {
			t.Skip("too many sets")
		}
		open := func(chosen []network.Camera, shut []network.Stretch) bool {
			all := slices.Clone(vs)
			for _, c := range chosen {
				all = append(all, c.Views...)
			}
			for _, d := range w.distances(all, shut) {
				if d > 0 {
					return true
				}
			}
			return false
		}
		cost := func(shut, chosen int) int { return shut*100 + chosen }
		cheapest := 1 << 30
		for set := range 1 << (len(stretches) + len(cameras)) {
			var chosen []network.Camera
			var shut []network.Stretch
			for i := range cameras {
				if set>>i&1 == 1 {
					chosen = append(chosen, cameras[i])
				}
			}
			for i := range stretches {
				if set>>(len(cameras)+i)&1 == 1 {
					shut = append(shut, stretches[i])
				}
			}
			if c := cost(len(shut), len(chosen)); c < cheapest && !open(chosen, shut) {
				cheapest = c
			}
		}
		got := n.Close(n.Closed(vs, least), cameras, least)
		var chosen []network.Camera
		for _, c := range cameras {
			if slices.Contains(got.Cameras, c.Code) {
				chosen = append(chosen, c)
			}
		}
		if open(chosen, got.Stretches) {
			t.Fatalf("%+v does not close all", got)
		}
		if c := cost(len(got.Stretches), len(got.Cameras)); c != cheapest || !got.Fewest {
			t.Fatalf("%+v costs %d, the cheapest set %d", got, c, cheapest)
		}
	})
}

// A grid of streets, whose every end is a gateway.
func TestALargeNetwork(t *testing.T) {
	const streets = 30
	p := &plan.Plan{}
	for i := range streets {
		for _, way := range []string{"E", "N"} {
			code := fmt.Sprintf("%s%02d", way, i)
			p.Routes = append(p.Routes, straight(t, code, (streets+1)*100))
			for _, end := range []int{0, streets + 1} {
				p.Gateways = append(p.Gateways, plan.Gateway{Code: fmt.Sprintf("%s-%02d", code, end), Route: code, At: float64(end * 100)})
			}
			for k := range streets {
				name := fmt.Sprintf("%d-%d", i, k)
				if way == "N" {
					name = fmt.Sprintf("%d-%d", k, i)
				}
				p.Junctions = append(p.Junctions, plan.Junction{Code: name, Route: code, At: float64((k + 1) * 100)})
			}
		}
	}
	n := network.New(p)
	if got, want := len(n.Stretches()), 2*streets*(streets+1); got != want {
		t.Fatalf("%d stretches, want %d", got, want)
	}
	ways := n.Blind(n.Closed(nil, least))
	if got, want := len(ways), 4*streets*(4*streets-1)/2; got != want || math.Abs(ways[0].Length-200) > 0.01 {
		t.Fatalf("%d ways, want %d; the shortest has %v m", got, want, ways[0].Length)
	}
	got := n.Close(n.Closed(nil, least), nil, least)
	if len(got.Stretches) != 4*streets-1 {
		t.Errorf("%d stretches; each gateway but one is cut off by its own, %d in all", len(got.Stretches), 4*streets-1)
	}
	var vs []network.View
	for _, s := range got.Stretches {
		vs = append(vs, view(s.Route, s.From, s.To))
	}
	if left := n.Blind(n.Closed(vs, least)); len(left) > 0 {
		t.Errorf("%d ways are left", len(left))
	}
	t.Logf("proved to be the fewest: %t", got.Fewest)
}

func TestIsolatingGatewaysClosesAllAtTwiceTheCostAtMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, lengths := town(t)
		vs := views(t, lengths, p, 0, 2)
		n := network.New(p)
		cut := n.Isolate(n.Closed(vs, least))
		for pair, d := range (world{p, lengths}).distances(vs, cut) {
			if d > 0 {
				t.Fatalf("%v are still %d units apart", pair, d)
			}
		}
		if got := n.Close(n.Closed(vs, least), nil, least); len(cut) > 2*len(got.Stretches) {
			t.Fatalf("%d stretches, where %d do", len(cut), len(got.Stretches))
		}
	})
}

func TestTheLeastInViewIsThatOfCoverage(t *testing.T) {
	if least != coverage.Least {
		t.Errorf("%v m here, %v m there", float64(least), coverage.Least)
	}
}
