package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

func (s *Server) registerAgent() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getAgent", Method: http.MethodGet, Path: "/api/v1/agents/{code}", Tags: []string{"agents"},
		Summary: "One commune device with its cameras, its list, and what of it was set aside", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *coded) (*answer[AgentAnswer], error) {
		all, at, err := f.agents(ctx, &agentsInput{})
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all.Items, func(r AgentRow) bool { return r.Code == in.Code })
		if i < 0 {
			return nil, missing("agents", in.Code)
		}
		m, err := f.now(ctx)
		if err != nil {
			return nil, err
		}
		body := &AgentAnswer{AgentRow: all.Items[i], Items: []AgentCamera{}}
		where := f.placing(ctx, m.today)
		for k := range f.Plan.Cameras {
			c := &f.Plan.Cameras[k]
			if c.Agent != in.Code || !c.InPlan(m.today) {
				continue
			}
			row := AgentCamera{CameraHere: CameraHere{c.Code, m.statusRow(c.Code)}, Site: f.siteOf(c.Code, where), Listed: c.Address != ""}
			if site := f.Plan.Site(c.Site); site != nil {
				if r := f.Plan.Route(site.Route); r != nil {
					row.Chainage = where.chainage(site, r)
				}
			}
			body.Count.add(row.Status.Status)
			body.Items = append(body.Items, row)
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

// Table gives a row for each camera of the agent.
func (a *AgentAnswer) Table() Table {
	return tableOf(Text{VI: "Camera của thiết bị xã", EN: "Cameras of the agent"}, a.Items, []part[AgentCamera]{{"", append([]Column{
		column("code", "Mã camera", "Code of the camera"), column("site", "Mã điểm", "Code of the site"), column("site_name", "Điểm", "Site"), column("chainage", "Lý trình", "Chainage"),
		column("listed", "Có địa chỉ luồng", "Has an address"),
	}, statusNowColumns...), func(r *AgentCamera) []any {
		return append([]any{r.Code, r.Site.Code, r.Site.Name, orNil(r.Chainage), r.Listed}, r.Status.cells()...)
	}}}, nil)
}
