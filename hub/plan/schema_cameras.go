package plan

// This file describes the tables of cameras, targets, maintenance and figures
// that people enter.

var camerasTable = Table{
	Name: Cameras, Title: Text{"Camera", "Cameras"}, File: camerasFile, Must: true,
	Note: Text{"Mỗi dòng một mắt camera. Ngày kết nối và ngày xác minh do hệ thống tự ghi từ bằng chứng, không nhập ở đây.", "One row for each camera. The days of enrolment and verification come from evidence and are not entered here."},
	Key:  []string{"code"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã camera", "Camera code"}, Kind: CodeCell, Must: true, Note: Text{"Như trong cấu hình của thiết bị xã.", "As in the agent's configuration."}},
		{Name: "site", Title: Text{"Điểm", "Site"}, Kind: CodeCell, Must: true, Ref: Sites, Note: Text{"Mã điểm lắp đặt.", "Code of the site."}},
		{Name: "agent", Title: Text{"Thiết bị xã", "Agent"}, Kind: CodeCell, Must: true, Note: Text{"Mã thiết bị xã theo dõi camera này.", "Code of the commune device that probes it."}},
		{Name: "phase", Title: Text{"Giai đoạn", "Phase"}, Kind: CodeCell, Must: true, Ref: Phases, Note: Text{"Mã giai đoạn.", "Code of the phase."}},
		{Name: "azimuth", Title: Text{"Hướng quan sát (độ)", "Azimuth (degrees)"}, Kind: NumberCell, Note: Text{"0 đến 360 độ theo chiều kim đồng hồ từ hướng bắc. Trống: chưa biết, camera chỉ phủ địa điểm.", "0 to 360 degrees clockwise from north. Empty: not known, the camera covers its place only."}},
		{Name: "fov", Title: Text{"Góc quan sát ngang (độ)", "Field of view (degrees)"}, Kind: NumberCell, Note: Text{"Trên 0 đến 360 độ. Trống: chưa biết, camera chỉ phủ địa điểm.", "Horizontal, over 0 to 360 degrees. Empty: not known, the camera covers its place only."}},
		{Name: "width", Title: Text{"Rộng (điểm ảnh)", "Width (pixels)"}, Kind: WholeCell, Must: true, Note: Text{"Chiều rộng hình dự kiến, ví dụ 1920.", "Planned width of the picture, such as 1920."}},
		{Name: "height", Title: Text{"Cao (điểm ảnh)", "Height (pixels)"}, Kind: WholeCell, Must: true, Note: Text{"Chiều cao hình dự kiến, ví dụ 1080.", "Planned height of the picture, such as 1080."}},
		{Name: "frame_rate", Title: Text{"Khung hình/giây", "Frames per second"}, Kind: NumberCell, Note: Text{"0 đến 240; 0 hoặc trống: không quy định.", "0 to 240; 0 or empty: none agreed."}},
		{Name: "codec", Title: Text{"Chuẩn nén", "Codec"}, Kind: WordCell, Words: codecWords, Note: Text{"Trống: không quy định.", "Empty: none agreed."}},
		{Name: "keyframe_gap", Title: Text{"Cách khung chính tối đa (giây)", "Key frame gap (seconds)"}, Kind: NumberCell, Note: Text{"Thời gian dài nhất giữa hai khung hình chính, 0 đến 600; 0 hoặc trống: không quy định.", "Longest time between two key frames, 0 to 600; 0 or empty: none agreed."}},
		{Name: "mounting_height", Title: Text{"Độ cao lắp (m)", "Mounting height (m)"}, Kind: NumberCell, Note: Text{"Mét trên mặt đường, 0 đến 200; 0 hoặc trống: chưa biết.", "Metres above the road, 0 to 200; 0 or empty: not known."}},
		{Name: "owner", Title: Text{"Sở hữu", "Owner"}, Kind: WordCell, Must: true, Words: ownerWords, Note: Text{"Chọn trong danh sách.", "Choose from the list."}},
		{Name: "funding", Title: Text{"Nguồn kinh phí", "Funding"}, Note: Text{"Ngân sách huyện, ngân sách xã, xã hội hóa …", "Source of the money."}},
		{Name: "cost", Title: Text{"Kinh phí (triệu đồng)", "Cost (million VND)"}, Kind: NumberCell, Note: Text{"0 đến 1000000 triệu đồng; 0 hoặc để trống: chưa biết.", "0 to 1000000 million VND; 0 or empty: not known."}},
		{Name: "recorder", Title: Text{"Đầu ghi", "Recorder"}, Note: Text{"Tên hoặc mã đầu ghi, ví dụ DG-18562-1.", "Name of the recorder."}},
		{Name: "storage_days", Title: Text{"Số ngày lưu trữ", "Storage (days)"}, Kind: WholeCell, Note: Text{"0 đến 3650 ngày; 0 hoặc trống: chưa biết.", "0 to 3650 days; 0 or empty: not known."}},
		{Name: "signage", Title: Text{"Biển thông báo", "Signage"}, Kind: WordCell, Words: signageWords, Note: Text{"Tại chỗ có biển báo có camera hay chưa. Trống: chưa biết.", "Whether a notice at the place says that there is a camera. Empty: not known."}},
		{Name: "address", Title: Text{"Địa chỉ luồng", "Stream address"}, Note: Text{"rtsp://máy:cổng/đường-dẫn, không có tên đăng nhập và mật khẩu.", "rtsp://host:port/path, without user name and password."}},
		{Name: "due", Title: Text{"Hạn lắp đặt", "Due"}, Kind: DayCell, Note: Text{"Trống: ngày cuối của giai đoạn.", "Last day for installing it. Empty: the last day of its phase."}},
		{Name: "planned", Title: Text{"Ngày vào kế hoạch", "Planned"}, Kind: DayCell, Note: Text{"Trống: có từ đầu.", "Empty: it was there from the beginning."}},
		{Name: "surveyed", Title: Text{"Ngày khảo sát", "Surveyed"}, Kind: DayCell, Note: Text{"Ngày khảo sát vị trí.", "Day of the survey."}},
		{Name: "installed", Title: Text{"Ngày lắp đặt", "Installed"}, Kind: DayCell, Note: Text{"Ngày lắp đặt xong.", "Day of installation."}},
		{Name: "accepted", Title: Text{"Ngày nghiệm thu", "Accepted"}, Kind: DayCell, Note: Text{"Từ ngày này camera được tính là đang sử dụng.", "From this day on the camera is in service."}},
		{Name: "retired", Title: Text{"Ngày ngừng sử dụng", "Retired"}, Kind: DayCell, Note: Text{"Ngày đầu tiên không còn sử dụng.", "First day out of service."}},
		{Name: "interval", Title: Text{"Chu kỳ dò (giây)", "Interval (seconds)"}, Kind: NumberCell, Note: Text{"Thời gian giữa hai lần dò, 10 đến 3600 giây; 0 hoặc trống: theo cấu hình của thiết bị xã.", "Time between two probes, 10 to 3600 seconds; 0 or empty: as the agent's configuration says."}},
		{Name: "depth", Title: Text{"Kiểu dò", "Depth"}, Kind: WordCell, Words: depthWords, Note: Text{"Dò nhẹ xen dò đầy đủ, hay chỉ dò đầy đủ. Trống: theo cấu hình của thiết bị xã.", "Light and full probes, or full ones only. Empty: as the agent's configuration says."}},
		{Name: "transport", Title: Text{"Truyền hình qua", "Transport"}, Kind: WordCell, Words: transportWords, Note: Text{"Trống: theo cấu hình của thiết bị xã.", "Empty: as the agent's configuration says."}},
	},
}

