package report

import (
	"cmp"
	"slices"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
)

// working says how many cameras in service work.
func (m *maker) working(part Part) {
	inService, works, unknown := 0, 0, 0
	for _, c := range m.cameras {
		switch s := m.status[c]; {
		case s == NotInService:
			continue
		case s.Works():
			works++
		case s == Unknown:
			unknown++
		}
		inService++
	}
	f := Figure{
		Code: "cameras_working", Part: part, Basis: ByEvidence, Unit: Cameras, Numerator: known(works), Denominator: known(inService),
		Name: in(plan.Text{VI: "Camera đang hoạt động", EN: "Cameras working"}, part),
		Rule: plan.Text{
			VI: "Có hình (tốt hoặc suy giảm) vào lúc đó, trên số camera đã nghiệm thu và chưa ngừng sử dụng. Camera không rõ trạng thái không tính là hoạt động, cũng không tính là hỏng.",
			EN: "Delivers a picture (well or degraded) at that time, of the cameras accepted and not retired. One of which nothing is known is counted neither as working nor as broken.",
		},
	}
	f.Low, f.High = known(works), known(works+unknown)
	if inService > 0 {
		f.Observed = share(float64(inService-unknown)/float64(inService), true)
	}
	f.Sentence = say("%s đến ngày %s: %s/%s camera đang dùng%s; %s camera không rõ trạng thái.", "%s as of %s: %s of %s in service%s; %s are unknown.",
		f.Name, day(m.day), number(float64(works), 0), number(float64(inService), 0), bracket(works, inService), number(float64(unknown), 0))
	m.add(f)
}

// condition says how the cameras in service are, so that it adds up.
func (m *maker) condition() {
	m.working(Total)
	n := map[Status]int{}
	inService := 0
	for _, c := range m.cameras {
		s := m.status[c]
		n[s]++
		if s != NotInService {
			inService++
		}
	}
	for _, s := range []struct {
		code string
		is   Status
		name plan.Text
		rule plan.Text
	}{
		{"cameras_up", Up, plan.Text{VI: "Camera hoạt động tốt", EN: "Cameras up"}, plan.Text{VI: "Luồng hình đúng như kế hoạch.", EN: "The stream is as planned."}},
		{"cameras_degraded", Degraded, plan.Text{VI: "Camera suy giảm", EN: "Cameras degraded"}, plan.Text{VI: "Có hình nhưng kém hơn kế hoạch.", EN: "There is a picture, less than planned."}},
		{"cameras_down", Down, plan.Text{VI: "Camera hỏng", EN: "Cameras broken"}, plan.Text{VI: "Không có hình, đã thử lại.", EN: "No picture, tried again."}},
		{"cameras_unknown", Unknown, plan.Text{VI: "Camera không rõ trạng thái", EN: "Cameras unknown"}, plan.Text{VI: "Đang dùng nhưng lúc đó không thiết bị nào kiểm tra.", EN: "In service, and no device looked at that time."}},
		{"cameras_in_maintenance", InMaintenance, plan.Text{VI: "Camera đang bảo trì", EN: "Cameras in maintenance"}, plan.Text{VI: "Bảo trì đã khai báo trước.", EN: "Maintenance declared beforehand."}},
	} {
		f := Figure{Code: s.code, Basis: ByEvidence, Unit: Cameras, Name: s.name, Rule: s.rule, Numerator: known(n[s.is]), Denominator: known(inService)}
		if s.is == InMaintenance {
			f.Basis = ByPlan
		}
		f.Sentence = m.counted(f)
		m.add(f)
	}
}

