package revise

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/plan"
)

// Bounds of a folder that comes as a ZIP file.
const (
	MaxUnpacked = 64 << 20 // bytes of all files together
	maxFiles    = 256
)

// ErrNoFolder: the bytes are no ZIP file, or one that holds far more files than a
// plan has.
var ErrNoFolder = errors.New("no folder of a plan as a ZIP file")

// ReadFolder reads a document from a ZIP file with the files of a folder at its
// top, as plan.ReadFolder does. What cannot be read of it, and all that is beyond
// MaxUnpacked, is among the faults that plan.Compile gives.
func ReadFolder(data []byte) (*plan.Document, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoFolder, err)
	}
	if n := len(z.File); n > maxFiles {
		return nil, fmt.Errorf("%w: %d files, at most %d are allowed", ErrNoFolder, n, maxFiles)
	}
	return plan.ReadFolder(&unpacking{z, MaxUnpacked}), nil
}

// WriteFolder writes files into a ZIP file, in the order of their names.
func WriteFolder(w io.Writer, files map[string][]byte, at time.Time) error {
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC().Truncate(time.Second)})
		if err != nil {
			return err
		}
		if _, err := f.Write(files[name]); err != nil {
			return err
		}
	}
	return z.Close()
}

// unpacking is a ZIP file of which so many bytes are still read.
type unpacking struct {
	*zip.Reader
	left int64
}

func (u *unpacking) Open(name string) (fs.File, error) {
	f, err := u.Reader.Open(name)
	if err != nil {
		return nil, err
	}
	return &unpackedFile{f, u}, nil
}

type unpackedFile struct {
	fs.File
	of *unpacking
}

var errUnpacked = fmt.Errorf("more than %d MiB when unpacked", MaxUnpacked>>20)

func (f *unpackedFile) Read(p []byte) (int, error) {
	if f.of.left <= 0 {
		return 0, errUnpacked
	}
	n, err := f.File.Read(p[:min(int64(len(p)), f.of.left)])
	f.of.left -= int64(n)
	return n, err
}
