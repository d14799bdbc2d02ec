package sheet_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
)

// planted are forty mistakes that people make, each in one cell of the
// sample's workbook, with what must be said of it.
var planted = []struct {
	sheet, cell string
	value       any
	want        string
}{
	{"Chung", "D4", "Hà Nội", `time_zone: "Hà Nội" is not a time zone`},
	{"Chung", "H4", "best", `level: "best" is none of the levels`},
	{"Mức quan sát", "D5", "dense", `density: "dense" is not a number`},
	{"Giai đoạn", "E4", "01/01/2020", `to: 2020-01-01 lies before the first day, 2024-01-01`},
	{"Địa bàn", "A49", "18562", `code: "18562" already stands in line 4`},
	{"Địa bàn", "C6", "31/02/2025", `valid_to: "31/02/2025" is not a day`},
	{"Địa bàn", "D7", "4455", `parent: "4455" is not in the sheet "Địa bàn"`},
	{"Địa bàn", "F8", "", `name: empty`},
	{"Địa bàn", "G9", 18.411, `lon: longitude 18.411, latitude 18.411`}, // no place of the country; see below
	{"Địa bàn", "J11", "99999", `successors: "99999" is not in the sheet "Địa bàn"`},
	{"Tuyến đường", "A16", "ĐT.550", `code: "ĐT.550" cannot be a code`},
	{"Tọa độ tuyến", "C10", "105°55'", `lon: "105°55'" is not a number`},
	{"Tọa độ tuyến", "B12", "một", `n: "một" is not a whole number`},
	{"Cột Km", "B5", "Km3+1000", `chainage: "Km3+1000" is not a chainage`},
	{"Nút giao", "D4", "Km99+000", `chainage: Km99+000 is not on "LX01": the route goes from Km0+000`},
	{"Nút giao", "C6", "QL2", `route: "QL2" is not in the sheet "Tuyến đường"`},
	{"Cửa ngõ", "D5", "12", `chainage: "12" is not a chainage`},
	{"Cửa ngõ", "B6", strings.Repeat("x", 301), `is too long`},
	{"Điểm lắp đặt", "A114", "D-001", `code: "D-001" already stands in line 4`},
	{"Điểm lắp đặt", "C6", "18563", `area: "18563" is not in the sheet "Địa bàn"`},
	{"Điểm lắp đặt", "E7", "siêu thị", `kind: "siêu thị" is no kind of site`},
	{"Điểm lắp đặt", "G8", "", `chainage: empty beside a route`},
	{"Điểm lắp đặt", "H9", "trên", `side: "trên" is no side of a road`},
	{"Camera", "A5", "C-001", `code: "C-001" already stands in line 4`},
	{"Camera", "B6", "D-999", `site: "D-999" is not in the sheet "Điểm lắp đặt"`},
	{"Camera", "C7", "tb 18592", `agent: "tb 18592" cannot be a code`},
	{"Camera", "D8", "GD9", `phase: "GD9" is not in the sheet "Giai đoạn"`},
	{"Camera", "E9", 400, `azimuth: 400 is out of range: write 0 to 360`},
	{"Camera", "F10", 0, `fov: 0 is out of range`},
	{"Camera", "G11", "1.920", `width: "1.920" is not a whole number`},
	{"Camera", "I12", "nhanh", `frame_rate: "nhanh" is not a number`},
	{"Camera", "J13", "H.266", `codec: "H.266" is no codec: write h264, h265 or mjpeg`},
	{"Camera", "M14", "xã", `owner: "xã" is no kind of owner: write public or household`},
	{"Camera", "O15", -5, `cost: -5 is out of range`},
	{"Camera", "Q16", 36500, `storage_days: 36500 is out of range`},
	{"Camera", "R17", "có lẽ", `signage: "có lẽ" is no answer`},
	{"Camera", "S18", "rtsp://admin:12345@10.0.0.1/live", `address: holds a user name or password`},
	{"Camera", "W19", "2024-13-01", `installed: "2024-13-01" is not a day`},
	{"Camera", "X20", "01/01/2021", `accepted: 2021-01-01 lies before the day in`},
	{"Bảo trì", "F5", "8 giờ sáng", `from: "8 giờ sáng" is not a day and time`},
}

