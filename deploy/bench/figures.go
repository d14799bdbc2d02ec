package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// figures is the table of what was measured.
type figures struct {
	rows   [][]string
	missed bool
}

var figureHead = []string{"what", "here", "beside", "its value", "figure", "bound", ""}

// add adds a figure. bound is "" for one that is only shown.
func (f *figures) add(what, value, peer, peerValue, figure, bound string, kept bool) {
	verdict := "ok"
	switch {
	case bound == "":
		verdict = ""
	case !kept:
		verdict, f.missed = "MISSED", true
	}
	f.rows = append(f.rows, []string{what, value, peer, peerValue, figure, bound, verdict})
}

func printFigures(ctx context.Context, o options) error {
	var f figures
	for _, part := range []struct {
		name string
		do   func(context.Context, options, *figures) error
	}{{"cost", costs}, {"hostile", hostile}, {"fleet", fleet}, {"spool", spoolWear}} {
		if !o.wants(part.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "bench: measuring", part.name, "…")
		if err := part.do(ctx, o, &f); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	text := markdown(figureHead, f.rows)
	fmt.Print(text)
	if o.update {
		if err := updatePage("figures", text); err != nil {
			return err
		}
	}
	if f.missed {
		return errMissed
	}
	return nil
}

// markdown writes a table whose columns are aligned.
func markdown(head []string, rows [][]string) string {
	widths := make([]int, len(head))
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	line := func(row []string, fill string) {
		for i, cell := range row {
			b.WriteString("| " + cell + strings.Repeat(fill, widths[i]-utf8.RuneCountInString(cell)) + " ")
		}
		b.WriteString("|\n")
	}
	line(head, " ")
	line(make([]string, len(head)), "-")
	for _, row := range rows {
		line(row, " ")
	}
	return b.String()
}
