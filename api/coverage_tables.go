package api

import (
	"fmt"
	"strings"

	"github.com/phukin/phukin/hub/coverage"
)

// Names of what stands in several tables.
var stateNames = map[coverage.State]Text{
	coverage.Planned:   {"trong kế hoạch", "planned"},
	coverage.Installed: {"đã lắp đặt", "installed"},
	coverage.Accepted:  {"đã nghiệm thu", "accepted"},
	coverage.Working:   {"đang hoạt động", "working"},
}

var (
	codeColumn     = Column{Code: "code", Name: Text{"Mã", "Code"}}
	nameColumn     = Column{Code: "name", Name: Text{"Tên", "Name"}}
	routeColumn    = Column{Code: "route", Name: Text{"Mã tuyến", "Route code"}}
	routeName      = Column{Code: "route_name", Name: Text{"Tuyến", "Route"}}
	fromColumn     = Column{Code: "from", Name: Text{"Từ", "From"}}
	toColumn       = Column{Code: "to", Name: Text{"Đến", "To"}}
	lengthColumn   = Column{Code: "length_m", Name: Text{"Dài (m)", "Length (m)"}, Digits: 1}
	siteColumn     = Column{Code: "site", Name: Text{"Mã điểm", "Site code"}}
	siteName       = Column{Code: "site_name", Name: Text{"Điểm lắp đặt", "Site"}}
	plannedCameras = Column{Code: "cameras_planned", Name: Text{"Camera trong kế hoạch", "Planned cameras"}}
	workingCameras = Column{Code: "cameras_working", Name: Text{"Camera đang hoạt động", "Working cameras"}}
)

func stateColumn(code string, s coverage.State, vi, en string, digits int) Column {
	return Column{Code: code + "_" + string(s), Name: Text{vi + ", " + stateNames[s].VI, en + ", " + stateNames[s].EN}, Digits: digits}
}

var coverGroupList = &listOf[CoverageGroup]{
	id: "coverage/groups", name: Text{"Độ phủ", "Coverage"}, sort: "code,valid_from", key: func(g *CoverageGroup) string { return g.Code + " " + g.ValidFrom },
	parts: coverGroupParts(),
}

func coverGroupParts() []part[CoverageGroup] {
	parts := []part[CoverageGroup]{
		one("code", codeColumn, func(g *CoverageGroup) any { return g.Code }),
		one("valid_from", column("valid_from", "Hiệu lực từ", "In force from"), func(g *CoverageGroup) any { return orNil(g.ValidFrom) }),
		one("name", nameColumn, func(g *CoverageGroup) any { return g.Name }),
		one("length_m", lengthColumn, func(g *CoverageGroup) any { return g.Length }),
		{"states", []Column{column("sections", "Đoạn tuyến", "Sections"), column("gateways", "Cửa ngõ", "Gateways"), column("places", "Địa điểm quan trọng", "Important places")},
			func(g *CoverageGroup) []any {
				of := g.States[string(coverage.Planned)]
				return []any{of.Sections, of.Gateways, placesOf(of.Places, g.by)}
			}},
	}
	for _, s := range coverage.States() {
		parts = append(parts, part[CoverageGroup]{"states", []Column{
			stateColumn("in_view_m", s, "Trong tầm quan sát (m)", "In view (m)", 1), stateColumn("controlled_m", s, "Được kiểm soát (m)", "Controlled (m)", 1),
			stateColumn("sections_controlled", s, "Đoạn tuyến được kiểm soát", "Sections controlled", 0),
			stateColumn("gateways_in_view", s, "Cửa ngõ được quan sát", "Gateways in view", 0), stateColumn("places_covered", s, "Địa điểm được phủ", "Places covered", 0),
		}, func(g *CoverageGroup) []any {
			c := g.States[string(s)]
			return []any{c.InView, c.Controlled, c.SectionsCtl, c.GatewaysInView, placesOf(c.PlacesCovered, g.by)}
		}})
	}
	return parts
}

// Table gives the answer as rows and columns.
func (a *CoverageGroups) Table() Table { return coverGroupList.table(a.Items, &a.Page) }

