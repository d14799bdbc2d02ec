package coverage_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/history"
	ways "github.com/phukin/phukin/hub/network"
	"github.com/phukin/phukin/hub/plan"
)

// threeGateways is the network that docs/coverage.md follows by hand. R3 goes
// around the middle of R1 by a corner 1,000 m east and 750 m south of N1: two
// sides of 1,250 m.
//
//	          C
//	          |  R2, 1,500 m
//	A ------- N1 ----Q>-------- N2 ----P>------ B    R1, 5,000 m
//	   1,000    \    2,000      /     2,000
//	              \          /   R3, 2,500 m
//	                 \    /
//
// Camera Q works. Camera P is planned.
func threeGateways(t *testing.T) *plan.Plan {
	t.Helper()
	line := func(points ...geo.Point) *geo.Line {
		l, err := geo.NewLine(points)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	n1, n2 := east(1000), east(3000)
	p := &plan.Plan{
		Routes: []plan.Route{
			{Code: "R1", Line: line(east(0), n1, n2, east(5000))},
			{Code: "R2", Line: line(n1, geo.Move(n1, 0, 1500))},
			{Code: "R3", Line: line(n1, geo.Move(east(2000), 180, 750), n2)},
		},
		Sites:   []plan.Site{{Code: "q", Route: "R1", At: 2000}, {Code: "p", Route: "R1", At: 4000}},
		Cameras: []plan.Camera{camera("P", "p", 90), camera("Q", "q", 90)},
	}
	r1, r3 := p.Routes[0].Line, p.Routes[2].Line
	at1, _ := r1.Project(n1)
	at2, _ := r1.Project(n2)
	p.Junctions = []plan.Junction{
		{Code: "N1", Route: "R1", At: at1}, {Code: "N1", Route: "R2", At: 0}, {Code: "N1", Route: "R3", At: 0},
		{Code: "N2", Route: "R1", At: at2}, {Code: "N2", Route: "R3", At: r3.Length()},
	}
	p.Gateways = []plan.Gateway{{Code: "A", Route: "R1", At: 0}, {Code: "B", Route: "R1", At: r1.Length()}, {Code: "C", Route: "R2", At: p.Routes[1].Line.Length()}}
	return p
}

// views gives what one camera of a plan has in view.
func views(t *testing.T, p *plan.Plan, code string) (all []ways.View) {
	t.Helper()
	eye, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range eye.Footprints() {
		for _, s := range f.Stretch {
			if f.Camera == code {
				all = append(all, ways.View{Route: s.Route, Interval: s.Interval})
			}
		}
	}
	return all
}

// drive writes the steps of a way as the pages do.
func drive(w ways.Way) string {
	var out []string
	for _, s := range w.Steps {
		from, to := s.From, s.To
		if s.Backward {
			from, to = to, from
		}
		out = append(out, fmt.Sprintf("%s %s → %s", s.Route, geo.FormatChainage(math.Round(from)), geo.FormatChainage(math.Round(to))))
	}
	return strings.Join(out, ", ")
}

func waysTable(t *testing.T, w words) string {
	p := threeGateways(t)
	n := ways.New(p)
	var b strings.Builder
	row := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	head := []string{"từ", "đến", "dài (m)", "đường đi"}
	if !w.comma {
		head = []string{"from", "to", "length (m)", "way"}
	}
	row(head...)
	b.WriteString("|---|---|---|---|\n")
	for _, way := range n.Blind(n.Closed(views(t, p, "Q"), coverage.Least)) {
		row(way.From, way.To, w.n(way.Length, 0), drive(way))
	}
	return b.String()
}

// waysPicture draws the network, what Q closes, and what else is to be closed.
func waysPicture(t *testing.T) string {
	p := threeGateways(t)
	n := ways.New(p)
	closing := n.Close(n.Closed(views(t, p, "Q"), coverage.Least), []ways.Camera{{Code: "P", Views: views(t, p, "P")}}, coverage.Least)
	x := func(metres float64) float64 { return 60 + metres/5000*700 }
	const y, dy = 150.0, 700.0 / 5000
	var b strings.Builder
	line := func(x1, y1, x2, y2 float64, colour string, width int) {
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%d" stroke-linecap="round"/>`+"\n", x1, y1, x2, y2, colour, width)
	}
	text := func(at, y float64, anchor, t string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", at, y, anchor, t)
	}
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 830 330" width="830" height="330" font-family="DejaVu Sans, Arial, sans-serif" font-size="12" fill="#22303c">` + "\n" +
		`<title>Đường đi không qua camera · ways that pass no camera</title>` + "\n" + `<rect width="830" height="330" fill="#ffffff"/>` + "\n")
	grey, red, green := "#c9ced4", "#d9534f", "#2e8b57"
	line(x(0), y, x(5000), y, grey, 6)
	line(x(1000), y, x(1000), y-1500*dy/2, grey, 6)
	line(x(1000), y, x(2000), y+750*dy, grey, 6)
	line(x(2000), y+750*dy, x(3000), y, grey, 6)
	for _, s := range closing.Stretches {
		if s.Route != "R1" {
			t.Fatalf("the picture shows stretches of R1 alone, and %+v is needed", s)
		}
		line(x(s.From), y, x(s.To), y, red, 6)
		text((x(s.From)+x(s.To))/2, y+24, "middle", "? camera mới · new")
	}
	for _, c := range []struct{ code, word string }{{"Q", "đang hoạt động · working"}, {"P", "trong kế hoạch · planned"}} {
		colour := green
		if c.code == "P" {
			colour = "#2b6cb0"
		}
		for _, v := range views(t, p, c.code) {
			line(x(v.From), y, x(v.To)+8, y, colour, 12)
			text(x(v.From), y-14, "middle", c.code+": "+c.word)
		}
	}
	dot := func(at, y float64) { fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="5" fill="#22303c"/>`+"\n", at, y) }
	gate := func(at, y float64) {
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="12" height="28" fill="#ffffff" stroke="#22303c" stroke-width="2"/>`+"\n", at-6, y-14)
	}
	dot(x(1000), y)
	dot(x(3000), y)
	gate(x(0), y)
	gate(x(5000), y)
	gate(x(1000), y-1500*dy/2)
	text(x(0), y-22, "middle", "A")
	text(x(5000), y-22, "middle", "B")
	text(x(1000)+14, y-1500*dy/2+4, "start", "C")
	text(x(1000)+9, y-10, "start", "N1")
	text(x(3000)+6, y+20, "start", "N2")
	text(x(1000)+10, y-50, "start", "R2, 1.500 m")
	text(x(2000), y+750*dy+20, "middle", "R3, 2.500 m")
	text(x(4400), y+20, "middle", "R1, 5.000 m")
	text(60, 300, "start", "Đỏ: đoạn cần thêm một camera · red: the stretch that needs one more camera")
	text(60, 318, "start", "R2 không theo tỷ lệ, vùng quan sát vẽ dài thêm · R2 is not to scale, views are drawn longer")
	b.WriteString("</svg>\n")
	return b.String()
}

