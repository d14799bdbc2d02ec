package assignment_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/assignment"
	"github.com/phukin/phukin/hub/wire"
)

func open(t testing.TB, dir string) *assignment.Store {
	t.Helper()
	s, err := assignment.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var noon = time.UnixMilli(1_794_960_000_123)

func TestTheKeyIsDrawnOnceAndIsForItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool", "plan")
	if assignment.Exists(dir) {
		t.Error("it is there before it was made")
	}
	s := open(t, dir)
	again := open(t, dir)
	if s.Key() == (wire.Key{}) || again.Key() != s.Key() || again.Mended() != nil || !assignment.Exists(dir) {
		t.Errorf("keys %s and %s, %v", s.Key(), again.Key(), again.Mended())
	}
	sealed, err := wire.Seal(s.Key(), "c", wire.Credentials{Username: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := again.Open("c", sealed); err != nil || c.Password != "p" {
		t.Errorf("%#v, %v", c, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	key := filepath.Join(dir, "key")
	if st, err := os.Stat(key); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if s := open(t, dir); s.Mended() == nil || s.Key() != again.Key() {
		t.Error("nobody says that others could read the key")
	}
	if st, err := os.Stat(key); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}

func TestADamagedKeyIsSetAsideAndSaidSo(t *testing.T) {
	dir := t.TempDir()
	old := open(t, dir).Key()
	path := filepath.Join(dir, "key")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[20] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if s.Key() == old || s.Mended() == nil || !strings.Contains(s.Mended().Error(), "entered there again") {
		t.Errorf("%s, %v", s.Key(), s.Mended())
	}
	if kept, err := os.ReadFile(path + ".damaged"); err != nil || !bytes.Equal(kept, text) {
		t.Errorf("the damaged one is gone: %v", err)
	}
	if again := open(t, dir); again.Key() != s.Key() || again.Mended() != nil {
		t.Errorf("%s, %v", again.Key(), again.Mended())
	}
}

func TestTheNewestListIsKept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, _, err := s.Last(); !errors.Is(err, assignment.ErrNone) {
		t.Errorf("none: %v", err)
	}
	for _, payload := range [][]byte{[]byte("one"), {}, bytes.Repeat([]byte{0xff}, wire.MaxMessage)} {
		if err := s.Keep(payload, noon); err != nil {
			t.Fatal(err)
		}
		got, at, err := open(t, dir).Last()
		if err != nil || !bytes.Equal(got, payload) || !at.Equal(noon) {
			t.Errorf("%d bytes of %v: %d of %v, %v", len(payload), noon, len(got), at, err)
		}
	}
	if err := s.Keep(make([]byte, wire.MaxMessage+1), noon); err == nil {
		t.Error("a list of any length is kept")
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 2 {
		t.Errorf("files: %v, %v", names, err)
	}
}

// Whatever becomes of the file: it is what it was, or it is said to be damaged.
func TestADamagedListIsNeverAPartOfOne(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	payload := []byte("a list of some cameras, as it came over the wire")
	if err := s.Keep(payload, noon); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "list")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := bytes.Clone(whole)
		switch rapid.IntRange(0, 3).Draw(t, "damage") {
		case 0:
			text = text[:rapid.IntRange(0, len(text)-1).Draw(t, "length")]
		case 1:
			text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case 2:
			text = append(text, rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "more")...)
		case 3:
			text = rapid.SliceOf(rapid.Byte()).Draw(t, "noise")
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, _, err := s.Last(); err == nil || errors.Is(err, assignment.ErrNone) {
			t.Fatalf("%q: %v", got, err)
		}
	})
	if err := os.WriteFile(path, make([]byte, 10<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Last(); err == nil {
		t.Error("10 MiB of zeros are a list")
	}
	if err := s.Keep(payload, noon); err != nil { // and the next one mends it
		t.Fatal(err)
	}
	if got, _, err := s.Last(); err != nil || !bytes.Equal(got, payload) {
		t.Errorf("%q, %v", got, err)
	}
}

// A crash in the middle of a write leaves what was there.
func TestAWriteThatWasCutOffLeavesTheOldList(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Keep([]byte("old"), noon); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "list.new"), []byte("phukin list 1\nhalf"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, _, err := open(t, dir).Last(); err != nil || string(got) != "old" {
		t.Errorf("%q, %v", got, err)
	}
	if err := s.Keep([]byte("new"), noon); err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.Last(); err != nil || string(got) != "new" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAFolderThatCannotBeMadeIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := assignment.Open(filepath.Join(file, "plan")); err == nil || !strings.Contains(err.Error(), "keep what the hub assigns") {
		t.Error(err)
	}
}
