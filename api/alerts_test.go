package api_test

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/alert"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

func alertsOf(l api.AlertList, kind alert.Kind) (found []api.AlertRow) {
	for _, a := range l.Items {
		if a.Kind == string(kind) {
			found = append(found, a)
		}
	}
	return found
}

func TestAlertsSayWhatNeedsSomebodyNow(t *testing.T) {
	w := newWorld(t)
	camera := w.inService(0)
	w.pass(time.Hour) // of listening
	w.says(wire.State{Camera: camera.Code, Status: wire.StatusDown, Fault: wire.FaultAuthRejected, FellOn: wire.RungAuth})
	list := answer[api.AlertList](w, "/api/v1/alerts")
	down := alertsOf(list, alert.CameraDown)
	if len(down) != 1 || down[0].Code != camera.Code || down[0].Severity != "warning" || down[0].Fault != "auth_rejected" || down[0].FellOn != "auth" || down[0].Since == nil ||
		down[0].Agent != camera.Agent || down[0].Site == nil || down[0].Site.Code != camera.Site || down[0].Area == nil || down[0].Do.EN != wire.Texts(wire.EN).Hint(wire.FaultAuthRejected) {
		t.Fatalf("alerts of the camera are %+v", down)
	}
	offline := alertsOf(list, alert.AgentOffline)
	if slices.ContainsFunc(offline, func(a api.AlertRow) bool { return a.Code == camera.Agent }) || len(offline) == 0 {
		t.Errorf("agents that are offline: %+v", offline)
	}
	for i := range offline {
		if len(offline[i].Cameras) == 0 || offline[i].Severity != "critical" {
			t.Errorf("an agent is missed for nothing: %+v", offline[i])
		}
	}
	if c := list.Count; c.Critical+c.Warning+c.Notice != len(list.Items) || c.Critical < len(offline) {
		t.Errorf("count is %+v of %d", c, len(list.Items))
	}
	// What is mended is gone.
	w.says(wire.State{Camera: camera.Code, Status: wire.StatusUp, Rung: wire.RungFresh})
	if down := alertsOf(answer[api.AlertList](w, "/api/v1/alerts"), alert.CameraDown); len(down) != 0 {
		t.Errorf("a camera that works again: %+v", down)
	}
}

