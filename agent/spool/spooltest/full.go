package spooltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/phukin/phukin/agent/spool"
)

// tornTails lets a power cut tear the last append at every byte: from there on
// the disk holds what it held before, zeros, or garbage.
func (t *template) tornTails(ctx context.Context, o Options) ([]Row, error) {
	step := 37
	if o.Long {
		step = 1
	}
	var rows []Row
	for _, c := range []struct {
		name string
		fill func(old byte) byte
	}{
		{"what stood there before", func(old byte) byte { return old }},
		{"zeros", func(byte) byte { return 0 }},
		{"garbage", func(byte) byte { return byte(rand.Uint32()) }},
	} {
		row := Row{Damage: "the last append is torn, at every byte; behind it " + c.name, Opens: "yes", Kept: "all before it", Declared: "nothing, or its numbers", Numbers: "safe"}
		for at := 0; at <= blockBytes+64 && row.Wrong == ""; at += step {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			dir := filepath.Join(o.Dir, "torn")
			if err := os.CopyFS(dir, os.DirFS(t.dir)); err != nil {
				return nil, err
			}
			s := &scene{t: t, ring: filepath.Join(dir, "ring")}
			name, off, err := s.find(last)
			if err != nil {
				return nil, err
			}
			// One more record, of which only the first bytes arrive.
			more, err := t.oneMore(o.Dir, name)
			if err != nil {
				return nil, err
			}
			off += blockBytes
			err = s.edit(name, func(b []byte) []byte {
				for i := off; i < off+blockBytes+64; i++ {
					if i < off+at {
						b[i] = more[i]
					} else {
						b[i] = c.fill(b[i])
					}
				}
				return b
			})
			if err != nil {
				return nil, err
			}
			got := t.open(dir, false)
			switch {
			case got.Wrong != "":
				row.Opens, row.Wrong = got.Opens, fmt.Sprintf("at byte %d: %s", at, got.Wrong)
			case got.Kept != all:
				row.Wrong = fmt.Sprintf("at byte %d: %s", at, got.Kept)
			}
			if err := os.RemoveAll(dir); err != nil {
				return nil, err
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// oneMore gives the segment with one more record in it.
func (t *template) oneMore(dir, name string) ([]byte, error) {
	if t.more != nil {
		return t.more, nil
	}
	dir = filepath.Join(dir, "more")
	if err := os.CopyFS(dir, os.DirFS(t.dir)); err != nil {
		return nil, err
	}
	s, _, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
	if err != nil {
		return nil, err
	}
	_, err = s.Append(spool.Entry{Payload: payload(last + 1)})
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	t.more, err = os.ReadFile(filepath.Join(dir, "ring", name))
	return t.more, errors.Join(err, os.RemoveAll(dir))
}

// unreadable lets the system refuse to read a page, a file, or to open one.
func unreadable(context.Context, Options) ([]Row, error) {
	var rows []Row
	for _, c := range []struct {
		name, kept, declared string
		fault                func(op, name string) error
	}{
		{"the system cannot read one page of a segment", "95 of 110", "unreadable 932–938, unreadable 946–953", func(op, name string) error {
			if op == "read" && (strings.HasSuffix(name, "second.seg@8192") || strings.HasSuffix(name, "second.seg@0")) {
				return syscall.EIO
			}
			return nil
		}},
		{"the system cannot read a segment file", "61 of 110", "unreadable 932–980", func(op, name string) error {
			if op == "read" && strings.Contains(name, "second.seg") {
				return syscall.EIO
			}
			return nil
		}},
		{"the system cannot open a segment file", "61 of 110", "unreadable 932–980", func(op, name string) error {
			if op == "open" && strings.HasSuffix(name, "second.seg") {
				return syscall.EACCES
			}
			return nil
		}},
		{"the system cannot read the head", all, nothing, func(op, name string) error {
			if op == "read" && strings.Contains(name, "head") {
				return syscall.EIO
			}
			return nil
		}},
	} {
		row, err := unread(c.fault)
		if err != nil {
			return nil, err
		}
		row.Damage = c.name
		if row.Wrong == "" && (row.Kept != c.kept || row.Declared != c.declared) {
			row.Wrong = fmt.Sprintf("want %s, %s", c.kept, c.declared)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func unread(fault func(op, name string) error) (row Row, err error) {
	d := NewDisk(rand.New(rand.NewPCG(3, 4)))
	o := spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet, Disk: d}
	s, _, err := spool.Open("/spool", o)
	if err != nil {
		return row, err
	}
	for seq := uint64(1); seq <= last; seq++ {
		if _, err := s.Append(spool.Entry{Payload: payload(seq)}); err != nil {
			return row, err
		}
		if seq%100 == 0 || seq == oldest {
			if err := s.Trim(min(seq, oldest)); err != nil {
				return row, err
			}
		}
	}
	o.Disk = d.Killed()
	// The file that is 01.seg in the rules is the second live one.
	live := liveNames(o.Disk.(*Disk))
	o.Disk.(*Disk).Fault(func(op, name string) error { return fault(op, strings.Replace(name, live[1], "second.seg", 1)) })
	row.Opens, row.Numbers = "yes", "safe"
	s, rec, err := spool.Open("/spool", o)
	if err != nil {
		row.Opens, row.Wrong = "NO", err.Error()
		return row, nil
	}
	defer s.Close()
	rs, err := s.Read(0, 1<<30, 1<<30)
	if err != nil {
		return row, err
	}
	row.Kept, row.Declared, err = account(rs, false)
	if err != nil {
		row.Wrong = fmt.Sprintf("%v (%v)", err, rec)
	}
	if seq, err := s.Append(spool.Entry{Payload: []byte("x")}); err != nil || seq <= last {
		row.Numbers, row.Wrong = "TWICE", fmt.Sprintf("next record is %d, %v", seq, err)
	}
	return row, nil
}

// liveNames gives the names of the segments with live records, in order.
func liveNames(d *Disk) (names []string) {
	seen := map[string]bool{}
	for seq := uint64(oldest); seq <= last; seq++ {
		for name, f := range d.names {
			if base := filepath.Base(name); !f.dir && !seen[base] && bytes.Contains(f.data, payload(seq)[:14]) {
				seen[base] = true
				names = append(names, base)
			}
		}
	}
	return names
}

// diskFull fills the disk before and after a spool is made.
func diskFull(ctx context.Context, o Options) ([]Row, error) {
	rows := []Row{
		{Damage: "the disk is too small for a new spool", Opens: "no: it names the bytes that are needed", Kept: "–", Declared: "–", Numbers: "–"},
		{Damage: "others fill the disk after the spool was made", Opens: "yes", Kept: "all, and appends go on", Declared: nothing, Numbers: "safe"},
		{Damage: "the disk is too small for the spool's new size", Opens: "yes: it keeps its size and says so", Kept: "all", Declared: nothing, Numbers: "safe"},
	}
	dir := filepath.Join(o.Dir, "small")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	out, err := []byte(nil), errors.ErrUnsupported
	if runtime.GOOS == "linux" {
		out, err = exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).CombinedOutput()
	}
	if err != nil {
		for i := range rows {
			rows[i].Skipped = fmt.Sprintf("no small tmpfs can be mounted (root?): %v %s", err, out)
		}
		return rows, nil
	}
	for i, f := range []func(dir string) error{tooSmall, filledLater, noRoomToGrow} {
		if err := f(filepath.Join(dir, "spool")); err != nil {
			rows[i].Wrong = err.Error()
		}
	}
	if out, err := exec.CommandContext(ctx, "umount", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("umount: %w: %s", err, out)
	}
	return rows, nil
}

func tooSmall(dir string) error {
	s, _, err := spool.Open(dir, spool.Options{MaxBytes: 4 << 20, Logger: quiet})
	if err == nil {
		return errors.Join(errors.New("it opened"), s.Close())
	}
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "bytes are needed") {
		return fmt.Errorf("it says: %w", err)
	}
	return os.RemoveAll(dir)
}

func filledLater(dir string) error {
	o := spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet}
	s, _, err := spool.Open(dir, o)
	if err != nil {
		return err
	}
	big := filepath.Join(filepath.Dir(dir), "big")
	if err := os.WriteFile(big, make([]byte, 2<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("the disk is not full: %w", err)
	}
	for again := range 2 {
		for i := range 2000 {
			seq, err := s.Append(spool.Entry{Payload: payload(uint64(i))})
			if err == nil && i%50 == 0 {
				err = s.Trim(seq)
			}
			if err != nil {
				return err
			}
		}
		if s.Stats().Dropped > 0 || s.Stats().Gaps > 0 {
			return errors.New("records were dropped")
		}
		err := s.Close()
		if again == 0 && err == nil {
			s, _, err = spool.Open(dir, o)
		}
		if err != nil {
			return err
		}
	}
	return os.Remove(big)
}

func noRoomToGrow(dir string) error {
	s, rec, err := spool.Open(dir, spool.Options{MaxBytes: 4 << 20, Logger: quiet})
	if err != nil {
		return err
	}
	if !errors.Is(rec.NotSized, syscall.ENOSPC) || len(rec.Gaps) > 0 {
		err = fmt.Errorf("%v", rec)
	}
	rs, rerr := s.Read(0, 1<<30, 1<<30)
	if uint64(len(rs)) != s.Len() || len(rs) == 0 {
		err = errors.Join(err, fmt.Errorf("%d records of %d", len(rs), s.Len()))
	}
	return errors.Join(err, rerr, s.Close())
}
