package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/phukin/phukin/api/client"
)

type coverageCmd struct {
	asking
	Level  string   `placeholder:"CODE" help:"Level of pixel density; the plan's own when absent."`
	State  string   `default:"working" enum:"planned,installed,accepted,working" help:"Which cameras count: planned, installed, accepted, working (${default})."`
	By     string   `default:"route" enum:"total,route,class,area,section,gateway,place,camera" help:"What is listed: total, route, class, area, section, gateway, place, or camera for those that cover less than one may think (${default})."`
	Period string   `placeholder:"PERIOD" help:"Weigh by time over a period: 2026, 2026-H1, 2026-Q3, 2026-10, 2026-W40, 2026-10-05, two of these with .. between them, or an interval of ISO 8601. By total, route, class or area; working cameras alone."`
	Lost   []string `placeholder:"CODE,…" help:"What the outages of a camera took away, or those of several, such as the cameras of an incident, together; in the last 90 days, or in a --period."`
	Every  string   `default:"" enum:",day,week,month,quarter,year" placeholder:"PIECE" help:"With --period: a line for each day, week, month, quarter or year of it."`
}

func (c *coverageCmd) Run(ctx context.Context) error { return c.to(ctx, os.Stdout) }

func (c *coverageCmd) to(ctx context.Context, w io.Writer) error {
	if err := c.only("table", "csv", "xlsx", "json", "geojson", "svg", "png"); err != nil {
		return err
	}
	grouped := c.By == "total" || c.By == "route" || c.By == "class" || c.By == "area"
	switch {
	case c.Every != "" && c.Period == "":
		return usageError("--every " + c.Every + " needs --period")
	case isMap(c.Format) && c.Period != "":
		return usageError("--format " + c.Format + " shows this moment: leave out --period")
	case isMap(c.Format):
		return c.copy(ctx, w, client.GetCoverageMapParams{Level: c.Level, State: c.State})
	case len(c.Lost) > 0 && (c.Every != "" || c.By != "route" || c.State != "working"):
		return usageError("--lost goes with --period and --level alone")
	case len(c.Lost) > 0:
		return c.lost(ctx, w)
	case c.Period != "" && (!grouped || c.State != "working"):
		return usageError("--period goes with --by total, route, class or area, and with --state working")
	case c.Period != "":
		return c.period(ctx, w)
	}
	return map[string]func(context.Context, io.Writer) error{
		"total": c.groups, "route": c.groups, "class": c.groups, "area": c.groups,
		"section": c.sections, "gateway": c.gateways, "place": c.places, "camera": c.cameras,
	}[c.By](ctx, w)
}

func isMap(format string) bool { return format == "geojson" || format == "svg" || format == "png" }

// stateWords name the states.
var stateWords = map[string][2]string{
	"planned": {"trong kế hoạch", "planned"}, "installed": {"đã lắp đặt", "installed"},
	"accepted": {"đã nghiệm thu", "accepted"}, "working": {"đang hoạt động", "working"},
}

var stateOrder = []string{"planned", "installed", "accepted", "working"}

// heading says what a table shows, and of when.
func heading(w io.Writer, asOf time.Time, simulated bool, vi, en string) {
	at := asOf.Local()
	fmt.Fprintf(w, "%s, lúc %s\n    %s, as of %s\n", vi, at.Format("15:04 02/01/2006"), en, at.Format("2006-01-02 15:04"))
	if simulated {
		fmt.Fprintln(w, "DỮ LIỆU MÔ PHỎNG · SIMULATED DATA")
	}
	fmt.Fprintln(w)
}

func (c *coverageCmd) of(level string) (vi, en string) {
	s := stateWords[c.State]
	return fmt.Sprintf("Độ phủ ở mức %s, camera %s", level, s[0]), fmt.Sprintf("coverage at the level %s by %s cameras", level, s[1])
}

func km(metres float64) string { return fmt.Sprintf("%.2f", metres/1000) }

func percent(part, whole float64, decimals int) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.*f%%", decimals, 100*part/whole)
}

func of(part, all int64) string {
	if all == 0 {
		return "–"
	}
	return fmt.Sprintf("%d/%d", part, all)
}

