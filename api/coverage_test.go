package api_test

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// eye gives the footprints of the world's plan at a level, by planned resolution.
func (w *world) eye(level string) *coverage.Eye {
	w.t.Helper()
	l, ok := w.plan.LevelByCode(level)
	if !ok {
		w.t.Fatalf("no level %s", level)
	}
	e, err := coverage.NewEye(w.plan, l, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// result gives the coverage in a state; every third camera of those in service
// is taken to work.
func (w *world) result(e *coverage.Eye, state coverage.State) coverage.Result {
	return w.covered(e, state, func(*plan.Camera) {})
}

// covered is result, and tells of every camera that counts.
func (w *world) covered(e *coverage.Eye, state coverage.State, tell func(*plan.Camera)) coverage.Result {
	counts, ok := coverage.ByPlan(state, plan.DateOf(w.clock(), w.plan.Location))
	if !ok {
		up := map[string]bool{}
		for _, c := range w.everyThird() {
			up[c.Code] = true
		}
		counts = func(c *plan.Camera) bool { return up[c.Code] }
	}
	return e.Cover(func(c *plan.Camera) bool {
		if !counts(c) {
			return false
		}
		tell(c)
		return true
	})
}

func (w *world) everyThird() (cameras []*plan.Camera) {
	n := 0
	for i := range w.plan.Cameras {
		c := &w.plan.Cameras[i]
		if from, to, ok := c.Service(w.plan.Location); ok && !w.clock().Before(from) && w.clock().Before(to) {
			if n++; n%3 == 0 {
				cameras = append(cameras, c)
			}
		}
	}
	return cameras
}

func (w *world) letEveryThirdWork() {
	w.t.Helper()
	var all []wire.State
	for _, c := range w.everyThird() {
		all = append(all, wire.State{Camera: c.Code, Status: wire.StatusUp, Rung: wire.RungFresh, Width: c.Width, Height: c.Height})
	}
	w.says(all...)
}

func tenths(m float64) float64 { return math.Round(m*10) / 10 }

func TestCoverageNowIsThatOfThePackage(t *testing.T) {
	w := newWorld(t)
	w.letEveryThirdWork()
	for _, level := range []string{"detection", "observation", "recognition", "identification"} {
		eye := w.eye(level)
		total := answer[api.CoverageGroups](w, "/api/v1/coverage/groups?by=total&level="+level)
		routes := answer[api.CoverageGroups](w, "/api/v1/coverage/groups?level="+level)
		classes := answer[api.CoverageGroups](w, "/api/v1/coverage/groups?by=class&level="+level)
		sections := answer[api.CoverageSections](w, "/api/v1/coverage/sections?level="+level)
		gateways := answer[api.CoverageGateways](w, "/api/v1/coverage/gateways?level="+level)
		places := answer[api.CoveragePlaces](w, "/api/v1/coverage/places")
		for _, state := range coverage.States() {
			want := w.result(eye, state)
			same := func(what string, g api.CoverageGroup, x coverage.Total) {
				t.Helper()
				c := g.States[string(state)]
				if c.InView != tenths(x.InView) || c.Controlled != tenths(x.Controlled) || c.Sections != x.Sections || c.SectionsCtl != x.SectionsControlled ||
					c.Gateways != x.Gateways || c.GatewaysInView != x.GatewaysInView || c.Places != x.Places || c.PlacesCovered != x.PlacesCovered || g.Length != tenths(x.Length) {
					t.Errorf("%s, %s, %s: %+v, want %+v", level, state, what, c, x)
				}
			}
			same("total", total.Items[0], want.Total)
			for _, g := range classes.Items {
				i := slices.IndexFunc(want.Classes, func(c coverage.Group) bool { return c.Code == g.Code })
				same(g.Code, g, want.Classes[i].Total)
			}
			n, gw := 0, 0
			for i, r := range want.Routes {
				var x coverage.Total
				x.Add(r)
				same(r.Code, routes.Items[i], x)
				for _, s := range r.Sections {
					got := sections.Items[n]
					n++
					if got.Route.Code != r.Code || got.Controlled[string(state)] != s.Controlled || got.InView[string(state)] != tenths(s.InView) || got.Length != tenths(s.To-s.From) {
						t.Errorf("%s, %s: section %+v, want %+v", level, state, got, s)
					}
					if state == coverage.Working && !slices.Equal(got.Working, append([]string{}, s.Cameras...)) || state == coverage.Planned && !slices.Equal(got.Planned, append([]string{}, s.Cameras...)) {
						t.Errorf("%s, %s: section %+v, controlled by %v", level, state, got, s.Cameras)
					}
				}
				for _, g := range r.Gateways {
					got := gateways.Items[gw]
					gw++
					if got.Code != g.Code || got.Name == "" || got.InView[string(state)] != g.InView || state == coverage.Working && len(got.Working) != len(g.Cameras) {
						t.Errorf("%s, %s: gateway %+v, want %+v", level, state, got, g)
					}
				}
			}
			for i, p := range want.Places {
				if got := places.Items[i]; got.Site.Code != p.Site || got.Covered[string(state)] != p.Covered || got.Area.Name == "" {
					t.Errorf("%s: place %+v, want %+v", state, got, p)
				}
			}
			cameras := answer[api.CoverageCameras](w, "/api/v1/coverage/cameras?level="+level+"&state="+string(state))
			if got, all := len(cameras.Items), len(want.Incomplete)+len(want.OffRoutes)+len(want.CutShort); got != all || cameras.Counted != want.Counted {
				t.Errorf("%s, %s: %d findings of %d cameras, want %d of %d", level, state, got, cameras.Counted, all, want.Counted)
			}
			for _, c := range cameras.Items {
				if c.Text.VI == "" || c.Text.EN == "" || c.Site.Name == "" {
					t.Errorf("finding without words: %+v", c)
				}
			}
		}
		if routes.Unknown == 0 {
			t.Error("nobody said anything of most cameras, and none is unknown")
		}
	}
	one := answer[api.CoverageSections](w, "/api/v1/coverage/sections?route=DT550")
	if len(one.Items) != 4 || one.Items[0].Route.Code != "DT550" || one.Items[0].From != "Km3+000" {
		t.Errorf("sections of one route: %+v", one.Items)
	}
}

// Areas are those of today, by code and first day in force, and add up to the
// total.
func TestCoverageByAreaAddsUp(t *testing.T) {
	w := newWorld(t)
	w.letEveryThirdWork()
	total := answer[api.CoverageGroups](w, "/api/v1/coverage/groups?by=total").Items[0]
	areas := answer[api.CoverageGroups](w, "/api/v1/coverage/groups?by=area")
	for _, state := range coverage.States() {
		var sum api.Covers
		length := 0.0
		for _, a := range areas.Items {
			x := a.States[string(state)]
			length += a.Length
			sum.InView, sum.Controlled = sum.InView+x.InView, sum.Controlled+x.Controlled
			sum.SectionsCtl, sum.GatewaysInView, sum.PlacesCovered = sum.SectionsCtl+x.SectionsCtl, sum.GatewaysInView+x.GatewaysInView, sum.PlacesCovered+x.PlacesCovered
		}
		want := total.States[string(state)]
		if math.Abs(length-total.Length) > 2 || math.Abs(sum.InView-want.InView) > 2 || math.Abs(sum.Controlled-want.Controlled) > 2 ||
			sum.SectionsCtl != want.SectionsCtl || sum.GatewaysInView != want.GatewaysInView || sum.PlacesCovered != want.PlacesCovered {
			t.Errorf("%s: areas sum to %+v and %v m, the total is %+v and %v m", state, sum, length, want, total.Length)
		}
	}
	today := plan.DateOf(w.clock(), w.plan.Location)
	for i := range w.plan.Sites {
		a := w.plan.SiteArea(&w.plan.Sites[i], today)
		if a == nil {
			continue
		}
		if !slices.ContainsFunc(areas.Items, func(g api.CoverageGroup) bool {
			return g.Code == a.Code && g.ValidFrom == a.ValidFrom.String() && g.Name == a.Name
		}) {
			t.Fatalf("the area of site %s today is %s from %s, and is not listed", w.plan.Sites[i].Code, a.Code, a.ValidFrom)
		}
	}
}

// A commune that was split has no single successor, and its code means another
// one now: what lies in it is told apart.
func TestAnAreaWhoseCodeIsUsedAgainIsToldApart(t *testing.T) {
	w := newWorldWith(t, func(p *plan.Plan) {
		old := p.SiteArea(p.Site("D-001"), plan.NewDate(2025, 12, 1)).Code
		split := plan.NewDate(2025, 12, 31)
		for i := range p.Areas {
			if a := &p.Areas[i]; a.Code == old && a.ValidTo.IsZero() {
				a.ValidTo, a.Successors = split, []string{old, "99001"}
				kept := *a
				kept.ValidFrom, kept.ValidTo, kept.Successors, kept.Name = split+1, 0, nil, "Mới"
				other := kept
				other.Code, other.Name = "99001", "Khác"
				p.Areas = append(p.Areas, kept, other)
				p.Site("D-002").Area, p.Site("D-002").AreaFrom = old, kept.ValidFrom
				break
			}
		}
		built, err := plan.Build(*p)
		if err != nil {
			t.Fatal(err)
		}
		*p = *built
	})
	today := plan.DateOf(w.clock(), w.plan.Location)
	before, after := w.plan.SiteArea(w.plan.Site("D-001"), today), w.plan.SiteArea(w.plan.Site("D-002"), today)
	if before.Code != after.Code || before.ValidFrom == after.ValidFrom {
		t.Fatalf("areas %+v and %+v", before, after)
	}
	for _, path := range []string{"groups?by=area", "period?by=area"} {
		var found []string
		for _, g := range answer[api.CoverageGroups](w, "/api/v1/coverage/"+path).Items {
			if g.Code == before.Code {
				found = append(found, g.ValidFrom+" "+g.Name)
			}
		}
		slices.Sort(found)
		if want := []string{before.ValidFrom.String() + " " + before.Name, after.ValidFrom.String() + " " + after.Name}; !slices.Equal(found, want) {
			t.Errorf("%s: %v, want %v", path, found, want)
		}
	}
}

func TestGapsAreFilteredAndComeInPages(t *testing.T) {
	w := newWorld(t)
	w.letEveryThirdWork()
	result := w.result(w.eye("observation"), coverage.Working)
	for of, want := range map[string][]coverage.Gap{"control": result.GapsOfControl, "view": result.GapsInView} {
		all := answer[api.CoverageGaps](w, "/api/v1/coverage/gaps?limit=1000&of="+of)
		sum := 0.0
		for i, g := range want {
			sum += g.Length()
			if got := all.Items[i]; got.Route.Code != g.Route || got.Length != tenths(g.Length()) || got.Start != tenths(g.From) || got.End != tenths(g.To) || got.Sections != g.Sections {
				t.Fatalf("%s: gap %d is %+v, want %+v", of, i, got, g)
			}
		}
		if all.Total != len(want) || len(all.Items) != len(want) || all.Length != tenths(sum) {
			t.Errorf("%s: %d of %d gaps, %v m; want %d, %v m", of, len(all.Items), all.Total, all.Length, len(want), tenths(sum))
		}
		first := answer[api.CoverageGaps](w, "/api/v1/coverage/gaps?limit=2&of="+of)
		page := answer[api.CoverageGaps](w, "/api/v1/coverage/gaps?limit=3&of="+of+"&after="+first.Next)
		if page.Total != all.Total || len(page.Items) != 3 || page.Items[0].Start != all.Items[2].Start || page.Items[2].Length != all.Items[4].Length {
			t.Errorf("%s: the page after two is %+v", of, page.Items)
		}
		least := tenths(want[len(want)/2].Length())
		long := answer[api.CoverageGaps](w, "/api/v1/coverage/gaps?limit=1000&of="+of+"&least="+number(least))
		if long.Total == 0 || long.Total == all.Total || slices.ContainsFunc(long.Items, func(g api.CoverageGap) bool { return g.Length < least }) {
			t.Errorf("%s: %d of %d are at least %v m", of, long.Total, all.Total, least)
		}
		byRoute, byArea := 0, 0.0
		for i := range w.plan.Routes {
			byRoute += answer[api.CoverageGaps](w, "/api/v1/coverage/gaps?of="+of+"&route="+w.plan.Routes[i].Code).Total
		}
		areas := answer[api.CoverageGroups](w, "/api/v1/coverage/groups?by=area")
		for _, a := range areas.Items {
			got := answer[api.CoverageGaps](w, "/api/v1/coverage/gaps?limit=1000&of="+of+"&area="+a.Code)
			byArea += got.Length
			for _, g := range got.Items {
				if len(g.Areas) != 1 || g.Areas[0].Code != a.Code || g.Sections != 0 {
					t.Errorf("%s: a gap of area %s: %+v", of, a.Code, g)
				}
			}
			x := a.States["working"]
			missing := a.Length - x.Controlled
			if of == "view" {
				missing = a.Length - x.InView
			}
			if math.Abs(got.Length-missing) > 0.3 {
				t.Errorf("%s: area %s has %v m of gaps, %v m are missing", of, a.Code, got.Length, missing)
			}
		}
		if byRoute != all.Total || math.Abs(byArea-all.Length) > 3 {
			t.Errorf("%s: by route %d of %d, by area %v of %v m", of, byRoute, all.Total, byArea, all.Length)
		}
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func TestWhatIsAskedWronglyOfCoverageIsRefused(t *testing.T) {
	w := newWorld(t)
	for path, says := range map[string]string{
		"groups?by=colour":                     "query.by",
		"groups?level=sharp":                   "observation",
		"sections?route=R66":                   "is not a route of this plan",
		"gateways?level=sharp":                 "observation",
		"places?level=detection":               "level",
		"cameras?state=broken":                 "query.state",
		"gaps?of=nothing":                      "query.of",
		"gaps?state=broken":                    "query.state",
		"gaps?route=R66":                       "there are: DT549",
		"gaps?area=99999":                      "by=area",
		"gaps?least=-1":                        "query.least",
		"gaps?least=x":                         "query.least",
		"gaps?limit=10001":                     "query.limit",
		"gaps?sort=colour":                     "rows can be sorted by: route,",
		"gaps?limit=0":                         "query.limit",
		"gaps?offset=1":                        "query.offset",
		"period?by=camera":                     "query.by",
		"period?every=hour":                    "query.every",
		"period?from=2026-11-22&to=2026-11-21": "lies after",
		"period?from=2027-01-01&to=2027-01-02": "has not come yet",
		"period?from=2020-01-01":               "at most 1100",
		"period?level=sharp":                   "observation",
		"loss":                                 "query.camera",
		"loss?camera=C-999":                    "is not a camera of this plan",
		"loss?camera=C-001&from=yesterday":     "2026-11-22T05:00:00Z",
		"loss?camera=C-001&from=2027-01-01":    "has not come yet",
		"loss?camera=C-001&from=2026-11-22&to=2026-11-21": "does not lie before",
		"loss?camera=C-001&from=2019-01-01":               "at most 1100",
		"loss?camera=C-001&level=sharp":                   "observation",
		"blind-ways?state=broken":                         "query.state",
		"blind-ways?limit=0":                              "query.limit",
		"blind-ways?level=sharp":                          "observation",
		"blind-ways?colour=red":                           "colour",
	} {
		rec := w.get("/api/v1/coverage/" + path)
		if rec.Code != http.StatusUnprocessableEntity || rec.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%s: %d %.300s; want a problem with %q", path, rec.Code, rec.Body, says)
		}
	}
}

// Every answer that is a list is a table too.
func TestTablesHaveACellForEachColumn(t *testing.T) {
	w := newWorld(t)
	w.letEveryThirdWork()
	c := w.everyThird()[0]
	w.saw(0, seen(c.Code, w.on(1, 0), w.on(2, 0), wire.StatusUp))
	w.saw(1, seen(c.Code, w.on(2, 0), w.on(5, 0), wire.StatusDown))
	check := func(path string, t1 api.Table, least int) {
		t.Helper()
		have := map[string]bool{}
		for _, c := range t1.Columns {
			if have[c.Code] || c.Code == "" || c.Name.VI == "" || c.Name.EN == "" {
				t.Errorf("%s: column %+v", path, c)
			}
			have[c.Code] = true
		}
		if len(t1.Rows) < least || t1.Name.VI == "" || t1.Name.EN == "" {
			t.Errorf("%s: %d rows, %+v", path, len(t1.Rows), t1.Name)
		}
		for _, row := range t1.Rows {
			if len(row) != len(t1.Columns) {
				t.Fatalf("%s: %d cells, %d columns", path, len(row), len(t1.Columns))
			}
			for i, v := range row {
				switch v.(type) {
				case string, bool, int, float64, nil:
				default:
					t.Fatalf("%s: %s is a %T", path, t1.Columns[i].Code, v)
				}
			}
		}
	}
	tabled[api.CoverageGroups](w, "groups?by=area", 5, check)
	tabled[api.CoverageGroups](w, "groups?by=route", 12, check)
	tabled[api.CoverageSections](w, "sections", 30, check)
	tabled[api.CoverageGateways](w, "gateways", 11, check)
	tabled[api.CoveragePlaces](w, "places", 20, check)
	tabled[api.CoverageCameras](w, "cameras?state=planned", 1, check)
	tabled[api.CoverageGaps](w, "gaps", 10, check)
	tabled[api.CoveragePeriod](w, "period?from=2026-11-20&by=route", 12, check)
	tabled[api.CoveragePeriod](w, "period?from=2026-11-20&by=route&every=day", 48, check)
	tabled[api.CoverageLoss](w, "loss?level=detection&from=2026-11-22&camera="+c.Code, 1, check)
	tabled[api.BlindWays](newWorld(t), "blind-ways", 20, check)
}

func tabled[T any, P interface {
	*T
	Table() api.Table
}](w *world, path string, least int, check func(string, api.Table, int)) {
	w.t.Helper()
	body := answer[T](w, "/api/v1/coverage/"+path)
	check(path, P(&body).Table(), least)
}

// The reference asks of every stretch of time in which nothing changes what the
// cameras that were up had in view.
func TestCoverageOverAPeriodIsThatOfItsMoments(t *testing.T) {
	w := newWorld(t)
	eye := w.eye("detection")
	type span struct {
		from, to time.Time
		status   wire.Status
	}
	evidence := map[string][]span{}
	seq := uint64(0)
	for i, c := range w.everyThird() {
		spans := []span{
			{w.on(i%12, i), w.on(i%12+3, 0), wire.StatusUp},
			{w.on(i%12+3, 0), w.on(i%12+5, i), wire.StatusDown},
			{w.on(i%12+7, 0), w.on(i%12+14, 0), wire.StatusDegraded}, // over midnight for some
		}
		evidence[c.Code] = spans
		for _, s := range spans {
			o := seen(c.Code, s.from, s.to, s.status)
			if s.status == wire.StatusDegraded {
				o.Reasons = []wire.Reason{wire.ReasonLowFrameRate}
			}
			w.put(seq, o)
			seq++
		}
	}
	w.fold()
	from, to := w.on(0, 0), w.on(0, 0).AddDate(0, 0, 1)
	cuts := []time.Time{from, to}
	for _, spans := range evidence {
		for _, s := range spans {
			cuts = append(cuts, s.from, s.to)
		}
	}
	slices.SortFunc(cuts, time.Time.Compare)
	type sums struct{ inView, viewMaybe, controlled, controlMaybe, gateways, all float64 }
	want := map[string]*sums{}
	for i := range cuts[:len(cuts)-1] {
		at, hours := cuts[i], cuts[i+1].Sub(cuts[i]).Hours()
		if at.Before(from) || !at.Before(to) || hours == 0 {
			continue
		}
		known := func(c *plan.Camera) (status wire.Status, inService bool) {
			a, b, ok := c.Service(w.plan.Location)
			for _, s := range evidence[c.Code] {
				if !at.Before(s.from) && at.Before(s.to) {
					status = s.status
				}
			}
			return status, ok && !at.Before(a) && at.Before(b)
		}
		up := eye.Cover(func(c *plan.Camera) bool {
			s, in := known(c)
			return in && (s == wire.StatusUp || s == wire.StatusDegraded)
		})
		may := eye.Cover(func(c *plan.Camera) bool { s, in := known(c); return in && s != wire.StatusDown })
		for k := range up.Routes {
			x := want[up.Routes[k].Code]
			if x == nil {
				x = &sums{}
				want[up.Routes[k].Code] = x
			}
			var low, high coverage.Total
			low.Add(up.Routes[k])
			high.Add(may.Routes[k])
			x.inView, x.viewMaybe = x.inView+hours*low.InView, x.viewMaybe+hours*(high.InView-low.InView)
			x.controlled, x.controlMaybe = x.controlled+hours*low.Controlled, x.controlMaybe+hours*(high.Controlled-low.Controlled)
			x.gateways, x.all = x.gateways+hours*float64(low.GatewaysInView), x.all+hours*low.Length
		}
	}
	got := answer[api.CoveragePeriod](w, "/api/v1/coverage/period?level=detection&by=route&from=2026-11-22&to=2026-11-22&every=day")
	if got.Seconds != 86400 || len(got.Items) != 12 || !slices.Equal(got.Pieces, []string{"2026-11-22"}) {
		t.Fatalf("%d s, %d items, pieces %v", got.Seconds, len(got.Items), got.Pieces)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.002 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	some := 0.0
	var total api.CoverTimes
	for _, g := range got.Items {
		x := want[g.Code]
		near(g.Code+" in view", g.InView.Seen, x.inView/24)
		near(g.Code+" maybe in view", g.InView.Maybe, x.viewMaybe/24)
		near(g.Code+" unseen", g.InView.Unseen, (x.all-x.inView-x.viewMaybe)/24)
		near(g.Code+" controlled", g.Controlled.Seen, x.controlled/24)
		near(g.Code+" maybe controlled", g.Controlled.Maybe, x.controlMaybe/24)
		near(g.Code+" gateways", g.Gateways.Seen, x.gateways/24)
		near(g.Code+" low", *g.InView.Low, x.inView/x.all)
		near(g.Code+" high", *g.InView.High, (x.inView+x.viewMaybe)/x.all)
		near(g.Code+" length", g.Length, tenths(x.all/24))
		if g.Places != nil || len(g.Series) != 1 || g.Series[0].InView.Seen != g.InView.Seen {
			t.Errorf("%s: places %v, series %+v", g.Code, g.Places, g.Series)
		}
		some += g.InView.Seen
		total.InView.Seen += g.InView.Seen
		total.Controlled.Maybe += g.Controlled.Maybe
	}
	if some == 0 {
		t.Error("nothing was seen")
	}
	all := answer[api.CoveragePeriod](w, "/api/v1/coverage/period?level=detection&from=2026-11-22&to=2026-11-22").Items[0]
	if math.Abs(all.InView.Seen-total.InView.Seen) > 0.01 || math.Abs(all.Controlled.Maybe-total.Controlled.Maybe) > 0.01 {
		t.Errorf("in all %v m in view and %v m maybe controlled, the routes sum to %v and %v", all.InView.Seen, all.Controlled.Maybe, total.InView.Seen, total.Controlled.Maybe)
	}
	for _, by := range []string{"class", "area"} {
		sum, series := 0.0, 0.0
		for _, g := range answer[api.CoveragePeriod](w, "/api/v1/coverage/period?level=detection&from=2026-11-21&to=2026-11-22&every=day&by="+by).Items {
			sum += g.InView.Seen
			for _, s := range g.Series {
				series += s.InView.Seen
			}
		}
		if math.Abs(2*sum-series) > 0.05 || math.Abs(series-all.InView.Seen) > 0.05 {
			t.Errorf("by %s: two days have %v m in the mean, their series %v m, the second day alone %v m", by, sum, series, all.InView.Seen)
		}
	}
}

// A period is made of whole months of the ledger at most; put together they are
// the period.
func TestALongPeriodIsTheSumOfItsDays(t *testing.T) {
	w := newWorld(t)
	for i, c := range w.everyThird()[:12] {
		at := w.on(6, 0).AddDate(0, 0, -9*i)
		w.put(uint64(2*i), seen(c.Code, at, at.Add(7*time.Hour), wire.StatusUp))
		w.put(uint64(2*i+1), seen(c.Code, at.Add(7*time.Hour), at.Add(8*time.Hour), wire.StatusDown))
	}
	w.fold()
	const path = "/api/v1/coverage/period?level=detection&from=2026-07-15"
	long := answer[api.CoveragePeriod](w, path)
	daily := answer[api.CoveragePeriod](w, path+"&every=day")
	monthly := answer[api.CoveragePeriod](w, path+"&every=month&by=route")
	if len(daily.Pieces) != 132 || len(monthly.Pieces) != 5 {
		t.Fatalf("%d days, %d months", len(daily.Pieces), len(monthly.Pieces))
	}
	road := answer[api.CoverageGroups](w, "/api/v1/coverage/groups?by=total").Items[0].Length
	if all := long.Items[0].InView.All; math.Abs(all-road) > 0.1 || long.Items[0].Length != road {
		t.Errorf("in the mean there are %v m of road, want %v", all, road)
	}
	days, months := 0.0, 0.0
	for i, s := range daily.Items[0].Series {
		if math.Abs(s.InView.All-road) > 0.1 {
			t.Errorf("on %s there are %v m of road, want %v", daily.Pieces[i], s.InView.All, road)
		}
		seconds := 86400.0
		if i == 131 {
			seconds = 15 * 3600
		}
		days += s.InView.Seen * seconds
	}
	for _, g := range monthly.Items {
		for i, s := range g.Series {
			first, _ := time.ParseInLocation(time.DateOnly, monthly.Pieces[i], w.plan.Location)
			end := time.Date(2026, 11, 23, 15, 0, 0, 0, w.plan.Location)
			if i < 4 {
				end, _ = time.ParseInLocation(time.DateOnly, monthly.Pieces[i+1], w.plan.Location)
			}
			months += s.InView.Seen * end.Sub(first).Seconds()
		}
	}
	whole := long.Items[0].InView.Seen * float64(long.Seconds)
	if whole == 0 || math.Abs(days/whole-1) > 0.01 || math.Abs(months/whole-1) > 0.01 {
		t.Errorf("the period has %v m·s, its days %v, its months %v", whole, days, months)
	}
}

// What was asked before is not asked of the past again, and not kept when it has
// changed.
func TestAPeriodFollowsTheLedger(t *testing.T) {
	w := newWorld(t)
	c := w.everyThird()[0]
	const path = "/api/v1/coverage/period?level=detection&from=2026-11-22&to=2026-11-22"
	seenOf := func() float64 {
		return answer[api.CoveragePeriod](w, path).Items[0].Gateways.Seen + answer[api.CoveragePeriod](w, path).Items[0].Controlled.Seen
	}
	before := seenOf()
	w.saw(0, seen(c.Code, w.on(1, 0), w.on(20, 0), wire.StatusUp))
	if after := seenOf(); before != 0 || after == before {
		t.Errorf("before %v, after %v", before, after)
	}
	if other := answer[api.CoveragePeriod](w, "/api/v1/coverage/period?level=detection&from=2026-11-21&to=2026-11-21").Items[0]; other.Controlled.Seen != 0 {
		t.Errorf("on the day before %+v", other.Controlled)
	}
	day := answer[api.CoveragePeriod](w, path).Items[0].Controlled
	longer := answer[api.CoveragePeriod](w, "/api/v1/coverage/period?level=detection&from=2026-11-21&to=2026-11-22").Items[0].Controlled
	if math.Abs(longer.Seen-day.Seen/2) > 0.01 || longer.All != day.All {
		t.Errorf("on the day %+v, on it and the day before %+v", day, longer)
	}
	tag := w.get(path).Header().Get("ETag")
	if again := w.get(path, "If-None-Match", tag); again.Code != http.StatusNotModified {
		t.Errorf("nothing changed: %d", again.Code)
	}
}

func TestWhatAnOutageTookAway(t *testing.T) {
	w := newWorld(t)
	// Two cameras that control a common section.
	var a, b string
	eye := w.eye("detection")
	accepted := w.result(eye, coverage.Accepted)
	for _, r := range accepted.Routes {
		for _, s := range r.Sections {
			if len(s.Cameras) == 2 && a == "" {
				a, b = s.Cameras[0], s.Cameras[1]
			}
		}
	}
	if a == "" {
		t.Fatal("no section of the sample has two cameras")
	}
	w.put(0, seen(a, w.on(0, 0), w.on(8, 0), wire.StatusUp))
	w.put(1, seen(a, w.on(8, 0), w.on(14, 0), wire.StatusDown))
	w.put(2, seen(a, w.on(14, 0), w.on(24, 0), wire.StatusUp))
	w.put(3, seen(b, w.on(0, 0), w.on(10, 0), wire.StatusUp))
	w.put(4, seen(b, w.on(10, 0), w.on(13, 0), wire.StatusDown))
	w.fold() // b is unknown from 13 on
	l := answer[api.CoverageLoss](w, "/api/v1/coverage/loss?level=detection&from=2026-11-22&to=2026-11-22&camera="+a)
	days := func(code string) []history.Day {
		var all []history.Day
		for d, err := range w.store.Days(t.Context(), history.Query{First: 0, Last: math.MaxInt32, Cameras: []string{code}}) {
			if err != nil {
				t.Fatal(err)
			}
			if d.Camera == code {
				all = append(all, d)
			}
		}
		return all
	}
	want, err := eye.Loss([]string{a}, coverage.Window{From: w.on(0, 0).Unix(), To: w.on(24, 0).Unix()}, coverage.Evidence{Location: w.plan.Location, Days: days, Service: coverage.Service(w.plan)})
	if err != nil {
		t.Fatal(err)
	}
	if l.Down != 6*3600 || l.Down != want.Down || l.Most != tenths(want.Most) || len(l.Roads) != len(want.Routes) || len(l.Sections) != len(want.Sections) || len(l.Gateways) != len(want.Gateways) {
		t.Fatalf("%+v\nwant %+v", l, want)
	}
	for i, r := range want.Routes {
		if got := l.Roads[i]; got.Route.Code != r.Route || got.Length != tenths(r.To-r.From) || got.Sure != r.Sure || got.Maybe != r.Maybe {
			t.Errorf("road %+v, want %+v", got, r)
		}
	}
	// The common section: b stood in for two hours, was down for three, and for one
	// nobody knows.
	common := slices.IndexFunc(l.Sections, func(s api.LostRoad) bool { return s.Sure == 3*3600 && s.Maybe == 3600 })
	if common < 0 {
		t.Errorf("sections %+v", l.Sections)
	}
	sure, maybe := want.MetreSeconds()
	if math.Abs(l.Sure-sure/3600) > 0.006 || math.Abs(l.Maybe-maybe/3600) > 0.006 || l.Sure == 0 {
		t.Errorf("%v and %v metre hours, want %v and %v", l.Sure, l.Maybe, sure/3600, maybe/3600)
	}
	if l.Total != 1 || len(l.Outages) != 1 || !l.Outages[0].From.Equal(w.on(8, 0)) || !l.Outages[0].To.Equal(w.on(14, 0)) || l.Outages[0].Sure != l.Sure || l.Outages[0].Fault != "timeout" {
		t.Errorf("outages %+v", l.Outages)
	}
	// The same outage by the moments that the list of outages gives.
	list := answer[api.OutageList](w, "/api/v1/outages?from=2026-11-22&to=2026-11-22&camera="+a)
	o := list.Items[0]
	one := answer[api.CoverageLoss](w, "/api/v1/coverage/loss?level=detection&camera="+a+"&from="+o.From.Format(time.RFC3339)+"&to="+o.To.Format(time.RFC3339))
	if one.Sure != l.Sure || one.Down != l.Down || one.Unknown != 0 {
		t.Errorf("by its moments: %+v, want %+v", one.LossTimes, l.LossTimes)
	}
	// Both together: what both see was lost while both were down, and not told twice.
	both := answer[api.CoverageLoss](w, "/api/v1/coverage/loss?level=detection&from=2026-11-22&to=2026-11-22&camera="+a+","+b)
	other := answer[api.CoverageLoss](w, "/api/v1/coverage/loss?level=detection&from=2026-11-22&to=2026-11-22&camera="+b)
	if both.Down != 6*3600 || len(both.Cameras) != 2 || both.Total != 2 || len(both.Outages) != 2 || both.Outages[0].Camera != b || both.Outages[1].Camera != a || both.Cameras[0].Site.Name == "" {
		t.Errorf("both: %+v", both)
	}
	if both.Sure < l.Sure || both.Sure > l.Sure+other.Sure+0.01 || !slices.ContainsFunc(both.Sections, func(s api.LostRoad) bool { return s.Sure == 3*3600 && s.Maybe == 3600 }) {
		t.Errorf("both lost %v metre hours, each %v and %v; sections %+v", both.Sure, l.Sure, other.Sure, both.Sections)
	}
}

// The report of a commune speaks of the road that is its own on that day, whatever
// the commune was called when the plan was written.
func TestTheReportOfAnAreaHasTheAreasRoad(t *testing.T) {
	w := newWorld(t)
	w.letEveryThirdWork()
	for _, g := range answer[api.CoverageGroups](w, "/api/v1/coverage/groups?by=area").Items {
		section := answer[api.SectionAnswer](w, "/api/v1/reports/security-infrastructure?area="+g.Code)
		for code, want := range map[string][2]float64{
			"km_in_view":    {g.States["accepted"].InView, g.States["working"].InView},
			"km_controlled": {g.States["accepted"].Controlled, g.States["working"].Controlled},
		} {
			i := slices.IndexFunc(section.Figures, func(f api.FigureRow) bool { return f.Code == code })
			f := section.Figures[i]
			if f.Numerator == nil || math.Abs(*f.Numerator-want[0]/1000) > 0.001 || math.Abs(*f.Denominator-g.Length/1000) > 0.001 || math.Abs(*f.Verified-want[1]/1000) > 0.001 {
				t.Errorf("%s: %s is %v of %v km, verified %v; want %v of %v m", g.Code, code, f.Numerator, f.Denominator, f.Verified, want, g.Length)
			}
		}
	}
}
