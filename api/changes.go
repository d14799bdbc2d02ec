package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

type changesInput struct {
	Period
	Listing
	CameraFilter
	Since time.Time `query:"since" doc:"Only what was written then or later, such as since a report was made: RFC 3339"`
	Why   string    `query:"why" enum:"first,late,revised" doc:"Only those that are so"`
}

func (s *Server) registerChanges() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listChanges", Method: http.MethodGet, Path: "/api/v1/changes", Tags: []string{"uptime"},
		Summary: "Changes of closed days: what became known after their figures may have been read, newest first",
	}, func(ctx context.Context, in *changesInput) (*answer[ChangeList], error) {
		body, at, err := f.changes(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

// ChangeList is the answer of /changes.
type ChangeList struct {
	Head
	From string `json:"from" doc:"First day"`
	To   string `json:"to" doc:"Last day"`
	Page
	Items []ChangeRow `json:"items"`
}

// ChangeRow is a revision of a closed day.
type ChangeRow struct {
	At       time.Time  `json:"at" doc:"When it was written"`
	Code     string     `json:"code" doc:"Of the camera"`
	Site     Ref        `json:"site"`
	Day      string     `json:"day"`
	Revision int        `json:"revision" doc:"That the day has had since: it had the one before, and with 1 nothing stood there"`
	Why      string     `json:"why" enum:"first,late,revised" doc:"As far as the seconds tell. first: nothing had been known of the day. late: only time that was unknown became known, by evidence that came late. revised: something that was known became something else as well, by evidence of another agent or of a clock that was corrected"`
	Before   DaySeconds `json:"before"`
	After    DaySeconds `json:"after"`
}

// DaySeconds is what a day's timeline counts.
type DaySeconds struct {
	Up       int64 `json:"up_s"`
	Degraded int64 `json:"degraded_s"`
	Down     int64 `json:"down_s"`
	Unknown  int64 `json:"unknown_s"`
	Outages  int   `json:"outages"`
}

func (f *figures) changes(ctx context.Context, in *changesInput) (*ChangeList, time.Time, error) {
	at := f.Now()
	days, _, err := f.period(in.Period, at)
	if err != nil {
		return nil, time.Time{}, err
	}
	pages, err := newPager(ctx, changeList, &in.Listing)
	if err != nil {
		return nil, time.Time{}, err
	}
	meant, err := f.meant(&in.CameraFilter, dateOf(days.Last))
	if err != nil {
		return nil, time.Time{}, err
	}
	q := history.Query{Cameras: []string{}, First: days.First, Last: days.Last}
	for i := range f.Plan.Cameras {
		if c := &f.Plan.Cameras[i]; meant(c) {
			q.Cameras = append(q.Cameras, c.Code)
		}
	}
	where := f.placing(ctx, plan.DateOf(at, f.Plan.Location))
	for c, err := range f.Store.Changes(ctx, q, in.Since) {
		if err != nil {
			return nil, time.Time{}, err
		}
		if row := f.changeRow(&c, where); in.Why == "" || row.Why == in.Why {
			pages.add(&row)
		}
	}
	body := &ChangeList{From: days.First.String(), To: days.Last.String()}
	body.Items, body.Page = pages.rows()
	return body, at, nil
}

func (f *figures) changeRow(c *history.Change, where placing) ChangeRow {
	return ChangeRow{
		At: c.At.UTC(), Code: c.Camera, Site: f.siteOf(c.Camera, where), Day: c.Day.String(), Revision: c.Revision, Why: whyChanged(c),
		Before: daySeconds(&c.Before), After: daySeconds(&c.After),
	}
}

func whyChanged(c *history.Change) string {
	b, a := &c.Before, &c.After
	switch {
	case b.Up+b.Degraded+b.Down == 0:
		return "first"
	case a.Up >= b.Up && a.Degraded >= b.Degraded && a.Down >= b.Down && a.Unknown < b.Unknown:
		return "late"
	}
	return "revised"
}

func daySeconds(c *history.Count) DaySeconds {
	return DaySeconds{Up: c.Up, Degraded: c.Degraded, Down: c.Down, Unknown: c.Unknown, Outages: c.Outages}
}

// changeParts are the columns of changes.
func changeParts() []part[ChangeRow] {
	parts := []part[ChangeRow]{
		{"at", []Column{column("at", "Lúc ghi", "Written at")}, func(r *ChangeRow) []any { return []any{r.At.Format("2006-01-02T15:04:05.000Z07:00")} }},
		{"code", []Column{column("camera", "Mắt camera", "Camera")}, func(r *ChangeRow) []any { return []any{r.Code} }},
		{"site", []Column{column("site", "Mã điểm", "Site"), column("site_name", "Điểm", "Site's name")}, func(r *ChangeRow) []any { return r.Site.cells() }},
		{"day", []Column{column("day", "Ngày", "Day")}, func(r *ChangeRow) []any { return []any{r.Day} }},
		{"revision", []Column{column("revision", "Lần sửa", "Revision")}, func(r *ChangeRow) []any { return []any{r.Revision} }},
		{"why", []Column{column("why", "Vì sao", "Why")}, func(r *ChangeRow) []any { return []any{r.Why} }},
	}
	for _, side := range []struct {
		code, vi, en string
		of           func(*ChangeRow) *DaySeconds
	}{
		{"before", "trước", "before", func(r *ChangeRow) *DaySeconds { return &r.Before }},
		{"after", "sau", "after", func(r *ChangeRow) *DaySeconds { return &r.After }},
	} {
		parts = append(parts, part[ChangeRow]{side.code, []Column{
			column(side.code+"_up_s", "Hoạt động "+side.vi+" (giây)", "Up "+side.en+" (s)"),
			column(side.code+"_degraded_s", "Kém "+side.vi+" (giây)", "Degraded "+side.en+" (s)"),
			column(side.code+"_down_s", "Hỏng "+side.vi+" (giây)", "Down "+side.en+" (s)"),
			column(side.code+"_unknown_s", "Chưa biết "+side.vi+" (giây)", "Unknown "+side.en+" (s)"),
			column(side.code+"_outages", "Số lần hỏng "+side.vi, "Outages "+side.en),
		}, func(r *ChangeRow) []any {
			s := side.of(r)
			return []any{s.Up, s.Degraded, s.Down, s.Unknown, s.Outages}
		}})
	}
	return parts
}

// changeList is newest first. Changes are kept for ever, so a cursor holds for
// ever.
var changeList = &listOf[ChangeRow]{
	id: "changes", name: Text{"Thay đổi của ngày đã khép", "Changes of closed days"}, parts: changeParts(), sort: "-at,-day,-revision,-camera", page: 200,
	key: func(r *ChangeRow) string {
		return fmt.Sprintf("%d %s %d %s", r.At.UnixMilli(), r.Day, r.Revision, r.Code)
	},
}

// Table gives the changes as rows.
func (l *ChangeList) Table() Table { return changeList.table(l.Items, &l.Page) }
