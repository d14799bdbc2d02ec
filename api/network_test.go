package api_test

import (
	"slices"
	"testing"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/network"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// small is the sample plan with four of its routes, which meet: few
// enough that every pair of gateways is joined.
func small(t *testing.T, p *plan.Plan) {
	t.Helper()
	keep := map[string]bool{"QL1A": true, "QL15B": true, "DT550": true, "LX01": true}
	sites := map[string]bool{}
	p.Routes = slices.DeleteFunc(p.Routes, func(r plan.Route) bool { return !keep[r.Code] })
	p.Junctions = slices.DeleteFunc(p.Junctions, func(j plan.Junction) bool { return !keep[j.Route] })
	p.Gateways = slices.DeleteFunc(p.Gateways, func(g plan.Gateway) bool { return !keep[g.Route] })
	p.Sites = slices.DeleteFunc(p.Sites, func(s plan.Site) bool {
		sites[s.Code] = keep[s.Route]
		return !sites[s.Code]
	})
	p.Cameras = slices.DeleteFunc(p.Cameras, func(c plan.Camera) bool { return !sites[c.Site] })
	built, err := plan.Build(*p)
	if err != nil {
		t.Fatal(err)
	}
	*p = *built
}

// blindWays asks the package for the blind ways of a state.
func (w *world) blindWays(state coverage.State) []network.Way {
	w.t.Helper()
	eye := w.eye("observation")
	counted := map[string]bool{}
	w.covered(eye, state, func(c *plan.Camera) { counted[c.Code] = true })
	var views []network.View
	for _, f := range eye.Footprints() {
		for _, s := range f.Stretch {
			if counted[f.Camera] {
				views = append(views, network.View{Route: s.Route, Interval: s.Interval})
			}
		}
	}
	n := network.New(w.plan)
	return n.Blind(n.Closed(views, coverage.Least))
}

func TestBlindWaysOfASmallNetwork(t *testing.T) {
	w := newWorldWith(t, func(p *plan.Plan) { small(t, p) })
	gateways := answer[api.CoverageGateways](w, "/api/v1/coverage/gateways").Items
	if len(gateways) < 4 {
		t.Fatalf("%d gateways", len(gateways))
	}
	// Nothing works: every pair that is joined has a blind way.
	none := answer[api.BlindWays](w, "/api/v1/coverage/blind-ways")
	if none.Gateways != len(gateways) || none.Pairs != none.Gateways*(none.Gateways-1)/2 || none.Total != none.Pairs || len(none.Items) != none.Total {
		t.Fatalf("%d gateways, %d of %d pairs are blind", none.Gateways, none.Total, none.Pairs)
	}
	if none.Why.VI == "" || none.Why.EN == "" {
		t.Error("it does not say why")
	}
	for i, way := range none.Items {
		sum := 0.0
		for _, s := range way.Steps {
			sum += s.Length
			if s.Route.Name == "" || s.From == s.To {
				t.Errorf("step %+v", s)
			}
		}
		if sum < way.Length-1 || sum > way.Length+1 || i > 0 && way.Length < none.Items[i-1].Length || len(way.Steps) == 0 || way.From.Name == "" {
			t.Errorf("way %+v", way)
		}
		for k := range way.Steps[1:] {
			if a, b := way.Steps[k], way.Steps[k+1]; a.Route == b.Route && a.To == b.From {
				t.Errorf("what goes on along a route is two steps: %+v, %+v", a, b)
			}
		}
	}
	w.letEveryThirdWork()
	for _, state := range coverage.States() {
		got := answer[api.BlindWays](w, "/api/v1/coverage/blind-ways?state="+string(state))
		want := w.blindWays(state)
		if got.Total != len(want) {
			t.Errorf("%s: %d pairs, want %d", state, got.Total, len(want))
		}
		for i, way := range want {
			if g := got.Items[i]; g.From.Code != way.From || g.To.Code != way.To || g.Length != tenths(way.Length) {
				t.Errorf("%s: way %d is %+v, want %+v", state, i, g, way)
			}
		}
		first := answer[api.BlindWays](w, "/api/v1/coverage/blind-ways?limit=1&state="+string(state))
		if first.Next == "" {
			continue
		}
		page := answer[api.BlindWays](w, "/api/v1/coverage/blind-ways?limit=1&state="+string(state)+"&after="+first.Next)
		if page.Total != got.Total || got.Total > 1 && (len(page.Items) != 1 || page.Items[0].From != got.Items[1].From || page.Items[0].Length != got.Items[1].Length) {
			t.Errorf("%s: the second way is %+v", state, page.Items)
		}
	}
}

// The cameras that are said to close all ways do, together with the stretches.
func TestWhatIsSaidToCloseBlindWaysDoes(t *testing.T) {
	w := newWorldWith(t, func(p *plan.Plan) {
		small(t, p)
		for i := range p.Cameras { // all may work
			p.Cameras[i].Installed, p.Cameras[i].Accepted, p.Cameras[i].Retired = 1, 1, 0
		}
	})
	before := answer[api.BlindWays](w, "/api/v1/coverage/blind-ways")
	if len(before.Closing.Cameras) == 0 || !before.Closing.Fewest {
		t.Fatalf("closing: %+v", before.Closing)
	}
	for _, c := range before.Closing.Cameras {
		if c.Claimed != "accepted" || c.Status != "unknown" || c.Site.Name == "" {
			t.Errorf("%+v", c)
		}
	}
	work := func(codes []string) api.BlindWays {
		var states []wire.State
		for _, code := range codes {
			c := w.plan.Camera(code)
			states = append(states, wire.State{Camera: code, Status: wire.StatusUp, Rung: wire.RungFresh, Width: c.Width, Height: c.Height})
		}
		w.says(states...)
		return answer[api.BlindWays](w, "/api/v1/coverage/blind-ways")
	}
	var codes []string
	for _, c := range before.Closing.Cameras {
		codes = append(codes, c.Code)
	}
	after := work(codes)
	if len(after.Closing.Cameras) != 0 || len(after.Closing.Stretches) != len(before.Closing.Stretches) {
		t.Errorf("they work, and %+v is needed still; before %+v", after.Closing, before.Closing)
	}
	if len(before.Closing.Stretches) == 0 && after.Total != after.AtOnePlace {
		t.Errorf("%d ways are left", after.Total)
	}
	// They go down, and nothing else changes: the ways are open again.
	var states []wire.State
	for _, code := range codes {
		c := w.plan.Camera(code)
		states = append(states, wire.State{Camera: code, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultTimeout, FellOn: wire.RungConnect, Width: c.Width, Height: c.Height})
	}
	w.says(states...)
	if down := answer[api.BlindWays](w, "/api/v1/coverage/blind-ways"); down.Total != before.Total || len(down.Closing.Cameras) != len(codes) || down.Closing.Cameras[0].Status != "down" {
		t.Errorf("they are down: %d ways, closing %+v", down.Total, down.Closing)
	}
	// One less is not enough, whichever it is.
	w.pass(3e11) // until they are forgotten
	for i := range codes {
		fewer := slices.Delete(slices.Clone(codes), i, i+1)
		w.pass(3e11)
		if left := work(fewer); left.Total == after.Total {
			t.Errorf("without %s as few ways are left", codes[i])
		}
	}
}

// The whole sample, with the plan as it is: that the answer is there soon, and
// says how sure it is.
func TestBlindWaysOfTheSample(t *testing.T) {
	w := newWorld(t)
	w.letEveryThirdWork()
	for _, s := range coverage.States() {
		got := answer[api.BlindWays](w, "/api/v1/coverage/blind-ways?state="+string(s))
		if !got.Closing.Fewest || s == coverage.Planned && len(got.Closing.Cameras) != 0 {
			t.Errorf("%s: %d ways, closing %+v", s, got.Total, got.Closing)
		}
	}
}
