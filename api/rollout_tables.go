package api

import (
	"slices"

	"github.com/phukin/phukin/hub/rollout"
)

// Table gives the groups and the total, one a row.
func (a *RolloutAnswer) Table() Table {
	t := Table{Name: Text{"Tiến độ lắp đặt", "Installation progress"}, Columns: []Column{
		{"code", Text{"Mã", "Code"}, 0}, {"name_vi", Text{"Tên", "Name"}, 0}, {"name_en", Text{"Tên (tiếng Anh)", "Name in English"}, 0},
		{"planned", Text{"Kế hoạch", "Planned"}, 0}, {"surveyed", Text{"Khảo sát", "Surveyed"}, 0}, {"installed", Text{"Lắp đặt", "Installed"}, 0}, {"accepted", Text{"Nghiệm thu", "Accepted"}, 0},
		{"retired", Text{"Ngừng sử dụng", "Retired"}, 0}, {"enrolled", Text{"Đã kết nối", "Enrolled"}, 0}, {"verified", Text{"Đã có hình", "Verified"}, 0},
		{"installed_verified", Text{"Khai lắp và có hình", "Installed and verified"}, 0}, {"overdue", Text{"Quá hạn", "Overdue"}, 0},
		{"installed_of_plan_percent", Text{"Lắp đặt (%)", "Installed (%)"}, 1}, {"accepted_of_plan_percent", Text{"Nghiệm thu (%)", "Accepted (%)"}, 1},
		{"verified_of_plan_percent", Text{"Có hình (%)", "Verified (%)"}, 1},
		{"target_cameras", Text{"Chỉ tiêu", "Target"}, 0}, {"target_percent", Text{"So với chỉ tiêu (%)", "Of target (%)"}, 1},
		{"sites_planned", Text{"Điểm", "Sites"}, 0}, {"sites_installed", Text{"Điểm đã lắp", "Sites installed"}, 0},
		{"sites_accepted", Text{"Điểm đã nghiệm thu", "Sites accepted"}, 0}, {"sites_verified", Text{"Điểm có hình", "Sites verified"}, 0},
	}}
	for _, g := range append(a.Items[:len(a.Items):len(a.Items)], a.Total) {
		target, ofTarget := any(nil), any(nil)
		for _, goal := range g.Targets {
			if goal.Measure == "cameras" && goal.Area == nil || goal.Measure == "cameras" && a.By == string(rollout.ByArea) {
				target, ofTarget = goal.Value, percent(goal.Share)
			}
		}
		t.Rows = append(t.Rows, []any{
			g.Code, g.Name.VI, g.Name.EN, g.Planned, g.Surveyed, g.Installed, g.Accepted, g.Retired, g.Enrolled, g.Verified, g.InstalledVerified, g.Overdue,
			percent(g.OfPlan.Installed), percent(g.OfPlan.Accepted), percent(g.OfPlan.Verified), target, ofTarget,
			g.BySite.Planned, g.BySite.Installed, g.BySite.Accepted, g.BySite.Verified,
		})
	}
	return t
}

// Table gives the points, one a row.
func (a *RolloutCurve) Table() Table {
	t := Table{Name: Text{"Đường tiến độ", "S-curve"}, Columns: []Column{
		{"day", Text{"Đến hết ngày", "End of day"}, 0}, {"scheduled", Text{"Phải lắp theo kế hoạch", "Scheduled"}, 0}, {"planned", Text{"Kế hoạch", "Planned"}, 0},
		{"surveyed", Text{"Khảo sát", "Surveyed"}, 0}, {"installed", Text{"Lắp đặt", "Installed"}, 0}, {"accepted", Text{"Nghiệm thu", "Accepted"}, 0},
		{"enrolled", Text{"Đã kết nối", "Enrolled"}, 0}, {"verified", Text{"Đã có hình", "Verified"}, 0}, {"installed_verified", Text{"Khai lắp và có hình", "Installed and verified"}, 0},
	}}
	for _, p := range a.Items {
		t.Rows = append(t.Rows, []any{p.Day, p.Scheduled, p.Planned, cell(p.Surveyed), cell(p.Installed), cell(p.Accepted), cell(p.Enrolled), cell(p.Verified), cell(p.InstalledVerified)})
	}
	return t
}

