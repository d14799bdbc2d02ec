package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/plan"
)

// AuditList is the answer of /audit.
type AuditList struct {
	Head
	Items []AuditRow `json:"items"`
	Next  *int64     `json:"next,omitempty" doc:"For before, to get older entries; absent at the end"`
}

// AuditRow is one act: who, when, what, from where.
type AuditRow struct {
	ID        int64     `json:"id"`
	At        time.Time `json:"at"`
	Who       string    `json:"who,omitempty" doc:"User, or token with its id; absent for anybody"`
	Via       string    `json:"via" enum:"session,token,open,none,command"`
	Operation string    `json:"operation" doc:"An operationId, or login, logout, setUpPassword, printSetUpLink, or a command"`
	What      string    `json:"what"`
	From      string    `json:"from" doc:"Address it came from; a network for what is counted together"`
	Status    int       `json:"status" doc:"Of HTTP; 0 if it never ended"`
	Count     int       `json:"count" doc:"Acts; more than 1 where like ones of an hour are counted together"`
	Last      time.Time `json:"last" doc:"The newest of them"`
}

// Table gives a row for each entry.
func (l *AuditList) Table() Table {
	t := Table{Name: Text{"Nhật ký", "Audit log"}, Columns: []Column{
		{Code: "id", Name: Text{"Số", "Number"}}, {Code: "at", Name: Text{"Lúc", "When"}}, {Code: "who", Name: Text{"Ai", "Who"}},
		{Code: "via", Name: Text{"Bằng", "Via"}}, {Code: "operation", Name: Text{"Việc", "Operation"}}, {Code: "what", Name: Text{"Nội dung", "What"}},
		{Code: "from", Name: Text{"Từ", "From"}}, {Code: "status", Name: Text{"Kết quả", "Status"}}, {Code: "count", Name: Text{"Số lần", "Count"}},
		{Code: "last", Name: Text{"Lần cuối", "Last"}},
	}}
	for i := range l.Items {
		r := &l.Items[i]
		t.Rows = append(t.Rows, []any{int(r.ID), r.At.Format(time.RFC3339), r.Who, r.Via, r.Operation, r.What, r.From, r.Status, r.Count, r.Last.Format(time.RFC3339)})
	}
	return t
}

type auditInput struct {
	Conditional
	Before    int64  `query:"before" minimum:"0" doc:"Only entries with a lower number: next of the answer before"`
	Who       string `query:"who" maxLength:"200" doc:"Only those of this user or token"`
	Operation string `query:"operation" maxLength:"64" doc:"Only those of this operation"`
	From      string `query:"from" doc:"First day, yyyy-mm-dd"`
	To        string `query:"to" doc:"Last day, yyyy-mm-dd"`
	Limit     int    `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"So many entries, the newest"`
}

func (s *Server) registerAudit() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listAudit", Method: http.MethodGet, Path: "/api/v1/audit", Tags: []string{"accounts"},
		Summary: "Who did what, when and from where: every change, every file that went out, every login; the newest first",
	}, func(ctx context.Context, in *auditInput) (*answer[AuditList], error) {
		q := account.Query{Before: in.Before, Who: in.Who, Operation: in.Operation, Limit: in.Limit + 1}
		if in.Limit == account.MostEntries {
			q.Limit = in.Limit
		}
		for _, d := range []struct {
			name, text string
			days       plan.Date
			at         *time.Time
		}{{"from", in.From, 0, &q.From}, {"to", in.To, 1, &q.To}} {
			if d.text == "" {
				continue
			}
			date, err := plan.ParseDate(d.text)
			if err != nil {
				return nil, notADay(d.name, d.text)
			}
			*d.at = (date + d.days).Start(f.Plan.Location)
		}
		entries, err := f.Accounts.Audit(ctx, q)
		if err != nil {
			return nil, err
		}
		list := &AuditList{Items: []AuditRow{}}
		for i := range entries[:min(len(entries), in.Limit)] {
			list.Items = append(list.Items, auditRow(&entries[i]))
		}
		if n := len(list.Items); len(entries) > n || n == account.MostEntries {
			list.Next = &list.Items[n-1].ID
		}
		return respond(in.Conditional, list, f.Now(), f.Plan.Simulated)
	})
}

func auditRow(e *account.Entry) AuditRow {
	return AuditRow{
		ID: e.ID, At: e.At.UTC(), Who: e.Who, Via: string(e.Via), Operation: e.Operation, What: e.What, From: e.From,
		Status: e.Status, Count: e.Count, Last: e.Last.UTC(),
	}
}
