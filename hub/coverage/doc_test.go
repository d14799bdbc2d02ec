package coverage_test

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

var update = flag.Bool("update", false, "write the sample's tables into docs/coverage.md")

const page = "../../docs/coverage.md"

// The route of the sample that docs/coverage.md follows by hand, as accepted on
// the day the sample was made for.
const followed = "DT550"

var followedDay = plan.NewDate(2026, 11, 23)

type sampleRoute struct {
	plan  *plan.Plan
	route *plan.Route
	eye   *coverage.Eye
	res   coverage.Result
	got   coverage.Route
}

func followedRoute(t *testing.T) sampleRoute {
	t.Helper()
	p, err := plan.ReadDir("../../deploy/demo/plan")
	if err != nil {
		t.Fatal(err)
	}
	level, _ := p.LevelByCode("observation")
	eye, err := coverage.NewEye(p, level, nil)
	if err != nil {
		t.Fatal(err)
	}
	counts, _ := coverage.ByPlan(coverage.Accepted, followedDay)
	s := sampleRoute{plan: p, route: p.Route(followed), eye: eye, res: eye.Cover(counts)}
	for _, r := range s.res.Routes {
		if r.Code == followed {
			s.got = r
		}
	}
	return s
}

// words are those of the tables.
type words struct {
	comma                                 bool
	camera, sections, gaps                []string
	yes, no, metresOff, start, end, total string
}

var vietnamese = words{
	comma:    true,
	camera:   []string{"Camera", "Điểm", "Góc ngang", "Điểm ảnh", "Cao (m)", "d_max (m)", "Tầm trên mặt đất (m)", "Chỗ đứng (m)", "Thấy từ (m)", "đến (m)"},
	sections: []string{"Đoạn tuyến", "Lý trình", "Dài (m)", "Trong tầm quan sát (m)", "Camera kiểm soát", "Được kiểm soát"},
	gaps:     []string{"Đoạn chưa được phủ (trong tầm quan sát)", "Dài (m)"},
	yes:      "có", no: "không", metresOff: "cách %s m", start: "đầu tuyến", end: "cuối tuyến", total: "Cộng",
}

var english = words{
	camera:   []string{"camera", "site", "field of view", "pixels", "height (m)", "d_max (m)", "ground range (m)", "stands at (m)", "sees from (m)", "to (m)"},
	sections: []string{"section", "chainage", "length (m)", "in view (m)", "controlled by", "controlled"},
	gaps:     []string{"gap in view", "length (m)"},
	yes:      "yes", no: "no", metresOff: "%s m off", start: "start", end: "end", total: "sum",
}

// n writes a number with so many decimals.
func (w words) n(v float64, decimals int) string {
	s := fmt.Sprintf("%.*f", decimals, v)
	whole, fraction, _ := strings.Cut(s, ".")
	thousand, point := ",", "."
	if w.comma {
		thousand, point = ".", ","
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + thousand + whole[i:]
	}
	if decimals == 0 {
		return whole
	}
	return whole + point + fraction
}

// tables are those of the followed route.
func (s sampleRoute) tables(w words) string {
	var b strings.Builder
	row := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	head := func(cells []string) {
		row(cells...)
		b.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
	}
	head(w.camera)
	for _, f := range s.eye.Footprints() {
		for _, x := range f.Stretch {
			c := s.plan.Camera(f.Camera)
			if x.Route != followed || !c.ClaimedAccepted(followedDay) {
				continue
			}
			at, off := s.route.Line.Project(f.Sector.Apex)
			place := w.n(at, 2)
			if off > 0.05 {
				place += ", " + fmt.Sprintf(w.metresOff, w.n(off, 2))
			}
			row(c.Code, c.Site, w.n(c.FOV, 0)+"°", fmt.Sprint(c.Width), w.n(c.MountingAt, 1), w.n(coverage.Reach(c.Width, c.FOV, 62.5), 2),
				w.n(f.Sector.Radius, 2), place, w.n(x.From, 2), w.n(x.To, 2))
		}
	}
	b.WriteString("\n")
	head(w.sections)
	for _, x := range s.got.Sections {
		yes := w.no
		if x.Controlled {
			yes = "**" + w.yes + "**"
		}
		row(cmp.Or(x.FromJunction, w.start)+" → "+cmp.Or(x.ToJunction, w.end), geo.FormatChainage(x.FromChainage)+" → "+geo.FormatChainage(x.ToChainage),
			w.n(x.To-x.From, 2), w.n(x.InView, 2), strings.Join(x.Cameras, ", "), yes)
	}
	row("**"+w.total+"**", "", w.n(s.got.Length, 2), w.n(s.got.InView, 2), "", w.n(s.got.Controlled, 2)+" m")
	b.WriteString("\n")
	head(w.gaps)
	lost := 0.0
	for _, g := range s.got.GapsInView {
		row(geo.FormatChainage(g.FromChainage)+" → "+geo.FormatChainage(g.ToChainage), w.n(g.Length(), 2))
		lost += g.Length()
	}
	row("**"+w.total+"**", w.n(lost, 2))
	return b.String()
}

