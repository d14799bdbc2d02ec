package rollout

import (
	"fmt"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

// This file holds the sentences that say what to do about a discrepancy.

// day writes a day as Vietnamese documents do.
func day(d plan.Date) string { return d.Start(time.UTC).Format("02/01/2006") }

func (d *finder) neverSeen(c *plan.Camera, enrolled bool) plan.Text {
	if !enrolled {
		return plan.Text{
			VI: fmt.Sprintf("Khai đã lắp ngày %s, nhưng chưa thiết bị nào báo về camera này: kiểm tra thiết bị %s có chạy và có camera này trong danh sách không; nếu chưa lắp thì bỏ ngày lắp đặt trong kế hoạch.", day(c.Installed), c.Agent),
			EN: fmt.Sprintf("Claimed installed on %s, but no agent ever reported it: see whether agent %s runs and has the camera in its list; if it is not there, take the day of installation out of the plan.", c.Installed, c.Agent),
		}
	}
	return plan.Text{
		VI: fmt.Sprintf("Khai đã lắp ngày %s, thiết bị %s có báo về nhưng chưa lần nào thấy hình: đến nơi chạy “phukin-agent check” để biết vướng ở bậc nào (cáp, địa chỉ, mật khẩu, luồng).", day(c.Installed), c.Agent),
		EN: fmt.Sprintf("Claimed installed on %s, and agent %s reports it, but its stream was never seen: run “phukin-agent check” at the place to learn on which rung it falls (cable, address, password, stream).", c.Installed, c.Agent),
	}
}

func (d *finder) unclaimed(c *plan.Camera, verified plan.Date) plan.Text {
	return plan.Text{
		VI: fmt.Sprintf("Đã thấy hình từ ngày %s mà kế hoạch chưa khai đã lắp: ghi ngày lắp đặt vào kế hoạch, hoặc kiểm tra địa chỉ luồng có phải của camera khác không.", day(verified)),
		EN: fmt.Sprintf("Its stream was seen from %s on, and the plan does not claim that it is installed: enter the day of installation, or see whether the address is that of another camera.", verified),
	}
}

func (d *finder) notYetPlanned(c *plan.Camera) plan.Text {
	return plan.Text{
		VI: fmt.Sprintf("Thiết bị đã báo về, nhưng đến ngày %s camera mới vào kế hoạch: sửa ngày đưa vào kế hoạch, hoặc bỏ camera khỏi danh sách của thiết bị cho đến ngày đó.", day(c.Planned)),
		EN: fmt.Sprintf("An agent reported it, but it enters the plan on %s only: mend that day, or take the camera out of the agent's list until then.", c.Planned),
	}
}

func (d *finder) unknownCamera(code string) plan.Text {
	return plan.Text{
		VI: fmt.Sprintf("Có thiết bị báo về mã %s mà kế hoạch không có: thêm camera vào kế hoạch, hoặc sửa mã trong cấu hình của thiết bị.", code),
		EN: fmt.Sprintf("An agent reported the code %s, which the plan does not have: add the camera to the plan, or mend the code in the agent's configuration.", code),
	}
}

func (d *finder) otherPicture(c *plan.Camera, s *history.Seen) plan.Text {
	measured := dateOf(history.DayOf(s.MeasuredAt, d.plan.Location))
	t := plan.Text{
		VI: fmt.Sprintf("Kế hoạch ghi %d×%d, đo được %d×%d (lần đo gần nhất: %s): ", c.Width, c.Height, s.Width, s.Height, day(measured)),
		EN: fmt.Sprintf("The plan says %d×%d, measured were %d×%d (last on %s): ", c.Width, c.Height, s.Width, s.Height, measured),
	}
	switch {
	case s.Width == c.Height && s.Height == c.Width:
		t.VI += "hình bị xoay; chỉnh lại trên camera hoặc đổi rộng và cao trong kế hoạch."
		t.EN += "the picture is turned; set it right in the camera, or swap width and height in the plan."
	case s.Width*s.Height < c.Width*c.Height:
		t.VI += "đặt luồng chính đúng độ phân giải trên camera (có thể đang dùng luồng phụ), hoặc sửa kế hoạch; chừng nào chưa sửa, độ phủ tính theo số đo được."
		t.EN += "set the main stream to what was planned (this may be the sub-stream), or mend the plan; until then coverage counts what was measured."
	default:
		t.VI += "tốt hơn hoặc khác kế hoạch; sửa kế hoạch theo số đo được."
		t.EN += "better than planned, or just different; mend the plan by what was measured."
	}
	return t
}

func (d *finder) dead(c *plan.Camera, since plan.Date) plan.Text {
	return plan.Text{
		VI: fmt.Sprintf("Đã nghiệm thu ngày %s nhưng không hoạt động từ ngày %s (%d ngày): cử người đến sửa; xem lỗi ở danh sách camera, báo đơn vị bảo hành nếu còn hạn.", day(c.Accepted), day(since), int(d.on-since)+1),
		EN: fmt.Sprintf("Accepted on %s, and down since %s (%d days): send somebody; the list of cameras says which fault it is; call on the warranty if there is one.", c.Accepted, since, int(d.on-since)+1),
	}
}

func (d *finder) silent(c *plan.Camera, since plan.Date) plan.Text {
	return plan.Text{
		VI: fmt.Sprintf("Đã nghiệm thu ngày %s nhưng không ai dò từ ngày %s (%d ngày), nên không biết có hoạt động không: kiểm tra thiết bị %s (điện, mạng) và danh sách camera của nó.", day(c.Accepted), day(since), int(d.on-since)+1, c.Agent),
		EN: fmt.Sprintf("Accepted on %s, and nobody looked since %s (%d days), so nobody knows whether it works: see to agent %s (power, network) and its list of cameras.", c.Accepted, since, int(d.on-since)+1, c.Agent),
	}
}

func (d *finder) retiredSeen(c *plan.Camera, last plan.Date) plan.Text {
	return plan.Text{
		VI: fmt.Sprintf("Kế hoạch ghi ngừng sử dụng từ ngày %s nhưng ngày %s vẫn thấy hình: tháo camera hoặc bỏ khỏi danh sách của thiết bị %s; nếu vẫn dùng thì bỏ ngày ngừng sử dụng.", day(c.Retired), day(last), c.Agent),
		EN: fmt.Sprintf("Retired on %s by the plan, and its stream was seen on %s: take it down, or out of the list of agent %s; if it is in use, take the day of retirement out of the plan.", c.Retired, last, c.Agent),
	}
}

func (d *finder) doubleAddress(others []string, oneStream bool) plan.Text {
	list := strings.Join(others, ", ")
	if oneStream {
		return plan.Text{
			VI: fmt.Sprintf("Trùng địa chỉ luồng với %s, nên một camera bị đếm nhiều lần: ghi địa chỉ riêng cho từng camera, hoặc bỏ bớt khỏi kế hoạch.", list),
			EN: fmt.Sprintf("It has the stream address of %s, so one camera is counted more than once: give each its own address, or take what is too much out of the plan.", list),
		}
	}
	return plan.Text{
		VI: fmt.Sprintf("Địa chỉ luồng là luồng khác của cùng một mắt với %s (luồng chính và luồng phụ), nên một camera bị đếm nhiều lần: giữ một, bỏ bớt khỏi kế hoạch.", list),
		EN: fmt.Sprintf("Its address is another stream of the same lens as %s (main and sub-stream), so one camera is counted more than once: keep one, and take the others out of the plan.", list),
	}
}
