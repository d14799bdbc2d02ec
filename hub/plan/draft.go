package plan

import (
	"fmt"
	"slices"
)

// The files of a plan's directory.
const (
	planFile      = "plan.yaml"
	areasFile     = "areas.csv"
	routesFile    = "routes.geojson"
	junctionsFile = "junctions.csv"
	gatewaysFile  = "gateways.csv"
	sitesFile     = "sites.csv"
	camerasFile   = "cameras.csv"
)

// fileNames lists the files in the order in which they are read: a file
// refers only to those before it.
var fileNames = []string{planFile, areasFile, routesFile, junctionsFile, gatewaysFile, sitesFile, camerasFile}

// draft is a plan on its way to being one, with the faults found so far and
// where its rows stand in the files.
type draft struct {
	plan   Plan
	faults Faults
	rows   map[string][]*row // by file, parallel to the plan's slices; nil when made in code
	unread []string          // files that could not be read, or not to their end
}

// row is where something of the plan stands, and which of its columns are
// known to be wrong already, so that no fault is reported twice.
type row struct {
	line  int
	lines map[string]int // of single columns, where they stand in lines of their own
	bad   []string
}

func (r *row) spoil(columns ...string) {
	for _, c := range columns {
		if !r.is(c) {
			r.bad = append(r.bad, c)
		}
	}
}

func (r *row) is(column string) bool { return slices.Contains(r.bad, column) }

// spot is one thing of the plan for the checks to point at.
type spot struct {
	d      *draft
	file   string
	row    *row
	code   string
	prefix string // of the columns' names, such as "phases[1]."
}

// The lists of plan.yaml count as tables of their own.
const (
	levelsKey = "levels"
	phasesKey = "phases"
)

// at gives the spot of the i-th thing of a table.
func (d *draft) at(table string, i int, code string) spot {
	s := spot{d, table, &row{}, code, ""}
	if rows := d.rows[table]; i < len(rows) {
		s.row = rows[i]
	}
	if table == levelsKey || table == phasesKey {
		s.file, s.prefix = planFile, fmt.Sprintf("%s[%d].", table, i)
	}
	return s
}

// fault records a fault, unless the column has one already.
func (s spot) fault(column, got, want string) {
	if s.row.is(column) {
		return
	}
	s.row.spoil(column)
	line := s.row.line
	if n, ok := s.row.lines[column]; ok {
		line = n
	}
	s.d.faults.add(Fault{File: s.file, Line: line, Record: s.code, Column: s.prefix + column, Got: got, Want: want})
}

// sound says whether none of the columns is known to be wrong.
func (s spot) sound(columns ...string) bool {
	return !slices.ContainsFunc(columns, s.row.is)
}

// add notes where the thing about to be appended to a slice of the plan
// stands.
func (d *draft) add(file string, r *row) { d.rows[file] = append(d.rows[file], r) }

// has says whether a file could be read: what refers to one that could not
// is not held against the others.
func (d *draft) has(file string) bool { return !slices.Contains(d.unread, file) }
