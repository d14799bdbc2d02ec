package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
	"github.com/phukin/phukin/hub/uptime"
)

// Make makes a section. The error names what of the input is wrong.
func Make(in Input) (*Section, error) {
	p := in.Plan
	m := &maker{Input: in, day: dateOf(in.Days.Last), before: dateOf(in.Days.First) - 1}
	if in.Area == "" {
		m.Area = p.Root
	}
	area := p.AreaOn(m.Area, m.day)
	if area == nil {
		return nil, fmt.Errorf("area: %q is no area of this plan on %s", in.Area, m.day)
	}
	within, _ := rollout.Within(p, m.Area, m.day)
	for i := range p.Cameras {
		if c := &p.Cameras[i]; within(c) {
			m.cameras = append(m.cameras, c)
		}
	}
	m.status = make(map[*plan.Camera]Status, len(m.cameras))
	for _, c := range m.cameras {
		m.status[c] = in.Status(c)
	}
	m.communes = m.leaves(*area)
	m.section = &Section{Area: *area, Days: in.Days, Day: m.day, AsOf: in.At, Level: in.Level, Revision: p.Revision, Figures: []Figure{}}
	m.reach()
	m.progress()
	m.parts()
	m.condition()
	m.availability()
	m.roads()
	m.money()
	m.rest()
	return m.section, nil
}

// maker gathers the figures of a section.
type maker struct {
	Input
	day, before plan.Date // the last day of the period, and the last one before it
	cameras     []*plan.Camera
	status      map[*plan.Camera]Status
	communes    []*plan.Area
	section     *Section
}

// add adds a figure and says when it holds.
func (m *maker) add(f Figure) {
	if f.Part.By == "" {
		f.Part = Total
	}
	if f.Numerator == nil {
		f.Denominator, f.Verified = nil, nil
		f.Sentence = plan.Text{VI: f.Name.VI + ": chưa có dữ liệu. " + f.Missing.VI, EN: f.Name.EN + ": no data. " + f.Missing.EN}
	}
	m.section.Figures = append(m.section.Figures, f)
}

func dateOf(n history.DayNumber) plan.Date { return plan.NewDate(1970, 1, 1) + plan.Date(n) }

// leaves gives the communes: areas in force on the day that never had others
// below them and lie in an area or are it, by code. All of them lie in the area
// of the plan, whatever was above them on the day.
func (m *maker) leaves(in plan.Area) (all []*plan.Area) {
	parents := map[string]bool{}
	for i := range m.Plan.Areas {
		parents[m.Plan.Areas[i].Parent] = true
	}
	for i := range m.Plan.Areas {
		a := &m.Plan.Areas[i]
		if !a.InForce(m.day) || parents[a.Code] {
			continue
		}
		inside := in.Code == m.Plan.Root
		for up, steps := a, 0; !inside && up != nil && steps < len(m.Plan.Areas); up, steps = m.Plan.AreaOn(up.Parent, m.day), steps+1 {
			inside = up.Code == in.Code && up.ValidFrom == in.ValidFrom
		}
		if inside {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *plan.Area) int { return cmp.Compare(a.Code, b.Code) })
	return all
}

func known(n int) *float64 { v := float64(n); return &v }

func share(v float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &v
}

// verified says whether the stream of a camera had been seen by the end of a day.
func (m *maker) verified(c *plan.Camera, on plan.Date) bool {
	s, ok := m.Seen[c.Code]
	return ok && s.Verified != history.NoDay && s.Verified <= rollout.DayNumber(on)
}

// count counts cameras of which something holds.
func (m *maker) count(holds func(*plan.Camera) bool) (n int) {
	for _, c := range m.cameras {
		if holds(c) {
			n++
		}
	}
	return n
}

// distinct counts what cameras have of which something holds, without those
// that have the empty one.
func (m *maker) distinct(of func(*plan.Camera) string, holds func(*plan.Camera) bool) int {
	seen := map[string]bool{}
	for _, c := range m.cameras {
		if k := of(c); k != "" && holds(c) {
			seen[k] = true
		}
	}
	return len(seen)
}

// commune names the commune of a camera on a day; empty if it is in none.
func (m *maker) commune(c *plan.Camera, on plan.Date) string {
	k := rollout.KeyOf(m.Plan, c, rollout.ByArea, on)
	if k.From.IsZero() && m.Plan.AreaOn(k.Code, on) == nil {
		return ""
	}
	return k.Code + " " + k.From.String()
}

