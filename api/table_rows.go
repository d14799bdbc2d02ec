package api

import (
	"slices"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/geo"
)

var uptimeColumns = []Column{
	column("in_service_s", "Thời gian sử dụng (giây)", "In service (s)"), column("up_s", "Hoạt động (giây)", "Up (s)"), column("degraded_s", "Suy giảm (giây)", "Degraded (s)"),
	column("down_s", "Hỏng (giây)", "Down (s)"), column("unknown_s", "Không rõ (giây)", "Unknown (s)"), column("maintenance_s", "Bảo trì (giây)", "Maintenance (s)"),
	ratio("availability", "Tỷ lệ hoạt động", "Availability"), ratio("observed", "Tỷ lệ quan sát", "Observed"),
	ratio("low", "Tỷ lệ hoạt động thấp nhất", "Availability at least"), ratio("high", "Tỷ lệ hoạt động cao nhất", "Availability at most"), column("outages", "Số lần mất tín hiệu", "Outages"),
}

func (u *Uptime) cells() []any {
	return []any{u.InService, u.Up, u.Degraded, u.Down, u.Unknown, u.Maintenance, maybe(u.Availability), maybe(u.Observed), maybe(u.Low), maybe(u.High), u.Outages}
}

// picture gives the columns of a picture, with a word before each code.
func picture(code, vi, en string) []Column {
	c := []Column{
		column(code+"_codec", "Mã hóa "+vi, "Codec "+en), column(code+"_width", "Rộng "+vi+" (điểm ảnh)", "Width "+en+" (px)"),
		column(code+"_height", "Cao "+vi+" (điểm ảnh)", "Height "+en+" (px)"), column(code+"_frame_rate", "Tốc độ khung "+vi+" (khung/giây)", "Frame rate "+en+" (fps)"),
	}
	c[3].Digits = 2
	return c
}

func (p *Picture) cells() []any {
	if p == nil {
		return make([]any, 4)
	}
	return []any{p.Codec, nonzero(p.Width), nonzero(p.Height), nonzero(p.FrameRate)}
}

func (r *Ref) cells() []any {
	if r == nil {
		return []any{nil, nil}
	}
	return []any{r.Code, r.Name}
}

var statusNowColumns = []Column{
	column("status", "Trạng thái", "Status"), column("cause", "Vì sao không rõ", "Why unknown"), column("fault", "Lỗi", "Fault"), column("fell_on", "Hỏng ở bước", "Fell on"),
	column("rtsp_status", "Mã RTSP", "RTSP status"), column("reasons", "Vì sao suy giảm", "Why degraded"), column("since", "Từ (UTC)", "Since (UTC)"), column("until", "Đến (UTC)", "Until (UTC)"),
}

func (s *Status) cells() []any {
	return []any{s.Status, s.Cause, s.Fault, s.FellOn, nonzero(s.RTSPStatus), strings.Join(s.Reasons, " "), momentCell(s.Since), momentCell(s.Until)}
}

