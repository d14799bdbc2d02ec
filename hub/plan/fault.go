package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
type Fault struct {
	File   string `json:"file"`             // name of the file in the plan's directory
	Line   int    `json:"line,omitempty"`   // from 1; 0 if it is about the whole file, or the plan was made in code
	Record string `json:"record,omitempty"` // code of the row, if it has one; printed when there is no line
	Column string `json:"column,omitempty"` // column, property or key
	Got    string `json:"got"`              // what stands there
	Want   string `json:"want"`             // what would be right
}

// String writes the fault as one line.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	} else if f.Record != "" {
		b.WriteString(": " + quote(f.Record))
	}
	for _, s := range []string{f.Column, f.Got, f.Want} {
		if s != "" {
			b.WriteString(": " + s)
		}
	}
	return b.String()
}

// Faults is the error of Read and Build: everything that was found wrong, in
// the order of the files and lines.
type Faults struct {
	List []Fault // the first 1,000, and all about whole files
	More int     // found beyond them
}

// Error writes one line for each fault, 50 at most, and how many there are
// beyond.
func (f *Faults) Error() string {
	var b strings.Builder
	for i, x := range f.List {
		if i == maxFaultLines {
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(x.String())
	}
	if more := f.Len() - maxFaultLines; more > 0 {
		fmt.Fprintf(&b, "\nand %d more", more)
	}
	return b.String()
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

// err gives f as an error, in the order of the files, or nil without faults.
func (f *Faults) err() error {
	if len(f.List) == 0 {
		return nil
	}
	slices.SortStableFunc(f.List, func(a, b Fault) int {
		return cmp.Or(
			cmp.Compare(slices.Index(fileNames, a.File), slices.Index(fileNames, b.File)),
			cmp.Compare(a.Line, b.Line))
	})
	return f
}

// quote writes a cell between quotation marks, shortened and without
// anything that could upset a terminal.
func quote(s string) string {
	if utf8.RuneCountInString(s) > maxQuoted {
		s = string([]rune(s)[:maxQuoted]) + "…"
	}
	return strconv.Quote(s)
}
