package api

import (
	"github.com/phukin/phukin/hub/plan"
)

// DiffTable is how one table of a plan differs from what it was.
type DiffTable struct {
	Table   string    `json:"table" doc:"Name in files, such as cameras"`
	Name    Text      `json:"name" doc:"Name of the sheet"`
	Added   int       `json:"added" doc:"Rows"`
	Changed int       `json:"changed" doc:"Rows"`
	Removed int       `json:"removed" doc:"Rows"`
	Rows    []DiffRow `json:"rows" doc:"The first of them"`
	More    int       `json:"more" doc:"Rows beyond those that are told"`
}

// DiffRow is a row that differs.
type DiffRow struct {
	Key    string      `json:"key" doc:"What tells the row from others: its code, or several with strokes between; empty in the settings"`
	Change string      `json:"change" enum:"added,changed,removed"`
	Cells  []DiffField `json:"cells" doc:"Of a row that was changed the cells that differ, of others those that are not empty"`
}

// DiffField is a cell that differs.
type DiffField struct {
	Column string `json:"column" doc:"Name in files"`
	Name   Text   `json:"name" doc:"Heading in the workbook"`
	Was    string `json:"was,omitempty"`
	Is     string `json:"is,omitempty"`
}

// diffTables gives changes by table, and of each table the first rows. What is
// behind the host of a camera's address is never told.
func diffTables(changes []plan.RowChange, rows int) []DiffTable {
	all := []DiffTable{}
	at := -1
	for _, n := range plan.Counts(changes) {
		all = append(all, DiffTable{Table: n.Table, Name: Text(plan.TableByName(n.Table).Title), Added: n.Added, Changed: n.Changed, Removed: n.Removed, Rows: []DiffRow{}})
	}
	for _, c := range changes {
		if at < 0 || all[at].Table != c.Table {
			at++
		}
		if t := &all[at]; len(t.Rows) < rows {
			t.Rows = append(t.Rows, diffRow(c))
		} else {
			t.More++
		}
	}
	return all
}

func diffRow(c plan.RowChange) DiffRow {
	r := DiffRow{Key: c.Key, Change: "changed", Cells: []DiffField{}}
	switch {
	case c.Old == nil:
		r.Change = "added"
	case c.New == nil:
		r.Change = "removed"
	}
	cell := func(cells []string, i int) string {
		if cells == nil {
			return ""
		}
		return cells[i]
	}
	for i, col := range plan.TableByName(c.Table).Columns {
		was, is := cell(c.Old, i), cell(c.New, i)
		if was != is {
			r.Cells = append(r.Cells, DiffField{col.Name, Text(col.Title), shown(col.Name, was), shown(col.Name, is)})
		}
	}
	return r
}

// shown gives a cell as everybody may see it who sees the plan.
func shown(column, cell string) string {
	if column == "address" && cell != "" {
		return plan.Address(cell).String()
	}
	return cell
}

func diffTable(tables []DiffTable) Table {
	t := Table{Name: Text{"Khác biệt", "Differences"}, Columns: []Column{
		column("table", "Bảng", "Table"), column("key", "Dòng", "Row"), column("change", "Thay đổi", "Change"),
		column("column", "Cột", "Column"), column("was", "Trước", "Was"), column("is", "Sau", "Is"),
	}}
	for _, d := range tables {
		for _, r := range d.Rows {
			for _, c := range r.Cells {
				t.Rows = append(t.Rows, []any{d.Table, r.Key, r.Change, c.Column, c.Was, c.Is})
			}
		}
	}
	return t
}