var cameraParts = []part[CameraRow]{
	{"code", []Column{column("code", "Mã camera", "Code of the camera")}, func(r *CameraRow) []any { return []any{r.Code} }},
	{"site", []Column{column("site", "Mã điểm", "Code of the site"), column("site_name", "Điểm", "Site")}, func(r *CameraRow) []any { return r.Site.cells() }},
	{"site_kind", []Column{column("site_kind", "Loại điểm", "Kind of site")}, func(r *CameraRow) []any { return []any{r.SiteKind} }},
	{"area", []Column{column("area", "Mã địa bàn", "Code of the area"), column("area_name", "Địa bàn", "Area")}, func(r *CameraRow) []any { return r.Area.cells() }},
	{"route", []Column{column("route", "Mã tuyến", "Code of the route"), column("route_name", "Tuyến", "Route")}, func(r *CameraRow) []any { return r.Route.cells() }},
	{"chainage", []Column{column("chainage", "Lý trình", "Chainage")}, func(r *CameraRow) []any { return []any{r.Chainage} }},
	{"agent", []Column{column("agent", "Thiết bị xã", "Agent")}, func(r *CameraRow) []any { return []any{r.Agent} }},
	{"phase", []Column{column("phase", "Giai đoạn", "Phase")}, func(r *CameraRow) []any { return []any{r.Phase} }},
	{"owner", []Column{column("owner", "Chủ sở hữu", "Owner")}, func(r *CameraRow) []any { return []any{r.Owner} }},
	{"planned", picture("planned", "theo kế hoạch", "planned")[1:], func(r *CameraRow) []any { return r.Planned.cells()[1:] }},
	{"measured", picture("measured", "đo được", "measured"), func(r *CameraRow) []any { return r.Measured.cells() }},
	{"milestones", []Column{
		column("due", "Hạn", "Due"), column("planned", "Lập kế hoạch", "Planned"), column("surveyed", "Khảo sát", "Surveyed"), column("installed", "Lắp đặt", "Installed"),
		column("accepted", "Nghiệm thu", "Accepted"), column("retired", "Thôi sử dụng", "Retired"), column("enrolled", "Thiết bị báo lần đầu", "Enrolled"), column("verified", "Thấy hình lần đầu", "Verified"),
	}, func(r *CameraRow) []any {
		m := &r.Milestones
		return []any{m.Due, m.Planned, m.Surveyed, m.Installed, m.Accepted, m.Retired, m.Enrolled, m.Verified}
	}},
	{"status", statusNowColumns, func(r *CameraRow) []any { return r.Status.cells() }},
	{"uptime", uptimeColumns, func(r *CameraRow) []any { return r.Uptime.cells() }},
}

var cameraList = &listOf[CameraRow]{
	id: "cameras", name: Text{VI: "Camera", EN: "Cameras"}, parts: cameraParts, sort: "code", key: func(r *CameraRow) string { return r.Code },
	orders: map[string]func(*CameraRow) any{"code": func(r *CameraRow) any { return r.Code }, "chainage": func(r *CameraRow) any { return alongRoute(r.Chainage) }},
}

// Table gives a row for each camera. Seconds by day are in the table of
// /uptime/grid.
func (l *CameraList) Table() Table { return cameraList.table(l.Items, &l.Page) }

var coverColumns = []Column{
	length("in_view_m", "trong tầm nhìn (m)", "in view (m)"), length("controlled_m", "được kiểm soát (m)", "controlled (m)"), ratio("in_view", "tỷ lệ trong tầm nhìn", "share in view"),
	ratio("controlled", "tỷ lệ được kiểm soát", "share controlled"), column("sections_controlled", "số đoạn được kiểm soát", "sections controlled"), column("gateways_in_view", "số cửa ngõ trong tầm nhìn", "gateways in view"),
}

func (c *Covers) cells() []any {
	return []any{c.InView, c.Controlled, c.InViewRatio, c.ControlledRatio, c.SectionsCtl, c.GatewaysInView}
}

// coverStates are the states of coverage, each with its name.
var coverStates = []Column{column("planned", "Kế hoạch", "Planned"), column("installed", "Đã lắp", "Installed"), column("accepted", "Đã nghiệm thu", "Accepted"), column("working", "Đang hoạt động", "Working")}

func routeParts() []part[RouteRow] {
	parts := []part[RouteRow]{
		{"code", []Column{column("code", "Mã tuyến", "Code of the route")}, func(r *RouteRow) []any { return []any{r.Code} }},
		{"name", []Column{column("name", "Tuyến", "Route")}, func(r *RouteRow) []any { return []any{r.Name} }},
		{"class", []Column{column("class", "Cấp đường", "Class")}, func(r *RouteRow) []any { return []any{r.Class} }},
		{"synthetic", []Column{column("synthetic", "Hình dạng giả định", "Geometry is made up")}, func(r *RouteRow) []any { return []any{r.Synthetic} }},
		{"length_m", []Column{length("length_m", "Chiều dài (m)", "Length (m)")}, func(r *RouteRow) []any { return []any{r.Length} }},
		{"from", []Column{column("from", "Từ lý trình", "From")}, func(r *RouteRow) []any { return []any{r.From} }},
		{"to", []Column{column("to", "Đến lý trình", "To")}, func(r *RouteRow) []any { return []any{r.To} }},
		{"states", []Column{column("sections", "Số đoạn", "Sections"), column("gateways", "Số cửa ngõ", "Gateways")}, func(r *RouteRow) []any {
			if c, ok := r.States["planned"]; ok { // the same in all
				return []any{c.Sections, c.Gateways}
			}
			return []any{nil, nil}
		}},
	}
	for _, state := range coverStates {
		columns := make([]Column, len(coverColumns))
		for i, c := range coverColumns {
			columns[i] = Column{Code: state.Code + "_" + c.Code, Name: Text{VI: state.Name.VI + ": " + c.Name.VI, EN: state.Name.EN + ": " + c.Name.EN}, Digits: c.Digits}
		}
		parts = append(parts, part[RouteRow]{"states", columns, func(r *RouteRow) []any {
			if c, ok := r.States[state.Code]; ok {
				return c.cells()
			}
			return make([]any, len(coverColumns))
		}})
	}
	return parts
}

