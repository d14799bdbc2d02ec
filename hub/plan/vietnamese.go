package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// inVietnamese gives a half of a fault or a refusal in Vietnamese.
func inVietnamese(s string) string {
	if m := item.FindStringSubmatch(s); m != nil {
		return strings.NewReplacer("point", "điểm", "post", "cột").Replace(m[1]) + inVietnamese(m[2])
	}
	for _, p := range catalogue() {
		m, ok := p.match(s)
		if !ok {
			continue
		}
		args := make([]any, len(m))
		for i, a := range m {
			if args[i] = a; strings.HasPrefix(a, `"`) {
				continue // what stands in the plan is nobody's to translate
			}
			args[i] = strings.NewReplacer("the sheet ", "trang ", " clockwise from north", " theo chiều kim đồng hồ từ hướng bắc", "degrees", "độ",
				" to ", " đến ", " pixels per metre", " điểm ảnh/mét", " pixels", " điểm ảnh", " frames per second", " khung hình/giây", " seconds", " giây", " days", " ngày", " per cent", " phần trăm", " million VND", " triệu đồng", " or ", " hoặc ").Replace(a)
		}
		return fmt.Sprintf(p.vi, args...)
	}
	return s
}

var item = regexp.MustCompile(`^((?:point|post) \d+: )(.+)$`)

// phrase is a sentence: in English what stands around its parts that differ.
type phrase struct {
	en []string
	vi string
}

var catalogue = sync.OnceValue(func() []phrase {
	all := make([]phrase, 0, len(filePhrases)+len(phrases))
	for _, p := range slices.Concat(filePhrases, phrases) {
		all = append(all, phrase{strings.Split(p[0], "%s"), p[1]})
	}
	return all
})

// match gives the parts of s that differ, none of them empty, if s is the
// sentence. Each part is as short as it can be.
func (p *phrase) match(s string) (parts []string, ok bool) {
	first, last := p.en[0], p.en[len(p.en)-1]
	if len(p.en) == 1 {
		return nil, s == first
	}
	if !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) || len(s) < len(first)+len(last) {
		return nil, false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, between := range p.en[1 : len(p.en)-1] {
		if s == "" {
			return nil, false
		}
		i := strings.Index(s[1:], between) // at least one byte before it
		if i < 0 {
			return nil, false
		}
		parts = append(parts, s[:i+1])
		s = s[i+1+len(between):]
	}
	return append(parts, s), s != ""
}

