package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

type routeInput struct {
	LevelQuery
	Code string `path:"code" minLength:"1" maxLength:"64" doc:"The route's code in the plan"`
}

func (s *Server) registerRoute() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getRoute", Method: http.MethodGet, Path: "/api/v1/routes/{code}", Tags: []string{"routes"},
		Summary: "One route with its line, sections, gateways, sites and cameras, and how far it is covered", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *routeInput) (*answer[RouteAnswer], error) {
		f, m, level, states, err := f.atLevel(ctx, in.AsOf, in.Level)
		if err != nil {
			return nil, err
		}
		for i := range f.Plan.Routes {
			if f.Plan.Routes[i].Code != in.Code {
				continue
			}
			shares, err := f.sharesByRoute(m)
			if err != nil {
				return nil, err
			}
			body := &RouteAnswer{CoverageLevel: level.Code, RouteRow: f.routeRow(i, states), Gateways: f.gatewayRows(in.Code, shares, m.today), Sites: []Ref{}}
			where, here := f.placing(ctx, m.today), f.camerasBySite(m)
			for k := range f.Plan.Sites {
				site := &f.Plan.Sites[k]
				if site.Route != in.Code {
					continue
				}
				body.Sites = append(body.Sites, Ref{site.Code, where.name(site)})
				for _, c := range here[site.Code] {
					body.Cameras++
					body.Count.add(c.Status.Status)
				}
			}
			slices.SortFunc(body.Sites, func(a, b Ref) int { return cmp.Compare(a.Code, b.Code) })
			return respond(in.Conditional, body, m.at, f.Plan.Simulated)
		}
		return nil, missing("routes", in.Code)
	})
}
