package api

import (
	"slices"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/alert"
)

// AlertList is the answer of /alerts.
type AlertList struct {
	Head
	Page
	Count AlertCount `json:"count" doc:"Alerts of the list by severity, on all pages"`
	Items []AlertRow `json:"items" doc:"Unless sort says otherwise the worst first, then those that last longest, then those of which nobody knows since when"`
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

// alertList has the worst first, then what lasts longest.
var alertList = &listOf[AlertRow]{
	id: "alerts", name: Text{VI: "Cảnh báo", EN: "Alerts"}, sort: "severity,since", key: func(r *AlertRow) string { return r.ID },
	orders: map[string]func(*AlertRow) any{
		"severity": func(r *AlertRow) any { return slices.Index(alert.Severities(), alert.Severity(r.Severity)) },
	},
	parts: []part[AlertRow]{
		one("severity", column("severity", "Mức độ", "Severity"), func(r *AlertRow) any { return r.Severity }),
		one("kind", column("kind", "Loại", "Kind"), func(r *AlertRow) any { return r.Kind }),
		words("name", "Tên loại", "Name", func(r *AlertRow) Text { return r.Name }),
		one("since", column("since", "Từ (UTC)", "Since (UTC)"), func(r *AlertRow) any { return momentCell(r.Since) }),
		one("thing", column("thing", "Đối tượng", "Thing"), func(r *AlertRow) any { return r.Thing }),
		one("code", column("code", "Mã", "Code"), func(r *AlertRow) any { return r.Code }),
		words("text", "Tình trạng", "What is so", func(r *AlertRow) Text { return r.Text }),
		words("do", "Việc cần làm", "What to do", func(r *AlertRow) Text { return r.Do }),
		one("fault", column("fault", "Lỗi", "Fault"), func(r *AlertRow) any { return r.Fault }),
		one("fell_on", column("fell_on", "Hỏng ở bước", "Fell on"), func(r *AlertRow) any { return r.FellOn }),
		{"site", []Column{column("site", "Mã điểm", "Code of the site"), column("site_name", "Điểm", "Site")}, func(r *AlertRow) []any { return r.Site.cells() }},
		{"area", []Column{column("area", "Mã địa bàn", "Code of the area"), column("area_name", "Địa bàn", "Area")}, func(r *AlertRow) []any { return r.Area.cells() }},
		one("route", column("route", "Mã tuyến", "Code of the route"), func(r *AlertRow) any { return r.Route.cells()[0] }),
		one("agent", column("agent", "Thiết bị xã", "Agent"), func(r *AlertRow) any { return r.Agent }),
		one("cameras", column("cameras", "Camera", "Cameras"), func(r *AlertRow) any { return strings.Join(r.Cameras, " ") }),
		one("id", column("id", "Mã cảnh báo", "Id"), func(r *AlertRow) any { return r.ID }),
	},
}

// words is a part of two columns, one for each language.
func words[R any](field, vi, en string, of func(*R) Text) part[R] {
	return part[R]{field, []Column{column(field+"_vi", vi+" (tiếng Việt)", en+" (Vietnamese)"), column(field+"_en", vi+" (tiếng Anh)", en+" (English)")}, func(r *R) []any {
		return []any{of(r).VI, of(r).EN}
	}}
}

// Table gives a row for each alert.
func (l *AlertList) Table() Table { return alertList.table(l.Items, &l.Page) }
