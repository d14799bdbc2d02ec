package spooltest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
)

// file is an open file of a Disk.
type file struct {
	d    *Disk
	f    *node
	name string
}

func (f *file) Close() error { return nil }

func (f *file) ReadAt(b []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.fault != nil { // reading does not count as an operation
		if err := f.d.fault("read", fmt.Sprintf("%s@%d", f.name, off)); err != nil {
			return 0, err
		}
	}
	if off >= int64(len(f.f.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.f.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) WriteAt(b []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	err := f.d.op("write", f.name)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, errPower) {
		return 0, err
	}
	n := len(b)
	if err != nil {
		n = f.d.rand.IntN(n + 1) // some of it
	}
	if grow := int(off) + n - len(f.f.data); grow > 0 {
		f.f.data = append(f.f.data, make([]byte, grow)...)
	}
	copy(f.f.data[off:], b[:n])
	for p := off / page; p*page < off+int64(n); p++ {
		f.f.dirty[p] = true
	}
	return n, err
}

func (f *file) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.op("sync", f.name); err != nil {
		return err
	}
	f.d.syncs++
	f.d.pages += int64(len(f.f.dirty))
	if len(f.f.synced) != len(f.f.data) {
		f.f.synced = slices.Clone(f.f.data)
	}
	for p := range f.f.dirty {
		if at := p * page; at < int64(len(f.f.data)) {
			copy(f.f.synced[at:min(at+page, int64(len(f.f.synced)))], f.f.data[at:])
		}
	}
	clear(f.f.dirty)
	return nil
}

func (f *file) Size() (int64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return int64(len(f.f.data)), nil
}

func (f *file) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.op("truncate", f.name); err != nil {
		return err
	}
	f.f.data = f.f.data[:min(size, int64(len(f.f.data)))]
	return nil
}

// Damage destroys something at random: a bit, a sector or a page of a segment
// or of one slot of the head. What it destroys is lost for good, synced or not.
func (d *Disk) Damage() {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for name, f := range d.names {
		if !f.dir && len(f.data) > 0 && strings.Contains(name, "ring") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	f := d.names[names[d.rand.IntN(len(names))]]
	at := d.rand.IntN(len(f.data))
	if d.rand.IntN(3) == 0 {
		at = d.rand.IntN(min(len(f.data), 256)) // the header
	}
	spoil := func(b []byte) {
		if kind := d.rand.IntN(3); kind == 0 {
			b[at] ^= 1 << d.rand.IntN(8)
		} else {
			unit := []int{sector, page}[d.rand.IntN(2)]
			start := at / unit * unit
			for i := start; i < min(start+unit, len(b)); i++ {
				b[i] = 0
				if kind == 1 {
					b[i] = byte(d.rand.Uint32())
				}
			}
		}
	}
	spoil(f.data)
	f.synced = slices.Clone(f.data)
	clear(f.dirty)
}

// Edit changes a file behind everybody's back.
func (d *Disk) Edit(name string, f func([]byte)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.names[name]
	f(n.data)
	n.synced = slices.Clone(n.data)
	clear(n.dirty)
}
