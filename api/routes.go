package api

import (
	"context"
	"math"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// LevelQuery is the part of a request that names a coverage level.
type LevelQuery struct {
	Conditional
	AsOf
	Level string `query:"level" doc:"Code of the coverage level; the plan's own when absent"`
}

type routesInput struct {
	LevelQuery
	Listing
}

func (s *Server) registerRoutes() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listRoutes", Method: http.MethodGet, Path: "/api/v1/routes", Tags: []string{"routes"},
		Summary: "All routes with their line, their sections, and how far each is covered",
	}, func(ctx context.Context, in *routesInput) (*answer[RouteList], error) {
		pages, err := newPager(ctx, routeList, &in.Listing)
		if err != nil {
			return nil, err
		}
		f, m, level, states, err := f.atLevel(ctx, in.AsOf, in.Level)
		if err != nil {
			return nil, err
		}
		list := &RouteList{Revision: in.Revision, Level: level.Code}
		rows := f.routeRows(m, level.Code, states)
		for i := range rows {
			pages.add(&rows[i])
		}
		list.Items, list.Page = pages.rows()
		return respond(in.Conditional, list, m.at, f.Plan.Simulated)
	})
}

// routeRows gives the rows of all routes.
func (f *figures) routeRows(m *moment, level string, states map[coverage.State]*coverage.Result) []RouteRow {
	kept := m.covers
	kept.mu.Lock()
	defer kept.mu.Unlock()
	rows, ok := kept.routes[level]
	if !ok {
		rows = make([]RouteRow, len(f.Plan.Routes))
		for i := range rows {
			rows[i] = f.routeRow(i, states)
		}
		kept.routes[level] = rows
	}
	return rows
}

// atLevel gives the figures and the moment that a request is about, and their
// coverage at the level it names.
func (f *figures) atLevel(ctx context.Context, in AsOf, code string) (*figures, *moment, plan.Level, map[coverage.State]*coverage.Result, error) {
	g, m, err := f.asOf(ctx, in)
	if err != nil {
		return nil, nil, plan.Level{}, nil, err
	}
	level, err := g.level(code)
	if err != nil {
		return nil, nil, level, nil, err
	}
	states, err := g.coverage(m, level)
	return g, m, level, states, err
}

// routeRow gives the i-th route of the plan. All results list the routes and
// their sections alike, for they come from one plan.
func (f *figures) routeRow(i int, states map[coverage.State]*coverage.Result) RouteRow {
	r := &f.Plan.Routes[i]
	working := &states[coverage.Working].Routes[i]
	row := RouteRow{
		Code: r.Code, Name: r.Name, Class: r.Class, Synthetic: r.Synthetic, Length: metres(working.Length),
		From: geo.FormatChainage(r.Chainage.Chainage(0)), To: geo.FormatChainage(r.Chainage.Chainage(working.Length)),
		States: map[string]Covers{}, Sections: make([]SectionRow, len(working.Sections)),
	}
	for state, result := range states {
		route := &result.Routes[i]
		var t coverage.Total
		t.Add(*route)
		row.States[string(state)] = covers(t)
	}
	names := f.junctionNames(r.Code)
	for k := range working.Sections {
		sec := &working.Sections[k]
		sr := SectionRow{
			From: geo.FormatChainage(sec.FromChainage), To: geo.FormatChainage(sec.ToChainage),
			FromName: names[sec.FromJunction], ToName: names[sec.ToJunction],
			Length: metres(sec.To - sec.From), InView: metres(sec.InView), Controlled: map[string]bool{},
			Cameras: states[coverage.Planned].Routes[i].Sections[k].Cameras, Line: line(r.Line.Slice(sec.From, sec.To)),
		}
		if sr.Cameras == nil {
			sr.Cameras = []string{}
		}
		for state, result := range states {
			sr.Controlled[string(state)] = result.Routes[i].Sections[k].Controlled
		}
		row.Sections[k] = sr
	}
	return row
}

func (f *figures) junctionNames(route string) map[string]string {
	names := map[string]string{}
	for _, j := range f.Plan.Junctions {
		if j.Route == route {
			names[j.Code] = j.Name
		}
	}
	return names
}

func covers(t coverage.Total) Covers {
	return Covers{
		InView: metres(t.InView), Controlled: metres(t.Controlled),
		InViewRatio: share(t.InView, t.Length), ControlledRatio: share(t.Controlled, t.Length),
		Sections: t.Sections, SectionsCtl: t.SectionsControlled,
		Gateways: t.Gateways, GatewaysInView: t.GatewaysInView,
		Places: t.Places, PlacesCovered: t.PlacesCovered,
	}
}

// line gives points for an answer, to 6 decimals: a decimetre.
func line(points []geo.Point) [][2]float64 {
	l := make([][2]float64, len(points))
	for i, p := range points {
		l[i] = [2]float64{math.Round(p.Lon*1e6) / 1e6, math.Round(p.Lat*1e6) / 1e6}
	}
	return l
}

// metres rounds a length to decimetres.
func metres(m float64) float64 { return math.Round(m*10) / 10 }

// share gives a / b to six decimals, 0 for nothing of nothing.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return math.Round(a/b*1e6) / 1e6
}
