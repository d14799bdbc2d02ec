package api

import (
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

// Table gives the answer as rows and columns.
func (a *CoverageGroups) Table() Table {
	t := Table{Name: Text{"Độ phủ", "Coverage"}, Columns: []Column{codeColumn, {Code: "valid_from", Name: Text{"Hiệu lực từ", "In force from"}}, nameColumn, lengthColumn,
		{Code: "sections", Name: Text{"Đoạn tuyến", "Sections"}}, {Code: "gateways", Name: Text{"Cửa ngõ", "Gateways"}}, {Code: "places", Name: Text{"Địa điểm quan trọng", "Important places"}}}}
	for _, s := range coverage.States() {
		t.Columns = append(t.Columns,
			stateColumn("in_view_m", s, "Trong tầm quan sát (m)", "In view (m)", 1), stateColumn("controlled_m", s, "Được kiểm soát (m)", "Controlled (m)", 1),
			stateColumn("sections_controlled", s, "Đoạn tuyến được kiểm soát", "Sections controlled", 0),
			stateColumn("gateways_in_view", s, "Cửa ngõ được quan sát", "Gateways in view", 0), stateColumn("places_covered", s, "Địa điểm được phủ", "Places covered", 0))
	}
	for i := range a.Items {
		g := &a.Items[i]
		of := g.States[string(coverage.Planned)]
		row := []any{g.Code, orNil(g.ValidFrom), g.Name, g.Length, of.Sections, of.Gateways, placesOf(of.Places, a.By)}
		for _, s := range coverage.States() {
			c := g.States[string(s)]
			row = append(row, c.InView, c.Controlled, c.SectionsCtl, c.GatewaysInView, placesOf(c.PlacesCovered, a.By))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

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

// Table gives the answer as rows and columns.
func (a *CoverageSections) Table() Table {
	t := Table{Name: Text{"Đoạn tuyến", "Sections"}, Columns: []Column{routeColumn, routeName, fromColumn, toColumn,
		{Code: "from_name", Name: Text{"Từ nút giao", "From junction"}}, {Code: "to_name", Name: Text{"Đến nút giao", "To junction"}}, lengthColumn}}
	for _, s := range coverage.States() {
		t.Columns = append(t.Columns, stateColumn("in_view_m", s, "Trong tầm quan sát (m)", "In view (m)", 1), stateColumn("controlled", s, "Được kiểm soát", "Controlled", 0))
	}
	t.Columns = append(t.Columns, plannedCameras, workingCameras)
	for i := range a.Items {
		x := &a.Items[i]
		row := []any{x.Route.Code, x.Route.Name, x.From, x.To, orNil(x.FromName), orNil(x.ToName), x.Length}
		for _, s := range coverage.States() {
			row = append(row, x.InView[string(s)], x.Controlled[string(s)])
		}
		t.Rows = append(t.Rows, append(row, codes(x.Planned), codes(x.Working)))
	}
	return t
}

// Table gives the answer as rows and columns.
func (a *CoverageGateways) Table() Table {
	t := Table{Name: Text{"Cửa ngõ", "Gateways"}, Columns: []Column{codeColumn, nameColumn, {Code: "beyond", Name: Text{"Phía bên kia", "Beyond"}}, routeColumn, routeName,
		{Code: "chainage", Name: Text{"Lý trình", "Chainage"}}}}
	for _, s := range coverage.States() {
		t.Columns = append(t.Columns, stateColumn("in_view", s, "Được quan sát", "In view", 0))
	}
	t.Columns = append(t.Columns, plannedCameras, workingCameras)
	for i := range a.Items {
		x := &a.Items[i]
		row := []any{x.Code, x.Name, orNil(x.Beyond), x.Route.Code, x.Route.Name, x.Chainage}
		for _, s := range coverage.States() {
			row = append(row, x.InView[string(s)])
		}
		t.Rows = append(t.Rows, append(row, codes(x.Planned), codes(x.Working)))
	}
	return t
}

// Table gives the answer as rows and columns.
func (a *CoveragePlaces) Table() Table {
	t := Table{Name: Text{"Địa điểm quan trọng", "Important places"}, Columns: []Column{siteColumn, siteName, {Code: "kind", Name: Text{"Loại", "Kind"}},
		{Code: "area", Name: Text{"Mã xã", "Area code"}}, {Code: "area_name", Name: Text{"Xã", "Area"}}}}
	for _, s := range coverage.States() {
		t.Columns = append(t.Columns, stateColumn("covered", s, "Được phủ", "Covered", 0))
	}
	t.Columns = append(t.Columns, plannedCameras, workingCameras)
	for i := range a.Items {
		x := &a.Items[i]
		row := []any{x.Site.Code, x.Site.Name, x.Kind, x.Area.Code, x.Area.Name}
		for _, s := range coverage.States() {
			row = append(row, x.Covered[string(s)])
		}
		t.Rows = append(t.Rows, append(row, codes(x.Planned), codes(x.Working)))
	}
	return t
}

// Table gives the answer as rows and columns.
func (a *CoverageCameras) Table() Table {
	t := Table{Name: Text{"Camera cần xem lại", "Cameras to look at"}, Columns: []Column{codeColumn, siteColumn, siteName, {Code: "finding", Name: Text{"Mã nhận xét", "Finding code"}},
		{Code: "finding_vi", Name: Text{"Nhận xét", "Finding (vi)"}}, {Code: "finding_en", Name: Text{"Nhận xét (en)", "Finding"}}, {Code: "place_only", Name: Text{"Chỉ phủ địa điểm", "Place only"}}}}
	for i := range a.Items {
		x := &a.Items[i]
		t.Rows = append(t.Rows, []any{x.Code, x.Site.Code, x.Site.Name, x.Finding, x.Text.VI, x.Text.EN, x.PlaceOnly})
	}
	return t
}

// Table gives the answer as rows and columns.
func (a *CoverageGaps) Table() Table {
	t := Table{Name: Text{"Đoạn chưa được phủ", "Gaps"}, Columns: []Column{routeColumn, routeName, fromColumn, toColumn,
		{Code: "from_m", Name: Text{"Cách đầu tuyến (m)", "From the start (m)"}, Digits: 1}, {Code: "to_m", Name: Text{"đến (m)", "to (m)"}, Digits: 1}, lengthColumn,
		{Code: "sections", Name: Text{"Số đoạn tuyến", "Sections"}}, {Code: "areas", Name: Text{"Mã xã", "Area codes"}}, {Code: "area_names", Name: Text{"Xã", "Areas"}}}}
	for i := range a.Items {
		x := &a.Items[i]
		var areas, names []string
		for _, r := range x.Areas {
			areas, names = append(areas, r.Code), append(names, r.Name)
		}
		var sections any
		if x.Sections > 0 {
			sections = x.Sections
		}
		t.Rows = append(t.Rows, []any{x.Route.Code, x.Route.Name, x.From, x.To, x.Start, x.End, x.Length, sections, codes(areas), strings.Join(names, ", ")})
	}
	return t
}

// Table gives the answer as rows and columns: a row for each group, and where there
// is a series one for each of its pieces.
func (a *CoveragePeriod) Table() Table {
	t := Table{Name: Text{"Độ phủ theo thời gian", "Coverage over time"}, Columns: []Column{codeColumn, {Code: "valid_from", Name: Text{"Hiệu lực từ", "In force from"}}, nameColumn}}
	if a.Pieces != nil {
		t.Columns = append(t.Columns, Column{Code: "piece", Name: Text{"Từ ngày", "From the day"}})
	}
	for _, m := range []struct {
		code, vi, en string
		digits       int
	}{{"in_view_m", "Trong tầm quan sát (m)", "In view (m)", 1}, {"controlled_m", "Được kiểm soát (m)", "Controlled (m)", 1},
		{"sections", "Đoạn tuyến", "Sections", 2}, {"gateways", "Cửa ngõ", "Gateways", 2}, {"places", "Địa điểm", "Places", 2}} {
		for _, p := range []struct{ code, vi, en string }{{"all", "tất cả", "all"}, {"seen", "thấy", "seen"}, {"maybe", "có thể", "maybe"}, {"unseen", "không thấy", "unseen"}} {
			t.Columns = append(t.Columns, Column{Code: m.code + "_" + p.code, Name: Text{m.vi + ", " + p.vi, m.en + ", " + p.en}, Digits: m.digits})
		}
		for _, p := range []struct{ code, vi, en string }{{"share", "tỷ lệ", "share"}, {"low", "cận dưới", "lower bound"}, {"high", "cận trên", "upper bound"}} {
			t.Columns = append(t.Columns, Column{Code: m.code + "_" + p.code, Name: Text{m.vi + ", " + p.vi, m.en + ", " + p.en}, Digits: 4})
		}
	}
	for i := range a.Items {
		g := &a.Items[i]
		head := []any{g.Code, orNil(g.ValidFrom), g.Name}
		if a.Pieces == nil {
			t.Rows = append(t.Rows, append(head, g.cells()...))
			continue
		}
		for k := range g.Series {
			t.Rows = append(t.Rows, append(append(head[:len(head):len(head)], a.Pieces[k]), g.Series[k].cells()...))
		}
	}
	return t
}

func (c *CoverTimes) cells() (row []any) {
	ratio := func(v *float64) any {
		if v == nil {
			return nil
		}
		return *v
	}
	for _, m := range []*CoverMean{&c.InView, &c.Controlled, &c.Sections, &c.Gateways, c.Places} {
		if m == nil {
			row = append(row, nil, nil, nil, nil, nil, nil, nil)
			continue
		}
		row = append(row, m.All, m.Seen, m.Maybe, m.Unseen, ratio(m.Share), ratio(m.Low), ratio(m.High))
	}
	return row
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

// Table gives the ways as rows and columns: a row for each step.
func (a *BlindWays) Table() Table {
	t := Table{Name: Text{"Đường đi không qua camera", "Blind ways"}, Columns: []Column{{Code: "way", Name: Text{"Đường đi", "Way"}},
		{Code: "from_gateway", Name: Text{"Mã cửa ngõ đầu", "From gateway"}}, {Code: "from_name", Name: Text{"Từ cửa ngõ", "From"}},
		{Code: "to_gateway", Name: Text{"Mã cửa ngõ cuối", "To gateway"}}, {Code: "to_name", Name: Text{"Đến cửa ngõ", "To"}},
		{Code: "way_length_m", Name: Text{"Dài cả đường (m)", "Length of the way (m)"}, Digits: 1}, {Code: "step", Name: Text{"Chặng", "Step"}}, routeColumn, routeName,
		fromColumn, toColumn, lengthColumn}}
	for i := range a.Items {
		w := &a.Items[i]
		head := []any{i + 1, w.From.Code, w.From.Name, w.To.Code, w.To.Name, w.Length}
		for k := range w.Steps {
			s := &w.Steps[k]
			t.Rows = append(t.Rows, append(head[:len(head):len(head)], k+1, s.Route.Code, s.Route.Name, s.From, s.To, s.Length))
		}
		if len(w.Steps) == 0 {
			t.Rows = append(t.Rows, append(head, nil, nil, nil, nil, nil, nil))
		}
	}
	return t
}
