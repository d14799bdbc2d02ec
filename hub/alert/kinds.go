package alert

import (
	"slices"

	"github.com/phukin/phukin/hub/plan"
)

// Kind says what is the matter.
type Kind string

// The kinds.
const (
	StoreAway        Kind = "store_away"
	IdentityConflict Kind = "identity_conflict"
	AgentRefused     Kind = "agent_refused"
	AgentOffline     Kind = "agent_offline"
	AgentCamerasDown Kind = "agent_cameras_down"
	SiteDown         Kind = "site_down"
	SectionLost      Kind = "section_lost"

	CameraDown      Kind = "camera_down"
	NotProbed       Kind = "not_probed"
	CredentialsLost Kind = "credentials_lost"
	ListNotTaken    Kind = "list_not_taken"
	ListRefused     Kind = "list_refused"
	ClockWrong      Kind = "clock_wrong"
	QuarantineGrows Kind = "quarantine_grows"
	DiskFull        Kind = "disk_full"
	DeviceHot       Kind = "device_hot"
	UnderVoltage    Kind = "under_voltage"

	CameraDegraded   Kind = "camera_degraded"
	NeverSeen        Kind = "never_seen"
	EvidenceLost     Kind = "evidence_lost"
	InstallationLate Kind = "installation_late"
	AcceptanceLate   Kind = "acceptance_late"
	PowerWeak        Kind = "power_weak"
	WindowHides      Kind = "window_hides"
	WindowLate       Kind = "window_late"
)

// Rule is what holds for all alerts of a kind.
type Rule struct {
	Kind     Kind
	Severity Severity
	Thing    Thing     // what they are about
	Name     plan.Text // of the kind
	When     plan.Text // there is such an alert
	Do       plan.Text // what to do; of CameraDown it is the hint of the fault, if there is one
}

// Rules gives the table of kinds, the worst first.
func Rules() []Rule { return slices.Clone(rules) }

func ruleOf(k Kind) *Rule {
	for i := range rules {
		if rules[i].Kind == k {
			return &rules[i]
		}
	}
	return &Rule{Kind: k, Severity: Notice} // a test holds that every kind is there
}

