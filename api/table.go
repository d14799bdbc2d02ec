package api

import (
	"fmt"
	"slices"
	"time"
)

// Table is an answer as rows and columns: what CSV and XLSX are written from.
// An answer that has one has a method Table() Table.
type Table struct {
	Name    Text // of the sheet
	Columns []Column
	// Rows have a cell for each column: a string, a bool, an int, a float64, or
	// nil for what is not known.
	Rows [][]any
}

// Column heads one column of a table.
type Column struct {
	Code string // heads it in CSV, and stays the same; with its unit, like length_m
	Name Text   // heads it in XLSX
	// Digits after the decimal point that XLSX shows of its numbers; as many as
	// there are when it is 0. CSV has all of them in any case.
	Digits int
}

// check holds a table to its shape.
func (t *Table) check() error {
	for n, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("row %d of the table %q has %d cells, want %d", n, t.Name.EN, len(row), len(t.Columns))
		}
		for i, cell := range row {
			switch cell.(type) {
			case nil, string, bool, int, int64, float64:
			default:
				return fmt.Errorf("row %d, column %s of the table %q: a cell cannot be a %T", n, t.Columns[i].Code, t.Name.EN, cell)
			}
		}
	}
	return nil
}

// part is what a field of a row gives to its table: some columns, and for each
// a cell. What is of no field is always there.
type part[R any] struct {
	field   string // its JSON name
	columns []Column
	cells   func(*R) []any
}

// one makes a part of one column.
func one[R any](field string, c Column, cell func(*R) any) part[R] {
	return part[R]{field, []Column{c}, func(r *R) []any { return []any{cell(r)} }}
}

// tableOf makes a table of rows from the parts whose fields were asked for; from
// all when none was.
func tableOf[R any](name Text, rows []R, parts []part[R], only []string) Table {
	t := Table{Name: name, Rows: make([][]any, len(rows))}
	if len(only) > 0 {
		parts = slices.DeleteFunc(slices.Clone(parts), func(p part[R]) bool { return p.field != "" && !slices.Contains(only, p.field) })
	}
	for _, p := range parts {
		t.Columns = append(t.Columns, p.columns...)
	}
	for i := range rows {
		t.Rows[i] = make([]any, 0, len(t.Columns))
		for _, p := range parts {
			t.Rows[i] = append(t.Rows[i], p.cells(&rows[i])...)
		}
	}
	return t
}

// column makes a column.
func column(code, vi, en string) Column { return Column{Code: code, Name: Text{VI: vi, EN: en}} }

// ratio makes a column of numbers from 0 to 1.
func ratio(code, vi, en string) Column {
	c := column(code, vi, en)
	c.Digits = 6
	return c
}

// length makes a column of metres.
func length(code, vi, en string) Column {
	c := column(code, vi, en)
	c.Digits = 1
	return c
}

// maybe gives the cell of a value that may not be known.
func maybe[V int | int64 | float64 | bool | string](v *V) any {
	if v == nil {
		return nil
	}
	return *v
}

// nonzero gives the cell of a number that is not known when it is 0.
func nonzero[V int | int64 | float64](v V) any {
	if v == 0 {
		return nil
	}
	return v
}

// momentCell gives the cell of a moment: RFC 3339, UTC.
func momentCell(t *time.Time) any {
	if t == nil || t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}
