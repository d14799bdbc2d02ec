package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/revise"
	"github.com/phukin/phukin/hub/sqlite"
)

type planCheckCmd struct {
	planDB
	planSource
	planFaults
	Path string `arg:"" help:"Folder of the plan, or a workbook (.xlsx). A CSV file, or lines in GeoJSON, KML or GPX, are checked together with the plan in the database."`
}

func (c *planCheckCmd) Run(ctx context.Context) error {
	var base *plan.Document
	if _, err := os.Stat(c.DB); err == nil && !isWhole(c.Path) {
		err := c.with(ctx, false, func(db *sqlite.DB) (err error) {
			_, base, err = revise.Newest(ctx, db.Plan())
			return err
		})
		if err != nil {
			return err
		}
	}
	doc, err := c.read(c.Path, base, newProgress())
	if err != nil {
		return err
	}
	compiled, err := c.compile(doc)
	if err != nil {
		return err
	}
	vi, en := inventory(compiled.Plan)
	say(c.Path+": kế hoạch hợp lệ: "+vi, "in order: "+en)
	return nil
}

// isWhole says whether a path holds a whole plan.
func isWhole(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() || hasEnding(path, ".xlsx", ".xlsm")
}

// planFaults is how faults and warnings are shown.
type planFaults struct {
	Strict bool `help:"Refuse what only looks wrong as well."`
	All    bool `help:"Print all faults and differences, not only the first ones."`
}

// compile checks a document and prints what looks wrong.
func (f planFaults) compile(doc *plan.Document) (*plan.Compiled, error) {
	c, err := plan.Compile(doc)
	var faults *plan.Faults
	switch {
	case errors.As(err, &faults):
		f.warn(faults.Warnings, faults.Unlisted)
		if f.All {
			for _, x := range faults.List {
				fmt.Fprintln(os.Stderr, x)
			}
			return nil, plan.Refuse(fmt.Sprintf("%d faults", faults.Len()), "mend them and try again")
		}
		return nil, err
	case err != nil:
		return nil, err
	}
	f.warn(c.Warnings, c.Unlisted)
	if n := len(c.Warnings) + c.Unlisted; f.Strict && n > 0 {
		return nil, plan.Refuse(fmt.Sprintf("%d warnings", n), "look at them, or leave --strict out")
	}
	return c, nil
}

// shown is how many warnings or differences are printed without --all.
const shown = 100

func (f planFaults) warn(list []plan.Fault, unlisted int) {
	n := len(list)
	if !f.All {
		n = min(n, shown)
	}
	for _, x := range list[:n] {
		fmt.Fprintln(os.Stderr, "cảnh báo (warning): "+x.String())
	}
	if more := len(list) - n + unlisted; more > 0 {
		fmt.Fprintf(os.Stderr, "và %[1]d cảnh báo nữa\n    and %[1]d more warnings\n", more)
	}
}
