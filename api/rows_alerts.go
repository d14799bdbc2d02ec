package api

import (
	"strings"
	"time"
)

// AlertList is the answer of /alerts.
type AlertList struct {
	Head
	Count AlertCount `json:"count" doc:"Alerts of the list by severity"`
	Items []AlertRow `json:"items" doc:"The worst first, then those that last longest, then those of which nobody knows since when"`
}

// AlertCount counts alerts by severity.
type AlertCount struct {
	Critical int `json:"critical"`
	Warning  int `json:"warning"`
	Notice   int `json:"notice"`
}

// AlertRow is one condition that needs somebody now.
type AlertRow struct {
	ID       string     `json:"id" doc:"The same as long as the condition lasts: of kind, code and since"`
	Kind     string     `json:"kind" doc:"docs/alerts.md lists the kinds"`
	Name     Text       `json:"name" doc:"Of the kind"`
	Severity string     `json:"severity" enum:"critical,warning,notice" doc:"critical: now; warning: today; notice: this week"`
	Thing    string     `json:"thing" enum:"hub,agent,site,section,camera,area,window" doc:"What it is about"`
	Code     string     `json:"code,omitempty" doc:"Of that thing; of a section its route and chainages; absent for the hub"`
	Since    *time.Time `json:"since,omitempty" doc:"Absent when nobody knows"`
	Text     Text       `json:"text" doc:"What is so"`
	Do       Text       `json:"do" doc:"What to do about it"`
	Fault    string     `json:"fault,omitempty" doc:"Why the camera is down, or most of those that fell together"`
	FellOn   string     `json:"fell_on,omitempty" doc:"Rung of the ladder on which the probe fell"`
	Site     *Ref       `json:"site,omitempty" doc:"Of the cameras; absent when they have several, or none"`
	Area     *Ref       `json:"area,omitempty" doc:"Commune of the cameras; absent when they lie in several"`
	Route    *Ref       `json:"route,omitempty" doc:"Of the cameras; absent when they have several, or none"`
	Agent    string     `json:"agent,omitempty" doc:"Of the cameras; absent when they have several"`
	Cameras  []string   `json:"cameras" doc:"Cameras that it is about, or explains"`
}

func orNone(r *Ref) Ref {
	if r == nil {
		return Ref{}
	}
	return *r
}

// Table gives a row for each alert.
func (l *AlertList) Table() Table {
	t := Table{Name: Text{VI: "Cảnh báo", EN: "Alerts"}, Columns: []Column{
		column("severity", "Mức độ", "Severity"), column("kind", "Loại", "Kind"), column("name_vi", "Tên loại (tiếng Việt)", "Name (Vietnamese)"), column("name_en", "Tên loại (tiếng Anh)", "Name (English)"),
		column("since", "Từ (UTC)", "Since (UTC)"), column("thing", "Đối tượng", "Thing"), column("code", "Mã", "Code"),
		column("text_vi", "Tình trạng (tiếng Việt)", "What is so (Vietnamese)"), column("text_en", "Tình trạng (tiếng Anh)", "What is so (English)"),
		column("do_vi", "Việc cần làm (tiếng Việt)", "What to do (Vietnamese)"), column("do_en", "Việc cần làm (tiếng Anh)", "What to do (English)"),
		column("fault", "Lỗi", "Fault"), column("fell_on", "Hỏng ở bước", "Fell on"), column("site", "Mã điểm", "Code of the site"), column("site_name", "Điểm", "Site"),
		column("area", "Mã địa bàn", "Code of the area"), column("area_name", "Địa bàn", "Area"), column("route", "Mã tuyến", "Code of the route"), column("agent", "Thiết bị", "Agent"),
		column("cameras", "Camera", "Cameras"), column("id", "Mã cảnh báo", "Id"),
	}}
	for i := range l.Items {
		r := &l.Items[i]
		site, area, route := orNone(r.Site), orNone(r.Area), orNone(r.Route)
		t.Rows = append(t.Rows, []any{
			r.Severity, r.Kind, r.Name.VI, r.Name.EN, momentCell(r.Since), r.Thing, r.Code, r.Text.VI, r.Text.EN, r.Do.VI, r.Do.EN, r.Fault, r.FellOn,
			site.Code, site.Name, area.Code, area.Name, route.Code, r.Agent, strings.Join(r.Cameras, " "), r.ID,
		})
	}
	return t
}
