package main

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/phukin/phukin/api/apitest"
	"github.com/phukin/phukin/api/client"
	"github.com/phukin/phukin/hub/account"
)

// signedIn makes commands ask a hub as a program that may have everything, and
// gives its address.
func signedIn(t *testing.T, h *apitest.Hub) string {
	t.Helper()
	t.Setenv("PHUKIN_TOKEN", h.Token(account.ScopeExport, account.Technician))
	return h.URL
}

// observed serves the sample plan of which some cameras were seen, and gives its
// address.
func observed(t *testing.T) string {
	t.Helper()
	h := apitest.New(t)
	h.Watch()
	return signedIn(t, h)
}

func TestCoverageIsShownByEverything(t *testing.T) {
	hub := observed(t)
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
		{"coverage --period 2026-W47 --by total", []string{"từ 2026-11-16 đến 2026-11-22"}},
		{"coverage --period 2026-11-01/P1W --by total", []string{"từ 2026-11-01 đến 2026-11-07"}},
		{"coverage --lost C-001 --period 2026-Q4", []string{"lost by the outages of C-001", "down for 2:00 h"}},
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
	hub := observed(t)
	var gaps client.CoverageGaps
	if err := json.Unmarshal([]byte(ok(t, "gaps", "--format", "json", "--limit", "3", "--hub", hub)), &gaps); err != nil || len(gaps.Items) != 3 || !gaps.Simulated {
		t.Errorf("%v, %+v", err, gaps)
	}
	var groups client.CoverageGroups
	if err := json.Unmarshal([]byte(ok(t, "coverage", "--format", "json", "--by", "area", "--hub", hub+"/")), &groups); err != nil || groups.By != "area" {
		t.Errorf("%v, %+v", err, groups)
	}
}

// A hub that has a form gives it as it is; one that is too old for it is named.
func TestOtherFormsAreCopied(t *testing.T) {
	var asked string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		for _, form := range []string{"svg", "png", "geojson"} {
			if strings.HasPrefix(r.Header.Get("Accept"), forms[form]) {
				w.Header().Set("Content-Type", forms[form]+"; charset=utf-8")
				_, _ = io.WriteString(w, "a map as "+form)
				return
			}
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
		if want := "/api/v1/coverage/map?level=detection&state=planned"; asked != want {
			t.Errorf("asked %s, want %s", asked, want)
		}
	}
	if text := ok(t, "gaps", "--format", "csv", "--hub", s.URL); text != "a,b\n" {
		t.Errorf("csv: %q", text)
	}
	refused(t, "older than this program", "gaps", "--format", "xlsx", "--hub", s.URL)
}

func TestWhatCannotBeAskedIsSaid(t *testing.T) {
	hub := observed(t)
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
		{"gaps --route R66 --hub " + hub, "kế hoạch không có tuyến này"},
		{"gaps --limit 50000 --hub " + hub, "limit: phải là số không quá 10000"},
		{"coverage --every day --hub " + hub, "needs --period"},
		{"coverage --period 2026 --by gateway --hub " + hub, "--by total, route, class or area"},
		{"coverage --period 2026 --format svg --hub " + hub, "leave out --period"},
		{"coverage --period lately --hub " + hub, "period: không đọc được: viết như 2026"},
		{"coverage --period 2026-11-31 --hub " + hub, "period: không có ngày này"},
		{"coverage --period 2026-11..2026-10 --hub " + hub, "period: "},
		{"coverage --lost C-001 --period 2027 --hub " + hub, "period: ngày này chưa đến"},
		{"coverage --lost C-001 --by area --hub " + hub, "--lost goes with --period"},
		{"coverage --lost C-999 --hub " + hub, "kế hoạch không có camera này"},
		{"gaps --ways --route DT550 --hub " + hub, "leave out --of, --route"},
	} {
		refused(t, c.says, strings.Fields(c.args)...)
	}
	if _, err := run(t, "coverage", "--every", "day"); !errors.As(err, new(usageError)) {
		t.Errorf("%v is not a usage error", err)
	}
}
