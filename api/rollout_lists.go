package api

import (
	"context"
	"slices"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
)

func (r *rolledOut) overdue(ctx context.Context, in *overdueInput) (*OverdueList, error) {
	pages, err := newPager(ctx, overdueList, &in.Listing)
	if err != nil {
		return nil, err
	}
	of, err := r.part(in.RolloutPart)
	if err != nil {
		return nil, err
	}
	late := slices.DeleteFunc(rollout.Overdue(r.plan, r.day), func(l rollout.Late) bool {
		return !of(r.plan.Camera(l.Camera)) || in.Milestone != "" && in.Milestone != string(l.Milestone)
	})
	counts := func(by rollout.By) []OverdueCount {
		rows := []OverdueCount{}
		for _, g := range rollout.LateBy(r.plan, late, r.day, by) {
			rows = append(rows, OverdueCount{g.Code, g.From.String(), r.name(by, g.Key), g.Cameras, g.Installed, g.Accepted, g.Longest})
		}
		return rows
	}
	body := &OverdueList{
		Day: r.day.String(), Phase: in.Phase, Area: in.Area, Revision: r.revision,
		Phases: counts(rollout.ByPhase), Areas: counts(rollout.ByArea),
	}
	for _, l := range late {
		c := r.plan.Camera(l.Camera)
		row := OverdueRow{Camera: c.Code, Phase: c.Phase, Agent: c.Agent, Milestone: string(l.Milestone), Due: l.Due.String(), Days: l.Days, Reached: string(l.Reached)}
		row.Site, row.Area, row.Route = r.place(c)
		pages.add(&row)
	}
	body.Items, body.Page = pages.rows()
	return body, nil
}

func (r *rolledOut) discrepancies(ctx context.Context, in *discrepancyInput) (*DiscrepancyList, error) {
	pages, err := newPager(ctx, discrepancyList, &in.Listing)
	if err != nil {
		return nil, err
	}
	of, err := r.part(in.RolloutPart)
	if err != nil {
		return nil, err
	}
	days, err := r.ledgerDays(ctx, in.Days)
	if err != nil {
		return nil, err
	}
	body := &DiscrepancyList{Day: r.day.String(), Days: in.Days, Phase: in.Phase, Area: in.Area, Revision: r.revision}
	counts := map[rollout.Kind]int{}
	all := rollout.Evidence{Seen: r.seen, Days: func(code string) []history.DayCount { return days[code] }}
	for _, d := range rollout.Discrepancies(r.plan, all, r.day, in.Days) {
		c := r.plan.Camera(d.Camera)
		if in.Kind != "" && in.Kind != string(d.Kind) || c != nil && !of(c) || c == nil && (in.Phase != "" || in.Area != "") {
			continue
		}
		counts[d.Kind]++
		row := DiscrepancyRow{Kind: string(d.Kind), Camera: d.Camera, Since: known(d.Since), Others: d.Others, Do: Text(d.Do)}
		if row.Since != nil {
			age := int(r.day-d.Since) + 1
			row.Age = &age
		}
		if c != nil {
			site, area, _ := r.place(c)
			row.Site, row.Area, row.Phase, row.Agent = &site, &area, c.Phase, c.Agent
		}
		pages.add(&row)
	}
	body.Items, body.Page = pages.rows()
	for _, k := range rollout.Kinds() {
		body.Kinds = append(body.Kinds, DiscrepancyCount{string(k), kindNames[k], counts[k]})
	}
	return body, nil
}

var kindNames = map[rollout.Kind]Text{
	rollout.NeverSeen:     {"Khai đã lắp, chưa từng thấy hình", "Claimed installed, never seen"},
	rollout.Unclaimed:     {"Có hình, chưa khai đã lắp", "Seen, not claimed installed"},
	rollout.Unplanned:     {"Thiết bị báo, không có trong kế hoạch", "Reported, not in the plan"},
	rollout.OtherPicture:  {"Độ phân giải khác kế hoạch", "Another resolution than planned"},
	rollout.Dead:          {"Đã nghiệm thu, không hoạt động nhiều ngày", "Accepted, down for days"},
	rollout.Silent:        {"Đã nghiệm thu, nhiều ngày không ai dò", "Accepted, nobody looked for days"},
	rollout.RetiredSeen:   {"Đã ngừng sử dụng, vẫn có hình", "Retired, and still seen"},
	rollout.DoubleAddress: {"Trùng địa chỉ luồng", "Double stream address"},
}

// ledgerDays gives the counts of the last ledger days up to the day, by camera,
// and of accepted cameras that did not work on any of them the counts of all
// days since their acceptance: they say since when.
func (r *rolledOut) ledgerDays(ctx context.Context, days int) (map[string][]history.DayCount, error) {
	known := map[string][]history.DayCount{}
	read := func(q history.Query) error {
		for c, err := range history.Counts(ctx, r.figures.Store, q) {
			if err != nil {
				return err
			}
			known[c.Camera] = slices.Clone(c.Days)
		}
		return nil
	}
	last := dayNumber(r.day)
	first := last - history.DayNumber(days) + 1
	if err := read(history.Query{First: first, Last: last}); err != nil {
		return nil, err
	}
	codes, since := []string{}, plan.Forever
	for i := range r.plan.Cameras {
		c := &r.plan.Cameras[i]
		works := func(d history.DayCount) bool { return d.Up+d.Degraded > 0 }
		if c.ClaimedAccepted(r.day) && !slices.ContainsFunc(known[c.Code], works) {
			codes, since = append(codes, c.Code), min(since, c.Accepted)
		}
	}
	if len(codes) == 0 {
		return known, nil
	}
	return known, read(history.Query{Cameras: codes, First: dayNumber(since), Last: last})
}
