// Package sheet reads and writes plans as workbooks (.xlsx, ECMA-376): one
// sheet for each table, with headings in Vietnamese or English.
//
// What is read comes from anybody, so it is read by a reader of our own that
// takes text, numbers, days and the last calculated values of formulas, runs
// nothing, follows no link, and keeps to these bounds whatever a file says of
// itself:
//
//   - a file has at most 64 MiB, and 4,096 parts;
//   - all parts that are read have at most 128 MiB unpacked;
//   - between two tags stand at most 1 MiB, and of a cell 8 KiB are kept;
//   - sheets have at most plan.MaxRows rows; columns past 256 are passed over.
//
// Memory stays below a few hundred MiB: the rows of the plan and the texts of
// the workbook. What is written is made with excelize.
package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/phukin/phukin/hub/plan"
)

// Bounds of a workbook; see the package comment.
const (
	MaxFile     = 64 << 20
	MaxUnpacked = 128 << 20

	maxParts   = 4096
	maxRun     = 1 << 20
	maxCell    = 8 << 10
	maxColumns = 256
	maxStrings = 4 << 20
)

// unpacked is MaxUnpacked, but for tests that have no time.
var unpacked int64 = MaxUnpacked

// Lang is the language of headings, words and notes.
type Lang string

// The languages.
const (
	VI Lang = "vi"
	EN Lang = "en"
)

// In gives the text in a language.
func (l Lang) In(t plan.Text) string {
	if l == EN {
		return t.EN
	}
	return t.VI
}

// Names of the sheets that are no tables.
var (
	guide = plan.Text{VI: "Hướng dẫn", EN: "Guide"}
	lists = plan.Text{VI: "Danh mục", EN: "Lists"}
)

func refuse(is, want string) error { return plan.Refuse(is, want) }

const saveAgain = "open it in a spreadsheet program and save it again as .xlsx"

var errUnpacked = refuse(fmt.Sprintf("more than %d MiB when unpacked", MaxUnpacked>>20), "split the plan, or leave out what is no part of it")

// Read reads a workbook of size bytes into a document. Sheets are known by
// their names in either language; others are passed over, and named in
// passed. Progress, if not nil, is called with the bytes that were read of
// the sheets and how many there are.
//
// The error is a *plan.Refusal if the file is not read at all. What is wrong
// with cells is among the faults that plan.Compile gives.
func Read(r io.ReaderAt, size int64, progress func(done, total int64)) (doc *plan.Document, passed []string, err error) {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	p, err := openPackage(r, size)
	if err != nil {
		return nil, nil, err
	}
	b, err := p.workbook()
	if err != nil {
		return nil, nil, err
	}
	doc = &plan.Document{}
	total := int64(0)
	found := map[string]string{}
	var order []part
	for _, s := range b.sheets {
		t := plan.TableOf(s.name)
		switch {
		case t == nil:
			if !isOurs(s.name) {
				passed = append(passed, s.name)
			}
			continue
		case found[t.Name] != "":
			return nil, nil, refuse(fmt.Sprintf("the sheets %q and %q are both the table %s", found[t.Name], s.name, t.Name), "leave one of the two")
		}
		found[t.Name] = s.name
		s.table = t
		order = append(order, s)
		total += p.size(s.path)
	}
	if len(order) == 0 {
		return nil, passed, refuse("a workbook without any sheet of a plan", "begin with the template: phukin-hub plan template")
	}
	p.progress = func(done int64) { progress(min(done, total), total) }
	p.done = 0
	for _, s := range order {
		if err := p.sheet(doc, b, s); err != nil {
			if refused := (*plan.Refusal)(nil); errors.As(err, &refused) {
				return nil, passed, err
			}
			return nil, passed, refuse(fmt.Sprintf("the sheet %q cannot be read (%q)", s.name, err), saveAgain)
		}
	}
	return doc, passed, nil
}

// Missing gives the tables that a document of a workbook lacks although a
// plan must have them, as faults in the words of workbooks.
func Missing(doc *plan.Document) {
	for _, t := range plan.Tables() {
		if t.Must && !doc.Has(t.Name) {
			doc.Fault(t.Name, plan.Fault{File: t.Title.VI, Got: "missing sheet", Want: "begin with the template, and keep all its sheets"})
			doc.Unread(t.Name)
		}
	}
}

func isOurs(name string) bool {
	for _, t := range []plan.Text{guide, lists} {
		if strings.EqualFold(name, t.VI) || strings.EqualFold(name, t.EN) {
			return true
		}
	}
	return false
}
