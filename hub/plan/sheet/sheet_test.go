package sheet_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
	"github.com/phukin/phukin/hub/plan/sheet"
)

const sampleDir = "../../../deploy/demo/plan"

func shape(d *plan.Document) string {
	var b strings.Builder
	for _, t := range plan.Tables() {
		for _, r := range d.Rows(t.Name) {
			fmt.Fprintf(&b, "%s %q\n", t.Name, r.Cells)
		}
	}
	return b.String()
}

type failer interface {
	Helper()
	Fatal(...any)
}

func write(t failer, doc *plan.Document, lang sheet.Lang) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sheet.Write(&b, doc, lang, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t failer, data []byte) *plan.Compiled {
	t.Helper()
	doc, passed, err := sheet.Read(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(passed) > 0 {
		t.Fatal("sheets passed over: ", passed)
	}
	c, err := plan.Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheSampleGoesThroughAWorkbookUnchanged(t *testing.T) {
	folder, err := plan.ReadFolderDir(sampleDir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := plan.Compile(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []sheet.Lang{sheet.VI, sheet.EN} {
		first := write(t, c.Document, lang)
		back := read(t, first)
		if d := cmp.Diff(shape(c.Document), shape(back.Document)); d != "" {
			t.Errorf("%s: %s", lang, d)
		}
		if !bytes.Equal(first, write(t, back.Document, lang)) {
			t.Errorf("%s: written again the workbook has other bytes", lang)
		}
	}
	if path := os.Getenv("PHUKIN_KEEP_WORKBOOK"); path != "" {
		if err := os.WriteFile(path, write(t, c.Document, sheet.VI), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARandomPlanGoesThroughAWorkbookUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := plantest.Document(t)
		lang := rapid.SampledFrom([]sheet.Lang{sheet.VI, sheet.EN}).Draw(t, "lang")
		if d := cmp.Diff(shape(doc), shape(read(t, write(t, doc, lang)).Document)); d != "" {
			t.Fatal(d)
		}
	})
}

func TestTheTemplateIsAnEmptyPlan(t *testing.T) {
	for _, lang := range []sheet.Lang{sheet.VI, sheet.EN} {
		var b bytes.Buffer
		if err := sheet.Template(&b, lang); err != nil {
			t.Fatal(err)
		}
		doc, passed, err := sheet.Read(bytes.NewReader(b.Bytes()), int64(b.Len()), nil)
		if err != nil || len(passed) > 0 || doc.Len() != 0 {
			t.Fatalf("%d rows, passed %v, error %v", doc.Len(), passed, err)
		}
		for _, table := range plan.Tables() {
			if !doc.Has(table.Name) {
				t.Errorf("%s: no sheet for %s", lang, table.Name)
			}
		}
	}
}
