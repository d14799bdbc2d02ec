package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// on gives a moment of 22 November 2026, the day before the world's.
func (w *world) on(hour, minute int) time.Time {
	return time.Date(2026, 11, 22, hour, minute, 0, 0, w.plan.Location)
}

func seen(camera string, from, to time.Time, s wire.Status) wire.Observation {
	o := wire.Observation{Camera: camera, From: from.UnixMilli(), To: to.UnixMilli(), Status: s, Rung: wire.RungFresh}
	if s == wire.StatusDown {
		o.Rung, o.Fault, o.FellOn = wire.RungResolve, wire.FaultTimeout, wire.RungConnect
	}
	return o
}

// together gives the plan's cameras in service of one agent that has several
// and one site.
func (w *world) together() []*plan.Camera {
	w.t.Helper()
	byAgent := map[string][]*plan.Camera{}
	for i := 0; ; i++ {
		c := w.inService(i)
		if byAgent[c.Agent] = append(byAgent[c.Agent], c); len(byAgent[c.Agent]) == 3 {
			return byAgent[c.Agent]
		}
	}
}

func TestUptimeByGroupsAddsUpToTheTotal(t *testing.T) {
	w := newWorld(t)
	for i := range 12 {
		c := w.inService(i * 5)
		w.saw(uint64(2*i), seen(c.Code, w.on(1, 0), w.on(2+i, 0), wire.StatusUp))
		w.saw(uint64(2*i+1), seen(c.Code, w.on(2+i, 0), w.on(3+i, i), wire.StatusDown))
	}
	total := answer[api.UptimeAnswer](w, "/api/v1/uptime?from=2026-11-01&every=week")
	if len(total.Items) != 1 || total.Items[0].Uptime.Up == 0 || total.Items[0].Uptime.Outages != 12 || !slices.Equal(total.Pieces, []string{"2026-11-01", "2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"}) {
		t.Fatalf("total: %+v, pieces %v", total.Items, total.Pieces)
	}
	all := total.Items[0]
	for _, by := range []string{"area", "route", "site", "phase", "funding", "owner", "camera"} {
		groups := answer[api.UptimeAnswer](w, "/api/v1/uptime?from=2026-11-01&every=week&by="+by)
		var sum api.Uptime
		outages, cameras := 0, 0
		for _, g := range groups.Items {
			sum.Up, sum.Down, sum.Unknown, sum.InService = sum.Up+g.Uptime.Up, sum.Down+g.Uptime.Down, sum.Unknown+g.Uptime.Unknown, sum.InService+g.Uptime.InService
			outages += g.Repairs.Outages
			cameras += g.Cameras
			var up int64
			for _, piece := range g.Series {
				up += piece.Up
			}
			if up != g.Uptime.Up || len(g.Series) != len(total.Pieces) {
				t.Errorf("by %s, %s: the series has %d s up, the period %d", by, g.Code, up, g.Uptime.Up)
			}
		}
		if sum.Up != all.Uptime.Up || sum.Down != all.Uptime.Down || sum.Unknown != all.Uptime.Unknown || sum.InService != all.Uptime.InService || outages != all.Repairs.Outages || cameras != all.Cameras {
			t.Errorf("by %s: %+v, in all %+v", by, sum, all.Uptime)
		}
	}
	grid := answer[api.GridAnswer](w, "/api/v1/uptime/grid?from=2026-11-01&every=week")
	var up float64
	for _, r := range grid.Items {
		for _, f := range r.Figures {
			if f != nil {
				up += *f[0]
			}
		}
	}
	if len(grid.Items) != 180 || int64(up) != all.Uptime.Up || grid.Every != "week" {
		t.Errorf("the grid has %v s up of %d cameras, want %d", up, len(grid.Items), all.Uptime.Up)
	}
}

