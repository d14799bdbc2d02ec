package account_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
)

// inReach says by the letter whether a site is in reach of a code that was
// granted on a day: walk up from the site's area, one area at a time.
func inReach(p *plan.Plan, s *plan.Site, code string, granted, today plan.Date) bool {
	if code == p.Root {
		return true
	}
	var meant *plan.Area
	for i := range p.Areas {
		if a := &p.Areas[i]; a.Code == code && a.ValidFrom <= granted && (meant == nil || a.ValidFrom > meant.ValidFrom) {
			meant = a
		}
	}
	if meant == nil {
		return false
	}
	on := today
	if !meant.ValidTo.IsZero() && meant.ValidTo < on {
		on = meant.ValidTo
	}
	for _, a := range p.SiteAreas(s, on) {
		if a.Code == meant.Code && a.ValidFrom == meant.ValidFrom {
			return true
		}
	}
	return false
}

func TestAReachHasTheSitesOfItsAreas(t *testing.T) {
	hits := 0
	rapid.Check(t, func(t *rapid.T) {
		drawn := plantest.Plan(t)
		p, err := plan.Build(drawn)
		if err != nil {
			t.Skip("no plan")
		}
		day := func(name string) plan.Date {
			return plan.NewDate(2018, time.January, 1) + plan.Date(rapid.IntRange(0, 4000).Draw(t, name))
		}
		today := day("today")
		var codes []string
		for _, a := range p.Areas {
			codes = append(codes, a.Code)
		}
		codes = append(codes, "nowhere")
		var granted []plan.Date
		var r account.Reach
		for range rapid.IntRange(0, 3).Draw(t, "places") {
			on := day("granted")
			granted = append(granted, on)
			r.Places = append(r.Places, account.Place{Code: rapid.SampledFrom(codes).Draw(t, "area"), Since: on.Start(p.Location)})
		}
		part, err := r.Within(p, today)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range p.Sites {
			s := &p.Sites[i]
			in := slices.ContainsFunc(r.Places, func(pl account.Place) bool {
				return inReach(p, s, pl.Code, granted[slices.Index(r.Places, pl)], today)
			})
			if r.HasSite(p, s, today) != in {
				t.Fatalf("site %s: in reach %t, want %t", s.Code, !in, in)
			}
			if in {
				want = append(want, s.Code)
			}
		}
		if part == nil {
			if len(want) > 0 {
				t.Fatalf("nothing is left of %v", want)
			}
			return
		}
		hits++
		var got []string
		for i := range part.Sites {
			got = append(got, part.Sites[i].Code)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("sites %v, want %v", got, want)
		}
		for i := range p.Cameras {
			c := &p.Cameras[i]
			if (part.Camera(c.Code) != nil) != slices.Contains(want, c.Site) {
				t.Fatalf("camera %s of site %s", c.Code, c.Site)
			}
		}
		for i := range part.Windows {
			w := &part.Windows[i]
			if w.Camera != "" && part.Camera(w.Camera) == nil || w.Site != "" && part.Site(w.Site) == nil || w.Route != "" && part.Route(w.Route) == nil {
				t.Fatalf("maintenance of what is not there: %+v", w)
			}
		}
	})
	if hits == 0 {
		t.Error("no reach had a site")
	}
}

// The district of the sample was abolished and codes of its communes were used
// again: a grant means the area that had the code when it was made.
func TestACodeMeansWhatItMeantWhenItWasGranted(t *testing.T) {
	p, err := plan.ReadDir("../../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	today := plan.NewDate(2026, time.November, 24)
	count := func(code string, y int) (n int) {
		r := account.Reach{Places: []account.Place{{Code: code, Since: time.Date(y, 3, 1, 0, 0, 0, 0, time.UTC)}}}
		for i := range p.Sites {
			if r.HasSite(p, &p.Sites[i], today) {
				n++
			}
		}
		return n
	}
	old, now := count("18562", 2024), count("18562", 2026)
	if old == 0 || now <= old {
		t.Errorf("Thạch Hà: %d sites by a grant of 2024, %d by one of 2026; three areas became one", old, now)
	}
	if all := count(p.Root, 2024); all != len(p.Sites) {
		t.Errorf("the district has %d of %d sites", all, len(p.Sites))
	}
	if n := count("18562", 2019); n != 0 {
		t.Errorf("before there was any Thạch Hà: %d sites", n)
	}
}
