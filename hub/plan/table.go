package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
)

// readTable reads the rows of a CSV file (RFC 4180). What is wrong with the
// form of the file becomes a fault; rows go on as long as the quotation marks
// are in order.
func (d *Document) readTable(table, file string, data []byte) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = separator(data)
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	in := d.Intake(table, Source{Name: file})
	header, err := r.Read()
	if err != nil {
		d.csvFault(table, file, err)
		return
	}
	in.Headings(1, header)
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			d.csvFault(table, file, err)
			return
		}
		line, _ := r.FieldPos(0)
		if !in.Row(line, fields) {
			return
		}
	}
}

func (d *Document) csvFault(table, file string, err error) {
	d.Unread(table)
	if errors.Is(err, io.EOF) {
		d.Fault(table, Fault{File: file, Got: "empty", Want: "write a header with the columns " + TableByName(table).columnNames()})
		return
	}
	f := Fault{File: file, Got: "a quotation mark is out of place",
		Want: `put cells with commas or quotation marks between "…" and double the marks inside; the rest of the file was not read`}
	if pe := (*csv.ParseError)(nil); errors.As(err, &pe) {
		f.Line = pe.StartLine
	} else {
		f.Got = "cannot be read (" + quote(err.Error()) + ")"
	}
	d.Fault(table, f)
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
