package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
)

func (s *Server) registerCoverage() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getCoverage", Method: http.MethodGet, Path: "/api/v1/coverage", Tags: []string{"coverage"},
		Summary: "How far the routes are covered at a level, in every state, and what is missing",
	}, func(ctx context.Context, in *levelInput) (*answer[CoverageAnswer], error) {
		m, level, states, err := f.atLevel(ctx, in.Level)
		if err != nil {
			return nil, err
		}
		working := states[coverage.Working]
		body := &CoverageAnswer{
			Level: LevelRow{level.Code, Text(level.Name), level.Density}, Length: metres(working.Total.Length),
			States: map[string]Covers{}, Gaps: make([]GapRow, len(working.GapsOfControl)), Incomplete: []string{}, Unknown: m.unknown,
		}
		for state, result := range states {
			body.States[string(state)] = covers(result.Total)
		}
		for i, g := range working.GapsOfControl {
			body.Gaps[i] = GapRow{Route: f.route(g.Route), From: geo.FormatChainage(g.FromChainage), To: geo.FormatChainage(g.ToChainage), Length: metres(g.Length())}
		}
		for _, c := range states[coverage.Planned].Incomplete {
			body.Incomplete = append(body.Incomplete, c.Camera)
		}
		return respond(in.Conditional, body, m.at, f.Plan.Simulated)
	})
}
