package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/revise"
	"github.com/phukin/phukin/hub/sqlite"
)

type planLogCmd struct{ planDB }

func (c *planLogCmd) Run(ctx context.Context) error {
	return c.with(ctx, false, func(db *sqlite.DB) error {
		all, err := db.Plan().Revisions(ctx)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return plan.ErrNoPlan
		}
		loc := zoneOf(ctx, db.Plan(), all[len(all)-1])
		t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "lần sửa\tlúc\tngười sửa\tthêm\tđổi\tbỏ\tlý do")
		fmt.Fprintln(t, "revision\tmade\tby\tadded\tchanged\tremoved\twhy")
		for _, r := range all {
			why := r.Reason
			if r.Reverts > 0 {
				why = fmt.Sprintf("(= %d) %s", r.Reverts, why)
			}
			fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%d\t%d\t%s\n", r.Number, r.At.In(loc).Format("2006-01-02 15:04"), r.Author, r.Added, r.Changed, r.Removed, why)
		}
		return t.Flush()
	})
}

// zoneOf gives the time zone of a stored plan, or that of plans that name
// none.
func zoneOf(ctx context.Context, s plan.Store, r plan.Revision) *time.Location {
	name := plan.DefaultZone
	if doc, err := s.Document(ctx, r.Number); err == nil {
		for _, row := range doc.Rows(plan.Settings) {
			if z := plan.TableByName(plan.Settings).Cell(row, "time_zone"); z != "" {
				name = z
			}
		}
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

type planDiffCmd struct {
	planDB
	planSource
	planFaults
	A string `arg:"" help:"A file, a folder, or the number of a revision."`
	B string `arg:"" help:"Another one."`
}

func (c *planDiffCmd) Run(ctx context.Context) error {
	if _, err := os.Stat(c.DB); err != nil {
		return c.run(ctx, nil, nil)
	}
	return c.with(ctx, false, func(db *sqlite.DB) error {
		_, base, err := revise.Newest(ctx, db.Plan())
		if err != nil {
			return err
		}
		return c.run(ctx, db.Plan(), base)
	})
}

func (c *planDiffCmd) run(ctx context.Context, s plan.Store, base *plan.Document) error {
	a, err := c.document(ctx, c.A, s, base)
	if err != nil {
		return err
	}
	b, err := c.document(ctx, c.B, s, base)
	if err != nil {
		return err
	}
	c.print(plan.DiffRows(a, b))
	return nil
}

type planRevertCmd struct {
	planDB
	planAuthor
	Revision int `arg:"" help:"Number of the revision to go back to."`
}

func (c *planRevertCmd) Run(ctx context.Context) error {
	r, err := c.revision(fmt.Sprintf("quay lại lần sửa %d", c.Revision))
	if err != nil {
		return err
	}
	r.Reverts = c.Revision
	return c.with(ctx, false, func(db *sqlite.DB) error {
		s := db.Plan()
		now, current, err := revise.Newest(ctx, s)
		if err != nil {
			return err
		}
		if current == nil {
			return plan.ErrNoPlan
		}
		doc, err := s.Document(ctx, c.Revision)
		if err != nil {
			return err
		}
		evidence, err := db.PlanEvidence(ctx)
		if err != nil {
			return err
		}
		former, err := plan.Compile(doc)
		if err != nil {
			return fmt.Errorf("lần sửa %[1]d (revision %[1]d): %[2]w", c.Revision, err)
		}
		p := revise.Propose(now, current, former, evidence)
		if len(p.Missing) > 0 {
			return plan.Refuse(fmt.Sprintf("revision %d lacks cameras of which there is evidence (%s)", c.Revision, list(p.Missing)), "export it, add them with the day of their retirement, and import it")
		}
		made, err := p.Commit(ctx, s, r)
		if errors.Is(err, plan.ErrUnchanged) {
			say(fmt.Sprintf("không có gì thay đổi: lần sửa %d giống hệt lần %d", now.Number, c.Revision), fmt.Sprintf("nothing changed: revision %d is the same as %d", now.Number, c.Revision))
			return nil
		}
		if err != nil {
			return err
		}
		say(fmt.Sprintf("lần sửa %d giống hệt lần %d: thêm %d dòng, đổi %d, bỏ %d", made.Number, c.Revision, made.Added, made.Changed, made.Removed),
			fmt.Sprintf("revision %d is the same as revision %d: %d rows added, %d changed, %d removed", made.Number, c.Revision, made.Added, made.Changed, made.Removed))
		return nil
	})
}
