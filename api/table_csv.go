package api

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// byteOrderMark lets spreadsheets know that a file is UTF-8.
const byteOrderMark = "\uFEFF"

// writeCSV writes the codes of the columns and then the rows (RFC 4180): UTF-8
// with a byte order mark, lines that end with CR LF, a dot in numbers, true and
// false, nothing for what is not known.
func (t *Table) writeCSV(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	_, first := io.WriteString(w, byteOrderMark)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	record := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		record[i] = c.Code
	}
	err := errors.Join(first, out.Write(record))
	for _, row := range t.Rows {
		for i, cell := range row {
			record[i] = csvCell(cell)
		}
		if err == nil {
			err = out.Write(record)
		}
	}
	out.Flush()
	if err = errors.Join(err, out.Error()); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func csvCell(cell any) string {
	switch v := cell.(type) {
	case string:
		return harmless(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return ""
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// harmless puts an apostrophe before a text that a spreadsheet would take for a
// formula, for CSV cannot say that a cell is a text; and makes its line ends one
// kind.
func harmless(s string) string {
	s = lineEnds.Replace(strings.ToValidUTF8(s, string(utf8.RuneError)))
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \u00a0\u3000"))
	switch first {
	case '=', '+', '-', '@', '\t', '\n', '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
}
