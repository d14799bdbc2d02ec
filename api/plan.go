package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

func (s *Server) registerPlan() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getPlan", Method: http.MethodGet, Path: "/api/v1/plan", Tags: []string{"plan"},
		Summary: "The plan's own particulars: name, area, phases, levels of coverage",
	}, func(ctx context.Context, in *Conditional) (*answer[PlanAnswer], error) {
		m, err := f.now(ctx)
		if err != nil {
			return nil, err
		}
		p := f.Plan
		body := &PlanAnswer{
			Name: Text(p.Name), Note: Text(p.Note), Area: f.area(p.Root, m.today), TimeZone: p.Location.String(), Level: p.Level, Revision: p.Revision.Number,
			Levels: make([]LevelRow, len(p.Levels)), Phases: make([]PhaseRow, len(p.Phases)),
		}
		for i, l := range p.Levels {
			body.Levels[i] = LevelRow{l.Code, Text(l.Name), l.Density}
		}
		for i, ph := range p.Phases {
			body.Phases[i] = PhaseRow{ph.Code, Text(ph.Name), ph.From.String(), ph.To.String()}
		}
		a, err := respond(*in, body, m.at, p.Simulated)
		if err == nil && p.Revision.Number > 0 {
			a.tag = planTag(p.Revision) + "." + a.tag
		}
		return a, err
	})
}
