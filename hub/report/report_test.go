package report_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/report"
	"github.com/phukin/phukin/hub/rollout"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// world is the sample plan with evidence that was drawn.
type world struct {
	report.Input
	status map[string]report.Status
	day    plan.Date
}

func sample(t testing.TB) *plan.Plan {
	t.Helper()
	p, err := plan.ReadDir("../../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// input makes the input of a period that ended.
func input(t rapid.TB, p *plan.Plan, first, last plan.Date, known *uptime.Snapshot, seen map[string]history.Seen, status map[string]report.Status) report.Input {
	t.Helper()
	level, _ := p.LevelByCode(p.Level)
	eye, err := coverage.NewEye(p, level, nil)
	if err != nil {
		t.Fatal(err)
	}
	works := func(c *plan.Camera) bool { return status[c.Code].Works() }
	working := eye.Cover(works)
	maybe := eye.Cover(func(c *plan.Camera) bool { return works(c) || status[c.Code] == report.Unknown })
	return report.Input{
		Plan: p, Days: uptime.Days{First: rollout.DayNumber(first), Last: rollout.DayNumber(last)}, At: (last + 1).Start(p.Location).Add(time.Hour), Level: level, Seen: seen, Known: known,
		Status:  func(c *plan.Camera) report.Status { return status[c.Code] },
		Service: func(c *plan.Camera) uptime.Service { return uptime.ServiceOf(p, c) },
		Claimed: func(on plan.Date) *coverage.Result {
			accepted, _ := coverage.ByPlan(coverage.Accepted, on)
			r := eye.Cover(accepted)
			return &r
		},
		Working: &working, Maybe: &maybe,
	}
}

var shared = struct {
	plan *plan.Plan
}{}

func draw(t *rapid.T) world {
	p := shared.plan
	due := p.Cameras[rapid.IntRange(0, len(p.Cameras)-1).Draw(t, "camera")].Due
	last := rapid.OneOf(rapid.Custom(func(t *rapid.T) plan.Date {
		return plan.NewDate(2024, 1, 1) + plan.Date(rapid.IntRange(0, 1100).Draw(t, "day"))
	}), rapid.SampledFrom([]plan.Date{due - 1, due, due + 1})).Draw(t, "last")
	first := last - plan.Date(rapid.IntRange(0, 200).Draw(t, "length"))
	w := world{day: last, status: map[string]report.Status{}}
	seen := map[string]history.Seen{}
	index := uptime.NewIndex(p.Location)
	r := rapid.IntRange(0, 1<<30).Draw(t, "seed")
	next := func(n int) int { r = (r*1103515245 + 12345) & 0x7fffffff; return (r >> 8) % n }
	for i := range p.Cameras {
		c := &p.Cameras[i]
		service := uptime.ServiceOf(p, c)
		if service.In.Has(last.Start(p.Location).Unix()) {
			w.status[c.Code] = []report.Status{report.InMaintenance, report.Up, report.Degraded, report.Down, report.Unknown}[next(5)]
		}
		if next(3) > 0 {
			seen[c.Code] = history.Seen{Enrolled: rollout.DayNumber(first) - 5, Verified: rollout.DayNumber(last) - 3 + history.DayNumber(next(6))}
		}
		if next(4) == 0 {
			index.Put(history.Day{Camera: c.Code, Number: rollout.DayNumber(last), Revision: 1, Timeline: history.Timeline{{Seconds: 40_000, Status: wire.StatusUp}, {Seconds: 10_000, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect}, {Seconds: 36_400}}})
		}
	}
	w.Input = input(t, p, first, last, index.Snapshot(), seen, w.status)
	return w
}

func find(s *report.Section, code, by, part string) *report.Figure {
	for i := range s.Figures {
		if f := &s.Figures[i]; f.Code == code && f.Part.By == by && f.Part.Code == part {
			return f
		}
	}
	return nil
}

func total(t rapid.TB, s *report.Section, code string) *report.Figure {
	t.Helper()
	f := find(s, code, "total", "")
	if f == nil {
		t.Fatalf("there is no figure %s", code)
	}
	return f
}

func TestTheFiguresAddUp(t *testing.T) {
	shared.plan = sample(t)
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		s, err := report.Make(w.Input)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range []string{"cameras_planned", "cameras_surveyed", "cameras_installed", "cameras_accepted", "cameras_working"} {
			for _, by := range []string{"area", "route", "owner"} {
				var number, of, verified float64
				for i := range s.Figures {
					if f := &s.Figures[i]; f.Code == code && f.Part.By == by {
						number += *f.Numerator
						if f.Denominator != nil {
							of += *f.Denominator
						}
						if f.Verified != nil {
							verified += *f.Verified
						}
					}
				}
				all := total(t, s, code)
				if number != *all.Numerator || all.Denominator != nil && of != *all.Denominator || all.Verified != nil && verified != *all.Verified {
					t.Fatalf("%s by %s: %v of %v (verified %v), in total %v of %v (%v)", code, by, number, of, verified, *all.Numerator, all.Denominator, all.Verified)
				}
			}
		}
		var states float64
		for _, code := range []string{"cameras_up", "cameras_degraded", "cameras_down", "cameras_unknown", "cameras_in_maintenance"} {
			states += *total(t, s, code).Numerator
		}
		if working := total(t, s, "cameras_working"); states != *working.Denominator || *working.Numerator != *total(t, s, "cameras_up").Numerator+*total(t, s, "cameras_degraded").Numerator {
			t.Fatalf("%v cameras by state, %v in service", states, *working.Denominator)
		}
		var money, km float64
		for i := range s.Figures {
			switch f := &s.Figures[i]; {
			case f.Code == "funding" && f.Part.By == "funding" && f.Numerator != nil:
				money += *f.Numerator
			case f.Code == "km_in_view" && f.Part.By == "route":
				km += *f.Numerator
			}
		}
		if f := total(t, s, "funding"); f.Numerator != nil && math.Abs(money-*f.Numerator) > 1e-9 || f.Numerator == nil && money > 0 {
			t.Fatalf("%v million by source", money)
		}
		if f := total(t, s, "km_in_view"); math.Abs(km-*f.Numerator) > 1e-9 {
			t.Fatalf("%v km by route, %v in total", km, *f.Numerator)
		}
	})
}