var routeList = &listOf[RouteRow]{
	id: "routes", name: Text{VI: "Tuyến đường", EN: "Routes"}, parts: routeParts(), sort: "code", key: func(r *RouteRow) string { return r.Code },
	orders: map[string]func(*RouteRow) any{
		"from": func(r *RouteRow) any { return alongRoute(r.From) }, "to": func(r *RouteRow) any { return alongRoute(r.To) },
	},
}

// Table gives a row for each route, with its coverage in every state.
func (l *RouteList) Table() Table {
	t := routeList.table(l.Items, &l.Page)
	t.Name.VI, t.Name.EN = t.Name.VI+" "+l.Level, t.Name.EN+" "+l.Level
	return t
}

// alongRoute gives what to sort by of a chainage: its metres.
func alongRoute(chainage string) any {
	m, err := geo.ParseChainage(chainage)
	if err != nil {
		return nil
	}
	return m
}

var agentParts = []part[AgentRow]{
	{"code", []Column{column("code", "Thiết bị xã", "Agent")}, func(r *AgentRow) []any { return []any{r.Code} }},
	{"area", []Column{column("area", "Mã địa bàn", "Code of the area"), column("area_name", "Địa bàn", "Area")}, func(r *AgentRow) []any { return r.Area.cells() }},
	{"online", []Column{column("online", "Đang kết nối", "Online")}, func(r *AgentRow) []any { return []any{r.Online} }},
	{"last_seen", []Column{column("last_seen", "Nghe lần cuối (UTC)", "Last seen (UTC)")}, func(r *AgentRow) []any { return []any{momentCell(r.LastSeen)} }},
	{"version", []Column{column("version", "Phiên bản", "Version")}, func(r *AgentRow) []any { return []any{r.Version} }},
	{"spooled", []Column{column("spooled", "Bản ghi đang chờ", "Waiting in its spool")}, func(r *AgentRow) []any { return []any{r.Spooled} }},
	{"cameras", []Column{column("cameras", "Camera theo kế hoạch", "Cameras by the plan")}, func(r *AgentRow) []any { return []any{r.Cameras} }},
	{"configured", []Column{column("configured", "Camera đang theo dõi", "Cameras it watches")}, func(r *AgentRow) []any { return []any{r.Configured} }},
	{"overruns", []Column{column("overruns", "Lần dò bị bỏ", "Probes left out")}, func(r *AgentRow) []any { return []any{r.Overruns} }},
	{"list", []Column{
		column("list_revision", "Danh sách camera: số sửa đổi", "List of cameras: revision"), column("list_cameras", "Danh sách camera: số camera", "List of cameras: cameras"),
		column("list_current", "Đang dùng danh sách này", "Works from it"), column("list_refused", "Camera bị từ chối", "Cameras refused"),
		column("list_lost", "Camera phải nhập lại mật khẩu", "Cameras whose credentials must be entered again"),
	}, func(r *AgentRow) []any {
		if l := r.List; l != nil {
			return []any{l.Revision, l.Cameras, l.Current, l.Refused, strings.Join(l.Lost, " ")}
		}
		return make([]any, 5)
	}},
	{"set_aside", []Column{column("set_aside", "Bản ghi bị để riêng", "Records set aside")}, func(r *AgentRow) []any { return []any{r.SetAside} }},
	{"set_aside_messages", []Column{column("set_aside_messages", "Bản tin bị để riêng", "Messages set aside")}, func(r *AgentRow) []any { return []any{r.SetAsideMessages} }},
	{"quarantine", []Column{column("quarantine", "Mục đang cách ly", "Entries in quarantine")}, func(r *AgentRow) []any { return []any{r.Quarantine} }},
	{"gaps", []Column{column("gaps", "Khoảng trống đã báo", "Gaps declared")}, func(r *AgentRow) []any { return []any{r.Gaps} }},
	{"lost", []Column{column("lost", "Bản ghi đã mất", "Records lost")}, func(r *AgentRow) []any { return []any{r.Lost} }},
	{"conflict", []Column{column("conflict", "Hai thiết bị cùng mã", "Two devices, one identity")}, func(r *AgentRow) []any {
		if r.Conflict != nil {
			return []any{r.Conflict.What}
		}
		return []any{nil}
	}},
	{"refusal", []Column{column("refusal", "Bị từ chối vì", "Refused for"), column("refusal_reason", "Lý do", "Reason")}, func(r *AgentRow) []any {
		if r.Refusal != nil {
			return []any{r.Refusal.Code, r.Refusal.Reason}
		}
		return []any{nil, nil}
	}},
}

