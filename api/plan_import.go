package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/revise"
)

// MadeAnswer is a revision that was made.
type MadeAnswer struct {
	Head
	RevisionRow
	Retired  []string     `json:"retired,omitempty" doc:"Codes of cameras that were retired because they were missing although there is evidence of them"`
	Contents PlanContents `json:"contents"`
}

type importInput struct {
	Matching
	ContentType string `header:"Content-Type" hidden:"true"`
	Reason      string `query:"reason" maxLength:"300" doc:"Why, in one line, such as the number of a document. Required, here or in a field of a form"`
	Retire      bool   `query:"retire" doc:"Cameras that are missing but have evidence are retired today in place of being refused"`
	Strict      bool   `query:"strict" doc:"Refuse what only looks wrong as well"`
	RawBody     []byte `contentType:"application/zip"`
}

type restoreInput struct {
	Matching
	Number int `path:"number" minimum:"1" maximum:"1000000000"`
	Body   *struct {
		Reason string `json:"reason,omitempty" maxLength:"300" doc:"Why, in one line; left out: that this revision is restored"`
	}
}

// planErrors are statuses of operations that make a revision.
var planErrors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired}

func (s *Server) registerPlanImport() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "importPlan", Method: http.MethodPost, Path: "/api/v1/plan/revisions", Tags: []string{"plan"},
		Summary:     "Make the next revision of the plan from a workbook: all of it or nothing. It is in force about a second later",
		RequestBody: uploadBody(), SkipValidateBody: true, MaxBodyBytes: maxUpload, BodyReadTimeout: readTimeout, DefaultStatus: http.StatusCreated,
		Errors: append([]int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}, planErrors...),
	}, func(ctx context.Context, in *importInput) (*written[MadeAnswer], error) {
		if err := in.given(); err != nil {
			return nil, err
		}
		u, err := uploadOf(in.ContentType, in.RawBody)
		if err != nil {
			return nil, err
		}
		if in.Reason == "" {
			in.Reason = u.fields["reason"]
		}
		reason, err := reasonOf("query.reason", in.Reason)
		if err != nil {
			return nil, err
		}
		about(ctx, reason)
		leave, err := s.common.reading(ctx)
		if err != nil {
			return nil, err
		}
		defer leave()
		p, err := f.propose(ctx, u, in.Retire, func(base plan.Revision) error { return in.check(planTag(base)) })
		if err != nil {
			return nil, err
		}
		if err := p.refusal(in.Strict); err != nil {
			return nil, err
		}
		made, err := f.commit(ctx, p.Proposal, plan.Revision{Reason: reason})
		if err != nil {
			return nil, err
		}
		about(ctx, fmt.Sprintf("revision %d: %s", made.Number, reason))
		body := &MadeAnswer{RevisionRow: revisionRow(made), Retired: p.retired, Contents: contentsOf(p.Compiled.Document)}
		return wrote(f, body, planTag(made), revisionPath(made))
	})
	register(s, huma.Operation{
		OperationID: "restorePlan", Method: http.MethodPost, Path: "/api/v1/plan/revisions/{number}/restore", Tags: []string{"plan"},
		Summary: "Make the next revision the same as a former one", DefaultStatus: http.StatusCreated,
		Errors: append([]int{http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}, planErrors...),
	}, func(ctx context.Context, in *restoreInput) (*written[MadeAnswer], error) {
		reason := fmt.Sprintf("quay lại lần sửa %d", in.Number)
		if in.Body != nil && in.Body.Reason != "" {
			var err error
			if reason, err = reasonOf("body.reason", in.Body.Reason); err != nil {
				return nil, err
			}
		}
		about(ctx, reason)
		p, err := f.proposeFormer(ctx, in)
		if err != nil {
			return nil, err
		}
		made, err := f.commit(ctx, p.Proposal, plan.Revision{Reason: reason, Reverts: in.Number})
		if err != nil {
			return nil, err
		}
		about(ctx, fmt.Sprintf("revision %d: %s", made.Number, reason))
		return wrote(f, &MadeAnswer{RevisionRow: revisionRow(made), Contents: contentsOf(p.Compiled.Document)}, planTag(made), revisionPath(made))
	})
}

// proposeFormer proposes what a former revision was.
func (f *figures) proposeFormer(ctx context.Context, in *restoreInput) (*proposal, error) {
	former, _, err := f.revision(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	base, old, err := f.newestPlan(ctx)
	if err != nil {
		return nil, err
	}
	if err := in.check(planTag(base)); err != nil {
		return nil, err
	}
	doc, err := f.Plans.Document(ctx, former.Number)
	if err != nil {
		return nil, err
	}
	evidence, err := f.Evidence(ctx)
	if err != nil {
		return nil, err
	}
	p := &proposal{base: base}
	compiled, err := plan.Compile(doc)
	if errors.As(err, &p.faults) { // of an older program, which knew fewer checks
		return nil, p.refusal(false)
	}
	if err != nil {
		return nil, err
	}
	p.Proposal = revise.Propose(base, old, compiled, evidence)
	if len(p.Missing) > 0 {
		const most = 20
		codes := strings.Join(p.Missing[:min(len(p.Missing), most)], ", ")
		return nil, newProblem(http.StatusConflict,
			fmt.Sprintf("lần sửa %d thiếu %d camera đã có bằng chứng (%s): hãy tải nó về, thêm các camera ấy với ngày ngừng dùng, rồi nhập lại", in.Number, len(p.Missing), codes),
			fmt.Sprintf("revision %d lacks %d cameras of which there is evidence (%s): export it, add them with the day of their retirement, and import it", in.Number, len(p.Missing), codes))
	}
	return p, nil
}

// commit makes a revision by who asks.
func (f *figures) commit(ctx context.Context, p *revise.Proposal, r plan.Revision) (plan.Revision, error) {
	r.At, r.Author = f.Now(), byWhom(ctx)
	made, err := p.Commit(ctx, f.Plans, r)
	switch {
	case errors.Is(err, plan.ErrUnchanged):
		return made, newProblem(http.StatusConflict,
			fmt.Sprintf("không có gì thay đổi: kế hoạch vẫn ở lần sửa %d", p.Base.Number),
			fmt.Sprintf("nothing changes: the plan stays at revision %d", p.Base.Number))
	case errors.Is(err, plan.ErrStale):
		newest, nerr := plan.Newest(ctx, f.Plans)
		if nerr != nil {
			return made, nerr
		}
		return made, stale(planTag(newest))
	}
	return made, err
}

func revisionPath(r plan.Revision) string { return fmt.Sprintf("/api/v1/plan/revisions/%d", r.Number) }

// maxReason is how long the reason of a change may be, in characters.
const maxReason = 300

// reasonOf takes the reason of a change: one line.
func reasonOf(at, text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > maxReason || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return "", &problem{status: http.StatusUnprocessableEntity, wrong: []wrong{{at, text, Text{
			fmt.Sprintf("ghi lý do trong một dòng, nhiều nhất %d ký tự, ví dụ số văn bản", maxReason),
			fmt.Sprintf("say why in one line of at most %d characters, such as the number of a document", maxReason)}}}}
	}
	return text, nil
}
