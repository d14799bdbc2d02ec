package plan

import (
	"fmt"
	"slices"
	"strings"
)

// RowChange is a row that differs between two documents: Old is nil for one
// that was added, New for one that was removed.
type RowChange struct {
	Table    string
	Key      string // see Table.KeyOf; the second and further rows of a key end in #2, #3 …
	Old, New []string
}

// DiffRows gives the rows that differ between two canonical documents, in the
// order of the tables; in each those that are new or changed in the order of
// b, then those that are gone in the order of a. Applying them to a gives b.
func DiffRows(a, b *Document) []RowChange {
	var all []RowChange
	for _, t := range tables {
		from, to := a.Rows(t.Name), b.Rows(t.Name)
		fromKeys, toKeys := t.keys(from), t.keys(to)
		old := make(map[string]int, len(from))
		for i, key := range fromKeys {
			old[key] = i
		}
		seen := make([]bool, len(from))
		for i, r := range to {
			j, ok := old[toKeys[i]]
			switch {
			case !ok:
				all = append(all, RowChange{t.Name, toKeys[i], nil, r.Cells})
			default:
				seen[j] = true
				if !slices.Equal(from[j].Cells, r.Cells) {
					all = append(all, RowChange{t.Name, toKeys[i], from[j].Cells, r.Cells})
				}
			}
		}
		for j, r := range from {
			if !seen[j] {
				all = append(all, RowChange{t.Name, fromKeys[j], r.Cells, nil})
			}
		}
	}
	return all
}

// keys gives the keys of rows, made different from each other.
func (t *Table) keys(list []Row) []string {
	keys := make([]string, len(list))
	n := make(map[string]int, len(list))
	for i, r := range list {
		keys[i] = t.KeyOf(r)
		if n[keys[i]]++; n[keys[i]] > 1 {
			keys[i] = fmt.Sprintf("%s#%d", keys[i], n[keys[i]])
		}
	}
	return keys
}

// Keyed gives the rows of a table with their keys, as revisions keep them.
func (d *Document) Keyed(table string) map[string][]string {
	t := TableByName(table)
	rows := d.Rows(table)
	m := make(map[string][]string, len(rows))
	for i, key := range t.keys(rows) {
		m[key] = rows[i].Cells
	}
	return m
}

// Count is how many rows of a table differ.
type Count struct {
	Table                   string
	Added, Changed, Removed int
}

// Counts adds changes up by table, in the order of the tables; tables without
// any are left out.
func Counts(changes []RowChange) []Count {
	var all []Count
	for _, c := range changes {
		if len(all) == 0 || all[len(all)-1].Table != c.Table {
			all = append(all, Count{Table: c.Table})
		}
		n := &all[len(all)-1]
		switch {
		case c.Old == nil:
			n.Added++
		case c.New == nil:
			n.Removed++
		default:
			n.Changed++
		}
	}
	return all
}

// maxPointLines is how many points of a route are listed one by one.
const maxPointLines = 3

// Lines writes changes for people, one line for each row that was added or
// removed and for each field that was changed:
//
//	cameras C-0123 azimuth: 90 → 95
//	sites D-111 thêm (added): name Chợ Mương, area 18562, kind market, lon 105.83, lat 18.31
//	cameras C-0007 bỏ (removed): site D-004, agent tb-18592, …
//
// Many points of one route are one line.
func Lines(changes []RowChange) []string {
	var lines []string
	points := map[string]*Count{}
	for _, c := range changes {
		if c.Table == Points {
			route, _, _ := strings.Cut(c.Key, "/")
			if points[route] == nil {
				points[route] = &Count{}
			}
			switch n := points[route]; {
			case c.Old == nil:
				n.Added++
			case c.New == nil:
				n.Removed++
			default:
				n.Changed++
			}
		}
	}
	told := map[string]bool{}
	for _, c := range changes {
		if c.Table == Points {
			route, _, _ := strings.Cut(c.Key, "/")
			if n := points[route]; n.Added+n.Changed+n.Removed > maxPointLines {
				if !told[route] {
					told[route] = true
					lines = append(lines, fmt.Sprintf("points %s: %s", route, n))
				}
				continue
			}
		}
		lines = append(lines, c.lines()...)
	}
	return lines
}

// String writes the counts that are not 0.
func (n Count) String() string {
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{{n.Added, "thêm (added)"}, {n.Changed, "đổi (changed)"}, {n.Removed, "bỏ (removed)"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return strings.Join(parts, ", ")
}

func (c RowChange) lines() []string {
	t := TableByName(c.Table)
	what := strings.TrimSpace(c.Table + " " + c.Key)
	switch {
	case c.Old == nil:
		return []string{what + " thêm (added): " + t.brief(c.New)}
	case c.New == nil:
		return []string{what + " bỏ (removed): " + t.brief(c.Old)}
	}
	var lines []string
	for i, col := range t.Columns {
		if c.Old[i] != c.New[i] {
			lines = append(lines, fmt.Sprintf("%s %s: %s → %s", what, col.Name, show(col.Name, c.Old[i]), show(col.Name, c.New[i])))
		}
	}
	return lines
}

// brief lists what stands in a row beside its key.
func (t *Table) brief(cells []string) string {
	var parts []string
	for i, col := range t.Columns {
		if cells[i] != "" && !slices.Contains(t.Key, col.Name) {
			parts = append(parts, col.Name+" "+show(col.Name, cells[i]))
		}
	}
	return strings.Join(parts, ", ")
}

// show writes a cell. Addresses of streams are not for everybody's eyes.
func show(column, cell string) string {
	switch {
	case cell == "":
		return "(trống)"
	case column == "address":
		return Address(cell).String()
	}
	return strings.Trim(quote(cell), `"`)
}