func TestAPeriodStandsBesideItsTargetsAndEarlierPeriods(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	path := "/api/v1/uptime?by=camera&from=2026-11-22&to=2026-11-22"
	find := func() api.UptimeGroup {
		list := answer[api.UptimeAnswer](w, path)
		return list.Items[slices.IndexFunc(list.Items, func(g api.UptimeGroup) bool { return g.Code == c.Code })]
	}
	w.saw(0, seen(c.Code, w.on(0, 0), w.on(12, 0), wire.StatusUp))
	g := find()
	if len(g.Targets) != 2 || g.Targets[0].Verdict != "cannot_tell" || g.Targets[1].Verdict != "no_figure" || g.Before == nil || g.Before.Verdict != "cannot_tell" || g.Before.From != "2026-11-21" {
		t.Fatalf("half of the day was seen: %+v, before %+v", g.Targets, g.Before)
	}
	w.saw(1, seen(c.Code, w.on(12, 0), w.on(13, 0), wire.StatusDown))
	w.saw(2, seen(c.Code, w.on(13, 0), w.on(24, 0), wire.StatusUp))
	w.saw(3, seen(c.Code, w.on(0, 0).AddDate(0, 0, -1), w.on(0, 0), wire.StatusUp))
	g = find()
	if g.Targets[0].Verdict != "missed" || g.Targets[0].Value != 99 || g.Targets[1].Verdict != "met" || g.Before.Verdict != "worse" {
		t.Fatalf("an hour of the day was down: %+v, before %+v", g.Targets, g.Before)
	}
	r := g.Repairs
	if r.Outages != 1 || r.Fewest != 1 || r.MTTR == nil || r.MTTR.Low != 3600 || *r.MTTR.High != 3600 || r.MTBF.Low != 23*3600 || r.Longest.Low != 3600 {
		t.Errorf("repairs: %+v", r)
	}
}

func TestOutagesOfOneAgentAtOnceAreOneIncident(t *testing.T) {
	w := newWorld(t)
	cameras := w.together()
	agent := cameras[0].Agent
	var all []*plan.Camera
	for i := range w.plan.Cameras {
		if c := &w.plan.Cameras[i]; c.Agent == agent {
			all = append(all, c)
		}
	}
	for i, c := range all {
		at := w.on(12, 0).Add(time.Duration(i%3) * 20 * time.Second)
		w.saw(uint64(3*i), seen(c.Code, w.on(10, 0), at, wire.StatusUp))
		w.saw(uint64(3*i+1), seen(c.Code, at, w.on(13, 0), wire.StatusDown))
		w.saw(uint64(3*i+2), seen(c.Code, w.on(13, 0), w.on(24, 0), wire.StatusUp))
	}
	list := answer[api.OutageList](w, "/api/v1/outages?from=2026-11-22&to=2026-11-22")
	i := slices.IndexFunc(list.Items, func(r api.IncidentRow) bool { return r.Place == "agent" })
	if i < 0 {
		t.Fatalf("incidents: %+v", list.Items)
	}
	in := list.Items[i]
	if in.Code != agent || len(in.Cameras) < 3 || in.Fault != "timeout" || in.FellOn != "connect" || !in.From.Equal(w.on(12, 0)) || !in.To.Equal(w.on(13, 0)) || in.Open || in.Latest != nil {
		t.Errorf("incident: %+v", in)
	}
	if list.Repairs.Outages != len(in.Cameras) {
		t.Errorf("%d outages of %d cameras", list.Repairs.Outages, len(in.Cameras))
	}
	one := answer[api.OutageList](w, "/api/v1/outages?from=2026-11-22&to=2026-11-22&camera="+cameras[0].Code)
	if one.Repairs.Outages != 1 || !slices.ContainsFunc(one.Items, func(r api.IncidentRow) bool { return r.Place == "agent" && len(r.Cameras) == len(in.Cameras) }) {
		t.Errorf("asked for one of its cameras: %+v", one)
	}
}

