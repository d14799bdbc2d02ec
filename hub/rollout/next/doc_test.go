package next_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/network"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout/next"
)

var update = flag.Bool("update", false, "write the tables into docs/next.md")

const page = "../../../docs/next.md"

// twoRoads is the plan that docs/next.md follows by hand. Nothing is there yet.
//
//	           ,---P3--- DH2, 700 m ---.
//	G-W ------J----P1-P2---------------K------------P5 G-E
//	0        800  1000 1030           1390           2000     P4: a market, 900 m off
func twoRoads(t *testing.T) *plan.Plan {
	t.Helper()
	bend := math.Sqrt(350*350 - 295*295)
	p := &plan.Plan{
		Routes: []plan.Route{route(t, "DH1", at(0, 0), at(2000, 0)), route(t, "DH2", at(800, 0), at(1095, bend), at(1390, 0))},
		Junctions: []plan.Junction{
			{Code: "J", Route: "DH1", At: 800}, {Code: "J", Route: "DH2", At: 0},
			{Code: "K", Route: "DH1", At: 1390}, {Code: "K", Route: "DH2", At: 700},
		},
		Gateways: []plan.Gateway{{Code: "G-W", Route: "DH1", At: 0}, {Code: "G-E", Route: "DH1", At: 2000}},
		Sites: []plan.Site{
			{Code: "P1", Area: "X", Kind: plan.SiteRoute, Route: "DH1", At: 1000},
			{Code: "P2", Area: "X", Kind: plan.SiteRoute, Route: "DH1", At: 1030},
			{Code: "P3", Area: "X", Kind: plan.SiteRoute, Route: "DH2", At: 100},
			{Code: "P4", Area: "X", Kind: plan.SiteMarket, Position: at(1000, 900)},
			{Code: "P5", Area: "Y", Kind: plan.SiteRoute, Route: "DH1", At: 2000},
		},
	}
	narrow := 2 * math.Atan(5.4/2/4) * 180 / math.Pi // 5.4 mm behind 4 mm
	p.Cameras = []plan.Camera{
		{Code: "C1", Site: "P1", Azimuth: 90, FOV: narrow, Width: 1920, Cost: 15},
		{Code: "C2", Site: "P2", Azimuth: 90, FOV: narrow, Width: 1920, Cost: 10},
		{Code: "C3", Site: "P3", Azimuth: p.Routes[1].Line.BearingAt(100), FOV: 90, Width: 1920, Cost: 35},
		{Code: "C4", Site: "P4", Azimuth: 0, FOV: narrow, Width: 1920, Cost: 14},
		{Code: "C5", Site: "P5", Azimuth: 270, FOV: narrow, Width: 2560},
	}
	return p
}

// inX ranks the sites of commune X alone.
func inX(t *testing.T, p *plan.Plan, by next.By) next.Ranking {
	t.Helper()
	return ranked(t, p, next.Question{Eye: eyeOf(t, p), Network: network.New(p), There: there, Planned: planned, By: by,
		Site: func(s *plan.Site) bool { return s.Area == "X" }})
}

// said writes a row shortly: what it adds in view, controlled, and of sections,
// gateways, ways and places.
func said(r next.Ranking) []string {
	var out []string
	for _, s := range r.Sites {
		g := s.Gain
		line := fmt.Sprintf("%s %s: %.1f %.0f %d %d %d %d", s.Code, s.Standing, g.InView, g.Controlled, g.Sections, g.Gateways, g.Ways, g.Places)
		if s.With != nil {
			line += fmt.Sprint(" with ", s.With)
		}
		out = append(out, line)
	}
	return out
}

