package api

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/sheet"
)

// Rows of a workbook: a line on what it is, the names of the columns, their
// codes, then the data.
const (
	nameRow = 2
	codeRow = 3
	dataRow = 4
)

// writeXLSX writes a workbook of one sheet. The same table as of the same moment
// gives the same bytes.
func (t *Table) writeXLSX(w io.Writer, lang language, h *Head, loc *time.Location) error {
	if err := t.check(); err != nil {
		return err
	}
	b := workbook{file: excelize.NewFile(), table: t, lang: lang}
	if err := b.build(h, loc); err != nil {
		return fmt.Errorf("write workbook: %w", errors.Join(err, b.file.Close()))
	}
	if err := sheet.Save(w, b.file); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

type workbook struct {
	file  *excelize.File
	table *Table
	lang  language

	about, name, code int   // styles
	cells             []int // styles of the columns
}

func (b *workbook) build(h *Head, loc *time.Location) error {
	name := sheetName(b.table.Name.In(b.lang))
	at := h.AsOf.UTC().Format(time.RFC3339)
	err := errors.Join(
		b.file.SetSheetName("Sheet1", name),
		b.file.SetDocProps(&excelize.DocProperties{Creator: "Phủ Kín", Title: b.table.Name.In(b.lang), Created: at, Modified: at}),
		b.styles(), b.page(name))
	if err != nil {
		return err
	}
	s, err := b.file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i, c := range b.table.Columns {
		if err := s.SetColWidth(i+1, i+1, b.width(i, c.Name.In(b.lang))); err != nil {
			return err
		}
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: codeRow, TopLeftCell: plan.CellName(1, dataRow), ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	names, codes := make([]any, len(b.table.Columns)), make([]any, len(b.table.Columns))
	for i, c := range b.table.Columns {
		names[i] = excelize.Cell{StyleID: b.name, Value: c.Name.In(b.lang)}
		codes[i] = excelize.Cell{StyleID: b.code, Value: c.Code}
	}
	err = errors.Join(
		s.SetRow("A1", []any{excelize.Cell{StyleID: b.about, Value: aboutLine(b.table.Name, b.lang, h, loc)}}, excelize.RowOpts{Height: 18}),
		s.SetRow(plan.CellName(1, nameRow), names, excelize.RowOpts{Height: 36}),
		s.SetRow(plan.CellName(1, codeRow), codes))
	if err != nil {
		return err
	}
	if err := b.rows(s); err != nil {
		return err
	}
	return s.Flush()
}

func (b *workbook) rows(s *excelize.StreamWriter) error {
	cells := make([]any, len(b.table.Columns))
	for n, row := range b.table.Rows {
		for i, v := range row {
			switch f := v.(type) {
			case string:
				v = strings.ToValidUTF8(f, string(utf8.RuneError))
			case float64:
				if math.IsNaN(f) || math.IsInf(f, 0) {
					v = nil
				}
			}
			cells[i] = nil
			if v != nil {
				cells[i] = excelize.Cell{StyleID: b.cells[i], Value: v}
			}
		}
		if err := s.SetRow(plan.CellName(1, dataRow+n), cells); err != nil {
			return err
		}
	}
	return nil
}

// styles makes the styles, in one order, because the order gives their numbers.
func (b *workbook) styles() error {
	thin := []excelize.Border{{Type: "bottom", Color: "9AA5B1", Style: 1}}
	var err error
	style := func(s *excelize.Style) int {
		id, e := b.file.NewStyle(s)
		err = errors.Join(err, e)
		return id
	}
	b.about = style(&excelize.Style{Font: &excelize.Font{Italic: true, Size: 10, Color: "52606D", Family: "Times New Roman"}, Alignment: &excelize.Alignment{Vertical: "center"}})
	b.name = style(&excelize.Style{
		Font: &excelize.Font{Bold: true, Size: 11, Family: "Times New Roman"}, Border: thin, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DCE6F0"}},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center", Horizontal: "center"},
	})
	b.code = style(&excelize.Style{Font: &excelize.Font{Size: 9, Color: "7B8794", Family: "Courier New"}, Border: thin, Alignment: &excelize.Alignment{Horizontal: "center"}})
	for i, c := range b.table.Columns {
		s := &excelize.Style{}
		if !b.numbers(i) {
			text := "@"
			s.CustomNumFmt = &text
		} else if c.Digits > 0 {
			format := "0." + strings.Repeat("0", c.Digits)
			s.CustomNumFmt = &format
		}
		b.cells = append(b.cells, style(s))
	}
	return err
}

// numbers says whether a column holds anything but texts.
func (b *workbook) numbers(column int) bool {
	for _, row := range b.table.Rows {
		if row[column] != nil {
			_, text := row[column].(string)
			return !text
		}
	}
	return false
}

// page makes the sheet print across, all columns on one page, with the headings
// on every page.
func (b *workbook) page(name string) error {
	fit, wide, high, across := true, 1, 0, "landscape"
	return errors.Join(
		b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}),
		b.file.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &across, FitToWidth: &wide, FitToHeight: &high}),
		b.file.SetDefinedName(&excelize.DefinedName{
			Name: "_xlnm.Print_Titles", Scope: name, RefersTo: fmt.Sprintf("'%s'!$%d:$%d", strings.ReplaceAll(name, "'", "''"), nameRow, codeRow),
		}))
}

// width gives the width of a column in characters, from its first rows.
func (b *workbook) width(column int, name string) float64 {
	n := max(utf8.RuneCountInString(b.table.Columns[column].Code)+2, utf8.RuneCountInString(name)/2+2, 9)
	for _, row := range b.table.Rows[:min(len(b.table.Rows), 200)] {
		if s, ok := row[column].(string); ok {
			n = max(n, utf8.RuneCountInString(s)+2)
		}
	}
	return float64(min(n, 44))
}

// aboutLine says what a table is, as of when, and whether it is made up.
func aboutLine(name Text, lang language, h *Head, loc *time.Location) string {
	at := h.AsOf.In(loc)
	about := Text{VI: name.VI + " · tính đến " + at.Format("15:04 ngày 02/01/2006"), EN: name.EN + " · as of " + at.Format("2006-01-02 15:04")}
	if h.Simulated {
		about.VI += " · SỐ LIỆU MÔ PHỎNG, không nói về camera có thật"
		about.EN += " · SIMULATED, no figure speaks of a real camera"
	}
	return about.In(lang)
}

// sheetName gives a name that a sheet may have.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) || r < ' ' {
			return ' '
		}
		return r
	}, s)
	u := utf16.Encode([]rune(strings.TrimSpace(s)))
	s = strings.TrimSpace(strings.ToValidUTF8(string(utf16.Decode(u[:min(len(u), excelize.MaxSheetNameLength)])), ""))
	if s == "" {
		return "Phủ Kín"
	}
	return s
}
