package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/phukin/phukin/deploy/bench/proc"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/sheet"
	"github.com/phukin/phukin/hub/sqlite"
)

// A workbook of planCameras is imported: read, checked and made a revision in
// a new database. Beside it stand two programs that do less with the same
// file: one that reads its cells with excelize, and one that unpacks its sheets
// and takes them apart into the tokens of encoding/xml, which nobody who reads
// the file in Go with the standard library can do without.
const (
	planCameras = 20_000

	planTimeBound   = 20 * time.Second // for the import
	planTokensBound = 3                // × of the tokens
	planCellsBound  = 1.0              // × of excelize
	planPeakBound   = 300 << 10        // KiB
)

// planOrder is what a child is to do with a workbook.
type planOrder struct {
	Path     string
	Database string // of the import
}

// planAnswer is what it took.
type planAnswer struct {
	Wall    time.Duration
	PeakKiB int
	Cameras int // seen
}

func planImport(ctx context.Context, o options, f *figures) error {
	rounds := 5
	if o.short {
		rounds = 2
	}
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "plan.xlsx")
	size, err := largePlan(path)
	if err != nil {
		return err
	}
	kinds := []string{"plan-import", "plan-cells", "plan-tokens"}
	seconds, peaks := map[string][]float64{}, map[string][]float64{}
	var ofCells, ofTokens []float64
	for round := range rounds {
		took := map[string]float64{}
		for i := range kinds { // which comes first changes from round to round
			kind := kinds[(i+round)%len(kinds)]
			var a planAnswer
			if err := once(ctx, kind, planOrder{path, filepath.Join(dir, fmt.Sprintf("%d.db", round))}, &a); err != nil {
				return err
			}
			if a.Cameras != planCameras {
				return fmt.Errorf("%s saw %d cameras of %d", kind, a.Cameras, planCameras)
			}
			took[kind] = a.Wall.Seconds()
			seconds[kind] = append(seconds[kind], a.Wall.Seconds())
			peaks[kind] = append(peaks[kind], float64(a.PeakKiB))
		}
		ofCells = append(ofCells, took["plan-import"]/took["plan-cells"])
		ofTokens = append(ofTokens, took["plan-import"]/took["plan-tokens"])
	}
	sec := func(kind string) string { return fmt.Sprintf("%.2f s", median(seconds[kind])) }
	mib := func(kind string) string { return fmt.Sprintf("%.0f MiB", median(peaks[kind])/1024) }
	what := fmt.Sprintf("a workbook of %d cameras (%.1f MB) read, checked and committed", planCameras, float64(size)/1e6)
	f.add(what, sec("plan-import"), "", "", "", "≤ 20 s", median(seconds["plan-import"]) <= planTimeBound.Seconds())
	f.add("… beside reading its cells", sec("plan-import"), "excelize", sec("plan-cells"), ratioText(median(ofCells)), "≤ 1×", median(ofCells) <= planCellsBound)
	f.add("… beside unpacking it and taking the XML apart", sec("plan-import"), "archive/zip and encoding/xml", sec("plan-tokens"), ratioText(median(ofTokens)), "≤ 3×", median(ofTokens) <= planTokensBound)
	f.add("… peak of memory", mib("plan-import"), "excelize", mib("plan-cells"), ratioText(median(peaks["plan-import"])/median(peaks["plan-cells"])), "≤ 300 MiB", median(peaks["plan-import"]) <= planPeakBound)
	return nil
}

// largePlan writes the sample plan with many cameras as a workbook.
func largePlan(path string) (size int64, err error) {
	root, err := moduleRoot()
	if err != nil {
		return 0, err
	}
	folder, err := plan.ReadFolderDir(filepath.Join(root, "deploy/demo/plan"))
	if err != nil {
		return 0, err
	}
	c, err := plan.Compile(folder)
	if err != nil {
		return 0, err
	}
	doc := c.Document
	base, code := doc.Rows(plan.Cameras), plan.TableByName(plan.Cameras).Column("code")
	for i := len(base); i < planCameras; i++ {
		cells := append([]string(nil), base[i%len(base)].Cells...)
		cells[code] = fmt.Sprintf("X-%06d", i)
		doc.Append(plan.Cameras, cells)
	}
	w, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(sheet.Write(w, doc, sheet.VI, nil), w.Close()); err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// planChild is a child that does one thing with a workbook and says what it
// took.
func planChild(do func(context.Context, planOrder) (cameras int, err error)) func(context.Context, io.Reader, io.Writer) error {
	return func(ctx context.Context, in io.Reader, out io.Writer) error {
		var order planOrder
		if err := json.NewDecoder(in).Decode(&order); err != nil {
			return err
		}
		start := time.Now()
		n, err := do(ctx, order)
		if err != nil {
			return err
		}
		a := planAnswer{Wall: time.Since(start), Cameras: n}
		if a.PeakKiB, err = proc.Status(os.Getpid(), "VmHWM"); err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(a)
	}
}

// importWorkbook does what phukin-hub plan import does.
func importWorkbook(ctx context.Context, o planOrder) (n int, err error) {
	db, err := sqlite.Open(ctx, o.Database, sqlite.Options{Location: time.UTC})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r, err := os.Open(o.Path)
	if err != nil {
		return 0, err
	}
	defer r.Close() //nolint:errcheck // it is only read
	info, err := r.Stat()
	if err != nil {
		return 0, err
	}
	doc, _, err := sheet.Read(r, info.Size(), nil)
	if err != nil {
		return 0, err
	}
	c, err := plan.Compile(doc)
	if err != nil {
		return 0, err
	}
	_, err = db.Plan().Commit(ctx, 0, c.Document, plan.Revision{At: time.Now(), Author: "bench", Reason: "bench"})
	return len(c.Plan.Cameras), err
}

// readCells reads all cells with excelize, row by row.
func readCells(_ context.Context, o planOrder) (n int, err error) {
	f, err := excelize.OpenFile(o.Path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, name := range f.GetSheetList() {
		rows, err := f.Rows(name)
		if err != nil {
			return 0, err
		}
		for line := 1; rows.Next(); line++ {
			cells, err := rows.Columns()
			if err != nil {
				return 0, err
			}
			if name == plan.TableByName(plan.Cameras).Title.VI && line > 3 && len(cells) > 0 && cells[0] != "" {
				n++
			}
		}
		if err := errors.Join(rows.Error(), rows.Close()); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// scanTokens unpacks the parts with cells and texts, and takes their XML apart.
func scanTokens(_ context.Context, o planOrder) (n int, err error) {
	z, err := zip.OpenReader(o.Path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	most := 0
	for _, part := range z.File {
		if !strings.HasPrefix(part.Name, "xl/worksheets/sheet") && part.Name != "xl/sharedStrings.xml" {
			continue
		}
		r, err := part.Open()
		if err != nil {
			return 0, err
		}
		rows := 0
		d := xml.NewDecoder(r)
		for {
			t, err := d.RawToken()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return 0, err
			}
			if e, ok := t.(xml.StartElement); ok && e.Name.Local == "row" {
				rows++
			}
		}
		if err := r.Close(); err != nil {
			return 0, err
		}
		most = max(most, rows-3) // the sheet of cameras, without its head
	}
	return most, nil
}
