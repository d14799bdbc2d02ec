package api_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

func TestWhatNextSetsOutFromTheCoverageAndEndsAtThePlan(t *testing.T) {
	w := newWorld(t)
	var all []wire.State
	for i := range w.plan.Cameras {
		c := &w.plan.Cameras[i]
		all = append(all, wire.State{Camera: c.Code, Status: wire.StatusUp, Rung: wire.RungFresh, Width: c.Width, Height: c.Height})
	}
	w.says(all[:90]...)
	cover := answer[api.CoverageAnswer](w, "/api/v1/coverage?level=detection")
	for _, state := range []string{"installed", "accepted", "working"} {
		for _, by := range []string{"control", "view", "gateways", "ways", "cost"} {
			a := answer[api.NextAnswer](w, "/api/v1/rollout/next?level=detection&sites=5000&state="+state+"&by="+by)
			if a.State != state || a.By != by || a.Level.Code != "detection" {
				t.Fatalf("asked for %s by %s, got %+v", state, by, a)
			}
			want := cover.States[state]
			if b := a.Before; b.InView != want.InView || b.Controlled != want.Controlled || b.Sections != want.SectionsCtl || b.Gateways != want.GatewaysInView {
				t.Errorf("%s: before %+v, the coverage is %+v", state, b, want)
			}
			blind := answer[api.BlindWays](w, "/api/v1/coverage/blind-ways?level=detection&state="+state)
			if a.All.Ways-a.Before.Ways != blind.Total {
				t.Errorf("%s: %d pairs of gateways, %d closed, but %d blind ways", state, a.All.Ways, a.Before.Ways, blind.Total)
			}
			if a.Candidates == 0 || len(a.Items) != a.Candidates {
				t.Fatalf("%s by %s: %d of %d candidates", state, by, len(a.Items), a.Candidates)
			}
			sum := a.Before
			for i := range a.Items {
				r := &a.Items[i]
				nextAdd(&sum, r.Gain)
				if nextNear(sum.InView, r.After.InView) && nextNear(sum.Controlled, r.After.Controlled) {
					sum.InView, sum.Controlled = r.After.InView, r.After.Controlled // each is rounded
				}
				if sum != r.After {
					t.Fatalf("%s by %s, %s: %+v in sum, after it %+v", state, by, r.Site.Code, sum, r.After)
				}
				if ranked := r.Standing == "ranked"; ranked != (r.Rank != nil) || ranked && *r.Rank != i+1 {
					t.Errorf("%s has the rank %v and is %s in row %d", r.Site.Code, r.Rank, r.Standing, i)
				}
				if len(r.Cameras) == 0 || r.Cost == nil || *r.Cost <= 0 { // all of the sample have a cost
					t.Errorf("%s: cameras %v, cost %v", r.Site.Code, r.Cameras, r.Cost)
				}
			}
			together := a.Before
			nextAdd(&together, a.Together)
			if last := a.Items[len(a.Items)-1].After; !nextNear(together.InView, last.InView) || !nextNear(together.Controlled, last.Controlled) || together.Ways != last.Ways || together.Places != last.Places {
				t.Errorf("%s by %s: together %+v, after the last %+v", state, by, together, last)
			}
		}
	}
}

func nextNear(a, b float64) bool { return math.Abs(a-b) < 0.2 }

func nextAdd(m *api.NextMeasures, o api.NextMeasures) {
	m.InView += o.InView
	m.Controlled += o.Controlled
	m.Sections += o.Sections
	m.Gateways += o.Gateways
	m.Ways += o.Ways
	m.Places += o.Places
}

// What is installed and dead is to be repaired.
func TestWhatNextTellsWhatIsInstalledAlready(t *testing.T) {
	w := newWorld(t)
	a := answer[api.NextAnswer](w, "/api/v1/rollout/next?state=working&sites=5000")
	if a.Before.InView != 0 || len(a.Partly) != 0 {
		t.Errorf("nothing works: before %+v, partly %v", a.Before, a.Partly)
	}
	installed := 0
	for _, r := range a.Items {
		installed += r.Installed
	}
	progress := answer[api.RolloutAnswer](w, "/api/v1/rollout")
	if installed != progress.Total.Installed {
		t.Errorf("%d installed by the rank, %d by the roll-out", installed, progress.Total.Installed)
	}
	for _, r := range answer[api.NextAnswer](w, "/api/v1/rollout/next?sites=5000").Items {
		if r.Installed != 0 {
			t.Errorf("%s is to come and has %d installed", r.Site.Code, r.Installed)
		}
	}
}

