package api_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// asOfPaths are requests for figures, each as of a moment.
var asOfPaths = []string{
	"uptime?by=route&from=2026-11-20", "uptime?by=camera&period=2026-11&every=day&sort=-down_s", "uptime", "uptime/grid?from=2026-11-01&every=day", "outages?from=2026-11-01", "outages",
	"coverage/period?by=area&from=2026-11-20&every=day", "coverage", "coverage/groups?by=area", "coverage/sections", "coverage/gateways", "coverage/places", "coverage/gaps?state=working&of=view",
	"coverage/cameras", "coverage/blind-ways", "routes", "reports/security-infrastructure?period=2026-11-20..2026-11-22", "reports/security-infrastructure",
}

func TestAsOfAMomentIsWhatAHubSaidThen(t *testing.T) {
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 1))
		now := newWorld(t)
		began := now.clock().Add(-24 * time.Hour).Truncate(time.Hour)
		var seen []wire.Observation
		for i := range 12 {
			c := now.inService(i * 11)
			for at := began.Add(time.Duration(random.IntN(600)) * time.Minute); at.Before(began.Add(96 * time.Hour)); {
				to := at.Add(time.Duration(20+random.IntN(900)) * time.Minute)
				if status := wire.Status(random.IntN(4)); status != 0 { // else nobody looked
					o := wire.Observation{Camera: c.Code, From: at.UnixMilli(), To: to.UnixMilli(), Status: status, Rung: wire.RungFresh}
					if status == wire.StatusDown {
						o.Rung, o.Fault, o.FellOn = wire.RungResolve, wire.FaultTimeout, wire.RungConnect
					}
					if status == wire.StatusDegraded {
						o.Reasons = []wire.Reason{wire.ReasonLoss}
					}
					seen = append(seen, o)
				}
				at = to
			}
		}
		now.pass(100 * time.Hour)
		for i, o := range seen {
			now.put(uint64(i), o)
		}
		now.fold()

		for range 2 {
			at := began.Add(26*time.Hour + time.Duration(random.IntN(60*60))*time.Minute)
			ask := at.Format(time.RFC3339)
			then := newWorld(t)
			then.pass(at.Sub(then.clock()) - 4*time.Second) // says and fold take four
			var states []wire.State
			for i, o := range seen {
				o.To = min(o.To, at.UnixMilli())
				if o.From < o.To {
					then.put(uint64(i), o)
				}
				if o.From < at.UnixMilli() && o.To == at.UnixMilli() {
					states = append(states, wire.State{Camera: o.Camera, Status: o.Status, Rung: o.Rung, Fault: o.Fault, FellOn: o.FellOn, Reasons: o.Reasons})
				}
			}
			then.fold()
			then.says(states...)
			if !then.clock().Equal(at) {
				t.Fatalf("it is %v, want %v", then.clock(), at)
			}
			for _, path := range asOfPaths {
				glue := "?"
				if strings.Contains(path, "?") {
					glue = "&"
				}
				got := answer[map[string]json.RawMessage](now, "/api/v1/"+path+glue+"as_of="+url.QueryEscape(ask))
				want := answer[map[string]json.RawMessage](then, "/api/v1/"+path)
				var head time.Time
				if err := json.Unmarshal(got["as_of"], &head); err != nil || !head.Equal(at) {
					t.Errorf("%s as of %s: as_of %s, want %v", path, ask, got["as_of"], at)
				}
				for name := range want {
					if name != "as_of" && string(got[name]) != string(want[name]) {
						t.Errorf("seed %d, %s as of %s: %s is\n%.600s\nwant\n%.600s", seed, path, ask, name, got[name], want[name])
					}
				}
				// A day stands for its end.
				day := history.DayOf(at.UnixMilli(), now.plan.Location) - 1
				end := (day + 1).Start(now.plan.Location).Format(time.RFC3339)
				if a, b := now.get("/api/v1/"+path+glue+"as_of="+day.String()), now.get("/api/v1/"+path+glue+"as_of="+url.QueryEscape(end)); a.Code != b.Code || a.Body.String() != b.Body.String() {
					t.Errorf("%s as of %s: %d %.300s\nwant\n%d %.300s", path, day, a.Code, a.Body, b.Code, b.Body)
				}
			}
		}
	}
}

func TestAsOfRefusesTheFutureAndWhatItCannotRead(t *testing.T) {
	w := newWorld(t)
	for query, says := range map[string]string{
		"as_of=2026-11-24":           "has not come yet",
		"as_of=2026-11-23T08:00:01Z": "has not come yet",
		"as_of=yesterday":            "2026-11-22T05:00:00Z",
		"as_of=2026-11-31":           "2026-11-22T05:00:00Z",
		"revision=7":                 "folder of files",
		"revision=-1":                "query.revision",
	} {
		for _, path := range asOfPaths {
			path, _, _ = strings.Cut(path, "?")
			if rec := w.get("/api/v1/" + path + "?" + query); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), says) {
				t.Errorf("%s?%s: %d %.300s; want what says %q", path, query, rec.Code, rec.Body, says)
			}
		}
	}
	if a, b := w.get("/api/v1/coverage?as_of=2026-11-23"), w.get("/api/v1/coverage"); a.Body.String() != b.Body.String() {
		t.Errorf("as of today: %.300s\nwant\n%.300s", a.Body, b.Body)
	}
}

func TestFiguresBySayingAnEarlierRevision(t *testing.T) {
	w := newWorld(t)
	earlier, err := plan.ReadDir("../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	earlier.Revision.Number = 3
	changed := w.inService(0).Code
	for i := range earlier.Cameras { // in revision 3 it was not there yet
		if c := &earlier.Cameras[i]; c.Code == changed {
			c.Installed, c.Accepted = 0, 0
		}
	}
	w.saw(0, seen(changed, w.on(0, 0), w.on(10, 0), wire.StatusUp))
	w.server, err = api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Now: w.clock, PlanAt: func(_ context.Context, n int) (*plan.Plan, error) {
		if n != 3 {
			return nil, plan.ErrNoRevision
		}
		return earlier, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	alone := newWorldWith(t, func(p *plan.Plan) {
		for i := range p.Cameras {
			if c := &p.Cameras[i]; c.Code == changed {
				c.Installed, c.Accepted = 0, 0
			}
		}
	})
	alone.saw(0, seen(changed, alone.on(0, 0), alone.on(10, 0), wire.StatusUp))
	differ := 0
	for _, path := range asOfPaths {
		glue := "?"
		if strings.Contains(path, "?") {
			glue = "&"
		}
		got := answer[map[string]json.RawMessage](w, "/api/v1/"+path+glue+"revision=3")
		want := answer[map[string]json.RawMessage](alone, "/api/v1/"+path)
		for name := range want {
			if name != "revision" && string(got[name]) != string(want[name]) {
				t.Errorf("%s by revision 3: %s is\n%.600s\nwant\n%.600s", path, name, got[name], want[name])
			}
		}
		if string(got["revision"]) != "3" {
			t.Errorf("%s: revision %s, want 3", path, got["revision"])
		}
		now := answer[map[string]json.RawMessage](w, "/api/v1/"+path)
		if slices.ContainsFunc([]string{"items", "states", "figures"}, func(name string) bool { return string(now[name]) != string(got[name]) }) {
			differ++
		}
	}
	if differ < 5 {
		t.Errorf("%d answers are others than by the plan in force", differ)
	}
	if rec := w.get("/api/v1/uptime?revision=4"); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "no such revision") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
