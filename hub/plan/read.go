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

// Read reads and checks a plan from the files at the top of fsys: plan.yaml,
// areas.csv, routes.geojson, junctions.csv, gateways.csv, sites.csv and
// cameras.csv, all of which must be there. Files are UTF-8, with or without a
// byte order mark. Tables have a header and are separated by commas,
// semicolons or tabs; columns may stand in any order.
//
// The error is a *Faults with everything that is wrong in all files.
func Read(fsys fs.FS) (*Plan, error) {
	d := &draft{rows: map[string][]*row{}}
	d.config(d.file(fsys, planFile, maxConfig))
	d.areas(d.file(fsys, areasFile, MaxFile))
	d.routes(d.file(fsys, routesFile, MaxFile))
	d.junctions(d.file(fsys, junctionsFile, MaxFile))
	d.gateways(d.file(fsys, gatewaysFile, MaxFile))
	d.sites(d.file(fsys, sitesFile, MaxFile))
	d.cameras(d.file(fsys, camerasFile, MaxFile))
	return d.finish()
}

// ReadDir is Read from a directory.
func ReadDir(path string) (*Plan, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read plan: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("read plan: %s is not a directory; name the directory that holds %s", path, planFile)
	}
	return Read(os.DirFS(path))
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// file gives the text of a file without its byte order mark, or nil and a
// fault.
func (d *draft) file(fsys fs.FS, name string, limit int64) []byte {
	data, err := readFile(fsys, name, limit)
	fault := Fault{File: name}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fault.Got, fault.Want = "missing", "put it beside the other files, if only with its header"
	case err != nil:
		fault.Got, fault.Want = "cannot be read ("+reason(err)+")", "make it a file that this program may read"
	case int64(len(data)) > limit:
		fault.Got, fault.Want = fmt.Sprintf("larger than %d KiB", limit>>10), "split the plan or leave out what is no part of it"
	default:
		data = bytes.TrimPrefix(data, byteOrderMark)
		if at := invalidUTF8(data); at >= 0 {
			fault.Line = 1 + bytes.Count(data[:at], []byte("\n"))
			fault.Got, fault.Want = "not UTF-8", `save it as "CSV UTF-8", or with the encoding UTF-8`
			break
		}
		if data == nil {
			data = []byte{}
		}
		return data
	}
	d.faults.add(fault)
	d.unread = append(d.unread, name)
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
