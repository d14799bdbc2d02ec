package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/wire"
)

func figure(t *testing.T, a *api.SectionAnswer, code string) api.FigureRow {
	t.Helper()
	for _, f := range a.Figures {
		if f.Code == code && f.Part.By == "total" {
			return f
		}
	}
	t.Fatalf("the section has no %s", code)
	return api.FigureRow{}
}

func TestTheSectionOfAReport(t *testing.T) {
	const path = "/api/v1/reports/security-infrastructure"
	w := newWorld(t)
	c := w.inService(0)
	to := w.clock().Add(-time.Hour)
	w.saw(1, wire.Observation{Camera: c.Code, From: to.Add(-4 * time.Hour).UnixMilli(), To: to.UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh, Width: 1920, Height: 1080})
	w.says(wire.State{Camera: c.Code, Status: wire.StatusUp, Width: 1920, Height: 1080})

	a := answer[api.SectionAnswer](w, path)
	if f := figure(t, &a, "cameras_working"); *f.Numerator != 1 || *f.Denominator < 100 {
		t.Errorf("%v of %v cameras work", *f.Numerator, *f.Denominator)
	}
	if f := figure(t, &a, "availability"); f.Numerator == nil || *f.Numerator != 4 || *f.Share != 1 || *f.Low > 0.01 || *f.High != 1 || *f.Observed > 0.01 {
		t.Errorf("availability: %+v", f)
	}
	if f := figure(t, &a, "hamlets_covered"); f.Numerator != nil || f.Missing == nil || f.Share != nil {
		t.Errorf("hamlets, of which nobody knows: %+v", f)
	}
	rollout := answer[api.RolloutAnswer](w, "/api/v1/rollout")
	for code, want := range map[string]int{"cameras_planned": rollout.Total.Planned, "cameras_installed": rollout.Total.Installed, "cameras_accepted": rollout.Total.Accepted, "cameras_overdue": rollout.Total.Overdue} {
		if f := figure(t, &a, code); *f.Numerator != float64(want) {
			t.Errorf("%s: %v here, %d in the roll-out", code, *f.Numerator, want)
		}
	}
	cover := answer[api.CoverageAnswer](w, "/api/v1/coverage")
	if f := figure(t, &a, "km_controlled"); *f.Numerator*1000-cover.States["accepted"].Controlled > 1 || cover.States["accepted"].Controlled-*f.Numerator*1000 > 1 || *f.Verified*1000-cover.States["working"].Controlled > 1 {
		t.Errorf("%v km controlled, %v of working cameras; the coverage says %+v", *f.Numerator, *f.Verified, cover.States)
	}
	if len(a.Gaps) == 0 || len(a.Table().Rows) != len(a.Figures) || len(a.Table().Rows[0]) != len(a.Table().Columns) {
		t.Errorf("%d gaps, %d rows of %d figures", len(a.Gaps), len(a.Table().Rows), len(a.Figures))
	}

	// A day that is over has the states of its end: the camera was last seen in
	// the afternoon of today.
	past := answer[api.SectionAnswer](w, path+"?to=2026-11-22&from=2026-11-01")
	if f := figure(t, &past, "cameras_working"); *f.Numerator != 0 {
		t.Errorf("%v cameras worked at the end of yesterday", *f.Numerator)
	}
	if f := figure(t, &past, "cameras_unknown"); *f.Numerator+*figure(t, &past, "cameras_in_maintenance").Numerator != *f.Denominator {
		t.Errorf("%v of %v cameras were unknown", *f.Numerator, *f.Denominator)
	}

	area := w.plan.SiteArea(w.plan.Site(c.Site), 1<<20).Code
	own := answer[api.SectionAnswer](w, path+"?area="+area)
	if own.Area.Code != area || *figure(t, &own, "cameras_working").Numerator != 1 {
		t.Errorf("the section of %s: %+v", area, own.Area)
	}
	for query, want := range map[string]string{"?area=nowhere": "nowhere", "?level=best": "best", "?from=2026-12-01": "lies after", "?period=x": ""} {
		if rec := w.get(path+query, "Accept-Language", "en"); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
	if rec := w.get(path); w.get(path, "If-None-Match", rec.Header().Get("ETag")).Code != http.StatusNotModified {
		t.Error("the same section comes again")
	}
}