var depthWords = []Word{{"both", Text{"nhẹ và đầy đủ", "light and full"}}, {"full", Text{"chỉ đầy đủ", "full only"}}}

var transportWords = []Word{{"auto", Text{"tự chọn", "auto"}}, {"tcp", Text{"TCP", "TCP"}}, {"udp", Text{"UDP", "UDP"}}}

var codecWords = []Word{
	{"h264", Text{"H.264", "H.264"}}, {"h265", Text{"H.265", "H.265"}}, {"mjpeg", Text{"MJPEG", "MJPEG"}},
}

var ownerWords = []Word{
	{string(OwnerPublic), Text{"công", "public"}},
	{string(OwnerHousehold), Text{"hộ dân", "household"}},
}

var signageWords = []Word{{"yes", Text{"có", "yes"}}, {"no", Text{"chưa", "no"}}}

var targetsTable = Table{
	Name: Targets, Title: Text{"Chỉ tiêu", "Targets"}, File: targetsFile,
	Note: Text{"Chỉ tiêu theo giai đoạn, địa bàn và năm; ô để trống nghĩa là tất cả.", "Targets per phase, area and year; an empty cell means all."},
	Key:  []string{"phase", "area", "year", "measure"},
	Columns: []Column{
		{Name: "phase", Title: Text{"Giai đoạn", "Phase"}, Kind: CodeCell, Ref: Phases, Note: Text{"Mã giai đoạn. Trống: cả kế hoạch.", "Code of the phase. Empty: the whole plan."}},
		{Name: "area", Title: Text{"Mã địa bàn", "Area"}, Kind: CodeCell, Ref: Areas, Note: Text{"Mã đơn vị. Trống: cả địa bàn.", "Code of the area. Empty: the area of the plan."}},
		{Name: "year", Title: Text{"Năm", "Year"}, Kind: WholeCell, Note: Text{"Đến hết năm này. Trống: đến hết giai đoạn.", "By the end of that year. Empty: by the end of the phase."}},
		{Name: "measure", Title: Text{"Chỉ tiêu", "Measure"}, Kind: WordCell, Must: true, Words: measureWords, Note: Text{"Chọn trong danh sách.", "Choose from the list."}},
		{Name: "value", Title: Text{"Giá trị", "Value"}, Kind: NumberCell, Must: true, Note: Text{"Số; tỷ lệ ghi theo phần trăm, 0 đến 100.", "A number; shares in per cent, 0 to 100."}},
	},
}

