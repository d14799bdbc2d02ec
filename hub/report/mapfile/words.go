package mapfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// stateName gives the words for a state.
func stateName(s coverage.State) plan.Text {
	switch s {
	case coverage.Planned:
		return plan.Text{VI: "theo kế hoạch", EN: "planned"}
	case coverage.Installed:
		return plan.Text{VI: "đã lắp đặt (theo khai báo)", EN: "installed (claimed)"}
	case coverage.Accepted:
		return plan.Text{VI: "đã nghiệm thu (theo khai báo)", EN: "accepted (claimed)"}
	default:
		return plan.Text{VI: "đang hoạt động", EN: "working now"}
	}
}

// kind is how a stretch of a route is drawn.
type kind int

const (
	open       kind = iota // its section is not controlled
	controlled             // its section is controlled, but it is not in view
	inView
)

var kindCodes = [...]string{"not_controlled", "controlled", "in_view"}

var kindNames = [...]plan.Text{
	{VI: "Không được kiểm soát", EN: "not controlled"},
	{VI: "Được kiểm soát", EN: "controlled (seen once between two junctions)"},
	{VI: "Trong tầm quan sát", EN: "in view"},
}

// statusName gives the words for a status.
func statusName(code string) plan.Text {
	return plan.Text{VI: wire.Texts(wire.VI).Statuses[code], EN: wire.Texts(wire.EN).Statuses[code]}
}

// decimal writes a number in the Vietnamese way: 1.234,5.
func decimal(v float64, digits int) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', digits, 64)
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "." + whole[i:]
	}
	if rest != "" {
		whole += "," + rest
	}
	if v < 0 && strings.Trim(s, "0.") != "" {
		return "-" + whole
	}
	return whole
}

// kilometres writes a length in millimetres, with the share of it in the whole.
func kilometres(part, whole int64) string {
	km := decimal(float64(part)/1e6, 1) + " km"
	if whole == 0 {
		return km
	}
	return fmt.Sprintf("%s · %s %%", km, decimal(100*float64(part)/float64(whole), 1))
}

// asOf says when the map holds, and of which plan.
func (m *Map) asOf() string {
	var parts []string
	if !m.At.IsZero() {
		parts = append(parts, "Lúc "+m.At.In(m.Plan.Location).Format("15:04 02/01/2006"))
	}
	plan := "kế hoạch đọc từ tệp"
	if n := m.Plan.Revision.Number; n > 0 {
		plan = "kế hoạch lần sửa " + strconv.Itoa(n)
	}
	if len(parts) == 0 {
		plan = "K" + plan[1:]
	}
	parts = append(parts, plan)
	return strings.Join(append(parts, m.where()...), " · ")
}

// where names what the map is restricted to.
func (m *Map) where() []string {
	var parts []string
	if m.Area != "" && m.Area != m.Plan.Root {
		name := m.Area
		if a := m.Plan.AreaOn(m.Area, m.Today); a != nil {
			name = strings.TrimSpace(a.Kind + " " + a.Name)
		}
		parts = append(parts, name)
	}
	if r := m.Plan.Route(m.Route); r != nil {
		parts = append(parts, "tuyến "+r.Code+" "+r.Name)
	}
	return parts
}
