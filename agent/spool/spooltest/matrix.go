package spooltest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Row is one line of the table: what was done to a spool, and what became of it.
type Row struct {
	Damage   string
	Opens    string
	Kept     string // of the records that were not trimmed
	Declared string // numbers in gap records
	Numbers  string // whether a number could come twice
	Wrong    string // why this is not as it must be; empty when it is
	Skipped  string // why this could not be tried here
}

// Options of Matrix.
type Options struct {
	// Long kills and cuts a hundred times as often.
	Long bool
	// Child is a process that calls AppendForEver with what is in its
	// environment.
	Child func() *exec.Cmd
	// Dir is for files; it is empty, and removed by the caller.
	Dir string
}

// Head is the head of the table.
var Head = []string{"what happens", "opens", "kept", "declared", "numbers"}

// Matrix does to spools whatever can be done to them, and calls each with every
// line.
func Matrix(ctx context.Context, o Options, each func(Row)) error {
	t, err := newTemplate(filepath.Join(o.Dir, "template"))
	if err != nil {
		return err
	}
	for i, c := range cases() {
		if err := ctx.Err(); err != nil {
			return err
		}
		dir := filepath.Join(o.Dir, fmt.Sprint("case", i))
		row, err := t.try(c, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		each(row)
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	for _, f := range []func(context.Context, Options) ([]Row, error){
		t.tornTails, unreadable, diskFull, killedAgain, cutInMemory, cutOnLoop,
	} {
		rows, err := f(ctx, o)
		if err != nil {
			return err
		}
		for _, r := range rows {
			each(r)
		}
	}
	return nil
}