var agentList = &listOf[AgentRow]{
	id: "agents", name: Text{VI: "Thiết bị xã", EN: "Agents"}, parts: agentParts, sort: "code", key: func(r *AgentRow) string { return r.Code },
}

// Table gives a row for each agent.
func (l *AgentList) Table() Table { return agentList.table(l.Items, &l.Page) }

// entryList is newest first.
var entryList = &listOf[EntryRow]{
	id: "quarantine", name: Text{VI: "Bản ghi cách ly", EN: "Quarantine"}, sort: "-id", page: 200,
	key: func(r *EntryRow) string { return strconv.FormatInt(r.ID, 10) },
	parts: []part[EntryRow]{
		one("id", column("id", "Số", "Number"), func(r *EntryRow) any { return r.ID }),
		one("agent", column("agent", "Thiết bị xã", "Agent"), func(r *EntryRow) any { return r.Agent }),
		one("epoch", column("epoch", "Bộ đệm", "Spool"), func(r *EntryRow) any { return r.Epoch }),
		one("first_seq", column("first_seq", "Bản ghi đầu", "First record"), func(r *EntryRow) any { return r.FirstSeq }),
		one("count", column("count", "Số bản ghi", "Records"), func(r *EntryRow) any { return r.Count }),
		one("reason", column("reason", "Lý do", "Reason"), func(r *EntryRow) any { return r.Reason }),
		one("received", column("received", "Nhận lúc (UTC)", "Received (UTC)"), func(r *EntryRow) any { return momentCell(&r.Received) }),
		one("bytes", column("bytes", "Số byte", "Bytes"), func(r *EntryRow) any { return r.Bytes }),
	},
}

// Table gives a row for each entry.
func (l *EntryList) Table() Table { return entryList.table(l.Items, &l.Page) }

// outageParts are the columns of what has the times of an outage.
func outageParts[R any](of func(*R) *OutageTimes) []part[R] {
	return []part[R]{
		one("from", column("from", "Từ (UTC)", "From (UTC)"), func(r *R) any { return momentCell(&of(r).From) }),
		one("to", column("to", "Đến (UTC)", "To (UTC)"), func(r *R) any { return momentCell(&of(r).To) }),
		one("earliest", column("earliest", "Có thể từ (UTC)", "Perhaps from (UTC)"), func(r *R) any { return momentCell(of(r).Earliest) }),
		one("latest", column("latest", "Có thể đến (UTC)", "Perhaps to (UTC)"), func(r *R) any { return momentCell(of(r).Latest) }),
		one("open", column("open", "Chưa thấy trở lại", "Not seen since"), func(r *R) any { return of(r).Open }),
		one("continues", column("continues", "Có thể nối với lần trước", "May go on with the one before"), func(r *R) any { return of(r).Continues }),
		one("fault", column("fault", "Lỗi", "Fault"), func(r *R) any { return of(r).Fault }),
		one("fell_on", column("fell_on", "Hỏng ở bước", "Fell on"), func(r *R) any { return of(r).FellOn }),
		one("counted_s", column("counted_s", "Tính (giây)", "Counted (s)"), func(r *R) any { return of(r).Counted }),
	}
}

