package account

import (
	"cmp"
	"slices"
	"time"
)

// Kind is what an operation does.
type Kind string

// The kinds.
const (
	Read   Kind = "read"
	Export Kind = "export" // reads, and the answer is a file in any case
	Write  Kind = "write"
	Right  Kind = "right" // no operation: what else of an answer somebody gets
)

// Extent is what of the plan an operation is about.
type Extent string

// The extents.
const (
	Free  Extent = "free"  // nothing of the plan: nobody is asked who they are
	Own   Extent = "own"   // oneself
	Area  Extent = "area"  // the areas in which the role is held: the answer is cut to them
	Whole Extent = "whole" // the role must be held for the whole plan
)

// Operation is a line of the table: who may do it, and where.
type Operation struct {
	ID     string // its operationId in the OpenAPI document
	Kind   Kind
	Extent Extent
	Roles  []Role // that may; none with Free and Own
	VI, EN string // what it is
}

// Rights that are no operations.
const (
	RightExport    = "export"
	RightPositions = "exact_positions"
	RightAddresses = "stream_addresses"
)

var (
	everybody = Roles()
	hands     = []Role{Technician, Staff, Admin} // who go to cameras, or keep what the plan says of them
	keepers   = []Role{Staff, Admin}             // who keep the plan
	admins    = []Role{Admin}
)