// availability says for how much of the period cameras worked.
func (m *maker) availability() {
	loc := m.Plan.Location
	period := m.Days.Window(loc)
	cut := max(min(period.To, m.At.Unix()), period.From)
	rest := period.To - cut
	period.To = cut
	earlier := m.Days.Before().Window(loc)
	earlier.To = max(earlier.To-rest, earlier.From)
	var now, before uptime.Figure
	var repairs uptime.Repairs
	for _, c := range m.cameras {
		counted := m.Service(c).Counted()
		now.Add(m.Known.Figure(c.Code, counted, period))
		before.Add(m.Known.Figure(c.Code, counted, earlier))
		repairs.Add(m.Known.Repairs(c.Code, counted, period, m.At.Unix()))
	}
	f := Figure{
		Code: "availability", Basis: ByEvidence, Unit: Hours, Name: plan.Text{VI: "Tỷ lệ hoạt động của camera", EN: "Availability of cameras"},
		Rule: plan.Text{
			VI: "Giờ có hình chia cho giờ có hình và giờ hỏng, của mọi camera trong thời gian phục vụ, không kể bảo trì; chặn dưới và chặn trên coi mọi giờ không rõ là hỏng, là có hình.",
			EN: "Hours with a picture divided by those and the hours broken, of all cameras in their time of service, without maintenance; the bounds take all unknown hours as broken, and as with a picture.",
		},
		Missing: plan.Text{VI: "Trong kỳ không thiết bị nào kiểm tra camera nào.", EN: "No device looked at any camera in the period."},
	}
	if a, ok := now.Availability(); ok {
		up, all := float64(now.Up+now.Degraded)/3600, float64(now.Up+now.Degraded+now.Down)/3600
		low, high, bounded := now.Bounds()
		observed, _ := now.Observed()
		f.Numerator, f.Denominator, f.Observed = &up, &all, &observed
		f.Low, f.High = share(low, bounded), share(high, bounded)
		f.Missing = plan.Text{}
		f.Sentence = say(
			"Từ ngày %s đến ngày %s, tỷ lệ hoạt động của camera là %s (quan sát được %s thời gian; nằm trong khoảng %s đến %s).",
			"From %s to %s the availability of cameras was %s (%s of the time observed; the truth lies between %s and %s).",
			day(dateOf(m.Days.First)), day(m.day), percent(a), percent(observed), percent(low), percent(high))
	}
	f.Previous = share(before.Availability())
	if t, ok := m.target(plan.MeasureAvailability); ok {
		f.Target = &t
	}
	m.add(f)
	m.repairs(repairs, f.Observed)
}

// repairs says how often and how long cameras were down. Of a period in which
// nobody looked it says nothing.
func (m *maker) repairs(r uptime.Repairs, observed *float64) {
	unseen := observed == nil && r.Outages == 0
	nobody := plan.Text{VI: "Trong kỳ không thiết bị nào kiểm tra camera nào.", EN: "No device looked at any camera in the period."}
	n := Figure{
		Code: "outages", Basis: ByEvidence, Unit: Cases, Name: plan.Text{VI: "Số lần mất hình", EN: "Outages"}, Numerator: known(r.Outages),
		Rule: plan.Text{VI: "Lần mất hình chạm vào kỳ, của từng camera, ngoài bảo trì.", EN: "Outages that touch the period, of each camera, outside maintenance."},
	}
	low := float64(r.Fewest)
	n.Low = &low
	n.Observed = observed
	n.Sentence = say("Trong kỳ thấy %s lần mất hình, %s lần chưa khắc phục.", "%s outages were seen in the period, %s are still open.", number(float64(r.Outages), 0), number(float64(r.Open), 0))
	if unseen {
		n.Numerator, n.Low, n.Missing = nil, nil, nobody
	}
	m.add(n)

	f := Figure{
		Code: "time_to_restore", Basis: ByEvidence, Unit: Hours, Name: plan.Text{VI: "Thời gian khắc phục trung bình", EN: "Mean time to restore"},
		Rule:    plan.Text{VI: "Trung bình của các lần mất hình kết thúc trong kỳ; chặn trên tính cả thời gian không rõ liền kề.", EN: "Mean of the outages that ended in the period; the upper bound has the unknown time around them, too."},
		Missing: plan.Text{VI: "Không lần mất hình nào kết thúc trong kỳ.", EN: "No outage ended in the period."},
	}
	if unseen {
		f.Missing = nobody
	}
	if low, high, ok := r.MTTR(); ok {
		low, high = low/3600, high/3600
		f.Numerator, f.Low, f.High, f.Missing = &low, &low, &high, plan.Text{}
		f.Sentence = say("Thời gian khắc phục trung bình là %s đến %s giờ.", "The mean time to restore was %s to %s hours.", number(low, 1), number(high, 1))
	}
	if t, ok := m.target(plan.MeasureRepair); ok {
		f.Target = &t
	}
	m.add(f)

	longest := Figure{
		Code: "longest_outage", Basis: ByEvidence, Unit: Hours, Name: plan.Text{VI: "Lần mất hình dài nhất", EN: "Longest outage"},
		Rule:    plan.Text{VI: "Thời gian phục vụ trong lần mất hình dài nhất chạm vào kỳ, kể cả phần ngoài kỳ.", EN: "Time in service of the longest outage that touches the period, what lies outside of it included."},
		Missing: plan.Text{VI: "Trong kỳ không có lần mất hình nào.", EN: "There was no outage in the period."},
	}
	if unseen {
		longest.Missing = nobody
	}
	if r.Outages > 0 {
		low, high := float64(r.Longest)/3600, float64(r.LongestAtMost)/3600
		longest.Numerator, longest.Low, longest.High, longest.Missing = &low, &low, &high, plan.Text{}
		longest.Sentence = say("Lần mất hình dài nhất kéo dài %s đến %s giờ.", "The longest outage took %s to %s hours.", number(low, 1), number(high, 1))
	}
	m.add(longest)
}

