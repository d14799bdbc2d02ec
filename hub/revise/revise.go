// Package revise makes revisions of the plan: a document that somebody wrote is
// put onto the plan that is stored, held against the evidence, and shown by what
// it changes and by what it does to the coverage, before anything is kept.
//
//	Newest → Onto → plan.Compile → Propose → Commit
//
// It checks nothing that plan.Compile checks, and keeps nothing itself.
package revise

import (
	"context"
	"errors"
	"slices"

	"github.com/phukin/phukin/hub/plan"
)

// Newest gives the newest revision of a store and its document; number 0 and nil
// if there is none.
func Newest(ctx context.Context, s plan.Store) (plan.Revision, *plan.Document, error) {
	r, err := plan.Newest(ctx, s)
	if errors.Is(err, plan.ErrNoPlan) {
		return plan.Revision{}, nil, nil
	}
	if err != nil {
		return r, nil, err
	}
	doc, err := s.Document(ctx, r.Number)
	return r, doc, err
}

// Onto gives base with the tables that a document has.
func Onto(base, doc *plan.Document) *plan.Document {
	merged := base.Clone()
	for _, t := range plan.Tables() {
		if doc.Has(t.Name) {
			merged.Put(t.Name, doc)
		}
	}
	return merged
}

// Proposal is a plan that is in order, beside the revision that it is to follow.
type Proposal struct {
	Base     plan.Revision  // number 0 before the first
	Old      *plan.Document // of the base; empty before the first
	Compiled *plan.Compiled
	Missing  []string         // cameras that would vanish although an agent reported them, by code
	Changes  []plan.RowChange // from Old
}

// Propose holds a plan against its base, whose document is nil before the first
// one, and against the evidence: the codes of all cameras that an agent ever
// reported.
func Propose(base plan.Revision, old *plan.Document, compiled *plan.Compiled, evidence map[string]bool) *Proposal {
	if old == nil {
		old = &plan.Document{}
	}
	return &Proposal{base, old, compiled, missing(old, compiled.Document, evidence), plan.DiffRows(old, compiled.Document)}
}

// Retired gives the document of the proposal with the cameras that are missing,
// retired on a day.
func (p *Proposal) Retired(day plan.Date) *plan.Document {
	return plan.Retire(p.Old, p.Compiled.Document, p.Missing, day)
}

// ErrEvidence: cameras with evidence would be removed.
var ErrEvidence = errors.New("cameras of which there is evidence would be removed")

// Commit makes the revision. It fails with ErrEvidence while cameras are missing,
// with plan.ErrStale if another revision came after the base, and with
// plan.ErrUnchanged if nothing changes.
func (p *Proposal) Commit(ctx context.Context, s plan.Store, r plan.Revision) (plan.Revision, error) {
	if len(p.Missing) > 0 {
		return plan.Revision{}, ErrEvidence
	}
	return s.Commit(ctx, p.Base.Number, p.Compiled.Document, r)
}

// missing gives the codes of the cameras that are in the old plan and not in the
// new one, although an agent reported them.
func missing(old, doc *plan.Document, evidence map[string]bool) []string {
	now := doc.Keyed(plan.Cameras)
	var codes []string
	for code := range old.Keyed(plan.Cameras) {
		if now[code] == nil && evidence[code] {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}
