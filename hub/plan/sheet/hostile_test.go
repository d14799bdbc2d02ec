package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
	"github.com/phukin/phukin/hub/plan/sheet"
)

// pack makes a package of parts.
func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	rels     = `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	workbook = `<workbook xmlns:r="x"><sheets><sheet name="Cameras" sheetId="1" r:id="r1"/></sheets></workbook>`
	wbRels   = `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r3" Type="http://x/styles" Target="styles.xml"/></Relationships>`
)

// raw makes a workbook of one sheet by hand.
func raw(t testing.TB, sheetXML, stringsXML string) []byte {
	return pack(t, map[string]string{
		"_rels/.rels": rels, "xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": wbRels,
		"xl/worksheets/sheet1.xml": sheetXML, "xl/sharedStrings.xml": stringsXML,
	})
}

const sheetHead, sheetTail = `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c><c r="B1" t="inlineStr"><is><t>site</t></is></c></row>`, `</sheetData></worksheet>`

func readRaw(data []byte) (*plan.Document, error) {
	doc, _, err := sheet.Read(bytes.NewReader(data), int64(len(data)), nil)
	return doc, err
}

// utf16 is how a compound file names its streams.
func utf16(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.Write([]byte{c, 0})
	}
	return b.String()
}

func TestAFileThatIsNoWorkbookIsRefusedWithWhatToDo(t *testing.T) {
	const compound = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	tests := []struct{ name, data, want string }{
		{"nothing", "", "an empty file"},
		{"a text", "code;site\nC-1;S1\n", "a text file and no workbook: give it the ending .csv"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00", "not a spreadsheet"},
		{"a web page with the ending .xls", "<html><table></table></html>", "a web page"},
		{"an encrypted workbook", compound + strings.Repeat("\x00", 600) + utf16("EncryptedPackage"), "an encrypted workbook: open it, take the password off"},
		{"an old workbook", compound + strings.Repeat("\x00", 600) + utf16("Workbook"), "a workbook of Excel 97-2003 (.xls)"},
		{"half a workbook", string(pack(t, map[string]string{"a": "b"})[:40]), "a damaged file"},
		{"any ZIP file", string(pack(t, map[string]string{"a": "b"})), "a ZIP file and no workbook"},
		{"an OpenDocument", string(pack(t, map[string]string{"content.xml": "<x/>", "mimetype": "application/vnd.oasis.opendocument.spreadsheet"})), "an OpenDocument file (.ods)"},
		{"a binary workbook", string(pack(t, map[string]string{"xl/workbook.bin": "x"})), "a binary workbook (.xlsb)"},
		{"a letter", string(pack(t, map[string]string{"word/document.xml": "<x/>"})), "a text document"},
		{"a workbook of something else", string(pack(t, map[string]string{"_rels/.rels": rels, "xl/workbook.xml": `<workbook><sheets><sheet name="Lương"/></sheets></workbook>`})), "a workbook without any sheet of a plan"},
		{"a sheet given twice", string(pack(t, map[string]string{"_rels/.rels": rels, "xl/workbook.xml": `<workbook><sheets><sheet name="Camera"/><sheet name="Cameras"/></sheets></workbook>`})), `"Camera" and "Cameras" are both the table cameras`},
		{"a sheet that is no XML", string(raw(t, sheetHead+"<row", "")), `the sheet "Cameras" cannot be read`},
		{"another encoding", string(raw(t, `<?xml version="1.0" encoding="windows-1258"?><worksheet/>`, "")), "windows-1258"},
		{"too many parts", string(pack(t, many(5000))), "more than 4096 parts"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := readRaw([]byte(test.data))
			var refused *plan.Refusal
			if !errors.As(err, &refused) || refused.Want == "" || !strings.Contains(plantest.English(err), test.want) {
				t.Errorf("error is %v, want %s", err, test.want)
			}
		})
	}
	t.Run("a large file", func(t *testing.T) {
		_, _, err := sheet.Read(bytes.NewReader(nil), sheet.MaxFile+1, nil)
		if err == nil || !strings.Contains(plantest.English(err), "larger than 64 MiB") {
			t.Error(err)
		}
	})
}

func many(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[fmt.Sprint(i)] = ""
	}
	return m
}

