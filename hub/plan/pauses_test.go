package plan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// pausePlan has a camera on a route in a commune that became part of another
// on 2026-03-05, and one off the routes in another that left the plan's area on
// 2026-03-02.
func pausePlan(windows []plan.Window) (*plan.Plan, error) {
	line, err := geo.NewLine([]geo.Point{{Lon: 105.8, Lat: 18.3}, {Lon: 105.81, Lat: 18.3}})
	if err != nil {
		return nil, err
	}
	text := plan.Text{VI: "x", EN: "x"}
	camera := func(code, site string) plan.Camera {
		return plan.Camera{Code: code, Site: site, Agent: "tb-1", Phase: "P1", FOV: 70, Width: 1920, Height: 1080, Owner: plan.OwnerPublic}
	}
	return plan.Build(plan.Plan{
		Name: text, Root: "445", Phases: []plan.Phase{{Code: "P1", Name: text, From: plan.NewDate(2026, 1, 1), To: plan.NewDate(2026, 12, 31)}},
		Areas: []plan.Area{
			{Code: "42", Kind: "tỉnh", Name: "P"}, {Code: "445", ValidTo: plan.NewDate(2026, 3, 4), Parent: "42", Kind: "huyện", Name: "D"},
			{Code: "old", ValidTo: plan.NewDate(2026, 3, 4), Parent: "445", Kind: "xã", Name: "Old", Successors: []string{"new"}},
			{Code: "new", ValidFrom: plan.NewDate(2026, 3, 5), Parent: "42", Kind: "xã", Name: "New"},
			{Code: "far", ValidFrom: plan.NewDate(2026, 1, 1), ValidTo: plan.NewDate(2026, 3, 1), Parent: "445", Kind: "xã", Name: "Far", Successors: []string{"far"}},
			{Code: "far", ValidFrom: plan.NewDate(2026, 3, 2), Parent: "42", Kind: "xã", Name: "Far"},
		},
		Routes: []plan.Route{{Code: "R1", Name: "x", Class: "x", Line: line}},
		Sites: []plan.Site{
			{Code: "S1", Name: "x", Area: "old", Kind: plan.SiteRoute, Route: "R1", At: 500},
			{Code: "S2", Name: "x", Area: "far", AreaFrom: plan.NewDate(2026, 1, 1), Kind: plan.SiteOther, Position: geo.Point{Lon: 105.8, Lat: 18.3}},
		},
		Cameras: []plan.Camera{camera("C1", "S1"), camera("C2", "S2")},
		Windows: windows,
	})
}

func TestAWindowIsForTheCamerasOfWhatItNames(t *testing.T) {
	loc := time.FixedZone("+07", 7*3600)
	early, late := time.Date(2026, 3, 2, 8, 0, 0, 0, loc), time.Date(2026, 3, 20, 8, 0, 0, 0, loc)
	p, err := pausePlan(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		w    plan.Window
		want string
	}{
		{"a camera", plan.Window{Camera: "C2", From: early}, "C2"},
		{"a site", plan.Window{Site: "S1", From: early}, "C1"},
		{"a route", plan.Window{Route: "R1", From: early}, "C1"},
		{"a route, not a site without one", plan.Window{Route: "R2", From: early}, ""},
		{"an area", plan.Window{Area: "old", From: early}, "C1"},
		{"an area that has ended", plan.Window{Area: "old", From: late}, "C1"},
		{"an area that followed", plan.Window{Area: "new", From: late}, "C1"},
		{"an area that is still to come", plan.Window{Area: "new", From: early}, ""},
		{"what is above it", plan.Window{Area: "42", From: late}, "C1 C2"},
		{"the plan's area after its end", plan.Window{Area: "445", From: late}, "C1 C2"},
		{"no area at all", plan.Window{From: late}, ""},
	} {
		var got []string
		for i := range p.Cameras {
			if p.Covers(&c.w, &p.Cameras[i]) {
				got = append(got, p.Cameras[i].Code)
			}
		}
		if fmt.Sprint(got) != "["+c.want+"]" {
			t.Errorf("a window of %s is for %v, want %s", c.what, got, c.want)
		}
	}
}

// What figures leave out, against every hour judged by itself: by the windows
// as they were known at asOf, and as they stood at the end of the hour's day.
func TestPausesHourByHour(t *testing.T) {
	loc, err := time.LoadLocation(plan.DefaultZone)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, loc)
	hour := func(t *rapid.T, name string, most int) time.Time {
		return start.Add(time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Hour)
	}
	rapid.Check(t, func(t *rapid.T) {
		var windows []plan.Window
		for i := range rapid.IntRange(0, 4).Draw(t, "windows") {
			w := plan.Window{Code: fmt.Sprintf("W%d", i), Reason: "x", From: hour(t, "from", 200)}
			w.To = w.From.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "hours")) * time.Hour)
			if rapid.Bool().Draw(t, "stored") {
				w.Declared = hour(t, "declared", 250)
				if rapid.Bool().Draw(t, "ends") {
					w.Until = w.Declared.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "stands")) * time.Hour)
				}
			}
			switch rapid.IntRange(0, 3).Draw(t, "of") {
			case 0:
				w.Camera = "C1"
			case 1:
				w.Route = "R1"
			case 2:
				w.Area = "new"
			default:
				w.Camera = "C2" // another one
			}
			windows = append(windows, w)
		}
		p, err := pausePlan(windows)
		if err != nil {
			t.Fatal(err)
		}
		c := p.Camera("C1")
		from := hour(t, "period from", 250)
		to := from.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "period")) * time.Hour)
		asOf := hour(t, "as of", 400)
		for _, w := range p.Windows { // or when something is about to change
			if !w.Until.IsZero() && rapid.Bool().Draw(t, "before the end") {
				asOf = w.Until.Add(-time.Hour)
			}
		}

		var want, got []string
		for h := from; h.Before(to); h = h.Add(time.Hour) {
			end := plan.DateOf(h, loc).AddDays(1).Start(loc)
			for _, w := range p.Windows {
				known := w.Declared.IsZero() || !w.Declared.After(asOf)
				ended := !w.Until.IsZero() && !w.Until.After(asOf) && w.Until.Before(end)
				stood := w.Declared.Before(end) && !ended
				inside := !h.Before(w.From) && h.Before(w.To)
				mine := w.Camera == "C1" || w.Route == "R1" || w.Area == "new" && !w.From.Before(plan.NewDate(2026, 3, 5).Start(loc))
				if known && stood && inside && mine {
					want = append(want, fmt.Sprint(h, w.Code))
				}
			}
		}
		last := time.Time{}
		for _, x := range p.Pauses(c, from, to, asOf) {
			if x.From.Before(from) || x.To.After(to) || !x.From.Before(x.To) || x.From.Before(last) {
				t.Fatalf("%v to %v is not in order, or not inside %v to %v", x.From, x.To, from, to)
			}
			last = x.From
			for h := x.From; h.Before(x.To); h = h.Add(time.Hour) {
				got = append(got, fmt.Sprint(h, x.Window.Code))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Fatalf("left out are\n%v\nwant\n%v", got, want)
		}
	})
}