func TestTheFiguresAreThoseOfCountingByHand(t *testing.T) {
	shared.plan = sample(t)
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		s, err := report.Make(w.Input)
		if err != nil {
			t.Fatal(err)
		}
		p, day := w.Plan, w.day
		n := map[string]float64{}
		sites, communes, seenCommunes := map[string]bool{}, map[string]bool{}, map[string]bool{}
		least := 0
		for _, c := range p.Cameras {
			retired := !c.Retired.IsZero() && c.Retired <= day
			if c.Planned > day || retired {
				continue
			}
			at := func(d plan.Date) bool { return !d.IsZero() && d <= day }
			n["cameras_planned"]++
			verified := false
			if e, ok := w.Seen[c.Code]; ok && e.Verified != history.NoDay && dateOf(e.Verified) <= day {
				verified = true
			}
			if at(c.Installed) {
				n["cameras_installed"]++
			} else if !c.Due.IsZero() && c.Due < day {
				n["cameras_overdue"]++
			} else if c.Due > day && c.Due <= day+plan.Date(w.Days.Last-w.Days.First+1) {
				n["cameras_due_next"]++
			}
			if at(c.Accepted) {
				n["cameras_accepted"]++
				sites[c.Site] = true
				n["funding"] += c.Cost
				if a := p.SiteArea(p.Site(c.Site), day); a != nil {
					communes[a.Code] = true
					seenCommunes[a.Code] = seenCommunes[a.Code] || verified
				}
				if c.StorageDays > 0 && (least == 0 || c.StorageDays < least) {
					least = c.StorageDays
				}
			}
		}
		n["sites_accepted"], n["communes_with_cameras"] = float64(len(sites)), float64(len(communes))
		for code, want := range n {
			f := total(t, s, code)
			if f.Numerator == nil {
				if want > 0 {
					t.Fatalf("%s is missing, by hand %v", code, want)
				}
			} else if math.Abs(*f.Numerator-want) > 1e-6 {
				t.Fatalf("%s: %v, by hand %v", code, *f.Numerator, want)
			}
		}
		verified := 0.0
		for _, v := range seenCommunes {
			if v {
				verified++
			}
		}
		if f := total(t, s, "communes_with_cameras"); *f.Verified != verified {
			t.Fatalf("%v communes verified, by hand %v", *f.Verified, verified)
		}
		if f := total(t, s, "storage_days"); least > 0 && *f.Numerator != float64(least) || least == 0 && f.Numerator != nil {
			t.Fatalf("storage: %v, by hand %d", f.Numerator, least)
		}
	})
}