// picture draws the followed route as a strip: what is in view, at least two
// pixels wide, and which sections are controlled.
func (s sampleRoute) picture() string {
	const left, width = 40.0, 750.0
	x := func(metres float64) float64 { return left + metres/s.got.Length*width }
	var b strings.Builder
	text := func(at, y float64, anchor, t string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.0f" text-anchor="%s">%s</text>`+"\n", at, y, anchor, t)
	}
	rect := func(from, to, y, height float64, fill string) {
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.0f" width="%.1f" height="%.0f" fill="%s"/>`+"\n", from, y, max(to-from, 2), height, fill)
	}
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 830 196" width="830" height="196" font-family="DejaVu Sans, Arial, sans-serif" font-size="11" fill="#22303c">` + "\n" +
		`<title>DT550: trong tầm quan sát và được kiểm soát · in view and controlled</title>` + "\n" + `<rect width="830" height="196" fill="#ffffff"/>` + "\n")
	text(left, 18, "start", "ĐT.550 (dữ liệu mô phỏng · simulated data), mức · level observation, "+followedDay.String())
	rect(left, left+width, 62, 10, "#c9ced4")
	for _, v := range s.got.View {
		rect(x(v.From), x(v.To), 58, 18, "#2e8b57")
	}
	for i, sec := range s.got.Sections {
		fill, who := "#f1c6c4", "không camera nào · no camera"
		if sec.Controlled {
			fill, who = "#2e8b57", fmt.Sprint(len(sec.Cameras))+" camera"
		}
		rect(x(sec.From)+1, x(sec.To)-1, 128, 18, fill)
		text((x(sec.From)+x(sec.To))/2, 162, "middle", who)
		if i > 0 {
			rect(x(sec.From)-1, x(sec.From)+1, 44, 46, "#22303c")
			text(x(sec.From), 40, "middle", sec.FromJunction)
			text(x(sec.From), 106, "middle", geo.FormatChainage(sec.FromChainage))
		}
	}
	for _, g := range s.got.Gateways {
		fmt.Fprintf(&b, `<rect x="%.1f" y="48" width="8" height="38" fill="none" stroke="#22303c" stroke-width="2"/>`+"\n", x(g.At)-4)
		text(x(g.At)+10, 40, "middle", g.Code)
	}
	text(left, 122, "start", "Được kiểm soát · controlled")
	text(left, 184, "start", "Xanh: trong tầm quan sát, không theo tỷ lệ khi ngắn hơn 2 điểm ảnh · green: in view, not to scale below 2 pixels")
	b.WriteString("</svg>\n")
	return b.String()
}

func TestThePagesPictureOfTheRouteIsTheRoutes(t *testing.T) {
	const file = "../../docs/images/coverage-DT550.svg"
	want := followedRoute(t).picture()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil { // a page's picture
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s is not what the code finds (%v); bring it up to date with: go test ./hub/coverage -run Page -update", file, err)
	}
}

// The page shows what the code finds. With -update it is written.
func TestThePagesTablesAreWhatTheCodeFinds(t *testing.T) {
	s := followedRoute(t)
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	for name, want := range map[string]string{
		"sample-vi": s.tables(vietnamese), "sample-en": s.tables(english),
		"ways-vi": waysTable(t, vietnamese), "ways-en": waysTable(t, english),
	} {
		begin, end := "<!-- begin "+name+" (go test ./hub/coverage -run Page -update) -->\n", "<!-- end "+name+" -->"
		before, rest, ok := strings.Cut(changed, begin)
		old, after, ended := strings.Cut(rest, end)
		if !ok || !ended {
			t.Fatalf("%s has no section %s", page, name)
		}
		want = "\n" + want + "\n"
		if old != want && !*update {
			t.Errorf("section %s of %s is not what the code finds; bring it up to date with: go test ./hub/coverage -run Page -update", name, page)
		}
		changed = before + begin + want + end + after
	}
	if *update {
		if err := os.WriteFile(page, []byte(changed), 0o644); err != nil { // a page
			t.Fatal(err)
		}
	}
}

