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
	get := func(path, lang string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		r.Header.Set("Accept-Language", lang)
		s.ServeHTTP(rec, r)
		return rec
	}
	health := func() (h api.Health) {
		t.Helper()
		rec := get("/api/v1/health", "vi")
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
	for lang, says := range map[string]string{"vi": "đang chờ ở các thiết bị", "en": "records wait"} {
		rec := get("/api/v1/cameras", lang)
		if rec.Code != 503 || rec.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	}
	if rec := get("/livez", "vi"); rec.Code != 200 {
		t.Errorf("/livez: %d", rec.Code)
	}
	ready := get("/readyz", "vi")
	if ready.Code != 503 || !strings.Contains(ready.Body.String(), trouble.EN) || !strings.Contains(ready.Body.String(), `"what":"history"`) || ready.Header().Get("Retry-After") == "" {
		t.Errorf("/readyz: %d %s", ready.Code, ready.Body)
	}
	trouble = nil // the store does not say so, and yet it cannot be read
	if ready := get("/readyz", "vi"); ready.Code != 503 || !strings.Contains(ready.Body.String(), `"what":"figures"`) {
		t.Errorf("/readyz: %d %s", ready.Code, ready.Body)
	}
}