// reach says how many communes have a system.
func (m *maker) reach() {
	have := func(on plan.Date, holds func(*plan.Camera) bool) int {
		return m.distinct(func(c *plan.Camera) string { return m.commune(c, on) }, holds)
	}
	accepted := func(c *plan.Camera) bool { return c.ClaimedAccepted(m.day) }
	n := have(m.day, accepted)
	v := have(m.day, func(c *plan.Camera) bool { return accepted(c) && m.verified(c, m.day) })
	all := len(m.communes)
	f := Figure{
		Code: "communes_with_cameras", Basis: ByPlan, Unit: Communes, Numerator: known(n), Denominator: known(all), Verified: known(v),
		Previous: known(have(m.before, func(c *plan.Camera) bool { return c.ClaimedAccepted(m.before) })),
		Name:     plan.Text{VI: "Xã, thị trấn có hệ thống camera", EN: "Communes with cameras"},
		Rule: plan.Text{
			VI: "Đơn vị hành chính của ngày đó có ít nhất một camera đã nghiệm thu, trên tổng số đơn vị; đã kiểm chứng: camera ấy đã từng có luồng hình.",
			EN: "Administrative units of that day with at least one accepted camera, of all units; verified: the stream of one of them was seen.",
		},
	}
	if t, ok := m.target(plan.MeasureAreas); ok {
		f.Target = &t
	}
	f.Sentence = say(
		"Tính đến ngày %s, %s/%s xã, thị trấn%s có camera an ninh đã nghiệm thu; %s trong số đó đã kiểm chứng bằng luồng hình.",
		"As of %s, %s of %s communes%s have accepted security cameras; in %s of them a stream was verified.",
		day(m.day), number(float64(n), 0), number(float64(all), 0), bracket(n, all), number(float64(v), 0))
	m.add(f)
}

// bracket gives a share in brackets; nothing of nothing has none.
func bracket(n, of int) plan.Text {
	if of == 0 {
		return plan.Text{}
	}
	s := percent(float64(n) / float64(of))
	return plan.Text{VI: " (" + s.VI + ")", EN: " (" + s.EN + ")"}
}

// target gives what the plan wants to reach of a measure in the section's area
// in the year of its last day.
func (m *maker) target(measure plan.Measure) (float64, bool) {
	area := m.Area
	if area == m.Plan.Root {
		area = ""
	}
	year := m.day.Start(m.Plan.Location).Year()
	if t, ok := uptime.TargetOf(m.Plan, measure, area, year); ok {
		return t.Value, true
	}
	return 0, false
}

// milestone is a step that is counted in cameras and in sites.
type milestone struct {
	code  string
	basis Basis
	on    func(c *plan.Camera, on plan.Date) bool
	name  plan.Text // of cameras
	sites plan.Text
	rule  plan.Text
}

func (m *maker) milestones() []milestone {
	return []milestone{
		{
			"planned", ByPlan, func(c *plan.Camera, on plan.Date) bool { return c.InPlan(on) },
			plan.Text{VI: "Camera trong kế hoạch", EN: "Cameras in the plan"}, plan.Text{VI: "Điểm trong kế hoạch", EN: "Sites in the plan"},
			plan.Text{VI: "Đã vào kế hoạch đến ngày đó và chưa ngừng sử dụng.", EN: "Entered the plan by that day and not retired."},
		},
		{
			"surveyed", ByPlan, func(c *plan.Camera, on plan.Date) bool { return c.ClaimedSurveyed(on) },
			plan.Text{VI: "Camera đã khảo sát vị trí", EN: "Cameras surveyed"}, plan.Text{VI: "Điểm đã khảo sát", EN: "Sites surveyed"},
			plan.Text{VI: "Kế hoạch ghi ngày khảo sát.", EN: "The plan has a day of survey."},
		},
		{
			"installed", ByPlan, func(c *plan.Camera, on plan.Date) bool { return c.ClaimedInstalled(on) },
			plan.Text{VI: "Camera đã lắp đặt", EN: "Cameras installed"}, plan.Text{VI: "Điểm đã lắp đặt", EN: "Sites installed"},
			plan.Text{VI: "Kế hoạch ghi ngày lắp đặt; đã kiểm chứng: đã từng có luồng hình.", EN: "The plan has a day of installation; verified: the stream was seen."},
		},
		{
			"accepted", ByPlan, func(c *plan.Camera, on plan.Date) bool { return c.ClaimedAccepted(on) },
			plan.Text{VI: "Camera đã nghiệm thu", EN: "Cameras accepted"}, plan.Text{VI: "Điểm đã nghiệm thu", EN: "Sites accepted"},
			plan.Text{VI: "Kế hoạch ghi ngày nghiệm thu; đã kiểm chứng: đã từng có luồng hình.", EN: "The plan has a day of acceptance; verified: the stream was seen."},
		},
	}
}