// An outage after which nothing is seen has an end that nobody knows.
func TestAnOutageThatEndsInSilenceIsOpen(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	w.saw(0, seen(c.Code, w.on(10, 0), w.on(11, 0), wire.StatusUp))
	w.saw(1, seen(c.Code, w.on(11, 0), w.on(12, 0), wire.StatusDown))
	list := answer[api.OutageList](w, "/api/v1/outages?from=2026-11-22&to=2026-11-22&camera="+c.Code)
	i := slices.IndexFunc(list.Items, func(r api.IncidentRow) bool { return r.Place == "camera" })
	if i < 0 {
		t.Fatalf("incidents: %+v", list.Items)
	}
	in := list.Items[i]
	if !in.Open || !in.To.Equal(w.on(12, 0)) || in.Latest == nil || !in.Latest.Equal(list.AsOf.Truncate(time.Second)) || in.Counted != 3600 || list.Repairs.Open != 1 || list.Repairs.MTTR != nil {
		t.Errorf("%+v, as of %s, repairs %+v", in, list.AsOf, list.Repairs)
	}
}

func TestMaintenanceIsCutOutAndShown(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	var camera string
	w := newWorldWith(t, func(p *plan.Plan) {
		for i := range p.Cameras {
			if from, to, ok := p.Cameras[i].Service(p.Location); ok && from.AddDate(0, 1, 0).Before(now) && to.After(now) && p.Site(p.Cameras[i].Site).Kind == plan.SiteRoute {
				camera = p.Cameras[i].Code
			}
		}
		p.Windows = []plan.Window{
			{Code: "BT-1", Camera: camera, From: now.Add(-25 * time.Hour), To: now.Add(-24 * time.Hour)},
			{Code: "BT-0", Camera: camera, From: now.Add(-60 * time.Hour), To: now.Add(-59 * time.Hour), Declared: now.Add(-20 * time.Hour)},
			{Code: "BT-2", Camera: camera, From: now.Add(-90 * time.Minute), To: now.Add(time.Hour)},
		}
	})
	w.says(wire.State{Camera: camera, Status: wire.StatusUp, Rung: wire.RungFresh})
	w.saw(0, seen(camera, now.Add(-26*time.Hour), now.Add(-23*time.Hour), wire.StatusDown))
	list := answer[api.CameraList](w, "/api/v1/cameras?days=2&bars=true")
	i := slices.IndexFunc(list.Items, func(r api.CameraRow) bool { return r.Code == camera })
	row := list.Items[i]
	if row.Status.Status != "maintenance" || row.Status.Since == nil || !row.Status.Until.Equal(now.Add(time.Hour)) || list.Count.Maintenance != 1 || list.Count.Up != 0 {
		t.Errorf("status: %+v, counts %+v", row.Status, list.Count)
	}
	passed := list.AsOf.Unix() - now.Add(-90*time.Minute).Unix()
	if u := row.Uptime; u.Down != 2*3600 || u.Outages != 1 || u.Maintenance != 3600+passed || u.InService+u.Maintenance != list.AsOf.Unix()-time.Date(2026, 11, 22, 0, 0, 0, 0, w.plan.Location).Unix() {
		t.Errorf("uptime: %+v", u)
	}
	sum := 0
	for _, b := range row.Bars {
		sum += b[2]
	}
	if sum != 2*3600 {
		t.Errorf("bars: %v", row.Bars)
	}
	late := answer[api.UptimeAnswer](w, "/api/v1/uptime").Late
	if len(late) != 1 || late[0].Code != "BT-0" || late[0].Counts != 0 || late[0].Cameras != 1 || !late[0].From.Equal(now.Add(-60*time.Hour)) {
		t.Errorf("maintenance that was declared late: %+v", late)
	}
	covers := func() float64 {
		return answer[api.CoverageAnswer](w, "/api/v1/coverage?level=detection").States["working"].InView
	}
	if m := covers(); m != 0 {
		t.Errorf("in maintenance it covers %v m", m)
	}
	w.pass(2 * time.Hour)
	w.says(wire.State{Camera: camera, Status: wire.StatusUp, Rung: wire.RungFresh})
	if m := covers(); m == 0 {
		t.Error("after it, it covers nothing")
	}
	list = answer[api.CameraList](w, "/api/v1/cameras?fields=code,status")
	if s := list.Items[i].Status; s.Status == "maintenance" {
		t.Errorf("after its end: %+v", s)
	}
}

