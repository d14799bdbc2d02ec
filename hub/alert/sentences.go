package alert

import (
	"fmt"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// This file holds the sentences that say what is so. None has a duration in it:
// a sentence stays as it is while nothing changes.

// day writes a day as Vietnamese documents do.
func day(d plan.Date) string { return d.Start(time.UTC).Format("02/01/2006") }

// bare takes the full stop from the end of a reason.
func bare(reason string) string { return strings.TrimRight(reason, ". ") }

func identityText(code string, c *history.Conflict) plan.Text {
	return both(
		fmt.Sprintf("Có hai thiết bị cùng dùng mã %s; đã từ chối %d lần. Máy chủ ghi: %s.", code, c.Count, bare(c.What)),
		fmt.Sprintf("Two devices speak as %s; %d connections were refused. The hub says: %s.", code, c.Count, bare(c.What)))
}

func refusedText(code, reason string) plan.Text {
	return both(
		fmt.Sprintf("Máy chủ không nhận gì của thiết bị %s. Lý do: %s.", code, bare(reason)),
		fmt.Sprintf("The hub takes nothing of agent %s. The reason: %s.", code, bare(reason)))
}

func offlineText(code string, n int) plan.Text {
	return both(
		fmt.Sprintf("Thiết bị %s mất kết nối; không ai biết gì về %d camera của nó.", code, n),
		fmt.Sprintf("Agent %s is offline; nobody knows anything of %d %s of it.", code, n, plural(n, "camera", "cameras")))
}

func clockText(code string, off time.Duration) plan.Text {
	vi, en := "sớm", "ahead of"
	if off < 0 {
		vi, en = "muộn", "behind"
	}
	off = off.Abs().Truncate(time.Minute)
	return both(
		fmt.Sprintf("Đồng hồ của thiết bị %s chạy %s hơn máy chủ %s khi kết nối.", code, vi, lengthVI(off)),
		fmt.Sprintf("When it connected, the clock of agent %s was %s %s the hub's.", code, lengthEN(off), en))
}

// lengthVI writes a length of time in its largest whole unit.
func lengthVI(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d ngày", int(d.Hours())/24)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d giờ", int(d.Hours()))
	}
	return fmt.Sprintf("%d phút", int(d.Minutes()))
}

func lengthEN(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours())/24)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}

func downText(code string, fault wire.Fault) plan.Text {
	return both(
		fmt.Sprintf("Camera %s không hoạt động: %s.", code, lower(wire.Texts(wire.VI).Fault(fault))),
		fmt.Sprintf("Camera %s is down: %s.", code, lower(wire.Texts(wire.EN).Fault(fault))))
}

// lower makes the first letter of words small, unless a second capital follows.
func lower(s string) string {
	r := []rune(s)
	if len(r) > 1 && strings.ToLower(string(r[1])) == string(r[1]) {
		return strings.ToLower(string(r[0])) + string(r[1:])
	}
	return s
}

func togetherText(t Thing, code string, n, of int) plan.Text {
	vi, en := "thiết bị", "agent"
	if t == Site {
		vi, en = "điểm", "site"
	}
	return both(
		fmt.Sprintf("%d trên %d camera đang biết của %s %s cùng hỏng trong 2 phút.", n, of, vi, code),
		fmt.Sprintf("%d of the %d cameras of %s %s of which something is known fell within 2 minutes.", n, of, en, code))
}

func degradedText(code string, reasons []wire.Reason) plan.Text {
	vi, en := make([]string, len(reasons)), make([]string, len(reasons))
	for i, r := range reasons {
		vi[i], en[i] = lower(wire.Texts(wire.VI).Reason(r)), lower(wire.Texts(wire.EN).Reason(r))
	}
	return both(
		fmt.Sprintf("Camera %s có hình nhưng kém kế hoạch: %s.", code, strings.Join(vi, "; ")),
		fmt.Sprintf("Camera %s delivers less than planned: %s.", code, strings.Join(en, "; ")))
}

func notProbedText(code string, n int) plan.Text {
	return both(
		fmt.Sprintf("Thiết bị %s đang kết nối nhưng không nói gì về %d camera.", code, n),
		fmt.Sprintf("Agent %s is online and says nothing of %d %s.", code, n, plural(n, "camera", "cameras")))
}

func neverSeenText(code, agent, claim string) plan.Text {
	vi := "đã lắp"
	if claim == "accepted" {
		vi = "đã nghiệm thu"
	}
	return both(
		fmt.Sprintf("Kế hoạch khai camera %s %s, nhưng thiết bị %s chưa lần nào thấy hình.", code, vi, agent),
		fmt.Sprintf("The plan claims that camera %s is %s, and agent %s never saw its stream.", code, claim, agent))
}

func sectionCode(s *Stretch) string {
	return s.Route + " " + geo.FormatChainage(s.FromChainage) + "-" + geo.FormatChainage(s.ToChainage)
}