var measureWords = []Word{
	{string(MeasureCameras), Text{"số mắt camera", "cameras"}},
	{string(MeasureSites), Text{"số điểm lắp đặt", "sites"}},
	{string(MeasureAreas), Text{"số xã, thị trấn có camera", "communes with cameras"}},
	{string(MeasureGateways), Text{"số cửa ngõ được quan sát", "gateways in view"}},
	{string(MeasureInViewKm), Text{"km đường trong tầm quan sát", "kilometres in view"}},
	{string(MeasureControlledKm), Text{"km đường được kiểm soát", "kilometres controlled"}},
	{string(MeasureControlled), Text{"tỷ lệ đường được kiểm soát (%)", "share controlled (%)"}},
	{string(MeasureAvailability), Text{"độ sẵn sàng (%)", "availability (%)"}},
	{string(MeasureRepair), Text{"thời gian khắc phục (giờ)", "time to restore (hours)"}},
}

var maintenanceTable = Table{
	Name: Maintenance, Title: Text{"Bảo trì", "Maintenance"}, File: maintenanceFile,
	Note: Text{"Bảo trì theo kế hoạch, khai báo trước. Thời điểm khai báo do hệ thống ghi; khai báo muộn được đánh dấu và không thay đổi số liệu đã chốt.", "Planned maintenance, declared beforehand. The system notes when it was declared; a late one is marked so and does not change closed figures."},
	Key:  []string{"code"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã đợt bảo trì", "Window code"}, Kind: CodeCell, Must: true, Note: Text{"Ví dụ BT-2026-01.", "Such as BT-2026-01."}},
		{Name: "camera", Title: Text{"Camera", "Camera"}, Kind: CodeCell, Ref: Cameras, Note: Text{"Mã camera. Ghi đúng một trong camera, điểm, tuyến, địa bàn.", "Code of the camera. Write just one of camera, site, route, area."}},
		{Name: "site", Title: Text{"Điểm", "Site"}, Kind: CodeCell, Ref: Sites, Note: Text{"Mọi camera của điểm.", "All cameras of the site."}},
		{Name: "route", Title: Text{"Tuyến", "Route"}, Kind: CodeCell, Ref: Routes, Note: Text{"Mọi camera trên tuyến.", "All cameras on the route."}},
		{Name: "area", Title: Text{"Mã địa bàn", "Area"}, Kind: CodeCell, Ref: Areas, Note: Text{"Mọi camera của địa bàn.", "All cameras of the area."}},
		{Name: "from", Title: Text{"Từ lúc", "From"}, Kind: MomentCell, Must: true, Note: Text{"Ngày giờ, ví dụ 30/09/2026 08:00.", "Day and time, such as 2026-09-30 08:00."}},
		{Name: "to", Title: Text{"Đến lúc", "To"}, Kind: MomentCell, Must: true, Note: Text{"Ngày giờ; chỉ ghi ngày: hết ngày đó.", "Day and time; a day alone: its end."}},
		{Name: "reason", Title: Text{"Lý do", "Reason"}, Must: true, Note: Text{"Ví dụ thay đầu ghi.", "Such as a new recorder."}},
	},
}

