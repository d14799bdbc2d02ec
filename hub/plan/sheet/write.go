package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/phukin/phukin/hub/plan"
)

// Rows of every sheet of a table: a line on what it is, the headings, the
// names of the columns, then the data.
const (
	headingRow = 2
	dataRow    = 4
	lastRow    = dataRow + plan.MaxRows
	spareRows  = 300 // below the data, formatted for what is still to come
)

// Write writes a canonical document as a workbook: with the template's
// headings, notes, drop-down lists and formats. An empty document is the
// template. The same document gives the same bytes. Progress, if not nil, is
// called with the rows written and how many there are.
func Write(w io.Writer, doc *plan.Document, lang Lang, progress func(done, total int64)) error {
	b, err := newBuilder(doc, lang, progress)
	if err == nil {
		err = b.build()
	}
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return Save(w, b.file)
}

// Template writes the workbook that people begin with.
func Template(w io.Writer, lang Lang) error { return Write(w, &plan.Document{}, lang, nil) }

// builder makes a workbook.
type builder struct {
	file        *excelize.File
	doc         *plan.Document
	lang        Lang
	words       map[string]string // where the words of a column stand in the sheet of lists, by table and column
	styles      map[string]int
	done, total int64
	progress    func(done, total int64)
}

func newBuilder(doc *plan.Document, lang Lang, progress func(done, total int64)) (*builder, error) {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	b := &builder{file: excelize.NewFile(), doc: doc, lang: lang, words: map[string]string{}, styles: map[string]int{}, total: int64(doc.Len()), progress: progress}
	text, day, moment := "@", "dd/mm/yyyy", "dd/mm/yyyy hh:mm"
	thin := []excelize.Border{{Type: "bottom", Color: "9AA5B1", Style: 1}}
	head := func(colour string) *excelize.Style {
		return &excelize.Style{
			Font: &excelize.Font{Bold: true, Size: 11, Family: "Times New Roman"}, Border: thin,
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}},
			Alignment: &excelize.Alignment{WrapText: true, Vertical: "center", Horizontal: "center"},
		}
	}
	// In one order, because the order gives the numbers of the styles.
	for _, s := range []struct {
		name  string
		style *excelize.Style
	}{
		{"about", &excelize.Style{Font: &excelize.Font{Italic: true, Size: 10, Color: "52606D", Family: "Times New Roman"}, Alignment: &excelize.Alignment{Vertical: "center"}}},
		{"must", head("F9D9A8")},
		{"may", head("DCE6F0")},
		{"name", &excelize.Style{Font: &excelize.Font{Size: 9, Color: "7B8794", Family: "Courier New"}, Alignment: &excelize.Alignment{Horizontal: "center"}, Border: thin}},
		{"text", &excelize.Style{CustomNumFmt: &text, Alignment: &excelize.Alignment{Horizontal: "left", Indent: 1}}},
		{"day", &excelize.Style{CustomNumFmt: &day, Alignment: &excelize.Alignment{Horizontal: "right"}}},
		{"moment", &excelize.Style{CustomNumFmt: &moment, Alignment: &excelize.Alignment{Horizontal: "right"}}},
		{"number", &excelize.Style{}},
		{"title", &excelize.Style{Font: &excelize.Font{Bold: true, Size: 14, Family: "Times New Roman"}}},
		{"guide", &excelize.Style{Font: &excelize.Font{Size: 12, Family: "Times New Roman"}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
	} {
		id, err := b.file.NewStyle(s.style)
		if err != nil {
			return nil, err
		}
		b.styles[s.name] = id
	}
	return b, nil
}

func (b *builder) build() error {
	if err := b.file.SetSheetName("Sheet1", b.lang.In(guide)); err != nil {
		return err
	}
	for _, t := range plan.Tables() {
		if _, err := b.file.NewSheet(b.lang.In(t.Title)); err != nil {
			return err
		}
	}
	if _, err := b.file.NewSheet(b.lang.In(lists)); err != nil {
		return err
	}
	if err := b.lists(); err != nil {
		return err
	}
	for _, t := range plan.Tables() {
		if err := b.table(t); err != nil {
			return fmt.Errorf("sheet %q: %w", b.lang.In(t.Title), err)
		}
	}
	if err := b.guide(); err != nil {
		return err
	}
	at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)
	return b.file.SetDocProps(&excelize.DocProperties{Creator: "Phủ Kín", Title: "Kế hoạch camera", Created: at, Modified: at})
}

