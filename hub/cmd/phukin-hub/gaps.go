package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/phukin/phukin/api/client"
)

type gapsCmd struct {
	asking
	Level string  `placeholder:"CODE" help:"Level of pixel density; the plan's own when absent."`
	State string  `default:"working" enum:"planned,installed,accepted,working" help:"Which cameras count: planned, installed, accepted, working (${default})."`
	Of    string  `default:"control" enum:"control,view" help:"control: sections that no camera controls; view: road that is not in view (${default})."`
	Route string  `placeholder:"CODE" help:"On this route alone."`
	Area  string  `placeholder:"CODE" help:"What this area has of them."`
	Least float64 `placeholder:"METRES" help:"Only gaps of at least so many metres."`
	Limit int64   `help:"So many of them at most, the longest, or so many ways, the shortest. When absent 100, and csv and xlsx have all."`
	Ways  bool    `help:"Ways from gateway to gateway that pass no camera, and what would close them."`
}

func (c *gapsCmd) Run(ctx context.Context) error { return c.to(ctx, os.Stdout) }

func (c *gapsCmd) to(ctx context.Context, w io.Writer) error {
	if err := c.only("table", "csv", "xlsx", "json", "geojson", "svg", "png"); err != nil {
		return err
	}
	switch {
	case isMap(c.Format):
		return c.copy(ctx, w, client.GetCoverageMapParams{Level: c.Level, State: c.State})
	case c.Ways && (c.Route != "" || c.Area != "" || c.Least != 0 || c.Of != "control"):
		return usageError("--ways goes through the whole network: leave out --of, --route, --area and --least")
	case c.Ways:
		return c.ways(ctx, w)
	}
	return c.gaps(ctx, w)
}

func (c *gapsCmd) gaps(ctx context.Context, w io.Writer) error {
	q := client.ListCoverageGapsParams{Level: c.Level, State: c.State, Of: c.Of, Route: c.Route, Area: c.Area, Least: given(c.Least), Limit: given(c.Limit)}
	if c.Format != "table" {
		return c.copy(ctx, w, q)
	}
	body, err := answerTo(ctx, &c.asking, (*client.Client).ListCoverageGaps, q)
	if err != nil {
		return err
	}
	what := [2]string{"Đoạn chưa được kiểm soát", "gaps in the control"}
	if body.Of == "view" {
		what = [2]string{"Đoạn ngoài tầm quan sát", "gaps in the view"}
	}
	s := stateWords[body.State]
	heading(w, body.AsOf, body.Simulated, fmt.Sprintf("%s ở mức %s, camera %s", what[0], body.Level, s[0]), fmt.Sprintf("%s of %s cameras at the level %s", what[1], s[1], body.Level))
	t := rows{left: 4, vi: []string{"tuyến", "từ", "đến", "xã", "dài km"}, en: []string{"route", "from", "to", "areas", "length"}}
	if body.Of == "control" && c.Area == "" {
		t.vi, t.en = append(t.vi, "số đoạn"), append(t.en, "sections")
	}
	for i := range body.Items {
		g := &body.Items[i]
		var names []string
		for _, r := range g.Areas {
			names = append(names, r.Name)
		}
		cells := []string{label(g.Route.Code, g.Route.Name, 30), g.From, g.To, short(strings.Join(names, ", "), 40), km(g.LengthM)}
		if len(t.vi) > len(cells) {
			cells = append(cells, strconv.FormatInt(orNone(g.Sections), 10))
		}
		t.add(cells...)
	}
	if err := t.write(w); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nsố đoạn: %d, cộng %s km; ở trên là %d đoạn dài nhất\n    gaps: %[1]d, %[2]s km in all; above are the %[3]d longest\n", body.Total, km(body.LengthM), len(body.Items))
	return err
}

func (c *gapsCmd) ways(ctx context.Context, w io.Writer) error {
	q := client.ListBlindWaysParams{Level: c.Level, State: c.State, Limit: given(c.Limit)}
	if c.Format != "table" {
		return c.copy(ctx, w, q)
	}
	body, err := answerTo(ctx, &c.asking, (*client.Client).ListBlindWays, q)
	if err != nil {
		return err
	}
	s := stateWords[body.State]
	heading(w, body.AsOf, body.Simulated, fmt.Sprintf("Đường đi giữa các cửa ngõ không qua camera %s nào, ở mức %s", s[0], body.Level.Code),
		fmt.Sprintf("ways between gateways that pass no %s camera, at the level %s", s[1], body.Level.Code))
	fmt.Fprintf(w, "%s\n    %s\n\n", body.Why.VI, body.Why.EN)
	if body.Total == 0 {
		_, err := fmt.Fprintf(w, "Không có đường nào như vậy giữa %d cửa ngõ.\n    There is no such way between the %[1]d gateways.\n", body.Gateways)
		return err
	}
	fmt.Fprintf(w, "%d trong %d cặp của %d cửa ngõ có đường như vậy; ngắn nhất trước:\n    %[1]d of %[2]d pairs of %[3]d gateways have one; shortest first:\n", body.Total, body.Pairs, body.Gateways)
	for i := range body.Items {
		way := &body.Items[i]
		fmt.Fprintf(w, "\n%3d. %s → %s  %s km\n     %s → %s\n", i+1, way.From.Code, way.To.Code, km(way.LengthM), short(way.From.Name, 45), short(way.To.Name, 45))
		for _, step := range way.Steps {
			fmt.Fprintf(w, "       %-10s %12s → %-12s %6s km\n", step.Route.Code, step.From, step.To, km(step.LengthM))
		}
	}
	if n := body.Total - int64(len(body.Items)); n > 0 {
		fmt.Fprintf(w, "\n  … và %d đường nữa · and %[1]d more (--limit)\n", n)
	}
	return c.closing(w, body)
}

func (c *gapsCmd) closing(w io.Writer, body *client.BlindWays) error {
	x := &body.Closing
	if body.Total-body.AtOnePlace == 0 {
		return nil
	}
	proved := [2]string{"đã chứng minh: không thể ít hơn", "proved: fewer will not do"}
	if !x.Fewest {
		proved = [2]string{"chưa chứng minh là ít nhất: việc tìm đã dừng giữa chừng", "not proved to be fewest: the search was given up"}
	}
	fmt.Fprintf(w, "\nĐể chặn tất cả: số camera đã có trong kế hoạch %d, số camera mới %d (%s)\n    To close them all: cameras that the plan has %[1]d, new ones %[2]d (%[4]s)\n\n",
		len(x.Cameras), len(x.Stretches), proved[0], proved[1])
	t := rows{left: 5, vi: []string{"cần", "tuyến", "từ", "đến", "tình trạng", "dài km"}, en: []string{"needed", "route", "from", "to", "state", "length"}}
	for i := range x.Cameras {
		cam := &x.Cameras[i]
		route := ""
		if cam.Route != nil {
			route = cam.Route.Code
		}
		t.add(cam.Code+" "+short(cam.Site.Name, 36), route, cam.Chainage, "", stateWords[cam.Claimed][0]+", "+statusWords[cam.Status], "")
	}
	for _, st := range x.Stretches {
		t.add("camera mới, đâu đó từ – đến · a new one, anywhere", st.Route.Code, st.From, st.To, "", km(st.LengthM))
	}
	return t.write(w)
}

// statusWords name what is known of a camera now.
var statusWords = map[string]string{
	"up": "hoạt động", "degraded": "hoạt động kém", "down": "hỏng", "unknown": "chưa có dữ liệu",
	"maintenance": "bảo trì", "not_in_service": "chưa phục vụ",
}
