package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/network"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout/next"
)

// rankTimeout bounds the work of one rank. 600 sites of a plan of 2,000 cameras
// take two seconds at most.
const rankTimeout = 20 * time.Second

type nextInput struct {
	Conditional
	Listing
	Level string `query:"level" doc:"Code of the coverage level; the plan's own when absent"`
	State string `query:"state" default:"installed" enum:"installed,accepted,working" doc:"Which cameras count as there already. With working, sites that were built and are dead are ranked too: to be repaired"`
	By    string `query:"by" default:"control" enum:"view,control,gateways,ways,cost" doc:"Rank by metres in view, metres controlled, gateways, blind ways closed, or metres controlled per million VND"`
	Area  string `query:"area" doc:"Only sites in the area that has this code today, or in one below it"`
	Route string `query:"route" doc:"Only sites on this route. What they add is counted on all routes"`
	Sites int    `query:"sites" default:"20" minimum:"1" maximum:"5000" doc:"So many sites are ranked, the best. The list has no others"`
}

func (s *Server) registerNext() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "rankNextSites", Method: http.MethodGet, Path: "/api/v1/rollout/next", Tags: []string{"rollout"},
		Summary: "What next: the planned sites by what each adds to what is there, best first",
	}, func(ctx context.Context, in *nextInput) (*answer[NextAnswer], error) {
		level, err := f.level(in.Level)
		if err != nil {
			return nil, err
		}
		m, err := f.now(ctx)
		if err != nil {
			return nil, err
		}
		body, err := f.next(ctx, m, level, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, m.at, f.Plan.Simulated)
	})
}

func (f *figures) next(ctx context.Context, m *moment, level plan.Level, in *nextInput) (*NextAnswer, error) {
	pages, err := newPager(ctx, nextList, &in.Listing)
	if err != nil {
		return nil, err
	}
	among, err := f.among(in, m.today)
	if err != nil {
		return nil, err
	}
	state := coverage.State(in.State)
	eye, err := f.eye(m, level, state)
	if err != nil {
		return nil, err
	}
	there, ok := coverage.ByPlan(state, m.today)
	if !ok {
		there = m.working
	}
	ctx, cancel := context.WithTimeout(ctx, rankTimeout)
	defer cancel()
	r, err := next.Rank(ctx, f.Plan, next.Question{
		Eye: eye, Network: network.New(f.Plan), There: there, Planned: func(c *plan.Camera) bool { return c.InPlan(m.today) },
		Site: among, By: next.By(in.By), Most: in.Sites,
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, invalid("sites", in.Sites, fmt.Sprintf("bảng này cần tính lâu hơn %v: hãy hỏi ít điểm hơn, một địa bàn hoặc một tuyến", rankTimeout), fmt.Sprintf("this rank takes longer than %v: ask for fewer sites, one area or one route", rankTimeout))
	}
	if err != nil {
		return nil, err
	}
	body := &NextAnswer{
		Level: levelRow(level), State: in.State, By: in.By,
		All: nextMeasures(r.All), Before: nextMeasures(r.Before), Together: nextMeasures(r.Together),
		Candidates: r.Candidates, Partly: list(r.Partly),
	}
	where := f.placing(ctx, m.today)
	for i := range r.Sites {
		row := f.nextRow(i+1, &r.Sites[i], m.today, where)
		pages.add(&row)
	}
	body.Items, body.Page = pages.rows()
	return body, nil
}

// among says which sites a client asks for; nil for all.
func (f *figures) among(in *nextInput, on plan.Date) (func(*plan.Site) bool, error) {
	if err := f.knownRoute(in.Route); err != nil {
		return nil, err
	}
	if a := f.Plan.AreaOn(in.Area, on); in.Area != "" && (a == nil || !a.InForce(on)) {
		return nil, noArea(in.Area, on)
	}
	if in.Route == "" && in.Area == "" {
		return nil, nil
	}
	return func(s *plan.Site) bool {
		return (in.Route == "" || s.Route == in.Route) &&
			(in.Area == "" || slices.ContainsFunc(f.Plan.SiteAreas(s, on), func(a *plan.Area) bool { return a.Code == in.Area }))
	}, nil
}

func (f *figures) nextRow(rank int, s *next.Site, on plan.Date, where placing) NextRow {
	row := NextRow{
		number:   rank,
		Standing: string(s.Standing), Site: Ref{s.Code, where.name(s.Site)}, Kind: string(s.Kind), Area: f.siteArea(s.Site, on),
		Cameras: s.Cameras, Incomplete: list(s.Incomplete), With: list(s.With),
		Gain: nextMeasures(s.Gain), After: nextMeasures(s.After),
	}
	if s.Standing == next.Ranked {
		row.Rank = &rank
	}
	if r := f.Plan.Route(s.Route); r != nil {
		row.Route = &Ref{r.Code, r.Name}
		row.Chainage = where.chainage(s.Site, r)
	}
	for _, code := range s.Cameras {
		if f.Plan.Camera(code).ClaimedInstalled(on) {
			row.Installed++
		}
	}
	if s.Cost > 0 {
		row.Cost = &s.Cost
	}
	per := func(m float64) *float64 {
		v, ok := s.PerMillion(m)
		if !ok {
			return nil
		}
		v = metres(v)
		return &v
	}
	row.ViewPer, row.ControlPer = per(s.Gain.InView), per(s.Gain.Controlled)
	return row
}

func nextMeasures(m next.Measures) NextMeasures {
	return NextMeasures{metres(m.InView), metres(m.Controlled), m.Sections, m.Gateways, m.Ways, m.Places}
}