// progress counts cameras and sites by milestone.
func (m *maker) progress() {
	planned := m.count(func(c *plan.Camera) bool { return c.InPlan(m.day) })
	site := func(c *plan.Camera) string { return c.Site }
	plannedSites := m.distinct(site, func(c *plan.Camera) bool { return c.InPlan(m.day) })
	for _, s := range m.milestones() {
		now := func(c *plan.Camera) bool { return s.on(c, m.day) }
		then := func(c *plan.Camera) bool { return s.on(c, m.before) }
		seen := func(c *plan.Camera) bool { return now(c) && m.verified(c, m.day) }
		cameras := Figure{Code: "cameras_" + s.code, Basis: s.basis, Unit: Cameras, Name: s.name, Rule: s.rule, Numerator: known(m.count(now)), Previous: known(m.count(then))}
		sites := Figure{Code: "sites_" + s.code, Basis: s.basis, Unit: Sites, Name: s.sites, Rule: s.rule, Numerator: known(m.distinct(site, now)), Previous: known(m.distinct(site, then))}
		if s.code != "planned" {
			cameras.Denominator, sites.Denominator = known(planned), known(plannedSites)
		}
		if s.code == "installed" || s.code == "accepted" {
			cameras.Verified, sites.Verified = known(m.count(seen)), known(m.distinct(site, seen))
		}
		for _, f := range []Figure{cameras, sites} {
			if t, ok := m.target(map[string]plan.Measure{"cameras_accepted": plan.MeasureCameras, "sites_accepted": plan.MeasureSites}[f.Code]); ok {
				f.Target = &t
			}
			f.Sentence = m.counted(f)
			m.add(f)
		}
	}
}

// counted is the sentence of a number of cameras or sites.
func (m *maker) counted(f Figure) plan.Text {
	n := int(*f.Numerator)
	of, checked := plan.Text{}, plan.Text{}
	if f.Denominator != nil {
		d := int(*f.Denominator)
		of = say("/%s%s", " of %s%s", number(*f.Denominator, 0), bracket(n, d))
	}
	if f.Verified != nil {
		checked = say("; đã kiểm chứng bằng luồng hình: %s", "; verified by a stream: %s", number(*f.Verified, 0))
	}
	return say("%s đến ngày %s: %s%s%s.", "%s as of %s: %s%s%s.", f.Name, day(m.day), number(*f.Numerator, 0), of, checked)
}

// parts counts cameras by commune, route and owner.
func (m *maker) parts() {
	for _, by := range []rollout.By{rollout.ByArea, rollout.ByRoute, rollout.ByOwner} {
		groups := map[rollout.Key][]*plan.Camera{}
		for _, c := range m.cameras {
			if c.InPlan(m.day) {
				k := rollout.KeyOf(m.Plan, c, by, m.day)
				groups[k] = append(groups[k], c)
			}
		}
		if by == rollout.ByArea {
			for _, a := range m.communes {
				k := rollout.Key{Code: a.Code, From: a.ValidFrom}
				if groups[k] == nil {
					groups[k] = nil // one without cameras is told, too
				}
			}
		}
		keys := make([]rollout.Key, 0, len(groups))
		for k := range groups {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b rollout.Key) int {
			return cmp.Or(-cmp.Compare(min(len(a.Code), 1), min(len(b.Code), 1)), cmp.Compare(a.Code, b.Code), cmp.Compare(a.From, b.From))
		})
		for _, k := range keys {
			part := Part{By: string(by), Code: k.Code, Name: m.nameOf(by, k)}
			sub := *m
			sub.cameras = groups[k]
			planned := len(sub.cameras)
			for _, s := range m.milestones() {
				now := func(c *plan.Camera) bool { return s.on(c, m.day) }
				f := Figure{
					Code: "cameras_" + s.code, Part: part, Basis: s.basis, Unit: Cameras, Rule: s.rule, Numerator: known(sub.count(now)),
					Name: in(s.name, part),
				}
				if s.code != "planned" {
					f.Denominator = known(planned)
				}
				if s.code == "installed" || s.code == "accepted" {
					f.Verified = known(sub.count(func(c *plan.Camera) bool { return now(c) && m.verified(c, m.day) }))
				}
				f.Sentence = m.counted(f)
				m.add(f)
			}
			sub.working(part)
		}
	}
}

// in gives the name of a figure of a part.
func in(name plan.Text, part Part) plan.Text {
	if part == Total {
		return name
	}
	return plan.Text{VI: name.VI + ", " + part.Name.VI, EN: name.EN + ", " + part.Name.EN}
}

func (m *maker) nameOf(by rollout.By, k rollout.Key) plan.Text {
	switch by {
	case rollout.ByArea:
		for i := range m.Plan.Areas {
			if a := &m.Plan.Areas[i]; a.Code == k.Code && (k.From.IsZero() || a.ValidFrom == k.From) {
				return plan.Text{VI: a.Name, EN: a.Name}
			}
		}
		return plan.Text{VI: "ngoài các xã", EN: "in no commune"}
	case rollout.ByRoute:
		if r := m.Plan.Route(k.Code); r != nil {
			return plan.Text{VI: r.Name, EN: r.Name}
		}
		return plan.Text{VI: "ngoài các tuyến", EN: "off the routes"}
	case rollout.ByOwner:
		if k.Code == string(plan.OwnerHousehold) {
			return plan.Text{VI: "camera của hộ dân", EN: "of households"}
		}
		return plan.Text{VI: "camera công cộng", EN: "public"}
	}
	return plan.Text{VI: k.Code, EN: k.Code}
}
