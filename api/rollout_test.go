package api_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
	"github.com/phukin/phukin/hub/wire"
)

// lookedAt puts an observation of a camera at noon of a day into the history.
func (w *world) lookedAt(seq uint64, c *plan.Camera, day plan.Date, status wire.Status, width, height int) {
	w.t.Helper()
	from := day.Start(w.plan.Location).Add(12 * time.Hour).UnixMilli()
	o := wire.Observation{Camera: c.Code, From: from, To: from + 60_000, Status: status, Rung: wire.RungFresh, Width: width, Height: height}
	if status == wire.StatusDown {
		o.Rung, o.FellOn, o.Fault = wire.RungResolve, wire.RungConnect, wire.FaultTimeout
	}
	w.saw(seq, o)
}

var today = plan.NewDate(2026, 11, 23)

func TestRolloutIsAsOfAnyDay(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	if r := answer[api.RolloutAnswer](w, "/api/v1/rollout"); r.Total.Verified != 0 {
		t.Errorf("nothing was seen, and %d are verified", r.Total.Verified)
	}
	w.lookedAt(0, c, today.AddDays(-3), wire.StatusUp, c.Width, c.Height)
	for day, want := range map[plan.Date]int{today.AddDays(-4): 0, today.AddDays(-3): 1, today: 1} {
		r := answer[api.RolloutAnswer](w, "/api/v1/rollout?day="+day.String())
		if r.Total.Verified != want || r.Day != day.String() {
			t.Errorf("as of %s: %d verified, want %d", day, r.Total.Verified, want)
		}
		groups := rollout.Groups(w.plan, nil, day, rollout.ByTotal)[0]
		if r.Total.Installed != groups.Cameras.Installed || r.Total.BySite.Accepted != groups.Sites.Accepted || r.Total.Sites != groups.Sites.Planned {
			t.Errorf("as of %s: %+v, want %+v", day, r.Total, groups)
		}
	}
}

func TestRolloutByEverythingAddsUp(t *testing.T) {
	w := newWorld(t)
	for _, by := range []string{"phase", "area", "route", "funding", "owner"} {
		r := answer[api.RolloutAnswer](w, "/api/v1/rollout?by="+by)
		planned := 0
		for _, g := range r.Items {
			planned += g.Planned
			if g.Name.VI == "" || g.Name.EN == "" || by != "funding" && g.Name.VI == g.Code {
				t.Errorf("by %s: %q has the name %+v", by, g.Code, g.Name)
			}
		}
		if planned != r.Total.Planned || len(r.Items) < 2 || r.By != by {
			t.Errorf("by %s: %d groups with %d cameras of %d", by, len(r.Items), planned, r.Total.Planned)
		}
	}
	r := answer[api.RolloutAnswer](w, "/api/v1/rollout?by=phase")
	for i, g := range r.Items {
		want := []float64{84, 56, 40}[i]
		if len(g.Targets) != 1 || g.Targets[0].Value != want || g.Targets[0].Reached != g.Accepted || g.Targets[0].Share == nil || *g.Targets[0].Share != float64(g.Accepted)/want {
			t.Errorf("%s: %+v", g.Code, g.Targets)
		}
	}
	if g := r.Total.Targets; len(g) != 1 || g[0].Measure != "areas" || g[0].By != "2027-12-31" {
		t.Errorf("targets of all: %+v", g)
	}
}

func TestTheRolloutCurveEndsWhereTheTableStands(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	w.lookedAt(0, c, today.AddDays(-3), wire.StatusUp, c.Width, c.Height)
	total := answer[api.RolloutAnswer](w, "/api/v1/rollout").Total
	for _, every := range []string{"day", "week", "month"} {
		curve := answer[api.RolloutCurve](w, "/api/v1/rollout/curve?every="+every)
		i := slices.IndexFunc(curve.Items, func(p api.CurvePoint) bool { return p.Day == today.String() })
		if i < 0 || *curve.Items[i].Installed != total.Installed || *curve.Items[i].Verified != 1 || curve.Items[i].Planned != total.Planned {
			t.Fatalf("every %s: %+v at %d", every, curve.Items[max(i, 0)], i)
		}
		next, last := curve.Items[i+1], curve.Items[len(curve.Items)-1]
		if next.Installed != nil || next.Verified != nil || curve.Items[i-1].Accepted == nil || last.Scheduled != total.Planned || last.Day != "2027-12-31" {
			t.Errorf("every %s: then %+v, at last %+v", every, next, last)
		}
	}
	sum := 0
	for _, phase := range w.plan.Phases {
		curve := answer[api.RolloutCurve](w, "/api/v1/rollout/curve?from=2026-11-23&to=2026-11-23&phase="+phase.Code)
		sum += curve.Items[0].Scheduled
	}
	if all := answer[api.RolloutCurve](w, "/api/v1/rollout/curve?from=2026-11-23&to=2026-11-23").Items; len(all) != 1 || all[0].Scheduled != sum {
		t.Errorf("%+v, phases have %d", all, sum)
	}
}

