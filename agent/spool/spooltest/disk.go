// Package spooltest damages spools on purpose: a disk in memory whose power can
// be cut, a process that is killed, and a table of everything that can happen to
// the files. The tests of the spool and `make spool-matrix` use the same.
package spooltest

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/phukin/phukin/agent/spool/internal/disk"
)

const (
	page   = 4096
	sector = 512
)

// errPower is what every operation gives after the power went.
var errPower = errors.New("the power is off")

// Disk is a file system in memory that knows what was synced. After a power
// cut each page that was not is the old one, the new one, or a mixture of
// their sectors; of new, renamed and removed names that were not synced, the
// first few are kept, as in a journal. The zero value is not usable; see NewDisk.
type Disk struct {
	mu     sync.Mutex
	names  map[string]*node
	saved  map[string]*node
	queue  []func(map[string]*node) // changes of names since they were saved
	locked bool

	// rand decides what becomes of what was not synced.
	rand *rand.Rand
	// left is how many operations are left until the power goes; negative:
	// it stays.
	left int
	// fault, when it is set, may let an operation fail: "write", "sync",
	// "read", "create", "rename".
	fault func(op, name string) error

	pages int64 // that syncs wrote
	syncs int64
}

var _ disk.FS = (*Disk)(nil)

type node struct {
	dir    bool
	data   []byte
	synced []byte
	dirty  map[int64]bool // pages written since
}

// NewDisk gives an empty disk.
func NewDisk(r *rand.Rand) *Disk {
	return &Disk{names: map[string]*node{}, saved: map[string]*node{}, rand: r, left: -1}
}

// CutAfter lets the power go after n more operations: all that follow fail.
func (d *Disk) CutAfter(n int) { d.mu.Lock(); defer d.mu.Unlock(); d.left = n }

// Fault lets operations fail for which f gives an error; nil ends it.
func (d *Disk) Fault(f func(op, name string) error) { d.mu.Lock(); defer d.mu.Unlock(); d.fault = f }

// Written gives the pages that syncs have written, and how many syncs there were.
func (d *Disk) Written() (pages, syncs int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pages, d.syncs
}

// Killed gives the disk as it is after the process that uses it was killed:
// what was written is there, synced or not.
func (d *Disk) Killed() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := NewDisk(d.rand)
	copies := map[*node]*node{}
	for name, f := range d.names {
		n.names[name] = f.clone(copies)
	}
	for name, f := range d.saved {
		n.saved[name] = f.clone(copies)
	}
	// Names that were not saved stay so, but all at once.
	if len(d.queue) > 0 {
		all := maps.Clone(n.names)
		n.queue = []func(map[string]*node){func(m map[string]*node) {
			clear(m)
			maps.Copy(m, all)
		}}
	}
	return n
}

func (f *node) clone(done map[*node]*node) *node {
	if c, ok := done[f]; ok {
		return c
	}
	c := &node{dir: f.dir, data: slices.Clone(f.data), synced: slices.Clone(f.synced), dirty: maps.Clone(f.dirty)}
	done[f] = c
	return c
}

// PowerCut gives the disk as it may be found after a power cut at this moment.
func (d *Disk) PowerCut() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := NewDisk(d.rand)
	n.saved = maps.Clone(d.saved)
	for _, change := range d.queue[:d.rand.IntN(len(d.queue)+1)] {
		change(n.saved)
	}
	copies := map[*node]*node{}
	for _, name := range slices.Sorted(maps.Keys(n.saved)) {
		c := n.saved[name].clone(copies)
		d.settle(c, d.rand.IntN(3))
		n.saved[name] = c
	}
	n.names = maps.Clone(n.saved)
	return n
}

