package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Document is a plan as rows of text: the one form that every format is read
// into and written from, and in which differences and revisions are made.
// Compile checks it and makes a Plan of it. A canonical document, such as
// Compile and Plan.Document give, is sorted and has one text for each value.
//
// The zero Document is empty and ready for use.
type Document struct {
	tables map[string]*rows
	faults Faults
}

// rows is one table of a document.
type rows struct {
	list    []Row
	name    string   // of the file or sheet it was read from, if it was
	missing []string // must columns that the file does not have
	unread  bool     // could not be read, or not to its end
	given   bool     // was read, if only its header
}

// Row is one row of a table. Cells stand in the order of the table's columns,
// "" for an empty one.
type Row struct {
	Cells []string

	src   *Source         // nil if it was made in code or comes from the store
	line  int             // from 1; the row of a sheet, the line of a file
	nth   int             // of Source.Item, from 1
	marks map[string]mark // of single columns, where they stand in lines of their own
	bad   []string        // columns that are known to be wrong since they were read
}

// mark is where a column of a row stands in a file that is no table.
type mark struct {
	line int
	name string
}

// Source is the file or sheet that rows were read from, for faults to point
// at.
type Source struct {
	Name   string // of the file, or of the sheet
	Sheet  bool   // a sheet of a workbook: places are cells
	Item   string // the word for one of several rows that stand at one place, such as "point"
	Column string // where they stand, instead of the names of their own columns
	Prefix string // of the columns' names, such as "phases[1]."

	at []int // in a sheet, where each column of the table stands, from 1; 0 if it is not there
}

func (d *Document) table(name string) *rows {
	t := d.tables[name]
	if t == nil {
		if d.tables == nil {
			d.tables = map[string]*rows{}
		}
		t = &rows{}
		d.tables[name] = t
	}
	return t
}

// Rows gives the rows of a table, for the caller to read only.
func (d *Document) Rows(table string) []Row {
	if t := d.tables[table]; t != nil {
		return t.list
	}
	return nil
}

// Len gives the number of rows in all tables.
func (d *Document) Len() int {
	n := 0
	for _, t := range d.tables {
		n += len(t.list)
	}
	return n
}

// Has says whether a table was read, if only its header, or has rows.
func (d *Document) Has(table string) bool {
	t := d.tables[table]
	return t != nil && (t.given || len(t.list) > 0)
}

// Add appends a row that is made in code. The cells are by column; an unknown
// column is a mistake of the program and panics.
func (d *Document) Add(table string, cells map[string]string) {
	t := TableByName(table)
	row := Row{Cells: make([]string, len(t.Columns))}
	for name, v := range cells {
		i := t.Column(name)
		if i < 0 {
			panic(fmt.Sprintf("plan: table %s has no column %q", table, name))
		}
		row.Cells[i] = v
	}
	d.table(table).list = append(d.table(table).list, row)
}

// Append appends a row whose cells stand in the order of the columns. The
// slice is kept.
func (d *Document) Append(table string, cells []string) {
	t := d.table(table)
	t.list = append(t.list, Row{Cells: cells})
	t.given = true
}

func (d *Document) add(table string, r Row) { d.table(table).list = append(d.table(table).list, r) }

// Put replaces the rows of a table by those of another document, with the
// faults that its reading had.
func (d *Document) Put(table string, from *Document) {
	*d.table(table) = *from.table(table)
	for _, f := range from.faults.List {
		if f.table == table {
			d.faults.add(f)
		}
	}
}

// Clone gives a document of its own with the same rows. Cells are shared: a
// change replaces the Cells of a row.
func (d *Document) Clone() *Document {
	c := &Document{tables: map[string]*rows{}}
	for name, t := range d.tables {
		u := *t
		u.list = slices.Clone(t.list)
		c.tables[name] = &u
	}
	c.faults = Faults{List: slices.Clone(d.faults.List), More: d.faults.More}
	return c
}

// Set replaces a cell of a row by its place in the table.
func (d *Document) Set(table string, row int, column, value string) {
	t := TableByName(table)
	r := &d.table(table).list[row]
	cells := slices.Clone(r.Cells)
	cells[t.Column(column)] = value
	r.Cells = cells
}

// AppendRow appends a row of another document, with the place it was read
// from.
func (d *Document) AppendRow(table string, r Row) {
	t := d.table(table)
	t.list = append(t.list, r)
	t.given = true
}

// AppendFrom appends a row that was read from a line of a file that is no
// table. Nth counts the source's items from 1.
func (d *Document) AppendFrom(table string, cells []string, src *Source, line, nth int) {
	d.AppendRow(table, Row{Cells: cells, src: src, line: line, nth: nth})
}

// Keep leaves of a table the rows for which keep is true.
func (d *Document) Keep(table string, keep func(Row) bool) {
	t := d.table(table)
	t.list = slices.DeleteFunc(slices.Clone(t.list), func(r Row) bool { return !keep(r) })
}

// TakeFaults takes over the faults of another document's reading.
func (d *Document) TakeFaults(from *Document) {
	for _, f := range from.faults.List {
		d.faults.add(f)
	}
	for name, t := range from.tables {
		if t.unread {
			d.Unread(name)
		}
	}
}

// Remove takes a row out of a table by its place in it.
func (d *Document) Remove(table string, row int) {
	t := d.table(table)
	t.list = slices.Delete(slices.Clone(t.list), row, row+1)
}

// Cell gives a cell of a row.
func (t *Table) Cell(r Row, column string) string { return r.Cells[t.Column(column)] }

// KeyOf gives what tells a row from the others of its table: the cells of its
// key columns with a stroke between them and a dash for an empty one. It is
// "" in the table of settings, which has one row.
func (t *Table) KeyOf(r Row) string {
	parts := make([]string, len(t.Key))
	for i, name := range t.Key {
		if parts[i] = t.Cell(r, name); parts[i] == "" {
			parts[i] = "-"
		}
	}
	return strings.Join(parts, "/")
}

// Fault notes that something is wrong with the form of a table.
func (d *Document) Fault(table string, f Fault) {
	f.table = table
	d.faults.add(f)
}

// Unread notes that a table could not be read, or not to its end: what refers
// to it is not held against others.
func (d *Document) Unread(tables ...string) {
	for _, name := range tables {
		d.table(name).unread = true
	}
}

// nameOf gives the file or sheet in which a table stands.
func (d *Document) nameOf(table string) string {
	if t := d.tables[table]; t != nil && t.name != "" {
		return t.name
	}
	if t := TableByName(table); t != nil {
		return t.File
	}
	return table
}