func TestPeriodsThatAreNotAreRefused(t *testing.T) {
	w := newWorld(t)
	for path, says := range map[string]string{
		"uptime?from=2026-11-31":                              "2026-11-31",
		"uptime?from=2026-11-22&to=2026-11-21":                "lies after",
		"outages?from=2027-01-01&to=2027-01-02":               "has not come yet",
		"uptime/grid?from=2010-01-01":                         "at most 3700",
		"uptime?from=2020-01-01&every=day":                    "at most 1200",
		"uptime?from=2025-01-01&every=day&by=camera":          "/api/v1/uptime/grid",
		"uptime?period=2026-Q5":                               "Q1 to Q4",
		"uptime?period=2026-11&from=2026-11-01":               "one or the other",
		"outages?period=2027":                                 "has not come yet",
		"uptime?period=2010..2026":                            "at most 3700",
		"outages?period=2026-W47":                             "",
		"uptime?by=colour":                                    "query.by",
		"uptime/grid?from=2025-01-01&to=2025-02-01&every=day": "",
	} {
		rec := w.get("/api/v1/"+path, "Accept-Language", "en")
		if want := http.StatusUnprocessableEntity; says != "" && (rec.Code != want || !strings.Contains(rec.Body.String(), says)) || says == "" && rec.Code != http.StatusOK {
			t.Errorf("%s: %d %.300s", path, rec.Code, rec.Body)
		}
	}
}

func TestAPeriodIsNamedInOneWord(t *testing.T) {
	w := newWorld(t)
	for text, want := range map[string][2]string{
		"2026-10": {"2026-10-01", "2026-10-31"}, "2026-W47": {"2026-11-16", "2026-11-22"}, "2025..2026": {"2025-01-01", "2026-11-23"}, "2026-Q4": {"2026-10-01", "2026-11-23"}, "P7D/2026-11-22": {"2026-11-16", "2026-11-22"},
	} {
		u := answer[api.UptimeAnswer](w, "/api/v1/uptime?period="+text)
		o := answer[api.OutageList](w, "/api/v1/outages?period="+text)
		g := answer[api.GridAnswer](w, "/api/v1/uptime/grid?period="+text)
		for name, got := range map[string][2]string{"uptime": {u.From, u.To}, "outages": {o.From, o.To}, "grid": {g.From, g.To}} {
			if got != want {
				t.Errorf("%s of %s: %v, want %v", name, text, got, want)
			}
		}
	}
}

// An outage that began long before the period has its true beginning, whatever
// was asked for before.
func TestAnOutageFromBeforeThePeriodHasItsBeginning(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	began := time.Date(2026, 8, 3, 9, 0, 0, 0, w.plan.Location)
	w.saw(0, seen(c.Code, began.Add(-time.Hour), began, wire.StatusUp))
	seq := uint64(1)
	for d := began; d.Before(w.on(12, 0)); d = d.Add(24 * time.Hour) {
		w.saw(seq, seen(c.Code, d, d.Add(24*time.Hour), wire.StatusDown))
		seq++
	}
	list := answer[api.OutageList](w, "/api/v1/outages?from=2026-11-22&to=2026-11-22&camera="+c.Code)
	i := slices.IndexFunc(list.Items, func(r api.IncidentRow) bool { return r.Place == "camera" })
	if i < 0 || !list.Items[i].From.Equal(began) || list.Items[i].Earliest != nil || list.Items[i].Counted != 86400 {
		t.Fatalf("incidents: %+v", list.Items)
	}
}

// Evidence for an old day comes in late: within a minute it is in the figures.
func TestLateEvidenceComesIntoTheFigures(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	path := "/api/v1/uptime?by=camera&from=2026-11-01&to=2026-11-01"
	up := func() (n int64) {
		for _, g := range answer[api.UptimeAnswer](w, path).Items {
			n += g.Uptime.Up
		}
		return n
	}
	if n := up(); n != 0 {
		t.Fatalf("%d s up before anything was seen", n)
	}
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, w.plan.Location)
	w.saw(0, seen(c.Code, at, at.Add(time.Hour), wire.StatusUp))
	w.pass(time.Minute)
	if n := up(); n != 3600 {
		t.Errorf("%d s up, want 3600", n)
	}
}