// A few hundred kilobytes that unpack to very much are refused within seconds
// and without the memory they ask for.
func TestAZipBombIsRefusedWithinItsBounds(t *testing.T) {
	cells := strings.Repeat(`<c t="inlineStr"><is><t>x</t></is></c>`, 1000)
	zeros := strings.Repeat("\x00", 100<<20)
	tests := map[string]struct {
		sheet, strings, want string
		bound                int64
	}{
		"100 MB of zeros in a sheet": {zeros, "", "illegal character", sheet.MaxUnpacked},
		"zeros in the texts":         {sheetHead + sheetTail, zeros[:8<<20], "illegal character", sheet.MaxUnpacked},
		"one very long cell":         {sheetHead + `<row><c t="inlineStr"><is><t>` + strings.Repeat("a", 8<<20), "", "more than 1024 KiB in one cell", sheet.MaxUnpacked},
		"one very long attribute":    {sheetHead + `<row r="` + strings.Repeat("1", 8<<20), "", "more than 1024 KiB in one cell", sheet.MaxUnpacked},
		"very many cells":            {sheetHead + strings.Repeat("<row>"+cells+"</row>", 200), "", "more than 128 MiB when unpacked", 4 << 20},
	}
	for name, test := range tests {
		data := raw(t, test.sheet, test.strings)
		t.Run(name, func(t *testing.T) {
			defer sheet.SetUnpacked(test.bound)()
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := readRaw(data)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(plantest.English(err), test.want) {
				t.Errorf("error is %v, want %s", err, test.want)
			}
			if kept := int64(after.HeapSys) - int64(before.HeapSys); kept > 300<<20 {
				t.Errorf("the heap grew by %d MiB", kept>>20)
			}
			t.Logf("%d kB refused after %v", len(data)>>10, took)
		})
	}
}

// A ZIP that claims another size than it has is read by what comes out.
func TestTheSizeInAZipIsNotBelieved(t *testing.T) {
	data := raw(t, sheetHead+`<row r="2"><c r="A2" t="inlineStr"><is><t>C-1</t></is></c></row>`+sheetTail, "")
	doc, err := readRaw(data)
	if err != nil || len(doc.Rows(plan.Cameras)) != 1 {
		t.Fatalf("%v", err)
	}
	// The directory at the end has the sizes; each is overwritten with 1.
	lying := bytes.Clone(data)
	for at := 0; ; {
		i := bytes.Index(lying[at:], []byte("PK\x01\x02"))
		if i < 0 {
			break
		}
		at += i
		copy(lying[at+24:], []byte{1, 0, 0, 0})
		at += 4
	}
	if doc, err := readRaw(lying); err == nil && len(doc.Rows(plan.Cameras)) > 1 {
		t.Error("more was read than is there")
	}
}

