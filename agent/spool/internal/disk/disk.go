// Package disk is what a spool needs of a file system, so that tests can put
// one between that fails, tears writes and loses what was not synced.
package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// ErrLocked says that another process has the directory.
var ErrLocked = errors.New("spool is used by another process")

// Passing says whether an error says nothing of the file: the process has too
// many open, or the system lacks memory.
func Passing(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

// File is an open file. Its methods are those of os.File.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync returns when what was written is on the device.
	Sync() error
	Size() (int64, error)
	Truncate(size int64) error
}

// FS is a file system.
type FS interface {
	// Open opens a regular file that exists, to read and write.
	Open(name string) (File, error)
	// Create makes an empty file, or empties the one that is there.
	Create(name string) (File, error)
	// MkdirAll makes a directory with those above it; one that is there is no
	// error.
	MkdirAll(name string) error
	// Exists says whether there is anything of that name.
	Exists(name string) bool
	Rename(from, to string) error
	// RemoveAll removes a file, or a directory with all in it; one that is not
	// there is no error.
	RemoveAll(name string) error
	// List gives the names in a directory, in order.
	List(dir string) ([]string, error)
	// SyncDir makes new, renamed and removed names in dir durable.
	SyncDir(dir string) error
	// Lock keeps dir for the caller until the result is closed; it fails with
	// ErrLocked when another has it.
	Lock(dir string) (io.Closer, error)
}

// System is the file system of this machine.
type System struct{}

var _ FS = System{}

type file struct{ *os.File }

func (f file) Sync() error { return fdatasync(f.File) }

func (f file) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

// Open implements FS.
func (System) Open(name string) (File, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, &os.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")}
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

// Create implements FS.
func (System) Create(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

// MkdirAll implements FS.
func (System) MkdirAll(name string) error { return os.MkdirAll(name, 0o700) }

// Exists implements FS.
func (System) Exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// Rename implements FS.
func (System) Rename(from, to string) error { return os.Rename(from, to) }

// RemoveAll implements FS.
func (System) RemoveAll(name string) error { return os.RemoveAll(name) }

// List implements FS.
func (System) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

// SyncDir implements FS.
func (System) SyncDir(dir string) error { return syncDir(dir) }

// Lock implements FS.
func (System) Lock(dir string) (io.Closer, error) {
	f, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Locked says whether a process, this one included, has locked dir. It makes
// no file.
func (System) Locked(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
		return false
	}
	f, err := lockDir(dir)
	if err != nil {
		return errors.Is(err, ErrLocked)
	}
	_ = f.Close()
	return false
}

const lockName = "lock"