// Operations is the table of who may do what, for the API and for the pages. An
// operation that is not in it is nobody's.
var Operations = []Operation{
	{"getHealth", Read, Free, nil, "tình trạng của máy chủ", "whether the hub can answer everything"},
	{"getSession", Read, Own, nil, "mình là ai, được làm gì", "who one is and what one may do"},
	{"endSession", Write, Own, nil, "đăng xuất", "log out"},

	{"getPlan", Read, Area, everybody, "thông tin chung của kế hoạch", "the plan's own particulars"},
	{"listPlanRevisions", Read, Whole, everybody, "các lần sửa kế hoạch", "revisions of the plan: when, by whom, why"},
	{"getPlanRevision", Read, Whole, hands, "một lần sửa và mọi dòng khác lần trước; cho biết vị trí chính xác", "one revision and every row that differs; tells exact positions"},
	{"exportPlan", Export, Whole, keepers, "kế hoạch thành tệp, có vị trí chính xác và địa chỉ luồng hình", "the plan as a file, with exact positions and stream addresses"},
	{"previewPlan", Write, Whole, keepers, "xem trước một sổ kế hoạch: chỗ sai, khác biệt, ảnh hưởng đến mức độ phủ; không ghi gì", "what a workbook would change; writes nothing"},
	{"importPlan", Write, Whole, keepers, "nhập kế hoạch", "make the next revision of the plan"},
	{"restorePlan", Write, Whole, keepers, "quay lại một lần sửa trước", "restore a former revision"},
	{"listAreas", Read, Area, everybody, "các địa bàn và cấp trên của chúng", "areas and what is above them"},
	{"getArea", Read, Area, everybody, "một địa bàn và các số liệu của nó", "one area with its figures"},
	{"listSites", Read, Area, everybody, "các điểm lắp đặt", "sites"},
	{"getSite", Read, Area, everybody, "một điểm lắp đặt và các camera ở đó", "one site with its cameras"},
	{"listCameras", Read, Area, everybody, "camera: kế hoạch, tình trạng, tỷ lệ hoạt động", "cameras: plan, status, uptime"},
	{"getCamera", Read, Area, everybody, "một camera: kế hoạch, tình trạng, tỷ lệ hoạt động", "one camera: plan, status, uptime"},
	{"getCameraTimeline", Read, Area, everybody, "dòng thời gian của một camera", "the timeline of one camera"},
	{"listCameraObservations", Read, Area, everybody, "các quan sát của một camera như thiết bị đã gửi", "observations of one camera as they were sent"},
	{"getCameraUptime", Read, Area, everybody, "tỷ lệ hoạt động của một camera", "availability of one camera"},
	{"listCameraOutages", Read, Area, everybody, "sự cố của một camera", "outages of one camera"},
	{"listRoutes", Read, Area, everybody, "tuyến đường và mức độ phủ", "routes and how far they are covered"},
	{"getRoute", Read, Area, everybody, "một tuyến đường và mức độ phủ", "one route and how far it is covered"},
	{"listSections", Read, Area, everybody, "các đoạn tuyến trong kế hoạch", "sections of the plan"},
	{"listGateways", Read, Area, everybody, "các cửa ngõ trong kế hoạch", "gateways of the plan"},
	{"getCoverage", Read, Area, everybody, "mức độ phủ và các đoạn chưa được phủ", "coverage and gaps"},
	{"getCoverageGroups", Read, Area, everybody, "mức độ phủ theo tuyến, loại đường, địa bàn", "coverage by route, class or area"},
	{"listCoverageSections", Read, Area, everybody, "các đoạn tuyến", "sections of routes"},
	{"listCoverageGateways", Read, Area, everybody, "các cửa ngõ", "gateways"},
	{"listCoveragePlaces", Read, Area, everybody, "các địa điểm quan trọng", "important places"},
	{"listCoverageCameras", Read, Area, everybody, "camera phủ ít hơn tưởng", "cameras that cover less than one may think"},
	{"listCoverageGaps", Read, Area, everybody, "các đoạn chưa được phủ", "gaps"},
	{"getCoverageLoss", Read, Area, hands, "sự cố làm mất gì; cho biết vị trí chính xác", "what outages took away; tells exact positions"},
	{"getCoverageMap", Export, Whole, hands, "bản đồ mức độ phủ thành tệp, có vị trí chính xác", "the coverage as a map, with exact positions"},
	{"getCoveragePeriod", Read, Whole, everybody, "mức độ phủ theo kỳ, của cả mạng đường", "coverage over a period, of the whole network"},
	{"listBlindWays", Read, Whole, everybody, "lối đi không qua camera nào, trên cả mạng đường", "ways past no camera, of the whole network"},
	{"getRollout", Read, Area, everybody, "tiến độ lắp đặt", "progress of the roll-out"},
	{"getRolloutCurve", Read, Area, everybody, "đường tiến độ", "S-curve of the roll-out"},
	{"listRolloutOverdue", Read, Area, everybody, "mốc quá hạn", "milestones that are late"},
	{"listRolloutDiscrepancies", Read, Area, everybody, "chỗ kế hoạch và bằng chứng mâu thuẫn", "where plan and evidence contradict each other"},
	{"getRolloutForecast", Read, Area, everybody, "dự báo hoàn thành", "when the roll-out will be complete"},
	{"rankNextSites", Read, Whole, everybody, "nên lắp điểm nào tiếp theo, trên cả mạng đường", "which site next, of the whole network"},
	{"getSecurityReport", Read, Area, everybody, "mục hạ tầng an ninh của báo cáo, của cả kế hoạch hoặc một địa bàn", "the section of a report, of the whole plan or an area"},
	{"getUptime", Read, Area, everybody, "tỷ lệ hoạt động theo kỳ", "availability over a period"},
	{"getUptimeGrid", Read, Area, everybody, "tỷ lệ hoạt động của từng camera", "availability of every camera"},
	{"listChanges", Read, Area, everybody, "thay đổi của các ngày đã khép", "changes of closed days"},
	{"listOutages", Read, Area, everybody, "sự cố", "outages"},
	{"listAgents", Read, Area, everybody, "thiết bị xã", "commune devices"},
	{"getAgent", Read, Area, everybody, "một thiết bị xã và các camera của nó", "one commune device with its cameras"},
	{"getAgentVitals", Read, Area, everybody, "tình trạng của một thiết bị xã", "how a commune device itself is"},
	{"listAlerts", Read, Area, everybody, "cảnh báo: việc cần người xử lý ngay", "alerts: what needs somebody now"},
	{"listQuarantine", Read, Area, hands, "dữ liệu bị giữ lại", "what could not be taken"},
	{"getQuarantined", Read, Area, hands, "một mục bị giữ lại, cả nội dung", "one entry of it, with the message"},

	{"followEvents", Read, Whole, everybody, "dòng sự kiện khi có gì thay đổi", "what changes, as it changes"},

	{"listUsers", Read, Whole, admins, "tài khoản", "users"},
	{"createUser", Write, Whole, admins, "tạo tài khoản", "add a user"},
	{"changeUser", Write, Whole, admins, "sửa, khóa, mở tài khoản", "change, disable, enable a user"},
	{"createSetUpLink", Write, Whole, admins, "cấp liên kết đặt mật khẩu", "give a set-up link"},
	{"listTokens", Read, Whole, admins, "mã truy cập", "tokens"},
	{"createToken", Write, Whole, admins, "tạo mã truy cập", "make a token"},
	{"revokeToken", Write, Whole, admins, "thu hồi mã truy cập", "revoke a token"},
	{"listAudit", Read, Whole, admins, "nhật ký", "the audit log"},

	{RightExport, Right, Area, everybody, "tải số liệu thành tệp (CSV, XLSX, GeoJSON)", "take answers as files (CSV, XLSX, GeoJSON)"},
	{RightPositions, Right, Area, hands, "vị trí chính xác của điểm lắp đặt; người khác thấy tới 1 km", "exact positions of sites; others see them to 1 km"},
	{RightAddresses, Right, Area, hands, "địa chỉ luồng hình của camera", "stream addresses of cameras"},
}

