package spooltest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/phukin/phukin/agent/spool"
)

// Wear is what one record costs the device.
type Wear struct {
	Pages float64 // bytes of the pages that syncs wrote, counted by a disk in memory
	Syncs float64
	// Device is what a block device under an ext4 with blocks of 4 KiB counted,
	// journal and all; negative when there is none to count with. Log is the
	// same for a file that grows and is synced at each record, with the position
	// of Trim in a file of its own.
	Device, Log float64
}

// MeasureWear appends and trims n records of size bytes.
func MeasureWear(ctx context.Context, dir string, n, size int) (w Wear, err error) {
	body := make([]byte, size)
	run := func(o spool.Options, dir string, before func()) error {
		o.Logger = quiet
		s, _, err := spool.Open(dir, o)
		if err != nil {
			return err
		}
		before()
		for range n {
			seq, err := s.Append(spool.Entry{Payload: body})
			if err == nil {
				err = s.Trim(seq + 1)
			}
			if err != nil {
				return errors.Join(err, s.Close())
			}
		}
		return s.Close()
	}
	d := NewDisk(rand.New(rand.NewPCG(1, 1)))
	var pages, syncs int64
	if err := run(spool.Options{MaxBytes: 16 << 20, Disk: d}, "/spool", func() { pages, syncs = d.Written() }); err != nil {
		return w, err
	}
	p, s := d.Written()
	w.Pages, w.Syncs = float64(p-pages)*page/float64(n), float64(s-syncs)/float64(n)

	w.Device, w.Log = -1, -1
	m := &images{dir: filepath.Join(dir, "loop")}
	if runtime.GOOS != "linux" || os.Geteuid() != 0 || m.make(ctx, 64<<20) != nil {
		return w, m.remove()
	}
	defer func() { err = errors.Join(err, m.remove()) }()
	stat, err := m.device()
	if err != nil {
		return w, nil // it cannot be counted here
	}
	var start int64
	if err := run(spool.Options{MaxBytes: 16 << 20}, filepath.Join(m.path("live"), "spool"), func() { start = written(stat) }); err != nil {
		return w, err
	}
	w.Device = float64(written(stat)-start) / float64(n)
	start = written(stat)
	if err := growingLog(m.path("live"), n, body); err != nil {
		return w, err
	}
	w.Log = float64(written(stat)-start) / float64(n)
	return w, nil
}

// growingLog is the plain way: append to a file, sync, and write down how far
// the reader is.
func growingLog(dir string, n int, body []byte) error {
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	position, err := os.Create(filepath.Join(dir, "position"))
	if err != nil {
		return err
	}
	defer position.Close()
	for i := range n {
		_, err1 := log.Write(body)
		err2 := log.Sync()
		_, err3 := position.WriteAt(fmt.Appendf(nil, "%20d", i), 0)
		if err := errors.Join(err1, err2, err3, position.Sync()); err != nil {
			return err
		}
	}
	return nil
}

// device gives the file that tells what was written to the image's device.
func (m *images) device() (string, error) {
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == m.path("live") {
			return "/sys/block/" + filepath.Base(f[0]) + "/stat", nil
		}
	}
	return "", errors.New("it is not mounted")
}

// written gives the bytes that a block device has written.
func written(stat string) int64 {
	b, err := os.ReadFile(stat)
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 7 {
		return 0
	}
	n, _ := strconv.ParseInt(f[6], 10, 64)
	return n * sector
}
