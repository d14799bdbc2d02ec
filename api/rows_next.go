package api

import "strings"

// NextAnswer is the answer of /rollout/next.
type NextAnswer struct {
	Head
	Level      LevelRow     `json:"level"`
	State      string       `json:"state" enum:"installed,accepted,working" doc:"Which cameras count as there already"`
	By         string       `json:"by" enum:"view,control,gateways,ways,cost" doc:"Measure that the rank is by"`
	All        NextMeasures `json:"all" doc:"What there is"`
	Before     NextMeasures `json:"before" doc:"What is covered by what is there"`
	Together   NextMeasures `json:"together" doc:"What all candidates would add together"`
	Candidates int          `json:"candidates" doc:"Sites with planned cameras, none of which counts as there; items holds the first of them"`
	Partly     []string     `json:"partly" doc:"Sites with some cameras there and others to come: not ranked, and what is to come there is in no figure"`
	Items      []NextRow    `json:"items" doc:"Best first; then sites of unknown cost, when the rank is by cost; then those that add nothing"`
}

// NextRow is a site that is to come, and what it adds when all before it are
// there.
type NextRow struct {
	Rank       *int         `json:"rank" doc:"1 is best; null when the site is not ranked, see standing"`
	Standing   string       `json:"standing" enum:"ranked,cost_unknown,adds_nothing" doc:"adds_nothing: by this measure, and when all before it are there"`
	Site       Ref          `json:"site"`
	Kind       string       `json:"kind" enum:"route,junction,gateway,school,market,health,office,border,other"`
	Area       Ref          `json:"area"`
	Route      *Ref         `json:"route,omitempty" doc:"Absent at an important place off the routes"`
	Chainage   string       `json:"chainage,omitempty" example:"Km12+500"`
	Cameras    []string     `json:"cameras" doc:"Planned there"`
	Installed  int          `json:"installed" doc:"Of those, claimed installed: to be repaired or accepted, not bought"`
	Incomplete []string     `json:"incomplete" doc:"Of those, without position, direction, field of view or resolution: they add no road"`
	Cost       *float64     `json:"cost_million_vnd" doc:"Of these cameras; null unless each has one"`
	With       []string     `json:"with" doc:"Sites beside it in the rank which close blind ways only together with it"`
	Gain       NextMeasures `json:"gain"`
	After      NextMeasures `json:"after" doc:"What is covered then"`
	ViewPer    *float64     `json:"in_view_m_per_million_vnd"`
	ControlPer *float64     `json:"controlled_m_per_million_vnd"`
}

// NextMeasures are what is covered, of what there is, or what is added to it.
type NextMeasures struct {
	InView     float64 `json:"in_view_m"`
	Controlled float64 `json:"controlled_m" doc:"Metres of controlled sections"`
	Sections   int     `json:"sections" doc:"Controlled"`
	Gateways   int     `json:"gateways" doc:"In view"`
	Ways       int     `json:"ways_closed" doc:"Pairs of gateways joined by road, but by no way that passes no camera"`
	Places     int     `json:"places" doc:"Important places with a camera, wherever it looks"`
}

// Table gives the sites, one a row.
func (a *NextAnswer) Table() Table {
	t := Table{Name: Text{"Làm gì tiếp theo", "What next"}, Columns: []Column{
		{"rank", Text{"Thứ tự", "Rank"}, 0},
		{"standing", Text{"Xếp loại", "Standing"}, 0},
		{"site", Text{"Mã điểm", "Site"}, 0},
		{"site_name", Text{"Tên điểm", "Name of site"}, 0},
		{"kind", Text{"Loại điểm", "Kind"}, 0},
		{"area", Text{"Mã địa bàn", "Area"}, 0},
		{"area_name", Text{"Địa bàn", "Name of area"}, 0},
		{"route", Text{"Mã tuyến", "Route"}, 0},
		{"route_name", Text{"Tuyến", "Name of route"}, 0},
		{"chainage", Text{"Lý trình", "Chainage"}, 0},
		{"cameras", Text{"Số camera", "Cameras"}, 0},
		{"installed", Text{"Trong đó đã lắp", "Of those installed"}, 0},
		{"incomplete", Text{"Trong đó chưa đủ dữ liệu", "Of those incomplete"}, 0},
		{"cost_million_vnd", Text{"Kinh phí (triệu đồng)", "Cost (million VND)"}, 3},
		{"with", Text{"Cùng với", "With"}, 0},
		{"gain_in_view_m", Text{"Thêm trong tầm quan sát (m)", "Adds in view (m)"}, 1},
		{"gain_controlled_m", Text{"Thêm được kiểm soát (m)", "Adds controlled (m)"}, 1},
		{"gain_sections", Text{"Thêm đoạn kiểm soát", "Adds sections"}, 0},
		{"gain_gateways", Text{"Thêm cửa ngõ", "Adds gateways"}, 0},
		{"gain_ways_closed", Text{"Khép thêm lối không camera", "Closes blind ways"}, 0},
		{"gain_places", Text{"Thêm địa điểm", "Adds places"}, 0},
		{"in_view_m_per_million_vnd", Text{"Trong tầm, m/triệu đồng", "In view, m per million VND"}, 1},
		{"controlled_m_per_million_vnd", Text{"Kiểm soát, m/triệu đồng", "Controlled, m per million VND"}, 1},
		{"after_in_view_m", Text{"Sau đó trong tầm quan sát (m)", "In view then (m)"}, 1},
		{"after_controlled_m", Text{"Sau đó được kiểm soát (m)", "Controlled then (m)"}, 1},
		{"after_sections", Text{"Sau đó đoạn kiểm soát", "Sections then"}, 0},
		{"after_gateways", Text{"Sau đó cửa ngõ", "Gateways then"}, 0},
		{"after_ways_closed", Text{"Sau đó lối không camera đã khép", "Blind ways closed then"}, 0},
		{"after_places", Text{"Sau đó địa điểm", "Places then"}, 0},
	}}
	for i := range a.Items {
		r := &a.Items[i]
		var route Ref
		if r.Route != nil {
			route = *r.Route
		}
		row := []any{cellOf(r.Rank), r.Standing, r.Site.Code, r.Site.Name, r.Kind, r.Area.Code, r.Area.Name, textCell(route.Code), textCell(route.Name), textCell(r.Chainage),
			len(r.Cameras), r.Installed, len(r.Incomplete), cellOf(r.Cost), textCell(strings.Join(r.With, " "))}
		row = append(row, r.Gain.cells()...)
		row = append(row, cellOf(r.ViewPer), cellOf(r.ControlPer))
		t.Rows = append(t.Rows, append(row, r.After.cells()...))
	}
	return t
}

func (m NextMeasures) cells() []any {
	return []any{m.InView, m.Controlled, m.Sections, m.Gateways, m.Ways, m.Places}
}

// cellOf gives a cell: nil for what is not known.
func cellOf[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

// textCell gives a cell: nil for no text.
func textCell(s string) any {
	if s == "" {
		return nil
	}
	return s
}
