package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/revise"
	"github.com/phukin/phukin/hub/sqlite"
)

type planImportCmd struct {
	planDB
	planSource
	planFaults
	planAuthor
	DryRun bool   `help:"Write nothing; show the difference and what it does to the coverage."`
	Retire bool   `help:"Cameras that are missing but have evidence are retired today instead of being removed."`
	Path   string `arg:"" help:"Folder, workbook (.xlsx), CSV file of one table, or lines and cameras in GeoJSON, KML or GPX."`
}

// planAuthor says who changes the plan and why.
type planAuthor struct {
	Author string `placeholder:"NAME" env:"PHUKIN_AUTHOR" help:"Who changes the plan; the user of this machine when absent."`
	Reason string `placeholder:"TEXT" help:"Why, such as the number of a document."`
}

const maxReason = 300

// revision begins a revision.
func (a planAuthor) revision(reason string) (plan.Revision, error) {
	r := plan.Revision{At: time.Now(), Author: a.Author, Reason: strings.TrimSpace(a.Reason)}
	if r.Reason == "" {
		r.Reason = reason
	}
	if r.Author == "" {
		if u, err := user.Current(); err == nil {
			r.Author = u.Username
		}
	}
	switch {
	case r.Reason == "":
		return r, plan.Refuse("no reason is given", "say why with --reason, such as the number of a document")
	case r.Author == "":
		return r, plan.Refuse("no author is given", "say who with --author")
	case len(r.Reason) > 4*maxReason || len(r.Author) > 4*maxReason || strings.ContainsAny(r.Reason+r.Author, "\r\n\t"):
		return r, plan.Refuse("--reason or --author is too long, or has several lines", fmt.Sprintf("write one line of at most %d characters", maxReason))
	}
	return r, nil
}

func (c *planImportCmd) Run(ctx context.Context) error {
	r, err := c.revision("")
	if err != nil && !c.DryRun {
		return err
	}
	create := !c.DryRun
	if _, err := os.Stat(c.DB); err != nil && c.DryRun {
		return c.run(ctx, nil, r) // a first import
	}
	return c.with(ctx, create, func(db *sqlite.DB) error { return c.run(ctx, db, r) })
}

func (c *planImportCmd) run(ctx context.Context, db *sqlite.DB, r plan.Revision) error {
	base := plan.Revision{}
	var old *plan.Document
	evidence := map[string]bool{}
	if db != nil {
		var err error
		if base, old, err = revise.Newest(ctx, db.Plan()); err != nil {
			return err
		}
		if evidence, err = db.PlanEvidence(ctx); err != nil {
			return err
		}
	}
	doc, err := c.read(c.Path, old, newProgress())
	if err != nil {
		return err
	}
	compiled, err := c.compile(doc)
	if err != nil {
		return err
	}
	p := revise.Propose(base, old, compiled, evidence)
	if len(p.Missing) > 0 {
		if !c.Retire {
			return plan.Refuse(fmt.Sprintf("cameras of which there is evidence would be removed (%s)", list(p.Missing)), `write the day into their column "retired", or add --retire to retire them today`)
		}
		if compiled, err = c.compile(p.Retired(plan.DateOf(r.At, compiled.Plan.Location))); err != nil {
			return err
		}
		p = revise.Propose(base, old, compiled, evidence)
	}
	if c.DryRun {
		if p.Old.Len() > 0 || c.All {
			c.print(p.Changes)
		} else {
			vi, en := inventory(compiled.Plan)
			say("nhập lần đầu: "+vi, "a first import: "+en)
		}
		return effect(os.Stdout, p)
	}
	if len(p.Changes) == 0 {
		say(fmt.Sprintf("không có gì thay đổi: kế hoạch vẫn ở lần sửa %d", base.Number), fmt.Sprintf("nothing changed: the plan stays at revision %d", base.Number))
		return nil
	}
	made, err := p.Commit(ctx, db.Plan(), r)
	if err != nil {
		return err
	}
	vi, en := inventory(compiled.Plan)
	say(fmt.Sprintf("lần sửa %d: thêm %d dòng, đổi %d, bỏ %d; %s", made.Number, made.Added, made.Changed, made.Removed, vi),
		fmt.Sprintf("revision %d: %d rows added, %d changed, %d removed; %s", made.Number, made.Added, made.Changed, made.Removed, en))
	return nil
}

// list writes codes for a sentence.
func list(codes []string) string {
	const most = 20
	if len(codes) > most {
		return fmt.Sprintf("%s, … +%d", strings.Join(codes[:most], ", "), len(codes)-most)
	}
	return strings.Join(codes, ", ")
}

// print writes a difference.
func (f planFaults) print(changes []plan.RowChange) {
	if len(changes) == 0 {
		fmt.Println("không có gì khác (no difference)")
		return
	}
	lines := plan.Lines(changes)
	for i, s := range lines {
		if i == shown && !f.All {
			fmt.Printf("và %[1]d dòng nữa, xem bằng --all (and %[1]d more)\n", len(lines)-i)
			break
		}
		fmt.Println(s)
	}
	var counts []string
	for _, n := range plan.Counts(changes) {
		counts = append(counts, n.Table+" "+n.String())
	}
	fmt.Println("tổng cộng (in all): " + strings.Join(counts, "; "))
}
