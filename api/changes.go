package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

type changesInput struct {
	Period
	Since  time.Time `query:"since" doc:"Only what was written then or later, such as since a report was made: RFC 3339"`
	Camera string    `query:"camera" doc:"Of this camera alone"`
	Site   string    `query:"site" doc:"Of the cameras of this site"`
	Route  string    `query:"route" doc:"Of the cameras on this route"`
	Area   string    `query:"area" doc:"Of the cameras in the area that has this code on the last day"`
	Limit  int       `query:"limit" default:"200" minimum:"1" maximum:"5000" doc:"So many changes at most"`
	After  string    `query:"after" maxLength:"200" doc:"Go on after a page: its next"`
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
	From  string      `json:"from" doc:"First day"`
	To    string      `json:"to" doc:"Last day"`
	Total int         `json:"total" doc:"Changes that are meant, on all pages"`
	Next  string      `json:"next,omitempty" doc:"Give it as after for the next page; absent on the last one"`
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
	after, err := parseCursor(in.After)
	if err != nil {
		return nil, time.Time{}, invalid("after", in.After, "không chỉ thay đổi nào: hãy đưa next của trang trước, để nguyên", "names no change: give the next of the page before, as it is")
	}
	q := history.Query{Cameras: []string{}, First: days.First, Last: days.Last}
	whose := &outagesInput{Camera: in.Camera, Site: in.Site, Route: in.Route, Area: in.Area}
	for i := range f.Plan.Cameras {
		if c := &f.Plan.Cameras[i]; f.meant(whose, c, dateOf(days.Last)) {
			q.Cameras = append(q.Cameras, c.Code)
		}
	}
	body := &ChangeList{From: days.First.String(), To: days.Last.String(), Items: []ChangeRow{}}
	// The oldest come first: the last ones that are on the page are kept in a ring.
	ring := make([]history.Change, 0, in.Limit)
	kept := 0 // so many would be kept if there was room
	for c, err := range f.Store.Changes(ctx, q, in.Since) {
		if err != nil {
			return nil, time.Time{}, err
		}
		body.Total++
		if after != nil && history.CompareChanges(c, *after) >= 0 {
			continue
		}
		if len(ring) < in.Limit {
			ring = append(ring, c)
		} else {
			ring[kept%in.Limit] = c
		}
		kept++
	}
	where := f.placing(ctx, plan.DateOf(at, f.Plan.Location))
	for i := range ring {
		c := &ring[(kept-1-i)%in.Limit]
		body.Items = append(body.Items, f.changeRow(c, where))
		if i == len(ring)-1 && kept > in.Limit {
			body.Next = cursorOf(c)
		}
	}
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

// cursorOf names a change: its moment, day, revision and camera. Changes are kept
// for ever, so a cursor holds for ever.
func cursorOf(c *history.Change) string {
	return fmt.Sprintf("%d_%d_%d_%s", c.At.UnixMilli(), c.Day, c.Revision, c.Camera)
}

// parseCursor reads what cursorOf wrote, nil for none.
func parseCursor(text string) (*history.Change, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.SplitN(text, "_", 4)
	if len(parts) < 4 || parts[3] == "" {
		return nil, fmt.Errorf("%q names no change", text)
	}
	var n [3]int64
	for i := range n {
		bits := 32
		if i == 0 {
			bits = 64
		}
		v, err := strconv.ParseInt(parts[i], 10, bits)
		if err != nil {
			return nil, fmt.Errorf("%q names no change", text)
		}
		n[i] = v
	}
	return &history.Change{At: time.UnixMilli(n[0]), Day: history.DayNumber(n[1]), Revision: int(n[2]), Camera: parts[3]}, nil
}

// Table gives the changes as rows.
func (l *ChangeList) Table() Table {
	t := Table{
		Name: Text{"Thay đổi của ngày đã khép", "Changes of closed days"},
		Columns: []Column{
			{Code: "at", Name: Text{"Lúc ghi", "Written at"}},
			{Code: "camera", Name: Text{"Mắt camera", "Camera"}},
			{Code: "site", Name: Text{"Mã điểm", "Site"}},
			{Code: "site_name", Name: Text{"Điểm", "Site's name"}},
			{Code: "day", Name: Text{"Ngày", "Day"}},
			{Code: "revision", Name: Text{"Lần sửa", "Revision"}},
			{Code: "why", Name: Text{"Vì sao", "Why"}},
		},
		Rows: make([][]any, len(l.Items)),
	}
	for _, side := range []struct{ code, vi, en string }{{"before", "trước", "before"}, {"after", "sau", "after"}} {
		t.Columns = append(t.Columns,
			Column{Code: side.code + "_up_s", Name: Text{"Hoạt động " + side.vi + " (giây)", "Up " + side.en + " (s)"}},
			Column{Code: side.code + "_degraded_s", Name: Text{"Kém " + side.vi + " (giây)", "Degraded " + side.en + " (s)"}},
			Column{Code: side.code + "_down_s", Name: Text{"Hỏng " + side.vi + " (giây)", "Down " + side.en + " (s)"}},
			Column{Code: side.code + "_unknown_s", Name: Text{"Chưa biết " + side.vi + " (giây)", "Unknown " + side.en + " (s)"}},
			Column{Code: side.code + "_outages", Name: Text{"Số lần hỏng " + side.vi, "Outages " + side.en}},
		)
	}
	for i := range l.Items {
		r := &l.Items[i]
		row := []any{r.At.Format("2006-01-02T15:04:05.000Z07:00"), r.Code, r.Site.Code, r.Site.Name, r.Day, r.Revision, r.Why}
		for _, s := range []*DaySeconds{&r.Before, &r.After} {
			row = append(row, int(s.Up), int(s.Degraded), int(s.Down), int(s.Unknown), s.Outages)
		}
		t.Rows[i] = row
	}
	return t
}
