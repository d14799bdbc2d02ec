package plan

// This file describes the tables of the plan as a whole, of areas and of
// roads.

const synthNote = "x: dữ liệu mô phỏng, không phải thật."

var settingsTable = Table{
	Name: Settings, Title: Text{"Chung", "Settings"}, File: planFile, Must: true,
	Note: Text{"Thông tin chung của kế hoạch: chỉ một dòng.", "The plan as a whole: one row."},
	Columns: []Column{
		{Name: "name", Title: Text{"Tên kế hoạch", "Name of the plan"}, Must: true,
			Note: Text{"Tên chương trình, đề án.", "Name of the programme."}},
		{Name: "name_en", Title: Text{"Tên tiếng Anh của kế hoạch", "Name in English"},
			Note: Text{"Để trống: dùng tên tiếng Việt.", "Empty: the name in Vietnamese."}},
		{Name: "root", Title: Text{"Mã địa bàn của kế hoạch", "Area of the plan"}, Kind: CodeCell, Must: true, Ref: Areas,
			Note: Text{"Mã đơn vị hành chính của cả kế hoạch, có trong trang Địa bàn.", "Code of the area that the plan is for, from the sheet Areas."}},
		{Name: "time_zone", Title: Text{"Múi giờ", "Time zone"},
			Note: Text{"Để trống: Asia/Ho_Chi_Minh.", "Empty: Asia/Ho_Chi_Minh."}},
		{Name: "simulated", Title: Text{"Mô phỏng", "Simulated"}, Kind: FlagCell,
			Note: Text{"x: cả kế hoạch là dữ liệu mô phỏng và được ghi rõ như vậy ở mọi nơi.", "x: the plan is made up, and is labelled so wherever it appears."}},
		{Name: "note", Title: Text{"Ghi chú chung", "Note"},
			Note: Text{"Hiện bên cạnh các số liệu.", "Shown beside the figures."}},
		{Name: "note_en", Title: Text{"Ghi chú chung tiếng Anh", "Note in English"},
			Note: Text{"Để trống: dùng ghi chú tiếng Việt.", "Empty: the note in Vietnamese."}},
		{Name: "level", Title: Text{"Mức mặc định", "Level"}, Kind: CodeCell, Ref: Levels,
			Note: Text{"Mã của mức quan sát dùng khi số liệu không nêu mức nào. Để trống: observation.", "Code of the coverage level that figures use when none is named. Empty: observation."}},
	},
}

var levelsTable = Table{
	Name: Levels, Title: Text{"Mức quan sát", "Levels"}, File: planFile,
	Note: Text{"Các mức quan sát theo mật độ điểm ảnh. Để trống cả trang: bốn mức của IEC 62676-4:2014 (25; 62,5; 125; 250).", "Coverage levels by pixel density. An empty sheet: the four levels of IEC 62676-4:2014 (25, 62.5, 125, 250)."},
	Key:  []string{"code"}, Order: []string{"density", "code"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã mức", "Level code"}, Kind: CodeCell, Must: true,
			Note: Text{"Chữ A–Z không dấu, chữ số, '.', '-' và '_'.", "Letters A–Z without accents, digits, '.', '-' and '_'."}},
		{Name: "name", Title: Text{"Tên mức", "Level name"}, Must: true, Note: Text{"Tên tiếng Việt.", "Name in Vietnamese."}},
		{Name: "name_en", Title: Text{"Tên mức tiếng Anh", "Level name in English"}, Note: Text{"Để trống: dùng tên tiếng Việt.", "Empty: the name in Vietnamese."}},
		{Name: "density", Title: Text{"Mật độ điểm ảnh (điểm ảnh/mét)", "Pixel density (px/m)"}, Kind: NumberCell, Must: true,
			Note: Text{"Từ 1 đến 10000 điểm ảnh trên một mét.", "1 to 10000 pixels per metre."}},
	},
}

var phasesTable = Table{
	Name: Phases, Title: Text{"Giai đoạn", "Phases"}, File: planFile, Must: true,
	Note: Text{"Các giai đoạn của kế hoạch, ít nhất một.", "Stages of the roll-out, at least one."},
	Key:  []string{"code"}, Order: []string{"from", "code"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã giai đoạn", "Phase code"}, Kind: CodeCell, Must: true, Note: Text{"Ví dụ GD1.", "Such as GD1."}},
		{Name: "name", Title: Text{"Tên giai đoạn", "Phase name"}, Must: true, Note: Text{"Tên tiếng Việt.", "Name in Vietnamese."}},
		{Name: "name_en", Title: Text{"Tên giai đoạn tiếng Anh", "Phase name in English"}, Note: Text{"Để trống: dùng tên tiếng Việt.", "Empty: the name in Vietnamese."}},
		{Name: "from", Title: Text{"Từ ngày", "From"}, Kind: DayCell, Must: true, Note: Text{"Ngày đầu tiên, ví dụ 30/09/2026.", "First day, such as 2026-09-30."}},
		{Name: "to", Title: Text{"Đến ngày", "To"}, Kind: DayCell, Must: true, Note: Text{"Ngày cuối cùng.", "Last day."}},
	},
}

