package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready   bool      `json:"ready"`
	Missing []Missing `json:"missing"`
}

// Missing is something without which not everything can be answered.
type Missing struct {
	What  string     `json:"what" enum:"history,figures,stopping"`
	Since *time.Time `json:"since,omitempty"`
	Why   Text       `json:"why"`
}

// registerReady adds what supervisors and proxies ask. Neither needs a turn.
func (s *Server) registerReady() {
	s.echo.GET("/livez", func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-store")
		return c.JSON(http.StatusOK, map[string]bool{"live": true})
	})
	s.echo.GET("/readyz", func(c echo.Context) error {
		missing := s.missing(c.Request().Context())
		status := http.StatusOK
		if len(missing) > 0 {
			status = http.StatusServiceUnavailable
			c.Response().Header().Set("Retry-After", "5")
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		return c.JSON(status, Readiness{Ready: len(missing) == 0, Missing: missing})
	})
}

// missing lists what is missing.
func (s *Server) missing(ctx context.Context) []Missing {
	missing := []Missing{}
	if s.common.stopping.Load() {
		missing = append(missing, Missing{What: "stopping", Why: Text{VI: "máy chủ đang dừng", EN: "the hub is stopping"}})
	}
	f := s.figures
	if since, what := f.Trouble(); what != nil {
		return append(missing, Missing{What: "history", Since: moments(since), Why: Text{VI: what.VI, EN: what.EN}})
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if _, err := f.now(ctx); err != nil {
		f.Log.Warn("not ready", "error", err)
		missing = append(missing, Missing{What: "figures", Why: Text{VI: "không đọc được lịch sử; nhật ký của máy chủ ghi lý do", EN: "the history cannot be read; the hub's log says why"}})
	}
	return missing
}
