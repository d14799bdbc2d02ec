package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/api/apitest"
	"github.com/phukin/phukin/api/client"
)

func TestRolloutIsShownInEveryFormat(t *testing.T) {
	hub := signedIn(t, apitest.New(t))
	show := func(q client.Question, into tabled, words int, columns ...string) string {
		t.Helper()
		var b bytes.Buffer
		if err := (&asking{hub, "table"}).show(t.Context(), &b, q, into, words, columns...); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	table := show(client.GetRolloutParams{}, &api.RolloutAnswer{}, 2, "code", "name_vi", "planned", "target_cameras")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 10 || !strings.HasPrefix(lines[0], "Mã ") || !strings.HasPrefix(lines[1], "Code ") || !strings.Contains(lines[2], "GD1") || !strings.HasSuffix(lines[2], "84") || !strings.Contains(lines[8], "Tổng cộng") {
		t.Errorf("%s", table)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(ok(t, "rollout", "curve", "--format", "csv", "--hub", hub), "\uFEFF"))).ReadAll()
	if err != nil || rows[0][0] != "day" || rows[1][4] != "0" || rows[len(rows)-1][4] != "" {
		t.Errorf("%v, %v", rows, err)
	}
	var raw client.OverdueList
	if err := json.Unmarshal([]byte(ok(t, "rollout", "overdue", "--format", "json", "--hub", hub)), &raw); err != nil || len(raw.Items) == 0 {
		t.Errorf("%+v, %v", raw, err)
	}
	// What is to be done stands in both languages, one below the other.
	work := show(client.ListRolloutDiscrepanciesParams{}, &api.DiscrepancyList{}, 3, "kind", "camera", "do_vi")
	if lines := strings.Split(work, "\n"); !strings.Contains(lines[2], "Khai đã lắp") || !strings.Contains(lines[3], "Claimed installed") || !strings.HasPrefix(lines[3], " ") {
		t.Errorf("%s", work)
	}
}

func TestRolloutSaysWhatIsWrongWithAQuestion(t *testing.T) {
	hub := signedIn(t, apitest.New(t))
	refused(t, "ngày này chưa đến", "rollout", "--day", "2027-01-01", "--hub", hub)
	refused(t, "there are: table, csv, xlsx, json", "rollout", "--format", "svg", "--hub", hub)
	refused(t, "revision", "rollout", "forecast", "--revision", "7", "--hub", hub)
	if book := ok(t, "rollout", "forecast", "--format", "xlsx", "--hub", hub); !strings.HasPrefix(book, "PK") {
		t.Errorf("%.20q", book)
	}
	for _, command := range []string{"status", "curve", "overdue", "discrepancies", "forecast"} {
		if table := ok(t, "rollout", command, "--hub", hub); strings.Count(table, "\n") < 3 {
			t.Errorf("%s:\n%s", command, table)
		}
	}
}