func TestWhatIsNotKnownIsSaidToBeMissing(t *testing.T) {
	shared.plan = sample(t)
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		s, err := report.Make(w.Input)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Figures {
			f := &s.Figures[i]
			if (f.Numerator == nil) != (f.Missing.VI != "") || (f.Numerator == nil) != (f.Missing.EN != "") {
				t.Fatalf("%s: number %v, missing %q", f.Code, f.Numerator, f.Missing.VI)
			}
			for _, text := range []string{f.Name.VI, f.Name.EN, f.Rule.VI, f.Rule.EN, f.Sentence.VI, f.Sentence.EN} {
				if text == "" || strings.Contains(text, "%!") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
					t.Fatalf("%s says %q", f.Code, text)
				}
			}
			if v, ok := f.Share(); ok && (v < 0 || v > 1+1e-9) {
				t.Fatalf("%s has the share %v", f.Code, v)
			}
			if v, ok := f.Share(); ok && f.Low != nil && f.Code == "availability" && (v < *f.Low-1e-9 || v > *f.High+1e-9) {
				t.Fatalf("%s: %v does not lie between %v and %v", f.Code, v, *f.Low, *f.High)
			}
			bounded := f.Numerator
			if f.Verified != nil {
				bounded = f.Verified
			}
			if f.Low != nil && f.Code != "availability" && f.Code != "outages" && (*bounded < *f.Low || f.High != nil && *bounded > *f.High) {
				t.Fatalf("%s: %v does not lie between %v and %v", f.Code, *bounded, *f.Low, f.High)
			}
			if f.Verified != nil && f.Unit != report.Kilometres && f.Basis == report.ByPlan && f.Unit != report.Gateways && f.Unit != report.Places && *f.Verified > *f.Numerator {
				t.Fatalf("%s: %v of %v verified", f.Code, *f.Verified, *f.Numerator)
			}
		}
	})
}

