package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// rowsOf gives the rows of a list as JSON.
func rowsOf(w *world, path string) []map[string]any {
	w.t.Helper()
	rows := make([]map[string]any, 0)
	for _, p := range walk(w, "/api/v1/"+path, 10000) {
		var row map[string]any
		if err := json.Unmarshal(p, &row); err != nil {
			w.t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// at gives what stands at a path of names in a row, as text.
func at(row map[string]any, path string) string {
	var v any = row
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	p, _ := json.Marshal(v)
	return strings.Trim(string(p), `"`)
}

func TestFiltersLeaveTheRowsThatAreMeant(t *testing.T) {
	w := newWorld(t)
	up, down := w.inService(0), w.inService(9)
	w.saw(0, seen(up.Code, w.on(0, 0), w.on(10, 0), wire.StatusUp))
	w.saw(1, seen(up.Code, w.on(10, 0), w.on(11, 0), wire.StatusDown))
	w.saw(2, seen(up.Code, w.on(11, 0), w.on(12, 0), wire.StatusUp))
	w.saw(3, seen(down.Code, w.on(12, 0), w.on(13, 0), wire.StatusDown))
	w.says(wire.State{Camera: up.Code, Status: wire.StatusUp, Rung: wire.RungFresh}, wire.State{Camera: down.Code, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultRefused, FellOn: wire.RungConnect})
	w.token(account.ScopeExport, account.Grant{Role: account.Author})
	site := w.plan.Site(up.Site)
	for _, c := range []struct{ path, filter, field string }{
		{"cameras", "camera=" + up.Code, "code"}, {"cameras", "site=" + up.Site, "site.code"}, {"cameras", "route=" + site.Route, "route.code"}, {"cameras", "agent=" + up.Agent, "agent"},
		{"cameras", "area=" + w.plan.SiteArea(site, plan.DateOf(w.clock(), w.plan.Location)).Code, "area.code"},
		{"cameras", "phase=" + up.Phase, "phase"}, {"cameras", "owner=household", "owner"}, {"cameras", "status=down", "status.status"},
		{"agents", "online=true", "online"}, {"agents", "online=false", "online"}, {"agents", "agent=" + up.Agent, "code"},
		{"outages", "open=true", "open"}, {"outages", "open=false", "open"}, {"outages", "place=camera", "place"}, {"outages", "fault=timeout", "fault"},
		{"changes", "why=late", "why"}, {"changes", "camera=" + up.Code, "code"},
		{"tokens", "scope=export", "scope"}, {"tokens", "role=admin", "role"},
		{"rollout/overdue", "milestone=accepted", "milestone"}, {"rollout/discrepancies", "kind=never_seen", "kind"},
		{"coverage/sections", "route=" + site.Route, "route.code"}, {"coverage/gateways", "route=" + site.Route, "route.code"}, {"coverage/places", "kind=market", "kind"},
	} {
		all, got := rowsOf(w, c.path), rowsOf(w, c.path+"?"+c.filter)
		_, value, _ := strings.Cut(c.filter, "=")
		want := 0
		for _, row := range all {
			if at(row, c.field) == value {
				want++
			}
		}
		for _, row := range got {
			if at(row, c.field) != value {
				t.Errorf("%s?%s gives a row with %s", c.path, c.filter, at(row, c.field))
			}
		}
		if len(got) != want || want == 0 || want == len(all) && c.path != "outages" && c.path != "rollout/discrepancies" {
			t.Errorf("%s?%s: %d rows, want %d of %d", c.path, c.filter, len(got), want, len(all))
		}
	}
	today := plan.DateOf(w.clock(), w.plan.Location)
	above := w.plan.SiteAreas(site, today)
	root := rowsOf(w, "cameras?area="+above[len(above)-1].Code)
	if several := rowsOf(w, "cameras?status=down,up"); len(several) != 2 || len(root) < 100 {
		t.Errorf("%d cameras are up or down, %d lie in the whole area", len(several), len(root))
	}
	for path, says := range map[string]string{
		"cameras?camera=none": "/api/v1/cameras lists them", "cameras?site=none": "is not a site", "cameras?route=none": "there are: DT549", "cameras?area=none": "is not an area",
		"cameras?agent=none": "/api/v1/agents lists them", "cameras?phase=none": "there are: GD1", "cameras?owner=none": "public", "cameras?status=none": "maintenance",
		"agents?agent=none": "/api/v1/agents lists them", "agents?area=none": "is not an area", "agents?online=maybe": "true", "outages?fault=none": "there are: name_not_found", "outages?place=none": "agent_offline",
		"cameras?area=" + w.plan.Root: "is not an area", "uptime?route=none": "is not a route", "uptime/grid?phase=none": "is not a phase", "changes?why=none": "late", "coverage/places?area=none": "is not an area", "coverage/gateways?route=none": "is not a route",
		"quarantine?agent=none": "/api/v1/agents lists them", "tokens?scope=none": "export", "users?role=none": "technician",
	} {
		if rec := w.get("/api/v1/" + path); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%s: %d %.300s; want what says %q", path, rec.Code, rec.Body, says)
		}
	}
}

func TestUptimeOfSomeCamerasIsTheirs(t *testing.T) {
	w := newWorld(t)
	c := w.inService(3)
	w.saw(0, seen(c.Code, w.on(0, 0), w.on(10, 0), wire.StatusUp))
	one := answer[api.UptimeAnswer](w, "/api/v1/uptime?camera="+c.Code)
	all := answer[api.UptimeAnswer](w, "/api/v1/uptime?by=camera&sort=-up_s&limit=1")
	if len(one.Items) != 1 || len(all.Items) != 1 || all.Items[0].Code != c.Code || one.Items[0].Uptime.Up != 36000 || one.Items[0].Uptime.InService != all.Items[0].Uptime.InService || all.Total != len(w.plan.Cameras) || all.Next == "" {
		t.Errorf("%+v\n%+v", one, all)
	}
}