func TestFortyPlantedFaultsAreFortyPlaces(t *testing.T) {
	data := book(t, func(f *excelize.File) {
		for _, x := range planted {
			if x.value == "" {
				x.value = nil
			}
			must(t, f.SetCellValue(x.sheet, x.cell, x.value))
		}
		// A swapped position, and what belongs to the row of maintenance.
		for cell, v := range map[string]any{"B49": "2020-01-01", "C49": "2025-06-30", "E49": "xã", "F49": "X"} {
			must(t, f.SetCellValue("Địa bàn", cell, v))
		}
		for cell, v := range map[string]any{"B16": "X", "C16": "đường xã"} {
			must(t, f.SetCellValue("Tuyến đường", cell, v))
		}
		for cell, v := range map[string]any{"B114": "X", "C114": "18562", "E114": "chợ", "I114": 105.8, "J114": 18.3} {
			must(t, f.SetCellValue("Điểm lắp đặt", cell, v))
		}
		must(t, errors.Join(f.SetCellValue("Địa bàn", "H9", 105.8), f.SetCellValue("Bảo trì", "A5", "BT-2"), f.SetCellValue("Bảo trì", "B5", "C-010"),
			f.SetCellValue("Bảo trì", "G5", "30/09/2026"), f.SetCellValue("Bảo trì", "H5", "đầu ghi")))
	})
	doc, err := readRaw(data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Compile(doc)
	var faults *plan.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("error is %v", err)
	}
	found := map[string]string{}
	for _, f := range faults.List {
		place := f.File + "!" + f.Cell
		if found[place] != "" {
			t.Errorf("two faults at %s: %s, %s", place, found[place], f)
		}
		found[place] = f.EN()
	}
	for _, f := range faults.List {
		if vi := f.VI(); strings.Contains(vi, " is ") || strings.Contains(vi, "write") || strings.Contains(vi, " "+f.Column+": ") {
			t.Errorf("not in Vietnamese: %s", vi)
		}
	}
	if len(planted) != 40 {
		t.Fatalf("%d faults are planted", len(planted))
	}
	for _, x := range planted {
		want := strings.Replace(x.want, "lon: longitude 18.411, latitude 18.411", "lon: longitude 18.411, latitude 105.8 are swapped", 1)
		got := found[x.sheet+"!"+x.cell]
		if !strings.Contains(got, want) {
			t.Errorf("%s!%s: %q, want %q", x.sheet, x.cell, got, want)
		}
		delete(found, x.sheet+"!"+x.cell)
	}
	for _, f := range found {
		t.Errorf("not planted: %s", f)
	}
}

// People move headings, merge their cells, and write as they are used to.
func TestReadForgivesWhatPeopleDoToASheet(t *testing.T) {
	plain := read(t, book(t, func(*excelize.File) {}))
	data := book(t, func(f *excelize.File) {
		const sheet = "Camera"
		must(t, f.SetCellValue(sheet, "A4", " C-001\u00a0"))                   // spaces
		must(t, f.SetCellValue(sheet, "M4", "Công"))                           // capitals
		must(t, f.SetCellValue(sheet, "N4", "Nga\u0302n sa\u0301ch xa\u0303")) // decomposed accents
		must(t, f.SetCellValue(sheet, "L4", "4,5"))                            // comma decimals
		must(t, f.SetCellValue(sheet, "X4", "10/10/2024"))                     // a day as text
		must(t, f.InsertRows(sheet, 1, 3))                                     // a letterhead above
		must(t, f.SetCellValue(sheet, "B1", "ỦY BAN NHÂN DÂN HUYỆN"))
		must(t, f.SetCellValue(sheet, "E4", "Hướng và góc"))
		must(t, f.MergeCell(sheet, "E4", "F4")) // a merged heading above two
		must(t, f.SetCellValue(sheet, "AD9", "ghi chú riêng"))
		must(t, f.SetCellValue("Cửa ngõ", "D4", "495+060"))
		must(t, f.SetCellValue("Cửa ngõ", "D5", 508.729)) // a number
		must(t, f.SetCellValue("Cửa ngõ", "D6", " km 513 + 452"))
		must(t, f.SetCellValue("Cửa ngõ", "D7", "518,241"))
	})
	if got, want := shape(read(t, data).Document), shape(plain.Document); got != want {
		t.Error("another plan was read")
	}
}

func TestEvidenceIsNotEnteredByHand(t *testing.T) {
	data := book(t, func(f *excelize.File) {
		must(t, f.SetCellValue("Camera", "AC2", "Ngày xác minh"))
		must(t, f.SetCellValue("Camera", "AC3", "verified"))
		must(t, f.SetCellValue("Camera", "AD3", "màu"))
	})
	doc, err := readRaw(data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Compile(doc)
	if err == nil || !strings.Contains(plantest.English(err), `Camera!AC3: "verified": comes from evidence, never by hand: leave the column out`) ||
		!strings.Contains(plantest.English(err), `Camera!AD3: "màu": unknown column`) {
		t.Errorf("error is %v", err)
	}
}

func TestMergedCellsBelowTheHeaderAreAFault(t *testing.T) {
	data := book(t, func(f *excelize.File) { must(t, f.MergeCell("Camera", "B5", "B7")) })
	doc, err := readRaw(data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Compile(doc)
	if want := "Camera!B5: site: merged with the cells up to B7: unmerge them, and write the value into each cell"; err == nil || plantest.English(err) != want {
		t.Errorf("error is %v", err)
	}
}
