package plan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// canonical gives the one text for what a cell means. A cell that means
// nothing stays as it is: Compile says what is wrong with it.
func (c *Column) canonical(cell string) string {
	s := clean(cell)
	if s == "" {
		return ""
	}
	switch c.Kind {
	case NumberCell:
		if v, ok := parseNumber(s); ok {
			return formatNumber(round15(v))
		}
	case WholeCell:
		if v, err := strconv.Atoi(s); err == nil {
			return strconv.Itoa(v)
		}
	case FlagCell:
		if v, ok := parseFlag(s); ok {
			if !v {
				return ""
			}
			return "true"
		}
	case DayCell:
		if v, err := ParseDate(s); err == nil {
			return v.String()
		}
	case MomentCell:
		if v, err := parseMoment(s, c.Name == "to"); err == nil {
			return v.String()
		}
	case ChainageCell:
		if v, err := parseChainage(s); err == nil {
			return formatChainage(v)
		}
	case WordCell:
		if w, ok := c.word(s); ok {
			return w
		}
	case CodesCell:
		return strings.Join(codes(s), " ")
	}
	return s
}

// round15 rounds to 15 significant digits, which is what spreadsheets keep.
func round15(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	return v
}

// codes splits a list of codes.
func codes(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' || r == '\t' })
}

// Canonical gives the document with one text for each value and its rows
// sorted, so that the same plan has the same document whatever it was read
// from. The places and faults of its reading are kept.
func (d *Document) Canonical() *Document {
	c := d.ordered()
	c.renumber()
	return c
}

// ordered is Canonical with the points of routes numbered as they were.
func (d *Document) ordered() *Document {
	c := &Document{tables: map[string]*rows{}, faults: d.faults}
	for _, t := range tables {
		from := d.tables[t.Name]
		if from == nil {
			continue
		}
		to := *from
		to.list = make([]Row, len(from.list))
		for i, r := range from.list {
			to.list[i] = t.canonicalRow(r)
		}
		t.sort(to.list)
		c.tables[t.Name] = &to
	}
	return c
}

func (t *Table) canonicalRow(r Row) Row {
	cells := make([]string, len(r.Cells))
	for i, s := range r.Cells {
		cells[i] = t.Columns[i].canonical(s)
	}
	for i, c := range t.Columns { // an English text that says nothing more
		if name, ok := strings.CutSuffix(c.Name, "_en"); ok && cells[i] == cells[t.Column(name)] {
			cells[i] = ""
		}
	}
	r.Cells = cells
	return r
}

// sort brings canonical rows into their one order.
func (t *Table) sort(list []Row) {
	order := t.Order
	if len(order) == 0 {
		order = t.Key
	}
	type by struct {
		at   int
		kind CellKind
	}
	keys := make([]by, len(order))
	for i, name := range order {
		at := t.Column(name)
		keys[i] = by{at, t.Columns[at].Kind}
	}
	slices.SortStableFunc(list, func(a, b Row) int {
		for _, k := range keys {
			if c := compareCells(k.kind, a.Cells[k.at], b.Cells[k.at]); c != 0 {
				return c
			}
		}
		return 0
	})
}

// compareCells puts canonical cells in the order of what they mean.
func compareCells(kind CellKind, a, b string) int {
	switch kind {
	case NumberCell, WholeCell:
		x, _ := parseNumber(a)
		y, _ := parseNumber(b)
		return cmp.Compare(x, y)
	case ChainageCell:
		x, _ := parseChainage(a)
		y, _ := parseChainage(b)
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}

// renumber gives the points of each route the numbers 1, 2, 3 …, and leaves
// out a point that repeats the one before it: map programs write it twice
// where two pieces were joined.
func (d *Document) renumber() {
	points := d.tables[Points]
	if points == nil {
		return
	}
	t := &pointsTable
	n := t.Column("n")
	out, last := points.list[:0], 0
	for i, r := range points.list {
		if i > 0 && repeats(out[len(out)-1], r) {
			continue
		}
		if last++; i == 0 || t.Cell(out[len(out)-1], "route") != t.Cell(r, "route") {
			last = 1
		}
		r.Cells[n] = strconv.Itoa(last)
		out = append(out, r)
	}
	points.list = out
}

// repeats says whether a point of a route stands where the one before it
// stands.
func repeats(before, r Row) bool {
	t := &pointsTable
	return t.Cell(before, "route") == t.Cell(r, "route") && t.Cell(before, "lon") == t.Cell(r, "lon") && t.Cell(before, "lat") == t.Cell(r, "lat")
}