func TestAlertsAreFilteredByKindSeverityAreaRouteAndAgent(t *testing.T) {
	w := newWorld(t)
	camera := w.inService(0)
	w.pass(time.Hour)
	w.says(wire.State{Camera: camera.Code, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect})
	all := answer[api.AlertList](w, "/api/v1/alerts")
	today := plan.DateOf(w.clock(), w.plan.Location)
	areaOf := func(c string) string { return w.plan.SiteArea(w.plan.Site(w.plan.Camera(c).Site), today).Code }
	for query, meant := range map[string]func(api.AlertRow) bool{
		"kind=agent_offline,camera_down": func(a api.AlertRow) bool { return a.Kind == "agent_offline" || a.Kind == "camera_down" },
		"severity=critical":              func(a api.AlertRow) bool { return a.Severity == "critical" },
		"agent=" + camera.Agent: func(a api.AlertRow) bool {
			return a.Agent == camera.Agent || slices.ContainsFunc(a.Cameras, func(c string) bool { return w.plan.Camera(c).Agent == camera.Agent })
		},
		"area=" + areaOf(camera.Code): func(a api.AlertRow) bool {
			return slices.ContainsFunc(a.Cameras, func(c string) bool { return areaOf(c) == areaOf(camera.Code) })
		},
		"route=" + w.plan.Routes[0].Code: func(a api.AlertRow) bool {
			return slices.ContainsFunc(a.Cameras, func(c string) bool { return w.plan.Site(w.plan.Camera(c).Site).Route == w.plan.Routes[0].Code })
		},
	} {
		var want, got []string
		for _, a := range all.Items {
			if meant(a) {
				want = append(want, a.ID)
			}
		}
		for _, a := range answer[api.AlertList](w, "/api/v1/alerts?"+query).Items {
			got = append(got, a.ID)
		}
		if !slices.Equal(got, want) || len(want) == 0 || len(want) == len(all.Items) {
			t.Errorf("%s: %d alerts, want %d of %d", query, len(got), len(want), len(all.Items))
		}
	}
	for query, says := range map[string]string{
		"kind=fire": "no kind of alert", "severity=bad": "severity", "area=99999": "not an area of this plan", "route=none": "route", "agent=nobody": "no agent",
	} {
		if rec := w.get("/api/v1/alerts?" + query); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
}

func TestWhoHoldsARoleInACommuneGetsItsAlerts(t *testing.T) {
	w := newWorld(t)
	camera := w.inService(0)
	area := w.plan.Site(camera.Site).Area
	token := w.token(account.ScopeRead, account.Grant{Role: account.Viewer, Area: area, Since: w.clock()})
	w.pass(time.Hour)
	rec := w.get("/api/v1/alerts", "Authorization", "Bearer "+token)
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `"agent_offline:`+camera.Agent) {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	for i := range w.plan.Cameras {
		c := &w.plan.Cameras[i]
		if w.plan.Site(c.Site).Area != area && strings.Contains(rec.Body.String(), `"`+c.Code+`"`) {
			t.Errorf("camera %s of another commune is named", c.Code)
		}
	}
	for i := range w.plan.Sites {
		if other := w.plan.Sites[i].Area; other != area {
			if rec := w.get("/api/v1/alerts?area="+other, "Authorization", "Bearer "+token); rec.Code != http.StatusForbidden {
				t.Errorf("another commune: %d %s", rec.Code, rec.Body)
			}
			break
		}
	}
}

func TestWhatAgentsSentAndLostIsAnAlert(t *testing.T) {
	w := newWorld(t)
	agent := w.inService(0).Agent
	batches := []history.Batch{
		{Agent: agent, Epoch: 1, FirstSeq: 3, Received: w.clock(), Gaps: []wire.Gap{{From: 1, Next: 3, Why: wire.GapOverflow}}},
		{Agent: agent, Epoch: 1, FirstSeq: 4, Received: w.clock(), Aside: &history.Aside{Count: 3, Reason: "ends in the future"}},
	}
	if err := w.store.Append(t.Context(), batches); err != nil {
		t.Fatal(err)
	}
	at := w.clock()
	list := answer[api.AlertList](w, "/api/v1/alerts?agent="+agent)
	aside, lost := alertsOf(list, alert.QuarantineGrows), alertsOf(list, alert.EvidenceLost)
	if len(aside) != 1 || !aside[0].Since.Equal(at) || !strings.Contains(aside[0].Text.EN, "ends in the future") || len(lost) != 1 || !strings.Contains(lost[0].Text.EN, "2 records") {
		t.Errorf("alerts are %+v and %+v", aside, lost)
	}
	w.pass(alert.AsideWithin)
	list = answer[api.AlertList](w, "/api/v1/alerts?agent="+agent)
	if aside, lost := alertsOf(list, alert.QuarantineGrows), alertsOf(list, alert.EvidenceLost); len(aside) != 0 || len(lost) != 1 {
		t.Errorf("a day later: %+v and %+v", aside, lost)
	}
	w.pass(alert.GapWithin)
	if lost := alertsOf(answer[api.AlertList](w, "/api/v1/alerts?agent="+agent), alert.EvidenceLost); len(lost) != 0 {
		t.Errorf("a week later: %+v", lost)
	}
}

func TestWhileTheHistoryIsAwayThatIsTheAlert(t *testing.T) {
	w := newWorld(t)
	since := w.clock()
	var err error
	w.server, err = api.New(api.Config{
		Plan: w.plan, Store: w.store, Live: w.live, Open: true, Now: w.clock,
		Trouble: func() (time.Time, *history.AwayError) {
			return since, &history.AwayError{VI: "InfluxDB không trả lời", EN: "InfluxDB does not answer", Err: errors.New("refused")}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	list := answer[api.AlertList](w, "/api/v1/alerts?agent="+w.inService(0).Agent)
	if len(list.Items) != 1 || list.Items[0].Kind != string(alert.StoreAway) || list.Items[0].Text.VI != "InfluxDB không trả lời" || !list.Items[0].Since.Equal(since.Truncate(time.Second)) {
		t.Errorf("alerts are %+v", list.Items)
	}
}

func TestASectionWithoutItsCamerasIsAnAlert(t *testing.T) {
	w := newWorld(t)
	w.pass(time.Hour)
	var states []wire.State
	for i := range w.plan.Cameras {
		if c := &w.plan.Cameras[i]; c.ClaimedAccepted(plan.DateOf(w.clock(), w.plan.Location)) {
			states = append(states, wire.State{Camera: c.Code, Status: wire.StatusDown, Fault: wire.FaultUnreachable, FellOn: wire.RungConnect})
		}
	}
	w.says(states...)
	list := answer[api.AlertList](w, "/api/v1/alerts")
	lost, together := alertsOf(list, alert.SectionLost), alertsOf(list, alert.AgentCamerasDown)
	if len(lost) == 0 || len(together) == 0 {
		t.Fatalf("%d sections lost, %d agents whose cameras fell together, of %d alerts", len(lost), len(together), len(list.Items))
	}
	if lost[0].Route == nil || !strings.HasPrefix(lost[0].Code, lost[0].Route.Code+" Km") || len(lost[0].Cameras) == 0 {
		t.Errorf("the section is %+v", lost[0])
	}
}

func TestAlertsAreAListLikeAllOthers(t *testing.T) {
	w := newWorld(t)
	w.pass(time.Hour)
	all := answer[api.AlertList](w, "/api/v1/alerts")
	var ids []string
	for path := "/api/v1/alerts?limit=7&fields=id,kind"; ; {
		p := answer[api.AlertList](w, path)
		for _, a := range p.Items {
			if a.Severity != "" || a.Kind == "" {
				t.Fatalf("fields of %+v", a)
			}
			ids = append(ids, a.ID)
		}
		if p.Total != len(all.Items) || p.Count != all.Count {
			t.Errorf("a page says total %d, count %+v", p.Total, p.Count)
		}
		if p.Next == "" {
			break
		}
		path = "/api/v1/alerts?limit=7&fields=id,kind&after=" + p.Next
	}
	if len(ids) < 8 || !slices.EqualFunc(ids, all.Items, func(id string, a api.AlertRow) bool { return id == a.ID }) {
		t.Errorf("pages have %v", ids)
	}
	known := alert.Find(&alert.Input{Plan: w.plan, At: w.clock()})
	if len(known) != 0 {
		t.Errorf("of what nobody knows nothing is said: %+v", known)
	}
	sorted := answer[api.AlertList](w, "/api/v1/alerts?sort=-severity,code").Items
	if sorted[0].Severity != "notice" || !slices.IsSortedFunc(sorted, func(a, b api.AlertRow) int {
		order := func(r api.AlertRow) int { return slices.Index(alert.Severities(), alert.Severity(r.Severity)) }
		return cmp.Or(order(b)-order(a), strings.Compare(a.Code, b.Code))
	}) {
		t.Error("the list is not sorted as it was asked to be")
	}
}
