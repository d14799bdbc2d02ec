package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/revise"
)

// PreviewAnswer is what a plan that was sent up would change.
type PreviewAnswer struct {
	Head
	Base         int          `json:"base" doc:"The newest revision, onto which it was put; the answer's ETag is for If-Match of the import"`
	Good         bool         `json:"good" doc:"Whether it would be taken as it is"`
	Faults       []FaultRow   `json:"faults" doc:"What is wrong: nothing is taken before all is right. The first 1000"`
	MoreFaults   int          `json:"more_faults"`
	Warnings     []FaultRow   `json:"warnings" doc:"What does not look right but may be. The first 1000"`
	MoreWarnings int          `json:"more_warnings"`
	PassedOver   []string     `json:"passed_over" doc:"Sheets of the workbook that are no table of a plan"`
	WouldVanish  []string     `json:"would_vanish" doc:"Codes of cameras that are missing although an agent reported them: they are retired with retire=true, or refused"`
	Tables       []DiffTable  `json:"tables" doc:"Tables of which rows would differ, in the order of the workbook; none while there are faults"`
	Contents     PlanContents `json:"contents"`
	Coverage     *EffectRow   `json:"coverage,omitempty" doc:"What it would do to the coverage; absent while there are faults"`
}

// FaultRow is one thing that is wrong in a plan, or looks wrong.
type FaultRow struct {
	Table  string `json:"table,omitempty" doc:"Name of the table in files, such as cameras"`
	Sheet  string `json:"sheet" doc:"Sheet of the workbook, or file of the folder"`
	Row    int    `json:"row,omitempty" doc:"Of the sheet or file, from 1; absent where it is about all of it"`
	Cell   string `json:"cell,omitempty" doc:"In a workbook, such as K17"`
	Column string `json:"column,omitempty" doc:"Name of the column in files"`
	Record string `json:"record,omitempty" doc:"Code of the row, if it has one"`
	Text   Text   `json:"text" doc:"Place, what stands there, and what would be right"`
}

func faultRows(list []plan.Fault) []FaultRow {
	rows := make([]FaultRow, len(list))
	for i, f := range list {
		rows[i] = FaultRow{f.Table(), f.File, f.Line, f.Cell, f.Column, f.Record, Text{f.VI(), f.EN()}}
	}
	return rows
}

// EffectRow is what a plan does to the coverage, by today's plan of cameras.
type EffectRow struct {
	Level  string             `json:"level" doc:"Code of the plan's own coverage level"`
	Total  LengthsChange      `json:"total"`
	Routes []RouteLengthsDiff `json:"routes" doc:"Those of which a length changes by a metre or more"`
}

// RouteLengthsDiff is what a plan does to a route.
type RouteLengthsDiff struct {
	Route string `json:"route" doc:"Code"`
	LengthsChange
}

// LengthsChange is what was and what will be; nothing where the route is not in one
// of the plans.
type LengthsChange struct {
	Was PlanLengths `json:"was"`
	Is  PlanLengths `json:"is"`
}

// PlanLengths are lengths by what the plan says of cameras.
type PlanLengths struct {
	Length             float64 `json:"length_m" doc:"Metres"`
	PlannedInView      float64 `json:"planned_in_view_m" doc:"Metres in view of the cameras that are planned"`
	PlannedControlled  float64 `json:"planned_controlled_m" doc:"Metres of sections that they control"`
	AcceptedInView     float64 `json:"accepted_in_view_m" doc:"Metres in view of the cameras that are accepted"`
	AcceptedControlled float64 `json:"accepted_controlled_m" doc:"Metres of sections that they control"`
}

func planLengths(l revise.Lengths) PlanLengths {
	return PlanLengths{metres(l.Length), metres(l.PlannedInView), metres(l.PlannedControlled), metres(l.AcceptedInView), metres(l.AcceptedControlled)}
}

func lengthsChange(c revise.Change) LengthsChange {
	return LengthsChange{planLengths(c.Before), planLengths(c.After)}
}

type previewInput struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Rows        int    `query:"rows" default:"200" minimum:"0" maximum:"2000" doc:"How many rows of each table are told at most; the rest is counted"`
	Retire      bool   `query:"retire" doc:"Cameras that are missing but have evidence are retired today in place of vanishing"`
	Strict      bool   `query:"strict" doc:"Warnings are faults"`
	RawBody     []byte `contentType:"application/zip"`
}

// proposal is what became of an upload: a plan that is in order, or its faults.
type proposal struct {
	*revise.Proposal // nil while there are faults
	base             plan.Revision
	faults           *plan.Faults
	passed           []string
	retired          []string // cameras that were retired in place of vanishing
}

func (s *Server) registerPlanPreview() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "previewPlan", Method: http.MethodPost, Path: "/api/v1/plan/preview", Tags: []string{"plan"},
		Summary:     "What a workbook would change: faults by sheet and cell, every row that differs, and the effect on coverage. Nothing is written",
		RequestBody: uploadBody(), SkipValidateBody: true, MaxBodyBytes: maxUpload, BodyReadTimeout: readTimeout,
		Errors: []int{http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType},
	}, func(ctx context.Context, in *previewInput) (*written[PreviewAnswer], error) {
		u, err := uploadOf(in.ContentType, in.RawBody)
		if err != nil {
			return nil, err
		}
		leave, err := s.common.reading(ctx)
		if err != nil {
			return nil, err
		}
		defer leave()
		p, err := f.propose(ctx, u, in.Retire, nil)
		if err != nil {
			return nil, err
		}
		body, err := f.preview(p, in)
		if err != nil {
			return nil, err
		}
		return wrote(f, body, planTag(p.base), "")
	})
}