var areasTable = Table{
	Name: Areas, Title: Text{"Địa bàn", "Areas"}, File: areasFile, Must: true,
	Note: Text{"Đơn vị hành chính, bao nhiêu cấp cũng được. Một mã có thể được dùng lại cho đơn vị khác, nên mã và ngày có hiệu lực cùng làm khóa.", "Administrative units, of any number of levels. A code may be used again for another unit, so code and first day together are the key."},
	Key:  []string{"code", "valid_from"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã đơn vị", "Area code"}, Kind: CodeCell, Must: true, Note: Text{"Mã theo danh mục; giữ nguyên số 0 ở đầu.", "Code of the official list; leading zeros count."}},
		{Name: "valid_from", Title: Text{"Có hiệu lực từ ngày", "In force from"}, Kind: DayCell, Note: Text{"Để trống: từ đầu.", "Empty: from the beginning."}},
		{Name: "valid_to", Title: Text{"Đến hết ngày", "In force to"}, Kind: DayCell, Note: Text{"Ngày cuối cùng có hiệu lực. Để trống: còn hiệu lực.", "Last day in force. Empty: still in force."}},
		{Name: "parent", Title: Text{"Thuộc đơn vị", "Part of"}, Kind: CodeCell, Ref: Areas, Note: Text{"Mã đơn vị cấp trên. Để trống ở cấp cao nhất.", "Code of the area it is a part of. Empty at the top."}},
		{Name: "kind", Title: Text{"Loại đơn vị", "Kind of area"}, Must: true, Note: Text{"xã, thị trấn, phường, huyện, tỉnh …", "xã, thị trấn, phường, huyện, tỉnh …"}},
		{Name: "name", Title: Text{"Tên đơn vị", "Area name"}, Must: true, Note: Text{"Không ghi loại: Thạch Hà, không phải thị trấn Thạch Hà.", "Without the kind."}},
		{Name: "lon", Title: Text{"Kinh độ", "Longitude"}, Kind: NumberCell, Note: Text{"Độ thập phân WGS84 của một điểm bên trong, ví dụ 105,863.", "Decimal degrees WGS84 of a point inside, such as 105.863."}},
		{Name: "lat", Title: Text{"Vĩ độ", "Latitude"}, Kind: NumberCell, Note: Text{"Độ thập phân WGS84, ví dụ 18,368.", "Decimal degrees WGS84, such as 18.368."}},
		{Name: "synthetic", Title: Text{"Điểm mô phỏng", "Made up"}, Kind: FlagCell, Note: Text{synthNote, "x: the point is made up."}},
		{Name: "successors", Title: Text{"Đơn vị kế tiếp", "Successors"}, Kind: CodesCell, Ref: Areas,
			Note: Text{"Mã các đơn vị thay thế khi hết hiệu lực, cách nhau bằng dấu cách.", "Codes of the areas that follow when this one ends, with spaces between them."}},
	},
}

var routesTable = Table{
	Name: Routes, Title: Text{"Tuyến đường", "Routes"}, File: routesFile, Must: true,
	Note: Text{"Các tuyến đường. Đường đi của tuyến nằm ở trang Tọa độ tuyến, hoặc nhập từ GeoJSON, KML, GPX.", "Roads. Their lines are in the sheet Route points, or come from GeoJSON, KML or GPX."},
	Key:  []string{"code"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã tuyến", "Route code"}, Kind: CodeCell, Must: true, Note: Text{"Ví dụ QL1A, DT549, DH03.", "Such as QL1A."}},
		{Name: "name", Title: Text{"Tên tuyến", "Route name"}, Must: true, Note: Text{"Ví dụ Quốc lộ 1A.", "Such as Quốc lộ 1A."}},
		{Name: "class", Title: Text{"Cấp đường", "Class"}, Must: true, Note: Text{"quốc lộ, đường tỉnh, đường huyện, đường xã …", "quốc lộ, đường tỉnh, đường huyện, đường xã …"}},
		{Name: "synthetic", Title: Text{"Đường mô phỏng", "Made up"}, Kind: FlagCell, Note: Text{synthNote, "x: the line is made up, and the page says so."}},
	},
}