// table writes the sheet of a table. Notes and lists come before the rows,
// because rows are streamed.
func (b *builder) table(t *plan.Table) error {
	sheet := b.lang.In(t.Title)
	rows := b.doc.Rows(t.Name)
	end := min(lastRow, dataRow+len(rows)+spareRows)
	if t.Name == plan.Settings {
		end = dataRow
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		if err := b.note(sheet, i+1, c); err != nil {
			return err
		}
		if err := b.choices(sheet, i+1, end, t, c); err != nil {
			return err
		}
	}
	if err := errors.Join(b.page(sheet), b.repeat(sheet)); err != nil {
		return err
	}
	s, err := b.file.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for i := range t.Columns {
		if err := errors.Join(s.SetColWidth(i+1, i+1, width(&t.Columns[i])), s.SetColStyle(i+1, i+1, b.styles[styleName(&t.Columns[i])])); err != nil {
			return err
		}
	}
	split := 0
	if len(t.Key) > 0 {
		split = 1
	}
	pane := &excelize.Panes{Freeze: true, XSplit: split, YSplit: dataRow - 1, TopLeftCell: plan.CellName(split+1, dataRow), ActivePane: "bottomLeft"}
	if split > 0 {
		pane.ActivePane = "bottomRight"
	}
	if err := s.SetPanes(pane); err != nil {
		return err
	}
	if err := b.header(s, t); err != nil {
		return err
	}
	cells := make([]any, len(t.Columns))
	for n, r := range rows {
		for i := range t.Columns {
			cells[i] = b.cell(&t.Columns[i], r.Cells[i])
		}
		if err := s.SetRow(plan.CellName(1, dataRow+n), cells); err != nil {
			return err
		}
		if b.done++; b.done%500 == 0 {
			b.progress(b.done, b.total)
		}
	}
	b.progress(b.done, b.total)
	return s.Flush()
}

// page makes a sheet print on A3 across, all columns on one page.
func (b *builder) page(sheet string) error {
	fit, size, wide, high, across := true, 8, 1, 0, "landscape"
	return errors.Join(
		b.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}),
		b.file.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &size, Orientation: &across, FitToWidth: &wide, FitToHeight: &high}))
}

// repeat makes the headings stand on every page that a sheet is printed on.
func (b *builder) repeat(sheet string) error {
	return b.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", Scope: sheet,
		RefersTo: fmt.Sprintf("'%s'!$%d:$%d", strings.ReplaceAll(sheet, "'", "''"), headingRow, headingRow+1),
	})
}

// header writes what the sheet is, the headings in the workbook's language,
// and below them the names of the columns, which are the same in all.
func (b *builder) header(s *excelize.StreamWriter, t *plan.Table) error {
	about := excelize.Cell{StyleID: b.styles["about"], Value: b.lang.In(t.Note)}
	if err := s.SetRow("A1", []any{about}, excelize.RowOpts{Height: 18}); err != nil {
		return err
	}
	headings, names := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i, c := range t.Columns {
		style, star := "may", ""
		if c.Must {
			style, star = "must", " *"
		}
		headings[i] = excelize.Cell{StyleID: b.styles[style], Value: b.lang.In(c.Title) + star}
		names[i] = excelize.Cell{StyleID: b.styles["name"], Value: c.Name}
	}
	return errors.Join(
		s.SetRow(plan.CellName(1, headingRow), headings, excelize.RowOpts{Height: 48}),
		s.SetRow(plan.CellName(1, headingRow+1), names))
}

// cell gives a canonical cell as a spreadsheet holds it: numbers as numbers,
// days as days, words in the workbook's language.
func (b *builder) cell(c *plan.Column, v string) any {
	style := b.styles[styleName(c)]
	if v == "" {
		return excelize.Cell{StyleID: style}
	}
	switch c.Kind {
	case plan.NumberCell, plan.WholeCell:
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return excelize.Cell{StyleID: style, Value: n}
		}
	case plan.FlagCell:
		return excelize.Cell{StyleID: style, Value: "x"}
	case plan.DayCell:
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			return excelize.Cell{StyleID: style, Value: epoch1900 + t.Unix()/86400}
		}
	case plan.MomentCell:
		if t, err := time.Parse("2006-01-02 15:04", v); err == nil {
			return excelize.Cell{StyleID: style, Value: epoch1900 + float64(t.Unix())/86400}
		}
	case plan.WordCell:
		for _, w := range c.Words {
			if w.Word == v {
				v = b.lang.In(w.Title)
				break
			}
		}
	}
	return excelize.Cell{StyleID: style, Value: v}
}

