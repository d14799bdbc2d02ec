package api_test

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

var update = flag.Bool("update", false, "write golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryAnswerSaysThatItIsSimulatedAndAsOfWhen(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"plan", "cameras", "routes", "coverage", "rollout", "rollout/curve", "rollout/overdue", "rollout/discrepancies", "rollout/forecast", "reports/security-infrastructure", "agents", "alerts", "quarantine",
		"areas", "areas/42", "sites", "sites/D-001", "sections", "gateways", "routes/QL1A", "agents/tb-18592",
		"cameras/C-001", "cameras/C-001/timeline", "cameras/C-001/observations", "cameras/C-001/uptime", "cameras/C-001/outages", "uptime", "uptime/grid", "outages", "changes",
		"coverage/groups", "coverage/sections", "coverage/gateways", "coverage/places", "coverage/cameras", "coverage/gaps", "coverage/period", "coverage/loss?camera=C-001", "coverage/blind-ways"} {
		head := answer[api.Head](w, "/api/v1/"+path)
		if !head.Simulated || !head.AsOf.Equal(w.clock()) {
			t.Errorf("%s: simulated %t, as of %v; want true, %v", path, head.Simulated, head.AsOf, w.clock())
		}
	}
}

func TestListsWrapTheirRowsInItems(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]int{"cameras": 180, "routes": 12, "agents": 22} {
		list := answer[struct{ Items []json.RawMessage }](w, "/api/v1/"+path)
		if len(list.Items) != want {
			t.Errorf("%s: %d items, want %d", path, len(list.Items), want)
		}
	}
}

func TestTheStatusOfACamera(t *testing.T) {
	w := newWorld(t)
	up, degraded, down, silent := w.inService(0), w.inService(1), w.inService(2), w.inService(3)
	w.says(
		wire.State{Camera: up.Code, Status: wire.StatusUp, Rung: wire.RungFresh, Codec: wire.CodecH264, Width: 1920, Height: 1080},
		wire.State{Camera: degraded.Code, Status: wire.StatusDegraded, Rung: wire.RungFresh, Reasons: []wire.Reason{wire.ReasonLowResolution}, Width: 640, Height: 360},
		wire.State{Camera: down.Code, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultRefused, FellOn: wire.RungConnect},
	)
	list := answer[api.CameraList](w, "/api/v1/cameras")
	find := func(code string) api.Status {
		i := slices.IndexFunc(list.Items, func(r api.CameraRow) bool { return r.Code == code })
		return list.Items[i].Status
	}
	if s := find(up.Code); s.Status != "up" || s.Since == nil || s.Fault != "" {
		t.Errorf("up: %+v", s)
	}
	if s := find(degraded.Code); s.Status != "degraded" || !slices.Equal(s.Reasons, []string{"low_resolution"}) {
		t.Errorf("degraded: %+v", s)
	}
	if s := find(down.Code); s.Status != "down" || s.Fault != "refused" || s.FellOn != "connect" {
		t.Errorf("down: %+v", s)
	}
	if s := find(silent.Code); s.Status != "unknown" || s.Cause != "not_enrolled" {
		t.Errorf("a camera that no agent ever reported: %+v", s)
	}
	for i := range w.plan.Cameras {
		if c := &w.plan.Cameras[i]; c.Accepted.IsZero() {
			if s := find(c.Code); s.Status != "not_in_service" {
				t.Errorf("a camera that is not accepted: %+v", s)
			}
			break
		}
	}
	if n := list.Count; n.Up != 1 || n.Degraded != 1 || n.Down != 1 || n.Up+n.Degraded+n.Down+n.Unknown+n.NotInService != 180 {
		t.Errorf("count: %+v", n)
	}

	w.pass(time.Hour) // nobody says anything
	list = answer[api.CameraList](w, "/api/v1/cameras")
	if s := find(up.Code); s.Status != "unknown" || s.Cause != "agent_offline" || s.Since == nil {
		t.Errorf("after an hour of silence: %+v", s)
	}
}

