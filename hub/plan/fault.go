package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a list of faults.
const (
	maxFaults     = 1000 // kept; the rest is only counted
	maxFaultLines = 50   // printed by Error
	maxQuoted     = 60   // characters of a cell that a fault quotes
)

// Fault is one thing that is wrong in a plan, with the place where it stands
// and what would be right. It prints as one line:
//
//	cameras.csv:17: code: "C-0042" already stands in line 9: give each camera a code of its own
//	'Điểm lắp đặt'!F12: chainage: Km99+000 is not on "QL1A": the route goes from Km495+060 to Km518+241
type Fault struct {
	File   string `json:"file"`             // name of the file in the plan's directory, or of the sheet
	Line   int    `json:"line,omitempty"`   // from 1; 0 if it is about the whole file, or the plan was made in code
	Cell   string `json:"cell,omitempty"`   // in a sheet, the cell, such as K17
	Record string `json:"record,omitempty"` // code of the row, if it has one; printed when there is no line
	Column string `json:"column,omitempty"` // column, property or key
	Got    string `json:"got"`              // what stands there
	Want   string `json:"want"`             // what would be right

	table string // in which it stands
}

// String writes the fault in Vietnamese with its place, and in English in a
// line below.
func (f Fault) String() string { return both(f.VI(), f.says()) }

// EN writes the fault as one line in English.
func (f Fault) EN() string { return colons(f.Place(), f.says()) }

// VI writes the fault as one line in Vietnamese, with the heading of the
// column where it has one.
func (f Fault) VI() string {
	g := f
	if t := TableByName(f.table); t != nil {
		if i := t.Column(f.Column); i >= 0 {
			g.Column = t.Columns[i].Title.VI
		}
	}
	g.Got, g.Want = inVietnamese(f.Got), inVietnamese(f.Want)
	return colons(f.Place(), g.says())
}

// Table gives the name of the table in which it stands.
func (f Fault) Table() string { return f.table }

// Place says where the fault is: cell, line, or row.
func (f Fault) Place() string {
	switch {
	case f.Cell != "":
		return sheetName(f.File) + "!" + f.Cell
	case f.Line > 0:
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	case f.Record != "":
		return f.File + ": " + quote(f.Record)
	}
	return f.File
}

// says gives what stands there and what would be right.
func (f Fault) says() string { return colons(f.Column, f.Got, f.Want) }

// colons joins the parts that are not empty.
func colons(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

// sheetName writes the name of a sheet as spreadsheets do in front of a cell.
func sheetName(s string) string {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
			return "'" + strings.ReplaceAll(s, "'", "''") + "'"
		}
	}
	return s
}

// Faults is the error of Read, Compile and Build: everything that was found
// wrong, in the order of the tables and lines.
type Faults struct {
	List     []Fault // the first 1,000, and all about whole files
	More     int     // found beyond them
	Warnings []Fault // the first 1,000 that do not look right either, but would not have stopped anything
	Unlisted int     // warnings beyond them
}

// Error writes each fault in Vietnamese and in English below it, 50 of them at
// most, and how many there are beyond.
func (f *Faults) Error() string {
	return f.text(Fault.String, "và %[1]d lỗi nữa\n    and %[1]d more")
}

// EN writes one line in English for each fault, as Error does.
func (f *Faults) EN() string { return f.text(Fault.EN, "and %d more") }

func (f *Faults) text(show func(Fault) string, rest string) string {
	var lines []string
	for _, x := range f.List[:min(len(f.List), maxFaultLines)] {
		lines = append(lines, show(x))
	}
	if more := f.Len() - maxFaultLines; more > 0 {
		lines = append(lines, fmt.Sprintf(rest, more))
	}
	return strings.Join(lines, "\n")
}

// Len gives the number of faults found, also of those not kept.
func (f *Faults) Len() int { return len(f.List) + f.More }

// add keeps a fault, or counts it. The few that are about whole files are
// always kept.
func (f *Faults) add(x Fault) {
	if len(f.List) >= maxFaults && (x.Line > 0 || x.Record != "") {
		f.More++
		return
	}
	f.List = append(f.List, x)
}

// sort brings faults into the order of the tables and lines. Those of tables
// that stand in one file are sorted together.
func (d *Document) sortFaults(list []Fault) {
	rank := make(map[string]int, len(tables))
	first := map[string]int{}
	for i, t := range tables {
		name := d.nameOf(t.Name)
		if _, ok := first[name]; !ok {
			first[name] = i
		}
		rank[t.Name] = first[name]
	}
	slices.SortStableFunc(list, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(rank[a.table], rank[b.table]), cmp.Compare(a.Line, b.Line))
	})
}

// quote writes a cell between quotation marks, shortened and without
// anything that could upset a terminal.
func quote(s string) string {
	if utf8.RuneCountInString(s) > maxQuoted {
		s = string([]rune(s)[:maxQuoted]) + "…"
	}
	return strconv.Quote(s)
}
