package api

import (
	"fmt"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
)

func (r *rolledOut) curve(in *curveInput) (*RolloutCurve, error) {
	of, err := r.part(in.RolloutPart)
	if err != nil {
		return nil, err
	}
	from, to := rollout.Extent(r.plan)
	to = max(to, r.today)
	for _, edge := range []struct {
		name, text string
		day        *plan.Date
	}{{"from", in.From, &from}, {"to", in.To, &to}} {
		if edge.text == "" {
			continue
		}
		if *edge.day, err = plan.ParseDate(edge.text); err != nil {
			return nil, notADay(edge.name, edge.text)
		}
	}
	if from.IsZero() {
		from = r.today
	}
	switch {
	case from > to:
		return nil, invalid("from", from.String(), fmt.Sprintf("đứng sau ngày cuối %s: hãy viết ngày đầu của kỳ", to), fmt.Sprintf("lies after %s: write the first day of the period", to))
	case to-from >= maxCurve:
		return nil, tooManyDays("from", from.String(), int(to-from+1), maxCurve)
	}
	days := rollout.Ends(from, to, rollout.Step(in.Every), r.today)
	if len(days) > maxPoints {
		return nil, tooMany("every", in.Every, len(days), maxPoints)
	}
	body := &RolloutCurve{From: from.String(), To: to.String(), Every: in.Every, Phase: in.Phase, Area: in.Area, Revision: in.Revision, Items: make([]CurvePoint, len(days))}
	for i, p := range rollout.Curve(r.plan, r.seen, days, of) {
		row := CurvePoint{Day: p.Day.String(), Scheduled: p.Scheduled, Planned: p.Planned}
		if p.Day <= r.today {
			row.Surveyed, row.Installed, row.Accepted = &p.Surveyed, &p.Installed, &p.Accepted
			row.Enrolled, row.Verified, row.InstalledVerified = &p.Enrolled, &p.Verified, &p.InstalledVerified
		}
		body.Items[i] = row
	}
	return body, nil
}

// Bounds of a curve.
const (
	maxCurve  = 36_525 // days: a hundred years
	maxPoints = 4_000  // ten years day by day
)

func (r *rolledOut) forecast(in *rolloutInput) *ForecastAnswer {
	groups := func(by rollout.By) []ForecastGroup {
		rows := []ForecastGroup{}
		for _, g := range rollout.Forecasts(r.plan, r.seen, r.day, by) {
			row := ForecastGroup{Code: g.Code, ValidFrom: g.From.String(), Name: r.name(by, g.Key)}
			for i := range g.Forecasts {
				row.Forecasts = append(row.Forecasts, forecastRow(&g.Forecasts[i]))
			}
			rows = append(rows, row)
		}
		return rows
	}
	body := &ForecastAnswer{Day: r.day.String(), By: in.By, Revision: r.revision, Total: groups(rollout.ByTotal)[0], Items: groups(rollout.By(in.By))}
	for _, d := range rollout.PaceDays(r.day) {
		body.Months = append(body.Months, d.String())
	}
	return body
}

func forecastRow(f *rollout.Forecast) ForecastRow {
	return ForecastRow{
		Milestone: string(f.Milestone), Planned: f.Planned, Reached: f.Reached, Remaining: f.Remaining(), Months: f.Months[:],
		State: string(f.State), Earliest: known(f.Earliest), Middle: known(f.Middle), Latest: known(f.Latest),
		Due: f.Due.String(), Verdict: string(f.Verdict),
	}
}
