package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/period"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
)

// Period is the part of a request that names a period of local days.
type Period struct {
	Conditional
	Period string `query:"period" doc:"A period: 2026, 2026-H1, 2026-Q3, 2026-07, 2026-W40, 2026-07-14, a range of them such as 2016..2020, or an interval of ISO 8601 such as 2026-07-01/P3M; in place of from and to"`
	From   string `query:"from" doc:"First day, yyyy-mm-dd; 90 days up to the last one when absent"`
	To     string `query:"to" doc:"Last day, yyyy-mm-dd; today when absent"`
}

type uptimeInput struct {
	Period
	AsOf
	Listing
	CameraFilter
	By    string `query:"by" default:"total" enum:"total,area,route,site,phase,funding,owner,camera" doc:"What cameras are put together by; areas are those of the last day"`
	Every string `query:"every" enum:"day,week,month,quarter,year" doc:"Add a series in such pieces"`
}

type gridInput struct {
	Period
	AsOf
	CameraFilter
	Limit int    `query:"limit" minimum:"1" maximum:"10000" doc:"So many cameras at most; all when absent"`
	After string `query:"after" maxLength:"4096" doc:"Go on after a page: its next"`
	Every string `query:"every" default:"month" enum:"day,week,month,quarter,year" doc:"Length of the pieces"`
}

const (
	defaultDays = 90
	maxDays     = 3700 // ten years
	maxPieces   = 1200
	maxFigures  = 50_000    // groups × pieces of one answer
	maxGrid     = 2_000_000 // cameras × pieces
)

func (s *Server) registerUptime() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getUptime", Method: http.MethodGet, Path: "/api/v1/uptime", Tags: []string{"uptime"},
		Summary: "Availability with its bounds over a period, in all or by area, route, site, phase, funding, owner or camera, beside its targets and earlier periods",
	}, func(ctx context.Context, in *uptimeInput) (*answer[UptimeAnswer], error) {
		body, at, err := f.uptime(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.simulated(ctx, in.Revision))
	})
	register(s, huma.Operation{
		OperationID: "getUptimeGrid", Method: http.MethodGet, Path: "/api/v1/uptime/grid", Tags: []string{"uptime"},
		Summary: "Availability with its bounds of every camera in every piece of a period, in few bytes",
	}, f.grid)
}

// period reads a period, which ends now at the latest.
func (f *figures) period(in Period, at time.Time) (uptime.Days, uptime.Window, error) {
	return f.periodBy(in, dayNumber(plan.DateOf(at, f.Plan.Location)), at)
}

// periodAt is period as of a moment.
func (f *figures) periodAt(in Period, m *moment) (uptime.Days, uptime.Window, error) {
	return f.periodBy(in, dayNumber(m.today), m.at)
}

func (f *figures) periodBy(in Period, today history.DayNumber, at time.Time) (uptime.Days, uptime.Window, error) {
	d, err := f.days(in, today)
	if err != nil {
		return d, uptime.Window{}, err
	}
	first := beginOf(in)
	switch {
	case d.First > d.Last:
		return d, uptime.Window{}, invalid(first, d.First.String(),
			fmt.Sprintf("đứng sau ngày cuối %s: hãy viết ngày đầu của kỳ", d.Last), fmt.Sprintf("lies after %s: write the first day of the period", d.Last))
	case d.First > today:
		return d, uptime.Window{}, invalid(first, d.First.String(), "ngày này chưa đến", "has not come yet")
	case d.Last-d.First >= maxDays:
		return d, uptime.Window{}, tooManyDays(first, d.First.String(), int(d.Last-d.First+1), maxDays)
	}
	d.Last = min(d.Last, today)
	return d, upTo(d.Window(f.Plan.Location), at), nil
}

// beginOf gives the parameter that says when a period begins.
func beginOf(in Period) string {
	if in.Period != "" {
		return "period"
	}
	return "from"
}

