package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// served serves the API over the sample plan, of which every ninth camera
// works and was up for an hour of 22 November 2026, and gives its address.
func served(t *testing.T) string {
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
	t.Cleanup(func() { _ = db.Close() })
	view := live.New(now)
	at := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	states := map[string][]wire.State{}
	for i := range p.Cameras {
		if c := &p.Cameras[i]; i%9 == 0 && c.ClaimedAccepted(plan.DateOf(now(), p.Location)) {
			states[c.Agent] = append(states[c.Agent], wire.State{Camera: c.Code, Status: wire.StatusUp, Rung: wire.RungFresh, Width: c.Width, Height: c.Height, Since: at.UnixMilli(), Probed: now().UnixMilli()})
		}
	}
	for agent, list := range states {
		view.Take(agent, &wire.LiveMessage{Online: true, Whole: true, Sent: now().UnixMilli(), Cameras: len(list), Interval: 10_000, States: list})
		b := history.Batch{Agent: agent, Epoch: 1, Received: now()}
		for _, s := range list {
			b.Observations = append(b.Observations, wire.Observation{Camera: s.Camera, From: at.UnixMilli(), To: at.UnixMilli() + 3_600_000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1})
		}
		if err := db.Append(t.Context(), []history.Batch{b}); err != nil {
			t.Fatal(err)
		}
	}
	down := wire.Observation{Camera: "C-001", From: at.UnixMilli() + 7_200_000, To: at.UnixMilli() + 14_400_000, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultTimeout, FellOn: wire.RungConnect, Probes: 1}
	if err := db.Append(t.Context(), []history.Batch{{Agent: p.Camera("C-001").Agent, Epoch: 2, Observations: []wire.Observation{down}, Received: now()}}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, _, err := account.NewDesk(db.Accounts(), account.DefaultParams, now).NewToken(t.Context(), account.Token{Name: "test", Scope: account.ScopeExport, Grant: account.Grant{Role: account.Technician}})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PHUKIN_TOKEN", token.Reveal())
	a, err := api.New(api.Config{Plan: p, Store: db, Live: view, Accounts: db.Accounts(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	return s.URL
}

func TestCoverageIsShownByEverything(t *testing.T) {
	hub := served(t)
	for _, c := range []struct {
		args string
		says []string
	}{
		{"coverage", []string{"Độ phủ ở mức observation, camera đang hoạt động", "SIMULATED DATA", "kiểm soát km", "controlled", "DT550", "tổng · total", "chưa có dữ liệu"}},
		{"coverage --state accepted --level detection", []string{"mức detection, camera đã nghiệm thu"}},
		{"coverage --by total", []string{"trong kế hoạch · planned", "đang hoạt động · working"}},
		{"coverage --by class", []string{"quốc lộ", "địa điểm"}},
		{"coverage --by area --state planned", []string{"Thạch Hà", "tổng · total"}},
		{"coverage --by section", []string{"Km3+000", "kiểm soát", "●"}},
		{"coverage --by gateway", []string{"CN-01", "Km495+060", "●"}},
		{"coverage --by place", []string{"được phủ", "D-001"}},
		{"coverage --by camera --state planned", []string{"phủ đường ít hơn", "cover less road"}},
		{"coverage --period 2026-11", []string{"từ 2026-11-01 đến 2026-11-23", "bounds", "DT550", "tổng · total"}},
		{"coverage --period 2026-11-20..2026-11-22 --every day --by total", []string{"2026-11-20 ", "2026-11-22 ", "tổng · total"}},
		{"coverage --period 2026-11-20..2026-11-22 --every day --by class", []string{"2026-11-22 "}},
		{"coverage --lost C-001 --level detection", []string{"hỏng 2:00 h,", "mất 63.8 mét·giờ", "at most 31.9 m", "đoạn tuyến · section", "cửa ngõ · gateway", "CN-01", "2:00 h"}},
		{"coverage --lost C-001,C-010 --period 2026-11-21", []string{"lost by the outages of C-001, C-010", "down for 0 s"}},
		{"gaps", []string{"Đoạn chưa được kiểm soát", "km in all", "sections"}},
		{"gaps --of view --state planned --route DT550 --least 300", []string{"gaps in the view", "Km6+655", "DT550"}},
		{"gaps --area 18562 --limit 2", []string{"are the 2 longest"}},
		{"gaps --ways --state planned", []string{"There is no such way between the 11 gateways"}},
		{"gaps --ways --limit 3", []string{"Đối tượng phạm tội", "Offenders", "  1. CN-", "pairs", "To close them all"}},
	} {
		text := ok(t, append(strings.Fields(c.args), "--hub", hub)...)
		for _, s := range c.says {
			if !strings.Contains(text, s) {
				t.Errorf("%s does not say %q:\n%s", c.args, s, text)
			}
		}
		for line := range strings.SplitSeq(text, "\n") {
			if n := utf8.RuneCountInString(line); n > 120 && !strings.HasPrefix(strings.TrimSpace(line), "Đối tượng") && !strings.HasPrefix(strings.TrimSpace(line), "Offenders") {
				t.Errorf("%s: a line of %d columns:\n%s", c.args, n, line)
			}
		}
	}
}

func TestProgramsGetTheAnswerAsItIs(t *testing.T) {
	hub := served(t)
	var gaps api.CoverageGaps
	if err := json.Unmarshal([]byte(ok(t, "gaps", "--format", "json", "--limit", "3", "--hub", hub)), &gaps); err != nil || len(gaps.Items) != 3 || !gaps.Simulated {
		t.Errorf("%v, %+v", err, gaps)
	}
	var groups api.CoverageGroups
	if err := json.Unmarshal([]byte(ok(t, "coverage", "--format", "json", "--by", "area", "--hub", hub+"/")), &groups); err != nil || groups.By != "area" {
		t.Errorf("%v, %+v", err, groups)
	}
}

// A hub that has a form gives it as it is; one that is too old for it is named.
func TestOtherFormsAreCopied(t *testing.T) {
	var asked string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		if form := r.URL.Query().Get("format"); form == "svg" || form == "png" || form == "geojson" {
			w.Header().Set("Content-Type", forms[form]+"; charset=utf-8")
			_, _ = io.WriteString(w, "a map as "+form)
			return
		}
		if strings.HasPrefix(r.Header.Get("Accept"), "text/csv") {
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			_, _ = io.WriteString(w, "a,b\n")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}))
	defer s.Close()
	for _, form := range []string{"svg", "png", "geojson"} {
		if text := ok(t, "coverage", "--format", form, "--level", "detection", "--state", "planned", "--hub", s.URL); text != "a map as "+form {
			t.Errorf("%s: %q", form, text)
		}
		if want := "/api/v1/coverage/map?format=" + form + "&level=detection&state=planned"; asked != want {
			t.Errorf("asked %s, want %s", asked, want)
		}
	}
	if text := ok(t, "gaps", "--format", "csv", "--hub", s.URL); text != "a,b\n" {
		t.Errorf("csv: %q", text)
	}
	refused(t, "older than this program", "gaps", "--format", "xlsx", "--hub", s.URL)
}

func TestWhatCannotBeAskedIsSaid(t *testing.T) {
	hub := served(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + ln.Addr().String()
	_ = ln.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>hello") }))
	defer other.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"items": [`)
	}))
	defer broken.Close()
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"title":"Unauthorized","status":401,"detail":"who are you?\u001b[31m"}`)
	}))
	defer login.Close()
	for _, c := range []struct {
		args, says string
	}{
		{"coverage --hub " + nobody, "phukin-hub serve"},
		{"coverage --hub " + other.URL, "is no hub"},
		{"coverage --hub " + broken.URL, "broke off"},
		{"gaps --hub " + login.URL, "or does not allow this: who are you?·[31m (401"},
		{"coverage --hub localhost:8080", "not of the form http://127.0.0.1:8080"},
		{"coverage --level sharp --hub " + hub, "the hub refuses: level: kế hoạch không có mức này; các mức có: detection"},
		{"gaps --route R66 --hub " + hub, "route: kế hoạch không có tuyến này; có: DT549"},
		{"gaps --limit 5000 --hub " + hub, "limit: phải là số không quá 1000"},
		{"coverage --every day --hub " + hub, "needs --period"},
		{"coverage --period 2026 --by gateway --hub " + hub, "--by total, route, class or area"},
		{"coverage --period 2026 --format svg --hub " + hub, "leave out --period"},
		{"coverage --period lately --hub " + hub, "is not of the form 2026, 2026-10"},
		{"coverage --period 2026-11-31 --hub " + hub, "is not of the form 2026, 2026-10"},
		{"coverage --period 2026-12..2026-11 --hub " + hub, "ends before it begins"},
		{"coverage --lost C-001 --by area --hub " + hub, "--lost goes with --period"},
		{"coverage --lost C-999 --hub " + hub, "camera: kế hoạch không có camera này; /api/v1/cameras"},
		{"gaps --ways --route DT550 --hub " + hub, "leave out --of, --route"},
	} {
		refused(t, c.says, strings.Fields(c.args)...)
	}
	if _, err := run(t, "coverage", "--period", "lately"); !errors.As(err, new(usageError)) {
		t.Errorf("%v is not a usage error", err)
	}
}