func TestThePagesPictureOfBlindWaysIsTheExamples(t *testing.T) {
	const file = "../../docs/images/coverage-ways.svg"
	want := waysPicture(t)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil { // a page's picture
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s is not what the code finds (%v); bring it up to date with: go test ./hub/coverage -run Page -update", file, err)
	}
}

// What the page says of the example in words.
func TestThePageFollowsBlindWaysByHand(t *testing.T) {
	p := threeGateways(t)
	n := ways.New(p)
	closed := n.Closed(views(t, p, "Q"), coverage.Least)
	blind := n.Blind(closed)
	want := []struct {
		from, to string
		length   float64
	}{{"A", "C", 1000 + 1500}, {"A", "B", 1000 + 2500 + 2000}, {"B", "C", 2000 + 2500 + 1500}}
	if len(blind) != len(want) {
		t.Fatalf("ways %+v", blind)
	}
	for i, w := range want {
		if g := blind[i]; g.From != w.from || g.To != w.to || math.Abs(g.Length-w.length) > 0.5 {
			t.Errorf("way %d is %+v, by hand %+v", i, g, w)
		}
	}
	c := n.Close(closed, []ways.Camera{{Code: "P", Views: views(t, p, "P")}}, coverage.Least)
	if len(c.Cameras) != 1 || len(c.Stretches) != 1 || !c.Fewest || c.Stretches[0].Route != "R1" || c.Stretches[0].From != 0 || math.Abs(c.Stretches[0].To-1000) > 0.1 {
		t.Errorf("closing %+v", c)
	}
	if without := n.Close(closed, nil, coverage.Least); len(without.Stretches) != 2 {
		t.Errorf("without P: %+v", without)
	}
	// Nothing works: A to B goes straight on.
	if all := n.Blind(n.Closed(nil, coverage.Least)); len(all) != 3 || math.Abs(all[1].Length-5000) > 0.5 || math.Abs(all[2].Length-5500) > 0.5 {
		t.Errorf("ways when nothing works: %+v", all)
	}
}

// The loss of the page's day, in metre hours.
func TestThePageFollowsALossByHand(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	p := straight(t, camera("A", "on500", 90), camera("B", "on530", 270))
	p.Sites = append(p.Sites, plan.Site{Code: "on530", Route: "DH1", At: 530})
	p.Junctions = nil
	eye, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	day := firstDay.Start(time.UTC).Unix()
	all := []coverage.Window{{From: day - 1e6, To: day + 1e6}}
	w := &world{loc: time.UTC, service: map[string][]coverage.Window{"A": all, "B": all}, days: map[string][]history.Day{
		"A": {hours(t, firstDay, "A", "uuuugggg--------dddddddd")},
		"B": {hours(t, firstDay, "B", "ddduuuuudddduuuudddddddd")},
	}}
	loss, err := eye.Loss([]string{"B"}, coverage.Window{From: day, To: day + 86400}, w.evidence())
	if err != nil {
		t.Fatal(err)
	}
	sure, maybe := loss.MetreSeconds()
	for name, v := range map[string][2]float64{"lost": {sure / 3600, 15*26.889 + 8*30}, "maybe": {maybe / 3600, 4 * 30}} {
		if math.Abs(v[0]-v[1]) > 0.3 {
			t.Errorf("%s: %v metre hours, by hand %v", name, v[0], v[1])
		}
		for _, w := range []words{vietnamese, english} {
			if want := "= " + w.n(v[1], 1); !strings.Contains(string(text), want) {
				t.Errorf("the page does not say %q", want)
			}
		}
	}
	for _, w := range []words{vietnamese, english} {
		if want := w.n(loss.Most, 2) + " m"; !strings.Contains(string(text), want) {
			t.Errorf("the page does not say %q, the most that was lost at once", want)
		}
	}
}