func sectionText(s *Stretch, n int) plan.Text {
	from, to := geo.FormatChainage(s.FromChainage), geo.FormatChainage(s.ToChainage)
	return both(
		fmt.Sprintf("Tuyến %s, đoạn %s – %s: cả %d camera kiểm soát đoạn này đều hỏng.", s.Route, from, to, n),
		fmt.Sprintf("Route %s, section %s – %s: %s down.", s.Route, from, to, plural(n, "its one camera is", fmt.Sprintf("all %d cameras that control it are", n))))
}

func lostText(code string, n int) plan.Text {
	return both(
		fmt.Sprintf("Thiết bị %s không mở được mật khẩu của %d camera.", code, n),
		fmt.Sprintf("Agent %s cannot open the credentials of %d %s.", code, n, plural(n, "camera", "cameras")))
}

func troubleText(code, trouble string) plan.Text {
	return both(
		fmt.Sprintf("Không đưa được danh sách camera mới cho thiết bị %s. Lý do: %s.", code, bare(trouble)),
		fmt.Sprintf("Agent %s keeps the list of cameras that it has. The reason: %s.", code, bare(trouble)))
}

func notTakenText(code string) plan.Text {
	return both(
		fmt.Sprintf("Thiết bị %s vẫn làm theo danh sách camera cũ.", code),
		fmt.Sprintf("Agent %s still works from an older list of cameras.", code))
}

func listRefusedText(code string, n int) plan.Text {
	return both(
		fmt.Sprintf("Thiết bị %s không dò được %d camera trong danh sách của nó.", code, n),
		fmt.Sprintf("Agent %s cannot watch %d %s of its list.", code, n, plural(n, "camera", "cameras")))
}

func asideText(code string, q *Aside) plan.Text {
	return both(
		fmt.Sprintf("Khu cách ly giữ %d mục của thiết bị %s. Lý do mới nhất: %s.", q.Entries, code, bare(q.Reason)),
		fmt.Sprintf("The quarantine holds %d %s of agent %s. The newest reason: %s.", q.Entries, plural(q.Entries, "entry", "entries"), code, bare(q.Reason)))
}

func gapText(code string, g *Gaps) plan.Text {
	return both(
		fmt.Sprintf("Thiết bị %s báo mất %d bản ghi trong 7 ngày qua.", code, g.Records),
		fmt.Sprintf("Agent %s declared %d %s lost within the last 7 days.", code, g.Records, plural(int(g.Records), "record", "records")))
}

func fullText(code string, v *wire.Vitals) plan.Text {
	of := both("", "")
	if v.Disk.Known {
		of = both(fmt.Sprintf(" trên %d MiB", v.Disk.Value), fmt.Sprintf(" of %d MiB", v.Disk.Value))
	}
	return both(
		fmt.Sprintf("Ổ đĩa giữ hàng đợi của thiết bị %s còn %d MiB%s.", code, v.Free.Value, of.VI),
		fmt.Sprintf("On the disk with the spool of agent %s %d MiB%s are free.", code, v.Free.Value, of.EN))
}

func hotText(code string, celsius int64) plan.Text {
	return both(
		fmt.Sprintf("Bộ xử lý của thiết bị %s nóng %d °C.", code, celsius),
		fmt.Sprintf("The processor of agent %s has %d °C.", code, celsius))
}

func voltageText(code string) plan.Text {
	return both(
		fmt.Sprintf("Thiết bị %s báo điện áp nguồn quá thấp.", code),
		fmt.Sprintf("Agent %s says that its supply has too little voltage.", code))
}

func weakText(code string) plan.Text {
	return both(
		fmt.Sprintf("Thiết bị %s đã có lúc thiếu điện áp từ khi khởi động.", code),
		fmt.Sprintf("Agent %s has had too little voltage at times since its start.", code))
}

func lateText(m Milestone, n int, due plan.Date) plan.Text {
	vi, en := "lắp", "installed"
	if m == Accepted {
		vi, en = "nghiệm thu", "accepted"
	}
	return both(
		fmt.Sprintf("%d camera quá hạn %s, sớm nhất phải xong ngày %s.", n, vi, day(due)),
		fmt.Sprintf("%d %s not %s in time, the first of them due on %s.", n, plural(n, "camera was", "cameras were"), en, due))
}

func hidesText(code string, n int) plan.Text {
	return both(
		fmt.Sprintf("%d camera trong đợt bảo trì %s đã hỏng từ trước khi bảo trì và vẫn hỏng.", n, code),
		fmt.Sprintf("%d %s in maintenance window %s fell before it began and %s still down.", n, plural(n, "camera", "cameras"), code, plural(n, "is", "are")))
}

func windowLateText(code string) plan.Text {
	return both(
		fmt.Sprintf("Đợt bảo trì %s được khai sau khi đã bắt đầu.", code),
		fmt.Sprintf("Maintenance window %s was declared after it had begun.", code))
}