func styleName(c *plan.Column) string {
	switch c.Kind {
	case plan.NumberCell, plan.WholeCell:
		return "number"
	case plan.DayCell:
		return "day"
	case plan.MomentCell:
		return "moment"
	}
	return "text"
}

// width gives the width of a column in characters.
func width(c *plan.Column) float64 {
	switch {
	case c.Kind == plan.DayCell:
		return 13
	case c.Kind == plan.MomentCell:
		return 17
	case c.Kind == plan.WordCell:
		return 18
	case c.Kind == plan.TextCell && c.Must, c.Name == "address", c.Name == "note":
		return 34
	case c.Kind == plan.TextCell:
		return 20
	}
	return 14
}

// note puts what a column means beside its heading.
func (b *builder) note(sheet string, column int, c *plan.Column) error {
	first, second := c.Note.VI, c.Note.EN
	if b.lang == EN {
		first, second = second, first
	}
	if first != second && second != "" {
		first += "\n\n" + second
	}
	return b.file.AddComment(sheet, excelize.Comment{Cell: plan.CellName(column, headingRow), Author: "Phủ Kín", Width: 260, Height: 110,
		Paragraph: []excelize.RichTextRun{{Text: first}}})
}

// choices puts a drop-down list on a column of words, of yes or no, or of
// codes that stand in another sheet. A code that does not stand there is only
// warned of: its row may come later.
func (b *builder) choices(sheet string, column, end int, t *plan.Table, c *plan.Column) error {
	source, strict := "", true
	switch {
	case c.Kind == plan.WordCell:
		source = b.words[t.Name+"."+c.Name]
	case c.Kind == plan.FlagCell:
		source = `"x"`
	case c.Ref != "" && c.Kind == plan.CodeCell:
		ref := plan.TableByName(c.Ref)
		last := min(lastRow, dataRow+max(len(b.doc.Rows(c.Ref)), 1)+spareRows)
		at, _ := excelize.ColumnNumberToName(ref.Column("code") + 1)
		source, strict = fmt.Sprintf("'%s'!$%s$%d:$%s$%d", b.lang.In(ref.Title), at, dataRow, at, last), false
	default:
		return nil
	}
	v := excelize.NewDataValidation(true)
	v.SetSqref(plan.CellName(column, dataRow) + ":" + plan.CellName(column, end))
	v.SetSqrefDropList(source)
	title, message := "Chọn trong danh sách", "Chọn một giá trị trong danh sách của ô này."
	style := excelize.DataValidationErrorStyleStop
	if b.lang == EN {
		title, message = "Choose from the list", "Choose one of the values of the list."
	}
	if !strict {
		style = excelize.DataValidationErrorStyleWarning
		message = "Mã này chưa có trong trang " + b.lang.In(plan.TableByName(c.Ref).Title) + "."
		if b.lang == EN {
			message = "This code is not in the sheet " + b.lang.In(plan.TableByName(c.Ref).Title) + "."
		}
	}
	v.SetError(style, title, message)
	return b.file.AddDataValidation(sheet, v)
}

// Save writes a workbook and closes it. Its parts stand in one order and without
// times, so that the same workbook has the same bytes.
func Save(w io.Writer, file *excelize.File) error {
	var raw bytes.Buffer
	if err := errors.Join(file.Write(&raw), file.Close()); err != nil {
		return err
	}
	z, err := zip.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
	if err != nil {
		return err
	}
	slices.SortFunc(z.File, func(a, b *zip.File) int {
		first := func(s string) string { return strings.Replace(s, "[Content_Types].xml", "", 1) }
		return strings.Compare(first(a.Name), first(b.Name))
	})
	out := zip.NewWriter(w)
	for _, f := range z.File {
		part, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		from, err := f.Open()
		if err != nil {
			return err
		}
		if _, err := io.Copy(part, from); err != nil {
			return errors.Join(err, from.Close())
		}
		if err := from.Close(); err != nil {
			return err
		}
	}
	return out.Close()
}