// overdueList is longest first.
var overdueList = &listOf[OverdueRow]{
	id: "rollout/overdue", name: Text{"Quá hạn", "Overdue"}, sort: "-days,camera", key: func(r *OverdueRow) string { return r.Camera + " " + r.Milestone },
	parts: []part[OverdueRow]{
		one("camera", column("camera", "Camera", "Camera"), func(r *OverdueRow) any { return r.Camera }),
		refPart("site", column("site", "Mã điểm", "Site"), column("site_name", "Điểm lắp đặt", "Name of the site"), func(r *OverdueRow) *Ref { return &r.Site }),
		refPart("area", column("area", "Mã xã", "Area"), column("area_name", "Xã", "Name of the area"), func(r *OverdueRow) *Ref { return &r.Area }),
		one("route", column("route", "Tuyến", "Route"), func(r *OverdueRow) any { return r.Route.cells()[0] }),
		one("phase", column("phase", "Giai đoạn", "Phase"), func(r *OverdueRow) any { return r.Phase }),
		one("agent", column("agent", "Thiết bị", "Agent"), func(r *OverdueRow) any { return r.Agent }),
		one("milestone", column("milestone", "Mốc chậm", "Milestone"), func(r *OverdueRow) any { return r.Milestone }),
		one("due", column("due", "Hạn", "Due"), func(r *OverdueRow) any { return r.Due }),
		one("days", column("days", "Số ngày chậm", "Days late"), func(r *OverdueRow) any { return r.Days }),
		one("reached", column("reached", "Đã đến mốc", "Reached"), func(r *OverdueRow) any { return r.Reached }),
	},
}

// Table gives what is late, one a row.
func (a *OverdueList) Table() Table { return overdueList.table(a.Items, &a.Page) }

// discrepancyList has the kinds in the order in which they are worked on.
var discrepancyList = &listOf[DiscrepancyRow]{
	id: "rollout/discrepancies", name: Text{"Sai lệch", "Discrepancies"}, sort: "kind,since,camera", key: func(r *DiscrepancyRow) string { return r.Kind + " " + r.Camera },
	orders: map[string]func(*DiscrepancyRow) any{"kind": func(r *DiscrepancyRow) any { return slices.Index(rollout.Kinds(), rollout.Kind(r.Kind)) }},
	parts: []part[DiscrepancyRow]{
		one("kind", column("kind", "Loại", "Kind"), func(r *DiscrepancyRow) any { return r.Kind }),
		one("camera", column("camera", "Camera", "Camera"), func(r *DiscrepancyRow) any { return r.Camera }),
		refPart("site", column("site", "Mã điểm", "Site"), column("site_name", "Điểm lắp đặt", "Name of the site"), func(r *DiscrepancyRow) *Ref { return r.Site }),
		refPart("area", column("area", "Mã xã", "Area"), column("area_name", "Xã", "Name of the area"), func(r *DiscrepancyRow) *Ref { return r.Area }),
		one("phase", column("phase", "Giai đoạn", "Phase"), func(r *DiscrepancyRow) any { return orNil(r.Phase) }),
		one("agent", column("agent", "Thiết bị", "Agent"), func(r *DiscrepancyRow) any { return orNil(r.Agent) }),
		one("since", column("since", "Từ ngày", "Since"), func(r *DiscrepancyRow) any { return cell(r.Since) }),
		one("age_days", column("age_days", "Số ngày", "Days"), func(r *DiscrepancyRow) any { return cell(r.Age) }),
		{"do", []Column{column("do_vi", "Việc cần làm", "What to do"), column("do_en", "Việc cần làm (tiếng Anh)", "What to do in English")}, func(r *DiscrepancyRow) []any { return []any{r.Do.VI, r.Do.EN} }},
	},
}

// Table gives the discrepancies, one a row.
func (a *DiscrepancyList) Table() Table { return discrepancyList.table(a.Items, &a.Page) }

// Table gives the forecasts of the groups and of the total, one a row.
func (a *ForecastAnswer) Table() Table {
	t := Table{Name: Text{"Dự báo hoàn thành", "Forecast"}, Columns: []Column{
		{"code", Text{"Mã", "Code"}, 0}, {"name_vi", Text{"Tên", "Name"}, 0}, {"name_en", Text{"Tên (tiếng Anh)", "Name in English"}, 0}, {"milestone", Text{"Mốc", "Milestone"}, 0},
		{"planned", Text{"Kế hoạch", "Planned"}, 0}, {"reached", Text{"Đã đạt", "Reached"}, 0}, {"remaining", Text{"Còn lại", "Remaining"}, 0},
		{"last_6_months", Text{"6 tháng qua", "Last 6 months"}, 0}, {"state", Text{"Dự báo", "State"}, 0},
		{"earliest", Text{"Sớm nhất", "Earliest"}, 0}, {"middle", Text{"Giữa", "Middle"}, 0}, {"latest", Text{"Muộn nhất", "Latest"}, 0},
		{"due", Text{"Hạn", "Due"}, 0}, {"verdict", Text{"So với hạn", "Against due"}, 0},
	}}
	for _, g := range append(a.Items[:len(a.Items):len(a.Items)], a.Total) {
		for _, f := range g.Forecasts {
			pace := 0
			for _, n := range f.Months {
				pace += n
			}
			t.Rows = append(t.Rows, []any{g.Code, g.Name.VI, g.Name.EN, f.Milestone, f.Planned, f.Reached, f.Remaining, pace, f.State, cell(f.Earliest), cell(f.Middle), cell(f.Latest), f.Due, f.Verdict})
		}
	}
	return t
}

// cell gives what is known, nil for what is not.
func cell[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

// percent gives a share in percent, nil for none.
func percent(share *float64) any {
	if share == nil {
		return nil
	}
	return 100 * *share
}
