package alert_test

import (
	"testing"
	"time"

	"github.com/phukin/phukin/hub/alert"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// now is the moment that the tests look at: 10:00 in Việt Nam.
var (
	now   = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	today = plan.NewDate(2026, 11, 24)
)

type fataler interface {
	Helper()
	Fatal(args ...any)
}

// build makes a plan of cameras and windows, with sites S1 and S2 in commune X1
// and S3 in X2.
func build(t fataler, cameras []plan.Camera, windows ...plan.Window) *plan.Plan {
	t.Helper()
	here := geo.Point{Lon: 105.86, Lat: 18.37}
	line, err := geo.NewLine([]geo.Point{here, geo.Move(here, 90, 1000)})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(plan.Plan{
		Name: plan.Text{VI: "Kế hoạch", EN: "Plan"}, Root: "R",
		Phases: []plan.Phase{{Code: "P", Name: plan.Text{VI: "Một", EN: "One"}, From: today.AddDays(-400), To: today.AddDays(400)}},
		Areas:  []plan.Area{{Code: "R", Kind: "huyện", Name: "Huyện"}, {Code: "X1", Kind: "xã", Name: "Xã một", Parent: "R"}, {Code: "X2", Kind: "xã", Name: "Xã hai", Parent: "R"}},
		Routes: []plan.Route{{Code: "DH1", Name: "Đường", Class: "đường xã", Line: line}},
		Sites: []plan.Site{
			{Code: "S1", Name: "S1", Area: "X1", Kind: plan.SiteRoute, Route: "DH1", At: 100},
			{Code: "S2", Name: "S2", Area: "X1", Kind: plan.SiteMarket, Position: here},
			{Code: "S3", Name: "S3", Area: "X2", Kind: plan.SiteMarket, Position: here},
		},
		Cameras: cameras, Windows: windows,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// camera is one that was accepted long ago.
func camera(code, site, agent string) plan.Camera {
	return plan.Camera{
		Code: code, Site: site, Agent: agent, Phase: "P", FOV: 90, Width: 1920, Height: 1080, Owner: plan.OwnerPublic,
		Installed: today.AddDays(-100), Accepted: today.AddDays(-90),
	}
}

// input is a moment at which all cameras work and all agents are online.
func input(p *plan.Plan) *alert.Input {
	in := &alert.Input{Plan: p, At: now, Started: now.Add(-time.Hour), Status: map[string]live.Status{}, Seen: map[string]history.Seen{}}
	heard := map[string]bool{}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		in.Status[c.Code] = works()
		in.Seen[c.Code] = history.Seen{Camera: c.Code, Enrolled: 20000, Verified: 20001}
		if !heard[c.Agent] && c.Agent != "" {
			heard[c.Agent] = true
			in.Agents = append(in.Agents, live.Agent{Code: c.Agent, Online: true, LastSeen: now, OnlineSince: now.Add(-time.Hour)})
		}
	}
	return in
}

func works() live.Status {
	return live.Status{InService: true, Known: true, State: wire.State{Status: wire.StatusUp, Since: now.Add(-time.Hour).UnixMilli(), Probed: now.UnixMilli()}}
}

func down(age time.Duration, f wire.Fault) live.Status {
	s := works()
	s.State.Status, s.State.Fault, s.State.FellOn, s.State.Since = wire.StatusDown, f, wire.RungConnect, now.Add(-age).UnixMilli()
	return s
}

func degraded(age time.Duration, reasons ...wire.Reason) live.Status {
	s := works()
	s.State.Status, s.State.Reasons, s.State.Since = wire.StatusDegraded, reasons, now.Add(-age).UnixMilli()
	return s
}

func unknown(c live.Cause) live.Status { return live.Status{InService: true, Cause: c} }

// offline makes an agent silent for a time, and its cameras unknown.
func offline(in *alert.Input, agent string, age time.Duration) {
	for i := range in.Agents {
		if a := &in.Agents[i]; a.Code == agent {
			a.Online, a.LastSeen = false, now.Add(-age)
		}
	}
	for i := range in.Plan.Cameras {
		if c := &in.Plan.Cameras[i]; c.Agent == agent {
			in.Status[c.Code] = unknown(live.CauseAgentOffline)
		}
	}
}

// the gives the one alert that there is to be.
func the(t *testing.T, in *alert.Input) alert.Alert {
	t.Helper()
	all := alert.Find(in)
	if len(all) != 1 {
		t.Fatalf("%d alerts, want one: %+v", len(all), all)
	}
	return all[0]
}
