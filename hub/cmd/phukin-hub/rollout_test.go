package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
)

// answering serves the API over the sample plan with an empty history, and
// gives its address.
func answering(t *testing.T) string {
	t.Helper()
	p, err := plan.ReadDir("../../../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) }
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "hub.db"), sqlite.Options{Location: p.Location, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := api.New(api.Config{Plan: p, Store: db, Live: live.New(now), Open: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

func TestRolloutIsShownInEveryFormat(t *testing.T) {
	hub := answering(t)
	show := func(format, path string, into tabled, words int, columns ...string) string {
		t.Helper()
		var b bytes.Buffer
		if err := (&asking{hub, format}).show(t.Context(), &b, path, url.Values{}, into, words, columns...); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	table := show("table", "/api/v1/rollout", &api.RolloutAnswer{}, 2, "code", "name_vi", "planned", "target_cameras")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 10 || !strings.HasPrefix(lines[0], "Mã ") || !strings.HasPrefix(lines[1], "Code ") || !strings.Contains(lines[2], "GD1") || !strings.HasSuffix(lines[2], "84") || !strings.Contains(lines[8], "Tổng cộng") {
		t.Errorf("%s", table)
	}
	rows, err := csv.NewReader(strings.NewReader(show("csv", "/api/v1/rollout/curve", &api.RolloutCurve{}, 0))).ReadAll()
	if err != nil || rows[0][0] != "day" || rows[1][4] != "0" || rows[len(rows)-1][4] != "" {
		t.Errorf("%v, %v", rows, err)
	}
	var raw api.OverdueList
	if err := json.Unmarshal([]byte(show("json", "/api/v1/rollout/overdue", nil, 0)), &raw); err != nil || len(raw.Items) == 0 {
		t.Errorf("%+v, %v", raw, err)
	}
	// What is to be done stands in both languages, one below the other.
	work := show("table", "/api/v1/rollout/discrepancies", &api.DiscrepancyList{}, 3, "kind", "camera", "do_vi")
	if lines := strings.Split(work, "\n"); !strings.Contains(lines[2], "Khai đã lắp") || !strings.Contains(lines[3], "Claimed installed") || !strings.HasPrefix(lines[3], " ") {
		t.Errorf("%s", work)
	}
}

func TestRolloutSaysWhatIsWrongWithAQuestion(t *testing.T) {
	hub := answering(t)
	ask := func(format string, query url.Values) error {
		return (&asking{hub, format}).show(t.Context(), &bytes.Buffer{}, "/api/v1/rollout", query, &api.RolloutAnswer{}, 1, "code")
	}
	if err := ask("table", url.Values{"day": {"2027-01-01"}}); err == nil || !strings.Contains(err.Error(), "/api/v1/rollout/curve") {
		t.Errorf("a day to come: %v", err)
	}
	if err := ask("svg", nil); err == nil || !strings.Contains(err.Error(), "there are: table, csv, json") {
		t.Errorf("a form that there is not: %v", err)
	}
}