func TestOverdueListsAgree(t *testing.T) {
	w := newWorld(t)
	r := answer[api.RolloutAnswer](w, "/api/v1/rollout")
	l := answer[api.OverdueList](w, "/api/v1/rollout/overdue")
	installed, byPhase, byArea := 0, 0, 0
	for _, row := range l.Items {
		if row.Milestone == "installed" {
			installed++
		}
		if row.Site.Name == "" || row.Area.Name == "" || row.Days <= 0 {
			t.Errorf("%+v", row)
		}
	}
	for _, g := range l.Phases {
		byPhase += g.Installed + g.Accepted
	}
	for _, g := range l.Areas {
		byArea += g.Installed + g.Accepted
		part := answer[api.OverdueList](w, "/api/v1/rollout/overdue?area="+g.Code)
		if len(part.Items) != g.Installed+g.Accepted {
			t.Errorf("area %s has %d late, its list %d", g.Code, g.Installed+g.Accepted, len(part.Items))
		}
	}
	if installed != r.Total.Overdue || len(r.Overdue) != installed || byPhase != len(l.Items) || byArea != len(l.Items) || installed == 0 {
		t.Errorf("%d late, %d with installing; phases %d, areas %d; the table says %d", len(l.Items), installed, byPhase, byArea, r.Total.Overdue)
	}
}

func TestDiscrepanciesSayWhatToDo(t *testing.T) {
	w := newWorld(t)
	dead, silent, small := w.inService(0), w.inService(1), w.inService(2)
	for i := range uint64(20) { // worked until a fortnight ago
		status := wire.StatusUp
		if i > 5 {
			status = wire.StatusDown
		}
		w.lookedAt(i, dead, today.AddDays(int(i)-19), status, dead.Width, dead.Height)
	}
	w.lookedAt(100, silent, today.AddDays(-30), wire.StatusUp, silent.Width, silent.Height)
	w.lookedAt(101, small, today, wire.StatusUp, 640, 360)
	at := w.clock().Add(-time.Hour).UnixMilli()
	stranger := history.Batch{Agent: "tb-99", Epoch: 9, Received: w.clock(), Observations: []wire.Observation{{Camera: "LA-1", From: at, To: at + 1000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1}}}
	if err := w.store.Append(t.Context(), []history.Batch{stranger}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.pass(6 * time.Second)
	l := answer[api.DiscrepancyList](w, "/api/v1/rollout/discrepancies")
	find := func(kind, camera string) *api.DiscrepancyRow {
		i := slices.IndexFunc(l.Items, func(r api.DiscrepancyRow) bool { return r.Kind == kind && r.Camera == camera })
		if i < 0 {
			return &api.DiscrepancyRow{}
		}
		return &l.Items[i]
	}
	if r := find("dead", dead.Code); r.Since == nil || *r.Since != today.AddDays(-13).String() || *r.Age != 14 || r.Site == nil || r.Site.Name == "" {
		t.Errorf("dead: %+v", r)
	}
	if r := find("silent", silent.Code); r.Since == nil || *r.Since != today.AddDays(-29).String() {
		t.Errorf("silent: %+v", r)
	}
	if r := find("resolution", small.Code); r.Since != nil || !strings.Contains(r.Do.VI, "640×360") || !strings.Contains(r.Do.EN, "640×360") {
		t.Errorf("resolution: %+v", r)
	}
	if r := find("unplanned", "LA-1"); r.Site != nil || r.Since == nil || *r.Since != today.String() || *r.Age != 1 {
		t.Errorf("unplanned: %+v", r)
	}
	count := 0
	for _, k := range l.Kinds {
		count += k.Count
		if k.Name.VI == "" || k.Name.EN == "" {
			t.Errorf("%s has no name", k.Kind)
		}
	}
	table := l.Table()
	if count != len(l.Items) || len(l.Kinds) != len(rollout.Kinds()) || len(table.Rows) != count || len(table.Rows[0]) != len(table.Columns) {
		t.Errorf("%d are counted of %d, %d in the table", count, len(l.Items), len(table.Rows))
	}
	for _, part := range []string{"phase=" + dead.Phase, "area=18562"} {
		for _, r := range answer[api.DiscrepancyList](w, "/api/v1/rollout/discrepancies?"+part).Items {
			if r.Site == nil || r.Phase != dead.Phase && part[0] == 'p' || r.Area.Code != "18562" && part[0] == 'a' {
				t.Errorf("%s: %+v", part, r)
			}
		}
	}
	if one := answer[api.DiscrepancyList](w, "/api/v1/rollout/discrepancies?kind=dead"); len(one.Items) != 1 {
		t.Errorf("%d dead, want 1", len(one.Items))
	}
	if none := answer[api.DiscrepancyList](w, "/api/v1/rollout/discrepancies?kind=dead&days=15"); len(none.Items) != 0 {
		t.Errorf("%d dead for 15 days, want none", len(none.Items))
	}
	r := answer[api.RolloutAnswer](w, "/api/v1/rollout")
	if never := answer[api.DiscrepancyList](w, "/api/v1/rollout/discrepancies?kind=never_seen"); len(never.Items) != len(r.Unverified) {
		t.Errorf("%d were never seen, the table says %d", len(never.Items), len(r.Unverified))
	}
}

func TestForecastsAreOfTheGroups(t *testing.T) {
	w := newWorld(t)
	r := answer[api.RolloutAnswer](w, "/api/v1/rollout?by=area")
	f := answer[api.ForecastAnswer](w, "/api/v1/rollout/forecast?by=area")
	if len(f.Items) != len(r.Items) || len(f.Months) != 6 || f.Months[5] != today.String() {
		t.Fatalf("%d groups, months %v", len(f.Items), f.Months)
	}
	for i, g := range f.Items {
		if row := g.Forecasts[0]; row.Planned != r.Items[i].Planned || row.Reached != r.Items[i].Installed || row.Remaining != row.Planned-row.Reached {
			t.Errorf("%s: %+v, want %+v", g.Code, row, r.Items[i].RolloutCount)
		}
		if seen := g.Forecasts[1]; seen.State != "no_pace" || seen.Earliest != nil || seen.Verdict != "" {
			t.Errorf("%s was never seen: %+v", g.Code, seen)
		}
	}
	if all := f.Total.Forecasts[0]; all.State != "forecast" || all.Earliest == nil || all.Middle == nil || *all.Earliest > *all.Middle {
		t.Errorf("%+v", all)
	}
}

func TestRolloutTablesHaveACellForEachColumn(t *testing.T) {
	w := newWorld(t)
	r, c := answer[api.RolloutAnswer](w, "/api/v1/rollout"), answer[api.RolloutCurve](w, "/api/v1/rollout/curve")
	o, f := answer[api.OverdueList](w, "/api/v1/rollout/overdue"), answer[api.ForecastAnswer](w, "/api/v1/rollout/forecast")
	for name, table := range map[string]api.Table{"rollout": r.Table(), "curve": c.Table(), "overdue": o.Table(), "forecast": f.Table()} {
		if len(table.Rows) == 0 || table.Name.VI == "" {
			t.Errorf("%s is empty", name)
		}
		codes := map[string]bool{}
		for _, col := range table.Columns {
			if codes[col.Code] || col.Name.VI == "" || col.Name.EN == "" {
				t.Errorf("%s: column %+v", name, col)
			}
			codes[col.Code] = true
		}
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Fatalf("%s: %d cells for %d columns", name, len(row), len(table.Columns))
			}
			for i, cell := range row {
				switch cell.(type) {
				case nil, string, bool, int, float64:
				default:
					t.Errorf("%s: %s is a %T", name, table.Columns[i].Code, cell)
				}
			}
		}
	}
}