func TestUptimeFollowsTheLedgerAndSaysWhatIsUnknown(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, w.plan.Location)
	w.saw(0, wire.Observation{Camera: c.Code, From: noon.UnixMilli(), To: noon.Add(3 * time.Hour).UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh})
	w.saw(1, wire.Observation{Camera: c.Code, From: noon.Add(3 * time.Hour).UnixMilli(), To: noon.Add(4 * time.Hour).UnixMilli(),
		Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultTimeout, FellOn: wire.RungConnect})
	list := answer[api.CameraList](w, "/api/v1/cameras?days=2&bars=true")
	i := slices.IndexFunc(list.Items, func(r api.CameraRow) bool { return r.Code == c.Code })
	u := list.Items[i].Uptime
	if u.Up != 3*3600 || u.Down != 3600 || u.Outages != 1 || u.Availability == nil || *u.Availability != 0.75 {
		t.Errorf("uptime: %+v", u)
	}
	today := w.clock().Unix() - time.Date(2026, 11, 23, 0, 0, 0, 0, w.plan.Location).Unix()
	if want := 86400 + today; u.InService != want || u.Unknown != want-4*3600 {
		t.Errorf("in service %d s, unknown %d s; want %d and the rest of it", u.InService, u.Unknown, want)
	}
	if u.Low == nil || u.High == nil || *u.Low != float64(3*3600)/float64(u.InService) || *u.High != float64(u.InService-3600)/float64(u.InService) {
		t.Errorf("bounds: %v, %v", u.Low, u.High)
	}
	if b := list.Items[i].Bars; len(b) != 2 || b[0] != [4]int{3 * 3600, 0, 3600, 20 * 3600} || b[1] != [4]int{0, 0, 0, int(today)} {
		t.Errorf("bars: %v", b)
	}
	for _, r := range list.Items {
		if r.Code != c.Code && r.Uptime.Availability != nil {
			t.Errorf("camera %s was never seen and has availability %v", r.Code, *r.Uptime.Availability)
		}
	}
}

func TestOnlyCamerasThatWorkCoverARoad(t *testing.T) {
	w := newWorld(t)
	none := answer[api.CoverageAnswer](w, "/api/v1/coverage")
	if none.States["working"].InView != 0 || none.States["working"].Controlled != 0 || none.States["accepted"].Controlled == 0 {
		t.Fatalf("nobody reports anything, and yet: %+v", none.States)
	}
	var all []wire.State
	for i := range w.plan.Cameras {
		c := &w.plan.Cameras[i]
		all = append(all, wire.State{Camera: c.Code, Status: wire.StatusUp, Rung: wire.RungFresh, Width: c.Width, Height: c.Height})
	}
	w.says(all...)
	works := answer[api.CoverageAnswer](w, "/api/v1/coverage")
	if got, want := works.States["working"], works.States["accepted"]; got != want {
		t.Errorf("everything works as planned: working %+v, accepted %+v", got, want)
	}
	for i := range all {
		all[i].Status, all[i].Width, all[i].Height, all[i].Reasons = wire.StatusDegraded, 640, 360, []wire.Reason{wire.ReasonLowResolution}
	}
	w.says(all...)
	small := answer[api.CoverageAnswer](w, "/api/v1/coverage")
	if small.States["working"].InView >= works.States["working"].InView || small.States["accepted"] != works.States["accepted"] {
		t.Errorf("all stream 360 lines: working %+v, accepted %+v", small.States["working"], small.States["accepted"])
	}
	for i := range all {
		all[i].Status, all[i].Fault, all[i].FellOn, all[i].Reasons = wire.StatusDown, wire.FaultTimeout, wire.RungConnect, nil
	}
	w.says(all...)
	dark := answer[api.CoverageAnswer](w, "/api/v1/coverage")
	if dark.States["working"].InView != 0 || len(dark.Gaps) == 0 {
		t.Errorf("all are down: working %+v, %d gaps", dark.States["working"], len(dark.Gaps))
	}
	if !slices.IsSortedFunc(dark.Gaps, func(a, b api.GapRow) int { return int(10 * (b.Length - a.Length)) }) {
		t.Error("gaps are not sorted by length, longest first")
	}
}

func TestRoutesAgreeWithTheTotals(t *testing.T) {
	w := newWorld(t)
	total := answer[api.CoverageAnswer](w, "/api/v1/coverage?level=detection")
	routes := answer[api.RouteList](w, "/api/v1/routes?level=detection")
	for state, want := range total.States {
		var sections, controlled int
		var inView float64
		for _, r := range routes.Items {
			c := r.States[state]
			sections, controlled, inView = sections+c.Sections, controlled+c.SectionsCtl, inView+c.InView
			n := 0
			for _, s := range r.Sections {
				if s.Controlled[state] {
					n++
				}
			}
			if n != c.SectionsCtl {
				t.Errorf("%s %s: %d sections are marked controlled, the row says %d", r.Code, state, n, c.SectionsCtl)
			}
		}
		if sections != want.Sections || controlled != want.SectionsCtl || inView < want.InView-1 || inView > want.InView+1 {
			t.Errorf("%s: routes sum to %d/%d sections and %.1f m, the total says %+v", state, controlled, sections, inView, want)
		}
	}
}

func TestRolloutSetsEvidenceBesideClaims(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	at := w.clock().Add(-time.Hour).UnixMilli()
	w.saw(0, wire.Observation{Camera: c.Code, From: at, To: at + 60_000, Status: wire.StatusUp, Rung: wire.RungFresh})
	r := answer[api.RolloutAnswer](w, "/api/v1/rollout")
	if r.Total.Verified != 1 || r.Total.Enrolled != 1 || r.Total.InstalledVerified != 1 || r.Total.Planned+r.Total.Retired != 180 {
		t.Errorf("total: %+v", r.Total)
	}
	if slices.Contains(r.Unverified, c.Code) || len(r.Unverified) != r.Total.Installed-1 {
		t.Errorf("%d unverified of %d claimed installed", len(r.Unverified), r.Total.Installed)
	}
	sum := 0
	for _, g := range r.Areas {
		sum += g.Planned
	}
	if sum != r.Total.Planned {
		t.Errorf("areas sum to %d planned cameras, the total says %d", sum, r.Total.Planned)
	}
}