// phrases has both halves of all faults; the first that fits is taken. %s is
// what differs, in the same order in both languages or by number.
var phrases = [][2]string{
	// What is there.
	{"empty", "để trống"},
	{"missing", "thiếu"},
	{"none", "chưa có dòng nào"},
	{"empty beside the day of acceptance", "để trống trong khi đã có ngày nghiệm thu"},
	{"empty beside a route", "để trống trong khi đã có tuyến"},
	{"empty beside a chainage", "để trống trong khi đã có lý trình"},
	{"empty beside %s", "để trống trong khi đã có %s"},
	{"empty: one language is missing", "thiếu một ngôn ngữ"},
	{"one language is missing", "thiếu một ngôn ngữ"},
	{"neither position nor route", "không có tọa độ và cũng không có tuyến"},
	{"no settings", "chưa có thông tin chung"},
	{"no header", "không có dòng tiêu đề"},
	{"missing sheet", "thiếu trang"},
	{"missing column", "thiếu cột"},
	{"unknown column", "cột không có trong kế hoạch"},
	{"unknown key", "khóa không có trong kế hoạch"},
	{"unknown property", "thuộc tính không có trong kế hoạch"},
	{"comes from evidence, never by hand", "do bằng chứng xác định, không nhập bằng tay"},
	{"a second row", "dòng thứ hai"},
	{"a single point", "chỉ có một điểm"},
	{"a day out of bounds", "ngày ngoài phạm vi"},
	{"a side without a route", "có bên đường mà không có tuyến"},
	{"not the address of a stream", "không phải địa chỉ luồng"},
	{"holds a user name or password", "chứa tên đăng nhập hoặc mật khẩu"},
	{"the same stream as %s", "trùng luồng với %s"},
	{"more than a year", "dài hơn một năm"},
	{"more than %s rows", "quá %s dòng"},
	{"more than %s points", "quá %s điểm"},
	{"more than %s routes", "quá %s tuyến"},
	{"stands twice", "xuất hiện hai lần"},
	{"%s stands twice on %s", "%s xuất hiện hai lần trên %s"},
	{"%s stands twice", "%s xuất hiện hai lần"},
	{"%s already stands in line %s", "%s đã có ở dòng %s"},
	{"%s cannot be a code", "%s không dùng làm mã được"},
	{"%s is not in force after %s", "%s không còn hiệu lực sau ngày %s"},
	{"%s stands here more than %s times", "%s xuất hiện hơn %s lần"},
	{"%s is in force twice at the same time", "%s có hiệu lực hai lần cùng một lúc"},
	{"%s is still in force", "%s vẫn còn hiệu lực"},
	{"%s stands above itself", "%s thuộc về chính nó"},
	{"%s is no part of %s, the area of the plan", "%s không thuộc %s, địa bàn của kế hoạch"},
	{"no area %s begins on %s", "không có đơn vị %s có hiệu lực từ ngày %s"},
	{"%s is none of the levels", "%s không phải mức nào trong kế hoạch"},
	{"%s is not in %s", "%s không có trong %s"},
	{"%s is not on %s", "%s không nằm trên %s"},
	{"%s is out of range", "%s ngoài phạm vi"},
	{"%s is not a chainage", "%s không phải lý trình"},
	{"%s is not a number", "%s không phải số"},
	{"%s is not a whole number", "%s không phải số nguyên"},
	{"%s is not a day from 1971 to 2199", "%s không phải ngày từ 1971 đến 2199"},
	{"%s is not a day and time of 1971 to 2199", "%s không phải ngày giờ từ 1971 đến 2199"},
	{"%s is not yes or no", "%s không phải có hoặc không"},
	{"%s is not true or false", "%s không phải true hoặc false"},
	{"%s is not a time zone that this machine knows", "%s không phải múi giờ mà máy này biết"},
	{"%s is not a text", "%s không phải chữ"},
	{"%s is not UTF-8", "%s không phải UTF-8"},
	{"not UTF-8", "không phải UTF-8"},
	{"%s is too long", "%s quá dài"},
	{"%s holds a line break or another control character", "%s có dấu xuống dòng hoặc ký tự điều khiển"},
	{"%s is no kind of site", "%s không phải loại điểm"},
	{"%s is no side of a road", "%s không phải bên đường"},
	{"%s is no kind of owner", "%s không phải loại sở hữu"},
	{"%s is no codec", "%s không phải chuẩn nén"},
	{"%s is no depth", "%s không phải kiểu dò"}, {"%s is no transport", "%s không phải cách truyền hình"},
	{"%s is no answer", "%s không phải câu trả lời"},
	{"%s is no measure of a target", "%s không phải loại chỉ tiêu"},
	{"%s is no figure", "%s không phải loại số liệu"},
	{"%s is called %s elsewhere", "%s ở nơi khác có tên %s"},
	{"%s lies before the first day, %s", "%s trước ngày đầu tiên, %s"},
	{"%s lies before the day in %s, %s", "%s trước ngày ở cột %s, %s"},
	{"%s is not after the beginning, %s", "%s không sau lúc bắt đầu, %s"},
	{"%s lies %s m from where another of its routes has it", "%s cách %s m so với vị trí theo tuyến khác của nó"},
	{"%s m away from the site's position", "cách tọa độ của điểm %s m"},
	{"%s m from the start is off the route", "%s m tính từ đầu tuyến là ngoài tuyến"},
	{"%s stands %s m off the route", "%s cách tuyến %s m"},
	{"%s stands before %s on the line: the chainage runs backwards", "%s đứng trước %s trên tuyến: lý trình chạy ngược"},
	{"%s of camera, site, route and area", "ghi %s trong bốn cột camera, điểm, tuyến, địa bàn"},
	{"longitude 0, latitude 0 is in the Gulf of Guinea", "kinh độ 0, vĩ độ 0 nằm ở vịnh Guinea"},
	{"longitude %s, latitude %s are swapped", "kinh độ %s, vĩ độ %s bị đổi chỗ"},
	{"longitude %s, latitude %s is no place on earth", "kinh độ %s, vĩ độ %s không có trên trái đất"},
	{"longitude %s, latitude %s lies %s km from the middle of the plan's areas", "kinh độ %s, vĩ độ %s cách giữa địa bàn của kế hoạch %s km"},
	{"%s crosses itself here and after point %s", "%s tự cắt mình tại đây và sau điểm %s"},
	{"the same place as point %s of %s", "trùng chỗ với điểm %s của %s"},
	{"repeats the point before it", "trùng với điểm ngay trước"},
	{"looks the same way as %s at the same site", "cùng hướng với %s tại cùng một điểm"},
	{"%s looks away from %s, which runs %s and %s here", "%s quay đi hướng khác so với %s; tuyến ở đây theo hướng %s và %s"},
	{"%s has meant %s areas, the latest of which is taken", "%s từng chỉ %s đơn vị; lấy đơn vị mới nhất"},
	{"a formula without a calculated value", "công thức chưa có giá trị đã tính"},
	{"%s, an error of the spreadsheet", "%s, lỗi của bảng tính"},
	{"merged with the cells up to %s", "bị gộp với các ô đến %s"},

	// What would be right.
	{"write a value in every row", "ghi giá trị ở mọi dòng"},
	{"write a text", "ghi chữ"},
	{"write digits, with a point or a comma before the decimals", "ghi chữ số, dấu phẩy hoặc dấu chấm trước phần thập phân"},
	{"write digits only", "chỉ ghi chữ số"},
	{"write 2026-09-30 or 30/09/2026", "ghi 30/09/2026 hoặc 2026-09-30"},
	{"write 2026-09-30 08:00 or 30/09/2026 08:00", "ghi 30/09/2026 08:00"},
	{"write a day such as 2026-09-30", "ghi ngày, ví dụ 30/09/2026"},
	{"write a day and time such as 2026-09-30 08:00", "ghi ngày giờ, ví dụ 30/09/2026 08:00"},
	{"write a day of the years %s to %s", "ghi ngày từ năm %s đến %s"},
	{"write true or false", "ghi x, có, không hoặc để trống"},
	{"write both vi and en", "ghi cả hai ngôn ngữ"},
	{"write both or neither", "ghi cả hai hoặc để trống cả hai"},
	{"write it in one line", "ghi trên một dòng"},
	{"write %s characters at most", "ghi tối đa %s ký tự"},
	{"write %s letters A–Z without accents, digits, '.', '-' and '_'", "ghi %s chữ A–Z không dấu, chữ số, '.', '-' và '_'"},
	{"write the code of a site", "ghi mã một điểm lắp đặt"},
	{"write the code of a phase", "ghi mã một giai đoạn"},
	{"write the code of a route", "ghi mã một tuyến"},
	{"write the code of an area", "ghi mã một đơn vị"},
	{"write the code of an area of the plan", "ghi mã một đơn vị thuộc địa bàn"},
	{"write the code of an area, or nothing at the top", "ghi mã một đơn vị; để trống ở cấp cao nhất"},
	{"write the code of the area that the plan is for", "ghi mã địa bàn của kế hoạch"},
	{"write the code of the level that figures use when none is named", "ghi mã mức dùng khi số liệu không nêu mức nào"},
	{"write the codes of areas", "ghi mã các đơn vị"},
	{"write the codes of areas that follow", "ghi mã các đơn vị kế tiếp"},
	{"write a code that stands there, or nothing", "ghi mã có ở đó, hoặc để trống"},
	{"write the area that this one is a part of", "ghi đơn vị cấp trên"},
	{"write the last day in force", "ghi ngày cuối có hiệu lực"},
	{"write the last day in force into valid_to, or leave the successors out", "ghi ngày cuối có hiệu lực, hoặc bỏ đơn vị kế tiếp"},
	{"write the last day of the phase", "ghi ngày cuối của giai đoạn"},
	{"write the last day of the period", "ghi ngày cuối của kỳ"},
	{"write the day of installation", "ghi ngày lắp đặt"},
	{"write when it ends", "ghi lúc kết thúc"},
	{"write just one of the four", "chỉ ghi một trong bốn cột"},
	{"write Km12+500, metres from 0 to 999", "ghi Km12+500, mét từ 0 đến 999"},
	{"write where on the route the site is, such as Km12+500", "ghi vị trí trên tuyến, ví dụ Km12+500"},
	{"write which route the chainage is on", "ghi lý trình thuộc tuyến nào"},
	{"write lon and lat, or route and chainage", "ghi kinh độ và vĩ độ, hoặc tuyến và lý trình"},
	{"write the longitude first, then the latitude", "kinh độ (105,…) và vĩ độ (18,…) ghi đúng cột"},
	{"write degrees in WGS84, longitude %s and latitude %s", "ghi độ thập phân WGS84, kinh độ %s và vĩ độ %s"},
	{"write degrees in WGS84, longitude first", "ghi độ thập phân WGS84, kinh độ trước"},
	{"write the horizontal field of view in degrees, over 0 to 360", "ghi góc quan sát ngang, trên 0 đến 360 độ"},
	{"write the route, or leave the side out", "ghi tuyến, hoặc bỏ bên đường"},
	{"write a name such as %s", "ghi tên, ví dụ %s"},
	{"write in area_from the first day of the one that is meant", "ghi ngày có hiệu lực của đơn vị được nói đến vào cột Địa bàn theo mã từ ngày"},
	{"write a first day from %s", "ghi ngày có hiệu lực có trong %s"},
	{"write one row with the name of the plan and the code of its area", "ghi một dòng với tên kế hoạch và mã địa bàn"},
	{"write rtsp://host:port/path or rtsps://host:port/path, without user name and password", "ghi rtsp://máy:cổng/đường-dẫn, không có tên đăng nhập và mật khẩu"},
	{"write the headings of the template into one row", "ghi các tiêu đề của tệp mẫu vào một dòng"},
	{"write %s to %s", "ghi từ %s đến %s"},
	{"write %s", "ghi %s"},
	{"leave it out: enter it with phukin-hub camera credentials set, or in the agent's configuration", "bỏ đi: nhập bằng phukin-hub camera credentials set, hoặc ghi trong cấu hình của thiết bị xã"},
	{"leave it out; it is passed over", "bỏ điểm này; hệ thống bỏ qua nó"},
	{"leave the column out", "bỏ cột này"},
	{"leave one of the two columns out", "bỏ một trong hai cột"},
	{"the columns are %s", "các cột là %s"},
	{"the keys are %s", "các khóa là %s"},
	{"the plan has one row of settings", "kế hoạch chỉ có một dòng thông tin chung"},
	{"the route goes from %s to %s", "tuyến đi từ %s đến %s"},
	{"the order is planned, surveyed, installed, accepted, retired", "thứ tự là vào kế hoạch, khảo sát, lắp đặt, nghiệm thu, ngừng sử dụng"},
	{"give each camera a stream of its own, or the day on which the other was retired", "mỗi camera một luồng riêng, hoặc ghi ngày camera kia ngừng sử dụng"},
	{"give each area a code and a first day of its own", "mỗi đơn vị một mã và ngày có hiệu lực riêng"},
	{"give each area a code of its own", "mỗi đơn vị một mã riêng"},
	{"give one target for each phase, area, year and measure", "mỗi giai đoạn, địa bàn, năm và loại chỉ tiêu chỉ ghi một dòng"},
	{"give each level a code of its own", "mỗi mức một mã riêng"},
	{"give each phase a code of its own", "mỗi giai đoạn một mã riêng"},
	{"give each route a code of its own", "mỗi tuyến một mã riêng"},
	{"give each gateway a code of its own", "mỗi cửa ngõ một mã riêng"},
	{"give each site a code of its own", "mỗi điểm một mã riêng"},
	{"give each camera a code of its own", "mỗi camera một mã riêng"},
	{"give each window a code of its own", "mỗi đợt bảo trì một mã riêng"},
	{"give each figure a code of its own", "mỗi số liệu một mã riêng"},
	{"write one row for each route through a junction", "mỗi tuyến qua nút giao chỉ ghi một dòng"},
	{"one code is one place: give it one name", "một mã là một nơi: ghi cùng một tên"},
	{"one code is one place: %s m at most", "một mã là một nơi: cách nhau tối đa %s m"},
	{"a route has a line of at least two points", "một tuyến có ít nhất hai điểm"},
	{"draw a line that goes from place to place", "vẽ đường đi từ nơi này đến nơi khác"},
	{"number the points of a route 1, 2, 3 …", "đánh số các điểm của tuyến 1, 2, 3 …"},
	{"list the posts in the direction of the line, with growing chainage, each beside the route", "ghi các cột theo chiều tuyến, lý trình tăng dần, mỗi cột ở cạnh tuyến"},
	{"list at least one phase with code, name, from and to", "ghi ít nhất một giai đoạn"},
	{"correct chainage or lon and lat, which must not lie more than %s m apart", "sửa lý trình hoặc tọa độ; hai vị trí cách nhau không quá %s m"},
	{"end the earlier area on the day before the later one begins", "cho đơn vị trước hết hiệu lực vào ngày trước khi đơn vị sau bắt đầu"},
	{"retire a camera that is out of service for so long", "camera nghỉ lâu như vậy thì ghi ngày ngừng sử dụng"},
	{"check every digit of lon and lat", "xem lại từng chữ số của kinh độ và vĩ độ"},
	{"check the order of the points; a road that does cross itself is better two routes", "xem lại thứ tự các điểm; đường tự cắt thật thì nên tách thành hai tuyến"},
	{"check the order of the points, or leave one out", "xem lại thứ tự các điểm, hoặc bỏ một điểm"},
	{"check that these are two cameras", "xem lại có đúng là hai camera không"},
	{"check the azimuth: degrees clockwise from north", "xem lại hướng quan sát: độ theo chiều kim đồng hồ từ hướng bắc"},
	{"open the file in a spreadsheet program and save it, or write the value itself", "mở tệp bằng Excel rồi lưu lại, hoặc ghi thẳng giá trị"},
	{"mend the formula, or write the value itself", "sửa công thức, hoặc ghi thẳng giá trị"},
	{"unmerge them, and write the value into each cell", "bỏ gộp ô và ghi giá trị vào từng ô"},
	{"begin with the template, and keep all its sheets", "bắt đầu từ tệp mẫu và giữ đủ các trang"},
	{"split the plan", "chia nhỏ kế hoạch"},
	{"simplify the line", "đơn giản hóa đường"},
	{"save the file as UTF-8", "lưu tệp theo UTF-8"},
	{`save it as "CSV UTF-8", or with the encoding UTF-8`, `lưu thành "CSV UTF-8"`},
}
