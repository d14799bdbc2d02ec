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

// part is something that is measured by itself.
type part struct {
	name string
	do   func(context.Context, options, *figures) error
}

// measure measures it, and again when a bound was missed, as often as o allows:
// what is missed every time is not the fault of a busy machine.
func (p part) measure(ctx context.Context, o options) (f figures, err error) {
	for try := 1; ; try++ {
		f = figures{}
		if err = p.do(ctx, o, &f); err != nil || !f.missed || try >= o.tries {
			return f, err
		}
		fmt.Fprintf(os.Stderr, "bench: a bound was missed, measuring %s again\n%s", p.name, markdown(figureHead, f.rows))
	}
}

// tables are the figures by the page that shows them.
var tables = []struct {
	page, name string
	parts      []part
}{
	{pageFile, "figures", []part{{"cost", costs}, {"hostile", hostileTable}, {"fleet", fleet}}},
	{reliabilityFile, "ingest-figures", []part{{"spool", spoolWear}, {"line", line}, {"ingest", ingest}, {"backlog", backlog}}},
	{planFile, "plan-figures", []part{{"plan", planImport}}},
	{uptimeFile, "figures", []part{{"uptime", uptimeFigures}}},
	{influxFile, "influx-figures", []part{{"influx", inInflux}}},
	{coverageFile, "coverage-figures", []part{{"coverage", coverageCost}}},
	{historyFile, "ledger-figures", []part{{"ledger", ledger}}},
	{apiFile, "event-figures", []part{{"events", eventsCost}}},
	{apiFile, "api-figures", []part{{"api", apiCost}}},
}

// partNames gives the names of all parts.
func partNames() []string {
	var names []string
	for _, t := range tables {
		for _, p := range t.parts {
			names = append(names, p.name)
		}
	}
	return names
}

func printFigures(ctx context.Context, o options) error {
	missed := false
	for _, t := range tables {
		var f figures
		done := 0
		for _, p := range t.parts {
			if !o.wants(p.name) {
				continue
			}
			fmt.Fprintln(os.Stderr, "bench: measuring", p.name, "…")
			measured, err := p.measure(ctx, o)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			f.rows, f.missed = append(f.rows, measured.rows...), f.missed || measured.missed
			done++
		}
		if done == 0 {
			continue
		}
		text := markdown(figureHead, f.rows)
		fmt.Println(text)
		missed = missed || f.missed
		if o.update && done == len(t.parts) {
			if err := updatePage(t.page, t.name, text); err != nil {
				return err
			}
		}
	}
	if missed {
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
