package api

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
	// Digits after the decimal point of its numbers that are not whole.
	Digits int
}
