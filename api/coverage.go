package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

func (s *Server) registerCoverage() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getCoverage", Method: http.MethodGet, Path: "/api/v1/coverage", Tags: []string{"coverage"},
		Summary: "How far the routes are covered at a level, in every state, and what is missing",
	}, func(ctx context.Context, in *LevelQuery) (*answer[CoverageAnswer], error) {
		f, m, level, states, err := f.atLevel(ctx, in.AsOf, in.Level)
		if err != nil {
			return nil, err
		}
		body := f.coverageBody(m, level, states)
		body.Revision, body.Unknown = in.Revision, m.unknown
		return respond(in.Conditional, &body, m.at, f.Plan.Simulated)
	})
	s.registerCoverageLists()
	s.registerGaps()
	s.registerCoveragePeriod()
	s.registerLoss()
	s.registerBlindWays()
}

// coverageBody gives of the answer about coverage what stays as long as coverage
// does.
func (f *figures) coverageBody(m *moment, level plan.Level, states map[coverage.State]*coverage.Result) CoverageAnswer {
	kept := m.covers
	kept.mu.Lock()
	defer kept.mu.Unlock()
	body, ok := kept.answers[level.Code]
	if ok {
		return body
	}
	working := states[coverage.Working]
	body = CoverageAnswer{
		Level: levelRow(level), Length: metres(working.Total.Length),
		States: map[string]Covers{}, Gaps: make([]GapRow, len(working.GapsOfControl)), Incomplete: []string{},
	}
	for state, result := range states {
		body.States[string(state)] = covers(result.Total)
	}
	for i, g := range working.GapsOfControl {
		body.Gaps[i] = GapRow{Route: f.route(g.Route), From: geo.FormatChainage(g.FromChainage), To: geo.FormatChainage(g.ToChainage), Length: metres(g.Length())}
	}
	for _, c := range states[coverage.Planned].Incomplete {
		body.Incomplete = append(body.Incomplete, c.Camera)
	}
	kept.answers[level.Code] = body
	return body
}

type groupsInput struct {
	LevelQuery
	Listing
	By string `query:"by" default:"route" enum:"total,route,class,area" doc:"What road is put together by; areas are those of today"`
}

type sectionsInput struct {
	LevelQuery
	Listing
	Route string `query:"route" maxLength:"64" doc:"Of this route alone"`
}

// StateQuery is the part of a request that names a state besides.
type StateQuery struct {
	LevelQuery
	State string `query:"state" default:"working" enum:"planned,installed,accepted,working" doc:"Which cameras count"`
}

type placesInput struct {
	Conditional
	AsOf
	Listing
	Area string `query:"area" maxLength:"64" doc:"Those in the area that has this code today, or in one below it"`
	Kind string `query:"kind" enum:"junction,gateway,school,market,health,office,border,other" doc:"Only places of this kind"`
}

type findingsInput struct {
	StateQuery
	Listing
	Finding string `query:"finding" enum:"no_azimuth,no_field_of_view,no_width,no_position,off_routes,cut_short" doc:"Only this finding"`
}

