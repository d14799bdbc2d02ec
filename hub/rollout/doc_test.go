package rollout_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
)

var update = flag.Bool("update", false, "write the example's tables into docs/rollout.md")

const page = "../../docs/rollout.md"

// example is the little plan that docs/rollout.md follows by hand.
type example struct {
	plan     *plan.Plan
	evidence rollout.Evidence
	on       plan.Date
}

func date(t fataler, s string) plan.Date {
	t.Helper()
	d, err := plan.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// exampleCameras have: code, site, phase, due, planned, surveyed, installed,
// accepted, retired; then, from evidence, reported and seen.
var exampleCameras = [][11]string{
	{"A", "S1", "G1", "2026-03-31", "", "2026-02-10", "2026-03-20", "2026-04-10", "", "2026-03-20", "2026-03-22"},
	{"B", "S1", "G1", "2026-03-31", "", "2026-02-10", "2026-03-25", "2026-04-10", "2026-09-01", "2026-03-25", "2026-03-26"},
	{"C", "S2", "G1", "2026-06-30", "", "2026-02-12", "2026-05-28", "2026-06-15", "", "2026-05-29", "2026-05-30"},
	{"D", "S2", "G1", "2026-06-30", "", "2026-02-12", "2026-06-25", "", "", "2026-06-25", ""},
	{"E", "S3", "G1", "2026-06-30", "", "2026-05-10", "", "", "", "", ""},
	{"F", "S3", "G2", "2026-09-30", "", "2026-08-03", "2026-09-15", "2026-10-10", "", "2026-09-15", "2026-09-15"},
	{"G", "S3", "G2", "2026-09-30", "", "2026-08-03", "2026-09-18", "", "", "2026-09-18", "2026-09-20"},
	{"H", "S4", "G2", "2026-11-30", "", "2026-08-05", "", "", "", "2026-10-05", "2026-10-05"},
	{"I", "S4", "G2", "2026-12-31", "", "2026-10-12", "", "", "", "", ""},
	{"J", "S4", "G2", "2026-12-31", "2026-10-01", "", "", "", "", "", ""},
}

func newExample(t *testing.T) *example {
	t.Helper()
	p := skeleton(t)
	p.Areas = []plan.Area{p.Areas[0], {Code: "X1", Kind: "xã", Name: "Xã Một", Parent: "R"}, {Code: "X2", Kind: "xã", Name: "Xã Hai", Parent: "R"}}
	p.Phases = []plan.Phase{
		{Code: "G1", Name: plan.Text{VI: "Giai đoạn 1", EN: "Phase 1"}, From: date(t, "2026-01-01"), To: date(t, "2026-06-30")},
		{Code: "G2", Name: plan.Text{VI: "Giai đoạn 2", EN: "Phase 2"}, From: date(t, "2026-07-01"), To: date(t, "2026-12-31")},
	}
	p.Sites[1].Area, p.Sites[2].Area = "X1", "X2"
	s4 := p.Sites[2]
	s4.Code, s4.Name = "S4", "S4"
	p.Sites = append(p.Sites, s4)
	p.Targets = []plan.Target{{Phase: "G1", Measure: plan.MeasureCameras, Value: 5}, {Phase: "G1", Measure: plan.MeasureSites, Value: 3}, {Year: 2026, Measure: plan.MeasureAreas, Value: 2}}
	seen := map[string]history.Seen{}
	for _, r := range exampleCameras {
		c := camera(r[0], r[1], r[2])
		for i, d := range []*plan.Date{&c.Due, &c.Planned, &c.Surveyed, &c.Installed, &c.Accepted, &c.Retired} {
			*d = date(t, r[3+i])
		}
		p.Cameras = append(p.Cameras, c)
		if r[9] != "" {
			s := history.Seen{Camera: r[0], Enrolled: rollout.DayNumber(date(t, r[9])), Verified: history.NoDay}
			if r[10] != "" {
				s.Verified = rollout.DayNumber(date(t, r[10]))
				s.Width, s.Height, s.MeasuredAt = 1920, 1080, date(t, "2026-10-31").Start(time.UTC).UnixMilli()
			}
			seen[r[0]] = s
		}
	}
	f := seen["F"]
	f.Width, f.Height = 640, 360
	seen["F"] = f
	seen["Z"] = history.Seen{Camera: "Z", Enrolled: rollout.DayNumber(date(t, "2026-10-12")), Verified: history.NoDay}
	e := &example{plan: finish(t, p), on: date(t, "2026-10-31")}
	// Camera C worked up to 19 October and is down since; A and F work.
	e.evidence = rollout.Evidence{Seen: seen, Days: func(code string) []history.DayCount {
		switch code {
		case "C":
			return days(date(t, "2026-10-10"), strings.Repeat("u", 10)+strings.Repeat("d", 12))
		case "A", "F":
			return days(date(t, "2026-10-10"), strings.Repeat("u", 22))
		}
		return nil
	}}
	return e
}

// write makes a table of Markdown.
func write(head []string, rows [][]string) string {
	var b strings.Builder
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(head)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, r := range rows {
		row(r)
	}
	return b.String()
}

// percent writes a part of a whole, with a comma in Vietnamese.
func percent(part, whole int, vi bool) string {
	if whole == 0 {
		return "–"
	}
	s := fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
	if vi {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func shown(d plan.Date, vi bool) string {
	switch {
	case d.IsZero():
		return "–"
	case vi:
		return d.Start(time.UTC).Format("02/01/2006")
	}
	return d.String()
}

// pick gives the Vietnamese words or the English ones.
func pick(vi bool, a, b []string) []string {
	if vi {
		return a
	}
	return b
}

func (e *example) cameras(t *testing.T, vi bool) string {
	var rows [][]string
	for _, r := range exampleCameras {
		cells := slices.Clone(r[:3])
		for _, s := range r[3:] {
			cells = append(cells, shown(date(t, s), vi))
		}
		rows = append(rows, cells)
	}
	return write(pick(vi, []string{"Camera", "Điểm", "Giai đoạn", "Hạn lắp", "Vào kế hoạch", "Khảo sát", "Lắp đặt", "Nghiệm thu", "Ngừng sử dụng", "Thiết bị báo từ", "Thấy hình từ"},
		[]string{"camera", "site", "phase", "due", "planned", "surveyed", "installed", "accepted", "retired", "reported from", "seen from"}), rows)
}

func (e *example) counts(vi bool) string {
	var rows [][]string
	for _, by := range []rollout.By{rollout.ByPhase, rollout.ByArea, rollout.ByTotal} {
		for _, g := range rollout.Groups(e.plan, e.evidence.Seen, e.on, by) {
			name := g.Code
			if by == rollout.ByTotal {
				name = pick(vi, []string{"**Cộng**"}, []string{"**total**"})[0]
			}
			c, s := g.Cameras, g.Sites
			row := []string{name}
			for _, n := range []int{c.Planned, c.Surveyed, c.Installed, c.Accepted, c.Retired, c.Enrolled, c.Verified, c.InstalledVerified, c.Overdue} {
				row = append(row, fmt.Sprint(n))
			}
			rows = append(rows, append(row, percent(c.Installed, c.Planned, vi), percent(c.Verified, c.Planned, vi), fmt.Sprintf("%d / %d", s.Accepted, s.Planned)))
		}
	}
	return write(pick(vi, []string{"Nhóm", "Kế hoạch", "Khảo sát", "Lắp đặt", "Nghiệm thu", "Ngừng sử dụng", "Đã kết nối", "Đã có hình", "Khai lắp và có hình", "Quá hạn", "Lắp đặt / kế hoạch", "Có hình / kế hoạch", "Điểm nghiệm thu / kế hoạch"},
		[]string{"group", "planned", "surveyed", "installed", "accepted", "retired", "enrolled", "verified", "installed and verified", "overdue", "installed of plan", "verified of plan", "sites accepted of planned"}), rows)
}

func (e *example) goals(vi bool) string {
	units := map[plan.Measure][2]string{plan.MeasureCameras: {"camera", "cameras"}, plan.MeasureSites: {"điểm", "sites"}, plan.MeasureAreas: {"xã", "communes"}}
	var rows [][]string
	for _, g := range rollout.Goals(e.plan, e.evidence.Seen, e.on) {
		phase := g.Phase
		if phase == "" {
			phase = "–"
		}
		rows = append(rows, []string{phase, units[g.Measure][one(!vi)], shown(g.Last, vi), fmt.Sprint(g.Value), fmt.Sprint(g.Reached), percent(g.Reached, int(g.Value), vi), fmt.Sprint(g.Verified)})
	}
	return write(pick(vi, []string{"Giai đoạn", "Đơn vị", "Đến ngày", "Chỉ tiêu", "Đã nghiệm thu", "So với chỉ tiêu", "Trong đó có hình"},
		[]string{"phase", "unit", "by", "target", "accepted", "of the target", "of these verified"}), rows)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (e *example) curve(t *testing.T, vi bool) string {
	days := rollout.Ends(date(t, "2026-01-01"), date(t, "2026-12-31"), rollout.Monthly, e.on)
	var rows [][]string
	for _, p := range rollout.Curve(e.plan, e.evidence.Seen, days, nil) {
		row := []string{shown(p.Day, vi), fmt.Sprint(p.Scheduled), fmt.Sprint(p.Planned)}
		for _, n := range []int{p.Installed, p.Accepted, p.Verified} {
			if p.Day > e.on {
				row = append(row, "–")
				continue
			}
			row = append(row, fmt.Sprint(n))
		}
		rows = append(rows, row)
	}
	return write(pick(vi, []string{"Đến hết ngày", "Phải lắp", "Kế hoạch", "Khai đã lắp", "Khai đã nghiệm thu", "Đã có hình"},
		[]string{"end of", "scheduled", "planned", "claimed installed", "claimed accepted", "verified"}), rows)
}

func (e *example) late(vi bool) string {
	words := map[rollout.Milestone]string{rollout.Planned: "kế hoạch", rollout.Surveyed: "khảo sát", rollout.Installed: "lắp đặt", rollout.Accepted: "nghiệm thu"}
	var rows [][]string
	for _, l := range rollout.Overdue(e.plan, e.on) {
		late, reached := string(l.Milestone), string(l.Reached)
		if vi {
			late, reached = words[l.Milestone], words[l.Reached]
		}
		rows = append(rows, []string{l.Camera, late, shown(l.Due, vi), fmt.Sprint(l.Days), reached})
	}
	return write(pick(vi, []string{"Camera", "Mốc chậm", "Hạn", "Số ngày chậm", "Đã đến mốc"}, []string{"camera", "milestone", "due", "days late", "reached"}), rows)
}

// mixTable lays out the mixes of the example's six months, month by month,
// until nine tenths of them are done. It counts them one by one.
func (e *example) mixTable(vi bool) string {
	f := rollout.Forecasts(e.plan, e.evidence.Seen, e.on, rollout.ByTotal)[0].Forecasts[0]
	var rows [][]string
	marks := pick(vi, []string{"sớm nhất", "giữa", "muộn nhất"}, []string{"earliest", "middle", "latest"})
	passed := 0
	for k := 1; passed < 3; k++ {
		done, all := 0, 0
		mixes(f.Months[:], k, func(sum int) {
			all++
			if sum >= f.Remaining() {
				done++
			}
		})
		mark := ""
		for passed < 3 && float64(done) >= []float64{0.1, 0.5, 0.9}[passed]*float64(all) {
			mark = strings.TrimPrefix(mark+", "+marks[passed], ", ")
			passed++
		}
		rows = append(rows, []string{fmt.Sprint(k), shown(walk(e.on, k), vi), fmt.Sprint(all), fmt.Sprint(done), percent(done, all, vi), mark})
	}
	return write(pick(vi, []string{"Sau số tháng", "Ngày", "Cách ghép", "Đủ", "Tỷ lệ", ""}, []string{"after months", "day", "mixes", "done", "share", ""}), rows)
}

func (e *example) forecasts(vi bool) string {
	var rows [][]string
	for k, f := range rollout.Forecasts(e.plan, e.evidence.Seen, e.on, rollout.ByTotal)[0].Forecasts {
		name := string(f.Milestone)
		if vi {
			name = []string{"lắp đặt", "có hình", "nghiệm thu"}[k]
		}
		verdict := map[rollout.ForecastVerdict][2]string{rollout.InTime: {"kịp", "in time"}, rollout.TooLate: {"chậm", "late"}, rollout.CannotTell: {"không kết luận được", "cannot tell"}}[f.Verdict][one(!vi)]
		rows = append(rows, []string{name, fmt.Sprint(f.Reached), fmt.Sprint(f.Remaining()), strings.Trim(fmt.Sprint(f.Months), "[]"), shown(f.Earliest, vi), shown(f.Middle, vi), shown(f.Latest, vi), shown(f.Due, vi), verdict})
	}
	return write(pick(vi, []string{"Mốc", "Đã đạt", "Còn lại", "Sáu tháng qua", "Sớm nhất", "Giữa", "Muộn nhất", "Hạn", "So với hạn"},
		[]string{"milestone", "reached", "remaining", "last six months", "earliest", "middle", "latest", "due", "against due"}), rows)
}

func (e *example) discrepancies(vi bool) string {
	var rows [][]string
	for _, d := range rollout.Discrepancies(e.plan, e.evidence, e.on, 7) {
		do := d.Do.EN
		if vi {
			do = d.Do.VI
		}
		rows = append(rows, []string{"`" + string(d.Kind) + "`", d.Camera, shown(d.Since, vi), do})
	}
	return write(pick(vi, []string{"Loại", "Camera", "Từ ngày", "Việc cần làm"}, []string{"kind", "camera", "since", "what to do"}), rows)
}

// The page shows what the code finds. With -update it is written.
func TestThePageFollowsTheExample(t *testing.T) {
	e := newExample(t)
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	for _, vi := range []bool{true, false} {
		language := map[bool]string{true: "vi", false: "en"}[vi]
		for name, want := range map[string]string{
			"cameras": e.cameras(t, vi), "counts": e.counts(vi), "targets": e.goals(vi), "curve": e.curve(t, vi), "overdue": e.late(vi),
			"mixes": e.mixTable(vi), "forecast": e.forecasts(vi), "discrepancies": e.discrepancies(vi),
		} {
			name += "-" + language
			begin, end := "<!-- begin "+name+" (go test ./hub/rollout -run Page -update) -->\n", "<!-- end "+name+" -->"
			before, rest, ok := strings.Cut(changed, begin)
			old, after, ended := strings.Cut(rest, end)
			if !ok || !ended {
				t.Fatalf("%s has no section %s", page, name)
			}
			want = "\n" + want + "\n"
			if old != want && !*update {
				t.Errorf("section %s of %s is not what the code finds; bring it up to date with: go test ./hub/rollout -run Page -update", name, page)
			}
			changed = before + begin + want + end + after
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(changed), 0o644); err != nil { // a page
			t.Fatal(err)
		}
	}
}

// What the page says in words is held against the example.
func TestTheNumbersInThePagesWordsAreRight(t *testing.T) {
	e := newExample(t)
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	says := func(format string, args ...any) {
		t.Helper()
		if want := fmt.Sprintf(format, args...); !strings.Contains(strings.Join(strings.Fields(string(text)), " "), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	c := total(e.plan, e.evidence.Seen, e.on).Cameras
	says("%d / %d = %s", c.Installed, c.Planned, percent(c.Installed, c.Planned, true))
	says("%d / %d = %s", c.Installed, c.Planned, percent(c.Installed, c.Planned, false))
	for _, l := range rollout.Overdue(e.plan, e.on) {
		if l.Camera == "E" && l.Milestone == rollout.Installed {
			says("chậm %d ngày", l.Days)
			says("%d days late", l.Days)
		}
	}
	f := rollout.Forecasts(e.plan, e.evidence.Seen, e.on, rollout.ByTotal)[0].Forecasts[0]
	months := strings.Trim(strings.ReplaceAll(fmt.Sprint(f.Months), " ", ", "), "[]")
	says("%s. Còn lại %d camera", months, f.Remaining())
	says("%s. %d cameras remain", months, f.Remaining())
	two, done := 0, 0
	mixes(f.Months[:], 2, func(sum int) {
		two++
		if sum >= f.Remaining() {
			done++
		}
	})
	says("có %d cách ghép, trong đó %d cách", two, done)
	says("there are %d mixes, of which %d", two, done)
}