// orNone gives a count, which is left out when there is none.
func orNone(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// label names a group in at most so many columns.
func label(code, name string, columns int) string {
	switch {
	case code == "" && name == "":
		return "(chưa rõ · not known)"
	case code == "" || code == name:
		return short(name, columns)
	}
	return short(code+" "+name, columns)
}

func (c *coverageCmd) groups(ctx context.Context, w io.Writer) error {
	q := client.GetCoverageGroupsParams{Level: c.Level, By: c.By}
	if c.Format != "table" {
		return c.copy(ctx, w, q)
	}
	body, err := answerTo(ctx, &c.asking, (*client.Client).GetCoverageGroups, q)
	if err != nil {
		return err
	}
	q.By = "total"
	total, err := answerTo(ctx, &c.asking, (*client.Client).GetCoverageGroups, q)
	if err != nil {
		return err
	}
	vi, en := c.of(body.Level.Code)
	if c.By == "total" {
		vi, en = "Độ phủ ở mức "+body.Level.Code, "coverage at the level "+body.Level.Code
	}
	heading(w, body.AsOf, body.Simulated, vi, en)
	s := rows{left: 1,
		vi: []string{"", "dài km", "trong tầm km", "%", "kiểm soát km", "%", "đoạn", "cửa ngõ", "địa điểm"},
		en: []string{"", "length", "in view", "", "controlled", "", "sections", "gateways", "places"}}
	add := func(name string, g *client.CoverageGroup, state string) {
		x := g.States[state]
		s.add(name, km(g.LengthM), km(x.InViewM), percent(x.InViewM, g.LengthM, 2), km(x.ControlledM), percent(x.ControlledM, g.LengthM, 1),
			of(x.SectionsControlled, x.Sections), of(x.GatewaysInView, x.Gateways), of(orNone(x.PlacesCovered), orNone(x.Places)))
	}
	if c.By == "total" {
		for _, state := range stateOrder {
			add(stateWords[state][0]+" · "+stateWords[state][1], &body.Items[0], state)
		}
	} else {
		for i := range body.Items {
			g := &body.Items[i]
			add(label(g.Code, g.Name, 30), g, c.State)
		}
		add("tổng · total", &total.Items[0], c.State)
	}
	if err := s.write(w); err != nil {
		return err
	}
	if body.Unknown > 0 && (c.State == "working" || c.By == "total") {
		fmt.Fprintf(w, "\ncamera đang phục vụ mà chưa có dữ liệu, không tính là hoạt động: %d\n    cameras in service that are unknown, and do not count as working: %[1]d\n", body.Unknown)
	}
	return nil
}

// mark shows a yes and a no.
func mark(yes bool) string {
	if yes {
		return "●"
	}
	return "·"
}

func marks(of map[string]bool) string {
	var b strings.Builder
	for _, s := range stateOrder {
		b.WriteString(mark(of[s]))
	}
	return b.String()
}

// legend says what the four marks of a row are.
const legend = "\n●: có · yes; bốn dấu theo thứ tự: kế hoạch, lắp đặt, nghiệm thu, đang hoạt động\n    the four marks are planned, installed, accepted, working\n"

func (c *coverageCmd) sections(ctx context.Context, w io.Writer) error {
	q := client.ListCoverageSectionsParams{Level: c.Level}
	if c.Format != "table" {
		return c.copy(ctx, w, q)
	}
	body, err := answerTo(ctx, &c.asking, (*client.Client).ListCoverageSections, q)
	if err != nil {
		return err
	}
	heading(w, body.AsOf, body.Simulated, "Đoạn tuyến ở mức "+body.Level+", trong tầm của camera "+stateWords[c.State][0], "sections at the level "+body.Level+", in view of "+c.State+" cameras")
	s := rows{left: 5, vi: []string{"tuyến", "từ", "đến", "kiểm soát", "camera đang thấy", "dài m", "trong tầm m"}, en: []string{"route", "from", "to", "controlled", "seen now by", "length", "in view"}}
	for i := range body.Items {
		x := &body.Items[i]
		s.add(x.Route.Code, x.From, x.To, marks(x.Controlled), short(strings.Join(x.CamerasWorking, " "), 30), fmt.Sprintf("%.1f", x.LengthM), fmt.Sprintf("%.1f", x.InViewM[c.State]))
	}
	if err := s.write(w); err != nil {
		return err
	}
	_, err = io.WriteString(w, legend)
	return err
}

func (c *coverageCmd) gateways(ctx context.Context, w io.Writer) error {
	q := client.ListCoverageGatewaysParams{Level: c.Level}
	if c.Format != "table" {
		return c.copy(ctx, w, q)
	}
	body, err := answerTo(ctx, &c.asking, (*client.Client).ListCoverageGateways, q)
	if err != nil {
		return err
	}
	heading(w, body.AsOf, body.Simulated, "Cửa ngõ ở mức "+body.Level, "gateways at the level "+body.Level)
	s := rows{left: 6, vi: []string{"mã", "cửa ngõ", "tuyến", "lý trình", "quan sát", "camera đang thấy"}, en: []string{"code", "gateway", "route", "chainage", "in view", "seen now by"}}
	for i := range body.Items {
		x := &body.Items[i]
		s.add(x.Code, short(x.Name, 40), x.Route.Code, x.Chainage, marks(x.InView), short(strings.Join(x.CamerasWorking, " "), 24))
	}
	if err := s.write(w); err != nil {
		return err
	}
	_, err = io.WriteString(w, legend)
	return err
}

func (c *coverageCmd) places(ctx context.Context, w io.Writer) error {
	q := client.ListCoveragePlacesParams{}
	if c.Format != "table" {
		return c.copy(ctx, w, q)
	}
	body, err := answerTo(ctx, &c.asking, (*client.Client).ListCoveragePlaces, q)
	if err != nil {
		return err
	}
	heading(w, body.AsOf, body.Simulated, "Địa điểm quan trọng", "important places")
	s := rows{left: 6, vi: []string{"điểm", "tên", "loại", "xã", "được phủ", "đang hoạt động"}, en: []string{"site", "name", "kind", "area", "covered", "working"}}
	for i := range body.Items {
		x := &body.Items[i]
		s.add(x.Site.Code, short(x.Site.Name, 40), x.Kind, short(cmp.Or(x.Area.Name, x.Area.Code), 18), marks(x.Covered), short(strings.Join(x.CamerasWorking, " "), 24))
	}
	if err := s.write(w); err != nil {
		return err
	}
	_, err = io.WriteString(w, legend)
	return err
}

func (c *coverageCmd) cameras(ctx context.Context, w io.Writer) error {
	q := client.ListCoverageCamerasParams{Level: c.Level, State: c.State}
	if c.Format != "table" {
		return c.copy(ctx, w, q)
	}
	body, err := answerTo(ctx, &c.asking, (*client.Client).ListCoverageCameras, q)
	if err != nil {
		return err
	}
	s := stateWords[c.State]
	heading(w, body.AsOf, body.Simulated, fmt.Sprintf("%d trong %d camera %s phủ đường ít hơn có thể tưởng, ở mức %s", len(body.Items), body.Counted, s[0], body.Level),
		fmt.Sprintf("%d of %d %s cameras cover less road than one may think, at the level %s", len(body.Items), body.Counted, s[1], body.Level))
	for i := range body.Items {
		x := &body.Items[i]
		if _, err := fmt.Fprintf(w, "%-8s %s\n         %s\n", x.Code, x.Text.VI, x.Text.EN); err != nil {
			return err
		}
	}
	return nil
}

// bounds writes a share with its bounds, percent.
func bounds(m client.CoverMean, decimals int) (share, between string) {
	share, between = "–", "–"
	if m.Share != nil {
		share = fmt.Sprintf("%.*f", decimals, 100**m.Share)
	}
	if m.Low != nil {
		between = fmt.Sprintf("%.*f–%.*f", decimals, 100**m.Low, decimals, 100**m.High)
	}
	return share, between
}

// timesOf gives the figures of a group over its whole period.
func timesOf(g *client.CoveragePeriodGroup) *client.CoverTimes {
	return &client.CoverTimes{Controlled: g.Controlled, Gateways: g.Gateways, InView: g.InView, Places: g.Places, Sections: g.Sections}
}

func (c *coverageCmd) period(ctx context.Context, w io.Writer) error {
	q := client.GetCoveragePeriodParams{Level: c.Level, Period: c.Period, By: c.By, Every: c.Every}
	if c.Format != "table" {
		return c.copy(ctx, w, q)
	}
	body, err := answerTo(ctx, &c.asking, (*client.Client).GetCoveragePeriod, q)
	if err != nil {
		return err
	}
	heading(w, body.AsOf, body.Simulated, fmt.Sprintf("Độ phủ theo thời gian ở mức %s, từ %s đến %s", body.Level.Code, body.From, body.To),
		fmt.Sprintf("coverage over time at the level %s, from %s to %s", body.Level.Code, body.From, body.To))
	s := rows{left: 1,
		vi: []string{"", "dài km", "trong tầm km", "có thể", "%", "cận %", "kiểm soát km", "có thể", "%", "cận %", "cửa ngõ"},
		en: []string{"", "length", "in view", "maybe", "", "bounds", "controlled", "maybe", "", "bounds", "gateways"}}
	add := func(name string, t *client.CoverTimes) {
		view, viewBounds := bounds(t.InView, 2)
		control, controlBounds := bounds(t.Controlled, 1)
		gateways := "–"
		if t.Gateways.All > 0 {
			gateways = fmt.Sprintf("%.1f/%.0f", t.Gateways.Seen, t.Gateways.All)
		}
		s.add(name, km(t.InView.All), km(t.InView.Seen), km(t.InView.Maybe), view, viewBounds, km(t.Controlled.Seen), km(t.Controlled.Maybe), control, controlBounds, gateways)
	}
	for i := range body.Items {
		g := &body.Items[i]
		name := label(g.Code, g.Name, 22)
		if c.By == "total" {
			name = "tổng · total"
		}
		for k := range g.Series {
			if c.By == "total" {
				add(body.Pieces[k], &g.Series[k])
			} else {
				add(label(g.Code, "", 11)+" "+body.Pieces[k], &g.Series[k])
			}
		}
		add(name, timesOf(g))
	}
	if c.By != "total" && c.Every == "" {
		q.By = "total"
		total, err := answerTo(ctx, &c.asking, (*client.Client).GetCoveragePeriod, q)
		if err != nil {
			return err
		}
		add("tổng · total", timesOf(&total.Items[0]))
	}
	if err := s.write(w); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\nkm trung bình theo thời gian; có thể: chưa ai biết; %: trên phần đã biết;\ncận: phần chưa biết tính là không thấy – là thấy\n    mean kilometres over time; maybe: nobody knows; %: of what is known; bounds: the unknown taken as unseen – as seen\n")
	return err
}