func TestWhatNextOfSomeSites(t *testing.T) {
	w := newWorld(t)
	all := answer[api.NextAnswer](w, "/api/v1/rollout/next?state=working&sites=5000")
	first := all.Items[0]
	for _, ask := range []struct {
		query string
		is    func(api.NextRow) bool
	}{
		{"area=" + first.Area.Code, func(r api.NextRow) bool { return r.Area == first.Area }},
		{"route=" + first.Route.Code, func(r api.NextRow) bool { return r.Route != nil && *r.Route == *first.Route }},
	} {
		want := 0
		for _, r := range all.Items {
			if ask.is(r) {
				want++
			}
		}
		some := answer[api.NextAnswer](w, "/api/v1/rollout/next?state=working&sites=5000&"+ask.query)
		if some.Candidates != want || want == 0 || len(some.Items) != want {
			t.Errorf("%s: %d candidates, want %d", ask.query, some.Candidates, want)
		}
		for _, r := range some.Items {
			if !ask.is(r) {
				t.Errorf("%s: %s is in %s on %v", ask.query, r.Site.Code, r.Area.Code, r.Route)
			}
		}
	}
	// The area above all communes has all of them.
	root := w.plan.AreaOn(first.Area.Code, plan.DateOf(w.clock(), w.plan.Location)).Parent
	if some := answer[api.NextAnswer](w, "/api/v1/rollout/next?state=working&area="+root); some.Candidates < 2 || len(some.Items) != min(20, some.Candidates) {
		t.Errorf("area %s: %d of %d candidates", root, len(some.Items), some.Candidates)
	}
	for query, says := range map[string]string{
		"area=nowhere": "nowhere", "area=18589": "18589", "route=nowhere": "DT549", "level=sharp": "observation", "by=beauty": "query.by", "state=planned": "query.state", "sites=0": "query.sites",
	} {
		if rec := w.get("/api/v1/rollout/next?" + query); rec.Code != 422 || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
}

func TestWhatNextAsATable(t *testing.T) {
	w := newWorldWith(t, func(p *plan.Plan) { p.Cameras[0].Cost = 0 })
	a := answer[api.NextAnswer](w, "/api/v1/rollout/next?state=working&by=cost&sites=5000")
	table := a.Table()
	if len(table.Rows) != len(a.Items) {
		t.Fatalf("%d rows for %d sites", len(table.Rows), len(a.Items))
	}
	column := func(code string) int {
		i := slices.IndexFunc(table.Columns, func(c api.Column) bool { return c.Code == code })
		if i < 0 {
			t.Fatalf("no column %s", code)
		}
		return i
	}
	seen := map[string]bool{}
	for _, c := range table.Columns {
		if c.Code == "" || c.Name.VI == "" || c.Name.EN == "" || seen[c.Code] {
			t.Errorf("column %+v", c)
		}
		seen[c.Code] = true
	}
	for i, row := range table.Rows {
		r := &a.Items[i]
		if len(row) != len(table.Columns) {
			t.Fatalf("row %d has %d cells for %d columns", i, len(row), len(table.Columns))
		}
		if row[column("site")] != r.Site.Code || row[column("gain_controlled_m")] != r.Gain.Controlled || row[column("after_places")] != r.After.Places || row[column("cameras")] != len(r.Cameras) {
			t.Errorf("row %v of %+v", row, r)
		}
		unknown := slices.Contains(r.Cameras, w.plan.Cameras[0].Code)
		if (row[column("cost_million_vnd")] == nil) != unknown || (row[column("controlled_m_per_million_vnd")] == nil) != unknown || unknown && r.Standing == "ranked" {
			t.Errorf("cost unknown %t: %v", unknown, row)
		}
		if (row[column("rank")] == nil) != (r.Standing != "ranked") {
			t.Errorf("rank of %s: %v", r.Standing, row[column("rank")])
		}
	}
}
