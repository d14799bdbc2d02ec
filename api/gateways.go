package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

type gatewaysInput struct {
	Conditional
	Listing
	Route string `query:"route" doc:"Those on this route"`
}

func (s *Server) registerGateways() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listGateways", Method: http.MethodGet, Path: "/api/v1/gateways", Tags: []string{"routes"},
		Summary: "All gateways of the plan: where routes cross its boundary",
	}, func(ctx context.Context, in *gatewaysInput) (*answer[GatewayList], error) {
		if err := f.knownRoute(in.Route); err != nil {
			return nil, err
		}
		m, err := f.now(ctx)
		if err != nil {
			return nil, err
		}
		shares, err := f.sharesByRoute(m)
		if err != nil {
			return nil, err
		}
		list := &GatewayList{}
		if list.Items, list.Page, err = page(ctx, gatewaysOfPlan, &in.Listing, f.gatewayRows(in.Route, shares, m.today)); err != nil {
			return nil, err
		}
		return respond(in.Conditional, list, m.at, f.Plan.Simulated)
	})
}

// sharesByRoute gives the stretches of each route by the area they lie in today.
func (f *figures) sharesByRoute(m *moment) (map[string][]coverage.Share, error) {
	level, err := f.level("")
	if err != nil {
		return nil, err
	}
	eye, err := f.claimsEye(m, level)
	if err != nil {
		return nil, err
	}
	shares := map[string][]coverage.Share{}
	for _, s := range eye.Shares() {
		shares[s.Route] = append(shares[s.Route], s)
	}
	return shares, nil
}

// gatewayRows gives the gateways of a route, or of all, in the order of the plan.
func (f *figures) gatewayRows(route string, shares map[string][]coverage.Share, today plan.Date) []GatewayRow {
	rows := []GatewayRow{}
	for i := range f.Plan.Gateways {
		g := &f.Plan.Gateways[i]
		r := f.Plan.Route(g.Route)
		if r == nil || route != "" && route != g.Route {
			continue
		}
		row := GatewayRow{
			Code: g.Code, Name: g.Name, Beyond: g.To, Route: Ref{r.Code, r.Name}, Chainage: geo.FormatChainage(r.Chainage.Chainage(g.At)),
			Position: positionOf(r.Line.At(g.At)), Coverage: "/api/v1/coverage/gateways",
		}
		for _, s := range shares[r.Code] {
			if s.Area != "" && s.From <= g.At && g.At <= s.To {
				ref := f.areaRef(s.Area, today)
				row.Area = &ref
				break
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// coverageOfSections gives where the coverage of a route's sections stands.
func coverageOfSections(route string) string {
	return "/api/v1/coverage/sections?route=" + url.QueryEscape(route)
}

var gatewaysOfPlan = &listOf[GatewayRow]{
	id: "gateways", name: Text{VI: "Cửa ngõ", EN: "Gateways"}, sort: "route,chainage", key: func(r *GatewayRow) string { return r.Code },
	orders: map[string]func(*GatewayRow) any{"chainage": func(r *GatewayRow) any { return alongRoute(r.Chainage) }},
	parts: []part[GatewayRow]{
		{"code", []Column{codeColumn}, func(r *GatewayRow) []any { return []any{r.Code} }},
		{"name", []Column{nameColumn}, func(r *GatewayRow) []any { return []any{r.Name} }},
		{"beyond", []Column{column("beyond", "Phía bên kia", "Beyond")}, func(r *GatewayRow) []any { return []any{orNil(r.Beyond)} }},
		{"route", []Column{routeColumn, routeName}, func(r *GatewayRow) []any { return r.Route.cells() }},
		{"chainage", []Column{column("chainage", "Lý trình", "Chainage")}, func(r *GatewayRow) []any { return []any{r.Chainage} }},
		{"position", []Column{column("lon", "Kinh độ", "Longitude"), column("lat", "Vĩ độ", "Latitude")}, func(r *GatewayRow) []any { return positionCells(r.Position) }},
		{"area", []Column{column("area", "Mã địa bàn", "Code of the area"), column("area_name", "Địa bàn", "Area")}, func(r *GatewayRow) []any { return r.Area.cells() }},
	},
}

// Table gives the answer as rows and columns.
func (l *GatewayList) Table() Table { return gatewaysOfPlan.table(l.Items, &l.Page) }