var pointsTable = Table{
	Name: Points, Title: Text{"Tọa độ tuyến", "Route points"}, File: routesFile,
	Note: Text{"Các điểm của mỗi tuyến theo chiều lý trình tăng dần, ít nhất hai điểm một tuyến.", "The points of each route in the direction in which its chainage grows, at least two."},
	Key:  []string{"route", "n"},
	Columns: []Column{
		{Name: "route", Title: Text{"Tuyến", "Route"}, Kind: CodeCell, Must: true, Ref: Routes, Note: Text{"Mã tuyến.", "Code of the route."}},
		{Name: "n", Title: Text{"Thứ tự", "Order"}, Kind: WholeCell, Must: true, Note: Text{"1, 2, 3 … dọc theo tuyến; chỉ thứ tự là quan trọng.", "1, 2, 3 … along the route; only the order counts."}},
		{Name: "lon", Title: Text{"Kinh độ", "Longitude"}, Kind: NumberCell, Must: true, Note: Text{"Độ thập phân WGS84, ví dụ 105,863.", "Decimal degrees WGS84, such as 105.863."}},
		{Name: "lat", Title: Text{"Vĩ độ", "Latitude"}, Kind: NumberCell, Must: true, Note: Text{"Độ thập phân WGS84, ví dụ 18,368.", "Decimal degrees WGS84, such as 18.368."}},
	},
}

var postsTable = Table{
	Name: Posts, Title: Text{"Cột Km", "Kilometre posts"}, File: routesFile,
	Note: Text{"Cột Km hoặc nơi đã biết chắc lý trình. Giữa hai cột lý trình được nội suy; tuyến không có cột bắt đầu từ Km0+000.", "Kilometre posts, or places of confirmed chainage. Between two of them chainage is interpolated; a route without posts begins at Km0+000."},
	Key:  []string{"route", "chainage"},
	Columns: []Column{
		{Name: "route", Title: Text{"Tuyến", "Route"}, Kind: CodeCell, Must: true, Ref: Routes, Note: Text{"Mã tuyến.", "Code of the route."}},
		{Name: "chainage", Title: Text{"Lý trình", "Chainage"}, Kind: ChainageCell, Must: true, Note: Text{"Ví dụ Km12+000.", "Such as Km12+000."}},
		{Name: "lon", Title: Text{"Kinh độ", "Longitude"}, Kind: NumberCell, Must: true, Note: Text{"Vị trí cột; cách tuyến không quá 60 m.", "Where it stands; at most 60 m from the route."}},
		{Name: "lat", Title: Text{"Vĩ độ", "Latitude"}, Kind: NumberCell, Must: true, Note: Text{"Độ thập phân WGS84.", "Decimal degrees WGS84."}},
	},
}

var junctionsTable = Table{
	Name: Junctions, Title: Text{"Nút giao", "Junctions"}, File: junctionsFile, Must: true,
	Note: Text{"Nơi các tuyến gặp nhau; chia tuyến thành đoạn. Mỗi tuyến đi qua một dòng; các dòng cùng mã là một nơi.", "Where routes meet; they cut routes into sections. One row for each route through a junction; rows with one code are one place."},
	Key:  []string{"code", "route"}, Order: []string{"code", "route", "chainage"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã nút giao", "Junction code"}, Kind: CodeCell, Must: true, Note: Text{"Ví dụ NG-01.", "Such as NG-01."}},
		{Name: "name", Title: Text{"Tên nút giao", "Junction name"}, Must: true, Note: Text{"Các dòng cùng mã có cùng tên.", "The same in all rows of one code."}},
		{Name: "route", Title: Text{"Tuyến", "Route"}, Kind: CodeCell, Must: true, Ref: Routes, Note: Text{"Mã tuyến.", "Code of the route."}},
		{Name: "chainage", Title: Text{"Lý trình", "Chainage"}, Kind: ChainageCell, Must: true, Note: Text{chainageNote, "Where on the route, such as Km12+500."}},
	},
}

const chainageNote = "Ví dụ Km12+500 (12+500 và 12,5 cũng được)."

