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

type nextCmd struct {
	asking
	By    string `enum:"control,view,gateways,ways,cost" default:"control" help:"Rank by what a site adds: control (metres of controlled sections), view (metres in view), gateways, ways (blind ways closed), or cost (metres controlled per million VND) (${default})."`
	State string `enum:"installed,accepted,working" default:"installed" help:"Which cameras count as there already: installed, accepted or working (${default})."`
	Level string `placeholder:"CODE" help:"Coverage level, such as detection; the plan's own when absent."`
	Area  string `placeholder:"CODE" help:"Only sites in this area, or in one below it."`
	Route string `placeholder:"CODE" help:"Only sites on this route."`
	Sites int64  `default:"20" help:"So many sites, the best (${default})."`
}

func (c *nextCmd) Run(ctx context.Context) error {
	if err := c.only(tables...); err != nil {
		return err
	}
	q := client.RankNextSitesParams{By: c.By, State: c.State, Level: c.Level, Area: c.Area, Route: c.Route, Sites: &c.Sites}
	if c.Format != "table" {
		return c.copy(ctx, os.Stdout, q)
	}
	a, err := answerTo(ctx, &c.asking, (*client.Client).RankNextSites, q)
	if err != nil {
		return err
	}
	return writeNext(os.Stdout, a)
}

// nextWords are what sites are ranked by, and what counts as there.
var nextWords = map[string][2]string{
	"control":   {"số mét được kiểm soát thêm", "metres of sections that become controlled"},
	"view":      {"số mét trong tầm quan sát thêm", "metres that come into view"},
	"gateways":  {"số cửa ngõ được quan sát thêm", "gateways that come into view"},
	"ways":      {"số lối không camera khép được thêm", "blind ways that are closed"},
	"cost":      {"số mét được kiểm soát thêm trên mỗi triệu đồng", "metres that become controlled per million VND"},
	"installed": {"đã lắp đặt (theo kế hoạch)", "installed, as the plan claims"},
	"accepted":  {"đã nghiệm thu (theo kế hoạch)", "accepted, as the plan claims"},
	"working":   {"đang hoạt động", "working now"},
}

// writeNext writes a rank for people.
func writeNext(w io.Writer, a *client.NextAnswer) error {
	by, state := nextWords[a.By], nextWords[a.State]
	simulated := [2]string{}
	if a.Simulated {
		simulated = [2]string{"DỮ LIỆU MÔ PHỎNG. ", "SIMULATED DATA. "}
	}
	fmt.Fprintf(w, "%sXếp theo %s, ở mức %s; đã có: camera %s\n", simulated[0], by[0], a.Level.Name.VI, state[0])
	fmt.Fprintf(w, "    %sRanked by %s, at level %s; there already: cameras %s\n\n", simulated[1], by[1], a.Level.Code, state[1])
	s := rows{
		vi:   []string{"thứ tự", "điểm", "tên", "địa bàn", "camera", "triệu đồng", "+ trong tầm (m)", "+ kiểm soát (m)", "+ đoạn", "+ cửa ngõ", "+ khép lối", "+ địa điểm"},
		en:   []string{"rank", "site", "name", "area", "cameras", "million VND", "+ in view (m)", "+ controlled (m)", "+ sections", "+ gateways", "+ ways closed", "+ places"},
		left: 4,
	}
	for i := range a.Items {
		r := &a.Items[i]
		rank := map[string]string{"cost_unknown": "?", "adds_nothing": "0"}[r.Standing]
		if r.Rank != nil {
			rank = strconv.FormatInt(*r.Rank, 10)
		}
		if len(r.With) > 0 {
			rank += "*"
		}
		cost := "?"
		if r.CostMillionVND != nil {
			cost = strconv.FormatFloat(*r.CostMillionVND, 'f', -1, 64)
		}
		cameras := strconv.Itoa(len(r.Cameras))
		if n := len(r.Incomplete); n > 0 {
			cameras += fmt.Sprintf(" (%d!)", n)
		}
		s.add(append([]string{rank, r.Site.Code, short(r.Site.Name, 40), short(r.Area.Name, 24), cameras, cost}, gains(r.Gain, "+")...)...)
	}
	s.add(append([]string{"", "", "tất cả điểm / all sites", "", "", ""}, gains(a.Together, "+")...)...)
	s.add(append([]string{"", "", "đang có / there now", "", "", ""}, gains(a.Before, "")...)...)
	s.add(append([]string{"", "", "tổng số / of all", "", "", ""}, gains(a.All, "")...)...)
	if err := s.write(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n"+strings.Join(nextNotes(a), "\n")+"\n")
	return err
}

// nextNotes explain the marks that a rank has.
func nextNotes(a *client.NextAnswer) []string {
	notes := []string{fmt.Sprintf("%d trên %d điểm còn phải làm. Mỗi dòng: thêm được gì khi mọi điểm ở trên đã có.\n    %[1]d of %[2]d sites to come. Each row: what it adds when all above it are there.", len(a.Items), a.Candidates)}
	marks := map[string]string{}
	for i := range a.Items {
		r := &a.Items[i]
		switch r.Standing {
		case "adds_nothing":
			marks["0"] = "0: không thêm gì theo cách xếp này / adds nothing by this measure"
		case "cost_unknown":
			marks["?"] = "?: kế hoạch chưa ghi kinh phí của mọi camera ở đó / the plan does not have the cost of every camera there"
		}
		if len(r.With) > 0 {
			marks["*"] = "*: một mình không khép được lối nào, phải cùng các điểm * cạnh nó (xem --format csv, cột with) / closes no way alone, only with the sites marked * beside it (column with of --format csv)"
		}
		if len(r.Incomplete) > 0 {
			marks["!"] = "!: số camera thiếu vị trí, hướng, góc quan sát hoặc độ phân giải, nên không thêm mét nào / cameras without position, direction, field of view or resolution: they add no road"
		}
	}
	for _, m := range []string{"*", "?", "0", "!"} {
		if marks[m] != "" {
			notes = append(notes, marks[m])
		}
	}
	if len(a.Partly) > 0 {
		notes = append(notes, fmt.Sprintf("%d điểm đã có một phần camera, không xếp: %s\n    sites that have some of their cameras, not ranked", len(a.Partly), strings.Join(a.Partly, ", ")))
	}
	return notes
}

func gains(m client.NextMeasures, sign string) []string {
	out := []string{length(m.InViewM), length(m.ControlledM), fmt.Sprint(m.Sections), fmt.Sprint(m.Gateways), fmt.Sprint(m.WaysClosed), fmt.Sprint(m.Places)}
	for i := range out {
		if out[i] == "0" || out[i] == "0.0" {
			out[i] = "·"
		} else {
			out[i] = sign + out[i]
		}
	}
	return out
}

// length writes metres with one decimal.
func length(m float64) string { return strconv.FormatFloat(m, 'f', 1, 64) }
