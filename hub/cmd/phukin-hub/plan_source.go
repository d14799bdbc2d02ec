package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/geofile"
	"github.com/phukin/phukin/hub/plan/sheet"
	"github.com/phukin/phukin/hub/revise"
)

// planSource is how a file or folder is read into a plan.
type planSource struct {
	Table string            `placeholder:"NAME" help:"Table that a CSV file holds; its name tells when absent: cameras.csv."`
	Route string            `placeholder:"CODE" help:"Route that the line of a KML, GPX or GeoJSON file is of, when the file does not say."`
	Set   map[string]string `placeholder:"COLUMN=VALUE" help:"What cameras of an OpenStreetMap file get where their tags say nothing, such as --set agent=tb-18562 --set phase=GD1."`
}

// read reads path. What does not hold a whole plan is put onto base; base may
// be nil. The document may have faults, which plan.Compile gives.
func (s planSource) read(path string, base *plan.Document, p *progress) (*plan.Document, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, plan.RefuseFile(path, err)
	}
	if info.IsDir() {
		return plan.ReadFolderDir(path)
	}
	name := filepath.Base(path)
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv", ".tsv", ".txt":
		return s.csv(path, name, base)
	case ".geojson", ".json", ".kml", ".gpx":
		return s.lines(path, name, strings.TrimPrefix(ext, "."), base)
	}
	return s.workbook(path, info, base, p)
}

func (s planSource) workbook(path string, info fs.FileInfo, base *plan.Document, p *progress) (doc *plan.Document, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, plan.RefuseFile(path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	doc, passed, err := sheet.Read(f, info.Size(), p.stage("đọc (reading)"))
	p.done()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, name := range passed {
		fmt.Fprintf(os.Stderr, "trang %[1]q không phải bảng của kế hoạch nên bỏ qua\n    the sheet %[1]q is no table of a plan and was passed over\n", name)
	}
	if base == nil {
		sheet.Missing(doc)
		return doc, nil
	}
	return revise.Onto(base, doc), nil
}

// load reads a file whole, up to the bound of a plan's files.
func load(path string) (data []byte, err error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > plan.MaxFile {
		return nil, plan.RefuseAt(path, fmt.Sprintf("larger than %d MiB", plan.MaxFile>>20), "split the plan")
	}
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, plan.RefuseFile(path, err)
	}
	return data, nil
}

func (s planSource) csv(path, name string, base *plan.Document) (*plan.Document, error) {
	table := s.Table
	if table == "" {
		table = strings.TrimSuffix(name, filepath.Ext(name))
	}
	t := plan.TableOf(table)
	if t == nil {
		var names []string
		for _, t := range plan.Tables() {
			names = append(names, t.Name)
		}
		return nil, plan.RefuseAt(path, "its name is that of no table", "name one with --table: "+strings.Join(names, ", "))
	}
	data, err := load(path)
	if err != nil {
		return nil, err
	}
	if base == nil {
		return nil, partAlone(path)
	}
	return revise.Onto(base, plan.ReadTable(t.Name, name, data)), nil
}

func partAlone(path string) error {
	return plan.RefuseAt(path, "a part of a plan, and there is no plan in the database yet", "import a workbook or a folder first")
}

// lines puts lines of routes, or the cameras of OpenStreetMap, onto a plan.
func (s planSource) lines(path, name, format string, base *plan.Document) (*plan.Document, error) {
	data, err := load(path)
	if err != nil {
		return nil, err
	}
	if base == nil {
		return nil, partAlone(path)
	}
	if format == "json" || format == "geojson" {
		if geofile.IsPlan(data) {
			return geofile.Merge(base, plan.ReadRoutes(name, data)), nil
		}
		if geofile.HasPoints(data) {
			doc, err := geofile.Cameras(name, data, base, s.Set)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			return doc, nil
		}
	}
	lines, err := geofile.Lines(format, bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	doc, err := geofile.Apply(name, lines, base, s.Route)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return doc, nil
}

// document reads what a word on the command line names: a revision by its
// number, or a file or folder.
func (s planSource) document(ctx context.Context, word string, store plan.Store, base *plan.Document) (*plan.Document, error) {
	if n, ok := revisionNumber(word); ok {
		if store == nil {
			return nil, plan.Refuse(fmt.Sprintf("%q is the number of a revision, and there is no database", word), "name the database with --db, or a file")
		}
		return store.Document(ctx, n)
	}
	doc, err := s.read(word, base, newProgress())
	if err != nil {
		return nil, err
	}
	c, err := plan.Compile(doc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", word, err)
	}
	return c.Document, nil
}

// revisionNumber reads a number that is not the name of a file.
func revisionNumber(word string) (int, bool) {
	var n int
	if _, err := fmt.Sscanf(word, "%d", &n); err != nil || fmt.Sprint(n) != word || n < 1 {
		return 0, false
	}
	if _, err := os.Stat(word); err == nil {
		return 0, false
	}
	return n, true
}
