package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal gives the two ends of a pseudo-terminal.
func terminal(t *testing.T) (outside, inside *os.File) {
	t.Helper()
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = outside.Close() })
	if err := unix.IoctlSetPointerInt(int(outside.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(outside.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	inside, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inside.Close() })
	return outside, inside
}

func TestProgressIsShownOnATerminal(t *testing.T) {
	outside, inside := terminal(t)
	p := progressOn(inside)
	tell := p.stage("đọc")
	if tell == nil {
		t.Fatal("nothing is shown on a terminal")
	}
	tell(50, 100)
	p.done()
	got := make([]byte, 4096)
	n, err := outside.Read(got)
	if err != nil || !bytes.Contains(got[:n], []byte("đọc")) || !bytes.Contains(got[:n], []byte("50%")) {
		t.Errorf("shown is %q, %v", got[:n], err)
	}
}

func TestProgressIsSilentWhereNobodyLooks(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is only looked at
	p := progressOn(f)
	if p.stage("đọc") != nil {
		t.Error("a file is told of progress")
	}
	p.done()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // nothing was written
	defer w.Close() //nolint:errcheck // nothing was written
	if progressOn(w).stage("đọc") != nil {
		t.Error("a pipe is told of progress")
	}
}
