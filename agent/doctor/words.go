package doctor

import (
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

// labels are the doctor's own words; those of the contract come from wire.
type labels struct {
	device                                 string
	names                                  map[Name]string
	stages                                 map[uplink.Stage]string
	faults, hints                          map[Fault]string
	config, clock, free, bound, running    string
	assigned, list, noList                 string // of cameras that the hub says
	detail, hint, open, noResult           string
	frames, keyframe, loss, jitter         string
	declared, quick                        string // of a probe that ends with the key frame
	summary                                string // working, degraded, failed
	summaryOpen, trouble, allWell, notWell string
	comma                                  bool // decimals are written with a comma
}

var languages = map[wire.Lang]labels{
	wire.VI: {
		device: "Thiết bị này",
		names: map[Name]string{NameConfiguration: "Cấu hình", NameClock: "Đồng hồ", NameDisk: "Ổ đĩa", NameList: "Danh sách", NameDNS: "Phân giải tên",
			NameBroker: "Máy chủ MQTT", NameCamera: "Camera"},
		stages: map[uplink.Stage]string{uplink.StageTCP: "TCP", uplink.StageTLS: "TLS", uplink.StageLogin: "đăng nhập",
			uplink.StageSubscribe: "nhận tin", uplink.StagePublish: "gửi tin"},
		faults: map[Fault]string{
			FaultConfiguration: "cấu hình sai", FaultClock: "ngày giờ sai", FaultNotWritable: "không ghi được vào thư mục hàng đợi",
			FaultDiskFull: "ổ đĩa không đủ chỗ", FaultList: "danh sách camera có chỗ không dùng được", FaultName: "không tìm thấy tên máy", FaultTCP: "KHÔNG kết nối được", FaultTLS: "KHÔNG bắt tay TLS được",
			FaultCertUntrusted: "chứng thư của máy chủ không được tin cậy", FaultCertExpired: "chứng thư của máy chủ hết hạn hoặc chưa có hiệu lực", FaultCertName: "chứng thư là của tên máy khác",
			FaultLogin: "KHÔNG đăng nhập được", FaultRejected: "máy chủ từ chối đăng nhập", FaultSubscribe: "không được phép nhận tin", FaultPublish: "không được phép gửi tin",
		},
		hints: map[Fault]string{
			FaultConfiguration: "sửa tệp cấu hình ở dòng được nêu.", FaultClock: "đặt lại ngày giờ, bật đồng bộ giờ (NTP), kiểm tra pin đồng hồ.",
			FaultNotWritable: "cho người dùng chạy phukin-agent quyền ghi vào thư mục này, kiểm tra ổ đĩa có bị khóa chỉ đọc.",
			FaultDiskFull:    "xóa bớt tệp hoặc giảm spool.max_mb.", FaultName: "kiểm tra tên máy, máy chủ DNS của thiết bị, hoặc dùng thẳng địa chỉ IP.",
			FaultList: "camera được nêu chưa được theo dõi: báo người giữ kế hoạch sửa địa chỉ, hoặc nhập lại mật khẩu camera (ở máy chủ, hoặc mục credentials của tệp cấu hình).",
			FaultTCP:  "kiểm tra mạng, địa chỉ, cổng và tường lửa.", FaultTLS: "kiểm tra cổng (thường là 8883), địa chỉ mqtts://, và đồng hồ của thiết bị.",
			FaultCertUntrusted: "đặt broker.ca_file là chứng thư của nơi cấp.", FaultCertExpired: "kiểm tra đồng hồ của thiết bị trước, rồi báo người quản trị máy chủ gia hạn.",
			FaultCertName: "dùng đúng tên máy ghi trong chứng thư ở broker.url.", FaultLogin: "máy chủ không trả lời đăng nhập: kiểm tra đúng cổng MQTT, báo người quản trị.",
			FaultRejected: "sai mã agent hoặc mật khẩu: xin cấp lại bằng phukin-hub agent add.", FaultSubscribe: "báo người quản trị cho agent quyền đọc chủ đề down của nó.",
			FaultPublish: "báo người quản trị cho agent quyền ghi chủ đề live và up của nó.",
		},
		config: "agent %s, %d camera", assigned: "agent %s, camera theo danh sách của máy chủ",
		list: "%d camera, bản kế hoạch %d, nhận lúc %s", noList: "chưa nhận được danh sách nào từ máy chủ: chạy phukin-agent để nhận", clock: "chưa so với giờ máy chủ: chỉ phukin-agent đang chạy mới biết",
		free: "còn trống %s", bound: "hàng đợi dùng nhiều nhất %s", running: "không thử đăng nhập vì phukin-agent đang chạy",
		detail: "chi tiết", hint: "cách xử lý",
		open: "chú ý: camera cho xem hình mà không hỏi mật khẩu; hãy đặt mật khẩu", noResult: "không kiểm tra được",
		declared: "theo khai báo", quick: "có khung hình khóa; chưa đo hình có chạy đều hay không",
		frames: "hình/s", keyframe: "khung khóa cách nhau", loss: "mất gói", jitter: "dao động trễ",
		summary: "Đang hoạt động: %d, hoạt động kém: %d, không hoạt động: %d.", summaryOpen: "Không có mật khẩu: %d.", trouble: "Lỗi của thiết bị này: %d.",
		allWell: "Mọi thứ đều tốt.", notWell: "Có việc cần xử lý.", comma: true,
	},
	wire.EN: {
		device: "This device",
		names: map[Name]string{NameConfiguration: "Configuration", NameClock: "Clock", NameDisk: "Disk", NameList: "List", NameDNS: "Name lookup",
			NameBroker: "MQTT broker", NameCamera: "Camera"},
		stages: map[uplink.Stage]string{uplink.StageTCP: "TCP", uplink.StageTLS: "TLS", uplink.StageLogin: "login",
			uplink.StageSubscribe: "subscribe", uplink.StagePublish: "publish"},
		faults: map[Fault]string{
			FaultConfiguration: "configuration is wrong", FaultClock: "date and time are wrong", FaultNotWritable: "the spool's folder cannot be written",
			FaultDiskFull: "too little space on the disk", FaultList: "the list of cameras cannot be used as a whole", FaultName: "host name not found", FaultTCP: "CANNOT be reached", FaultTLS: "TLS handshake FAILED",
			FaultCertUntrusted: "the broker's certificate is not trusted", FaultCertExpired: "the broker's certificate is not valid now", FaultCertName: "the broker's certificate is for another name",
			FaultLogin: "login FAILED", FaultRejected: "login REFUSED", FaultSubscribe: "the agent may not receive", FaultPublish: "the agent may not publish",
		},
		hints: map[Fault]string{
			FaultConfiguration: "mend the file at the line that is named.", FaultClock: "set date and time, switch time synchronisation (NTP) on, check the clock's battery.",
			FaultNotWritable: "let the user that runs phukin-agent write into this folder; check that the disk is not read-only.",
			FaultDiskFull:    "delete files, or lower spool.max_mb.", FaultName: "check the name and this device's DNS server, or use the IP address.",
			FaultList: "the cameras named are not watched: have their addresses mended in the plan, or enter their passwords again (at the hub, or under credentials of the configuration).",
			FaultTCP:  "check network, address, port and firewall.", FaultTLS: "check the port (usually 8883), the address mqtts://, and this device's clock.",
			FaultCertUntrusted: "set broker.ca_file to the issuer's certificate.", FaultCertExpired: "check this device's clock first, then ask the broker's administrator to renew it.",
			FaultCertName: "use the name of the certificate in broker.url.", FaultLogin: "the broker does not answer the login: check that the port is that of MQTT, and ask its administrator.",
			FaultRejected: "agent code or password is wrong: issue a new one by phukin-hub agent add.", FaultSubscribe: "ask the administrator to let the agent read its topic down.",
			FaultPublish: "ask the administrator to let the agent write its topics live and up.",
		},
		config: "agent %s, %d cameras", assigned: "agent %s, cameras by the hub's list",
		list: "%d cameras, revision %d of the plan, received at %s", noList: "none has come from the hub yet: run phukin-agent to get it", clock: "not compared with the hub's: only a running phukin-agent knows that",
		free: "%s free", bound: "the spool takes at most %s", running: "login was not tried: phukin-agent is running",
		detail: "detail", hint: "what to do",
		open: "note: the camera gives its picture without asking for a password; set one", noResult: "could not be checked",
		declared: "declared", quick: "a whole key frame came; whether the picture moves was not measured",
		frames: "frames/s", keyframe: "key frames every", loss: "loss", jitter: "jitter",
		summary: "Working: %d, degraded: %d, not working: %d.", summaryOpen: "Without a password: %d.", trouble: "Troubles of this device: %d.",
		allWell: "All is well.", notWell: "There is work to do.",
	},
}
