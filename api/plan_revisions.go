package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/revise"
)

// RevisionList is the answer of /plan/revisions.
type RevisionList struct {
	Head
	Items []RevisionRow `json:"items" doc:"The newest first"`
}

// RevisionRow is one revision of the plan.
type RevisionRow struct {
	Number  int       `json:"number" doc:"From 1"`
	At      time.Time `json:"at" doc:"When it was made"`
	Author  string    `json:"author"`
	Reason  string    `json:"reason"`
	Reverts int       `json:"reverts,omitempty" doc:"The revision whose plan this one restores"`
	Added   int       `json:"added" doc:"Rows"`
	Changed int       `json:"changed" doc:"Rows"`
	Removed int       `json:"removed" doc:"Rows"`
	Digest  string    `json:"digest" doc:"SHA-256 of the plan, in hex"`
}

func revisionRow(r plan.Revision) RevisionRow {
	return RevisionRow{r.Number, r.At.UTC(), r.Author, r.Reason, r.Reverts, r.Added, r.Changed, r.Removed, r.Digest}
}

// Table gives a row for each revision.
func (l *RevisionList) Table() Table {
	t := Table{Name: Text{"Các lần sửa kế hoạch", "Revisions of the plan"}, Columns: []Column{
		column("number", "Lần sửa", "Revision"), column("at", "Lúc", "Made"), column("author", "Người sửa", "By"), column("reason", "Lý do", "Why"),
		column("reverts", "Khôi phục lần", "Restores"), column("added", "Dòng thêm", "Rows added"), column("changed", "Dòng đổi", "Rows changed"),
		column("removed", "Dòng bỏ", "Rows removed"), column("digest", "SHA-256", "SHA-256"),
	}}
	for i := range l.Items {
		r := &l.Items[i]
		t.Rows = append(t.Rows, []any{r.Number, momentCell(&r.At), r.Author, r.Reason, nonzero(r.Reverts), r.Added, r.Changed, r.Removed, r.Digest})
	}
	return t
}

// RevisionAnswer is a revision, and how it differs from the one before.
type RevisionAnswer struct {
	Head
	RevisionRow
	Newest bool         `json:"newest" doc:"Whether none came after it: its ETag is then for If-Match of the next one"`
	Tables []DiffTable  `json:"tables" doc:"Tables of which rows differ from the revision before, in the order of the workbook"`
	Places PlanContents `json:"contents"`
}

// PlanContents counts what is in a plan.
type PlanContents struct {
	Areas    int `json:"areas"`
	Routes   int `json:"routes"`
	Gateways int `json:"gateways"`
	Sites    int `json:"sites"`
	Cameras  int `json:"cameras"`
}

func contentsOf(doc *plan.Document) PlanContents {
	return PlanContents{len(doc.Rows(plan.Areas)), len(doc.Rows(plan.Routes)), len(doc.Rows(plan.Gateways)), len(doc.Rows(plan.Sites)), len(doc.Rows(plan.Cameras))}
}

// Table gives a row for each cell that differs.
func (a *RevisionAnswer) Table() Table { return diffTable(a.Tables) }

type revisionInput struct {
	Conditional
	Number int `path:"number" minimum:"1" maximum:"1000000000"`
	Rows   int `query:"rows" default:"200" minimum:"0" maximum:"2000" doc:"How many rows of each table are told at most; the rest is counted"`
}

// planTag is the tag of a plan: each revision has its own.
func planTag(r plan.Revision) string { return fmt.Sprintf("plan-%d-%.16s", r.Number, r.Digest) }

func (s *Server) registerPlanRevisions() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listPlanRevisions", Method: http.MethodGet, Path: "/api/v1/plan/revisions", Tags: []string{"plan"},
		Summary: "All revisions of the plan: when, by whom, why", Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *Conditional) (*answer[RevisionList], error) {
		if err := f.keepsPlan(); err != nil {
			return nil, err
		}
		all, err := f.Plans.Revisions(ctx)
		if err != nil {
			return nil, err
		}
		list := &RevisionList{Items: make([]RevisionRow, 0, len(all))}
		for _, r := range slices.Backward(all) {
			list.Items = append(list.Items, revisionRow(r))
		}
		return respond(*in, list, f.Now(), f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "getPlanRevision", Method: http.MethodGet, Path: "/api/v1/plan/revisions/{number}", Tags: []string{"plan"},
		Summary: "One revision, and every row in which it differs from the one before; tells exact positions", Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, func(ctx context.Context, in *revisionInput) (*answer[RevisionAnswer], error) {
		r, newest, err := f.revision(ctx, in.Number)
		if err != nil {
			return nil, err
		}
		doc, err := f.Plans.Document(ctx, r.Number)
		if err != nil {
			return nil, err
		}
		before := &plan.Document{}
		if r.Number > 1 {
			if before, err = f.Plans.Document(ctx, r.Number-1); err != nil {
				return nil, err
			}
		}
		body := &RevisionAnswer{RevisionRow: revisionRow(r), Newest: r.Number == newest.Number, Tables: diffTables(plan.DiffRows(before, doc), in.Rows), Places: contentsOf(doc)}
		return read(f, in.Conditional, body, planTag(r))
	})
}

// keepsPlan refuses where the plan is not kept in the database.
func (f *figures) keepsPlan() error {
	if f.Plans != nil && f.Plan.Revision.Number > 0 {
		return nil
	}
	return newProblem(http.StatusConflict,
		"máy chủ này dùng kế hoạch trong một thư mục (--plan), không có các lần sửa: hãy nhập kế hoạch vào cơ sở dữ liệu bằng phukin-hub plan import",
		"this hub works with the plan in a folder (--plan), which has no revisions: import the plan into the database with phukin-hub plan import")
}

// revision finds a revision, and the newest one.
func (f *figures) revision(ctx context.Context, number int) (r, newest plan.Revision, err error) {
	if err := f.keepsPlan(); err != nil {
		return r, newest, err
	}
	all, err := f.Plans.Revisions(ctx)
	if err != nil {
		return r, newest, err
	}
	i := slices.IndexFunc(all, func(r plan.Revision) bool { return r.Number == number })
	if i < 0 {
		return r, newest, newProblem(http.StatusNotFound,
			fmt.Sprintf("không có lần sửa %d; các lần sửa ở /api/v1/plan/revisions", number),
			fmt.Sprintf("there is no revision %d; /api/v1/plan/revisions lists them", number))
	}
	return all[i], all[len(all)-1], nil
}

// newestPlan gives the newest revision of the plan, and its document.
func (f *figures) newestPlan(ctx context.Context) (plan.Revision, *plan.Document, error) {
	if err := f.keepsPlan(); err != nil {
		return plan.Revision{}, nil, err
	}
	r, doc, err := revise.Newest(ctx, f.Plans)
	if err == nil && doc == nil {
		err = errors.New("the plan in force is a revision of a database that holds none")
	}
	return r, doc, err
}