func TestPeriodsOfTheCommandLine(t *testing.T) {
	for text, want := range map[string][2]string{
		"2026":                   {"2026-01-01", "2026-12-31"},
		"2024-02":                {"2024-02-01", "2024-02-29"},
		"2026-11-05":             {"2026-11-05", "2026-11-05"},
		"2026-07..2026-09":       {"2026-07-01", "2026-09-30"},
		"2025-12-31..2026":       {"2025-12-31", "2026-12-31"},
		"2026-01-05..2026-01-05": {"2026-01-05", "2026-01-05"},
	} {
		if from, to, err := period(text); err != nil || from != want[0] || to != want[1] {
			t.Errorf("%s: %s to %s, %v; want %v", text, from, to, err, want)
		}
	}
	for _, text := range []string{"", "26", "2026-13", "2026-1", "2026..", "..2026", "2026-02-30", "2026-01-01..x", "2026-09..2026-07"} {
		if from, to, err := period(text); err == nil {
			t.Errorf("%q is %s to %s", text, from, to)
		}
	}
}

// An answer that does not end is given up.
func TestAnAnswerIsBounded(t *testing.T) {
	b := &bounded{r: bytes.NewReader(make([]byte, 100)), left: 60}
	if p, err := io.ReadAll(b); err == nil || len(p) != 60 {
		t.Errorf("%d bytes, %v", len(p), err)
	}
}
