package main

import (
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

var hintHead = []string{"fault", "what the technician reads (vi)", "hint (vi)", "(en)", "hint (en)"}

// hintTable has every fault with its words in both languages.
func hintTable() string {
	vi, en := wire.Texts(wire.VI), wire.Texts(wire.EN)
	var rows [][]string
	for _, f := range wire.Faults() {
		rows = append(rows, []string{"`" + f.String() + "`", vi.Fault(f), vi.Hint(f), en.Fault(f), en.Hint(f)})
	}
	return plain(hintHead, rows)
}

// plain writes a table whose columns are not aligned: its texts are long.
func plain(head []string, rows [][]string) string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(head, " | ") + " |\n|" + strings.Repeat(" --- |", len(head)) + "\n")
	for _, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}