func TestRolloutBySayingAnEarlierRevision(t *testing.T) {
	w := newWorld(t)
	earlier := *w.plan
	earlier.Cameras = earlier.Cameras[:10]
	earlier.Revision.Number = 3
	server, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Now: w.clock, PlanAt: func(_ context.Context, n int) (*plan.Plan, error) {
		if n != 3 {
			return nil, plan.ErrNoRevision
		}
		return &earlier, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if rec := w.get("/api/v1/rollout?revision=3"); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "no revisions") {
		t.Errorf("a plan of files: %d %s", rec.Code, rec.Body)
	}
	w.server = server
	r := answer[api.RolloutAnswer](w, "/api/v1/rollout?revision=3")
	if r.Revision != 3 || r.Total.Planned+r.Total.Retired != 10 {
		t.Errorf("revision %d: %+v", r.Revision, r.Total)
	}
	if r := answer[api.RolloutAnswer](w, "/api/v1/rollout"); r.Revision != 0 || r.Total.Planned+r.Total.Retired != 180 {
		t.Errorf("by the plan in force: revision %d: %+v", r.Revision, r.Total)
	}
	curve := answer[api.RolloutCurve](w, "/api/v1/rollout/curve?revision=3")
	if last := curve.Items[len(curve.Items)-1]; last.Planned > 10 || curve.Revision != 3 {
		t.Errorf("%+v", last)
	}
	if rec := w.get("/api/v1/rollout?revision=4"); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "no such revision") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestBadQuestionsAboutTheRollout(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]string{
		"?day=2026-13-01":                                "day: ",
		"?day=2026-11-24":                                "has not come yet",
		"?by=camera":                                     "by",
		"?revision=-1":                                   "revision",
		"/curve?from=2026-02-30":                         "from: ",
		"/curve?from=2027-01-01&to=2026-01-01":           "lies after",
		"/curve?from=1971-01-01&to=2199-01-01":           "at most 36525",
		"/curve?from=2010-01-01&to=2026-01-01&every=day": "at most 4000",
		"/overdue?phase=GD9":                             "there are: GD1, GD2, GD3",
		"/discrepancies?area=99999":                      "not an area of this plan",
		"/discrepancies?days=0":                          "days",
		"/discrepancies?kind=strange":                    "kind",
	} {
		if rec := w.get("/api/v1/rollout" + path); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: %d %s, want %q", path, rec.Code, rec.Body, want)
		}
	}
}