func TestWithoutEvidenceThereIsNoAvailability(t *testing.T) {
	p := sample(t)
	s, err := report.Make(input(t, p, plan.NewDate(2026, 10, 1), plan.NewDate(2026, 10, 31), uptime.NewIndex(p.Location).Snapshot(), nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"availability", "outages", "time_to_restore", "longest_outage", "hamlets_covered", "cases_assisted"} {
		if f := total(t, s, code); f.Numerator != nil || !strings.Contains(f.Sentence.VI, "chưa có dữ liệu") || !strings.Contains(f.Sentence.EN, "no data") {
			t.Errorf("%s: %v, %q", code, f.Numerator, f.Sentence.VI)
		}
	}
}

func TestFiguresByHandAreThoseOfTheirWholeSpans(t *testing.T) {
	p := sample(t) // 6 cases from July to September 2026
	for _, c := range []struct {
		first, last plan.Date
		want        float64
	}{
		{plan.NewDate(2026, 7, 1), plan.NewDate(2026, 9, 30), 6},
		{plan.NewDate(2026, 1, 1), plan.NewDate(2026, 10, 31), 6},
		{plan.NewDate(2026, 7, 2), plan.NewDate(2026, 9, 30), -1},
		{plan.NewDate(2026, 7, 1), plan.NewDate(2026, 9, 29), -1},
	} {
		s, err := report.Make(input(t, p, c.first, c.last, uptime.NewIndex(p.Location).Snapshot(), nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		f := total(t, s, "cases_assisted")
		if c.want >= 0 && (f.Numerator == nil || *f.Numerator != c.want) || c.want < 0 && (f.Numerator != nil || !strings.Contains(f.Missing.EN, "beyond")) {
			t.Errorf("%s to %s: %v %q", c.first, c.last, f.Numerator, f.Missing.EN)
		}
	}
}

func TestACommuneHasItsOwnFigures(t *testing.T) {
	p := sample(t)
	day := plan.NewDate(2026, 10, 31)
	status := map[string]report.Status{}
	area := p.SiteArea(p.Site(p.Cameras[0].Site), day).Code
	in := input(t, p, day-30, day, uptime.NewIndex(p.Location).Snapshot(), nil, status)
	whole, err := report.Make(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Area = area
	own, err := report.Make(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"cameras_planned", "cameras_accepted"} {
		if a, b := total(t, own, code), find(whole, code, "area", area); b == nil || *a.Numerator != *b.Numerator {
			t.Errorf("%s of %s: %v alone, %v in the whole", code, area, *a.Numerator, b)
		}
	}
	if f := total(t, own, "communes_with_cameras"); *f.Denominator != 1 {
		t.Errorf("a commune has %v communes", *f.Denominator)
	}
	if f, all := total(t, own, "km_in_view"), total(t, whole, "km_in_view"); *f.Denominator <= 0 || *f.Denominator >= *all.Denominator {
		t.Errorf("%v km of roads in the commune, %v in all", *f.Denominator, *all.Denominator)
	}
	in.Area = "99999"
	if _, err := report.Make(in); err == nil || !strings.Contains(err.Error(), "99999") {
		t.Errorf("an unknown area: %v", err)
	}
}

func TestTheStateAtTheEndOfADayIsThatOfItsLastSecond(t *testing.T) {
	p := sample(t)
	day := plan.NewDate(2026, 10, 31)
	end := (day + 1).Start(p.Location).Unix()
	in := uptime.Service{In: uptime.Spans{{From: end - 86_400, To: end}}}
	paused := in
	paused.Pauses = uptime.Spans{{From: end - 1, To: end}}
	over := uptime.Service{In: uptime.Spans{{From: end - 86_400, To: end - 1}}}
	down := history.Run{Seconds: 1, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect}
	for name, c := range map[string]struct {
		last    history.Run
		service uptime.Service
		want    report.Status
	}{
		"up":             {history.Run{Seconds: 1, Status: wire.StatusUp}, in, report.Up},
		"degraded":       {history.Run{Seconds: 1, Status: wire.StatusDegraded}, in, report.Degraded},
		"down":           {down, in, report.Down},
		"nobody looked":  {history.Run{Seconds: 1}, in, report.Unknown},
		"in maintenance": {down, paused, report.InMaintenance},
		"retired":        {down, over, report.NotInService},
	} {
		index := uptime.NewIndex(p.Location)
		before := history.Run{Seconds: 86_399, Status: wire.StatusUp}
		if c.last.Status == wire.StatusUp {
			before = history.Run{Seconds: 86_399}
		}
		index.Put(history.Day{Camera: "x", Number: rollout.DayNumber(day), Revision: 1, Timeline: history.Timeline{before, c.last}})
		if got := report.StatusAt(index.Snapshot(), &plan.Camera{Code: "x"}, c.service, end); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	for s, want := range map[wire.Status]report.Status{wire.StatusUp: report.Up, wire.StatusDegraded: report.Degraded, wire.StatusDown: report.Down, 0: report.Unknown} {
		if got := report.OfEvidence(s); got != want {
			t.Errorf("evidence %d: %d, want %d", s, got, want)
		}
	}
}

func dateOf(n history.DayNumber) plan.Date { return plan.NewDate(1970, 1, 1) + plan.Date(n) }