// rest is what the plan says beside cameras and roads.
func (m *maker) rest() {
	m.storage()
	late := m.count(func(c *plan.Camera) bool { return c.Overdue(m.day) })
	f := Figure{
		Code: "cameras_overdue", Basis: ByPlan, Unit: Cameras, Name: plan.Text{VI: "Camera quá hạn lắp đặt", EN: "Cameras overdue"}, Numerator: known(late),
		Denominator: known(m.count(func(c *plan.Camera) bool { return c.InPlan(m.day) })),
		Previous:    known(m.count(func(c *plan.Camera) bool { return c.Overdue(m.before) })),
		Rule:        plan.Text{VI: "Hạn lắp đặt đã qua mà kế hoạch chưa ghi ngày lắp đặt.", EN: "The last day for installing it is over, and the plan has no day of installation."},
	}
	f.Sentence = m.counted(f)
	m.add(f)

	span := plan.Date(m.Days.Last - m.Days.First + 1)
	until := m.day + span
	next := m.count(func(c *plan.Camera) bool {
		return c.InPlan(m.day) && !c.ClaimedInstalled(m.day) && !c.Due.IsZero() && c.Due > m.day && c.Due <= until
	})
	f = Figure{
		Code: "cameras_due_next", Basis: ByPlan, Unit: Cameras, Name: plan.Text{VI: "Camera phải lắp trong kỳ tới", EN: "Cameras due in the next period"}, Numerator: known(next),
		Rule: plan.Text{VI: "Chưa lắp đặt, hạn nằm trong kỳ tới cùng số ngày; không kể camera đã quá hạn.", EN: "Not installed, with a last day in the next period of as many days; without those overdue."},
	}
	f.Sentence = say("Kỳ tới (đến ngày %s) phải lắp %s camera theo kế hoạch.", "In the next period (until %s) %s cameras are due by the plan.", day(until), number(float64(next), 0))
	m.add(f)

	m.add(Figure{
		Code: "hamlets_covered", Basis: ByPlan, Unit: Communes, Name: plan.Text{VI: "Thôn, tổ dân phố có camera", EN: "Hamlets with cameras"},
		Rule:    plan.Text{VI: "Thôn, tổ dân phố có ít nhất một camera đã nghiệm thu.", EN: "Hamlets with at least one accepted camera."},
		Missing: plan.Text{VI: "Kế hoạch không ghi điểm nào thuộc thôn, tổ dân phố nào.", EN: "The plan does not say which hamlet a site belongs to."},
	})
	m.byHand()
}

