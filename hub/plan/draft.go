package plan

import (
	"cmp"
	"fmt"
	"slices"
)

// The files of a plan's folder.
const (
	planFile        = "plan.yaml"
	areasFile       = "areas.csv"
	routesFile      = "routes.geojson"
	junctionsFile   = "junctions.csv"
	gatewaysFile    = "gateways.csv"
	sitesFile       = "sites.csv"
	camerasFile     = "cameras.csv"
	targetsFile     = "targets.csv"
	maintenanceFile = "maintenance.csv"
	figuresFile     = "figures.csv"
)

// draft is a plan on its way to being one, with the faults found so far and
// where its rows stand in the document.
type draft struct {
	doc    *Document // empty when made in code
	plan   Plan
	faults Faults
	rows   map[string][]*row // by table, parallel to the plan's slices; nil when made in code
}

// row is where something of the plan stands, and which of its columns are
// known to be wrong already, so that no fault is reported twice.
type row struct{ Row }

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
	table  string
	row    *row
	code   string
	prefix string // of the columns' names, such as "phases[1]."
}

// at gives the spot of the i-th thing of a table.
func (d *draft) at(table string, i int, code string) spot {
	s := spot{d, table, &row{}, code, ""}
	if rows := d.rows[table]; i < len(rows) {
		s.row = rows[i]
	} else if table == Levels || table == Phases {
		s.prefix = fmt.Sprintf("%s[%d].", table, i)
	}
	return s
}

// fault records a fault, unless the column has one already.
func (s spot) fault(column, got, want string) {
	if s.row.is(column) {
		return
	}
	s.row.spoil(column)
	s.d.faults.add(s.point(column, got, want))
}

// warn records something that does not look right but may be, unless the
// column has a fault or a warning already.
func (s spot) warn(column, got, want string) {
	if s.row.is(column) {
		return
	}
	s.row.spoil(column)
	if len(s.d.faults.Warnings) >= maxFaults {
		s.d.faults.Unlisted++
		return
	}
	s.d.faults.Warnings = append(s.d.faults.Warnings, s.point(column, got, want))
}

// point gives the fault with the place where the column stands.
func (s spot) point(column, got, want string) Fault {
	f := Fault{File: s.d.doc.nameOf(s.table), Record: s.code, Column: s.prefix + column, Got: got, Want: want, table: s.table}
	src := s.row.src
	if src == nil {
		return f
	}
	f.File, f.Line = src.Name, s.row.line
	if m, ok := s.row.marks[column]; ok {
		f.Line, column = m.line, cmp.Or(m.name, column)
	}
	f.Column = src.Prefix + cmp.Or(src.Column, column)
	if src.Item != "" {
		f.Got = fmt.Sprintf("%s %d: %s", src.Item, s.row.nth, got)
	}
	if src.Sheet {
		at := 0
		if i := TableByName(s.table).Column(column); i >= 0 && i < len(src.at) {
			at = src.at[i]
		}
		f.Cell = CellName(max(at, 1), f.Line)
	}
	return f
}

// sound says whether none of the columns is known to be wrong.
func (s spot) sound(columns ...string) bool {
	return !slices.ContainsFunc(columns, s.row.is)
}

// add notes where the thing about to be appended to a slice of the plan
// stands.
func (d *draft) add(table string, r *row) { d.rows[table] = append(d.rows[table], r) }

// has says whether a table could be read: what refers to one that could not
// is not held against the others.
func (d *draft) has(table string) bool {
	t := d.doc.tables[table]
	return t == nil || !t.unread
}

// nameOf gives the file or sheet in which a table stands, for a sentence.
func (d *draft) nameOf(table string) string {
	name := d.doc.nameOf(table)
	if t := d.doc.tables[table]; t != nil && len(t.list) > 0 && t.list[0].src != nil && t.list[0].src.Sheet {
		return "the sheet " + quote(name)
	}
	return name
}
