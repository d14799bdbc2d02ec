package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/phukin/phukin/hub/plan"
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
			_, base, err = newest(ctx, db.Plan())
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
	fmt.Printf("%s is in order: %s\n", c.Path, inventory(compiled.Plan))
	return nil
}

// isWhole says whether a path holds a whole plan.
func isWhole(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() || hasEnding(path, ".xlsx", ".xlsm")
}

// planFaults is how faults and warnings are shown.
type planFaults struct {
	Strict bool   `help:"Refuse what only looks wrong as well."`
	All    bool   `help:"Print all faults and differences, not only the first ones."`
	Lang   string `enum:"vi,en" default:"en" env:"PHUKIN_LANG" help:"Language of faults and warnings: vi or en (${default})."`
}

// show writes a fault in the language asked for.
func (f planFaults) show(x plan.Fault) string {
	if f.Lang == "vi" {
		return x.VI()
	}
	return x.String()
}

// compile checks a document and prints what looks wrong.
func (f planFaults) compile(doc *plan.Document) (*plan.Compiled, error) {
	c, err := plan.Compile(doc)
	var faults *plan.Faults
	switch {
	case errors.As(err, &faults):
		f.warn(faults.Warnings)
		if f.All {
			for _, x := range faults.List {
				fmt.Fprintln(os.Stderr, f.show(x))
			}
			return nil, fmt.Errorf("%d faults", faults.Len())
		}
		if f.Lang == "vi" {
			return nil, errors.New(faults.VI())
		}
		return nil, err
	case err != nil:
		return nil, err
	}
	f.warn(c.Warnings)
	if n := len(c.Warnings); f.Strict && n > 0 {
		return nil, fmt.Errorf("%d warnings, which --strict refuses", n)
	}
	return c, nil
}

// shown is how many warnings or differences are printed without --all.
const shown = 100

func (f planFaults) warn(list []plan.Fault) {
	for i, x := range list {
		if i == shown && !f.All {
			fmt.Fprintf(os.Stderr, "and %d more warnings\n", len(list)-i)
			return
		}
		word := "warning: "
		if f.Lang == "vi" {
			word = "cảnh báo: "
		}
		fmt.Fprintln(os.Stderr, word+f.show(x))
	}
}