// storage says how long recorders keep pictures.
func (m *maker) storage() {
	var days []int
	accepted := 0
	for _, c := range m.cameras {
		if !c.ClaimedAccepted(m.day) {
			continue
		}
		accepted++
		if c.StorageDays > 0 {
			days = append(days, c.StorageDays)
		}
	}
	f := Figure{
		Code: "storage_days", Basis: ByPlan, Unit: DaysKept, Name: plan.Text{VI: "Số ngày lưu trữ ít nhất", EN: "Shortest storage"},
		Rule:    plan.Text{VI: "Số ngày lưu trữ nhỏ nhất mà kế hoạch ghi cho camera đã nghiệm thu.", EN: "The least number of days that the plan has for an accepted camera."},
		Missing: plan.Text{VI: "Kế hoạch chưa ghi số ngày lưu trữ của camera nào.", EN: "The plan has the days of no camera."},
	}
	if len(days) > 0 {
		slices.Sort(days)
		f.Numerator, f.Missing = known(days[0]), plan.Text{}
		low, high := float64(days[0]), float64(days[len(days)-1])
		f.Low, f.High = &low, &high
		f.Sentence = say("Hình ảnh được lưu từ %s đến %s ngày (ghi cho %s/%s camera đã nghiệm thu).", "Pictures are kept for %s to %s days (said of %s of %s accepted cameras).",
			number(low, 0), number(high, 0), number(float64(len(days)), 0), number(float64(accepted), 0))
	}
	m.add(f)
}

// byHand adds up what people entered for spans that lie in the period. A span
// that only touches it is left out: nobody knows which part of it was when.
func (m *maker) byHand() {
	for _, h := range []struct {
		measure plan.FigureMeasure
		name    plan.Text
	}{
		{plan.FigureAssisted, plan.Text{VI: "Vụ việc có hình ảnh camera hỗ trợ", EN: "Cases in which pictures helped"}},
		{plan.FigureSolved, plan.Text{VI: "Vụ việc được làm rõ nhờ camera", EN: "Cases solved with pictures"}},
		{plan.FigureRequests, plan.Text{VI: "Lượt trích xuất hình ảnh", EN: "Requests for pictures"}},
	} {
		first, sum, rows, left := dateOf(m.Days.First), 0, 0, 0
		var sources []string
		for _, v := range m.Plan.Figures {
			area := cmp.Or(v.Area, m.Plan.Root)
			if v.Measure != h.measure || area != m.Area || v.To < first || v.From > m.day {
				continue
			}
			if v.From < first || v.To > m.day {
				left++
				continue
			}
			sum, rows = sum+v.Value, rows+1
			if v.Source != "" && !slices.Contains(sources, v.Source) {
				sources = append(sources, v.Source)
			}
		}
		f := Figure{
			Code: string(h.measure), Basis: ByHand, Unit: Cases, Name: h.name,
			Rule:    plan.Text{VI: "Số do cơ quan nhập tay cho các khoảng ngày nằm trọn trong kỳ; không tính từ bằng chứng.", EN: "Entered by people for spans of days that lie in the period; never computed."},
			Missing: plan.Text{VI: "Chưa ai nhập số cho kỳ này.", EN: "Nobody entered a number for this period."},
		}
		if rows > 0 {
			f.Numerator, f.Missing = known(sum), plan.Text{}
			from := plan.Text{}
			for i, s := range sources {
				sep := ", "
				if i == 0 {
					sep = ""
				}
				from = plan.Text{VI: from.VI + sep + s, EN: from.EN + sep + s}
			}
			if from.VI == "" {
				from = plan.Text{VI: "không ghi nguồn", EN: "no source given"}
			}
			f.Sentence = say("%s trong kỳ: %s (nhập tay; nguồn: %s).", "%s in the period: %s (entered by hand; source: %s).", h.name, number(float64(sum), 0), from)
		} else if left > 0 {
			f.Missing = plan.Text{VI: "Số đã nhập thuộc các khoảng ngày vượt ra ngoài kỳ.", EN: "What was entered is of spans that go beyond the period."}
		}
		m.add(f)
	}
}