func (s *Server) registerCoverageLists() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getCoverageGroups", Method: http.MethodGet, Path: "/api/v1/coverage/groups", Tags: []string{"coverage"},
		Summary: "Coverage now in every state, in all or by route, class of route or area",
	}, func(ctx context.Context, in *groupsInput) (*answer[CoverageGroups], error) {
		f, m, level, states, err := f.atLevel(ctx, in.AsOf, in.Level)
		if err != nil {
			return nil, err
		}
		body := &CoverageGroups{Revision: in.Revision, Level: levelRow(level), By: in.By, Unknown: m.unknown}
		if body.Items, body.Page, err = page(ctx, coverGroupList, &in.Listing, f.groups(in.By, m.today, states)); err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, m.at, f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "listCoverageSections", Method: http.MethodGet, Path: "/api/v1/coverage/sections", Tags: []string{"coverage"},
		Summary: "All sections: how much of each is in view, and who controls it",
	}, func(ctx context.Context, in *sectionsInput) (*answer[CoverageSections], error) {
		f, m, level, states, err := f.atLevel(ctx, in.AsOf, in.Level)
		if err != nil {
			return nil, err
		}
		if err := f.knownRoute(in.Route); err != nil {
			return nil, err
		}
		var rows []CoverageSection
		for i := range f.Plan.Routes {
			if in.Route == "" || in.Route == f.Plan.Routes[i].Code {
				rows = append(rows, f.sections(i, states)...)
			}
		}
		body := &CoverageSections{Revision: in.Revision, Level: level.Code}
		if body.Items, body.Page, err = page(ctx, sectionList, &in.Listing, rows); err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, m.at, f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "listCoverageGateways", Method: http.MethodGet, Path: "/api/v1/coverage/gateways", Tags: []string{"coverage"},
		Summary: "All gateways, and who has each in view",
	}, func(ctx context.Context, in *sectionsInput) (*answer[CoverageGateways], error) {
		f, m, level, states, err := f.atLevel(ctx, in.AsOf, in.Level)
		if err != nil {
			return nil, err
		}
		if err := f.knownRoute(in.Route); err != nil {
			return nil, err
		}
		rows := slices.DeleteFunc(f.gateways(states), func(g CoverageGateway) bool { return in.Route != "" && g.Route.Code != in.Route })
		body := &CoverageGateways{Revision: in.Revision, Level: level.Code}
		if body.Items, body.Page, err = page(ctx, gatewayList, &in.Listing, rows); err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, m.at, f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "listCoveragePlaces", Method: http.MethodGet, Path: "/api/v1/coverage/places", Tags: []string{"coverage"},
		Summary: "All important places, and the cameras that hang at each, wherever they look",
	}, func(ctx context.Context, in *placesInput) (*answer[CoveragePlaces], error) {
		f, m, _, states, err := f.atLevel(ctx, in.AsOf, "") // places have no level
		if err != nil {
			return nil, err
		}
		if err := f.areaOn("area", in.Area, m.today); err != nil {
			return nil, err
		}
		rows := slices.DeleteFunc(f.places(m, states, f.placing(ctx, m.today)), func(p CoveragePlace) bool {
			return in.Kind != "" && p.Kind != in.Kind || in.Area != "" && !f.inArea(f.Plan.Site(p.Site.Code), in.Area, m.today)
		})
		body := &CoveragePlaces{Revision: in.Revision}
		if body.Items, body.Page, err = page(ctx, placeList, &in.Listing, rows); err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, m.at, f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "listCoverageCameras", Method: http.MethodGet, Path: "/api/v1/coverage/cameras", Tags: []string{"coverage"},
		Summary: "Cameras that cover less road than somebody may think: incomplete, place only, off the routes, cut short",
	}, func(ctx context.Context, in *findingsInput) (*answer[CoverageCameras], error) {
		f, m, level, states, err := f.atLevel(ctx, in.AsOf, in.Level)
		if err != nil {
			return nil, err
		}
		result := states[coverage.State(in.State)]
		body := &CoverageCameras{Revision: in.Revision, Level: level.Code, State: in.State, Counted: result.Counted}
		rows := slices.DeleteFunc(f.findings(result, f.placing(ctx, m.today)), func(c CoverageCamera) bool { return in.Finding != "" && c.Finding != in.Finding })
		if body.Items, body.Page, err = page(ctx, findingList, &in.Listing, rows); err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, m.at, f.Plan.Simulated)
	})
}

func levelRow(l plan.Level) LevelRow { return LevelRow{l.Code, Text(l.Name), l.Density} }

// groups gives what is put together by total, route, class or area. All results
// list the same, for they come from one plan, but for road in no known area,
// which they list last as soon as any of it counts.
func (f *figures) groups(by string, today plan.Date, states map[coverage.State]*coverage.Result) []CoverageGroup {
	rows := []CoverageGroup{}
	at := map[string]int{}
	add := func(key string, state coverage.State, t coverage.Total, row CoverageGroup) {
		i, ok := at[key]
		if !ok {
			i = len(rows)
			at[key] = i
			row.Length, row.States, row.by = metres(t.Length), map[string]Covers{}, by
			rows = append(rows, row)
		}
		rows[i].States[string(state)] = covers(t)
	}
	for _, state := range coverage.States() {
		r := states[state]
		switch by {
		case "route":
			for i := range r.Routes {
				var t coverage.Total
				t.Add(r.Routes[i])
				add(r.Routes[i].Code, state, t, CoverageGroup{Code: r.Routes[i].Code, Name: f.Plan.Routes[i].Name})
			}
		case "class":
			for _, g := range r.Classes {
				add(g.Code, state, g.Total, CoverageGroup{Code: g.Code, Name: g.Code})
			}
		case "area":
			for _, g := range r.Areas {
				code, from, name := f.areaOf(g.Code, today)
				add(g.Code, state, g.Total, CoverageGroup{Code: code, ValidFrom: from, Name: name})
			}
		default:
			add("", state, r.Total, CoverageGroup{Name: f.Plan.Name.VI})
		}
	}
	return rows
}

// sections gives those of the i-th route of the plan.
func (f *figures) sections(i int, states map[coverage.State]*coverage.Result) []CoverageSection {
	r := &f.Plan.Routes[i]
	names := f.junctionNames(r.Code)
	planned, working := states[coverage.Planned].Routes[i].Sections, states[coverage.Working].Routes[i].Sections
	rows := make([]CoverageSection, len(working))
	for k := range working {
		x := &working[k]
		rows[k] = CoverageSection{
			Route: Ref{r.Code, r.Name}, From: geo.FormatChainage(x.FromChainage), To: geo.FormatChainage(x.ToChainage),
			FromName: names[x.FromJunction], ToName: names[x.ToJunction], Length: metres(x.To - x.From),
			InView: map[string]float64{}, Controlled: map[string]bool{},
			Planned: list(planned[k].Cameras), Working: list(x.Cameras), number: k,
		}
		for state, result := range states {
			s := &result.Routes[i].Sections[k]
			rows[k].InView[string(state)], rows[k].Controlled[string(state)] = metres(s.InView), s.Controlled
		}
	}
	return rows
}

