package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

type gapsInput struct {
	StateQuery
	Listing
	Of    string  `query:"of" default:"control" enum:"control,view" doc:"Sections that no camera controls, neighbours joined; or road that is not in view"`
	Route string  `query:"route" doc:"On this route alone"`
	Area  string  `query:"area" doc:"What the area that has this code today has of them"`
	Least float64 `query:"least" default:"0" minimum:"0" doc:"Only those of at least so many metres"`
}

func (s *Server) registerGaps() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listCoverageGaps", Method: http.MethodGet, Path: "/api/v1/coverage/gaps", Tags: []string{"coverage"},
		Summary: "What is missing, from chainage to chainage, longest first",
	}, func(ctx context.Context, in *gapsInput) (*answer[CoverageGaps], error) {
		body, at, err := f.gaps(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.simulated(ctx, in.Revision))
	})
}

func (f *figures) gaps(ctx context.Context, in *gapsInput) (*CoverageGaps, time.Time, error) {
	pages, err := newPager(ctx, gapList, &in.Listing)
	if err != nil {
		return nil, time.Time{}, err
	}
	f, m, level, states, err := f.atLevel(ctx, in.AsOf, in.Level)
	if err != nil {
		return nil, time.Time{}, err
	}
	if err := f.knownRoute(in.Route); err != nil {
		return nil, time.Time{}, err
	}
	area, err := f.knownArea(in.Area, m.today)
	if err != nil {
		return nil, time.Time{}, err
	}
	if in.Of == "view" && !f.placing(ctx, m.today).all() {
		return nil, time.Time{}, newProblem(http.StatusForbidden,
			"of=view: nơi tầm nhìn của camera kết thúc cho biết vị trí chính xác của nó; việc này cần vai trò technician, staff hoặc admin",
			"of=view: where a camera's view ends tells exactly where it is; this needs the role technician, staff or admin")
	}
	eye, err := f.claimsEye(m, level) // all eyes of a day share their roads
	if err != nil {
		return nil, time.Time{}, err
	}
	result := states[coverage.State(in.State)]
	gaps := result.GapsOfControl
	if in.Of == "view" {
		gaps = result.GapsInView
	}
	gaps = slices.DeleteFunc(slices.Clone(gaps), func(g coverage.Gap) bool { return in.Route != "" && g.Route != in.Route })
	if in.Area != "" {
		gaps = eye.GapsIn(area, gaps)
	}
	gaps = slices.DeleteFunc(gaps, func(g coverage.Gap) bool { return g.Length() < in.Least })
	body := &CoverageGaps{Revision: in.Revision, Level: level.Code, State: in.State, Of: in.Of}
	for _, g := range gaps {
		body.Length += g.Length()
	}
	body.Length = metres(body.Length)
	shares := map[string][]coverage.Share{}
	for _, s := range eye.Shares() {
		shares[s.Route] = append(shares[s.Route], s)
	}
	for _, g := range gaps {
		row := f.gap(g, shares[g.Route], m.today)
		pages.add(&row)
	}
	body.Items, body.Page = pages.rows()
	return body, m.at, nil
}

// gap gives a gap with the areas that it lies in, given those of its route.
func (f *figures) gap(g coverage.Gap, shares []coverage.Share, today plan.Date) CoverageGap {
	row := CoverageGap{
		Route: f.route(g.Route), From: geo.FormatChainage(g.FromChainage), To: geo.FormatChainage(g.ToChainage),
		Start: metres(g.From), End: metres(g.To), Length: metres(g.Length()), Sections: g.Sections, Areas: []Ref{},
		key: fmt.Sprintf("%s %v %v", g.Route, g.From, g.To),
	}
	for _, s := range shares {
		if s.Area == "" || min(s.To, g.To) <= max(s.From, g.From) {
			continue
		}
		if r := f.areaRef(s.Area, today); !slices.Contains(row.Areas, r) {
			row.Areas = append(row.Areas, r)
		}
	}
	return row
}

// knownArea gives the key of the area that a code means on a day, of those that
// sites lie in.
func (f *figures) knownArea(code string, on plan.Date) (string, error) {
	if code == "" {
		return "", nil
	}
	for i := range f.Plan.Sites {
		if a := f.Plan.SiteArea(&f.Plan.Sites[i], on); a != nil && a.Code == code {
			return areaKey(f.Plan, a, on), nil
		}
	}
	return "", invalid("area", code, "hôm nay không có điểm lắp đặt nào của kế hoạch ở địa bàn này; /api/v1/coverage/groups?by=area liệt kê các địa bàn có điểm", "no site of this plan lies in such an area today; /api/v1/coverage/groups?by=area lists those with sites")
}
