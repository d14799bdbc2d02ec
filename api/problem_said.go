package api

import (
	"fmt"

	"github.com/phukin/phukin/hub/plan"
)

// What more than one operation refuses.

func notADay(parameter, text string) *problem {
	return invalid(parameter, text, "phải là ngày có trong lịch, viết như 2026-11-24", "must be a day of the calendar, written like 2026-11-24")
}

func noArea(code string, on plan.Date) *problem { return noAreaIn("area", code, on) }

func noAreaIn(parameter, code string, on plan.Date) *problem {
	return invalid(parameter, code, fmt.Sprintf("ngày %s kế hoạch không có địa bàn này", on), fmt.Sprintf("is not an area of this plan on %s", on))
}

func tooManyDays(parameter, first string, days, most int) *problem {
	return invalid(parameter, first, fmt.Sprintf("kỳ có %d ngày, được phép nhiều nhất %d", days, most), fmt.Sprintf("the period has %d days, at most %d are allowed", days, most))
}

func tooMany(parameter, value string, figures, most int) *problem {
	return invalid(parameter, value,
		fmt.Sprintf("có %d số liệu, được phép nhiều nhất %d: hãy chọn kỳ ngắn hơn hoặc đoạn dài hơn", figures, most),
		fmt.Sprintf("%d figures, at most %d are allowed: ask for a shorter period or longer pieces", figures, most))
}