// book makes a workbook by changing the sample's cameras as a person would.
func book(t *testing.T, change func(f *excelize.File)) []byte {
	t.Helper()
	folder, err := plan.ReadFolderDir(sampleDir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := plan.Compile(folder)
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(write(t, c.Document, sheet.VI)))
	if err != nil {
		t.Fatal(err)
	}
	change(f)
	var b bytes.Buffer
	if err := errors.Join(f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFormulasAreNeverCalculated(t *testing.T) {
	data := book(t, func(f *excelize.File) {
		must(t, errors.Join(f.SetCellValue("Camera", "E5", nil), f.SetCellValue("Camera", "F6", nil)))
		must(t, f.SetCellFormula("Camera", "E5", "1+1")) // excelize keeps no value
		must(t, f.SetCellFormula("Camera", "F6", `WEBSERVICE("http://127.0.0.1/")`))
	})
	doc, err := readRaw(data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Compile(doc)
	want := "Camera!E5: azimuth: a formula without a calculated value: open the file in a spreadsheet program and save it, or write the value itself\n" +
		"Camera!F6: fov: a formula without a calculated value: open the file in a spreadsheet program and save it, or write the value itself"
	if err == nil || plantest.English(err) != want {
		t.Errorf("error is %v", err)
	}
	doc, err = readRaw(raw(t, sheetHead+`<row r="2"><c r="A2" t="str"><f>"C-"&amp;1</f><v>C-1</v></c><c r="B2"><f>3*4</f><v>12</v></c></row>`+
		`<row r="3"><c r="A3" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>`+sheetTail, ""))
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.Rows(plan.Cameras)[0].Cells[:2]; got[0] != "C-1" || got[1] != "12" {
		t.Errorf("cells are %q, want the values that were calculated last", got)
	}
	if _, err := plan.Compile(doc); err == nil || !strings.Contains(plantest.English(err), `Cameras!A3: code: "#DIV/0!", an error of the spreadsheet`) {
		t.Errorf("error is %v", err)
	}
}

func TestMacrosAreNotRunAndDoNoHarm(t *testing.T) {
	data := pack(t, map[string]string{
		"_rels/.rels": rels, "xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": wbRels, "xl/vbaProject.bin": "\x00\x01",
		"xl/worksheets/sheet1.xml": sheetHead + `<row r="2"><c r="A2" t="inlineStr"><is><t>C-1</t></is></c></row>` + sheetTail,
	})
	doc, err := readRaw(data)
	if err != nil || len(doc.Rows(plan.Cameras)) != 1 {
		t.Fatalf("%v", err)
	}
}

func FuzzSheet(f *testing.F) {
	f.Add(sheetHead+`<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" s="1"><v>45000.5</v></c></row>`+sheetTail, `<sst><si><r><t>a</t></r><rPh><t>b</t></rPh></si></sst>`)
	f.Add(sheetHead+`<row><c t="b"><v>1</v></c><c t="d"><v>2026-01-01T00:00:00Z</v></c><c t="e"><v>#REF!</v></c></row><mergeCells><mergeCell ref="A2:B9"/></mergeCells>`, "")
	f.Add(`<worksheet><row r="-1"><c r="ZZZZZ99"><v>1e400</v></c><c r="A"><f/></c></row>`, "<sst>")
	f.Add(sheetHead+`<row r="2"><c r="A2" t="s"><v>-1</v></c></row>`, "_x000D_")
	f.Fuzz(func(t *testing.T, sheetXML, stringsXML string) {
		doc, err := readRaw(raw(t, sheetXML, stringsXML))
		if err != nil {
			return
		}
		if _, err := plan.Compile(doc); err == nil {
			t.Fatal("one sheet was taken for a whole plan")
		}
	})
}

func FuzzPackage(f *testing.F) {
	f.Add(raw(f, sheetHead+sheetTail, ""))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if doc, err := readRaw(data); err == nil && doc == nil {
			t.Fatal("neither a document nor an error")
		}
	})
}

// The parts that tell what the sheets are, and how numbers are shown.
func FuzzParts(f *testing.F) {
	styles := `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[$-409]dd/mm/yyyy;@"/><numFmt numFmtId="165" formatCode="00000"/></numFmts>` +
		`<cellXfs><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/></cellXfs></styleSheet>`
	f.Add(rels, workbook, wbRels, styles)
	f.Add(rels, `<workbook xmlns:r="x"><workbookPr date1904="1"/><sheets><sheet name="Camera" r:id="r1"/><sheet name="Chung" r:id="r1"/></sheets></workbook>`, wbRels, `<styleSheet><cellXfs><xf/></cellXfs>`)
	f.Add(`<Relationships><Relationship Id="r1" Type="officeDocument" Target="../../xl/workbook.xml" TargetMode="External"/>`, "<workbook>", "<Relationships>", `<numFmt numFmtId="1" formatCode="\"/>`)
	f.Fuzz(func(t *testing.T, root, book, relations, styles string) {
		data := pack(t, map[string]string{
			"_rels/.rels": root, "xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": relations, "xl/styles.xml": styles,
			"xl/worksheets/sheet1.xml": sheetHead + `<row r="2"><c r="A2" s="0"><v>45000</v></c><c r="B2" s="1"><v>7</v></c><c r="C2" s="2"><v>45000.5</v></c></row>` + sheetTail,
		})
		doc, err := readRaw(data)
		if err != nil {
			var refused *plan.Refusal
			if !errors.As(err, &refused) || refused.Want == "" {
				t.Fatalf("error is %v, want a refusal that says what to do", err)
			}
			return
		}
		if _, err := plan.Compile(doc); err == nil {
			t.Fatal("a few sheets were taken for a whole plan")
		}
	})
}
