package sheet

import (
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/plan"
)

// sheet reads a sheet into its table of a document.
func (p *pack) sheet(doc *plan.Document, b *book, s part) error {
	t := &taker{in: doc.Intake(s.table.Name, plan.Source{Name: s.name, Sheet: true}), table: s.table}
	r := reader{book: b}
	err := p.each(s.path, func(tok xml.Token) error {
		switch tok := tok.(type) {
		case xml.StartElement:
			r.start(tok)
			if tok.Name.Local == "mergeCell" {
				t.merged(attr(tok, "ref"))
			}
		case xml.EndElement:
			if r.end(tok) {
				if !t.take(r.line, r.cells, r.wrong) {
					return errEnough
				}
			}
		case xml.CharData:
			if r.text {
				keep(&r.buf, tok)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	t.close(doc, s)
	return nil
}

var errEnough = fmt.Errorf("no more rows are taken")

// wrong is a cell whose form is at fault.
type wrong struct {
	cell      int // from 0
	got, want string
}

// reader makes rows of cells of the tokens of a sheet (ECMA-376-1, 18.3.1).
type reader struct {
	book  *book
	line  int      // of the row, from 1
	cells []string // of the row
	wrong []wrong

	column  int // of the cell, from 1
	kind    string
	style   int
	formula bool
	value   bool // has a value
	text    bool // text is part of the cell's value
	buf     strings.Builder
}

func (r *reader) start(e xml.StartElement) {
	switch e.Name.Local {
	case "row":
		r.cells, r.wrong, r.column = r.cells[:0], r.wrong[:0], 0
		r.line++
		if n, err := strconv.Atoi(attr(e, "r")); err == nil && n > 0 && n <= 1<<20 {
			r.line = n
		}
	case "c":
		r.column++
		if n := columnOf(attr(e, "r")); n > 0 {
			r.column = n
		}
		r.kind, r.formula, r.value = attr(e, "t"), false, false
		r.style, _ = strconv.Atoi(attr(e, "s"))
		r.buf.Reset()
	case "f":
		r.formula = true
	case "v", "t":
		r.text, r.value = true, true
	case "rPh":
		r.value = false
	}
}

// end says whether a row is complete.
func (r *reader) end(e xml.EndElement) bool {
	switch e.Name.Local {
	case "v", "t":
		r.text = false
	case "c":
		r.cell()
	case "row":
		return true
	}
	return false
}

// cell puts the cell into the row.
func (r *reader) cell() {
	if r.column > maxColumns {
		return
	}
	v := r.buf.String()
	at := r.column - 1
	if v == "" {
		if r.formula && !r.value {
			r.fault(at, "a formula without a calculated value", "open the file in a spreadsheet program and save it, or write the value itself")
		}
		return
	}
	for len(r.cells) <= at {
		r.cells = append(r.cells, "")
	}
	switch r.kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || i < 0 || i >= len(r.book.strings) {
			r.fault(at, "a text that the file does not hold", "open the file in a spreadsheet program and save it again")
			return
		}
		v = r.book.strings[i]
	case "str", "inlineStr":
		v = unescape(strings.Clone(v))
	case "b":
		v = map[string]string{"1": "true", "true": "true", "0": "false", "false": "false"}[strings.TrimSpace(v)]
	case "e":
		r.fault(at, strconv.QuoteToGraphic(short(v))+", an error of the spreadsheet", "mend the formula, or write the value itself")
		return
	case "d": // a day by ISO 8601
		v = strings.TrimSuffix(strings.TrimSuffix(strings.Clone(v), "Z"), "T00:00:00")
	default:
		n, err := r.number(strings.TrimSpace(v))
		if err != nil {
			r.fault(at, strconv.QuoteToGraphic(short(v))+" is not a number", "open the file in a spreadsheet program and save it again")
			return
		}
		v = n
	}
	r.cells[at] = v
}

func (r *reader) fault(cell int, got, want string) {
	r.wrong = append(r.wrong, wrong{cell, got, want})
}

func short(s string) string { return s[:min(len(s), 40)] }

// number writes a number as its format means it: as a day, with leading zeros,
// or plainly.
func (r *reader) number(v string) (string, error) {
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return "", strconv.ErrSyntax
	}
	var s style
	if r.style >= 0 && r.style < len(r.book.styles) {
		s = r.book.styles[r.style]
	}
	switch {
	case s.date && n >= 1 && n < 200_000:
		minutes := math.Round((n - float64(r.book.from)) * 24 * 60)
		t := time.Unix(int64(minutes)*60, 0).UTC()
		if !s.time && minutes == math.Trunc(minutes/1440)*1440 {
			return t.Format(time.DateOnly), nil
		}
		return t.Format("2006-01-02 15:04"), nil
	case s.zeros > 1 && n >= 0 && n == math.Trunc(n) && n < 1e15:
		return fmt.Sprintf("%0*.0f", min(s.zeros, 32), n), nil
	case math.Abs(n) >= 1e21:
		return v, nil // beyond all that a plan knows
	}
	return strconv.FormatFloat(n, 'f', -1, 64), nil
}

// columnOf gives the column of a cell's name such as K17, from 1; 0 if it has
// none.
func columnOf(ref string) int {
	n := 0
	for _, c := range []byte(ref) {
		switch {
		case c >= 'A' && c <= 'Z':
			n = n*26 + int(c-'A') + 1
		case c >= 'a' && c <= 'z':
			n = n*26 + int(c-'a') + 1
		case c == '$':
			continue
		default:
			return n
		}
		if n > 1<<14 {
			return 1 << 14
		}
	}
	return 0
}
