package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/alert"
	"github.com/phukin/phukin/hub/wire"
)

func TestVitalsOfADeviceAreAsItSaidThem(t *testing.T) {
	w := newWorld(t)
	agent := w.inService(0).Agent
	path := "/api/v1/agents/" + agent + "/vitals"
	if never := answer[api.VitalsAnswer](w, path); never.Agent != agent || never.Online || never.Vitals != nil {
		t.Errorf("of a device that never told: %+v", never)
	}
	told := w.clock()
	w.live.Take(agent, &wire.LiveMessage{Online: true, Whole: true, Sent: told.UnixMilli(), Interval: 10_000, Implausible: 1, Vitals: &wire.Vitals{
		Uptime: wire.Read(86400), Load: wire.Read(135), Temperature: wire.Read(-3), Disk: wire.Read(8000), Free: wire.Read(0), Power: wire.Read(int64(wire.UnderVoltage)),
	}})
	w.pass(7 * time.Second)
	a := answer[api.VitalsAnswer](w, path)
	v := a.Vitals
	if !a.Online || v == nil || !v.At.Equal(told) || v.Age != 7 || *v.Uptime != 86400 || *v.Load != 1.35 || *v.Celsius != -3 || *v.Free != 0 || !*v.UnderVoltage || *v.UnderVoltageSeen || v.Implausible != 1 {
		t.Errorf("vitals are %+v", v)
	}
	if v.Memory != nil || v.Available != nil || v.Cores != nil || strings.Contains(w.get(path).Body.String(), "memory_mib") {
		t.Errorf("what it did not tell is there: %+v", v)
	}
	list := answer[api.AlertList](w, "/api/v1/alerts?agent="+agent)
	if len(alertsOf(list, alert.DiskFull)) != 1 || len(alertsOf(list, alert.UnderVoltage)) != 1 || len(alertsOf(list, alert.DeviceHot)) != 0 {
		t.Errorf("alerts are %+v", list.Items)
	}
}

func TestVitalsOfNobodyAndOfAnotherCommuneAreRefused(t *testing.T) {
	w := newWorld(t)
	camera := w.inService(0)
	if rec := w.get("/api/v1/agents/nobody/vitals"); rec.Code != http.StatusNotFound || !strings.Contains(rec.Body.String(), "no agent") {
		t.Errorf("nobody's: %d %s", rec.Code, rec.Body)
	}
	if rec := w.get("/api/v1/agents/" + strings.Repeat("a", 65) + "/vitals"); rec.Code != http.StatusUnprocessableEntity {
		t.Errorf("a code that is too long: %d %s", rec.Code, rec.Body)
	}
	token := w.token(account.ScopeRead, account.Grant{Role: account.Viewer, Area: w.plan.Site(camera.Site).Area, Since: w.clock()})
	if rec := w.get("/api/v1/agents/"+camera.Agent+"/vitals", "Authorization", "Bearer "+token); rec.Code != http.StatusOK {
		t.Errorf("one's own: %d %s", rec.Code, rec.Body)
	}
	for i := range w.plan.Cameras {
		if other := w.plan.Cameras[i].Agent; other != camera.Agent {
			if rec := w.get("/api/v1/agents/"+other+"/vitals", "Authorization", "Bearer "+token); rec.Code != http.StatusNotFound && rec.Code != http.StatusForbidden {
				t.Errorf("another commune's: %d %s", rec.Code, rec.Body)
			}
			break
		}
	}
	if rec := w.get("/api/v1/agents/"+camera.Agent+"/vitals", "Authorization", "Bearer x"); rec.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d %s", rec.Code, rec.Body)
	}
}
