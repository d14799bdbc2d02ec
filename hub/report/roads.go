package report

import (
	"cmp"
	"slices"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
)

// roads says how much of the roads is in view and controlled, by the accepted
// cameras and by those that work.
func (m *maker) roads() {
	claimed, earlier := m.Claimed(m.day), m.Claimed(m.before)
	whole := m.Area == m.Plan.Root
	of := func(r *coverage.Result) coverage.Total {
		if whole {
			return r.Total
		}
		return within(r, m.communes)
	}
	c, e, w, y := of(claimed), of(earlier), of(m.Working), of(m.Maybe)
	m.road(Total, c, w, y, &e)
	if whole {
		for i := range claimed.Routes {
			r := m.Plan.Route(claimed.Routes[i].Code)
			part := Part{By: "route", Code: r.Code, Name: plan.Text{VI: r.Name, EN: r.Name}}
			var a, b, d coverage.Total
			a.Add(claimed.Routes[i])
			b.Add(m.Working.Routes[i])
			d.Add(m.Maybe.Routes[i])
			m.road(part, a, b, d, nil)
		}
		m.section.Gaps = m.Working.GapsOfControl
		m.gaps()
	}
	m.things(c, w, y)
}

// within adds up what communes have.
func within(r *coverage.Result, communes []*plan.Area) (t coverage.Total) {
	for _, g := range r.Areas {
		if slices.ContainsFunc(communes, func(a *plan.Area) bool { return a.Code == g.Code }) {
			t.Length += g.Length
			t.InView += g.InView
			t.Controlled += g.Controlled
			t.Sections += g.Sections
			t.SectionsControlled += g.SectionsControlled
			t.Gateways += g.Gateways
			t.GatewaysInView += g.GatewaysInView
			t.Places += g.Places
			t.PlacesCovered += g.PlacesCovered
		}
	}
	return t
}

func (m *maker) road(part Part, claimed, working, maybe coverage.Total, earlier *coverage.Total) {
	for _, r := range []struct {
		code    string
		measure plan.Measure
		value   func(coverage.Total) float64
		name    plan.Text
		rule    plan.Text
	}{
		{
			"km_in_view", plan.MeasureInViewKm, func(t coverage.Total) float64 { return t.InView },
			plan.Text{VI: "Chiều dài đường trong tầm quan sát", EN: "Road in view"},
			plan.Text{
				VI: "Ki-lô-mét nằm trong vùng quan sát của camera đã nghiệm thu ở mức đã nêu, trên chiều dài các tuyến; đã kiểm chứng: của camera đang hoạt động, theo độ phân giải đo được.",
				EN: "Kilometres within the footprints of accepted cameras at the level named, of the routes' length; verified: of those that work, by the resolution that was measured.",
			},
		},
		{
			"km_controlled", plan.MeasureControlledKm, func(t coverage.Total) float64 { return t.Controlled },
			plan.Text{VI: "Chiều dài đường được kiểm soát", EN: "Road controlled"},
			plan.Text{
				VI: "Ki-lô-mét của các đoạn giữa hai nút giao mà ít nhất một camera đã nghiệm thu thấy mặt đường: ai đi qua đều qua trước một camera; đã kiểm chứng: của camera đang hoạt động.",
				EN: "Kilometres of the sections between two junctions of which an accepted camera sees the road: whoever passes is seen once; verified: of those that work.",
			},
		},
	} {
		n, d, v, most := r.value(claimed)/1000, claimed.Length/1000, r.value(working)/1000, r.value(maybe)/1000
		f := Figure{Code: r.code, Part: part, Basis: ByPlan, Unit: Kilometres, Name: in(r.name, part), Rule: r.rule, Numerator: &n, Denominator: &d, Verified: &v, Low: &v, High: &most}
		if earlier != nil {
			b := r.value(*earlier) / 1000
			f.Previous = &b
			if t, ok := m.target(r.measure); ok {
				f.Target = &t
			} else if t, ok := m.target(plan.MeasureControlled); ok && r.measure == plan.MeasureControlledKm {
				km := t / 100 * d
				f.Target = &km
			}
		}
		level := m.Level.Name
		if d == 0 {
			f.Numerator, f.Low, f.High, f.Missing = nil, nil, nil, plan.Text{VI: "Không có tuyến nào.", EN: "There is no route."}
		} else {
			f.Sentence = say("%s (mức %s) đến ngày %s theo kế hoạch: %s/%s km (%s); theo camera đang hoạt động: %s km (%s)%s.",
				"%s (level %s) as of %s by the plan: %s of %s km (%s); by working cameras: %s km (%s)%s.",
				f.Name, level, day(m.day), number(n, 2), number(d, 2), percent(n/d), number(v, 2), percent(v/d), atMost(v, most, 2, plan.Text{VI: " km", EN: " km"}))
		}
		m.add(f)
	}
}

// gaps counts the stretches that no working camera controls.
func (m *maker) gaps() {
	km := func(gaps []coverage.Gap) plan.Text {
		sum := 0.0
		for i := range gaps {
			sum += gaps[i].Length()
		}
		return number(sum/1000, 2)
	}
	sure := m.Maybe.GapsOfControl
	f := Figure{
		Code: "gaps", Basis: ByEvidence, Unit: Stretches, Name: plan.Text{VI: "Đoạn chưa được kiểm soát", EN: "Stretches without control"}, Numerator: known(len(m.section.Gaps)),
		Rule: plan.Text{VI: "Đoạn liền nhau mà không camera nào được biết là đang hoạt động kiểm soát; danh sách theo lý trình, dài nhất trước.", EN: "Stretches that no camera known to work controls; the list is by chainage, longest first."},
	}
	f.Sentence = say(
		"Còn %s đoạn (%s km) không camera nào được biết là đang hoạt động kiểm soát; nếu mọi camera không rõ trạng thái đều hoạt động thì còn %s đoạn (%s km).",
		"%s stretches (%s km) are without control by a camera known to work; if all cameras that are unknown worked, it would be %s stretches (%s km).",
		number(float64(len(m.section.Gaps)), 0), km(m.section.Gaps), number(float64(len(sure)), 0), km(sure))
	m.add(f)
}