// propose reads an upload, puts it onto the newest revision and checks it. If
// check is given it judges that revision before anything else.
func (f *figures) propose(ctx context.Context, u *upload, retire bool, check func(plan.Revision) error) (*proposal, error) {
	base, old, err := f.newestPlan(ctx)
	if err != nil {
		return nil, err
	}
	if check != nil {
		if err := check(base); err != nil {
			return nil, err
		}
	}
	doc, passed, err := u.document(old)
	if err != nil {
		return nil, err
	}
	p := &proposal{base: base, passed: passed}
	evidence, err := f.Evidence(ctx)
	if err != nil {
		return nil, err
	}
	compile := func(doc *plan.Document) error {
		compiled, err := plan.Compile(doc)
		if errors.As(err, &p.faults) {
			p.Proposal = nil
			return nil
		}
		if err == nil {
			p.Proposal = revise.Propose(base, old, compiled, evidence)
		}
		return err
	}
	if err := compile(doc); err != nil || p.Proposal == nil || len(p.Missing) == 0 || !retire {
		return p, err
	}
	p.retired = p.Missing
	return p, compile(p.Retired(plan.DateOf(f.Now(), p.Compiled.Plan.Location)))
}

func (f *figures) preview(p *proposal, in *previewInput) (*PreviewAnswer, error) {
	a := &PreviewAnswer{
		Base: p.base.Number, Faults: []FaultRow{}, Warnings: []FaultRow{}, PassedOver: []string{}, WouldVanish: []string{}, Tables: []DiffTable{},
	}
	a.PassedOver = append(a.PassedOver, p.passed...)
	if p.Proposal == nil {
		a.Faults, a.MoreFaults = faultRows(p.faults.List), p.faults.More
		a.Warnings, a.MoreWarnings = faultRows(p.faults.Warnings), p.faults.Unlisted
		return a, nil
	}
	a.Warnings, a.MoreWarnings = faultRows(p.Compiled.Warnings), p.Compiled.Unlisted
	a.WouldVanish = append(a.WouldVanish, p.Missing...)
	a.Tables, a.Contents = diffTables(p.Changes, in.Rows), contentsOf(p.Compiled.Document)
	a.Good = len(p.Missing) == 0 && (!in.Strict || len(a.Warnings) == 0)
	effect, err := p.Effect(plan.DateOf(f.Now(), p.Compiled.Plan.Location))
	if err != nil {
		return nil, err
	}
	a.Coverage = &EffectRow{Level: effect.Level, Total: lengthsChange(effect.Total), Routes: []RouteLengthsDiff{}}
	for _, r := range effect.Routes {
		if r.Changes() {
			a.Coverage.Routes = append(a.Coverage.Routes, RouteLengthsDiff{r.Code, lengthsChange(r.Change)})
		}
	}
	return a, nil
}

// mostNamed is how many faults a refusal names one by one.
const mostNamed = 200

// refusal is why a proposal is not taken, nil if it is.
func (p *proposal) refusal(strict bool) error {
	named := &problem{status: http.StatusUnprocessableEntity}
	more := 0
	add := func(list []plan.Fault, unlisted int) {
		for _, x := range list {
			if len(named.wrong) == mostNamed {
				more++
				continue
			}
			named.wrong = append(named.wrong, wrong{"body." + x.Place(), nil, Text{x.VI(), x.EN()}})
		}
		more += unlisted
	}
	switch {
	case p.Proposal == nil:
		add(p.faults.List, p.faults.More)
		named.detail = faultsText(p.faults.Len(), "chỗ sai", "faults")
	case strict && len(p.Compiled.Warnings) > 0:
		add(p.Compiled.Warnings, p.Compiled.Unlisted)
		named.detail = faultsText(len(p.Compiled.Warnings)+p.Compiled.Unlisted, "cảnh báo (strict=true)", "warnings (strict=true)")
	case len(p.Missing) > 0:
		for _, code := range p.Missing[:min(len(p.Missing), mostNamed)] {
			named.wrong = append(named.wrong, wrong{"body.cameras." + code, nil, Text{
				"camera này đã từng có bằng chứng nên không được bỏ: ghi ngày ngừng dùng, hoặc gửi retire=true", "there is evidence of this camera, so it must not vanish: write the day of its retirement, or send retire=true"}})
		}
		more = len(p.Missing) - len(named.wrong)
		named.detail = faultsText(len(p.Missing), "camera có bằng chứng sẽ mất", "cameras with evidence would vanish")
	default:
		return nil
	}
	if more > 0 {
		named.detail.VI += fmt.Sprintf("; %d chỗ không liệt kê ở đây, xem bằng /api/v1/plan/preview", more)
		named.detail.EN += fmt.Sprintf("; %d of them are not listed here, see /api/v1/plan/preview", more)
	}
	return named
}

func faultsText(n int, vi, en string) Text {
	return Text{fmt.Sprintf("kế hoạch chưa nhập được: %d ", n) + vi, fmt.Sprintf("the plan is not taken: %d ", n) + en}
}

// byWhom is the author of a revision that somebody makes.
func byWhom(ctx context.Context) string { return cmp.Or(accessOf(ctx).who.Name, "–") }
