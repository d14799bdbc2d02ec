package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/history"
)

// awayStore is a history that cannot be reached.
type awayStore struct{ history.Store }

func (awayStore) Revision() uint64 { return 0 }
func (awayStore) Seen(context.Context) (map[string]history.Seen, error) {
	return nil, fmt.Errorf("read: %w", &history.AwayError{VI: "xa", EN: "away"})
}

func TestAHistoryThatIsAwayIsSaid(t *testing.T) {
	w := newWorld(t)
	var trouble *history.AwayError
	since := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	s, err := api.New(api.Config{Plan: w.plan, Store: awayStore{w.store}, Live: w.live, Open: true, Now: w.clock, Trouble: func() (time.Time, *history.AwayError) { return since, trouble }})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		return rec
	}
	health := func() (h api.Health) {
		t.Helper()
		rec := get("/api/v1/health")
		if err := json.Unmarshal(rec.Body.Bytes(), &h); err != nil || rec.Code != 200 {
			t.Fatalf("%d %s %v", rec.Code, rec.Body, err)
		}
		return h
	}
	if h := health(); !h.OK || h.History != nil || len(h.Cannot) != 0 {
		t.Errorf("all is well: %+v", h)
	}
	trouble = &history.AwayError{VI: "không kết nối được", EN: "cannot be reached"}
	if h := health(); h.OK || h.History == nil || h.History.What.VI != trouble.VI || !h.History.Since.Equal(since) || len(h.Cannot) != 2 {
		t.Errorf("in trouble: %+v", h)
	}
	rec := get("/api/v1/cameras")
	if rec.Code != 503 || rec.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(rec.Body.String(), "đang chờ ở các thiết bị") || !strings.Contains(rec.Body.String(), "records wait") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
