package api_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// Two communes of the sample as they are today, with sites in both.
const own, other = "18562", "18604"

// ask sends a request and gives the answer.
func (w *world) ask(method, path, token string, body any, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	var p bytes.Buffer
	if file, is := body.([]byte); is {
		p.Write(file)
	} else if body != nil {
		if err := json.NewEncoder(&p).Encode(body); err != nil {
			w.t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, &p)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	return rec
}

// operations gives method and path of every operation of the API.
func (w *world) operations() map[string][2]string {
	w.t.Helper()
	doc, err := w.server.OpenAPI()
	if err != nil {
		w.t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		w.t.Fatal(err)
	}
	all := map[string][2]string{}
	for path, item := range d.Paths {
		for method, op := range item {
			all[op.OperationID] = [2]string{strings.ToUpper(method), path}
		}
	}
	return all
}

func TestEveryOperationHasALineThatSaysWhoMay(t *testing.T) {
	all := newWorld(t).operations()
	for id := range all {
		if _, ok := account.OperationOf(id); !ok {
			t.Errorf("%s has no line in account.Operations: nobody may do it", id)
		}
	}
	for _, o := range account.Operations {
		if _, ok := all[o.ID]; !ok && o.Kind != account.Right {
			t.Errorf("account.Operations has a line for %s, which is no operation", o.ID)
		}
	}
	if len(all) < 20 {
		t.Errorf("%d operations: the test does not look at anything", len(all))
	}
}

// example is what an operation is tried with.
type example struct {
	path   string
	body   any
	header []string
}

// examples gives for each operation a request that is right for the whole plan.
// Each try has its own, for some can be made only once.
func (w *world) examples(id string, op [2]string, try int) example {
	w.t.Helper()
	name := fmt.Sprintf("user%d", try)
	add := func() {
		if _, _, err := w.desk().AddUser(w.t.Context(), account.User{Name: name, Grants: []account.Grant{{Role: account.Viewer}}}); err != nil {
			w.t.Fatal(err)
		}
	}
	if strings.HasPrefix(op[1], "/api/v1/plan/") {
		return w.planExample(id, op)
	}
	switch id {
	case "createUser":
		return example{path: op[1], body: map[string]any{"name": name, "roles": []map[string]string{{"role": "viewer"}}}}
	case "changeUser":
		add()
		return example{path: "/api/v1/users/" + name, body: map[string]any{"full_name": "An"}}
	case "createSetUpLink":
		add()
		return example{path: "/api/v1/users/" + name + "/set-up-link"}
	case "createToken":
		return example{path: op[1], body: map[string]any{"name": name, "scope": "read", "role": "viewer"}}
	case "revokeToken":
		_, k, err := w.desk().NewToken(w.t.Context(), account.Token{Name: name, Scope: account.ScopeRead, Grant: account.Grant{Role: account.Viewer}})
		if err != nil {
			w.t.Fatal(err)
		}
		return example{path: "/api/v1/tokens/" + k.ID}
	case "getQuarantined":
		return example{path: "/api/v1/quarantine/1"}
	}
	if strings.Contains(w.named(op[1], own), "{") || op[0] != http.MethodGet && id != "endSession" {
		w.t.Fatalf("%s needs an example", id)
	}
	return example{path: op[1]}
}

// named puts the code of a thing of an area in its place in a path.
func (w *world) named(path, area string) string {
	if !strings.Contains(path, "{code}") {
		return path
	}
	camera := slices.Min(slices.Collect(maps.Keys(w.camerasOf(area))))
	site := w.plan.Camera(camera).Site
	route := ""
	for code := range w.camerasOf(area) {
		route = max(route, w.plan.Site(w.plan.Camera(code).Site).Route)
	}
	return strings.NewReplacer("/areas/{code}", "/areas/"+area, "/cameras/{code}", "/cameras/"+camera, "/sites/{code}", "/sites/"+site,
		"/routes/{code}", "/routes/"+route, "/agents/{code}", "/agents/"+w.agentOf(area)).Replace(path)
}

// camerasOf gives the cameras of an area today.
func (w *world) camerasOf(area string) map[string]bool {
	today := plan.DateOf(w.clock(), w.plan.Location)
	codes := map[string]bool{}
	for i := range w.plan.Cameras {
		c := &w.plan.Cameras[i]
		if a := w.plan.SiteArea(w.plan.Site(c.Site), today); a != nil && a.Code == area {
			codes[c.Code] = true
		}
	}
	return codes
}

// agentOf gives an agent that watches cameras of the area and of no other one.
func (w *world) agentOf(area string) string {
	mine := w.camerasOf(area)
	in, out := map[string]bool{}, map[string]bool{}
	for i := range w.plan.Cameras {
		c := &w.plan.Cameras[i]
		if mine[c.Code] {
			in[c.Agent] = true
		} else {
			out[c.Agent] = true
		}
	}
	for a := range in {
		if !out[a] {
			return a
		}
	}
	w.t.Fatalf("no agent watches %s alone", area)
	return ""
}

var cameraCode = regexp.MustCompile(`"C-\d+`)

// Each cell: role × operation × own area, another area, the whole plan.
func TestEachCellOfTheTable(t *testing.T) {
	if raceDetector {
		t.Skip("one request after another, ten times as slow: it runs without the race detector as well")
	}
	w := newWorld(t)
	mine, theirs := w.camerasOf(own), w.camerasOf(other)
	if len(mine) == 0 || len(theirs) == 0 {
		t.Fatalf("%d and %d cameras", len(mine), len(theirs))
	}
	// Entry 1 of the quarantine is of the own area.
	b := history.Batch{Agent: w.agentOf(own), Epoch: 1, FirstSeq: 1, Received: w.clock(), Aside: &history.Aside{Count: 1, Reason: "x"}, Payload: []byte("x")}
	if err := w.store.Append(t.Context(), []history.Batch{b}); err != nil {
		t.Fatal(err)
	}
	var up []wire.State
	for code := range mine {
		up = append(up, wire.State{Camera: code, Status: wire.StatusUp, Rung: wire.RungFresh})
	}
	w.says(up...)
	tries := 0
	for id, op := range w.operations() {
		line, _ := account.OperationOf(id)
		for _, role := range account.Roles() {
			for where, area := range map[string]string{"own area": own, "other area": other, "whole": ""} {
				token := w.token(account.ScopeWrite, account.Grant{Role: role, Area: area})
				tries++
				e := w.examples(id, op, tries)
				e.path = w.named(e.path, cmp.Or(area, own))
				switch {
				case id == "getSecurityReport" && area != "":
					e.path += "?area=" + area
				case id == "getCoverageLoss" && area == other:
					e.path += "?camera=" + slices.Min(slices.Collect(maps.Keys(theirs)))
				case id == "getCoverageLoss":
					e.path += "?camera=" + slices.Min(slices.Collect(maps.Keys(mine)))
				}
				rec := w.ask(op[0], e.path, token, e.body, e.header...)
				may := len(line.Roles) == 0 || slices.Contains(line.Roles, role) && (line.Extent != account.Whole || area == "")
				name := fmt.Sprintf("%s by %s, %s", id, role, where)
				want := func(ok bool, what string) {
					if !ok {
						t.Errorf("%s: %d, want %s: %.300s", name, rec.Code, what, rec.Body)
					}
				}
				switch {
				case id == "endSession": // of a token there is none
					want(rec.Code == http.StatusConflict, "409")
				case !may:
					want(rec.Code == http.StatusForbidden, "403")
				case id == "getQuarantined" && area == other:
					want(rec.Code == http.StatusNotFound, "404")
				default:
					want(rec.Code/100 == 2, "success")
				}
				if rec.Code != http.StatusOK || line.Extent != account.Area {
					continue
				}
				for _, code := range cameraCode.FindAllString(rec.Body.String(), -1) {
					code = strings.Trim(code, `"`)
					if area == own && !mine[code] || area == other && !theirs[code] {
						t.Errorf("%s: the answer holds camera %s", name, code)
						break
					}
				}
			}
		}
		if line.Extent != account.Free {
			if rec := w.ask(op[0], w.named(w.examples(id, op, tries+100_000).path, own), "", nil); rec.Code != http.StatusUnauthorized || rec.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s by nobody: %d", id, rec.Code)
			}
		}
	}
	if tries < 20*15 {
		t.Errorf("%d cells", tries)
	}
}