var figuresTable = Table{
	Name: Reported, Title: Text{"Số liệu nhập tay", "Figures"}, File: figuresFile,
	Note: Text{"Số liệu do người nhập, luôn kèm nguồn; không bao giờ được tính từ hệ thống.", "Figures that people enter, always with their source; they are never computed."},
	Key:  []string{"code"},
	Columns: []Column{
		{Name: "code", Title: Text{"Mã số liệu", "Figure code"}, Kind: CodeCell, Must: true, Note: Text{"Ví dụ VV-2026-Q1.", "Such as VV-2026-Q1."}},
		{Name: "measure", Title: Text{"Loại số liệu", "Measure"}, Kind: WordCell, Must: true, Words: figureWords, Note: Text{"Chọn trong danh sách.", "Choose from the list."}},
		{Name: "area", Title: Text{"Mã địa bàn", "Area"}, Kind: CodeCell, Ref: Areas, Note: Text{"Mã đơn vị. Trống: cả địa bàn.", "Code of the area. Empty: the area of the plan."}},
		{Name: "from", Title: Text{"Từ ngày", "From"}, Kind: DayCell, Must: true, Note: Text{"Ngày đầu của kỳ.", "First day of the period."}},
		{Name: "to", Title: Text{"Đến ngày", "To"}, Kind: DayCell, Must: true, Note: Text{"Ngày cuối của kỳ.", "Last day of the period."}},
		{Name: "value", Title: Text{"Số lượng", "Number"}, Kind: WholeCell, Must: true, Note: Text{"Số nguyên.", "A whole number."}},
		{Name: "source", Title: Text{"Nguồn", "Source"}, Must: true, Note: Text{"Văn bản, cơ quan cung cấp số liệu.", "The document or the office it comes from."}},
	},
}

var figureWords = []Word{
	{string(FigureAssisted), Text{"số vụ việc có camera hỗ trợ", "cases assisted"}},
	{string(FigureSolved), Text{"số vụ án được làm rõ nhờ camera", "cases solved"}},
	{string(FigureRequests), Text{"số lần trích xuất hình ảnh", "requests for pictures"}},
}
