package sheet

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/plan"
)

// book is what cells need to know of their workbook.
type book struct {
	sheets  []part
	strings []string
	styles  []style // by the number that a cell gives
	from    int     // serial number of 1970-01-01
}

// part is a sheet, and where in the package it stands.
type part struct {
	name  string
	path  string
	table *plan.Table
}

// style is what the format of a cell says of its number.
type style struct {
	date  bool // a day
	time  bool // with a time
	zeros int  // digits to fill up with zeros on the left
}

// Serial numbers of 1970-01-01 in the two systems of days (ECMA-376-1,
// 18.17.4.1).
const (
	epoch1900 = 25569
	epoch1904 = 24107
)

// workbook reads everything but the sheets.
func (p *pack) workbook() (*book, error) {
	damaged := func(err error) error {
		return refuse(fmt.Sprintf("not a workbook that can be read (%q)", err), saveAgain)
	}
	_, roots, err := p.relations("")
	if err != nil {
		return nil, damaged(err)
	}
	main := roots["officeDocument"]
	if main == "" || !p.has(main) {
		return nil, refuse("a ZIP file and no workbook", "give a workbook (.xlsx), such as phukin-hub plan template makes")
	}
	ids, types, err := p.relations(main)
	if err != nil {
		return nil, damaged(err)
	}
	b := &book{from: epoch1900}
	err = p.each(main, func(t xml.Token) error {
		e, ok := t.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "workbookPr" && (attr(e, "date1904") == "1" || attr(e, "date1904") == "true"):
			b.from = epoch1904
		case e.Name.Local == "sheet" && len(b.sheets) < maxParts:
			b.sheets = append(b.sheets, part{name: attr(e, "name"), path: ids[relID(e)]})
		}
		return nil
	})
	if err == nil {
		b.strings, err = p.sharedStrings(types["sharedStrings"])
	}
	if err == nil {
		b.styles, err = p.styles(types["styles"])
	}
	if err != nil {
		if errors.As(err, new(*plan.Refusal)) {
			return nil, err
		}
		return nil, damaged(err)
	}
	return b, nil
}

// relID gives the id of a sheet's relationship: the attribute r:id, not the
// sheet's own sheetId.
func relID(e xml.StartElement) string {
	for _, a := range e.Attr {
		if a.Name.Local == "id" && a.Name.Space != "" {
			return a.Value
		}
	}
	return ""
}

// sharedStrings reads the texts that cells refer to by number, without the
// readings of East Asian ones (ECMA-376-1, 18.4).
func (p *pack) sharedStrings(name string) ([]string, error) {
	var all []string
	var b strings.Builder
	in, reading := false, 0
	err := p.each(name, func(t xml.Token) error {
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				b.Reset()
			case "rPh":
				reading++
			case "t":
				in = reading == 0
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "si":
				if len(all) >= maxStrings {
					return refuse(fmt.Sprintf("more than %d texts", maxStrings), "split the plan")
				}
				all = append(all, unescape(strings.Clone(b.String())))
			case "rPh":
				reading--
			case "t":
				in = false
			}
		case xml.CharData:
			if in {
				keep(&b, t)
			}
		}
		return nil
	})
	return all, err
}

// keep adds text to a cell, up to its bound: what is longer is a fault anyway.
func keep(b *strings.Builder, text []byte) {
	b.Write(text[:min(len(text), max(0, maxCell-b.Len()))])
}

// unescape reads characters written as _x000D_ (ECMA-376-1, 22.9.2.19).
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 || len(s) < i+7 {
			break
		}
		v, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
		if err != nil || s[i+6] != '_' {
			b.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		b.WriteRune(rune(v))
		s = s[i+7:]
	}
	b.WriteString(s)
	return b.String()
}

// styles reads which formats show a number as a day, and which fill it up
// with zeros.
func (p *pack) styles(name string) ([]style, error) {
	formats := map[string]style{}
	var all []style
	in := false
	err := p.each(name, func(t xml.Token) error {
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "numFmt":
				if len(formats) < maxParts {
					formats[attr(t, "numFmtId")] = styleOf(attr(t, "formatCode"))
				}
			case "cellXfs":
				in = true
			case "xf":
				if in && len(all) < 1<<16 {
					id := attr(t, "numFmtId")
					s, ok := formats[id]
					if n, err := strconv.Atoi(id); err == nil && !ok {
						s.time = n == 22
						s.date = n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58
					}
					all = append(all, s)
				}
			}
		case xml.EndElement:
			if t.Name.Local == "cellXfs" {
				in = false
			}
		}
		return nil
	})
	return all, err
}

// styleOf reads a format code (ECMA-376-1, 18.8.31): one with a letter of
// days, months or years outside of quotation marks and brackets shows a day.
func styleOf(code string) (s style) {
	quoted, bracket, escaped := false, false, false
	plain := true
	for _, r := range code {
		switch {
		case escaped:
			escaped = false
		case r == '\\' || r == '_' || r == '*':
			escaped, plain = true, false
		case r == '"':
			quoted, plain = !quoted, false
		case quoted:
		case r == '[':
			bracket, plain = true, false
		case r == ']':
			bracket = false
		case bracket:
		case r == ';':
			return s // the format of negative numbers follows
		case strings.ContainsRune("hHsS", r):
			s.time, plain = true, false
		case strings.ContainsRune("dDmMyY", r):
			s.date, plain = true, false
		case r == '0':
			s.zeros++
		default:
			plain = false
		}
	}
	if !plain {
		s.zeros = 0
	}
	return s
}
