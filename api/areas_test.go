package api_test

import (
	"testing"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/plan"
)

// What the communes of 2020 became in 2025 is what is shown after it.
func TestAreasAreThoseOfToday(t *testing.T) {
	w := newWorld(t)
	today := plan.DateOf(w.clock(), w.plan.Location)
	named := map[string]string{}
	for _, c := range answer[api.CameraList](w, "/api/v1/cameras").Items {
		named[c.Area.Code] = c.Area.Name
		if c.Code == "C-001" && (c.Area.Code != "18586" || c.Area.Name != "Đông Kinh") {
			t.Errorf("C-001 stands in %+v", c.Area)
		}
	}
	for code, name := range named {
		if a := w.plan.AreaOn(code, today); a == nil || !a.InForce(today) || a.Name != name {
			t.Errorf("%s is shown as %s", code, name)
		}
	}
	groups := answer[api.RolloutAnswer](w, "/api/v1/rollout").Areas
	for _, g := range groups {
		if g.Name.VI != named[g.Code] {
			t.Errorf("%s is %s in the roll-out and %s in the list", g.Code, g.Name.VI, named[g.Code])
		}
	}
	if len(named) != 9 || len(groups) != 9 {
		t.Errorf("%d areas in the list and %d in the roll-out, want 9", len(named), len(groups))
	}
	for _, a := range answer[api.AgentList](w, "/api/v1/agents").Items {
		if a.Area == nil || named[a.Area.Code] != a.Area.Name {
			t.Errorf("agent %s is of %+v", a.Code, a.Area)
		}
	}
}