// placesOf gives a number of places, which routes and classes do not have.
func placesOf(n int, by string) any {
	if by == "route" || by == "class" {
		return nil
	}
	return n
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func codes(all []string) string { return strings.Join(all, " ") }

// byState makes a part of a column for each state.
func byState[R any](field string, column func(coverage.State) Column, cell func(*R, string) any) part[R] {
	p := part[R]{field: field, cells: func(r *R) []any {
		var row []any
		for _, s := range coverage.States() {
			row = append(row, cell(r, string(s)))
		}
		return row
	}}
	for _, s := range coverage.States() {
		p.columns = append(p.columns, column(s))
	}
	return p
}

// refPart makes a part of a code and a name.
func refPart[R any](field string, code, name Column, of func(*R) *Ref) part[R] {
	return part[R]{field, []Column{code, name}, func(r *R) []any { return of(r).cells() }}
}

var sectionList = &listOf[CoverageSection]{
	id: "coverage/sections", name: Text{"Đoạn tuyến", "Sections"}, sort: "route,from",
	key:    func(r *CoverageSection) string { return fmt.Sprintf("%s %06d", r.Route.Code, r.number) },
	orders: map[string]func(*CoverageSection) any{"from": func(r *CoverageSection) any { return alongRoute(r.From) }, "to": func(r *CoverageSection) any { return alongRoute(r.To) }},
	parts: []part[CoverageSection]{
		refPart("route", routeColumn, routeName, func(r *CoverageSection) *Ref { return &r.Route }),
		one("from", fromColumn, func(r *CoverageSection) any { return r.From }),
		one("to", toColumn, func(r *CoverageSection) any { return r.To }),
		one("from_name", column("from_name", "Từ nút giao", "From junction"), func(r *CoverageSection) any { return orNil(r.FromName) }),
		one("to_name", column("to_name", "Đến nút giao", "To junction"), func(r *CoverageSection) any { return orNil(r.ToName) }),
		one("length_m", lengthColumn, func(r *CoverageSection) any { return r.Length }),
		byState("in_view_m", func(s coverage.State) Column {
			return stateColumn("in_view_m", s, "Trong tầm quan sát (m)", "In view (m)", 1)
		},
			func(r *CoverageSection, s string) any { return r.InView[s] }),
		byState("controlled", func(s coverage.State) Column {
			return stateColumn("controlled", s, "Được kiểm soát", "Controlled", 0)
		},
			func(r *CoverageSection, s string) any { return r.Controlled[s] }),
		one("cameras_planned", plannedCameras, func(r *CoverageSection) any { return codes(r.Planned) }),
		one("cameras_working", workingCameras, func(r *CoverageSection) any { return codes(r.Working) }),
	},
}

// Table gives the answer as rows and columns.
func (a *CoverageSections) Table() Table { return sectionList.table(a.Items, &a.Page) }

var gatewayList = &listOf[CoverageGateway]{
	id: "coverage/gateways", name: Text{"Cửa ngõ", "Gateways"}, sort: "route,chainage", key: func(r *CoverageGateway) string { return r.Code },
	orders: map[string]func(*CoverageGateway) any{"chainage": func(r *CoverageGateway) any { return alongRoute(r.Chainage) }},
	parts: []part[CoverageGateway]{
		one("code", codeColumn, func(r *CoverageGateway) any { return r.Code }),
		one("name", nameColumn, func(r *CoverageGateway) any { return r.Name }),
		one("beyond", column("beyond", "Phía bên kia", "Beyond"), func(r *CoverageGateway) any { return orNil(r.Beyond) }),
		refPart("route", routeColumn, routeName, func(r *CoverageGateway) *Ref { return &r.Route }),
		one("chainage", column("chainage", "Lý trình", "Chainage"), func(r *CoverageGateway) any { return r.Chainage }),
		byState("in_view", func(s coverage.State) Column { return stateColumn("in_view", s, "Được quan sát", "In view", 0) },
			func(r *CoverageGateway, s string) any { return r.InView[s] }),
		one("cameras_planned", plannedCameras, func(r *CoverageGateway) any { return codes(r.Planned) }),
		one("cameras_working", workingCameras, func(r *CoverageGateway) any { return codes(r.Working) }),
	},
}

// Table gives the answer as rows and columns.
func (a *CoverageGateways) Table() Table { return gatewayList.table(a.Items, &a.Page) }

var placeList = &listOf[CoveragePlace]{
	id: "coverage/places", name: Text{"Địa điểm quan trọng", "Important places"}, sort: "site", key: func(r *CoveragePlace) string { return r.Site.Code },
	parts: []part[CoveragePlace]{
		refPart("site", siteColumn, siteName, func(r *CoveragePlace) *Ref { return &r.Site }),
		one("kind", column("kind", "Loại", "Kind"), func(r *CoveragePlace) any { return r.Kind }),
		refPart("area", column("area", "Mã xã", "Area code"), column("area_name", "Xã", "Area"), func(r *CoveragePlace) *Ref { return &r.Area }),
		byState("covered", func(s coverage.State) Column { return stateColumn("covered", s, "Được phủ", "Covered", 0) },
			func(r *CoveragePlace, s string) any { return r.Covered[s] }),
		one("cameras_planned", plannedCameras, func(r *CoveragePlace) any { return codes(r.Planned) }),
		one("cameras_working", workingCameras, func(r *CoveragePlace) any { return codes(r.Working) }),
	},
}

// Table gives the answer as rows and columns.
func (a *CoveragePlaces) Table() Table { return placeList.table(a.Items, &a.Page) }

var findingList = &listOf[CoverageCamera]{
	id: "coverage/cameras", name: Text{"Camera cần xem lại", "Cameras to look at"}, sort: "code", key: func(r *CoverageCamera) string { return r.Code + " " + r.Finding },
	parts: []part[CoverageCamera]{
		one("code", codeColumn, func(r *CoverageCamera) any { return r.Code }),
		refPart("site", siteColumn, siteName, func(r *CoverageCamera) *Ref { return &r.Site }),
		one("finding", column("finding", "Mã nhận xét", "Finding code"), func(r *CoverageCamera) any { return r.Finding }),
		{"text", []Column{column("finding_vi", "Nhận xét", "Finding (vi)"), column("finding_en", "Nhận xét (en)", "Finding")}, func(r *CoverageCamera) []any { return []any{r.Text.VI, r.Text.EN} }},
		one("place_only", column("place_only", "Chỉ phủ địa điểm", "Place only"), func(r *CoverageCamera) any { return r.PlaceOnly }),
	},
}

// Table gives the answer as rows and columns.
func (a *CoverageCameras) Table() Table { return findingList.table(a.Items, &a.Page) }

// gapList is longest first.
var gapList = &listOf[CoverageGap]{
	id: "coverage/gaps", name: Text{"Đoạn chưa được phủ", "Gaps"}, sort: "-length_m", page: 100, key: func(r *CoverageGap) string { return r.key },
	orders: map[string]func(*CoverageGap) any{"from": func(r *CoverageGap) any { return alongRoute(r.From) }, "to": func(r *CoverageGap) any { return alongRoute(r.To) }},
	parts: []part[CoverageGap]{
		refPart("route", routeColumn, routeName, func(r *CoverageGap) *Ref { return &r.Route }),
		one("from", fromColumn, func(r *CoverageGap) any { return r.From }),
		one("to", toColumn, func(r *CoverageGap) any { return r.To }),
		one("from_m", length("from_m", "Cách đầu tuyến (m)", "From the start (m)"), func(r *CoverageGap) any { return r.Start }),
		one("to_m", length("to_m", "đến (m)", "to (m)"), func(r *CoverageGap) any { return r.End }),
		one("length_m", lengthColumn, func(r *CoverageGap) any { return r.Length }),
		one("sections", column("sections", "Số đoạn tuyến", "Sections"), func(r *CoverageGap) any { return nonzero(r.Sections) }),
		{"areas", []Column{column("areas", "Mã xã", "Area codes"), column("area_names", "Xã", "Areas")}, func(r *CoverageGap) []any {
			var areas, names []string
			for _, a := range r.Areas {
				areas, names = append(areas, a.Code), append(names, a.Name)
			}
			return []any{codes(areas), strings.Join(names, ", ")}
		}},
	},
}

// Table gives the answer as rows and columns.
func (a *CoverageGaps) Table() Table { return gapList.table(a.Items, &a.Page) }

// coverPeriodList sorts groups by their figures over the whole period.
var coverPeriodList = &listOf[CoveragePeriodGroup]{
	id: "coverage/period", sort: "code,valid_from", key: func(g *CoveragePeriodGroup) string { return g.Code + " " + g.ValidFrom },
	parts: append(periodGroupParts(func(g *CoveragePeriodGroup) *CoveragePeriodGroup { return g }),
		coverTimesParts(func(g *CoveragePeriodGroup) *CoverTimes { return &g.CoverTimes }, func(field string) string { return field })...),
}

func periodGroupParts[R any](of func(*R) *CoveragePeriodGroup) []part[R] {
	return []part[R]{
		one("code", codeColumn, func(r *R) any { return of(r).Code }),
		one("valid_from", column("valid_from", "Hiệu lực từ", "In force from"), func(r *R) any { return orNil(of(r).ValidFrom) }),
		one("name", nameColumn, func(r *R) any { return of(r).Name }),
	}
}

// coverTimesParts are the columns of measures over time. The field that each is
// of is named for the measure.
func coverTimesParts[R any](of func(*R) *CoverTimes, field func(measure string) string) []part[R] {
	var parts []part[R]
	for _, m := range []struct {
		field, code, vi, en string
		digits              int
		of                  func(*CoverTimes) *CoverMean
	}{
		{"in_view", "in_view_m", "Trong tầm quan sát (m)", "In view (m)", 1, func(c *CoverTimes) *CoverMean { return &c.InView }},
		{"controlled", "controlled_m", "Được kiểm soát (m)", "Controlled (m)", 1, func(c *CoverTimes) *CoverMean { return &c.Controlled }},
		{"sections", "sections", "Đoạn tuyến", "Sections", 2, func(c *CoverTimes) *CoverMean { return &c.Sections }},
		{"gateways", "gateways", "Cửa ngõ", "Gateways", 2, func(c *CoverTimes) *CoverMean { return &c.Gateways }},
		{"places", "places", "Địa điểm", "Places", 2, func(c *CoverTimes) *CoverMean { return c.Places }},
	} {
		p := part[R]{field: field(m.field), cells: func(r *R) []any {
			v := m.of(of(r))
			if v == nil {
				return make([]any, 7)
			}
			return []any{v.All, v.Seen, v.Maybe, v.Unseen, maybe(v.Share), maybe(v.Low), maybe(v.High)}
		}}
		for _, c := range []struct {
			code, vi, en string
			digits       int
		}{
			{"all", "tất cả", "all", m.digits}, {"seen", "thấy", "seen", m.digits}, {"maybe", "có thể", "maybe", m.digits}, {"unseen", "không thấy", "unseen", m.digits},
			{"share", "tỷ lệ", "share", 4}, {"low", "cận dưới", "lower bound", 4}, {"high", "cận trên", "upper bound", 4},
		} {
			p.columns = append(p.columns, Column{Code: m.code + "_" + c.code, Name: Text{m.vi + ", " + c.vi, m.en + ", " + c.en}, Digits: c.digits})
		}
		parts = append(parts, p)
	}
	return parts
}

// coverPiece is a group in a piece of a series.
type coverPiece struct {
	group *CoveragePeriodGroup
	piece string
	times *CoverTimes
}

// Table gives the answer as rows and columns: a row for each group, and where there
// is a series one for each of its pieces.
func (a *CoveragePeriod) Table() Table {
	name := Text{"Độ phủ theo thời gian", "Coverage over time"}
	if a.Pieces == nil {
		return tableOf(name, a.Items, coverPeriodList.parts, a.fields)
	}
	var rows []coverPiece
	for i := range a.Items {
		for k := range a.Items[i].Series {
			rows = append(rows, coverPiece{&a.Items[i], a.Pieces[k], &a.Items[i].Series[k]})
		}
	}
	parts := append(periodGroupParts(func(r *coverPiece) *CoveragePeriodGroup { return r.group }), one("", column("piece", "Từ ngày", "From the day"), func(r *coverPiece) any { return r.piece }))
	parts = append(parts, coverTimesParts(func(r *coverPiece) *CoverTimes { return r.times }, func(string) string { return "series" })...)
	return tableOf(name, rows, parts, a.fields)
}

// Table gives what was lost in the whole window as rows and columns.
func (a *CoverageLoss) Table() Table {
	t := Table{Name: Text{"Phần bị mất", "Losses"}, Columns: []Column{{Code: "what", Name: Text{"Phần", "What"}}, codeColumn, nameColumn, fromColumn, toColumn, lengthColumn,
		{Code: "lost_s", Name: Text{"Chắc chắn mất (giây)", "Lost for certain (s)"}}, {Code: "maybe_s", Name: Text{"Có thể mất (giây)", "Maybe lost (s)"}}}}
	add := func(what string, all []LostRoad) {
		for _, r := range all {
			t.Rows = append(t.Rows, []any{what, r.Route.Code, r.Route.Name, r.From, r.To, r.Length, int(r.Sure), int(r.Maybe)})
		}
	}
	add("road", a.Roads)
	add("section", a.Sections)
	for _, g := range a.Gateways {
		t.Rows = append(t.Rows, []any{"gateway", g.Code, g.Name, nil, nil, nil, int(g.Sure), int(g.Maybe)})
	}
	return t
}

// wayList is shortest first. A way has a row of the table for each of its steps;
// rows are sorted by what the whole way has.
var wayList = &listOf[BlindWay]{
	id: "coverage/blind-ways", sort: "way_length_m", page: 100, key: func(r *BlindWay) string { return r.From.Code + " " + r.To.Code },
	parts: []part[BlindWay]{
		refPart("from", column("from_gateway", "Mã cửa ngõ đầu", "From gateway"), column("from_name", "Từ cửa ngõ", "From"), func(r *BlindWay) *Ref { return &r.From }),
		refPart("to", column("to_gateway", "Mã cửa ngõ cuối", "To gateway"), column("to_name", "Đến cửa ngõ", "To"), func(r *BlindWay) *Ref { return &r.To }),
		one("length_m", length("way_length_m", "Dài cả đường (m)", "Length of the way (m)"), func(r *BlindWay) any { return r.Length }),
	},
}

// wayStep is a step of a way; the only row of a way without steps.
type wayStep struct {
	way    *BlindWay
	number int // of the way
	step   int // its number on the way, 0 for none
}

func wayStepParts() []part[wayStep] {
	parts := []part[wayStep]{one("", column("way", "Đường đi", "Way"), func(r *wayStep) any { return r.number })}
	for _, p := range wayList.parts {
		parts = append(parts, part[wayStep]{p.field, p.columns, func(r *wayStep) []any { return p.cells(r.way) }})
	}
	return append(parts, part[wayStep]{"steps", []Column{column("step", "Chặng", "Step"), routeColumn, routeName, fromColumn, toColumn, lengthColumn}, func(r *wayStep) []any {
		if r.step == 0 {
			return make([]any, 6)
		}
		s := &r.way.Steps[r.step-1]
		return []any{r.step, s.Route.Code, s.Route.Name, s.From, s.To, s.Length}
	}})
}

// Table gives the ways as rows and columns: a row for each step.
func (a *BlindWays) Table() Table {
	var rows []wayStep
	for i := range a.Items {
		w := &a.Items[i]
		for k := range w.Steps {
			rows = append(rows, wayStep{w, i + 1, k + 1})
		}
		if len(w.Steps) == 0 {
			rows = append(rows, wayStep{w, i + 1, 0})
		}
	}
	return tableOf(Text{"Đường đi không qua camera", "Blind ways"}, rows, wayStepParts(), a.fields)
}
