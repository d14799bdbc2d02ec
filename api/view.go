package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/report"
	"github.com/phukin/phukin/hub/uptime"
)

// views are servers that know a part of what one server knows. Nothing that is
// kept for one is seen by another.
type views struct {
	mu   sync.Mutex
	kept map[string]*viewOnce
}

// viewOnce is a view that is made by the first who needs it, while others of
// its kind wait and the rest do not.
type viewOnce struct {
	once   sync.Once
	server *Server // nil if nothing of the plan is in it
	err    error
}

// view gives the view with a key, made by part if there is none yet.
func (v *views) view(key string, part func() (*Server, error)) (*Server, error) {
	v.mu.Lock()
	one, ok := v.kept[key]
	if !ok {
		if v.kept == nil || len(v.kept) >= maxViews {
			v.kept = map[string]*viewOnce{}
		}
		one = &viewOnce{}
		v.kept[key] = one
	}
	v.mu.Unlock()
	one.once.Do(func() { one.server, one.err = part() })
	return one.server, one.err
}

// maxViews is how many are kept before all are made anew.
const maxViews = 64

// cut gives the server for a caller: one whose plan holds no more than the caller
// may see. It refuses who may see nothing of the plan, or asks by name for what
// lies outside.
func (s *Server) cut(r *http.Request, a *access) *Server {
	if a.op.Extent != account.Area && a.op.Extent != account.Whole {
		return s
	}
	positions, addresses := a.who.Has(account.RightPositions), a.who.Has(account.RightAddresses)
	var today plan.Date // matters to who does not see all
	key := "*|*|*"
	if !a.reach.Whole {
		today = plan.DateOf(s.figures.Now(), s.figures.Plan.Location)
		key = a.reach.Key() + "|" + positions.Key() + "|" + addresses.Key() + "|" + today.String()
	} else if !positions.Whole || !addresses.Whole {
		key = "*|" + positions.Key() + "|" + addresses.Key()
	}
	v, err := s.views.view(key, func() (*Server, error) { return s.part(a.reach, today) })
	if err != nil {
		s.figures.Log.Error("the part of the plan that somebody may see cannot be made", "error", err)
		a.refuse = &refusal{status: http.StatusInternalServerError, text: Text{VI: "máy chủ chưa trả lời được; nhật ký của nó nói vì sao", EN: "the hub could not make this answer; its log says why"}}
		return s
	}
	if v == nil {
		a.refuse = &refusal{status: http.StatusForbidden, text: Text{VI: "trong địa bàn của bạn hôm nay không có điểm lắp đặt nào của kế hoạch", EN: "no site of the plan lies in your area today"}}
		return s
	}
	if !a.reach.Whole {
		a.refuse = s.outside(r, a.reach, v, today)
	}
	return v
}

// part makes the server for a reach, nil if there is nothing in it.
func (s *Server) part(reach account.Reach, today plan.Date) (*Server, error) {
	c := s.figures.Config
	c.PlanNow, c.shared = nil, s.figures
	if !reach.Whole {
		p, err := reach.Within(s.figures.Plan, today)
		if p == nil || err != nil {
			return nil, err
		}
		c.Plan, c.reach = p, reach
		if at := c.PlanAt; at != nil {
			c.PlanAt = func(ctx context.Context, revision int) (*plan.Plan, error) {
				p, err := at(ctx, revision)
				if err != nil {
					return nil, err
				}
				if p, err = reach.Within(p, today); p == nil && err == nil {
					err = fmt.Errorf("no site of revision %d lies in reach: %w", revision, plan.ErrNoRevision)
				}
				return p, err
			}
		}
	}
	return newServer(c, s.common)
}