func TestTheRanksThatCanBeFollowedByHand(t *testing.T) {
	p := twoRoads(t)
	for by, want := range map[next.By][]string{
		next.Control: {"P3 ranked: 38.4 700 1 0 0 0", "P5 ranked: 75.9 610 1 1 1 0", "P1 ranked: 56.9 590 1 0 0 0", "P2 adds_nothing: 30.0 0 0 0 0 0", "P4 adds_nothing: 0.0 0 0 0 0 1"},
		next.View:    {"P5 ranked: 75.9 610 1 1 1 0", "P1 ranked: 56.9 590 1 0 0 0", "P3 ranked: 38.4 700 1 0 0 0", "P2 ranked: 30.0 0 0 0 0 0", "P4 adds_nothing: 0.0 0 0 0 0 1"},
		next.Cost:    {"P2 ranked: 56.9 590 1 0 0 0", "P3 ranked: 38.4 700 1 0 1 0", "P5 cost_unknown: 75.9 610 1 1 0 0", "P1 adds_nothing: 30.0 0 0 0 0 0", "P4 adds_nothing: 0.0 0 0 0 0 1"},
		next.Ways:    {"P5 ranked: 75.9 610 1 1 1 0", "P1 adds_nothing: 56.9 590 1 0 0 0", "P2 adds_nothing: 30.0 0 0 0 0 0", "P3 adds_nothing: 38.4 700 1 0 0 0", "P4 adds_nothing: 0.0 0 0 0 0 1"},
	} {
		if d := cmp.Diff(want, said(rank(t, p, by))); d != "" {
			t.Errorf("by %s (-by hand +ranked):\n%s", by, d)
		}
	}
	want := []string{"P1 ranked: 56.9 590 1 0 0 0 with [P3]", "P3 ranked: 38.4 700 1 0 1 0 with [P1]", "P2 adds_nothing: 30.0 0 0 0 0 0", "P4 adds_nothing: 0.0 0 0 0 0 1"}
	if d := cmp.Diff(want, said(inX(t, p, next.Ways))); d != "" {
		t.Errorf("by ways, in X alone (-by hand +ranked):\n%s", d)
	}
	all := next.Measures{InView: 2700, Controlled: 2700, Sections: 4, Gateways: 2, Ways: 1, Places: 1}
	if got := rank(t, p, next.View).All; got != all {
		t.Errorf("all: %+v, want %+v", got, all)
	}
}

// The middle camera sees 60 m, those left and right of it 50 m each, and share
// 20 m with it. The first two of the rank are not the best two.
func TestTheBestTwoAreNotTheFirstTwo(t *testing.T) {
	p := &plan.Plan{
		Routes: []plan.Route{route(t, "DH1", at(0, 0), at(2000, 0))},
		Sites:  []plan.Site{{Code: "A", Route: "DH1", At: 570}, {Code: "B", Route: "DH1", At: 640}, {Code: "M", Route: "DH1", At: 600}},
	}
	for i, width := range []int{2500, 2500, 3000} {
		p.Cameras = append(p.Cameras, plan.Camera{Code: fmt.Sprint("C", i), Site: p.Sites[i].Code, Azimuth: 90, FOV: 90, Width: width})
	}
	want := []string{"M ranked: 60.0 2000 1 0 0 0", "A ranked: 30.0 0 0 0 0 0", "B ranked: 30.0 0 0 0 0 0"}
	if d := cmp.Diff(want, said(rank(t, p, next.View))); d != "" {
		t.Errorf("-by hand +ranked:\n%s", d)
	}
	two := slow{t, p}.of(map[string]bool{"C0": true, "C1": true})
	if math.Abs(two.InView-100) > 0.01 {
		t.Errorf("A and B see %v m together", two.InView)
	}
}

// words are those of the tables.
type words struct {
	head                             []string
	by                               map[next.By]string
	inX, together, unknown, standing string
	nothing                          string
	comma                            bool
}

var vietnamese = words{
	head: []string{"Thứ tự", "Điểm", "Triệu đồng", "+ trong tầm (m)", "+ kiểm soát (m)", "+ đoạn", "+ cửa ngõ", "+ khép lối", "+ địa điểm"},
	by: map[next.By]string{next.Control: "Theo số mét được kiểm soát (`by=control`)", next.View: "Theo số mét trong tầm quan sát (`by=view`)",
		next.Cost: "Theo số mét được kiểm soát trên mỗi triệu đồng (`by=cost`)", next.Ways: "Theo số lối không camera khép được (`by=ways`)", next.Gateways: "Theo số cửa ngõ (`by=gateways`)"},
	inX: "Như trên, chỉ các điểm của xã X (`by=ways&area=X`)", together: " cùng ", unknown: "chưa biết", standing: "chưa rõ kinh phí", nothing: "không thêm", comma: true,
}

