package api

import (
	"context"
	"math"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

type sitesInput struct {
	Conditional
	Listing
	Area  string `query:"area" doc:"Those that lie in this area, or below it, today"`
	Route string `query:"route" doc:"Those on this route"`
	Kind  string `query:"kind" enum:"route,junction,gateway,school,market,health,office,border,other" doc:"Those of this kind"`
}

func (s *Server) registerSites() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listSites", Method: http.MethodGet, Path: "/api/v1/sites", Tags: []string{"sites"},
		Summary: "All sites of the plan: where each is, and the status of its cameras now",
	}, func(ctx context.Context, in *sitesInput) (*answer[SiteList], error) {
		m, err := f.now(ctx)
		if err != nil {
			return nil, err
		}
		rows := []SiteRow{}
		where, here := f.placing(ctx, m.today), f.camerasBySite(m)
		within, err := f.sitesWithin(in.Area, m.today)
		if err != nil {
			return nil, err
		}
		if err := f.knownRoute(in.Route); err != nil {
			return nil, err
		}
		for i := range f.Plan.Sites {
			site := &f.Plan.Sites[i]
			if (in.Route == "" || site.Route == in.Route) && (in.Kind == "" || string(site.Kind) == in.Kind) && within(site) {
				rows = append(rows, f.siteRow(site, m, where, here[site.Code]))
			}
		}
		list := &SiteList{}
		if list.Items, list.Page, err = page(ctx, sitesOfPlan, &in.Listing, rows); err != nil {
			return nil, err
		}
		return respond(in.Conditional, list, m.at, f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "getSite", Method: http.MethodGet, Path: "/api/v1/sites/{code}", Tags: []string{"sites"},
		Summary: "One site, with the status of its cameras now", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *coded) (*answer[SiteAnswer], error) {
		site := f.Plan.Site(in.Code)
		if site == nil {
			return nil, missing("sites", in.Code)
		}
		m, err := f.now(ctx)
		if err != nil {
			return nil, err
		}
		body := &SiteAnswer{SiteRow: f.siteRow(site, m, f.placing(ctx, m.today), f.camerasBySite(m)[site.Code]), Above: []Ref{}}
		for i, a := range f.Plan.SiteAreas(site, m.today) {
			if i > 0 {
				body.Above = append(body.Above, Ref{a.Code, a.Name})
			}
		}
		return respond(in.Conditional, body, m.at, f.Plan.Simulated)
	})
}

func (f *figures) siteRow(s *plan.Site, m *moment, where placing, cameras []CameraHere) SiteRow {
	row := SiteRow{Code: s.Code, Name: where.name(s), Kind: string(s.Kind), Area: f.siteArea(s, m.today), Cameras: cameras, Position: where.position(s)}
	if r := f.Plan.Route(s.Route); r != nil {
		row.Route, row.Chainage = &Ref{r.Code, r.Name}, where.chainage(s, r)
	}
	if where.sees(s) {
		row.Side = string(s.Side)
	}
	if row.Cameras == nil {
		row.Cameras = []CameraHere{}
	}
	for i := range row.Cameras {
		row.Count.add(row.Cameras[i].Status.Status)
	}
	return row
}

// camerasBySite gives the cameras of each site in the order of the plan.
func (f *figures) camerasBySite(m *moment) map[string][]CameraHere {
	all := map[string][]CameraHere{}
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		all[c.Site] = append(all[c.Site], CameraHere{c.Code, m.statusRow(c.Code)})
	}
	return all
}

// position gives longitude and latitude of a site, to a decimetre; nil for who
// does not see exactly where it is, and where nobody knows.
func (p placing) position(s *plan.Site) *[2]float64 {
	if s.Position == (geo.Point{}) || !p.sees(s) {
		return nil
	}
	return positionOf(s.Position)
}

func positionOf(p geo.Point) *[2]float64 {
	return &[2]float64{math.Round(p.Lon*1e6) / 1e6, math.Round(p.Lat*1e6) / 1e6}
}

var siteParts = []part[SiteRow]{
	{"code", []Column{column("code", "Mã điểm", "Code of the site")}, func(r *SiteRow) []any { return []any{r.Code} }},
	{"name", []Column{column("name", "Điểm", "Site")}, func(r *SiteRow) []any { return []any{r.Name} }},
	{"kind", []Column{column("kind", "Loại điểm", "Kind of site")}, func(r *SiteRow) []any { return []any{r.Kind} }},
	{"area", []Column{column("area", "Mã địa bàn", "Code of the area"), column("area_name", "Địa bàn", "Area")}, func(r *SiteRow) []any { return r.Area.cells() }},
	{"route", []Column{column("route", "Mã tuyến", "Code of the route"), column("route_name", "Tuyến", "Route")}, func(r *SiteRow) []any { return r.Route.cells() }},
	{"chainage", []Column{column("chainage", "Lý trình", "Chainage")}, func(r *SiteRow) []any { return []any{orNil(r.Chainage)} }},
	{"side", []Column{column("side", "Bên đường", "Side")}, func(r *SiteRow) []any { return []any{orNil(r.Side)} }},
	{"position", []Column{column("lon", "Kinh độ", "Longitude"), column("lat", "Vĩ độ", "Latitude")}, func(r *SiteRow) []any { return positionCells(r.Position) }},
	{"count", statusColumns, func(r *SiteRow) []any { return r.Count.cells() }},
	{"cameras", []Column{column("cameras", "Camera", "Cameras")}, func(r *SiteRow) []any { return []any{codesHere(r.Cameras)} }},
}

func positionCells(p *[2]float64) []any {
	if p == nil {
		return []any{nil, nil}
	}
	return []any{p[0], p[1]}
}

var statusColumns = []Column{
	column("cameras_up", "Camera hoạt động", "Cameras up"), column("cameras_degraded", "Camera suy giảm", "Cameras degraded"),
	column("cameras_down", "Camera hỏng", "Cameras down"), column("cameras_unknown", "Camera không rõ", "Cameras unknown"),
	column("cameras_maintenance", "Camera đang bảo trì", "Cameras in maintenance"), column("cameras_not_in_service", "Camera chưa hoặc thôi sử dụng", "Cameras not in service"),
}

func (n *StatusCount) cells() []any {
	return []any{n.Up, n.Degraded, n.Down, n.Unknown, n.Maintenance, n.NotInService}
}

func codesHere(cameras []CameraHere) string {
	all := make([]string, len(cameras))
	for i := range cameras {
		all[i] = cameras[i].Code
	}
	return codes(all)
}

var sitesOfPlan = &listOf[SiteRow]{
	id: "sites", name: Text{VI: "Điểm lắp đặt", EN: "Sites"}, sort: "code", key: func(r *SiteRow) string { return r.Code },
	orders: map[string]func(*SiteRow) any{"chainage": func(r *SiteRow) any { return alongRoute(r.Chainage) }},
	parts:  siteParts,
}

// Table gives the answer as rows and columns.
func (l *SiteList) Table() Table { return sitesOfPlan.table(l.Items, &l.Page) }
