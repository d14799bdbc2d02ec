package api_test

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/ingest"
	"github.com/phukin/phukin/hub/wire"
)

// scrape reads the metrics as Prometheus would, by name and labels.
func scrape(t *testing.T, s *api.Server, header ...string) (status int, samples map[string]string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.RemoteAddr = "127.0.0.1:1234"
	for i := 0; i < len(header); i += 2 {
		if header[i] == "from" {
			r.RemoteAddr = header[i+1]
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	if rec.Code != http.StatusOK {
		problemOf(t, rec)
		return rec.Code, nil
	}
	line := regexp.MustCompile(`^([a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$`)
	samples = map[string]string{}
	for sc := bufio.NewScanner(rec.Body); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		m := line.FindStringSubmatch(sc.Text())
		if m == nil {
			t.Fatalf("not a sample: %s", sc.Text())
		}
		samples[m[1]] = m[2]
	}
	return rec.Code, samples
}

func TestMetricsSayWhatTheHubKnows(t *testing.T) {
	w := newWorld(t)
	var counts ingest.Counters
	counts.Committed.Store(42)
	var trouble *history.AwayError
	s, err := api.New(api.Config{
		Plan: w.plan, Store: w.store, Live: w.live, Open: true, Now: w.clock, Ingest: &counts, Version: "1.2.3",
		Trouble: func() (time.Time, *history.AwayError) { return w.clock().Add(-time.Minute), trouble },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.says(wire.State{Camera: w.inService(0).Code, Status: wire.StatusUp, Rung: wire.RungFresh}, wire.State{Camera: w.inService(1).Code, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultRefused, FellOn: wire.RungConnect})
	for _, path := range []string{"/api/v1/plan", "/api/v1/plan", "/api/v1/cameras?days=0", "/api/v1/made/up", "/elsewhere"} {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	}
	trouble = &history.AwayError{VI: "xa", EN: "away"}
	_, m := scrape(t, s)
	for name, want := range map[string]string{
		`phukin_http_requests_total{method="GET",route="/api/v1/plan",status="200"}`:    "2",
		`phukin_http_requests_total{method="GET",route="/api/v1/cameras",status="422"}`: "1",
		`phukin_http_requests_total{method="GET",route="none",status="404"}`:            "2",
		`phukin_http_request_duration_seconds_count{route="/api/v1/plan"}`:              "2",
		`phukin_http_requests_in_flight`:                                                "1", // this one
		`phukin_cameras{status="up"}`:                                                   "1",
		`phukin_cameras{status="down"}`:                                                 "1",
		`phukin_ingest_observations_total`:                                              "42",
		`phukin_history_away`:                                                           "1",
		`phukin_history_away_seconds`:                                                   "60",
		`phukin_plan_revision`:                                                          "1",
		`phukin_scrape_failed`:                                                          "0",
		`phukin_agents_spooled_observations`:                                            "0",
		`phukin_ingest_deferred_total`:                                                  "0",
	} {
		if m[name] != want {
			t.Errorf("%s is %q, want %s", name, m[name], want)
		}
	}
	online, build := false, false
	for name, v := range m {
		online = online || name == `phukin_agents{online="true"}` && v != "0"
		build = build || strings.HasPrefix(name, "phukin_build_info{") && strings.Contains(name, `version="1.2.3"`) && v == "1"
	}
	list, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range m {
		name, _, _ = strings.Cut(name, "{")
		name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if strings.HasPrefix(name, "phukin_") && !bytes.Contains(list, []byte("`"+name)) {
			t.Errorf("docs/operations.md does not list %s", name)
		}
	}
	if !online || !build || m["go_goroutines"] == "" {
		t.Errorf("online %t, build %t, goroutines %q", online, build, m["go_goroutines"])
	}
}

func TestMetricsAreForThisMachineOrTheToken(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, token string
		header      []string
		status      int
	}{
		{"this machine", "", nil, 200},
		{"this machine, IPv6", "", []string{"from", "[::1]:99"}, 200},
		{"another machine", "", []string{"from", "192.0.2.1:99"}, 403},
		{"a proxy on this machine", "", []string{"X-Forwarded-For", "192.0.2.1"}, 403},
		{"another machine with the token", "s3cret", []string{"from", "192.0.2.1:99", "Authorization", "Bearer s3cret"}, 200},
		{"another token", "s3cret", []string{"Authorization", "Bearer s3cre"}, 403},
		{"this machine without the token", "s3cret", nil, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Open: true, Now: w.clock, MetricsToken: c.token})
			if err != nil {
				t.Fatal(err)
			}
			if status, _ := scrape(t, s, c.header...); status != c.status {
				t.Errorf("%d, want %d", status, c.status)
			}
		})
	}
}