// operationAt gives the lines' places in the table.
var operationAt = func() map[string]int {
	at := make(map[string]int, len(Operations))
	for i := range Operations {
		at[Operations[i].ID] = i
	}
	return at
}()

// OperationOf gives the line of an operation, and whether there is one.
func OperationOf(id string) (Operation, bool) {
	i, ok := operationAt[id]
	if !ok {
		return Operation{}, false
	}
	return Operations[i], true
}

// Via is how somebody showed who they are.
type Via string

// The ways.
const (
	ViaNone    Via = "none"    // not at all
	ViaOpen    Via = "open"    // not at all, where everybody may read
	ViaSession Via = "session" // a browser that logged in
	ViaToken   Via = "token"
	ViaCommand Via = "command" // on the machine of the database
)

// Principal is who asks.
type Principal struct {
	Name   string // of a user, or of a token with its id; empty for anybody
	Via    Via
	Grants []Grant
	Scope  Scope
	Secret Secret // of a session
	Since  time.Time
}

// Anybody is who shows nothing: nobody in particular, and where access is open
// a viewer of everything.
func Anybody(open bool) Principal {
	if open {
		return Principal{Via: ViaOpen, Grants: []Grant{{Role: Viewer}}, Scope: ScopeExport}
	}
	return Principal{Via: ViaNone}
}

// Known says whether somebody showed who they are.
func (p *Principal) Known() bool { return p.Via == ViaSession || p.Via == ViaToken }

// Reach gives where the principal holds one of the roles.
func (p *Principal) Reach(roles []Role) Reach {
	var r Reach
	for _, g := range p.Grants {
		if !slices.Contains(roles, g.Role) {
			continue
		}
		if g.Area == "" {
			return Everything
		}
		r.Places = append(r.Places, Place{g.Area, g.Since})
	}
	slices.SortFunc(r.Places, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), a.Since.Compare(b.Since))
	})
	r.Places = slices.CompactFunc(r.Places, func(a, b Place) bool { return a.Code == b.Code && a.Since.Equal(b.Since) })
	return r
}

// Refusal is why somebody may not do something.
type Refusal int

// The refusals.
const (
	Allowed    Refusal = iota
	WhoAreYou          // nobody said who they are
	WrongRole          // none of the roles
	WrongArea          // one of the roles, but not for the whole plan
	WrongScope         // the token is not for this
)

// May says whether the principal may do an operation, as a file if export, and
// for which part of the plan. The reach of Free and Own is nothing.
func (p *Principal) May(o Operation, export bool) (Reach, Refusal) {
	export = export || o.Kind == Export
	switch {
	case o.Extent == Free:
		return Reach{}, Allowed
	case p.Via == ViaNone:
		return Reach{}, WhoAreYou
	case !p.Scope.Holds(scopeOf(o, export)):
		return Reach{}, WrongScope
	case o.Extent == Own:
		return Reach{}, Allowed
	}
	r := p.Reach(o.Roles)
	if export && !r.Empty() {
		right, _ := OperationOf(RightExport)
		r = r.and(p.Reach(right.Roles))
	}
	switch {
	case r.Empty() && p.Via == ViaOpen:
		return r, WhoAreYou // somebody else might
	case r.Empty():
		return r, WrongRole
	case o.Extent == Whole && !r.Whole:
		return Reach{}, WrongArea
	}
	return r, Allowed
}

// and gives the places of r that are, just so, in o as well.
func (r Reach) and(o Reach) Reach {
	switch {
	case o.Whole:
		return r
	case r.Whole:
		return o
	}
	var both Reach
	for _, p := range r.Places {
		if slices.ContainsFunc(o.Places, func(q Place) bool { return q.Code == p.Code && q.Since.Equal(p.Since) }) {
			both.Places = append(both.Places, p)
		}
	}
	return both
}

// Has gives where the principal has a right.
func (p *Principal) Has(right string) Reach {
	o, ok := OperationOf(right)
	if !ok {
		return Reach{}
	}
	return p.Reach(o.Roles)
}

func scopeOf(o Operation, export bool) Scope {
	switch {
	case o.Kind == Write:
		return ScopeWrite
	case export:
		return ScopeExport
	}
	return ScopeRead
}
