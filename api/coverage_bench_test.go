package api_test

import (
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/coverage/coveragetest"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
)

// memory is a history of ledger days that are in memory already.
type memory struct {
	history.Store
	days map[string][]history.Day
}

func (memory) Revision() uint64 { return 1 }
func (memory) Seen(context.Context) (map[string]history.Seen, error) {
	return map[string]history.Seen{}, nil
}
func (m memory) Days(_ context.Context, q history.Query) iter.Seq2[history.Day, error] {
	return func(yield func(history.Day, error) bool) {
		for _, days := range m.days {
			for _, d := range days {
				if d.Number >= q.First && d.Number <= q.Last && !yield(d, nil) {
					return
				}
			}
		}
	}
}

// A month of 2,000 cameras on 200 routes, by route with its series of days, made
// anew each time: the clock goes on.
func BenchmarkAMonthOfCoverage(b *testing.B) {
	p := coveragetest.Network(200, 200, 2000, 1)
	p.Location, p.Level = time.UTC, "detection"
	p.Name = plan.Text{VI: "Thử", EN: "Trial"}
	p.Levels = []plan.Level{{Code: "detection", Name: plan.Text{VI: "phát hiện", EN: "detection"}, Density: 25}}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	first := history.DayOf(now.UnixMilli(), time.UTC) - 29
	s, err := api.New(api.Config{Plan: p, Store: memory{days: coveragetest.Ledger(p, first, 30, 1)}, Live: live.New(func() time.Time { return now }), Open: true, Now: func() time.Time { return now }})
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{
		"by_route_and_day": "/api/v1/coverage/period?by=route&every=day&from=" + first.String(), "total": "/api/v1/coverage/period?from=" + first.String(),
		"now_by_route": "/api/v1/coverage/groups", "gaps": "/api/v1/coverage/gaps?of=view",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				now = now.Add(6 * time.Second)
				rec := httptest.NewRecorder()
				s.ServeHTTP(rec, httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil))
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
		})
	}
}
