package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
)

type areasInput struct {
	Conditional
	Listing
	On     string `query:"on" doc:"The areas that are in force on this day, yyyy-mm-dd; today when absent"`
	All    bool   `query:"all" doc:"Those that have ended or not begun on that day as well"`
	Parent string `query:"parent" doc:"Those right below this area"`
}

type areaInput struct {
	LevelQuery
	Code string `path:"code" minLength:"1" maxLength:"64" doc:"The area's code: the area that has it today, or that had it last"`
}

func (s *Server) registerAreas() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listAreas", Method: http.MethodGet, Path: "/api/v1/areas", Tags: []string{"areas"},
		Summary: "The areas of a day, with what is above each, and what follows when it ends",
	}, func(ctx context.Context, in *areasInput) (*answer[AreaList], error) {
		m, err := f.now(ctx)
		if err != nil {
			return nil, err
		}
		on := m.today
		if in.On != "" {
			if on, err = plan.ParseDate(in.On); err != nil {
				return nil, invalid("on", in.On, "phải là ngày có trong lịch, viết như 2026-11-24", "must be a day of the calendar, written like 2026-11-24")
			}
		}
		if in.Parent != "" && f.Plan.Area(in.Parent) == nil {
			return nil, invalid("parent", in.Parent, "kế hoạch không có địa bàn này; /api/v1/areas?all=true liệt kê tất cả", "is not an area of this plan; /api/v1/areas?all=true lists all")
		}
		rows := []AreaRow{}
		for i := range f.Plan.Areas {
			a := &f.Plan.Areas[i]
			if (in.All || a.InForce(on)) && (in.Parent == "" || a.Parent == in.Parent) && f.reaches(a, on) {
				rows = append(rows, f.areaRow(a, on))
			}
		}
		list := &AreaList{On: on.String()}
		if list.Items, list.Page, err = page(ctx, areasOfPlan, &in.Listing, rows); err != nil {
			return nil, err
		}
		return respond(in.Conditional, list, m.at, f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "getArea", Method: http.MethodGet, Path: "/api/v1/areas/{code}", Tags: []string{"areas"},
		Summary: "One area with its figures: sites, cameras by status, routes and how far they are covered", Errors: []int{http.StatusNotFound},
	}, f.areaAnswer)
}

// reaches says whether the caller may see an area: one of the caller's reach, or
// below. An area is judged by a day on which it is in force.
func (f *figures) reaches(a *plan.Area, on plan.Date) bool {
	if f.shared == nil {
		return true
	}
	if !a.ValidTo.IsZero() && on > a.ValidTo {
		on = a.ValidTo
	}
	return f.reach.HasArea(f.Plan, a.Code, max(on, a.ValidFrom))
}

func (f *figures) areaRow(a *plan.Area, on plan.Date) AreaRow {
	row := AreaRow{
		Code: a.Code, ValidFrom: a.ValidFrom.String(), ValidTo: a.ValidTo.String(), InForce: a.InForce(on),
		Name: a.Name, Kind: a.Kind, Level: len(f.above(a, on)), Successors: list(a.Successors),
	}
	if above := f.above(a, on); len(above) > 0 {
		row.Parent = &Ref{above[0].Code, above[0].Name}
	}
	return row
}

// above gives the areas above one on a day, from below; of one that is not in
// force then, on the nearest day on which it is.
func (f *figures) above(a *plan.Area, on plan.Date) []*plan.Area {
	var chain []*plan.Area
	for below := a; ; {
		if !below.ValidTo.IsZero() && on > below.ValidTo {
			on = below.ValidTo
		}
		on = max(on, below.ValidFrom)
		up := f.Plan.AreaOn(below.Parent, on)
		if up == nil || up == a || slices.Contains(chain, up) {
			return chain
		}
		chain = append(chain, up)
		below = up
	}
}

// sitesWithin says of sites whether they lie in an area on a day; all do if none
// is named. The area of the plan has all sites; an area that has ended has those
// that lay in it on its last day.
func (f *figures) sitesWithin(code string, on plan.Date) (func(*plan.Site) bool, error) {
	if code == "" || code == f.Plan.Root {
		return func(*plan.Site) bool { return true }, nil
	}
	a := f.Plan.AreaOn(code, on)
	if a == nil {
		return nil, invalid("area", code, "kế hoạch không có địa bàn này; /api/v1/areas liệt kê các địa bàn", "is not an area of this plan; /api/v1/areas lists them")
	}
	if !a.InForce(on) {
		on = a.ValidTo
	}
	return func(s *plan.Site) bool { return slices.Contains(f.Plan.SiteAreas(s, on), a) }, nil
}