var rules = []Rule{
	{StoreAway, Critical, Hub,
		both("Kho lịch sử không truy cập được", "The history cannot be reached"),
		both("Máy chủ không truy cập được kho giữ lịch sử.", "The hub cannot reach the store that keeps the history."),
		both("Kiểm tra InfluxDB và đường mạng tới nó; nhật ký của máy chủ ghi lý do. Chưa mất gì: thiết bị xã giữ bằng chứng trong hàng đợi.", "See to InfluxDB and the line to it; the hub's log says why. Nothing is lost yet: agents keep the evidence in their spools.")},
	{IdentityConflict, Critical, Agent,
		both("Hai thiết bị dùng chung một mã", "Two devices speak as one agent"),
		both("Máy chủ từ chối một thiết bị vì thiết bị khác đã dùng mã đó, và chưa ai gỡ.", "The hub refused a device because another one speaks with its code, and nobody has released it."),
		both("Tìm xem hai thiết bị nào dùng mã này (bản sao thẻ nhớ, thiết bị cũ chưa tắt), tắt một chiếc, rồi chạy “phukin-hub agent release”.", "Find the two devices (a copied card, an old device still on), switch one off, then run “phukin-hub agent release”.")},
	{AgentRefused, Critical, Agent,
		both("Thiết bị xã bị từ chối", "Agent refused"),
		both("Máy chủ không nhận gì của thiết bị, vì phiên bản hoặc lý do khác với danh tính.", "The hub takes nothing of the agent, for its version or another reason."),
		both("Đọc lý do; thường phải cập nhật phukin-agent hoặc máy chủ cho cùng phiên bản giao thức.", "Read the reason; most often phukin-agent or the hub has to be updated to the same version of the contract.")},
	{AgentOffline, Critical, Agent,
		both("Thiết bị xã mất kết nối", "Agent offline"),
		both("Thiết bị im lặng từ 5 phút trở lên, và không thiết bị nào khác thấy các camera của nó. Không ai biết camera đó có hoạt động không.", "The agent has been silent for 5 minutes or more, and no other one sees its cameras. Nobody knows whether they work."),
		both("Kiểm tra điện, mạng internet và dịch vụ phukin-agent tại xã; nhật ký của nó ghi vì sao không kết nối được.", "See to power, internet and the service phukin-agent in the commune; its log says why it cannot connect.")},
	{AgentCamerasDown, Critical, Agent,
		both("Các camera của một thiết bị cùng hỏng", "Cameras of an agent down together"),
		both("Ít nhất hai camera và ít nhất 80 % số camera đang biết của thiết bị hỏng trong cùng 2 phút.", "At least two cameras and at least 80 % of the agent's cameras of which something is known fell within 2 minutes."),
		both("Tìm nguyên nhân chung trước: bộ chuyển mạch, nguồn, đường cáp giữa thiết bị xã và camera.", "Look for the common cause first: the switch, the power, the line between the device and the cameras.")},
	{SiteDown, Critical, Site,
		both("Các camera của một điểm cùng hỏng", "Cameras of a site down together"),
		both("Như trên, của một điểm lắp đặt.", "The same, of one site."),
		both("Đến điểm lắp đặt: kiểm tra nguồn, hộp kỹ thuật, cáp hoặc bộ phát chung của các camera.", "Go to the site: see to power, cabinet, and the cable or radio that the cameras share.")},
	{SectionLost, Critical, Section,
		both("Đoạn tuyến không còn camera nào hoạt động", "Section without any working camera"),
		both("Mọi camera đã nghiệm thu kiểm soát đoạn tuyến này đều hỏng, trừ camera đang bảo trì. Nếu có camera không ai biết thì không báo.", "Every accepted camera that controls the section is down, but for those in maintenance. Where nobody knows of one, nothing is said."),
		both("Ưu tiên sửa một trong các camera này: chừng đó chưa ai thấy xe đi qua đoạn này.", "Mend one of these cameras first: until then nobody sees who drives through.")},

	{CameraDown, Warning, Camera,
		both("Camera không hoạt động", "Camera down"),
		both("Một lần dò thất bại và các lần dò lại cũng vậy; tính từ lần thất bại đầu tiên.", "A probe fell, and so did its confirmations; since the first that fell."),
		both("Làm theo gợi ý của lỗi; tại chỗ chạy “phukin-agent check”.", "Follow the hint of the fault; at the place run “phukin-agent check”.")},
	{NotProbed, Warning, Agent,
		both("Thiết bị đang chạy mà không dò camera", "Agent online, cameras not probed"),
		both("Thiết bị kết nối từ 15 phút trở lên mà không nói gì về camera nó từng báo.", "The agent has been online for 15 minutes or more and says nothing of cameras that it reported before."),
		both("Xem danh sách camera của thiết bị (“phukin-agent status”) có còn camera đó không, và ở /api/v1/agents thiết bị có bỏ lần dò vì quá tải (overruns) không.", "See whether the cameras are still in the agent's list (“phukin-agent status”), and at /api/v1/agents whether it leaves out probes (overruns).")},
	{CredentialsLost, Warning, Agent,
		both("Phải nhập lại mật khẩu camera", "Credentials must be entered again"),
		both("Mật khẩu được niêm phong cho khóa khác với khóa của thiết bị: đã thay thiết bị, hoặc camera chuyển sang thiết bị khác.", "Credentials are sealed to another key than the agent's: the device was replaced, or the plan moved the camera."),
		both("Nhập lại bằng “phukin-hub camera credentials set”.", "Enter them again with “phukin-hub camera credentials set”.")},
	{ListNotTaken, Warning, Agent,
		both("Thiết bị chưa nhận danh sách camera mới", "List of cameras not taken"),
		both("Máy chủ không đưa được danh sách, hoặc thiết bị đang kết nối mà sau 15 phút vẫn làm theo danh sách cũ.", "The hub cannot give the list, or the agent is online and works from an older one 15 minutes later."),
		both("Xem “phukin-agent status” và nhật ký thiết bị; cập nhật phukin-agent nếu quá cũ.", "See “phukin-agent status” and the agent's log; update phukin-agent if it is old.")},
	{ListRefused, Warning, Agent,
		both("Thiết bị không dò được một số camera trong danh sách", "Cameras of the list that cannot be watched"),
		both("Thiết bị báo có camera trong danh sách mà nó không dò được.", "The agent says that it cannot watch cameras of its list."),
		both("“phukin-agent status” ghi camera nào và vì sao (địa chỉ, mật khẩu); sửa trong kế hoạch.", "“phukin-agent status” says which and why (address, credentials); mend the plan.")},
	{ClockWrong, Warning, Agent,
		both("Đồng hồ thiết bị sai", "Clock of an agent wrong"),
		both("Khi kết nối, đồng hồ của thiết bị lệch máy chủ quá 5 phút.", "When it connected, the device's clock differed from the hub's by more than 5 minutes."),
		both("Bật đồng bộ giờ (NTP) trên thiết bị, thay pin đồng hồ. Bằng chứng được máy chủ chỉnh giờ khi còn kết nối; mất điện lâu mà sai giờ thì không chỉnh được.", "Switch on time synchronisation (NTP), replace the clock's battery. Evidence is corrected by the hub's clock while connected; what was seen before that may not be.")},
	{QuarantineGrows, Warning, Agent,
		both("Dữ liệu của thiết bị bị giữ lại", "Records set aside"),
		both("Trong 24 giờ qua có bản ghi của thiết bị không nhận được, đang ở khu cách ly.", "Within 24 hours records of the agent came that could not be taken; they are in the quarantine."),
		both("Xem lý do ở khu cách ly: thường là sai đồng hồ, hoặc camera kế hoạch đã giao cho thiết bị khác.", "Read the reasons in the quarantine: most often a wrong clock, or a camera that the plan gives to another agent.")},
	{DiskFull, Warning, Agent,
		both("Ổ đĩa của hàng đợi sắp đầy", "Disk of the spool nearly full"),
		both("Ổ đĩa giữ hàng đợi còn dưới 200 MiB hoặc dưới 5 %.", "Less than 200 MiB or less than 5 % of the disk with the spool is free."),
		both("Xóa bớt tệp trên thiết bị hoặc thay thẻ nhớ lớn hơn; đĩa đầy thì bằng chứng không lưu được.", "Remove files from the device, or put in a larger card; on a full disk no evidence can be kept.")},
	{DeviceHot, Warning, Agent,
		both("Thiết bị quá nóng", "Device too hot"),
		both("Bộ xử lý của thiết bị nóng từ 80 °C trở lên.", "The device's processor has 80 °C or more."),
		both("Che nắng, làm sạch và thông gió tủ; nóng lâu thì thiết bị chạy chậm và mau hỏng.", "Shade, clean and air the cabinet; a hot device slows down and does not last.")},
	{UnderVoltage, Warning, Agent,
		both("Thiết bị thiếu điện áp", "Under-voltage"),
		both("Thiết bị đang báo điện áp nguồn quá thấp.", "The device says that its supply has too little voltage now."),
		both("Thay bộ nguồn hoặc dây nguồn đúng loại; điện yếu làm hỏng thẻ nhớ.", "Replace the supply or its cable by the right ones; weak power damages cards.")},

	{CameraDegraded, Notice, Camera,
		both("Camera hoạt động kém lâu ngày", "Camera degraded for long"),
		both("Có hình nhưng kém kế hoạch suốt từ 24 giờ trở lên.", "Video has flowed, but less than planned, for 24 hours or more."),
		both("Chỉnh camera theo kế hoạch (độ phân giải, số hình/giây, khung hình khóa), kiểm tra đường truyền; hoặc sửa kế hoạch.", "Set the camera to what was planned (resolution, frame rate, key frames), see to the line; or mend the plan.")},
	{NeverSeen, Notice, Camera,
		both("Khai đã lắp, chưa từng thấy hình", "Claimed installed, never seen"),
		both("Kế hoạch khai đã lắp hoặc đã nghiệm thu, thiết bị của nó không im lặng, mà chưa lần nào thấy hình.", "The plan claims that it is installed or accepted, its agent is not silent, and its stream was never seen."),
		both("Đến nơi chạy “phukin-agent check”; nếu chưa lắp thì bỏ ngày lắp đặt trong kế hoạch.", "Run “phukin-agent check” at the place; if it is not there, take the day of installation out of the plan.")},
	{EvidenceLost, Notice, Agent,
		both("Thiết bị báo mất bằng chứng", "Evidence lost"),
		both("Trong 7 ngày qua thiết bị báo có bản ghi không bao giờ đến: hàng đợi đầy hoặc hỏng.", "Within 7 days the agent declared records that will never come: its spool was full or damaged."),
		both("Tìm xem vì sao thiết bị mất kết nối lâu hoặc thẻ nhớ hỏng; tăng dung lượng hàng đợi. Thời gian đó là chưa có dữ liệu.", "Find out why the agent was offline for so long, or whether its card is failing; enlarge the spool. That time stays unknown.")},
	{InstallationLate, Notice, Area,
		both("Lắp đặt quá hạn", "Installation overdue"),
		both("Ở địa bàn này có camera đã quá hạn lắp mà kế hoạch chưa khai đã lắp.", "In this area there are cameras whose last day for installing has passed, and that are not claimed installed."),
		both("Lắp camera, hoặc ghi ngày lắp đặt, hoặc sửa hạn trong kế hoạch.", "Install them, enter the day of installation, or mend the last day in the plan.")},
	{AcceptanceLate, Notice, Area,
		both("Nghiệm thu quá hạn", "Acceptance overdue"),
		both("Ở địa bàn này có camera đã quá hạn nghiệm thu mà kế hoạch chưa khai đã nghiệm thu.", "In this area there are cameras whose last day for acceptance has passed, and that are not claimed accepted."),
		both("Nghiệm thu camera, hoặc ghi ngày nghiệm thu, hoặc sửa hạn trong kế hoạch.", "Accept them, enter the day of acceptance, or mend the last day in the plan.")},
	{PowerWeak, Notice, Agent,
		both("Nguồn điện từng yếu", "Power was weak"),
		both("Từ khi khởi động, thiết bị đã có lúc báo điện áp quá thấp; lúc này thì không.", "Since its start the device has had too little voltage at times; not now."),
		both("Kiểm tra bộ nguồn và dây nguồn trong lần đến tới.", "See to the supply and its cable on the next visit.")},
	{WindowHides, Notice, Window,
		both("Bảo trì che một sự cố", "Maintenance hides an outage"),
		both("Camera đang bảo trì đã hỏng từ trước khi đợt bảo trì bắt đầu và vẫn hỏng.", "A camera in maintenance was down before the window began, and still is."),
		both("Sửa camera trong đợt bảo trì này; thời gian hỏng trước đó vẫn tính.", "Mend the camera while the window lasts; the time before it still counts.")},
	{WindowLate, Notice, Window,
		both("Bảo trì khai muộn", "Maintenance declared late"),
		both("Đợt bảo trì được khai sau khi đã bắt đầu, và chưa kết thúc quá 7 ngày.", "The window was declared after it had begun, and ended no more than 7 days ago."),
		both("Khai bảo trì trước khi làm; những ngày đã khép không đổi.", "Declare maintenance beforehand; closed days do not change.")},
}