// days reads the days of a period, which may lie ahead.
func (f *figures) days(in Period, today history.DayNumber) (d uptime.Days, err error) {
	if in.Period != "" {
		if in.From != "" || in.To != "" {
			return d, invalid("period", in.Period, "đứng thay cho from và to: hãy viết một trong hai", "stands in place of from and to: write one or the other")
		}
		p, err := period.Parse(in.Period, f.Plan.Location)
		var wrong *period.Error
		if errors.As(err, &wrong) {
			return d, invalid("period", wrong.Text, wrong.VI, wrong.EN)
		}
		return uptime.Days(p), err
	}
	d.Last = today
	for _, edge := range []struct {
		name, text string
		day        *history.DayNumber
	}{{"to", in.To, &d.Last}, {"from", in.From, &d.First}} {
		if edge.text == "" {
			if edge.name == "from" {
				d.First = d.Last - defaultDays + 1
			}
			continue
		}
		date, err := plan.ParseDate(edge.text)
		if err != nil {
			return d, notADay(edge.name, edge.text)
		}
		*edge.day = dayNumber(date)
	}
	return d, nil
}

// upTo gives the part of a window that has passed.
func upTo(w uptime.Window, at time.Time) uptime.Window {
	return uptime.Window{From: w.From, To: max(min(w.To, at.Unix()), w.From)}
}

// pieces cuts a period, and names the first day of each piece.
func (f *figures) pieces(d uptime.Days, w uptime.Window, every string) (names []string, at []int64, err error) {
	cuts := uptime.Cuts(d.First, d.Last, uptime.Step(every))
	if len(cuts)-1 > maxPieces {
		return nil, nil, invalid("every", every,
			fmt.Sprintf("chia thành %d đoạn, được phép nhiều nhất %d: hãy chọn kỳ ngắn hơn hoặc đoạn dài hơn", len(cuts)-1, maxPieces),
			fmt.Sprintf("makes %d pieces, at most %d are allowed: ask for a shorter period or longer pieces", len(cuts)-1, maxPieces))
	}
	for _, c := range cuts[:len(cuts)-1] {
		names = append(names, c.String())
	}
	at = uptime.Moments(cuts, f.Plan.Location)
	at[len(at)-1] = w.To
	return names, at, nil
}

// group gathers the figures of the cameras that are put together.
type group struct {
	key                       uptime.Key
	cameras                   int
	total, before, yearBefore sums
	repairs                   uptime.Repairs
	series                    []sums
}