// incidentList is newest first. Rows are sorted by what an incident has, whose
// columns are those of its cameras in the table.
var incidentList = &listOf[IncidentRow]{
	id: "outages", sort: "-from,place,place_code", page: 200,
	parts: append([]part[IncidentRow]{
		one("place", column("place", "Nguyên nhân ở", "Cause lies at"), func(r *IncidentRow) any { return r.Place }),
		one("code", column("place_code", "Mã nơi có nguyên nhân", "Code of that place"), func(r *IncidentRow) any { return r.Code }),
		one("cameras", column("cameras", "Số camera", "Cameras"), func(r *IncidentRow) any { return len(r.Cameras) }),
	}, outageParts(func(r *IncidentRow) *OutageTimes { return &r.OutageTimes })...),
	key: func(r *IncidentRow) string {
		return r.Place + " " + r.Code + " " + strconv.FormatInt(r.From.Unix(), 10)
	},
}

// cameraOutage is the outage of a camera in an incident.
type cameraOutage struct {
	number   int
	incident *IncidentRow
	*OutageRow
}

var cameraOutageParts = append([]part[cameraOutage]{
	one("", column("incident", "Sự cố số", "Incident"), func(r *cameraOutage) any { return r.number }),
	one("place", column("place", "Nguyên nhân ở", "Cause lies at"), func(r *cameraOutage) any { return r.incident.Place }),
	one("code", column("place_code", "Mã nơi có nguyên nhân", "Code of that place"), func(r *cameraOutage) any { return r.incident.Code }),
	{"cameras", []Column{column("camera", "Mã camera", "Code of the camera"), column("site", "Mã điểm", "Code of the site"), column("site_name", "Điểm", "Site")},
		func(r *cameraOutage) []any { return []any{r.Code, r.Site.Code, r.Site.Name} }},
}, outageParts(func(r *cameraOutage) *OutageTimes { return &r.OutageTimes })...)

// Table gives a row for each camera of each incident.
func (l *OutageList) Table() Table {
	var rows []cameraOutage
	for i := range l.Items {
		for k := range l.Items[i].Cameras {
			rows = append(rows, cameraOutage{i + 1, &l.Items[i], &l.Items[i].Cameras[k]})
		}
	}
	return tableOf(Text{VI: "Mất tín hiệu", EN: "Outages"}, rows, cameraOutageParts, l.fields)
}

// uptimeList sorts groups by their figures over the whole period.
var uptimeList = &listOf[UptimeGroup]{
	id: "uptime", sort: "code,valid_from", key: func(g *UptimeGroup) string { return g.Code + " " + g.ValidFrom },
	parts: slices.DeleteFunc(uptimeParts(func(g *UptimeGroup) uptimePiece { return uptimePiece{group: g, uptime: &g.Uptime} }),
		func(p part[UptimeGroup]) bool { return p.field == "" }), // its pieces are in no order of groups
}

// uptimePiece is a group over the whole period, or in a piece of its series.
type uptimePiece struct {
	group  *UptimeGroup
	piece  string // empty for the whole period
	uptime *Uptime
}

