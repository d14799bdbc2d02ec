package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/phukin/phukin/api"
)

// problemModel is a problem as RFC 9457 has it.
type problemModel struct {
	Title    string
	Status   int
	Detail   string
	Instance string
	Errors   []struct {
		Message  string
		Location string
		Value    any
	}
}

func problemOf(t *testing.T, rec *httptest.ResponseRecorder) problemModel {
	t.Helper()
	var p problemModel
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("not a problem: %d %v %s (%v)", rec.Code, rec.Header(), rec.Body, err)
	}
	if p.Status != rec.Code || p.Title == "" || p.Detail == "" {
		t.Errorf("%d: %+v", rec.Code, p)
	}
	return p
}

func TestProblemsAreInTheLanguageThatIsPreferred(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, method, path string
		status             int
		at, vi, en         string
	}{
		{"nothing there", "GET", "/api/v1/nothing", 404, "", "không có gì ở /api/v1/nothing", "nothing is found at /api/v1/nothing"},
		{"a method that is not there", "PUT", "/api/v1/cameras", 405, "", "PUT không dùng được", "PUT is not allowed"},
		{"a number too small", "GET", "/api/v1/cameras?days=0", 422, "query.days", "phải là số từ 1 trở lên", "must be a number of at least 1"},
		{"a word for a number", "GET", "/api/v1/cameras?days=many", 422, "query.days", "phải là số nguyên", "must be a whole number"},
		{"a word that is none of those", "GET", "/api/v1/uptime?by=colour", 422, "query.by", "phải là một trong các giá trị: total, area", "must be one of: total, area"},
		{"a parameter that is not there", "GET", "/api/v1/rollout?colour=red", 422, "query.colour", "không có tham số này; các tham số có: format", "is not a parameter of this operation; there are: format"},
		{"a parameter twice", "GET", "/api/v1/cameras?days=1&days=2", 422, "query.days", "chỉ được có một lần", "must be given once"},
		{"a level that is not there", "GET", "/api/v1/coverage?level=sharp", 422, "query.level", "các mức có: ", "there are: "},
		{"a day that is not there", "GET", "/api/v1/uptime?from=2026-11-31", 422, "query.from", "phải là ngày có trong lịch", "must be a day of the calendar"},
		{"a query that cannot be read", "GET", "/api/v1/uptime?from=%zz", 400, "", "không đọc được phần sau dấu ?", "cannot be read"},
		{"an address too long", "GET", "/api/v1/uptime?from=" + strings.Repeat("1", 9000), 414, "", "được phép nhiều nhất 8192", "at most 8192"},
		{"a form that is not there", "GET", "/api/v1/plan?format=csv", 406, "", "chỉ có các dạng: application/json", "can be had as application/json"},
		{"an entry that is not there", "GET", "/api/v1/quarantine/7", 404, "", "khu cách ly không có mục 7", "there is no entry 7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for lang, want := range map[string]string{"": c.vi, "vi-VN": c.vi, "en-US, vi;q=0.5": c.en} {
				r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil)
				r.Header.Set("Accept-Language", lang)
				r.Header.Set("Authorization", "Bearer "+w.admin)
				rec := httptest.NewRecorder()
				w.server.ServeHTTP(rec, r)
				p := problemOf(t, rec)
				if rec.Code != c.status || !strings.Contains(p.Detail, want) || !strings.Contains(strings.Join(rec.Header().Values("Vary"), ","), "Accept-Language") {
					t.Errorf("%q: %d %+v %v; want %d that says %q", lang, rec.Code, p, rec.Header(), c.status, want)
				}
				if c.at != "" && (len(p.Errors) != 1 || p.Errors[0].Location != c.at || !strings.Contains(p.Errors[0].Message, want)) {
					t.Errorf("%q: %+v, want an error at %s", lang, p.Errors, c.at)
				}
			}
		})
	}
}

func TestEverythingThatIsWrongIsNamed(t *testing.T) {
	w := newWorld(t)
	p := problemOf(t, w.get("/api/v1/uptime?by=colour&every=never", "Accept-Language", "en"))
	if len(p.Errors) != 2 || p.Errors[0].Value == p.Errors[1].Value || !strings.Contains(p.Detail, "and 1 more") {
		t.Errorf("%+v", p)
	}
	p = problemOf(t, w.get("/api/v1/uptime?by="+strings.Repeat("x", 5000), "Accept-Language", "en"))
	if v, _ := p.Errors[0].Value.(string); len(v) > 200 {
		t.Errorf("a long value comes back whole: %d bytes", len(v))
	}
}

func TestWhatHumaSaysIsSaidInBothLanguages(t *testing.T) {
	for said, want := range map[string][2]string{
		"expected length >= 3":                             {"phải dài ít nhất 3 ký tự", "must have at least 3 characters"},
		"expected required property name to be present":    {"thiếu trường name", "must have the field name"},
		"request body is too large limit=65536 bytes":      {"nội dung gửi lên dài quá 65536 byte", "the body is longer than 65536 bytes"},
		"unknown content type: text/plain":                 {"không nhận dạng nội dung text/plain; gửi application/json", "the content type text/plain is not taken; send application/json"},
		"invalid character '}' looking for beginning of x": {"không phải JSON đúng: ký tự '}' looking for beginning of x", "is not JSON: character '}' looking for beginning of x"},
		"expected string to match pattern ^%s$":            {"phải theo mẫu ^%s$", "must match the pattern ^%s$"},
		"something new":                                    {"something new", "something new"},
	} {
		if got := api.Phrase(said); got.VI != want[0] || got.EN != want[1] {
			t.Errorf("%q: %+v, want %v", said, got, want)
		}
	}
}

func TestSecretsDoNotComeBackInProblems(t *testing.T) {
	for _, at := range []string{"body", "body.password", "body.new_password", "query.token", "body.client_secret", "body.users[3].Password"} {
		if got := api.Short(at, "hunter2"); got != nil {
			t.Errorf("%s: %v", at, got)
		}
	}
	if got := api.Short("query.level", "sharp"); got != "sharp" {
		t.Errorf("%v", got)
	}
}

func TestAPanicIsAProblemWithAnIdThatTheLogHas(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	s, err := api.New(api.Config{Plan: w.plan, Store: panickingStore{w.store}, Live: w.live, Open: true, Now: w.clock, Log: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/cameras", nil))
	p := problemOf(t, rec)
	id, ok := strings.CutPrefix(p.Instance, "urn:phukin:error:")
	if rec.Code != http.StatusInternalServerError || !ok || len(id) != 16 || strings.Contains(rec.Body.String(), "a secret of the inside") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if line := log.String(); !strings.Contains(line, id) || !strings.Contains(line, "a secret of the inside") || !strings.Contains(line, "panickingStore") {
		t.Errorf("the log says %s", line)
	}
}

// A method that a path does not have is told so, also where a page is served
// beside the API.
func TestAnotherMethodIsToldBesideAPage(t *testing.T) {
	w := newWorld(t)
	s, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Passwords: quick, Now: w.clock, Page: http.NotFoundHandler()})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/api/v1/plan/preview": http.StatusMethodNotAllowed, "/api/v1/nothing": http.StatusNotFound} {
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		if rec.Code != want || want == http.StatusMethodNotAllowed && rec.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d, Allow %q", path, rec.Code, rec.Header().Get("Allow"))
		}
	}
}