func (f *figures) uptime(ctx context.Context, in *uptimeInput) (*UptimeAnswer, time.Time, error) {
	f, m, err := f.asOf(ctx, in.AsOf)
	if err != nil {
		return nil, time.Time{}, err
	}
	days, period, err := f.periodAt(in.Period, m)
	if err != nil {
		return nil, time.Time{}, err
	}
	pages, err := newPager(ctx, uptimeList, &in.Listing)
	if err != nil {
		return nil, time.Time{}, err
	}
	meant, err := f.meant(&in.CameraFilter, dateOf(days.Last))
	if err != nil {
		return nil, time.Time{}, err
	}
	body := &UptimeAnswer{Revision: in.Revision, From: days.First.String(), To: days.Last.String(), By: in.By, Every: in.Every}
	body.Late = f.late(period, meant)
	var at []int64
	if in.Every != "" {
		if body.Pieces, at, err = f.pieces(days, period, in.Every); err != nil {
			return nil, time.Time{}, err
		}
	}
	before, yearBefore := days.Before(), days.YearBefore()
	known, err := f.reaching(ctx, m, min(before.First, yearBefore.First), period)
	if err != nil {
		return nil, time.Time{}, err
	}
	loc := f.Plan.Location
	// Of a day that has not ended no more of the other periods counts either.
	rest := days.Window(loc).To - period.To
	short := func(d uptime.Days) uptime.Window {
		w := d.Window(loc)
		w.To = max(w.To-rest, w.From)
		return w
	}
	windowBefore, windowYearBefore := short(before), short(yearBefore)

	groups := map[uptime.Key]*group{}
	var series []uptime.Figure
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		if !meant(c) {
			continue
		}
		key := uptime.KeyOf(f.Plan, c, uptime.By(in.By), dateOf(days.Last))
		g := groups[key]
		if g == nil {
			if (len(groups)+1)*len(body.Pieces) > maxFigures {
				return nil, time.Time{}, invalid("every", in.Every,
					fmt.Sprintf("hơn %d số liệu: hãy hỏi /api/v1/uptime/grid, hoặc chọn đoạn dài hơn", maxFigures),
					fmt.Sprintf("makes more than %d figures: ask /api/v1/uptime/grid, or for longer pieces", maxFigures))
			}
			g = &group{key: key, series: make([]sums, len(body.Pieces))}
			groups[key] = g
		}
		service := f.service[c.Code]
		counted := service.Counted()
		of := func(w uptime.Window) sums { return sums{known.Figure(c.Code, counted, w), paused(service, w)} }
		one := of(period)
		if one.InService() > 0 {
			g.cameras++
		}
		g.total.add(one)
		g.before.add(of(windowBefore))
		g.yearBefore.add(of(windowYearBefore))
		g.repairs.Add(known.Repairs(c.Code, counted, period, m.at.Unix()))
		if at != nil {
			series = known.Series(c.Code, counted, at, series[:0])
			for k := range series {
				g.series[k].add(sums{series[k], paused(service, uptime.Window{From: at[k], To: at[k+1]})})
			}
		}
	}
	where := f.placing(ctx, m.today)
	year, _, _ := m.at.In(loc).Date()
	if days.Last < dayNumber(m.today) {
		year, _, _ = days.Last.Start(loc).Date()
	}
	for _, g := range groups {
		row := UptimeGroup{
			Code: g.key.Code, ValidFrom: g.key.From.String(), Name: where.key(f, uptime.By(in.By), g.key), Cameras: g.cameras,
			Uptime: uptimeRow(g.total), Repairs: repairsRow(g.repairs), Targets: f.targets(uptime.By(in.By), g, year),
			Before: beside(g.total, g.before, before), YearAgo: beside(g.total, g.yearBefore, yearBefore),
		}
		for _, s := range g.series {
			row.Series = append(row.Series, uptimeRow(s))
		}
		pages.add(&row)
	}
	body.Items, body.Page = pages.rows()
	return body, m.at, nil
}

// late lists the windows of a period that do not count as a whole, for cameras
// that are meant.
func (f *figures) late(period uptime.Window, meant func(*plan.Camera) bool) []LateRow {
	rows := []LateRow{}
	at := map[uptime.Window]map[string]int{} // index in rows
	for i := range f.Plan.Cameras {
		for _, l := range f.service[f.Plan.Cameras[i].Code].Late {
			if !meant(&f.Plan.Cameras[i]) || l.Window.And(period).Seconds() == 0 {
				continue
			}
			if at[l.Window] == nil {
				at[l.Window] = map[string]int{}
			}
			k, ok := at[l.Window][l.Code]
			if !ok {
				k = len(rows)
				at[l.Window][l.Code] = k
				rows = append(rows, LateRow{Code: l.Code, From: time.Unix(l.Window.From, 0).UTC(), To: time.Unix(l.Window.To, 0).UTC(), Counts: l.Counts.Seconds()})
			}
			rows[k].Cameras++
		}
	}
	return rows
}

func (f *figures) nameOf(by uptime.By, k uptime.Key) string {
	switch by {
	case uptime.ByArea:
		for i := range f.Plan.Areas {
			if a := &f.Plan.Areas[i]; a.Code == k.Code && a.ValidFrom == k.From {
				return a.Name
			}
		}
	case uptime.ByRoute:
		return f.route(k.Code).Name
	case uptime.BySite:
		if s := f.Plan.Site(k.Code); s != nil {
			return s.Name
		}
	case uptime.ByPhase:
		for _, ph := range f.Plan.Phases {
			if ph.Code == k.Code {
				return ph.Name.VI
			}
		}
	}
	return k.Code
}

