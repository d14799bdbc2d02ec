package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Health says whether everything can be answered.
type Health struct {
	Head
	OK      bool        `json:"ok" doc:"Whether everything that the API offers can be answered"`
	History *TroubleRow `json:"history,omitempty" doc:"What is wrong with the store that keeps the history; absent while it answers"`
	Cannot  []Text      `json:"cannot" doc:"What cannot be answered meanwhile"`
}

// TroubleRow is what is wrong, since when.
type TroubleRow struct {
	Since time.Time `json:"since"`
	What  Text      `json:"what"`
}

func (s *Server) registerHealth() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getHealth", Method: http.MethodGet, Path: "/api/v1/health", Tags: []string{"hub"},
		Summary: "Whether the hub can answer everything, and if not, what it cannot and why",
	}, func(_ context.Context, in *Conditional) (*answer[Health], error) {
		h := &Health{OK: true, Cannot: []Text{}}
		if since, what := f.Trouble(); what != nil {
			h.OK = false
			h.History = &TroubleRow{Since: since.UTC(), What: Text{VI: what.VI, EN: what.EN}}
			h.Cannot = append(h.Cannot,
				Text{VI: "tỷ lệ hoạt động và lịch sử của các camera; số liệu theo kỳ", EN: "availability and history of cameras; figures over a period"},
				Text{VI: "quan sát mới: chúng đang chờ ở các thiết bị, không mất", EN: "new observations: they wait with the devices, and are not lost"})
		}
		return respond(*in, h, f.Now(), f.Plan.Simulated)
	})
}
