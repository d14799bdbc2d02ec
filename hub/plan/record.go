package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/phukin/phukin/hub/geo"
)

// record is one row of a table of the document on its way into the plan.
type record struct {
	spot
	table *Table
}

// each calls f with each row of a table. Must cells that are empty become
// faults.
func (d *draft) each(name string, f func(*record)) {
	table, t := TableByName(name), d.doc.table(name)
	code := table.Column("code")
	for _, r := range t.list {
		rec := &record{spot{d, name, &row{Row: r}, "", ""}, table}
		if code >= 0 {
			rec.code = r.Cells[code]
		} else {
			rec.code = table.KeyOf(r)
		}
		rec.row.bad = slices.Clone(r.bad)
		rec.row.spoil(t.missing...)
		if r.marks != nil || r.src != nil && r.src.Item != "" {
			f(rec) // a file that is no table: the checks say what is missing
			continue
		}
		for i := range table.Columns {
			if c := &table.Columns[i]; c.Must && r.Cells[i] == "" {
				rec.fault(c.Name, "empty", "write a value in every row")
			}
		}
		f(rec)
	}
}

func (r *record) text(column string) string { return r.row.Cells[r.table.Column(column)] }

// number reads a decimal number; 0 for an empty cell.
func (r *record) number(column string) float64 {
	s := r.text(column)
	if s == "" {
		return 0
	}
	v, ok := parseNumber(s)
	if !ok {
		r.fault(column, quote(s)+" is not a number", "write digits, with a point or a comma before the decimals")
	}
	return v
}

// known reads a number; NaN, which stands for not known, for an empty cell.
func (r *record) known(column string) float64 {
	if r.text(column) == "" {
		return math.NaN()
	}
	return r.number(column)
}

// whole reads a whole number; 0 for an empty cell.
func (r *record) whole(column string) int {
	s := r.text(column)
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
	s := r.text(column)
	v, err := ParseDate(s)
	if err != nil {
		r.fault(column, quote(s)+" is not a day from 1971 to 2199", "write 2026-09-30 or 30/09/2026")
	}
	return v
}

// moment reads a day and time; no moment for an empty cell. A day alone is
// its start, or its end in the column "to".
func (r *record) moment(column string) moment {
	s := r.text(column)
	if s == "" {
		return moment{}
	}
	v, err := parseMoment(s, column == "to")
	if err != nil {
		r.fault(column, quote(s)+" is not a day and time of 1971 to 2199", "write 2026-09-30 08:00 or 30/09/2026 08:00")
	}
	return v
}

// flag reads yes or no; an empty cell is no.
func (r *record) flag(column string) bool {
	v, ok := parseFlag(r.text(column))
	if !ok {
		r.fault(column, quote(r.text(column))+" is not yes or no", "write true or false")
	}
	return v
}

// word reads one of the words of a column; "" for an empty cell. The sentence
// says what the cell is not.
func (r *record) word(column, isNo string) string {
	s := r.text(column)
	if s == "" {
		return ""
	}
	c := &r.table.Columns[r.table.Column(column)]
	w, ok := c.word(s)
	if !ok {
		r.fault(column, quote(s)+" is no "+isNo, "write "+c.wordList())
	}
	return w
}

// both reads a text in two languages. Without the English one it is the
// Vietnamese one.
func (r *record) both(column string) Text {
	t := Text{r.text(column), r.text(column + "_en")}
	if t.EN == "" {
		t.EN = t.VI
	}
	return t
}

// point reads a position from the columns lon and lat. It is the zero Point
// when both are empty.
func (r *record) point() geo.Point {
	p := geo.Point{Lon: r.number("lon"), Lat: r.number("lat")}
	for _, c := range [][2]string{{"lon", "lat"}, {"lat", "lon"}} {
		if r.text(c[0]) == "" && r.text(c[1]) != "" {
			r.fault(c[0], "empty beside "+c[1], "write both or neither")
		}
	}
	return p
}

// chainage reads a chainage in metres; 0 for an empty cell. It is not ok when
// the cell is empty or wrong.
func (r *record) chainage() (m float64, ok bool) {
	s := r.text("chainage")
	if s == "" {
		return 0, false
	}
	m, err := parseChainage(s)
	if err != nil {
		r.fault("chainage", quote(s)+" is not a chainage", "write Km12+500, metres from 0 to 999")
		return 0, false
	}
	return m, true
}

// place reads the chainage of a row as a distance on its route, in metres. It
// says nothing against a route that is not there: the checks do.
func (r *record) place(routes map[string]*Route, route string) float64 {
	chainage, ok := r.chainage()
	if !ok || route == "" {
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

// place gives the distance on the line at which a chainage stands, in metres.
// It is not ok more than a metre off the line; within it is the line's end,
// because chainages are written in whole metres.
func (r *Route) place(chainage float64) (at float64, ok bool) {
	at = r.Chainage.At(chainage)
	on := math.Min(math.Max(at, 0), r.Line.Length())
	return on, math.Abs(at-on) <= 1
}

// ends gives the chainages of the two ends of the route, metres.
func (r *Route) ends() (first, last float64) {
	return r.Chainage.Chainage(0), r.Chainage.Chainage(r.Line.Length())
}