func TestAskingAgainCostsNothingUntilSomethingChanges(t *testing.T) {
	w := newWorld(t)
	const path = "/api/v1/cameras?fields=code,status"
	first := w.get(path)
	tag := first.Header().Get("ETag")
	if tag == "" {
		t.Fatal("no entity tag")
	}
	w.pass(10 * time.Second)
	again := w.get(path, "If-None-Match", tag)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
		t.Errorf("nothing changed: %d, %d bytes, tag %s", again.Code, again.Body.Len(), again.Header().Get("ETag"))
	}
	w.says(wire.State{Camera: w.inService(0).Code, Status: wire.StatusUp, Rung: wire.RungFresh})
	if changed := w.get(path, "If-None-Match", tag); changed.Code != http.StatusOK || changed.Header().Get("ETag") == tag {
		t.Errorf("a status changed: %d, tag %s", changed.Code, changed.Header().Get("ETag"))
	}
}

func TestFieldsGiveOnlyWhatWasAskedFor(t *testing.T) {
	w := newWorld(t)
	list := answer[struct{ Items []map[string]json.RawMessage }](w, "/api/v1/cameras?fields=status,code")
	for _, row := range list.Items {
		if len(row) != 2 || row["code"] == nil || row["status"] == nil {
			t.Fatalf("row: %v", row)
		}
	}
}

func TestNoAnswerHoldsAPositionOrAnAddressOfACamera(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"cameras?bars=true", "agents", "rollout", "coverage", "coverage/places", "coverage/gaps", "coverage/blind-ways"} {
		body := w.get("/api/v1/" + path).Body.String()
		for _, bad := range []string{"rtsp://", `"lat"`, `"lon"`, "password"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: the answer holds %s", path, bad)
			}
		}
	}
}

func TestErrorsAreProblemsThatNameWhatWouldBeRight(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, method, path string
		status             int
		says               string
	}{
		{"no such resource", "GET", "/api/v1/nothing", 404, "/api/v1/nothing"},
		{"no such API version", "GET", "/api/v2/cameras", 404, "/api/v2/cameras"},
		{"a method that is not there", "DELETE", "/api/v1/cameras", 405, "DELETE"},
		{"a period of no days", "GET", "/api/v1/cameras?days=0", 422, "query.days"},
		{"a period too long", "GET", "/api/v1/cameras?days=100000", 422, "query.days"},
		{"a word for a number", "GET", "/api/v1/cameras?days=many", 422, "query.days"},
		{"a field that is not there", "GET", "/api/v1/cameras?fields=code,colour", 422, "there are: code"},
		{"a level that is not there", "GET", "/api/v1/coverage?level=sharp", 422, "observation"},
		{"a level that is not there, for routes", "GET", "/api/v1/routes?level=sharp", 422, "observation"},
		{"a parameter that is not there", "GET", "/api/v1/rollout?colour=red", 422, "colour"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil)
			r.Header.Set("Accept-Language", "en")
			r.Header.Set("Authorization", "Bearer "+w.admin)
			w.server.ServeHTTP(rec, r)
			if got := rec.Header().Get("Content-Type"); rec.Code != c.status || got != "application/problem+json" || !strings.Contains(rec.Body.String(), c.says) {
				t.Errorf("%d %s %s; want %d, a problem that says %q", rec.Code, got, rec.Body, c.status, c.says)
			}
		})
	}
}

// brokenStore is a history that cannot be read.
type brokenStore struct{ history.Store }

func (brokenStore) Revision() uint64 { return 0 }
func (brokenStore) Seen(context.Context) (map[string]history.Seen, error) {
	return nil, os.ErrPermission
}

func TestWhatGoesWrongInsideStaysInside(t *testing.T) {
	w := newWorld(t)
	s, err := api.New(api.Config{Plan: w.plan, Store: brokenStore{w.store}, Live: w.live, Open: true, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/cameras", nil))
	if rec.Code != 500 || strings.Contains(rec.Body.String(), os.ErrPermission.Error()) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestTheOpenAPIDocumentIsTheOneInTheTree(t *testing.T) {
	w := newWorld(t)
	got, err := w.server.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the API changed: look at the difference after `go test ./api -update`")
	}
	if served := w.get("/api/openapi.json"); served.Code != 200 || !json.Valid(served.Body.Bytes()) {
		t.Errorf("GET /api/openapi.json: %d", served.Code)
	}
}