// outside refuses a request that names, in its path or its query, what lies
// outside a reach.
func (s *Server) outside(r *http.Request, reach account.Reach, part *Server, today plan.Date) *refusal {
	whole, mine := s.figures.Plan, part.figures.Plan
	q, path := r.URL.Query(), s.inPath(r)
	for name, bad := range map[string]func(code string) bool{
		"area":   func(code string) bool { return whole.Area(code) != nil && !reach.HasArea(whole, code, today) },
		"camera": func(code string) bool { return whole.Camera(code) != nil && mine.Camera(code) == nil },
		"site":   func(code string) bool { return whole.Site(code) != nil && mine.Site(code) == nil },
		"route":  func(code string) bool { return whole.Route(code) != nil && mine.Route(code) == nil },
		"agent":  func(code string) bool { return hasAgent(whole, code) && !hasAgent(mine, code) },
	} {
		for code := range strings.SplitSeq(strings.Join(append(q[name], path[name]), ","), ",") {
			if bad(code) {
				return &refusal{status: http.StatusForbidden, text: Text{VI: name + " " + strconv.Quote(code) + " nằm ngoài địa bàn của bạn", EN: name + " " + strconv.Quote(code) + " lies outside your area"}}
			}
		}
	}
	return nil
}

// watches says whether an agent is given a camera by the plan that a caller sees;
// of the whole plan, every agent is.
func (f *figures) watches(agent string) bool { return f.shared == nil || hasAgent(f.Plan, agent) }

func hasAgent(p *plan.Plan, code string) bool {
	return slices.ContainsFunc(p.Cameras, func(c plan.Camera) bool { return c.Agent == code })
}

// cutMoment gives the whole plan's moment, cut to the cameras of a part of it.
func (f *figures) cutMoment(ctx context.Context) (*moment, error) {
	all, err := f.shared.now(ctx)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	former := f.moment.Load()
	if former != nil && former.all == all {
		return former, nil
	}
	m := f.cutOf(all)
	if former != nil && former.all.covers == all.covers {
		m.covers = former.covers
	}
	f.moment.Store(m)
	return m, nil
}

// cutOf cuts a moment of the whole plan to the cameras of a part of it.
func (f *figures) cutOf(all *moment) *moment {
	m := &moment{
		number: momentNumbers.Add(1), at: all.at, asked: all.asked, today: all.today, liveRev: all.liveRev, storeRev: all.storeRev, working: all.working, width: all.width, all: all,
		seen: map[string]history.Seen{}, status: make(map[string]live.Status, len(f.Plan.Cameras)), paused: map[string]uptime.Window{},
		evidence: all.evidence, covers: newCovered(),
	}
	for i := range f.Plan.Cameras {
		code := f.Plan.Cameras[i].Code
		if s, ok := all.seen[code]; ok {
			m.seen[code] = s
		}
		if p, ok := all.paused[code]; ok {
			m.paused[code] = p
		}
		s := all.status[code]
		m.status[code] = s
		if _, paused := m.paused[code]; s.InService && !s.Known && !paused {
			m.unknown++
		}
	}
	return m
}

// cutCoverage gives of the coverage by all cameras what lies in a part of the
// plan: its routes, whole, with the cameras of it that watch them.
func (f *figures) cutCoverage(all map[coverage.State]*coverage.Result, m *moment) map[coverage.State]*coverage.Result {
	cut := map[coverage.State]*coverage.Result{}
	for state, r := range all {
		c := f.cutResult(r, m.today)
		counts, ok := coverage.ByPlan(state, m.today)
		if !ok {
			counts = m.working
		}
		c.Counted = 0
		for i := range f.Plan.Cameras {
			if counts(&f.Plan.Cameras[i]) {
				c.Counted++
			}
		}
		cut[state] = c
	}
	return cut
}