func (f *figures) areaAnswer(ctx context.Context, in *areaInput) (*answer[AreaAnswer], error) {
	f, m, level, states, err := f.atLevel(ctx, in.AsOf, in.Level)
	if err != nil {
		return nil, err
	}
	a := f.Plan.AreaOn(in.Code, m.today)
	if a == nil {
		return nil, missing("areas", in.Code)
	}
	within, err := f.sitesWithin(a.Code, m.today)
	if err != nil {
		return nil, err
	}
	body := &AreaAnswer{AreaRow: f.areaRow(a, m.today), Above: []Ref{}, Below: []Ref{}, Coverage: level.Code, States: map[string]Covers{}, Routes: []RouteHere{}}
	for _, up := range f.above(a, m.today) {
		body.Above = append(body.Above, Ref{up.Code, up.Name})
	}
	for i := range f.Plan.Areas {
		if b := &f.Plan.Areas[i]; b.Parent == a.Code && b.InForce(m.today) && a.InForce(m.today) && f.reaches(b, m.today) {
			body.Below = append(body.Below, Ref{b.Code, b.Name})
		}
	}
	sites := map[string]bool{}
	for i := range f.Plan.Sites {
		if s := &f.Plan.Sites[i]; within(s) {
			sites[s.Code] = true
			body.Sites++
		}
	}
	for i := range f.Plan.Cameras {
		if c := &f.Plan.Cameras[i]; sites[c.Site] {
			body.Cameras++
			body.Count.add(m.statusRow(c.Code).Status)
		}
	}
	for state, r := range states {
		t := f.coverageWithin(r, a, m.today)
		body.Length = metres(t.Length)
		body.States[string(state)] = covers(t)
	}
	eye, err := f.claimsEye(m, level)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, s := range eye.Shares() {
		r := f.Plan.Route(s.Route)
		if r == nil || !f.liesIn(s.Area, a, m.today) {
			continue
		}
		k, ok := at[r.Code]
		if !ok {
			k = len(body.Routes)
			at[r.Code] = k
			body.Routes = append(body.Routes, RouteHere{Ref: Ref{r.Code, r.Name}})
		}
		body.Routes[k].Length += s.To - s.From
	}
	for i := range body.Routes {
		body.Routes[i].Length = metres(body.Routes[i].Length)
	}
	return respond(in.Conditional, body, m.at, f.Plan.Simulated)
}

// liesIn says whether the area that a key names on a day is another one or lies
// below it. Road that is in no known area lies in the area of the plan.
func (f *figures) liesIn(key string, a *plan.Area, day plan.Date) bool {
	if a.Code == f.Plan.Root {
		return true
	}
	code, from, _ := f.areaOf(key, day)
	for i := range f.Plan.Areas {
		if b := &f.Plan.Areas[i]; b.Code == code && b.ValidFrom.String() == from {
			return b == a || slices.Contains(f.above(b, day), a)
		}
	}
	return false
}

// coverageWithin sums the coverage of the areas that lie in one. A share of road
// lies in just one of them.
func (f *figures) coverageWithin(r *coverage.Result, a *plan.Area, day plan.Date) coverage.Total {
	var t coverage.Total
	for _, g := range r.Areas {
		if !f.liesIn(g.Code, a, day) {
			continue
		}
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
	return t
}

var areasOfPlan = &listOf[AreaRow]{
	id: "areas", name: Text{VI: "Địa bàn", EN: "Areas"}, sort: "level,code", key: func(r *AreaRow) string { return r.Code + " " + r.ValidFrom },
	parts: []part[AreaRow]{
		{"code", []Column{column("code", "Mã địa bàn", "Code of the area")}, func(r *AreaRow) []any { return []any{r.Code} }},
		{"valid_from", []Column{column("valid_from", "Có hiệu lực từ", "Valid from")}, func(r *AreaRow) []any { return []any{orNil(r.ValidFrom)} }},
		{"valid_to", []Column{column("valid_to", "Đến hết ngày", "Valid to")}, func(r *AreaRow) []any { return []any{orNil(r.ValidTo)} }},
		{"in_force", []Column{column("in_force", "Còn hiệu lực", "In force")}, func(r *AreaRow) []any { return []any{r.InForce} }},
		{"name", []Column{column("name", "Địa bàn", "Area")}, func(r *AreaRow) []any { return []any{r.Name} }},
		{"kind", []Column{column("kind", "Loại", "Kind")}, func(r *AreaRow) []any { return []any{r.Kind} }},
		{"level", []Column{column("level", "Cấp", "Level")}, func(r *AreaRow) []any { return []any{r.Level} }},
		{"parent", []Column{column("parent", "Mã cấp trên", "Code of the parent"), column("parent_name", "Cấp trên", "Parent")}, func(r *AreaRow) []any { return r.Parent.cells() }},
		{"successors", []Column{column("successors", "Mã kế tiếp", "Successors")}, func(r *AreaRow) []any { return []any{orNil(codes(r.Successors))} }},
	},
}

// Table gives the answer as rows and columns.
func (l *AreaList) Table() Table { return areasOfPlan.table(l.Items, &l.Page) }
