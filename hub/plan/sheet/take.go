package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/plan"
)

// How far the header is looked for, and how high it may be.
const (
	maxBefore = 30 // rows with content
	maxHeader = 3
)

// taker finds the header of a sheet, wherever people moved it, and takes the
// rows below it.
type taker struct {
	in     *plan.Intake
	table  *plan.Table
	before int // rows with content seen before the header
	header [][]string
	line   int  // of the header's first row
	open   bool // the header may go on in the next row
	data   int  // line of the first row below the header
	lost   bool // no header is there

	merges []string // of cells below the header
}

// take takes a row. It is false when no more rows are wanted.
func (t *taker) take(line int, cells []string, faults []wrong) bool {
	if t.lost {
		return false
	}
	known, filled := 0, 0
	if t.header == nil || t.open {
		known, filled = t.table.Known(cells)
	}
	switch {
	case t.header == nil:
		if filled == 0 {
			return true
		}
		if known < 2 {
			t.before++
			t.lost = t.before > maxBefore
			return !t.lost
		}
		t.header, t.line, t.open = [][]string{slices.Clone(cells)}, line, true
		return true
	case t.open && line == t.line+len(t.header) && len(t.header) < maxHeader && known > 0 && (known >= 2 && 2*known >= filled || known == filled):
		t.header = append(t.header, slices.Clone(cells))
		return true
	}
	t.begin()
	if !t.in.Row(line, t.filled(cells, faults)) {
		return false
	}
	for _, w := range faults {
		t.in.Fault(line, w.cell, w.got, w.want)
	}
	return true
}

// filled gives the cells with something in those that are wrong, so that the
// row is not taken for a blank one.
func (t *taker) filled(cells []string, faults []wrong) []string {
	for _, w := range faults {
		for len(cells) <= w.cell {
			cells = append(cells, "")
		}
		cells[w.cell] = "?"
	}
	return cells
}

// begin ends the header.
func (t *taker) begin() {
	if t.open {
		t.open = false
		t.data = t.line + len(t.header)
		t.in.Headings(t.line, t.header...)
	}
}

// merged notes a range of merged cells. They stand behind the rows.
func (t *taker) merged(ref string) {
	if len(t.merges) < 1000 {
		t.merges = append(t.merges, ref)
	}
}

// close ends the sheet.
func (t *taker) close(doc *plan.Document, s part) {
	t.begin()
	if t.header == nil {
		doc.Fault(s.table.Name, plan.Fault{File: s.name, Cell: "A1", Line: 1, Got: "no header", Want: "write the headings of the template into one row"})
		doc.Unread(s.table.Name)
		return
	}
	for _, ref := range t.merges {
		first, last, _ := strings.Cut(ref, ":")
		if line := lineOf(last); line >= t.data {
			for k := max(lineOf(first), t.data) + 1; k <= min(line, t.data+plan.MaxRows); k++ {
				t.in.Spoil(k, columnOf(first)-1)
			}
			t.in.Fault(max(lineOf(first), t.data), columnOf(first)-1, fmt.Sprintf("merged with the cells up to %s", short(last)), "unmerge them, and write the value into each cell")
		}
	}
}

// lineOf gives the row of a cell's name such as K17; 0 if it has none.
func lineOf(ref string) int {
	n, err := strconv.Atoi(strings.TrimLeft(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$"))
	if err != nil {
		return 0
	}
	return n
}