// atMost tells how much more there may be, if there may.
func atMost(v, most float64, digits int, unit plan.Text) plan.Text {
	n := number(most, digits)
	if most <= v || n == number(v, digits) {
		return plan.Text{}
	}
	return plan.Text{VI: ", nhiều nhất " + n.VI + unit.VI + " nếu camera không rõ trạng thái cũng hoạt động", EN: ", at most " + n.EN + unit.EN + " if those that are unknown work, too"}
}

// things counts gateways and important places.
func (m *maker) things(claimed, working, maybe coverage.Total) {
	for _, t := range []struct {
		code             string
		unit             Unit
		n, of, now, most int
		name, rule       plan.Text
	}{
		{
			"gateways_in_view", Gateways, claimed.GatewaysInView, claimed.Gateways, working.GatewaysInView, maybe.GatewaysInView,
			plan.Text{VI: "Cửa ngõ được quan sát", EN: "Gateways in view"},
			plan.Text{VI: "Cửa ngõ mà camera đã nghiệm thu thấy mặt đường trong 5 m, không có nút giao ở giữa; đã kiểm chứng: camera đang hoạt động.", EN: "Gateways of which an accepted camera sees the road within 5 m, with no junction between; verified: one that works."},
		},
		{
			"places_covered", Places, claimed.PlacesCovered, claimed.Places, working.PlacesCovered, maybe.PlacesCovered,
			plan.Text{VI: "Địa điểm quan trọng có camera", EN: "Important places with a camera"},
			plan.Text{VI: "Địa điểm quan trọng có ít nhất một camera đã nghiệm thu; đã kiểm chứng: camera đang hoạt động.", EN: "Important places with an accepted camera; verified: one that works."},
		},
	} {
		f := Figure{Code: t.code, Basis: ByPlan, Unit: t.unit, Name: t.name, Rule: t.rule, Numerator: known(t.n), Denominator: known(t.of), Verified: known(t.now), Low: known(t.now), High: known(t.most)}
		if goal, ok := m.target(plan.MeasureGateways); ok && t.unit == Gateways {
			f.Target = &goal
		}
		f.Sentence = say("%s đến ngày %s theo kế hoạch: %s/%s%s; theo camera đang hoạt động: %s%s.", "%s as of %s by the plan: %s of %s%s; by working cameras: %s%s.",
			f.Name, day(m.day), number(float64(t.n), 0), number(float64(t.of), 0), bracket(t.n, t.of), number(float64(t.now), 0), atMost(float64(t.now), float64(t.most), 0, plan.Text{}))
		m.add(f)
	}
}

// money adds up what accepted cameras cost, by source.
func (m *maker) money() {
	type sum struct {
		cost           float64
		cameras, known int
	}
	sums, total := map[string]*sum{}, &sum{}
	for _, c := range m.cameras {
		if !c.ClaimedAccepted(m.day) {
			continue
		}
		if sums[c.Funding] == nil {
			sums[c.Funding] = &sum{}
		}
		for _, s := range []*sum{sums[c.Funding], total} {
			s.cameras++
			if c.Cost > 0 {
				s.known, s.cost = s.known+1, s.cost+c.Cost
			}
		}
	}
	sources := make([]string, 0, len(sums))
	for s := range sums {
		sources = append(sources, s)
	}
	slices.SortFunc(sources, func(a, b string) int {
		return cmp.Or(-cmp.Compare(min(len(a), 1), min(len(b), 1)), cmp.Compare(a, b))
	})
	tell := func(part Part, s *sum) {
		f := Figure{
			Code: "funding", Part: part, Basis: ByPlan, Unit: MillionVND, Name: in(plan.Text{VI: "Kinh phí", EN: "Funding"}, part),
			Rule:    plan.Text{VI: "Tổng giá của các camera đã nghiệm thu, theo nguồn vốn, chỉ gồm camera có ghi giá.", EN: "Sum of the cost of accepted cameras by source of money, of those that have a cost."},
			Missing: plan.Text{VI: "Kế hoạch không ghi giá của camera nào.", EN: "The plan has the cost of no camera."},
		}
		if s.known > 0 {
			v := s.cost
			f.Numerator, f.Missing = &v, plan.Text{}
			f.Sentence = say("%s đến ngày %s: %s triệu đồng (%s/%s camera đã nghiệm thu có ghi giá).", "%s as of %s: %s million VND (%s of %s accepted cameras have a cost).",
				f.Name, day(m.day), number(v, 1), number(float64(s.known), 0), number(float64(s.cameras), 0))
		}
		m.add(f)
	}
	tell(Total, total)
	for _, s := range sources {
		name := plan.Text{VI: s, EN: s}
		if s == "" {
			name = plan.Text{VI: "không ghi nguồn vốn", EN: "no source given"}
		}
		tell(Part{By: "funding", Code: s, Name: name}, sums[s])
	}
}