func (f *figures) cutResult(all *coverage.Result, today plan.Date) *coverage.Result {
	r := *all
	mine := func(camera string) bool { return f.Plan.Camera(camera) != nil }
	cameras := func(codes []string) []string {
		return slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return !mine(c) })
	}
	r.Total, r.Routes, r.Classes = coverage.Total{}, nil, nil
	classes := map[string]int{}
	for _, route := range all.Routes {
		of := f.Plan.Route(route.Code)
		if of == nil {
			continue
		}
		route.Sections, route.Gateways = slices.Clone(route.Sections), slices.Clone(route.Gateways)
		for i := range route.Sections {
			route.Sections[i].Cameras = cameras(route.Sections[i].Cameras)
		}
		for i := range route.Gateways {
			route.Gateways[i].Cameras = cameras(route.Gateways[i].Cameras)
		}
		r.Routes = append(r.Routes, route)
		r.Total.Add(route)
		if _, ok := classes[of.Class]; !ok {
			classes[of.Class] = len(r.Classes)
			r.Classes = append(r.Classes, coverage.Group{Code: of.Class})
		}
		r.Classes[classes[of.Class]].Add(route)
	}
	r.Places = slices.DeleteFunc(slices.Clone(all.Places), func(p coverage.Place) bool { return f.Plan.Site(p.Site) == nil })
	r.Total.Places = len(r.Places)
	for _, p := range r.Places {
		if p.Covered {
			r.Total.PlacesCovered++
		}
	}
	r.Areas = slices.DeleteFunc(slices.Clone(all.Areas), func(g coverage.Group) bool {
		code, _, _ := f.areaOf(g.Code, today)
		return !f.reach.HasArea(f.Plan, code, today)
	})
	elsewhere := func(g coverage.Gap) bool { return f.Plan.Route(g.Route) == nil }
	r.GapsInView = slices.DeleteFunc(slices.Clone(all.GapsInView), elsewhere)
	r.GapsOfControl = slices.DeleteFunc(slices.Clone(all.GapsOfControl), elsewhere)
	r.Incomplete = slices.DeleteFunc(slices.Clone(all.Incomplete), func(i coverage.Incomplete) bool { return !mine(i.Camera) })
	r.OffRoutes, r.CutShort = cameras(all.OffRoutes), cameras(all.CutShort)
	return &r
}

// cutSection gives the section of an area in reach, by all cameras of the plan.
func (f *figures) cutSection(ctx context.Context, in *sectionInput) (*report.Section, *moment, error) {
	g, m, err := f.asOf(ctx, in.AsOf)
	if err != nil {
		return nil, nil, err
	}
	days, _, err := g.periodAt(in.Period, m)
	if err != nil {
		return nil, nil, err
	}
	if in.Area == "" || !f.reach.HasArea(g.Plan, in.Area, dateOf(days.Last)) {
		return nil, nil, newProblem(http.StatusForbidden, fmt.Sprintf("area: hãy ghi mã địa bàn của bạn, theo nghĩa của mã vào ngày %s", days.Last), fmt.Sprintf("area: write the code of your area, by its meaning on %s", days.Last))
	}
	return f.shared.section(ctx, in)
}

// placing says how exactly a caller sees where sites are.
type placing struct {
	plan  *plan.Plan
	exact account.Reach
	today plan.Date
}

// placing gives how exactly the caller of a request sees where sites are.
func (f *figures) placing(ctx context.Context, today plan.Date) placing {
	p := placing{plan: f.Plan, today: today}
	if a := accessOf(ctx); a != nil {
		p.exact = a.who.Has(account.RightPositions)
	}
	return p
}

// all says whether the caller sees exactly where all sites of the plan are.
func (p placing) all() bool {
	return p.exact.Whole || !slices.ContainsFunc(p.plan.Sites, func(s plan.Site) bool { return !p.sees(&s) })
}

// sees says whether the caller sees exactly where a site is.
func (p placing) sees(s *plan.Site) bool { return p.exact.HasSite(p.plan, s, p.today) }

// chainage gives a site's chainage on its route: Km12+500, or Km12 to who does
// not see it exactly.
func (p placing) chainage(s *plan.Site, r *plan.Route) string {
	at := r.Chainage.Chainage(s.At)
	if p.sees(s) {
		return geo.FormatChainage(at)
	}
	return "Km" + strconv.FormatFloat(math.Trunc(at/1000), 'f', -1, 64)
}

// exactly finds the metres of chainages in names.
var exactly = regexp.MustCompile(`(?i)(\bkm\s*-?\d+)\s*\+\s*\d+(?:[.,]\d+)?`)

// name gives a site's name, without the metres of a chainage in it for who does
// not see exactly where it is.
func (p placing) name(s *plan.Site) string {
	if !strings.Contains(s.Name, "+") || p.sees(s) {
		return s.Name
	}
	return exactly.ReplaceAllString(s.Name, "$1")
}

// key gives the name of what figures are put together by.
func (p placing) key(f *figures, by uptime.By, k uptime.Key) string {
	if s := p.plan.Site(k.Code); by == uptime.BySite && s != nil {
		return p.name(s)
	}
	return f.nameOf(by, k)
}