func uptimeParts[R any](of func(*R) uptimePiece) []part[R] {
	parts := []part[R]{
		one("code", column("code", "Mã", "Code"), func(r *R) any { return of(r).group.Code }),
		one("valid_from", column("valid_from", "Có hiệu lực từ", "Valid from"), func(r *R) any { return of(r).group.ValidFrom }),
		one("name", column("name", "Tên", "Name"), func(r *R) any { return of(r).group.Name }),
		one("", column("piece", "Kỳ bắt đầu", "Piece from"), func(r *R) any { return orNil(of(r).piece) }),
		one("cameras", column("cameras", "Số camera", "Cameras"), func(r *R) any {
			if p := of(r); p.piece == "" {
				return p.group.Cameras
			}
			return nil
		}),
		{"uptime", uptimeColumns, func(r *R) []any { return of(r).uptime.cells() }},
	}
	repairs := part[R]{field: "repairs", columns: []Column{
		column("repair_outages", "Số lần mất tín hiệu", "Outages"), column("repair_outages_least", "Số lần ít nhất", "Outages at least"), column("open", "Chưa thấy trở lại", "Not seen since"),
	}}
	for _, c := range []Column{column("mttr", "Thời gian khôi phục trung bình", "Mean time to restore"), column("mtbf", "Thời gian giữa hai lần hỏng", "Mean time between failures"), column("longest", "Lần dài nhất", "Longest outage")} {
		for _, bound := range []Column{column("low", "ít nhất (giây)", "at least (s)"), column("high", "nhiều nhất (giây)", "at most (s)")} {
			repairs.columns = append(repairs.columns, Column{Code: c.Code + "_" + bound.Code + "_s", Name: Text{VI: c.Name.VI + " " + bound.Name.VI, EN: c.Name.EN + " " + bound.Name.EN}, Digits: 1})
		}
	}
	repairs.cells = func(r *R) []any {
		p := of(r)
		if p.piece != "" {
			return make([]any, len(repairs.columns))
		}
		x := &p.group.Repairs
		row := []any{x.Outages, x.Fewest, x.Open}
		for _, s := range []*Span{x.MTTR, x.MTBF, x.Longest} {
			row = append(row, s.cells()...)
		}
		return row
	}
	return append(parts, repairs)
}

// Table gives a row for each group, and one more for each piece of its series.
func (a *UptimeAnswer) Table() Table {
	var rows []uptimePiece
	for i := range a.Items {
		g := &a.Items[i]
		rows = append(rows, uptimePiece{group: g, uptime: &g.Uptime})
		for k := range g.Series {
			rows = append(rows, uptimePiece{group: g, piece: a.Pieces[k], uptime: &g.Series[k]})
		}
	}
	return tableOf(Text{VI: "Tỷ lệ hoạt động", EN: "Uptime"}, rows, uptimeParts(func(r *uptimePiece) uptimePiece { return *r }), a.fields)
}

func (s *Span) cells() []any {
	if s == nil {
		return []any{nil, nil}
	}
	return []any{s.Low, maybe(s.High)}
}

var gridList = &listOf[GridRow]{
	id: "uptime/grid", sort: "camera", key: func(r *GridRow) string { return r.Code },
	parts: []part[GridRow]{one("code", column("camera", "Mã camera", "Code of the camera"), func(r *GridRow) any { return r.Code })},
}

// Table gives a row for each camera and piece in which something counts.
func (a *GridAnswer) Table() Table {
	t := Table{Name: Text{VI: "Tỷ lệ hoạt động theo kỳ", EN: "Uptime by piece"}, Columns: []Column{
		column("camera", "Mã camera", "Code of the camera"), column("piece", "Kỳ bắt đầu", "Piece from"),
		column("up_s", "Hoạt động (giây)", "Up (s)"), column("degraded_s", "Suy giảm (giây)", "Degraded (s)"), column("down_s", "Hỏng (giây)", "Down (s)"), column("unknown_s", "Không rõ (giây)", "Unknown (s)"),
		column("outages", "Số lần mất tín hiệu", "Outages"), ratio("availability", "Tỷ lệ hoạt động", "Availability"), ratio("low", "Tỷ lệ hoạt động thấp nhất", "Availability at least"),
		ratio("high", "Tỷ lệ hoạt động cao nhất", "Availability at most"), ratio("observed", "Tỷ lệ quan sát", "Observed"),
	}}
	for i := range a.Items {
		for k, figures := range a.Items[i].Figures {
			if figures == nil {
				continue
			}
			row := []any{a.Items[i].Code, a.Pieces[k]}
			for _, v := range figures {
				row = append(row, maybe(v))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}