// What the page says in words is worked out here again, by the formulas that it
// gives, and held against the code.
func TestTheNumbersInThePagesWordsAreRight(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	s := followedRoute(t)
	says := func(v float64, decimals int, unit string) {
		t.Helper()
		for _, w := range []words{vietnamese, english} {
			if want := w.n(v, decimals) + unit; !strings.Contains(string(text), want) {
				t.Errorf("the page does not say %q", want)
			}
		}
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.005 {
			t.Errorf("%s is %.3f, by hand %.3f", what, got, want)
		}
	}
	// The check value, and the two cameras of the drawings.
	dmax := 1920 * 4 / (5.4 * 25)
	says(dmax, 2, " m")
	near("reach", coverage.Reach(1920, hfov(5.4, 4), 25), dmax)
	says(math.Sqrt(dmax*dmax-36), 2, " m")
	day := cover(t, straight(t, camera("A", "on500", 90)))
	says(day.Total.InView/day.Total.Length*100, 2, " %")
	says(day.Total.Controlled/day.Total.Length*100, 0, " %")
	// Camera C-103 of the followed route.
	reach := 1920 / (2 * 62.5 * math.Tan(45*math.Pi/180))
	ground := math.Sqrt(reach*reach - 6.5*6.5)
	says(reach, 2, " m")
	says(ground, 2, " m")
	near("reach of C-103", coverage.Reach(1920, 90, 62.5), reach)
	for _, f := range s.eye.Footprints() {
		if f.Camera == "C-103" {
			near("ground range of C-103", f.Sector.Radius, ground)
			near("view of C-103", f.Stretch[0].To-f.Stretch[0].From, ground)
		}
	}
	// Camera C-105 of the followed route, which stands off it.
	for _, f := range s.eye.Footprints() {
		if f.Camera != "C-105" {
			continue
		}
		foot, off := s.route.Line.Project(f.Sector.Apex)
		course := s.route.Line.BearingAt(foot) + 180
		edge := f.Sector.Azimuth + f.Sector.FOV/2 - course
		arc, ray := math.Sqrt(f.Sector.Radius*f.Sector.Radius-off*off), off/math.Tan(edge*math.Pi/180)
		says(off, 2, " m")
		says(foot, 2, " m")
		says(course, 1, "°")
		says(edge, 1, "°")
		says(arc, 2, " m")
		says(ray, 2, " m")
		says(foot-arc, 2, " m")
		says(foot-ray, 2, " m")
		near("view of C-105 from", f.Stretch[0].From, foot-arc)
		near("view of C-105 to", f.Stretch[0].To, foot-ray)
	}
	// The sums.
	says(s.got.InView, 2, " m")
	says(s.got.InView/s.got.Length*100, 2, " %")
	says(s.got.Controlled, 2, " m")
	says(s.got.Controlled/s.got.Length*100, 1, " %")
	says(s.got.Length, 2, " m")
	says(s.got.Gateways[0].At, 2, " m")
	if !s.got.Gateways[0].InView || s.got.Gateways[0].Code != "CN-08" {
		t.Errorf("gateways %+v", s.got.Gateways)
	}
	parts := 0.0
	for _, x := range s.got.Sections {
		if x.Controlled {
			parts += x.To - x.From
		}
	}
	near("controlled", s.got.Controlled, parts)
	// The day over time, which TestADayThatCanBeFollowedByHand holds against the
	// code.
	seen, maybe, all := 3*56.889+5*83.778+4*56.889, 4*56.889+4*26.889, 24*2000.0
	says(seen, 1, "")
	says(maybe, 1, "")
	says(seen/24, 1, " m")
	says(seen/all*100, 2, " %")
	says((seen+maybe)/all*100, 2, " %")
	says(seen/(all-maybe)*100, 2, " %")
}
