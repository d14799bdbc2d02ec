package sheet

import (
	"errors"
	"fmt"
	"slices"

	"github.com/xuri/excelize/v2"

	"github.com/phukin/phukin/hub/plan"
)

// lists writes the words of all columns into a sheet of their own, which the
// drop-down lists refer to.
func (b *builder) lists() error {
	sheet, column := b.lang.In(lists), 0
	for _, t := range plan.Tables() {
		for _, c := range t.Columns {
			if c.Kind != plan.WordCell {
				continue
			}
			column++
			name, err := excelize.ColumnNumberToName(column)
			if err != nil {
				return err
			}
			b.words[t.Name+"."+c.Name] = fmt.Sprintf("'%s'!$%s$2:$%s$%d", sheet, name, name, len(c.Words)+1)
			err = errors.Join(b.file.SetColWidth(sheet, name, name, 32),
				b.file.SetCellValue(sheet, plan.CellName(column, 1), b.lang.In(t.Title)+": "+b.lang.In(c.Title)),
				b.file.SetCellStyle(sheet, plan.CellName(column, 1), plan.CellName(column, 1), b.styles["may"]))
			for i, w := range c.Words {
				err = errors.Join(err, b.file.SetCellValue(sheet, plan.CellName(column, i+2), b.lang.In(w.Title)))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// guide writes the first sheet.
func (b *builder) guide() error {
	sheet := b.lang.In(guide)
	lines := guideVI
	if b.lang == EN {
		lines = guideEN
	}
	lines = slices.Clone(lines)
	for _, t := range plan.Tables() {
		lines = append(lines, "• "+b.lang.In(t.Title)+": "+b.lang.In(t.Note))
	}
	if err := errors.Join(b.file.SetColWidth(sheet, "A", "A", 110), b.page(sheet)); err != nil {
		return err
	}
	for i, s := range lines {
		style := "guide"
		if i == 0 {
			style = "title"
		}
		cell := plan.CellName(1, i+1)
		if n := len([]rune(s)); n > 140 {
			if err := b.file.SetRowHeight(sheet, i+1, float64(17*(1+n/140))); err != nil {
				return err
			}
		}
		if err := errors.Join(b.file.SetCellValue(sheet, cell, s), b.file.SetCellStyle(sheet, cell, cell, b.styles[style])); err != nil {
			return err
		}
	}
	return nil
}

var guideVI = []string{
	"Kế hoạch camera: hướng dẫn nhập",
	"Mỗi trang là một bảng. Dòng 2 là tiêu đề, dòng 3 là tên cột cho máy, dữ liệu bắt đầu từ dòng 4. Cột có dấu * và nền cam không được để trống.",
	"Đưa chuột vào tiêu đề để xem cách ghi. Ô có mũi tên có danh sách để chọn.",
	"Ngày: 30/09/2026. Số: dấu phẩy hoặc dấu chấm trước phần thập phân, không tách hàng nghìn. Lý trình: Km12+500.",
	"Không đổi tên trang và tên cột. Có thể thêm cột không có tiêu đề và trang khác; hệ thống bỏ qua chúng.",
	"Kiểm tra tệp trước khi nhập: phukin-hub plan check ke-hoach.xlsx. Nếu có lỗi, không dòng nào được ghi.",
	"Các trang:",
}

var guideEN = []string{
	"Camera plan: how to fill it in",
	"Each sheet is a table. Row 2 has the headings, row 3 the names of the columns for the machine, data begin in row 4. Columns with a star and an orange heading must not be empty.",
	"Point at a heading to see how to write. Cells with an arrow have a list to choose from.",
	"Days: 2026-09-30 or 30/09/2026. Numbers: a point or a comma before the decimals, thousands not grouped. Chainage: Km12+500.",
	"Keep the names of sheets and columns. Columns without a heading and other sheets may be added; they are passed over.",
	"Check the file before importing it: phukin-hub plan check plan.xlsx. If anything is wrong, nothing is written.",
	"The sheets:",
}
