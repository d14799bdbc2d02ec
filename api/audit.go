package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/plan"
)

// AuditList is the answer of /audit.
type AuditList struct {
	Head
	Page
	Items []AuditRow `json:"items"`
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

// auditList is newest first.
var auditList = &listOf[AuditRow]{
	id: "audit", name: Text{"Nhật ký", "Audit log"}, sort: "-id", page: 200, key: func(r *AuditRow) string { return strconv.FormatInt(r.ID, 10) },
	parts: []part[AuditRow]{
		one("id", column("id", "Số", "Number"), func(r *AuditRow) any { return r.ID }),
		one("at", column("at", "Lúc", "When"), func(r *AuditRow) any { return r.At.Format(time.RFC3339) }),
		one("who", column("who", "Ai", "Who"), func(r *AuditRow) any { return r.Who }),
		one("via", column("via", "Bằng", "Via"), func(r *AuditRow) any { return r.Via }),
		one("operation", column("operation", "Việc", "Operation"), func(r *AuditRow) any { return r.Operation }),
		one("what", column("what", "Nội dung", "What"), func(r *AuditRow) any { return r.What }),
		one("from", column("from", "Từ", "From"), func(r *AuditRow) any { return r.From }),
		one("status", column("status", "Kết quả", "Status"), func(r *AuditRow) any { return r.Status }),
		one("count", column("count", "Số lần", "Count"), func(r *AuditRow) any { return r.Count }),
		one("last", column("last", "Lần cuối", "Last"), func(r *AuditRow) any { return r.Last.Format(time.RFC3339) }),
	},
}

// Table gives a row for each entry.
func (l *AuditList) Table() Table { return auditList.table(l.Items, &l.Page) }

type auditInput struct {
	Conditional
	Listing
	Who       string `query:"who" maxLength:"200" doc:"Only those of this user or token"`
	Operation string `query:"operation" maxLength:"64" doc:"Only those of this operation"`
	From      string `query:"from" doc:"First day, yyyy-mm-dd"`
	To        string `query:"to" doc:"Last day, yyyy-mm-dd"`
}

func (s *Server) registerAudit() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listAudit", Method: http.MethodGet, Path: "/api/v1/audit", Tags: []string{"accounts"},
		Summary: "Who did what, when and from where: every change, every file that went out, every login; the newest first",
	}, func(ctx context.Context, in *auditInput) (*answer[AuditList], error) {
		pages, err := newPager(ctx, auditList, &in.Listing)
		if err != nil {
			return nil, err
		}
		q := account.Query{Who: in.Who, Operation: in.Operation, Limit: account.MostEntries}
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
		list := &AuditList{}
		if list.Items, list.Page, err = f.audit(ctx, pages, q); err != nil {
			return nil, err
		}
		return respond(in.Conditional, list, f.Now(), f.Plan.Simulated)
	})
}

// audit gives a page of the entries that are wanted. Those of a page by number
// are read alone.
func (f *figures) audit(ctx context.Context, pages *pager[AuditRow], q account.Query) ([]AuditRow, Page, error) {
	total, err := f.Accounts.AuditCount(ctx, q)
	if err != nil {
		return nil, Page{}, err
	}
	byNumber := pages.spec == auditList.sort
	if byNumber && pages.after != nil {
		if at := pages.after.values[0]; at.kind == sortNumber && at.number >= 1 && at.number < 1<<53 {
			q.Before = int64(at.number)
		}
	}
	for {
		entries, err := f.Accounts.Audit(ctx, q)
		if err != nil {
			return nil, Page{}, err
		}
		for i := range entries {
			row := auditRow(&entries[i])
			pages.add(&row)
		}
		if len(entries) < q.Limit || byNumber && len(pages.held) > pages.limit {
			rows, about := pages.rows()
			about.Total = total
			return rows, about, nil
		}
		q.Before = entries[len(entries)-1].ID
	}
}

func auditRow(e *account.Entry) AuditRow {
	return AuditRow{
		ID: e.ID, At: e.At.UTC(), Who: e.Who, Via: string(e.Via), Operation: e.Operation, What: e.What, From: e.From,
		Status: e.Status, Count: e.Count, Last: e.Last.UTC(),
	}
}
