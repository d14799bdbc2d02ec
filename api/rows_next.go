package api

import (
	"fmt"
	"strings"
)

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
	Page
	Items []NextRow `json:"items" doc:"Best first unless sorted otherwise; then sites of unknown cost, when the rank is by cost; then those that add nothing"`
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

	number int // in the order of the ranking
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

// nextList is best first: rows without a rank come after the others in the order
// in which they were found.
var nextList = &listOf[NextRow]{
	id: "rollout/next", name: Text{"Làm gì tiếp theo", "What next"}, sort: "rank", key: func(r *NextRow) string { return fmt.Sprintf("%05d", r.number) },
	orders: map[string]func(*NextRow) any{"chainage": func(r *NextRow) any { return alongRoute(r.Chainage) }},
	parts: []part[NextRow]{
		one("rank", column("rank", "Thứ tự", "Rank"), func(r *NextRow) any { return maybe(r.Rank) }),
		one("standing", column("standing", "Xếp loại", "Standing"), func(r *NextRow) any { return r.Standing }),
		refPart("site", column("site", "Mã điểm", "Site"), column("site_name", "Tên điểm", "Name of site"), func(r *NextRow) *Ref { return &r.Site }),
		one("kind", column("kind", "Loại điểm", "Kind"), func(r *NextRow) any { return r.Kind }),
		refPart("area", column("area", "Mã địa bàn", "Area"), column("area_name", "Địa bàn", "Name of area"), func(r *NextRow) *Ref { return &r.Area }),
		refPart("route", column("route", "Mã tuyến", "Route"), column("route_name", "Tuyến", "Name of route"), func(r *NextRow) *Ref { return r.Route }),
		one("chainage", column("chainage", "Lý trình", "Chainage"), func(r *NextRow) any { return textCell(r.Chainage) }),
		one("cameras", column("cameras", "Số camera", "Cameras"), func(r *NextRow) any { return len(r.Cameras) }),
		one("installed", column("installed", "Trong đó đã lắp", "Of those installed"), func(r *NextRow) any { return r.Installed }),
		one("incomplete", column("incomplete", "Trong đó chưa đủ dữ liệu", "Of those incomplete"), func(r *NextRow) any { return len(r.Incomplete) }),
		one("cost_million_vnd", Column{"cost_million_vnd", Text{"Kinh phí (triệu đồng)", "Cost (million VND)"}, 3}, func(r *NextRow) any { return maybe(r.Cost) }),
		one("with", column("with", "Cùng với", "With"), func(r *NextRow) any { return textCell(strings.Join(r.With, " ")) }),
		{"gain", []Column{
			length("gain_in_view_m", "Thêm trong tầm quan sát (m)", "Adds in view (m)"), length("gain_controlled_m", "Thêm được kiểm soát (m)", "Adds controlled (m)"),
			column("gain_sections", "Thêm đoạn kiểm soát", "Adds sections"), column("gain_gateways", "Thêm cửa ngõ", "Adds gateways"),
			column("gain_ways_closed", "Khép thêm lối không camera", "Closes blind ways"), column("gain_places", "Thêm địa điểm", "Adds places"),
		}, func(r *NextRow) []any { return r.Gain.cells() }},
		one("in_view_m_per_million_vnd", length("in_view_m_per_million_vnd", "Trong tầm, m/triệu đồng", "In view, m per million VND"), func(r *NextRow) any { return maybe(r.ViewPer) }),
		one("controlled_m_per_million_vnd", length("controlled_m_per_million_vnd", "Kiểm soát, m/triệu đồng", "Controlled, m per million VND"), func(r *NextRow) any { return maybe(r.ControlPer) }),
		{"after", []Column{
			length("after_in_view_m", "Sau đó trong tầm quan sát (m)", "In view then (m)"), length("after_controlled_m", "Sau đó được kiểm soát (m)", "Controlled then (m)"),
			column("after_sections", "Sau đó đoạn kiểm soát", "Sections then"), column("after_gateways", "Sau đó cửa ngõ", "Gateways then"),
			column("after_ways_closed", "Sau đó lối không camera đã khép", "Blind ways closed then"), column("after_places", "Sau đó địa điểm", "Places then"),
		}, func(r *NextRow) []any { return r.After.cells() }},
	},
}

// Table gives the sites, one a row.
func (a *NextAnswer) Table() Table { return nextList.table(a.Items, &a.Page) }

func (m NextMeasures) cells() []any {
	return []any{m.InView, m.Controlled, m.Sections, m.Gateways, m.Ways, m.Places}
}

// textCell gives a cell: nil for no text.
func textCell(s string) any {
	if s == "" {
		return nil
	}
	return s
}
