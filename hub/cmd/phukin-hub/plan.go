package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
)

type planCmd struct {
	Template planTemplateCmd `cmd:"" help:"Write the workbook that a plan is kept in."`
	Check    planCheckCmd    `cmd:"" help:"Read a plan and say everything that is wrong with it."`
	Import   planImportCmd   `cmd:"" help:"Check a plan and make the next revision of it in the database."`
	Export   planExportCmd   `cmd:"" help:"Write a revision of the plan into a workbook, a folder, or a file for maps."`
	Diff     planDiffCmd     `cmd:"" help:"Say what differs between two plans: files, folders or numbers of revisions."`
	Log      planLogCmd      `cmd:"" help:"List the revisions of the plan."`
	Revert   planRevertCmd   `cmd:"" help:"Make a revision that is the same as a former one."`
}

// planDB is the database that holds the plan.
type planDB struct {
	DB string `default:"phukin.db" placeholder:"FILE" env:"PHUKIN_DB" help:"SQLite file of the hub (${default}). The hub may run meanwhile: a new revision is in force within seconds."`
}

// with opens the database and calls f. Without create a file that is not
// there is an error.
func (d planDB) with(ctx context.Context, create bool, f func(*sqlite.DB) error) (err error) {
	if !create {
		if _, err := os.Stat(d.DB); err != nil {
			return plan.RefuseFile(d.DB, err)
		}
	}
	db, err := sqlite.Open(ctx, d.DB, sqlite.Options{})
	if err != nil {
		return plan.Refuse(fmt.Sprintf("the database %q cannot be opened (%q)", d.DB, err), "name with --db a file that this program may write")
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return f(db)
}

// servedPlan gives the plan that a hub works with: that of a folder, or
// without one the newest revision in the database.
func servedPlan(ctx context.Context, dir, db string) (p *plan.Plan, err error) {
	if dir != "" {
		return plan.ReadDir(dir)
	}
	const remedy = "import a plan with phukin-hub plan import, or name a folder with --plan"
	err = planDB{db}.with(ctx, false, func(db *sqlite.DB) error {
		c, err := plan.LoadNewest(ctx, db.Plan())
		if err == nil {
			p = c.Plan
		}
		return err
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, plan.Refuse(fmt.Sprintf("no plan, because the database %q is not there", db), remedy)
	case errors.Is(err, plan.ErrNoPlan):
		return nil, plan.Refuse(fmt.Sprintf("no plan in the database %q", db), remedy)
	}
	return p, err
}

// places counts junctions as places, not as rows of routes.
func places(p *plan.Plan) int {
	codes := map[string]bool{}
	for _, j := range p.Junctions {
		codes[j.Code] = true
	}
	return len(codes)
}

// inventory says what is in a plan, in both languages.
func inventory(p *plan.Plan) (vi, en string) {
	counts := []any{len(p.Areas), len(p.Routes), places(p), len(p.Gateways), len(p.Sites), len(p.Cameras)}
	return fmt.Sprintf("%d địa bàn, %d tuyến, %d nút giao, %d cửa ngõ, %d điểm, %d camera", counts...),
		fmt.Sprintf("areas %d, routes %d, junctions %d, gateways %d, sites %d, cameras %d", counts...)
}

// say prints a sentence in Vietnamese, and in English in a line below.
func say(vi, en string) { fmt.Println(vi + "\n    " + en) }
