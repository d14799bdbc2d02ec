package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Intake takes the rows of one table into a document from a format that has
// headings and cells. It says what is wrong with the form: headings that
// nobody knows, columns that are missing, cells beside the table, too many
// rows. What the cells hold is judged by Compile.
type Intake struct {
	doc     *Document
	table   *Table
	src     *Source
	columns []int // for each cell of a row the index of its column, -1 for one to pass over
	n       int
}

// Intake begins to take in a table.
func (d *Document) Intake(table string, src Source) *Intake {
	t := d.table(table)
	t.name, t.given = src.Name, true
	return &Intake{doc: d, table: TableByName(table), src: &src}
}

// Headings takes the header: rows of cells, the first of which stands in a
// line. A column is known by the first of its cells that names one. Columns
// without a name are passed over.
func (in *Intake) Headings(line int, header ...[]string) {
	width := 0
	for _, cells := range header {
		width = max(width, len(cells))
	}
	in.columns = make([]int, width)
	in.src.at = make([]int, len(in.table.Columns))
	for i := range width {
		in.columns[i] = -1
		text, at := "", line
		for k, cells := range header {
			if i >= len(cells) {
				continue
			}
			if c := in.table.Find(cells[i]); c >= 0 {
				in.columns[i], text, at = c, in.table.Columns[c].Name, line+k
				break
			}
			if h := clean(cells[i]); h != "" {
				text, at = h, line+k
			}
		}
		switch c := in.columns[i]; {
		case text == "": // a column without a name is nobody's
		case c < 0 && in.table.Name == Cameras && isEvidence(text):
			in.fault(at, i, quote(strings.ToLower(text)), "comes from evidence, never by hand", "leave the column out")
		case c < 0:
			in.fault(at, i, quote(strings.ToLower(text)), "unknown column", "the columns are "+in.table.columnNames())
		case in.src.at[c] > 0:
			in.fault(at, i, text, "stands twice", "leave one of the two columns out")
			in.columns[i] = -1
		default:
			in.src.at[c] = i + 1
		}
	}
	t := in.doc.table(in.table.Name)
	for i, c := range in.table.Columns {
		if c.Must && in.src.at[i] == 0 {
			in.fault(line, -1, c.Name, "missing column", "the columns are "+in.table.columnNames())
			t.missing = append(t.missing, c.Name)
			t.unread = true
		}
	}
}

// isEvidence says whether a heading asks for a milestone that only evidence
// gives.
func isEvidence(heading string) bool {
	return slices.Contains([]string{"enrolled", "verified", "ngay ket noi", "ngay xac minh"}, fold(heading))
}

// Row takes the cells of a row that stands in a line. Rows without any
// content, as spreadsheets leave them behind, are passed over. It is false
// when no more rows are taken.
func (in *Intake) Row(line int, cells []string) bool {
	blank := true
	for _, s := range cells {
		if s != "" && strings.TrimSpace(s) != "" {
			blank = false
			break
		}
	}
	if blank {
		return true
	}
	if in.n++; in.n > MaxRows {
		in.doc.Fault(in.table.Name, Fault{File: in.src.Name, Got: fmt.Sprintf("more than %d rows", MaxRows), Want: "split the plan"})
		return false
	}
	row := Row{Cells: make([]string, len(in.table.Columns)), src: in.src, line: line}
	for i, s := range cells {
		if s == "" {
			continue
		}
		if s = clean(s); s == "" {
			continue
		}
		switch {
		case i < len(in.columns) && in.columns[i] >= 0:
			row.Cells[in.columns[i]] = s
		case i >= len(in.columns) && !in.src.Sheet:
			in.fault(line, -1, "", fmt.Sprintf("%d cells under %d columns", len(cells), len(in.columns)), `put a cell with commas between "…"`)
			in.doc.add(in.table.Name, row)
			return true
		}
	}
	in.doc.add(in.table.Name, row)
	return true
}

// Fault notes that the form of a cell is wrong, after its row was taken: so
// nothing is said of what it holds. Cells are counted from 0; one that is
// under no heading does not matter.
func (in *Intake) Fault(line, cell int, got, want string) {
	if cell < 0 || cell >= len(in.columns) || in.columns[cell] < 0 {
		return
	}
	column := in.table.Columns[in.columns[cell]].Name
	in.Spoil(line, cell)
	in.fault(line, cell, column, got, want)
}

// Spoil notes that a cell of a row that was taken is known to be wrong, so
// that nothing is said of what it holds.
func (in *Intake) Spoil(line, cell int) {
	if cell < 0 || cell >= len(in.columns) || in.columns[cell] < 0 {
		return
	}
	list := in.doc.table(in.table.Name).list
	i, ok := slices.BinarySearchFunc(list, line, func(r Row, line int) int { return r.line - line })
	if ok {
		list[i].bad = append(list[i].bad, in.table.Columns[in.columns[cell]].Name)
	}
}

func (in *Intake) fault(line, cell int, column, got, want string) {
	f := Fault{File: in.src.Name, Line: line, Column: column, Got: got, Want: want}
	if in.src.Sheet {
		f.Cell = CellName(max(cell, 0)+1, line)
	}
	in.doc.Fault(in.table.Name, f)
}

// Known counts how many of the cells name columns of the table, and how many
// are not empty.
func (t *Table) Known(cells []string) (known, filled int) {
	for _, s := range cells {
		if clean(s) != "" {
			filled++
		}
		if t.Find(s) >= 0 {
			known++
		}
	}
	return known, filled
}

// CellName gives the name of a cell of a sheet, such as K17; both count from
// 1.
func CellName(column, row int) string {
	var letters []byte
	for ; column > 0; column = (column - 1) / 26 {
		letters = append(letters, byte('A'+(column-1)%26))
	}
	slices.Reverse(letters)
	return string(letters) + strconv.Itoa(row)
}
