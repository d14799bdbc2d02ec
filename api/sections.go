package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
)

type sectionListInput struct {
	Conditional
	Listing
	Route string `query:"route" doc:"Those of this route"`
	Area  string `query:"area" doc:"Those that run through this area, or one below it, today"`
}

func (s *Server) registerSections() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listSections", Method: http.MethodGet, Path: "/api/v1/sections", Tags: []string{"routes"},
		Summary: "All sections of the plan: the stretches of its routes between junctions",
	}, func(ctx context.Context, in *sectionListInput) (*answer[SectionList], error) {
		if err := f.knownRoute(in.Route); err != nil {
			return nil, err
		}
		f, m, _, states, err := f.atLevel(ctx, AsOf{}, "") // sections have no level
		if err != nil {
			return nil, err
		}
		if _, err := f.sitesWithin(in.Area, m.today); err != nil {
			return nil, err
		}
		area := f.Plan.AreaOn(in.Area, m.today)
		shares, err := f.sharesByRoute(m)
		if err != nil {
			return nil, err
		}
		rows := []SectionHere{}
		for i := range f.Plan.Routes {
			r := &f.Plan.Routes[i]
			if in.Route != "" && in.Route != r.Code {
				continue
			}
			names := f.junctionNames(r.Code)
			for _, x := range states[coverage.Planned].Routes[i].Sections {
				row := SectionHere{
					Code: r.Code + "~" + x.FromJunction, Route: Ref{r.Code, r.Name}, From: geo.FormatChainage(x.FromChainage), To: geo.FormatChainage(x.ToChainage),
					Begins: junction(x.FromJunction, names), Ends: junction(x.ToJunction, names), Length: metres(x.To - x.From), Areas: []Ref{}, Coverage: coverageOfSections(r.Code),
				}
				meant := in.Area == "" || in.Area == f.Plan.Root
				for _, s := range shares[r.Code] {
					if min(s.To, x.To) <= max(s.From, x.From) {
						continue
					}
					meant = meant || f.liesIn(s.Area, area, m.today)
					if ref := f.areaRef(s.Area, m.today); s.Area != "" && !slices.Contains(row.Areas, ref) {
						row.Areas = append(row.Areas, ref)
					}
				}
				if meant {
					rows = append(rows, row)
				}
			}
		}
		list := &SectionList{}
		if list.Items, list.Page, err = page(ctx, sectionsOfPlan, &in.Listing, rows); err != nil {
			return nil, err
		}
		return respond(in.Conditional, list, m.at, f.Plan.Simulated)
	})
}

func junction(code string, names map[string]string) *Ref {
	if code == "" {
		return nil
	}
	return &Ref{code, names[code]}
}

var sectionsOfPlan = &listOf[SectionHere]{
	id: "sections", name: Text{VI: "Đoạn tuyến", EN: "Sections"}, sort: "route,from", key: func(r *SectionHere) string { return r.Code },
	orders: map[string]func(*SectionHere) any{"from": func(r *SectionHere) any { return alongRoute(r.From) }, "to": func(r *SectionHere) any { return alongRoute(r.To) }},
	parts: []part[SectionHere]{
		{"code", []Column{codeColumn}, func(r *SectionHere) []any { return []any{r.Code} }},
		{"route", []Column{routeColumn, routeName}, func(r *SectionHere) []any { return r.Route.cells() }},
		{"from", []Column{fromColumn}, func(r *SectionHere) []any { return []any{r.From} }},
		{"to", []Column{toColumn}, func(r *SectionHere) []any { return []any{r.To} }},
		{"from_junction", []Column{column("from_junction", "Mã nút giao đầu", "Code of the first junction"), column("from_name", "Từ nút giao", "From junction")}, func(r *SectionHere) []any { return r.Begins.cells() }},
		{"to_junction", []Column{column("to_junction", "Mã nút giao cuối", "Code of the last junction"), column("to_name", "Đến nút giao", "To junction")}, func(r *SectionHere) []any { return r.Ends.cells() }},
		{"length_m", []Column{lengthColumn}, func(r *SectionHere) []any { return []any{r.Length} }},
		{"areas", []Column{column("areas", "Mã xã", "Area codes"), column("area_names", "Xã", "Areas")}, func(r *SectionHere) []any {
			var all, names []string
			for _, a := range r.Areas {
				all, names = append(all, a.Code), append(names, a.Name)
			}
			return []any{codes(all), strings.Join(names, ", ")}
		}},
	},
}

// Table gives the answer as rows and columns.
func (l *SectionList) Table() Table { return sectionsOfPlan.table(l.Items, &l.Page) }