var gatewaysTable = Table{
	Name: Gateways, Title: Text{"Cửa ngõ", "Gateways"}, File: gatewaysFile, Must: true,
	Note: Text{"Nơi tuyến đi qua ranh giới địa bàn.", "Where routes cross the boundary of the area."},
	Key:  []string{"code"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã cửa ngõ", "Gateway code"}, Kind: CodeCell, Must: true, Note: Text{"Ví dụ CN-01.", "Such as CN-01."}},
		{Name: "name", Title: Text{"Tên cửa ngõ", "Gateway name"}, Must: true, Note: Text{"Tên nơi qua ranh giới.", "Name of the place."}},
		{Name: "route", Title: Text{"Tuyến", "Route"}, Kind: CodeCell, Must: true, Ref: Routes, Note: Text{"Mã tuyến.", "Code of the route."}},
		{Name: "chainage", Title: Text{"Lý trình", "Chainage"}, Kind: ChainageCell, Must: true, Note: Text{chainageNote, "Where the route crosses the boundary."}},
		{Name: "to", Title: Text{"Sang địa bàn", "Leads to"}, Note: Text{"Địa bàn bên kia ranh giới.", "What lies beyond."}},
	},
}

var sitesTable = Table{
	Name: Sites, Title: Text{"Điểm lắp đặt", "Sites"}, File: sitesFile, Must: true,
	Note: Text{"Nơi lắp camera: trên tuyến (tuyến và lý trình), hoặc địa điểm quan trọng (tọa độ), hoặc cả hai.", "Where cameras hang: on a route (route and chainage), or an important place (position), or both."},
	Key:  []string{"code"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã điểm", "Site code"}, Kind: CodeCell, Must: true, Note: Text{"Ví dụ D-001.", "Such as D-001."}},
		{Name: "name", Title: Text{"Tên điểm", "Site name"}, Must: true, Note: Text{"Ví dụ Cổng chợ Mương.", "Name of the place."}},
		{Name: "area", Title: Text{"Mã địa bàn", "Area"}, Kind: CodeCell, Must: true, Ref: Areas, Note: Text{"Mã xã, phường, thị trấn.", "Code of the commune."}},
		{Name: "area_from", Title: Text{"Địa bàn theo mã từ ngày", "Area in force from"}, Kind: DayCell, Note: Text{"Chỉ khi mã địa bàn từng chỉ nhiều đơn vị: ngày có hiệu lực của đơn vị được nói đến.", "Only where the area's code has meant several units: the first day in force of the one that is meant."}},
		{Name: "kind", Title: Text{"Loại điểm", "Kind of site"}, Kind: WordCell, Must: true, Words: siteWords, Note: Text{"Chọn trong danh sách.", "Choose from the list."}},
		{Name: "route", Title: Text{"Tuyến", "Route"}, Kind: CodeCell, Ref: Routes, Note: Text{"Mã tuyến; cùng với lý trình.", "Code of the route; with the chainage."}},
		{Name: "chainage", Title: Text{"Lý trình", "Chainage"}, Kind: ChainageCell, Note: Text{chainageNote, "Where on the route, such as Km12+500."}},
		{Name: "side", Title: Text{"Bên đường", "Side"}, Kind: WordCell, Words: sideWords, Note: Text{"Nhìn theo chiều lý trình tăng dần.", "Seen in the direction in which the chainage grows."}},
		{Name: "lon", Title: Text{"Kinh độ", "Longitude"}, Kind: NumberCell, Note: Text{"Độ thập phân WGS84; cách lý trình không quá 200 m.", "Decimal degrees WGS84; at most 200 m from the chainage."}},
		{Name: "lat", Title: Text{"Vĩ độ", "Latitude"}, Kind: NumberCell, Note: Text{"Độ thập phân WGS84.", "Decimal degrees WGS84."}},
	},
}

var siteWords = []Word{
	{string(SiteRoute), Text{"trên tuyến", "on a route"}},
	{string(SiteJunction), Text{"nút giao", "junction"}},
	{string(SiteGateway), Text{"cửa ngõ", "gateway"}},
	{string(SiteSchool), Text{"trường học", "school"}},
	{string(SiteMarket), Text{"chợ", "market"}},
	{string(SiteHealth), Text{"cơ sở y tế", "health station"}},
	{string(SiteOffice), Text{"trụ sở", "office"}},
	{string(SiteBorder), Text{"giáp ranh", "boundary"}},
	{string(SiteOther), Text{"khác", "other"}},
}

var sideWords = []Word{
	{string(SideLeft), Text{"trái", "left"}},
	{string(SideRight), Text{"phải", "right"}},
	{string(SideMiddle), Text{"giữa", "middle"}},
}