// settle decides what of a file reached the device.
func (d *Disk) settle(f *node, mood int) {
	size := int64(len(f.synced))
	if len(f.data) != len(f.synced) && d.rand.IntN(2) == 0 {
		size = int64(len(f.data))
	}
	got := make([]byte, size)
	copy(got, f.synced)
	for _, p := range slices.Sorted(maps.Keys(f.dirty)) {
		take := false
		for at := p * page; at < min((p+1)*page, size); at += sector {
			// Mostly whole pages.
			if mood == 2 || at%page == 0 {
				take = d.rand.IntN(2) == 0
			}
			if take && at < int64(len(f.data)) {
				copy(got[at:min(at+sector, size)], f.data[at:])
			}
		}
	}
	f.data, f.synced, f.dirty = got, slices.Clone(got), map[int64]bool{}
}

// op counts an operation.
func (d *Disk) op(name, path string) error {
	if d.left == 0 {
		return errPower
	}
	if d.left > 0 {
		d.left--
	}
	if d.fault != nil {
		if err := d.fault(name, path); err != nil {
			return &os.PathError{Op: name, Path: path, Err: err}
		}
	}
	return nil
}

func (d *Disk) change(f func(map[string]*node)) {
	f(d.names)
	d.queue = append(d.queue, f)
}

// Open implements disk.FS.
func (d *Disk) Open(name string) (disk.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.op("open", name); err != nil {
		return nil, err
	}
	f := d.names[name]
	if f == nil || f.dir {
		return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
	}
	return &file{d, f, name}, nil
}

// Create implements disk.FS.
func (d *Disk) Create(name string) (disk.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.op("create", name); err != nil {
		return nil, err
	}
	if p := d.names[filepath.Dir(name)]; p == nil || !p.dir {
		return nil, &os.PathError{Op: "create", Path: name, Err: os.ErrNotExist}
	}
	f := d.names[name]
	if f != nil {
		f.data = nil
		return &file{d, f, name}, nil
	}
	f = &node{dirty: map[int64]bool{}}
	d.change(func(m map[string]*node) { m[name] = f })
	return &file{d, f, name}, nil
}

// MkdirAll implements disk.FS.
func (d *Disk) MkdirAll(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.op("mkdir", name); err != nil {
		return err
	}
	for ; d.names[name] == nil; name = filepath.Dir(name) {
		at, f := name, &node{dir: true}
		d.change(func(m map[string]*node) { m[at] = f })
	}
	return nil
}

// Exists implements disk.FS.
func (d *Disk) Exists(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.names[name] != nil
}

// Rename implements disk.FS.
func (d *Disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.op("rename", from); err != nil {
		return err
	}
	if d.names[from] == nil || d.names[to] != nil {
		return fmt.Errorf("rename %s to %s", from, to)
	}
	d.change(func(m map[string]*node) {
		for name, f := range maps.Clone(m) {
			if rest, ok := strings.CutPrefix(name, from); ok && (rest == "" || rest[0] == filepath.Separator) {
				delete(m, name)
				m[to+rest] = f
			}
		}
	})
	return nil
}

// RemoveAll implements disk.FS.
func (d *Disk) RemoveAll(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.op("remove", name); err != nil {
		return err
	}
	if d.names[name] != nil {
		d.change(func(m map[string]*node) {
			for n := range maps.Clone(m) {
				if rest, ok := strings.CutPrefix(n, name); ok && (rest == "" || rest[0] == filepath.Separator) {
					delete(m, n)
				}
			}
		})
	}
	return nil
}

// List implements disk.FS.
func (d *Disk) List(dir string) (names []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.op("list", dir); err != nil {
		return nil, err
	}
	for n := range d.names {
		if filepath.Dir(n) == dir && n != dir {
			names = append(names, filepath.Base(n))
		}
	}
	slices.Sort(names)
	return names, nil
}

// SyncDir implements disk.FS.
func (d *Disk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.op("sync", dir); err != nil {
		return err
	}
	d.saved, d.queue = maps.Clone(d.names), nil
	return nil
}

// Lock implements disk.FS.
func (d *Disk) Lock(string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked {
		return nil, disk.ErrLocked
	}
	d.locked = true
	return unlock{d}, nil
}

type unlock struct{ d *Disk }

func (u unlock) Close() error { u.d.mu.Lock(); defer u.d.mu.Unlock(); u.d.locked = false; return nil }