// targets compares a group with what is to be reached: an area with its own
// targets, everything else with those of the plan.
func (f *figures) targets(by uptime.By, g *group, year int) []Target {
	area := ""
	if by == uptime.ByArea {
		area = g.key.Code
	}
	rows := []Target{}
	if t, ok := uptime.TargetOf(f.Plan, plan.MeasureAvailability, area, year); ok {
		rows = append(rows, Target{string(t.Measure), t.Value, string(g.total.Against(t.Value))})
	}
	if t, ok := uptime.TargetOf(f.Plan, plan.MeasureRepair, area, year); ok {
		rows = append(rows, Target{string(t.Measure), t.Value, string(g.repairs.Within(t.Value))})
	}
	return rows
}

func beside(now, before sums, days uptime.Days) *Beside {
	if before.InService() == 0 {
		return nil
	}
	return &Beside{days.First.String(), days.Last.String(), uptimeRow(before), string(now.Than(before.Figure))}
}

func repairsRow(r uptime.Repairs) Repairs {
	row := Repairs{Outages: r.Outages, Fewest: r.Fewest, Open: r.Open}
	span := func(low, high float64, ok bool) *Span {
		if !ok {
			return nil
		}
		s := &Span{Low: low}
		if !math.IsInf(high, 1) {
			s.High = &high
		}
		return s
	}
	row.MTTR, row.MTBF = span(r.MTTR()), span(r.MTBF())
	row.Longest = span(float64(r.Longest), float64(r.LongestAtMost), r.Outages > 0)
	return row
}

func (f *figures) grid(ctx context.Context, in *gridInput) (*answer[GridAnswer], error) {
	f, m, err := f.asOf(ctx, in.AsOf)
	if err != nil {
		return nil, err
	}
	days, period, err := f.periodAt(in.Period, m)
	if err != nil {
		return nil, err
	}
	meant, err := f.meant(&in.CameraFilter, dateOf(days.Last))
	if err != nil {
		return nil, err
	}
	limit := in.Limit
	if limit == 0 {
		limit = len(f.Plan.Cameras) // in a table too
	}
	pages, err := newPager(ctx, gridList, &Listing{Limit: limit, After: in.After})
	if err != nil {
		return nil, err
	}
	for i := range f.Plan.Cameras {
		if c := &f.Plan.Cameras[i]; meant(c) {
			pages.add(&GridRow{Code: c.Code})
		}
	}
	cameras, about := pages.rows()
	body := &GridAnswer{Revision: in.Revision, Head: Head{AsOf: m.at, Simulated: f.Plan.Simulated}, From: days.First.String(), To: days.Last.String(), Every: in.Every, Page: about, Items: []GridRow{}}
	var at []int64
	if body.Pieces, at, err = f.pieces(days, period, in.Every); err != nil {
		return nil, err
	}
	if n := len(cameras) * len(body.Pieces); n > maxGrid {
		return nil, invalid("every", in.Every,
			fmt.Sprintf("%d số liệu, được phép nhiều nhất %d: hãy chọn kỳ ngắn hơn hoặc đoạn dài hơn", n, maxGrid),
			fmt.Sprintf("makes %d figures, at most %d are allowed: ask for a shorter period or longer pieces", n, maxGrid))
	}
	known, err := f.known(ctx, m, days.First)
	if err != nil {
		return nil, err
	}
	rows := make([]uptime.Row, len(cameras))
	for i := range cameras {
		code := cameras[i].Code
		rows[i] = uptime.Row{Camera: code, Counted: f.service[code].Counted()}
	}
	grid := known.AppendGrid(nil, rows, at)
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	text, _ = bytes.CutSuffix(text, []byte("[]}"))
	text = append(append(text, grid...), '}')
	return &answer[GridAnswer]{body: body, have: in.IfNoneMatch, tag: tagOf(text), json: text, fill: func() error {
		if err := checkRows(len(rows) * len(body.Pieces)); err != nil {
			return err
		}
		return json.Unmarshal(grid, &body.Items)
	}}, nil
}