func TestACommunesTechnicianSeesTheCommune(t *testing.T) {
	w := newWorld(t)
	mine := w.camerasOf(own)
	token := w.token(account.ScopeRead, account.Grant{Role: account.Technician, Area: own})
	auth := "Bearer " + token
	var list api.CameraList
	if rec := w.get("/api/v1/cameras", "Authorization", auth); rec.Code != 200 || json.Unmarshal(rec.Body.Bytes(), &list) != nil {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	got := map[string]bool{}
	for _, r := range list.Items {
		got[r.Code] = true
	}
	if len(got) != len(mine) || len(got) == 0 {
		t.Errorf("%d cameras, want %d", len(got), len(mine))
	}
	for code := range got {
		if !mine[code] {
			t.Errorf("camera %s is of another commune", code)
		}
	}
	// The figures of its roads are those that everybody sees.
	var part, whole api.RouteList
	_ = json.Unmarshal(w.get("/api/v1/routes", "Authorization", auth).Body.Bytes(), &part)
	_ = json.Unmarshal(w.get("/api/v1/routes").Body.Bytes(), &whole)
	if len(part.Items) == 0 || len(part.Items) >= len(whole.Items) {
		t.Fatalf("%d of %d routes", len(part.Items), len(whole.Items))
	}
	for _, r := range part.Items {
		i := slices.IndexFunc(whole.Items, func(x api.RouteRow) bool { return x.Code == r.Code })
		for state, c := range whole.Items[i].States {
			if r.States[state] != c {
				t.Errorf("%s %s: %+v, of the whole plan %+v", r.Code, state, r.States[state], c)
			}
		}
		for k := range r.Sections {
			for _, code := range r.Sections[k].Cameras {
				if !mine[code] {
					t.Errorf("%s: camera %s of another commune", r.Code, code)
				}
			}
		}
	}
	// And so are its gaps.
	partGaps, wholeGaps := answerOf[api.CoverageGaps](w, "/api/v1/coverage/gaps?area="+own, auth), answer[api.CoverageGaps](w, "/api/v1/coverage/gaps?area="+own)
	if fmt.Sprintf("%+v", partGaps.Items) != fmt.Sprintf("%+v", wholeGaps.Items) || len(partGaps.Items) == 0 {
		t.Errorf("gaps %+v, of the whole plan %+v", partGaps.Items, wholeGaps.Items)
	}
	foreign := ""
	for code := range w.camerasOf(other) {
		if w.plan.Camera(code).Agent == w.agentOf(other) {
			foreign = code
		}
	}
	site := w.plan.Camera(foreign).Site
	for path, status := range map[string]int{
		"outages?area=" + other: 403, "outages?area=" + own: 200, "outages?camera=" + foreign: 403, "outages?site=" + site: 403,
		"outages?area=nowhere": 422, "coverage/loss?camera=" + foreign: 403, "coverage/loss?camera=" + slices.Min(slices.Collect(maps.Keys(mine))) + "," + foreign: 403,
		"coverage/gaps?area=" + other: 403, "coverage/gaps?area=" + own + "&of=view": 200, "coverage/blind-ways": 403, "quarantine?agent=" + w.agentOf(other): 403, "quarantine?agent=" + w.agentOf(own): 200,
	} {
		if rec := w.get("/api/v1/"+path, "Authorization", auth); rec.Code != status {
			t.Errorf("%s: %d %s, want %d", path, rec.Code, rec.Body, status)
		}
	}
	w.says(wire.State{Camera: foreign, Status: wire.StatusUp, Rung: wire.RungFresh})
	agents := answerOf[api.AgentList](w, "/api/v1/agents", auth)
	for _, a := range agents.Items {
		if a.Code == w.agentOf(other) {
			t.Errorf("agent %s watches another commune", a.Code)
		}
	}
	if len(agents.Items) == 0 || len(agents.Items) >= len(answer[api.AgentList](w, "/api/v1/agents").Items) {
		t.Errorf("%d agents", len(agents.Items))
	}
	if r := answerOf[api.RolloutAnswer](w, "/api/v1/rollout", auth); r.Total.Planned+r.Total.Retired != len(mine) || len(r.Unplanned) != 0 {
		t.Errorf("roll-out of %d cameras, %v unplanned", r.Total.Planned+r.Total.Retired, r.Unplanned)
	}
	for path, status := range map[string]int{
		"": 403, "?area=" + own: 200, "?area=" + other: 403,
		"?area=" + own + "&from=2024-01-01&to=2024-12-31": 403, // the code meant another area then
	} {
		if rec := w.get("/api/v1/reports/security-infrastructure"+path, "Authorization", auth); rec.Code != status {
			t.Errorf("report %s: %d %.200s, want %d", path, rec.Code, rec.Body, status)
		}
	}
	nowhere := w.token(account.ScopeRead, account.Grant{Role: account.Technician, Area: "42"})
	if rec := w.get("/api/v1/cameras", "Authorization", "Bearer "+nowhere); rec.Code != 403 && rec.Code != 200 {
		t.Errorf("%d", rec.Code)
	}
	lost := w.token(account.ScopeRead, account.Grant{Role: account.Technician, Area: "no-such-area"})
	if rec := w.get("/api/v1/cameras", "Authorization", "Bearer "+lost); rec.Code != 403 || !strings.Contains(rec.Body.String(), "no site") {
		t.Errorf("an area that is not in the plan: %d %s", rec.Code, rec.Body)
	}
}

// An earlier revision of the plan is cut like the one in force.
func TestACommunesTechnicianSeesNoMoreOfEarlierRevisions(t *testing.T) {
	w := newWorld(t)
	var err error
	w.server, err = api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Now: w.clock, PlanAt: func(_ context.Context, n int) (*plan.Plan, error) {
		p := *w.plan
		p.Revision.Number = n
		return &p, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	mine := w.camerasOf(own)
	auth := "Bearer " + w.token(account.ScopeRead, account.Grant{Role: account.Technician, Area: own})
	if r := answerOf[api.RolloutAnswer](w, "/api/v1/rollout?revision=3", auth); r.Total.Planned+r.Total.Retired != len(mine) {
		t.Errorf("revision 3 has %d cameras, want %d", r.Total.Planned+r.Total.Retired, len(mine))
	}
	lists := w.get("/api/v1/rollout/overdue?revision=3", "Authorization", auth).Body.String() + w.get("/api/v1/rollout/discrepancies?revision=3", "Authorization", auth).Body.String()
	for _, path := range []string{"uptime?by=camera", "uptime/grid", "outages", "coverage", "coverage/sections", "coverage/gateways", "coverage/places", "coverage/cameras?state=planned", "coverage/gaps", "routes"} {
		for _, query := range []string{"revision=3", "as_of=2026-11-20", "as_of=2026-11-20&revision=3"} {
			glue := "?"
			if strings.Contains(path, "?") {
				glue = "&"
			}
			rec := w.get("/api/v1/"+path+glue+query, "Authorization", auth)
			if rec.Code != http.StatusOK {
				t.Errorf("%s, %s: %d %.300s", path, query, rec.Code, rec.Body)
			}
			lists += rec.Body.String()
		}
	}
	found := cameraCode.FindAllString(lists, -1)
	for _, code := range found {
		if !mine[strings.Trim(code, `"`)] {
			t.Errorf("camera %s of another commune", code)
		}
	}
	if len(found) == 0 {
		t.Error("no camera is listed: the test does not look at anything")
	}
}

// answerOf is answer for somebody.
func answerOf[T any](w *world, path, auth string) T {
	w.t.Helper()
	rec := w.get(path, "Authorization", auth)
	var v T
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil || rec.Code != 200 {
		w.t.Fatalf("GET %s: %d %v", path, rec.Code, err)
	}
	return v
}

// Nothing that a viewer or an author is answered says to the metre where a site
// is. What stands at a junction, a gateway or the end of a route is no secret.
func TestWhoNeedsNoExactPositionsGetsNone(t *testing.T) {
	w := newWorld(t)
	public := map[string]bool{}
	note := func(r *plan.Route, at float64) { public[r.Code+geo.FormatChainage(r.Chainage.Chainage(at))] = true }
	for i := range w.plan.Routes {
		r := &w.plan.Routes[i]
		note(r, 0)
		note(r, r.Line.Length())
	}
	for _, j := range w.plan.Junctions {
		note(w.plan.Route(j.Route), j.At)
	}
	for _, g := range w.plan.Gateways {
		note(w.plan.Route(g.Route), g.At)
	}
	secret := map[string]bool{}
	for i := range w.plan.Sites {
		s := &w.plan.Sites[i]
		r := w.plan.Route(s.Route)
		if r == nil {
			continue
		}
		if at := geo.FormatChainage(r.Chainage.Chainage(s.At)); !public[r.Code+at] {
			secret[at] = true
		}
	}
	for k := range public { // of another route, and so no secret there
		for at := range secret {
			if strings.HasSuffix(k, at) {
				delete(secret, at)
			}
		}
	}
	if len(secret) < 20 {
		t.Fatalf("%d positions: the test does not look at anything", len(secret))
	}
	holds := func(body string) string {
		for at := range secret {
			if strings.Contains(body, at) {
				return at
			}
		}
		return ""
	}
	for _, role := range account.Roles() {
		auth := "Bearer " + w.token(account.ScopeRead, account.Grant{Role: role})
		exact := slices.Contains([]account.Role{account.Technician, account.Staff, account.Admin}, role)
		for id, op := range w.operations() {
			path := w.named(op[1], own)
			if op[0] != http.MethodGet || strings.Contains(path, "{") {
				continue
			}
			rec := w.get(path, "Authorization", auth)
			if rec.Code == http.StatusForbidden {
				continue
			}
			at := holds(rec.Body.String())
			if at != "" && !exact {
				t.Errorf("%s tells the %s %s", id, role, at)
			}
			if id == "listCameras" && exact && at == "" {
				t.Errorf("%s does not tell the %s where anything is", id, role)
			}
		}
		if rec := w.get("/api/v1/coverage/gaps?of=view", "Authorization", auth); (rec.Code == http.StatusOK) != exact {
			t.Errorf("gaps in view for the %s: %d", role, rec.Code)
		}
		if by := w.get("/api/v1/uptime?by=site", "Authorization", auth); by.Code != 200 || (holds(by.Body.String()) != "") != exact {
			t.Errorf("uptime by site for the %s: %d, %q", role, by.Code, holds(by.Body.String()))
		}
	}
	for _, r := range answerOf[api.CameraList](w, "/api/v1/cameras", "Bearer "+w.token(account.ScopeRead, account.Grant{Role: account.Viewer})).Items {
		if r.Route != nil && !regexp.MustCompile(`^Km\d+$`).MatchString(r.Chainage) {
			t.Errorf("chainage of %s for a viewer: %q", r.Code, r.Chainage)
		}
	}
}

func TestOpenAccessIsAViewersAndNoMore(t *testing.T) {
	w := newWorld(t)
	var err error
	if w.server, err = api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Open: true, Passwords: quick, Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"cameras": 200, "coverage": 200, "quarantine": 401, "users": 401, "audit": 401, "health": 200, "session": 200} {
		if rec := w.ask("GET", "/api/v1/"+path, "", nil); rec.Code != status {
			t.Errorf("%s: %d, want %d", path, rec.Code, status)
		}
	}
	if rec := w.ask("POST", "/api/v1/users", "", map[string]any{"name": "an"}); rec.Code != 403 {
		t.Errorf("a write by nobody: %d", rec.Code)
	}
	if rec := w.ask("GET", "/api/v1/cameras", "phukin_wrong", nil); rec.Code != 401 {
		t.Errorf("a wrong token: %d", rec.Code)
	}
	if rec := w.ask("GET", "/api/v1/quarantine", w.admin, nil); rec.Code != 200 {
		t.Errorf("an administrator: %d", rec.Code)
	}
	// Who has a role in a commune still sees the rest as everybody does.
	list := answerOf[api.CameraList](w, "/api/v1/cameras", "Bearer "+w.token(account.ScopeRead, account.Grant{Role: account.Technician, Area: own}))
	if len(list.Items) != len(w.camerasOf(own)) {
		t.Errorf("a token is for its area alone: %d cameras", len(list.Items))
	}
}

func TestATokenIsForItsScope(t *testing.T) {
	w := newWorld(t)
	admin := account.Grant{Role: account.Admin}
	read, export, write := w.token(account.ScopeRead, admin), w.token(account.ScopeExport, admin), w.token(account.ScopeWrite, admin)
	user := map[string]any{"name": "an", "roles": []map[string]string{{"role": "viewer"}}}
	for _, c := range []struct {
		name, token, method, path string
		accept                    string
		body                      any
		status                    int
		says                      string
	}{
		{"read reads", read, "GET", "/api/v1/cameras", "", nil, 200, ""},
		{"read takes no CSV", read, "GET", "/api/v1/cameras", "text/csv", nil, 403, "export"},
		{"read takes no CSV among others", read, "GET", "/api/v1/cameras", "application/json, text/csv;q=0.5", nil, 403, "export"},
		{"read takes no file by name", read, "GET", "/api/v1/cameras?format=xlsx", "", nil, 403, "export"},
		{"read writes nothing", read, "POST", "/api/v1/users", "", user, 403, "write"},
		{"export writes nothing", export, "POST", "/api/v1/users", "", user, 403, "write"},
		{"write writes", write, "POST", "/api/v1/users", "", user, 201, ""},
		{"a token that is none", "phukin_x", "GET", "/api/v1/cameras", "", nil, 401, "token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := w.ask(c.method, c.path, c.token, c.body, "Accept", c.accept, "Accept-Language", "en")
			if rec.Code != c.status || !strings.Contains(rec.Body.String(), c.says) {
				t.Errorf("%d %s; want %d that says %q", rec.Code, rec.Body, c.status, c.says)
			}
		})
	}
	if rec := w.ask("GET", "/api/v1/cameras", "", nil, "Authorization", "Basic eDp5"); rec.Code != 401 || !strings.Contains(rec.Body.String(), "Bearer") {
		t.Errorf("another scheme: %d %s", rec.Code, rec.Body)
	}
}

