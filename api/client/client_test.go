package client_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api/apitest"
	"github.com/phukin/phukin/api/client"
	"github.com/phukin/phukin/hub/account"
)

func TestAHubIsAskedForWhatItKnows(t *testing.T) {
	hub := apitest.New(t)
	hub.Watch()
	c := of(t, hub.URL+"/", client.Options{Token: client.Secret(hub.Token(account.ScopeExport, account.Technician)), Language: "en"})
	ctx := t.Context()

	cameras, err := c.ListCameras(ctx, client.ListCamerasParams{Days: new(int64(7)), Bars: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	if a := &cameras.Body; len(a.Items) != len(hub.Plan.Cameras) || !a.Simulated || a.AsOf.Before(apitest.Start) || len(a.Items[0].Bars) != 7 || a.Uptime == nil || a.Uptime.Observed == nil {
		t.Errorf("%d cameras of %d, uptime %+v", len(a.Items), len(hub.Plan.Cameras), a.Uptime)
	}
	first := cameras.Body.Items[0]
	if first.Code != "C-001" || first.Status.Status != "up" || first.Status.Since == nil || first.Measured != nil && first.Measured.Width == 0 {
		t.Errorf("%+v", first)
	}
	few, err := c.ListCameras(ctx, client.ListCamerasParams{Fields: []string{"code", "status"}})
	if err != nil || few.Body.Items[3].Code == "" || few.Body.Items[3].Agent != "" || few.Body.Uptime != nil {
		t.Errorf("%v %+v", err, few)
	}
	gaps, err := c.ListCoverageGaps(ctx, client.ListCoverageGapsParams{Of: "view", State: "planned", Route: "DT550", Least: new(300.5), Limit: new(int64(2))})
	if err != nil || len(gaps.Body.Items) == 0 || len(gaps.Body.Items) > 2 || gaps.Body.Items[0].Route.Code != "DT550" || gaps.Body.Of != "view" {
		t.Errorf("%v %+v", err, gaps)
	}
	// What may be null is nil, and not nought.
	grid, err := c.GetUptime(ctx, client.GetUptimeParams{Period: "2026-11-21", By: "total"})
	if err != nil || len(grid.Body.Items) != 1 || grid.Body.Items[0].Uptime.Availability != nil {
		t.Errorf("%v %+v", err, grid)
	}
	outages, err := c.ListOutages(ctx, client.ListOutagesParams{Period: "2026-11"})
	if err != nil || len(outages.Body.Items) == 0 {
		t.Fatal(err)
	}
	if o := outages.Body.Items[1]; o.Code != "C-001" || o.Fault != "timeout" || o.Earliest == nil || !o.From.Equal(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", o)
	}
}

func TestWhatOneHasIsNotSentAgain(t *testing.T) {
	hub := apitest.New(t)
	c := of(t, hub.URL, client.Options{Token: client.Secret(hub.Token(account.ScopeExport, account.Viewer))})
	first, err := c.GetPlan(t.Context(), client.GetPlanParams{})
	if err != nil || first.ETag == "" || first.NotModified || first.Body.Name.VI == "" || first.Date.IsZero() || first.Status != 200 {
		t.Fatalf("%v %+v", err, first)
	}
	again, err := c.GetPlan(t.Context(), client.GetPlanParams{IfNoneMatch: first.ETag})
	if err != nil || !again.NotModified || again.Body.Name.VI != "" || again.ETag != first.ETag {
		t.Errorf("%v %+v", err, again)
	}
	table, err := c.Fetch(t.Context(), client.CSV, client.ListRoutesParams{})
	if err != nil {
		t.Fatal(err)
	}
	read(t, table)
	same, err := c.Fetch(t.Context(), client.CSV, client.ListRoutesParams{IfNoneMatch: table.ETag})
	if err != nil || !same.NotModified || len(read(t, same)) != 0 {
		t.Errorf("%v %+v", err, same)
	}
}

func TestOtherRepresentationsComeAsTheyAre(t *testing.T) {
	hub := apitest.New(t)
	c := of(t, hub.URL, client.Options{Token: client.Secret(hub.Token(account.ScopeExport, account.Technician))})
	for _, f := range []struct {
		media  string
		q      client.Question
		begins string
		name   string
	}{
		{client.CSV, client.ListCoverageGapsParams{State: "planned"}, "\uFEFFroute,", "phukin-coverage-gaps-2026-11-23-simulated.csv"},
		{client.XLSX, client.GetSecurityReportParams{Period: "2026-Q3"}, "PK\x03\x04", "phukin-reports-security-infrastructure-2026-07-01--2026-09-30-simulated.xlsx"},
		{client.JSON, client.GetPlanParams{}, "{", ""},
		{client.SVG, client.GetCoverageMapParams{State: "planned"}, "<", "phukin-planned-20261123-1500-all.svg"},
		{client.PNG, client.GetCoverageMapParams{Width: new(int64(800)), Height: new(int64(600))}, "\x89PNG", "phukin-working-20261123-1500-all.png"},
		{client.GeoJSON, client.GetCoverageMapParams{Route: "DT550", Cameras: new(false)}, "{", "phukin-working-20261123-1500-DT550.geojson"},
	} {
		file, err := c.Fetch(t.Context(), f.media, f.q)
		if err != nil {
			t.Errorf("%s: %v", f.media, err)
			continue
		}
		text := read(t, file)
		if !strings.HasPrefix(string(text), f.begins) || file.Name != f.name || file.MediaType != f.media {
			t.Errorf("%s: %q begins with %.20q", f.media, file.Name, text)
		}
		if f.media == client.CSV {
			if rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll(); err != nil || len(rows) < 2 {
				t.Errorf("%d rows, %v", len(rows), err)
			}
		}
	}
	m, err := c.GetCoverageMap(t.Context(), client.SVG, client.GetCoverageMapParams{})
	if err != nil || !strings.HasPrefix(string(read(t, m)), "<") {
		t.Errorf("%v", err)
	}
}

func TestARefusalNamesThePlaces(t *testing.T) {
	hub := apitest.New(t)
	token := client.Secret(hub.Token(account.ScopeRead, account.Viewer))
	c := of(t, hub.URL, client.Options{Token: token, Language: "en"})
	_, err := c.ListCameras(t.Context(), client.ListCamerasParams{Days: new(int64(0)), Fields: []string{"colour"}})
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != 422 || len(p.Errors) == 0 || p.Errors[0].Location != "query.days" || !strings.Contains(p.Errors[0].Message, "1") || string(p.Errors[0].Value) != "0" || !strings.Contains(p.Error(), "GET /api/v1/cameras: 422: days: ") {
		t.Errorf("%#v %v", p, err)
	}
	_, err = c.Fetch(t.Context(), client.CSV, client.ListCamerasParams{})
	if client.StatusOf(err) != 403 {
		t.Errorf("a table for the scope read: %v", err)
	}
	_, err = of(t, hub.URL, client.Options{}).ListCameras(t.Context(), client.ListCamerasParams{})
	if client.StatusOf(err) != 401 || !strings.Contains(err.Error(), "401") {
		t.Errorf("nobody: %v", err)
	}
	if _, err = c.GetQuarantined(t.Context(), client.GetQuarantinedParams{ID: 99}); client.StatusOf(err) != 403 {
		t.Errorf("the quarantine for a viewer: %v", err)
	}
}

func TestUsersAndTokensAreMadeAndChanged(t *testing.T) {
	hub := apitest.New(t)
	c := of(t, hub.URL, client.Options{Token: client.Secret(hub.Token(account.ScopeWrite, account.Admin)), Language: "en"})
	ctx := t.Context()
	made, err := c.CreateUser(ctx, client.CreateUserParams{Body: client.NewUserInputBody{Name: "an", Roles: []client.GrantRow{{Role: "viewer"}}}})
	if err != nil || made.Status != 201 || made.Body.Link == "" {
		t.Fatalf("%v %+v", err, made)
	}
	if _, err := c.CreateUser(ctx, client.CreateUserParams{Body: client.NewUserInputBody{Name: "an", Roles: []client.GrantRow{{Role: "viewer"}}}}); client.StatusOf(err) != 409 {
		t.Errorf("twice: %v", err)
	}
	changed, err := c.ChangeUser(ctx, client.ChangeUserParams{Name: "an", Body: client.ChangeUserInputBody{FullName: new("Phòng VHXH")}})
	if err != nil || changed.Body.FullName != "Phòng VHXH" || len(changed.Body.Roles) != 1 {
		t.Errorf("%v %+v", err, changed)
	}
	if changed, err = c.ChangeUser(ctx, client.ChangeUserParams{Name: "an", Body: client.ChangeUserInputBody{FullName: new("")}}); err != nil || changed.Body.FullName != "" {
		t.Errorf("an empty name is no name: %v %+v", err, changed)
	}
	token, err := c.CreateToken(ctx, client.CreateTokenParams{Body: client.NewTokenInputBody{Name: "report", Scope: "read", Role: "viewer"}})
	if err != nil || !strings.HasPrefix(token.Body.Token, "phukin_") {
		t.Fatalf("%v", err)
	}
	if _, err := c.RevokeToken(ctx, client.RevokeTokenParams{ID: strings.Split(token.Body.Token, "_")[1]}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"", "..", "."} {
		if _, err := c.ChangeUser(ctx, client.ChangeUserParams{Name: name}); err == nil || !strings.Contains(err.Error(), "parameter of the path") {
			t.Errorf("name %q: %v", name, err)
		}
	}
	if _, err := c.ChangeUser(ctx, client.ChangeUserParams{Name: "a/../b?x#y"}); client.StatusOf(err) != 404 && client.StatusOf(err) != 422 {
		t.Errorf("a name with signs of addresses: %v", err)
	}
}

// Whatever answers in place of a hub, the client says what it is.
func TestWhatIsNoHubIsSaid(t *testing.T) {
	var answer http.HandlerFunc
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	defer s.Close()
	send := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	c := of(t, s.URL, client.Options{MaxAnswer: 100})
	for _, x := range []struct {
		name   string
		answer http.HandlerFunc
		is     any
		says   string
	}{
		{"a page", send(200, "text/html", "<html>"), new(*client.UnexpectedError), `answers 200 as "text/html"`},
		{"an error page", send(502, "text/html", "<html>"), new(*client.UnexpectedError), "502"},
		{"half an answer", send(200, "application/json", `{"level":`), new(*client.BrokenError), "broke off"},
		{"another type", send(200, "application/json", `{"level": 3}`), new(*client.BrokenError), "cannot be read"},
		{"an answer and more", send(200, "application/json", `{} {}`), new(*client.BrokenError), "cannot be read"},
		{"too long an answer", send(200, "application/json", `{"level":"`+strings.Repeat("x", 100)+`"}`), new(*client.BrokenError), "longer than 100 bytes"},
		{"too long a problem", send(422, "application/problem+json", `{"title":"`+strings.Repeat("x", 70_000)+`"}`), new(*client.BrokenError), "longer than"},
		{"no problem", send(422, "application/problem+json", `[]`), new(*client.BrokenError), "cannot be read"},
		{"a problem that says nothing", send(503, "application/problem+json", `{}`), new(*client.Problem), "503: Service Unavailable"},
		{"nothing new, unasked", send(304, "", ""), new(*client.UnexpectedError), "304"},
	} {
		answer = x.answer
		_, err := c.ListCoverageGaps(t.Context(), client.ListCoverageGapsParams{})
		if err == nil || !errors.As(err, x.is) || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %T %v", x.name, err, err)
		}
	}
	exact := `{"level":"` + strings.Repeat("x", 88) + `"}`
	answer = send(200, "application/json", exact)
	if a, err := c.ListCoverageGaps(t.Context(), client.ListCoverageGapsParams{}); err != nil || len(a.Body.Level) != 88 {
		t.Errorf("exactly as long as may be: %v", err)
	}
	answer = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		send(503, "application/problem+json", `{"detail":"busy"}`)(w, r)
	}
	_, err := c.GetPlan(t.Context(), client.GetPlanParams{})
	if p := new(client.Problem); !errors.As(err, &p) || p.RetryAfter != 7*time.Second {
		t.Errorf("%v", err)
	}
	answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", client.CSV)
		w.Header().Set("Content-Disposition", `attachment; filename="../../etc/x.csv"`)
		w.Header().Set("Content-Length", "50")
		_, _ = io.WriteString(w, "a,b\n")
	}
	f, err := c.Fetch(t.Context(), client.CSV, client.ListCamerasParams{})
	if err != nil || f.Name != "x.csv" {
		t.Fatalf("%v %+v", err, f)
	}
	if _, err := io.ReadAll(f); !errors.As(err, new(*client.BrokenError)) {
		t.Errorf("a file that breaks off: %v", err)
	}
	_ = f.Close()
}

func TestNobodyThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close()
	_, err = of(t, "http://"+dead.Addr().String(), client.Options{}).GetPlan(t.Context(), client.GetPlanParams{})
	var u *client.UnreachedError
	if !errors.As(err, &u) || u.Timeout() || client.StatusOf(err) != 0 {
		t.Errorf("%v", err)
	}
	_, err = of(t, "http://"+ln.Addr().String(), client.Options{Timeout: time.Millisecond}).GetPlan(t.Context(), client.GetPlanParams{})
	if !errors.As(err, &u) || !u.Timeout() {
		t.Errorf("one who does not answer: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = of(t, "http://"+ln.Addr().String(), client.Options{}).GetPlan(ctx, client.GetPlanParams{}); !errors.Is(err, context.Canceled) || u.Timeout() == false {
		t.Errorf("given up: %v", err)
	}
	for _, address := range []string{"", "127.0.0.1:8080", "ftp://x", "http://", "http://x?y", "http://u:p@x", "http://x\x7f"} {
		if _, err := client.New(address, client.Options{}); !errors.Is(err, client.ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestWhoAsksIsSaidAndATokenIsNotShown(t *testing.T) {
	var head http.Header
	var path string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head, path = r.Header, r.URL.String()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}))
	defer s.Close()
	o := client.Options{Token: "phukin_1_secret", Program: "report/2", Language: "vi"}
	c := of(t, s.URL+"/under/", o)
	if _, err := c.ListChanges(t.Context(), client.ListChangesParams{Since: new(apitest.Start)}); err != nil {
		t.Fatal(err)
	}
	if head.Get("User-Agent") != "report/2 phukin-client/"+client.APIVersion || head.Get("Authorization") != "Bearer phukin_1_secret" || head.Get("Accept-Language") != "vi" || path != "/under/api/v1/changes?since=2026-11-23T08%3A00%3A00Z" {
		t.Errorf("%v %s", head, path)
	}
	text, err := json.Marshal(o.Token)
	if shown := fmt.Sprintf("%v %+v %#v %s %q %s", o.Token, o, o, o.Token, o.Token, text); strings.Contains(shown, "secret") || err != nil {
		t.Error(shown, err)
	}
}

// of gives a client that ends with the test.
func of(t *testing.T, address string, o client.Options) *client.Client {
	t.Helper()
	c, err := client.New(address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func read(t *testing.T, f *client.File) []byte {
	t.Helper()
	defer f.Close()
	p, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
