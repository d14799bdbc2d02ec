package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// session lets somebody in with roles, and gives the cookie.
func (w *world) session(name string, grants []account.Grant) *http.Cookie {
	w.t.Helper()
	link, _, err := w.desk().AddUser(w.t.Context(), account.User{Name: name, Grants: grants})
	if err != nil {
		w.t.Fatal(err)
	}
	_, id, err := w.desk().SetUp(w.t.Context(), link, name, "a long enough passphrase of "+name, "192.0.2.1", "")
	if err != nil {
		w.t.Fatal(err)
	}
	return &http.Cookie{Name: "phukin_session", Value: id.Reveal()}
}

// foreignThings gives for each collection a code that lies in the other area and
// not in the own one.
func (w *world) foreignThings() map[string]string {
	w.t.Helper()
	mine := map[string]bool{}
	for code := range w.camerasOf(own) {
		mine[w.plan.Site(w.plan.Camera(code).Site).Route] = true
	}
	found := map[string]string{"areas": other, "agents": w.agentOf(other)}
	for code := range w.camerasOf(other) {
		site := w.plan.Site(w.plan.Camera(code).Site)
		found["cameras"], found["sites"] = code, site.Code
		if site.Route != "" && !mine[site.Route] {
			found["routes"] = site.Route
		}
	}
	if len(found) != 5 {
		w.t.Fatalf("%v: the other area has no route of its own", found)
	}
	return found
}

// What is asked for by its code in a path is refused as what is named in a query
// is: 403 outside the caller's area, 404 where there is none.
func TestAThingOfAnotherAreaIsRefusedByItsPath(t *testing.T) {
	w := newWorld(t)
	foreign, tried := w.foreignThings(), 0
	auth := "Bearer " + w.token(account.ScopeRead, account.Grant{Role: account.Technician, Area: own})
	for id, op := range w.operations() {
		line, _ := account.OperationOf(id)
		if op[0] != http.MethodGet || line.Extent != account.Area || !strings.Contains(op[1], "{code}") {
			continue
		}
		collection := strings.Split(op[1], "/")[3]
		for code, status := range map[string]int{foreign[collection]: 403, "no-such-thing": 404} {
			rec := w.get(strings.Replace(op[1], "{code}", code, 1), "Authorization", auth)
			if rec.Code != status || !strings.Contains(rec.Body.String(), code) {
				t.Errorf("%s of %s: %d %s, want %d that names it", id, code, rec.Code, rec.Body, status)
			}
			if status == 404 && !strings.Contains(rec.Body.String(), "/api/v1/"+collection) {
				t.Errorf("%s: the refusal does not say what there is: %s", id, rec.Body)
			}
		}
		tried++
	}
	if tried < 9 {
		t.Errorf("%d operations were tried", tried)
	}
}

// A right that is held in one area gives nothing of another, whatever else
// somebody may see, and whoever asked before.
func TestAddressesFollowTheAreaOfTheRight(t *testing.T) {
	w := newWorldWith(t, func(p *plan.Plan) {
		for i := range p.Cameras {
			p.Cameras[i].Address = plan.Address("rtsp://192.0.2.7:554/live/" + p.Cameras[i].Code)
		}
	})
	mine, theirs := w.named("/api/v1/cameras/{code}", own), w.named("/api/v1/cameras/{code}", other)
	users := map[string][]account.Grant{
		"mixed":  {{Role: account.Viewer}, {Role: account.Technician, Area: own, Since: w.clock()}},
		"viewer": {{Role: account.Viewer}},
		"staff":  {{Role: account.Staff}},
	}
	cookies := map[string]*http.Cookie{}
	for name, grants := range users {
		cookies[name] = w.session(name, grants)
	}
	for round := range 2 { // the second time answers may be kept
		for name, want := range map[string][2]bool{"staff": {true, true}, "mixed": {true, false}, "viewer": {false, false}} {
			for i, path := range []string{mine, theirs} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
				r.AddCookie(cookies[name])
				rec := httptest.NewRecorder()
				w.server.ServeHTTP(rec, r)
				var got api.CameraAnswer
				if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || rec.Code != 200 {
					t.Fatalf("%s %s: %d %s", name, path, rec.Code, rec.Body)
				}
				if (got.Stream != nil) != want[i] || (got.Position != nil) != want[i] {
					t.Errorf("round %d, %s, %s: stream %v, position %v; want %v", round, name, path, got.Stream, got.Position, want[i])
				}
			}
		}
	}
}

// Pages of any length are the observations that touch the period, newest first,
// wherever they begin.
func TestPagesOfObservationsAreAllThatTouchThePeriod(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, w.plan.Location)
	var all []wire.Observation
	for i := range 60 {
		from := start.Add(time.Duration(i*547%(20*24*60)) * time.Minute)
		o := seen(c.Code, from, from.Add(time.Duration(1+i*373%1500)*time.Minute), wire.StatusUp)
		o.Probes = 1
		b := history.Batch{Agent: []string{"tb-1", "tb-2"}[i%2], Epoch: 1, FirstSeq: uint64(i), Observations: []wire.Observation{o}, Received: w.clock()}
		if err := w.store.Append(t.Context(), []history.Batch{b}); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	rapid.Check(t, func(rt *rapid.T) {
		first := start.AddDate(0, 0, rapid.IntRange(0, 20).Draw(rt, "first"))
		days := rapid.IntRange(1, 21).Draw(rt, "days")
		limit := rapid.IntRange(1, 70).Draw(rt, "limit")
		want := map[string]bool{}
		for i, o := range all {
			if o.From < first.AddDate(0, 0, days).UnixMilli() && o.To > first.UnixMilli() {
				want[fmt.Sprint([]string{"tb-1", "tb-2"}[i%2], i)] = true
			}
		}
		got, last := map[string]bool{}, time.Time{}
		for after := ""; ; {
			page := answer[api.ObservationList](w, fmt.Sprintf("/api/v1/cameras/%s/observations?from=%s&to=%s&limit=%d%s",
				c.Code, first.Format(time.DateOnly), first.AddDate(0, 0, days-1).Format(time.DateOnly), limit, after))
			for _, o := range page.Items {
				name := fmt.Sprint(o.Agent, o.Seq)
				if got[name] || !last.IsZero() && o.From.After(last) {
					rt.Fatalf("%s from %s comes twice, or after %s", name, o.From, last)
				}
				got[name], last = true, o.From
			}
			if page.Next == "" {
				break
			}
			after = "&after=" + page.Next
		}
		if !maps.Equal(got, want) {
			rt.Fatalf("%d observations on pages of %d, want %d", len(got), limit, len(want))
		}
	})
}