func (f *figures) gateways(states map[coverage.State]*coverage.Result) []CoverageGateway {
	rows := []CoverageGateway{}
	of := f.gatewaysByCode()
	for i := range f.Plan.Routes {
		r := &f.Plan.Routes[i]
		working := states[coverage.Working].Routes[i].Gateways
		for k := range working {
			g := &working[k]
			row := CoverageGateway{
				Code: g.Code, Route: Ref{r.Code, r.Name}, Chainage: geo.FormatChainage(g.Chainage), InView: map[string]bool{},
				Planned: list(states[coverage.Planned].Routes[i].Gateways[k].Cameras), Working: list(g.Cameras),
			}
			if p := of[g.Code]; p != nil {
				row.Name, row.Beyond = p.Name, p.To
			}
			for state, result := range states {
				row.InView[string(state)] = result.Routes[i].Gateways[k].InView
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func (f *figures) gatewaysByCode() map[string]*plan.Gateway {
	of := make(map[string]*plan.Gateway, len(f.Plan.Gateways))
	for i := range f.Plan.Gateways {
		of[f.Plan.Gateways[i].Code] = &f.Plan.Gateways[i]
	}
	return of
}

func (f *figures) gateway(code string) Ref {
	if g := f.gatewaysByCode()[code]; g != nil {
		return Ref{code, g.Name}
	}
	return Ref{Code: code}
}

func (f *figures) places(m *moment, states map[coverage.State]*coverage.Result, where placing) []CoveragePlace {
	planned, working := map[string][]string{}, map[string][]string{}
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		if c.InPlan(m.today) {
			planned[c.Site] = append(planned[c.Site], c.Code)
		}
		if m.working(c) {
			working[c.Site] = append(working[c.Site], c.Code)
		}
	}
	result := states[coverage.Working]
	rows := make([]CoveragePlace, len(result.Places))
	for i, p := range result.Places {
		row := CoveragePlace{Site: Ref{Code: p.Site}, Area: f.areaRef(p.Area, m.today), Covered: map[string]bool{}, Planned: list(planned[p.Site]), Working: list(working[p.Site])}
		if s := f.Plan.Site(p.Site); s != nil {
			row.Site.Name, row.Kind = where.name(s), string(s.Kind)
		}
		for state, r := range states {
			row.Covered[string(state)] = r.Places[i].Covered
		}
		rows[i] = row
	}
	return rows
}

// findings lists the cameras of a result whose footprint is not what it could
// be, by code.
func (f *figures) findings(r *coverage.Result, where placing) []CoverageCamera {
	rows := []CoverageCamera{}
	add := func(camera, finding string) {
		t := findingTexts[finding]
		rows = append(rows, CoverageCamera{Code: camera, Site: f.siteOf(camera, where), Finding: finding, Text: t.Text, PlaceOnly: t.placeOnly})
	}
	for _, c := range r.Incomplete {
		add(c.Camera, string(c.Reason))
	}
	for _, c := range r.OffRoutes {
		add(c, "off_routes")
	}
	for _, c := range r.CutShort {
		add(c, "cut_short")
	}
	slices.SortStableFunc(rows, func(a, b CoverageCamera) int { return strings.Compare(a.Code, b.Code) })
	return rows
}

// findingTexts say what each finding is.
var findingTexts = map[string]struct {
	Text
	placeOnly bool
}{
	string(coverage.NoAzimuth):     {Text{"chưa biết hướng quan sát: chỉ phủ địa điểm", "its azimuth is not known: it covers its place only"}, true},
	string(coverage.NoFieldOfView): {Text{"chưa biết góc quan sát: chỉ phủ địa điểm", "its field of view is not known: it covers its place only"}, true},
	string(coverage.NoWidth):       {Text{"chưa biết độ phân giải: chỉ phủ địa điểm", "its resolution is neither measured nor planned: it covers its place only"}, true},
	string(coverage.NoPosition):    {Text{"chưa biết vị trí của điểm lắp đặt", "the position of its site is not known"}, true},
	"off_routes":                   {Text{"vùng quan sát không có tuyến nào: chỉ phủ địa điểm", "its footprint holds no route: it covers its place only"}, true},
	"cut_short":                    {Text{"chỉ tính đến 1.000 m dù ống kính hứa xa hơn", "it counts up to 1,000 m, though its optics promise more"}, false},
}

// list gives an empty list for none: a client need not tell null from [].
func list(codes []string) []string {
	if codes == nil {
		return []string{}
	}
	return codes
}