var english = words{
	head: []string{"rank", "site", "million VND", "+ in view (m)", "+ controlled (m)", "+ sections", "+ gateways", "+ ways closed", "+ places"},
	by: map[next.By]string{next.Control: "By metres controlled (`by=control`)", next.View: "By metres in view (`by=view`)",
		next.Cost: "By metres controlled per million VND (`by=cost`)", next.Ways: "By blind ways closed (`by=ways`)", next.Gateways: "By gateways (`by=gateways`)"},
	inX: "The same for the sites of commune X alone (`by=ways&area=X`)", together: " with ", unknown: "not known", standing: "cost not known", nothing: "adds nothing",
}

// n writes a number below a million with one decimal.
func (w words) n(v float64) string {
	whole, tenths, _ := strings.Cut(fmt.Sprintf("%.1f", v), ".")
	thousand, point := ",", "."
	if w.comma {
		thousand, point = ".", ","
	}
	if n := len(whole) - 3; n > 0 {
		whole = whole[:n] + thousand + whole[n:]
	}
	return whole + point + tenths
}

func (w words) table(title string, r next.Ranking) string {
	var b strings.Builder
	b.WriteString("**" + title + "**\n\n")
	row := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(w.head...)
	b.WriteString(strings.Repeat("|---", len(w.head)) + "|\n")
	for i := range r.Sites {
		s := &r.Sites[i]
		place := map[next.Standing]string{next.Ranked: fmt.Sprint(i + 1), next.CostUnknown: w.standing, next.AddsNothing: w.nothing}[s.Standing]
		if s.With != nil {
			place += w.together + strings.Join(s.With, ", ")
		}
		cost := w.unknown
		if s.Cost > 0 {
			cost = fmt.Sprint(s.Cost)
			if w.comma {
				cost = strings.ReplaceAll(cost, ".", ",")
			}
		}
		g := s.Gain
		row(place, s.Code, cost, w.n(g.InView), w.n(g.Controlled), fmt.Sprint(g.Sections), fmt.Sprint(g.Gateways), fmt.Sprint(g.Ways), fmt.Sprint(g.Places))
	}
	return b.String() + "\n"
}

// The page shows what the code finds. With -update it is written.
func TestThePageShowsTheRanks(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	p := twoRoads(t)
	changed := string(text)
	for lang, w := range map[string]words{"vi": vietnamese, "en": english} {
		example := ""
		for _, by := range []next.By{next.Control, next.View, next.Cost, next.Ways} {
			example += w.table(w.by[by], rank(t, p, by))
		}
		example += w.table(w.inX, inX(t, p, next.Ways))
		changed = section(t, changed, "example-"+lang, example)
		changed = section(t, changed, "sample-"+lang, w.table(w.by[next.View], sample(t)))
	}
	if *update {
		if err := os.WriteFile(page, []byte(changed), 0o644); err != nil { // a page
			t.Fatal(err)
		}
	}
}

// section puts what the code finds into a part of the page.
func section(t *testing.T, text, name, want string) string {
	t.Helper()
	begin, end := "<!-- begin "+name+" (go test ./hub/rollout/next -run Page -update) -->\n", "<!-- end "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	old, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s has no section %s", page, name)
	}
	if want = "\n" + want; old != want && !*update {
		t.Errorf("section %s of %s is not what the code finds; bring it up to date with: go test ./hub/rollout/next -run Page -update", name, page)
	}
	return before + begin + want + end + after
}

// sample ranks ten sites of the sample plan as it is on the day of its figures.
func sample(t *testing.T) next.Ranking {
	t.Helper()
	p, err := plan.ReadDir("../../../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	day := plan.NewDate(2026, 11, 23)
	level, _ := p.LevelByCode("observation")
	eye, err := coverage.NewEye(p, level, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ranked(t, p, next.Question{
		Eye: eye, Network: network.New(p), By: next.View, Most: 10,
		There:   func(c *plan.Camera) bool { return c.ClaimedInstalled(day) },
		Planned: func(c *plan.Camera) bool { return c.InPlan(day) },
	})
}
