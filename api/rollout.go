package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/rollout"
)

func (s *Server) registerRollout() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getRollout", Method: http.MethodGet, Path: "/api/v1/rollout", Tags: []string{"rollout"},
		Summary: "How far the roll-out has come: what the plan claims beside what evidence shows",
	}, func(ctx context.Context, in *Conditional) (*answer[RolloutAnswer], error) {
		m, err := f.now(ctx)
		if err != nil {
			return nil, err
		}
		p := rollout.Assess(f.Plan, m.seen, m.today)
		body := &RolloutAnswer{
			Total: RolloutCount(p.Total), Phases: make([]RolloutGroup, len(p.Phases)), Areas: make([]RolloutGroup, len(p.Areas)),
			Unverified: list(p.Unverified), Unclaimed: list(p.Unclaimed), Unplanned: list(p.Unplanned), Overdue: list(p.Overdue),
		}
		names := map[string]Text{}
		for _, ph := range f.Plan.Phases {
			names[ph.Code] = Text(ph.Name)
		}
		for i, g := range p.Phases {
			body.Phases[i] = RolloutGroup{g.Code, names[g.Code], RolloutCount(g.Count)}
		}
		for i, g := range p.Areas {
			name := f.area(g.Code, m.today).Name
			body.Areas[i] = RolloutGroup{g.Code, Text{name, name}, RolloutCount(g.Count)}
		}
		return respond(*in, body, m.at, f.Plan.Simulated)
	})
}

// list gives an empty list for none: a client need not tell null from [].
func list(codes []string) []string {
	if codes == nil {
		return []string{}
	}
	return codes
}