func TestChangesAndFilesAreInTheAuditLog(t *testing.T) {
	w := newWorld(t)
	w.ask("POST", "/api/v1/users", w.admin, map[string]any{"name": "an", "roles": []map[string]string{{"role": "technician", "area": own}}})
	w.ask("PATCH", "/api/v1/users/nobody", w.admin, map[string]any{"disabled": true})
	w.ask("GET", "/api/v1/cameras?format=csv", w.admin, nil)
	w.ask("GET", "/api/v1/cameras", w.admin, nil)
	w.ask("POST", "/api/v1/users", w.token(account.ScopeWrite, account.Grant{Role: account.Viewer}), map[string]any{"name": "binh"})
	list := answer[api.AuditList](w, "/api/v1/audit")
	var got []string
	for _, r := range list.Items {
		if !strings.HasPrefix(r.Who, "test (") || r.From != "192.0.2.1" || r.Via != "token" || !r.At.Equal(w.clock().UTC()) {
			t.Errorf("%+v", r)
		}
		got = append(got, fmt.Sprintf("%s %d %s", r.Operation, r.Status/100, r.What))
	}
	want := []string{"listCameras", "changeUser 4 /api/v1/users/nobody disabled=true", `createUser 2 /api/v1/users "an" technician@` + own}
	for i, w := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], w) {
			t.Errorf("entry %d of %q, want %q", i, got, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%q: what was refused, or only read, is not a change", got)
	}
	if page := answer[api.AuditList](w, "/api/v1/audit?limit=1"); len(page.Items) != 1 || page.Next == "" || page.Total != 3 {
		t.Errorf("%+v", page)
	} else if older := answer[api.AuditList](w, "/api/v1/audit?after="+page.Next); len(older.Items) != 2 || older.Next != "" || older.Total != 3 {
		t.Errorf("%+v", older)
	}
	for path, status := range map[string]int{"audit?from=2026-11-23&to=2026-11-23": 200, "audit?from=yesterday": 422, "audit?limit=0": 422, "audit?colour=red": 422} {
		if rec := w.get("/api/v1/" + path); rec.Code != status {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	if later := answer[api.AuditList](w, "/api/v1/audit?from=2026-11-24"); len(later.Items) != 0 {
		t.Errorf("of the next day: %+v", later)
	}
}

func TestUsersAreMadeAndChanged(t *testing.T) {
	w := newWorld(t)
	role := func(r, area string) map[string]string { return map[string]string{"role": r, "area": area} }
	post := func(body any) *httptest.ResponseRecorder { return w.ask("POST", "/api/v1/users", w.admin, body) }
	rec := post(map[string]any{"name": "an", "full_name": "Kỹ thuật viên", "roles": []any{role("technician", own)}})
	var made api.LinkAnswer
	if err := json.Unmarshal(rec.Body.Bytes(), &made); err != nil || rec.Code != 201 || !strings.HasPrefix(made.Link, "/setup/") || made.Ready || rec.Header().Get("Cache-Control") == "" {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	for name, c := range map[string]struct {
		body   any
		status int
		says   string
	}{
		"a name that is taken":            {map[string]any{"name": "an", "roles": []any{role("viewer", "")}}, 409, "an"},
		"a name that is none":             {map[string]any{"name": "An Ân", "roles": []any{role("viewer", "")}}, 422, "a–z"},
		"no role":                         {map[string]any{"name": "binh", "roles": []any{}}, 422, "roles"},
		"a role that is none":             {map[string]any{"name": "binh", "roles": []any{role("boss", "")}}, 422, "boss"},
		"an area that is not in the plan": {map[string]any{"name": "binh", "roles": []any{role("viewer", "99999")}}, 422, "99999"},
		"a role twice":                    {map[string]any{"name": "binh", "roles": []any{role("viewer", ""), role("viewer", "")}}, 422, "body.roles[1]"},
		"a name of two lines":             {map[string]any{"name": "binh", "full_name": "a\nb", "roles": []any{role("viewer", "")}}, 422, "body.full_name"},
	} {
		if rec := post(c.body); rec.Code != c.status || !strings.Contains(rec.Body.String(), c.says) {
			t.Errorf("%s: %d %s; want %d that says %q", name, rec.Code, rec.Body, c.status, c.says)
		}
	}
	w.pass(time.Hour)
	if rec := w.ask("PATCH", "/api/v1/users/an", w.admin, map[string]any{"roles": []any{role("technician", own), role("viewer", "")}, "disabled": true}); rec.Code != 200 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	u, err := w.store.Accounts().User(t.Context(), "an")
	if err != nil || !u.Disabled || len(u.Grants) != 2 || u.FullName != "Kỹ thuật viên" {
		t.Fatalf("%+v %v", u, err)
	}
	if u.Grants[0].Since.Equal(u.Grants[1].Since) {
		t.Error("the role that stays lost the time since when it is")
	}
	list := answer[api.UserList](w, "/api/v1/users")
	if len(list.Items) != 1 || list.Items[0].Name != "an" || !list.Items[0].Disabled {
		t.Errorf("%+v", list.Items)
	}
	if tab := list.Table(); len(tab.Rows) != 1 || len(tab.Rows[0]) != len(tab.Columns) {
		t.Errorf("%+v", tab)
	}
	for path, status := range map[string]int{"users/nobody": 404} {
		if rec := w.ask("PATCH", "/api/v1/"+path, w.admin, map[string]any{}); rec.Code != status {
			t.Errorf("%s: %d", path, rec.Code)
		}
		if rec := w.ask("POST", "/api/v1/"+path+"/set-up-link", w.admin, nil); rec.Code != status {
			t.Errorf("link of %s: %d", path, rec.Code)
		}
	}
	if rec := w.ask("DELETE", "/api/v1/tokens/ffffffff", w.admin, nil); rec.Code != 404 {
		t.Errorf("a token that is not there: %d", rec.Code)
	}
	var k api.TokenAnswer
	rec = w.ask("POST", "/api/v1/tokens", w.admin, map[string]any{"name": "báo cáo", "scope": "export", "role": "author", "area": own})
	if err := json.Unmarshal(rec.Body.Bytes(), &k); err != nil || rec.Code != 201 || k.Token == "" {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.ask("GET", "/api/v1/cameras", k.Token, nil); rec.Code != 200 {
		t.Errorf("the new token: %d %s", rec.Code, rec.Body)
	}
	if body := w.get("/api/v1/tokens").Body.String(); strings.Contains(body, k.Token) || !strings.Contains(body, k.ID) {
		t.Error("the list of tokens holds one, or does not name it")
	}
	if rec := w.ask("DELETE", "/api/v1/tokens/"+k.ID, w.admin, nil); rec.Code != 200 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.ask("GET", "/api/v1/cameras", k.Token, nil); rec.Code != 401 {
		t.Errorf("the revoked token: %d", rec.Code)
	}
	for name, body := range map[string]map[string]any{
		"over already": {"name": "x", "scope": "read", "role": "viewer", "expires": w.clock()}, "no scope": {"name": "x", "role": "viewer"},
		"another scope": {"name": "x", "scope": "all", "role": "viewer"}, "no name": {"name": "", "scope": "read", "role": "viewer"},
	} {
		if rec := w.ask("POST", "/api/v1/tokens", w.admin, body); rec.Code != 422 {
			t.Errorf("token, %s: %d %s", name, rec.Code, rec.Body)
		}
	}
}
