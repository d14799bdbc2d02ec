package api

import "github.com/phukin/phukin/hub/rollout"

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

// Table gives what is late, one a row.
func (a *OverdueList) Table() Table {
	t := Table{Name: Text{"Quá hạn", "Overdue"}, Columns: []Column{
		{"camera", Text{"Camera", "Camera"}, 0}, {"site", Text{"Mã điểm", "Site"}, 0}, {"site_name", Text{"Điểm lắp đặt", "Name of the site"}, 0},
		{"area", Text{"Mã xã", "Area"}, 0}, {"area_name", Text{"Xã", "Name of the area"}, 0}, {"route", Text{"Tuyến", "Route"}, 0}, {"phase", Text{"Giai đoạn", "Phase"}, 0}, {"agent", Text{"Thiết bị", "Agent"}, 0},
		{"milestone", Text{"Mốc chậm", "Milestone"}, 0}, {"due", Text{"Hạn", "Due"}, 0}, {"days", Text{"Số ngày chậm", "Days late"}, 0}, {"reached", Text{"Đã đến mốc", "Reached"}, 0},
	}}
	for _, r := range a.Items {
		route := any(nil)
		if r.Route != nil {
			route = r.Route.Code
		}
		t.Rows = append(t.Rows, []any{r.Camera, r.Site.Code, r.Site.Name, r.Area.Code, r.Area.Name, route, r.Phase, r.Agent, r.Milestone, r.Due, r.Days, r.Reached})
	}
	return t
}

// Table gives the discrepancies, one a row.
func (a *DiscrepancyList) Table() Table {
	t := Table{Name: Text{"Sai lệch", "Discrepancies"}, Columns: []Column{
		{"kind", Text{"Loại", "Kind"}, 0}, {"camera", Text{"Camera", "Camera"}, 0}, {"site", Text{"Mã điểm", "Site"}, 0}, {"site_name", Text{"Điểm lắp đặt", "Name of the site"}, 0},
		{"area", Text{"Mã xã", "Area"}, 0}, {"area_name", Text{"Xã", "Name of the area"}, 0}, {"phase", Text{"Giai đoạn", "Phase"}, 0}, {"agent", Text{"Thiết bị", "Agent"}, 0},
		{"since", Text{"Từ ngày", "Since"}, 0}, {"age_days", Text{"Số ngày", "Days"}, 0}, {"do_vi", Text{"Việc cần làm", "What to do"}, 0}, {"do_en", Text{"Việc cần làm (tiếng Anh)", "What to do in English"}, 0},
	}}
	for _, r := range a.Items {
		place := []any{nil, nil, nil, nil, nil, nil}
		if r.Site != nil && r.Area != nil {
			place = []any{r.Site.Code, r.Site.Name, r.Area.Code, r.Area.Name, r.Phase, r.Agent}
		}
		row := append([]any{r.Kind, r.Camera}, place...)
		t.Rows = append(t.Rows, append(row, cell(r.Since), cell(r.Age), r.Do.VI, r.Do.EN))
	}
	return t
}

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
