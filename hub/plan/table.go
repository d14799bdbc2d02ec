package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/geo"
)

// column is a column of a table. A must column has to be there, and no cell
// of it may be empty; the others may be left out.
type column struct {
	name string
	must bool
}

func columnNames(cols []column) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// record is one row of a table.
type record struct {
	spot
	cells map[string]string // by column; cleaned
}

// table reads the rows of a CSV file (RFC 4180) and calls row for each of
// them. What is wrong with the form of the file becomes a fault; rows go on
// as long as the quotation marks are in order. Rows without any content, as
// spreadsheets leave them behind, are passed over.
func (d *draft) table(file string, data []byte, cols []column, row func(*record)) {
	if data == nil {
		return
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = separator(data)
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		d.csvFault(file, cols, err)
		return
	}
	names, missing := d.header(file, header, cols)
	for n := 0; ; {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			d.csvFault(file, cols, err)
			return
		}
		if !slices.ContainsFunc(fields, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue
		}
		if n++; n > MaxRows {
			d.faults.add(Fault{File: file, Got: fmt.Sprintf("more than %d rows", MaxRows), Want: "split the plan"})
			return
		}
		line, _ := r.FieldPos(0)
		rec := d.record(file, line, names, missing, fields)
		for _, c := range cols {
			if c.must && rec.cells[c.name] == "" {
				rec.fault(c.name, "empty", "write a value in every row")
			}
		}
		row(rec)
	}
}

func (d *draft) csvFault(file string, cols []column, err error) {
	d.unread = append(d.unread, file)
	if errors.Is(err, io.EOF) {
		d.faults.add(Fault{File: file, Got: "empty", Want: "write a header with the columns " + columnNames(cols)})
		return
	}
	f := Fault{File: file, Got: "a quotation mark is out of place",
		Want: `put cells with commas or quotation marks between "…" and double the marks inside; the rest of the file was not read`}
	if pe := (*csv.ParseError)(nil); errors.As(err, &pe) {
		f.Line = pe.StartLine
	} else {
		f.Got = err.Error()
	}
	d.faults.add(f)
}

// header checks the first row. It gives the name of each field, empty for one
// to pass over, and the names of the must columns that are not there.
func (d *draft) header(file string, fields []string, cols []column) (names, missing []string) {
	for _, f := range fields {
		name := strings.ToLower(clean(f))
		known := slices.ContainsFunc(cols, func(c column) bool { return c.name == name })
		fault := Fault{File: file, Line: 1, Column: name}
		switch {
		case name == "": // a column without a name is nobody's
		case !known:
			fault.Column = quote(name)
			fault.Got, fault.Want = "unknown column", "the columns are "+columnNames(cols)
			d.faults.add(fault)
			name = ""
		case slices.Contains(names, name):
			fault.Got, fault.Want = "stands twice", "leave one of the two columns out"
			d.faults.add(fault)
			name = ""
		}
		names = append(names, name)
	}
	for _, c := range cols {
		if c.must && !slices.Contains(names, c.name) {
			d.faults.add(Fault{File: file, Line: 1, Column: c.name, Got: "missing column", Want: "the columns are " + columnNames(cols)})
			missing = append(missing, c.name)
		}
	}
	if len(missing) > 0 {
		d.unread = append(d.unread, file)
	}
	return names, missing
}

func (d *draft) record(file string, line int, names, missing, fields []string) *record {
	rec := &record{spot{d, file, &row{line: line}, "", ""}, make(map[string]string, len(names))}
	rec.row.spoil(missing...)
	for i, f := range fields {
		f = clean(f)
		switch {
		case i < len(names) && names[i] != "":
			rec.cells[names[i]] = f
		case i >= len(names) && f != "":
			rec.fault("", fmt.Sprintf("%d cells under %d columns", len(fields), len(names)), `put a cell with commas between "…"`)
		}
	}
	rec.code = rec.cells["code"]
	return rec
}

// separator tells by the header what separates the cells: spreadsheets in a
// country with a decimal comma write semicolons.
func separator(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t'} {
		if n := bytes.Count(header, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

func (r *record) text(column string) string { return r.cells[column] }

// number reads a decimal number; 0 for an empty cell.
func (r *record) number(column string) float64 {
	s := r.cells[column]
	if s == "" {
		return 0
	}
	v, ok := parseNumber(s)
	if !ok {
		r.fault(column, quote(s)+" is not a number", "write digits, with a point or a comma before the decimals")
	}
	return v
}

// whole reads a whole number; 0 for an empty cell.
func (r *record) whole(column string) int {
	s := r.cells[column]
	if s == "" {
		return 0
	}
	v, err := strconv.Atoi(s)
	if err != nil {
		r.fault(column, quote(s)+" is not a whole number", "write digits only")
	}
	return v
}

// date reads a day; no day for an empty cell.
func (r *record) date(column string) Date {
	s := r.cells[column]
	v, err := ParseDate(s)
	if err != nil {
		r.fault(column, quote(s)+" is not a day from 1971 to 2199", "write 2026-09-30 or 30/09/2026")
	}
	return v
}

// flag reads yes or no; an empty cell is no.
func (r *record) flag(column string) bool {
	v, ok := parseFlag(r.cells[column])
	if !ok {
		r.fault(column, quote(r.cells[column])+" is not yes or no", "write true or false")
	}
	return v
}

// point reads a position from the columns lon and lat. It is the zero Point
// when both are empty.
func (r *record) point() geo.Point {
	p := geo.Point{Lon: r.number("lon"), Lat: r.number("lat")}
	for _, c := range [][2]string{{"lon", "lat"}, {"lat", "lon"}} {
		if r.cells[c[0]] == "" && r.cells[c[1]] != "" {
			r.fault(c[0], "empty beside "+c[1], "write both or neither")
		}
	}
	return p
}

// place reads the chainage of a row as a distance on its route, in metres. It
// says nothing against a route that is not there: the checks do.
func (r *record) place(routes map[string]*Route, route string) float64 {
	s := r.cells["chainage"]
	if s == "" || route == "" {
		return 0
	}
	chainage, err := geo.ParseChainage(s)
	if err != nil {
		r.fault("chainage", quote(s)+" is not a chainage", "write Km12+500, metres from 0 to 999")
		return 0
	}
	to := routes[route]
	if to == nil || to.Line == nil || to.Chainage == nil {
		r.row.spoil("chainage")
		return 0
	}
	at, ok := to.place(chainage)
	if !ok {
		first, last := to.ends()
		r.fault("chainage", fmt.Sprintf("%s is not on %s", geo.FormatChainage(chainage), quote(route)),
			fmt.Sprintf("the route goes from %s to %s", geo.FormatChainage(first), geo.FormatChainage(last)))
	}
	return at
}
