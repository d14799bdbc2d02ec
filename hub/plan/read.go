package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"
)

// Bounds of what Read takes. plan.yaml may have 16 KiB, because its parser
// recurses as deep as the file says, in time that grows with the square.
const (
	MaxFile   = 64 << 20 // bytes of one file
	MaxRows   = 200_000  // rows of one table, routes, or points of one route
	maxConfig = 16 << 10 // bytes of plan.yaml
)

// Read reads and checks a plan from the files at the top of fsys, as
// ReadFolder and Compile do.
//
// The error is a *Faults with everything that is wrong in all files.
func Read(fsys fs.FS) (*Plan, error) {
	c, err := Compile(ReadFolder(fsys))
	if err != nil {
		return nil, err
	}
	return c.Plan, nil
}

// ReadFolder reads a document from the files at the top of fsys: plan.yaml,
// areas.csv, routes.geojson, junctions.csv, gateways.csv, sites.csv and
// cameras.csv, which must be there, and targets.csv, maintenance.csv and
// figures.csv, which may. Instead of plan.yaml there may be settings.csv,
// levels.csv and phases.csv, and instead of routes.geojson routes.csv,
// points.csv and posts.csv. Files are UTF-8, with or without a byte order
// mark. Tables have a header and are separated by commas, semicolons or tabs;
// columns may stand in any order.
//
// What cannot be read is among the faults that Compile gives.
func ReadFolder(fsys fs.FS) *Document {
	d := &Document{}
	if d.instead(fsys, planFile, Settings, Levels, Phases) {
		if data := d.file(fsys, planFile, maxConfig, Settings, Levels, Phases); data != nil {
			d.readConfig(data)
		}
	}
	if d.instead(fsys, routesFile, Routes, Points, Posts) {
		if data := d.file(fsys, routesFile, MaxFile, Routes); data != nil {
			d.readRoutes(routesFile, data)
		}
	}
	for _, t := range tables {
		if t.File == planFile || t.File == routesFile {
			continue
		}
		if !t.Must && !exists(fsys, t.File) {
			continue
		}
		if data := d.file(fsys, t.File, MaxFile, t.Name); data != nil {
			d.readTable(t.Name, t.File, data)
		}
	}
	return d
}

// instead reads tables of their own in place of a file that is not there. It
// says whether the file itself is to be read.
func (d *Document) instead(fsys fs.FS, file string, names ...string) bool {
	if exists(fsys, file) || !exists(fsys, names[0]+".csv") {
		return true
	}
	for _, name := range names {
		if t := TableByName(name); t.Must || exists(fsys, name+".csv") {
			if data := d.file(fsys, name+".csv", MaxFile, name); data != nil {
				d.readTable(name, name+".csv", data)
			}
		}
	}
	return false
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return !errors.Is(err, fs.ErrNotExist)
}

// ReadTable reads one table of a document from CSV with the columns of that
// table. Name is the file's, for faults.
func ReadTable(table, name string, data []byte) *Document {
	d := &Document{}
	if data = d.text(name, data, MaxFile, table); data != nil {
		d.readTable(table, name, data)
	}
	return d
}

// ReadRoutes reads the tables of routes, points and posts from GeoJSON in the
// form of routes.geojson. Name is the file's, for faults.
func ReadRoutes(name string, data []byte) *Document {
	d := &Document{}
	if data = d.text(name, data, MaxFile, Routes); data != nil {
		d.readRoutes(name, data)
	}
	return d
}

// ReadDir is Read from a directory.
func ReadDir(path string) (*Plan, error) {
	d, err := ReadFolderDir(path)
	if err != nil {
		return nil, err
	}
	c, err := Compile(d)
	if err != nil {
		return nil, err
	}
	return c.Plan, nil
}

// ReadFolderDir is ReadFolder from a directory.
func ReadFolderDir(path string) (*Document, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, RefuseFile(path, err)
	case !info.IsDir():
		return nil, Refuse(quote(path)+" is no folder", "name the folder that holds "+planFile)
	}
	return ReadFolder(os.DirFS(path)), nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// file gives the text of the file that tables stand in, or nil and a fault.
func (d *Document) file(fsys fs.FS, name string, limit int64, tables ...string) []byte {
	data, err := readFile(fsys, name, limit)
	fault := Fault{File: name}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fault.Got, fault.Want = "missing", "put it beside the other files, if only with its header"
	case err != nil:
		fault.Got, fault.Want = "cannot be read ("+quote(reason(err))+")", "make it a file that this program may read"
	default:
		return d.text(name, data, limit, tables...)
	}
	d.Fault(tables[0], fault)
	d.Unread(tables...)
	return nil
}

// text gives a text without its byte order mark, or nil and a fault.
func (d *Document) text(name string, data []byte, limit int64, tables ...string) []byte {
	fault := Fault{File: name}
	if int64(len(data)) > limit {
		fault.Got, fault.Want = fmt.Sprintf("larger than %d KiB", limit>>10), "split the plan, or leave out what is no part of it"
	} else {
		data = bytes.TrimPrefix(data, byteOrderMark)
		at := invalidUTF8(data)
		if at < 0 {
			if data == nil {
				data = []byte{}
			}
			return data
		}
		fault.Line = 1 + bytes.Count(data[:at], []byte("\n"))
		fault.Got, fault.Want = "not UTF-8", `save it as "CSV UTF-8", or with the encoding UTF-8`
	}
	d.Fault(tables[0], fault)
	d.Unread(tables...)
	return nil
}

func readFile(fsys fs.FS, name string, limit int64) (data []byte, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// RefuseFile says that a file or folder cannot be read.
func RefuseFile(path string, err error) error {
	r := &Refusal{Is: quote(path) + " cannot be read (" + quote(reason(err)) + ")", Want: "make it a file that this program may read", Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.Is, r.Want = quote(path)+" is not there", "write the path of a file or folder that is"
	case errors.Is(err, fs.ErrPermission):
		r.Is = quote(path) + " may not be read by the user of this program"
	}
	return r
}

// reason gives the cause of an error of the file system without the path,
// which the fault names already.
func reason(err error) string {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}

func invalidUTF8(p []byte) int {
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
