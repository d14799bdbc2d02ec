package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

type lossInput struct {
	Conditional
	Level  string   `query:"level" doc:"Code of the coverage level; the plan's own when absent"`
	Camera []string `query:"camera" required:"true" minItems:"1" maxItems:"200" doc:"Code of the camera, or codes separated by commas, such as those of an incident: what they took away together"`
	Period string   `query:"period" doc:"A period, such as 2026-Q3, in place of from and to"`
	From   string   `query:"from" doc:"First day, yyyy-mm-dd, or a moment as /api/v1/outages gives it (RFC 3339), such as the beginning of an outage; 90 days up to the last one when absent"`
	To     string   `query:"to" doc:"Last day, or the moment just after; now when absent"`
	Limit  int      `query:"limit" default:"50" minimum:"0" maximum:"500" doc:"So many single outages, the newest"`
}

func (s *Server) registerLoss() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getCoverageLoss", Method: http.MethodGet, Path: "/api/v1/coverage/loss", Tags: []string{"coverage"},
		Summary: "What the outages of a camera, or of an incident, took away: road, sections and gateways that no other camera saw in its place",
	}, func(ctx context.Context, in *lossInput) (*answer[CoverageLoss], error) {
		body, at, err := f.loss(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

func (f *figures) loss(ctx context.Context, in *lossInput) (*CoverageLoss, time.Time, error) {
	level, err := f.level(in.Level)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, code := range in.Camera {
		if f.Plan.Camera(code) == nil {
			return nil, time.Time{}, invalid("camera", code, "kế hoạch không có camera này; /api/v1/cameras liệt kê", "is not a camera of this plan; /api/v1/cameras lists them")
		}
	}
	if f.shared != nil { // other cameras may have seen the road in their place
		return f.shared.loss(ctx, in)
	}
	m, err := f.now(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	where := f.placing(ctx, m.today)
	window, err := f.lossWindow(in, m.at)
	if err != nil {
		return nil, time.Time{}, err
	}
	first := history.DayOf(window.From*1000, f.Plan.Location)
	ledger, err := f.ledger.snapshot(ctx, first, m.at)
	if err != nil {
		return nil, time.Time{}, err
	}
	eye, err := f.eye(m, level, coverage.Working)
	if err != nil {
		return nil, time.Time{}, err
	}
	of := func(w uptime.Window, cameras ...string) (coverage.Loss, error) {
		a, b := history.DayOf(w.From*1000, f.Plan.Location), history.DayOf((w.To-1)*1000, f.Plan.Location)
		return eye.Loss(cameras, coverage.Window(w), f.evidence(ledger, a, b))
	}
	all, err := of(window, in.Camera...)
	if err != nil {
		return nil, time.Time{}, err
	}
	body := &CoverageLoss{
		Level: levelRow(level), Cameras: []LossCamera{}, From: time.Unix(window.From, 0).UTC(), To: time.Unix(window.To, 0).UTC(),
		LossTimes: lossTimes(&all), Roads: []LostRoad{}, Sections: []LostRoad{}, Gateways: []LostGateway{}, Outages: []OutageLoss{},
	}
	for _, r := range all.Routes {
		body.Roads = append(body.Roads, f.lostRoad(r))
	}
	for _, s := range all.Sections {
		body.Sections = append(body.Sections, f.lostRoad(coverage.LostRoad(s)))
	}
	for _, g := range all.Gateways {
		body.Gateways = append(body.Gateways, LostGateway{g.Code, f.gateway(g.Code).Name, g.Sure, g.Maybe})
	}
	var outages []uptime.Outage
	for _, code := range all.Cameras {
		body.Cameras = append(body.Cameras, LossCamera{code, f.siteOf(code, where)})
		outages = append(outages, ledger.Outages(code, f.service[code].Counted(), window, m.at.Unix())...)
	}
	slices.SortStableFunc(outages, func(a, b uptime.Outage) int { return cmp.Compare(b.From, a.From) })
	body.Total = len(outages)
	for _, o := range outages[:min(in.Limit, len(outages))] {
		l, err := of(uptime.Window{From: o.From, To: o.To}.And(window), o.Camera)
		if err != nil {
			return nil, time.Time{}, err
		}
		row := OutageLoss{Camera: o.Camera, From: time.Unix(o.From, 0).UTC(), To: time.Unix(o.To, 0).UTC(), Open: o.Open, LossTimes: lossTimes(&l)}
		if o.Fault != wire.FaultNone {
			row.Fault = o.Fault.String()
		}
		body.Outages = append(body.Outages, row)
	}
	return body, m.at, nil
}

// lossWindow reads the window of a loss, which ends now at the latest.
func (f *figures) lossWindow(in *lossInput, at time.Time) (uptime.Window, error) {
	w := uptime.Window{To: at.Unix()}
	if in.Period != "" {
		_, window, err := f.coverDays(Period{Period: in.Period, From: in.From, To: in.To}, dayNumber(plan.DateOf(at, f.Plan.Location)), at)
		return window, err
	}
	loc := f.Plan.Location
	if in.To != "" {
		day, moment, err := dayOrMoment("to", in.To)
		if err != nil {
			return w, err
		}
		if moment.IsZero() {
			moment = (day + 1).Start(loc)
		}
		w.To = min(moment.Unix(), w.To)
	}
	if in.From == "" {
		w.From = (history.DayOf((w.To-1)*1000, loc) - defaultDays + 1).Start(loc).Unix()
		return w, nil
	}
	day, moment, err := dayOrMoment("from", in.From)
	if err != nil {
		return w, err
	}
	if moment.IsZero() {
		moment = day.Start(loc)
	}
	switch w.From = moment.Unix(); {
	case w.From >= at.Unix():
		return w, invalid("from", in.From, "lúc này chưa đến", "has not come yet")
	case w.From >= w.To:
		return w, invalid("from", in.From, fmt.Sprintf("không đứng trước %s: hãy viết lúc bắt đầu", in.To), fmt.Sprintf("does not lie before %s: write the beginning of the window", in.To))
	case w.To-w.From > (maxCoverDays+1)*86400:
		return w, tooManyDays("from", in.From, int((w.To-w.From)/86400), maxCoverDays)
	}
	return w, nil
}

// dayOrMoment reads a local day, or a moment, which is zero for a day.
func dayOrMoment(name, text string) (history.DayNumber, time.Time, error) {
	if d, err := plan.ParseDate(text); err == nil {
		return dayNumber(d), time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return 0, t, invalid(name, text, "phải là ngày như 2026-11-22, hoặc thời điểm như 2026-11-22T05:00:00Z", "is neither a day like 2026-11-22 nor a moment like 2026-11-22T05:00:00Z")
	}
	return 0, t, nil
}

func lossTimes(l *coverage.Loss) LossTimes {
	sure, maybe := l.MetreSeconds()
	hours := func(v float64) float64 { return math.Round(v/36) / 100 }
	t := LossTimes{Down: l.Down, Unknown: l.Unclear, Most: metres(l.Most), Sure: hours(sure), Maybe: hours(maybe)}
	for _, s := range l.Sections {
		if s.Sure > 0 {
			t.LostSecs++
		}
	}
	for _, g := range l.Gateways {
		if g.Sure > 0 {
			t.LostGates++
		}
	}
	return t
}

func (f *figures) lostRoad(r coverage.LostRoad) LostRoad {
	return LostRoad{
		Route: f.route(r.Route), From: geo.FormatChainage(r.FromChainage), To: geo.FormatChainage(r.ToChainage),
		Length: metres(r.To - r.From), Sure: r.Sure, Maybe: r.Maybe,
	}
}
