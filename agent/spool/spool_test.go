package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/agent/spool"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("SPOOL_TEST_APPENDER"); dir != "" {
		appendUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func open(t *testing.T, dir string, maxBytes int64) (*spool.Spool, spool.Recovery) {
	t.Helper()
	s, rec, err := spool.Open(dir, spool.Options{MaxBytes: maxBytes, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, rec
}

func mustAppend(t *testing.T, s *spool.Spool, payload string) uint64 {
	t.Helper()
	seq, err := s.Append([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func readAll(t *testing.T, s *spool.Spool) []spool.Record {
	t.Helper()
	rs, err := s.Read(0, 1<<30, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func text(rs []spool.Record) string {
	var b strings.Builder
	for _, r := range rs {
		fmt.Fprintf(&b, "%d=%.20s ", r.Seq, r.Payload)
	}
	return b.String()
}

func TestRecordsComeBackInOrderAndSurviveReopening(t *testing.T) {
	dir := t.TempDir()
	s, rec := open(t, dir, 0)
	if !rec.Clean() || rec.Records != 0 || s.First() != 1 || s.Next() != 1 {
		t.Fatalf("new spool: %v, first %d, next %d", rec, s.First(), s.Next())
	}
	epoch := s.Epoch()
	mustAppend(t, s, "a")
	if first, err := s.AppendBatch([][]byte{[]byte("b"), []byte("c")}); first != 2 || err != nil {
		t.Fatalf("batch starts at %d, %v", first, err)
	}
	if err := s.Trim(2); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := text(readAll(t, s)); got != "2=b 3=c " || s.First() != 2 || s.Next() != 4 || s.Len() != 2 {
			t.Fatalf("got %q, first %d, next %d, len %d", got, s.First(), s.Next(), s.Len())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, rec = open(t, dir, 0)
		if !rec.Clean() || s.Epoch() != epoch {
			t.Fatalf("reopened: %v, epoch %x, want %x", rec, s.Epoch(), epoch)
		}
	}
}

func TestReadKeepsItsLimitsButGivesAtLeastOneRecord(t *testing.T) {
	s, _ := open(t, t.TempDir(), 0)
	for _, p := range []string{"aaaa", "bbbb", "cccc", "dddd"} {
		mustAppend(t, s, p)
	}
	for _, c := range []struct {
		from         uint64
		bytes, count int
		want         string
	}{
		{0, 100, 100, "1=aaaa 2=bbbb 3=cccc 4=dddd "},
		{2, 100, 2, "2=bbbb 3=cccc "},
		{2, 8, 100, "2=bbbb 3=cccc "},
		{2, 9, 100, "2=bbbb 3=cccc "},
		{3, 1, 100, "3=cccc "},
		{3, 0, 0, "3=cccc "},
		{5, 100, 100, ""},
	} {
		rs, err := s.Read(c.from, c.bytes, c.count)
		if got := text(rs); err != nil || got != c.want {
			t.Errorf("Read(%d, %d, %d) = %q, %v; want %q", c.from, c.bytes, c.count, got, err, c.want)
		}
	}
}

func TestWrongSizesAreRefusedAndAClosedSpoolSaysSo(t *testing.T) {
	s, _ := open(t, t.TempDir(), 0)
	for _, p := range [][]byte{nil, make([]byte, spool.MaxRecord+1)} {
		if _, err := s.Append(p); !errors.Is(err, spool.ErrSize) {
			t.Errorf("append of %d bytes: %v", len(p), err)
		}
	}
	if _, _, err := spool.Open(t.TempDir(), spool.Options{MaxBytes: 100}); err == nil {
		t.Error("a bound of 100 bytes was taken")
	}
	_ = s.Close()
	_, err1 := s.Append([]byte("x"))
	_, err2 := s.Read(0, 1, 1)
	for _, err := range []error{err1, err2, s.Trim(1)} {
		if !errors.Is(err, spool.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestASecondUserOfTheDirectoryIsKeptOut(t *testing.T) {
	dir := t.TempDir()
	if spool.InUse(dir) || spool.InUse(filepath.Join(dir, "none")) {
		t.Error("an unused directory is said to be in use")
	}
	s, _ := open(t, dir, 0)
	if _, _, err := spool.Open(dir, spool.Options{}); !errors.Is(err, spool.ErrLocked) {
		t.Errorf("second Open: %v", err)
	}
	if !spool.InUse(dir) {
		t.Error("InUse is false while the spool is open")
	}
	_ = s.Close()
	if spool.InUse(dir) {
		t.Error("InUse is true after Close")
	}
	open(t, dir, 0)
}

func TestOverflowDropsTheOldestCountsThemAndKeepsTheBound(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, spool.MinMaxBytes)
	payload := bytes.Repeat([]byte("x"), 1000)
	const n = 500
	for range n {
		if _, err := s.Append(payload); err != nil {
			t.Fatal(err)
		}
		if size := dirSize(t, dir); size > spool.MinMaxBytes+1000 {
			t.Fatalf("directory has %d bytes", size)
		}
	}
	rs := readAll(t, s)
	dropped := s.Stats().Dropped
	if dropped == 0 || uint64(len(rs))+dropped != n || s.Len() != uint64(len(rs)) {
		t.Errorf("%d readable, %d dropped, len %d, of %d", len(rs), dropped, s.Len(), n)
	}
	if rs[0].Seq != s.First() || rs[0].Seq != dropped+1 || rs[len(rs)-1].Seq != n || s.Next() != n+1 {
		t.Errorf("records %d to %d, first %d, next %d", rs[0].Seq, rs[len(rs)-1].Seq, s.First(), s.Next())
	}
	if len(rs) < 90 {
		t.Errorf("only %d records of 1000 bytes are kept in %d bytes", len(rs), spool.MinMaxBytes)
	}
}

func TestTrimmedSegmentsFreeTheirSpace(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, spool.MinMaxBytes)
	payload := bytes.Repeat([]byte("x"), 1000)
	for range 1000 {
		seq, err := s.Append(payload)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Trim(seq + 1); err != nil {
			t.Fatal(err)
		}
	}
	if d := s.Stats().Dropped; d != 0 {
		t.Errorf("%d dropped", d)
	}
	if size := dirSize(t, dir); size > 40_000 {
		t.Errorf("an empty spool has %d bytes", size)
	}
}

func TestTrimBeyondTheEndMovesTheNextNumber(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 0)
	mustAppend(t, s, "a")
	if err := s.Trim(50); err != nil {
		t.Fatal(err)
	}
	if s.First() != 50 || s.Next() != 50 || s.Len() != 0 {
		t.Errorf("first %d, next %d, len %d", s.First(), s.Next(), s.Len())
	}
	_ = s.Close()
	s, _ = open(t, dir, 0)
	if seq := mustAppend(t, s, "b"); seq != 50 {
		t.Errorf("next record is %d", seq)
	}
	if err := s.Trim(1 << 63); err == nil {
		t.Error("an impossible number was taken")
	}
}

func TestManyWritersAndAReaderGetEveryNumberOnce(t *testing.T) {
	s, _ := open(t, t.TempDir(), 0)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 25 {
				if _, err := s.Append(fmt.Appendf(nil, "%d/%d", w, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	got := 0
	for want := uint64(1); want <= 100; {
		rs, err := s.Read(want, 1000, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			if r.Seq != want {
				t.Fatalf("record %d, want %d", r.Seq, want)
			}
			want, got = want+1, got+1
		}
		if err := s.Trim(want); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if got != 100 || s.Len() != 0 {
		t.Errorf("%d records, len %d", got, s.Len())
	}
}

func dirSize(t *testing.T, dir string) (size int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		st, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += st.Size()
	}
	return size
}
